//! The graph as lines: each namespace, what is in it, and whom that has to do with.

use super::{Class, GraphReport, Node, Presence, group};
use crate::finding::Severity;
use crate::graph::links::Relation;
use std::collections::BTreeMap;
use std::fmt::Write;

/// More names than this in one line tell nobody anything.
const MOST: usize = 6;

pub(super) fn print(report: &GraphReport) -> String {
    let mut links: Vec<BTreeMap<&'static str, Vec<usize>>> = vec![BTreeMap::new(); report.nodes.len()];
    for edge in report.links() {
        // From both ends, as either may be what is looked up.
        links[edge.from].entry(edge.relation.name()).or_default().push(edge.to);
        // What brings it stands once, where that is.
        if edge.relation != Relation::Releases {
            links[edge.to].entry(edge.relation.reverse()).or_default().push(edge.from);
        }
    }
    let mut out = String::new();
    let mut current = None;
    for (at, node) in report.nodes.iter().enumerate() {
        let title = group(node);
        if current != Some(title) {
            let blank = if current.is_some() { "\n" } else { "" };
            let own = if node.class == Class::Namespace { behind(node) } else { String::new() };
            let _ = writeln!(out, "{blank}{title}{own}");
            current = Some(title);
        }
        if node.class != Class::Namespace {
            let _ = writeln!(out, "  {} {}{}", node.kind, node.name, behind(node));
        }
        remarks(node, &mut out);
        for (relation, others) in &mut links[at] {
            others.sort_unstable();
            others.dedup();
            let names: Vec<String> = others.iter().take(MOST).map(|other| named(report, node, *other)).collect();
            let more = match others.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let _ = writeln!(out, "    {relation}: {}{more}", names.join(", "));
        }
    }
    if !report.elsewhere.is_empty() {
        let count = report.elsewhere.len();
        let what = if count == 1 { "finding concerns" } else { "findings concern" };
        let _ = writeln!(out, "\n{count} {what} nothing that is in the graph; `tidegate lint` tells them");
    }
    let blank = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{blank}{}", report.counts());
    out
}

/// What follows a name: whether it is there, what is told of it, and where it is written.
fn behind(node: &Node) -> String {
    let mut out = match &node.presence {
        Presence::Written => String::new(),
        Presence::Made => " (made, not written)".to_owned(),
        Presence::Missing => " (missing)".to_owned(),
        Presence::Unknown(reason) => format!(" (unknown: {reason})"),
    };
    if !node.facts.is_empty() {
        let facts: Vec<String> = node.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let _ = write!(out, "  {}", facts.join(", "));
    }
    if let Some(at) = node.places.first() {
        let _ = write!(out, "  {}:{}", at.file, at.line);
    }
    out
}

fn remarks(node: &Node, out: &mut String) {
    for remark in node.findings.iter().filter(|remark| remark.severity >= Severity::Warning) {
        let (severity, rule) = (remark.severity.name(), remark.rule);
        let _ = writeln!(out, "    {severity}[{rule}]: {}", remark.message);
    }
}

/// How a node is named beside `node`: with its namespace where that is another one.
fn named(report: &GraphReport, node: &Node, other: usize) -> String {
    let other = &report.nodes[other];
    match &other.namespace {
        Some(namespace) if group(node) != namespace => format!("{} {namespace}/{}", other.kind, other.name),
        _ => format!("{} {}", other.kind, other.name),
    }
}
