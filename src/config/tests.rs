//! Whole files: what reads, what is refused with which words at which place, and that the published
//! schema agrees.

use super::*;
use crate::finding::Severity;
use serde_json::json;

fn rules() -> Vec<RuleShape<'static>> {
    let options = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Options",
        "type": "object",
        "properties": {
            "days": {"type": "integer", "format": "uint32", "minimum": 1, "maximum": 3650},
            "names": {"type": "array", "items": {"type": "string"}},
            "mode": {"$ref": "#/$defs/Mode"},
            "window": {"anyOf": [{"$ref": "#/$defs/Window"}, {"type": "null"}]},
        },
        "additionalProperties": false,
        "$defs": {
            "Mode": {"oneOf": [{"type": "string", "const": "strict"}, {"type": "string", "const": "loose"}]},
            "Window": {
                "type": "object",
                "properties": {"from": {"type": "string"}},
                "required": ["from"],
                "additionalProperties": false,
            },
        },
    });
    vec![
        RuleShape { id: "workload/floating-tag", codes: vec!["latest", "none"], options: None },
        RuleShape { id: "cnpg/short-retention", codes: vec!["short"], options: Some(options) },
        RuleShape { id: "cnpg/never-backed-up", codes: vec!["no-schedule", "suspended"], options: None },
    ]
}

fn parse(text: &str) -> Result<Config, Vec<ConfigError>> {
    read(SourceId(7), text.into(), &rules())
}

const WHOLE: &str = r#"# who we are
role: platform
paths:
  deploy/*/tenants/**: {role: app}
  deploy/edge/tenants/probe: {role: runtime}
ownership:
  app: [postgresql.cnpg.io/Database, ConfigMap, "batch/*"]
databases:
  shared: [data/tenants-pg]
  namespaces: [data, data-edge]
  operator: {namespace: cnpg-system, version: "1.28"}
  client-label: example.org/database-client
targets:
  edge: {roots: [./deploy/edge/, .]}
versions: {kubernetes: "1.30", cnpg: v1.27.1, flux: "2.8"}
contracts: [../base, contract.json]
rules:
  cnpg/short-retention: {severity: warning, days: 14, mode: strict, window: {from: "02:00"}}
  workload/floating-tag: off
  cnpg/never-backed-up:
    severity: {suspended: note, no-schedule: off}
allow:
  - {rule: "cnpg/never-backed-up:suspended", object: data/Cluster/tenants-pg, reason: moved elsewhere, until: 2027-02-28}
  - rule: workload/floating-tag
    path: vendor
    reason: not ours
exclude: ["docs/**", notes]
"#;

fn at(text: &str, span: Option<Span>) -> &str {
    &text[span.expect("written").range()]
}

#[test]
fn a_whole_file_reads() {
    let config = parse(WHOLE).expect("a config");
    assert_eq!(config.source, Some(SourceId(7)));
    let role = config.role.as_ref().expect("a role");
    assert_eq!((role.value, at(WHOLE, role.span)), (Role::Platform, "platform"));
    assert_eq!(at(WHOLE, config.paths[0].pattern.span), "deploy/*/tenants/**");
    assert!(!config.ownership.platform.is_written());
    assert_eq!(at(WHOLE, config.ownership.app.written), "app");
    let shared = config.databases.shared_entry("data", "tenants-pg").expect("shared");
    assert_eq!(at(WHOLE, shared.span), "data/tenants-pg");
    assert_eq!(config.databases.namespaces.len(), 2);
    assert_eq!(config.databases.operator.namespace.as_ref().map(|name| name.value.as_str()), Some("cnpg-system"));
    assert_eq!(at(WHOLE, config.databases.operator.version.as_ref().and_then(|v| v.span)), "\"1.28\"");
    assert_eq!(
        config.databases.client_label.as_ref().map(|label| label.value.as_str()),
        Some("example.org/database-client")
    );
    let roots: Vec<&str> = config.targets[0].roots.iter().map(|root| root.value.as_str()).collect();
    assert_eq!((config.targets[0].name.value.as_str(), roots), ("edge", vec!["deploy/edge", "."]));
    assert_eq!(config.versions.kubernetes.as_ref().map(|version| version.value.as_str()), Some("1.30"));
    assert_eq!(config.cnpg_version().map(|version| version.value.as_str()), Some("v1.27.1"));
    assert_eq!(config.versions.flux.as_ref().map(|version| version.value.as_str()), Some("2.8"));
    assert_eq!(config.contracts[0].value, "../base");
    assert!(config.excludes("docs/a.md") && config.excludes("notes/x/y.yaml") && !config.excludes("deploy/a.yaml"));
}

#[test]
fn rules_and_allow_entries_read() {
    let config = parse(WHOLE).expect("a config");
    let retention = config.rule("cnpg/short-retention").expect("the rule");
    assert_eq!((retention.off, retention.severity), (false, Some(Severity::Warning)));
    assert_eq!(at(WHOLE, retention.id.span), "cnpg/short-retention");
    assert_eq!(
        serde_json::Value::Object(config.options_of("cnpg/short-retention").expect("options").clone()),
        json!({"days": 14, "mode": "strict", "window": {"from": "02:00"}})
    );
    assert_eq!(config.options_of("cnpg/never-backed-up"), None);
    for (rule, code, expected) in [
        ("cnpg/short-retention", "short", Some(Severity::Warning)),
        ("workload/floating-tag", "latest", None),
        ("cnpg/never-backed-up", "suspended", Some(Severity::Note)),
        ("cnpg/never-backed-up", "no-schedule", None),
        ("cnpg/other", "x", Some(Severity::Error)),
    ] {
        assert_eq!(config.severity_of(rule, code, Severity::Error), expected, "{rule}:{code}");
    }
    let [first, second] = &config.allow[..] else { panic!("two entries") };
    assert_eq!((first.rule.as_str(), first.code.as_deref()), ("cnpg/never-backed-up", Some("suspended")));
    assert_eq!(first.object.as_ref().map(ToString::to_string).as_deref(), Some("data/Cluster/tenants-pg"));
    assert_eq!(first.until, Some(jiff::civil::date(2027, 2, 28)));
    assert!(WHOLE[first.span.range()].starts_with("{rule:") && WHOLE[first.span.range()].ends_with('}'));
    assert_eq!((second.reason.as_str(), &WHOLE[second.span.range()]), ("not ours", "rule: workload/floating-tag"));
    assert!(second.path.as_ref().is_some_and(|glob| glob.matches("vendor/a.yaml")));
}

#[test]
fn of_several_paths_the_last_wins() {
    let config = parse(WHOLE).expect("a config");
    for (path, expected) in [
        ("deploy/edge/tenants/shop/a.yaml", Role::App),
        ("deploy/edge/tenants/probe/a.yaml", Role::Runtime),
        ("deploy/core/tenants/probe/a.yaml", Role::App),
        ("deploy/edge/base/a.yaml", Role::Platform),
        ("deploy/edge/eu/tenants/a.yaml", Role::Platform),
    ] {
        assert_eq!(config.role_of(path).map(|role| role.value), Some(expected), "{path}");
    }
    assert_eq!(Config::default().role_of("a.yaml"), None);
}

#[test]
fn ownership_is_the_default_until_it_is_written() {
    let written = parse(WHOLE).expect("a config");
    let default = Config::default();
    for (role, group, kind, by_default, as_written) in [
        (Role::Platform, "postgresql.cnpg.io", "Cluster", true, true),
        (Role::Platform, "networking.k8s.io", "NetworkPolicy", true, true),
        (Role::Platform, "", "Cluster", false, false),
        (Role::App, "postgresql.cnpg.io", "Database", true, true),
        (Role::App, "postgresql.cnpg.io", "DatabaseRole", true, false),
        (Role::App, "", "ConfigMap", false, true),
        (Role::App, "batch", "CronJob", false, true),
        (Role::Runtime, "postgresql.cnpg.io", "Cluster", false, false),
    ] {
        assert_eq!(default.owns(role, group, kind), by_default, "default {role} {group}/{kind}");
        assert_eq!(written.owns(role, group, kind), as_written, "written {role} {group}/{kind}");
    }
}

#[test]
fn nothing_written_is_the_default() {
    let sections = "paths:\nownership:\ndatabases:\ntargets:\nversions:\ncontracts:\ncrds:\nrules:\nallow:\nexclude:\n";
    for text in ["", "\n\n", "# only a comment\n", "---\n", "{}\n", "~\n", sections] {
        let config = parse(text).unwrap_or_else(|errors| panic!("{text:?}: {errors:?}"));
        assert!(config.role.is_none() && config.rules.is_empty() && config.allow.is_empty(), "{text:?}");
        assert_eq!(config.ownership, Ownership::default());
    }
}

#[test]
fn aliases_and_merge_keys_read() {
    let text = "allow:\n- &a {rule: workload/floating-tag, path: x, reason: old}\n- {<<: *a, path: y}\n\
                exclude: &e [p]\ncontracts: *e\n";
    let config = parse(text).expect("a config");
    assert_eq!(config.allow[1].path.as_ref().map(PathGlob::as_str), Some("y"));
    assert_eq!((config.allow[1].reason.as_str(), config.contracts[0].value.as_str()), ("old", "p"));
}

mod published;
mod refused;
