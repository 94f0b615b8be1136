//! What cannot be known here: placeholders in the text, or no decision at all.

use super::*;

#[test]
fn unknown_values_leave_placeholders() {
    check(&[
        ("pr-<< inputs.id >>", "pr-\u{fffc}"),
        ("<< printf \"pr-%v\" inputs.id >>", "pr-\u{fffc}"),
        ("<< inputs.id | quote >>", "\"\u{fffc}\""),
        ("<< inputs.id | upper >>", "\u{fffc}"),
        ("<< inputs.id.deep.er >>", "\u{fffc}"),
        ("<< print \"a\" inputs.id >>", "a\u{fffc}"),
        ("<< join \"-\" (list \"a\" inputs.id) >>", "a-\u{fffc}"),
        ("<< toYaml (dict \"a\" inputs.id) >>", "a: \u{fffc}\n"),
        ("<< toJson (dict \"a\" inputs.id) >>", "\u{fffc}"),
        ("<< list 1 inputs.id >>", "\u{fffc}"),
        ("<< len (list 1 inputs.id) >>", "2"),
        ("<< get (dict \"a\" inputs.id \"b\" 2) \"b\" >>", "2"),
        ("<< nindent 2 (printf \"%s\" inputs.id) >>", "\n  \u{fffc}"),
        ("<< default \"x\" inputs.id >>", "\u{fffc}"),
        ("<< randInt 1 5 >>", "\u{fffc}"),
        ("<< keys inputs.labels >>", "\u{fffc}"),
        ("<< slugify \"日本\" >>", "\u{fffc}"),
    ]);
}

#[test]
fn what_hangs_on_the_unknown_is_undecided() {
    for (text, part) in [
        ("<< if inputs.id >>a<< end >>", "inputs.id"),
        ("<< if eq inputs.id \"5\" >>a<< end >>", "eq inputs.id \"5\""),
        ("<< with inputs.id >>a<< end >>", "inputs.id"),
        ("<< range inputs.id >>a<< end >>", "inputs.id"),
        ("<< range keys inputs.labels >>a<< end >>", "keys inputs.labels"),
        ("<< if and inputs.live inputs.id >>a<< end >>", "and inputs.live inputs.id"),
        ("<< b64dec \"gA==\" >>", "b64dec \"gA==\""),
        ("<< trunc 1 \"é\" >>", "trunc 1 \"é\""),
        ("<< printf \"%[1]d\" 1 >>", "printf \"%[1]d\" 1"),
    ] {
        match render(text) {
            Err(Stop::Undecided { range, .. }) => assert_eq!(&text[range], part, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let now = render_argo("{{ if semverCompare \">=1\" \"1.2.3\" }}a{{ end }}", MissingKey::Error);
    assert!(matches!(now, Err(Stop::Undecided { .. })), "{now:?}");
}

#[test]
fn what_does_not_hang_on_the_unknown_is_decided() {
    check(&[
        ("<< if and inputs.off inputs.id >>a<< else >>b<< end >>", "b"),
        ("<< if or inputs.live inputs.id >>a<< end >>", "a"),
        ("<< if printf \"x%v\" inputs.id >>a<< end >>", "a"),
        ("<< if hasKey inputs \"id\" >>a<< end >>", "a"),
        ("<< range list inputs.id >>x<< end >>", "x"),
    ]);
}
