//! The Namespace objects of a target and their labels.

use super::workload::{LabelValue, Labels};
use super::{Graph, kyverno};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// The label that the API server gives every namespace: its name.
pub const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// The Namespace objects of a target.
#[derive(Debug)]
pub struct Namespaces<'w> {
    by_name: HashMap<&'w str, &'w Resource<'w>>,
    /// Those that several documents define, with other labels each.
    unsure: HashSet<&'w str>,
    /// A policy that may label them.
    policy: Option<&'w Resource<'w>>,
}

impl<'w> Namespaces<'w> {
    /// Those of `graph`.
    pub fn new(graph: &Graph<'w>) -> Namespaces<'w> {
        let whole = graph.of_kind("", "Namespace").iter().filter(|resource| resource.whole);
        let (mut by_name, mut unsure) = (HashMap::new(), HashSet::new());
        for object in whole.copied() {
            let Some(name) = object.name() else { continue };
            let before = by_name.insert(name, object);
            if before.is_some_and(|before: &Resource<'_>| own_labels(before) != own_labels(object)) {
                unsure.insert(name);
            }
        }
        let policy = kyverno::policies(graph).find(|policy| kyverno::relabels(policy, &["Namespace"]));
        Namespaces { by_name, unsure, policy }
    }

    /// The object of a namespace.
    pub fn object(&self, namespace: &Namespace<'w>) -> Option<&'w Resource<'w>> {
        self.by_name.get(namespace.known()?).copied()
    }

    /// All of them, in order of name.
    pub fn all(&self) -> impl Iterator<Item = &'w Resource<'w>> + use<'w> {
        let mut all: Vec<(&'w str, &'w Resource<'w>)> = self.by_name.iter().map(|(name, one)| (*name, *one)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter().map(|(_, object)| object)
    }

    /// Its labels, as far as the repo tells.
    pub fn labels(&self, namespace: &Namespace<'w>) -> Labels<'w> {
        let mut labels = Labels::none();
        match namespace {
            Namespace::Known(name) => {
                match self.by_name.get(name) {
                    Some(object) => {
                        labels.read(object.at(&["metadata", "labels"]));
                        if let Some(reason) = object.may_be_completed() {
                            labels.admit_more(reason);
                        } else if self.unsure.contains(name) {
                            labels.admit_more(format!("the Namespace `{name}` is written twice, with other labels"));
                        } else if let Some(policy) = self.policy {
                            labels.admit_more(format!("{} may label namespaces", policy.title()));
                        }
                    }
                    None => labels.admit_more(format!("the Namespace `{name}` is not in this repo")),
                }
                // The API server sets it, over whatever is written.
                labels.set(METADATA_NAME, *name);
            }
            _ => {
                labels.admit_more("which namespace it is is not known");
                labels.insert(METADATA_NAME, LabelValue::Hidden("the name of the namespace is not known".into()));
            }
        }
        labels
    }
}

fn own_labels<'w>(object: &'w Resource<'w>) -> Vec<(&'w str, Option<&'w str>)> {
    let labels = object.at(&["metadata", "labels"]).into_iter().flat_map(Value::entries);
    let mut labels: Vec<_> = labels.map(|(key, value)| (key, value.raw())).collect();
    labels.sort_unstable();
    labels
}
