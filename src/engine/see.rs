//! What each target gets, for commands that run no rule.

use super::Root;
use super::stage::{parse_extras, parse_roots, parsed};
use crate::manifest::{Manifests, Resource};
use crate::render::{self, Worlds};
use crate::source::Sources;
use elsa::sync::FrozenVec;

/// Parses all files of `roots`, works out what each target gets, and hands that to `look`. No rule runs.
pub fn look<T>(
    sources: &Sources,
    roots: Vec<Root>,
    look: impl FnOnce(&[Resource<'_>], &[render::Target], &render::Told<'_>) -> T,
) -> T {
    self::see(sources, roots, |seen| look(seen.resources, seen.targets, seen.told))
}

/// What each target gets, and what it is made from.
#[derive(Clone, Copy)]
pub struct Seen<'s, 'w> {
    /// All documents.
    pub manifests: &'s Manifests<'w>,
    /// Every object.
    pub resources: &'s [Resource<'w>],
    /// Every target.
    pub targets: &'s [render::Target],
    /// How building them went.
    pub told: &'s render::Told<'w>,
}

/// The same with the documents that were read.
pub fn see<T>(sources: &Sources, mut roots: Vec<Root>, see: impl FnOnce(Seen<'_, '_>) -> T) -> T {
    let (files, mut known) = parse_roots(sources, &mut roots);
    let manifests = Manifests::new(files.iter().map(|file| parsed(sources, file)).collect());
    let (mut extras, mut configs, mut charts) = (Vec::new(), Vec::new(), Vec::new());
    for root in roots {
        extras.push(root.extras);
        configs.push(root.config);
        charts.push(root.charts);
    }
    let more = parse_extras(sources, &extras, &mut known);
    let embedded = FrozenVec::new();
    let source = render::Source {
        sources,
        manifests: &manifests,
        extras: &extras,
        charts: &charts,
        parsed: &more,
        embedded: &embedded,
        configs: &configs,
    };
    let worlds = Worlds::new(source);
    let (resources, targets) = worlds.resolve(source);
    see(Seen { manifests: &manifests, resources: &resources, targets: &targets, told: &worlds.told })
}
