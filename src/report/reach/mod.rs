//! Who reaches whom, for people and for programs: as text, JSON, tables, graphs and a picture. It computes nothing; what
//! it is given is in the order in which it is shown.

mod graphs;
mod json;
mod layout;
mod page;
mod picture;
mod text;

#[cfg(test)]
mod tests;

use std::sync::Arc;

/// How the connections are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachFormat {
    /// A line a connection, as analysers of network policies write them.
    Text,
    /// For programs.
    Json,
    /// For tables.
    Csv,
    /// For Graphviz.
    Dot,
    /// For Markdown that draws.
    Mermaid,
    /// A picture.
    Svg,
    /// A page with the picture and the lines.
    Html,
}

/// Whether something passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Surely.
    Allowed,
    /// The repo does not tell.
    Unknown,
    /// Surely not; told only where one might think so.
    Denied,
}

impl Verdict {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::Unknown => "unknown",
            Verdict::Denied => "denied",
        }
    }
}

/// Something that passes, or may.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    /// The target it is in; none where there is one only.
    pub target: Option<Arc<str>>,
    /// Where it starts.
    pub src: Arc<str>,
    /// Where it goes.
    pub dst: Arc<str>,
    /// Whether it passes.
    pub verdict: Verdict,
    /// On which ports.
    pub ports: Arc<str>,
    /// Why it is not known, where it is not.
    pub reason: Option<Arc<str>>,
}

/// What somebody could reach, or be reached by, who is not in the repo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposed {
    /// The target it is in; none where there is one only.
    pub target: Option<String>,
    /// Whom it is about.
    pub workload: String,
    /// `ingress` or `egress`.
    pub direction: &'static str,
    /// Who that somebody is.
    pub peer: String,
    /// On which ports.
    pub ports: String,
    /// Whether it passes.
    pub verdict: Verdict,
}

/// Something that is wrong with what was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReachProblem {
    /// The file, as reports call it.
    pub file: String,
    /// The line, from 1; 0 where there is none.
    pub line: u32,
    /// What.
    pub message: String,
}

/// What a change opens, closes or alters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The target it is in; none where there is one only.
    pub target: Option<String>,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// Where it starts.
    pub src: String,
    /// Where it goes.
    pub dst: String,
    /// What passed before.
    pub before: String,
    /// What passes now.
    pub after: String,
}

/// A flow that a database cannot do without and that policies stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blocked {
    /// The target it is in; none where there is one only.
    pub target: Option<String>,
    /// Where it starts.
    pub src: String,
    /// Where it goes.
    pub dst: String,
    /// On which ports.
    pub ports: String,
    /// What it is for.
    pub why: &'static str,
}

/// Somebody to draw.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// As connections name it.
    pub title: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name there.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Whether it is a database or leads to one.
    pub database: bool,
}

/// A line of an explanation, and how far it is set in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// 0 for the answer, 1 for a side, 2 for what a policy says there.
    pub depth: usize,
    /// The text.
    pub text: String,
    /// The file and line it is about, if it is about one.
    pub place: Option<(String, u32)>,
}

/// Everything that is shown.
#[derive(Clone, Debug, Default)]
pub struct ReachReport {
    /// What passes.
    pub connections: Vec<Connection>,
    /// What is open to strangers; none where nobody asked.
    pub exposure: Option<Vec<Exposed>>,
    /// Workloads that nothing isolates, with the direction.
    pub unprotected: Vec<(String, &'static str)>,
    /// What is wrong.
    pub problems: Vec<ReachProblem>,
    /// The difference to another state; none where nobody asked.
    pub changes: Option<Vec<Change>>,
    /// Needed flows that are stopped.
    pub blocked: Vec<Blocked>,
    /// Why something passes or does not; none where nobody asked.
    pub explanation: Option<Vec<Told>>,
    /// Everybody.
    pub nodes: Vec<Node>,
}

/// The report as a text.
pub fn print_reach(format: ReachFormat, report: &ReachReport) -> String {
    match format {
        ReachFormat::Text => text::print(report),
        ReachFormat::Json => json::print(report),
        ReachFormat::Csv => graphs::csv(report),
        ReachFormat::Dot => graphs::dot(report),
        ReachFormat::Mermaid => graphs::mermaid(report),
        ReachFormat::Svg => picture::print(report),
        ReachFormat::Html => page::print(report),
    }
}
