//! A page with the picture and all lines, complete in itself: it asks nobody for anything.

use super::{ReachReport, Verdict, picture};
use std::fmt::Write;

const STYLES: &str = "\
body{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;margin:24px;color:#1f2933}\
h1{font-size:20px}h2{font-size:16px;margin-top:28px}svg{max-width:100%;height:auto;border:1px solid #e4e7eb}\
table{border-collapse:collapse;font-size:13px}td,th{text-align:left;padding:3px 12px 3px 0;\
border-bottom:1px solid #e4e7eb;vertical-align:top}.unknown td{color:#7c6d1f}.stopped td{color:#c53030}\
input{font-size:14px;padding:4px 8px;width:320px}";

/// Shows the lines that hold what is typed.
const SCRIPT: &str = "\
document.getElementById('filter').addEventListener('input',function(event){\
var word=event.target.value.toLowerCase();\
document.querySelectorAll('tr.row').forEach(function(row){\
row.style.display=row.textContent.toLowerCase().indexOf(word)<0?'none':'';});});";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn table<'c>(out: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = (&'c str, Vec<String>)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(out, "<h2>{}</h2>\n<table><tr>", escaped(title));
    for cell in head {
        let _ = write!(out, "<th>{}</th>", escaped(cell));
    }
    out.push_str("</tr>\n");
    for (class, cells) in rows {
        let _ = write!(out, "<tr class=\"row {class}\">");
        for cell in cells {
            let _ = write!(out, "<td>{}</td>", escaped(&cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

pub(super) fn print(report: &ReachReport) -> String {
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Who may reach whom</title>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\n",
    );
    let _ = write!(out, "<style>{STYLES}</style></head><body>\n<h1>Who may reach whom</h1>\n");
    out.push_str(&picture::print(report));
    out.push_str("<p><input id=\"filter\" placeholder=\"show lines with …\" aria-label=\"filter\"></p>\n");
    let stopped = report
        .blocked
        .iter()
        .map(|row| ("stopped", vec![row.src.clone(), row.dst.clone(), row.ports.clone(), row.why.to_owned()]));
    table(&mut out, "Needed by CloudNativePG, and stopped by policies", &["from", "to", "ports", "for"], stopped);
    let changes = report.changes.iter().flatten().map(|row| {
        ("", vec![row.change.to_owned(), row.src.clone(), row.dst.clone(), row.before.clone(), row.after.clone()])
    });
    table(&mut out, "Changes", &["change", "from", "to", "before", "after"], changes);
    let connections = report.connections.iter().map(|row| {
        let class = if row.verdict == Verdict::Unknown { "unknown" } else { "" };
        let why = row.reason.as_deref().unwrap_or_default();
        (class, [&*row.src, &row.dst, &row.ports, row.verdict.name(), why].map(str::to_owned).to_vec())
    });
    table(&mut out, "Connections", &["from", "to", "ports", "verdict", "why"], connections);
    let exposure = report
        .exposure
        .iter()
        .flatten()
        .map(|row| ("", vec![row.workload.clone(), row.direction.to_owned(), row.peer.clone(), row.ports.clone()]));
    table(
        &mut out,
        "Exposure to pods that are not in this repo",
        &["workload", "direction", "peer", "ports"],
        exposure,
    );
    let problems = report
        .problems
        .iter()
        .map(|problem| ("", vec![format!("{}:{}", problem.file, problem.line), problem.message.clone()]));
    table(&mut out, "Problems", &["place", "what"], problems);
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body></html>\n");
    out
}
