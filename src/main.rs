//! The program: arguments in, exit status out.

use std::io::{BufWriter, Write};
use std::process::ExitCode;
use tidegate::cli::{self, Io};

fn main() -> ExitCode {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    // Not locked: a thread that panics has to be able to say so.
    let mut err = std::io::stderr();
    let mut io =
        Io { input: &mut std::io::stdin().lock(), out: &mut out, err: &mut err, terminal: cli::detect_terminal() };
    let status = cli::run(std::env::args_os(), &mut io);
    // A reader that went away is no reason for a panic.
    let _ = out.flush();
    ExitCode::from(status.code())
}
