//! The command line: commands, options, and what is allowed for each.

mod contract;
mod graph;
mod lint;
mod reach;
mod render;

pub(super) use contract::{Contract, ContractCheck, ContractCommand, ContractExport, ContractFormat};
pub(super) use graph::{GraphArguments, GraphFormatWord};
pub(super) use lint::{Lint, When};
pub(super) use reach::{Reach, ReachFormatWord};
pub(super) use render::{Render, RenderFormat, RestrictWord};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit status:
  0  no finding at or above --fail-on; what stays undecided does not count
  1  findings at or above it
  2  the run could not be done, or not all of it: an option or a config that is
     wrong, a path that is missing, a file that cannot be read. Whatever was
     found elsewhere is still printed";

/// A GitOps policy linter that knows CloudNativePG, network policies and secrets.
#[derive(Debug, Parser)]
#[command(
    name = "tidegate",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report what in a repo will be refused, leak, or not do what it says
    #[command(after_help = EXIT_CODES)]
    Lint(Box<Lint>),
    /// Print the objects that would be applied
    Render(Render),
    /// Tell who may reach whom on which ports, computed from every network policy
    Reach(Box<Reach>),
    /// Write what a platform offers to its apps, or check what was promised
    Contract(Contract),
    /// Show the clusters, databases, roles, secrets, policies and clients of a repo, and how they hang together
    Graph(Box<GraphArguments>),
    /// Explain a rule: what it finds, why it matters, what to do instead
    Explain(Explain),
    /// List the rules
    Rules(Rules),
    /// Write a config, and print the pre-commit entry and the CI step to paste
    Init(Init),
    /// Print the completion script for a shell
    Completions(Completions),
    /// Print the manual page, in the format of man
    Man(Man),
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Id of the rule, as in `cnpg/five-field-schedule`
    pub(super) rule: String,
}

/// Options of `rules`.
#[derive(Debug, Args)]
pub(super) struct Rules {
    /// How to print the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder that gets the config [default: the root of the repo around the current folder]
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub(super) path: Option<PathBuf>,
    /// What the repo is for, instead of a guess
    #[arg(long, value_enum, value_name = "ROLE")]
    pub(super) role: Option<RoleWord>,
    /// Write over a config that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The command whose page to print, instead of that of tidegate
    pub(super) command: Option<String>,
}

/// What a repo is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleWord {
    /// It runs what apps share: operators, database clusters, network policies.
    Platform,
    /// It describes apps that use a platform.
    App,
    /// It only says what is deployed where.
    Runtime,
}

impl From<RoleWord> for crate::config::Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Platform => crate::config::Role::Platform,
            RoleWord::App => crate::config::Role::App,
            RoleWord::Runtime => crate::config::Role::Runtime,
        }
    }
}

/// How to print the list of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum ListFormat {
    Text,
    Json,
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        unit => return Err(format!("`{unit}` is no unit; expected KiB, MiB or GiB")),
    };
    let count: u64 = digits.trim().parse().map_err(|_| "expected a number of bytes, as in 16MiB".to_owned())?;
    match count.checked_mul(factor) {
        Some(0) | None => Err("expected a size between 1 byte and 2 GiB".into()),
        Some(bytes) if bytes > 1 << 31 => Err("expected a size of at most 2 GiB".into()),
        Some(bytes) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_are_read_with_units() {
        for (text, bytes) in [
            ("16MiB", Some(16 << 20)),
            ("1024", Some(1024)),
            ("2g", Some(2 << 30)),
            ("0", None),
            ("3GiB", None),
            ("x", None),
            ("1TB", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }
}
