//! The file of `--baseline`: where it lies, how it is read, and how `--write-baseline` writes it.

use super::Io;
use super::args::Lint;
use super::load::{Loaded, read_named};
use super::shown::shown_path;
use crate::engine::{BASELINE_NAME, Baseline};
use crate::finding::Failure;
use crate::report;
use std::io;
use std::path::{Path, PathBuf};

/// Where the user says, else in the first root where one is to be written.
fn path(arguments: &Lint, folders: &[PathBuf]) -> Option<PathBuf> {
    match &arguments.baseline {
        Some(path) => Some(path.clone()),
        None if arguments.write_baseline => Some(folders.first()?.join(BASELINE_NAME)),
        None => None,
    }
}

/// Reads the baseline. One that is about to be written need not be there.
pub(super) fn read(arguments: &Lint, loaded: &mut Loaded) {
    let Some(path) = path(arguments, &loaded.folders) else { return };
    if arguments.write_baseline && !path.exists() {
        return;
    }
    let refuse = |message: String| Failure { path: path.display().to_string(), message };
    let read = read_named(&path, Path::new(""), arguments.max_file_size);
    let text = read.and_then(|(_, bytes)| String::from_utf8(bytes).map_err(|_| refuse("not UTF-8".into())));
    match text.and_then(|text| Baseline::parse(&text).map_err(|error| refuse(error.to_string()))) {
        Ok(baseline) => loaded.baseline = Some(baseline),
        Err(failure) => loaded.refusals.push(failure),
    }
}

/// Tells of a path in the root at `folder` whether a baseline lies there, which is no manifest.
pub(super) fn recogniser(arguments: &Lint, folder: &Path) -> impl Fn(&str) -> bool {
    let named = arguments.baseline.as_ref().and_then(|path| path.canonicalize().ok());
    let inside = named.and_then(|path| {
        let parts = path.strip_prefix(folder).ok()?.components();
        Some(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    });
    move |path| path == BASELINE_NAME || inside.as_deref() == Some(path)
}

/// Writes the baseline; what goes wrong is a failure of the run.
pub(super) fn record(
    arguments: &Lint,
    known: &Baseline,
    loaded: &Loaded,
    whole: bool,
    io: &mut Io<'_>,
) -> io::Result<Option<Failure>> {
    let Some(path) = path(arguments, &loaded.folders) else { return Ok(None) };
    let refuse = |message: String| Failure { path: shown(&path), message };
    if !whole {
        return Ok(Some(refuse("the baseline was not written: not everything could be checked".into())));
    }
    if let Err(error) = report::write_text(&path, &known.text()) {
        return Ok(Some(refuse(format!("the baseline could not be written: {error}"))));
    }
    if !arguments.quiet {
        let findings = if known.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", known.len()) };
        writeln!(io.err, "wrote {findings} to {}; --baseline holds them back", shown(&path))?;
    }
    Ok(None)
}

fn shown(path: &Path) -> String {
    if path.is_absolute() { shown_path(path) } else { path.display().to_string() }
}
