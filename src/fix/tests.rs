//! Which edits are chosen, what they make of a text, and how files are replaced.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::finding::{Category, Confidence, Edit, Finding, Fix, Label, Place, Severity};
use crate::source::{Masks, Source, SourceId, Sources, Span};
use proptest::prelude::*;
use std::path::Path;

fn sources(texts: &[&str]) -> Sources {
    let mut sources = Sources::new(vec![String::new()]);
    for (at, text) in texts.iter().enumerate() {
        sources.add(Source::new(0, format!("{at}.yaml"), *text));
    }
    sources
}

fn edit(source: u32, start: u32, end: u32, text: &str) -> Edit {
    Edit { span: Span::new(SourceId(source), start..end), text: text.into() }
}

fn finding(safe: bool, edits: Vec<Edit>) -> Finding {
    let span = edits[0].span;
    Finding {
        rule: "family/rule",
        code: "code",
        severity: Severity::Error,
        confidence: Confidence::High,
        category: Category::Reliability,
        message: String::new(),
        primary: Label { span, text: "".into() },
        related: Vec::new(),
        notes: Vec::new(),
        helps: Vec::new(),
        fixes: vec![Fix { title: format!("write {}", edits[0].text), safe, edits }],
        pointer: String::new(),
        places: Vec::new(),
        fingerprint: String::new(),
    }
}

fn always(_: &str, _: &Source) -> bool {
    true
}

fn texts(plan: &Plan) -> Vec<(u32, &str)> {
    plan.files.iter().map(|file| (file.source.0, file.text.as_str())).collect()
}

#[test]
fn edits_touch_nothing_around_them() {
    let text = "\u{feff}a: 'é'\r\n\tb: 1 # why\r\n";
    let edits = [edit(0, 3, 4, "x"), edit(0, 7, 9, "ü"), edit(0, 25, 25, "\r\n")];
    assert_eq!(text.len(), 25);
    assert_eq!(apply(text, &edits), "\u{feff}x: 'ü'\r\n\tb: 1 # why\r\n\r\n");
    assert_eq!(apply(text, &[]), text);
}

#[test]
fn choosing_edits() {
    struct Case {
        name: &'static str,
        edits: Vec<Vec<Edit>>,
        text: &'static str,
        skipped: Vec<usize>,
    }
    let cases = [
        Case {
            name: "equal edits of two findings are one",
            edits: vec![vec![edit(0, 0, 1, "x")], vec![edit(0, 0, 1, "x")]],
            text: "xbcdef",
            skipped: vec![],
        },
        Case {
            name: "the earlier finding wins",
            edits: vec![vec![edit(0, 1, 3, "x")], vec![edit(0, 2, 4, "y")], vec![edit(0, 0, 2, "z")]],
            text: "axdef",
            skipped: vec![1, 2],
        },
        Case {
            name: "neighbours do not clash",
            edits: vec![vec![edit(0, 2, 4, "x")], vec![edit(0, 4, 5, "y")], vec![edit(0, 1, 2, "z")]],
            text: "azxyf",
            skipped: vec![],
        },
        Case {
            name: "two texts for one spot have no order",
            edits: vec![vec![edit(0, 2, 2, "x")], vec![edit(0, 2, 2, "y")], vec![edit(0, 2, 3, "z")]],
            text: "abxcdef",
            skipped: vec![1, 2],
        },
        Case {
            name: "a fix is made whole or not at all",
            edits: vec![
                vec![edit(0, 3, 4, "x")],
                vec![edit(0, 0, 1, "y"), edit(0, 3, 5, "z")],
                vec![edit(0, 0, 1, "w")],
            ],
            text: "wbcxef",
            skipped: vec![1],
        },
        Case {
            name: "an insertion inside of a replacement clashes",
            edits: vec![vec![edit(0, 1, 5, "x")], vec![edit(0, 3, 3, "y")], vec![edit(0, 5, 5, "z")]],
            text: "axzf",
            skipped: vec![1],
        },
    ];
    for case in cases {
        let sources = sources(&["abcdef"]);
        let findings: Vec<Finding> = case.edits.into_iter().map(|edits| finding(true, edits)).collect();
        let plan = Plan::new(&sources, &findings, false, &always);
        assert_eq!(texts(&plan), [(0, case.text)], "{}", case.name);
        let skipped: Vec<usize> = plan.skipped.iter().map(|skip| skip.finding).collect();
        assert_eq!(skipped, case.skipped, "{}", case.name);
        assert!(plan.skipped.iter().all(|skip| skip.reason == Reason::Conflict), "{}", case.name);
        assert_eq!(plan.applied.len(), findings.len() - case.skipped.len(), "{}", case.name);
    }
}

#[test]
fn unsafe_fixes_wait_to_be_asked_for() {
    let sources = sources(&["ab"]);
    let mut both = finding(false, vec![edit(0, 0, 1, "risky")]);
    both.fixes.push(Fix { title: "calm".into(), safe: true, edits: vec![edit(0, 1, 2, "calm")] });
    let findings = [both];
    assert_eq!(texts(&Plan::new(&sources, &findings, false, &always)), [(0, "acalm")]);
    assert_eq!(texts(&Plan::new(&sources, &findings, true, &always)), [(0, "riskyb")]);
    let only = [finding(false, vec![edit(0, 0, 1, "risky")])];
    assert!(Plan::new(&sources, &only, false, &always).is_empty());
}

#[test]
fn a_file_that_would_not_parse_is_left_and_so_are_its_companions() {
    let sources = sources(&["a", "b", "c"]);
    let findings = [
        finding(true, vec![edit(0, 0, 1, "x"), edit(1, 0, 1, "broken")]),
        finding(true, vec![edit(0, 1, 1, "!")]),
        finding(true, vec![edit(2, 0, 1, "z")]),
    ];
    let plan = Plan::new(&sources, &findings, false, &|text, _| !text.contains("broken"));
    assert_eq!(texts(&plan), [(0, "a!"), (2, "z")]);
    assert_eq!(plan.skipped.len(), 1);
    assert_eq!(plan.skipped[0].reason, Reason::WouldNotParse(SourceId(1)));
}

/// A rule that finds every `bad` and offers `good`.
fn bad_words(sources: &Sources) -> Vec<Finding> {
    let text = sources[SourceId(0)].text();
    text.match_indices("bad")
        .map(|(at, word)| finding(true, vec![edit(0, at as u32, (at + word.len()) as u32, "good")]))
        .collect()
}

#[test]
fn a_second_run_finds_nothing_to_do() {
    let before = sources(&["a: bad # bad\r\nb: [bad, fine]\r\n"]);
    let plan = Plan::new(&before, &bad_words(&before), false, &always);
    assert_eq!(plan.files[0].text, "a: good # good\r\nb: [good, fine]\r\n");
    let after = sources(&[plan.files[0].text.as_str()]);
    assert!(Plan::new(&after, &bad_words(&after), false, &always).is_empty());
}

fn shown(text: &str, secrets: &[std::ops::Range<u32>], edits: Vec<Edit>) -> String {
    let sources = sources(&[text]);
    let masks = Masks::new(&sources, secrets.iter().map(|range| Span::new(SourceId(0), range.clone())));
    let plan = Plan::new(&sources, &[finding(true, edits)], false, &always);
    diff(&sources, &masks, &plan, &|id| sources.name(id).into_owned())
}

#[test]
fn diffs() {
    let numbers = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let cases = [
        ("replaced line", numbers, vec![edit(0, 8, 9, "five")], "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"),
        ("new first line", "a\n", vec![edit(0, 0, 0, "new\n")], "@@ -1 +1,2 @@\n+new\n a\n"),
        ("last line gone", "a\nb\n", vec![edit(0, 2, 4, "")], "@@ -1,2 +1 @@\n a\n-b\n"),
        ("empty file filled", "", vec![edit(0, 0, 0, "a\n")], "@@ -0,0 +1 @@\n+a\n"),
        (
            "no line break at the end",
            "a: 1",
            vec![edit(0, 3, 4, "2")],
            "@@ -1 +1 @@\n-a: 1\n\\ No newline at end of file\n+a: 2\n\\ No newline at end of file\n",
        ),
        (
            "two changes near each other",
            numbers,
            vec![edit(0, 0, 2, ""), edit(0, 10, 10, "x")],
            "@@ -1,9 +1,8 @@\n-1\n 2\n 3\n 4\n 5\n-6\n+x6\n 7\n 8\n 9\n",
        ),
        ("same text is no change", "a\n", vec![edit(0, 0, 1, "a")], ""),
    ];
    for (name, text, edits, expected) in cases {
        let header = if expected.is_empty() { "" } else { "--- 0.yaml\n+++ 0.yaml\n" };
        assert_eq!(shown(text, &[], edits), format!("{header}{expected}"), "{name}");
    }
}

#[test]
fn distant_changes_have_hunks_of_their_own() {
    let text: String = (1..=30).map(|line| format!("{line:02}\n")).collect();
    let diff = shown(&text, &[], vec![edit(0, 0, 0, "new\n"), edit(0, 60, 62, "x")]);
    assert_eq!(
        diff,
        "--- 0.yaml\n+++ 0.yaml\n@@ -1,3 +1,4 @@\n+new\n 01\n 02\n 03\n@@ -18,7 +19,7 @@\n 18\n 19\n 20\n-21\n+x\n 22\n 23\n 24\n"
    );
}

#[test]
fn a_diff_masks_secrets_in_changed_and_in_other_lines() {
    let text = "user: a\npassword: hunter2\ntoken: {x: s3cr3t, y: 1}\n";
    let diff = shown(text, &[18..25, 37..43], vec![edit(0, 48, 49, "2"), edit(0, 6, 7, "b")]);
    assert_eq!(
        diff,
        "--- 0.yaml\n+++ 0.yaml\n@@ -1,3 +1,3 @@\n-user: a\n+user: b\n password: ********\n\
         -token: {x: ********, y: 1}\n+token: {x: ********, y: 2}\n"
    );
}

#[test]
fn files_are_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    std::fs::write(&path, "old").unwrap();
    replace_file(&path, "old", "new").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert!(matches!(replace_file(&path, "old", "newer"), Err(WriteError::Changed)));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert!(matches!(replace_file(&folder.path().join("none"), "", "x"), Err(WriteError::Io(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("a.yaml"), folder.path().join("link.yaml"));
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(Path::new("a.yaml"), &link).unwrap();
    replace_file(&link, "old", "new").unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn the_report_says_what_was_done_and_what_not() {
    let sources = sources(&["aaaa", "b", "c"]);
    let mut shared = finding(true, vec![edit(0, 0, 1, "x")]);
    shared.places =
        ["dev", "live"].map(|target| Place { target: Some(target.into()), resource: None }).into_iter().collect();
    let findings = [
        shared,
        finding(true, vec![edit(0, 0, 2, "y")]),
        finding(true, vec![edit(1, 0, 1, "broken")]),
        finding(true, vec![edit(2, 0, 1, "z")]),
    ];
    let plan = Plan::new(&sources, &findings, false, &|text, _| text != "broken");
    let mut written = Vec::new();
    let report = plan.write(&sources, &mut |id, old, new| {
        if id == SourceId(2) {
            return Err(WriteError::Changed);
        }
        written.push((old.to_owned(), new.to_owned()));
        Ok(())
    });
    assert_eq!(written, [("aaaa".to_owned(), "xaaa".to_owned())]);
    assert_eq!(report.files, [SourceId(0)]);
    let mut out = Vec::new();
    report.describe(&mut out, &|id| sources.name(id).into_owned()).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "0.yaml: fixed: write x (changes 2 targets)\n\
         0.yaml: not fixed: write y: another fix edits the same place; a second run may apply it\n\
         1.yaml: not fixed: write broken: the file would no longer parse\n\
         2.yaml: not fixed: write z: the file changed since it was read\n"
    );
}

proptest! {
    /// Whatever the edits, a plan makes the chosen ones and keeps every other byte, in order.
    #[test]
    fn plans_keep_what_they_do_not_edit(
        text in "[a-z\u{e9}\n]{0,40}",
        raw in proptest::collection::vec((0_usize..44, 0_usize..6, "[A-Z\n]{0,4}"), 0..8),
    ) {
        let sources = sources(&[text.as_str()]);
        let findings: Vec<Finding> = raw
            .into_iter()
            .map(|(start, length, new)| {
                let start = text.floor_char_boundary(start.min(text.len()));
                let end = text.ceil_char_boundary((start + length).min(text.len()));
                finding(true, vec![edit(0, start as u32, end as u32, &new)])
            })
            .collect();
        let plan = Plan::new(&sources, &findings, false, &always);
        prop_assert_eq!(plan.applied.len() + plan.skipped.len(), findings.len());
        for file in &plan.files {
            let kept: String = file.text.chars().filter(|c| !c.is_ascii_uppercase()).collect();
            let mut at = 0;
            let mut expected = String::new();
            for edit in &file.edits {
                expected.push_str(&text[at..edit.span.start as usize]);
                expected.extend(edit.text.chars().filter(|c| !c.is_ascii_uppercase()));
                at = edit.span.end as usize;
            }
            expected.push_str(&text[at..]);
            prop_assert_eq!(kept, expected);
            // The diff, read back, gives both texts.
            let masks = Masks::default();
            let diff = diff(&sources, &masks, &plan, &|_| "f".into());
            let side = |sign: char| -> String {
                diff.lines().skip(2).filter(|line| line.starts_with(sign)).map(|line| &line[1..]).collect()
            };
            let (gone, come) = (side('-'), side('+'));
            // Edits may undo each other, and then the diff shows both; a text that differs always has a diff.
            let nothing = gone.is_empty() && come.is_empty() && diff.is_empty();
            prop_assert!(!nothing || file.text == text);
        }
    }
}
