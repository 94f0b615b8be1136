//! Finds the fixtures and runs the program on them, always on the same day and in the same width.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One fixture of a rule.
#[derive(Debug)]
pub(crate) struct Case {
    /// The rule it is for, `family/name`.
    pub(crate) rule: String,
    /// Where it lies.
    pub(crate) folder: PathBuf,
}

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expected texts are to be written.
pub(crate) fn bless() -> bool {
    std::env::var_os("TIDEGATE_BLESS").is_some()
}

/// The folders in `folder`, sorted.
pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().expect("a folder has a name").to_string_lossy().into_owned()
}

/// The cases of all rules, `bad` or `good`.
pub(crate) fn cases(kind: &str) -> Vec<Case> {
    let mut found = Vec::new();
    for family in folders(&project().join("fixtures")) {
        if name(&family) == "platforms" {
            continue;
        }
        for rule in folders(&family) {
            for folder in folders(&rule.join(kind)) {
                found.push(Case { rule: format!("{}/{}", name(&family), name(&rule)), folder });
            }
        }
    }
    assert!(!found.is_empty(), "there are {kind} fixtures");
    found
}

/// The platforms: each variant's folder, and whether it is the good one.
pub(crate) fn platforms() -> Vec<(PathBuf, bool)> {
    let mut found = Vec::new();
    for platform in folders(&project().join("fixtures/platforms")) {
        for variant in folders(&platform) {
            let good = name(&variant) == "good";
            found.push((variant, good));
        }
    }
    found
}

/// Runs `lint` in `folder`, which is the whole world unless it has a config. A folder `repos/` holds several
/// roots, which are linted together; `before/` and `after/` are two states of one.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = program(folder, arguments);
    assert!(
        matches!(output.status.code(), Some(0..=2)),
        "{}: {:?}\n{}",
        folder.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let mut text = output.stdout;
    text.extend(output.stderr);
    text
}

fn program(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.arg("lint");
    let repos = folders(&folder.join("repos"));
    let has_config =
        |folder: &Path| ["tidegate.yaml", ".tidegate.yaml"].iter().any(|config| folder.join(config).exists());
    if folder.join("before").is_dir() {
        command.args(["after", "--base", "before"]);
        if !has_config(&folder.join("after")) {
            command.arg("--isolated");
        }
    } else if repos.is_empty() {
        command.arg(".");
        if !has_config(folder) {
            command.arg("--isolated");
        }
    } else {
        for repo in repos {
            command.arg(Path::new("repos").join(repo.file_name().expect("a repo has a name")));
        }
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("SOURCE_DATE_EPOCH", "1795219200")
        .output()
        .expect("the program runs")
}

/// What a user sees who wants to see everything.
pub(crate) fn lint(folder: &Path) -> String {
    let arguments = ["--format", "pretty", "--all", "--severity-from", "note", "--confidence", "low"];
    String::from_utf8(run(folder, &arguments)).expect("the report is UTF-8")
}

/// The JSON report.
pub(crate) fn lint_json(folder: &Path) -> serde_json::Value {
    let output = program(folder, &["--format", "json"]);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", folder.display(), String::from_utf8_lossy(&output.stderr)))
}
