//! Paths and what is stored under them, with the folders that follow from the paths.
//! It serves the trees that have no file system below them.

use super::path::{child, name, parent};
use std::collections::{BTreeMap, BTreeSet};

/// A map from paths in normal form to values, which can be listed by folder.
#[derive(Clone, Debug)]
pub(super) struct Index<T> {
    files: BTreeMap<String, T>,
    folders: BTreeMap<String, BTreeSet<String>>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Index { files: BTreeMap::new(), folders: BTreeMap::new() }
    }
}

impl<T> Index<T> {
    pub(super) fn insert(&mut self, path: String, value: T) {
        let mut at = path.as_str();
        while !at.is_empty() {
            let children = self.folders.entry(parent(at).to_owned()).or_default();
            if !children.insert(name(at).to_owned()) {
                break;
            }
            at = parent(at);
        }
        self.files.insert(path, value);
    }

    pub(super) fn remove(&mut self, path: &str) {
        if self.files.remove(path).is_none() {
            return;
        }
        let mut at = path;
        while !at.is_empty() && !self.is_folder(at) {
            let folder = parent(at);
            if let Some(children) = self.folders.get_mut(folder) {
                children.remove(name(at));
                if !children.is_empty() {
                    break;
                }
                self.folders.remove(folder);
            }
            at = folder;
        }
    }

    pub(super) fn get(&self, path: &str) -> Option<&T> {
        self.files.get(path)
    }

    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.folders.contains_key(path)
    }

    /// The children of a folder in order, each with its path; nothing for what is no folder.
    pub(super) fn children<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, String)> {
        self.folders.get(folder).into_iter().flatten().map(move |name| (name.as_str(), child(folder, name)))
    }

    pub(super) fn paths_below(&self, folder: &str) -> Vec<String> {
        let below = format!("{folder}/");
        self.files
            .range(below.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&below))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(index: &Index<u8>, folder: &str) -> Vec<String> {
        index.children(folder).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn folders_come_and_go_with_their_files() {
        let mut index = Index::default();
        for (at, path) in ["a/b/c.yaml", "a/d.yaml", "e.yaml", "a/b/b.yaml"].into_iter().enumerate() {
            index.insert(path.to_owned(), at as u8);
        }
        assert_eq!(names(&index, ""), ["a", "e.yaml"]);
        assert_eq!(names(&index, "a/b"), ["b.yaml", "c.yaml"]);
        assert_eq!(index.paths_below("a/b"), ["a/b/b.yaml", "a/b/c.yaml"]);
        index.remove("a/b/c.yaml");
        index.remove("a/b/b.yaml");
        index.remove("a/b/b.yaml");
        assert_eq!(names(&index, "a"), ["d.yaml"]);
        index.remove("a/d.yaml");
        assert_eq!(names(&index, ""), ["e.yaml"]);
        assert!(!index.is_folder("a"));
    }
}
