//! Typed views of the objects of one target, and how they refer to each other.

pub mod answer;
pub mod backup;
pub mod bundled;
pub mod clients;
pub mod cnpg;
pub mod contents;
pub mod credential;
pub mod database_pods;
pub mod database_secrets;
pub mod flux;
pub mod helm;
pub mod kyverno;
pub mod links;
mod lookup;
pub mod namespaces;
mod operator_version;
pub mod operators;
pub mod platform_names;
pub mod release;
pub mod roles;
pub mod secret_scan;
pub mod secrets;
pub mod selector;
pub mod services;
pub mod sops;
pub mod statements;
pub mod values;
mod view;
pub mod workload;

use crate::config::Role;
use crate::manifest::Resource;
use crate::render::Target;
use foldhash::{HashMap, HashMapExt};

pub use lookup::{Absence, Lookup, is_near, near_name};
pub use operator_version::operator_version;
pub use view::{Any, View};

/// The objects of one group and kind.
#[derive(Debug)]
struct OfKind<'w> {
    group: &'w str,
    all: Vec<&'w Resource<'w>>,
    /// The first one whose name is not known in full.
    unnamed: Option<&'w Resource<'w>>,
}

/// The objects of one target, indexed.
#[derive(Debug)]
pub struct Graph<'w> {
    resources: Vec<&'w Resource<'w>>,
    by_kind: HashMap<&'w str, Vec<OfKind<'w>>>,
    by_name: HashMap<&'w str, Vec<&'w Resource<'w>>>,
    openings: Vec<crate::render::Opening>,
    role: Option<Role>,
}

impl<'w> Graph<'w> {
    /// The graph of `target`. `role` is the role of its root, if the config says one.
    pub fn new(world: &'w [Resource<'w>], target: &Target, role: Option<Role>) -> Graph<'w> {
        let resources: Vec<&'w Resource<'w>> = target.members.iter().map(|at| &world[*at]).collect();
        let mut by_kind: HashMap<&'w str, Vec<OfKind<'w>>> = HashMap::new();
        let mut by_name: HashMap<&'w str, Vec<&'w Resource<'w>>> = HashMap::new();
        for resource in &resources {
            let groups = by_kind.entry(resource.kind).or_default();
            let unnamed = resource.name().is_none().then_some(*resource);
            match groups.iter_mut().find(|of_kind| of_kind.group == resource.group) {
                Some(of_kind) => {
                    of_kind.all.push(resource);
                    of_kind.unnamed = of_kind.unnamed.or(unnamed);
                }
                None => groups.push(OfKind { group: resource.group, all: vec![resource], unnamed }),
            }
            if let Some(name) = resource.written_name() {
                by_name.entry(name).or_default().push(resource);
            }
        }
        Graph { resources, by_kind, by_name, openings: target.openings.clone(), role }
    }

    /// Every object of the target, in order of path.
    pub fn resources(&self) -> &[&'w Resource<'w>] {
        &self.resources
    }

    /// Every whole object of a kind.
    pub fn all<V: View<'w>>(&self) -> impl Iterator<Item = V> + '_ {
        self.of_kind(V::GROUP, V::KIND).iter().filter(|resource| resource.whole).map(|resource| V::new(resource))
    }

    /// Every object of a group and kind, parts among them.
    pub fn of_kind(&self, group: &str, kind: &str) -> &[&'w Resource<'w>] {
        self.one_kind(group, kind).map_or(&[], |of_kind| of_kind.all.as_slice())
    }

    fn one_kind(&self, group: &str, kind: &str) -> Option<&OfKind<'w>> {
        self.by_kind.get(kind)?.iter().find(|of_kind| of_kind.group == group)
    }
}
