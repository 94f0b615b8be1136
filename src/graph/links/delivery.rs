//! Links of what brings objects into a cluster: who waits for whom, and who brings what.

use super::{End, Link, Relation, Site, entries};
use crate::graph::Graph;
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Identity, Value};
use foldhash::HashMap;

/// Something that was followed, with what it brings, by identity.
#[derive(Debug)]
pub struct Bringer {
    /// The object itself.
    pub object: Identity,
    /// What it brings.
    pub brings: Vec<Identity>,
}

const WAITING: &[(&str, &str)] =
    &[("helm.toolkit.fluxcd.io", "HelmRelease"), ("kustomize.toolkit.fluxcd.io", "Kustomization")];

pub(super) fn add(site: &mut Site<'_, '_>) {
    for (group, kind) in WAITING {
        for resource in super::cnpg::whole(site, &[(group, kind)]) {
            for entry in entries(resource, &["spec", "dependsOn"]) {
                wait(resource, (group, kind), entry, site);
            }
        }
    }
}

fn wait<'w>(
    resource: &'w Resource<'w>,
    (group, kind): (&'static str, &'static str),
    entry: Value<'w>,
    site: &mut Site<'_, 'w>,
) {
    let Some(name) = entry.get("name") else { return };
    let namespace = match entry.get("namespace").filter(|namespace| !namespace.is_null()) {
        Some(written) => match written.known() {
            Some(namespace) => Namespace::Known(namespace),
            None => return,
        },
        None => resource.namespace.clone(),
    };
    let ends = site.named(group, kind, &namespace, name);
    site.add(End::Object(resource), Relation::DependsOn, ends, Some(name.span()));
}

/// What each of `bringers` brings of the objects of a target.
pub fn releases<'w>(graph: &Graph<'w>, bringers: impl Iterator<Item = Bringer>) -> Vec<Link<'w>> {
    let by_identity: HashMap<Identity, &'w Resource<'w>> =
        graph.resources().iter().map(|resource| (resource.value.identity(), *resource)).collect();
    let mut links = Vec::new();
    for bringer in bringers {
        let Some(from) = by_identity.get(&bringer.object) else { continue };
        let brought = bringer.brings.iter().filter(|identity| **identity != bringer.object);
        for to in brought.filter_map(|identity| by_identity.get(identity)) {
            links.push(Link { from: End::Object(from), relation: Relation::Releases, to: End::Object(to), at: None });
        }
    }
    links
}
