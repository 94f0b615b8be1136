//! Lists a tree folder by folder and decides by place and name. It reads ignore rules and no other file.

use super::ignored::Rules;
use super::name::{Holds, Named, is_known_although_hidden, is_of_forge, of_file, of_folder};
use super::{FileKind, Options, reason};
use crate::finding::Failure;
use crate::tree::{self, Entry, EntryKind, ReadError, Tree};
use foldhash::{HashSet, HashSetExt};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the folders hold.
#[derive(Default)]
pub(super) struct Scanned {
    /// Files to read.
    pub(super) files: Vec<(String, FileKind)>,
    /// How many were left alone, by reason.
    pub(super) left_alone: BTreeMap<&'static str, usize>,
    /// Folders that could not be listed, and what is no regular file.
    pub(super) failures: Vec<Failure>,
    /// Everything else.
    pub(super) beside: Vec<String>,
}

/// A folder to be listed, and what is known from above.
struct Folder {
    path: String,
    rules: Option<Arc<Rules>>,
    /// Why all of it is left alone; it is listed only to count its files.
    left_alone: Option<&'static str>,
    /// Why all of it is left out, but for what the user named.
    only_named: Option<&'static str>,
}

struct Scan<'a> {
    tree: &'a dyn Tree,
    options: &'a Options,
    /// The path of the root in its repository.
    prefix: String,
    /// Every folder above a named path.
    above_named: HashSet<&'a str>,
}

/// Lists every folder that belongs to the run, level by level: folders may be nested deeper than a stack is.
pub(super) fn scan(tree: &dyn Tree, options: &Options) -> Scanned {
    let mut scanned = Scanned::default();
    let mut rules = None;
    let outer = if options.no_ignore { Default::default() } else { tree.outer_ignores() };
    for file in &outer.files {
        rules = Rules::over(rules.clone(), &file.folder, &file.text).unwrap_or_else(|error| {
            scanned.failures.push(bad_rules(".gitignore".to_owned(), &error));
            rules
        });
    }
    let mut above_named = HashSet::new();
    for path in &options.named {
        let slashes = memchr::memchr_iter(b'/', path.as_bytes());
        above_named.extend(slashes.map(|at| &path[..at]));
    }
    let scan = Scan { tree, options, prefix: outer.prefix, above_named };
    let mut level = vec![Folder { path: String::new(), rules, left_alone: None, only_named: None }];
    while !level.is_empty() {
        let listed: Vec<(Vec<Folder>, Scanned)> = level.into_par_iter().map(|folder| scan.folder(folder)).collect();
        level = Vec::new();
        for (folders, found) in listed {
            level.extend(folders);
            scanned.files.extend(found.files);
            scanned.failures.extend(found.failures);
            scanned.beside.extend(found.beside);
            for (reason, count) in found.left_alone {
                *scanned.left_alone.entry(reason).or_default() += count;
            }
        }
    }
    scanned
}

impl Scan<'_> {
    fn folder(&self, mut folder: Folder) -> (Vec<Folder>, Scanned) {
        let (mut below, mut found) = (Vec::new(), Scanned::default());
        let entries = match self.tree.list_listed(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                if folder.left_alone.is_none() {
                    found.failures.push(error.into());
                }
                return (below, found);
            }
        };
        if !self.options.no_ignore && has_file(&entries, ".gitignore") {
            match self.rules_of(&folder) {
                Ok(rules) => folder.rules = rules,
                Err(failure) => found.failures.push(failure),
            }
        }
        let is_chart = has_file(&entries, "Chart.yaml");
        let here = tree::name(&folder.path);
        let of_files = folder.left_alone.or_else(|| is_of_forge(here).then_some(reason::CI));
        for Entry { name, kind } in entries.iter() {
            if name == ".git" {
                continue;
            }
            let path = tree::child(&folder.path, name);
            let only_named = match self.left_out(&folder, &path, name, *kind == EntryKind::Folder) {
                Way::In => None,
                Way::ToNamed(reason) => Some(reason),
                Way::Out(reason) => {
                    found.leave(reason);
                    found.beside.push(path);
                    continue;
                }
            };
            match kind {
                EntryKind::Symlink(_) => {
                    found.leave(reason::LINK);
                    found.beside.push(path);
                }
                EntryKind::Special => {
                    found.beside.push(path.clone());
                    if folder.left_alone.is_none() && matches!(of_file(name), Named::Take(_)) {
                        found.failures.push(ReadError::Special { path }.into());
                    }
                }
                EntryKind::File => found.file(path, name, of_files),
                EntryKind::Folder => {
                    let left_alone = match of_folder(here, name) {
                        Some(Holds::Dependencies) => {
                            found.leave(reason::DEPENDENCIES);
                            found.beside.push(path);
                            continue;
                        }
                        Some(Holds::Ci) => Some(reason::CI),
                        None if is_chart && name == "templates" => Some(reason::HELM),
                        None => None,
                    };
                    let left_alone = folder.left_alone.or(left_alone);
                    below.push(Folder { path, rules: folder.rules.clone(), left_alone, only_named });
                }
            }
        }
        (below, found)
    }

    /// Whether an entry is left out for where it lies and how it is called.
    fn left_out(&self, folder: &Folder, path: &str, name: &str, is_folder: bool) -> Way {
        if self.options.exclude.iter().any(|glob| glob.matches(path)) {
            return Way::Out(reason::EXCLUDED);
        }
        let is_named = self.options.named.contains(path);
        let reason = if folder.only_named.is_some() {
            folder.only_named
        } else if name.starts_with('.') && !self.options.hidden && !is_known_although_hidden(name) {
            Some(reason::HIDDEN)
        } else if folder
            .rules
            .as_ref()
            .is_some_and(|rules| rules.leave_out(&tree::child(&self.prefix, path), is_folder))
        {
            Some(reason::IGNORED)
        } else {
            None
        };
        match reason {
            Some(reason) if !is_named && is_folder && self.above_named.contains(path) => Way::ToNamed(reason),
            Some(reason) if !is_named => Way::Out(reason),
            _ => Way::In,
        }
    }

    fn rules_of(&self, folder: &Folder) -> Result<Option<Arc<Rules>>, Failure> {
        let path = tree::child(&folder.path, ".gitignore");
        let mut bytes = Vec::new();
        self.tree.read_listed(&path, self.options.max_file_size, &mut bytes)?;
        let at = tree::child(&self.prefix, &folder.path);
        Rules::over(folder.rules.clone(), &at, &String::from_utf8_lossy(&bytes))
            .map_err(|error| bad_rules(path, &error))
    }
}

/// Whether the ignore rules of git leave a path out, or a folder above it.
pub(super) fn is_ignored(tree: &dyn Tree, path: &str) -> bool {
    let outer = tree.outer_ignores();
    let mut rules = None;
    for file in &outer.files {
        rules = Rules::over(rules.clone(), &file.folder, &file.text).unwrap_or(rules);
    }
    let mut folder = String::new();
    let steps: Vec<&str> = path.split('/').collect();
    for (at, step) in steps.iter().enumerate() {
        let text = tree.read(&tree::child(&folder, ".gitignore"), super::MAX_FILE_SIZE);
        if let Ok(bytes) = text {
            let place = tree::child(&outer.prefix, &folder);
            rules = Rules::over(rules.clone(), &place, &String::from_utf8_lossy(&bytes)).unwrap_or(rules);
        }
        folder = tree::child(&folder, step);
        let whole = tree::child(&outer.prefix, &folder);
        if rules.as_ref().is_some_and(|rules| rules.leave_out(&whole, at + 1 < steps.len())) {
            return true;
        }
    }
    false
}

/// What becomes of an entry before anybody asks what it is.
enum Way {
    In,
    ToNamed(&'static str),
    Out(&'static str),
}

impl Scanned {
    fn leave(&mut self, reason: &'static str) {
        *self.left_alone.entry(reason).or_default() += 1;
    }

    fn file(&mut self, path: String, name: &str, left_alone: Option<&'static str>) {
        match (of_file(name), left_alone) {
            (Named::Nothing, _) => self.beside.push(path),
            (_, Some(reason)) | (Named::Leave(reason), None) => {
                self.leave(reason);
                self.beside.push(path);
            }
            (Named::Take(kind), None) => self.files.push((path, kind)),
        }
    }
}

fn has_file(entries: &[Entry], name: &str) -> bool {
    entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).is_ok_and(|at| entries[at].kind == EntryKind::File)
}

fn bad_rules(path: String, error: &ignore::Error) -> Failure {
    Failure { path, message: format!("cannot be used as ignore rules: {error}") }
}
