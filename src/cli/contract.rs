//! `tidegate contract`: what a platform offers, and whether that is what it promised.

use super::args::{Arguments, Command, Lint};
use super::args::{Contract, ContractCheck, ContractCommand, ContractExport, ContractFormat};
use super::contracts::read_file;
use super::load::{Loaded, load};
use super::shown::{display, shown_path};
use super::{Io, Status, complain};
use crate::config::{OptionError, closest};
use crate::contract::{Change, Difference, FILE_NAME, Key, Places, compare, to_json, to_yaml};
use crate::engine;
use crate::finding::{Label, Severity};
use crate::graph::is_near;
use crate::report::{self, Problem, Style, Texts};
use crate::source::Masks;
use crate::tree;
use clap::Parser;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Runs `contract`.
pub(super) fn contract(arguments: &Contract, io: &mut Io<'_>) -> io::Result<Status> {
    let done = match &arguments.command {
        ContractCommand::Export(arguments) => export(arguments, io),
        ContractCommand::Check(arguments) => check(arguments, io),
    };
    match done {
        Ok(status) => status,
        Err(error) => complain(io, &error),
    }
}

fn plain(message: impl Into<String>) -> OptionError {
    OptionError { message: message.into(), help: None }
}

/// The repo around a path, read as `lint` reads it.
fn load_repo(path: &Path) -> Result<Box<Loaded>, OptionError> {
    let words = [OsStr::new("tidegate"), OsStr::new("lint"), OsStr::new("--"), path.as_os_str()];
    let lint: Box<Lint> = match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
        Ok(Command::Lint(lint)) => lint,
        _ => unreachable!("internal: a path alone is a command line of lint"),
    };
    let loaded = Box::new(load(&lint, None));
    let failures = loaded.roots.iter().flat_map(|root| &root.failures);
    let refused = loaded.missing.iter().chain(&loaded.refusals).chain(failures).next();
    if let Some(failure) = refused {
        return Err(plain(format!("{}: {}", failure.path, failure.message)));
    }
    match loaded.config_errors.first() {
        Some(error) => {
            let source = &loaded.sources[error.span.source];
            let line = source.position(error.span.start).line;
            let place = shown_path(&loaded.folders[source.root()].join(source.path()));
            Err(OptionError { message: format!("{place}:{line}: {}", error.message), help: error.help.clone() })
        }
        None => Ok(loaded),
    }
}

/// The contract that the repo offers now.
fn offered(loaded: &mut Loaded, target: Option<&str>) -> Result<(crate::contract::Contract, Places), OptionError> {
    let roots = std::mem::take(&mut loaded.roots);
    engine::export(&loaded.sources, roots, |names| pick(names, target))
}

fn pick(names: &[String], wanted: Option<&str>) -> Result<Vec<String>, OptionError> {
    match wanted {
        None if names.len() > 1 => Err(OptionError {
            message: format!("the repo has several targets: `{}`", names.join("`, `")),
            help: Some("say with --target which one apps rely on".to_owned()),
        }),
        None => Ok(names.to_vec()),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(vec![wanted.to_owned()]),
        Some(wanted) => {
            let help = match closest(wanted, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is `{}`", names.join("`, `")),
            };
            Err(OptionError { message: format!("unknown target `{wanted}`"), help: Some(help) })
        }
    }
}

fn export(arguments: &ContractExport, io: &mut Io<'_>) -> Result<io::Result<Status>, OptionError> {
    let mut loaded = load_repo(&arguments.path)?;
    let (contract, _) = offered(&mut loaded, arguments.target.as_deref())?;
    let text = match arguments.format {
        ContractFormat::Yaml => to_yaml(&contract),
        ContractFormat::Json => to_json(&contract),
    };
    if contract.clusters.is_empty() {
        let told = writeln!(io.err, "warning: there is no PostgreSQL Cluster in this repo, so it offers none");
        if let Err(error) = told {
            return Ok(Err(error));
        }
    }
    Ok(match &arguments.output {
        Some(file) => match report::write_text_file(&text, file) {
            Ok(()) => Ok(Status::Clean),
            Err(error) => {
                return Err(plain(format!("{}: the contract could not be written: {error}", file.display())));
            }
        },
        None => match io.out.write_all(text.as_bytes()).and_then(|()| io.out.flush()) {
            // Whoever reads the contract has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Status::Clean),
            written => written.map(|()| Status::Clean),
        },
    })
}

fn check(arguments: &ContractCheck, io: &mut Io<'_>) -> Result<io::Result<Status>, OptionError> {
    let mut loaded = load_repo(&arguments.path)?;
    let file = committed(arguments, &loaded)?;
    let limit = 16 << 20;
    let shown = shown_path(&file);
    let (promised, lines) =
        read_file(&mut loaded, 0, &file, limit).map_err(|message| plain(format!("{shown}: {message}")))?;
    let (there, places) = offered(&mut loaded, arguments.target.as_deref())?;
    let differences = compare(&promised, &there);
    let states = States { lines: &lines, places: &places, there: &there };
    let breaking = differences.iter().filter(|difference| difference.change.breaks()).count();
    let told = tell(&differences, &states, &loaded, io).and_then(|()| {
        let stale = differences.len() - breaking;
        match (breaking, stale) {
            (0, 0) => {
                writeln!(io.out, "{shown} is what the repo offers: {}", counted(promised.clusters.len(), "cluster"))
            }
            (0, _) => {
                writeln!(io.out, "{shown} is stale, and nothing promised is broken: {}", counted(stale, "difference"))
            }
            (_, 0) => writeln!(io.out, "{} of {shown} broken", counted(breaking, "promise")),
            (_, _) => writeln!(
                io.out,
                "{} of {shown} broken, and {} beside",
                counted(breaking, "promise"),
                counted(stale, "difference")
            ),
        }
    });
    let fails = breaking > 0 || (arguments.strict && !differences.is_empty());
    let status = if fails { Status::Findings } else { Status::Clean };
    Ok(match told {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(status),
        told => told.map(|()| status),
    })
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The contract file to compare with.
fn committed(arguments: &ContractCheck, loaded: &Loaded) -> Result<PathBuf, OptionError> {
    let named = arguments.contract.clone();
    let path = named.unwrap_or_else(|| loaded.folders[0].join(FILE_NAME));
    let write = || Some(format!("write it with `tidegate contract export --output {FILE_NAME}` and commit it"));
    let real = path.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            OptionError { message: format!("there is no contract file {}", shown_path(&path)), help: write() }
        }
        _ => plain(format!("{}: {error}", path.display())),
    })?;
    match real.is_file() {
        true => Ok(real),
        false => Err(OptionError {
            message: format!("{} is a folder, not a contract file", path.display()),
            help: Some(format!(
                "to compare with another checkout, export it first; the file is `{}`",
                tree::child("…", FILE_NAME)
            )),
        }),
    }
}

/// What is promised and what is there.
struct States<'s> {
    lines: &'s Places,
    places: &'s Places,
    there: &'s crate::contract::Contract,
}

impl States<'_> {
    /// What took the place of something that is gone, if that can be told.
    fn near(&self, key: &Key) -> Option<Key> {
        match key {
            Key::Cluster(id) => {
                let (namespace, name) = id.split_once('/')?;
                let near = self.there.clusters.iter().filter(|cluster| cluster.namespace == namespace);
                let near = near.filter_map(|cluster| Some((is_near(name, &cluster.name)?, cluster)));
                near.min_by_key(|(far, cluster)| (*far, cluster.name.clone())).map(|(_, one)| Key::Cluster(one.id()))
            }
            _ => Some(Key::Cluster(key.cluster()?.to_owned())),
        }
    }
}

fn tell(differences: &[Difference], states: &States<'_>, loaded: &Loaded, io: &mut Io<'_>) -> io::Result<()> {
    let masks = Masks::default();
    let display = display(loaded);
    let texts = Texts { sources: &loaded.sources, masks: &masks, display: &|source| display(source) };
    for difference in differences {
        let (severity, message, at_line, at_place) = words(difference);
        let mut labels = Vec::new();
        if let Some(span) = states.lines.of(&difference.key) {
            labels.push(Label { span, text: at_line.into() });
        }
        let near = || states.near(&difference.key).and_then(|near| Some((states.places.of(&near)?, near)));
        match (difference.change, states.places.of(&difference.key)) {
            (Change::Gone, _) => {
                if let Some((span, near)) = near() {
                    labels.push(Label { span, text: format!("{} is there", near.title()).into() });
                }
            }
            (_, Some(span)) => labels.push(Label { span, text: at_place.into() }),
            (_, None) => {}
        }
        let helps: Vec<String> = help(difference).into_iter().collect();
        if io.terminal.is_terminal && !labels.is_empty() {
            let style = Style {
                colour: io.terminal.colour,
                width: io.terminal.width.unwrap_or(100).clamp(40, 200),
                ..Style::default()
            };
            let problem = Problem { severity, message: &message, labels: &labels, notes: &[], helps: &helps };
            report::problem(&texts, &style, &problem, io.out)?;
            continue;
        }
        let place = |label: &Label| {
            let at = loaded.sources[label.span.source].position(label.span.start);
            format!("{}:{}:{}", display(label.span.source), at.line, at.column)
        };
        let mut labels = labels.iter();
        match labels.next() {
            Some(first) => writeln!(io.out, "{}: {severity}: {message}", place(first))?,
            None => writeln!(io.out, "{severity}: {message}")?,
        }
        for label in labels {
            writeln!(io.out, "  {}: {}", place(label), label.text)?;
        }
    }
    Ok(())
}

/// Severity, message, what stands beside the line of the contract, and beside that of the manifest.
fn words(difference: &Difference) -> (Severity, String, String, String) {
    let Difference { key, change, before, after } = difference;
    let title = key.title();
    let is = if after.is_empty() { "nothing".to_owned() } else { after.clone() };
    let severity = if change.breaks() { Severity::Error } else { Severity::Warning };
    match change {
        Change::Gone => {
            (severity, format!("{title} is promised and is not there any more"), "promised".into(), String::new())
        }
        Change::Changed => {
            let message = format!("{title} is promised otherwise: {before} became {is}");
            (severity, message, format!("promised: {before}"), format!("is: {is}"))
        }
        Change::Drifted => {
            let before = if before.is_empty() { "nothing stated" } else { before };
            (
                severity,
                format!("{title} is stated otherwise: {before} became {is}"),
                format!("states {before}"),
                format!("is: {is}"),
            )
        }
        Change::Added => {
            (severity, format!("{title} is on offer and not in the contract"), "goes in here".into(), "on offer".into())
        }
    }
}

fn help(difference: &Difference) -> Option<String> {
    match difference.change {
        Change::Gone | Change::Changed => Some(
            "bring the old one back until no app uses it, or agree on the change and export the contract anew"
                .to_owned(),
        ),
        Change::Drifted | Change::Added => {
            Some(format!("`tidegate contract export --output {FILE_NAME}` brings it up to date"))
        }
    }
}
