//! Which folders the paths of the command line are about: the root around each, and what is asked of it.

use crate::cli::args::Lint;
use crate::cli::base;
use crate::finding::Failure;
use crate::tree::{self, Disk, Memory, Tree};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Text that comes in on standard input, in place of a file.
pub(in crate::cli) struct Incoming {
    /// The file it stands for.
    pub(in crate::cli) path: PathBuf,
    /// The bytes.
    pub(in crate::cli) bytes: Vec<u8>,
}

/// A root on disk and what is asked of it.
pub(in crate::cli) struct Place {
    /// Its folder.
    pub(in crate::cli) folder: PathBuf,
    /// With `--isolated`, the one file that is the world.
    pub(in crate::cli) only: Option<String>,
    /// What is reported on, in the root.
    pub(in crate::cli) scopes: Vec<String>,
    /// What stands in place of files on disk.
    pub(in crate::cli) overlay: Vec<(String, Vec<u8>)>,
}

/// The roots around the paths of `arguments`, each once; paths that cannot be looked at go to `missing`.
pub(super) fn places(arguments: &Lint, incoming: Option<&Incoming>, missing: &mut Vec<Failure>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let here = [PathBuf::from(".")];
    let paths: &[PathBuf] = if arguments.paths.is_empty() { &here } else { &arguments.paths };
    for path in paths {
        let (path, bytes) = match incoming {
            Some(incoming) if path.as_os_str() == "-" => (incoming.path.as_path(), Some(incoming.bytes.clone())),
            _ => (path.as_path(), None),
        };
        match locate(arguments, path, bytes.is_some()) {
            Ok((folder, inside, only)) => {
                let at = places.iter().position(|place| place.folder == folder && place.only == only);
                let place = match at {
                    Some(at) => &mut places[at],
                    None => {
                        places.push(Place { folder, only, scopes: Vec::new(), overlay: Vec::new() });
                        places.last_mut().expect("internal: a place was just pushed")
                    }
                };
                if let Some(bytes) = bytes {
                    place.overlay.push((inside.clone(), bytes));
                }
                place.scopes.push(inside);
            }
            Err(failure) => missing.push(failure),
        }
    }
    places
}

/// The root around `path`, the path in it, and the one file to look at, if the world is one file.
fn locate(arguments: &Lint, path: &Path, incoming: bool) -> Result<(PathBuf, String, Option<String>), Failure> {
    let refuse = |message: String| Failure { path: path.display().to_string(), message };
    // What comes in need not exist on disk; its folder has to.
    let (existing, name) = if incoming && !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refuse("names no file".into()))?;
        (folder, Some(name))
    } else {
        (path, None)
    };
    let found = tree::enclosing_root(existing).map_err(|error| refuse(error.cause()))?;
    let join = |inside: &str| tree::child(inside, name.unwrap_or_default());
    if !arguments.isolated {
        return Ok((found.folder, join(&found.inside), None));
    }
    let whole = found.folder.join(&found.inside);
    if whole.is_dir() {
        return Ok((whole, join(""), name.map(str::to_owned)));
    }
    let file = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let folder = whole.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok((folder, file.clone(), Some(file)))
}

/// The tree of a root, with what stands in place of its files.
pub(super) fn open(arguments: &Lint, place: &Place) -> Result<Arc<dyn Tree>, Failure> {
    let limit = arguments.max_file_size;
    let disk: Arc<dyn Tree> = match arguments.staged {
        true => base::staged(&place.folder)?,
        false => Arc::new(Disk::new(&place.folder).map_err(Failure::from)?),
    };
    if let (Some(only), true) = (&place.only, place.overlay.is_empty()) {
        let mut memory = Memory::new();
        memory.insert(only, disk.read(only, limit).map_err(Failure::from)?);
        return Ok(Arc::new(memory));
    }
    if place.overlay.is_empty() {
        return Ok(disk);
    }
    let mut memory = if place.only.is_some() { Memory::new() } else { Memory::over(disk) };
    for (path, bytes) in &place.overlay {
        memory.insert(path, bytes.clone());
    }
    Ok(Arc::new(memory))
}

/// How the files of each root are named: for a single root by their path in it, for several by their path
/// in the folder that holds all roots.
pub(super) fn prefixes(folders: &[&Path]) -> Vec<String> {
    if folders.len() < 2 {
        return vec![String::new(); folders.len()];
    }
    let mut common: PathBuf = folders[0].to_path_buf();
    while !folders.iter().all(|folder| folder.starts_with(&common)) {
        common.pop();
    }
    folders
        .iter()
        .map(|folder| {
            let rest = folder.strip_prefix(&common).unwrap_or(folder);
            let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            if parts.is_empty() { String::new() } else { format!("{}/", parts.join("/")) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_roots_are_named_in_their_common_folder() {
        let folders = [Path::new("/a/b/platform"), Path::new("/a/b/apps/shop")];
        assert_eq!(prefixes(&folders), ["platform/", "apps/shop/"]);
        assert_eq!(prefixes(&[Path::new("/a")]), [""]);
        assert_eq!(prefixes(&[Path::new("/a"), Path::new("/a/b")]), ["", "b/"]);
    }
}
