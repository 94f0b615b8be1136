//! `--fix` and `--diff`, over every bad fixture that offers a fix: only the edited bytes change, the file
//! still parses, and there is nothing left to fix.

mod case;
mod repo;

use repo::{Repo, program, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tidegate::source::SourceId;
use tidegate::yaml;

/// How a text is written: the fixes have to leave all of it as it is.
#[derive(Clone, Copy, Debug)]
enum Written {
    AsItIs,
    WithCarriageReturns,
    WithByteOrderMark,
    WithoutLastLineEnd,
}

const ALL: [Written; 4] =
    [Written::AsItIs, Written::WithCarriageReturns, Written::WithByteOrderMark, Written::WithoutLastLineEnd];

impl Written {
    fn write(self, text: &str) -> String {
        match self {
            Written::AsItIs => text.to_owned(),
            Written::WithCarriageReturns => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            Written::WithByteOrderMark => format!("\u{feff}{}", text.trim_start_matches('\u{feff}')),
            Written::WithoutLastLineEnd => text.trim_end_matches(['\r', '\n']).to_owned(),
        }
    }
}

fn files_in(folder: &Path, inside: &str, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if entry.path().is_dir() {
            files_in(&entry.path(), &path, into);
        } else {
            into.push(path);
        }
    }
    into.sort();
}

/// The fixture as a repo, its manifests written in one way.
fn copy(folder: &Path, written: Written) -> Repo {
    let repo = Repo::new(&[]);
    let mut files = Vec::new();
    files_in(folder, "", &mut files);
    for path in files.iter().filter(|path| *path != "expected.txt") {
        let bytes = fs::read(folder.join(path)).expect("a file of the fixture");
        match String::from_utf8(bytes) {
            Ok(text) if path.ends_with(".yaml") => repo.write(path, written.write(&text).as_bytes()),
            Ok(text) => repo.write(path, text.as_bytes()),
            Err(binary) => repo.write(path, binary.as_bytes()),
        }
    }
    repo
}

/// The edits of all safe fixes, by file and place.
fn edits(report: &Value) -> BTreeMap<String, BTreeMap<(usize, usize), String>> {
    let mut edits: BTreeMap<String, BTreeMap<(usize, usize), String>> = BTreeMap::new();
    let list = |value: &Value| value.as_array().expect("a list").clone();
    for finding in list(&report["findings"]) {
        for fix in list(&finding["fixes"]).iter().filter(|fix| fix["safe"] == true) {
            for edit in list(&fix["edits"]) {
                let at = |key: &str| edit[key].as_u64().expect("an offset") as usize;
                let file = edit["file"].as_str().expect("a file").to_owned();
                let text = edit["text"].as_str().expect("a text").to_owned();
                edits.entry(file).or_default().insert((at("start"), at("end")), text);
            }
        }
    }
    edits
}

fn applied(text: &str, edits: &BTreeMap<(usize, usize), String>) -> String {
    let mut new = text.to_owned();
    for ((start, end), edit) in edits.iter().rev() {
        new.replace_range(*start..*end, edit);
    }
    new
}

/// How many documents of a text do not parse.
fn broken(text: &str) -> usize {
    let file = yaml::parse(SourceId(0), text.into());
    file.documents().iter().filter(|document| !document.is_whole()).count()
}

/// The bad fixtures with a finding that can be fixed safely.
fn fixable() -> Vec<case::Case> {
    let one_repo = case::cases("bad").into_iter().filter(|case| !case.folder.join("repos").exists());
    one_repo.filter(|case| !edits(&case::lint_json(&case.folder)).is_empty()).collect()
}

#[test]
fn every_rule_that_says_it_is_fixable_shows_it() {
    let repo = Repo::bare(&[]);
    let shown: Vec<String> = fixable().into_iter().map(|case| case.rule).collect();
    for rule in repo.run(&["rules", "--format", "json"]).json().as_array().expect("a list") {
        let id = rule["id"].as_str().expect("an id");
        let says = rule["fixable"] == true;
        let has_cases = case::cases("bad").iter().any(|case| case.rule == id);
        assert!(says == shown.iter().any(|shown| shown == id) || !has_cases, "{id}: says {says}");
    }
}

#[test]
fn a_fix_changes_the_edited_bytes_and_nothing_else() {
    for case in fixable() {
        for written in ALL {
            let repo = copy(&case.folder, written);
            let name = format!("{} {written:?}", case.folder.display());
            let before = edits(&repo.run(&["lint", "--format", "json"]).json());
            if before.is_empty() {
                // A fault in the layout itself may be gone with another layout.
                assert!(!matches!(written, Written::AsItIs), "{name}: no fix is offered");
                continue;
            }
            let broken_before: Vec<usize> = before.keys().map(|path| broken(&repo.read(path))).collect();
            let mut files = Vec::new();
            files_in(repo.root(), "", &mut files);
            let expected: Vec<(String, Vec<u8>)> = files
                .iter()
                .map(|path| {
                    let bytes = fs::read(repo.path(path)).expect("a file");
                    match before.get(path) {
                        Some(edits) => {
                            let text = String::from_utf8(bytes).expect("a manifest is UTF-8");
                            (path.clone(), applied(&text, edits).into_bytes())
                        }
                        None => (path.clone(), bytes),
                    }
                })
                .collect();
            let fixed = repo.run(&["lint", "--fix", "--format", "json"]);
            assert!(fixed.err.contains(": fixed: "), "{name}: {}", fixed.err);
            for (path, bytes) in &expected {
                let found = fs::read(repo.path(path)).expect("a file");
                assert!(found == *bytes, "{name}: {path}:\n{}", String::from_utf8_lossy(&found));
            }
            for (path, broken_before) in before.keys().zip(broken_before) {
                assert!(broken(&repo.read(path)) <= broken_before, "{name}: {path} parses");
            }
            let left = edits(&fixed.json());
            assert!(left.is_empty(), "{name}: the second look still offers {left:?}");
            let again = repo.run(&["lint", "--fix"]);
            assert!(!again.err.contains("fixed"), "{name}: {}", again.err);
            let mut files_after = Vec::new();
            files_in(repo.root(), "", &mut files_after);
            assert_eq!(files_after, files, "{name}: no file is left behind");
        }
    }
}

#[test]
fn a_diff_shows_the_change_and_writes_nothing() {
    for case in fixable() {
        for written in [Written::AsItIs, Written::WithCarriageReturns] {
            let repo = copy(&case.folder, written);
            let name = format!("{} {written:?}", case.folder.display());
            let before = edits(&repo.run(&["lint", "--format", "json"]).json());
            let texts: Vec<String> = before.keys().map(|path| repo.read(path)).collect();
            let plain = repo.run(&["lint"]);
            let ran = repo.run(&["lint", "--diff"]);
            assert_eq!(ran.code, plain.code, "{name}: a diff changes no exit status");
            for (path, text) in before.keys().zip(&texts) {
                assert!(ran.out.contains(path.as_str()), "{name}: {}", ran.out);
                assert_eq!(repo.read(path), *text, "{name}: nothing is written");
            }
            assert!(ran.out.contains("\n+") && ran.out.contains("\n@@ "), "{name}: {}", ran.out);
            assert_eq!(repo.run(&["lint", "--diff", "--fix"]).out, ran.out, "{name}: a diff wins over a fix");
            apply_with_patch(&repo, &ran.out, &before, &name);
        }
    }
}

/// What `--diff` prints is a patch, unless it hides secrets: applied by `git apply`, it gives what `--fix` writes.
fn apply_with_patch(repo: &Repo, diff: &str, edits: &BTreeMap<String, BTreeMap<(usize, usize), String>>, name: &str) {
    if diff.contains("********") {
        return;
    }
    let expected: Vec<String> = edits.iter().map(|(path, edits)| applied(&repo.read(path), edits)).collect();
    let mut git = std::process::Command::new("git");
    git.args(["apply", "--whitespace=nowarn", "-p0", "-"]).current_dir(repo.root());
    // The folder above may be a repository; the patch is about this one.
    git.env("GIT_CEILING_DIRECTORIES", repo.root().parent().expect("a folder"));
    fs::remove_dir_all(repo.path(".git")).expect("the empty folder");
    let ran = run(&mut git, diff.as_bytes());
    assert_eq!(ran.code, 0, "{name}: {}\n{diff}", ran.err);
    for (path, expected) in edits.keys().zip(expected) {
        assert_eq!(repo.read(path), expected, "{name}: {path}");
    }
}

#[test]
fn a_text_on_standard_input_comes_back_mended() {
    for case in fixable() {
        let repo = copy(&case.folder, Written::AsItIs);
        for (path, edits) in edits(&repo.run(&["lint", "--format", "json"]).json()) {
            let text = repo.read(&path);
            let mut command = program(repo.root());
            command.args(["lint", "-", "--stdin-filename", &path, "--fix"]);
            let ran = run(&mut command, text.as_bytes());
            assert_eq!(ran.out, applied(&text, &edits), "{}: {path}", case.folder.display());
            assert_eq!(repo.read(&path), text, "nothing is written to disk");
            // A file of the same name elsewhere is another file.
            let other = format!("elsewhere/{}", path.rsplit('/').next().expect("a name"));
            repo.write(&other, b"");
            let mut command = program(repo.root());
            let ran = run(command.args(["lint", "-", "--stdin-filename", &other, "--fix"]), b"a: b\n");
            assert_eq!(ran.out, "a: b\n", "{}: {path}", case.folder.display());
            fs::remove_dir_all(repo.path("elsewhere")).expect("the folder");
        }
    }
}

/// The bad fixtures of one repo in one state.
fn single() -> impl Iterator<Item = case::Case> {
    let is_single = |case: &case::Case| !["repos", "before"].iter().any(|part| case.folder.join(part).exists());
    case::cases("bad").into_iter().filter(is_single)
}

/// What the findings that offer an unsafe fix say, and what all of them say.
fn told(report: &Value) -> (Vec<String>, Vec<String>) {
    let (mut fixable, mut all) = (Vec::new(), Vec::new());
    for finding in report["findings"].as_array().expect("a list") {
        let text = format!("{}: {}", finding["rule"], finding["message"]);
        if finding["fixes"].as_array().is_some_and(|fixes| fixes.iter().any(|fix| fix["safe"] == false)) {
            fixable.push(text.clone());
        }
        all.push(text);
    }
    (fixable, all)
}

/// Rules that mend policies, or give a namespace the label that one asks for.
const ON_POLICIES: [&str; 6] = [
    "netpol/blocked-operator",
    "netpol/blocked-pooler",
    "netpol/blocked-replication",
    "netpol/dead-selector",
    "netpol/open-database",
    "netpol/unlabelled-client",
];

#[test]
fn a_fix_of_a_policy_removes_its_finding_and_brings_no_other() {
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for case in single().filter(|case| ON_POLICIES.contains(&case.rule.as_str())) {
        let (offered, before) = told(&copy(&case.folder, Written::AsItIs).run(&["lint", "--format", "json"]).json());
        if offered.is_empty() {
            continue;
        }
        shown.insert(case.rule.clone());
        for written in ALL {
            let repo = copy(&case.folder, written);
            let mut files = Vec::new();
            files_in(repo.root(), "", &mut files);
            repo.run(&["lint", "--fix", "--unsafe-fixes"]);
            let name = format!("{} {written:?}", case.folder.display());
            for path in files.iter().filter(|path| path.ends_with(".yaml")) {
                assert_eq!(broken(&repo.read(path)), 0, "{name}: {path} parses");
            }
            let (_, after) = told(&repo.run(&["lint", "--format", "json"]).json());
            assert!(!offered.iter().any(|gone| after.contains(gone)), "{name}: {after:#?}");
            assert!(after.iter().all(|left| before.contains(left)), "{name}: {after:#?}");
        }
    }
    let rules: Vec<&str> = shown.iter().map(String::as_str).collect();
    assert_eq!(rules, ON_POLICIES);
}

#[test]
fn an_unsafe_fix_leaves_a_file_as_readable_as_it_was() {
    for case in single() {
        let repo = copy(&case.folder, Written::AsItIs);
        let mut files = Vec::new();
        files_in(repo.root(), "", &mut files);
        files.retain(|path| path.ends_with(".yaml"));
        let look = || -> Vec<(String, usize)> {
            let texts = files.iter().filter_map(|path| Some((path, fs::read_to_string(repo.path(path)).ok()?)));
            texts.map(|(path, text)| (path.clone(), broken(&text))).collect()
        };
        let before = look();
        let ran = repo.run(&["lint", "--fix", "--unsafe-fixes"]);
        for ((path, before), (_, after)) in before.into_iter().zip(look()) {
            assert!(after <= before, "{}: {path}: {}", case.folder.display(), ran.err);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions_and_a_link_stays_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let Some(case) = fixable().into_iter().next() else { return };
    let repo = copy(&case.folder, Written::AsItIs);
    let edits = edits(&repo.run(&["lint", "--format", "json"]).json());
    let path = edits.keys().next().expect("a file");
    fs::set_permissions(repo.path(path), fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink(repo.path(path), repo.path("link.yaml")).expect("a link");
    repo.run(&["lint", "--fix"]);
    let mode = fs::metadata(repo.path(path)).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(repo.path("link.yaml").is_symlink());
}
