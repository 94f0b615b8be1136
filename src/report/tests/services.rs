//! What services read: JUnit, the Code Quality report of GitLab, and Markdown.

use super::*;
use serde_json::{Value, json};

/// The shop, with a failure and marks that every format has to escape.
fn run() -> Run {
    let mut run = shop();
    run.outcome.failures = vec![Failure { path: "a&b.yaml".into(), message: "is <not> UTF-8".into() }];
    let several_lines = run.span(2, "metadata:\r\n  name: shop-db");
    let label = Label { span: several_lines, text: "".into() };
    run.outcome.findings.push(finding("a/b", Severity::Warning, "ask @team about \"<b>\"", label));
    for finding in &mut run.outcome.findings {
        finding.fingerprint.push_str(":0");
    }
    run
}

fn verbose() -> Style {
    Style { verbose: true, ..Style::default() }
}

#[test]
fn junit() {
    assert_eq!(run().write(Format::Junit, &verbose()), include_str!("shop.junit.xml"));
}

#[test]
fn gitlab() {
    assert_eq!(run().write(Format::Gitlab, &verbose()), include_str!("shop.gitlab.json"));
}

#[test]
fn markdown() {
    assert_eq!(run().write(Format::Markdown, &verbose()), include_str!("shop.markdown.md"));
}

#[test]
fn services_show_what_a_person_asks_for() {
    let style = Style { severity_from: Severity::Warning, ..Style::default() };
    for format in [Format::Junit, Format::Gitlab, Format::Markdown] {
        let text = run().write(format, &style);
        assert!(text.contains("ask @") && !text.contains("the type is the default"), "{text}");
    }
    let text = run().write(Format::Markdown, &style);
    assert!(text.contains("<br>hidden: 1 below warning \\(--severity-from\\)<br>"), "{text}");
}

#[test]
fn a_clean_run_is_a_whole_report() {
    let run = Run::new(&[]);
    let write = |format| run.write(format, &Style::default());
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tidegate" tests="1" failures="0" errors="0" skipped="0" time="0">
  <testsuite name="tidegate" tests="1" failures="0" errors="0" skipped="0" time="0">
    <testcase name="no findings" classname="tidegate" time="0"/>
  </testsuite>
</testsuites>
"#;
    assert_eq!(write(Format::Junit), expected);
    assert_eq!(write(Format::Gitlab), "[]\n");
    let expected = "### tidegate: no findings\n\n<sub>no findings in 214 manifests, 1 target, for Kubernetes 1.36 and \
                    CloudNativePG 1.30</sub>\n";
    assert_eq!(write(Format::Markdown), expected);
}

#[test]
fn what_a_baseline_knows_is_counted() {
    let mut run = Run::new(&[]);
    run.outcome.summary.held_back = Some(HeldBack { findings: 7, outdated: Vec::new() });
    for format in [Format::Markdown, Format::Concise] {
        let text = run.write(format, &Style::default());
        assert!(text.contains("no findings, 7 held back by the baseline in 214 manifests"), "{text}");
    }
}

/// The counts that servers read are those of the cases.
#[test]
fn junit_is_xml_and_counts_right() {
    let xml = run().write(Format::Junit, &verbose());
    let document = roxmltree::Document::parse(&xml).unwrap();
    let suites = document.root_element().children().filter(|node| node.is_element());
    for node in suites.chain([document.root_element()]) {
        let number = |name: &str| node.descendants().filter(|child| child.has_tag_name(name)).count().to_string();
        for (attribute, element) in
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            assert_eq!(node.attribute(attribute), Some(number(element).as_str()), "{attribute}");
        }
    }
    let mut hostile = run();
    hostile.outcome.findings[0].message = "\u{0}\u{1b}]]><![CDATA[ &amp; \u{ffff}\"'\n".into();
    roxmltree::Document::parse(&hostile.write(Format::Junit, &verbose())).unwrap();
}

/// What GitLab asks of a Code Quality report.
#[test]
fn gitlab_takes_the_report() {
    let text = json!({"type": "string", "minLength": 1});
    let schema = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": false,
            "properties": {
                "description": text,
                "check_name": text,
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "additionalProperties": false,
                    "properties": {
                        "path": {"type": "string", "minLength": 1, "pattern": "^[^/]"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "additionalProperties": false,
                            "properties": {"begin": {"type": "integer", "minimum": 1}}
                        }
                    }
                }
            }
        }
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut failing = run();
    failing.outcome.failures.push(Failure { path: String::new(), message: "no such revision".into() });
    let report: Value = serde_json::from_str(&failing.write(Format::Gitlab, &Style::default())).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let entries = report.as_array().unwrap();
    let prints: std::collections::BTreeSet<&str> =
        entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
    assert_eq!((entries.len(), prints.len()), (6, 6), "each finding has a fingerprint of its own");
}

/// GitHub refuses 65,536 characters; what is left out is the mildest, and is counted.
#[test]
fn markdown_stays_below_the_limit() {
    let mut run = shop();
    run.outcome.findings.clear();
    let rules: Vec<&'static str> = (0..90).map(|at| &*format!("family/rule-{at:02}").leak()).collect();
    for at in 0..3000 {
        let severity = Severity::ALL[at % 3];
        let message = format!("value {at} {}", "`<&@#|*".repeat(at % 400));
        let mut found = finding(rules[at % 90], severity, &message, run.label(1, "spec", "here"));
        found.notes = vec!["a note".into()];
        run.outcome.findings.push(found);
    }
    run.outcome.failures =
        (0..500).map(|at| Failure { path: format!("{at}.yaml"), message: "<".repeat(5000) }).collect();
    let text = run.write(Format::Markdown, &Style::default());
    assert!(text.len() < 65_536, "{}", text.len());
    let shown = text.lines().filter(|line| line.starts_with("- `base/")).count();
    let more = text.lines().find_map(|line| line.strip_prefix("**and ")?.strip_suffix(" lists them all")).unwrap();
    assert!(more.starts_with(&format!("{} more findings**", 3000 - shown)), "{shown} {more}");
    assert!(shown > 20 && text.contains("**error**") && !text.contains("**note**"));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}
