//! The command line of `render`.

use super::size;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Options of `render`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Render {
    /// The folder to build
    ///
    /// A folder without a kustomization is built as Flux does it: every manifest below it, and every kustomization.
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(in crate::cli) path: PathBuf,
    /// What this target gets, as far as it is written in PATH: by Flux, Argo CD, kustomizations and by hand
    ///
    /// All of the repo around PATH is read, as `lint` does it. Without this, the kustomization in PATH is built.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) target: Option<String>,
    /// How to print the objects
    #[arg(long, value_enum, default_value_t = RenderFormat::Yaml)]
    pub(in crate::cli) format: RenderFormat,
    /// Write the objects to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Say where each field comes from, what it replaced and what was taken away
    ///
    /// In YAML as a comment on each line; in JSON each object is told as `object`, `origins` by pointer, and `removed`.
    #[arg(long)]
    pub(in crate::cli) origins: bool,
    /// Print the values of Secrets and what else looks like a credential
    ///
    /// They are masked otherwise, but for JSON that goes to a file or to another program: that holds the objects as
    /// they would be applied.
    #[arg(long)]
    pub(in crate::cli) show_secrets: bool,
    /// Where files may lie that a kustomization names: in its own folder, or anywhere
    #[arg(long, value_enum, default_value_t = RestrictWord::Root, value_name = "WHERE")]
    pub(in crate::cli) load_restrictor: RestrictWord,
    /// Render the charts that kustomizations name with this helm program
    ///
    /// Charts that are not in the repo are fetched by it. Without this they are not rendered, and what they may bring is
    /// undecided.
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub(in crate::cli) helm: Option<PathBuf>,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB")]
    pub(in crate::cli) max_file_size: u64,
}

/// How to print objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(in crate::cli) enum RenderFormat {
    Yaml,
    Json,
}

/// Where files may lie that a kustomization names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RestrictWord {
    /// In the folder of the kustomization and below.
    Root,
    /// Anywhere.
    None,
}
