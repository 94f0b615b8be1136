//! A folder on disk as a tree.

use super::error::shown;
use super::path::{child, name, normalize, parent};
use super::{Entry, EntryKind, OuterIgnores, ReadError, Tree};
use foldhash::HashMap;
use std::fs::{self, File, FileType, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Room for a file, in bytes.
const USUAL: usize = 32 << 10;

/// The files under a folder on disk.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// Where each folder that somebody asked about leads: following links costs a call a step, and what is looked up
    /// lies in few folders.
    folders: Mutex<HashMap<String, (PathBuf, String)>>,
    /// What the folders hold that were listed, links not followed on the way: who asks again asks no disk.
    listings: RwLock<HashMap<String, Arc<[Entry]>>>,
}

impl Disk {
    /// The tree under `root`, which must be a folder that exists.
    pub fn new(root: &Path) -> Result<Disk, ReadError> {
        let text = root.to_string_lossy();
        let root = root.canonicalize().map_err(|error| ReadError::io(&text, &error))?;
        if !root.is_dir() {
            return Err(ReadError::NotAFolder { path: shown(&text) });
        }
        Ok(Disk { root, folders: Mutex::default(), listings: RwLock::default() })
    }

    /// The folder on disk, absolute and free of links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path leads: on disk, and in this tree.
    fn locate(&self, path: &str) -> Result<(PathBuf, String), ReadError> {
        let normal = normalize(path).ok_or_else(|| ReadError::Outside { path: shown(path) })?;
        if normal.is_empty() {
            return Ok((self.root.clone(), normal));
        }
        let (folder, within) = self.locate_folder(path, parent(&normal))?;
        let on_disk = folder.join(name(&normal));
        let inside = child(&within, name(&normal));
        let is_link = match self.listed(&inside) {
            Some(entry) => !matches!(entry, Some(EntryKind::File | EntryKind::Folder)),
            None => fs::symlink_metadata(&on_disk).map_or(true, |metadata| metadata.is_symlink()),
        };
        // What is no link itself lies where its folder does.
        if is_link { self.follow(path, &on_disk) } else { Ok((on_disk, inside)) }
    }

    /// What lies at a path that holds no links, if its folder was listed.
    fn listed(&self, inside: &str) -> Option<Option<EntryKind>> {
        let entries = self.listing(parent(inside))?;
        let at = entries.binary_search_by(|entry| entry.name.as_str().cmp(name(inside)));
        Some(at.ok().map(|at| entries[at].kind.clone()))
    }

    fn listing(&self, folder: &str) -> Option<Arc<[Entry]>> {
        self.listings.read().unwrap_or_else(PoisonError::into_inner).get(folder).cloned()
    }

    /// Where the folder of `path` leads.
    fn locate_folder(&self, path: &str, folder: &str) -> Result<(PathBuf, String), ReadError> {
        if folder.is_empty() {
            return Ok((self.root.clone(), String::new()));
        }
        if self.listing(folder).is_some() {
            return Ok((self.root.join(folder), folder.to_owned()));
        }
        let known = || self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(folder) {
            return Ok(found.clone());
        }
        let found = self.follow(path, &self.root.join(folder))?;
        known().insert(folder.to_owned(), found.clone());
        Ok(found)
    }

    /// Where a path on disk leads; errors call it `path`.
    fn follow(&self, path: &str, on_disk: &Path) -> Result<(PathBuf, String), ReadError> {
        let real = on_disk.canonicalize().map_err(|error| match ReadError::io(path, &error) {
            ReadError::NotFound { path } if fs::symlink_metadata(on_disk).is_ok() => ReadError::DanglingLink { path },
            error => error,
        })?;
        let inside = self.inside(&real).ok_or_else(|| ReadError::Outside { path: shown(path) })?;
        Ok((real, inside))
    }

    /// The path in this tree of a canonical path on disk; none outside the root.
    fn inside(&self, real: &Path) -> Option<String> {
        let mut inside = String::new();
        for part in real.strip_prefix(&self.root).ok()?.components() {
            inside = child(&inside, &part.as_os_str().to_string_lossy());
        }
        Some(inside)
    }

    fn kind_of(&self, file_type: FileType, on_disk: impl FnOnce() -> PathBuf) -> EntryKind {
        if file_type.is_symlink() {
            EntryKind::Symlink(on_disk().canonicalize().ok().and_then(|real| self.inside(&real)))
        } else if file_type.is_dir() {
            EntryKind::Folder
        } else if file_type.is_file() {
            EntryKind::File
        } else {
            EntryKind::Special
        }
    }
}

impl Tree for Disk {
    fn list(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError> {
        // What was listed is known by its normal form only.
        if let Some(known) = self.listing(folder) {
            return Ok(known);
        }
        let (real, inside) = self.locate(folder)?;
        if let Some(known) = self.listing(&inside) {
            return Ok(known);
        }
        if !real.is_dir() {
            return Err(ReadError::NotAFolder { path: shown(folder) });
        }
        self.list_real(folder, &real, inside)
    }

    fn list_listed(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError> {
        self.list_real(folder, &self.root.join(folder), folder.to_owned())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let normal = normalize(path)?;
        if normal.is_empty() {
            return Some(EntryKind::Folder);
        }
        // A folder that was listed has no link on the way.
        if let Some(entry) = self.listed(&normal) {
            return entry;
        }
        let (folder, within) = self.locate_folder(path, parent(&normal)).ok()?;
        if let Some(entry) = self.listed(&child(&within, name(&normal))) {
            return entry;
        }
        let on_disk = folder.join(name(&normal));
        let metadata = fs::symlink_metadata(&on_disk).ok()?;
        Some(self.kind_of(metadata.file_type(), || on_disk))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let (real, _) = self.locate(path)?;
        // Opening a FIFO waits for somebody to write.
        check(path, &fs::metadata(&real).map_err(|error| ReadError::io(path, &error))?, limit)?;
        self.read_real(path, &real, limit)
    }

    fn read_listed(&self, path: &str, limit: u64, into: &mut Vec<u8>) -> Result<(), ReadError> {
        let io = |error: std::io::Error| ReadError::io(path, &error);
        let file = File::open(self.root.join(path)).map_err(io)?;
        into.clear();
        into.shrink_to(USUAL);
        // Nearly all files are shorter: one call brings all of them and the next one their end, and nobody asks how long
        // they are.
        into.reserve(USUAL);
        (&file).take(limit.saturating_add(1)).read_to_end(into).map_err(io)?;
        if into.len() as u64 > limit {
            let size = file.metadata().map_err(io)?.len().max(into.len() as u64);
            return Err(ReadError::TooLarge { path: shown(path), size, limit });
        }
        Ok(())
    }

    fn real_path(&self, path: &str) -> Result<String, ReadError> {
        Ok(self.locate(path)?.1)
    }

    fn outer_ignores(&self) -> OuterIgnores {
        OuterIgnores::on_disk(&self.root)
    }
}

impl Disk {
    /// Lists the folder at `real`, which is called `folder`, and lies at `inside` in this tree.
    fn list_real(&self, folder: &str, real: &Path, inside: String) -> Result<Arc<[Entry]>, ReadError> {
        let io = |error: std::io::Error| ReadError::io(folder, &error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(real).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            let file_type = entry.file_type().map_err(io)?;
            let kind = self.kind_of(file_type, || real.join(&name));
            let name = name.into_string().unwrap_or_else(|name| name.to_string_lossy().into_owned());
            entries.push(Entry { name, kind });
        }
        entries.sort_unstable();
        let entries: Arc<[Entry]> = entries.into();
        let mut known = self.listings.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(inside, Arc::clone(&entries));
        Ok(entries)
    }

    /// Reads the file at `real`, which is called `path` in this tree.
    fn read_real(&self, path: &str, real: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let io = |error: std::io::Error| ReadError::io(path, &error);
        let mut file = File::open(real).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        check(path, &metadata, limit)?;
        // A buffer that holds one byte more than the file shows its end with the first read.
        let mut bytes = vec![0; metadata.len().min(1 << 24) as usize + 1];
        let first = file.read(&mut bytes).map_err(io)?;
        bytes.truncate(first);
        // The file may grow while it is read, and the size of some file systems' files is a guess.
        if first == 0 || first as u64 != metadata.len() {
            let left = limit.saturating_add(1).saturating_sub(first as u64);
            file.take(left).read_to_end(&mut bytes).map_err(io)?;
        }
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLarge { path: shown(path), size: bytes.len() as u64, limit });
        }
        Ok(bytes)
    }
}

/// Refuses what is no regular file, and what is larger than `limit` bytes.
fn check(path: &str, metadata: &Metadata, limit: u64) -> Result<(), ReadError> {
    if metadata.is_dir() {
        return Err(ReadError::NotAFile { path: shown(path) });
    }
    if !metadata.is_file() {
        return Err(ReadError::Special { path: shown(path) });
    }
    if metadata.len() > limit {
        return Err(ReadError::TooLarge { path: shown(path), size: metadata.len(), limit });
    }
    Ok(())
}
