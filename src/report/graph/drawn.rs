//! The graph for programs that draw: a box for each namespace.

use super::{Class, GraphReport, Node, Presence, group};
use crate::finding::Severity;
use crate::report::escape;
use std::fmt::Write;

/// The nodes of each group, by number, in order; the Namespace itself is the group.
fn groups(report: &GraphReport) -> Vec<(&str, Vec<usize>)> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (at, node) in report.nodes.iter().enumerate() {
        let title = group(node);
        match groups.last_mut().filter(|(last, _)| *last == title) {
            Some((_, members)) => members.push(at),
            None => groups.push((title, vec![at])),
        }
    }
    groups
}

fn worst(node: &Node) -> Option<Severity> {
    node.findings.iter().map(|finding| finding.severity).max()
}

/// What a box says: the kind, the name, and whether it is there.
fn words(node: &Node) -> String {
    let presence = match node.presence {
        Presence::Written | Presence::Made => String::new(),
        _ => format!(" ({})", node.presence.name()),
    };
    format!("{} {}{presence}", node.kind, node.name)
}

/// For Graphviz.
pub(super) fn dot(report: &GraphReport) -> String {
    let mut out = String::from("digraph resources {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    for (number, (title, members)) in groups(report).into_iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", escape::dot(title));
        for node in members.into_iter().map(|at| &report.nodes[at]) {
            let mut style = match node.class {
                Class::Cluster | Class::Pooler | Class::Database => ", shape=cylinder, style=\"\"",
                Class::Namespace => ", shape=folder, style=\"\"",
                Class::Secret | Class::Maker => ", shape=note, style=\"\"",
                _ => "",
            }
            .to_owned();
            match node.presence {
                Presence::Missing => style = ", style=dashed, color=red, fontcolor=red".into(),
                Presence::Unknown(_) => style = ", style=dotted".into(),
                _ => match worst(node) {
                    Some(Severity::Error) => style.push_str(", color=red"),
                    Some(Severity::Warning) => style.push_str(", color=orange"),
                    _ => {}
                },
            }
            let _ = writeln!(out, "    {} [label={}{style}];", escape::dot(&node.id), escape::dot(&words(node)));
        }
        out.push_str("  }\n");
    }
    for edge in report.links() {
        let (from, to) = (escape::dot(&report.nodes[edge.from].id), escape::dot(&report.nodes[edge.to].id));
        let style = if edge.sure { "" } else { ", style=dotted" };
        let _ = writeln!(out, "  {from} -> {to} [label={}{style}];", escape::dot(edge.relation.name()));
    }
    out.push_str("}\n");
    out
}

/// For Mermaid.
pub(super) fn mermaid(report: &GraphReport) -> String {
    let mut out = String::from("graph LR\n");
    let (mut missing, mut unknown, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (title, members)) in groups(report).into_iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{number}[\"{}\"]", escape::mermaid(title));
        for at in members {
            let node = &report.nodes[at];
            let (open, close) = match node.class {
                Class::Cluster | Class::Pooler | Class::Database => ("[(", ")]"),
                Class::Role => ("([", "])"),
                Class::Policy => ("{{", "}}"),
                _ => ("[", "]"),
            };
            let _ = writeln!(out, "    n{at}{open}\"{}\"{close}", escape::mermaid(&words(node)));
            match node.presence {
                Presence::Missing => missing.push(at),
                Presence::Unknown(_) => unknown.push(at),
                _ if worst(node) == Some(Severity::Error) => wrong.push(at),
                _ => {}
            }
        }
        out.push_str("  end\n");
    }
    for edge in report.links() {
        let arrow = if edge.sure { "-->" } else { "-.->" };
        let _ = writeln!(out, "  n{} {arrow}|\"{}\"| n{}", edge.from, edge.relation.name(), edge.to);
    }
    for (name, style, members) in [
        ("missing", "stroke:#c53030,stroke-dasharray:5 4", missing),
        ("unknown", "stroke-dasharray:2 3", unknown),
        ("wrong", "stroke:#c53030,stroke-width:2px", wrong),
    ] {
        if !members.is_empty() {
            let members: Vec<String> = members.iter().map(|at| format!("n{at}")).collect();
            let _ = writeln!(out, "  classDef {name} {style}\n  class {} {name}", members.join(","));
        }
    }
    out
}
