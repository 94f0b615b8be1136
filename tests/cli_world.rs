//! What belongs to a run, and what of it is reported: roots, scopes, standard input.

mod repo;

use repo::{FAULTY, FOUND, HARMLESS, RULE, Ran, Repo, program, run};

fn two_folders() -> Repo {
    Repo::new(&[("apps/orders.yaml", FAULTY), ("apps/billing/main.yaml", FAULTY), ("other/ledger.yaml", FAULTY)])
}

fn stdin(repo: &Repo, arguments: &[&str], text: &[u8]) -> Ran {
    let mut command = program(repo.root());
    run(command.args(["lint", "--select", RULE]).args(arguments), text)
}

#[test]
fn a_path_limits_the_report_and_not_the_world() {
    let repo = two_folders();
    for (paths, files) in [
        (&["."][..], &["apps/billing/main.yaml", "apps/orders.yaml", "other/ledger.yaml"][..]),
        (&["apps"], &["apps/billing/main.yaml", "apps/orders.yaml"]),
        (&["apps/billing"], &["apps/billing/main.yaml"]),
        (&["other/ledger.yaml"], &["other/ledger.yaml"]),
        (&["apps/billing", "other"], &["apps/billing/main.yaml", "other/ledger.yaml"]),
        (&["apps/orders.yaml", "apps"], &["apps/billing/main.yaml", "apps/orders.yaml"]),
        (&["apps", "."], &["apps/billing/main.yaml", "apps/orders.yaml", "other/ledger.yaml"]),
        (&["./apps/../other"], &["other/ledger.yaml"]),
    ] {
        let mut arguments = vec!["--format", "json"];
        arguments.extend(paths);
        let ran = repo.lint(&arguments).exits(0);
        assert_eq!(ran.files(), files, "{paths:?}");
        assert_eq!(ran.json()["summary"]["documents"], 3, "{paths:?}: the world is the whole repo");
    }
}

#[test]
fn isolated_takes_the_path_for_the_world() {
    let repo = two_folders();
    repo.write("tidegate.yaml", b"rules: {cnpg/superuser-access: off}\n");
    assert!(repo.lint(&["--format", "json", "apps"]).exits(0).files().is_empty());
    let ran = repo.lint(&["--format", "json", "--isolated", "apps"]).exits(0);
    assert_eq!(ran.files(), ["billing/main.yaml", "orders.yaml"]);
    assert_eq!(ran.json()["summary"]["documents"], 2);
    let ran = repo.lint(&["--format", "json", "--isolated", "apps/orders.yaml"]).exits(0);
    assert_eq!(ran.files(), ["orders.yaml"]);
    assert_eq!(ran.json()["summary"]["documents"], 1);
    let shown = repo.lint(&["--isolated", "apps/orders.yaml"]).exits(0);
    assert!(
        shown.out.starts_with(&format!("apps/orders.yaml{FOUND}")),
        "people see paths they can type: {}",
        shown.out
    );
}

#[test]
fn the_root_is_found_upward() {
    let below = |repo: &Repo, folder: &str| {
        let mut command = program(&repo.path(folder));
        run(command.args(["lint", "--select", RULE, "--format", "json", "."]), b"")
    };
    let repo = two_folders();
    assert_eq!(below(&repo, "apps/billing").files(), ["apps/billing/main.yaml"]);
    // A config is stronger than `.git`, and nearer than one further up.
    repo.write("apps/tidegate.yaml", b"");
    assert_eq!(below(&repo, "apps/billing").files(), ["billing/main.yaml"]);
    repo.write("tidegate.yaml", b"exclude: [\"**\"]\n");
    assert_eq!(below(&repo, "apps/billing").files(), ["billing/main.yaml"]);
    assert!(below(&repo, "other").files().is_empty());
    let alone = Repo::bare(&[("a/b/main.yaml", FAULTY)]);
    assert_eq!(below(&alone, "a/b").files(), ["main.yaml"]);
    let repo = two_folders();
    let ran = run(program(&repo.path("apps/billing")).args(["lint", "--select", RULE, "../.."]), b"");
    for path in ["main.yaml", "../orders.yaml", "../../other/ledger.yaml"] {
        assert!(ran.out.contains(&format!("{path}{FOUND}")), "{path}: {}", ran.out);
    }
}

#[test]
fn several_roots_keep_their_own_configs() {
    let both = Repo::bare(&[
        ("platform/tidegate.yaml", "rules: {cnpg/superuser-access: error}\n"),
        ("platform/db/main.yaml", FAULTY),
        ("apps/shop/tidegate.yaml", "rules: {cnpg/superuser-access: note}\n"),
        ("apps/shop/main.yaml", FAULTY),
        ("apps/web/tidegate.yaml", "rules: {cnpg/superuser-access: off}\n"),
        ("apps/web/main.yaml", FAULTY),
    ]);
    let ran = both.lint(&["--format", "json", "platform", "apps/shop", "apps/web"]).exits(1);
    assert_eq!(ran.files(), ["apps/shop/main.yaml", "platform/db/main.yaml"]);
    let severities: Vec<String> = ran.json()["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["severity"].as_str().expect("a severity").to_owned())
        .collect();
    assert_eq!(severities, ["note", "error"]);
    let turned = both.lint(&["--format", "json", "apps/web", "apps/shop", "platform"]).exits(1);
    assert_eq!(turned.files(), ran.files(), "the order of roots does not order findings");
    both.write("apps/shop/tidegate.yaml", b"nonsense: 1\n");
    let ran = both.lint(&["platform", "apps/shop"]).exits(2);
    assert!(ran.out.is_empty() && ran.err.contains("apps/shop/tidegate.yaml:1:1"), "{ran:?}");
}

#[test]
fn standard_input_stands_for_one_file() {
    let repo = two_folders();
    let ran = stdin(&repo, &["-", "--stdin-filename", "apps/orders.yaml", "--format", "json"], FAULTY.as_bytes());
    assert_eq!(ran.files(), ["apps/orders.yaml"]);
    assert_eq!(ran.json()["summary"]["documents"], 3, "the world around it is there");
    let ran = stdin(&repo, &["-", "--stdin-filename", "apps/orders.yaml", "--format", "json"], HARMLESS.as_bytes());
    assert!(ran.files().is_empty(), "what is on disk is replaced");
    let ran = stdin(&repo, &["-", "--stdin-filename", "apps/new.yaml", "--format", "json"], FAULTY.as_bytes());
    assert_eq!((ran.files(), ran.json()["summary"]["documents"].as_u64()), (vec!["apps/new.yaml".into()], Some(4)));
    let ran = stdin(&repo, &["-"], FAULTY.as_bytes());
    assert!(ran.out.starts_with(&format!("stdin.yaml{FOUND}")), "{}", ran.out);
    let ran = stdin(&repo, &["-", "--isolated", "--format", "json"], FAULTY.as_bytes());
    assert_eq!((ran.files(), ran.json()["summary"]["documents"].as_u64()), (vec!["stdin.yaml".into()], Some(1)));
    let ran = stdin(&repo, &["-", "other", "--format", "json"], FAULTY.as_bytes());
    assert_eq!(ran.files(), ["other/ledger.yaml", "stdin.yaml"]);
}

#[test]
fn standard_input_may_be_anything() {
    let repo = two_folders();
    let ran = stdin(&repo, &["-"], b"").exits(0);
    assert!(ran.out.starts_with("no findings"), "{}", ran.out);
    let ran = stdin(&repo, &["-"], b"a: \xff\n").exits(2);
    assert!(ran.err.starts_with("error: stdin.yaml: "), "{}", ran.err);
    let ran = stdin(&repo, &["-", "--max-file-size", "10"], FAULTY.as_bytes()).exits(2);
    assert_eq!(ran.err, "error: standard input is over the limit of 10 bytes (--max-file-size)\n");
    let ran = stdin(&repo, &["-", "--stdin-filename", "none/a.yaml"], FAULTY.as_bytes()).exits(2);
    assert!(ran.err.starts_with("error: none/a.yaml: not found"), "{}", ran.err);
}

#[test]
fn suppressions_hold_and_need_a_reason() {
    for (comment, code) in [
        ("# tidegate: allow[cnpg/superuser-access] the migration needs it", 0),
        ("# tidegate: allow[cnpg/superuser-access:enabled] the migration needs it", 0),
        ("# tidegate: allow[cnpg/superuser-access]", 1),
        ("# tidegate: allow[cnpg/other] the migration needs it", 1),
        ("# a comment", 1),
    ] {
        for text in [
            FAULTY.replace("true\n", &format!("true  {comment}\n")),
            FAULTY.replace("  enableS", &format!("  {comment}\n  enableS")),
            format!("{comment}\n{FAULTY}"),
        ] {
            let repo = Repo::new(&[("orders.yaml", &text)]);
            let ran = repo.lint(&["--fail-on", "warning"]);
            assert_eq!(ran.code, code, "{text}\n{ran:?}");
        }
    }
    let repo = Repo::new(&[
        ("orders.yaml", FAULTY),
        (
            "tidegate.yaml",
            "allow:\n  - {rule: cnpg/superuser-access, object: shop-data/Cluster/orders, reason: the migration}\n",
        ),
    ]);
    let ran = repo.lint(&["--fail-on", "warning"]).exits(0);
    assert!(ran.out.starts_with("no findings, 1 allowed in "), "{}", ran.out);
}
