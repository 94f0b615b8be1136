//! The command line: commands, options, and what is allowed for each.

use crate::finding::{Confidence, Severity};
use crate::report::Destination;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A GitOps policy linter that knows CloudNativePG, network policies and secrets.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read a repo and say what will be refused, leak, or not do what it says
    Lint(Box<Lint>),
    /// Explain a rule: what it catches, why it hurts, how to fix it
    Explain(Explain),
    /// List the rules
    Rules(Rules),
    /// Write a config file, the pre-commit entry and the CI step that fit this repo
    Init(Init),
    /// Print the completion script for a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// Options of `lint`.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// Files or folders to report on, in one repo or several; `-` reads standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Name of the file that comes in on standard input
    #[arg(long, value_name = "FILE")]
    pub(super) stdin_filename: Option<PathBuf>,
    /// Take PATH as the whole world: no config, no enclosing root
    #[arg(long)]
    pub(super) isolated: bool,

    /// pretty, concise, json, sarif or github; FORMAT=FILE writes a report to a file. May be given several times
    #[arg(long, value_name = "FORMAT", help_heading = "Report")]
    pub(super) format: Vec<Destination>,
    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Report")]
    pub(super) output: Option<PathBuf>,
    /// Show every finding, not three a rule
    #[arg(long, help_heading = "Report")]
    pub(super) all: bool,
    /// Show findings from this severity on [default: warning on a terminal, note elsewhere]
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Report")]
    pub(super) severity_from: Option<Severity>,
    /// Show findings from this confidence on [default: medium on a terminal, low elsewhere]
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence, help_heading = "Report")]
    pub(super) confidence: Option<Confidence>,
    /// When to colour
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN", help_heading = "Report")]
    pub(super) color: When,
    /// Print findings only
    #[arg(long, short, help_heading = "Report")]
    pub(super) quiet: bool,
    /// List what was left alone and what stayed undecided
    #[arg(long, short, help_heading = "Report")]
    pub(super) verbose: bool,
    /// Print times and sizes of the run to standard error
    #[arg(long, help_heading = "Report")]
    pub(super) statistics: bool,

    /// Apply safe fixes
    #[arg(long, help_heading = "Fix")]
    pub(super) fix: bool,
    /// Apply fixes that need a look, too
    #[arg(long, help_heading = "Fix")]
    pub(super) unsafe_fixes: bool,
    /// Show fixes as a diff and write nothing
    #[arg(long, help_heading = "Fix")]
    pub(super) diff: bool,

    /// Run only these rules or families
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(super) select: Vec<String>,
    /// Do not run these rules or families
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(super) ignore: Vec<String>,
    /// Set a severity: error, warning, note or off
    #[arg(long, value_name = "RULE[:CODE]=SEVERITY", help_heading = "Rules")]
    pub(super) severity: Vec<String>,
    /// Exit with 1 for findings from this severity on
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY", help_heading = "Rules")]
    pub(super) fail_on: FailOn,
    /// Count what stays undecided as failure
    #[arg(long, help_heading = "Rules")]
    pub(super) strict: bool,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    pub(super) target: Option<String>,
    /// What this repo is: platform, app or runtime
    #[arg(long, value_enum, value_name = "ROLE", help_heading = "Rules")]
    pub(super) role: Option<RoleWord>,
    /// Kubernetes version that the clusters run
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(super) kubernetes_version: Option<String>,
    /// Version of the CloudNativePG operator
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(super) cnpg_version: Option<String>,

    /// Read this config instead of tidegate.yaml
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_config", "isolated"], help_heading = "Files")]
    pub(super) config: Option<PathBuf>,
    /// Read no config
    #[arg(long, help_heading = "Files")]
    pub(super) no_config: bool,
    /// Read files that git ignores, too
    #[arg(long, help_heading = "Files")]
    pub(super) no_ignore: bool,
    /// Read hidden files and folders, too
    #[arg(long, help_heading = "Files")]
    pub(super) hidden: bool,
    /// Largest file that is read: bytes, or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB", help_heading = "Files")]
    pub(super) max_file_size: u64,
    /// Number of threads [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Files")]
    pub(super) jobs: Option<u16>,
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
    /// The repo
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) path: PathBuf,
    /// What this repo is
    #[arg(long, value_enum)]
    pub(super) role: Option<RoleWord>,
    /// Write over an existing config
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) force: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal that can, unless NO_COLOR says no.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// From which severity on a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    /// The least severity that fails a run, if any does.
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
}

/// What a repo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum RoleWord {
    Platform,
    App,
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

fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| "expected error, warning or note".into())
}

fn confidence(word: &str) -> Result<Confidence, String> {
    Confidence::ALL
        .into_iter()
        .find(|confidence| confidence.name() == word)
        .ok_or_else(|| "expected high, medium or low".into())
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
