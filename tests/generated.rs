//! The files that are made from the rules and types: the catalogue `rules/README.md`, the schemas of the config and of
//! contracts.
//! `TIDEGATE_BLESS=1` writes them.

mod case;

use case::{bless, cases, folders, project};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tidegate::rule::{Fixable, Rule};
use tidegate::source::SourceId;
use tidegate::{config, contract, engine, rules};

/// Longer files are shown only in part.
const LINES: usize = 60;

const HEAD: &str = "\
# Rules

What tidegate looks for. This page is made from the rules and their fixtures; `cargo test` compares it.
`tidegate explain RULE` prints a section of it.

The *default* column says whether a rule runs without being asked for; the others need a setting in
`tidegate.yaml`. *Fixable* says what `--fix` does; `--unsafe-fixes` asks for those that need a look.
The severity is that of the first code; the config can set another, for the rule or for one code.

| rule | severity | finds | fixable | default | since |
|---|---|---|---|---|---|
";

/// Compares, or writes when told to.
fn is_fresh(path: &str, expected: &str) {
    let file = project().join(path);
    if bless() {
        fs::write(&file, expected).expect("the file can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found != expected {
        let line = found.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected).count();
        panic!(
            "{path} is not what the rules make; TIDEGATE_BLESS=1 writes it. Line {}:\n  found    {:?}\n  expected {:?}",
            line + 1,
            found.lines().nth(line),
            expected.lines().nth(line)
        );
    }
}

#[test]
fn the_catalogue_is_fresh() {
    let mut text = HEAD.to_owned();
    for rule in rules::ALL {
        let anchor = rule.anchor();
        let (_, anchor) = anchor.split_once('#').expect("an anchor");
        let _ = writeln!(
            text,
            "| [`{}`](#{anchor}) | {} | {} | {} | {} | {} |",
            rule.id,
            rule.severity(),
            in_a_cell(rule.summary),
            fixable(rule),
            if rule.default { "yes" } else { "no" },
            rule.since
        );
    }
    for rule in rules::ALL {
        section(rule, &mut text);
    }
    is_fresh("rules/README.md", &text);
}

#[test]
fn the_config_schema_is_fresh() {
    let schema = config::schema(&engine::shapes());
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    is_fresh("schemas/config.schema.json", &text);
}

#[test]
fn the_contract_schema_is_fresh() {
    let text = serde_json::to_string_pretty(&contract::schema()).expect("JSON") + "\n";
    is_fresh("schemas/contract.schema.json", &text);
}

/// Headings as GitHub turns them into anchors: lower-case, spaces to `-`, other punctuation gone.
#[test]
fn every_link_in_a_finding_leads_to_its_section() {
    for rule in rules::ALL {
        let anchor: String = rule
            .id
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        assert_eq!(rule.anchor(), format!("rules/README.md#{anchor}"));
    }
    let anchors: BTreeSet<String> = rules::ALL.iter().map(|rule| rule.anchor()).collect();
    assert_eq!(anchors.len(), rules::ALL.len(), "two rules share an anchor");
}

#[test]
fn every_rule_is_explained() {
    // Freshly written, the catalogue is in no program yet.
    if bless() {
        return;
    }
    for rule in rules::ALL {
        let output = Command::new(env!("CARGO_BIN_EXE_tidegate")).args(["explain", rule.id]).output();
        let output = output.expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && text.starts_with(&format!("## {}\n", rule.id)), "{}: {text}", rule.id);
        for heading in ["### What it does", "### Why it matters", "### Instead", "### Limits", "### Codes"] {
            assert_eq!(text.matches(&format!("\n{heading}\n")).count(), 1, "{}: {heading}", rule.id);
        }
        if cases("bad").iter().any(|case| case.rule == rule.id) {
            assert!(text.contains("### Bad example\n") && text.contains("### Good example\n"), "{}", rule.id);
        }
    }
}

fn fixable(rule: &Rule) -> &'static str {
    match rule.fixable {
        Fixable::No => "",
        Fixable::Safe => "`--fix`",
        Fixable::Unsafe => "`--unsafe-fixes`",
    }
}

fn in_a_cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn section(rule: &'static Rule, text: &mut String) {
    let _ = write!(text, "\n## {}\n\n{}.\n\n", rule.id, upper_first(rule.summary));
    for line in rule.docs.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        let demoted = if line.starts_with("## ") { "#" } else { "" };
        let _ = writeln!(text, "{demoted}{line}");
    }
    text.push_str("\n### Codes\n\n| code | severity | confidence | category |\n|---|---|---|---|\n");
    for code in rule.codes {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", code.name, code.severity, code.confidence, code.category);
    }
    if let Some(shape) = &rule.options {
        options(&(shape.schema)(), text);
    }
    examples(rule, text);
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// The options of a rule as its schema describes them.
fn options(schema: &Value, text: &mut String) {
    let Some(properties) = schema["properties"].as_object() else { return };
    text.push_str("\n### Options\n\n| option | type | default | meaning |\n|---|---|---|---|\n");
    for (name, property) in properties {
        let default = match &property["default"] {
            Value::Null => "none".to_owned(),
            Value::Array(list) if list.is_empty() => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let meaning = in_a_cell(property["description"].as_str().unwrap_or_default());
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {meaning} |",
            in_a_cell(&kind(property, schema)),
            in_a_cell(&default)
        );
    }
}

/// The type of an option in words.
fn kind(property: &Value, schema: &Value) -> String {
    if let Some(name) = property["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        return kind(&schema["$defs"][name], schema);
    }
    if let Some(words) = property["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(word) = property.get("const") {
        return format!("`{word}`");
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = property[key].as_array() {
            let words: Vec<String> = choices.iter().map(|choice| kind(choice, schema)).collect();
            return words.into_iter().filter(|word| word != "null").collect::<Vec<_>>().join(", ");
        }
    }
    let word = |word: &str| match word {
        "array" => format!("list of {}", kind(&property["items"], schema)),
        "object" => "mapping".to_owned(),
        "string" => "text".to_owned(),
        other => other.to_owned(),
    };
    match &property["type"] {
        Value::String(name) => word(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

/// A bad case with what is said of it, and a good case; nothing for a rule without fixtures.
fn examples(rule: &'static Rule, text: &mut String) {
    let of = |kind: &str| cases(kind).into_iter().find(|case| case.rule == rule.id).map(|case| case.folder);
    let (Some(bad), Some(good)) = (of("bad"), of("good")) else { return };
    let report = case::lint_json(&bad);
    let findings = report["findings"].as_array().expect("findings");
    let Some(finding) = findings.iter().find(|finding| finding["rule"] == rule.id) else { return };
    let file = finding["file"].as_str().expect("a file");
    let path = located(&bad, file);
    let line = finding["line"].as_u64().expect("a line") as usize;
    text.push_str("\n### Bad example\n\n");
    shown(&bad, &path, Some(line), text);
    text.push_str("\nwhich gives\n\n");
    fenced("text", &case::lint(&bad), text);
    let kind = finding["places"][0]["resource"]["kind"].as_str();
    if let Some((path, line)) = counterpart(&good, file, kind) {
        text.push_str("\n### Good example\n\n");
        shown(&good, &path, line, text);
    }
}

/// Where a file of a report lies: several repos are named from the folder that holds them, one is not.
fn located(folder: &Path, file: &str) -> PathBuf {
    let repos = folder.join("repos");
    let states = ["after", "before"].map(|state| folder.join(state));
    let mut roots = [folder.to_owned(), repos.clone()].into_iter().chain(states).chain(folders(&repos));
    roots.find_map(|root| Some(root.join(file)).filter(|path| path.is_file())).expect("the file of a finding")
}

/// The file of a good case that shows how it should be: of the same path or name, else one that holds the
/// same kind, else the first.
fn counterpart(folder: &Path, file: &str, kind: Option<&str>) -> Option<(PathBuf, Option<usize>)> {
    let mut files = Vec::new();
    files_in(folder, &mut files);
    let name = Path::new(file).file_name();
    let line_of_kind = |path: &PathBuf| {
        let wanted = format!("kind: {}", kind?);
        let text = fs::read_to_string(path).ok()?;
        text.lines().position(|line| line.trim_end() == wanted).map(|at| at + 1)
    };
    let named = files.iter().find(|path| **path == folder.join(file));
    let named = named.or_else(|| files.iter().find(|path| path.file_name() == name));
    let named = named.filter(|path| kind.is_none() || line_of_kind(path).is_some());
    let found = named.or_else(|| files.iter().find(|path| line_of_kind(path).is_some())).or(files.first())?;
    Some((found.clone(), line_of_kind(found)))
}

fn files_in(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
        .unwrap_or_default();
    files.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        !matches!(name.as_str(), "tidegate.yaml" | ".tidegate.yaml" | "expected.txt")
    });
    files.sort();
    into.extend(files);
    folders(folder).iter().for_each(|below| files_in(below, into));
}

/// A file with its path, or of a long one the document around a line.
fn shown(case: &Path, path: &Path, line: Option<usize>, text: &mut String) {
    let content = fs::read_to_string(path).unwrap_or_default();
    let inside = path.strip_prefix(case).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let lines: Vec<&str> = content.lines().collect();
    let is_mark = |line: &&str| line.trim_end() == "---";
    let (mut from, mut to) = (0, lines.len());
    if lines.len() > LINES {
        let at = line.unwrap_or(1).clamp(1, lines.len()) - 1;
        from = lines[..at].iter().rposition(is_mark).map_or(0, |at| at + 1);
        to = lines[at..].iter().skip(1).position(is_mark).map_or(lines.len(), |more| at + 1 + more);
    }
    let part = if from > 0 || to < lines.len() { format!(", from line {}", from + 1) } else { String::new() };
    let _ = write!(text, "`{inside}`{part}:\n\n");
    let language = if inside.ends_with(".json") { "json" } else { "yaml" };
    fenced(language, &lines[from..to].join("\n"), text);
}

/// A code block; the fence is longer than any in the code.
fn fenced(language: &str, code: &str, text: &mut String) {
    let longest = code.lines().map(|line| line.trim_start().chars().take_while(|c| *c == '`').count()).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let _ = write!(text, "{fence}{language}\n{}\n{fence}\n", code.trim_end());
}

/// What the first screen of the README shows is what the program says today.
#[test]
fn the_readme_shows_a_real_finding() {
    const FOLDER: &str = "fixtures/platforms/a-apps-pg/five-field-backup";
    let readme = fs::read_to_string(project().join("README.md")).expect("the README");
    let (head, rest) = readme.split_once("<!-- finding: ").expect("the mark before the finding");
    let (mark, rest) = rest.split_once('\n').expect("the rest of the mark");
    let (_, tail) = rest.split_once("<!-- end of finding -->").expect("the mark behind the finding");
    assert!(tail.contains(&format!("lint {FOLDER} ")), "the README says how to get the finding");
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(["lint", FOLDER, "--format", "pretty"])
        .current_dir(project())
        .env_remove("CLICOLOR_FORCE")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("SOURCE_DATE_EPOCH", "1795219200")
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    let block: String = text.trim_end().lines().map(indented).collect();
    is_fresh("README.md", &format!("{head}<!-- finding: {mark}\n\n{block}\n<!-- end of finding -->{tail}"));
}

#[test]
fn the_config_in_the_readme_is_read() {
    let readme = fs::read_to_string(project().join("README.md")).expect("the README");
    let blocks: Vec<&str> = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let config = blocks.iter().find(|block| block.starts_with("role:")).expect("a config");
    let read = config::read(SourceId(0), (*config).into(), &engine::shapes());
    let config = read.unwrap_or_else(|errors| panic!("{errors:?}"));
    assert!(config.role.is_some() && !config.allow.is_empty() && !config.rules.is_empty());
    let suppression = blocks.iter().find(|block| block.contains("# tidegate: allow[")).expect("a suppression");
    let id = suppression.split("allow[").nth(1).and_then(|rest| rest.split(']').next()).expect("a rule");
    assert!(rules::find(id).is_some(), "{id}");
}
