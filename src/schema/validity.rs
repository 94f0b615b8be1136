//! What the API server says of one object: computed once for each, before the rules that tell it.

use super::store::{Kind, Schemas};
use super::{Problem, Problems, structure};
use crate::manifest::Resource;

/// What is refused of an object.
#[derive(Clone, Debug, Default)]
pub struct Validity<'w> {
    /// Fields that do not exist.
    pub unknown_fields: Vec<Problem<'w>>,
    /// Values that are refused.
    pub values: Problems<'w>,
    /// Unquoted numbers and booleans where a text belongs.
    pub unquoted: Vec<Problem<'w>>,
    /// What is wrong with its metadata.
    pub metadata: Problems<'w>,
    /// Whether there is no schema for its kind.
    pub unknown_kind: bool,
}

/// Judges `resource` by the schema of its kind. A document that is only a part of an object is not judged.
pub fn judge<'w>(resource: &'w Resource<'w>, schemas: &Schemas) -> Validity<'w> {
    let mut validity = Validity::default();
    match schemas.kind(resource.api_version, resource.kind) {
        None => validity.unknown_kind = true,
        Some(_) if !resource.whole => return validity,
        Some(Kind::Structural { node, custom, status }) => {
            let told = structure::check(resource, schemas.root(*node, *custom, *status));
            validity.unknown_fields = told.unknown;
            validity.values = told.values;
            validity.unquoted = told.unquoted;
        }
        Some(Kind::Json(_)) => {}
    }
    validity
}
