//! The published schema: that it is one, is stable, and agrees with the reader.

use super::*;
use serde_json::Value;

#[test]
fn it_is_a_valid_schema_in_a_stable_order() {
    let whole = schema(&rules());
    assert!(jsonschema::draft202012::meta::is_valid(&whole));
    assert!(jsonschema::draft202012::meta::is_valid(&schema(&[])));
    let mut turned = rules();
    turned.reverse();
    assert_eq!(whole.to_string(), schema(&turned).to_string());
    assert_eq!(whole.to_string(), schema(&rules()).to_string());
}

#[test]
fn every_property_is_described() {
    fn look(schema: &Value, path: &str) {
        let Some(Value::Object(properties)) = schema.get("properties") else { return };
        for (key, inner) in properties {
            let path = format!("{path}/{key}");
            assert!(inner["description"].is_string(), "{path} has no description");
            look(inner, &path);
            for deeper in ["items", "additionalProperties"] {
                inner.get(deeper).into_iter().for_each(|inner| look(inner, &path));
            }
        }
    }
    look(&schema(&rules()[..1]), "");
}

#[test]
fn definitions_of_rules_do_not_meet() {
    let of = |word: &str| json!({"type": "object", "properties": {"mode": {"$ref": "#/$defs/Mode"}}, "$defs": {"Mode": {"const": word}}});
    let rules = [
        RuleShape { id: "a/x", codes: Vec::new(), options: Some(of("one")) },
        RuleShape { id: "b/x", codes: Vec::new(), options: Some(of("two")) },
    ];
    let validator = jsonschema::validator_for(&schema(&rules)).expect("a schema");
    for (rule, mode, expected) in [("a/x", "one", true), ("a/x", "two", false), ("b/x", "two", true)] {
        let mut config = json!({"rules": {}});
        config["rules"][rule] = json!({"mode": mode});
        assert_eq!(validator.is_valid(&config), expected, "{rule} {mode}");
    }
}

#[test]
fn it_accepts_what_the_reader_accepts() {
    let validator = jsonschema::validator_for(&schema(&rules())).expect("a schema");
    for (text, expected) in [
        ("role: app", true),
        ("role: apps", false),
        ("roles: app", false),
        ("paths: {a/**: {role: app}}", true),
        ("paths: {a/**: app}", false),
        ("paths:", true),
        ("ownership: {app: [Secret, \"apps/*\"]}", true),
        ("ownership: {app: [secret]}", false),
        ("ownership: {runtime: []}", false),
        ("databases: {shared: [a/b]}", true),
        ("databases: {shared: [a/b/c]}", false),
        ("databases: {operator: {version: \"1.28.0\"}}", true),
        ("databases: {operator: {version: 1.28}}", false),
        ("databases: {namespaces: [A]}", false),
        ("databases: {client-label: x/y.z}", true),
        ("targets: {live: {roots: [a]}}", true),
        ("targets: {live: [a]}", false),
        ("versions: {kubernetes: \"1.30\"}", true),
        ("versions: {kubernetes: 1.30}", false),
        ("contracts: [../a]", true),
        ("contracts: [\"\"]", false),
        ("rules: {workload/floating-tag: \"off\"}", true),
        ("rules: {workload/floating-tag: loud}", false),
        ("rules: {workload/floating-tag: {severity: {none: note}}}", true),
        ("rules: {workload/floating-tag: {severity: {nothing: note}}}", false),
        ("rules: {cnpg/short-retention: {days: 3, mode: loose, window: null}}", true),
        ("rules: {cnpg/short-retention: {days: -3}}", false),
        ("rules: {cnpg/none: error}", false),
        ("allow: [{rule: workload/floating-tag, path: a, reason: x, until: \"2026-01-01\"}]", true),
        ("allow: [{rule: \"workload/floating-tag:none\", object: Pod/x, reason: x}]", true),
        ("allow: [{rule: workload/floating-tag, reason: x}]", false),
        ("allow: [{rule: workload/floating-tag, path: a}]", false),
        ("allow: [{rule: workload/floating-tag, object: x, reason: x}]", false),
        ("exclude: [a]", true),
        ("exclude: a", false),
    ] {
        let json: Value = serde_yaml::from_str(text).expect("YAML");
        assert_eq!(validator.is_valid(&json), expected, "the schema on {text}");
        assert_eq!(parse(text).is_ok(), expected, "the reader on {text}");
    }
}

#[test]
fn it_accepts_a_whole_config() {
    let json: Value = serde_yaml::from_str(WHOLE).expect("YAML");
    let validator = jsonschema::validator_for(&schema(&rules())).expect("a schema");
    assert!(validator.iter_errors(&json).next().is_none());
}
