//! The command line: arguments in, report out, exit status. All real work is done elsewhere.

mod args;
mod base;
mod baseline;
mod catalogue;
mod charts;
mod contract;
mod contracts;
mod given;
mod graph;
mod graph_facts;
mod graph_nodes;
mod graph_world;
mod init;
mod lint;
mod load;
mod mend;
mod reach;
mod reach_changes;
mod reach_explain;
mod reach_rows;
mod render;
mod render_target;
mod shown;
mod terminal;

use crate::config::OptionError;
use args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::io::{self, Read, Write};

/// The streams a run reads and writes.
pub struct Io<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Standard output: the report and nothing else.
    pub out: &'a mut dyn Write,
    /// Standard error: everything else.
    pub err: &'a mut dyn Write,
    /// What is known of the terminal.
    pub terminal: Terminal,
}

/// What is known of the terminal and of the wishes in the environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// Whether standard output is one.
    pub is_terminal: bool,
    /// Its width in columns.
    pub width: Option<usize>,
    /// Whether standard output can show colour, wishes in the environment counted.
    pub colour: bool,
    /// The same for standard error.
    pub error_colour: bool,
}

pub use terminal::detect as detect_terminal;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 0: nothing at or above the severity that fails.
    Clean,
    /// 1: findings at or above it.
    Findings,
    /// 2: the run could not be done, or not all of it.
    Failed,
}

impl Status {
    /// The exit status.
    pub fn code(self) -> u8 {
        match self {
            Status::Clean => 0,
            Status::Findings => 1,
            Status::Failed => 2,
        }
    }
}

/// Runs the program with `arguments`, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, io: &mut Io<'_>) -> Status {
    let mut err = Unfailing(&mut *io.err);
    let io = &mut Io { input: &mut *io.input, out: &mut *io.out, err: &mut err, terminal: io.terminal };
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error, io),
    };
    let result = match parsed.command {
        Command::Lint(arguments) => lint::lint(&arguments, io),
        Command::Render(arguments) => render::render(&arguments, io),
        Command::Reach(arguments) => reach::reach(&arguments, io),
        Command::Contract(arguments) => contract::contract(&arguments, io),
        Command::Graph(arguments) => graph::graph(&arguments, io),
        Command::Explain(arguments) => catalogue::explain(&arguments, io),
        Command::Rules(arguments) => catalogue::list(&arguments, io),
        Command::Init(arguments) => init::init(&arguments, io),
        Command::Completions(arguments) => completions(&arguments, io),
        Command::Man(arguments) => man(&arguments, io),
    };
    let (status, written) = match result {
        Ok(status) => (status, io.out.flush()),
        Err(error) => (Status::Clean, Err(error)),
    };
    match written {
        Ok(()) => status,
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status,
        Err(error) => {
            let _ = writeln!(io.err, "error: the output could not be written: {error}");
            Status::Failed
        }
    }
}

/// Standard error: where nobody listens, nothing can be told, and what was to be done is done all the same.
struct Unfailing<'a>(&'a mut dyn Write);

impl Write for Unfailing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

fn refuse(error: &clap::Error, io: &mut Io<'_>) -> Status {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(io.err, "{text}");
        Status::Failed
    } else {
        let _ = write!(io.out, "{text}");
        Status::Clean
    }
}

/// Says on standard error why nothing was done.
fn complain(io: &mut Io<'_>, error: &OptionError) -> io::Result<Status> {
    writeln!(io.err, "error: {}", error.message)?;
    if let Some(help) = &error.help {
        writeln!(io.err, "  help: {help}")?;
    }
    Ok(Status::Failed)
}

fn completions(arguments: &args::Completions, io: &mut Io<'_>) -> io::Result<Status> {
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "tidegate", &mut script);
    io.out.write_all(&script)?;
    Ok(Status::Clean)
}

fn man(arguments: &args::Man, io: &mut Io<'_>) -> io::Result<Status> {
    let mut command = Arguments::command();
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found.clone().name(format!("tidegate-{name}")).version(env!("CARGO_PKG_VERSION")),
            None => {
                let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
                let help = Some(format!("there is {}", known.join(", ")));
                return complain(io, &OptionError { message: format!("unknown command `{name}`"), help });
            }
        },
    };
    clap_mangen::Man::new(page).render(&mut io.out)?;
    Ok(Status::Clean)
}
