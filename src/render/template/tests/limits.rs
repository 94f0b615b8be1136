//! Templates that would never end, or not fit.

use super::*;

#[test]
fn bombs_are_refused() {
    let nested = format!("{}x{}", "<< if true >>".repeat(300), "<< end >>".repeat(300));
    let parens = format!("<< {}1{} >>", "(".repeat(300), ")".repeat(300));
    let chain = format!("<< if 0 >>{}<< end >>", "<< else if 0 >>".repeat(300));
    for text in [
        "<< range until 90000 >><< range until 90000 >><< end >><< end >>",
        "<< range 9000000000 >><< end >>",
        "<< define \"t\" >><< template \"t\" . >><< end >><< template \"t\" 1 >>",
        "<< $x := \"xxxxxxxxxxxxxxxx\" >><< range until 60 >><< $x = print $x $x >><< end >>",
        "<< $x := list 1 >><< range until 60 >><< $x = concat $x $x >><< end >>",
        "<< $x := list 1 >><< range until 60 >><< $x = list $x $x >><< end >><< $x >>",
        "<< $x := list 1 >><< range until 60 >><< $x = list $x $x >><< end >><< toJson $x >>",
        "<< $x := list 1 >><< range until 60 >><< $x = list $x $x >><< end >><< deepEqual $x (list $x) >>",
        "<< $x := list 1 >><< range until 50000 >><< $x = list $x >><< end >><< $x >>",
        "<< $d := dict >><< $_ := set $d \"me\" $d >><< $d >>",
        "<< $d := dict >><< $_ := set $d \"me\" $d >><< toYaml $d >>",
        "<< repeat 1000000000 \"x\" >>",
        "<< indent 1000000000 \"x\" >>",
        "<< printf \"%9999999d\" 1 >>",
        "<< range until 40 >><< repeat 1000000 \"x\" >><< end >>",
        "<< regexReplaceAll \"a\" (repeat 100000 \"a\") (repeat 100000 \"b\") >>",
        &nested,
        &parens,
        &chain,
    ] {
        let short: String = text.chars().take(80).collect();
        match render(text) {
            Err(Stop::Refused(_)) => {}
            Err(other) => panic!("{short}: {other:?}"),
            Ok(rendered) => panic!("{short}: {} bytes", rendered.text.len()),
        }
    }
}

#[test]
fn values_that_nest_too_deep_are_not_taken_in() {
    let deep = (0..500).fold(Datum::<u8>::text("x"), |inner, _| Datum::new(Kind::List(vec![inner])));
    let template = Template::parse("a", Delimiters::ANGLES, Functions::Slim).expect("it parses");
    assert!(matches!(template.render(&deep, None, MissingKey::Default), Err(Stop::Undecided { .. })));
}

#[test]
fn long_templates_are_fine() {
    let text = "<< range inputs.hosts >>- << . >>\n<< end >>".repeat(2_000);
    assert_eq!(render(&text).expect("it renders").text.lines().count(), 4_000);
}

#[test]
fn what_nests_less_deep_is_fine() {
    let parens = format!("<< {}1{} >>", "(print ".repeat(90), ")".repeat(90));
    let branches = format!("{}x{}", "<< if true >>".repeat(95), "<< end >>".repeat(95));
    let calls =
        "<< define \"t\" >><< if gt . 0 >><< template \"t\" (sub . 1) >><< end >><< end >><< template \"t\" 40 >>x";
    let mixed =
        format!("{}<< {}1{} >>{}", "<< with 1 >>".repeat(45), "(".repeat(45), ")".repeat(45), "<< end >>".repeat(45));
    for (text, expected) in [(parens.as_str(), "1"), (&branches, "x"), (calls, "x"), (&mixed, "1")] {
        assert_eq!(render(text).expect("it renders").text, expected);
    }
}
