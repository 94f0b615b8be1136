//! Where files come from: a disk, a git revision, memory. The only code that opens files for reading.
//! It knows nothing of what is written in them, nor which of them belong to a run.

mod disk;
mod error;
mod git;
mod helm;
mod ignores;
mod index;
mod memory;
mod path;
mod recording;
mod revision;
mod root;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use disk::Disk;
pub use error::ReadError;
pub use git::{GitError, Repository};
pub use helm::Helm;
pub use ignores::{IgnoreFile, OuterIgnores};
pub use memory::Memory;
pub(crate) use path::child;
pub use path::{join, name, normalize, parent};
pub use recording::Recording;
pub use revision::Revision;
pub use root::{CONFIG_NAMES, Root, enclosing_root};
use std::sync::Arc;

/// What lies at a path. A symbolic link is not followed to say so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder; a git submodule, too.
    Folder,
    /// A symbolic link, with the path in the tree it leads to in the end; none where that is outside, missing or a loop.
    Symlink(Option<String>),
    /// A FIFO, socket or device: never opened.
    Special,
}

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The last part of the path. A name that is not UTF-8 has replacement characters in it; reading it says so.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// Files and folders under one root. Paths are relative to the root, with `/`; the root is `""`.
///
/// Every method first brings its path into normal form ([`normalize`]); a path that climbs out of the root
/// is an error (or nothing), however it is spelled. Symbolic links are followed while they stay within the root.
pub trait Tree: Send + Sync {
    /// The direct children of a folder, sorted by name.
    fn list(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError>;

    /// The same for a folder that came out of this method, folder by folder: no link is on the way.
    fn list_listed(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError> {
        self.list(folder)
    }

    /// What lies at a path, or none if nothing does. Links on the way are followed, a link at the end is not.
    fn kind(&self, path: &str) -> Option<EntryKind>;

    /// The bytes of a regular file. One of more than `limit` bytes is an error and is not read.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// The same for the path of a file that came out of [`Tree::list`], folder by folder: no link is on the way, so a
    /// tree need not look for one. The bytes take the place of what is in `into`, whose room is used again.
    fn read_listed(&self, path: &str, limit: u64, into: &mut Vec<u8>) -> Result<(), ReadError> {
        *into = self.read(path, limit)?;
        Ok(())
    }

    /// The path, free of links, of what a path leads to: the identity of that file or folder.
    fn real_path(&self, path: &str) -> Result<String, ReadError>;

    /// Ignore rules that hold in this tree and are written outside of it; none unless it lies in a git repository.
    fn outer_ignores(&self) -> OuterIgnores {
        OuterIgnores::default()
    }
}
