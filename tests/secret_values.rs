//! No output of any format holds the value of a Secret or a credential. Each fixture that has Secrets is copied, every
//! value in them, encrypted or not, gives way to a mark that occurs nowhere else, and everything that the program prints of
//! the copy is searched for the marks. What the fixtures hold as they are is searched for too.

mod case;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use tidegate::source::SourceId;
use tidegate::yaml::{self, Dialect, Step, Value, Visit, walk};

/// A value of a Secret in a text.
struct Held {
    /// The bytes that hold it.
    place: Range<usize>,
    /// The text as written.
    text: String,
    /// Whether it stands below `data`, where it is base64.
    packed: bool,
}

/// Every file below `folder` that is text, without what is expected of it.
fn texts(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a fixture can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, into);
        } else if path.file_name().is_none_or(|name| name != "expected.txt")
            && let Ok(text) = fs::read_to_string(&path)
        {
            into.push((path, text));
        }
    }
}

/// The values of every Secret in a text, in order: below `data` and `stringData`, and the encrypted leaves of other files
/// whose keys speak of credentials.
fn held(text: &str) -> Vec<Held> {
    let file = yaml::parse(SourceId(0), text.to_owned().into());
    let mut found = Vec::new();
    let roots = file.documents().iter().filter_map(|document| document.root);
    for root in roots.map(|root| Value::new(&file, root, Dialect::Kubectl)) {
        let is_secret = |object: &Value<'_>| object.get("kind").and_then(Value::raw) == Some("Secret");
        let mut objects = vec![root];
        let lists = [root.get("items"), root.at(&["spec", "resources"])];
        objects.extend(lists.into_iter().flatten().flat_map(Value::items));
        objects.retain(is_secret);
        for part in ["data", "stringData"] {
            for data in objects.iter().filter_map(|object| object.get(part)) {
                walk(data, &mut |_: &[Step<'_>], value| {
                    found.extend(scalar(value).map(|held| Held { packed: part == "data", ..held }));
                    Visit::Into
                });
            }
        }
        if objects.is_empty() {
            walk(root, &mut |steps, value| {
                let speaks = matches!(steps.last(), Some(Step::Key(key)) if key.to_lowercase().contains("password"));
                let open = steps.first() != Some(&Step::Key("sops"));
                found.extend(scalar(value).filter(|held| speaks && open && held.text.starts_with("ENC[")));
                Visit::Into
            });
        }
    }
    found.sort_by_key(|held| held.place.start);
    found
}

/// A scalar of one line that nothing fills in later.
fn scalar(value: Value<'_>) -> Option<Held> {
    let text = value.raw()?;
    let place = value.span().range();
    let is_later = ["${", "{{", "<<", "$(", "ref+"].iter().any(|mark| text.contains(mark));
    (!text.is_empty() && !text.contains('\n') && !is_later).then(|| Held {
        place,
        text: text.to_owned(),
        packed: false,
    })
}

/// Copies a fixture, with a mark in place of every value of a Secret; gives what must not be seen, and which files
/// hold it.
fn marked(folder: &Path, into: &Path) -> (Vec<String>, BTreeSet<PathBuf>) {
    let (mut files, mut marks, mut holders) = (Vec::new(), Vec::new(), BTreeSet::new());
    texts(folder, &mut files);
    for (path, mut text) in files {
        let target = into.join(path.strip_prefix(folder).expect("a file of the fixture"));
        for held in held(&text).into_iter().rev() {
            let mark = format!("Kx{:03}-vTq9-Lm4w", marks.len());
            let packed = STANDARD.encode(&mark);
            text.replace_range(held.place, if held.packed { &packed } else { &mark });
            marks.extend([mark, packed]);
            holders.insert(target.clone());
        }
        fs::create_dir_all(target.parent().expect("a folder")).expect("a copy");
        fs::write(&target, text).expect("a copy");
    }
    (marks, holders)
}

/// Runs the program and gives all that it prints.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("SOURCE_DATE_EPOCH", "1795219200")
        .output()
        .expect("the program runs");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}

/// Everything that `lint` says of a fixture, by format.
fn reports(folder: &Path) -> Vec<(String, String)> {
    let scratch = tempfile::tempdir().expect("a folder");
    let formats = ["pretty", "concise", "json", "sarif", "github"];
    let destinations: Vec<String> =
        formats.iter().map(|format| format!("{format}={}", scratch.path().join(format).display())).collect();
    let mut arguments = vec!["--all", "--severity-from", "note", "--confidence", "low", "--verbose"];
    arguments.extend(destinations.iter().flat_map(|destination| ["--format", destination.as_str()]));
    let said = String::from_utf8_lossy(&case::run(folder, &arguments)).into_owned();
    let mut found = vec![("messages".to_owned(), said)];
    for format in formats {
        let text = fs::read_to_string(scratch.path().join(format)).expect("a report of every format");
        found.push((format.to_owned(), text));
    }
    let changes = case::run(folder, &["--unsafe-fixes", "--diff", "--confidence", "low"]);
    found.push(("diff".to_owned(), String::from_utf8_lossy(&changes).into_owned()));
    found
}

/// What `render` prints of the folders that hold Secrets, and of the whole.
fn objects(folder: &Path, holders: &BTreeSet<PathBuf>) -> Vec<(String, String)> {
    let mut folders: BTreeSet<&Path> = holders.iter().filter_map(|path| path.parent()).collect();
    folders.insert(folder);
    let forms =
        [&["render", "."][..], &["render", ".", "--origins"], &["render", ".", "--format", "json", "--origins"]];
    let each = folders.into_iter().flat_map(|folder| forms.map(|form| (folder, form)));
    each.map(|(folder, form)| (format!("{} in {}", form.join(" "), folder.display()), printed(folder, form))).collect()
}

/// Every fixture that is one state of one or more repos.
fn fixtures() -> Vec<PathBuf> {
    let rules = ["bad", "good"].into_iter().flat_map(case::cases).map(|case| case.folder);
    rules.chain(case::platforms().into_iter().map(|(folder, _)| folder)).collect()
}

#[test]
fn no_output_holds_a_value_of_a_secret() {
    let (mut looked_for, mut failures) = (0, Vec::new());
    let mut rendered: BTreeSet<Vec<String>> = BTreeSet::new();
    for folder in fixtures() {
        let copy = tempfile::tempdir().expect("a folder");
        let (marks, holders) = marked(&folder, copy.path());
        if marks.is_empty() {
            continue;
        }
        looked_for += marks.len();
        let mut outputs = reports(copy.path());
        // The variants of a platform have the same Secrets: what is built from them is looked at once.
        let secrets: Vec<String> = holders.iter().map(|path| fs::read_to_string(path).expect("a copy")).collect();
        if rendered.insert(secrets) {
            outputs.extend(objects(copy.path(), &holders));
        }
        for (what, text) in outputs {
            if let Some(mark) = marks.iter().find(|mark| text.contains(mark.as_str())) {
                let line = text.lines().find(|line| line.contains(mark.as_str())).unwrap_or_default();
                failures.push(format!("{}: {what}: {line}", folder.display()));
            }
        }
    }
    assert!(looked_for > 200, "only {looked_for} values were looked for");
    assert!(failures.is_empty(), "{} outputs show a secret:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn no_output_holds_what_it_calls_a_credential() {
    let (mut looked_for, mut failures) = (0, Vec::new());
    let own = case::project().join("fixtures/secrets");
    for folder in fixtures().into_iter().filter(|folder| folder.starts_with(&own)) {
        let mut hidden = Vec::new();
        for finding in case::lint_json(&folder)["findings"].as_array().into_iter().flatten() {
            let rule = finding["rule"].as_str().unwrap_or_default();
            if !matches!(rule, "secrets/plaintext-secret" | "secrets/plaintext-value" | "secrets/decrypted-twin") {
                continue;
            }
            let at = |key: &str| finding[key].as_u64().expect("a position") as usize;
            let file = folder.join(finding["file"].as_str().unwrap_or_default());
            let text = fs::read_to_string(&file).expect("the file of a finding");
            let line = text.lines().nth(at("line") - 1).unwrap_or_default();
            let end = if at("line") == at("endLine") { at("endColumn") - 1 } else { usize::MAX };
            let value: String = line.chars().take(end).skip(at("column") - 1).collect();
            let value = value.trim_matches(['"', '\'']);
            // A key or a word may be underlined; a password of a fixture is longer, and no name of anything.
            if value.len() > 8 && value.contains('-') && !value.contains(':') {
                hidden.push(value.to_owned());
            }
        }
        looked_for += hidden.len();
        for (what, text) in reports(&folder) {
            if hidden.iter().any(|value| text.contains(value)) {
                failures.push(format!("{}: {what}", folder.display()));
            }
        }
    }
    assert!(looked_for >= 3, "only {looked_for} credentials were looked for");
    assert!(failures.is_empty(), "{} outputs show a credential:\n{}", failures.len(), failures.join("\n"));
}
