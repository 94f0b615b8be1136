//! Options, exit status and messages, through the program.

mod repo;

use repo::{FAULTY, FOUND, HARMLESS, RULE, Repo, program, run};
use std::process::Stdio;

fn faulty() -> Repo {
    Repo::new(&[("apps/orders.yaml", FAULTY), ("apps/settings.yaml", HARMLESS)])
}

#[test]
fn the_exit_status_goes_by_severity() {
    let repo = faulty();
    for (arguments, code) in [
        (&["--fail-on", "warning"][..], 1),
        (&["--fail-on", "note"], 1),
        (&["--fail-on", "error"], 0),
        (&[], 0),
        (&["--fail-on", "never"], 0),
        (&["--severity", "cnpg/superuser-access=error"], 1),
        (&["--severity", "cnpg/superuser-access:enabled=error"], 1),
        (&["--severity", "cnpg/superuser-access=off", "--fail-on", "note"], 0),
        (&["--severity", "cnpg/superuser-access=error", "--fail-on", "never"], 0),
        (&["--severity-from", "error", "--fail-on", "warning"], 1),
        (&["--format", "sarif", "--fail-on", "warning"], 1),
        (&["--format", "github", "--fail-on", "warning", "--quiet"], 1),
    ] {
        let ran = repo.lint(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
    }
}

#[test]
fn what_is_undecided_counts_only_if_strict() {
    let open = FAULTY.replace("enableSuperuserAccess: true", "enableSuperuserAccess: ${SUPERUSER}");
    let repo = Repo::new(&[("orders.yaml", &open)]);
    let ran = repo.lint(&[]).exits(0);
    assert!(ran.out.contains("1 question stayed undecided"), "{}", ran.out);
    repo.lint(&["--strict"]).exits(1);
    let listed = repo.lint(&["--verbose"]).exits(0);
    assert!(listed.out.contains("orders.yaml:7:26: cnpg/superuser-access: "), "{}", listed.out);
}

#[test]
fn bad_options_are_told_on_standard_error_alone() {
    let repo = faulty();
    for (arguments, expected) in [
        (&["--nonsense"][..], "unexpected argument '--nonsense'"),
        (&["--select", "cnpg/superuser-acces"], "  help: did you mean `cnpg/superuser-access`?"),
        (&["--select", "superuser-access"], "  help: did you mean `cnpg/superuser-access`?"),
        (&["--ignore", "cnpq"], "  help: did you mean `cnpg`?"),
        (&["--select", "zzz"], "error: unknown rule or family `zzz`\n  help: `tidegate rules` lists them\n"),
        (&["--severity", "cnpg/superuser-access"], "error: `cnpg/superuser-access` names no severity\n  help: "),
        (
            &["--severity", "cnpg/superuser-access=eror"],
            "error: unknown severity `eror`\n  help: did you mean `error`?",
        ),
        (&["--severity", "cnpg/superuser-access:enable=off"], "  help: did you mean `enabled`?"),
        (&["--severity", "cnpg/superuser=off"], "error: unknown rule `cnpg/superuser`"),
        (&["--format", "jsno"], "unknown format `jsno`"),
        (&["--format", "json", "--format", "sarif"], "  help: name a file for one of them, as in --format sarif=FILE"),
        (&["--format", "json=a.json", "--format", "sarif=a.json"], "error: two reports go to the file a.json"),
        (&["--format", "json=a.json", "--output", "b"], "error: --output has nothing to write"),
        (&["--fail-on", "eror"], "invalid value 'eror'"),
        (&["--jobs", "0"], "0 is not in 1..=1024"),
        (&["--max-file-size", "1TB"], "`tb` is no unit"),
        (&["--kubernetes-version", "latest"], "error: "),
        (&["--target", "live"], "error: unknown target `live`"),
        (&["--config", "none.yaml"], "error: none.yaml: not found"),
        (&["--config", "apps"], "error: apps: a folder, not a file"),
        (&["--config", "a", "--no-config"], "cannot be used with"),
        (&["--stdin-filename", "a.yaml"], "error: --stdin-filename goes with the path `-`"),
        (&["-", "-"], "error: standard input can be read once only"),
        (&["--quiet", "--verbose"], "cannot be used with"),
    ] {
        let mut all = vec!["lint"];
        all.extend(arguments);
        let ran = repo.run(&all);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(expected), "{arguments:?}:\n{}", ran.err);
    }
    let none = repo.run(&[]).exits(2);
    assert!(none.out.is_empty() && none.err.contains("Usage: tidegate <COMMAND>"), "{none:?}");
}

#[test]
fn rules_can_be_named_by_family() {
    let repo = faulty();
    for (arguments, count) in [
        (&["--select", "cnpg/superuser-access"][..], 1),
        (&["--select", "cnpg/*", "--ignore", "cnpg/superuser-access"], 0),
        (&["--select", "cnpg,cnpg/superuser-access"], 1),
        (&["--select", "all"], 1),
        (&["--ignore", "cnpg"], 0),
    ] {
        let mut all = vec!["lint", "--format", "json"];
        all.extend(arguments);
        let report = repo.run(&all).json();
        let findings = report["findings"].as_array().expect("findings");
        assert_eq!(findings.iter().filter(|finding| finding["rule"] == RULE).count(), count, "{arguments:?}");
    }
}

#[test]
fn a_broken_config_is_located_and_nothing_is_run() {
    for (config, place, expected) in [
        ("roles: platform\n", "tidegate.yaml:1:1", "did you mean `role`?"),
        ("role: platform\nrole: app\n", "tidegate.yaml:2:1", "key `role` stands twice"),
        ("role: [platform\n", "tidegate.yaml:", "error: "),
        ("rules:\n  cnpg/superuser-acces: off\n", "tidegate.yaml:2:3", "did you mean `cnpg/superuser-access`?"),
        ("rules:\n  cnpg/superuser-access: loud\n", "tidegate.yaml:2:26", "error: "),
    ] {
        let repo = faulty();
        repo.write("tidegate.yaml", config.as_bytes());
        let ran = repo.lint(&[]).exits(2);
        assert_eq!(ran.out, "", "{config}");
        assert!(ran.err.contains(place) && ran.err.contains(expected), "{config}:\n{}", ran.err);
        repo.lint(&["--no-config"]).exits(0);
        repo.lint(&["--isolated", "apps"]).exits(0);
    }
    let repo = faulty();
    repo.write("tidegate.yaml", b"role: platf\xffrm\n");
    let ran = repo.lint(&[]).exits(2);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "error: tidegate.yaml: not UTF-8\n"));
}

#[test]
fn a_config_can_be_named() {
    let repo = faulty();
    repo.write("tidegate.yaml", b"nonsense: true\n");
    repo.write("settings/strict.yaml", b"rules:\n  cnpg/superuser-access: error\n");
    let ran = repo.lint(&["--config", "settings/strict.yaml"]).exits(1);
    assert!(ran.out.contains("error[cnpg/superuser-access]"), "{}", ran.out);
    repo.write("settings/strict.yaml", b"rules:\n  cnpg/superuser-access: eror\n");
    let from_below = program(&repo.path("apps")).args(["lint", "--config", "../settings/strict.yaml"]).output();
    let text = String::from_utf8(from_below.expect("the program runs").stderr).expect("UTF-8");
    assert!(text.contains("../settings/strict.yaml:2:26"), "{text}");
}

#[test]
fn reports_go_where_they_are_told() {
    let repo = faulty();
    let json = repo.lint(&["--format", "json"]).exits(0);
    // A report in the repo would be a file of the next run.
    let outside = Repo::bare(&[]);
    let file = |name: &str| outside.path(name).to_str().expect("UTF-8").to_owned();
    let ran = repo.lint(&["--format", "json", "--output", &file("report.json")]).exits(0);
    assert_eq!((ran.out.as_str(), outside.read("report.json")), ("", json.out.clone()));
    let (json_file, sarif_file) = (format!("json={}", file("a.json")), format!("sarif={}", file("b.sarif")));
    let ran = repo.lint(&["--format", &json_file, "--format", &sarif_file, "--format", "concise"]).exits(0);
    assert_eq!(outside.read("a.json"), json.out);
    assert!(outside.read("b.sarif").contains("\"version\": \"2.1.0\""));
    assert!(ran.out.starts_with(&format!("apps/orders.yaml{FOUND}")), "{}", ran.out);
    let ran = repo.lint(&["--format", "json=nowhere/a.json"]).exits(2);
    assert!(ran.err.starts_with("error: nowhere/a.json: the report could not be written: "), "{}", ran.err);
    let ran = repo.lint(&["--statistics"]).exits(0);
    assert!(ran.err.contains("files") && ran.err.contains("all rules"), "{}", ran.err);
    assert_eq!(ran.out, repo.lint(&[]).out, "statistics change nothing of the report");
}

#[test]
fn quiet_prints_findings_and_nothing_else() {
    let repo = faulty();
    let ran = repo.lint(&["--quiet"]).exits(0);
    assert!(ran.out.starts_with(&format!("apps/orders.yaml{FOUND}")), "{}", ran.out);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""));
    let repo = Repo::new(&[("a.yaml", HARMLESS)]);
    let ran = repo.lint(&["--quiet", "--format", "pretty"]).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

#[test]
fn colour_is_for_those_who_want_it() {
    let repo = faulty();
    let coloured = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = program(repo.root());
        command.args(["lint", "--format", "pretty"]).args(arguments).envs(variables.iter().copied());
        run(&mut command, b"").out.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(coloured(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]));
    for format in ["json", "sarif", "github", "gitlab", "junit", "markdown"] {
        assert!(!repo.lint(&["--format", format, "--color", "always"]).out.contains('\u{1b}'), "{format}");
    }
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_status() {
    let many = vec![FAULTY; 2000].join("---\n");
    let repo = Repo::new(&[("orders.yaml", &many)]);
    for format in ["concise", "pretty", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let mut command = program(repo.root());
        command.args(["lint", "--select", RULE, "--fail-on", "warning", "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), err.as_str()), (Some(1), ""), "{format}");
    }
    for arguments in [&["rules"][..], &["explain", RULE], &["completions", "bash"], &["man"]] {
        let mut child =
            program(repo.root()).args(arguments).stdout(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("the program ends").code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn the_number_of_threads_never_shows() {
    let files: Vec<(String, &str)> = (0..300).map(|at| (format!("apps/{at}/orders.yaml"), FAULTY)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let repo = Repo::new(&files);
    for format in ["concise", "pretty", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let one = repo.run(&["lint", "--format", format, "--jobs", "1"]);
        let eight = repo.run(&["lint", "--format", format, "--jobs", "8"]);
        assert!(one.out == eight.out && one.code == eight.code && one.err == eight.err, "{format}");
    }
}

#[test]
fn help_version_completions_and_man_go_to_standard_output() {
    let repo = Repo::bare(&[]);
    for (arguments, expected) in [
        (&["--help"][..], "Exit status:\n  0  "),
        (&["lint", "-h"], "--fail-on <SEVERITY>"),
        (&["lint", "--help"], "Exit status:\n  0  "),
        (&["--version"], "tidegate 0."),
        (&["completions", "bash"], "complete -F _tidegate"),
        (&["completions", "zsh"], "#compdef tidegate"),
        (&["completions", "fish"], "complete -c tidegate"),
        (&["completions", "powershell"], "Register-ArgumentCompleter"),
        (&["man"], ".TH tidegate 1"),
        (&["man", "lint"], "tidegate-lint 0."),
    ] {
        let ran = repo.run(arguments).exits(0);
        assert!(ran.out.contains(expected) && ran.err.is_empty(), "{arguments:?}: {}", ran.out);
    }
    assert!(repo.run(&["man", "lnit"]).exits(2).err.contains("there is lint, render, reach, "));
    let long = |arguments: &[&str]| {
        let mut command = program(repo.root());
        let out = run(command.args(arguments).env("COLUMNS", "80"), b"").out;
        out.lines().filter(|line| line.chars().count() > 80).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(long(&["--help"]), [""; 0]);
    assert_eq!(long(&["lint", "--help"]), [""; 0]);
    assert_eq!(long(&["lint", "-h"]), [""; 0]);
}

#[test]
fn rules_are_listed_for_people_and_for_tools() {
    let repo = Repo::bare(&[]);
    let text = repo.run(&["rules"]).exits(0).out;
    assert!(text.lines().any(|line| line.starts_with(RULE) && line.contains("  warning  ")), "{text}");
    let list = repo.run(&["rules", "--format", "json"]).exits(0).json();
    assert_eq!(list.as_array().expect("a list").len(), text.lines().count());
    for rule in list.as_array().expect("a list") {
        for key in ["id", "summary", "severity", "category", "since"] {
            assert!(rule[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {rule}");
        }
        assert!(rule["default"].is_boolean() && rule["fixable"].is_boolean(), "{rule}");
        assert!(rule["codes"].as_array().is_some_and(|codes| !codes.is_empty()), "{rule}");
    }
    let ran = repo.run(&["explain", "superuser-acess"]).exits(2);
    assert_eq!(ran.out, "");
    assert!(
        ran.err.starts_with("error: unknown rule `superuser-acess`\n  help: did you mean `cnpg/superuser-access`?")
    );
}

#[test]
fn no_format_shows_a_secret() {
    let value = "c0rrect-Horse-battery-9";
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: orders-db\n  namespace: shop\nstringData:\n  \
         password: {value}\n  password: {value}\n  unknownBool: {value}\n"
    );
    let broken = format!("kind: Secret\nstringData:\n  password: \"{value}\n");
    let repo = Repo::new(&[("secret.yaml", &secret), ("broken.yaml", &broken)]);
    for format in tidegate::report::Format::ALL.map(tidegate::report::Format::name) {
        let ran = repo.run(&["lint", "--all", "--verbose", "--severity-from", "note", "--format", format]).exits(1);
        assert!(ran.out.contains("secret.yaml") && ran.out.contains("secrets/plaintext"), "{format}: {}", ran.out);
        assert!(!ran.out.contains(value) && !ran.err.contains(value), "{format}: {}", ran.out);
    }
    repo.run(&["lint", "--write-baseline"]).exits(0);
    assert!(!repo.read("tidegate-baseline.json").contains(value));
}
