//! The other state that `--base` names, and the index that `--staged` asks for, as trees.

use super::args::Lint;
use crate::finding::Failure;
use crate::tree::{Disk, GitError, Memory, Repository, Revision, Tree};
use std::path::Path;
use std::sync::Arc;

/// A state of one root, and what reports call it.
pub(super) struct State {
    /// Its files.
    pub(super) tree: Arc<dyn Tree>,
    /// A shortened commit, or the path as it was named.
    pub(super) name: Arc<str>,
}

/// What is compared with another state.
pub(super) struct Asked<'a> {
    /// The folder of the root.
    pub(super) folder: &'a Path,
    /// The state that is checked.
    pub(super) tree: &'a Arc<dyn Tree>,
    /// With `--isolated`, the one file that is the world.
    pub(super) only: Option<&'a str>,
    /// What is reported on, in the root.
    pub(super) scopes: &'a [String],
}

/// How many digits of a commit people are shown.
const DIGITS: usize = 12;

/// The state that `word` names: a folder or a file on disk, else a revision.
pub(super) fn state(arguments: &Lint, word: &str, asked: &Asked<'_>) -> Result<State, Failure> {
    let refuse = |message: String| Failure { path: format!("--base {word}"), message };
    match word.strip_prefix("git:") {
        Some(revision) => of_revision(arguments, revision, asked).map_err(refuse),
        None if Path::new(word).exists() => of_path(arguments, Path::new(word), asked).map_err(refuse),
        None => of_revision(arguments, word, asked).map_err(|message| {
            let plain = word.contains(['/', '\\', '.']) && message.contains("is not a revision");
            refuse(if plain { format!("there is no such file or folder, and {message}") } else { message })
        }),
    }
}

/// What the index of the repository around `folder` holds.
pub(super) fn staged(folder: &Path) -> Result<Arc<dyn Tree>, Failure> {
    let opened = Repository::open(folder).and_then(|repository| Revision::staged(&repository));
    match opened {
        Ok(tree) => Ok(Arc::new(tree)),
        Err(error) => Err(Failure { path: "--staged".into(), message: error.to_string() }),
    }
}

fn of_revision(arguments: &Lint, revision: &str, asked: &Asked<'_>) -> Result<State, String> {
    let open = || -> Result<(Revision, String), GitError> {
        let repository = Repository::open(asked.folder)?;
        let commit = match arguments.base_exact {
            true => repository.resolve(revision)?,
            false => repository.merge_base(revision, "HEAD")?,
        };
        Ok((Revision::open(&repository, &commit)?, commit))
    };
    let (tree, commit) = open().map_err(|error| error.to_string())?;
    let tree: Arc<dyn Tree> = match asked.only {
        None => Arc::new(tree),
        Some(only) => {
            let mut memory = Memory::new();
            if tree.kind(only).is_some() {
                let bytes = tree.read(only, arguments.max_file_size).map_err(|error| error.to_string())?;
                memory.insert(only, bytes);
            }
            Arc::new(memory)
        }
    };
    Ok(State { tree, name: commit.chars().take(DIGITS).collect::<String>().into() })
}

fn of_path(arguments: &Lint, path: &Path, asked: &Asked<'_>) -> Result<State, String> {
    let name: Arc<str> = path.display().to_string().into();
    if path.is_dir() {
        return match asked.only {
            None => Ok(State { tree: Arc::new(Disk::new(path).map_err(|error| error.to_string())?), name }),
            Some(only) => of_path(arguments, &path.join(only), asked),
        };
    }
    let (Some(folder), Some(file)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err("names no file".into());
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let read = Disk::new(folder).and_then(|disk| disk.read(file, arguments.max_file_size));
    let bytes = read.map_err(|error| error.to_string())?;
    let (mut memory, inside) = match (asked.only, asked.scopes) {
        (Some(only), _) => (Memory::new(), only),
        (None, [scope]) if !scope.is_empty() => (Memory::over(Arc::clone(asked.tree)), scope.as_str()),
        (None, _) => return Err("is a file, and a file is compared with one file; name that as PATH".into()),
    };
    memory.insert(inside, bytes);
    Ok(State { tree: Arc::new(memory), name })
}
