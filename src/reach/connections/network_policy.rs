//! NetworkPolicy as clauses. Everything that its API server refuses is told, and the policy left out.

use super::book::{Book, Rejected};
use super::checks::{Unread, by_server};
use super::clause::{Action, Clause, ClausePorts, Decree, Side, Tier, Who};
use crate::manifest::Resource;
use crate::reach::addresses::AddressSet;
use crate::reach::policy::{Direction, PeerKind, Peers, Policy, PolicyRule, Ports};
use crate::reach::ports::{PORTS, PortSet, Protocol};
use crate::reach::selector::Selector;
use crate::yaml::{Kind, Value};

pub(super) fn read<'w>(book: &mut Book<'w>, all: Vec<&'w Resource<'w>>) {
    for resource in book.last_of_each(&all) {
        match read_one(book, resource) {
            Some(decree) => book.decrees.push(decree),
            None => {
                let subjects = vec![Selector::read(resource.at(&["spec", "podSelector"]))];
                book.rejected.push(Rejected { resource, subjects });
            }
        }
    }
}

fn read_one<'w>(book: &mut Book<'w>, resource: &'w Resource<'w>) -> Option<Decree<'w>> {
    let policy = Policy::read(resource);
    let spec = resource.at(&["spec"]);
    let selector = spec.and_then(|spec| spec.get("podSelector"));
    let mut sound = book.check_selector(selector);
    if let Some(spec) = spec {
        sound &= book.check_fields(spec, &["podSelector", "policyTypes", "ingress", "egress"], "the spec");
    }
    for word in spec.and_then(|spec| spec.get("policyTypes")).into_iter().flat_map(Value::items) {
        if word.unknown().is_none() && !matches!(word.known(), Some("Ingress" | "Egress")) {
            sound &= book.refuse(word, "a policy type is neither Ingress nor Egress");
        }
    }
    let subject = book.own_pods(resource, policy.pod_selector.clone());
    let mut sides = Direction::ALL.map(|direction| {
        let clauses: Option<Vec<Clause<'w>>> =
            policy.rules(direction).iter().map(|rule| clause(book, resource, rule)).collect();
        sound &= clauses.is_some();
        // Rules of a direction that `policyTypes` leaves out are passed over.
        let isolates = policy.isolates(direction);
        let clauses = clauses.unwrap_or_default();
        if isolates.is_no() { Side::silent() } else { Side { isolates, clauses } }
    });
    let [ingress, egress] = &mut sides;
    sound.then(|| Decree {
        resource,
        tier: Tier::Network,
        subject,
        place: selector.unwrap_or_else(|| resource.headline()),
        ingress: std::mem::replace(ingress, Side::silent()),
        egress: std::mem::replace(egress, Side::silent()),
        doubt: policy.doubt.map(str::to_owned),
    })
}

fn clause<'w>(book: &mut Book<'w>, policy: &'w Resource<'w>, rule: &PolicyRule<'w>) -> Option<Clause<'w>> {
    let mut places = vec![rule.value];
    let who = match &rule.peers {
        Peers::Everyone => vec![Who::Everyone],
        Peers::Unknown(reason) if rule.value.is_mapping() && rule.value.unknown().is_none() => {
            book.refuse(rule.value, reason);
            return None;
        }
        Peers::Unknown(reason) => vec![unsure(reason)],
        Peers::Listed(list) => {
            places = list.iter().map(|peer| peer.value).collect();
            let mut who = Vec::with_capacity(list.len());
            for peer in list {
                who.push(self::who(book, policy, peer.value, &peer.peer)?);
            }
            who
        }
    };
    let ports = ports(book, &rule.ports)?;
    let only_addresses = !who.is_empty() && who.iter().all(|who| matches!(who, Who::Addresses(_)));
    if rule.direction == Direction::Egress && only_addresses && !ports.named.is_empty() {
        let message = "a port is named, and addresses have no named ports: the rule lets nothing out to them";
        book.fault(rule.value.get("ports").unwrap_or(rule.value), message);
    }
    Some(Clause { action: Action::Allow, who, places, ports, value: rule.value, limited: false })
}

fn unsure(reason: &str) -> Who {
    Who::Unsure { reason: reason.to_owned(), addresses: AddressSet::all(), pods: true }
}

fn who<'w>(book: &mut Book<'w>, policy: &'w Resource<'w>, value: Value<'w>, peer: &PeerKind<'w>) -> Option<Who> {
    if !book.check_fields(value, &["ipBlock", "namespaceSelector", "podSelector"], "a peer") {
        return None;
    }
    match peer {
        PeerKind::Pods { namespaces, pods } => {
            let sound = book.check_selector(value.get("namespaceSelector"));
            if !(book.check_selector(value.get("podSelector")) && sound) {
                return None;
            }
            let pods = pods.clone().unwrap_or_else(|| Selector::read(None));
            Some(Who::Pods(match namespaces {
                Some(namespaces) => book.selected_pods(namespaces.clone(), pods),
                None => book.own_pods(policy, pods),
            }))
        }
        PeerKind::Addresses { cidr, except } => addresses(book, *cidr, *except),
        PeerKind::Unknown(_) if value.unknown().is_some() => Some(unsure("a peer is not known")),
        PeerKind::Unknown(reason) => {
            let fact = reason.trim_end_matches(", which the API server refuses");
            book.refuse(value, fact);
            None
        }
    }
}

/// The addresses of a block without its exceptions.
fn addresses<'w>(book: &mut Book<'w>, cidr: Value<'w>, except: Option<Value<'w>>) -> Option<Who> {
    let mut doubt = None;
    let block = match book.block(cidr, by_server) {
        Ok(block) => block,
        Err(Unread::Refused) => return None,
        Err(Unread::Unknown(reason)) => {
            doubt = Some(reason);
            AddressSet::all()
        }
    };
    let mut rest = block.clone();
    for item in except.into_iter().flat_map(Value::items) {
        match book.block(item, by_server) {
            Ok(out) if doubt.is_none() && (!block.covers(&out) || out == block) => {
                book.refuse(item, "an exception does not lie within its block");
                return None;
            }
            Ok(out) => rest = rest.difference(&out),
            Err(Unread::Refused) => return None,
            Err(Unread::Unknown(reason)) => doubt = Some(reason),
        }
    }
    Some(match doubt {
        None => Who::Addresses(rest),
        Some(reason) => Who::Unsure { reason, addresses: rest, pods: false },
    })
}

fn ports<'w>(book: &mut Book<'w>, ports: &Ports<'w>) -> Option<ClausePorts<'w>> {
    let mut all = ClausePorts::default();
    match ports {
        Ports::All => return Some(ClausePorts::all()),
        Ports::Unknown(reason) => all.doubt = Some((PortSet::all(), reason.clone())),
        Ports::Listed(list) => {
            for entry in list {
                port(book, entry.value, &mut all)?;
            }
        }
    }
    Some(all)
}

fn port<'w>(book: &mut Book<'w>, entry: Value<'w>, into: &mut ClausePorts<'w>) -> Option<()> {
    let field = |key: &str| entry.get(key).filter(|value| !value.is_null());
    if !entry.is_mapping() {
        book.refuse(entry, "a port of a rule is no mapping");
        return None;
    }
    let protocol = match field("protocol") {
        None => Some(Protocol::Tcp),
        Some(written) => match written.known() {
            Some(word) => match Protocol::parse(word) {
                Some(protocol) => Some(protocol),
                None => {
                    book.refuse(written, format_args!("`{word}` is no protocol of a rule"));
                    return None;
                }
            },
            None => None,
        },
    };
    let every = |protocol: Option<Protocol>| {
        protocol.map_or_else(PortSet::all, |protocol| PortSet::range(protocol, PORTS.0, PORTS.1))
    };
    let doubt = |into: &mut ClausePorts<'w>, value: Value<'_>| {
        let reason = value.unknown().unwrap_or_else(|| "a port of a rule is not known".into());
        let more = into.doubt.take().map_or_else(|| every(protocol), |(ports, _)| ports.union(&every(protocol)));
        into.doubt = Some((more, reason));
    };
    let (Some(known), port) = (protocol, field("port")) else {
        doubt(into, entry);
        return Some(());
    };
    let end = field("endPort");
    let Some(port) = port else {
        if let Some(end) = end {
            book.refuse(end, "an endPort stands without a port");
            return None;
        }
        into.fixed.add(&every(protocol));
        return Some(());
    };
    if port.unknown().is_some() || end.is_some_and(|end| end.unknown().is_some()) {
        doubt(into, port);
        return Some(());
    }
    match (port.kind(), end) {
        (Kind::Number, end) => {
            let number =
                |value: Value<'_>| value.as_int().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
            let Some(first) = number(port) else {
                book.refuse(port, "a port is not between 1 and 65535");
                return None;
            };
            let Some(last) = end.map_or(Some(first), number).filter(|last| *last >= first) else {
                book.refuse(end.unwrap_or(port), "endPort is no port behind port");
                return None;
            };
            into.fixed.add(&PortSet::range(known, first, last));
        }
        (_, Some(end)) => {
            book.refuse(end, "an endPort stands beside a port that is no number");
            return None;
        }
        (Kind::Text, None) => match port.known().filter(|name| is_port_name(name)) {
            Some(name) => into.named.push((protocol, name)),
            None => {
                book.refuse(port, "a port's name is none");
                return None;
            }
        },
        _ => {
            book.refuse(port, "a port is neither a number nor a name");
            return None;
        }
    }
    Some(())
}

/// Whether Kubernetes takes it as a port's name: at most 15 small letters, digits and dashes, one letter among them.
pub(super) fn is_port_name(name: &str) -> bool {
    name.len() <= 15
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
