//! What the API server says of one object: computed once for each, before the rules that tell it.

use super::rules::Verdict;
use super::store::{Kind, Schemas};
use super::structure::SERVER_SIDE_APPLY;
use super::{Problem, Problems, builtin, json_schema, metadata, operator, structure};
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

/// A check of one object beyond its structure.
type Check = for<'w> fn(&'w Resource<'w>, &mut Problems<'w>);

/// What values have to fulfil beyond their types.
const VALUES: &[Check] = &[builtin::check];

/// What metadata has to fulfil.
const METADATA: &[Check] = &[metadata::check];

/// How much of an object is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What is there: something on its way may add what is missing.
    Part,
}

/// Judges `resource` by the schema of its kind.
pub fn judge<'w>(resource: &'w Resource<'w>, schemas: &Schemas, extent: Extent) -> Validity<'w> {
    let partial = extent == Extent::Part;
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
            // What the definitions of the operator's kinds say is told by the checks of admission.
            let own = !operator::is_known(resource.group, resource.kind);
            if let Some(rules) = rules.as_ref().filter(|_| is_right && !partial && own) {
                validity.rules = rules.check(resource, None);
            }
        }
        Some(Kind::Json(schema)) => {
            (validity.unknown_fields, validity.values.found) = json_schema::check(resource, schema, partial);
        }
    }
    if !partial {
        let mut values = Problems::default();
        VALUES.iter().for_each(|check| check(resource, &mut values));
        values.found.retain(|problem| !is_variable(problem.at));
        for problem in &mut values.found {
            problem.message.insert_str(0, &format!("{}: ", resource.title()));
        }
        METADATA.iter().for_each(|check| check(resource, &mut validity.metadata));
        validity.beyond_structure(resource, values);
    } else if resource.whole && !resource.delivery.changes {
        // A name that is wrong stays wrong, whatever is added to the object.
        METADATA.iter().for_each(|check| check(resource, &mut validity.metadata));
        validity.metadata.found.retain(|problem| problem.code == "name");
    }
    if operator::is_known(resource.group, resource.kind) {
        let is_filled = |problem: &Problem<'w>| operator::fills(resource.kind, &problem.pointer(resource.value));
        validity.values.found.retain(|problem| problem.code != "missing" || !is_filled(problem));
        for problem in validity.unknown_fields.iter_mut().filter(|problem| problem.helps.is_empty()) {
            problem.helps.extend(
                operator::meant(resource.kind, &resource.value.pointer_to(problem.at).unwrap_or_default())
                    .map(str::to_owned),
            );
        }
    }
    validity
}

impl<'w> Validity<'w> {
    /// Takes in what is wrong beyond the structure, but for what a fault of the structure at, above or below the same
    /// place explains: one cause, one finding.
    fn beyond_structure(&mut self, resource: &Resource<'w>, values: Problems<'w>) {
        self.values.undecided.extend(values.undecided);
        if values.found.is_empty() && self.metadata.found.is_empty() {
            return;
        }
        let root = resource.value;
        let unquoted = self.unquoted.iter().map(|(value, _)| root.pointer_to(*value).unwrap_or_default());
        // What every apply refuses explains what only some refuse.
        let (only_some, all): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.values.found).into_iter().partition(|one| one.code == SERVER_SIDE_APPLY);
        let mut told: Vec<String> =
            (all.iter().chain(&self.unknown_fields)).map(|problem| problem.pointer(root)).chain(unquoted).collect();
        self.values.found = all;
        self.metadata.found.retain(|problem| is_new(problem, root, &told));
        let values: Vec<Problem<'w>> = values.found.into_iter().filter(|one| is_new(one, root, &told)).collect();
        told.extend(values.iter().map(|problem| problem.pointer(root)));
        self.values.found.extend(values);
        self.values.found.extend(only_some.into_iter().filter(|problem| is_new(problem, root, &told)));
    }
}

/// Whether a text is one `$VARIABLE`, which was meant to be filled in.
fn is_variable(value: Value<'_>) -> bool {
    let name = value.raw().and_then(|text| text.strip_prefix('$')).unwrap_or_default();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether nothing that is `told` explains a problem.
fn is_new(problem: &Problem<'_>, root: Value<'_>, told: &[String]) -> bool {
    let place = problem.pointer(root);
    !told.iter().any(|told| is_within(&place, told) || is_within(told, &place))
}

/// Whether a pointer is another one, or leads further from there.
fn is_within(pointer: &str, outer: &str) -> bool {
    pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_lies_within_those_that_lead_to_it() {
        for (pointer, outer, expected) in [
            ("/spec/ports/0", "/spec/ports", true),
            ("/spec/ports", "/spec/ports", true),
            ("/spec/portsmouth", "/spec/ports", false),
            ("/spec", "", true),
        ] {
            assert_eq!(is_within(pointer, outer), expected, "{pointer} in {outer:?}");
        }
    }
}
