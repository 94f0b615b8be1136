//! `tidegate lint`: read, judge, fix, report, exit.

use super::args::{Lint, When};
use super::load::{Incoming, Loaded, load, shapes};
use super::{Io, Status};
use crate::config::{OptionError, closest};
use crate::engine::{self, Request, Run, Selection};
use crate::finding::{Confidence, Label, Severity};
use crate::fix::{self, FixReport, Plan, Reason};
use crate::report::{self, Destination, Format, Problem, RuleDoc, Style, Texts, View};
use crate::rules;
use crate::source::{Masks, SourceId, Sources};
use crate::yaml;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs `lint`.
pub(super) fn lint(arguments: &Lint, io: &mut Io<'_>) -> io::Result<Status> {
    let request = match request(arguments) {
        Ok(request) => request,
        Err(message) => return complain(io, &message),
    };
    let incoming = match incoming(arguments, io) {
        Ok(incoming) => incoming,
        Err(message) => return complain(io, &message),
    };
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = arguments.jobs {
        pool = pool.num_threads(usize::from(jobs));
    }
    let pool = match pool.build() {
        Ok(pool) => pool,
        Err(error) => return complain(io, &format!("the threads could not be started: {error}")),
    };
    let session = Session { arguments, request, incoming, pool };
    session.run(io)
}

struct Session<'a> {
    arguments: &'a Lint,
    request: Request,
    incoming: Option<Incoming>,
    pool: rayon::ThreadPool,
}

/// One pass over the files.
struct Pass {
    loaded: Loaded,
    run: Run,
    reading: std::time::Duration,
    judging: std::time::Duration,
}

impl Session<'_> {
    fn run(self, io: &mut Io<'_>) -> io::Result<Status> {
        let pass = match self.pass(io)? {
            Ok(pass) => pass,
            Err(status) => return Ok(status),
        };
        if !(self.arguments.fix || self.arguments.unsafe_fixes || self.arguments.diff) {
            return self.report(&pass, io);
        }
        let plan = plan(&pass, self.arguments.unsafe_fixes);
        let display = display(&pass.loaded);
        if self.arguments.diff {
            let diff = fix::diff(&pass.loaded.sources, &pass.run.masks, &plan, &|source| display(source));
            write!(io.out, "{diff}")?;
            FixReport { applied: Vec::new(), skipped: plan.skipped, files: Vec::new() }
                .describe(io.err, &|source| display(source))?;
            return Ok(self.status(&pass));
        }
        if let Some(incoming) = &self.incoming {
            return write_incoming(&pass, &plan, incoming, self.status(&pass), io);
        }
        let folders = &pass.loaded.folders;
        let report = plan.write(&pass.loaded.sources, &mut |source, old, new| {
            let source = &pass.loaded.sources[source];
            fix::replace_file(&folders[source.root()].join(source.path()), old, new)
        });
        let unwritten = report.skipped.iter().any(|skip| matches!(skip.reason, Reason::NotWritten(..)));
        report.describe(io.err, &|source| display(source))?;
        // What is left is told of the files as they are now.
        match self.pass(io)? {
            Ok(pass) => {
                let status = self.report(&pass, io)?;
                Ok(if unwritten { Status::Failed } else { status })
            }
            Err(status) => Ok(status),
        }
    }

    /// Reads and judges. The inner error is a run that could not be done, told on standard error.
    fn pass(&self, io: &mut Io<'_>) -> io::Result<Result<Pass, Status>> {
        let start = Instant::now();
        let mut loaded = self.pool.install(|| load(self.arguments, self.incoming.as_ref()));
        if !loaded.config_errors.is_empty() || !loaded.refusals.is_empty() {
            self.refuse(&loaded, io)?;
            return Ok(Err(Status::Failed));
        }
        if let Err(error) = self.override_configs(&mut loaded) {
            let help = error.help.map_or_else(String::new, |help| format!("\n  = help: {help}"));
            complain(io, &format!("{}{help}", error.message))?;
            return Ok(Err(Status::Failed));
        }
        if let Some(message) = unknown_target(&loaded, self.arguments.target.as_deref()) {
            complain(io, &message)?;
            return Ok(Err(Status::Failed));
        }
        let reading = start.elapsed();
        let start = Instant::now();
        let roots = std::mem::take(&mut loaded.roots);
        let mut request = self.request.clone();
        request.scopes = loaded.scopes.clone();
        let run = self.pool.install(|| engine::run(&loaded.sources, roots, &request));
        Ok(Ok(Pass { loaded, run, reading, judging: start.elapsed() }))
    }

    fn refuse(&self, loaded: &Loaded, io: &mut Io<'_>) -> io::Result<()> {
        let masks = Masks::default();
        let display = display(loaded);
        let texts = Texts { sources: &loaded.sources, masks: &masks, display: &|source| display(source) };
        for error in &loaded.config_errors {
            let labels = [Label { span: error.span, text: error.label.clone().into() }];
            let helps: Vec<String> = error.help.iter().cloned().collect();
            let problem = Problem {
                severity: Severity::Error,
                message: &error.message,
                labels: &labels,
                notes: &[],
                helps: &helps,
            };
            report::problem(&texts, &self.style(io), &problem, io.err)?;
        }
        for refusal in &loaded.refusals {
            writeln!(io.err, "error: {}: {}", refusal.path, refusal.message)?;
        }
        Ok(())
    }

    /// Lets the command line have the last word.
    fn override_configs(&self, loaded: &mut Loaded) -> Result<(), OptionError> {
        let shapes = shapes();
        for root in &mut loaded.roots {
            for setting in &self.arguments.severity {
                root.config.set_severity(setting, &shapes)?;
            }
            if let Some(role) = self.arguments.role {
                root.config.override_role(role.into());
            }
            if let Some(version) = &self.arguments.kubernetes_version {
                root.config.set_kubernetes_version(version)?;
            }
            if let Some(version) = &self.arguments.cnpg_version {
                root.config.set_cnpg_version(version)?;
            }
        }
        Ok(())
    }

    fn style(&self, io: &Io<'_>) -> Style {
        let colour = match self.arguments.color {
            When::Always => true,
            When::Never => false,
            When::Auto => io.terminal.colour,
        };
        let terminal = io.terminal.is_terminal;
        Style {
            colour,
            width: io.terminal.width.unwrap_or(100).clamp(40, 200),
            all: self.arguments.all || !terminal,
            terminal,
            severity_from: self.arguments.severity_from.unwrap_or(if terminal {
                Severity::Warning
            } else {
                Severity::Note
            }),
            confidence_from: self.arguments.confidence.unwrap_or(if terminal {
                Confidence::Medium
            } else {
                Confidence::Low
            }),
            quiet: self.arguments.quiet,
            verbose: self.arguments.verbose,
            ..Style::default()
        }
    }

    fn report(&self, pass: &Pass, io: &mut Io<'_>) -> io::Result<Status> {
        let display = display(&pass.loaded);
        let view = View {
            texts: Texts { sources: &pass.loaded.sources, masks: &pass.run.masks, display: &|source| display(source) },
            outcome: &pass.run.outcome,
            rule_docs: &rule_doc,
        };
        let style = self.style(io);
        let usual =
            if io.terminal.is_terminal && self.arguments.output.is_none() { Format::Pretty } else { Format::Concise };
        let mut destinations: Vec<Destination> = self.arguments.format.clone();
        if destinations.is_empty() {
            destinations.push(Destination { format: usual, file: None });
        }
        let mut failed = false;
        for destination in &destinations {
            match destination.file.as_ref().or(self.arguments.output.as_ref()) {
                Some(file) => {
                    if let Err(error) = report::write_file(destination.format, &view, &style, file) {
                        writeln!(io.err, "error: {}: the report could not be written: {error}", file.display())?;
                        failed = true;
                    }
                }
                None => report::write(destination.format, &view, &style, io.out)?,
            }
        }
        io.out.flush()?;
        report::failures(&view, &style, io.err)?;
        if self.arguments.statistics {
            statistics(pass, io)?;
        }
        let status = self.status(pass);
        Ok(if failed { Status::Failed } else { status })
    }

    fn status(&self, pass: &Pass) -> Status {
        let outcome = &pass.run.outcome;
        if !outcome.failures.is_empty() {
            return Status::Failed;
        }
        let fails = |from: Severity| outcome.findings.iter().any(|finding| finding.severity >= from);
        let undecided = self.arguments.strict && !outcome.undecided.is_empty();
        if undecided || self.arguments.fail_on.severity().is_some_and(fails) { Status::Findings } else { Status::Clean }
    }
}

fn complain(io: &mut Io<'_>, message: &str) -> io::Result<Status> {
    writeln!(io.err, "error: {message}")?;
    Ok(Status::Failed)
}

fn request(arguments: &Lint) -> Result<Request, String> {
    let selection = Selection { select: arguments.select.clone(), ignore: arguments.ignore.clone() };
    for name in selection.select.iter().chain(&selection.ignore) {
        if !rules::ALL.iter().any(|rule| engine::names(name, rule)) {
            return Err(unknown_rule(name));
        }
    }
    Ok(Request { selection, scopes: Vec::new(), today: today(), target: arguments.target.clone() })
}

fn unknown_rule(name: &str) -> String {
    let near = closest(name, rules::ALL.iter().map(|rule| rule.id));
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("unknown rule `{name}`{help}")
}

/// The day of the run: `SOURCE_DATE_EPOCH` where it is set, so that a run can be repeated, else today.
fn today() -> jiff::civil::Date {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<i64>().ok());
    let now = fixed.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).unwrap_or_else(jiff::Timestamp::now);
    jiff::tz::Offset::UTC.to_datetime(now).date()
}

fn incoming(arguments: &Lint, io: &mut Io<'_>) -> Result<Option<Incoming>, String> {
    let dashes = arguments.paths.iter().filter(|path| path.as_os_str() == "-").count();
    if dashes == 0 {
        return match &arguments.stdin_filename {
            Some(_) => Err("--stdin-filename goes with the path `-`".into()),
            None => Ok(None),
        };
    }
    if dashes > 1 {
        return Err("standard input can be read once only".into());
    }
    let mut bytes = Vec::new();
    let limit = arguments.max_file_size;
    (&mut *io.input).take(limit + 1).read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    if bytes.len() as u64 > limit {
        return Err("standard input is over the limit (--max-file-size)".into());
    }
    let path = arguments.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("stdin.yaml"));
    Ok(Some(Incoming { path, bytes }))
}

fn unknown_target(loaded: &Loaded, wanted: Option<&str>) -> Option<String> {
    let wanted = wanted?;
    let names: Vec<&str> = loaded
        .roots
        .iter()
        .flat_map(|root| &root.config.targets)
        .map(|target| target.name.value.as_str())
        .chain(loaded.roots.iter().any(|root| root.config.targets.is_empty()).then_some("."))
        .collect();
    (!names.contains(&wanted)).then(|| format!("unknown target `{wanted}`; there is {}", names.join(", ")))
}

/// The path of a source as a person in the current folder would type it.
fn display(loaded: &Loaded) -> impl Fn(SourceId) -> String + '_ {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize()).unwrap_or_default();
    move |id| {
        let source = &loaded.sources[id];
        let path = loaded.folders.get(source.root()).map(|folder| folder.join(source.path())).unwrap_or_default();
        relative(&path, &here)
    }
}

fn relative(path: &Path, here: &Path) -> String {
    let mut up = String::new();
    let mut base = here;
    loop {
        if let Ok(rest) = path.strip_prefix(base) {
            return format!("{up}{}", rest.display());
        }
        match base.parent() {
            // Far away is told better by the whole path.
            Some(parent) if up.len() < 9 => {
                base = parent;
                up.push_str("../");
            }
            _ => return path.display().to_string(),
        }
    }
}

fn rule_doc(id: &str) -> RuleDoc {
    let rule = rules::find(id).expect("internal: findings name rules that exist");
    RuleDoc {
        summary: rule.summary.into(),
        text: rule.docs.into(),
        url: rule.anchor().into(),
        severity: rule.severity(),
        category: rule.category(),
    }
}

fn plan(pass: &Pass, with_unsafe: bool) -> Plan {
    Plan::new(&pass.loaded.sources, &pass.run.outcome.findings, with_unsafe, &|text, source| {
        let file = yaml::parse(SourceId(0), text.into());
        let broken = |file: &yaml::File| file.documents().iter().filter(|document| !document.is_whole()).count();
        let before = yaml::parse(SourceId(0), source.shared_text());
        broken(&file) <= broken(&before) && file.documents().len() == before.documents().len()
    })
}

/// With `-`, the mended text goes to standard output and nothing is written to disk.
fn write_incoming(
    pass: &Pass,
    plan: &Plan,
    incoming: &Incoming,
    status: Status,
    io: &mut Io<'_>,
) -> io::Result<Status> {
    let name = incoming.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let own = |sources: &Sources, id: SourceId| {
        let path = sources[id].path();
        path == name || path.ends_with(&format!("/{name}"))
    };
    let mended = plan.files.iter().find(|file| own(&pass.loaded.sources, file.source));
    match mended {
        Some(file) => io.out.write_all(file.text.as_bytes())?,
        None => io.out.write_all(&incoming.bytes)?,
    }
    Ok(status)
}

fn statistics(pass: &Pass, io: &mut Io<'_>) -> io::Result<()> {
    let bytes: usize = pass.loaded.sources.iter().map(|(_, source)| source.text().len()).sum();
    let summary = &pass.run.outcome.summary;
    writeln!(io.err, "files      {:>8}  {:.1} MB of text", summary.files, bytes as f64 / 1e6)?;
    writeln!(io.err, "documents  {:>8}", summary.documents)?;
    writeln!(io.err, "resources  {:>8}", summary.resources)?;
    writeln!(io.err, "nodes      {:>8}  {} bytes", pass.run.statistics.nodes, pass.run.statistics.node_bytes)?;
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    writeln!(io.err, "reading    {:>8.1} ms", milliseconds(pass.reading))?;
    for (phase, time) in &pass.run.statistics.phases {
        writeln!(io.err, "{phase:10} {:>8.1} ms", milliseconds(*time))?;
    }
    writeln!(io.err, "all rules  {:>8.1} ms", milliseconds(pass.judging))?;
    for (rule, time) in &pass.run.statistics.rules {
        writeln!(io.err, "  {rule:36} {:>8.1} ms", milliseconds(*time))?;
    }
    Ok(())
}
