//! A NetworkPolicy as Kubernetes reads it: which pods, which directions, which peers and ports, each with its place in
//! the text. What several policies allow together is not worked out here.

use super::answer::{Answer, any};
use super::selector::Selector;
use crate::graph::workload::{ContainerPort, Labels};
use crate::manifest::Resource;
use crate::yaml::{Kind, Value};

/// The way traffic goes, seen from the pod that a policy selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the pod.
    Ingress,
    /// From the pod.
    Egress,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Ingress, Direction::Egress];

    /// The word in messages and the key of its rules.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }

    /// The word in `policyTypes`.
    pub fn policy_type(self) -> &'static str {
        match self {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        }
    }

    fn peers_key(self) -> &'static str {
        match self {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        }
    }
}

/// A NetworkPolicy.
#[derive(Clone, Debug)]
pub struct Policy<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// Which pods of its namespace it selects.
    pub pod_selector: Selector<'w>,
    /// What it lets in.
    pub ingress: Vec<PolicyRule<'w>>,
    /// What it lets out.
    pub egress: Vec<PolicyRule<'w>>,
    ingress_isolates: Answer,
    egress_isolates: Answer,
    /// Why the policy may be another one in the cluster than it is here, if so.
    pub doubt: Option<&'static str>,
}

/// One rule of a policy: these peers on these ports.
#[derive(Clone, Debug)]
pub struct PolicyRule<'w> {
    /// The item of the list of rules.
    pub value: Value<'w>,
    /// Which list it stands in.
    pub direction: Direction,
    /// Who.
    pub peers: Peers<'w>,
    /// On which ports.
    pub ports: Ports<'w>,
}

/// The peers of a rule.
#[derive(Clone, Debug)]
pub enum Peers<'w> {
    /// Everybody, inside the cluster and outside.
    Everyone,
    /// One of these.
    Listed(Vec<PolicyPeer<'w>>),
    /// The rule cannot be read, and why.
    Unknown(String),
}

/// One peer of a rule.
#[derive(Clone, Debug)]
pub struct PolicyPeer<'w> {
    /// Where it is written.
    pub value: Value<'w>,
    /// Who it is.
    pub peer: PeerKind<'w>,
}

/// Who a peer of a rule is.
#[derive(Clone, Debug)]
pub enum PeerKind<'w> {
    /// Pods of the policy's own namespace, or of the namespaces that are selected.
    Pods {
        /// Which namespaces; none for the policy's own.
        namespaces: Option<Selector<'w>>,
        /// Which pods there; none for all.
        pods: Option<Selector<'w>>,
    },
    /// A block of addresses.
    Addresses {
        /// `cidr`.
        cidr: Value<'w>,
        /// `except`, if it takes something out.
        except: Option<Value<'w>>,
    },
    /// Not readable, and why.
    Unknown(String),
}

/// The ports of a rule.
#[derive(Clone, Debug)]
pub enum Ports<'w> {
    /// Every port of every protocol.
    All,
    /// One of these.
    Listed(Vec<PolicyPort<'w>>),
    /// Not readable, and why.
    Unknown(String),
}

/// One entry of the ports of a rule.
#[derive(Clone, Copy, Debug)]
pub struct PolicyPort<'w> {
    /// Where it is written.
    pub value: Value<'w>,
}

/// A number for a port, or a name.
enum PortName<'w> {
    Every,
    Range(i64, i64),
    Named(&'w str),
    Unknown(String),
}

impl<'w> Policy<'w> {
    /// Reads a NetworkPolicy.
    pub fn read(resource: &'w Resource<'w>) -> Policy<'w> {
        let spec = resource.at(&["spec"]);
        let field = |key: &str| spec.and_then(|spec| spec.get(key)).filter(|value| !value.is_null());
        let types = Types::read(field("policyTypes"));
        let rules = |direction: Direction| {
            let list = field(direction.name());
            list.into_iter().flat_map(Value::items).map(|rule| PolicyRule::read(rule, direction)).collect::<Vec<_>>()
        };
        let egress = rules(Direction::Egress);
        let by_default = match field("egress") {
            Some(list) if !list.is_sequence() => Answer::Unknown("`egress` is no list".into()),
            None => match resource.may_be_completed() {
                Some(reason) => Answer::Unknown(reason.into()),
                None => Answer::No,
            },
            Some(_) => Answer::sure(!egress.is_empty()),
        };
        Policy {
            resource,
            pod_selector: Selector::read(field("podSelector")),
            ingress: rules(Direction::Ingress),
            egress,
            ingress_isolates: types.isolates(Direction::Ingress, Answer::Yes),
            egress_isolates: types.isolates(Direction::Egress, by_default),
            doubt: resource.may_be_completed(),
        }
    }

    /// Reads a NetworkPolicy that nothing is seen to deliver: it may be in force, or not.
    pub(super) fn read_stray(resource: &'w Resource<'w>) -> Policy<'w> {
        Policy { doubt: Some("nothing in this repo is seen to deliver this policy"), ..Policy::read(resource) }
    }

    /// Whether pods that it selects are isolated in `direction`: what `policyTypes` says, or Kubernetes' defaults for it.
    pub fn isolates(&self, direction: Direction) -> Answer {
        match direction {
            Direction::Ingress => self.ingress_isolates.clone(),
            Direction::Egress => self.egress_isolates.clone(),
        }
    }

    /// Whether it selects a pod with these labels, in its own namespace.
    pub fn selects(&self, labels: &Labels<'_>) -> Answer {
        self.pod_selector.matches(labels).doubted(self.doubt)
    }

    /// Its rules for `direction`, whether or not they are in force.
    pub fn rules(&self, direction: Direction) -> &[PolicyRule<'w>] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// What `policyTypes` says.
enum Types {
    /// Missing or empty.
    Default,
    Listed {
        ingress: bool,
        egress: bool,
    },
    Unknown(String),
}

impl Types {
    fn read(value: Option<Value<'_>>) -> Types {
        let Some(value) = value.filter(|value| !(value.is_sequence() && value.is_empty())) else {
            return Types::Default;
        };
        if !value.is_sequence() {
            return Types::Unknown(value.unknown().unwrap_or_else(|| "`policyTypes` is no list".into()));
        }
        let mut listed = (false, false);
        for item in value.items() {
            match item.known() {
                Some("Ingress") => listed.0 = true,
                Some("Egress") => listed.1 = true,
                _ => {
                    return Types::Unknown(item.unknown().unwrap_or_else(|| "`policyTypes` cannot be read".into()));
                }
            }
        }
        Types::Listed { ingress: listed.0, egress: listed.1 }
    }

    fn isolates(&self, direction: Direction, by_default: Answer) -> Answer {
        match (self, direction) {
            (Types::Default, _) => by_default,
            (Types::Listed { ingress, .. }, Direction::Ingress) => Answer::sure(*ingress),
            (Types::Listed { egress, .. }, Direction::Egress) => Answer::sure(*egress),
            (Types::Unknown(reason), _) => Answer::Unknown(reason.clone()),
        }
    }
}

impl<'w> PolicyRule<'w> {
    fn read(value: Value<'w>, direction: Direction) -> PolicyRule<'w> {
        let rule = |peers, ports| PolicyRule { value, direction, peers, ports };
        if !value.is_mapping() {
            let reason = "a rule is no mapping".to_owned();
            return rule(Peers::Unknown(reason.clone()), Ports::Unknown(reason));
        }
        let key = direction.peers_key();
        // A misspelt key would read as a rule for everyone, and the API server refuses it.
        if let Some((stray, _)) = value.entries().find(|(known, _)| *known != key && *known != "ports") {
            let reason = format!("a rule has no field `{stray}`");
            return rule(Peers::Unknown(reason.clone()), Ports::Unknown(reason));
        }
        rule(peers(value.get(key)), ports(value.get("ports")))
    }

    /// Whether it covers `port` of `protocol` on a pod with these container ports.
    pub fn covers(&self, port: u16, protocol: &str, containers: &[ContainerPort<'_>]) -> Answer {
        match &self.ports {
            Ports::All => Answer::Yes,
            Ports::Unknown(reason) => Answer::Unknown(reason.clone()),
            Ports::Listed(list) => any(list.iter().map(|entry| entry.covers(port, protocol, containers))),
        }
    }
}

/// The items of a list that means everything where it is missing or empty.
fn list(value: Option<Value<'_>>) -> Result<Vec<Value<'_>>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    if !value.is_sequence() {
        return Err(value.unknown().unwrap_or_else(|| "a list of a rule is no list".into()));
    }
    Ok(value.items().collect())
}

fn peers(value: Option<Value<'_>>) -> Peers<'_> {
    match list(value) {
        Err(reason) => Peers::Unknown(reason),
        Ok(items) if items.is_empty() => Peers::Everyone,
        Ok(items) => {
            Peers::Listed(items.into_iter().map(|value| PolicyPeer { value, peer: peer_kind(value) }).collect())
        }
    }
}

fn peer_kind(value: Value<'_>) -> PeerKind<'_> {
    let field = |key: &str| value.get(key).filter(|value| !value.is_null());
    let selector = |key: &str| field(key).map(|value| Selector::read(Some(value)));
    match (field("ipBlock"), selector("namespaceSelector"), selector("podSelector")) {
        (Some(block), None, None) => match block.get("cidr") {
            Some(cidr) => PeerKind::Addresses { cidr, except: block.get("except").filter(|list| !list.is_empty()) },
            None => PeerKind::Unknown("an ipBlock has no cidr".into()),
        },
        (None, None, None) => PeerKind::Unknown("a peer names nobody, which the API server refuses".into()),
        (Some(_), ..) => {
            PeerKind::Unknown("a peer has an ipBlock beside a selector, which the API server refuses".into())
        }
        (None, namespaces, pods) => PeerKind::Pods { namespaces, pods },
    }
}

fn ports(value: Option<Value<'_>>) -> Ports<'_> {
    match list(value) {
        Err(reason) => Ports::Unknown(reason),
        Ok(items) if items.is_empty() => Ports::All,
        Ok(items) => Ports::Listed(items.into_iter().map(|value| PolicyPort { value }).collect()),
    }
}

impl<'w> PolicyPeer<'w> {
    /// Whether it admits a pod with `labels` of a namespace with `namespace_labels`; `own` says whether that is the
    /// policy's own namespace.
    pub fn admits(&self, own: &Answer, namespace_labels: &Labels<'_>, labels: &Labels<'_>) -> Answer {
        match &self.peer {
            PeerKind::Pods { namespaces, pods } => {
                let place = match namespaces {
                    Some(namespaces) => namespaces.matches(namespace_labels),
                    None => own.clone(),
                };
                place.and(pods.as_ref().map_or(Answer::Yes, |pods| pods.matches(labels)))
            }
            PeerKind::Addresses { .. } => {
                Answer::Unknown("whether a block covers pods depends on the network plugin".into())
            }
            PeerKind::Unknown(reason) => Answer::Unknown(reason.clone()),
        }
    }
}

impl<'w> PolicyPort<'w> {
    /// Whether it covers `port` of `protocol` on a pod with these container ports.
    pub fn covers(&self, port: u16, protocol: &str, containers: &[ContainerPort<'_>]) -> Answer {
        if !self.value.is_mapping() {
            return Answer::Unknown("a port of a rule is no mapping".into());
        }
        let same = match self.value.get("protocol").filter(|protocol| !protocol.is_null()) {
            None => Answer::sure(protocol == "TCP"),
            Some(written) => match written.known() {
                Some(known) => Answer::sure(known == protocol),
                None => Answer::Unknown(written.unknown().unwrap_or_else(|| "the protocol is no text".into())),
            },
        };
        let covers = match self.name() {
            PortName::Every => Answer::Yes,
            PortName::Range(first, last) => Answer::sure((first..=last).contains(&i64::from(port))),
            PortName::Unknown(reason) => Answer::Unknown(reason),
            PortName::Named(name) => Answer::sure(containers.iter().any(|container| {
                container.name == Some(name) && container.protocol == protocol && container.number == Some(port)
            })),
        };
        same.and(covers)
    }

    fn name(&self) -> PortName<'w> {
        let field = |key: &str| self.value.get(key).filter(|value| !value.is_null());
        let (port, end) = (field("port"), field("endPort"));
        let Some(port) = port else {
            return match end {
                None => PortName::Every,
                Some(_) => PortName::Unknown("an endPort without a port, which the API server refuses".into()),
            };
        };
        let number = |value: Value<'w>| value.as_int().filter(|number| (1..=65535).contains(number));
        match (number(port), end) {
            (Some(first), None) => PortName::Range(first, first),
            (Some(first), Some(end)) => match number(end).filter(|last| *last >= first) {
                Some(last) => PortName::Range(first, last),
                None => PortName::Unknown(end.unknown().unwrap_or_else(|| "endPort is no port behind port".into())),
            },
            (None, _) => match port.known() {
                // A port's name needs a letter: a quoted number is refused.
                Some(name) if end.is_none() && name.contains(|letter: char| letter.is_ascii_lowercase()) => {
                    PortName::Named(name)
                }
                _ => PortName::Unknown(port.unknown().unwrap_or_else(|| match port.kind() {
                    Kind::Text => "a port's name is none, which the API server refuses".into(),
                    _ => "a port is neither a number nor a name".into(),
                })),
            },
        }
    }
}
