//! The command line of `lint`.

use super::{RoleWord, size};
use crate::finding::{Confidence, Severity};
use crate::report::Destination;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Options of `lint`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Lint {
    /// Files or folders to report on, in one repo or several; `-` is standard input
    ///
    /// All of the repo around each PATH is read: the nearest folder upward with a `tidegate.yaml`, else with
    /// `.git`. What is reported concerns PATH alone. [default: .]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The file that standard input stands for
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) stdin_filename: Option<PathBuf>,
    /// Read PATH and nothing around it: no config, no enclosing repo
    #[arg(long)]
    pub(in crate::cli) isolated: bool,

    /// pretty, concise, json, sarif, github, gitlab, junit or markdown; FORMAT=FILE writes to a file
    ///
    /// May be given several times, to write several reports in one run. [default: pretty on a terminal, concise
    /// elsewhere]
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Report")]
    pub(in crate::cli) format: Vec<Destination>,
    /// Write the report to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Report")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Show every finding, not three of each rule
    #[arg(long, help_heading = "Report")]
    pub(in crate::cli) all: bool,
    /// Mildest severity to show: error, warning or note [default: warning on a terminal, note elsewhere]
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Report")]
    pub(in crate::cli) severity_from: Option<Severity>,
    /// Least confidence to show: high, medium or low [default: medium on a terminal, low elsewhere]
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence, help_heading = "Report")]
    pub(in crate::cli) confidence: Option<Confidence>,
    /// When to colour; NO_COLOR and CLICOLOR_FORCE are obeyed
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN", help_heading = "Report")]
    pub(in crate::cli) color: When,
    /// Print findings and failures only
    #[arg(long, short, help_heading = "Report")]
    pub(in crate::cli) quiet: bool,
    /// List what was left alone and what stayed undecided
    #[arg(long, short, conflicts_with = "quiet", help_heading = "Report")]
    pub(in crate::cli) verbose: bool,
    /// Print times and sizes of the run to standard error
    #[arg(long, help_heading = "Report")]
    pub(in crate::cli) statistics: bool,

    /// Compare with another state: a folder or a file, or a git revision (`git:REV` says that it is one)
    ///
    /// Rules that look at changes run then, too. Of a revision the merge base with HEAD is taken. A folder stands for
    /// the whole repo around PATH, a file for the file PATH.
    #[arg(long, value_name = "STATE", help_heading = "Compare")]
    pub(in crate::cli) base: Option<String>,
    /// Compare with the revision itself, not with its merge base
    #[arg(long, requires = "base", help_heading = "Compare")]
    pub(in crate::cli) base_exact: bool,
    /// Report only what the other state did not have
    #[arg(long, requires = "base", help_heading = "Compare")]
    pub(in crate::cli) new_only: bool,
    /// Do not report the findings that FILE knows; they do not count for the exit status
    ///
    /// Findings are known again where lines move, and where files are moved or renamed. The summary says how many are
    /// held back; with --verbose, also which entries of FILE nothing was found for.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Compare")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Write all that is found to the file of --baseline [default: tidegate-baseline.json in the root of the repo]
    ///
    /// Entries of the file that this run does not look at, for it is about some paths, rules or one target only, stay.
    #[arg(
        long,
        conflicts_with_all = ["base", "fix", "unsafe_fixes", "diff"],
        help_heading = "Compare"
    )]
    pub(in crate::cli) write_baseline: bool,
    /// Check what the git index holds, as a commit would record it
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes"], help_heading = "Compare")]
    pub(in crate::cli) staged: bool,

    /// Apply the fixes that are safe
    #[arg(long, help_heading = "Fix")]
    pub(in crate::cli) fix: bool,
    /// Apply those that need a look, too
    #[arg(long, help_heading = "Fix")]
    pub(in crate::cli) unsafe_fixes: bool,
    /// Show the fixes as a diff and write nothing
    #[arg(long, help_heading = "Fix")]
    pub(in crate::cli) diff: bool,

    /// Run only these rules or families
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(in crate::cli) select: Vec<String>,
    /// Do not run these rules or families
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(in crate::cli) ignore: Vec<String>,
    /// Set a severity: error, warning, note or off
    #[arg(long, value_name = "RULE[:CODE]=SEVERITY", help_heading = "Rules")]
    pub(in crate::cli) severity: Vec<String>,
    /// Mildest severity that makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY", help_heading = "Rules")]
    pub(in crate::cli) fail_on: FailOn,
    /// What stays undecided makes the exit status 1, too
    #[arg(long, help_heading = "Rules")]
    pub(in crate::cli) strict: bool,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    pub(in crate::cli) target: Option<String>,
    /// What the repo is for
    #[arg(long, value_enum, value_name = "ROLE", help_heading = "Rules")]
    pub(in crate::cli) role: Option<RoleWord>,
    /// What a platform offers to this repo: a checkout of it, or the file that `contract export` wrote
    ///
    /// References to clusters, hosts, roles and opt-in labels are then looked for there, too. May be given several times;
    /// `contracts` in the config does the same.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Rules")]
    pub(in crate::cli) contract: Vec<PathBuf>,
    /// Kubernetes version of the clusters, as in 1.34
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(in crate::cli) kubernetes_version: Option<String>,
    /// Version of the CloudNativePG operator, as in 1.28 [default: what the repo installs, else the newest known]
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(in crate::cli) cnpg_version: Option<String>,

    /// Render the charts that kustomizations name with this helm program
    ///
    /// Charts that are not in the repo are fetched by it. Without this they are not rendered, and what they may bring is
    /// undecided.
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName, help_heading = "Files")]
    pub(in crate::cli) helm: Option<PathBuf>,
    /// Schemas of custom kinds: a folder of CustomResourceDefinitions, or of JSON schemas as kubeconform reads them
    ///
    /// They win over those that are built in. May be given several times. Definitions among the objects of the repo
    /// count without it.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::AnyPath, help_heading = "Files")]
    pub(in crate::cli) crds: Vec<PathBuf>,
    /// Read this config instead of tidegate.yaml
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["no_config", "isolated"],
        help_heading = "Files"
    )]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Read no config
    #[arg(long, help_heading = "Files")]
    pub(in crate::cli) no_config: bool,
    /// Read what git ignores, too
    #[arg(long, help_heading = "Files")]
    pub(in crate::cli) no_ignore: bool,
    /// Read hidden files and folders, too
    #[arg(long, help_heading = "Files")]
    pub(in crate::cli) hidden: bool,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB", help_heading = "Files")]
    pub(in crate::cli) max_file_size: u64,
    /// Number of threads, up to 1024 [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Files")]
    pub(in crate::cli) jobs: Option<u16>,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum When {
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
pub(in crate::cli) enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    /// The least severity that fails a run, if any does.
    pub(in crate::cli) fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
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
