//! Functions, by group.

use super::*;
use proptest::prelude::*;

#[test]
fn printing() {
    check(&[
        ("<< print 1 2 \"a\" 3 4 >>|<< println \"a\" 1 >>|", "1 2a3 4|a 1\n|"),
        (
            r#"<< printf "%s-%d-%v-%q-%05d-%t-%x-%.1f" "s" 5 1.5 "q" 42 true "hi" 2.5 >>"#,
            "s-5-1.5-\"q\"-00042-true-6869-2.5",
        ),
        (
            r#"<< printf "%5s|%-5s|%+d|%x|%X|%o|%b|%c|%U|%e|%T" "a" "b" 7 255 255 8 5 65 65 12345.678 1.5 >>"#,
            "    a|b    |+7|ff|FF|10|101|A|U+0041|1.234568e+04|float64",
        ),
        (
            r#"<< printf "%d" "a" >> << printf "%d" >> << printf "x" 1 >> << printf "%" >> << printf "100%%" >>"#,
            "%!d(string=a) %!d(MISSING) x%!(EXTRA int=1) %!(NOVERB) 100%",
        ),
        (r#"<< printf "%v %s" inputs.hosts inputs.port >>"#, "[b.example a.example] %!s(int64=8080)"),
        (r#"<< html "<a>&'" >> << js "it's" >> << urlquery "a b&é" >>"#, r"&lt;a&gt;&amp;&#39; it\'s a+b%26%C3%A9"),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("<< trunc 3 \"abcdef\" >> << trunc -3 \"abcdef\" >> << substr 1 3 \"abcdef\" >>", "abc def bc"),
        (
            "<< trimAll \"$\" \"$5$\" >> << trimPrefix \"a\" \"ab\" >> << trimSuffix \"b\" \"ab\" >> << trim \" x \" >>",
            "5 b a x",
        ),
        (
            "<< upper \"aß\" >> << lower \"ÀB\" >> << title \"hi wOrld foo-bar\" >> << repeat 3 \"ab\" >>",
            "Aß àb Hi WOrld Foo-Bar ababab",
        ),
        ("<< contains \"b\" \"abc\" >> << hasPrefix \"a\" \"b\" >> << hasSuffix \"c\" \"bc\" >>", "true false true"),
        (
            "<< quote inputs.port nil \"a\\\"b\" >> << squote inputs.name >> << cat 1 nil \"b\" >>",
            "\"8080\" \"a\\\"b\" 'shop' 1 b",
        ),
        ("<< indent 2 inputs.note >>|<< nindent 1 \"a\\n\" >>|", "  one\n  two|\n a\n |"),
        ("<< replace \" \" \"-\" inputs.team >> << plural \"one\" \"many\" 2 >>", "Blue-Sky many"),
        (
            "<< join \",\" inputs.hosts >> << join \"-\" (list 1 nil true) >> << sortAlpha inputs.hosts >>",
            "b.example,a.example 1-true [a.example b.example]",
        ),
        (
            "<< splitList \".\" \"a.b.c\" >> << (split \".\" \"a.b\")._1 >> << splitn \".\" 2 \"a.b.c\" >>",
            "[a b c] b map[_0:a _1:b.c]",
        ),
        ("<< toString inputs.port | len >> << toStrings (list 1 \"a\") >>", "4 [1 a]"),
        ("<< slugify \" Blue Sky & co. / Ünïcode \" >>", "blue-sky-and-co-unicode"),
        ("<< slugify (repeat 20 \"word-\") >>", "word-word-word-word-word-word-word-word-word-word-word-word"),
    ]);
    check_refused(&[
        ("<< upper inputs.port >>", "inputs.port", "takes a text"),
        ("<< upper 5 >>", "5", "takes a text"),
        ("<< upper >>", "upper", "takes 1 value, not 0"),
        ("<< substr 3 1 \"abc\" >>", "substr 3 1 \"abc\"", "no such part"),
        ("<< plural \"a\" \"b\" inputs.port >>", "inputs.port", "as `int` makes it"),
    ]);
}

#[test]
fn defaults_and_types() {
    check(&[
        (
            "<< default \"d\" inputs.blank >> << default \"d\" inputs.name >> << get inputs \"zone\" | default \"d\" >>",
            "d shop d",
        ),
        (
            "<< coalesce inputs.blank inputs.nothing 7 >> << empty inputs.none >> << all 1 0 >> << any 1 0 >>",
            "7 true false true",
        ),
        ("<< ternary \"a\" \"b\" inputs.live >> << inputs.off | ternary 1 2 >>", "a 2"),
        (
            "<< typeOf inputs.port >> << typeOf 1 >> << typeOf inputs.labels >> << kindOf inputs.ratio >> << kindIs \"slice\" inputs.hosts >>",
            "int64 int map[string]interface {} float64 true",
        ),
        ("<< deepEqual (list 1 \"a\") (list 1 \"a\") >> << deepEqual inputs.port 8080 >>", "true false"),
    ]);
    check_refused(&[("x<< fail \"name it\" >>", "fail \"name it\"", "name it")]);
}

#[test]
fn lists() {
    check(&[
        (
            "<< list 1 \"a\" nil >> << append inputs.hosts \"c\" >> << prepend inputs.hosts 0 >>",
            "[1 a <nil>] [b.example a.example c] [0 b.example a.example]",
        ),
        (
            "<< first inputs.hosts >> << last inputs.hosts >> << rest (list 1 2 3) >> << initial (list 1 2 3) >>",
            "b.example a.example [2 3] [1 2]",
        ),
        (
            "<< reverse (list 1 2) >> << uniq (list 1 1 2) >> << without (list 1 2) 1 >> << compact (list 0 1 \"\") >>",
            "[2 1] [1 2] [2] [1]",
        ),
        (
            "<< has \"a.example\" inputs.hosts >> << has 1 (list 1.0) >> << concat (list 1) (list 2) >>",
            "true false [1 2]",
        ),
        (
            "<< slice (list 1 2 3) 1 >> << slice (list 1 2 3) 0 2 >> << chunk 2 (list 1 2 3) >>",
            "[2 3] [1 2] [[1 2] [3]]",
        ),
        ("<< until 3 >> << untilStep 10 0 -4 >> << seq 2 5 >> << seq 5 -2 0 >>", "[0 1 2] [10 6 2] 2 3 4 5 5 3 1"),
    ]);
    check_refused(&[
        ("<< first \"abc\" >>", "first \"abc\"", "takes a list"),
        ("<< slice (list 1) 2 >>", "slice (list 1) 2", "no such part"),
        ("<< index inputs.hosts 2 >>", "index inputs.hosts 2", "no item 2 among 2"),
    ]);
}

#[test]
fn mappings() {
    check(&[
        (
            "<< dict \"a\" 1 \"b\" >> << get inputs.chart \"name\" >> << hasKey inputs \"zone\" >>",
            "map[a:1 b:] nginx false",
        ),
        ("<< $d := dict >><< $_ := set $d \"a\" 1 >><< $d >><< $_ := unset $d \"a\" >><< $d >>", "map[a:1]map[]"),
        ("<< $_ := set inputs.chart \"new\" 1 >><< inputs.chart.new >>", "1"),
        ("<< dig \"chart\" \"name\" \"d\" inputs >> << dig \"zone\" \"name\" \"d\" inputs >>", "nginx d"),
        (
            "<< pick inputs.chart \"name\" \"x\" >> << omit inputs.chart \"url\" >> << pluck \"name\" inputs.chart inputs >>",
            "map[name:nginx] map[name:nginx] [nginx shop]",
        ),
        (
            "<< keys inputs.chart | sortAlpha >> << len (keys inputs.chart) >> << keys (dict \"a\" 1) >>",
            "[name url] 2 [a]",
        ),
    ]);
    for (text, expected) in [
        (
            "{{ merge (dict \"a\" 1 \"b\" (dict \"x\" 1)) (dict \"a\" 2 \"b\" (dict \"y\" 2) \"c\" 3) }}",
            "map[a:1 b:map[x:1 y:2] c:3]",
        ),
        ("{{ mergeOverwrite (dict \"a\" 1) (dict \"a\" 2) }}", "map[a:2]"),
        (
            "{{ $a := dict \"x\" 1 }}{{ $b := deepCopy $a }}{{ $_ := set $b \"x\" 2 }}{{ $a }}{{ $b }}",
            "map[x:1]map[x:2]",
        ),
    ] {
        assert_eq!(render_argo(text, MissingKey::Error).expect(text).text, expected, "{text}");
    }
    check_refused(&[("<< dig \"name\" \"x\" \"d\" inputs >>", "dig \"name\" \"x\" \"d\" inputs", "no keys")]);
}

#[test]
fn numbers() {
    check(&[
        (
            "<< int \"0x10\" >> << int \"08\" >> << int 5.9 >> << float64 \"1.5\" >> << atoi \"12\" >> << toDecimal \"777\" >>",
            "16 0 5 1.5 12 511",
        ),
        (
            "<< add 1 2 3 >> << sub 5 3 >> << mul 2 3 >> << div -7 2 >> << mod -7 2 >> << add1 inputs.port >>",
            "6 2 6 -3 -1 8081",
        ),
        (
            "<< max 1 5 >> << min 4 2 >> << ceil 1.2 >> << floor -1.2 >> << round 3.14159 2 >> << maxf 1 2.5 >>",
            "5 2 2 -2 3.14 2.5",
        ),
    ]);
    check_refused(&[("<< div 1 0 >>", "div 1 0", "zero"), ("<< until 9999999 >>", "until 9999999", "sequence")]);
}

#[test]
fn encodings() {
    check(&[
        (
            "<< b64enc \"hello\" >> << b64dec \"aGVsbG8=\" >> << b32enc \"hi\" >> << b32dec \"NBUQ====\" >>",
            "aGVsbG8= hello NBUQ==== hi",
        ),
        ("<< sha1sum \"a\" >>", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("<< sha256sum \"a\" >>", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("<< adler32sum \"shop\" >>", "72745403"),
        (
            "<< toJson inputs.chart >> << toJson \"<&>\" >> << toRawJson \"<&>\" >> << toJson 1e21 >> << toJson 1e-7 >>",
            "{\"name\":\"nginx\",\"url\":\"oci://charts.example/nginx\"} \"\\u003c\\u0026\\u003e\" \"<&>\" 1e+21 1e-7",
        ),
        ("<< toPrettyJson (dict \"a\" (list 1) \"b\" (dict)) >>", "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}"),
        ("<< (fromJson \"{\\\"a\\\":[1,1000000]}\").a >> << fromJson \"nope\" >>", "[1 1e+06] <no value>"),
    ]);
}

#[test]
fn paths_patterns_addresses() {
    check(&[
        (
            "<< base \"a/b/c.txt\" >> << dir \"a/b\" >> << clean \"a//b/../c/.\" >> << ext \"a/b.tar.gz\" >> << isAbs \"/a\" >>",
            "c.txt a a/c .gz true",
        ),
        (
            "<< regexMatch \"^a.c$\" \"abc\" >> << regexFind \"[a-z]\\\\d\" \"x b1\" >> << regexFindAll \"[0-9]\" \"a1b2\" -1 >>",
            "true b1 [1 2]",
        ),
        (
            "<< regexReplaceAll \"a(x*)b\" \"-axxb-\" \"${1}W\" >> << regexReplaceAllLiteral \"a\" \"ba\" \"$1\" >> << regexSplit \"z+\" \"pizza\" -1 >>",
            "-xxW- b$1 [pi a]",
        ),
        (
            "<< regexReplaceAll \"\\\\d\" \"٣4\" \"n\" >> << regexReplaceAll \"[[&]\" \"a[&\" \"_\" >> << regexQuoteMeta \"1.2\" >>",
            "٣n a__ 1\\.2",
        ),
        (
            "<< (urlParse \"http://u:p@ex.example:80/p%20q?x=1#f\").hostname >> << (urlParse \"/a?q\").query >>",
            "ex.example q",
        ),
        (
            "<< urlJoin (dict \"scheme\" \"https\" \"host\" \"h\" \"path\" \"a b\" \"query\" \"q=1\") >>",
            "https://h/a%20b?q=1",
        ),
    ]);
    check_refused(&[
        ("<< regexFind \"(\" \"x\" >>", "regexFind \"(\" \"x\"", "not a pattern"),
        ("<< urlParse \":x\" >>", "urlParse \":x\"", "not an address"),
    ]);
}

#[test]
fn yaml() {
    check(&[
        (
            "<< toYaml (dict \"b\" (list 1 (dict \"x\" 1 \"y\" (list 2))) \"a\" (dict) \"c\" (list)) >>",
            "a: {}\nb:\n- 1\n- x: 1\n  \"y\":\n  - 2\nc: []\n",
        ),
        ("<< toYaml (list (list 1 2) \"x\") >>", "- - 1\n  - 2\n- x\n"),
        (
            "<< toYaml \"plain\" >><< toYaml \"5\" >><< toYaml \"\" >><< toYaml nil >><< toYaml 1.5 >>",
            "plain\n\"5\"\n\"\"\nnull\n1.5\n",
        ),
        (
            "<< toYaml (dict \"a\" \"x: y\" \"b\" \"*.x\" \"c\" \"it's #1\" \"d\" \"tab\\t\" \"e\" \"no\") >>",
            "a: 'x: y'\nb: '*.x'\nc: 'it''s #1'\nd: \"tab\\t\"\ne: \"no\"\n",
        ),
        (
            "<< toYaml (dict \"a\" \"l1\\nl2\\n\" \"b\" \"l1\\nl2\" \"c\" \" l1\\n\\n\") >>",
            "a: |\n  l1\n  l2\nb: |-\n  l1\n  l2\nc: |2+\n   l1\n\n",
        ),
        ("<< toYaml (list 1000000.0 100000000000000000000.0) >>", "- 1000000\n- 1e+20\n"),
    ]);
}

#[test]
fn what_only_argo_has() {
    for (text, expected) in [
        ("{{ normalize \"Feature/X_1!\" }}", "feature-x-1"),
        ("{{ slugify 8 true \"blue sky over\" }}", "blue-sky"),
        ("{{ slugify 5 false \"blue sky\" }}", "blue"),
        ("{{ kebabcase \"fooBar\" }} {{ snakecase \"Foo Bar\" }} {{ nospace \"a b\" }}", "foo-bar foo_bar ab"),
        ("{{ swapcase \"aB\" }} {{ untitle \"Ab Cd\" }} {{ abbrev 5 \"abcdefgh\" }}", "Ab ab cd ab..."),
        ("{{ int \"5.0\" }} {{ .port }}", "5 8080"),
    ] {
        assert_eq!(render_argo(text, MissingKey::Error).expect(text).text, expected, "{text}");
    }
}

/// Small trees of texts that are hard on a writer of YAML.
fn tree() -> impl Strategy<Value = serde_json::Value> {
    let text = "[a-c0-9 :#'\"\\\\\n\t~{}\\[\\]&*!|>%@,?éy-]{0,8}";
    let leaf = prop_oneof![
        text.prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(text, inner, 0..4)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn yaml_reads_back_as_what_was_written(tree in tree()) {
        let datum = Datum::<u8>::from_json(&tree, Numbers::Integers);
        let template = Template::parse("<< toYaml . >>", Delimiters::ANGLES, Functions::Slim).expect("it parses");
        let rendered = template.render(&datum, None, MissingKey::Error).expect("it renders");
        let read: serde_json::Value = serde_yaml::from_str(&rendered.text)
            .map_err(|error| TestCaseError::fail(format!("{error}: {}", rendered.text)))?;
        prop_assert_eq!(read, tree, "{}", rendered.text);
    }
}
