//! Finds the policies that may select a pod, and the pods that a policy may select, without walking all of them: by
//! namespace, and by the label that a policy asks for first.

use super::namespaces::NamespaceKey;
use super::peers::Peer;
use super::policy::Policy;
use super::selector::Requirement;
use crate::graph::workload::{Label, Labels};
use crate::manifest::Namespace;
use std::collections::HashMap;

/// Policies by namespace and by what their selectors need.
#[derive(Debug, Default)]
pub(super) struct PolicyIndex<'w> {
    groups: HashMap<NamespaceKey<'w>, Group>,
}

/// Numbers of the policies of one namespace.
#[derive(Debug, Default)]
struct Group {
    /// Those that need one of certain values of a label, by key and value.
    by_label: HashMap<String, HashMap<String, Vec<usize>>>,
    /// Those that need no label.
    others: Vec<usize>,
}

impl<'w> PolicyIndex<'w> {
    pub(super) fn new(policies: &[Policy<'w>]) -> PolicyIndex<'w> {
        let mut index = PolicyIndex::default();
        for (at, policy) in policies.iter().enumerate() {
            index.groups.entry(NamespaceKey::of(&policy.resource.namespace)).or_default().add(at, policy);
        }
        index
    }

    /// Numbers, in order, of the policies that may be in `namespace` and may select `labels`. All others surely do not.
    pub(super) fn candidates(&self, namespace: &Namespace<'w>, labels: &Labels<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        for group in NamespaceKey::of(namespace).candidates(&self.groups) {
            group.collect(labels, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What the selected pods need to have, if there is one such label. A requirement that is in doubt may ask for other
/// values than those that are known of it.
fn needed<'p, 'w>(policy: &'p Policy<'w>) -> Option<&'p Requirement<'w>> {
    let mut requirements = policy.pod_selector.requirements.iter();
    requirements.find(|requirement| requirement.doubt.is_none() && !requirement.wanted().is_empty())
}

/// Peers by namespace and by the labels that policies there need.
#[derive(Debug, Default)]
pub(super) struct PeerIndex<'w> {
    groups: HashMap<NamespaceKey<'w>, PeerGroup>,
}

/// Numbers of the peers of one namespace.
#[derive(Debug, Default)]
pub(super) struct PeerGroup {
    all: Vec<usize>,
    /// By key of the label.
    by_label: HashMap<String, Having>,
    /// Those that may have labels which are not seen.
    incomplete: Vec<usize>,
}

/// Peers with a certain label.
#[derive(Debug, Default)]
struct Having {
    by_value: HashMap<String, Vec<usize>>,
    /// Those whose value is not known.
    unsure: Vec<usize>,
}

impl<'w> PeerIndex<'w> {
    pub(super) fn new(policies: &PolicyIndex<'w>, peers: &[Peer<'w>]) -> PeerIndex<'w> {
        let mut index = PeerIndex::default();
        for (at, peer) in peers.iter().enumerate() {
            let key = NamespaceKey::of(&peer.resource.namespace);
            let asked = policies.groups.get(&key).map(|group| &group.by_label);
            index.groups.entry(key).or_default().add(at, &peer.labels, asked.into_iter().flat_map(HashMap::keys));
        }
        index
    }

    /// Groups of peers by namespace.
    pub(super) fn groups(&self) -> &HashMap<NamespaceKey<'w>, PeerGroup> {
        &self.groups
    }

    /// Numbers, in order, of the peers of `namespace`.
    pub(super) fn of_namespace(&self, namespace: &Namespace<'w>) -> &[usize] {
        let known = self.groups.get(&NamespaceKey::of(namespace));
        known.filter(|_| !matches!(namespace, Namespace::Unknown(_))).map_or(&[], |group| group.all.as_slice())
    }

    /// Numbers, in order, of the peers of the policy's namespace that it may select. It surely selects none of the others.
    pub(super) fn candidates(&self, policy: &Policy<'w>) -> Vec<usize> {
        let namespace = &policy.resource.namespace;
        let group = self.groups.get(&NamespaceKey::of(namespace)).filter(|group| !group.incomplete_only());
        match (group, needed(policy)) {
            (Some(group), Some(needed)) if !matches!(namespace, Namespace::Unknown(_)) => group.having(needed),
            _ => self.of_namespace(namespace).to_vec(),
        }
    }
}

impl PeerGroup {
    /// Number of the first peer.
    pub(super) fn first(&self) -> Option<usize> {
        self.all.first().copied()
    }

    fn incomplete_only(&self) -> bool {
        self.incomplete.len() == self.all.len()
    }

    fn add<'k>(&mut self, at: usize, labels: &Labels<'_>, asked: impl Iterator<Item = &'k String>) {
        self.all.push(at);
        if !labels.is_complete() {
            self.incomplete.push(at);
            return;
        }
        for key in asked {
            let list = match labels.get(key) {
                Label::Absent => continue,
                Label::Is(value) => {
                    self.by_label.entry(key.clone()).or_default().by_value.entry(value.to_owned()).or_default()
                }
                Label::Hidden(_) | Label::Perhaps(_) => &mut self.by_label.entry(key.clone()).or_default().unsure,
            };
            list.push(at);
        }
    }

    fn having(&self, needed: &Requirement<'_>) -> Vec<usize> {
        let mut found = self.incomplete.clone();
        if let Some(having) = self.by_label.get(needed.key()) {
            found.extend(&having.unsure);
            found.extend(needed.wanted().iter().filter_map(|value| having.by_value.get(*value)).flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Group {
    fn add(&mut self, at: usize, policy: &Policy<'_>) {
        let Some(needed) = needed(policy) else {
            self.others.push(at);
            return;
        };
        let values = self.by_label.entry(needed.key().to_owned()).or_default();
        for value in needed.wanted() {
            values.entry(value.to_owned()).or_default().push(at);
        }
    }

    fn collect(&self, labels: &Labels<'_>, found: &mut Vec<usize>) {
        found.extend(&self.others);
        if !labels.is_complete() {
            found.extend(self.by_label.values().flat_map(HashMap::values).flatten());
            return;
        }
        for (key, label) in labels.iter() {
            let Some(values) = self.by_label.get(key) else { continue };
            match label {
                Label::Is(value) => found.extend(values.get(value).into_iter().flatten()),
                Label::Hidden(_) | Label::Perhaps(_) => found.extend(values.values().flatten()),
                Label::Absent => {}
            }
        }
    }
}
