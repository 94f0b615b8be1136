//! Texts held in memory, alone or laid over another tree: standard input, what an editor has not saved.

use super::error::shown;
use super::index::Index;
use super::path::{child, name, normalize, parent};
use super::{Entry, EntryKind, OuterIgnores, ReadError, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Files in memory. What is not in memory comes from the tree below, if there is one.
#[derive(Clone, Default)]
pub struct Memory {
    base: Option<Arc<dyn Tree>>,
    files: Index<Vec<u8>>,
    removed: BTreeSet<String>,
}

impl Memory {
    /// A tree with nothing in it.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A tree that shows `base` until something is put over it.
    pub fn over(base: Arc<dyn Tree>) -> Memory {
        Memory { base: Some(base), ..Memory::default() }
    }

    /// Puts a file at `path`, in place of whatever was there; false, and nothing done, for a path outside the root
    /// and for the root itself.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> bool {
        let Some(path) = normalize(path).filter(|path| !path.is_empty()) else { return false };
        self.removed.remove(&path);
        self.files.insert(path, bytes.into());
        true
    }

    /// Takes away the file or folder at `path`, in memory and in the tree below.
    pub fn remove(&mut self, path: &str) {
        let Some(path) = normalize(path).filter(|path| !path.is_empty()) else { return };
        for below in self.files.paths_below(&path) {
            self.files.remove(&below);
        }
        self.files.remove(&path);
        if self.base.is_some() {
            self.removed.insert(path);
        }
    }

    fn is_removed(&self, path: &str) -> bool {
        let mut at = path;
        while !at.is_empty() {
            if self.removed.contains(at) {
                return true;
            }
            at = parent(at);
        }
        false
    }

    fn holds(&self, path: &str) -> bool {
        self.files.get(path).is_some() || self.files.is_folder(path) || path.is_empty()
    }

    /// Where `path`, in normal form, leads. Links are in the tree below only, but may lead to what is in memory.
    fn locate(&self, path: &str) -> Result<String, ReadError> {
        if self.holds(path) {
            return Ok(path.to_owned());
        }
        let Some(base) = &self.base else { return Err(ReadError::not_found(path)) };
        if self.is_removed(path) {
            return Err(ReadError::not_found(path));
        }
        match base.real_path(path) {
            Ok(real) if self.holds(&real) || !self.is_removed(&real) => Ok(real),
            Ok(_) => Err(ReadError::not_found(path)),
            Err(error) if error.is_absence() => self.below_link(base.as_ref(), path).ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The place in memory of a path whose folder is reached through a link of the tree below.
    fn below_link(&self, base: &dyn Tree, path: &str) -> Option<String> {
        let mut folder = parent(path);
        while !folder.is_empty() {
            if let Ok(real) = base.real_path(folder) {
                let candidate = child(&real, &path[folder.len() + 1..]);
                return self.holds(&candidate).then_some(candidate);
            }
            folder = parent(folder);
        }
        None
    }

    fn normal(path: &str) -> Result<String, ReadError> {
        normalize(path).ok_or_else(|| ReadError::Outside { path: shown(path) })
    }
}

impl Tree for Memory {
    fn list(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError> {
        let real = self.locate(&Memory::normal(folder)?)?;
        if self.files.get(&real).is_some() {
            return Err(ReadError::NotAFolder { path: shown(folder) });
        }
        let mut entries = BTreeMap::new();
        if let Some(base) = self.base.as_ref().filter(|_| !self.is_removed(&real)) {
            match base.list(&real) {
                Ok(list) => entries.extend(list.iter().map(|entry| (entry.name.clone(), entry.kind.clone()))),
                Err(_) if self.files.is_folder(&real) => {}
                Err(error) => return Err(error),
            }
            entries.retain(|name, _| !self.removed.contains(&child(&real, name)));
        }
        for (name, path) in self.files.children(&real) {
            let kind = if self.files.get(&path).is_some() { EntryKind::File } else { EntryKind::Folder };
            entries.insert(name.to_owned(), kind);
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry { name, kind }).collect())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let path = normalize(path)?;
        let folder = self.locate(parent(&path)).ok()?;
        let path = if path.is_empty() { path } else { child(&folder, name(&path)) };
        if self.files.get(&path).is_some() {
            Some(EntryKind::File)
        } else if self.holds(&path) {
            Some(EntryKind::Folder)
        } else if self.is_removed(&path) {
            None
        } else {
            self.base.as_ref()?.kind(&path)
        }
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let real = self.locate(&Memory::normal(path)?)?;
        let Some(bytes) = self.files.get(&real) else {
            return match &self.base {
                Some(base) if !self.files.is_folder(&real) => base.read(&real, limit),
                _ => Err(ReadError::NotAFile { path: shown(path) }),
            };
        };
        let size = bytes.len() as u64;
        if size > limit {
            return Err(ReadError::TooLarge { path: shown(path), size, limit });
        }
        Ok(bytes.clone())
    }

    fn real_path(&self, path: &str) -> Result<String, ReadError> {
        self.locate(&Memory::normal(path)?)
    }

    fn outer_ignores(&self) -> OuterIgnores {
        self.base.as_ref().map_or_else(OuterIgnores::default, |base| base.outer_ignores())
    }
}
