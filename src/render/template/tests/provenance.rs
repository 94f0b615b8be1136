//! Where each byte comes from.

use super::*;
use crate::render::template::{Piece, Provenance};
use proptest::prelude::*;

/// Pieces in short: `t:text`, `v/pointer:text` for a whole value, `p/pointer:text` for a part, `a:text`, `u/pointer`.
fn pieces(text: &str) -> Vec<String> {
    let rendered = render(text).expect(text);
    let show = |piece: &Piece<String>| {
        let text = &rendered.text[piece.range.clone()];
        match &piece.from {
            Provenance::Template(_) => format!("t:{text}"),
            Provenance::Value { origin, whole: true, .. } => format!("v{origin}:{text}"),
            Provenance::Value { origin, .. } => format!("p{origin}:{text}"),
            Provenance::Action(_) => format!("a:{text}"),
            Provenance::Unknown { origin, .. } => format!("u{}", origin.as_deref().unwrap_or_default()),
        }
    };
    rendered.pieces.iter().map(show).collect()
}

#[test]
fn values_keep_their_origin_through_what_hands_them_on() {
    for (text, expected) in [
        ("a << inputs.name >> b", vec!["t:a ", "v/name:shop", "t: b"]),
        ("<< inputs.port >>", vec!["v/port:8080"]),
        ("<< inputs.name | quote >>", vec!["a:\"", "v/name:shop", "a:\""]),
        ("<< default \"x\" inputs.name >>", vec!["v/name:shop"]),
        ("<< default \"x\" inputs.blank >>", vec!["a:x"]),
        ("<< get inputs \"name\" | default \"x\" >>", vec!["v/name:shop"]),
        ("<< dig \"chart\" \"name\" \"x\" inputs >>", vec!["v/chart/name:nginx"]),
        ("<< index inputs.hosts 1 >>", vec!["v/hosts/1:a.example"]),
        ("<< first inputs.hosts >><< last inputs.hosts >>", vec!["v/hosts/0:b.example", "v/hosts/1:a.example"]),
        ("<< range inputs.hosts >><< . >><< end >>", vec!["v/hosts/0:b.example", "v/hosts/1:a.example"]),
        ("<< ternary inputs.name \"x\" true >>", vec!["v/name:shop"]),
        ("<< coalesce inputs.blank inputs.name >>", vec!["v/name:shop"]),
        ("<< printf \"%s-%d\" inputs.name inputs.port >>", vec!["v/name:shop", "a:-", "v/port:8080"]),
        ("<< join \",\" inputs.hosts >>", vec!["v/hosts/0:b.example", "a:,", "v/hosts/1:a.example"]),
        ("<< trimPrefix \"oci://\" inputs.chart.url >>", vec!["p/chart/url:charts.example/nginx"]),
        ("<< trunc 2 inputs.name >>", vec!["p/name:sh"]),
        ("<< lower inputs.name >><< upper inputs.name >>", vec!["v/name:shop", "a:SHOP"]),
        ("<< nindent 2 inputs.note >>", vec!["a:\n  ", "p/note:one\n", "a:  ", "p/note:two"]),
        ("<< inputs.chart >>", vec!["a:map[name:nginx url:oci://charts.example/nginx]"]),
        ("<< $x := inputs.name >><< $x >>", vec!["v/name:shop"]),
        (
            "<< toYaml inputs.chart >>",
            vec!["a:name: ", "v/chart/name:nginx", "a:\nurl: ", "v/chart/url:oci://charts.example/nginx", "a:\n"],
        ),
        ("<< int inputs.port >>", vec!["v/port:8080"]),
        ("<< add inputs.port 1 >>", vec!["a:8081"]),
        ("x<< inputs.id >>y", vec!["t:x", "u/id", "t:y"]),
    ] {
        assert_eq!(pieces(text), expected, "{text}");
    }
}

#[test]
fn ranges_point_into_the_template() {
    let text = "a\n  <<- inputs.name ->>\n b << 1 >>";
    let rendered = render(text).expect("it renders");
    let ranges: Vec<&str> = rendered
        .pieces
        .iter()
        .map(|piece| match &piece.from {
            Provenance::Template(range) | Provenance::Action(range) => &text[range.clone()],
            Provenance::Value { action, .. } | Provenance::Unknown { action, .. } => &text[action.clone()],
        })
        .collect();
    assert_eq!(ranges, ["a", "<<- inputs.name ->>", "b ", "<< 1 >>"]);
    assert_eq!(rendered.piece_at(1).map(|piece| piece.range.clone()), Some(1..5));
    assert_eq!(rendered.piece_at(rendered.text.len()), None);
}

const FRAGMENTS: &[&str] = &[
    "<<",
    ">>",
    "<<-",
    "->>",
    " ",
    "\n",
    "text: ",
    "inputs",
    ".name",
    "inputs.name",
    "inputs.hosts",
    "inputs.id",
    "inputs.labels",
    "inputs.note",
    "if ",
    "else ",
    "end",
    "<< end >>",
    "<< else >>",
    "range ",
    "with ",
    "define \"t\"",
    "template \"t\" .",
    "$x",
    " := ",
    " = ",
    " | ",
    "(",
    ")",
    "quote",
    "default ",
    "toYaml ",
    "nindent 2 ",
    "indent 3 ",
    "printf \"%s %v %q %5d\" ",
    "join \",\" ",
    "index ",
    "list ",
    "dict ",
    "trunc 3 ",
    "regexFind \"[a-z]\" ",
    "upper ",
    "\"é\"",
    "`r`",
    "5",
    "-1.5e3",
    "'c'",
    "nil",
    "true",
    "/* c */",
    "<< break >>",
    ", ",
    ".",
    "toJson ",
    "splitList \"\" ",
    "fromJson ",
    "b64dec ",
    "urlParse ",
    "slugify ",
    "seq ",
    "until 3",
    "keys ",
    "set ",
    "dig ",
    "first ",
    "substr 1 2 ",
];

fn check_tiles(text: &str) {
    let Ok(rendered) = render_with(text, MissingKey::Default) else { return };
    let mut at = 0;
    for piece in &rendered.pieces {
        assert_eq!(piece.range.start, at, "{text}");
        assert!(piece.range.end > at, "{text}");
        at = piece.range.end;
        let shown = &rendered.text[piece.range.clone()];
        match &piece.from {
            Provenance::Template(range) => assert_eq!(shown, &text[range.clone()], "{text}"),
            Provenance::Unknown { action, .. } => {
                assert_eq!(shown, crate::render::template::PLACEHOLDER, "{text}");
                assert!(text.get(action.clone()).is_some(), "{text}");
            }
            Provenance::Value { action, .. } | Provenance::Action(action) => {
                assert!(text.get(action.clone()).is_some(), "{text}");
            }
        }
    }
    assert_eq!(at, rendered.text.len(), "{text}");
}

proptest! {
    #[test]
    fn any_text_is_rendered_or_refused(text in "[ -~\\n<>é]{0,80}") {
        check_tiles(&text);
        check_tiles(&format!("<< {text} >>"));
    }

    #[test]
    fn pieces_tile_what_comes_out(parts in prop::collection::vec(prop::sample::select(FRAGMENTS), 0..14)) {
        check_tiles(&parts.concat());
        check_tiles(&format!("a << {} >> b", parts.concat()));
    }

    #[test]
    fn calls_never_panic(
        name in prop::sample::select(FUNCTIONS),
        arguments in prop::collection::vec(prop::sample::select(VALUES), 0..4),
    ) {
        check_tiles(&format!("<< {name} {} >>", arguments.join(" ")));
    }
}

const FUNCTIONS: &[&str] = &[
    "abbrev",
    "add",
    "adler32sum",
    "append",
    "atoi",
    "b32dec",
    "b64dec",
    "base",
    "cat",
    "ceil",
    "chunk",
    "clean",
    "coalesce",
    "compact",
    "concat",
    "contains",
    "deepEqual",
    "default",
    "dict",
    "dig",
    "dir",
    "div",
    "empty",
    "eq",
    "ext",
    "first",
    "float64",
    "fromJson",
    "get",
    "has",
    "hasKey",
    "html",
    "indent",
    "index",
    "initial",
    "int",
    "join",
    "js",
    "keys",
    "last",
    "le",
    "len",
    "list",
    "lower",
    "lt",
    "max",
    "mod",
    "nindent",
    "not",
    "omit",
    "pick",
    "plural",
    "pluck",
    "prepend",
    "print",
    "printf",
    "println",
    "quote",
    "regexFind",
    "regexFindAll",
    "regexMatch",
    "regexReplaceAll",
    "regexSplit",
    "repeat",
    "replace",
    "rest",
    "reverse",
    "round",
    "seq",
    "set",
    "slice",
    "slugify",
    "sortAlpha",
    "split",
    "splitList",
    "splitn",
    "squote",
    "sub",
    "substr",
    "ternary",
    "title",
    "toDecimal",
    "toJson",
    "toPrettyJson",
    "toString",
    "toStrings",
    "toYaml",
    "trim",
    "trimAll",
    "trunc",
    "typeOf",
    "uniq",
    "unset",
    "until",
    "untilStep",
    "upper",
    "urlJoin",
    "urlParse",
    "urlquery",
    "values",
    "without",
];

const VALUES: &[&str] = &[
    "0",
    "1",
    "3",
    "-2",
    "9223372036854775807",
    "-9223372036854775808",
    "1.5",
    "1e300",
    "\"\"",
    "\"a\"",
    "\"é🦀x\"",
    "\"a/b.c\"",
    "\"%s%d%v\"",
    "\"(\"",
    "\"\\n \"",
    "true",
    "nil",
    "inputs",
    "inputs.name",
    "inputs.hosts",
    "inputs.labels",
    "inputs.id",
    "inputs.nothing",
    "inputs.note",
    "(list)",
    "(dict)",
    "(list 1 inputs.id)",
    "(dict \"a\" (list \"x\" nil))",
    "(until 3)",
    "(keys inputs)",
    "(printf \"x%v\" inputs.id)",
];
