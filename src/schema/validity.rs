//! What the API server says of one object: computed once for each, before the rules that tell it.

use super::store::{Kind, Schemas};
use super::{Problem, Problems, structure};
use crate::manifest::Resource;
use crate::yaml::Value;

/// What is refused of an object.
#[derive(Clone, Debug, Default)]
pub struct Validity<'w> {
    /// Fields that do not exist.
    pub unknown_fields: Vec<Problem<'w>>,
    /// Values that are refused.
    pub values: Problems<'w>,
    /// Unquoted numbers and booleans where a text belongs, with the way there.
    pub unquoted: Vec<(Value<'w>, String)>,
    /// What is wrong with its metadata.
    pub metadata: Problems<'w>,
    /// Whether there is no schema for its kind.
    pub unknown_kind: bool,
}

/// Judges `resource` by the schema of its kind. A document that is only a part of an object is not judged for what it lacks, nor is
/// a `stray`: one that nothing delivers, in a repo where other objects are delivered and may be completed on the way.
pub fn judge<'w>(resource: &'w Resource<'w>, schemas: &Schemas, stray: bool) -> Validity<'w> {
    let partial = stray || resource.may_be_completed().is_some();
    let mut validity = Validity::default();
    match schemas.kind(resource.api_version, resource.kind) {
        None => validity.unknown_kind = true,
        Some(Kind::Structural { node, custom, status }) => {
            let told = structure::check(resource, schemas.root(*node, *custom, *status), partial);
            validity.unknown_fields = told.unknown;
            validity.values = told.values;
            validity.unquoted = told.unquoted;
        }
        Some(Kind::Json(_)) => {}
    }
    validity
}
