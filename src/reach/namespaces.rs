//! Namespaces: a key to group objects by, and selectors that mean all of them.

use super::selector::Selector;
use crate::graph::namespaces::METADATA_NAME;
use crate::manifest::Namespace;
use foldhash::HashMap;
use kube_core::Expression;

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

/// Whether a selector of namespaces surely selects all there are.
pub(super) fn selects_every_namespace(selector: &Selector<'_>) -> bool {
    selector.doubt.is_none()
        && selector
            .requirements
            .iter()
            .all(|requirement| requirement.expression == Expression::Exists(METADATA_NAME.to_owned()))
}
