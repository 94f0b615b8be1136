//! Every fixture of every rule, and the platforms, through the program as a user runs it. The full text
//! is compared: a program that finds nothing fails here. `TIDEGATE_BLESS=1` writes what is seen; read it
//! before committing.

mod case;

use case::{bless, cases, lint, lint_json};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn bad_cases_say_what_a_user_should_read() {
    let mut failures = Vec::new();
    for case in cases("bad") {
        let text = lint(&case.folder);
        let json = lint_json(&case.folder);
        let rules: BTreeSet<&str> = json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| finding["rule"].as_str().expect("a rule"))
            .collect();
        if !rules.contains(case.rule.as_str()) {
            failures.push(format!("{}: does not find {}, but {rules:?}", case.folder.display(), case.rule));
        } else if rules.len() > 1 && case.rule != "repo/unused-suppression" {
            // A suppression that does not work leaves the fault that it names to be seen.
            failures.push(format!("{}: shows other faults than its own: {rules:?}", case.folder.display()));
        }
        let path = case.folder.join("expected.txt");
        if bless() {
            fs::write(&path, &text).expect("expected.txt can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != text {
            failures.push(format!("{}: expected\n{expected}\nfound\n{text}", case.folder.display()));
        }
    }
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn good_cases_are_silent_under_all_rules() {
    let mut failures = Vec::new();
    for case in cases("good") {
        let json = lint_json(&case.folder);
        let findings = json["findings"].as_array().expect("findings");
        if !findings.is_empty() {
            failures.push(format!("{}:\n{}", case.folder.display(), lint(&case.folder)));
        }
        if json["summary"]["documents"] == 0 {
            failures.push(format!("{}: nothing was read, so silence says nothing", case.folder.display()));
        }
    }
    assert!(failures.is_empty(), "{} good cases are not silent:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn good_and_bad_platforms() {
    let mut failures = Vec::new();
    for (folder, good) in case::platforms() {
        let text = lint(&folder);
        let json = lint_json(&folder);
        let silent = json["findings"].as_array().expect("findings").is_empty();
        if silent != good {
            failures.push(format!("{}:\n{text}", folder.display()));
        }
        let path = folder.join("expected.txt");
        if bless() {
            fs::write(&path, &text).expect("expected.txt can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != text {
            failures.push(format!("{}: expected\n{expected}\nfound\n{text}", folder.display()));
        }
    }
    assert!(failures.is_empty(), "{} platforms differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_number_of_threads_never_shows() {
    for (folder, _) in case::platforms().into_iter().chain(cases("bad").into_iter().map(|case| (case.folder, false))) {
        let one = case::run(&folder, &["--format", "json", "--jobs", "1"]);
        let eight = case::run(&folder, &["--format", "json", "--jobs", "8"]);
        assert!(one == eight, "{}: one thread and eight differ", folder.display());
    }
}
