//! Namespaces: their labels as far as the repo tells, and a key to group objects by.

use super::selector::Selector;
use crate::graph::Graph;
use crate::graph::workload::{LabelValue, Labels};
use crate::manifest::{Namespace, Resource};
use kube_core::Expression;
use std::collections::HashMap;

/// The label that the API server gives every namespace: its name.
pub const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// What objects have in common that are surely in one namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamespaceKey<'w> {
    /// The namespace of this name.
    Known(&'w str),
    /// Whatever the one who applies them says.
    Unspecified(u32),
    /// What is set on the way.
    Set(u32, Option<&'w str>),
    /// Nothing: not known, or none.
    Nothing,
}

impl<'w> NamespaceKey<'w> {
    /// The key of `namespace`.
    pub fn of(namespace: &Namespace<'w>) -> NamespaceKey<'w> {
        match namespace {
            Namespace::Known(name) => NamespaceKey::Known(name),
            Namespace::Unspecified(scope) => NamespaceKey::Unspecified(*scope),
            Namespace::Set(scope, written) => NamespaceKey::Set(*scope, *written),
            Namespace::Unknown(_) | Namespace::None => NamespaceKey::Nothing,
        }
    }

    /// The groups that may be this namespace, so that a known one does not walk all others that are known.
    pub(super) fn candidates<'m, T>(self, groups: &'m HashMap<NamespaceKey<'w>, T>) -> Vec<&'m T> {
        match self {
            NamespaceKey::Known(_) => {
                let own = groups.get(&self).into_iter();
                let open = groups.iter().filter(|(key, _)| !matches!(key, NamespaceKey::Known(_)));
                own.chain(ordered(open)).collect()
            }
            _ => ordered(groups.iter()),
        }
    }
}

/// The groups in an order that is the same in every run.
fn ordered<'m, 'w: 'm, T>(groups: impl Iterator<Item = (&'m NamespaceKey<'w>, &'m T)>) -> Vec<&'m T> {
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|(key, _)| match key {
        NamespaceKey::Known(name) => (0, 0, *name),
        NamespaceKey::Unspecified(scope) => (1, *scope, ""),
        NamespaceKey::Set(scope, written) => (2, *scope, written.unwrap_or_default()),
        NamespaceKey::Nothing => (3, 0, ""),
    });
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The Namespace objects of a target.
#[derive(Debug)]
pub(super) struct Namespaces<'w> {
    by_name: HashMap<&'w str, &'w Resource<'w>>,
}

impl<'w> Namespaces<'w> {
    pub(super) fn new(graph: &Graph<'w>) -> Namespaces<'w> {
        let whole = graph.of_kind("", "Namespace").iter().filter(|resource| resource.whole);
        Namespaces { by_name: whole.filter_map(|resource| Some((resource.name()?, *resource))).collect() }
    }

    pub(super) fn object(&self, namespace: &Namespace<'w>) -> Option<&'w Resource<'w>> {
        self.by_name.get(namespace.known()?).copied()
    }

    /// All of them, in order of name.
    pub(super) fn all(&self) -> impl Iterator<Item = &'w Resource<'w>> + use<'w> {
        let mut all: Vec<(&'w str, &'w Resource<'w>)> = self.by_name.iter().map(|(name, one)| (*name, *one)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter().map(|(_, object)| object)
    }

    pub(super) fn labels(&self, namespace: &Namespace<'w>) -> Labels<'w> {
        let mut labels = Labels::none();
        match namespace {
            Namespace::Known(name) => {
                match self.by_name.get(name) {
                    Some(object) => {
                        labels.read(object.at(&["metadata", "labels"]));
                        if let Some(reason) = object.may_be_completed() {
                            labels.admit_more(reason);
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

/// Whether a selector of namespaces surely selects all there are.
pub(super) fn selects_every_namespace(selector: &Selector<'_>) -> bool {
    selector.doubt.is_none()
        && selector
            .requirements
            .iter()
            .all(|requirement| requirement.expression == Expression::Exists(METADATA_NAME.to_owned()))
}
