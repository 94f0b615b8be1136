//! The connections as a table and as graphs that other programs draw.

use super::{ReachReport, Verdict};
use crate::report::escape;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Comma-separated values, with a header.
pub(super) fn csv(report: &ReachReport) -> String {
    let mut out = String::new();
    if let Some(changes) = &report.changes {
        out.push_str("target,change,src,dst,before,after\n");
        for row in changes {
            record(
                &mut out,
                &[row.target.as_deref().unwrap_or(""), row.change, &row.src, &row.dst, &row.before, &row.after],
            );
        }
        return out;
    }
    out.push_str("target,src,dst,ports,verdict\n");
    for row in &report.connections {
        record(&mut out, &[row.target.as_deref().unwrap_or(""), &row.src, &row.dst, &row.ports, row.verdict.name()]);
    }
    out
}

fn record(out: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n']) {
            let _ = write!(out, "\"{}\"", field.replace('"', "\"\""));
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

/// Everybody by namespace; those outside have none.
pub(super) fn by_namespace(report: &ReachReport) -> BTreeMap<Option<&str>, BTreeSet<&str>> {
    let mut all: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    let known: BTreeMap<&str, &str> =
        report.nodes.iter().map(|node| (node.title.as_str(), node.namespace.as_str())).collect();
    for node in &report.nodes {
        all.entry(Some(&node.namespace)).or_default().insert(&node.title);
    }
    let drawn = report.connections.iter().filter(|row| row.verdict != Verdict::Denied);
    let ends = drawn.flat_map(|row| [&*row.src, &*row.dst]);
    let ends = ends.chain(report.blocked.iter().flat_map(|row| [row.src.as_str(), &row.dst]));
    for end in ends.filter(|end| !known.contains_key(end)) {
        all.entry(None).or_default().insert(end);
    }
    all
}

/// What stands behind the namespace in a title.
fn short(title: &str) -> &str {
    title.split_once('/').filter(|_| !title.ends_with("[External]")).map_or(title, |(_, name)| name)
}

/// A graph for Graphviz: a box for each namespace.
pub(super) fn dot(report: &ReachReport) -> String {
    let quoted = escape::dot;
    let databases: BTreeSet<&str> =
        report.nodes.iter().filter(|node| node.database).map(|node| node.title.as_str()).collect();
    let mut out = String::from("digraph reach {\n  rankdir=LR;\n  node [shape=box];\n");
    for (number, (namespace, titles)) in by_namespace(report).into_iter().enumerate() {
        let indent = if let Some(name) = namespace {
            let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(name));
            "    "
        } else {
            "  "
        };
        for title in titles {
            let shape = if databases.contains(title) { ", shape=cylinder" } else { "" };
            let _ = writeln!(out, "{indent}{} [label={}{shape}];", quoted(title), quoted(short(title)));
        }
        if namespace.is_some() {
            out.push_str("  }\n");
        }
    }
    for row in report.connections.iter().filter(|row| row.verdict != Verdict::Denied) {
        let style = if row.verdict == Verdict::Unknown { ", style=dotted" } else { "" };
        let _ = writeln!(out, "  {} -> {} [label={}{style}];", quoted(&row.src), quoted(&row.dst), quoted(&row.ports));
    }
    for row in &report.blocked {
        let label = quoted(&format!("blocked: {}", row.ports));
        let style = "style=dashed, color=red, fontcolor=red";
        let _ = writeln!(out, "  {} -> {} [label={label}, {style}];", quoted(&row.src), quoted(&row.dst));
    }
    out.push_str("}\n");
    out
}

/// A graph for Mermaid.
pub(super) fn mermaid(report: &ReachReport) -> String {
    let quoted = escape::mermaid;
    let databases: BTreeSet<&str> =
        report.nodes.iter().filter(|node| node.database).map(|node| node.title.as_str()).collect();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let all = by_namespace(report);
    let mut out = String::from("graph LR\n");
    for (group, (namespace, titles)) in all.iter().enumerate() {
        if let Some(name) = namespace {
            let _ = writeln!(out, "  subgraph g{group}[\"{}\"]", quoted(name));
        }
        for title in titles {
            let number = numbers.len();
            numbers.insert(title, number);
            let (open, close) = if databases.contains(title) { ("[(", ")]") } else { ("[", "]") };
            let _ = writeln!(out, "    n{number}{open}\"{}\"{close}", quoted(short(title)));
        }
        if namespace.is_some() {
            out.push_str("  end\n");
        }
    }
    let number = |title: &str| numbers.get(title).copied().unwrap_or_default();
    for row in report.connections.iter().filter(|row| row.verdict != Verdict::Denied) {
        let arrow = if row.verdict == Verdict::Unknown { "-.->" } else { "-->" };
        let _ = writeln!(out, "  n{} {arrow}|\"{}\"| n{}", number(&row.src), quoted(&row.ports), number(&row.dst));
    }
    for row in &report.blocked {
        let _ = writeln!(out, "  n{} --x|\"blocked: {}\"| n{}", number(&row.src), quoted(&row.ports), number(&row.dst));
    }
    out
}
