//! The house: what may import what, who may open files, and how long a file may be.

mod case;

use case::project;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order in which data flows. A room imports only what stands before it.
const ORDER: &[&str] = &[
    "source", "finding", "tree", "yaml", "config", "walk", "manifest", "render", "schema", "graph", "reach",
    "contract", "rule", "rules", "habits", "engine", "fix", "report", "cli",
];

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the project").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every file of the library with the room it lies in.
fn library() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&project().join("src"), &mut files);
    rust_files(&project().join("rules"), &mut files);
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(project()).ok()?;
            let mut parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
            let room = match parts.next()?.as_str() {
                "rules" => "rules".to_owned(),
                _ => parts.next()?.trim_end_matches(".rs").to_owned(),
            };
            (!matches!(room.as_str(), "lib" | "main")).then_some((path, room))
        })
        .collect()
}

/// The rooms that `text` imports: `crate::room` in code, and the rooms in `use crate::{…}`.
fn imports(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            rooms.push(word);
        }
    }
    rooms
}

#[test]
fn nothing_imports_what_stands_to_its_right() {
    let place = |room: &str| ORDER.iter().position(|known| *known == room);
    let mut back = Vec::new();
    for (path, room) in library() {
        let own = place(&room).unwrap_or_else(|| panic!("{}: unknown room {room}", path.display()));
        let text = fs::read_to_string(&path).expect("a file of the project");
        // Tests may build what they need; the arrows are about the program.
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for import in imports(code) {
            if place(&import).is_some_and(|other| other > own) {
                back.push(format!("{} ({room}) imports {import}", path.display()));
            }
        }
    }
    assert!(back.is_empty(), "back arrows:\n{}", back.join("\n"));
}

#[test]
fn files_are_opened_in_three_rooms_only() {
    let mut found = Vec::new();
    for (path, room) in library() {
        let text = fs::read_to_string(&path).expect("a file of the project");
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let is_test = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        if code.contains("std::fs") && !is_test && !["tree", "report", "fix", "cli"].contains(&room.as_str()) {
            found.push(path.display().to_string());
        }
        if room == "cli" && code.contains("std::fs") && !path.ends_with("init/mod.rs") {
            found.push(path.display().to_string());
        }
    }
    assert!(found.is_empty(), "these open files:\n{}", found.join("\n"));
}

#[test]
fn no_file_is_longer_than_eight_hundred_lines() {
    let mut files: Vec<PathBuf> = library().into_iter().map(|(path, _)| path).collect();
    rust_files(&project().join("tests"), &mut files);
    let long: Vec<String> = files
        .into_iter()
        .filter(|path| fs::read_to_string(path).expect("a file of the project").lines().count() > 800)
        .map(|path| path.display().to_string())
        .collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn the_engine_knows_no_rule_by_name() {
    let mut found = Vec::new();
    for (path, room) in library() {
        if room == "rules" {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a file of the project");
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let is_test = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let named = tidegate::rules::ALL.iter().any(|rule| line.contains(&format!("\"{}\"", rule.id)));
            if named && !is_test {
                found.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "rules named outside `rules/`:\n{}", found.join("\n"));
}
