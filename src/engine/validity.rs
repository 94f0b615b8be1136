//! Judges every object by the schema of its kind: first the schemas of the kinds that are there, then the objects,
//! in parallel.

use super::Request;
use super::settings::wants_family;
use crate::finding::Versions;
use crate::manifest::{By, Manifests, Resource, split_api_version};
use crate::render::{Target, Told};
use crate::schema::{Extent, Given, GivenFile, Schemas, Validity, judge};
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};
use memchr::memmem::Finder;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What the API server says of each of `resources`, in their order (`by_root` holds them too), and the schemas of each root that it says so by.
pub(super) fn of<'w>(
    manifests: &Manifests<'w>,
    resources: &'w [Resource<'w>],
    by_root: &[Vec<&'w Resource<'w>>],
    targets: &[Target],
    told: &Told<'w>,
    versions: &[Versions],
    request: &Request,
) -> (Vec<Validity<'w>>, Vec<Schemas>) {
    if !wants_family(&request.selection, "schema") && !wants_family(&request.selection, "yaml") {
        return (resources.iter().map(|_| Validity::default()).collect(), Vec::new());
    }
    let kinds: Vec<BTreeSet<OfKind<'_>>> = by_root.iter().map(|own| kinds_of(own)).collect();
    let roots = versions.par_iter().zip(by_root).zip(&kinds);
    let schemas = roots.map(|((versions, own), kinds)| of_root(own, kinds, versions, &request.given));
    let schemas: Vec<Schemas> = schemas.collect();
    // Where there is no kustomization, nothing can make a whole of a part.
    let patched: BTreeSet<usize> = manifests.kustomizations.iter().map(|one| manifests.files[one.file].root).collect();
    let named: Vec<HashSet<&str>> = by_root.iter().zip(&kinds).map(|(own, kinds)| kinds_patched(own, kinds)).collect();
    let is_built = told.failed.is_empty() && told.applied.iter().all(|(_, applied)| applied.trouble.is_none());
    let mut reached = vec![false; resources.len()];
    for member in targets.iter().flat_map(|target| &target.members) {
        reached[*member] = true;
    }
    let judged = resources.par_iter().zip(reached).map(|(resource, reached)| {
        // What a target gets through Flux has been patched by then, where all that patches it is built.
        let is_patched = reached && resource.delivery.by == By::Flux && is_built;
        let is_completed = resource.delivery.changes
            || !resource.whole && patched.contains(&resource.root)
            || !is_patched && named[resource.root].contains(resource.kind);
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
    (judged, schemas)
}

/// An apiVersion and a kind.
type OfKind<'w> = (&'w str, &'w str);

/// The kinds of a root, in order. Most objects are of one that was there before, so they are told apart before they
/// are sorted.
fn kinds_of<'w>(own: &[&'w Resource<'w>]) -> BTreeSet<OfKind<'w>> {
    let kinds: HashSet<OfKind<'w>> = own.iter().map(|resource| (resource.api_version, resource.kind)).collect();
    kinds.into_iter().collect()
}

/// The kinds of a root that its Flux Kustomizations speak of in patches: those may complete objects that no target is
/// seen to hold.
fn kinds_patched<'w>(own: &[&'w Resource<'w>], kinds: &BTreeSet<OfKind<'w>>) -> HashSet<&'w str> {
    let flux = own.iter().filter(|resource| resource.is("kustomize.toolkit.fluxcd.io", "Kustomization"));
    let patches = flux.filter_map(|resource| resource.at(&["spec", "patches"])).flat_map(Value::items);
    let texts: HashSet<&str> = patches.filter_map(|patch| patch.get("patch").and_then(Value::raw)).collect();
    let kinds: HashSet<&str> = kinds.iter().map(|(_, kind)| *kind).collect();
    let is_named = |kind: &&str| {
        let finder = Finder::new(kind);
        texts.iter().any(|text| finder.find(text.as_bytes()).is_some())
    };
    kinds.into_iter().filter(is_named).collect()
}

fn of_root<'w>(
    own: &[&'w Resource<'w>],
    kinds: &BTreeSet<OfKind<'w>>,
    versions: &Versions,
    given: &[GivenFile],
) -> Schemas {
    let group_and_kind = |(api_version, kind): &OfKind<'w>| (split_api_version(api_version).0, *kind);
    let groups: BTreeSet<(&str, &str)> = kinds.iter().map(group_and_kind).collect();
    let lower: BTreeSet<String> = kinds.iter().map(|(_, kind)| kind.to_lowercase()).collect();
    let wanted = |group: &str, kind: &str| match group {
        "" => lower.contains(kind),
        _ => groups.contains(&(group, kind)),
    };
    let given = Given::read(given, &wanted);
    let found = Given::find(own.iter().copied(), &wanted);
    Schemas::new(kinds.iter().copied(), versions, &[&given, &found])
}
