//! `--fix`, `--unsafe-fixes` and `--diff`: shows what the fixes change, or changes it.

use super::Io;
use super::lint::Pass;
use super::shown::display;
use crate::fix::{self, FixReport, Plan, Reason};
use crate::source::SourceId;
use crate::yaml;
use std::io;

/// What was done with the fixes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// Shown, and nothing is different on disk.
    Shown,
    /// Written.
    Written {
        /// Whether every file could be written.
        whole: bool,
    },
}

/// Shows the fixes as a diff; or with a text on standard input, gives it back mended; or writes the files.
pub(super) fn mend(pass: &Pass, diff: bool, with_unsafe: bool, io: &mut Io<'_>) -> io::Result<Mended> {
    let sources = &pass.loaded.sources;
    let plan = plan(pass, with_unsafe);
    let display = display(&pass.loaded);
    if diff {
        let diff = fix::diff(sources, &pass.run.masks, &plan, &|source| display(source));
        write!(io.out, "{diff}")?;
        let report = FixReport { applied: Vec::new(), skipped: plan.skipped, files: Vec::new() };
        report.describe(io.err, &|source| display(source))?;
        return Ok(Mended::Shown);
    }
    if let Some(incoming) = &pass.loaded.incoming {
        let is_it = |id: SourceId| sources[id].root() == incoming.root && sources[id].path() == incoming.path;
        match plan.files.iter().find(|file| is_it(file.source)) {
            Some(file) => io.out.write_all(file.text.as_bytes())?,
            None => io.out.write_all(&incoming.bytes)?,
        }
        return Ok(Mended::Shown);
    }
    let folders = &pass.loaded.folders;
    let report = plan.write(sources, &mut |source, old, new| {
        let source = &sources[source];
        fix::replace_file(&folders[source.root()].join(source.path()), old, new)
    });
    report.describe(io.err, &|source| display(source))?;
    let whole = !report.skipped.iter().any(|skip| matches!(skip.reason, Reason::NotWritten(..)));
    Ok(Mended::Written { whole })
}

/// The fixes that go together, and leave every file as readable as it was.
fn plan(pass: &Pass, with_unsafe: bool) -> Plan {
    Plan::new(&pass.loaded.sources, &pass.run.outcome.findings, with_unsafe, &|text, source| {
        let file = yaml::parse(SourceId(0), text.into());
        let broken = |file: &yaml::File| file.documents().iter().filter(|document| !document.is_whole()).count();
        let before = yaml::parse(SourceId(0), source.shared_text());
        broken(&file) <= broken(&before) && file.documents().len() == before.documents().len()
    })
}
