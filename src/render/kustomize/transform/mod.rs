//! The transformers of a kustomization: what each writes, where, and with which origin. The order in which
//! they run is for the build to say.

mod compose;
mod field_path;
mod fieldspec;
mod images;
mod labels;
mod names;
mod namespace;
mod references;
mod replacements;
mod replicas;
mod scope;
mod selector;
mod shared;
mod specs;
mod vars;

#[cfg(test)]
mod testing;

pub use compose::Composer;
pub(super) use fieldspec::slot_mut;
pub use fieldspec::{Compiled, Found, Place, Step, put};
pub use images::{image, images};
pub use labels::{common_annotations, common_labels, labels};
pub use names::{name_prefix, name_suffix};
pub use namespace::{Reach, Subjects, namespace, namespace_as_far_as};
pub use references::fix_references;
pub use replacements::replacements;
pub use replicas::{replica, replicas};
pub use scope::{effective, effective_namespace, is_cluster_scoped};
pub use shared::{Shared, part_annotations, settle};
pub use specs::{Configuration, NameReference};
pub use vars::{Var, merge_vars, read_vars, resolve_vars};

use super::{Built, Refusal, fields};
use crate::source::{Origin, Span};
use crate::yaml::Value;
use crate::yaml::rendered::Rendered;

/// The places of a spec in an object, copied out of its tree so that it can be changed.
fn places(spec: &Compiled<'_>, tree: Value<'_>, create: bool, by: Span) -> Built<Vec<Spot>> {
    let places = spec.places(tree, create).map_err(|blocked| {
        Refusal::new(
            blocked.span(),
            format!("`{}` leads through {}, which holds no fields", spec.spec().path, fields::what(blocked)),
        )
        .with(by, "this looks for the field")
    })?;
    Ok(places.into_iter().map(|place| Spot { steps: place.steps, is: Is::of(place.found) }).collect())
}

/// A place that holds no borrow of the tree.
struct Spot {
    steps: Vec<Step>,
    is: Is,
}

/// What is at a spot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Value,
    Missing,
    MissingMap,
    NullList,
}

impl Is {
    fn of(found: Found<'_>) -> Is {
        match found {
            Found::Value(_) => Is::Value,
            Found::Missing => Is::Missing,
            Found::MissingMap => Is::MissingMap,
            Found::NullList => Is::NullList,
        }
    }
}

/// The value at the end of steps.
fn at<'a>(tree: Value<'a>, steps: &[Step]) -> Option<Value<'a>> {
    steps.iter().try_fold(tree, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Item(index) => value.items().nth(*index),
    })
}

/// Makes what only prepares the way: an empty mapping, an empty list. Whether that was all.
fn prepare(tree: &mut Rendered<'_>, spot: &Spot, by: Span) -> bool {
    let origin = Origin::Generated(by);
    match spot.is {
        Is::Value | Is::Missing => return false,
        Is::MissingMap => put(tree, &spot.steps, Rendered::map(origin.clone()), &origin),
        Is::NullList => put(tree, &spot.steps, Rendered::list(Vec::new(), origin.clone()), &origin),
    }
    true
}

/// The refusal of a value that is not what a transformer writes into.
fn misfit(value: Value<'_>, path: &str, wanted: &str, by: Span) -> Refusal {
    Refusal::new(value.span(), format!("`{path}` should be {wanted} here, and is {}", fields::what(value)))
        .with(by, "this is to be written there")
}
