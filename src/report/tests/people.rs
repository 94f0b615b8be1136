//! What a person reads: pretty and concise, with their summary.

use super::*;

const SHOP: &str = r#"error[cnpg/five-field-schedule]: backup runs every hour, not once a day
   ,-[k8s/overlays/prod/kustomization.yaml:6:17]
 5 |         path: /spec/schedule
 6 |         value: "0 4 * * *"
   :                 ^^^^^^^^^
   :                     `-- five fields; CloudNativePG reads six, seconds first
   `----
   ,-[k8s/base/backup.yaml:3:14]
 2 | spec:
 3 |   schedule: "0 0 3 * * *"
   :              -----------
   :                   `-- the patch replaces this value, which was right
   `----
  note: it reads this as second 0 of minute 4 of every hour: 24 backups a day
  note: in target live (shop/nightly), also in shop/nightly
  help: to run once a day at 04:00:00, put the seconds first
 6 -         value: "0 4 * * *"
 6 +         value: "0 0 4 * * *"
  docs: https://docs.example/cnpg/five-field-schedule

error[secrets/plaintext-secret]: the password of Secret `shop/shop-db` is readable in the repository
   ,-[k8s/shop/secret.yaml:9:13]
 8 |   user: ********
 9 |   password: ********
   :             ^^^^^^^^
   :                 `-- in plain text (masked here)
   `----
   ,-[k8s/shop/secret.yaml:2:1]
 1 | apiVersion: v1
 2 | kind: Secret
   : ------------
   :       `-- has no `sops:` block, so nothing encrypts it
 3 | metadata:
   `----
  help: run `sops --encrypt --in-place` on the file, or replace it with an
        ExternalSecret
  help: change the password: the old one stays in the git history

note[workload/habit]: the type is the default
   ,-[k8s/shop/secret.yaml:6:1]
 5 |   namespace: shop
 6 | type: Opaque
   : ^^^^^^^^^^^^
 7 | stringData:
   `----

rule                        errors     notes
cnpg/five-field-schedule         1         -
secrets/plaintext-secret         1         -
workload/habit                   -         1

2 errors, 0 warnings, 1 note in 214 manifests, 1 target, for Kubernetes 1.36 and CloudNativePG 1.30
1 fixable with --fix
1 question stayed undecided (--verbose lists them)
"#;

#[test]
fn pretty() {
    let style = Style { width: 80, ..Style::default() };
    assert_eq!(shop().write(Format::Pretty, &style), SHOP);
}

#[test]
fn colour_adds_codes_and_changes_no_text() {
    let style = Style { width: 80, colour: true, ..Style::default() };
    for format in [Format::Pretty, Format::Concise] {
        let coloured = shop().write(format, &style);
        assert!(coloured.starts_with("\u{1b}[31;1m") || coloured.contains(" \u{1b}[31;1merror["), "{coloured}");
        let mut plain = String::new();
        for (at, piece) in coloured.split("\u{1b}[").enumerate() {
            plain.push_str(if at == 0 { piece } else { piece.split_once('m').unwrap().1 });
        }
        assert_eq!(plain, shop().write(format, &Style { colour: false, ..style.clone() }));
    }
}

#[test]
fn concise() {
    let expected = "\
k8s/overlays/prod/kustomization.yaml:6:17: error[cnpg/five-field-schedule]: backup runs every hour, not once a day
k8s/shop/secret.yaml:9:13: error[secrets/plaintext-secret]: the password of Secret `shop/shop-db` is readable in the repository
k8s/shop/secret.yaml:6:1: note[workload/habit]: the type is the default

2 errors, 0 warnings, 1 note in 214 manifests, 1 target, for Kubernetes 1.36 and CloudNativePG 1.30
1 fixable with --fix
1 question stayed undecided:
  k8s/base/backup.yaml:2:1: cnpg/backup-target: the value is ${SIZE}, which nothing in this repo defines
";
    assert_eq!(shop().write(Format::Concise, &Style { verbose: true, ..Style::default() }), expected);
}

#[test]
fn nothing_to_report_is_one_line() {
    let mut run = Run::new(&[("a.yaml", "")]);
    run.outcome.summary.left_alone = vec![("chart templates", 2), ("Markdown", 1)];
    let line =
        "no findings in 214 manifests, 1 target (3 files left alone), for Kubernetes 1.36 and CloudNativePG 1.30\n";
    for format in [Format::Pretty, Format::Concise] {
        assert_eq!(run.write(format, &Style::default()), line);
        assert_eq!(run.write(format, &Style { quiet: true, ..Style::default() }), "");
    }
    let verbose = run.write(Format::Concise, &Style { verbose: true, ..Style::default() });
    assert_eq!(verbose, format!("{line}left alone: 2 chart templates, 1 Markdown\n"));
    run.outcome.failures = vec![Failure { path: "b.yaml".into(), message: "is not UTF-8".into() }];
    let text = run.write(Format::Concise, &Style::default());
    assert_eq!(text, format!("{line}1 file or folder could not be checked: see standard error\n"));
}

#[test]
fn failures_are_lines() {
    let mut run = Run::new(&[]);
    run.outcome.failures = vec![
        Failure { path: "b\u{1b}.yaml".into(), message: "is not UTF-8".into() },
        Failure { path: String::new(), message: "no such revision".into() },
    ];
    let masks = Masks::default();
    let texts = Texts { sources: &run.sources, masks: &masks, display: &|_| String::new() };
    let view = View { texts, outcome: &run.outcome, rule_docs: &docs };
    let mut out = Vec::new();
    failures(&view, &Style::default(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "error: b\u{fffd}.yaml: is not UTF-8\nerror: no such revision\n");
}

#[test]
fn a_person_sees_the_worst_first_and_three_of_a_rule() {
    let mut run = Run::new(&[("a.yaml", &"a: 1\n".repeat(9))]);
    let at = |line: u32, rule, severity, message: &str| {
        finding(
            rule,
            severity,
            message,
            Label { span: Span::new(SourceId(0), line * 5..line * 5 + 1), text: "".into() },
        )
    };
    let mut guess = at(7, "a/guess", Severity::Error, "guess");
    guess.confidence = Confidence::Low;
    let warnings = (0..5).map(|line| at(line, "a/many", Severity::Warning, &format!("warning {line}")));
    run.outcome.findings = warnings
        .chain([at(5, "b/worst", Severity::Error, "worst"), at(6, "c/mild", Severity::Note, "mild"), guess])
        .collect();
    let headers = |style: &Style| -> Vec<String> {
        let text = run.write(Format::Pretty, style);
        let kept = |line: &&str| line.contains("]: ") || line.starts_with("...") || line.starts_with("hidden");
        text.lines().filter(kept).map(str::to_owned).collect()
    };
    let person = Style {
        all: false,
        terminal: true,
        severity_from: Severity::Warning,
        confidence_from: Confidence::Medium,
        ..Style::default()
    };
    let expected = [
        "error[b/worst]: worst",
        "warning[a/many]: warning 0",
        "warning[a/many]: warning 1",
        "warning[a/many]: warning 2",
        "... and 2 more of a/many (--all shows them)",
        "hidden: 1 below warning (--severity-from), 1 of less than medium confidence (--confidence)",
    ];
    assert_eq!(headers(&person), expected);
    assert_eq!(headers(&Style::default()).len(), run.outcome.findings.len());
    assert_eq!(run.write(Format::Concise, &person).lines().take_while(|line| !line.is_empty()).count(), 6);
}

#[test]
fn a_fix_shows_every_file_it_changes() {
    let mut run = shop();
    let edits = vec![
        Edit { span: run.span(0, "0 4 * * *"), text: "@daily".into() },
        Edit { span: run.span(1, "spec:\n").before(), text: "metadata:\n  name: nightly\n".into() },
    ];
    run.outcome.findings.truncate(1);
    let backup = &mut run.outcome.findings[0];
    backup.helps = vec!["do both".into()];
    backup.fixes = vec![Fix { title: "do both".into(), safe: true, edits }];
    let text = run.write(Format::Pretty, &quiet());
    let expected = "  help: do both
 6 -         value: \"0 4 * * *\"
 6 +         value: \"@daily\"
        in k8s/base/backup.yaml
 2 + metadata:
 3 +   name: nightly
  docs: https://docs.example/cnpg/five-field-schedule
";
    assert!(text.contains(expected), "{text}");
    assert_eq!(text.matches("do both").count(), 1);
}

#[test]
fn problems_look_like_findings() {
    let run = Run::new(&[("tidegate.yaml", "rules:\n  a/b: off\n")]);
    let masks = Masks::default();
    let texts = Texts { sources: &run.sources, masks: &masks, display: &|id| run.sources.name(id).into_owned() };
    let wrong = Problem {
        severity: Severity::Error,
        message: "unknown rule `a/b`",
        labels: &[run.label(0, "a/b", "did you mean `a/c`?")],
        notes: &[],
        helps: &["`tidegate rules` lists them".to_owned()],
    };
    let mut out = Vec::new();
    problem(&texts, &quiet(), &wrong, &mut out).unwrap();
    let expected = "error: unknown rule `a/b`
   ,-[tidegate.yaml:2:3]
 1 | rules:
 2 |   a/b: off
   :   ^^^
   :    `-- did you mean `a/c`?
   `----
  help: `tidegate rules` lists them
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn formats_are_named() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    let error = "xml".parse::<Format>().unwrap_err().to_string();
    assert_eq!(error, "unknown format `xml`: use one of pretty, concise, json, sarif, github, gitlab, junit, markdown");
    let both: Destination = "json=out/a=b.json".parse().unwrap();
    assert_eq!(both, Destination { format: Format::Json, file: Some("out/a=b.json".into()) });
    assert_eq!("sarif".parse::<Destination>().unwrap().file, None);
    assert!("sarif=".parse::<Destination>().is_err());
}

#[test]
fn reports_go_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let run = shop();
    let masks = Masks::default();
    let texts = Texts { sources: &run.sources, masks: &masks, display: &|_| String::new() };
    let view = View { texts, outcome: &run.outcome, rule_docs: &docs };
    write_file(Format::Json, &view, &Style::default(), &path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), run.write(Format::Json, &Style::default()));
    assert!(write_file(Format::Json, &view, &Style::default(), &folder.path().join("none/a.json")).is_err());
}
