//! Judges every object by the schema of its kind: first the schemas of the kinds that are there, then the objects,
//! in parallel.

use super::Request;
use super::settings::wants_family;
use crate::finding::Versions;
use crate::manifest::{By, Resource};
use crate::schema::{Given, GivenFile, Schemas, Validity, judge};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What the API server says of each of `resources`, in their order.
pub(super) fn of<'w>(resources: &'w [Resource<'w>], versions: &[Versions], request: &Request) -> Vec<Validity<'w>> {
    if !wants_family(&request.selection, "schema") && !wants_family(&request.selection, "yaml") {
        return resources.iter().map(|_| Validity::default()).collect();
    }
    let schemas: Vec<Schemas> =
        versions.par_iter().enumerate().map(|(root, versions)| of_root(resources, root, versions, &request.given)).collect();
    let delivers: Vec<bool> = (0..versions.len())
        .map(|root| resources.iter().any(|resource| resource.root == root && is_delivered(resource)))
        .collect();
    let judged = resources.par_iter().map(|resource| {
        let stray = delivers[resource.root] && resource.delivery.by == By::Nobody;
        judge(resource, &schemas[resource.root], stray)
    });
    judged.collect()
}

/// Whether a recipe of the repo hands the object on.
fn is_delivered(resource: &Resource<'_>) -> bool {
    matches!(resource.delivery.by, By::Kustomize | By::Flux | By::Argo)
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
