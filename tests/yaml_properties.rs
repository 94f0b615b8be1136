//! What holds for every text, YAML or not: nothing panics, every node has its bytes, children lie in
//! their parents, documents do not overlap, and what was read is what stands there.

use proptest::prelude::*;
use std::sync::Arc;
use tidegate::source::SourceId;
use tidegate::yaml::{self, Dialect, Kind, Value, Visit, walk};

fn fragments() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "key: value",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "-",
        "? ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        "\"",
        "|\n  x",
        ">-\n  y\n",
        "&a ",
        "*a",
        "<<: *a",
        "# note",
        " # note",
        "---\n",
        "...\n",
        "!!str ",
        "!x ",
        "é",
        "\u{1F30A}",
        "\r\n",
        "\t",
        "${VAR}",
        "~",
        "0644",
        "\u{feff}",
        "\"\\n\"",
        "''",
        "\"\"",
        "x: |\n\n\n",
        "%YAML 1.2\n",
        "\\",
        "@",
        "`",
        "k: [1,\n2]",
        "\u{85}",
        "\0",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) {
    let shared: Arc<str> = text.into();
    let file = yaml::parse(SourceId(0), shared);
    let mut end = 0;
    for document in file.documents() {
        assert!(
            document.range.start >= end && document.range.end <= text.len() as u32,
            "documents overlap in {text:?}"
        );
        end = document.range.end;
        for error in &document.errors {
            assert!(text.get(error.span.range()).is_some(), "an error has no bytes in {text:?}");
            assert!(!error.message.is_empty());
        }
        let Some(root) = document.root else { continue };
        let root = Value::new(&file, root, Dialect::Kubectl);
        let whole = root.site();
        walk(root, &mut |_, value| {
            let span = value.site();
            let slice = text.get(span.range());
            assert!(slice.is_some(), "no bytes for a node of {text:?}");
            assert!(whole.contains(span) || value.is_absent(), "{span:?} outside of {whole:?} in {text:?}");
            if let Some(key) = value.key_span() {
                assert!(key.end <= span.start || value.is_absent(), "a key behind its value in {text:?}");
            }
            if value.style() == Some(yaml::Style::Plain)
                && let (Some(slice), Some(raw)) = (slice, value.raw())
                && !slice.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
                && !value.is_alias()
            {
                assert_eq!(slice, raw, "a plain scalar is its bytes in {text:?}");
            }
            let _ = (value.kind() == Kind::Broken, value.text(), value.unknown());
            if let Some(pointer) = root.pointer_to(value) {
                assert!(pointer.is_empty() || pointer.starts_with('/'));
            }
            for (key, entry) in value.entries() {
                assert!(value.get(key).is_some(), "{key} of {entry:?} is found again in {text:?}");
            }
            Visit::Into
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_yaml_never_break_the_arena(text in fragments()) {
        check(&text);
    }

    #[test]
    fn no_text_breaks_the_arena(text in "\\PC{0,60}") {
        check(&text);
    }
}

#[test]
fn well_known_shapes_hold() {
    for text in
        ["", "\n", "---", "a:\n- b\n-\n- c:\n", "{a: [b, {c: d}], e: }", "a: &x\n  b: 1\nc: *x\n", "? a\n: b\n? c\n"]
    {
        check(text);
    }
}
