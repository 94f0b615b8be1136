//! The rules as a set: every file is listed, every rule has its texts and its fixtures.

mod case;

use case::{folders, project};
use std::collections::BTreeSet;
use std::fs;
use tidegate::rules;

const HEADINGS: [&str; 4] = ["## What it does", "## Why it matters", "## Instead", "## Limits"];

fn rule_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for family in folders(&project().join("rules")) {
        let folder = family.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        for entry in fs::read_dir(&family).expect("a folder of rules").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(".rs").filter(|stem| *stem != "mod") {
                found.push((
                    format!("{folder}/{}", stem.replace('_', "-")),
                    fs::read_to_string(entry.path()).expect("a rule"),
                ));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_rule_file_is_listed_under_its_own_name() {
    let files: BTreeSet<String> =
        rule_files().into_iter().filter(|(_, text)| text.contains("declare_rule!")).map(|(id, _)| id).collect();
    let listed: BTreeSet<String> = rules::ALL.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(files, listed);
    let in_order: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
    assert!(in_order.is_sorted(), "the list is in order of id");
}

#[test]
fn every_rule_has_its_four_texts() {
    for rule in rules::ALL {
        let mut from = 0;
        for heading in HEADINGS {
            let at = rule.docs[from..].find(heading).unwrap_or_else(|| panic!("{}: {heading} in its place", rule.id));
            let rest = &rule.docs[from + at + heading.len()..];
            let body = rest.split("\n ## ").next().unwrap_or_default().split("\n## ").next().unwrap_or_default();
            assert!(body.split_whitespace().count() > 5, "{}: {heading} says something", rule.id);
            from += at + heading.len();
        }
        assert!(!rule.summary.ends_with('.'), "{}: summary without a full stop", rule.id);
        let names: BTreeSet<&str> = rule.codes.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), rule.codes.len(), "{}: codes are unique", rule.id);
    }
}

#[test]
fn every_rule_has_two_bad_and_two_good_cases() {
    let mut missing = Vec::new();
    for rule in rules::ALL {
        for kind in ["bad", "good"] {
            let count = folders(&project().join("fixtures").join(rule.id).join(kind)).len();
            if count < 2 {
                missing.push(format!("{}: {count} {kind}", rule.id));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_fixture_belongs_to_a_rule() {
    for case in case::cases("bad").into_iter().chain(case::cases("good")) {
        assert!(rules::find(&case.rule).is_some(), "{}", case.folder.display());
    }
}

#[test]
fn messages_follow_the_house_style() {
    let mut wrong = Vec::new();
    for case in case::cases("bad") {
        for finding in case::lint_json(&case.folder)["findings"].as_array().expect("findings") {
            let message = finding["message"].as_str().expect("a message");
            let first = message.split_whitespace().next().unwrap_or_default();
            let kind = first.chars().next().is_some_and(char::is_uppercase);
            let named_kind = kind && first.len() > 2 && first.chars().all(char::is_alphanumeric);
            if message.ends_with('.') || message.contains('\n') || (kind && !named_kind) {
                wrong.push(format!("{}: {message}", case.folder.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
