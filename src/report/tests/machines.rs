//! What a machine reads: JSON, SARIF and GitHub commands.

use super::*;
use serde_json::{Value, json};

fn parsed(run: &Run, format: Format) -> Value {
    serde_json::from_str(&run.write(format, &Style::default())).unwrap()
}

/// Filters for people, which no machine format but `github` may obey.
fn picky() -> Style {
    Style {
        severity_from: Severity::Error,
        confidence_from: Confidence::High,
        all: false,
        terminal: true,
        colour: true,
        quiet: true,
        ..Style::default()
    }
}

#[test]
fn json() {
    let mut run = shop();
    run.outcome.findings.truncate(1);
    run.outcome.summary.suppressed = 4;
    run.outcome.summary.held_back = Some(HeldBack { findings: 2, outdated: vec!["a.yaml: a/b:c".into()] });
    run.outcome.failures = vec![Failure { path: "b.yaml".into(), message: "is not UTF-8".into() }];
    let expected = r#"{
  "version": 1,
  "summary": {
    "files": 3,
    "documents": 214,
    "resources": 200,
    "targets": [
      "live"
    ],
    "errors": 1,
    "warnings": 0,
    "notes": 0,
    "suppressed": 4,
    "heldBack": 2,
    "outdated": 1,
    "undecided": 1,
    "versions": {
      "kubernetes": "1.36",
      "cnpg": "1.30"
    }
  },
  "findings": [
    {
      "rule": "cnpg/five-field-schedule",
      "code": "hourly",
      "severity": "error",
      "confidence": "high",
      "category": "reliability",
      "message": "backup runs every hour, not once a day",
      "file": "overlays/prod/kustomization.yaml",
      "line": 6,
      "column": 17,
      "endLine": 6,
      "endColumn": 26,
      "pointer": "/patches/0/patch",
      "places": [
        {
          "target": "live",
          "resource": {
            "apiVersion": "v1",
            "kind": "ScheduledBackup",
            "namespace": "shop",
            "name": "nightly"
          }
        },
        {
          "target": null,
          "resource": {
            "apiVersion": "v1",
            "kind": "ScheduledBackup",
            "namespace": "shop",
            "name": "nightly"
          }
        }
      ],
      "related": [
        {
          "file": "base/backup.yaml",
          "line": 3,
          "column": 14,
          "message": "the patch replaces this value, which was right",
          "revision": null
        }
      ],
      "notes": [
        "it reads this as second 0 of minute 4 of every hour: 24 backups a day"
      ],
      "help": "to run once a day at 04:00:00, put the seconds first",
      "url": "https://docs.example/cnpg/five-field-schedule",
      "fixes": [
        {
          "title": "to run once a day at 04:00:00, put the seconds first",
          "safe": true,
          "edits": [
            {
              "file": "overlays/prod/kustomization.yaml",
              "start": 112,
              "end": 112,
              "text": "0 "
            }
          ]
        }
      ],
      "fingerprint": "cnpg/five-field-schedule:code"
    }
  ],
  "undecided": [
    {
      "rule": "cnpg/backup-target",
      "file": "base/backup.yaml",
      "line": 2,
      "reason": "the value is ${SIZE}, which nothing in this repo defines"
    }
  ],
  "failures": [
    {
      "file": "b.yaml",
      "message": "is not UTF-8"
    }
  ]
}
"#;
    assert_eq!(run.write(Format::Json, &Style::default()), expected);
}

#[test]
fn machine_formats_leave_nothing_out() {
    for format in [Format::Json, Format::Sarif] {
        assert_eq!(shop().write(format, &picky()), shop().write(format, &Style::default()));
    }
    let report = parsed(&shop(), Format::Json);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        report["findings"][1]["help"],
        "run `sops --encrypt --in-place` on the file, or replace it with an ExternalSecret\n\
         change the password: the old one stays in the git history"
    );
}

#[test]
fn an_empty_run_is_a_whole_report() {
    let report = parsed(&Run::new(&[]), Format::Json);
    for list in ["findings", "undecided", "failures"] {
        assert_eq!(report[list], json!([]), "{list}");
    }
    let log = parsed(&Run::new(&[]), Format::Sarif);
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(Run::new(&[]).write(Format::Github, &Style::default()), "");
}

#[test]
fn sarif_results() {
    let log = parsed(&shop(), Format::Sarif);
    let run = &log["runs"][0];
    let ids: Vec<&Value> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    assert_eq!(ids, ["cnpg/five-field-schedule", "secrets/plaintext-secret", "workload/habit"]);
    assert_eq!(
        run["results"][0],
        json!({
            "ruleId": "cnpg/five-field-schedule",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "backup runs every hour, not once a day"},
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": {"uri": "overlays/prod/kustomization.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 6, "startColumn": 17, "endLine": 6, "endColumn": 26,
                        "byteOffset": 112, "byteLength": 9
                    }
                },
                "logicalLocations": [{
                    "name": "nightly", "fullyQualifiedName": "shop/ScheduledBackup/nightly", "kind": "resource"
                }]
            }],
            "relatedLocations": [{
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "base/backup.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 3, "startColumn": 14, "endLine": 3, "endColumn": 25,
                        "byteOffset": 41, "byteLength": 11
                    }
                },
                "message": {"text": "the patch replaces this value, which was right"}
            }],
            "partialFingerprints": {"tidegate/v1": "cnpg/five-field-schedule:code"},
            "fixes": [{
                "description": {"text": "to run once a day at 04:00:00, put the seconds first"},
                "artifactChanges": [{
                    "artifactLocation": {"uri": "overlays/prod/kustomization.yaml", "uriBaseId": "%SRCROOT%"},
                    "replacements": [{
                        "deletedRegion": {"startLine": 6, "startColumn": 17, "endLine": 6, "endColumn": 17},
                        "insertedContent": {"text": "0 "}
                    }]
                }]
            }],
            "properties": {"code": "hourly", "confidence": "high", "targets": ["live"]}
        })
    );
    assert_eq!(run["results"][2]["level"], "note");
}

#[test]
fn sarif_says_what_was_not_checked() {
    let mut run = shop();
    run.outcome.failures = vec![
        Failure { path: "my file.yaml".into(), message: "is not UTF-8".into() },
        Failure { path: String::new(), message: "no such revision".into() },
    ];
    let log = parsed(&run, Format::Sarif);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
    let levels: Vec<&Value> = notes.iter().map(|note| &note["level"]).collect();
    assert_eq!(levels, ["error", "error", "note"]);
    let uri = "/locations/0/physicalLocation/artifactLocation/uri";
    assert_eq!(notes[0].pointer(uri), Some(&json!("my%20file.yaml")));
    assert_eq!(notes[1].pointer(uri), None);
}

/// What SARIF 2.1.0 asks of the parts that are written here.
fn sarif_schema() -> Value {
    serde_json::from_str(include_str!("sarif.schema.json")).unwrap()
}

#[test]
fn sarif_is_sarif() {
    let validator = jsonschema::validator_for(&sarif_schema()).unwrap();
    let mut failing = shop();
    failing.outcome.failures = vec![Failure { path: "ü b.yaml".into(), message: "is not UTF-8".into() }];
    for run in [failing, Run::new(&[])] {
        let log = parsed(&run, Format::Sarif);
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut broken = parsed(&shop(), Format::Sarif);
    broken["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!validator.is_valid(&broken));
}

#[test]
fn github() {
    let mut run = shop();
    run.outcome.failures = vec![Failure { path: "a,b.yaml".into(), message: "100% broken".into() }];
    let several_lines = run.span(2, "metadata:\r\n  name: shop-db");
    run.outcome.findings.push(finding(
        "a/b",
        Severity::Warning,
        "of several lines",
        Label { span: several_lines, text: "".into() },
    ));
    let expected = "\
::error file=overlays/prod/kustomization.yaml,line=6,endLine=6,col=17,endColumn=26,title=cnpg/five-field-schedule::backup runs every hour, not once a day
::error file=shop/secret.yaml,line=9,endLine=9,col=13,endColumn=21,title=secrets/plaintext-secret::the password of Secret `shop/shop-db` is readable in the repository%0Ahelp: run `sops --encrypt --in-place` on the file, or replace it with an ExternalSecret
::notice file=shop/secret.yaml,line=6,endLine=6,col=1,endColumn=13,title=workload/habit::the type is the default
::warning file=shop/secret.yaml,line=3,endLine=4,title=a/b::of several lines
::error file=a%2Cb.yaml,title=not checked::100%25 broken
";
    assert_eq!(run.write(Format::Github, &Style::default()), expected);
    assert_eq!(run.write(Format::Github, &picky()).lines().count(), 3);
}

/// Two roots in one report: paths start at the folder that holds both.
#[test]
fn several_roots_keep_their_prefix() {
    let mut run = Run::new(&[]);
    run.sources = Sources::new(vec!["platform/".into(), "shop/".into()]);
    let id = run.sources.add(Source::new(1, "a.yaml", "a: 1\n"));
    run.outcome.findings =
        vec![finding("a/b", Severity::Error, "wrong", Label { span: Span::new(id, 0..1), text: "".into() })];
    assert_eq!(parsed(&run, Format::Json)["findings"][0]["file"], "shop/a.yaml");
    let uri = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
    assert_eq!(parsed(&run, Format::Sarif).pointer(uri), Some(&json!("shop/a.yaml")));
}
