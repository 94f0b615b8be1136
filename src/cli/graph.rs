//! `tidegate graph`: what there is, and how it hangs together.

use super::args::{Arguments, Command, GraphArguments, GraphFormatWord, Lint};
use super::graph_world;
use super::lint::{known_target, refuse, request, threads};
use super::load::{Loaded, load};
use super::reach::{broken, hand_over};
use super::{Io, Status, complain};
use crate::config::{OptionError, closest};
use crate::engine::{self, Scope, Seen};
use crate::report::Style;
use crate::report::graph::{Class, GraphFormat, GraphReport, print_graph};
use clap::Parser;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

/// Runs `graph`.
pub(super) fn graph(arguments: &GraphArguments, io: &mut Io<'_>) -> io::Result<Status> {
    let kinds = match kinds(&arguments.kind) {
        Ok(kinds) => kinds,
        Err(error) => return complain(io, &error),
    };
    let pool = match threads(arguments.jobs) {
        Ok(pool) => pool,
        Err(error) => return complain(io, &error),
    };
    let mut report = match pool.install(|| world(arguments)) {
        Ok(report) => report,
        Err(Refused::Wrong(error)) => return complain(io, &error),
        Err(Refused::Config(loaded)) => {
            let colour = io.terminal.error_colour;
            let style = Style { colour, width: io.terminal.width.unwrap_or(100).clamp(40, 200), ..Style::default() };
            refuse(&loaded, &style, io)?;
            return Ok(Status::Failed);
        }
    };
    if !kinds.is_empty() {
        report.keep(|node| kinds.iter().any(|kind| kind.is(node.class, &node.kind)));
    }
    for (file, line, message) in &report.problems {
        match line {
            None => writeln!(io.err, "{file}: {message}")?,
            Some(line) => writeln!(io.err, "{file}:{line}: {message}")?,
        }
    }
    let status = if report.problems.is_empty() { Status::Clean } else { Status::Failed };
    let text = print_graph(format(arguments), &report);
    hand_over(&text, arguments.output.as_deref(), status, io)
}

fn plain(message: impl Into<String>) -> OptionError {
    OptionError { message: message.into(), help: None }
}

/// The format: what is asked for, else what the name of the file says, else text.
fn format(arguments: &GraphArguments) -> GraphFormat {
    let extension = arguments.output.as_deref().and_then(Path::extension).and_then(OsStr::to_str);
    match (arguments.format, extension) {
        (Some(GraphFormatWord::Text), _) => GraphFormat::Text,
        (Some(GraphFormatWord::Json), _) | (None, Some("json")) => GraphFormat::Json,
        (Some(GraphFormatWord::Dot), _) | (None, Some("dot" | "gv")) => GraphFormat::Dot,
        (Some(GraphFormatWord::Mermaid), _) | (None, Some("mmd" | "mermaid")) => GraphFormat::Mermaid,
        (Some(GraphFormatWord::Html), _) | (None, Some("html" | "htm")) => GraphFormat::Html,
        (None, _) => GraphFormat::Text,
    }
}

/// What a word after `--kind` means.
enum Kind {
    Class(Class),
    Named(&'static str),
}

impl Kind {
    fn is(&self, class: Class, kind: &str) -> bool {
        match self {
            Kind::Class(own) => *own == class,
            Kind::Named(own) => *own == kind,
        }
    }
}

const KINDS: &[&str] = &[
    "Application",
    "ApplicationSet",
    "Backup",
    "Bucket",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "CronJob",
    "DaemonSet",
    "DatabaseRole",
    "Deployment",
    "ExternalSecret",
    "HelmRelease",
    "Job",
    "Kustomization",
    "NetworkPolicy",
    "ObjectStore",
    "Pod",
    "ResourceSet",
    "ScheduledBackup",
    "SealedSecret",
    "StatefulSet",
];

fn kinds(words: &[String]) -> Result<Vec<Kind>, OptionError> {
    let read = |word: &String| {
        let named = || KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(word)).map(|kind| Kind::Named(kind));
        Class::parse(word).map(Kind::Class).or_else(named).ok_or_else(|| {
            let classes: Vec<&str> = Class::ALL.into_iter().map(Class::name).collect();
            let help = match closest(word, classes.iter().copied().chain(KINDS.iter().copied())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is {}, and the kinds of Kubernetes as in Deployment", classes.join(", ")),
            };
            OptionError { message: format!("`{word}` is no kind of the graph"), help: Some(help) }
        })
    };
    words.iter().map(read).collect()
}

/// What is to be read, as `lint` would read it.
fn as_lint(arguments: &GraphArguments) -> Box<Lint> {
    let mut words: Vec<OsString> = ["tidegate", "lint"].map(OsString::from).to_vec();
    if let Some(target) = &arguments.target {
        words.push(format!("--target={target}").into());
    }
    if arguments.no_findings {
        // What rules need and the graph does not is left out with them.
        words.push("--ignore=all".into());
    }
    words.push("--".into());
    words.push(arguments.path.clone().into());
    match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
        Ok(Command::Lint(mut lint)) => {
            lint.isolated = arguments.isolated;
            lint.config.clone_from(&arguments.config);
            lint.no_config = arguments.no_config;
            lint.max_file_size = arguments.max_file_size;
            lint
        }
        _ => unreachable!("internal: these are options of lint"),
    }
}

/// Why nothing is shown.
enum Refused {
    /// What was asked for makes no sense.
    Wrong(OptionError),
    /// A config is wrong or cannot be read.
    Config(Box<Loaded>),
}

fn world(arguments: &GraphArguments) -> Result<GraphReport, Refused> {
    let lint = as_lint(arguments);
    let mut loaded = load(&lint, None);
    if let Some(failure) = loaded.missing.first() {
        return Err(Refused::Wrong(plain(format!("{}: {}", failure.path, failure.message))));
    }
    if !loaded.config_errors.is_empty() || !loaded.refusals.is_empty() {
        return Err(Refused::Config(Box::new(loaded)));
    }
    let mut request = request(&lint).map_err(Refused::Wrong)?;
    request.given = std::mem::take(&mut loaded.given).into();
    let roots = std::mem::take(&mut loaded.roots);
    let Loaded { sources, scopes, .. } = &loaded;
    let (run, (mut report, problems)) = engine::run_and_look(sources, roots, &request, |world, outcome| {
        let seen =
            Seen { manifests: world.manifests, resources: world.resources, targets: world.targets, told: world.told };
        let mut report = graph_world::report(world, outcome, !arguments.no_findings);
        narrow(&mut report, arguments, scopes);
        (report, broken(&seen, sources))
    });
    known_target(&run.targets, arguments.target.as_deref()).map_err(Refused::Wrong)?;
    let unread = run.outcome.failures.into_iter().map(|failure| (failure.path, None, failure.message));
    let broken = problems.into_iter().map(|problem| (problem.file, Some(problem.line), problem.message));
    report.problems = unread.chain(broken).collect::<BTreeSet<_>>().into_iter().collect();
    Ok(report)
}

/// Keeps what is asked for, and whatever that has directly to do with.
fn narrow(report: &mut GraphReport, arguments: &GraphArguments, scopes: &[Scope]) {
    let paths: Vec<&str> = scopes.iter().map(|scope| scope.path.as_str()).filter(|path| !path.is_empty()).collect();
    let in_paths = |file: &str| paths.iter().any(|path| crate::render::lies_in(file, path));
    if !paths.is_empty() {
        report.keep_near(|node| node.places.iter().any(|at| in_paths(&at.file)));
        report.elsewhere.retain(|remark| in_paths(&remark.at.file));
    }
    if !arguments.namespace.is_empty() {
        report.keep_near(|node| {
            let own = if node.class == Class::Namespace { Some(&node.name) } else { node.namespace.as_ref() };
            own.is_some_and(|own| arguments.namespace.contains(own))
        });
    }
}
