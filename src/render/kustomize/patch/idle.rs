//! A patch whose target meets no object: which objects come nearest, and which fields of the target keep them out.

use super::select::Target;
use crate::render::kustomize::{Id, Object};
use crate::source::Span;
use crate::yaml::Value;

/// A targeted patch that matched nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Idle {
    /// The target of the patch.
    pub span: Span,
    /// Why there may be something to match all the same, if so.
    pub open: Option<String>,
    /// How many objects there were.
    pub objects: usize,
    /// Those that come nearest, the nearest first.
    pub near: Vec<Near>,
}

/// An object that a target nearly matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// What keeps it out, at least one.
    pub misfits: Vec<Misfit>,
    /// The object as it is when the patch runs.
    pub id: Id,
    /// Its name, else the object.
    pub span: Span,
}

/// A field of a target that an object does not meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Misfit {
    /// The field.
    pub field: &'static str,
    /// Where its text stands.
    pub span: Span,
    /// Its text.
    pub wanted: String,
}

/// As many near objects are kept.
const KEPT: usize = 3;

impl Target {
    /// What is to be said of a patch with this target that matches none of `objects`; `open` says why there may be
    /// others.
    pub(in crate::render::kustomize) fn idle(&self, objects: &[Object<'_>], open: Option<String>) -> Idle {
        let mut near: Vec<(usize, usize, Near)> = objects
            .iter()
            .filter_map(|object| {
                let near = self.near(object)?;
                Some((near.misfits.len(), distance(&near), near))
            })
            .collect();
        near.sort();
        let near = near.into_iter().map(|(.., near)| near).take(KEPT).collect();
        Idle { span: self.span, open, objects: objects.len(), near }
    }

    /// What keeps an object out, if little does: one field, or two beside a name that fits.
    fn near(&self, object: &Object<'_>) -> Option<Near> {
        let misfits: Vec<Misfit> = self
            .written
            .iter()
            .filter(|(field, ..)| !self.field_fits(field, object))
            .map(|(field, wanted, span)| Misfit { field, span: *span, wanted: wanted.clone() })
            .collect();
        let has_name = self.written.iter().any(|(field, ..)| *field == "name");
        let by_name = has_name && misfits.iter().all(|misfit| misfit.field != "name");
        let few = misfits.len() == 1 || (by_name && misfits.len() == 2);
        let alone = self.written.len() <= misfits.len();
        let view = object.tree.view();
        let span = view.at(&["metadata", "name"]).map_or(object.born, Value::span);
        (few && !alone).then(|| Near { misfits, id: object.id(), span })
    }
}

/// How far an object's text is from what the target wants.
fn distance(near: &Near) -> usize {
    let have = |field: &str| match field {
        "group" => Some(&near.id.group),
        "version" => Some(&near.id.version),
        "kind" => Some(&near.id.kind),
        "name" => Some(&near.id.name),
        "namespace" => Some(&near.id.namespace),
        _ => None,
    };
    let distances = near
        .misfits
        .iter()
        .filter_map(|misfit| have(misfit.field).map(|have| strsim::damerau_levenshtein(&misfit.wanted, have)));
    distances.sum()
}
