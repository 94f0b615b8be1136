//! `--crds`: folders of definitions and of JSON schemas, as users have them.

mod repo;

use repo::Repo;

const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.harbour.example.org}
spec:
  group: harbour.example.org
  names: {kind: Boat, plural: boats}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {crew: {type: integer}}
              x-kubernetes-validations: [{rule: self.crew > 1, message: too few}]
";

const SCHEMA: &str = r#"{"type": "object", "properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec":
  {"type": "object", "required": ["crew"], "additionalProperties": false, "properties": {"crew": {"type": "integer"}}}}}"#;

fn boat(spec: &str) -> String {
    format!("apiVersion: harbour.example.org/v1\nkind: Boat\nmetadata: {{name: anna, namespace: port}}\nspec: {spec}\n")
}

/// Codes and pointers of what the schema family finds of a Boat with this spec, with one file of schemas.
fn told(path: &str, text: &str, spec: &str) -> Vec<String> {
    let repo = Repo::new(&[("apps/boat.yaml", &boat(spec)), (path, text)]);
    let words = ["apps", "--isolated", "--crds", "schemas", "--select", "schema", "--format", "json"];
    let report = repo.lint(&[&words[..], &["--fail-on", "never"]].concat()).exits(0).json();
    let findings = report["findings"].as_array().expect("findings");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings.iter().map(|one| format!("{} {}", text(&one["code"]), text(&one["pointer"]))).collect()
}

#[test]
fn definitions_and_both_layouts_of_json_schemas_are_read() {
    for (path, schema, spec, expected) in [
        ("schemas/boats.yaml", DEFINITION, "{crew: 2}", None),
        ("schemas/deep/er/boats.yaml", DEFINITION, "{crew: '2'}", Some("type /spec/crew")),
        ("schemas/boats.yaml", DEFINITION, "{crew: 1}", Some("failed /spec")),
        ("schemas/harbour.example.org/boat_v1.json", SCHEMA, "{crew: 2}", None),
        ("schemas/harbour.example.org/boat_v1.json", SCHEMA, "{crew: two}", Some("schema /spec/crew")),
        ("schemas/harbour.example.org/boat_v1.json", SCHEMA, "{crew: 2, cook: 1}", Some("unknown /spec/cook")),
        ("schemas/boat-harbour-v1.json", SCHEMA, "{}", Some("missing /spec/crew")),
        ("schemas/boat-harbour-v2.json", SCHEMA, "{}", Some("unknown /kind")),
    ] {
        let found = told(path, schema, spec);
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{path} {spec}");
    }
}

#[test]
fn a_folder_of_schemas_that_is_missing_ends_the_run() {
    let repo = Repo::new(&[("apps/boat.yaml", &boat("{}"))]);
    let ran = repo.lint(&["--crds", "nowhere"]).exits(2);
    assert!(ran.err.contains("nowhere: "), "{}", ran.err);
}

#[test]
fn the_config_names_folders_too() {
    let boat = boat("{crew: two}");
    let mut repo = vec![("apps/boat.yaml", boat.as_str()), ("schemas/harbour.example.org/boat_v1.json", SCHEMA)];
    let lint = |files: &[(&str, &str)], code: i32| {
        Repo::new(files).lint(&["--select", "schema/invalid-value", "--format", "json"]).exits(code)
    };
    assert_eq!(lint(&repo, 0).files(), [""; 0]);
    repo.push(("tidegate.yaml", "crds: [schemas]\n"));
    assert_eq!(lint(&repo, 1).files(), ["apps/boat.yaml"]);
    repo.pop();
    repo.push(("tidegate.yaml", "crds: [nowhere]\n"));
    let refused = lint(&repo, 2);
    assert!(refused.err.contains("nowhere"), "{}", refused.err);
}
