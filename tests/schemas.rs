//! What the program writes and reads, against the schemas it publishes.

mod case;

use case::{Case, cases, project};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn schema(path: &str) -> Value {
    let text = fs::read_to_string(project().join(path)).expect("a schema");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("a schema")
}

#[track_caller]
fn is_valid(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}:\n{}", errors.join("\n"));
}

/// The same schema, under which an object has no field that is not described. The published one is open,
/// since fields may be added; a field that nobody described fails here.
fn closed(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(map) => {
                if map.contains_key("properties") {
                    map.insert("additionalProperties".into(), json!(false));
                }
                map.values_mut().for_each(close);
            }
            Value::Array(list) => list.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

/// Every folder with something to lint: fixtures of rules and platforms.
fn folders() -> Vec<PathBuf> {
    let fixtures = cases("bad").into_iter().chain(cases("good")).map(|case| case.folder);
    fixtures.chain(case::platforms().into_iter().map(|(folder, _)| folder)).collect()
}

#[test]
fn schemas_are_schemas() {
    for path in ["schemas/config.schema.json", "schemas/report.schema.json", "schemas/graph.schema.json"] {
        let schema = schema(path);
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{path}");
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{path}");
    }
}

#[test]
fn every_json_report_is_as_published() {
    let validator = validator(&closed(schema("schemas/report.schema.json")));
    for folder in folders() {
        is_valid(&validator, &case::lint_json(&folder), &folder.display().to_string());
    }
}

#[test]
fn the_report_schema_refuses_what_is_no_report() {
    let validator = validator(&schema("schemas/report.schema.json"));
    let case = cases("bad").into_iter().next().expect("a fixture");
    let report = case::lint_json(&case.folder);
    is_valid(&validator, &report, "as it is");
    let changes: [(&str, Value); 8] = [
        ("/version", json!(2)),
        ("/summary/errors", json!(-1)),
        ("/findings/0/severity", json!("fatal")),
        ("/findings/0/line", json!(0)),
        ("/findings/0/category", json!("taste")),
        ("/findings/0/rule", json!("B001")),
        ("/findings/0/file", Value::Null),
        ("/findings/0/fingerprint", json!("")),
    ];
    for (pointer, value) in changes {
        let mut changed = report.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in a report")) = value;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
    for key in report.as_object().map(Map::keys).into_iter().flatten() {
        let mut changed = report.clone();
        changed.as_object_mut().expect("an object").remove(key);
        assert!(!validator.is_valid(&changed), "without {key}");
    }
}

#[test]
fn every_sarif_report_is_sarif() {
    let validator = validator(&schema("src/report/tests/sarif.schema.json"));
    for folder in folders() {
        let name = folder.display().to_string();
        let output = case::run(&folder, &["--format", "sarif", "--quiet"]);
        // What follows the report is what was said on standard error.
        let mut values = serde_json::Deserializer::from_slice(&output).into_iter::<Value>();
        let report = values.next().expect("a report").unwrap_or_else(|error| panic!("{name}: {error}"));
        is_valid(&validator, &report, &name);
        let run = &report["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let json = case::lint_json(&folder);
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), json["findings"].as_array().map_or(0, Vec::len), "{name}");
        let mut fingerprints = BTreeSet::new();
        for result in results {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[index]["id"], result["ruleId"], "{name}");
            assert!(fingerprints.insert(result["partialFingerprints"].to_string()), "{name}: two findings share one");
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let path = uri.as_str().expect("a path").replace("%20", " ");
            let repos = folder.join("repos");
            let states = ["after", "before"].map(|state| folder.join(state));
            let mut roots = [folder.clone(), repos.clone()].into_iter().chain(states).chain(case::folders(&repos));
            assert!(roots.any(|root| root.join(&path).is_file()), "{name}: {path}");
        }
    }
}

#[test]
fn every_config_in_the_fixtures_is_as_published() {
    let validator = validator(&schema("schemas/config.schema.json"));
    let mut configs = Vec::new();
    for folder in folders() {
        configs_in(&folder, &mut configs);
    }
    for path in configs {
        let text = fs::read_to_string(&path).expect("a config");
        let value: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        is_valid(&validator, &value, &path.display().to_string());
    }
}

fn configs_in(folder: &std::path::Path, into: &mut Vec<PathBuf>) {
    into.extend(
        ["tidegate.yaml", ".tidegate.yaml"].map(|name| folder.join(name)).into_iter().filter(|path| path.is_file()),
    );
    case::folders(folder).iter().for_each(|below| configs_in(below, into));
}

#[test]
fn fingerprints_tell_findings_apart_and_hold_no_value() {
    for Case { folder, .. } in cases("bad") {
        let report = case::lint_json(&folder);
        let findings = report["findings"].as_array().expect("findings");
        let prints: BTreeSet<&str> = findings.iter().filter_map(|finding| finding["fingerprint"].as_str()).collect();
        assert_eq!(prints.len(), findings.len(), "{}", folder.display());
    }
}
