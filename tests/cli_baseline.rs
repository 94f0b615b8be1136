//! Known findings: `--write-baseline` and `--baseline`, and what makes a finding the same one in another run.

mod repo;

use repo::{FAULTY, HARMLESS, RULE, Ran, Repo};
use serde_json::Value;
use std::fs;
use std::process::Command;

const FILE: &str = "tidegate-baseline.json";

/// An overlay with a field of yesterday, which is a fact about a file and not about an object.
const OVERLAY: &str = "kind: Kustomization\ncommonLabels: {app: shop}\nresources: [settings.yaml]\n";

/// A document that does not parse, with a value that nobody may see.
const BROKEN: &str = "kind: Secret\nstringData:\n  password: \"hunter2\n";

fn everything() -> Repo {
    Repo::new(&[
        ("apps/orders.yaml", FAULTY),
        ("apps/broken.yaml", BROKEN),
        ("shop/kustomization.yaml", OVERLAY),
        ("shop/settings.yaml", HARMLESS),
    ])
}

fn findings(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].as_array().expect("findings").clone();
    let told = |finding: &Value| format!("{} {}", finding["file"].as_str().expect("a file"), finding["rule"]);
    findings.iter().map(told).collect()
}

fn against(repo: &Repo) -> Ran {
    repo.run(&["lint", "--baseline", FILE, "--format", "json"])
}

fn rename(repo: &Repo, from: &str, to: &str) {
    let to = repo.path(to);
    fs::create_dir_all(to.parent().expect("a folder")).expect("folders");
    fs::rename(repo.path(from), to).expect("a file of the repo");
}

#[test]
fn what_is_known_is_held_back_and_does_not_count() {
    let repo = everything();
    let before = repo.run(&["lint", "--format", "json"]).exits(1);
    let known = findings(&before).len();
    assert!(known >= 3, "{}", before.out);
    let wrote = repo.run(&["lint", "--write-baseline"]).exits(0);
    assert_eq!(wrote.err, format!("wrote {known} findings to {FILE}; --baseline holds them back\n"));
    assert!(wrote.out.starts_with(&format!("no findings, {known} held back by the baseline in ")), "{}", wrote.out);
    let after = against(&repo).exits(0);
    assert_eq!(findings(&after), [""; 0]);
    assert_eq!(
        (&after.json()["summary"]["heldBack"], &after.json()["summary"]["outdated"]),
        (&known.into(), &0.into())
    );
    assert_eq!(after.json()["summary"]["files"], before.json()["summary"]["files"], "the baseline is no manifest");

    repo.write("apps/billing.yaml", FAULTY.replace("orders", "billing").as_bytes());
    let ran = repo.lint(&["--baseline", FILE, "--fail-on", "warning", "--format", "json"]).exits(1);
    assert_eq!(ran.files(), ["apps/billing.yaml"]);
    for format in ["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let ran = repo.lint(&["--baseline", FILE, "--format", format]).exits(0);
        assert!(
            ran.out.contains("apps/billing.yaml") && !ran.out.contains("apps/orders.yaml"),
            "{format}: {}",
            ran.out
        );
    }
}

#[test]
fn the_file_is_sorted_and_free_of_values_and_machines() {
    let repo = everything();
    repo.run(&["lint", "--write-baseline"]).exits(0);
    let text = repo.read(FILE);
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["version"], 1);
    let entry = r#"    {"file":"apps/orders.yaml","rule":"cnpg/superuser-access","code":"enabled","object":"Cluster/shop-data/orders","pointer":"/spec/enableSuperuserAccess"}"#;
    assert!(text.lines().any(|line| line.trim_end_matches(',') == entry), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("    {")).collect();
    assert!(lines.is_sorted() && lines.len() == json["findings"].as_array().expect("a list").len(), "{text}");
    assert!(!text.contains("hunter2") && !text.contains(repo.root().to_str().expect("UTF-8")), "{text}");
    repo.run(&["lint", "--write-baseline", "--jobs", "8"]).exits(0);
    assert_eq!(repo.read(FILE), text);
    let empty = Repo::new(&[("settings.yaml", HARMLESS)]);
    empty.run(&["lint", "--write-baseline", "--baseline", "known.json", "--quiet"]).exits(0);
    assert_eq!(empty.read("known.json"), "{\n  \"version\": 1,\n  \"findings\": []\n}\n");
}

#[test]
fn lines_and_files_may_move() {
    type Change = fn(&Repo);
    let changes: [(&str, Change); 9] = [
        ("lines move", |repo| repo.write("apps/orders.yaml", format!("# a\n\n# b\n{FAULTY}").as_bytes())),
        ("documents move", |repo| repo.write("apps/orders.yaml", format!("{HARMLESS}---\n{FAULTY}").as_bytes())),
        ("the file of an object is renamed", |repo| rename(repo, "apps/orders.yaml", "databases/clusters.yaml")),
        ("an object moves to another file", |repo| {
            let both = format!("{}---\n{FAULTY}", HARMLESS.replace("settings", "more"));
            fs::remove_file(repo.path("apps/orders.yaml")).expect("a file");
            repo.write("apps/all.yaml", both.as_bytes());
        }),
        ("a file that does not parse is renamed", |repo| rename(repo, "apps/broken.yaml", "apps/half.yaml")),
        ("a file that does not parse is moved", |repo| rename(repo, "apps/broken.yaml", "old/apps/broken.yaml")),
        ("a kustomization is moved", |repo| {
            rename(repo, "shop/kustomization.yaml", "store/kustomization.yaml");
            rename(repo, "shop/settings.yaml", "store/settings.yaml");
        }),
        ("another namespace is set", |repo| {
            repo.write("apps/orders.yaml", FAULTY.replace("shop-data", "orders").as_bytes());
        }),
        ("values change", |repo| {
            repo.write("apps/orders.yaml", FAULTY.replace("instances: 3", "instances: 5").as_bytes());
        }),
    ];
    for (what, change) in changes {
        let repo = everything();
        repo.run(&["lint", "--write-baseline"]).exits(0);
        change(&repo);
        let ran = against(&repo).exits(0);
        assert_eq!(findings(&ran), [""; 0], "{what}");
        assert_eq!(ran.json()["summary"]["outdated"], 0, "{what}");
    }
}

#[test]
fn one_entry_is_for_one_finding() {
    // The same object for two clusters.
    let repo = Repo::new(&[("live/orders.yaml", FAULTY)]);
    repo.run(&["lint", "--write-baseline"]).exits(0);
    repo.write("dev/orders.yaml", FAULTY.as_bytes());
    let ran = repo.lint(&["--baseline", FILE, "--format", "json"]).exits(0);
    assert_eq!(ran.files(), ["dev/orders.yaml"], "the one that came is new, though it is the first by name");
    rename(&repo, "live/orders.yaml", "prod/orders.yaml");
    assert_eq!(repo.lint(&["--baseline", FILE, "--format", "json"]).files().len(), 1);
    // Another fault in another file that has nothing in common.
    let repo = Repo::new(&[("apps/broken.yaml", BROKEN)]);
    repo.run(&["lint", "--write-baseline"]).exits(0);
    rename(&repo, "apps/broken.yaml", "shop/other.yaml");
    assert_eq!(against(&repo).exits(1).files(), ["shop/other.yaml"], "neither name nor folder is the same");
    let repo = Repo::new(&[("apps/broken.yaml", BROKEN)]);
    repo.run(&["lint", "--write-baseline"]).exits(0);
    repo.write("apps/more.yaml", BROKEN.as_bytes());
    assert_eq!(against(&repo).exits(1).files(), ["apps/more.yaml"], "no file is gone");
}

#[test]
fn entries_that_found_nothing_are_told() {
    let repo = everything();
    repo.run(&["lint", "--write-baseline"]).exits(0);
    repo.write("apps/orders.yaml", FAULTY.replace("true", "false").as_bytes());
    let ran = repo.run(&["lint", "--baseline", FILE]).exits(0);
    let expected =
        "1 entry of the baseline found nothing and can go (--verbose lists them, --write-baseline drops them)";
    assert!(ran.out.contains(expected), "{}", ran.out);
    let ran = repo.run(&["lint", "--baseline", FILE, "--verbose"]).exits(0);
    let line =
        "  apps/orders.yaml: cnpg/superuser-access:enabled Cluster/shop-data/orders /spec/enableSuperuserAccess\n";
    assert!(ran.out.contains(line), "{}", ran.out);
    assert_eq!(against(&repo).json()["summary"]["outdated"], 1);
    // Whoever looks at a part cannot tell of the rest.
    for part in [&["shop"][..], &["--select", "kustomize"], &["--ignore", "cnpg"]] {
        let mut all = vec!["lint", "--baseline", FILE];
        all.extend(part);
        let ran = repo.run(&all).exits(0);
        assert!(!ran.out.contains("of the baseline found nothing"), "{part:?}: {}", ran.out);
    }
    repo.run(&["lint", "--baseline", FILE, "--write-baseline"]).exits(0);
    assert!(!repo.read(FILE).contains(RULE));
}

#[test]
fn a_part_of_the_run_renews_a_part_of_the_file() {
    let repo = everything();
    repo.run(&["lint", "--write-baseline"]).exits(0);
    let whole = repo.read(FILE);
    for part in [&["shop"][..], &["--select", RULE], &["--ignore", RULE], &["apps", "--select", "yaml"]] {
        let mut all = vec!["lint", "--write-baseline"];
        all.extend(part);
        repo.run(&all).exits(0);
        assert_eq!(repo.read(FILE), whole, "{part:?}");
    }
    repo.write("apps/orders.yaml", HARMLESS.as_bytes());
    repo.run(&["lint", "--write-baseline", "shop"]).exits(0);
    assert_eq!(repo.read(FILE), whole);
    repo.run(&["lint", "--write-baseline", "apps"]).exits(0);
    assert!(!repo.read(FILE).contains(RULE) && repo.read(FILE).contains("shop/kustomization.yaml"));
}

#[test]
fn a_file_that_cannot_be_used_is_no_success() {
    let repo = everything();
    for (text, expected) in [
        ("{\"version\": 1,\n<<<<<<< ours", "known.json: not a baseline: line 2, column 1 is not JSON"),
        ("", "known.json: not a baseline: line 1, column 0 is not JSON"),
        ("[1, 2]", "known.json: not a baseline of tidegate: it has no version; `--write-baseline` writes one"),
        ("{\"version\": 2, \"findings\": []}", "known.json: a baseline of version 2, and this program reads version 1"),
        ("{\"version\": 1}", "known.json: not a baseline of tidegate: it has no list of findings"),
        (
            "{\"version\": 1, \"findings\": [{\"password\": \"hunter2\"}]}",
            "known.json: not a baseline of tidegate: an entry of its findings lacks a field or has one too many",
        ),
    ] {
        repo.write("known.json", text.as_bytes());
        for more in [&[][..], &["--write-baseline"]] {
            let mut all = vec!["lint", "--baseline", "known.json"];
            all.extend(more);
            let ran = repo.run(&all).exits(2);
            assert_eq!(ran.out, "");
            assert!(ran.err.starts_with(&format!("error: {expected}")) && !ran.err.contains("hunter2"), "{}", ran.err);
            assert_eq!(repo.read("known.json"), text, "what is not understood is not overwritten");
        }
    }
    let ran = repo.run(&["lint", "--baseline", "none.json"]).exits(2);
    assert_eq!(ran.err, "error: none.json: not found\n");
    for option in ["--base", "--fix", "--diff"] {
        let mut all = vec!["lint", "--write-baseline", option];
        all.extend((option == "--base").then_some("HEAD"));
        assert!(repo.run(&all).exits(2).err.contains("cannot be used with"), "{option}");
    }
    repo.write("apps/unreadable.yaml", b"a: \xff\n");
    let ran = repo.run(&["lint", "--write-baseline"]).exits(2);
    assert!(ran.err.contains(&format!("{FILE}: the baseline was not written: not everything could be checked")));
    assert!(!repo.path(FILE).exists());
}

#[test]
fn it_goes_with_allowances_and_with_another_state() {
    let git = |repo: &Repo, arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(repo.root()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
        assert!(command.output().expect("git runs").status.success(), "{arguments:?}");
    };
    let repo = Repo::bare(&[("orders.yaml", FAULTY)]);
    git(&repo, &["init", "--quiet", "--initial-branch", "main"]);
    repo.run(&["lint", "--write-baseline"]).exits(0);
    repo.write("billing.yaml", FAULTY.replace("orders", "billing").as_bytes());
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "--quiet", "--message", "one"]);
    repo.write("ledger.yaml", FAULTY.replace("orders", "ledger").as_bytes());
    // What the other state had is not new, in whatever file it is.
    rename(&repo, "billing.yaml", "invoices.yaml");
    let ran = repo.lint(&["--baseline", FILE, "--base", "HEAD", "--new-only", "--format", "json"]).exits(0);
    assert_eq!(ran.files(), ["ledger.yaml"]);
    assert_eq!(ran.json()["summary"]["heldBack"], 1);
    let ran = repo.lint(&["--baseline", FILE, "--base", "HEAD", "--format", "json"]).exits(0);
    assert_eq!(ran.files(), ["invoices.yaml", "ledger.yaml"]);

    let allowed = FAULTY.replace("true", "true  # tidegate: allow[cnpg/superuser-access] the console needs it");
    repo.write("orders.yaml", allowed.as_bytes());
    let summary = repo.lint(&["--baseline", FILE, "--format", "json"]).exits(0).json()["summary"].clone();
    let counts = ["suppressed", "heldBack", "outdated"].map(|key| summary[key].as_u64().expect("a count"));
    assert_eq!(counts, [1, 0, 1], "an allowance needs no entry");
}
