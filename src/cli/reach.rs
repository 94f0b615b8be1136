//! `tidegate reach`: who may reach whom.

use super::args::{Arguments, Command, Lint, Reach, ReachFormatWord};
use super::load::{Loaded, load, load_tree};
use super::reach_changes::changes;
use super::reach_rows::{Facts, Focus, facts};
use super::render_target::refusals;
use super::{Io, Status, complain};
use crate::config::OptionError;
use crate::engine::{self, Seen};
use crate::manifest::Role;
use crate::reach::ports::{PortSet, Protocol};
use crate::report::reach::{ReachFormat, ReachProblem, ReachReport, print_reach};
use crate::report::write_text_file;
use crate::source::{Sources, Span};
use crate::tree::{Repository, Revision};
use crate::yaml::{self, SyntaxKind};
use clap::Parser;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Runs `reach`.
pub(super) fn reach(arguments: &Reach, io: &mut Io<'_>) -> io::Result<Status> {
    let focus = match focus(arguments) {
        Ok(focus) => focus,
        Err(error) => return complain(io, &error),
    };
    let mut facts = match state(&arguments.path, arguments, &focus) {
        Ok(facts) => facts,
        Err(error) => return complain(io, &error),
    };
    if let Some(base) = &arguments.base {
        let mut before = match base_state(base, arguments, &focus) {
            Ok(before) => before,
            Err(error) => return complain(io, &error),
        };
        // Of the other state only what would make the comparison wrong is told.
        facts.failed |= before.failed;
        facts.report.changes = Some(changes(&before.flows, &facts.flows));
        for problem in &mut before.report.problems {
            problem.file = format!("{base}:{}", problem.file);
        }
        facts.report.problems.append(&mut before.report.problems);
    }
    for problem in &facts.report.problems {
        let ReachProblem { file, line, message } = problem;
        match line {
            0 => writeln!(io.err, "{file}: {message}")?,
            _ => writeln!(io.err, "{file}:{line}: {message}")?,
        }
    }
    let status = if facts.failed { Status::Failed } else { Status::Clean };
    print(arguments, &facts.report, status, io)
}

fn print(arguments: &Reach, report: &ReachReport, status: Status, io: &mut Io<'_>) -> io::Result<Status> {
    let format = match arguments.format {
        ReachFormatWord::Text => ReachFormat::Text,
        ReachFormatWord::Json => ReachFormat::Json,
        ReachFormatWord::Csv => ReachFormat::Csv,
        ReachFormatWord::Dot => ReachFormat::Dot,
        ReachFormatWord::Mermaid => ReachFormat::Mermaid,
        ReachFormatWord::Svg => ReachFormat::Svg,
        ReachFormatWord::Html => ReachFormat::Html,
    };
    hand_over(&print_reach(format, report), arguments.output.as_deref(), status, io)
}

/// Writes a report to `file`, else to standard output.
pub(super) fn hand_over(text: &str, file: Option<&Path>, status: Status, io: &mut Io<'_>) -> io::Result<Status> {
    match file {
        Some(file) => match write_text_file(text, file) {
            Ok(()) => Ok(status),
            Err(error) => {
                writeln!(io.err, "error: {}: the report could not be written: {error}", file.display())?;
                Ok(Status::Failed)
            }
        },
        None => match io.out.write_all(text.as_bytes()).and_then(|()| io.out.flush()) {
            // Whoever reads the report has seen enough; the exit status still counts.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(status),
            written => written.map(|()| status),
        },
    }
}

fn plain(message: impl Into<String>) -> OptionError {
    OptionError { message: message.into(), help: None }
}

fn focus(arguments: &Reach) -> Result<Focus, OptionError> {
    let asked = arguments.port.as_deref().map(|word| port(word, &Protocol::ALL)).transpose()?;
    let (mut explain, mut explained) = (None, asked.clone());
    match arguments.explain.as_slice() {
        [] => {}
        [from, to] => explain = Some((from.clone(), to.clone())),
        [from, to, word, ..] => {
            explain = Some((from.clone(), to.clone()));
            explained = Some(port(word, &[Protocol::Tcp])?);
        }
        [_] => return Err(plain("`--explain` needs two ends: where traffic starts and where it goes")),
    }
    Ok(Focus {
        workloads: arguments.workload.clone(),
        peers: arguments.peer.clone(),
        direction: arguments.direction.map(Into::into),
        port: asked,
        exposure: arguments.exposure,
        explain: explain.map(|(from, to)| (from, to, explained.unwrap_or_else(PortSet::all))),
        target: arguments.target.clone(),
        compares: arguments.base.is_some(),
    })
}

/// The ports that a word of the command line means: `5432`, `TCP/5432`, `5432/udp`, `8000-8010`. Without a protocol they
/// are those of `protocols`.
fn port(word: &str, protocols: &[Protocol]) -> Result<PortSet, OptionError> {
    let upper = word.to_ascii_uppercase();
    let (protocol, numbers) = match upper.split_once(['/', ' ', ':']) {
        Some((left, right)) => match (Protocol::parse(left), Protocol::parse(right)) {
            (Some(protocol), _) => (Some(protocol), right.to_owned()),
            (_, Some(protocol)) => (Some(protocol), left.to_owned()),
            _ => (None, String::new()),
        },
        None => (None, upper),
    };
    let (first, last) = numbers.split_once('-').unwrap_or((&numbers, &numbers));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(match protocol {
            Some(protocol) => PortSet::range(protocol, first, last),
            None => protocols
                .iter()
                .fold(PortSet::none(), |all, protocol| all.union(&PortSet::range(*protocol, first, last))),
        }),
        _ => Err(OptionError {
            message: format!("`{word}` is no port"),
            help: Some("write a number, as in 5432, or a protocol with it, as in UDP/53".into()),
        }),
    }
}

/// What is to be read as `lint` would read it, and nothing around it.
fn as_lint(path: &OsStr, arguments: &Reach) -> Box<Lint> {
    let words = [OsStr::new("tidegate"), OsStr::new("lint"), OsStr::new("--isolated"), OsStr::new("--"), path];
    match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
        Ok(Command::Lint(mut lint)) => {
            lint.max_file_size = arguments.max_file_size;
            lint
        }
        _ => unreachable!("internal: a path alone is a command line of lint"),
    }
}

fn state(path: &Path, arguments: &Reach, focus: &Focus) -> Result<Facts, OptionError> {
    let loaded = load(&as_lint(path.as_os_str(), arguments), None);
    if let Some(failure) = loaded.missing.first() {
        return Err(plain(format!("{}: {}", failure.path, failure.message)));
    }
    look(loaded, focus)
}

/// The state to compare with: a path where it is one, else a revision.
fn base_state(base: &str, arguments: &Reach, focus: &Focus) -> Result<Facts, OptionError> {
    let focus = &Focus { explain: None, ..focus.clone() };
    let revision = match base.strip_prefix("git:") {
        Some(revision) => revision,
        None if Path::new(base).exists() => return state(Path::new(base), arguments, focus),
        None => base,
    };
    let shown = |error: crate::tree::GitError| plain(format!("`{base}` is no path, and as a revision: {error}"));
    let folder = if arguments.path.is_dir() {
        arguments.path.as_path()
    } else {
        return Err(plain("a revision is compared with a folder, not with one file"));
    };
    let repository = Repository::open(folder).map_err(shown)?;
    let revision = match arguments.base_exact {
        true => revision.to_owned(),
        false => repository.merge_base(revision, "HEAD").map_err(shown)?,
    };
    let tree = Revision::open(&repository, &revision).map_err(shown)?;
    look(load_tree(&as_lint(arguments.path.as_os_str(), arguments), &tree, folder), focus)
}

fn look(mut loaded: Loaded, focus: &Focus) -> Result<Facts, OptionError> {
    let roots = std::mem::take(&mut loaded.roots);
    let failures: Vec<ReachProblem> = roots
        .iter()
        .flat_map(|root| &root.failures)
        .map(|failure| ReachProblem { file: failure.path.clone(), line: 0, message: failure.message.clone() })
        .collect();
    let sources = &loaded.sources;
    engine::see(sources, roots, |seen| {
        let mut facts = facts(&seen, sources, focus)?;
        let broken = broken(&seen, sources);
        facts.failed |= !failures.is_empty() || !broken.is_empty();
        facts.report.problems.extend(failures);
        facts.report.problems.extend(broken);
        facts.report.problems.sort();
        facts.report.problems.dedup();
        Ok(facts)
    })
}

/// A place, as reports call it.
pub(super) fn problem(sources: &Sources, span: Span, message: String) -> ReachProblem {
    let line = sources[span.source].position(span.start).line;
    ReachProblem { file: sources.name(span.source).into_owned(), line, message }
}

/// Documents that do not parse, and what does not build.
pub(super) fn broken(seen: &Seen<'_, '_>, sources: &Sources) -> Vec<ReachProblem> {
    let mut found = Vec::new();
    for (parsed, role) in seen.manifests.files.iter().zip(&seen.manifests.roles) {
        if matches!(role, Role::Data | Role::Other) && parsed.file.documents().iter().any(yaml::Document::is_readable) {
            continue;
        }
        for document in parsed.file.documents().iter().filter(|document| !document.is_readable()) {
            // What fills in a template is not known, and it is told nowhere that it should be.
            if let Some(error) = document.errors.first().filter(|error| error.kind != SyntaxKind::Template) {
                let mistake = yaml::mistake(parsed.file.text(), error);
                found.push(problem(sources, mistake.span, mistake.message));
            }
        }
    }
    for target in seen.targets {
        for (span, message) in refusals(seen.told, &target.name) {
            let refused = problem(sources, span, message);
            // A document that does not parse does not build either.
            if !found.iter().any(|known| (&known.file, known.line) == (&refused.file, refused.line)) {
                found.push(refused);
            }
        }
    }
    found
}
