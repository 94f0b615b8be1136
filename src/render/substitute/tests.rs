//! Tables of what Flux makes of references: each operator, each refusal, and where the result comes from.

use super::*;

const VARIABLES: &[(&str, &str)] = &[
    ("REGION", "eu-north-1"),
    ("CLUSTER", "blue"),
    ("HOST", "db.blue.example.org"),
    ("FILE", "/srv/data/dump.sql.gz"),
    ("CITY", "Zürich"),
    ("IOTA", "ᾳßŉ"),
    ("DOTTED", "İ"),
    ("EMPTY", ""),
    ("DOLLAR", "$${CLUSTER}"),
    ("LONG", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("9lives", "cat"),
    ("größe", "xl"),
];

fn lookup(name: &str) -> Lookup<'static> {
    match name {
        "SEALED" => Lookup::Unread,
        "ELSEWHERE" => Lookup::Unknown,
        _ => VARIABLES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Lookup::Undefined, |(_, value)| Lookup::Known(value)),
    }
}

fn done(input: &str) -> Substituted {
    substitute(input, false, lookup).unwrap_or_else(|refusal| panic!("{input}: {refusal}"))
}

#[test]
fn operators_give_what_flux_gives() {
    for (input, expected) in [
        ("", ""),
        ("no reference $HOME $(date) `id` 5$ \\", "no reference $HOME $(date) `id` 5$ \\"),
        ("a ${CLUSTER} b", "a blue b"),
        ("${CLUSTER}-${REGION}}", "blue-eu-north-1}"),
        ("${NOWHERE}", ""),
        ("${9lives} ${größe}", "cat xl"),
        // Escapes.
        ("$$", "$"),
        ("cost: 5$$$", "cost: 5$$"),
        ("$${CLUSTER}", "${CLUSTER}"),
        ("$$${CLUSTER}", "$blue"),
        ("$$$$", "$$"),
        ("\\${CLUSTER}", "\\blue"),
        ("${DOLLAR}", "$${CLUSTER}"),
        // Defaults.
        ("${NOWHERE:=x}${NOWHERE:-x}${NOWHERE=x}${NOWHERE:?x}${NOWHERE:+x}", "xxxxx"),
        ("${CLUSTER:=x}${CLUSTER:-x}${CLUSTER=x}${CLUSTER:?x}${CLUSTER:+x}", "blueblueblueblueblue"),
        ("${EMPTY:-red}", "red"),
        ("${EMPTY:-}|${EMPTY}", "|"),
        ("${NOWHERE:-a ${CLUSTER} b ${NOWHERE:-${REGION}}}", "a blue b eu-north-1"),
        ("${NOWHERE:-{\"a\": {}}}", "{\"a\": {}}"),
        ("${NOWHERE:-$$x$}", "$$x$"),
        ("${NOWHERE:-$${CLUSTER}}", "$blue"),
        ("${NOWHERE==x}", "=x"),
        ("${NOWHERE:-one\ntwo}", "one\ntwo"),
        // Length and letters.
        ("${#CLUSTER} ${#CITY} ${#NOWHERE}", "4 7 0"),
        ("${CLUSTER^} ${CLUSTER^^} ${EMPTY^}", "Blue BLUE "),
        ("${CITY,} ${CITY,,} ${CITY^^}", "zürich zürich ZÜRICH"),
        ("${CITY,^}${CITY^,}", "ZürichZürich"),
        ("${IOTA^^} ${DOTTED,,}", "ᾼßŉ i"),
        // Slices, in bytes.
        ("${REGION:3}", "north-1"),
        ("${REGION:3:5}", "north"),
        ("${REGION:3::5}", "north"),
        ("${REGION: 3}", "eu-north-1"),
        ("${REGION:x}${REGION:1:x}", "eu-north-1eu-north-1"),
        ("${REGION:99}|${REGION:99:1}|${REGION:2:0}", "||"),
        ("${REGION:0:99}", "eu-north-1"),
        ("${REGION:${#NOWHERE}:2}", "eu"),
        ("${REGION:3:-2}|${REGION:3:-8}", "north|"),
        ("${REGION:3:9223372036854775807}", "north-1"),
        ("${CITY:1:2}", "ü"),
        ("${CITY:2:0}", ""),
        // Patterns.
        ("${HOST#*.}", "blue.example.org"),
        ("${HOST##*.}", "org"),
        ("${HOST%.*}", "db.blue.example"),
        ("${HOST%%.*}", "db"),
        ("${FILE##*/}", "dump.sql.gz"),
        ("${FILE%/*}", "/srv/data"),
        ("${HOST#?b.}", "blue.example.org"),
        ("${HOST#[a-d][^x]}", ".blue.example.org"),
        ("${HOST#[x-z]}${HOST#[}${HOST#[]a]}", "db.blue.example.orgdb.blue.example.orgdb.blue.example.org"),
        ("${HOST#[d-}${HOST#[\\d]}", "db.blue.example.orgb.blue.example.org"),
        ("${HOST#\\d}", "b.blue.example.org"),
        ("${HOST##d*.*e}", ".org"),
        ("${HOST#d*.*e}", ".example.org"),
        ("${HOST#*}|${HOST##*}|${HOST%o*g}", "b.blue.example.org||db.blue.example."),
        ("${HOST%nope}${HOST#org}", "db.blue.example.orgdb.blue.example.org"),
        ("${HOST%[a-z]}", "db.blue.example.org"),
        ("${CITY%?}|${CITY#Z?}", "Züric|rich"),
        ("${EMPTY#*}|${NOWHERE%x}", "|"),
        ("${HOST#${NOWHERE:-d}}", "b.blue.example.org"),
        // Replacements, which know no patterns.
        ("${HOST/./-}", "db-blue.example.org"),
        ("${HOST//./-}", "db-blue-example-org"),
        ("${FILE//\\//_}", "_srv_data_dump.sql.gz"),
        ("${HOST/#db/ro}", "ro.blue.example.org"),
        ("${HOST/%org/net}", "db.blue.example.net"),
        ("${HOST/#blue/x}${HOST/%blue/x}", "db.blue.example.orgdb.blue.example.org"),
        ("${HOST/db./}", "blue.example.org"),
        ("${HOST/#db./}", "db.blue.example.org"),
        ("${HOST/${CLUSTER}/${REGION}}", "db.eu-north-1.example.org"),
        ("${HOST/db//ro}", "ro.blue.example.org"),
        ("${HOST/db/$$\\\\}", "$\\.blue.example.org"),
        ("${HOST/*/x}", "db.blue.example.org"),
        ("${CLUSTER/}/x}", "blue"),
        ("${CLUSTER/#/x}${CLUSTER/%/x}", "xbluebluex"),
        // A NUL ends the text.
        ("a\0${", "a"),
    ] {
        let result = done(input);
        assert_eq!(result.text, expected, "{input}");
        assert!(
            input.contains('\0') || has_reference(input) || result.text == input,
            "{input} has no reference, and yet changes"
        );
    }
}

#[test]
fn refusals_say_where_and_why() {
    use RefusalKind::{Name, Syntax};
    for (input, range, kind) in [
        ("x: ${}", "${}", Name),
        ("x: ${", "${", Name),
        ("x: ${ A}", "${ A}", Name),
        ("x: ${!A} y", "${!A}", Name),
        ("x: ${#}", "${#}", Name),
        ("x: ${:-a}", "${:-a}", Name),
        ("x: ${a.b} y", "${a.b}", Syntax),
        ("x: ${a-b} ${c}", "${a-b}", Syntax),
        ("x: ${a\ny: }", "${a", Syntax),
        ("x: ${a.b ${c}", "${a.", Syntax),
        ("x: ${list[@]}", "${list[@]}", Syntax),
        ("x: ${a", "${a", Syntax),
        ("x: ${a~}", "${a~}", Syntax),
        ("x: ${#a:-b}", "${#a:-b}", Syntax),
        ("x: ${a:}", "${a:}", Syntax),
        ("x: ${a::2}", "${a::2}", Syntax),
        ("x: ${a:1:}", "${a:1:}", Syntax),
        ("x: ${a:ü}", "${a:ü}", Syntax),
        ("x: ${a:1${b}}", "${a:", Syntax),
        ("x: ${a#} y", "${a#}", Syntax),
        ("x: ${a%%}", "${a%%}", Syntax),
        ("x: ${a/}", "${a/}", Syntax),
        ("x: ${a/b}", "${a/b}", Syntax),
        ("x: ${a/b/c${d}e}", "${a/", Syntax),
        ("x: ${a^^^}", "${a^^^}", Syntax),
        ("x: ${a,b}", "${a,b}", Syntax),
        ("x: ${a:-b", "${a:", Syntax),
        ("x: ${a:-${b.c}}", "${b.c}", Syntax),
        ("x: ${a:-b\0}", "${a:", Syntax),
    ] {
        let refusal = substitute(input, false, lookup).expect_err(input);
        assert_eq!(refusal.kind, kind, "{input}: {refusal}");
        let shown = &input[refusal.range.clone()];
        assert_eq!(shown, range, "{input}");
        assert!(!refusal.message.is_empty() && !refusal.message.contains('\n'), "{input}: {refusal}");
    }
}

#[test]
fn strict_substitution_wants_a_definition_or_a_default() {
    for (input, refused) in [
        ("${NOWHERE}", Some("${NOWHERE}")),
        ("${CLUSTER} ${NOWHERE^^}", Some("${NOWHERE^^}")),
        ("${#NOWHERE}", Some("${#NOWHERE}")),
        ("${HOST/${NOWHERE}/x}", Some("${NOWHERE}")),
        ("${NOWHERE:-${NOR_HERE}}", Some("${NOR_HERE}")),
        ("${CLUSTER:-${NOWHERE}}", Some("${NOWHERE}")),
        ("${SEALED:-${NOWHERE}}", Some("${NOWHERE}")),
        ("${NOWHERE,^}", Some("${NOWHERE,^}")),
        ("${NOWHERE:-x}${NOWHERE:-}${NOWHERE=}${NOWHERE:+x}${NOWHERE:?x}", None),
        ("${EMPTY}${SEALED}${ELSEWHERE}", None),
    ] {
        let refusal = substitute(input, true, lookup).err();
        assert_eq!(refusal.as_ref().map(|refusal| &input[refusal.range.clone()]), refused, "{input}");
        assert!(refusal.is_none_or(|refusal| refusal.kind == RefusalKind::Undefined), "{input}");
    }
    let both = substitute("${NOWHERE} ${a.b}", true, lookup).expect_err("two faults");
    assert_eq!(both.kind, RefusalKind::Syntax, "a text is read before anything is looked up");
}

/// The pieces as `result<origin>`, with what they are: `=` input, `$` escape, `v` and the bytes of the value, `o` made
/// of a value, `-` undefined, `d` default, `u` unread.
fn outline(input: &str) -> String {
    let result = done(input);
    let pieces: Vec<String> = result
        .pieces
        .iter()
        .map(|piece| {
            let text = &result.text[piece.range.clone()];
            let from = match &piece.from {
                Provenance::Input(range) => format!("={}", &input[range.clone()]),
                Provenance::Escape(range) => format!("${}", &input[range.clone()]),
                Provenance::Variable { site, name, copied: Some(copied) } => {
                    format!("v{} {} {copied:?}", &input[site.clone()], &input[name.clone()])
                }
                Provenance::Variable { site, name, copied: None } => {
                    format!("o{} {}", &input[site.clone()], &input[name.clone()])
                }
                Provenance::Undefined { site, name } => {
                    format!("-{} {}", &input[site.clone()], &input[name.clone()])
                }
                Provenance::Default { site, text } => {
                    format!("d{} {}", &input[site.clone()], &input[text.clone()])
                }
                Provenance::Unread { site } => format!("u{}", &input[site.clone()]),
            };
            format!("{text}<{from}>")
        })
        .collect();
    pieces.join(" ")
}

#[test]
fn every_piece_knows_where_it_was_written() {
    for (input, expected) in [
        ("", ""),
        ("$a", "$a<=$a>"),
        ("a${CLUSTER}b", "a<=a> blue<v${CLUSTER} CLUSTER 0..4> b<=b>"),
        ("${EMPTY}", "<v${EMPTY} EMPTY 0..0>"),
        ("a$${b}", "a<=a> $<$$$> {b}<={b}>"),
        ("${NOWHERE}x", "<-${NOWHERE} NOWHERE> x<=x>"),
        ("${#NOWHERE}", "0<-${#NOWHERE} NOWHERE>"),
        ("${CLUSTER:-x${NOWHERE}}", "blue<v${CLUSTER:-x${NOWHERE}} CLUSTER 0..4>"),
        ("${NOWHERE:-}", "<d${NOWHERE:-} >"),
        (
            "${NOWHERE:-a${CLUSTER}$$}",
            "a<d${NOWHERE:-a${CLUSTER}$$} a> blue<v${CLUSTER} CLUSTER 0..4> $$<d${NOWHERE:-a${CLUSTER}$$} $$>",
        ),
        ("${NOWHERE:-${NOR_HERE}}", "<-${NOR_HERE} NOR_HERE>"),
        ("${REGION:3:5}", "north<v${REGION:3:5} REGION 3..8>"),
        ("${FILE##*/}", "dump.sql.gz<v${FILE##*/} FILE 10..21>"),
        ("${FILE%.gz}", "/srv/data/dump.sql<v${FILE%.gz} FILE 0..18>"),
        ("${CLUSTER^}", "Blue<o${CLUSTER^} CLUSTER>"),
        ("${CLUSTER/lu/l}", "ble<o${CLUSTER/lu/l} CLUSTER>"),
        ("${CLUSTER/x/y}", "blue<v${CLUSTER/x/y} CLUSTER 0..4>"),
        // Nothing is claimed of what cannot be known.
        ("a ${SEALED}", "a <=a > ${SEALED}<u${SEALED}>"),
        ("${ELSEWHERE:-${CLUSTER}}", "${ELSEWHERE:-${CLUSTER}}<u${ELSEWHERE:-${CLUSTER}}>"),
        ("${NOWHERE:-a${SEALED}}", "a<d${NOWHERE:-a${SEALED}} a> ${SEALED}<u${SEALED}>"),
        ("${HOST#${SEALED}}", "${HOST#${SEALED}}<u${HOST#${SEALED}}>"),
        ("${#SEALED}", "${#SEALED}<u${#SEALED}>"),
        ("${CITY:2}", "${CITY:2}<u${CITY:2}>"),
    ] {
        assert_eq!(outline(input), expected, "{input}");
    }
}

#[test]
fn pieces_of_a_range_are_found() {
    let result = done("ab${NOWHERE}cd${CLUSTER}");
    for (range, count) in [(0..1, 1), (0..2, 2), (2..3, 2), (2..2, 1), (3..5, 2), (0..8, 4), (3..3, 1), (99..99, 0)] {
        assert_eq!(result.pieces_in(range.clone()).len(), count, "{range:?}");
    }
    assert!(done("").pieces_in(0..0).is_empty());
}

#[test]
fn every_use_is_listed() {
    use Resolution::{Known, Undefined, Unknown, Unread};
    let input =
        "${CLUSTER:-${NOWHERE}} ${NOWHERE:-${REGION}} ${SEALED:=${EMPTY}} ${HOST/${NOR_HERE}/x} $${NO} ${ELSEWHERE}";
    let uses: Vec<_> = done(input)
        .uses
        .into_iter()
        .map(|one| {
            assert!(input[one.site.clone()].contains(&input[one.name.clone()]));
            (input[one.name].to_owned(), one.has_default, one.counts, one.resolved)
        })
        .collect();
    let expected = [
        ("CLUSTER", true, true, Known),
        ("NOWHERE", false, false, Undefined),
        ("NOWHERE", true, true, Undefined),
        ("REGION", false, true, Known),
        ("SEALED", true, true, Unread),
        ("EMPTY", false, false, Known),
        ("HOST", false, true, Known),
        ("NOR_HERE", false, true, Undefined),
        ("ELSEWHERE", false, true, Unknown),
    ]
    .map(|(name, has_default, counts, resolved)| (name.to_owned(), has_default, counts, resolved));
    assert_eq!(uses, expected);
}

#[test]
fn depth_and_size_have_an_end() {
    let nested = |depth: usize| format!("{}x{}", "${NOWHERE:-".repeat(depth), "}".repeat(depth));
    assert_eq!(done(&nested(MAX_DEPTH)).text, "x");
    for depth in [MAX_DEPTH + 1, 100_000] {
        let refusal = substitute(&nested(depth), false, lookup).expect_err("too deep");
        assert_eq!(refusal.kind, RefusalKind::Limit);
    }
    let growing = format!("{}${{LONG}}{}", "${LONG//a/".repeat(20), "}".repeat(20));
    assert!(substitute(&growing, false, lookup).is_err_and(|refusal| refusal.kind == RefusalKind::Limit));
}

#[test]
fn names_are_those_of_a_shell() {
    for (name, valid) in [
        ("A", true),
        ("_", true),
        ("cluster_name2", true),
        ("", false),
        ("2nd", false),
        ("a-b", false),
        ("a.b", false),
        ("größe", false),
        ("a ", false),
        ("a\n", false),
    ] {
        assert_eq!(is_valid_name(name), valid, "{name:?}");
    }
}

#[test]
fn texts_without_references_are_known_by_a_glance() {
    for (text, has) in
        [("", false), ("$", false), ("$a {b}", false), ("a$", false), ("x ${", true), ("$$", true), ("a$b$${", true)]
    {
        assert_eq!(has_reference(text), has, "{text:?}");
    }
}
