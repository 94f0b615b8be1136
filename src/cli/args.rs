//! The command line: commands, options, and what is allowed for each.

use super::contract_args::Contract;
use crate::finding::{Confidence, Severity};
use crate::report::Destination;
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

/// Options of `lint`.
#[derive(Clone, Debug, Args)]
pub(super) struct Lint {
    /// Files or folders to report on, in one repo or several; `-` is standard input
    ///
    /// All of the repo around each PATH is read: the nearest folder upward with a `tidegate.yaml`, else with
    /// `.git`. What is reported concerns PATH alone. [default: .]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The file that standard input stands for
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) stdin_filename: Option<PathBuf>,
    /// Read PATH and nothing around it: no config, no enclosing repo
    #[arg(long)]
    pub(super) isolated: bool,

    /// pretty, concise, json, sarif, github, gitlab, junit or markdown; FORMAT=FILE writes to a file
    ///
    /// May be given several times, to write several reports in one run. [default: pretty on a terminal, concise
    /// elsewhere]
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Report")]
    pub(super) format: Vec<Destination>,
    /// Write the report to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Report")]
    pub(super) output: Option<PathBuf>,
    /// Show every finding, not three of each rule
    #[arg(long, help_heading = "Report")]
    pub(super) all: bool,
    /// Mildest severity to show: error, warning or note [default: warning on a terminal, note elsewhere]
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Report")]
    pub(super) severity_from: Option<Severity>,
    /// Least confidence to show: high, medium or low [default: medium on a terminal, low elsewhere]
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence, help_heading = "Report")]
    pub(super) confidence: Option<Confidence>,
    /// When to colour; NO_COLOR and CLICOLOR_FORCE are obeyed
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN", help_heading = "Report")]
    pub(super) color: When,
    /// Print findings and failures only
    #[arg(long, short, help_heading = "Report")]
    pub(super) quiet: bool,
    /// List what was left alone and what stayed undecided
    #[arg(long, short, conflicts_with = "quiet", help_heading = "Report")]
    pub(super) verbose: bool,
    /// Print times and sizes of the run to standard error
    #[arg(long, help_heading = "Report")]
    pub(super) statistics: bool,

    /// Compare with another state: a folder or a file, or a git revision (`git:REV` says that it is one)
    ///
    /// Rules that look at changes run then, too. Of a revision the merge base with HEAD is taken. A folder stands for
    /// the whole repo around PATH, a file for the file PATH.
    #[arg(long, value_name = "STATE", help_heading = "Compare")]
    pub(super) base: Option<String>,
    /// Compare with the revision itself, not with its merge base
    #[arg(long, requires = "base", help_heading = "Compare")]
    pub(super) base_exact: bool,
    /// Report only what the other state did not have
    #[arg(long, requires = "base", help_heading = "Compare")]
    pub(super) new_only: bool,
    /// Do not report the findings that FILE knows; they do not count for the exit status
    ///
    /// Findings are known again where lines move, and where files are moved or renamed. The summary says how many are
    /// held back; with --verbose, also which entries of FILE nothing was found for.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Compare")]
    pub(super) baseline: Option<PathBuf>,
    /// Write all that is found to the file of --baseline [default: tidegate-baseline.json in the root of the repo]
    ///
    /// Entries of the file that this run does not look at, for it is about some paths, rules or one target only, stay.
    #[arg(
        long,
        conflicts_with_all = ["base", "fix", "unsafe_fixes", "diff"],
        help_heading = "Compare"
    )]
    pub(super) write_baseline: bool,
    /// Check what the git index holds, as a commit would record it
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes"], help_heading = "Compare")]
    pub(super) staged: bool,

    /// Apply the fixes that are safe
    #[arg(long, help_heading = "Fix")]
    pub(super) fix: bool,
    /// Apply those that need a look, too
    #[arg(long, help_heading = "Fix")]
    pub(super) unsafe_fixes: bool,
    /// Show the fixes as a diff and write nothing
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
    /// Mildest severity that makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY", help_heading = "Rules")]
    pub(super) fail_on: FailOn,
    /// What stays undecided makes the exit status 1, too
    #[arg(long, help_heading = "Rules")]
    pub(super) strict: bool,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    pub(super) target: Option<String>,
    /// What the repo is for
    #[arg(long, value_enum, value_name = "ROLE", help_heading = "Rules")]
    pub(super) role: Option<RoleWord>,
    /// What a platform offers to this repo: a checkout of it, or the file that `contract export` wrote
    ///
    /// References to clusters, hosts, roles and opt-in labels are then looked for there, too. May be given several times;
    /// `contracts` in the config does the same.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Rules")]
    pub(super) contract: Vec<PathBuf>,
    /// Kubernetes version of the clusters, as in 1.34
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(super) kubernetes_version: Option<String>,
    /// Version of the CloudNativePG operator, as in 1.28 [default: what the repo installs, else the newest known]
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(super) cnpg_version: Option<String>,

    /// Render the charts that kustomizations name with this helm program
    ///
    /// Charts that are not in the repo are fetched by it. Without this they are not rendered, and what they may bring is
    /// undecided.
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName, help_heading = "Files")]
    pub(super) helm: Option<PathBuf>,
    /// Schemas of custom kinds: a folder of CustomResourceDefinitions, or of JSON schemas as kubeconform reads them
    ///
    /// They win over those that are built in. May be given several times. Definitions among the objects of the repo
    /// count without it.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::AnyPath, help_heading = "Files")]
    pub(super) crds: Vec<PathBuf>,
    /// Read this config instead of tidegate.yaml
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["no_config", "isolated"],
        help_heading = "Files"
    )]
    pub(super) config: Option<PathBuf>,
    /// Read no config
    #[arg(long, help_heading = "Files")]
    pub(super) no_config: bool,
    /// Read what git ignores, too
    #[arg(long, help_heading = "Files")]
    pub(super) no_ignore: bool,
    /// Read hidden files and folders, too
    #[arg(long, help_heading = "Files")]
    pub(super) hidden: bool,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB", help_heading = "Files")]
    pub(super) max_file_size: u64,
    /// Number of threads, up to 1024 [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Files")]
    pub(super) jobs: Option<u16>,
}

/// Options of `render`.
#[derive(Debug, Args)]
pub(super) struct Render {
    /// The folder to build
    ///
    /// A folder without a kustomization is built as Flux does it: every manifest below it, and every kustomization.
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(super) path: PathBuf,
    /// What this target gets, as far as it is written in PATH: by Flux, Argo CD, kustomizations and by hand
    ///
    /// All of the repo around PATH is read, as `lint` does it. Without this, the kustomization in PATH is built.
    #[arg(long, value_name = "NAME")]
    pub(super) target: Option<String>,
    /// How to print the objects
    #[arg(long, value_enum, default_value_t = RenderFormat::Yaml)]
    pub(super) format: RenderFormat,
    /// Write the objects to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Say where each field comes from, what it replaced and what was taken away
    ///
    /// In YAML as a comment on each line; in JSON each object is told as `object`, `origins` by pointer, and `removed`.
    #[arg(long)]
    pub(super) origins: bool,
    /// Print the values of Secrets and what else looks like a credential
    ///
    /// They are masked otherwise, but for JSON that goes to a file or to another program: that holds the objects as
    /// they would be applied.
    #[arg(long)]
    pub(super) show_secrets: bool,
    /// Where files may lie that a kustomization names: in its own folder, or anywhere
    #[arg(long, value_enum, default_value_t = RestrictWord::Root, value_name = "WHERE")]
    pub(super) load_restrictor: RestrictWord,
    /// Render the charts that kustomizations name with this helm program
    ///
    /// Charts that are not in the repo are fetched by it. Without this they are not rendered, and what they may bring is
    /// undecided.
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub(super) helm: Option<PathBuf>,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB")]
    pub(super) max_file_size: u64,
}

/// How to print objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum RenderFormat {
    Yaml,
    Json,
}

/// Where files may lie that a kustomization names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RestrictWord {
    /// In the folder of the kustomization and below.
    Root,
    /// Anywhere.
    None,
}

/// Options of `reach`.
#[derive(Debug, Args)]
pub(super) struct Reach {
    /// The folder that holds everything: workloads, namespaces, policies, CloudNativePG Clusters and Poolers
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub(super) path: PathBuf,
    /// text, json, csv, dot, mermaid, svg or html
    #[arg(long, value_enum, default_value_t = ReachFormatWord::Text, value_name = "FORMAT")]
    pub(super) format: ReachFormatWord,
    /// Write the report to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Only what starts or ends at this workload, `name` or `namespace/name`; may be given several times
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(super) workload: Vec<String>,
    /// Only what has this workload at the other end; `external` means every address outside
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(super) peer: Vec<String>,
    /// Only what comes in to the workload, or what goes out of it
    #[arg(long, value_enum, value_name = "DIRECTION", help_heading = "Choose")]
    pub(super) direction: Option<DirectionWord>,
    /// Only this port, as in 5432, UDP/53 or 8000-8010
    #[arg(long, value_name = "PORT", help_heading = "Choose")]
    pub(super) port: Option<String>,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(super) target: Option<String>,
    /// Tell also what pods could reach that are not in the repo, and which workloads nothing isolates
    #[arg(long, help_heading = "Ask")]
    pub(super) exposure: bool,
    /// Tell why traffic from SRC to DST passes or does not: every policy with a say, at its line
    ///
    /// SRC and DST are workloads, `world`, an address, or an entity of Cilium as in `entity:kube-apiserver`. A PORT
    /// without a protocol is one of TCP.
    #[arg(long, num_args = 2..=3, value_names = ["SRC", "DST", "PORT"], conflicts_with_all = ["base", "exposure"], help_heading = "Ask")]
    pub(super) explain: Vec<String>,
    /// Tell what is different from another state: a path, else a git revision
    ///
    /// A revision stands for its merge base with HEAD; `git:REV` is a revision even where a path has that name.
    #[arg(long, value_name = "PATH|REV", help_heading = "Ask")]
    pub(super) base: Option<String>,
    /// Compare with the revision itself, not with the merge base
    #[arg(long, requires = "base", help_heading = "Ask")]
    pub(super) base_exact: bool,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB")]
    pub(super) max_file_size: u64,
}

/// How to write who reaches whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum ReachFormatWord {
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
pub(super) enum DirectionWord {
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

/// Options of `graph`.
#[derive(Debug, Args)]
pub(super) struct GraphArguments {
    /// The repo, or a folder or file in it
    ///
    /// All of the repo around PATH is read, as `lint` does it. Shown is what is written in PATH, and whatever that has
    /// directly to do with.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub(super) path: PathBuf,
    /// text, json, dot, mermaid or html [default: what the name of the --output FILE says, else text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<GraphFormatWord>,
    /// Write the graph to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Look at one target only
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(super) target: Option<String>,
    /// Only this namespace and whatever it has directly to do with; may be given several times
    #[arg(long, value_name = "NAME", help_heading = "Choose")]
    pub(super) namespace: Vec<String>,
    /// Only this kind: cluster, pooler, database, role, backup, store, secret, secret-maker, policy, workload, release,
    /// namespace, or one of Kubernetes as in Deployment; may be given several times
    #[arg(long, value_name = "KIND", value_delimiter = ',', help_heading = "Choose")]
    pub(super) kind: Vec<String>,
    /// Run no rules, and tell no findings
    #[arg(long, help_heading = "Choose")]
    pub(super) no_findings: bool,
    /// Read PATH and nothing around it: no config, no enclosing repo
    #[arg(long, help_heading = "Files")]
    pub(super) isolated: bool,
    /// Read this config instead of tidegate.yaml
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["no_config", "isolated"],
        help_heading = "Files"
    )]
    pub(super) config: Option<PathBuf>,
    /// Read no config
    #[arg(long, help_heading = "Files")]
    pub(super) no_config: bool,
    /// Largest file to read, in bytes or with KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB", help_heading = "Files")]
    pub(super) max_file_size: u64,
    /// Number of threads, up to 1024 [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Files")]
    pub(super) jobs: Option<u16>,
}

/// How to write the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum GraphFormatWord {
    Text,
    Json,
    Dot,
    Mermaid,
    Html,
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
