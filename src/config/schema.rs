//! The JSON schema of the config file: published for editors, and what `read` checks against. It says
//! all that a schema can say; titles are the nouns that error messages use.

use super::ownership::{APP_KINDS, PLATFORM_KINDS};
use super::{Level, Role, RuleShape};
use serde_json::{Map, Value, json};

/// Title of every version, by which an unquoted one is told apart from other numbers.
pub(super) const VERSION: &str = "version";

/// The JSON schema (draft 2020-12) of a config file that may speak of `rules`.
pub fn schema(rules: &[RuleShape<'_>]) -> Value {
    let mut rules: Vec<&RuleShape<'_>> = rules.iter().collect();
    rules.sort_by_key(|rule| rule.id);
    let mut definitions = Map::new();
    let by_rule: Map<String, Value> =
        rules.iter().map(|rule| (rule.id.to_owned(), rule_value(rule, &mut definitions))).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tidegate config",
        "description": "What tidegate is told about a repo: `tidegate.yaml` at its root.",
        "type": ["object", "null"],
        "properties": {
            "role": role("What this repo is for."),
            "paths": paths(),
            "ownership": ownership(),
            "databases": databases(),
            "targets": targets(),
            "versions": versions(),
            "contracts": texts("Platforms this repo relies on: checkouts, or exported contract files.", "contract"),
            "crds": texts(
                "Folders with the schemas of custom kinds, from here: CustomResourceDefinitions or JSON schemas.",
                "folder",
            ),
            "rules": section("What to change about single rules.", by_rule),
            "allow": allow(&rules),
            "exclude": texts("Files that do not belong to the run, as path patterns.", "path pattern"),
        },
        "additionalProperties": false,
    });
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    schema
}

/// A mapping with known keys, which may also be written without a value.
fn section(description: &str, properties: Map<String, Value>) -> Value {
    json!({
        "description": description,
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    })
}

fn properties<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A text that has to match `pattern`; `hint` says how to write it.
fn pattern(title: &str, description: &str, pattern: &str, hint: &str) -> Value {
    json!({
        "title": title,
        "description": description,
        "type": "string",
        "pattern": pattern,
        "patternErrorMessage": hint,
    })
}

fn texts(description: &str, title: &str) -> Value {
    json!({
        "description": description,
        "type": ["array", "null"],
        "items": {"title": title, "type": "string", "minLength": 1},
    })
}

fn role(description: &str) -> Value {
    json!({
        "title": "role",
        "description": description,
        "type": "string",
        "enum": Role::ALL.map(Role::name),
    })
}

fn version(description: &str) -> Value {
    pattern(
        VERSION,
        description,
        r"^v?[0-9]{1,5}\.[0-9]{1,5}(\.[0-9]{1,5})?$",
        "write major and minor in quotes, as in \"1.34\"",
    )
}

fn paths() -> Value {
    json!({
        "description": "Roles by path pattern, for a repo that holds several; of several that match, the last wins.",
        "type": ["object", "null"],
        "additionalProperties": {
            "type": "object",
            "properties": {"role": role("What the files of this pattern are for.")},
            "required": ["role"],
            "additionalProperties": false,
        },
    })
}

fn ownership() -> Value {
    let kinds = |role: &str, default: &[&str]| {
        json!({
            "description": format!("Kinds that belong to {role}, as `group/Kind`; `Kind` alone is of the core group."),
            "type": "array",
            "items": pattern(
                "kind",
                "An API group without a version, and a kind or `*`.",
                r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?([A-Z][A-Za-z0-9]*|\*)$",
                "write `group/Kind` without a version, as in `apps/Deployment`, or `Kind` for the core group",
            ),
            "default": default,
        })
    };
    section(
        "Who may hold which kinds.",
        properties([("platform", kinds("the platform", &PLATFORM_KINDS)), ("app", kinds("the apps", &APP_KINDS))]),
    )
}

fn namespace(description: &str) -> Value {
    pattern(
        "namespace",
        description,
        "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        "write lower-case letters, digits and `-`",
    )
}

fn databases() -> Value {
    let shared = json!({
        "description": "Database clusters that several apps use.",
        "type": ["array", "null"],
        "items": pattern(
            "database cluster",
            "Namespace and name of a Cluster.",
            r"^[^/\s]+/[^/\s]+$",
            "write `namespace/name`, as in `databases/main`",
        ),
    });
    let namespaces = json!({
        "description": "Namespaces that hold databases.",
        "type": ["array", "null"],
        "items": namespace("A namespace."),
    });
    let operator = section(
        "The CloudNativePG operator.",
        properties([
            ("namespace", namespace("The namespace the operator runs in.")),
            ("version", version("The version of the operator.")),
        ]),
    );
    let client_label = pattern(
        "label key",
        "The label that marks Pods which may reach a database.",
        "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        "write the key alone, as in `example.org/database-client`",
    );
    section(
        "What is known of databases.",
        properties([
            ("shared", shared),
            ("namespaces", namespaces),
            ("operator", operator),
            ("client-label", client_label),
        ]),
    )
}

fn targets() -> Value {
    json!({
        "description": "What each cluster gets, where Flux or Argo CD entry points do not say it.",
        "type": ["object", "null"],
        "additionalProperties": {
            "type": "object",
            "properties": {
                "roots": {
                    "description": "Folders that are applied to the target, relative to this file.",
                    "type": "array",
                    "items": {"title": "folder", "type": "string", "minLength": 1},
                    "minItems": 1,
                },
            },
            "required": ["roots"],
            "additionalProperties": false,
        },
    })
}

fn versions() -> Value {
    section(
        "Versions to assume, where the repo does not say them.",
        properties([
            ("kubernetes", version("The Kubernetes version of the clusters.")),
            ("cnpg", version("The version of the CloudNativePG operator.")),
            ("flux", version("The version of Flux.")),
        ]),
    )
}

fn level(description: &str) -> Value {
    json!({
        "title": "severity",
        "description": description,
        "type": "string",
        "enum": Level::WORDS,
    })
}

/// A word, or a mapping with these keys. Written with `if`, since `oneOf` loses the place of a fault.
fn word_or_mapping(description: &str, properties: Map<String, Value>) -> Value {
    json!({
        "description": description,
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"title": "severity", "enum": Level::WORDS},
        "properties": properties,
        "additionalProperties": false,
    })
}

fn rule_value(rule: &RuleShape<'_>, definitions: &mut Map<String, Value>) -> Value {
    let by_code = rule.codes.iter().map(|code| ((*code).to_owned(), level("Severity of this code."))).collect();
    let severity = word_or_mapping("Severity of the rule, or of single codes.", by_code);
    let mut known = properties([("severity", severity)]);
    let mut required = None;
    if let Some(options) = &rule.options {
        let mut options = options.clone();
        let prefix = rule.id.replace('/', ".");
        rename_references(&mut options, &prefix);
        if let Some(Value::Object(own)) = options.get_mut("$defs").map(Value::take) {
            definitions.extend(own.into_iter().map(|(name, value)| (format!("{prefix}.{name}"), value)));
        }
        if let Some(Value::Object(fields)) = options.get_mut("properties").map(Value::take) {
            known.extend(fields.into_iter().filter(|(name, _)| name != "severity"));
        }
        required = options.get_mut("required").map(Value::take);
    }
    let mut value =
        word_or_mapping("`off`, a severity, or a mapping with `severity` and the options of the rule.", known);
    if let Some(required) = required {
        value["required"] = required;
    }
    value
}

/// Definitions of all rules share one place: each name gets its rule in front.
fn rename_references(value: &mut Value, prefix: &str) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match (key.as_str(), &inner) {
                    ("$ref", Value::String(target)) => {
                        if let Some(name) = target.strip_prefix("#/$defs/") {
                            *inner = Value::String(format!("#/$defs/{prefix}.{name}"));
                        }
                    }
                    _ => rename_references(inner, prefix),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| rename_references(inner, prefix)),
        _ => {}
    }
}

fn allow(rules: &[&RuleShape<'_>]) -> Value {
    let mut names: Vec<String> = Vec::new();
    for rule in rules {
        names.push(rule.id.to_owned());
        names.extend(rule.codes.iter().map(|code| format!("{}:{code}", rule.id)));
    }
    json!({
        "description": "Findings that are accepted, for files that cannot hold a comment and for rendered objects.",
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {
                "rule": {
                    "title": "rule",
                    "description": "The rule, or one code of it as `rule:code`.",
                    "type": "string",
                    "enum": names,
                },
                "object": pattern(
                    "object",
                    "Objects concerned, `*` for any text within a part.",
                    r"^([^/\s]+/)?[A-Z*][A-Za-z0-9*]*/[^/\s]+$",
                    "write `namespace/Kind/name`, or `Kind/name` for any namespace",
                ),
                "path": {
                    "title": "path pattern",
                    "description": "Files concerned, as a path pattern.",
                    "type": "string",
                    "minLength": 1,
                },
                "reason": pattern("reason", "Why this is accepted.", r"\S", "write a reason that others will understand"),
                "until": pattern(
                    "date",
                    "The last day on which the entry holds.",
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                    "write year, month and day, as in 2026-12-31",
                ),
            },
            "required": ["rule", "reason"],
            "anyOf": [{"required": ["object"]}, {"required": ["path"]}],
            "additionalProperties": false,
        },
    })
}
