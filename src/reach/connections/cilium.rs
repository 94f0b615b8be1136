//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2, Cilium 1.15 to 1.19) as clauses. What Cilium
//! itself rejects stays out of force, and that leaves open what it was to close.

use super::book::{Book, Rejected};
use super::cilium_peers;
use super::cilium_ports;
use super::clause::{Action, Clause, ClausePorts, Decree, POD_NAMESPACE, Pods, Side, Tier, Who, bare_key};
use super::parties::place;
use crate::graph::Graph;
use crate::manifest::Resource;
use crate::reach::NamespaceKey;
use crate::reach::answer::Answer;
use crate::reach::policy::Direction;
use crate::reach::selector::Selector;
use crate::yaml::Value;

pub(super) const GROUP: &str = "cilium.io";
pub(super) const KINDS: &[&str] = &["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"];

const SPEC: &[&str] = &[
    "endpointSelector",
    "nodeSelector",
    "ingress",
    "ingressDeny",
    "egress",
    "egressDeny",
    "enableDefaultDeny",
    "labels",
    "description",
    "log",
];

/// The fields of a rule, those among them that are gone.
fn fields(direction: Direction) -> &'static [&'static str] {
    match direction {
        Direction::Ingress => &[
            "fromEndpoints",
            "fromRequires",
            "fromCIDR",
            "fromCIDRSet",
            "fromEntities",
            "fromGroups",
            "fromNodes",
            "toPorts",
            "icmps",
            "authentication",
        ],
        Direction::Egress => &[
            "toEndpoints",
            "toRequires",
            "toPorts",
            "toCIDR",
            "toCIDRSet",
            "toEntities",
            "toServices",
            "toFQDNs",
            "toGroups",
            "toNodes",
            "icmps",
            "authentication",
        ],
    }
}

/// What is said of a policy that Cilium rejects.
fn rejected(what: impl std::fmt::Display) -> String {
    format!("{what}, so Cilium rejects the policy and nothing of it is in force")
}

/// What is needed beside a rule to read it.
pub(super) struct Reading<'g, 'w> {
    pub(super) graph: &'g Graph<'w>,
    pub(super) policy: &'w Resource<'w>,
    /// The namespace of the policy; none for one of the whole cluster.
    pub(super) own: Option<NamespaceKey<'w>>,
}

pub(super) fn read<'w>(book: &mut Book<'w>, all: &[&'w Resource<'w>], graph: &Graph<'w>) {
    for policy in book.last_of_each(all) {
        let own = (policy.kind == "CiliumNetworkPolicy").then(|| place(&policy.namespace));
        let reading = Reading { graph, policy, own };
        let one = policy.at(&["spec"]).filter(|spec| !spec.is_null());
        let several = policy.at(&["specs"]).into_iter().flat_map(Value::items);
        let specs: Vec<Value<'w>> = one.into_iter().chain(several).collect();
        // A rule that is rejected takes the whole object with it.
        let decrees: Option<Vec<Option<Decree<'w>>>> = specs.iter().map(|spec| decree(book, &reading, *spec)).collect();
        match decrees {
            Some(decrees) => book.decrees.extend(decrees.into_iter().flatten()),
            None => {
                let subjects = specs.iter().filter_map(|spec| spec.get("endpointSelector"));
                let subjects = subjects.map(|subject| Selector::read(Some(subject))).collect();
                book.rejected.push(Rejected { resource: policy, subjects });
            }
        }
    }
}

impl<'w> Book<'w> {
    /// Notes that Cilium rejects the policy.
    pub(super) fn reject(&mut self, value: Value<'_>, what: impl std::fmt::Display) {
        self.fatal(value, rejected(what));
    }
}

/// A rule of a policy; none within where it is about nodes, none at all where it is rejected.
fn decree<'w>(book: &mut Book<'w>, reading: &Reading<'_, 'w>, spec: Value<'w>) -> Option<Option<Decree<'w>>> {
    let field = |key: &str| spec.get(key).filter(|value| !value.is_null());
    if !book.check_fields(spec, SPEC, "the rule") {
        return None;
    }
    let place = match (field("endpointSelector"), field("nodeSelector")) {
        (Some(selector), None) => selector,
        (None, Some(selector)) if reading.own.is_some() => {
            book.reject(selector, "a nodeSelector stands in a policy of a namespace");
            return None;
        }
        (None, Some(_)) => return Some(None),
        (Some(_), Some(selector)) => {
            book.reject(selector, "a nodeSelector stands beside an endpointSelector");
            return None;
        }
        (None, None) => {
            book.reject(spec, "there is no endpointSelector");
            return None;
        }
    };
    let subject = endpoints(book, place, Selector::read(Some(place)), reading.own, reading.own)?;
    let lists = ["ingress", "ingressDeny", "egress", "egressDeny"];
    if lists.iter().all(|key| field(key).is_none_or(|list| list.is_empty())) {
        let at = lists.iter().find_map(|key| field(key)).map_or(spec, |list| list);
        book.reject(at, "it has no rule: an empty list is the same as none");
        return None;
    }
    let ingress = side(book, reading, spec, Direction::Ingress)?;
    let egress = side(book, reading, spec, Direction::Egress)?;
    Some(Some(Decree {
        resource: reading.policy,
        tier: Tier::Network,
        subject,
        place,
        ingress,
        egress,
        doubt: reading.policy.may_be_completed().map(str::to_owned),
    }))
}

/// One direction: isolated where one of its lists holds something, unless `enableDefaultDeny` says otherwise.
fn side<'w>(book: &mut Book<'w>, reading: &Reading<'_, 'w>, spec: Value<'w>, direction: Direction) -> Option<Side<'w>> {
    let (allow, deny) = match direction {
        Direction::Ingress => ("ingress", "ingressDeny"),
        Direction::Egress => ("egress", "egressDeny"),
    };
    let list = |key: &str| spec.get(key).filter(|list| list.is_sequence() && !list.is_empty());
    let (allow, deny) = (list(allow), list(deny));
    let mut clauses = Vec::new();
    for (list, action) in [(allow, Action::Allow), (deny, Action::Deny)] {
        for rule in list.into_iter().flat_map(Value::items) {
            clauses.extend(clause(book, reading, rule, direction, action)?);
        }
    }
    let written = spec.at(&["enableDefaultDeny", direction.name()]);
    let isolates = match written.map(|value| (value.as_bool(), value.unknown())) {
        Some((None, Some(reason))) => Answer::Unknown(reason),
        Some((Some(false), _)) => Answer::No,
        _ => Answer::sure(allow.is_some() || deny.is_some()),
    };
    Some(Side { isolates, clauses })
}

/// A rule; none within where it filters nothing, none at all where it is rejected.
fn clause<'w>(
    book: &mut Book<'w>,
    reading: &Reading<'_, 'w>,
    rule: Value<'w>,
    direction: Direction,
    action: Action,
) -> Option<Option<Clause<'w>>> {
    if !rule.is_mapping() {
        return match rule.is_null() {
            true => Some(None),
            false => {
                book.reject(rule, "a rule is no mapping");
                None
            }
        };
    }
    if !book.check_fields(rule, fields(direction), "a rule") {
        return None;
    }
    let peers = cilium_peers::read(book, reading, rule, direction)?;
    let ports = rule.get("toPorts").filter(|ports| !ports.is_null());
    let icmps = rule.get("icmps").filter(|icmps| icmps.is_sequence() && !icmps.is_empty());
    if peers.is_none() && ports.is_none_or(|ports| ports.is_empty()) && icmps.is_none() {
        // Neither who nor which port: no filter is made of it. It isolates all the same.
        return Some(None);
    }
    if action == Action::Deny && rule.get("toFQDNs").is_some() {
        book.reject(rule, "a rule that denies names domains");
        return None;
    }
    let (ports, limited) = match ports {
        None if icmps.is_some() => (ClausePorts::default(), false),
        None => (ClausePorts::all(), false),
        Some(ports) => cilium_ports::read(book, ports, action)?,
    };
    let (who, places) = peers.unwrap_or_else(|| vec![(Who::Everyone, rule)]).into_iter().unzip();
    Some(Some(Clause { action, who, places, ports, value: rule, limited }))
}

/// Pods by a selector of endpoints, `value`, as it was read. Without a word about namespaces it is bound to `implied`;
/// `within` holds whatever the selector says.
pub(super) fn endpoints<'w>(
    book: &mut Book<'w>,
    value: Value<'w>,
    selector: Selector<'w>,
    implied: Option<NamespaceKey<'w>>,
    within: Option<NamespaceKey<'w>>,
) -> Option<usize> {
    if !book.check_endpoints(value) {
        return None;
    }
    let own = if names_namespaces(&selector) { within } else { implied };
    Some(book.pods(Pods::Identity(own, selector)))
}

/// Whether a selector says itself which namespaces it means.
pub(super) fn names_namespaces(selector: &Selector<'_>) -> bool {
    selector.requirements.iter().any(|requirement| {
        let key = bare_key(requirement.key());
        key == POD_NAMESPACE || key.starts_with(super::clause::NAMESPACE_LABELS)
    })
}
