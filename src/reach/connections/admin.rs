//! AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy (network-policy-api v1alpha1 and v1alpha2) as
//! clauses. They are in order, the first one that fits has its say, and none isolates a pod by itself.

use super::book::Book;
use super::checks::{Unread, by_server};
use super::clause::{Action, Clause, ClausePorts, Decree, Entity, Side, Tier, Who};
use crate::manifest::Resource;
use crate::reach::addresses::AddressSet;
use crate::reach::answer::Answer;
use crate::reach::policy::Direction;
use crate::reach::ports::{PORTS, PortSet, Protocol};
use crate::reach::selector::Selector;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

pub(super) const GROUP: &str = "policy.networking.k8s.io";
pub(super) const KINDS: &[&str] = &["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"];

/// The strongest and the weakest priority.
const PRIORITIES: std::ops::RangeInclusive<i64> = 0..=1000;

pub(super) fn read<'w>(book: &mut Book<'w>, all: &[&'w Resource<'w>]) {
    let mut taken: HashMap<(&str, i64), &'w Resource<'w>> = HashMap::new();
    let mut baseline = None;
    for resource in book.last_of_each(all) {
        let Some(tier) = tier(book, resource) else { continue };
        if let Tier::Admin(priority) = tier
            && let Some(other) = taken.insert((resource.kind, priority), resource)
        {
            let message =
                format!("{} has priority {priority}, too: which of both comes first is not defined", other.title());
            book.fault(resource.at(&["spec", "priority"]).unwrap_or(resource.headline()), message);
        }
        if resource.kind == "BaselineAdminNetworkPolicy" {
            if let Some(other) = baseline.replace(resource) {
                let other: &Resource<'_> = other;
                book.fault(
                    resource.headline(),
                    format!("there is one BaselineAdminNetworkPolicy, named `default`, beside {}", other.title()),
                );
            } else if resource.name().is_some_and(|name| name != "default") {
                book.refuse(resource.headline(), "a BaselineAdminNetworkPolicy has a name other than `default`");
                continue;
            }
        }
        let decree = decree(book, resource, tier);
        book.decrees.extend(decree);
    }
    // Within one tier the order of the policies is that of their priorities.
    book.decrees.sort_by_key(|decree| match decree.tier {
        Tier::Admin(priority) => (0, priority),
        Tier::Network => (1, 0),
        Tier::Baseline(priority) => (2, priority),
    });
}

fn tier<'w>(book: &mut Book<'w>, resource: &'w Resource<'w>) -> Option<Tier> {
    let priority = resource.at(&["spec", "priority"]);
    let number = match priority {
        None => None,
        Some(value) => match value.as_int() {
            Some(number) if PRIORITIES.contains(&number) => Some(number),
            None if value.unknown().is_some() => None,
            _ => {
                book.refuse(value, "a priority is not between 0 and 1000");
                return None;
            }
        },
    };
    match resource.kind {
        "BaselineAdminNetworkPolicy" => Some(Tier::Baseline(0)),
        "ClusterNetworkPolicy" => {
            let word = resource.at(&["spec", "tier"]);
            match word.and_then(Value::known) {
                Some("Admin") => Some(Tier::Admin(number.unwrap_or_default())),
                Some("Baseline") => Some(Tier::Baseline(number.unwrap_or_default())),
                _ => {
                    book.refuse(word.unwrap_or(resource.headline()), "the tier is neither Admin nor Baseline");
                    None
                }
            }
        }
        _ if priority.is_none() => {
            book.refuse(resource.headline(), "the priority is missing");
            None
        }
        _ => Some(Tier::Admin(number.unwrap_or_default())),
    }
}

fn decree<'w>(book: &mut Book<'w>, resource: &'w Resource<'w>, tier: Tier) -> Option<Decree<'w>> {
    let spec = resource.at(&["spec"])?;
    let subject = spec.get("subject");
    let place = subject.unwrap_or(resource.headline());
    let fields = subject.map(|subject| subject.entries().collect::<Vec<_>>()).unwrap_or_default();
    let selected = match fields.as_slice() {
        [(key, value)] => pods(book, key, *value),
        _ => {
            book.refuse(place, "the subject is not one of namespaces and pods");
            None
        }
    };
    let mut sides = Direction::ALL.map(|direction| {
        let rules = spec.get(direction.name()).into_iter().flat_map(Value::items);
        rules.map(|rule| clause(book, resource, rule, direction, tier)).collect::<Option<Vec<Clause<'w>>>>()
    });
    let [ingress, egress] = &mut sides;
    let side = |clauses: Vec<Clause<'w>>| Side { isolates: Answer::No, clauses };
    Some(Decree {
        resource,
        tier,
        subject: selected?,
        place,
        ingress: side(ingress.take()?),
        egress: side(egress.take()?),
        doubt: resource.may_be_completed().map(str::to_owned),
    })
}

/// Pods by `namespaces` or `pods`.
fn pods<'w>(book: &mut Book<'w>, key: &str, value: Value<'w>) -> Option<usize> {
    match key {
        "namespaces" => book
            .check_selector(Some(value))
            .then(|| book.selected_pods(Selector::read(Some(value)), Selector::read(None))),
        "pods" => {
            let (places, pods) = (value.get("namespaceSelector"), value.get("podSelector"));
            let sound = book.check_selector(places);
            (book.check_selector(pods) && sound)
                .then(|| book.selected_pods(Selector::read(places), Selector::read(pods)))
        }
        _ => {
            book.refuse(value, format_args!("`{key}` selects no pods"));
            None
        }
    }
}

fn clause<'w>(
    book: &mut Book<'w>,
    resource: &'w Resource<'w>,
    rule: Value<'w>,
    direction: Direction,
    tier: Tier,
) -> Option<Clause<'w>> {
    let written = rule.get("action");
    let is_new = resource.kind == "ClusterNetworkPolicy";
    let action = match (written.and_then(Value::known), tier) {
        (Some("Allow"), _) if !is_new => Action::Allow,
        (Some("Accept"), _) if is_new => Action::Allow,
        (Some("Deny"), _) => Action::Deny,
        (Some("Pass"), Tier::Admin(_)) => Action::Pass,
        (Some("Pass"), _) if is_new => Action::Pass,
        _ => {
            book.refuse(written.unwrap_or(rule), "the action of a rule is none that this kind of policy has");
            return None;
        }
    };
    let key = if direction == Direction::Ingress { "from" } else { "to" };
    let peers = rule.get(key).filter(|peers| peers.is_sequence() && !peers.is_empty());
    let Some(peers) = peers else {
        book.refuse(rule.get(key).unwrap_or(rule), format_args!("a rule has no peer in `{key}`"));
        return None;
    };
    let mut who = Vec::new();
    let mut places = Vec::new();
    for peer in peers.items() {
        who.extend(self::who(book, peer, direction)?);
        places.resize(who.len(), peer);
    }
    let ports = if is_new { protocols(book, rule.get("protocols"))? } else { ports(book, rule.get("ports"))? };
    Some(Clause { action, who, places, ports, value: rule, limited: false })
}

fn who<'w>(book: &mut Book<'w>, peer: Value<'w>, direction: Direction) -> Option<Vec<Who>> {
    let fields: Vec<(&str, Value<'w>)> = peer.entries().filter(|(_, value)| !value.is_null()).collect();
    let [(key, value)] = fields.as_slice() else {
        book.refuse(peer, "a peer is not exactly one of those that a rule may name");
        return None;
    };
    match *key {
        "namespaces" | "pods" => Some(vec![Who::Pods(pods(book, key, *value)?)]),
        "networks" if direction == Direction::Egress => {
            let mut all = AddressSet::default();
            let mut doubt = None;
            for item in value.items() {
                match book.block(item, by_server) {
                    Ok(block) => all = all.union(&block),
                    Err(Unread::Refused) => return None,
                    Err(Unread::Unknown(reason)) => doubt = Some(reason),
                }
            }
            let unsure = doubt.map(|reason| Who::Unsure { reason, addresses: AddressSet::all(), pods: false });
            Some(std::iter::once(Who::Addresses(all)).chain(unsure).collect())
        }
        "nodes" if direction == Direction::Egress => Some(vec![Who::Entities(vec![Entity::RemoteNode, Entity::Host])]),
        "domainNames" if direction == Direction::Egress => {
            let reason = "which addresses a domain name has is known at runtime only".to_owned();
            Some(vec![Who::Unsure { reason, addresses: AddressSet::all(), pods: false }])
        }
        _ => {
            book.refuse(*value, format_args!("`{key}` is no peer of such a rule"));
            None
        }
    }
}

fn number(book: &mut Book<'_>, value: Option<Value<'_>>, rule: Value<'_>) -> Option<Result<u16, ()>> {
    let Some(value) = value else {
        book.refuse(rule, "a port has no number");
        return None;
    };
    if value.unknown().is_some() {
        return Some(Err(()));
    }
    match value.as_int().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0) {
        Some(port) => Some(Ok(port)),
        None => {
            book.refuse(value, "a port is not between 1 and 65535");
            None
        }
    }
}

fn add_range<'w>(
    book: &mut Book<'w>,
    into: &mut ClausePorts<'w>,
    protocol: Protocol,
    (first, last): (Option<Value<'w>>, Option<Value<'w>>),
    at: Value<'w>,
) -> Option<()> {
    match (number(book, first, at)?, number(book, last, at)?) {
        (Ok(first), Ok(last)) if first <= last => into.fixed.add(&PortSet::range(protocol, first, last)),
        (Ok(_), Ok(_)) => {
            book.refuse(at, "a range of ports ends before it starts");
            return None;
        }
        _ => into.doubt = Some((PortSet::range(protocol, PORTS.0, PORTS.1), "a port is not known".into())),
    }
    Some(())
}

fn ports<'w>(book: &mut Book<'w>, list: Option<Value<'w>>) -> Option<ClausePorts<'w>> {
    let Some(list) = list.filter(|list| list.is_sequence() && !list.is_empty()) else {
        return Some(ClausePorts::all());
    };
    let mut all = ClausePorts::default();
    for item in list.items() {
        let fields: Vec<(&str, Value<'w>)> = item.entries().filter(|(_, value)| !value.is_null()).collect();
        let [(key, value)] = fields.as_slice() else {
            book.refuse(item, "a port is not exactly one of portNumber, portRange and namedPort");
            return None;
        };
        let protocol = match value.get("protocol").map(|word| (word, word.known())) {
            // An empty one counts as left out.
            None | Some((_, Some(""))) => Protocol::Tcp,
            Some((word, known)) => match known.and_then(Protocol::parse) {
                Some(protocol) => protocol,
                None => {
                    book.refuse(word, "a port has no protocol that policies know");
                    return None;
                }
            },
        };
        match *key {
            "portNumber" => {
                let port = value.get("port");
                add_range(book, &mut all, protocol, (port, port), *value)?;
            }
            "portRange" => add_range(book, &mut all, protocol, (value.get("start"), value.get("end")), *value)?,
            // Unlike in a NetworkPolicy, the name alone counts.
            "namedPort" => match value.known() {
                Some(name) => all.named.push((None, name)),
                None => all.doubt = Some((PortSet::all(), "the name of a port is not known".into())),
            },
            _ => {
                book.refuse(item, format_args!("`{key}` is no port of such a rule"));
                return None;
            }
        }
    }
    Some(all)
}

/// The ports of v1alpha2, which stand below their protocol.
fn protocols<'w>(book: &mut Book<'w>, list: Option<Value<'w>>) -> Option<ClausePorts<'w>> {
    let Some(list) = list.filter(|list| list.is_sequence() && !list.is_empty()) else {
        return Some(ClausePorts::all());
    };
    let mut all = ClausePorts::default();
    for item in list.items() {
        for (key, value) in item.entries().filter(|(_, value)| !value.is_null()) {
            let protocol = match key {
                "tcp" => Protocol::Tcp,
                "udp" => Protocol::Udp,
                "sctp" => Protocol::Sctp,
                "destinationNamedPort" => {
                    all.named.extend(value.known().map(|name| (None, name)));
                    continue;
                }
                _ => {
                    book.refuse(value, format_args!("`{key}` is no protocol of such a rule"));
                    return None;
                }
            };
            let Some(port) = value.get("destinationPort").filter(|port| !port.is_null()) else {
                all.fixed.add(&PortSet::range(protocol, PORTS.0, PORTS.1));
                continue;
            };
            match (port.get("number"), port.get("range")) {
                (Some(_), Some(_)) | (None, None) => {
                    book.refuse(port, "a port is not exactly one of number and range");
                    return None;
                }
                (Some(number), None) => add_range(book, &mut all, protocol, (Some(number), Some(number)), port)?,
                (None, Some(range)) => {
                    add_range(book, &mut all, protocol, (range.get("start"), range.get("end")), range)?
                }
            }
        }
    }
    Some(all)
}
