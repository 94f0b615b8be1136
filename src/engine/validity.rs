//! Judges every object by the schema of its kind: first the schemas of the kinds that are there, then the objects,
//! in parallel.

use super::Request;
use super::settings::wants_family;
use crate::finding::Versions;
use crate::manifest::{Manifests, Resource};
use crate::render::Target;
use crate::schema::{Extent, Given, GivenFile, Schemas, Validity, judge};
use crate::yaml::Value;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashSet};

/// What the API server says of each of `resources`, in their order.
pub(super) fn of<'w>(
    manifests: &Manifests<'w>,
    resources: &'w [Resource<'w>],
    targets: &[Target],
    versions: &[Versions],
    request: &Request,
) -> Vec<Validity<'w>> {
    if !wants_family(&request.selection, "schema") && !wants_family(&request.selection, "yaml") {
        return resources.iter().map(|_| Validity::default()).collect();
    }
    let schemas: Vec<Schemas> = versions
        .par_iter()
        .enumerate()
        .map(|(root, versions)| of_root(resources, root, versions, &request.given))
        .collect();
    // Where there is no kustomization, nothing can make a whole of a part.
    let patched: BTreeSet<usize> = manifests.kustomizations.iter().map(|one| manifests.files[one.file].root).collect();
    let patches: Vec<Vec<&str>> = (0..versions.len()).map(|root| flux_patches(resources, root)).collect();
    let mut reached = vec![false; resources.len()];
    for member in targets.iter().flat_map(|target| &target.members) {
        reached[*member] = true;
    }
    let judged = resources.par_iter().zip(reached).map(|(resource, reached)| {
        let is_named = || patches[resource.root].iter().any(|patch| patch.contains(resource.kind));
        let is_completed =
            resource.delivery.changes || !resource.whole && patched.contains(&resource.root) || !reached && is_named();
        let extent = if is_completed { Extent::Part } else { Extent::Whole };
        judge(resource, &schemas[resource.root], extent)
    });
    let mut judged: Vec<Validity<'w>> = judged.collect();
    // A rule that cannot be evaluated is told once, not for every object.
    let mut told = HashSet::new();
    for (resource, validity) in resources.iter().zip(&mut judged) {
        let kind = (resource.root, resource.api_version, resource.kind);
        validity.rules.unevaluated.retain(|rule| told.insert((kind, rule.clone())));
    }
    judged
}

/// What the Flux Kustomizations of a root patch in: it may complete objects that no target is seen to hold.
fn flux_patches<'w>(resources: &'w [Resource<'w>], root: usize) -> Vec<&'w str> {
    let own = resources.iter().filter(|one| one.root == root && one.is("kustomize.toolkit.fluxcd.io", "Kustomization"));
    let patches = own.filter_map(|one| one.at(&["spec", "patches"])).flat_map(Value::items);
    patches.filter_map(|patch| patch.get("patch").and_then(Value::raw)).collect()
}

fn of_root<'w>(resources: &'w [Resource<'w>], root: usize, versions: &Versions, given: &[GivenFile]) -> Schemas {
    let own = || resources.iter().filter(|resource| resource.root == root);
    let kinds: BTreeSet<(&str, &str)> = own().map(|resource| (resource.api_version, resource.kind)).collect();
    let groups: BTreeSet<(&str, &str)> = own().map(|resource| (resource.group, resource.kind)).collect();
    let lower: BTreeSet<String> = kinds.iter().map(|(_, kind)| kind.to_lowercase()).collect();
    let wanted = |group: &str, kind: &str| match group {
        "" => lower.contains(kind),
        _ => groups.contains(&(group, kind)),
    };
    let given = Given::read(given, &wanted);
    let found = Given::find(own(), &wanted);
    Schemas::new(kinds, versions, &[&given, &found])
}
