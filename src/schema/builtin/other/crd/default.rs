//! Defaults of schemas: a default has to be valid itself.

use super::pattern;
use crate::schema::value::{Quantity, code, field, items, text};
use crate::schema::{Problem, Problems};
use crate::yaml::{Kind, Value, has_placeholder};

/// Checks a default against its schema.
pub(super) fn check<'w>(default: Value<'w>, schema: Value<'w>, problems: &mut Problems<'w>) {
    if let Some((at, fact)) = fault(default, schema) {
        let mut problem = Problem::new(code::CROSS_FIELD, default, format!("the default {fact}"));
        if at.identity() != default.identity() {
            problem = problem.underline(at.span());
        }
        problems.push(problem.help("write a default that the schema allows"));
    }
}

/// What of a value its schema does not allow, and where.
fn fault<'w>(value: Value<'w>, schema: Value<'w>) -> Option<(Value<'w>, String)> {
    if value.unknown().is_some() || value.is_null() {
        return None;
    }
    let told = |fact: String| Some((value, fact));
    if let Some(kind) = text(schema, "type").known()
        && let Some(found) = other_kind(value, kind)
    {
        return told(format!("is {found}, and the schema wants `{kind}`"));
    }
    let shown = value.raw().filter(|text| text.len() < 40).map_or_else(|| "it".to_owned(), |text| format!("`{text}`"));
    let allowed = field(schema, "enum");
    if let Some(allowed) = allowed.filter(|allowed| value.raw().is_some() && !allowed.is_empty())
        && !allowed.items().any(|item| item.raw().is_none_or(|text| Some(text) == value.raw() || has_placeholder(text)))
    {
        return told(format!("is none of the values that `enum` lists: {shown}"));
    }
    number(value, schema).or_else(|| length(value, schema)).map(|fact| (value, fact)).or_else(|| within(value, schema))
}

/// What a value is, if it is of another type.
fn other_kind(value: Value<'_>, wanted: &str) -> Option<&'static str> {
    let found = match value.kind() {
        Kind::Mapping => "a mapping",
        Kind::Sequence => "a list",
        Kind::Text => "a text",
        Kind::Bool => "a boolean",
        Kind::Number if wanted == "integer" && value.as_int().is_none() => "no whole number",
        Kind::Number => "a number",
        Kind::Null | Kind::Broken => return None,
    };
    let fits = match wanted {
        "object" => found == "a mapping",
        "array" => found == "a list",
        "string" => found == "a text",
        "boolean" => found == "a boolean",
        "integer" | "number" => found == "a number",
        _ => true,
    };
    (!fits).then_some(found)
}

fn read(value: Value<'_>) -> Option<Quantity> {
    (value.kind() == Kind::Number).then(|| crate::schema::value::quantity(value)?.ok()).flatten()
}

fn number(value: Value<'_>, schema: Value<'_>) -> Option<String> {
    let amount = read(value)?;
    let text = value.raw().unwrap_or_default();
    let flag = |key: &str| field(schema, key).and_then(Value::as_bool) == Some(true);
    for (key, exclusive, below) in [("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false)] {
        let Some(bound) = field(schema, key) else { continue };
        let Some(limit) = read(bound) else { continue };
        let out = if below { amount < limit } else { amount > limit } || flag(exclusive) && amount == limit;
        if out {
            return Some(format!("is {text}, beyond the `{key}` {}", bound.raw().unwrap_or_default()));
        }
    }
    None
}

fn length(value: Value<'_>, schema: Value<'_>) -> Option<String> {
    let text = value.known()?;
    let bound = |key: &str| field(schema, key).and_then(Value::as_int);
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if bound("minLength").is_some_and(|least| count < least) {
        return Some(format!("has {count} characters, fewer than `minLength`"));
    }
    if bound("maxLength").is_some_and(|most| count > most) {
        return Some(format!("has {count} characters, more than `maxLength`"));
    }
    let wanted = field(schema, "pattern").and_then(Value::known)?;
    (pattern::matches(wanted, text) == Some(false)).then(|| "does not match the `pattern`".to_owned())
}

/// What a collection holds, and how much.
fn within<'w>(value: Value<'w>, schema: Value<'w>) -> Option<(Value<'w>, String)> {
    if value.is_sequence() {
        let count = i64::try_from(value.items().count()).unwrap_or(i64::MAX);
        let bound = |key: &str| field(schema, key).and_then(Value::as_int);
        if bound("minItems").is_some_and(|least| count < least) {
            return Some((value, format!("has {count} items, fewer than `minItems`")));
        }
        if bound("maxItems").is_some_and(|most| count > most) {
            return Some((value, format!("has {count} items, more than `maxItems`")));
        }
        let of_items = field(schema, "items")?;
        return value.items().find_map(|item| fault(item, of_items));
    }
    let properties = field(schema, "properties");
    for name in items(schema, "required").filter_map(Value::known) {
        let filled_in = || properties.and_then(|properties| properties.get(name)?.get("default")).is_some();
        if value.is_mapping() && value.get(name).is_none() && !filled_in() {
            return Some((value, format!("lacks `{name}`, which is required")));
        }
    }
    for (key, child) in value.entries() {
        if has_placeholder(key) {
            continue;
        }
        let known = properties.and_then(|properties| properties.get(key));
        let found = match (known, field(schema, "additionalProperties")) {
            (Some(known), _) => fault(child, known),
            (None, Some(additional)) => fault(child, additional),
            (None, None) => {
                let free = field(schema, "x-kubernetes-preserve-unknown-fields").is_some()
                    || field(schema, "x-kubernetes-embedded-resource").is_some();
                (!free && properties.is_some()).then(|| (child, format!("has a field `{key}` that the schema lacks")))
            }
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
