//! The command line of `contract`.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Options of `contract`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Contract {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: ContractCommand,
}

/// What to do with a contract.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ContractCommand {
    /// Write what the repo offers: clusters, hosts, opt-in labels, roles, names of Secrets and their keys
    ///
    /// No value of a Secret is read into it. The file is meant to be committed as `tidegate-contract.yaml` at the root of
    /// the repo, so that a change of what is offered is seen in review.
    Export(ContractExport),
    /// Compare the committed contract with what the repo offers now
    ///
    /// What is gone, or is other than promised, breaks apps: an error. What is new, or differs in something that no app
    /// relies on (the number of instances, say), leaves the file stale: a warning.
    #[command(after_help = EXIT_CODES)]
    Check(ContractCheck),
}

const EXIT_CODES: &str = "\
Exit status:
  0  what is promised is there; the file may be stale, unless --strict
  1  something promised is gone or changed; with --strict, the file is stale
  2  there is no contract file, or it or the repo cannot be read";

/// Options of `contract export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ContractExport {
    /// The repo of the platform, or a folder in it
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(in crate::cli) path: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ContractFormat::Yaml, value_name = "FORMAT")]
    pub(in crate::cli) format: ContractFormat,
    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// What this target offers, where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) target: Option<String>,
}

/// Options of `contract check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ContractCheck {
    /// The repo of the platform, or a folder in it
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(in crate::cli) path: PathBuf,
    /// The committed contract [default: tidegate-contract.yaml at the root of the repo]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) contract: Option<PathBuf>,
    /// What this target offers, where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) target: Option<String>,
    /// A stale file makes the exit status 1, too
    #[arg(long)]
    pub(in crate::cli) strict: bool,
}

/// How to write a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(in crate::cli) enum ContractFormat {
    Yaml,
    Json,
}
