//! Ignore rules that hold inside a root and are written outside of it: `.git/info/exclude` and the
//! `.gitignore` files between the top of the repository and the root. The user's global ones are left out on
//! purpose: a run gives the same answer on every machine.

use super::path::child;
use std::fs;
use std::path::{Path, PathBuf};

/// One file of ignore rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreFile {
    /// The folder its patterns start from, relative to the top of the repository.
    pub folder: String,
    /// Its text.
    pub text: String,
}

/// Ignore rules from outside a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OuterIgnores {
    /// The path of the tree's root, relative to the top of the repository.
    pub prefix: String,
    /// The files, the weakest first: a later one overrules an earlier one.
    pub files: Vec<IgnoreFile>,
}

impl OuterIgnores {
    /// The rules around a folder on disk, which is canonical.
    pub(super) fn on_disk(root: &Path) -> OuterIgnores {
        let Some(top) = root.ancestors().find(|folder| folder.join(".git").exists()) else {
            return OuterIgnores::default();
        };
        let mut files: Vec<IgnoreFile> = exclude_file(top).into_iter().collect();
        let mut folder = String::new();
        let mut at = top.to_path_buf();
        let inside = root.strip_prefix(top).expect("internal: an ancestor is a prefix");
        for part in inside.components() {
            files.extend(text_of(&at.join(".gitignore")).map(|text| IgnoreFile { folder: folder.clone(), text }));
            folder = child(&folder, &part.as_os_str().to_string_lossy());
            at.push(part);
        }
        OuterIgnores { prefix: folder, files }
    }
}

/// `info/exclude` of the repository whose top folder is `top`; a worktree has it in the repository it belongs to.
pub(super) fn exclude_file(top: &Path) -> Option<IgnoreFile> {
    let mut folder = top.join(".git");
    if let Some(link) = text_of(&folder) {
        folder = top.join(link.strip_prefix("gitdir:")?.trim());
        if let Some(common) = text_of(&folder.join("commondir")) {
            folder = folder.join(common.trim());
        }
    }
    let text = text_of(&folder.join("info").join("exclude"))?;
    Some(IgnoreFile { folder: String::new(), text })
}

/// The text of a small regular file; none for anything else, a symbolic link included, as git reads none here.
fn text_of(path: &PathBuf) -> Option<String> {
    const LIMIT: u64 = 1 << 20;
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > LIMIT {
        return None;
    }
    Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
}
