//! From what the rules said to the sorted list: severities, places, fingerprints.

use super::{Request, identity, settings};
use crate::finding::{Finding, Place};
use crate::rule::{Found, World};
use crate::source::Span;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// Applies severities, merges equal findings of several places, sorts, and gives fingerprints.
pub(super) fn finish<'w>(world: &World<'w>, found: impl Iterator<Item = Found<'w>>, request: &Request) -> Vec<Finding> {
    let targets = target_names(world);
    let mut index: HashMap<Span, Vec<usize>> = HashMap::new();
    for (at, resource) in world.resources.iter().enumerate() {
        index.entry(resource.value.span()).or_default().push(at);
    }
    let mut places: HashMap<(&'static str, &'static str, Span), usize> = HashMap::new();
    let mut merged: Vec<Finding> = Vec::new();
    for Found { mut finding, resource } in found {
        let Some(severity) = settings::level(world, &finding) else { continue };
        if !finding.labels().any(|label| request.reports_on(world.sources, label.span.source)) {
            continue;
        }
        finding.severity = severity;
        if let (Some(resource), [Place { target: None, .. }]) = (resource, finding.places.as_slice()) {
            // A rule over a file sees an object as it is written; whatever was made of it is meant.
            let all = index.get(&resource.value.span()).map_or(&[][..], Vec::as_slice);
            let this = all.iter().copied().filter(|at| std::ptr::eq(&world.resources[*at], resource));
            let mut objects: Vec<usize> = this.collect();
            if objects.is_empty() {
                objects = all.to_vec();
            }
            let name = finding.places[0].resource.clone();
            let names: Vec<Place> = objects
                .iter()
                .filter_map(|object| targets.get(object))
                .flatten()
                .map(|target| Place { target: Some(Arc::clone(target)), resource: name.clone() })
                .collect();
            if !names.is_empty() {
                finding.places = names;
            }
        }
        match places.get(&(finding.rule, finding.code, finding.primary.span)) {
            Some(at) => merged[*at].places.append(&mut finding.places),
            None => {
                places.insert((finding.rule, finding.code, finding.primary.span), merged.len());
                merged.push(finding);
            }
        }
    }
    for finding in &mut merged {
        finding.places.sort();
        finding.places.dedup();
    }
    sort(world, &mut merged);
    identity::fingerprints(world.sources, &mut merged);
    merged
}

fn target_names(world: &World<'_>) -> HashMap<usize, Vec<Arc<str>>> {
    let mut names: HashMap<usize, Vec<Arc<str>>> = HashMap::new();
    for target in world.targets {
        for member in &target.members {
            names.entry(*member).or_default().push(Arc::clone(&target.name));
        }
    }
    names
}

fn sort(world: &World<'_>, findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        let span = finding.primary.span;
        (
            world.sources.name(span.source).into_owned(),
            span.start,
            span.end,
            finding.rule,
            finding.code,
            finding.message.clone(),
        )
    });
}
