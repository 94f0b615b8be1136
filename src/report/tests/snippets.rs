//! Snippets of sources that are hard to draw.

use super::*;
use crate::fix;
use proptest::prelude::*;

/// A warning with these labels (start, end, text) in one file; the first is the primary one.
fn labelled(file: &str, labels: &[(u32, u32, &'static str)]) -> Run {
    let mut run = Run::new(&[("a.yaml", file)]);
    let mut labels = labels
        .iter()
        .map(|(start, end, text)| Label { span: Span::new(SourceId(0), *start..*end), text: (*text).into() });
    let mut warning = finding("family/rule", Severity::Warning, "message", labels.next().unwrap());
    warning.related = labels.collect();
    run.outcome.findings = vec![warning];
    run
}

/// The snippets of a run, without header.
fn drawn(run: &Run, style: &Style) -> String {
    let text = run.write(Format::Pretty, style);
    text.strip_prefix("warning[family/rule]: message\n").unwrap().trim_end().to_owned()
}

#[test]
fn unicode_frames_tell_primary_from_related() {
    let run = labelled("a: {b: 1}\n", &[(4, 5, "what"), (0, 1, "why")]);
    let style = Style { unicode: true, ..quiet() };
    let expected = "   ╭─[k8s/a.yaml:1:5]
 1 │ a: {b: 1}
   · ┬   ┯
   · │   ╰── what
   · ╰── why
   ╰────";
    assert_eq!(drawn(&run, &style), expected);
}

/// Name, file, labels, snippet.
type Case = (&'static str, &'static str, &'static [(u32, u32, &'static str)], &'static str);

#[test]
fn snippets() {
    let cases: &[Case] = &[
        (
            "tabs",
            "a:\t\tb\tc\n",
            &[(4, 5, "b"), (6, 7, "c")],
            "   ,-[k8s/a.yaml:1:5]
 1 | a:      b   c
   :         ^   -
   :         |   `-- c
   :         `-- b
   `----",
        ),
        (
            "wide characters and CRLF",
            "名前: 値の文字 x\r\nb: é ü\r\n",
            &[(8, 11, "value"), (21, 22, "x")],
            "   ,-[k8s/a.yaml:1:5]
 1 | 名前: 値の文字 x
   :       ^^       -
   :        |       `-- x
   :        `-- value
 2 | b: é ü
   `----",
        ),
        (
            "byte order mark",
            "\u{feff}kind: X\n",
            &[(3, 7, "kind")],
            "   ,-[k8s/a.yaml:1:1]
 1 | kind: X
   : ^^^^
   :   `-- kind
   `----",
        ),
        (
            "end of the file",
            "a: 1\nb:",
            &[(7, 7, "value missing")],
            "   ,-[k8s/a.yaml:2:3]
 1 | a: 1
 2 | b:
   :   ^
   :   `-- value missing
   `----",
        ),
        (
            "after the last line break",
            "a: 1\n",
            &[(5, 5, "")],
            "   ,-[k8s/a.yaml:2:1]
 1 | a: 1
 2 |
   : ^
   `----",
        ),
        (
            "empty file",
            "",
            &[(0, 0, "nothing here")],
            "   ,-[k8s/a.yaml:1:1]
 1 |
   : ^
   : `-- nothing here
   `----",
        ),
        (
            "several lines",
            "a:\n  b: 1\n  c: 2\n\nd: 1\n",
            &[(5, 17, "this block"), (0, 2, "key")],
            "   ,-[k8s/a.yaml:2:3]
 1 | a:
   : --
   :  `-- key
 2 |   b: 1
   :   ^^^^
   :     `-- this block (through line 3)
 3 |   c: 2
   `----",
        ),
        (
            "labels in each other and twice the same",
            "a: {b: 1, c: 2}\n",
            &[(7, 8, "inner"), (3, 15, "outer"), (7, 8, "same place")],
            "   ,-[k8s/a.yaml:1:8]
 1 | a: {b: 1, c: 2}
   :        ^
   :        `-- inner; same place
   `----
   ,-[k8s/a.yaml:1:4]
 1 | a: {b: 1, c: 2}
   :    ------------
   :          `-- outer
   `----",
        ),
        (
            "what a terminal would obey",
            "a: \u{1b}[31mred\rx\u{202e}y\n",
            &[(3, 11, "\u{1b}[0m label")],
            "   ,-[k8s/a.yaml:1:4]
 1 | a: \u{fffd}[31mred\u{fffd}x\u{fffd}y
   :    ^^^^^^^^
   :        `-- \u{fffd}[0m label
   `----",
        ),
        (
            "long text beside a label",
            "      some-key: 1\n",
            &[(16, 17, "a label with more words than fit beside the thing that it is about is wrapped")],
            "   ,-[k8s/a.yaml:1:17]
 1 |       some-key: 1
   :                 ^
   :                 `-| a label with more words than fit beside the thing that
   :                   | it is about is wrapped
   `----",
        ),
    ];
    for (name, file, labels, expected) in cases {
        assert_eq!(drawn(&labelled(file, labels), &quiet()), *expected, "{name}");
    }
}

#[test]
fn labels_far_from_each_other_have_boxes_of_their_own() {
    let run = labelled(&"a: 1\n".repeat(120), &[(500, 504, "far"), (0, 1, "first"), (515, 519, "near")]);
    let expected = "     ,-[k8s/a.yaml:101:1]
 100 | a: 1
 101 | a: 1
     : ^^^^
     :   `-- far
 102 | a: 1
 103 | a: 1
 104 | a: 1
     : ----
     :   `-- near
 105 | a: 1
     `----
   ,-[k8s/a.yaml:1:1]
 1 | a: 1
   : -
   : `-- first
 2 | a: 1
   `----";
    assert_eq!(drawn(&run, &quiet()), expected);
}

#[test]
fn long_lines_are_cut_around_their_labels() {
    let file = format!("{{\"a\": \"{}\", \"b\": \"NEEDLE\", \"c\": \"{}\"}}\n", "x".repeat(2500), "y".repeat(2500));
    let mut run = labelled(&file, &[(2516, 2522, "this value"), (2, 3, "")]);
    run.outcome.findings[0].fixes = vec![Fix {
        title: "write a pin".into(),
        safe: false,
        edits: vec![Edit { span: Span::new(SourceId(0), 2516..2522), text: "pin".into() }],
    }];
    let expected = r#"   ,-[k8s/a.yaml:1:2517]
 1 | ...xxx", "b": "NEEDLE", "c": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
   :                ^^^^^^
   :                   `-- this value
   `----
   ,-[k8s/a.yaml:1:3]
 1 | {"a": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
   :   -
   `----
  help: write a pin (read before applying)
 1 - ...xxxxxxxxxxxxx", "b": "NEEDLE", "c": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
 1 + ...xxxxxxxxxxxxx", "b": "pin", "c": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..."#;
    assert_eq!(drawn(&run, &quiet()), expected);
    let whole = labelled(&file, &[(7, 2507, "all of it")]);
    let lines: Vec<String> = drawn(&whole, &quiet()).lines().map(str::to_owned).collect();
    assert!(lines[1].starts_with(" 1 | {\"a\": \"xxx"), "{lines:?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
}

#[test]
fn a_label_in_a_secret_covers_the_mask() {
    let mut run = labelled("data: {key: hunter2, other: 1}\n", &[(14, 16, "part of it"), (28, 29, "behind it")]);
    run.secrets = vec![Span::new(SourceId(0), 12..19)];
    let expected = "   ,-[k8s/a.yaml:1:15]
 1 | data: {key: ********, other: 1}
   :             ^^^^^^^^         -
   :                 |            `-- behind it
   :                 `-- part of it
   `----";
    assert_eq!(drawn(&run, &quiet()), expected);
}

proptest! {
    /// Whatever lies where: nothing panics, and no format prints a byte of a secret (`§` stands in secrets only).
    #[test]
    fn secrets_never_show(
        text in "(\u{feff})?([a-z:\"\t\r\n \u{e9}\u{540d}]|§{1,3}){0,60}",
        labels in proptest::collection::vec((0_usize..90, 0_usize..40), 1..5),
        width in 20_usize..60,
        unicode: bool,
    ) {
        let mut run = Run::new(&[("a.yaml", text.as_str())]);
        run.secrets = text
            .match_indices('§')
            .map(|(at, secret)| Span::new(SourceId(0), at as u32..(at + secret.len()) as u32))
            .collect();
        let mut labels = labels.into_iter().map(|(start, length)| {
            let start = text.floor_char_boundary(start.min(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            Label { span: Span::new(SourceId(0), start as u32..end as u32), text: "a label of some words".into() }
        });
        let mut error = finding("family/rule", Severity::Error, "message", labels.next().expect("one"));
        error.related = labels.collect();
        let edit = Edit { span: error.primary.span, text: "new".into() };
        error.fixes = vec![Fix { title: "fix".into(), safe: true, edits: vec![edit] }];
        run.outcome.findings = vec![error];
        let style = Style { width, unicode, ..Style::default() };
        for format in Format::ALL {
            let out = run.write(format, &style);
            prop_assert!(!out.contains('§'), "{out}");
        }
        let masks = Masks::new(&run.sources, run.secrets.iter().copied());
        let plan = fix::Plan::new(&run.sources, &run.outcome.findings, false, &|_, _| true);
        prop_assert!(!fix::diff(&run.sources, &masks, &plan, &|_| "a".into()).contains('§'));
    }
}
