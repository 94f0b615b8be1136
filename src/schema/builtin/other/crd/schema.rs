//! Structural schemas: what may stand in the schema of a custom resource, and where.

use super::super::expression::{Scope, expression};
use super::super::require::{filled, unwanted};
use super::{default, pattern};
use crate::schema::value::{Fault, checked, code, field, items, missing, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
const SCALARS: &[&str] = &["boolean", "integer", "number", "string"];
const REASONS: &[&str] = &["FieldValueRequired", "FieldValueForbidden", "FieldValueInvalid", "FieldValueDuplicate"];
const LOGIC: &[&str] = &["allOf", "anyOf", "oneOf"];
/// Keywords that JSON schema has and a structural schema has not.
const FORBIDDEN: &[&str] = &["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];
/// What may not be said under `allOf`, `anyOf`, `oneOf` and `not`.
const OUTSIDE: &[&str] = &[
    "default",
    "nullable",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
];

/// Checks the schema of a version.
pub(super) fn check<'w>(root: Value<'w>, problems: &mut Problems<'w>) {
    if !root.is_mapping() {
        return;
    }
    let typed = text(root, "type");
    if let Some(kind) = field(root, "type").filter(|_| !matches!(typed.or("object"), Some("object") | None)) {
        let fact = "the schema of a whole object is of type `object`";
        problems.push(Problem::new(code::CROSS_FIELD, kind, fact).help("write `type: object`"));
        return;
    }
    if let Some(metadata) = field(root, "properties").and_then(|properties| field(properties, "metadata")) {
        of_metadata(metadata, problems);
    }
    node(root, true, problems);
}

/// Of the metadata, only names can be restricted.
fn of_metadata<'w>(metadata: Value<'w>, problems: &mut Problems<'w>) {
    let other = field(metadata, "properties")
        .into_iter()
        .flat_map(Value::entries)
        .find(|(key, _)| !matches!(*key, "name" | "generateName"));
    if let Some((key, value)) = other {
        let fact = format!("the schema restricts `metadata.{key}`, and only `name` and `generateName` can be");
        unwanted(value, fact, "remove it", problems);
    }
    if let Some(kind) = field(metadata, "type").filter(|kind| kind.known().is_some_and(|kind| kind != "object")) {
        let fact = "`metadata` is of type `object`";
        problems.push(Problem::new(code::CROSS_FIELD, kind, fact).help("write `type: object`"));
    }
}

fn set(schema: Value<'_>, key: &str) -> bool {
    field(schema, key).is_some_and(|value| value.as_bool() == Some(true))
}

fn node<'w>(schema: Value<'w>, whole: bool, problems: &mut Problems<'w>) {
    if !schema.is_mapping() {
        return;
    }
    for key in FORBIDDEN {
        if let Some(value) = field(schema, key).filter(|value| !value.is_empty() && value.known() != Some("")) {
            unwanted(value, format!("a schema of Kubernetes has no `{key}`"), "write the schema out", problems);
        }
    }
    if let Some(unique) = field(schema, "uniqueItems").filter(|unique| unique.as_bool() == Some(true)) {
        unwanted(
            unique,
            "a schema of Kubernetes has no `uniqueItems`",
            "write `x-kubernetes-list-type: set`",
            problems,
        );
    }
    if let Some(keep) =
        field(schema, "x-kubernetes-preserve-unknown-fields").filter(|keep| keep.as_bool() == Some(false))
    {
        let fact = "`x-kubernetes-preserve-unknown-fields` is true, or not there";
        unwanted(keep, fact, "remove it", problems);
    }
    if !of_type(schema, problems) {
        return;
    }
    nested(schema, problems);
    lists(schema, problems);
    if let Some(value) = field(schema, "pattern")
        && let Some(found) = value.known().and_then(pattern::fault)
    {
        let fault = Fault::new("a regular expression", found, "write one in the syntax of RE2");
        problems.push(fault.problem(code::EXPRESSION, value, "pattern"));
    }
    validations(schema, whole, problems);
    if let Some(value) = field(schema, "default") {
        default::check(value, schema, problems);
    }
    for key in LOGIC {
        items(schema, key).for_each(|part| logic(part, set(schema, "x-kubernetes-int-or-string"), problems));
    }
    if let Some(part) = field(schema, "not") {
        logic(part, false, problems);
    }
}

/// Checks the type. Whether anything more can be said.
fn of_type<'w>(schema: Value<'w>, problems: &mut Problems<'w>) -> bool {
    let either = set(schema, "x-kubernetes-int-or-string");
    let Some(kind) = field(schema, "type").filter(|kind| kind.known() != Some("")) else {
        let free = either || set(schema, "x-kubernetes-preserve-unknown-fields");
        if !free {
            problems
                .push(missing(code::REQUIRED, schema, "type", "a part of the schema has no type").help("write `type`"));
        }
        return free;
    };
    one_of(kind, "type", TYPES, problems);
    if either {
        let fact = "`x-kubernetes-int-or-string` is a type of its own";
        problems.push(Problem::new(code::CROSS_FIELD, kind, fact).help("remove `type`"));
    }
    if set(schema, "x-kubernetes-embedded-resource") && kind.known().is_some_and(|kind| kind != "object") {
        let fact = "an embedded resource is of type `object`";
        problems.push(Problem::new(code::CROSS_FIELD, kind, fact).help("write `type: object`"));
    }
    kind.known().is_none_or(|kind| TYPES.contains(&kind))
}

/// What a schema holds of others.
fn nested<'w>(schema: Value<'w>, problems: &mut Problems<'w>) {
    let properties = field(schema, "properties").filter(|properties| !properties.is_empty());
    let additional = field(schema, "additionalProperties");
    match (properties, additional) {
        (_, Some(value)) if value.as_bool() == Some(false) => {
            unwanted(
                value,
                "`additionalProperties` cannot be false; unknown fields are dropped",
                "remove it",
                problems,
            );
        }
        (Some(properties), Some(value)) if value.is_mapping() => problems.push(
            Problem::new(code::CROSS_FIELD, value, "a schema has `properties` or `additionalProperties`, not both")
                .at_key()
                .related(properties.key_or_span(), "`properties`")
                .help("keep one of them"),
        ),
        _ => {}
    }
    if let Some(value) = additional.filter(|value| value.is_mapping()) {
        node(value, false, problems);
    }
    for (_, value) in properties.into_iter().flat_map(Value::entries) {
        node(value, false, problems);
    }
    let of_items = field(schema, "items");
    match of_items {
        Some(list) if list.is_sequence() => {
            unwanted(list, "`items` is one schema for all items", "write a schema, not a list", problems);
        }
        Some(one) => node(one, false, problems),
        None if text(schema, "type").is("array") => problems.push(
            missing(code::REQUIRED, schema, "items", "the schema of a list does not say what its items are")
                .underline(schema.get("type").unwrap_or(schema).span())
                .help("write `items`"),
        ),
        None => {}
    }
}

fn lists<'w>(schema: Value<'w>, problems: &mut Problems<'w>) {
    let kind = text(schema, "type");
    if let Some(map) = field(schema, "x-kubernetes-map-type") {
        one_of(map, "x-kubernetes-map-type", &["granular", "atomic"], problems);
    }
    let keys = field(schema, "x-kubernetes-list-map-keys");
    let Some(list) = field(schema, "x-kubernetes-list-type") else {
        if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
            unwanted(keys, "only a list of type `map` has keys", "write `x-kubernetes-list-type: map`", problems);
        }
        return;
    };
    one_of(list, "x-kubernetes-list-type", &["atomic", "set", "map"], problems);
    if kind.known().is_some_and(|kind| kind != "array") {
        let fact = "`x-kubernetes-list-type` is for lists";
        unwanted(list, fact, "write `type: array`, or remove it", problems);
        return;
    }
    if list.known() != Some("map") {
        if let Some(keys) = keys.filter(|keys| !keys.is_empty() && list.known().is_some()) {
            unwanted(keys, "only a list of type `map` has keys", "write `x-kubernetes-list-type: map`", problems);
        }
        return;
    }
    if keys.is_none_or(Value::is_empty) {
        problems.push(
            missing(code::REQUIRED, schema, "x-kubernetes-list-map-keys", "a list of type `map` has no keys")
                .underline(list.span())
                .help("write `x-kubernetes-list-map-keys`"),
        );
        return;
    }
    let Some(of_items) = field(schema, "items") else { return };
    for key in keys.into_iter().flat_map(Value::items) {
        map_key(key, of_items, problems);
    }
}

/// A key of a list of type `map`: a scalar field of the items which is always there.
fn map_key<'w>(key: Value<'w>, of_items: Value<'w>, problems: &mut Problems<'w>) {
    let Some(name) = key.known() else { return };
    let Some(field_schema) = field(of_items, "properties").and_then(|properties| field(properties, name)) else {
        let fact = format!("the items have no field `{name}` that could be a key");
        problems.push(Problem::new(code::REFERENCE, key, fact).help("name a field of the items"));
        return;
    };
    if text(field_schema, "type").known().is_some_and(|kind| !SCALARS.contains(&kind)) {
        let fact = format!("the key `{name}` is no scalar");
        problems.push(Problem::new(code::CROSS_FIELD, key, fact).related(field_schema.key_or_span(), "the field"));
    }
    let required = items(of_items, "required").any(|item| item.known().is_none_or(|item| item == name));
    if !required && field(field_schema, "default").is_none() {
        let at = field(of_items, "required").unwrap_or(field_schema);
        problems.push(
            Problem::new(code::CROSS_FIELD, at, format!("the key `{name}` is neither required nor has a default"))
                .at_key()
                .related(key.span(), "it is a key of the list")
                .help(format!("add `{name}` to `required` of the items")),
        );
    }
}

fn validations<'w>(schema: Value<'w>, whole: bool, problems: &mut Problems<'w>) {
    for rule in items(schema, "x-kubernetes-validations").filter(|rule| rule.is_mapping()) {
        expression(rule, "rule", Scope::schema(schema, whole), problems);
        if text(rule, "messageExpression").known().is_some() {
            expression(rule, "messageExpression", Scope::schema(schema, whole).text(), problems);
        }
        if let Some(message) = field(rule, "message") {
            let fault = |text: &str| {
                let found = match text.trim() {
                    "" if !text.is_empty() => "blanks only",
                    text if text.contains(['\n', '\r']) => "a line break in it",
                    _ => return None,
                };
                Some(Fault::new("a message on one line", found, "write one line"))
            };
            checked(message, code::EXPRESSION, "message", fault, problems);
        }
        if let Some(reason) = field(rule, "reason") {
            one_of(reason, "reason", REASONS, problems);
        }
        if filled(rule, "fieldPath", problems)
            && let Some(path) = field(rule, "fieldPath")
        {
            let help = "start it with `.`";
            let fault = |text: &str| {
                (!text.starts_with(['.', '[']))
                    .then(|| Fault::new("a path into the value", "it starts elsewhere", help))
            };
            checked(path, code::EXPRESSION, "`fieldPath`", fault, problems);
        }
    }
}

/// Checks a part that only adds conditions.
fn logic<'w>(part: Value<'w>, either: bool, problems: &mut Problems<'w>) {
    if !part.is_mapping() {
        return;
    }
    for key in OUTSIDE {
        if let Some(value) = field(part, key).filter(|value| value.as_bool() != Some(false) && !value.is_empty()) {
            let fact = format!("`{key}` stands under a condition, where no schema of Kubernetes has it");
            unwanted(value, fact, "write it outside of `allOf`, `anyOf`, `oneOf` and `not`", problems);
        }
    }
    // The two types of int-or-string may be written out.
    if let Some(kind) = field(part, "type").filter(|kind| kind.known().is_some_and(|kind| !kind.is_empty()) && !either)
    {
        let fact = "`type` stands under a condition, where no schema of Kubernetes has it";
        unwanted(kind, fact, "write it outside of `allOf`, `anyOf`, `oneOf` and `not`", problems);
    }
    if let Some(value) = field(part, "pattern")
        && let Some(found) = value.known().and_then(pattern::fault)
    {
        let fault = Fault::new("a regular expression", found, "write one in the syntax of RE2");
        problems.push(fault.problem(code::EXPRESSION, value, "pattern"));
    }
    for (_, value) in field(part, "properties").into_iter().flat_map(Value::entries) {
        logic(value, false, problems);
    }
    for value in [field(part, "items"), field(part, "not")].into_iter().flatten() {
        logic(value, false, problems);
    }
    for key in LOGIC {
        items(part, key).for_each(|value| logic(value, either, problems));
    }
}
