//! The rules that policies lack for a flow, as edits where that is certain: the operator's way in to the instances, the
//! instances among themselves, a pooler and its instances.

use super::rewrite::{add_field, add_item};
use crate::finding::Edit;
use crate::manifest::Resource;
use crate::reach::connections::{Block, Connections, End, Lack, Need, NeedKind, Party, PartyKind};
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::{Direction, METADATA_NAME};

/// Who is at the other end of a rule.
#[derive(Clone, PartialEq, Eq)]
enum Peer {
    /// The pods of a namespace.
    Namespace(String),
    /// Pods beside the policy with these labels.
    Pods(Vec<(&'static str, String)>),
}

/// A rule that a policy lacks.
struct Gap<'w> {
    policy: &'w Resource<'w>,
    direction: Direction,
    peer: Peer,
    ports: PortSet,
}

/// The rules for all that is stopped, each behind the last one of the policy that closes that side. None where one of them is
/// not certain: where it is not known who is at the other end, and for a policy of every pod, for what it lets through is for
/// others, too.
pub(super) fn missing_rules<'w>(
    needs: &[(&Need, Lack<'w>)],
    connections: &Connections<'w>,
) -> Option<(String, Vec<Edit>)> {
    let mut gaps: Vec<Gap<'w>> = Vec::new();
    let mut sides: Vec<(usize, Direction, &'w Resource<'w>)> = Vec::new();
    let stopped = needs.iter().fold(PortSet::none(), |all, (_, lack)| all.union(&lack.stopped));
    for (need, lack) in needs {
        for block in &lack.blocks {
            let peer = peer(need, block, connections)?;
            let ports = if need.kind == NeedKind::Operator { &need.ports } else { &stopped };
            // One rule for all ports of the same pods reads better than one here and one there.
            let known = sides.iter().find(|(party, way, _)| *party == block.party && *way == block.direction);
            let policy = known.map_or(block.policy, |(.., policy)| policy);
            if block.denies || !names_pods(policy) || !connections.selects_all_of(block.party, policy, block.direction)
            {
                return None;
            }
            sides.push((block.party, block.direction, policy));
            let same = |gap: &&mut Gap<'w>| {
                std::ptr::eq(gap.policy, policy) && gap.direction == block.direction && gap.peer == peer
            };
            match gaps.iter_mut().find(same) {
                Some(gap) => gap.ports.add(ports),
                None => gaps.push(Gap { policy, direction: block.direction, peer, ports: ports.clone() }),
            }
        }
    }
    let edits: Vec<Vec<Edit>> = gaps.iter().map(Gap::edits).collect::<Option<_>>()?;
    let (need, _) = needs.first()?;
    let ports = gaps.iter().fold(PortSet::none(), |all, gap| all.union(&gap.ports));
    let ports = numbers(&ports)?.iter().map(u16::to_string).collect::<Vec<_>>().join(" and ");
    let title = match (need.kind, &gaps.first()?.peer) {
        (NeedKind::Operator, Peer::Namespace(home)) => format!("let namespace `{home}` in to {ports}"),
        (NeedKind::Pooler, _) => format!("let the Pooler's pods reach the instances on {ports}"),
        (NeedKind::Join, _) => format!("let the Jobs of the Cluster reach the instances on {ports}"),
        _ => format!("let the instances reach each other on {ports}"),
    };
    Some((title, edits.concat()))
}

/// Whether a policy says which pods it is about.
fn names_pods(policy: &Resource<'_>) -> bool {
    let selectors = ["podSelector", "endpointSelector"].into_iter().filter_map(|key| policy.at(&["spec", key]));
    selectors.into_iter().any(|selector| selector.entries().any(|(_, asked)| !asked.is_empty()))
}

/// Who has to be named in a rule at the pods that a policy closes.
fn peer<'w>(need: &Need, block: &Block<'w>, connections: &Connections<'w>) -> Option<Peer> {
    let party = |end: End| match end {
        End::Party(at) => Some(&connections.parties()[at]),
        _ => None,
    };
    let (from, to) = (party(need.from)?, party(need.to)?);
    // A name that is put together elsewhere is another one for whoever else uses the policy.
    let is_written =
        |party: &Party<'w>| party.resource.name_value().is_some_and(|name| name.origin().editable().is_some());
    let name =
        |party: &Party<'w>| party.resource.name().filter(|name| is_plain(name) && is_written(party)).map(str::to_owned);
    match (need.kind, block.direction) {
        (NeedKind::Operator, Direction::Ingress) => {
            let known = from.kind != PartyKind::Unseen && from.resource.name().is_some() && is_plain(&from.namespace);
            known.then(|| Peer::Namespace(from.namespace.clone()))
        }
        (NeedKind::Replication | NeedKind::Join | NeedKind::IsolationCheck, _) => {
            Some(Peer::Pods(vec![("cnpg.io/cluster", name(to)?)]))
        }
        (NeedKind::Pooler, Direction::Ingress) => Some(Peer::Pods(vec![("cnpg.io/poolerName", name(from)?)])),
        (NeedKind::Pooler, Direction::Egress) => {
            let role = ("cnpg.io/podRole", "instance".to_owned());
            Some(Peer::Pods(vec![("cnpg.io/cluster", name(to)?), role]))
        }
        _ => None,
    }
}

/// Whether YAML reads it as a text without quotes.
fn is_plain(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.bytes().all(is_part)
        && !matches!(name, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
}

/// The numbers of a few TCP ports; none where there are others.
fn numbers(ports: &PortSet) -> Option<Vec<u16>> {
    let ranges = ports.of(Protocol::Tcp).ranges();
    let mut all = Vec::new();
    for (first, last) in ranges {
        if last - first > 3 {
            return None;
        }
        all.extend(*first..=*last);
    }
    let back = all.iter().fold(PortSet::none(), |all, port| all.union(&PortSet::one(Protocol::Tcp, *port)));
    (back == *ports && !all.is_empty()).then_some(all)
}

impl Gap<'_> {
    fn edits(&self) -> Option<Vec<Edit>> {
        let lines = self.lines()?;
        let spec = self.policy.at(&["spec"])?;
        let key = self.direction.name();
        match spec.get(key).filter(|list| !list.is_null()) {
            Some(list) => add_item(list, &lines),
            None if spec.get(key).is_some() => None,
            None => {
                let first = format!("  - {}", lines.first()?);
                let rest = lines.iter().skip(1).map(|line| format!("    {line}"));
                let field: Vec<String> = [format!("{key}:"), first].into_iter().chain(rest).collect();
                add_field(spec, &field.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    }

    /// The rule, without its indent.
    fn lines(&self) -> Option<Vec<String>> {
        let ports = numbers(&self.ports)?;
        let way = if self.direction == Direction::Ingress { "from" } else { "to" };
        let mut lines = Vec::new();
        match self.policy.kind {
            "NetworkPolicy" => {
                let (selector, labels) = match &self.peer {
                    Peer::Namespace(name) => ("namespaceSelector", vec![(METADATA_NAME, name.clone())]),
                    Peer::Pods(labels) => ("podSelector", labels.clone()),
                };
                lines.extend([format!("{way}:"), format!("  - {selector}:"), "      matchLabels:".to_owned()]);
                lines.extend(labels.iter().map(|(key, value)| format!("        {key}: {value}")));
                lines.push("ports:".to_owned());
                lines.extend(ports.iter().map(|port| format!("  - {{protocol: TCP, port: {port}}}")));
            }
            "CiliumNetworkPolicy" => {
                let labels = match &self.peer {
                    Peer::Namespace(name) => vec![("k8s:io.kubernetes.pod.namespace", name.clone())],
                    Peer::Pods(labels) => labels.clone(),
                };
                lines.extend([format!("{way}Endpoints:"), "  - matchLabels:".to_owned()]);
                lines.extend(labels.iter().map(|(key, value)| format!("      {key}: {value}")));
                lines.extend(["toPorts:".to_owned(), "  - ports:".to_owned()]);
                lines.extend(ports.iter().map(|port| format!("      - {{port: \"{port}\", protocol: TCP}}")));
            }
            _ => return None,
        }
        Some(lines)
    }
}
