//! An object on its way through a build, with the identities it had.

use super::Told;
use super::transform::{Shared, is_cluster_scoped};
use crate::manifest::split_api_version;
use crate::source::{Origin, Span};
use crate::yaml::rendered::{Key, Map, Rendered};
use std::sync::Arc;

/// Group, version, kind, namespace and name. An object without a namespace has an empty one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The API group; empty for the core.
    pub group: Arc<str>,
    /// The API version.
    pub version: Arc<str>,
    /// The kind.
    pub kind: Arc<str>,
    /// The namespace as it is written; empty where none is.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

/// What a generator made, and what is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Whether its name gets the hash of its content at the end.
    pub needs_hash: bool,
}

/// An object on its way through a build.
#[derive(Clone, Debug)]
pub struct Object<'w> {
    /// The object itself.
    pub tree: Rendered<'w>,
    /// The identities it had before, the oldest first; the current one is read from the tree.
    pub former: Vec<Id>,
    /// Name prefixes it was given, in order.
    pub prefixes: Vec<Arc<str>>,
    /// Name suffixes it was given, in order.
    pub suffixes: Vec<Arc<str>>,
    /// Set for what a generator made.
    pub generated: Option<Generated>,
    /// Where it comes into being: its document, or the entry of a generator.
    pub born: Span,
    /// Fields that hold one and the same value.
    pub shared: Vec<Shared<'w>>,
    /// What a root wants to be told of it.
    pub told: Told,
}

impl<'w> Object<'w> {
    /// An object as it is loaded.
    pub fn new(tree: Rendered<'w>, born: Span) -> Object<'w> {
        Object {
            tree,
            former: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            generated: None,
            born,
            shared: Vec::new(),
            told: Told::default(),
        }
    }

    /// A text field, empty where there is none.
    pub fn text(&self, path: &[&str]) -> &str {
        // Numbers and the like are no names; what is written stands for itself.
        self.tree.view().at(path).and_then(|value| value.raw()).unwrap_or_default()
    }

    /// Group and version.
    pub fn api(&self) -> (&str, &str) {
        split_api_version(self.text(&["apiVersion"]))
    }

    /// The group; empty for the core.
    pub fn group(&self) -> &str {
        self.api().0
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.text(&["kind"])
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.text(&["metadata", "name"])
    }

    /// The namespace; empty where none is written.
    pub fn namespace(&self) -> &str {
        self.text(&["metadata", "namespace"])
    }

    /// Its identity now.
    pub fn id(&self) -> Id {
        let (group, version) = self.api();
        Id {
            group: group.into(),
            version: version.into(),
            kind: self.kind().into(),
            namespace: self.namespace().into(),
            name: self.name().into(),
        }
    }

    /// The identity it was loaded with.
    pub fn first_id(&self) -> Id {
        self.former.first().cloned().unwrap_or_else(|| self.id())
    }

    /// Every identity it had, the oldest first, and the current one last.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.former.iter().cloned().chain(std::iter::once(self.id()))
    }

    /// Remembers the current identity as a former one; to be called before name, namespace or kind change.
    pub fn remember(&mut self) {
        let id = self.id();
        if self.former.last() != Some(&id) {
            self.former.push(id);
        }
    }

    /// Lets go of what only a build asks for.
    pub fn settle(&mut self) {
        self.former = Vec::new();
        self.prefixes = Vec::new();
        self.suffixes = Vec::new();
        self.shared = Vec::new();
    }

    /// `metadata`, to be changed; made by `origin` where there is none.
    pub fn metadata_mut(&mut self, origin: &Origin) -> Option<&mut Map<'w>> {
        self.tree.map_mut()?.map_under("metadata", origin)
    }

    /// Puts a scalar under a path of keys, making the mappings on the way. Nothing where something other
    /// than a mapping stands on the way.
    pub fn set(&mut self, path: &[&str], value: Rendered<'w>, origin: &Origin) -> Option<()> {
        let (last, parents) = path.split_last()?;
        let mut map = self.tree.map_mut()?;
        for key in parents {
            map = map.map_under(key, origin)?;
        }
        map.set(Key::made(*last, origin.clone()), value);
        Some(())
    }
}

impl Id {
    /// The identity by which kustomize tells objects apart: `default` is no namespace, and a kind without
    /// namespaces has none, whatever is written.
    pub fn effective(mut self) -> Id {
        if *self.namespace == *"default" || is_cluster_scoped(&self.group, &self.version, &self.kind) {
            self.namespace = "".into();
        }
        self
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.as_ref() {
            "" => write!(f, "{} `{}`", self.kind, self.name),
            namespace => write!(f, "{} `{namespace}/{}`", self.kind, self.name),
        }
    }
}
