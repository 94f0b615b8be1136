//! The rules that a CustomResourceDefinition brings in `x-kubernetes-validations`, evaluated over the object with its
//! defaults. What cannot be evaluated is never a violation.

use super::Problem;
use super::structure::{Step, dotted};
use crate::manifest::Resource;
use crate::yaml::{Kind, Value, rendered};
use kube_core::cel::{CompiledSchema, ErrorKind, RootContext, ValidationError, Validator, compile_schema};
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The rules of one kind.
#[derive(Debug)]
pub struct Rules {
    schema: CompiledSchema,
    context: RootContext,
}

/// What the rules of a kind say of an object.
#[derive(Clone, Debug, Default)]
pub struct Verdict<'w> {
    /// Rules that do not hold.
    pub failed: Vec<Problem<'w>>,
    /// Rules that could not be evaluated: their expressions.
    pub unevaluated: Vec<String>,
}

impl Rules {
    /// Compiles the rules of a schema.
    pub fn new(schema: &Json, api_version: &str, kind: &str) -> Rules {
        let (group, _) = crate::manifest::split_api_version(api_version);
        let context =
            RootContext { api_version: api_version.to_owned(), api_group: group.to_owned(), kind: kind.to_owned() };
        Rules { schema: compile_schema(schema), context }
    }

    /// Evaluates the rules over `resource`; those about a change only with the `old` object.
    pub fn check<'w>(&self, resource: &'w Resource<'w>, old: Option<Value<'_>>) -> Verdict<'w> {
        let mut verdict = Verdict::default();
        if holds_unknown(resource.value) {
            return verdict;
        }
        let object = cleaned(rendered::to_json(resource.value));
        let old = old.map(|old| cleaned(rendered::to_json(old)));
        // An expression is foreign code in an engine that is not ours: a fault in it must not end the run.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            Validator::new().validate_compiled_with_context(&self.schema, &object, old.as_ref(), Some(&self.context))
        }));
        let Ok(Err(errors)) = outcome else { return verdict };
        for error in errors.into_vec() {
            if error.kind == ErrorKind::ValidationFailure {
                verdict.failed.push(problem(resource, &error));
            } else {
                verdict.unevaluated.push(error.rule);
            }
        }
        verdict
    }
}

/// Whether anything in the value is filled in later: then no rule can be judged.
fn holds_unknown(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Mapping => value.entries().any(|(_, child)| holds_unknown(child)),
        Kind::Sequence => value.items().any(holds_unknown),
        _ => value.unknown().is_some(),
    }
}

/// The object as the server has it when it asks: without nulls, which stand for nothing.
fn cleaned(mut json: Json) -> Json {
    match &mut json {
        Json::Object(map) => {
            map.retain(|_, child| !child.is_null());
            map.values_mut().for_each(|child| *child = cleaned(child.take()));
        }
        Json::Array(items) => items.iter_mut().for_each(|child| *child = cleaned(child.take())),
        _ => {}
    }
    json
}

fn problem<'w>(resource: &'w Resource<'w>, error: &ValidationError) -> Problem<'w> {
    let (at, way, rest) = find(resource.value, &error.field_path);
    let place = dotted(&way);
    let said = sentence(&error.message);
    let title = resource.title();
    let message = if place.is_empty() { format!("{title}: {said}") } else { format!("{title}: `{place}`: {said}") };
    let underline = if way.is_empty() { resource.headline().span() } else { at.key_or_span() };
    let problem =
        Problem::new("failed", at, message).underline(underline).label("a rule of its definition does not hold");
    let problem = match rest.split(['.', '[']).find(|part| !part.is_empty()) {
        Some(name) => problem.meant(at, name),
        None => problem,
    };
    let rule = error.rule.split_whitespace().collect::<Vec<_>>().join(" ");
    if rule.len() <= 160 && !said.contains(&rule) { problem.note(format!("the rule is `{rule}`")) } else { problem }
}

/// The message of a rule as a part of a sentence.
fn sentence(message: &str) -> String {
    let text = message.trim().trim_end_matches('.').split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text,
    }
}

/// The value at a path as the engine writes it (`spec.images[0].major`), the way there, and what of the path is not
/// there. Keys may hold dots, so the longest key that is there wins.
fn find<'w, 'p>(root: Value<'w>, path: &'p str) -> (Value<'w>, Vec<Step<'w>>, &'p str) {
    let mut value = root;
    let mut rest = path.trim_start_matches('.');
    let mut way = Vec::new();
    while !rest.is_empty() {
        if let Some((index, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let Some(at) = index.parse::<usize>().ok() else { break };
            let Some(item) = value.items().nth(at) else { break };
            way.push(Step::Item(at));
            value = item;
            rest = after.trim_start_matches('.');
            continue;
        }
        let fits =
            |key: &str| rest.strip_prefix(key).is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']));
        let longest = value.entries().filter(|(key, _)| fits(key)).max_by_key(|(key, _)| key.len());
        let Some((key, child)) = longest else { break };
        way.push(Step::Key(key));
        value = child;
        rest = rest[key.len()..].trim_start_matches('.');
    }
    (value, way, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_parts_of_sentences() {
        for (message, expected) in [
            ("Major versions must be unique.", "major versions must be unique"),
            ("DNS names are needed", "DNS names are needed"),
            ("a\n  b", "a b"),
        ] {
            assert_eq!(sentence(message), expected);
        }
    }
}
