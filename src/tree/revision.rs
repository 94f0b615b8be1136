//! A git revision, or the index, as a tree. Files are as git stores them: no filter (git-crypt, LFS, line ends) is run.

use super::error::shown;
use super::git::{Batch, GitError, Object, Repository};
use super::ignores::exclude_file;
use super::index::Index;
use super::path::{child, name, normalize, parent};
use super::{Entry, EntryKind, IgnoreFile, OuterIgnores, ReadError, Tree};
use std::sync::{Arc, Mutex, PoisonError};

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// No ignore file and no link target is longer than this.
const SMALL: u64 = 1 << 20;

#[derive(Clone, Debug)]
enum Node {
    File { id: String },
    Link { target: String },
    Submodule,
}

/// What a folder of a repository held at one revision. A folder that was not there yet is an empty tree.
pub struct Revision {
    repository: Repository,
    nodes: Index<Node>,
    ignores: OuterIgnores,
    batch: Mutex<Option<Batch>>,
}

impl Revision {
    /// The folder `repository` was opened for, as it was at `revision`.
    pub fn open(repository: &Repository, revision: &str) -> Result<Revision, GitError> {
        let commit = repository.resolve(revision)?;
        let mut arguments = vec!["ls-tree", "-r", "-z", "--full-tree", &commit];
        if !repository.prefix().is_empty() {
            arguments.extend(["--", repository.prefix()]);
        }
        let listing = repository.output(&arguments)?;
        // mode SP type SP id TAB path
        let rows = rows(&listing).map(|(header, path)| {
            let mut words = header.split(' ');
            Ok((words.next().unwrap_or_default(), words.nth(1).unwrap_or_default(), path))
        });
        Revision::build(repository, &commit, rows)
    }

    /// The folder `repository` was opened for, as the index holds it: what a commit would record.
    pub fn staged(repository: &Repository) -> Result<Revision, GitError> {
        let mut arguments = vec!["ls-files", "--stage", "-z"];
        if !repository.prefix().is_empty() {
            arguments.extend(["--", repository.prefix()]);
        }
        let listing = repository.output(&arguments)?;
        // mode SP id SP stage TAB path
        let rows = rows(&listing).map(|(header, path)| {
            let mut words = header.split(' ');
            let (mode, id) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            match words.next() {
                Some("0") => Ok((mode, id, path)),
                _ => Err(GitError::Unmerged { path: path.to_string() }),
            }
        });
        Revision::build(repository, "", rows)
    }

    fn build<'a>(
        repository: &Repository,
        commit: &str,
        rows: impl Iterator<Item = Result<(&'a str, &'a str, String), GitError>>,
    ) -> Result<Revision, GitError> {
        let mut revision = Revision {
            repository: repository.clone(),
            nodes: Index::default(),
            ignores: OuterIgnores::default(),
            batch: Mutex::new(None),
        };
        for row in rows {
            let (mode, id, path) = row?;
            let inside = match repository.prefix() {
                "" => Some(path.as_str()),
                prefix => path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')),
            };
            // The folder itself may be recorded as a file or a link, in which case nothing lies in it.
            let Some(inside) = inside else { continue };
            let node = match mode {
                "160000" => Node::Submodule,
                "120000" => Node::Link { target: revision.small_text(id)?.unwrap_or_default() },
                _ => Node::File { id: id.to_owned() },
            };
            revision.nodes.insert(inside.to_owned(), node);
        }
        revision.ignores = revision.ignores_at(commit)?;
        Ok(revision)
    }

    fn ignores_at(&self, commit: &str) -> Result<OuterIgnores, GitError> {
        let prefix = self.repository.prefix();
        let mut files: Vec<IgnoreFile> = exclude_file(self.repository.top()).into_iter().collect();
        let mut folder = String::new();
        for part in prefix.split('/').filter(|part| !part.is_empty() && !prefix.contains('\n')) {
            let text = self.small_text(&format!("{commit}:{}", child(&folder, ".gitignore")))?;
            files.extend(text.map(|text| IgnoreFile { folder: folder.clone(), text }));
            folder = child(&folder, part);
        }
        Ok(OuterIgnores { prefix: prefix.to_owned(), files })
    }

    fn small_text(&self, name: &str) -> Result<Option<String>, GitError> {
        match self.object(name, SMALL) {
            Ok(Object::Bytes(bytes)) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Ok(Object::TooLarge(_) | Object::Missing) => Ok(None),
            Err(error) => Err(GitError::Failed { command: "cat-file".to_owned(), message: error.to_string() }),
        }
    }

    /// One object through the process that is kept for it. The process is put back only after a whole answer.
    fn object(&self, name: &str, limit: u64) -> std::io::Result<Object> {
        let mut kept = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = match kept.take() {
            Some(batch) => batch,
            None => Batch::start(&self.repository)?,
        };
        let object = batch.read(name, limit)?;
        if !matches!(object, Object::TooLarge(_)) {
            *kept = Some(batch);
        }
        Ok(object)
    }

    /// Follows every link on `path`, which is in normal form.
    fn locate(&self, path: &str) -> Result<String, ReadError> {
        let mut rest: Vec<&str> = path.rsplit('/').collect();
        let mut at = String::new();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            if matches!(part, "" | ".") {
                continue;
            }
            if part == ".." {
                if at.is_empty() {
                    return Err(ReadError::Outside { path: shown(path) });
                }
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let next = child(&at, part);
            match self.nodes.get(&next) {
                Some(Node::Link { target }) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(ReadError::LinkLoop { path: shown(path) });
                    }
                    if target.starts_with('/') {
                        return Err(ReadError::Outside { path: shown(path) });
                    }
                    rest.extend(target.rsplit('/'));
                }
                Some(_) => at = next,
                None if self.nodes.is_folder(&next) => at = next,
                None if links > 0 => return Err(ReadError::DanglingLink { path: shown(path) }),
                None => return Err(ReadError::not_found(path)),
            }
        }
        Ok(at)
    }

    fn locate_any(&self, path: &str) -> Result<String, ReadError> {
        self.locate(&normalize(path).ok_or_else(|| ReadError::Outside { path: shown(path) })?)
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.nodes.is_folder(path) || matches!(self.nodes.get(path), Some(Node::Submodule))
    }

    fn kind_at(&self, path: &str) -> Option<EntryKind> {
        match self.nodes.get(path) {
            Some(Node::File { .. }) => Some(EntryKind::File),
            Some(Node::Link { .. }) => Some(EntryKind::Symlink(self.locate(path).ok())),
            Some(Node::Submodule) => Some(EntryKind::Folder),
            None => self.is_folder(path).then_some(EntryKind::Folder),
        }
    }
}

impl Tree for Revision {
    fn list(&self, folder: &str) -> Result<Arc<[Entry]>, ReadError> {
        let real = self.locate_any(folder)?;
        if !self.is_folder(&real) {
            return Err(ReadError::NotAFolder { path: shown(folder) });
        }
        let children = self.nodes.children(&real);
        Ok(children
            .filter_map(|(name, path)| Some(Entry { name: name.to_owned(), kind: self.kind_at(&path)? }))
            .collect())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let path = normalize(path)?;
        if path.is_empty() {
            return Some(EntryKind::Folder);
        }
        self.kind_at(&child(&self.locate(parent(&path)).ok()?, name(&path)))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let real = self.locate_any(path)?;
        let Some(Node::File { id }) = self.nodes.get(&real) else {
            return Err(ReadError::NotAFile { path: shown(path) });
        };
        match self.object(id, limit) {
            Ok(Object::Bytes(bytes)) => Ok(bytes),
            Ok(Object::TooLarge(size)) => Err(ReadError::TooLarge { path: shown(path), size, limit }),
            Ok(Object::Missing) => {
                Err(ReadError::Other { path: shown(path), message: "git does not have its contents".to_owned() })
            }
            Err(error) => Err(ReadError::Other { path: shown(path), message: error.to_string() }),
        }
    }

    fn real_path(&self, path: &str) -> Result<String, ReadError> {
        self.locate_any(path)
    }

    fn outer_ignores(&self) -> OuterIgnores {
        self.ignores.clone()
    }
}

/// The rows of a listing with `-z`: what stands before the tab, and the path.
fn rows(listing: &[u8]) -> impl Iterator<Item = (&str, String)> {
    listing.split(|byte| *byte == 0).filter_map(|row| {
        let tab = memchr::memchr(b'\t', row)?;
        Some((std::str::from_utf8(&row[..tab]).ok()?, String::from_utf8_lossy(&row[tab + 1..]).into_owned()))
    })
}
