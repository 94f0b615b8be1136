//! Which files belong to a run, and their texts. What is left alone is counted by what it is.
//! It opens nothing itself and parses nothing: it decides by place, by name, and by a look at the text.

mod content;
mod ignored;
mod name;
mod scan;
mod template;
#[cfg(test)]
mod tests;

use crate::config::PathGlob;
use crate::finding::Failure;
use crate::tree::Tree;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where `--max-file-size` stands unless somebody moves it: 16 MiB.
pub const MAX_FILE_SIZE: u64 = 16 << 20;

/// What is walked, and what is not.
#[derive(Clone, Debug)]
pub struct Options {
    /// Take files that `.gitignore` and its like leave out.
    pub no_ignore: bool,
    /// Take files and folders whose name starts with a dot.
    pub hidden: bool,
    /// Larger files are failures and are not read.
    pub max_file_size: u64,
    /// Paths, relative to the root, that the config leaves out. They stay out even if they are named.
    pub exclude: Vec<PathGlob>,
    /// Paths, relative to the root, that the user named: walked although they are ignored or hidden. What lies below
    /// a named folder has no such privilege.
    pub named: BTreeSet<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            no_ignore: false,
            hidden: false,
            max_file_size: MAX_FILE_SIZE,
            exclude: Vec::new(),
            named: BTreeSet::new(),
        }
    }
}

/// What a file is taken for, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `.yaml` or `.yml`.
    Yaml,
    /// `.json`.
    Json,
    /// `kustomization.yaml`, `kustomization.yml` or `Kustomization`.
    Kustomization,
    /// `.yaml.template` or `.yaml.example`: YAML that is copied and filled in by hand, and not applied itself.
    Template,
    /// `.sops.yaml`: which files sops encrypts, and for whom.
    SopsConfig,
    /// `tidegate.yaml` or `.tidegate.yaml`.
    Config,
}

/// A file that belongs to the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The path, relative to the root, with `/`.
    pub path: String,
    /// What it is taken for.
    pub kind: FileKind,
    /// The whole text as it stands, with its byte order mark and line ends.
    pub text: Arc<str>,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Files to look into, sorted by path.
    pub files: Vec<Candidate>,
    /// What was left alone, by what it is ([`reason`]), and how many. A folder that is not entered counts once.
    pub left_alone: BTreeMap<&'static str, usize>,
    /// What could not be read, sorted by path.
    pub failures: Vec<Failure>,
    /// Paths of what lies there and is not looked into: files that are no manifests, and files and folders that are
    /// left out. Nothing is known of what such a folder holds.
    pub beside: BTreeSet<String>,
}

/// Why something is left alone, as `--verbose` says it.
pub mod reason {
    /// Their targets are walked where they lie, if they are inside the root.
    pub const LINK: &str = "symbolic links";
    /// A name that starts with a dot.
    pub const HIDDEN: &str = "hidden files and folders";
    /// `.gitignore`, `.git/info/exclude`.
    pub const IGNORED: &str = "files and folders that git ignores";
    /// `exclude` in the config.
    pub const EXCLUDED: &str = "files and folders that the config excludes";
    /// `templates/` beside a `Chart.yaml`.
    pub const HELM: &str = "Helm chart templates";
    /// Go templates outside of a chart, and whatever else has `{{ }}` where YAML has none.
    pub const GO_TEMPLATE: &str = "Go templates";
    /// `{% %}`, `.j2`.
    pub const JINJA: &str = "Jinja templates";
    /// Encrypted by git-crypt and not unlocked.
    pub const GIT_CRYPT: &str = "git-crypt files";
    /// What git LFS leaves in place of a file.
    pub const LFS: &str = "git LFS pointers";
    /// No text at all.
    pub const BINARY: &str = "binary files";
    /// Written by package managers.
    pub const LOCK: &str = "lock files";
    /// Pipelines and workflows.
    pub const CI: &str = "CI files";
    /// JSON without `apiVersion` and `kind`.
    pub const OTHER_JSON: &str = "JSON files that are no manifests";
    /// `node_modules`, `.terraform`, `.venv`.
    pub const DEPENDENCIES: &str = "folders of dependencies";
}

/// Walks a tree and reads what belongs to the run. The result does not depend on the number of threads.
pub fn walk(tree: &dyn Tree, options: &Options) -> Walked {
    let scan::Scanned { mut files, mut left_alone, mut failures, beside } = scan::scan(tree, options);
    let mut beside: BTreeSet<String> = beside.into_iter().collect();
    files.sort_unstable();
    let read: Vec<Result<Candidate, (String, NotTaken)>> = files
        .into_par_iter()
        .map_init(Vec::new, |bytes, (path, kind)| {
            read(tree, options, &path, kind, bytes).map_err(|outcome| (path, outcome))
        })
        .collect();
    let mut taken = Vec::with_capacity(read.len());
    for outcome in read {
        match outcome {
            Ok(candidate) => taken.push(candidate),
            Err((path, outcome)) => {
                beside.insert(path);
                match outcome {
                    NotTaken::Left(reason) => *left_alone.entry(reason).or_default() += 1,
                    NotTaken::Failed(failure) => failures.push(failure),
                }
            }
        }
    }
    failures.sort();
    Walked { files: taken, left_alone, failures, beside }
}

/// Whether git leaves a path of the tree out, whether or not something lies there.
pub fn is_ignored(tree: &dyn Tree, path: &str) -> bool {
    scan::is_ignored(tree, path)
}

enum NotTaken {
    Left(&'static str),
    Failed(Failure),
}

/// Reads a file; `bytes` is room that is used again.
fn read(
    tree: &dyn Tree,
    options: &Options,
    path: &str,
    kind: FileKind,
    bytes: &mut Vec<u8>,
) -> Result<Candidate, NotTaken> {
    tree.read_listed(path, options.max_file_size, bytes).map_err(|error| NotTaken::Failed(error.into()))?;
    if let Some(reason) = content::left_alone_as_bytes(bytes) {
        return Err(NotTaken::Left(reason));
    }
    let text = match content::decode(bytes) {
        Ok(text) => text,
        Err(message) => return Err(NotTaken::Failed(Failure { path: path.to_owned(), message })),
    };
    match content::left_alone_as_text(text, kind, path) {
        Some(reason) => Err(NotTaken::Left(reason)),
        None => Ok(Candidate { path: path.to_owned(), kind, text: text.into() }),
    }
}
