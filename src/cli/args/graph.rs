//! The command line of `graph`.

use super::size;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Options of `graph`.
#[derive(Debug, Args)]
pub(in crate::cli) struct GraphArguments {
    /// The repo, or a folder or file in it
    ///
    /// All of the repo around PATH is read, as `lint` does it. Shown is what is written in PATH, and whatever that has
    /// directly to do with.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub(in crate::cli) path: PathBuf,
    /// text, json, dot, mermaid or html [default: what the name of the --output FILE says, else text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<GraphFormatWord>,
    /// Write the graph to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(in crate::cli) target: Option<String>,
    /// Only this namespace and whatever it has directly to do with; may be given several times
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(in crate::cli) namespace: Vec<String>,
    /// Only this kind: cluster, pooler, database, role, backup, store, secret, secret-maker, policy, workload, release,
    /// namespace, or one of Kubernetes as in Deployment; may be given several times
    #[arg(long, value_name = "KIND", value_delimiter = ',', help_heading = "Choose")]
    pub(in crate::cli) kind: Vec<String>,
    /// Run no rules, and tell no findings
    #[arg(long, help_heading = "Choose")]
    pub(in crate::cli) no_findings: bool,
    /// Read PATH and nothing around it: no config, no enclosing repo
    #[arg(long, help_heading = "Files")]
    pub(in crate::cli) isolated: bool,
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
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB", help_heading = "Files")]
    pub(in crate::cli) max_file_size: u64,
    /// Number of threads, up to 1024 [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Files")]
    pub(in crate::cli) jobs: Option<u16>,
}

/// How to write the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(in crate::cli) enum GraphFormatWord {
    Text,
    Json,
    Dot,
    Mermaid,
    Html,
}
