//! Every form of fault: the text its span covers, the message, the help.

use super::*;

/// Text, and for each fault: what its span covers, its message, its help (empty for none).
type Case = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

fn check(cases: &[Case]) {
    for (text, expected) in cases {
        let errors = parse(text).expect_err(text);
        let told: Vec<(&str, &str, &str)> = errors
            .iter()
            .map(|error| (&text[error.span.range()], error.message.as_str(), error.help.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(told, *expected, "{text}");
        for error in &errors {
            let first = error.message.chars().next().expect("words");
            assert!(!first.is_uppercase() && !error.message.ends_with('.'), "{}", error.message);
            assert!(!error.label.is_empty() && error.label.split(' ').count() <= 12, "{}", error.label);
            assert_eq!(error.span.source, SourceId(7));
        }
    }
}

#[test]
fn yaml_that_is_no_config() {
    check(&[
        ("role: app\nrole: app\n", &[("role", "key `role` stands twice in one mapping", "")]),
        ("exclude: *e\n", &[("*e", "alias `*e` names no anchor in this document", "")]),
        ("role: app\n---\nrole: app\n", &[("role: app", "a config file holds one document", "")]),
        ("- role\n", &[("- role", "expected a mapping, found a list", "")]),
        ("role\n", &[("role", "expected a mapping, found text", "")]),
        ("? [a, b]\n: app\n", &[("[a, b]", "a key of a config is a word", "")]),
    ]);
    let broken = "role: app\nexclude: [a\nrules: {}\n";
    let errors = parse(broken).expect_err(broken);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].span.start as usize >= broken.find("[a").expect("the list"));
}

#[test]
fn keys_and_words_that_do_not_exist() {
    check(&[
        ("rolle: app\n", &[("rolle", "unknown key `rolle`", "did you mean `role`?")]),
        (
            "versions: {postgres: \"17\"}\n",
            &[("postgres", "unknown key `postgres`", "allowed: kubernetes, cnpg, flux")],
        ),
        (
            "databases: {clientLabel: x}\n",
            &[("clientLabel", "unknown key `clientLabel`", "did you mean `client-label`?")],
        ),
        ("role: plattform\n", &[("plattform", "unknown role `plattform`", "did you mean `platform`?")]),
        ("role: owner\n", &[("owner", "unknown role `owner`", "allowed: platform, app, runtime")]),
        ("paths: {\"a/b~c/**\": {role: ap}}\n", &[("ap", "unknown role `ap`", "did you mean `app`?")]),
        (
            "zzz: 1\nrole: xxx\nyyy: 2\n",
            &[
                (
                    "zzz",
                    "unknown key `zzz`",
                    "allowed: role, paths, ownership, databases, targets, versions, contracts, crds, rules, allow, exclude",
                ),
                ("xxx", "unknown role `xxx`", "allowed: platform, app, runtime"),
                (
                    "yyy",
                    "unknown key `yyy`",
                    "allowed: role, paths, ownership, databases, targets, versions, contracts, crds, rules, allow, exclude",
                ),
            ],
        ),
    ]);
}

#[test]
fn rules_codes_and_options_that_do_not_exist() {
    check(&[
        (
            "rules:\n  workload/floating-tags: off\n",
            &[(
                "workload/floating-tags",
                "unknown rule `workload/floating-tags`",
                "did you mean `workload/floating-tag`?",
            )],
        ),
        ("rules: {a/b: off}\n", &[("a/b", "unknown rule `a/b`", "`tidegate rules` lists them")]),
        (
            "rules: {workload/floating-tag: on}\n",
            &[("on", "unknown severity `on`", "allowed: error, warning, note, off")],
        ),
        (
            "rules: {workload/floating-tag: waring}\n",
            &[("waring", "unknown severity `waring`", "did you mean `warning`?")],
        ),
        (
            "rules: {workload/floating-tag: [off]}\n",
            &[(
                "workload/floating-tag",
                "expected text or a mapping, found a list",
                "write `error`, `warning`, `note` or `off`, or a mapping",
            )],
        ),
        (
            "rules:\n  workload/floating-tag:\n",
            &[(
                "workload/floating-tag",
                "expected text or a mapping, found nothing",
                "write `error`, `warning`, `note` or `off`, or a mapping",
            )],
        ),
        (
            "rules: {workload/floating-tag: {severity: fatal}}\n",
            &[("fatal", "unknown severity `fatal`", "allowed: error, warning, note, off")],
        ),
        (
            "rules: {workload/floating-tag: {severity: {lates: note}}}\n",
            &[("lates", "rule `workload/floating-tag` has no code `lates`", "did you mean `latest`?")],
        ),
        (
            "rules: {workload/floating-tag: {severity: {latest: hint}}}\n",
            &[("hint", "unknown severity `hint`", "allowed: error, warning, note, off")],
        ),
        (
            "rules: {workload/floating-tag: {days: 3}}\n",
            &[(
                "days",
                "rule `workload/floating-tag` has no option `days`",
                "it has no options; only `severity` may stand here",
            )],
        ),
        (
            "rules: {cnpg/short-retention: {dyas: 3, colour: red}}\n",
            &[
                ("dyas", "rule `cnpg/short-retention` has no option `dyas`", "did you mean `days`?"),
                (
                    "colour",
                    "rule `cnpg/short-retention` has no option `colour`",
                    "allowed: severity, days, names, mode, window",
                ),
            ],
        ),
    ]);
}

#[test]
fn options_that_do_not_fit() {
    check(&[
        (
            "rules: {cnpg/short-retention: {days: soon, names: x}}\n",
            &[("soon", "expected a whole number, found text", ""), ("x", "expected a list of text, found text", "")],
        ),
        ("rules: {cnpg/short-retention: {days: 0}}\n", &[("0", "0 is less than 1", "")]),
        ("rules: {cnpg/short-retention: {days: 4000}}\n", &[("4000", "4000 is more than 3650", "")]),
        (
            "rules: {cnpg/short-retention: {mode: strikt}}\n",
            &[("strikt", "`strikt` is not allowed here", "did you mean `strict`?")],
        ),
        ("rules: {cnpg/short-retention: {mode: 3}}\n", &[("3", "a number does not fit here", "")]),
        ("rules: {cnpg/short-retention: {window: {}}}\n", &[("window", "`from` is missing", "")]),
        (
            "rules: {cnpg/short-retention: {window: {from: 1, form: x}}}\n",
            &[
                ("1", "expected text, found a number", "write it in quotes: \"1\""),
                ("form", "unknown key `form`", "did you mean `from`?"),
            ],
        ),
    ]);
}

#[test]
fn values_of_a_wrong_type_or_form() {
    check(&[
        ("exclude: docs\n", &[("docs", "expected a list of text, found text", "")]),
        ("exclude:\n  docs: x\n", &[("exclude", "expected a list of text, found a mapping", "")]),
        ("role: 5\n", &[("5", "expected text, found a number", "write it in quotes: \"5\"")]),
        ("role:\n", &[("role", "expected text, found nothing", "")]),
        (
            "contracts: [true, \"\"]\n",
            &[
                ("true", "expected text, found a boolean", "write it in quotes: \"true\""),
                ("\"\"", "the text is empty", ""),
            ],
        ),
        ("paths: {a: app}\n", &[("app", "expected a mapping, found text", "")]),
        ("paths: {a: {}}\n", &[("a", "`role` is missing", "")]),
        (
            "versions: {kubernetes: 1.30, cnpg: 1}\n",
            &[
                ("1.30", "version 1.30 is read as the number 1.3", "write it in quotes: \"1.30\""),
                ("1", "version 1 is read as the number 1", "write it in quotes: \"1\""),
            ],
        ),
        (
            "databases: {operator: {version: latest}}\n",
            &[("latest", "`latest` is not a version", "write major and minor in quotes, as in \"1.34\"")],
        ),
        (
            "databases: {shared: [tenants-pg], client-label: \"a=b\"}\n",
            &[
                (
                    "tenants-pg",
                    "`tenants-pg` is not a database cluster",
                    "write `namespace/name`, as in `databases/main`",
                ),
                ("\"a=b\"", "`a=b` is not a label key", "write the key alone, as in `example.org/database-client`"),
            ],
        ),
        (
            "ownership: {app: [apps/v1/Deployment]}\n",
            &[(
                "apps/v1/Deployment",
                "`apps/v1/Deployment` is not a kind",
                "write `group/Kind` without a version, as in `apps/Deployment`, or `Kind` for the core group",
            )],
        ),
        ("targets: {live: {}}\n", &[("live", "`roots` is missing", "")]),
        ("targets: {a: {roots: [x]}, 7: {}}\n", &[("7", "`roots` is missing", "")]),
        ("targets: {live: {roots: []}}\n", &[("roots", "the list is empty", "")]),
        (
            "targets: {live: {roots: [/srv, a/../b]}}\n",
            &[
                (
                    "/srv",
                    "`/srv` is not a folder of this repo: it starts with `/`",
                    "write it relative to the folder of this file",
                ),
                ("a/../b", "`a/../b` is not a folder of this repo: it holds `..`", ""),
            ],
        ),
        (
            "exclude: [/docs, \"x[\"]\npaths: {../a: {role: app}}\n",
            &[
                ("/docs", "`/docs` matches nothing: paths are relative to the folder of this file", "write `docs`"),
                ("\"x[\"", "`x[` is not a path pattern: unclosed character class; missing ']'", ""),
                ("../a", "`../a` matches nothing: it leaves the folder of this file", ""),
            ],
        ),
    ]);
}

#[test]
fn entries_that_allow_too_much_or_nothing() {
    const RULE: &str = "a rule as a whole is switched off under `rules`";
    const NAME: &str = "name an object or a path; a rule as a whole is switched off under `rules`";
    const DAY: &str = "write year, month and day, as in 2026-12-31";
    check(&[
        ("allow:\n- {path: a}\n", &[("{path: a}", "`rule` is missing", ""), ("{path: a}", "`reason` is missing", "")]),
        (
            "allow:\n- rule: workload/floating-tag\n  reason: x\n",
            &[(
                "rule: workload/floating-tag",
                "`object` or `path` is missing: this entry would allow the rule everywhere",
                RULE,
            )],
        ),
        (
            "allow: [{rule: workload/floating-tag, object: \"*/*\", reason: x}]\n",
            &[("\"*/*\"", "this entry would allow `workload/floating-tag` everywhere", NAME)],
        ),
        (
            "allow: [{rule: workload/floating-tag, path: \"**\", reason: x}]\n",
            &[("\"**\"", "this entry would allow `workload/floating-tag` everywhere", NAME)],
        ),
        (
            "allow: [{rule: workload/floating-tg, path: a, reason: x}]\n",
            &[("workload/floating-tg", "unknown rule `workload/floating-tg`", "did you mean `workload/floating-tag`?")],
        ),
        (
            "allow: [{rule: \"workload/floating-tag:nine\", path: a, reason: x}]\n",
            &[(
                "\"workload/floating-tag:nine\"",
                "rule `workload/floating-tag` has no code `nine`",
                "did you mean `none`?",
            )],
        ),
        (
            "allow: [{rule: workload/floating-tag, object: data/main, reason: \" \"}]\n",
            &[
                (
                    "data/main",
                    "`data/main` is not an object",
                    "write `namespace/Kind/name`, or `Kind/name` for any namespace",
                ),
                ("\" \"", "` ` is not a reason", "write a reason that others will understand"),
            ],
        ),
        (
            "allow:\n- {rule: workload/floating-tag, path: a, reason: x, until: 2026-02-30}\n\
             - {rule: workload/floating-tag, path: a, reason: x, until: 31.12.2026}\n\
             - {rule: workload/floating-tag, path: a, reason: x, until: 2026}\n",
            &[
                ("2026-02-30", "there is no day 2026-02-30", ""),
                ("31.12.2026", "`31.12.2026` is not a date", DAY),
                ("2026", "expected text, found a number", "write it in quotes: \"2026\""),
            ],
        ),
    ]);
}

#[test]
fn hostile_texts_are_told_in_bounded_time_and_space() {
    let deep = format!("exclude: {}{}\n", "[".repeat(200), "]".repeat(200));
    assert_eq!(parse(&deep).expect_err("deep")[0].message, "nested deeper than 64 levels");
    let mut nested = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        nested.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert_eq!(parse(&nested).expect_err("nested")[0].message, "nested deeper than 64 levels");
    let mut wide = format!("a0: &a0 [{}]\n", ["x"; 50].join(", "));
    for level in 1..4 {
        wide.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 50].join(", ")));
    }
    assert!(!parse(&wide).expect_err("wide").is_empty());
    let text = format!("a: &a {}\nexclude: [{}]\n", "x".repeat(100_000), vec!["*a"; 100].join(", "));
    let message = "the values, aliases expanded, are more than any config needs";
    assert_eq!(parse(&text).expect_err("text")[0].message, message);
    let patterns: String = (0..3000).map(|n| format!("- p{n}/*\n")).collect();
    let errors = parse(&format!("exclude:\n{patterns}")).expect_err("patterns");
    assert_eq!((errors.len(), errors[0].message.as_str()), (1, "a config holds at most 2000 path patterns"));
    let keys: String = (0..50_000).map(|n| format!("rool{n}: 1\n")).collect();
    assert_eq!(parse(&keys).expect_err("keys").len(), 50_000);
    assert_eq!(parse(&"#".repeat(2 << 20)).expect_err("large").len(), 1);
    let long = format!("role: {}\n", "x".repeat(100_000));
    assert!(parse(&long).expect_err("long")[0].message.len() < 200);
    assert!(parse("role: \"a\\nb\"\n").expect_err("lines")[0].message.lines().count() == 1);
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_every_span_lies_in_it(text in "([a-z:{}\\[\\]&*!|>'\"#,? \n-]|role|rules|allow|é|: |\n- ){0,40}") {
        if let Err(errors) = parse(&text) {
            for error in errors {
                proptest::prop_assert!(text.get(error.span.range()).is_some(), "{:?}", error);
            }
        }
    }
}
