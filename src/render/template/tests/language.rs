//! The language itself.

use super::*;

#[test]
fn text_and_actions() {
    check(&[
        ("", ""),
        ("plain > text", "plain > text"),
        ("<< inputs.name >>-<< inputs.port >>", "shop-8080"),
        ("<<inputs.name>>", "shop"),
        ("a << \"b\" >> c", "a b c"),
        ("a <<- \" b \" ->> c", "a b c"),
        ("a\n  <<- /* gone */ ->>\n b", "ab"),
        ("a <</* also gone */>> b", "a  b"),
        ("<<- -5 ->>", "-5"),
        ("<< print\n 1 >>", "1"),
        ("<< inputs.nothing >>", "<no value>"),
        ("<< inputs.live >> << inputs.ratio >> << inputs.count >>", "true 0.25 2500000"),
        (
            "<< inputs.hosts >> << inputs.chart >>",
            "[b.example a.example] map[name:nginx url:oci://charts.example/nginx]",
        ),
    ]);
}

#[test]
fn literals() {
    check(&[
        (r#"<< "a\tb\"\\\u00e9\x41\101" >>"#, "a\tb\"\\éAA"),
        (r"<< `raw\n` >>", r"raw\n"),
        ("<< 0x1F >> << 0o17 >> << 017 >> << 0b11 >> << 1_000 >>", "31 15 15 3 1000"),
        ("<< 'a' >> << '\\n' >>", "97 10"),
        ("<< 1e3 >> << .5 >> << 1e6 >> << 1e-5 >> << 100000.0 >> << 0x1p4 >>", "1000 0.5 1e+06 1e-05 100000 16"),
        ("<< true >> << print nil >>", "true <nil>"),
    ]);
    check_refused(&[
        ("<< 08 >>", "08", "not a number"),
        ("<< 1__0 >>", "1__0", "not a number"),
        ("<< 5x >>", "5x", "not a number"),
        ("<< 99999999999999999999 >>", "99999999999999999999", "not a number"),
        (r#"<< "\z" >>"#, r#""\z""#, "escape"),
        ("<< 'ab' >>", "'ab'", "not a character"),
        ("<< nil >>", "nil", "no value"),
    ]);
}

#[test]
fn branches() {
    check(&[
        ("<< if inputs.live >>a<< else >>b<< end >>", "a"),
        ("<< if inputs.blank >>a<< else if inputs.port >>b<< else >>c<< end >>", "b"),
        ("<< if and inputs.name (not inputs.off) >>a<< end >>", "a"),
        ("<< if inputs.none >>a<< else >>b<< end >>", "b"),
        ("<< with inputs.chart >><< .name >><< end >>", "nginx"),
        ("<< with inputs.blank >>a<< else with inputs.name >><< . >><< end >>", "shop"),
        ("<< with $x := inputs.name >><< $x >><< end >>", "shop"),
        ("<< if hasPrefix \"oci://\" inputs.chart.url >>oci<< end >>", "oci"),
    ]);
}

#[test]
fn ranges() {
    check(&[
        ("<< range inputs.hosts >>[<< . >>]<< end >>", "[b.example][a.example]"),
        ("<< range $i, $h := inputs.hosts >><< $i >>:<< $h >> << end >>", "0:b.example 1:a.example "),
        ("<< range $k, $v := inputs.labels >><< $k >>=<< $v >> << end >>", "10=ten 9=nine answer=yes tier=web "),
        ("<< range inputs.none >>x<< else >>empty<< end >>", "empty"),
        ("<< range inputs.nothing >>x<< else >>null<< end >>", "null"),
        ("<< range 3 >><< . >><< end >>", "012"),
        ("<< range $i := 2 >><< $i >><< end >>", "01"),
        (
            "<< range until 5 >><< if eq . 1 >><< continue >><< end >><< if eq . 3 >><< break >><< end >><< . >><< end >>",
            "02",
        ),
        ("<< $i := 7 >><< $h := 7 >><< range $i, $h = inputs.hosts >><< end >><< $i >>", "1"),
        (
            "<< range $i, $a := until 2 >><< range $j, $b := until 2 >><< $i >><< $j >> << end >><< end >>",
            "00 01 10 11 ",
        ),
    ]);
    check_refused(&[
        ("<< range inputs.name >><< end >>", "inputs.name", "list or a mapping"),
        ("<< range $i, $v := 3 >><< end >>", "$i, $v := 3", "one variable"),
    ]);
}

#[test]
fn variables_live_until_their_end() {
    check(&[
        ("<< $x := 1 >><< if true >><< $x = 2 >><< end >><< $x >>", "2"),
        ("<< $x := 1 >><< if true >><< $x := 2 >><< end >><< $x >>", "1"),
        ("<< $x := inputs.chart >><< $x.name >>", "nginx"),
        ("<< $n := 0 >><< range inputs.hosts >><< $n = add $n 1 >><< end >><< $n >>", "2"),
    ]);
    check_refused(&[
        ("<< $x >>", "$x", "no variable"),
        ("<< $x = 1 >>", "$x = 1", "no variable"),
        ("<< if $x := true >><< end >><< $x >>", "$x", "no variable"),
        ("<< $x := 1 >><< define \"t\" >><< $x >><< end >>", "$x", "no variable"),
    ]);
}

#[test]
fn named_templates() {
    check(&[
        ("<< define \"t\" >>[<< . >>]<< end >><< template \"t\" inputs.name >>", "[shop]"),
        ("<< define \"t\" >><< . >><< end >><< template \"t\" >>", "<no value>"),
        ("<< block \"b\" inputs.port >>(<< . >>)<< end >>", "(8080)"),
        ("<< template \"late\" 1 >><< define \"late\" >><< $ >><< end >>", "1"),
    ]);
    check_refused(&[
        ("a << template \"t\" >>", "<< template \"t\" >>", "no template"),
        ("<< define \"t\" >>a<< end >><< define \"t\" >>b<< end >>", "\"t\"", "another template"),
        ("<< if true >><< define \"t\" >><< end >><< end >>", "define", "outside"),
    ]);
}

#[test]
fn pipelines_and_fields() {
    check(&[
        ("<< inputs.name | upper | quote >>", "\"SHOP\""),
        ("<< \"a\" | printf \"%s%s\" \"b\" >>", "ba"),
        ("<< (index inputs \"chart\").name >> << (inputs).port >>", "nginx 8080"),
        ("<< print (1 | add 2) >>", "3"),
        ("<< index inputs.hosts 1 >> << index inputs \"chart\" \"name\" >>", "a.example nginx"),
        ("<< and 1 0 fail >>", "0"),
        (
            "<< inputs.nothing | keys >> << hasKey nil \"x\" >> << pick . \"x\" >> << html inputs.nothing 1 >>",
            "[] false map[] &lt;no value&gt;1",
        ),
        ("<< or inputs.blank \"x\" >> << 1 | and 2 >>", "x 1"),
    ]);
    check_refused(&[
        ("<< inputs.zone >>", ".zone", "no key `zone`"),
        ("<< if inputs.zone >><< end >>", ".zone", "no key"),
        ("<< inputs.chart.zone.x >>", ".zone", "no key"),
        ("<< inputs.name.x >>", ".x", "no keys"),
        ("<< inputs.nothing.x >>", ".x", "null"),
        ("<< .x >>", ".x", "nothing that could have"),
        ("<< get inputs.nothing \"x\" >>", "inputs.nothing", "takes a mapping"),
        ("<< inputs.name \"x\" >>", "inputs.name", "only functions"),
        ("<< inputs.name | 5 >>", "5", "piped"),
        ("<< (1) 2 >>", "(1)", "only functions"),
        ("<< \"x\".y >>", "\"x\".y", "only mappings"),
    ]);
}

#[test]
fn broken_syntax_is_refused_where_it_is() {
    check_refused(&[
        ("a << inputs.name", "<<", "never closed"),
        ("<< if true >>x", "<< if true >>", "no `end`"),
        ("x<< end >>", "<< end >>", "nothing here"),
        ("<< else >>", "<< else >>", "belongs to nothing"),
        ("<< if 1 >>a<< else >>b<< else >>c<< end >>", "<< else >>", "already"),
        ("<< range inputs.hosts >><< else if true >><< end >>", "<< range inputs.hosts >>", "followed by"),
        ("<< include \"x\" >>", "include", "no function"),
        ("<< now >>", "now", "no function"),
        ("<< >>", ">>", "needs a value"),
        ("<< if >>x<< end >>", ">>", "needs a value"),
        ("<< ( inputs.name >>", "<< ( inputs.name ", "inside a parenthesis"),
        ("<< inputs.name ) >>", ")", "never opened"),
        ("<< \"abc >>", "\"", "never closed"),
        ("<</* abc >>", "<</*", "never closed"),
        ("<</* a */ x >>", "<</* a */", "follow a comment"),
        ("<< /* a */ >>", "/", "no place"),
        ("<< break >>", "<< break >>", "outside"),
        ("<< inputs.a! >>", ".a!", "follow a name"),
        ("<< $a, $b := inputs.hosts >>", ",", "too many variables"),
        ("cat <<EOF\n", "EOF", "no function"),
        ("<< 1:2 >>", ":", "colon"),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        (
            "<< eq 1 2 1 >> << ne \"a\" \"b\" >> << lt 1 2 >> << le 2.0 2.0 >> << gt \"b\" \"a\" >> << ge 1 2 >>",
            "true true true true true false",
        ),
        ("<< eq inputs.port 8080 >> << eq inputs.nothing nil >> << eq inputs.nothing \"x\" >>", "true true false"),
    ]);
    check_refused(&[
        ("<< eq inputs.port \"8080\" >>", "eq inputs.port \"8080\"", "cannot be compared"),
        ("<< lt 1 2.5 >>", "lt 1 2.5", "cannot be compared"),
        ("<< lt true false >>", "lt true false", "no order"),
        ("<< eq inputs.chart inputs.chart >>", "eq inputs.chart inputs.chart", "cannot be compared"),
        ("<< eq 1 >>", "eq 1", "nothing to compare"),
    ]);
}

#[test]
fn a_missing_key_is_what_the_option_says() {
    for (text, default, zero) in [
        ("{{ .zone }}", Some("<no value>"), Some("<no value>")),
        ("{{ .zone.x }}", Some("<no value>"), None),
        ("{{ if .zone }}a{{ else }}b{{ end }}", Some("b"), Some("b")),
        ("{{ .zone | default \"d\" }}", Some("d"), Some("d")),
        ("{{ get . \"zone\" }}", Some(""), Some("")),
    ] {
        for (missing_key, expected) in [(MissingKey::Default, default), (MissingKey::Zero, zero)] {
            let rendered = render_argo(text, missing_key).ok().map(|rendered| rendered.text);
            assert_eq!(rendered.as_deref(), expected, "{text} {missing_key:?}");
        }
    }
    assert!(matches!(render_argo("{{ .zone }}", MissingKey::Error), Err(Stop::Refused(_))));
    for (option, expected) in [
        ("missingkey=error", Some(MissingKey::Error)),
        ("missingkey=invalid", Some(MissingKey::Default)),
        ("missingkey=zero", Some(MissingKey::Zero)),
        ("missingkey=x", None),
        ("other", None),
    ] {
        assert_eq!(MissingKey::from_option(option), expected, "{option}");
    }
}

#[test]
fn a_template_of_resources() {
    let text = "\
spec:
  <<- if inputs.hosts >>
  dependsOn:
  <<- range $host := inputs.hosts >>
    - name: << $host >>
  <<- end >>
  <<- end >>
  path: << inputs.chart.name >>
  labels: << inputs.labels | toYaml | nindent 4 >>
";
    let expected = "\
spec:
  dependsOn:
    - name: b.example
    - name: a.example
  path: nginx
  labels: 
    \"9\": nine
    \"10\": ten
    answer: \"yes\"
    tier: web
    
";
    check(&[(text, expected)]);
}

#[test]
fn plain_texts_are_known_as_such() {
    for (text, left, plain) in [
        ("", "<<", true),
        ("a > b", "<<", true),
        ("<</* c */>>", "<<", false),
        ("a<< 1 >>", "<<", false),
        ("{{ 1 }}", "", false),
    ] {
        let right = if left.is_empty() { "" } else { ">>" };
        let template = Template::parse(text, Delimiters { left, right }, Functions::Slim).expect(text);
        assert_eq!(template.is_plain(), plain, "{text}");
    }
}
