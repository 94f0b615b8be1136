//! Charts of kustomizations, rendered by the helm that somebody names: here a script that stands for it.
#![cfg(unix)]

mod repo;

use repo::Repo;
use std::os::unix::fs::PermissionsExt;

/// A helm that prints one object, which tells how it was asked and what it read.
const HELM: &str = r#"#!/bin/sh
values=$(cat)
case "$*" in *broken*) echo "walk.go: something" >&2; echo "Error: chart \"broken\" not found" >&2; exit 1;; esac
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  asked: "%s"\n  in: "%s"\n  values: %s\n' "$*" "${PWD##*/}" "'$values'"
"#;

#[test]
fn charts_are_rendered_by_the_helm_that_is_named() {
    let kustomization = "namespace: shop\nhelmCharts:\n  - name: web\n    releaseName: web\n    valuesInline: {a: 1}\n";
    let repo = Repo::new(&[
        ("apps/kustomization.yaml", kustomization),
        ("apps/charts/web/Chart.yaml", "name: web\nversion: 1.0.0\n"),
        ("bin/helm", HELM),
    ]);
    std::fs::set_permissions(repo.path("bin/helm"), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let without = repo.run(&["render", "apps"]).exits(0);
    assert!(without.err.contains("web"), "what is missing is told: {}", without.err);
    let ran = repo.run(&["render", "apps", "--helm", "bin/helm", "--format", "json"]).exits(0);
    let object = &ran.json()[0];
    assert_eq!(object["metadata"], serde_json::json!({"name": "web", "namespace": "shop"}));
    assert_eq!(object["data"]["asked"], "template web charts/web --values -");
    assert_eq!(object["data"]["in"], "apps");
    assert_eq!(object["data"]["values"], r#"{"a":1}"#);
    let origins = repo.run(&["render", "apps", "--helm", "bin/helm", "--origins"]).exits(0);
    assert!(origins.out.contains("kind: ConfigMap  # decoded from apps/kustomization.yaml:3"), "{}", origins.out);

    repo.write("apps/kustomization.yaml", b"helmCharts:\n  - name: broken\n    repo: https://charts.example.com\n");
    let ran = repo.run(&["render", "apps", "--helm", "bin/helm"]).exits(2);
    let expected = "apps/kustomization.yaml:2:5: `helm template` fails: chart \"broken\" not found";
    assert!(ran.err.contains(expected), "{}", ran.err);
    let ran = repo.run(&["lint", "--helm", "bin/helm", "--format", "json"]).exits(1);
    assert_eq!(ran.json()["findings"][0]["rule"], "kustomize/build-failure");
    let ran = repo.run(&["render", "apps", "--helm", "bin/no-such-helm"]).exits(2);
    assert!(ran.err.contains("cannot be run"), "{}", ran.err);
}
