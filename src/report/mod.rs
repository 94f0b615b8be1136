//! Shows the outcome of a run: for people (pretty, concise, Markdown) and for machines (JSON, SARIF, GitHub, GitLab, JUnit).
//! It decides nothing about findings beyond how many of them a person sees at once.

mod concise;
mod escape;
mod github;
mod gitlab;
pub mod graph;
mod json;
mod junit;
mod line;
mod markdown;
pub mod objects;
mod pretty;
pub mod reach;
mod sarif;
mod snippet;
mod summary;
mod wording;

#[cfg(test)]
mod tests;

use crate::finding::{Category, Confidence, Finding, Outcome, Severity};
use crate::source::{Masks, SourceId, Sources};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use pretty::{Problem, problem};

/// How an outcome is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Snippets with labels, for a person at a terminal.
    Pretty,
    /// One line a finding, for pipes and logs.
    Concise,
    /// The report of tidegate itself.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub shows as annotations.
    Github,
    /// The Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML, for CI servers.
    Junit,
    /// A comment on a pull request, or a job summary.
    Markdown,
}

impl Format {
    /// Every format, as listed to users.
    pub const ALL: [Format; 8] = [
        Format::Pretty,
        Format::Concise,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Markdown,
    ];

    /// The word a user writes.
    pub fn name(self) -> &'static str {
        match self {
            Format::Pretty => "pretty",
            Format::Concise => "concise",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Markdown => "markdown",
        }
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{word}`: use one of pretty, concise, json, sarif, github, gitlab, junit, markdown")]
pub struct UnknownFormat {
    /// The word as given.
    pub word: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Format, UnknownFormat> {
        let named = Format::ALL.into_iter().find(|format| format.name() == word);
        named.ok_or_else(|| UnknownFormat { word: word.to_owned() })
    }
}

/// A format and the file it goes to, as in `json=report.json`; without a file it goes to standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// How to write.
    pub format: Format,
    /// Where to; none for standard output.
    pub file: Option<PathBuf>,
}

impl FromStr for Destination {
    type Err = UnknownFormat;

    fn from_str(argument: &str) -> Result<Destination, UnknownFormat> {
        match argument.split_once('=') {
            Some((format, file)) if !file.is_empty() => {
                Ok(Destination { format: format.parse()?, file: Some(PathBuf::from(file)) })
            }
            _ => Ok(Destination { format: argument.parse()?, file: None }),
        }
    }
}

/// What a report says about a rule itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDoc {
    /// One line: what the rule finds.
    pub summary: Cow<'static, str>,
    /// The rule's whole text, in Markdown.
    pub text: Cow<'static, str>,
    /// Where the text can be read; empty if nowhere.
    pub url: Cow<'static, str>,
    /// Severity of its worst code, before any config.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
}

/// The texts that spans lie in, what is secret in them, and how a person calls them.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    /// Every text of the run.
    pub sources: &'a Sources,
    /// The secrets in them.
    pub masks: &'a Masks,
    /// The path of a source relative to the current folder; machine formats use [`Sources::name`].
    pub display: &'a dyn Fn(SourceId) -> String,
}

/// Everything that a report is made of.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What the spans of the outcome lie in.
    pub texts: Texts<'a>,
    /// What the run says.
    pub outcome: &'a Outcome,
    /// The documentation of a rule, by id.
    pub rule_docs: &'a dyn Fn(&str) -> RuleDoc,
}

/// How a report for people looks, and what it leaves out. JSON and SARIF leave out nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour.
    pub colour: bool,
    /// Whether frames may use more than ASCII.
    pub unicode: bool,
    /// Columns to fill.
    pub width: usize,
    /// Every finding, instead of at most three of each rule in `pretty`.
    pub all: bool,
    /// Whether a person watches: the worst findings come first in `pretty`.
    pub terminal: bool,
    /// The mildest severity to show.
    pub severity_from: Severity,
    /// The lowest confidence to show.
    pub confidence_from: Confidence,
    /// Findings only, no summary.
    pub quiet: bool,
    /// Also lists what stayed undecided.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style {
            colour: false,
            unicode: false,
            width: 100,
            all: true,
            terminal: false,
            severity_from: Severity::Note,
            confidence_from: Confidence::Low,
            quiet: false,
            verbose: false,
        }
    }
}

impl Style {
    /// Whether a finding is severe and sure enough to be shown to a person.
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.severity >= self.severity_from && finding.confidence >= self.confidence_from
    }
}

/// Writes the outcome in `format`.
pub fn write(format: Format, view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::write(view, style, out),
        Format::Concise => concise::write(view, style, out),
        Format::Json => json::write(view, out),
        Format::Sarif => sarif::write(view, out),
        Format::Github => github::write(view, style, out),
        Format::Gitlab => gitlab::write(view, style, out),
        Format::Junit => junit::write(view, style, out),
        Format::Markdown => markdown::write(view, style, out),
    }
}

/// Writes the outcome in `format` to the file at `path`, which it creates or empties.
pub fn write_file(format: Format, view: &View<'_>, style: &Style, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write(format, view, style, &mut out)?;
    out.flush()
}

/// Writes `text` to the file at `path`, whole or not at all.
pub fn write_text(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    let written = File::create(&beside).and_then(|mut file| file.write_all(text.as_bytes()));
    let written = written.and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Writes a text to the file at `path`, which it creates or empties.
pub fn write_text_file(text: &str, path: &Path) -> io::Result<()> {
    std::fs::write(path, text)
}

/// Writes what could not be checked, one line each; meant for standard error.
pub fn failures(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    summary::failures(view, style, out)
}
