//! Who may reach whom, computed from the network policies of a target. [`Reach`] holds its policies, pods and namespaces, and
//! tells which pods policies of every kind isolate, those that may come later among them. [`connections`] is the whole
//! picture: who reaches whom on which ports.

pub mod addresses;
pub mod connections;
mod index;
pub mod intervals;
mod namespaces;
mod operator;
mod peers;
mod policy;
pub mod ports;
pub mod scraped;
mod unread;

#[cfg(test)]
mod tests;

use crate::graph::Graph;
use crate::graph::namespaces::Namespaces;
use crate::graph::workload::{Label, Labels};
use crate::manifest::{Namespace, Resource};
use answer::Answer;
use connections::clause::{Decree, Pods};
use connections::{Decrees, OfStrays};
use foldhash::HashSet;
use selector::Selector;
use std::sync::Arc;

pub use crate::graph::namespaces::METADATA_NAME;
pub use crate::graph::{answer, selector};
pub use namespaces::NamespaceKey;
pub use operator::{Operator, operators};
pub use peers::{POSTGRES_PORT, Peer, PeerRole, Pod, peers};
pub use policy::{Direction, PeerKind, Peers, Policy, PolicyPeer, PolicyPort, PolicyRule, Ports};

/// Everything of a target that decides who reaches whom.
#[derive(Debug)]
pub struct Reach<'w> {
    policies: Vec<Policy<'w>>,
    decrees: Arc<Decrees<'w>>,
    peers: Vec<Peer<'w>>,
    peer_index: index::PeerIndex<'w>,
    namespaces: Namespaces<'w>,
    pod_makers: Vec<&'w Resource<'w>>,
    carriers: Vec<&'w Resource<'w>>,
    of_operators: HashSet<&'w str>,
    unread: Option<String>,
    relabelled: Option<String>,
}

/// Whether policies may be in force in a namespace that are not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// No: every one is written in the repo.
    None,
    /// Something brings objects that are not seen, most likely no policy for all pods; what it is.
    Possible(String),
    /// Something that is not worked out has a policy written in it; what it is.
    Likely(String),
}

/// Whether a pod is isolated in one direction.
#[derive(Clone, Debug)]
pub enum Isolation<'r, 'w> {
    /// It is, by these policies: only what their rules allow passes.
    Isolated(Vec<&'r Decree<'w>>),
    /// No policy that is written here selects it: everything passes.
    Open,
    /// The repo does not tell, and why.
    Unknown(String),
}

impl<'w> Reach<'w> {
    /// Reads the policies and peers of `graph`. `strays` are objects that nothing is seen to deliver: policies among them
    /// may be in force. `shared` is kept for all targets that have the same ones.
    pub fn new(graph: &Graph<'w>, strays: &[&'w Resource<'w>], shared: &OfStrays<'w>) -> Reach<'w> {
        let all = || graph.resources().iter().copied().chain(strays.iter().copied());
        let mut policies: Vec<Policy<'w>> =
            graph.of_kind("networking.k8s.io", "NetworkPolicy").iter().map(|resource| Policy::read(resource)).collect();
        let stray = strays.iter().filter(|resource| resource.is("networking.k8s.io", "NetworkPolicy"));
        policies.extend(stray.map(|resource| Policy::read_stray(resource)));
        let peers = peers(graph);
        let decrees = Decrees::of(graph, strays, shared);
        Reach {
            peer_index: index::PeerIndex::new(decrees.index(), &peers),
            decrees,
            policies,
            peers,
            namespaces: Namespaces::new(graph),
            pod_makers: graph.pod_makers().collect(),
            carriers: graph.resources().iter().copied().filter(|resource| unread::carries_policy(resource)).collect(),
            of_operators: operator::namespaces_of_operators(graph),
            unread: all().find_map(unread::unread),
            relabelled: all().find_map(unread::relabels_pods),
        }
    }

    /// Every NetworkPolicy, those that are only parts among them.
    pub fn policies(&self) -> &[Policy<'w>] {
        &self.policies
    }

    /// Every peer of the target.
    pub fn all_peers(&self) -> &[Peer<'w>] {
        &self.peers
    }

    /// The peers that are surely in `namespace`.
    pub fn peers_in(&self, namespace: &Namespace<'w>) -> impl Iterator<Item = &Peer<'w>> {
        self.peer_index.of_namespace(namespace).iter().map(|at| &self.peers[*at])
    }

    /// The peers that `selector` may select of those that are surely in `namespace`; it selects none of the others.
    pub fn peers_of(&self, namespace: &Namespace<'w>, selector: &Selector<'w>) -> impl Iterator<Item = &Peer<'w>> {
        self.peer_index.candidates(namespace, selector).into_iter().map(|at| &self.peers[at])
    }

    /// The labels of a namespace, as far as they are known.
    pub fn namespace_labels(&self, namespace: &Namespace<'w>) -> Labels<'w> {
        self.namespaces.labels(namespace)
    }

    /// The Namespace object of that name.
    pub fn namespace_object(&self, namespace: &Namespace<'w>) -> Option<&'w Resource<'w>> {
        self.namespaces.object(namespace)
    }

    /// Every Namespace object, in order of name.
    pub fn namespace_objects(&self) -> impl Iterator<Item = &'w Resource<'w>> {
        self.namespaces.all()
    }

    /// Why pods may run in `namespace` that are written nowhere, if so.
    pub fn unseen_pods(&self, graph: &Graph<'w>, namespace: &Namespace<'w>) -> Option<String> {
        if let Some(reason) = graph.opened(namespace) {
            return Some(reason.to_owned());
        }
        let key = NamespaceKey::of(namespace);
        let groups = key.candidates(self.peer_index.groups()).into_iter().filter_map(index::PeerGroup::first);
        for resource in groups.map(|at| self.peers[at].resource) {
            if let Answer::Unknown(reason) = same_namespace(resource, namespace) {
                return Some(reason);
            }
        }
        let maker = self.pod_makers.iter().find(|resource| resource.namespace.may_be(namespace))?;
        Some(format!("an operator may make pods for {}", maker.title()))
    }

    /// Why pods may have other labels in the cluster than those that are written, if so.
    pub fn relabelled_pods(&self) -> Option<&str> {
        self.relabelled.as_deref()
    }

    /// Whether policies may be in force in `namespace` that are not seen.
    pub fn unseen_policies(&self, graph: &Graph<'w>, namespace: &Namespace<'w>) -> Unseen {
        self.unseen(namespace, graph.opened(namespace))
    }

    /// As [`Reach::unseen_policies`], for databases and for every pod of the namespace: the charts of the operator and of its
    /// plugins bring policies for their own pods at most.
    pub fn unseen_policies_of_databases(&self, graph: &Graph<'w>, namespace: &Namespace<'w>) -> Unseen {
        let opened = match namespace.known().is_some_and(|name| self.of_operators.contains(name)) {
            true => graph.opened_from_elsewhere(namespace),
            false => graph.opened(namespace),
        };
        self.unseen(namespace, opened)
    }

    fn unseen(&self, namespace: &Namespace<'w>, opened: Option<&str>) -> Unseen {
        let there = |resource: &Resource<'_>| {
            let target = resource.at(&["spec", "targetNamespace"]).and_then(|target| target.known());
            match (target, namespace.known()) {
                (Some(target), Some(name)) => target == name,
                _ => !resource.is("helm.toolkit.fluxcd.io", "HelmRelease") || resource.namespace.may_be(namespace),
            }
        };
        if let Some(carrier) = self.carriers.iter().find(|resource| there(resource)) {
            return Unseen::Likely(format!("{} brings a policy that is not worked out here", carrier.title()));
        }
        opened.map_or(Unseen::None, |reason| Unseen::Possible(reason.to_owned()))
    }

    /// Whether `pod` is isolated in `direction`, by policies of every kind together. `Open` speaks of the policies that
    /// are written: ask [`Reach::unseen_policies`] whether there may be others.
    pub fn isolation<'r>(&'r self, pod: Pod<'_, 'w>, direction: Direction) -> Isolation<'r, 'w> {
        if let Some(reason) = &self.unread {
            return Isolation::Unknown(reason.clone());
        }
        let found = self.decrees.isolation(pod, &self.namespace_labels(pod.namespace), direction);
        if matches!(found, Isolation::Open) {
            // A part of a policy may be more of one elsewhere.
            let parts = self.policies.iter().filter(|policy| !policy.resource.whole);
            for part in parts {
                let place = same_namespace(part.resource, pod.namespace);
                if let Answer::Unknown(reason) = part.isolates(direction).and(place).and(part.selects(pod.labels)) {
                    return Isolation::Unknown(reason);
                }
            }
        }
        found
    }

    /// Every policy of any kind that is in force.
    pub fn decrees(&self) -> &[Decree<'w>] {
        self.decrees.all()
    }

    /// The pods that a policy is about.
    pub fn subject(&self, decree: &Decree<'w>) -> &Pods<'w> {
        self.decrees.subject(decree)
    }

    /// Whether some policy asks for this label of namespaces.
    pub fn is_asked_of_namespace(&self, key: &str, value: &str) -> bool {
        let asked = self.decrees.sets().iter().flat_map(Pods::asked_of_namespace);
        asked.into_iter().any(|(own, asked)| own == key && asked.holds_for(Label::Is(value)).is_yes())
    }

    /// Whether a policy is about a pod.
    pub fn is_about(&self, decree: &Decree<'w>, pod: Pod<'_, 'w>) -> Answer {
        self.decrees.is_about(decree, pod, &self.namespace_labels(pod.namespace))
    }

    /// Whether the target holds no policy of any kind.
    pub fn has_no_policy(&self) -> bool {
        self.policies.is_empty() && self.decrees.is_empty()
    }
}

fn same_namespace(resource: &Resource<'_>, namespace: &Namespace<'_>) -> Answer {
    if resource.namespace.is_same(namespace) {
        Answer::Yes
    } else if resource.namespace.may_be(namespace) {
        Answer::Unknown(format!("whether {} is in the same namespace is not known", resource.title()))
    } else {
        Answer::No
    }
}
