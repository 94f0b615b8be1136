//! A tree that remembers what was asked of it, so that a later run can tell what an edit touches.

use super::path::normalize;
use super::{Entry, EntryKind, OuterIgnores, ReadError, Tree};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Another tree, with a record of every path that was asked for and whether something was there.
pub struct Recording<'a> {
    tree: &'a dyn Tree,
    probed: Mutex<BTreeMap<String, bool>>,
}

impl<'a> Recording<'a> {
    /// Starts a record over `tree`.
    pub fn new(tree: &'a dyn Tree) -> Recording<'a> {
        Recording { tree, probed: Mutex::new(BTreeMap::new()) }
    }

    /// Every path asked for, in normal form, and whether something was there. Paths outside the root are left out.
    pub fn into_probed(self) -> BTreeMap<String, bool> {
        self.probed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, path: &str, found: bool) {
        if let Some(path) = normalize(path) {
            self.probed.lock().unwrap_or_else(PoisonError::into_inner).insert(path, found);
        }
    }

    fn noted<T>(&self, path: &str, answer: Result<T, ReadError>) -> Result<T, ReadError> {
        self.note(path, !answer.as_ref().is_err_and(ReadError::is_absence));
        answer
    }
}

impl Tree for Recording<'_> {
    fn list(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError> {
        self.noted(folder, self.tree.list(folder))
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let kind = self.tree.kind(path);
        self.note(path, kind.is_some());
        kind
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.noted(path, self.tree.read(path, limit))
    }

    fn real_path(&self, path: &str) -> Result<String, ReadError> {
        self.noted(path, self.tree.real_path(path))
    }

    fn outer_ignores(&self) -> OuterIgnores {
        self.tree.outer_ignores()
    }
}
