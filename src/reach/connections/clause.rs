//! What policies of every kind come down to: clauses that allow, deny or pass on traffic between pods and somebody, on
//! ports, each with its place in the text.

use crate::graph::workload::{ContainerPort, Label};
use crate::manifest::Resource;
use crate::reach::NamespaceKey;
use crate::reach::addresses::AddressSet;
use crate::reach::answer::{Answer, all};
use crate::reach::policy::Direction;
use crate::reach::ports::{PORTS, PortSet, Protocol};
use crate::reach::selector::Selector;
use crate::yaml::Value;

/// Traffic that is surely let through, and traffic that may be. The one is always part of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reached {
    /// What surely passes.
    pub sure: PortSet,
    /// What passes, or may.
    pub maybe: PortSet,
}

impl Reached {
    /// Everything passes.
    pub fn all() -> Reached {
        Reached::exactly(PortSet::all())
    }

    /// Exactly these ports.
    pub fn exactly(ports: PortSet) -> Reached {
        Reached { sure: ports.clone(), maybe: ports }
    }

    /// What passes both.
    pub fn and(&self, other: &Reached) -> Reached {
        Reached { sure: self.sure.intersection(&other.sure), maybe: self.maybe.intersection(&other.maybe) }
    }

    /// What passes one of them.
    pub fn or(&self, other: &Reached) -> Reached {
        Reached { sure: self.sure.union(&other.sure), maybe: self.maybe.union(&other.maybe) }
    }

    /// What is left where `denied` is taken out.
    pub fn without(&self, denied: &Reached) -> Reached {
        Reached { sure: self.sure.difference(&denied.maybe), maybe: self.maybe.difference(&denied.sure) }
    }

    /// What is sure where it holds for both, and may be where it may for one: either is the case, and which is open.
    pub fn either(&self, other: &Reached) -> Reached {
        Reached { sure: self.sure.intersection(&other.sure), maybe: self.maybe.union(&other.maybe) }
    }

    /// What may pass, and is not sure to.
    pub fn open(&self) -> PortSet {
        self.maybe.difference(&self.sure)
    }

    /// Whether surely nothing passes.
    pub fn is_empty(&self) -> bool {
        self.maybe.is_empty()
    }
}

/// Yes, no or unknown, where the reason does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Match {
    No,
    Maybe,
    Yes,
}

impl From<&Answer> for Match {
    fn from(answer: &Answer) -> Match {
        match answer {
            Answer::Yes => Match::Yes,
            Answer::No => Match::No,
            Answer::Unknown(_) => Match::Maybe,
        }
    }
}

/// When a policy has its say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Before all others, in the order of this priority.
    Admin(i64),
    /// NetworkPolicies, and those of Cilium.
    Network,
    /// Where no policy of the middle tier isolates a pod, in the order of this priority.
    Baseline(i64),
}

/// What a clause does with traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Lets it through.
    Allow,
    /// Stops it.
    Deny,
    /// Leaves it to the next tier.
    Pass,
}

/// A peer that is neither a pod nor an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are those of Cilium's documentation")]
pub enum Entity {
    Host,
    RemoteNode,
    KubeApiserver,
    Ingress,
    Health,
    Init,
    Unmanaged,
}

impl Entity {
    /// All of them.
    pub const ALL: [Entity; 7] = [
        Entity::Host,
        Entity::RemoteNode,
        Entity::KubeApiserver,
        Entity::Ingress,
        Entity::Health,
        Entity::Init,
        Entity::Unmanaged,
    ];

    /// As policies write it.
    pub fn name(self) -> &'static str {
        match self {
            Entity::Host => "host",
            Entity::RemoteNode => "remote-node",
            Entity::KubeApiserver => "kube-apiserver",
            Entity::Ingress => "ingress",
            Entity::Health => "health",
            Entity::Init => "init",
            Entity::Unmanaged => "unmanaged",
        }
    }
}

/// Which namespace a pod has to be in.
#[derive(Clone, Debug)]
pub enum PlaceTest<'w> {
    /// This one.
    Own(NamespaceKey<'w>),
    /// One whose labels are selected.
    Selected(Selector<'w>),
}

/// Pods that a policy speaks of.
#[derive(Clone, Debug)]
pub enum Pods<'w> {
    /// By namespace and labels.
    Plain(PlaceTest<'w>, Selector<'w>),
    /// By what Cilium knows of a pod: its labels, namespace, service account and the labels of the namespace. The
    /// namespace is the one the pod has to be in, if there is one.
    Identity(Option<NamespaceKey<'w>>, Selector<'w>),
}

/// Somebody whom a clause speaks of.
#[derive(Clone, Debug)]
pub enum Who {
    /// Pods, addresses and everything else.
    Everyone,
    /// Pods: by the number of their set.
    Pods(usize),
    /// Addresses outside the cluster.
    Addresses(AddressSet),
    /// Some entities.
    Entities(Vec<Entity>),
    /// Somebody of these addresses, or of all pods, and which one is not known.
    Unsure {
        /// Why.
        reason: String,
        /// The addresses it may be.
        addresses: AddressSet,
        /// Whether it may be a pod.
        pods: bool,
    },
}

/// The ports of a clause: those that are known, names that depend on who is reached, and those that are not known.
#[derive(Clone, Debug, Default)]
pub struct ClausePorts<'w> {
    /// Known by number.
    pub fixed: PortSet,
    /// By name, of one protocol or of whichever has that name.
    pub named: Vec<(Option<Protocol>, &'w str)>,
    /// What may be meant beside them, and why that is not known.
    pub doubt: Option<(PortSet, String)>,
}

impl<'w> ClausePorts<'w> {
    /// Every port.
    pub fn all() -> ClausePorts<'w> {
        ClausePorts { fixed: PortSet::all(), ..ClausePorts::default() }
    }

    /// The ports on somebody who has `containers`.
    pub fn on(&self, containers: &[ContainerPort<'_>]) -> Reached {
        let mut reached = Reached::exactly(self.fixed.clone());
        for (protocol, name) in &self.named {
            for port in containers.iter().filter(|port| port.name == Some(name)) {
                let Some(own) =
                    Protocol::parse(port.protocol).filter(|own| protocol.is_none_or(|wanted| wanted == *own))
                else {
                    continue;
                };
                match port.number {
                    Some(number) => {
                        reached.sure.add(&PortSet::one(own, number));
                        reached.maybe.add(&PortSet::one(own, number));
                    }
                    None => reached.maybe.add(&PortSet::range(own, PORTS.0, PORTS.1)),
                }
            }
        }
        if let Some((more, _)) = &self.doubt {
            reached.maybe.add(more);
        }
        reached
    }
}

/// One rule of a policy.
#[derive(Clone, Debug)]
pub struct Clause<'w> {
    /// What it does.
    pub action: Action,
    /// With whose traffic: any of these.
    pub who: Vec<Who>,
    /// Where each of them is written: the rule itself where it names nobody.
    pub places: Vec<Value<'w>>,
    /// On which ports.
    pub ports: ClausePorts<'w>,
    /// Where it is written.
    pub value: Value<'w>,
    /// Whether only a part of what is said on the port passes, as with rules for HTTP.
    pub limited: bool,
}

/// One direction of a policy.
#[derive(Clone, Debug)]
pub struct Side<'w> {
    /// Whether the pods it selects are isolated: only what some clause allows passes.
    pub isolates: Answer,
    /// Its rules, in order.
    pub clauses: Vec<Clause<'w>>,
}

impl Side<'_> {
    /// A direction that a policy does not speak of.
    pub fn silent() -> Self {
        Side { isolates: Answer::No, clauses: Vec::new() }
    }

    /// Whether it says nothing.
    pub fn is_silent(&self) -> bool {
        self.isolates.is_no() && self.clauses.is_empty()
    }
}

/// A policy of any kind.
#[derive(Clone, Debug)]
pub struct Decree<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// When it has its say.
    pub tier: Tier,
    /// The pods that it is about: by the number of their set.
    pub subject: usize,
    /// Where its subject is written, or the policy where that is left out.
    pub place: Value<'w>,
    /// What comes in.
    pub ingress: Side<'w>,
    /// What goes out.
    pub egress: Side<'w>,
    /// Why it may be another one in the cluster than it is here, if so.
    pub doubt: Option<String>,
}

impl<'w> Decree<'w> {
    /// What it says for a direction.
    pub fn side(&self, direction: Direction) -> &Side<'w> {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// Cilium's label of the namespace that a pod is in.
pub const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// What Cilium puts before the labels of a namespace.
pub(super) const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";
/// Cilium's label of the service account of a pod.
pub(super) const SERVICE_ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";
const CLUSTER: &str = "io.cilium.k8s.policy.cluster";

/// A label's key without the prefix that says where Cilium has it from.
pub fn bare_key(key: &str) -> &str {
    key.strip_prefix("k8s:").or_else(|| key.strip_prefix("any:")).unwrap_or(key)
}

impl<'w> Pods<'w> {
    /// What is asked of the pods themselves.
    pub fn selector(&self) -> &Selector<'w> {
        match self {
            Pods::Plain(_, selector) | Pods::Identity(_, selector) => selector,
        }
    }
}

/// What Cilium knows of a pod.
pub(super) struct Identity<'e> {
    pub(super) place: NamespaceKey<'e>,
    pub(super) account: Option<&'e str>,
    pub(super) labels: &'e crate::graph::workload::Labels<'e>,
    pub(super) namespace_labels: &'e crate::graph::workload::Labels<'e>,
}

impl Identity<'_> {
    /// Whether `selector` matches.
    pub(super) fn is_selected(&self, selector: &Selector<'_>) -> Answer {
        let holds = selector.requirements.iter().map(|requirement| {
            let key = bare_key(requirement.key());
            requirement.holds_for(self.label(key))
        });
        all(holds).doubted(selector.doubt.as_deref())
    }

    fn label(&self, key: &str) -> Label<'_> {
        match key {
            POD_NAMESPACE => match self.place {
                NamespaceKey::Known(name) => Label::Is(name),
                _ => Label::Hidden("the namespace is not known"),
            },
            SERVICE_ACCOUNT => self.account.map_or(Label::Hidden("the service account is not known"), Label::Is),
            CLUSTER => Label::Hidden("the name that Cilium has for the cluster is not known"),
            _ => match key.strip_prefix(NAMESPACE_LABELS) {
                Some(key) => self.namespace_labels.get(key),
                None => self.labels.get(key),
            },
        }
    }
}
