//! Files that cannot be read, and files made to hurt: every run ends, says what it could not do, and still
//! says what it found elsewhere.

mod repo;

use repo::{FAULTY, FOUND, HARMLESS, Ran, Repo};
use std::fs::{self, File};

/// A repo with one faulty file beside what a test adds.
fn beside() -> Repo {
    Repo::new(&[("apps/orders.yaml", FAULTY)])
}

/// The finding is there, the exit status is 2, and this is what could not be done.
#[track_caller]
fn told(ran: Ran, failure: &str) {
    let ran = ran.exits(2);
    assert!(ran.out.contains(&format!("apps/orders.yaml{FOUND}")), "{}", ran.out);
    assert!(ran.out.contains("could not be checked"), "{}", ran.out);
    assert_eq!(ran.err, format!("error: {failure}\n"));
}

#[test]
fn a_path_that_is_missing_does_not_hide_the_others() {
    let repo = beside();
    let ran = repo.lint(&["none"]).exits(2);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "error: none: not found\n"));
    told(repo.lint(&["none", "."]), "none: not found");
    told(repo.lint(&["apps", "none/below.yaml"]), "none/below.yaml: not found");
    told(repo.lint(&["apps/orders.yaml/below", "apps", "--fail-on", "warning"]), "apps/orders.yaml/below: not found");
}

#[test]
fn a_file_that_is_no_text_is_a_failure() {
    let repo = beside();
    repo.write("apps/latin.yaml", b"name: caf\xe9 au lait\n");
    let ran = repo.lint(&["--fail-on", "warning"]).exits(2);
    assert!(ran.out.contains(FOUND) && ran.err.starts_with("error: apps/latin.yaml: "), "{ran:?}");
    assert!(ran.err.contains("UTF-8"), "{}", ran.err);
    let report = repo.lint(&["--format", "json"]).exits(2).json();
    assert_eq!(report["failures"][0]["file"], "apps/latin.yaml");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
    let diff = repo.lint(&["--diff"]).exits(2);
    assert!(diff.err.contains("apps/latin.yaml"), "what could not be read is told of a diff, too: {}", diff.err);
}

#[test]
fn a_file_over_the_limit_is_a_failure_and_is_not_read() {
    let repo = beside();
    File::create(repo.path("apps/huge.yaml")).and_then(|file| file.set_len(100 << 20)).expect("a sparse file");
    told(repo.lint(&[]), "apps/huge.yaml: 100 MiB, over the limit of 16 MiB (--max-file-size)");
    let limited = Repo::new(&[("a.yaml", HARMLESS)]);
    let ran = limited.lint(&["--max-file-size", "20"]).exits(2);
    assert!(ran.err.contains("a.yaml: ") && ran.err.contains("over the limit of 20 bytes"), "{}", ran.err);
    limited.lint(&["--max-file-size", "1KiB"]).exits(0);
    let named = limited.lint(&["--isolated", "--max-file-size", "20", "a.yaml"]).exits(2);
    assert!(named.err.contains("over the limit of 20 bytes"), "{}", named.err);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_do_not_hang_a_run() {
    use std::os::unix::fs::symlink;
    let repo = beside();
    symlink("..", repo.path("apps/up")).expect("a link");
    symlink("loop.yaml", repo.path("apps/loop.yaml")).expect("a link");
    symlink("nowhere.yaml", repo.path("apps/dangling.yaml")).expect("a link");
    symlink("orders.yaml", repo.path("apps/again.yaml")).expect("a link");
    let ran = repo.lint(&["--verbose"]).exits(0);
    assert_eq!(ran.out.matches(FOUND).count(), 1, "{}", ran.out);
    assert!(ran.out.contains("4 symbolic links"), "{}", ran.out);
    let pipe = repo.path("apps/pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let ran = repo.lint(&[]).exits(2);
    assert!(ran.out.contains(FOUND) && ran.err.starts_with("error: apps/pipe.yaml: "), "{ran:?}");
    repo.lint(&["apps/pipe.yaml"]).exits(2);
    repo.lint(&["--isolated", "apps/pipe.yaml"]).exits(2);
    repo.lint(&["--config", "apps/pipe.yaml"]).exits(2);
    let ran = repo.lint(&["apps/loop.yaml"]).exits(2);
    assert!(ran.err.starts_with("error: apps/loop.yaml: a symbolic link that leads back to itself"), "{}", ran.err);
    let ran = repo.lint(&["apps/dangling.yaml"]).exits(2);
    assert!(ran.err.starts_with("error: apps/dangling.yaml: "), "{}", ran.err);
    fs::remove_file(pipe).expect("the pipe");
}

#[test]
fn an_empty_repo_has_no_findings() {
    for repo in [Repo::new(&[]), Repo::bare(&[]), Repo::new(&[("a.yaml", "")]), Repo::new(&[("a.yaml", "---\n---\n")])]
    {
        let ran = repo.run(&["lint"]).exits(0);
        assert!(ran.out.starts_with("no findings in ") && ran.err.is_empty(), "{ran:?}");
        let report = repo.run(&["lint", "--format", "json"]).exits(0).json();
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(0));
        repo.run(&["lint", "--format", "sarif"]).exits(0).json();
    }
}

#[test]
fn what_nests_or_expands_without_end_is_survived() {
    let bomb: String = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned()
        + &(1..=9)
            .map(|at| {
                let aliases = vec![format!("*a{}", at - 1); 10].join(", ");
                format!("a{at}: &a{at} [{aliases}]\n")
            })
            .collect::<String>();
    let own = "a: &a\n  b: *a\n".to_owned();
    let deep_block: String = (0..5_000).map(|at| format!("{}a:\n", " ".repeat(at))).collect();
    for (name, text) in [
        ("open brackets", "[".repeat(10_000)),
        ("brackets", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("braces", format!("a: {}{}", "{b: ".repeat(10_000), "}".repeat(10_000))),
        ("deep block", deep_block),
        ("alias bomb", bomb.clone()),
        ("alias of itself", own),
        ("question marks", "? ".repeat(10_000)),
        ("dashes", "- ".repeat(10_000)),
        ("tabs", "\t\t\ta: b\n".to_owned()),
        ("one long line", format!("a: {}", "x".repeat(1 << 20))),
    ] {
        let repo = beside();
        repo.write("apps/hostile.yaml", text.as_bytes());
        let ran = repo.run(&["lint", "--format", "json"]);
        assert!((0..=1).contains(&ran.code), "{name}: {} {}", ran.code, ran.err);
        assert!(ran.files().contains(&"apps/orders.yaml".to_owned()), "{name}");
        repo.run(&["lint", "--format", "pretty"]);
        let config = Repo::new(&[("tidegate.yaml", &text)]);
        let ran = config.run(&["lint"]);
        assert!(ran.code == 2 && ran.err.contains("tidegate.yaml:"), "{name} as a config: {ran:?}");
    }
}

#[test]
fn line_ends_and_byte_order_marks_do_not_move_a_finding() {
    let windows = FAULTY.replace('\n', "\r\n");
    for text in [windows.clone(), format!("\u{feff}{FAULTY}"), format!("\u{feff}{windows}")] {
        let repo = Repo::new(&[("orders.yaml", &text)]);
        let ran = repo.lint(&[]).exits(0);
        assert!(ran.out.starts_with(&format!("orders.yaml{FOUND}")), "{}", ran.out);
        let pretty = repo.lint(&["--format", "pretty"]).exits(0).out;
        assert!(!pretty.contains('\r') && !pretty.contains('\u{feff}'), "{pretty:?}");
    }
}

#[test]
fn a_named_file_that_no_rule_looks_at_is_told() {
    let repo = beside();
    repo.write("README.md", b"# Orders\n");
    repo.write("charts/a/Chart.yaml", b"name: a\nversion: 1.0.0\n");
    repo.write("charts/a/templates/b.yaml", b"kind: {{ .Values.kind }}\n");
    for path in ["README.md", "charts/a/templates/b.yaml"] {
        let ran = repo.lint(&[path]).exits(0);
        assert!(ran.err.starts_with(&format!("warning: {path}: not checked: ")), "{path}: {}", ran.err);
        assert_eq!(repo.lint(&[path, "--quiet"]).exits(0).err, "");
    }
    assert_eq!(repo.lint(&["apps/orders.yaml"]).exits(0).err, "");
}
