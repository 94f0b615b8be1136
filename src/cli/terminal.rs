//! What the terminal can do, and what the environment asks for.

use super::Terminal;
use std::io::IsTerminal;

/// Looks at standard output and the environment (`NO_COLOR`, `CLICOLOR_FORCE`, `COLUMNS`).
pub fn detect() -> Terminal {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    Terminal {
        is_terminal: std::io::stdout().is_terminal(),
        width: columns.or(measured),
        colour: supports_color::on(supports_color::Stream::Stdout).is_some(),
    }
}
