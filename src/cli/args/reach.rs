//! The command line of `reach`.

use super::size;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Options of `reach`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reach {
    /// The folder that holds everything: workloads, namespaces, policies, CloudNativePG Clusters and Poolers
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub(in crate::cli) path: PathBuf,
    /// text, json, csv, dot, mermaid, svg or html
    #[arg(long, value_enum, default_value_t = ReachFormatWord::Text, value_name = "FORMAT")]
    pub(in crate::cli) format: ReachFormatWord,
    /// Write the report to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Only what starts or ends at this workload, `name` or `namespace/name`; may be given several times
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(in crate::cli) workload: Vec<String>,
    /// Only what has this workload at the other end; `external` means every address outside
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(in crate::cli) peer: Vec<String>,
    /// Only what comes in to the workload, or what goes out of it
    #[arg(long, value_enum, value_name = "DIRECTION", help_heading = "Choose")]
    pub(in crate::cli) direction: Option<DirectionWord>,
    /// Only this port, as in 5432, UDP/53 or 8000-8010
    #[arg(long, value_name = "PORT", help_heading = "Choose")]
    pub(in crate::cli) port: Option<String>,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(in crate::cli) target: Option<String>,
    /// Tell also what pods could reach that are not in the repo, and which workloads nothing isolates
    #[arg(long, help_heading = "Ask")]
    pub(in crate::cli) exposure: bool,
    /// Tell why traffic from SRC to DST passes or does not: every policy with a say, at its line
    ///
    /// SRC and DST are workloads, `world`, an address, or an entity of Cilium as in `entity:kube-apiserver`. A PORT
    /// without a protocol is one of TCP.
    #[arg(long, num_args = 2..=3, value_names = ["SRC", "DST", "PORT"], conflicts_with_all = ["base", "exposure"], help_heading = "Ask")]
    pub(in crate::cli) explain: Vec<String>,
    /// Tell what is different from another state: a path, else a git revision
    ///
    /// A revision stands for its merge base with HEAD; `git:REV` is a revision even where a path has that name.
    #[arg(long, value_name = "PATH|REV", help_heading = "Ask")]
    pub(in crate::cli) base: Option<String>,
    /// Compare with the revision itself, not with the merge base
    #[arg(long, requires = "base", help_heading = "Ask")]
    pub(in crate::cli) base_exact: bool,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB")]
    pub(in crate::cli) max_file_size: u64,
}

/// How to write who reaches whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(in crate::cli) enum ReachFormatWord {
    Text,
    Json,
    Csv,
    Dot,
    Mermaid,
    Svg,
    Html,
}

/// The way traffic goes, seen from a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(in crate::cli) enum DirectionWord {
    Ingress,
    Egress,
}

impl From<DirectionWord> for crate::reach::Direction {
    fn from(word: DirectionWord) -> Self {
        match word {
            DirectionWord::Ingress => crate::reach::Direction::Ingress,
            DirectionWord::Egress => crate::reach::Direction::Egress,
        }
    }
}
