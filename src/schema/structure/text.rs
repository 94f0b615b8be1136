//! How places, types and values are called in messages.

use super::Step;
use crate::schema::node::Shape;
use crate::yaml::rendered::Past;
use crate::yaml::{Kind, Scalar, Value, has_placeholder};
use serde_json::Value as Json;
use std::fmt::Write;

/// The way to a value as people write it: `spec.containers[0].image`.
pub(crate) fn dotted(way: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in way {
        match step {
            Step::Key(key) if key.contains('.') || key.is_empty() => {
                let _ = write!(out, "[{key}]");
            }
            Step::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
            Step::Item(at) => {
                let _ = write!(out, "[{at}]");
            }
        }
    }
    out
}

/// A type, with its article.
pub(super) fn a_shape(shape: &Shape) -> &'static str {
    match shape {
        Shape::Any => "any value",
        Shape::Text => "a string",
        Shape::Integer => "a whole number",
        Shape::Number => "a number",
        Shape::Boolean => "`true` or `false`",
        Shape::IntOrString => "a whole number or a string",
        Shape::Quantity => "a quantity",
        Shape::Open | Shape::Fields(_) | Shape::Values(_) => "a mapping",
        Shape::Items(_) => "a list",
    }
}

/// What a value is, with its article.
pub(super) fn a_kind(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number if value.as_int().is_none() => "a fraction",
        Kind::Number => "a number",
        Kind::Text => "a string",
        Kind::Sequence => "a list",
        Kind::Mapping => "a mapping",
        Kind::Broken => "something unreadable",
    }
}

/// A value of a schema, as it would be written.
pub(super) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text by which equal scalars are known; none for collections and for what is not known.
pub(super) fn scalar_identity(value: Value<'_>) -> Option<String> {
    if value.unknown().is_some() {
        return None;
    }
    Some(match value.scalar()? {
        Scalar::Text(text) => format!("t{text}"),
        Scalar::Bool(value) => format!("b{value}"),
        Scalar::Int(value) => format!("n{value}"),
        Scalar::UInt(value) => format!("n{value}"),
        Scalar::Float(value) => format!("n{value}"),
        _ => return None,
    })
}

/// The same for a value of a schema.
pub(super) fn json_identity(value: &Json) -> String {
    match value {
        Json::String(text) => format!("t{text}"),
        Json::Bool(value) => format!("b{value}"),
        Json::Number(number) => format!("n{number}"),
        _ => String::new(),
    }
}

/// Whether a value is empty because a `${VAR}` in it has no value.
pub(super) fn is_emptied(value: Value<'_>) -> bool {
    let held_variable = |past: &Past<'_>| past.value.view().raw().is_some_and(has_placeholder);
    value.past().is_some_and(held_variable) && (value.is_null() || value.raw() == Some(""))
}
