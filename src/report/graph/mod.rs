//! The resource graph, for people and for programs: as text, JSON, graphs that other programs draw, and a page. It
//! works out nothing but where things stand; what it is given is in the order in which it is shown.

mod drawn;
mod json;
mod lanes;
mod page;
mod text;

#[cfg(test)]
mod tests;

use crate::finding::{Confidence, Severity};
use crate::graph::links::Relation;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How the graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    /// By namespace, for a terminal.
    Text,
    /// For programs.
    Json,
    /// For Graphviz.
    Dot,
    /// For Markdown that draws.
    Mermaid,
    /// A page.
    Html,
}

/// What a node is, in the order in which a namespace lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A namespace.
    Namespace,
    /// A CloudNativePG Cluster.
    Cluster,
    /// A Pooler.
    Pooler,
    /// A database in a Cluster.
    Database,
    /// A role in a Cluster.
    Role,
    /// A backup, or a schedule of them.
    Backup,
    /// Where backups lie.
    Store,
    /// A Secret.
    Secret,
    /// What makes a Secret.
    Maker,
    /// A network policy.
    Policy,
    /// What runs pods.
    Workload,
    /// What brings objects into the cluster.
    Release,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Class; 12] = [
        Class::Namespace,
        Class::Cluster,
        Class::Pooler,
        Class::Database,
        Class::Role,
        Class::Backup,
        Class::Store,
        Class::Secret,
        Class::Maker,
        Class::Policy,
        Class::Workload,
        Class::Release,
    ];

    /// As reports and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Namespace => "namespace",
            Class::Cluster => "cluster",
            Class::Pooler => "pooler",
            Class::Database => "database",
            Class::Role => "role",
            Class::Backup => "backup",
            Class::Store => "store",
            Class::Secret => "secret",
            Class::Maker => "secret maker",
            Class::Policy => "policy",
            Class::Workload => "workload",
            Class::Release => "release",
        }
    }

    /// The class that a word of the command line means.
    pub fn parse(word: &str) -> Option<Class> {
        let word = word.to_ascii_lowercase().replace(['-', '_'], " ");
        let plural = |class: &Class| match class {
            Class::Policy => "policies".to_owned(),
            other => format!("{}s", other.name()),
        };
        Class::ALL.into_iter().find(|class| class.name() == word || plural(class) == word)
    }
}

/// Whether a node is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is written in the repo.
    Written,
    /// Something that is written makes it.
    Made,
    /// It is named, and surely not there.
    Missing,
    /// It is named, and the repo does not tell; why.
    Unknown(String),
}

impl Presence {
    /// As reports write it.
    pub fn name(&self) -> &'static str {
        match self {
            Presence::Written => "written",
            Presence::Made => "made",
            Presence::Missing => "missing",
            Presence::Unknown(_) => "unknown",
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The file, as reports call it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// A finding on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The rule.
    pub rule: &'static str,
    /// What of it.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What it says.
    pub message: String,
    /// Where.
    pub at: At,
}

/// Something in the graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name in this report, the only one of that name.
    pub id: String,
    /// What it is.
    pub class: Class,
    /// Its kind.
    pub kind: String,
    /// Its namespace, if that is known and it has one.
    pub namespace: Option<String>,
    /// Whether its kind has no namespace.
    pub cluster_wide: bool,
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub presence: Presence,
    /// The targets it is in; none where nothing delivers it.
    pub targets: BTreeSet<Arc<str>>,
    /// Where it is written.
    pub places: Vec<At>,
    /// What is told of it, by name.
    pub facts: Vec<(&'static str, String)>,
    /// Findings on it, the worst first.
    pub findings: Vec<Remark>,
}

/// A link between two nodes, by their numbers.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Where it starts.
    pub from: usize,
    /// What it says.
    pub relation: Relation,
    /// Where it ends.
    pub to: usize,
    /// Whether it surely is there.
    pub sure: bool,
    /// The targets it is in.
    pub targets: BTreeSet<Arc<str>>,
    /// What says so.
    pub at: Option<At>,
}

/// Everything that is shown.
#[derive(Clone, Debug, Default)]
pub struct GraphReport {
    /// The targets there are.
    pub targets: Vec<String>,
    /// The nodes, by namespace, class and name; those without a namespace last.
    pub nodes: Vec<Node>,
    /// The links, by the numbers of their nodes.
    pub edges: Vec<Edge>,
    /// Findings on nothing that is in the graph.
    pub elsewhere: Vec<Remark>,
    /// What could not be read or built: where, if there is a line, and why.
    pub problems: Vec<(String, Option<u32>, String)>,
    /// Whether rules were run.
    pub judged: bool,
}

impl GraphReport {
    /// Leaves only the nodes that are `wanted`, and the links between them.
    pub fn keep(&mut self, wanted: impl Fn(&Node) -> bool) {
        let kept: Vec<bool> = self.nodes.iter().map(wanted).collect();
        self.retain(&kept);
    }

    /// Leaves the nodes that are `wanted`, those that they are linked with, and the namespaces of all of these.
    pub fn keep_near(&mut self, wanted: impl Fn(&Node) -> bool) {
        let chosen: Vec<bool> = self.nodes.iter().map(wanted).collect();
        let mut kept = chosen.clone();
        for edge in self.links() {
            if chosen[edge.from] || chosen[edge.to] {
                kept[edge.from] = true;
                kept[edge.to] = true;
            }
        }
        for edge in self.edges.iter().filter(|edge| edge.relation == Relation::InNamespace) {
            // A namespace is shown as long as something in it is.
            let inside = kept[edge.from];
            kept[edge.to] |= inside;
        }
        self.retain(&kept);
    }

    fn retain(&mut self, kept: &[bool]) {
        let mut new = Vec::with_capacity(kept.len());
        let mut count = 0;
        for is_kept in kept {
            new.push(count);
            count += usize::from(*is_kept);
        }
        let mut at = 0;
        self.nodes.retain(|_| {
            at += 1;
            kept[at - 1]
        });
        self.edges.retain(|edge| kept[edge.from] && kept[edge.to]);
        for edge in &mut self.edges {
            (edge.from, edge.to) = (new[edge.from], new[edge.to]);
        }
    }

    /// How many nodes and findings there are, in words.
    fn counts(&self) -> String {
        let remarks = || self.nodes.iter().flat_map(|node| &node.findings).chain(&self.elsewhere);
        let mut seen = BTreeSet::new();
        let mut counts = [0; 3];
        for remark in remarks() {
            if seen.insert((remark.rule, remark.code, &remark.at, &remark.message)) {
                let place = Severity::ALL.iter().position(|severity| *severity == remark.severity).unwrap_or_default();
                counts[place] += 1;
            }
        }
        let links = self.links().count();
        let mut words = format!("{} and {}", plural(self.nodes.len(), "node"), plural(links, "link"));
        if self.judged {
            let [errors, warnings, notes] = counts;
            words.push_str(&format!(
                "; {}, {}, {}",
                plural(errors, "error"),
                plural(warnings, "warning"),
                plural(notes, "note")
            ));
        }
        words
    }

    /// The links that are drawn: all but those that say where something lies.
    fn links(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| edge.relation != Relation::InNamespace)
    }
}

/// The title of the group that a node stands in.
fn group(node: &Node) -> &str {
    match (node.class, &node.namespace) {
        (Class::Namespace, _) => &node.name,
        (_, Some(namespace)) => namespace,
        (_, None) if node.cluster_wide => OUTSIDE,
        (_, None) => NOWHERE,
    }
}

/// Of what has no namespace.
const OUTSIDE: &str = "(no namespace)";
/// Of what has one that nobody says.
const NOWHERE: &str = "(namespace not said)";

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The graph as a text.
pub fn print_graph(format: GraphFormat, report: &GraphReport) -> String {
    match format {
        GraphFormat::Text => text::print(report),
        GraphFormat::Json => json::print(report),
        GraphFormat::Dot => drawn::dot(report),
        GraphFormat::Mermaid => drawn::mermaid(report),
        GraphFormat::Html => page::print(report),
    }
}
