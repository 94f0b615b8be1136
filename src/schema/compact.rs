//! The compact form in which schemas are kept under `schemas/`: what an OpenAPI schema says of structure, and
//! nothing else. A scalar type is a word, a reference to another definition is `"#name"`, a list is `[of what]`,
//! everything else is an object (`fields`, `required`, `values`, `items`, …).

use serde_json::{Map, Value as Json, json};

/// Whose schema is read: the two servers say different things with the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A definition of Kubernetes' own kinds: closed where fields are listed, null means absent.
    BuiltIn,
    /// The structural schema of a CustomResourceDefinition.
    Structural,
    /// A condition within one (`anyOf` and the like): it says nothing of which fields exist.
    Condition,
}

/// Definitions of Kubernetes that are scalars of their own, by the last part of their name.
const SCALARS: &[(&str, &str)] = &[
    (".intstr.IntOrString", "int-or-string"),
    (".api.resource.Quantity", "quantity"),
    (".v1.JSON", "any"),
    (".v1beta1.JSON", "any"),
    (".runtime.RawExtension", "object"),
    (".meta.v1.FieldsV1", "object"),
    (".meta.v1.Patch", "any"),
];

/// Bounds and conditions that are kept under a shorter name.
const LIMITS: &[(&str, &str)] = &[
    ("pattern", "pattern"),
    ("format", "format"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("multipleOf", "multiple"),
    ("minLength", "min-length"),
    ("maxLength", "max-length"),
    ("minItems", "min-items"),
    ("maxItems", "max-items"),
    ("minProperties", "min-fields"),
    ("maxProperties", "max-fields"),
];

/// The compact form of an OpenAPI schema.
pub fn compact(schema: &Json, dialect: Dialect) -> Json {
    let Json::Object(schema) = schema else { return Json::from("any") };
    if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
        let name = name.rsplit('/').next().unwrap_or(name);
        let scalar = SCALARS.iter().find(|(end, _)| name.ends_with(end));
        return scalar.map_or_else(|| Json::from(format!("#{name}")), |(_, word)| Json::from(*word));
    }
    let mut out = Map::new();
    if flag(schema, "x-kubernetes-int-or-string") {
        out.insert("type".into(), "int-or-string".into());
    } else if let Some(word) = type_word(schema) {
        collection(schema, word, dialect, &mut out);
    } else if dialect == Dialect::Condition {
        collection(schema, "", dialect, &mut out);
    } else {
        out.insert("type".into(), "any".into());
    }
    limits(schema, dialect, &mut out);
    if dialect == Dialect::Structural {
        for (from, to) in [("nullable", "nullable"), ("x-kubernetes-embedded-resource", "embedded")] {
            if flag(schema, from) {
                out.insert(to.into(), true.into());
            }
        }
        if let Some(default) = schema.get("default") {
            out.insert("default".into(), default.clone());
        }
    }
    shorten(out)
}

/// A served version of a CustomResourceDefinition.
#[derive(Clone, Debug)]
pub struct Served {
    /// `group/version`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// What is kept of it: its compact `schema`, its `scope`, and whether it has a `status` of its own.
    pub head: Json,
}

impl Served {
    /// The name under which the compact schemas keep it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.api_version, self.kind)
    }
}

/// The versions that the `spec` of a CustomResourceDefinition serves.
pub fn served(spec: &Json) -> impl Iterator<Item = Served> {
    let group = spec["group"].as_str().unwrap_or_default();
    let kind = spec["names"]["kind"].as_str().unwrap_or_default();
    let versions = spec["versions"].as_array().into_iter().flatten();
    versions.filter(|version| version["served"] != false).filter_map(move |version| {
        let open_api = &version["schema"]["openAPIV3Schema"];
        let mut schema = compact(open_api, Dialect::Structural);
        let fields = schema.get_mut("fields").and_then(Json::as_object_mut);
        for known in fields.into_iter() {
            known.retain(|name, _| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"));
        }
        // Its metadata is an ObjectMeta, whatever else the schema asks of it.
        let metadata = open_api.pointer("/properties/metadata").and_then(Json::as_object);
        if let Some(metadata) = metadata.filter(|metadata| metadata.contains_key("properties")) {
            let wanted = compact(&Json::Object(metadata.clone()), Dialect::Condition);
            let condition = json!({"condition": true, "fields": {"metadata": wanted}});
            match schema.get_mut("all").and_then(Json::as_array_mut) {
                Some(all) => all.push(condition),
                None => schema["all"] = json!([condition]),
            }
        }
        let mut head = json!({"custom": true, "scope": spec["scope"], "schema": schema});
        if !version["subresources"]["status"].is_null() {
            head["status"] = true.into();
        }
        let api_version = format!("{group}/{}", version["name"].as_str()?);
        Some(Served { api_version, kind: kind.to_owned(), head })
    })
}

fn flag(schema: &Map<String, Json>, key: &str) -> bool {
    schema.get(key) == Some(&Json::Bool(true))
}

/// The one type of a schema; that null is allowed beside it means that the field may be absent.
fn type_word(schema: &Map<String, Json>) -> Option<&str> {
    match schema.get("type")? {
        Json::String(word) => Some(word),
        Json::Array(words) => words.iter().filter_map(Json::as_str).find(|word| *word != "null"),
        _ => None,
    }
}

fn collection(schema: &Map<String, Json>, word: &str, dialect: Dialect, out: &mut Map<String, Json>) {
    let is_open = flag(schema, "x-kubernetes-preserve-unknown-fields");
    let fields = schema.get("properties").and_then(Json::as_object);
    let values = schema.get("additionalProperties").filter(|values| **values != Json::Bool(false));
    match (word, fields, values) {
        ("object" | "", Some(fields), _) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), compact(field, dialect))).collect();
            out.insert("fields".into(), Json::Object(fields));
            if is_open {
                out.insert("open".into(), true.into());
            }
        }
        ("object", None, Some(values)) => {
            out.insert("values".into(), compact(values, dialect));
        }
        // Without a list of fields, Kubernetes' own kinds take any; a structural schema takes none.
        ("object", None, None) if dialect == Dialect::Structural && !is_open => {
            out.insert("fields".into(), json!({}));
        }
        ("array", ..) => {
            let items = schema.get("items").map_or_else(|| "any".into(), |items| compact(items, dialect));
            out.insert("items".into(), items);
        }
        ("", ..) => {
            if let Some(items) = schema.get("items") {
                out.insert("items".into(), compact(items, dialect));
            }
        }
        (word, ..) => {
            out.insert("type".into(), word.into());
        }
    }
    if dialect == Dialect::Condition {
        out.insert("condition".into(), true.into());
        if !word.is_empty() {
            out.insert("type".into(), word.into());
        }
    }
    if let Some(required) = schema.get("required").filter(|required| **required != json!([])) {
        out.insert("required".into(), required.clone());
    }
    match schema.get("x-kubernetes-list-type").and_then(Json::as_str) {
        Some("map") => {
            if let Some(keys) = schema.get("x-kubernetes-list-map-keys") {
                out.insert("keys".into(), keys.clone());
            }
        }
        Some("set") => {
            out.insert("set".into(), true.into());
        }
        _ => {}
    }
}

fn limits(schema: &Map<String, Json>, dialect: Dialect, out: &mut Map<String, Json>) {
    for (from, to) in LIMITS {
        if let Some(value) = schema.get(*from) {
            out.insert((*to).into(), value.clone());
        }
    }
    for (from, bound, exclusive) in [("exclusiveMinimum", "min", "above"), ("exclusiveMaximum", "max", "below")] {
        if flag(schema, from)
            && let Some(value) = out.remove(bound)
        {
            out.insert(exclusive.into(), value);
        }
    }
    // Of Kubernetes' own kinds, only apiVersion and kind list their words.
    if let Some(words) = schema.get("enum").filter(|_| dialect != Dialect::BuiltIn) {
        out.insert("enum".into(), words.clone());
    }
    if flag(schema, "uniqueItems") && dialect == Dialect::Condition {
        out.insert("set".into(), true.into());
    }
    let is_either = out.get("type").is_some_and(|word| word == "int-or-string");
    for (from, to) in [("allOf", "all"), ("anyOf", "any"), ("oneOf", "one")] {
        let Some(Json::Array(branches)) = schema.get(from).filter(|_| dialect != Dialect::BuiltIn) else { continue };
        let kept: Vec<Json> = branches
            .iter()
            .filter(|branch| !(is_either && (says_int_or_string(branch) || from == "anyOf" && is_bare_type(branch))))
            .map(|branch| compact(branch, Dialect::Condition))
            .collect();
        if !kept.is_empty() {
            out.insert(to.into(), Json::Array(kept));
        }
    }
    if let Some(branch) = schema.get("not") {
        out.insert("not".into(), compact(branch, Dialect::Condition));
    }
}

/// Whether a branch only repeats what `x-kubernetes-int-or-string` says.
fn says_int_or_string(branch: &Json) -> bool {
    let Some(Json::Array(types)) = branch.get("anyOf") else { return false };
    branch.as_object().is_some_and(|branch| branch.len() == 1) && types.iter().all(is_bare_type)
}

fn is_bare_type(branch: &Json) -> bool {
    branch.as_object().is_some_and(|branch| branch.len() == 1 && branch.contains_key("type"))
}

/// The shortest way to write it: a word for a bare type, brackets for a bare list.
fn shorten(mut node: Map<String, Json>) -> Json {
    if node.len() == 1 {
        match node.iter().next() {
            Some((key, word)) if key == "type" => return word.clone(),
            Some((key, items)) if key == "items" => return json!([items]),
            _ => {}
        }
    }
    // Words sort fields the same way whatever order the input had.
    node.sort_keys();
    if let Some(Json::Object(fields)) = node.get_mut("fields") {
        fields.sort_keys();
    }
    Json::Object(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_is_kept_in_few_words() {
        for (schema, dialect, expected) in [
            (json!({"type": "string", "description": "x"}), Dialect::Structural, json!("string")),
            (
                json!({"type": ["integer", "null"], "format": "int32"}),
                Dialect::BuiltIn,
                json!({"format": "int32", "type": "integer"}),
            ),
            (json!({"type": "array", "items": {"type": "string"}}), Dialect::Structural, json!(["string"])),
            (json!({"type": "object"}), Dialect::Structural, json!({"fields": {}})),
            (json!({"type": "object"}), Dialect::BuiltIn, json!("object")),
            (json!({"x-kubernetes-preserve-unknown-fields": true}), Dialect::Structural, json!("any")),
            (
                json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^a$"}),
                Dialect::Structural,
                json!({"pattern": "^a$", "type": "int-or-string"}),
            ),
            (
                json!({"$ref": "#/$defs/io.k8s.api.core.v1.Container"}),
                Dialect::BuiltIn,
                json!("#io.k8s.api.core.v1.Container"),
            ),
            (
                json!({"$ref": "#/$defs/io.k8s.apimachinery.pkg.util.intstr.IntOrString"}),
                Dialect::BuiltIn,
                json!("int-or-string"),
            ),
            (
                json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
                Dialect::Structural,
                json!({"above": 0, "type": "integer"}),
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]}),
                Dialect::Structural,
                json!({"any": [{"condition": true, "required": ["a"]}], "fields": {"a": "string"}}),
            ),
        ] {
            assert_eq!(compact(&schema, dialect), expected, "{schema}");
        }
    }
}
