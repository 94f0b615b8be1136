//! Tries a config out on the repo that it is written for.

use crate::cli::args::{Arguments, Command, Lint};
use crate::cli::load::{Loaded, load_tree};
use crate::config;
use crate::engine::{self, Request, Run, Selection};
use crate::source::Source;
use crate::tree::{Disk, ReadError};
use clap::Parser as _;
use std::collections::BTreeSet;
use std::path::Path;

/// What lint says of `folder` under the config `text`: of the rules `select`, or of all that run by themselves.
pub(in crate::cli) fn trial(folder: &Path, text: &str, select: &[&str]) -> Result<Run, ReadError> {
    let mut loaded = read(folder)?;
    let source = loaded.sources.add(Source::new(0, config::FILE_NAMES[0], text));
    let read = config::read(source, loaded.sources[source].shared_text(), &engine::shapes());
    let mut roots = std::mem::take(&mut loaded.roots);
    for root in &mut roots {
        root.config = read.clone().unwrap_or_default();
    }
    let request = Request {
        baseline: None,
        record: false,
        selection: Selection { select: select.iter().map(|rule| (*rule).to_owned()).collect(), ignore: Vec::new() },
        scopes: Vec::new(),
        // Days matter to what runs out, which no habit is about.
        today: jiff::civil::date(2000, 1, 1),
        target: None,
        new_only: false,
        given: [].into(),
    };
    Ok(engine::run(&loaded.sources, roots, None, &request))
}

/// The fingerprints of everything that lint says of `folder` under the config `text`.
pub(in crate::cli) fn fingerprints(folder: &Path, text: &str) -> Result<BTreeSet<String>, ReadError> {
    let findings = trial(folder, text, &[])?.outcome.findings;
    Ok(findings.into_iter().map(|finding| finding.fingerprint).collect())
}

/// Reads the folder as the root of a run.
pub(in crate::cli) fn read(folder: &Path) -> Result<Loaded, ReadError> {
    let tree = Disk::new(folder)?;
    Ok(load_tree(&defaults(), &tree, folder))
}

fn defaults() -> Box<Lint> {
    match Arguments::try_parse_from(["tidegate", "lint"]).map(|arguments| arguments.command) {
        Ok(Command::Lint(lint)) => lint,
        _ => unreachable!("internal: two words are a command line of lint"),
    }
}
