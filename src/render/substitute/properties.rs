//! What holds for every text: nothing panics, and the pieces account for every byte of the result.

use super::*;
use proptest::prelude::*;

fn texts() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "$",
        "${",
        "}",
        "{",
        "$$",
        "${A}",
        "${B",
        "A",
        "SEALED",
        "NOWHERE",
        "ü",
        "🐘",
        ":",
        ":-",
        ":=",
        "=",
        "#",
        "##",
        "%",
        "%%",
        "/",
        "//",
        "/#",
        "/%",
        "\\",
        "\\/",
        "^",
        "^^",
        ",",
        "*",
        "?",
        "[",
        "]",
        "-",
        "1",
        "3",
        " ",
        "\n",
        "\0",
        "x",
        "${NOWHERE:-",
        "${A:",
        "${A#",
        "${A%",
        "${A/",
        "${SEALED:-",
        "${#A}",
    ]);
    prop::collection::vec(fragment, 0..16).prop_map(|fragments| fragments.concat())
}

fn values() -> impl Strategy<Value = String> {
    "[a-c/.ü🐘$}-]{0,8}"
}

fn check(input: &str, value: &str, strict: bool) {
    let outcome = substitute(input, strict, |name| match name {
        "A" => Lookup::Known(value),
        "SEALED" => Lookup::Unread,
        "ELSEWHERE" => Lookup::Unknown,
        _ => Lookup::Undefined,
    });
    let result = match outcome {
        Ok(result) => result,
        Err(refusal) => {
            assert!(input.get(refusal.range.clone()).is_some_and(|shown| shown.starts_with("${")), "{refusal:?}");
            assert!(strict || refusal.kind != RefusalKind::Undefined);
            return;
        }
    };
    let mut end = 0;
    for piece in &result.pieces {
        assert_eq!(piece.range.start, end, "{result:?}");
        end = piece.range.end;
        let text = result.text.get(piece.range.clone()).expect("a piece is cut between characters");
        match &piece.from {
            Provenance::Input(range) => assert_eq!(text, &input[range.clone()]),
            Provenance::Escape(range) => assert_eq!((text, &input[range.clone()]), ("$", "$$")),
            Provenance::Variable { site, name, copied } => {
                assert!(site.start < name.start && name.end < site.end && &input[name.clone()] == "A");
                assert!(copied.as_ref().is_none_or(|copied| &value[copied.clone()] == text));
            }
            Provenance::Undefined { site, name } => assert!(site.start < name.start && name.end < site.end),
            Provenance::Default { site, text: range } => {
                assert!(site.start < range.start && range.end < site.end);
                assert_eq!(text, &input[range.clone()]);
            }
            Provenance::Unread { site } => assert_eq!(text, &input[site.clone()]),
        }
    }
    assert_eq!(end, result.text.len(), "{result:?}");
    for one in &result.uses {
        let (site, name) = (&input[one.site.clone()], &input[one.name.clone()]);
        assert!(site.starts_with("${") && site.ends_with('}') && site.contains(name) && !name.is_empty());
    }
    if !has_reference(input) && !input.contains('\0') {
        assert_eq!(result.text, input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fragments_of_references_are_accounted_for(input in texts(), value in values(), strict: bool) {
        check(&input, &value, strict);
    }

    #[test]
    fn any_text_is_accounted_for(input in "\\PC{0,40}", strict: bool) {
        check(&input, "value", strict);
    }

    #[test]
    fn an_operator_never_breaks(value in values(), words in "[a-c/.ü?*0-9:-]{0,6}", operator in "[:#%/^,]{1,2}") {
        check(&format!("<${{A{operator}{words}}}>"), &value, false);
    }
}
