//! Finds the policies that may select a pod without walking all of them: by namespace, and by the label that a policy
//! asks for first.

use super::namespaces::NamespaceKey;
use super::policy::Policy;
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

impl Group {
    fn add(&mut self, at: usize, policy: &Policy<'_>) {
        // A requirement that is in doubt may ask for other values than those that are known of it.
        let needed = policy
            .pod_selector
            .requirements
            .iter()
            .find(|requirement| requirement.doubt.is_none() && !requirement.wanted().is_empty());
        let Some(needed) = needed else {
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
