//! Who may reach whom, computed from the network policies of a target: isolation of pods, and the sources that rules let
//! in. [`Reach`] is what rules ask: only NetworkPolicy is worked out there, and where other kinds of policy are in force,
//! its answers are unknown. [`connections`] is the whole picture, for policies of every kind.

pub mod addresses;
pub mod answer;
pub mod connections;
mod index;
pub mod intervals;
mod namespaces;
mod operator;
mod peers;
mod policy;
pub mod ports;
pub mod scraped;
pub mod selector;
mod unread;

#[cfg(test)]
mod tests;

use crate::graph::Graph;
use crate::graph::workload::Labels;
use crate::manifest::{Namespace, Resource};
use answer::Answer;

pub use namespaces::{METADATA_NAME, NamespaceKey};
pub use operator::{Operator, operators};
pub use peers::{POSTGRES_PORT, Peer, PeerRole, Pod, peers};
pub use policy::{Direction, PeerKind, Peers, Policy, PolicyPeer, PolicyPort, PolicyRule, Ports};

/// Everything of a target that decides who reaches whom.
#[derive(Debug)]
pub struct Reach<'w> {
    policies: Vec<Policy<'w>>,
    index: index::PolicyIndex<'w>,
    peers: Vec<Peer<'w>>,
    peer_index: index::PeerIndex<'w>,
    namespaces: namespaces::Namespaces<'w>,
    pod_makers: Vec<&'w Resource<'w>>,
    carriers: Vec<&'w Resource<'w>>,
    unread: Option<String>,
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
    Isolated(Vec<&'r Policy<'w>>),
    /// No policy that is written here selects it: everything passes.
    Open,
    /// The repo does not tell, and why.
    Unknown(String),
}

/// How many a rule lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Everybody, inside the cluster and outside.
    Everyone,
    /// Pods of every namespace.
    EveryNamespace,
    /// Every address.
    EveryAddress,
    /// Fewer, or not known how many.
    Limited,
}

/// Somebody whom a rule lets in.
#[derive(Clone, Copy, Debug)]
pub struct Source<'r, 'w> {
    /// The policy.
    pub policy: &'r Policy<'w>,
    /// Its rule.
    pub rule: &'r PolicyRule<'w>,
    /// The peer of the rule; none where the rule names none and lets everyone in.
    pub peer: Option<&'r PolicyPeer<'w>>,
    /// How many that are.
    pub breadth: Breadth,
}

/// Who may reach a pod on one port.
#[derive(Clone, Debug)]
pub struct Sources<'r, 'w> {
    /// Those that are surely let in.
    pub known: Vec<Source<'r, 'w>>,
    /// Rules that may let more in, and why that is not known.
    pub doubts: Vec<(&'r Policy<'w>, String)>,
}

impl<'w> Reach<'w> {
    /// Reads the policies and peers of `graph`. `strays` are objects that nothing is seen to deliver: policies among them
    /// may be in force.
    pub fn new(graph: &Graph<'w>, strays: impl IntoIterator<Item = &'w Resource<'w>>) -> Reach<'w> {
        let strays: Vec<&'w Resource<'w>> = strays.into_iter().collect();
        let all = || graph.resources().iter().copied().chain(strays.iter().copied());
        let mut policies: Vec<Policy<'w>> =
            graph.of_kind("networking.k8s.io", "NetworkPolicy").iter().map(|resource| Policy::read(resource)).collect();
        let stray = strays.iter().filter(|resource| resource.is("networking.k8s.io", "NetworkPolicy"));
        policies.extend(stray.map(|resource| Policy::read_stray(resource)));
        let peers = peers(graph);
        let index = index::PolicyIndex::new(&policies);
        Reach {
            peer_index: index::PeerIndex::new(&index, &peers),
            index,
            policies,
            peers,
            namespaces: namespaces::Namespaces::new(graph),
            pod_makers: graph.pod_makers().collect(),
            carriers: graph.resources().iter().copied().filter(|resource| unread::carries_policy(resource)).collect(),
            unread: all().find_map(unread::unread),
        }
    }

    /// Every NetworkPolicy, those that are only parts among them.
    pub fn policies(&self) -> &[Policy<'w>] {
        &self.policies
    }

    /// Why answers are unknown altogether: a kind of policy that is not worked out is in the world.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// Every peer of the target.
    pub fn all_peers(&self) -> &[Peer<'w>] {
        &self.peers
    }

    /// The peers that are surely in `namespace`.
    pub fn peers_in(&self, namespace: &Namespace<'w>) -> impl Iterator<Item = &Peer<'w>> {
        self.peer_index.of_namespace(namespace).iter().map(|at| &self.peers[*at])
    }

    /// The peers that `policy` may select of those that are surely in its namespace; it selects none of the others.
    pub fn peers_of(&self, policy: &Policy<'w>) -> impl Iterator<Item = &Peer<'w>> {
        self.peer_index.candidates(policy).into_iter().map(|at| &self.peers[at])
    }

    /// The labels of a namespace, as far as they are known.
    pub fn namespace_labels(&self, namespace: &Namespace<'w>) -> Labels<'w> {
        self.namespaces.labels(namespace)
    }

    /// The Namespace object of that name.
    pub fn namespace_object(&self, namespace: &Namespace<'w>) -> Option<&'w Resource<'w>> {
        self.namespaces.object(namespace)
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

    /// Whether policies may be in force in `namespace` that are not seen.
    pub fn unseen_policies(&self, graph: &Graph<'w>, namespace: &Namespace<'w>) -> Unseen {
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
        graph.opened(namespace).map_or(Unseen::None, |reason| Unseen::Possible(reason.to_owned()))
    }

    /// Policies that may be in the namespace of `pod` and may select it, with the answer to that.
    fn policies_of<'r>(&'r self, pod: Pod<'_, 'w>) -> impl Iterator<Item = (&'r Policy<'w>, Answer)> {
        self.index.candidates(pod.namespace, pod.labels).into_iter().map(|at| &self.policies[at]).map(move |policy| {
            let place = same_namespace(policy.resource, pod.namespace);
            (policy, place.and(policy.selects(pod.labels)))
        })
    }

    /// Whether `pod` is isolated in `direction`. `Open` speaks of the policies that are written: ask
    /// [`Reach::unseen_policies`] whether there may be others.
    pub fn isolation<'r>(&'r self, pod: Pod<'_, 'w>, direction: Direction) -> Isolation<'r, 'w> {
        if let Some(reason) = &self.unread {
            return Isolation::Unknown(reason.clone());
        }
        let mut isolating = Vec::new();
        let mut doubt = None;
        for (policy, selected) in self.policies_of(pod) {
            match policy.isolates(direction).and(selected) {
                Answer::Yes => isolating.push(policy),
                Answer::No => {}
                Answer::Unknown(reason) => doubt = doubt.or(Some(reason)),
            }
        }
        match doubt {
            _ if !isolating.is_empty() => Isolation::Isolated(isolating),
            Some(reason) => Isolation::Unknown(reason),
            None => Isolation::Open,
        }
    }

    /// Whom policies let in to `port` of `pod`. It says nothing of pods that no policy isolates.
    pub fn who_may_reach<'r>(&'r self, pod: Pod<'_, 'w>, port: u16, protocol: &str) -> Sources<'r, 'w> {
        let mut sources = Sources { known: Vec::new(), doubts: Vec::new() };
        for (policy, selected) in self.policies_of(pod) {
            let applies = policy.isolates(Direction::Ingress).and(selected);
            if applies.is_no() {
                continue;
            }
            for rule in policy.rules(Direction::Ingress) {
                match applies.clone().and(rule.covers(port, protocol, pod.ports)) {
                    Answer::No => {}
                    Answer::Unknown(reason) => sources.doubts.push((policy, reason)),
                    Answer::Yes => rule_sources(policy, rule, &mut sources),
                }
            }
        }
        sources
    }
}

fn rule_sources<'r, 'w>(policy: &'r Policy<'w>, rule: &'r PolicyRule<'w>, sources: &mut Sources<'r, 'w>) {
    match &rule.peers {
        Peers::Everyone => sources.known.push(Source { policy, rule, peer: None, breadth: Breadth::Everyone }),
        Peers::Unknown(reason) => sources.doubts.push((policy, reason.clone())),
        Peers::Listed(list) => {
            for peer in list {
                if let PeerKind::Unknown(reason) = &peer.peer {
                    sources.doubts.push((policy, reason.clone()));
                } else {
                    sources.known.push(Source { policy, rule, peer: Some(peer), breadth: breadth(&peer.peer) });
                }
            }
        }
    }
}

/// How many `peer` is, as far as that is certain.
fn breadth(peer: &PeerKind<'_>) -> Breadth {
    match peer {
        PeerKind::Pods { namespaces: Some(namespaces), pods }
            if namespaces::selects_every_namespace(namespaces)
                && pods.as_ref().is_none_or(selector::Selector::selects_all) =>
        {
            Breadth::EveryNamespace
        }
        PeerKind::Addresses { cidr, .. } if cidr.known().is_some_and(is_every_address) => Breadth::EveryAddress,
        _ => Breadth::Limited,
    }
}

/// Whether a block holds all addresses of its family.
fn is_every_address(cidr: &str) -> bool {
    cidr.split_once('/').is_some_and(|(address, length)| length == "0" && address.parse::<std::net::IpAddr>().is_ok())
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
