//! Puts the files of a plan on disk, each whole or not at all, and says what was done.

use super::plan::{Applied, Plan, Reason, Skipped};
use crate::source::{SourceId, Sources};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What became of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixReport {
    /// The fixes that are in the files, in finding order.
    pub applied: Vec<Applied>,
    /// The fixes that are not, in finding order.
    pub skipped: Vec<Skipped>,
    /// The files that were written, in the order of their ids.
    pub files: Vec<SourceId>,
}

/// Why a file was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Somebody changed it after it was read.
    #[error("the file changed since it was read")]
    Changed,
    /// The system refused.
    #[error("cannot write the file: {0}")]
    Io(#[from] io::Error),
}

impl Plan {
    /// Writes every file through `write` (id, old text, new text). A fix counts as applied if all its files
    /// were written.
    pub fn write(
        self,
        sources: &Sources,
        write: &mut dyn FnMut(SourceId, &str, &str) -> Result<(), WriteError>,
    ) -> FixReport {
        let mut files = Vec::new();
        let mut failed: BTreeMap<SourceId, String> = BTreeMap::new();
        for file in &self.files {
            match write(file.source, sources[file.source].text(), &file.text) {
                Ok(()) => files.push(file.source),
                Err(error) => {
                    failed.insert(file.source, error.to_string());
                }
            }
        }
        let mut skipped = self.skipped;
        let mut applied = Vec::with_capacity(self.applied.len());
        for fix in self.applied {
            match fix.sources.iter().find_map(|source| failed.get_key_value(source)) {
                None => applied.push(fix),
                Some((source, why)) => skipped.push(Skipped {
                    finding: fix.finding,
                    title: fix.title,
                    reason: Reason::NotWritten(*source, why.clone()),
                    sources: fix.sources,
                }),
            }
        }
        skipped.sort_by_key(|skip| skip.finding);
        FixReport { applied, skipped, files }
    }
}

impl FixReport {
    /// One line for each fix, applied or not, with the path that `name` gives a file.
    pub fn describe(&self, out: &mut dyn io::Write, name: &dyn Fn(SourceId) -> String) -> io::Result<()> {
        let files = |sources: &[SourceId]| sources.iter().map(|id| name(*id)).collect::<Vec<_>>().join(", ");
        for fix in &self.applied {
            write!(out, "{}: fixed: {}", files(&fix.sources), fix.title)?;
            match fix.targets {
                0 | 1 => writeln!(out)?,
                count => writeln!(out, " (changes {count} targets)")?,
            }
        }
        for fix in &self.skipped {
            let at = match &fix.reason {
                Reason::Conflict => files(&fix.sources),
                Reason::WouldNotParse(source) | Reason::NotWritten(source, _) => name(*source),
            };
            writeln!(out, "{at}: not fixed: {}: {}", fix.title, fix.reason)?;
        }
        Ok(())
    }
}

/// Replaces the file at `path`, which must still hold `old`, by `new` in one step. Permissions stay; a link
/// stays a link and the file it leads to is replaced.
pub fn replace_file(path: &Path, old: &str, new: &str) -> Result<(), WriteError> {
    let path = fs::canonicalize(path)?;
    if fs::read(&path)? != old.as_bytes() {
        return Err(WriteError::Changed);
    }
    let permissions = fs::metadata(&path)?.permissions();
    let (temporary, mut file) = beside(&path)?;
    let written =
        file.write_all(new.as_bytes()).and_then(|()| file.set_permissions(permissions)).and_then(|()| file.sync_all());
    drop(file);
    let written = written.and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // Nothing more can be done about a leftover; the error to report is the first one.
        let _ = fs::remove_file(&temporary);
    }
    Ok(written?)
}

/// A new file in the folder of `path`: a rename is only one step within a file system.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut attempt = 0_u32;
    loop {
        let candidate = path.with_file_name(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&candidate) {
            Ok(file) => return Ok((candidate, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}
