//! The connections as lines.

use super::{ReachReport, Told, Verdict};
use std::fmt::Write;

pub(super) fn print(report: &ReachReport) -> String {
    let mut out = String::new();
    if let Some(explanation) = &report.explanation {
        explain(explanation, &mut out);
        return out;
    }
    match &report.changes {
        Some(_) => changes(report, &mut out),
        None => connections(report, &mut out),
    }
    exposure(report, &mut out);
    blocked(report, &mut out);
    out
}

/// A line; writing to a text does not fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{text}");
}

/// Starts a part where its target is another one.
fn target<'t>(out: &mut String, current: &mut Option<&'t str>, target: Option<&'t str>) {
    if *current != target
        && let Some(name) = target
    {
        line(out, format_args!("# target {name}"));
    }
    *current = target;
}

fn connections(report: &ReachReport, out: &mut String) {
    let mut current = None;
    for row in &report.connections {
        target(out, &mut current, row.target.as_deref());
        let unknown = match (row.verdict, &row.reason) {
            (Verdict::Allowed | Verdict::Denied, _) => String::new(),
            (Verdict::Unknown, Some(reason)) => format!("  (unknown: {reason})"),
            (Verdict::Unknown, None) => "  (unknown)".to_owned(),
        };
        line(out, format_args!("{} => {} : {}{unknown}", row.src, row.dst, row.ports));
    }
}

fn changes(report: &ReachReport, out: &mut String) {
    let mut current = None;
    for row in report.changes.iter().flatten() {
        target(out, &mut current, row.target.as_deref());
        line(out, format_args!("{:7} {} => {} : {}, was {}", row.change, row.src, row.dst, row.after, row.before));
    }
}

fn exposure(report: &ReachReport, out: &mut String) {
    let Some(exposed) = &report.exposure else { return };
    line(out, format_args!("\nExposure to pods that are not in this repo:"));
    let mut current = None;
    for row in exposed {
        target(out, &mut current, row.target.as_deref());
        let arrow = if row.direction == "ingress" { "<=" } else { "=>" };
        let unknown = if row.verdict == Verdict::Unknown { "  (unknown)" } else { "" };
        line(out, format_args!("{} {arrow} {} : {}{unknown}", row.workload, row.peer, row.ports));
    }
    if !report.unprotected.is_empty() {
        line(out, format_args!("\nWorkloads that no policy isolates:"));
        for (workload, direction) in &report.unprotected {
            line(out, format_args!("{workload} on {direction}"));
        }
    }
}

fn blocked(report: &ReachReport, out: &mut String) {
    if report.blocked.is_empty() {
        return;
    }
    line(out, format_args!("\nNeeded by CloudNativePG, and stopped by policies:"));
    let mut current = None;
    for row in &report.blocked {
        target(out, &mut current, row.target.as_deref());
        line(out, format_args!("{} => {} : {} ({})", row.src, row.dst, row.ports, row.why));
    }
}

fn explain(explanation: &[Told], out: &mut String) {
    for told in explanation {
        let indent = "  ".repeat(told.depth);
        match &told.place {
            Some((file, number)) => line(out, format_args!("{indent}{}  ({file}:{number})", told.text)),
            None => line(out, format_args!("{indent}{}", told.text)),
        }
    }
}
