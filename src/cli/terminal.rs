//! What the terminal can do, and what the environment asks for.

use super::Terminal;
use std::io::IsTerminal;
use supports_color::Stream;

/// Looks at the standard streams and the environment (`NO_COLOR`, `CLICOLOR_FORCE`, `COLUMNS`).
pub fn detect() -> Terminal {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let wish = wish(|name| std::env::var(name).ok());
    let colour = |stream| wish.unwrap_or_else(|| supports_color::on(stream).is_some());
    Terminal {
        is_terminal: std::io::stdout().is_terminal(),
        width: columns.or(measured),
        colour: colour(Stream::Stdout),
        error_colour: colour(Stream::Stderr),
    }
}

/// Whether the environment asks for colour or against it. An empty variable asks for nothing; against
/// wins, as who sets `NO_COLOR` may not be able to read colours at all.
fn wish(variable: impl Fn(&str) -> Option<String>) -> Option<bool> {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        Some(false)
    } else if set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE").as_deref() != Some("0") {
        Some(true)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_obeyed() {
        for (no_color, force, expected) in [
            (None, None, None),
            (Some(""), None, None),
            (Some("1"), None, Some(false)),
            (Some("0"), None, Some(false)),
            (None, Some("1"), Some(true)),
            (None, Some("0"), None),
            (Some("1"), Some("1"), Some(false)),
            (Some(""), Some("1"), Some(true)),
        ] {
            let found = wish(|name| match name {
                "NO_COLOR" => no_color.map(str::to_owned),
                _ => force.map(str::to_owned),
            });
            assert_eq!(found, expected, "NO_COLOR={no_color:?} CLICOLOR_FORCE={force:?}");
        }
    }
}
