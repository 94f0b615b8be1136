//! The command line: arguments in, report out, exit status. All real work is done elsewhere.

mod args;
mod catalogue;
mod init;
mod lint;
mod load;
mod terminal;

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
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error, io),
    };
    let result = match parsed.command {
        Command::Lint(arguments) => lint::lint(&arguments, io),
        Command::Explain(arguments) => catalogue::explain(&arguments, io),
        Command::Rules(arguments) => catalogue::list(&arguments, io),
        Command::Init(arguments) => init::init(&arguments, io),
        Command::Completions(arguments) => {
            clap_complete::generate(arguments.shell, &mut Arguments::command(), "tidegate", &mut io.out);
            Ok(Status::Clean)
        }
        Command::Man => clap_mangen::Man::new(Arguments::command()).render(&mut io.out).map(|()| Status::Clean),
    };
    match result.and_then(|status| io.out.flush().map(|()| status)) {
        Ok(status) => status,
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Clean,
        Err(error) => {
            let _ = writeln!(io.err, "error: {error}");
            Status::Failed
        }
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
