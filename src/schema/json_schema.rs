//! Kinds that the user described by a JSON Schema, as the folders of other validators hold them.

use super::Problem;
use super::structure::{Step, dotted};
use crate::config::closest;
use crate::manifest::Resource;
use crate::yaml::{Value, rendered};
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value as Json;

/// Compiles a JSON Schema; none where it cannot be read, or needs another document.
pub fn compile(schema: &Json) -> Option<Validator> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex()).should_validate_formats(false);
    options.build(schema).ok()
}

/// What the schema refuses of `resource`: fields that do not exist, and values.
pub fn check<'w>(
    resource: &'w Resource<'w>,
    schema: &Validator,
    partial: bool,
) -> (Vec<Problem<'w>>, Vec<Problem<'w>>) {
    let object = rendered::to_json(resource.value);
    let (mut unknown, mut values) = (Vec::new(), Vec::new());
    for error in schema.iter_errors(&object) {
        let Some((value, way)) = find(resource.value, &error) else { continue };
        // What is filled in later, and what SOPS adds, is not judged.
        if value.unknown().is_some() || matches!(way.first(), Some(Step::Key("sops"))) {
            continue;
        }
        let place = dotted(&way);
        let title = resource.title();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected.iter().filter(|key| !(way.is_empty() && *key == "sops")) {
                    let Some(child) = value.get(key) else { continue };
                    let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                    let message = format!("{title} has a field `{path}`, which does not exist");
                    unknown.push(Problem::new("unknown", child, message).at_key().label("no such field here"));
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let is_misspelt = value.entries().any(|(key, _)| key != name && closest(key, [name]).is_some());
                if partial || is_misspelt {
                    continue;
                }
                let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
                let message = format!("{title} lacks `{path}`, which is required");
                let underline = if way.is_empty() { resource.headline().span() } else { value.key_or_span() };
                let problem = Problem::new("missing", value, message).underline(underline);
                values.push(problem.label(format!("`{name}` is missing")).meant(value, name));
            }
            kind => {
                let message = format!("{title}: `{place}` is refused by `{}` of its schema", kind.keyword());
                let wanted = match kind {
                    ValidationErrorKind::Enum { options } => Some(format!("the schema takes {options}")),
                    ValidationErrorKind::Pattern { pattern } => Some(format!("the pattern is `{pattern}`")),
                    ValidationErrorKind::Type { kind } => Some(format!("the schema takes {}", types(kind))),
                    ValidationErrorKind::Minimum { limit } => Some(format!("the least is {limit}")),
                    ValidationErrorKind::Maximum { limit } => Some(format!("the most is {limit}")),
                    _ => None,
                };
                let problem = Problem::new("schema", value, message).label("the schema refuses this");
                values.push(match wanted {
                    Some(wanted) => problem.note(wanted),
                    None => problem,
                });
            }
        }
    }
    (unknown, values)
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

fn find<'w>(root: Value<'w>, error: &ValidationError<'_>) -> Option<(Value<'w>, Vec<Step<'w>>)> {
    let mut value = root;
    let mut way = Vec::new();
    for segment in error.instance_path() {
        value = match segment {
            LocationSegment::Property(name) => {
                let (key, child) = value.entries().find(|(key, _)| **key == *name)?;
                way.push(Step::Key(key));
                child
            }
            LocationSegment::Index(at) => {
                way.push(Step::Item(at));
                value.items().nth(at)?
            }
        };
    }
    Some((value, way))
}
