//! `tidegate lint`: read, judge, report, exit. What `--fix` and `--diff` do stands in `mend`.

use super::args::{Lint, When};
use super::baseline;
use super::load::{Incoming, Loaded, load};
use super::mend::{self, Mended};
use super::shown::{display, rule_doc, shown_path};
use super::{Io, Status, complain};
use crate::config::{OptionError, closest};
use crate::engine::{self, Request, Run, Selection};
use crate::finding::{Confidence, Label, Severity};
use crate::report::{self, Destination, Format, Problem, Style, Texts, View};
use crate::rules;
use crate::source::Masks;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Runs `lint`.
pub(super) fn lint(arguments: &Lint, io: &mut Io<'_>) -> io::Result<Status> {
    let checked = request(arguments)
        .and_then(|request| destinations(arguments, io).map(|destinations| (request, destinations)))
        .and_then(|(request, destinations)| incoming(arguments, io).map(|incoming| (request, destinations, incoming)));
    let (request, destinations, incoming) = match checked {
        Ok(checked) => checked,
        Err(error) => return complain(io, &error),
    };
    let pool = match threads(arguments.jobs) {
        Ok(pool) => pool,
        Err(error) => return complain(io, &error),
    };
    Session { arguments, request, destinations, incoming, pool }.run(io)
}

/// As many threads as are asked for, else one a core. The thread that asks is one of them, unless it belongs to a pool
/// already: it has nothing else to do, and its memory grows in larger steps than that of the others.
pub(super) fn threads(jobs: Option<u16>) -> Result<rayon::ThreadPool, OptionError> {
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs.unwrap_or(0)));
    // Windows gives the first thread half the stack of the others.
    let first_works = if cfg!(windows) { None } else { pool().use_current_thread().build().ok() };
    match first_works {
        Some(pool) => Ok(pool),
        None => pool().build().map_err(|error| plain(format!("the threads could not be started: {error}"))),
    }
}

struct Session<'a> {
    arguments: &'a Lint,
    request: Request,
    destinations: Vec<Destination>,
    incoming: Option<Incoming>,
    pool: rayon::ThreadPool,
}

/// One pass over the files.
pub(super) struct Pass {
    /// What was read.
    pub(super) loaded: Loaded,
    /// What the rules say of it.
    pub(super) run: Run,
    reading: std::time::Duration,
    judging: std::time::Duration,
}

impl Session<'_> {
    fn run(self, io: &mut Io<'_>) -> io::Result<Status> {
        let pass = match self.pass(io)? {
            Ok(pass) => pass,
            Err(status) => return Ok(status),
        };
        self.remark(&pass, io)?;
        let Lint { fix, unsafe_fixes, diff, .. } = *self.arguments;
        if !(fix || unsafe_fixes || diff) {
            return self.report(&pass, io);
        }
        let status = self.status(&pass);
        match mend::mend(&pass, diff, unsafe_fixes, io)? {
            Mended::Shown => {
                self.failures(&pass, io)?;
                Ok(status)
            }
            // What is left is told of the files as they are now.
            Mended::Written { whole } => match self.pass(io)? {
                Ok(pass) => Ok(self.report(&pass, io)?.max(if whole { Status::Clean } else { Status::Failed })),
                Err(status) => Ok(status),
            },
        }
    }

    /// Reads and judges. The inner error is a run that could not be done, told on standard error.
    fn pass(&self, io: &mut Io<'_>) -> io::Result<Result<Pass, Status>> {
        let start = Instant::now();
        let mut loaded = self.pool.install(|| load(self.arguments, self.incoming.as_ref()));
        if !loaded.config_errors.is_empty() || !loaded.refusals.is_empty() || loaded.roots.is_empty() {
            let style = Style { colour: self.colour(io.terminal.error_colour), ..self.style(io) };
            refuse(&loaded, &style, io)?;
            return Ok(Err(Status::Failed));
        }
        let overridden = self.override_configs(&mut loaded);
        if let Err(error) = overridden {
            return complain(io, &error).map(Err);
        }
        let reading = start.elapsed();
        let start = Instant::now();
        let (roots, base) = (std::mem::take(&mut loaded.roots), loaded.base.take());
        let mut request = self.request.clone();
        request.scopes = loaded.scopes.clone();
        request.given = std::mem::take(&mut loaded.given).into();
        request.baseline = loaded.baseline.take().map(Arc::new);
        let mut run = self.pool.install(|| engine::run(&loaded.sources, roots, base, &request));
        if let Err(error) = known_target(&run.targets, self.arguments.target.as_deref()) {
            return complain(io, &error).map(Err);
        }
        run.outcome.failures.splice(0..0, loaded.missing.iter().cloned());
        if let Some(known) = &run.baseline {
            let whole = run.outcome.failures.is_empty();
            run.outcome.failures.extend(baseline::record(self.arguments, known, &loaded, whole, io)?);
        }
        Ok(Ok(Pass { loaded, run, reading, judging: start.elapsed() }))
    }

    /// Says which of the named files no rule will look at: silence over them says nothing.
    fn remark(&self, pass: &Pass, io: &mut Io<'_>) -> io::Result<()> {
        for path in pass.loaded.passed_over.iter().filter(|_| !self.arguments.quiet) {
            let why = "its name or its text says that it is no manifest, or the config excludes it";
            writeln!(io.err, "warning: {}: not checked: {why}", shown_path(path))?;
        }
        Ok(())
    }

    /// Lets the command line have the last word.
    fn override_configs(&self, loaded: &mut Loaded) -> Result<(), OptionError> {
        let shapes = engine::shapes();
        let roots = loaded.roots.iter_mut().chain(loaded.base.iter_mut().flatten());
        for root in roots.filter(|root| !root.reference) {
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

    fn colour(&self, detected: bool) -> bool {
        match self.arguments.color {
            When::Always => true,
            When::Never => false,
            When::Auto => detected,
        }
    }

    /// How a report on standard output looks.
    fn style(&self, io: &Io<'_>) -> Style {
        let Lint { all, severity_from, confidence, quiet, verbose, .. } = *self.arguments;
        let terminal = io.terminal.is_terminal;
        let (mildest, least_sure) =
            if terminal { (Severity::Warning, Confidence::Medium) } else { (Severity::Note, Confidence::Low) };
        Style {
            colour: self.colour(io.terminal.colour),
            width: io.terminal.width.unwrap_or(100).clamp(40, 200),
            all: all || !terminal,
            terminal,
            severity_from: severity_from.unwrap_or(mildest),
            confidence_from: confidence.unwrap_or(least_sure),
            quiet,
            verbose,
            ..Style::default()
        }
    }

    /// How a report in a file looks: like one in a pipe, whatever standard output is.
    fn style_in_file(&self, io: &Io<'_>) -> Style {
        let terminal = super::Terminal { is_terminal: false, colour: false, ..io.terminal };
        let io = Io { input: &mut io::empty(), out: &mut io::sink(), err: &mut io::sink(), terminal };
        self.style(&io)
    }

    fn report(&self, pass: &Pass, io: &mut Io<'_>) -> io::Result<Status> {
        let display = display(&pass.loaded);
        let view = View {
            texts: Texts { sources: &pass.loaded.sources, masks: &pass.run.masks, display: &|source| display(source) },
            outcome: &pass.run.outcome,
            rule_docs: &rule_doc,
        };
        let mut status = self.status(pass);
        for destination in &self.destinations {
            match &destination.file {
                Some(file) => {
                    if let Err(error) = report::write_file(destination.format, &view, &self.style_in_file(io), file) {
                        writeln!(io.err, "error: {}: the report could not be written: {error}", file.display())?;
                        status = Status::Failed;
                    }
                }
                None => {
                    let style = self.style(io);
                    match report::write(destination.format, &view, &style, io.out).and_then(|()| io.out.flush()) {
                        // Whoever reads the report has seen enough; the exit status still counts.
                        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                        written => written?,
                    }
                }
            }
        }
        self.failures(pass, io)?;
        if self.arguments.statistics {
            statistics(pass, io)?;
        }
        Ok(status)
    }

    fn failures(&self, pass: &Pass, io: &mut Io<'_>) -> io::Result<()> {
        let display = display(&pass.loaded);
        let view = View {
            texts: Texts { sources: &pass.loaded.sources, masks: &pass.run.masks, display: &|source| display(source) },
            outcome: &pass.run.outcome,
            rule_docs: &rule_doc,
        };
        let style = Style { colour: self.colour(io.terminal.error_colour), ..self.style(io) };
        report::failures(&view, &style, io.err)
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

/// Says what is wrong with configs, and what of them could not be read.
pub(super) fn refuse(loaded: &Loaded, style: &Style, io: &mut Io<'_>) -> io::Result<()> {
    let masks = Masks::default();
    let display = display(loaded);
    let texts = Texts { sources: &loaded.sources, masks: &masks, display: &|source| display(source) };
    for error in &loaded.config_errors {
        let labels = [Label { span: error.span, text: error.label.clone().into() }];
        let helps: Vec<String> = error.help.iter().cloned().collect();
        let problem =
            Problem { severity: Severity::Error, message: &error.message, labels: &labels, notes: &[], helps: &helps };
        report::problem(&texts, style, &problem, io.err)?;
    }
    for refusal in loaded.refusals.iter().chain(&loaded.missing) {
        writeln!(io.err, "error: {}: {}", refusal.path, refusal.message)?;
    }
    Ok(())
}

fn plain(message: String) -> OptionError {
    OptionError { message, help: None }
}

pub(super) fn request(arguments: &Lint) -> Result<Request, OptionError> {
    let selection = Selection { select: arguments.select.clone(), ignore: arguments.ignore.clone() };
    for name in selection.select.iter().chain(&selection.ignore) {
        if !rules::ALL.iter().any(|rule| engine::names(name, rule)) {
            return Err(unknown_rule(name));
        }
    }
    Ok(Request {
        selection,
        scopes: Vec::new(),
        today: today(),
        target: arguments.target.clone(),
        new_only: arguments.new_only,
        baseline: None,
        record: arguments.write_baseline,
        given: Arc::new([]),
    })
}

fn unknown_rule(name: &str) -> OptionError {
    let families: BTreeSet<&str> =
        rules::ALL.iter().filter_map(|rule| rule.id.split_once('/')).map(|(family, _)| family).collect();
    let near = closest(name, families.into_iter().chain(rules::ALL.iter().map(|rule| rule.id)));
    let help = near.map_or_else(|| "`tidegate rules` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
    OptionError { message: format!("unknown rule or family `{name}`"), help: Some(help) }
}

/// What is written where: at most one report goes to standard output, or to the file of `--output`.
fn destinations(arguments: &Lint, io: &Io<'_>) -> Result<Vec<Destination>, OptionError> {
    let usual = if io.terminal.is_terminal && arguments.output.is_none() { Format::Pretty } else { Format::Concise };
    let mut destinations = arguments.format.clone();
    if destinations.is_empty() {
        destinations.push(Destination { format: usual, file: None });
    }
    let mut open = destinations.iter_mut().filter(|destination| destination.file.is_none());
    let (first, second) = (open.next(), open.next());
    if let (Some(first), Some(second)) = (&first, &second) {
        return Err(OptionError {
            message: format!("the formats {} and {} go to one place", first.format.name(), second.format.name()),
            help: Some(format!("name a file for one of them, as in --format {}=FILE", second.format.name())),
        });
    }
    match (first, &arguments.output) {
        (Some(first), Some(file)) => first.file = Some(file.clone()),
        (None, Some(_)) => {
            return Err(plain("--output has nothing to write: every --format names a file of its own".into()));
        }
        _ => {}
    }
    let mut files = BTreeSet::new();
    match destinations.iter().filter_map(|destination| destination.file.as_ref()).find(|file| !files.insert(*file)) {
        Some(file) => Err(plain(format!("two reports go to the file {}", file.display()))),
        None => Ok(destinations),
    }
}

/// The day of the run: `SOURCE_DATE_EPOCH` where it is set, so that a run can be repeated, else today.
fn today() -> jiff::civil::Date {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<i64>().ok());
    let now = fixed.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).unwrap_or_else(jiff::Timestamp::now);
    jiff::tz::Offset::UTC.to_datetime(now).date()
}

fn incoming(arguments: &Lint, io: &mut Io<'_>) -> Result<Option<Incoming>, OptionError> {
    let dashes = arguments.paths.iter().filter(|path| path.as_os_str() == "-").count();
    if dashes == 0 {
        return match &arguments.stdin_filename {
            Some(_) => Err(plain("--stdin-filename goes with the path `-`".into())),
            None => Ok(None),
        };
    }
    if dashes > 1 {
        return Err(plain("standard input can be read once only".into()));
    }
    let mut bytes = Vec::new();
    let limit = arguments.max_file_size;
    let read = (&mut *io.input).take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| plain(format!("standard input: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(plain(format!("standard input is over the limit of {limit} bytes (--max-file-size)")));
    }
    let path = arguments.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("stdin.yaml"));
    Ok(Some(Incoming { path, bytes }))
}

pub(super) fn known_target(names: &[String], wanted: Option<&str>) -> Result<(), OptionError> {
    let Some(wanted) = wanted else { return Ok(()) };
    if names.iter().any(|name| name == wanted) {
        return Ok(());
    }
    let help = match closest(wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is `{}`", names.join("`, `")),
    };
    Err(OptionError { message: format!("unknown target `{wanted}`"), help: Some(help) })
}

fn statistics(pass: &Pass, io: &mut Io<'_>) -> io::Result<()> {
    let bytes: usize = pass.loaded.sources.iter().map(|(_, source)| source.text().len()).sum();
    let summary = &pass.run.outcome.summary;
    writeln!(io.err, "files      {:>8}  {:.1} MB of text", summary.files, bytes as f64 / 1e6)?;
    writeln!(io.err, "documents  {:>8}", summary.documents)?;
    writeln!(io.err, "resources  {:>8}", summary.resources)?;
    writeln!(io.err, "nodes      {:>8}  {} bytes", pass.run.statistics.nodes, pass.run.statistics.node_bytes)?;
    for (what, count) in &pass.run.statistics.builds {
        writeln!(io.err, "{count:>8}  {what}")?;
    }
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
