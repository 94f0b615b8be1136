//! Kustomizations: what keeps them from building, and what they say without effect.

pub mod build_failure;
pub mod deprecated_field;
pub mod ineffective_patch;
pub mod orphan_manifest;
pub mod wrong_filename;

use crate::manifest::{Kustomization, is_example_path};
use crate::rule::World;
use crate::source::{SourceId, Span};

/// The kustomization that is written in `source`.
fn kustomization_in<'a, 'w>(world: &'a World<'w>, source: SourceId) -> Option<&'a Kustomization<'w>> {
    world.manifests.kustomizations.iter().find(|one| one.value.source() == source)
}

/// Whether what lies at a path is a sample or a template of a repo, and not a part of it.
fn is_apart(path: &str) -> bool {
    is_example_path(path) || path.split('/').any(|step| matches!(step, "template" | "templates" | "skeleton"))
}

/// The part of a span that lies in its first line.
fn first_line(world: &World<'_>, span: Span) -> Span {
    let text = world.sources.slice(span);
    let line = text.split('\n').next().unwrap_or_default().trim_end();
    Span { end: span.start + line.len() as u32, ..span }
}

/// `a`, `b` and 3 more.
fn some_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    }
}
