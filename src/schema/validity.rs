//! What the API server says of one object: computed once for each, before the rules that tell it.

use super::store::{Kind, Schemas};
use super::rules::Verdict;
use super::{Problem, Problems, json_schema, structure};
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
    /// What the rules of its definition say.
    pub rules: Verdict<'w>,
    /// What is wrong with its metadata.
    pub metadata: Problems<'w>,
    /// Whether there is no schema for its kind.
    pub unknown_kind: bool,
}

/// Judges `resource` by the schema of its kind. A document that is only a part of an object is not judged for what it lacks, nor is
/// a `stray`: one that nothing is seen to deliver, of a kind that patches of the repo complete.
pub fn judge<'w>(resource: &'w Resource<'w>, schemas: &Schemas, stray: bool) -> Validity<'w> {
    let partial = stray || resource.may_be_completed().is_some();
    let mut validity = Validity::default();
    match schemas.kind(resource.api_version, resource.kind) {
        None => validity.unknown_kind = true,
        Some(Kind::Structural { node, custom, status, rules }) => {
            let told = structure::check(resource, schemas.root(*node, *custom, *status), partial);
            validity.unknown_fields = told.unknown;
            validity.values = told.values;
            validity.unquoted = told.unquoted;
            // The server evaluates rules only where the structure is right.
            let is_right = validity.values.found.is_empty() && validity.unquoted.is_empty();
            if let Some(rules) = rules.as_ref().filter(|_| is_right && !partial) {
                validity.rules = rules.check(resource, None);
            }
        }
        Some(Kind::Json(schema)) => {
            (validity.unknown_fields, validity.values.found) = json_schema::check(resource, schema, partial);
        }
    }
    validity
}
