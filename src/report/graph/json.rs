//! The graph for programs, version 1; described by `schemas/graph.schema.json`.

use super::{At, Edge, GraphReport, Node, Presence, Remark};
use serde::{Serialize, Serializer};

/// Raised when a field changes its meaning or goes away; a new field does not raise it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'r> {
    version: u32,
    targets: &'r [String],
    nodes: Vec<Vertex<'r>>,
    edges: Vec<Link<'r>>,
    elsewhere: Vec<Found<'r>>,
    problems: Vec<Problem<'r>>,
}

/// What is told of a node, by name, in the order in which it is told.
struct Facts<'r>(&'r [(&'static str, String)]);

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(Serialize)]
pub(super) struct Vertex<'r> {
    id: &'r str,
    class: &'static str,
    kind: &'r str,
    namespace: Option<&'r str>,
    name: &'r str,
    presence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    targets: Vec<&'r str>,
    places: Vec<Place<'r>>,
    facts: Facts<'r>,
    findings: Vec<Found<'r>>,
}

#[derive(Serialize)]
struct Place<'r> {
    file: &'r str,
    line: u32,
}

#[derive(Serialize)]
pub(super) struct Found<'r> {
    rule: &'static str,
    code: &'static str,
    severity: &'static str,
    confidence: &'static str,
    message: &'r str,
    file: &'r str,
    line: u32,
}

#[derive(Serialize)]
struct Link<'r> {
    from: &'r str,
    relation: &'static str,
    to: &'r str,
    certain: bool,
    targets: Vec<&'r str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    at: Option<Place<'r>>,
}

#[derive(Serialize)]
pub(super) struct Problem<'r> {
    file: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    message: &'r str,
}

pub(super) fn print(report: &GraphReport) -> String {
    let mut text = serde_json::to_string_pretty(&Report::new(report)).expect("internal: texts and numbers are JSON");
    text.push('\n');
    text
}

impl<'r> Report<'r> {
    fn new(report: &'r GraphReport) -> Report<'r> {
        Report {
            version: VERSION,
            targets: &report.targets,
            nodes: report.nodes.iter().map(vertex).collect(),
            edges: report.edges.iter().map(|edge| link(report, edge)).collect(),
            elsewhere: report.elsewhere.iter().map(found).collect(),
            problems: problems(report),
        }
    }
}

pub(super) fn problems(report: &GraphReport) -> Vec<Problem<'_>> {
    report.problems.iter().map(|(file, line, message)| Problem { file, line: *line, message }).collect()
}

pub(super) fn vertex(node: &Node) -> Vertex<'_> {
    Vertex {
        id: &node.id,
        class: node.class.name(),
        kind: &node.kind,
        namespace: node.namespace.as_deref(),
        name: &node.name,
        presence: node.presence.name(),
        reason: match &node.presence {
            Presence::Unknown(reason) => Some(reason),
            _ => None,
        },
        targets: node.targets.iter().map(|target| &**target).collect(),
        places: node.places.iter().map(place).collect(),
        facts: Facts(&node.facts),
        findings: node.findings.iter().map(found).collect(),
    }
}

fn place(at: &At) -> Place<'_> {
    Place { file: &at.file, line: at.line }
}

pub(super) fn found(remark: &Remark) -> Found<'_> {
    Found {
        rule: remark.rule,
        code: remark.code,
        severity: remark.severity.name(),
        confidence: remark.confidence.name(),
        message: &remark.message,
        file: &remark.at.file,
        line: remark.at.line,
    }
}

fn link<'r>(report: &'r GraphReport, edge: &'r Edge) -> Link<'r> {
    Link {
        from: &report.nodes[edge.from].id,
        relation: edge.relation.name(),
        to: &report.nodes[edge.to].id,
        certain: edge.sure,
        targets: edge.targets.iter().map(|target| &**target).collect(),
        at: edge.at.as_ref().map(place),
    }
}
