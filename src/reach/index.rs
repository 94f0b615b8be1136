//! Finds the policies that may select a pod, and the pods that a selector may select, without walking all of them: by
//! namespace, and by the label that a selector asks for first.

use super::connections::clause::bare_key;
use super::namespaces::NamespaceKey;
use super::peers::Peer;
use super::selector::{Requirement, Selector};
use crate::graph::workload::{Label, Labels};
use crate::manifest::Namespace;
use foldhash::{HashMap, HashSet};

/// Policies by namespace and by what their selectors need.
#[derive(Debug, Default)]
pub(super) struct PolicyIndex<'w> {
    groups: HashMap<NamespaceKey<'w>, Group>,
    /// Those of the whole cluster.
    everywhere: Group,
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
    /// Policies by namespace and by the selector of their pods, in the order of their numbers.
    pub(super) fn new<'p>(policies: impl Iterator<Item = (&'p Namespace<'w>, &'p Selector<'w>)>) -> PolicyIndex<'w>
    where
        'w: 'p,
    {
        let mut index = PolicyIndex::default();
        for (at, (namespace, selector)) in policies.enumerate() {
            let group = match namespace {
                Namespace::None => &mut index.everywhere,
                own => index.groups.entry(NamespaceKey::of(own)).or_default(),
            };
            group.add(at, selector);
        }
        index
    }

    /// Numbers, in order, of the policies that may be in `namespace` and may select `labels`. All others surely do not.
    pub(super) fn candidates(&self, namespace: &Namespace<'w>, labels: &Labels<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        self.everywhere.collect(labels, &mut found);
        for group in NamespaceKey::of(namespace).candidates(&self.groups) {
            group.collect(labels, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What the selected pods need to have, if there is one such label. A requirement that is in doubt may ask for other
/// values than those that are known of it, and some keys of Cilium ask for what is no label of a pod.
fn needed<'p, 'w>(selector: &'p Selector<'w>) -> Option<&'p Requirement<'w>> {
    let of_pods =
        |key: &str| !key.starts_with("io.cilium.") && !key.starts_with("io.kubernetes.") && !key.contains(':');
    selector.requirements.iter().find(|requirement| {
        requirement.doubt.is_none() && !requirement.wanted().is_empty() && of_pods(bare_key(requirement.key()))
    })
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
    /// By key of the label, for the keys that policies ask for.
    by_label: HashMap<String, Having>,
    asked: HashSet<String>,
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
            let asked = || policies.groups.get(&key).into_iter().flat_map(|group| group.by_label.keys());
            let group = index
                .groups
                .entry(key)
                .or_insert_with(|| PeerGroup { asked: asked().cloned().collect(), ..PeerGroup::default() });
            group.add(at, &peer.labels);
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

    /// Numbers, in order, of the peers of `namespace` that `selector` may select. It surely selects none of the others.
    pub(super) fn candidates(&self, namespace: &Namespace<'w>, selector: &Selector<'w>) -> Vec<usize> {
        let group = self.groups.get(&NamespaceKey::of(namespace)).filter(|group| !group.incomplete_only());
        match (group, needed(selector).map(|needed| (bare_key(needed.key()), needed))) {
            (Some(group), Some((key, needed)))
                if group.asked.contains(key) && !matches!(namespace, Namespace::Unknown(_)) =>
            {
                group.having(key, needed)
            }
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

    fn add(&mut self, at: usize, labels: &Labels<'_>) {
        self.all.push(at);
        if !labels.is_complete() {
            self.incomplete.push(at);
            return;
        }
        for key in &self.asked {
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

    fn having(&self, key: &str, needed: &Requirement<'_>) -> Vec<usize> {
        let mut found = self.incomplete.clone();
        if let Some(having) = self.by_label.get(key) {
            found.extend(&having.unsure);
            found.extend(needed.wanted().iter().filter_map(|value| having.by_value.get(*value)).flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Group {
    fn add(&mut self, at: usize, selector: &Selector<'_>) {
        let Some(needed) = needed(selector) else {
            self.others.push(at);
            return;
        };
        let values = self.by_label.entry(bare_key(needed.key()).to_owned()).or_default();
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
