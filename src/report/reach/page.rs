//! A page with the picture and all lines, complete in itself: it asks nobody for anything.

use super::{ReachReport, Verdict, picture};
use crate::report::escape::html as escaped;
use std::fmt::Write;

const STYLES: &str = "\
:root{color-scheme:light dark}\
body{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;margin:24px;color:#1f2933;background:#fff}\
h1{font-size:20px}h2{font-size:16px;margin-top:28px}svg{max-width:100%;height:auto;border:1px solid #e4e7eb}\
table{border-collapse:collapse;font-size:13px}td,th{text-align:left;padding:3px 12px 3px 0;\
border-bottom:1px solid #e4e7eb;vertical-align:top;overflow-wrap:anywhere}.unknown td{color:#6b5d12}.stopped td{color:#b42318}\
input{font-size:14px;padding:4px 8px;width:320px}::placeholder{color:#4c5a68;opacity:1}\
:focus-visible{outline:3px solid #0b5cad;outline-offset:2px}\
@media (prefers-color-scheme:dark){body{color:#e7ecf1;background:#10151a}svg{border-color:#3a4653}\
svg>rect:first-of-type{fill:#10151a}body text{fill:#e7ecf1}body .ns{fill:#161d24;stroke:#3a4653}\
body .card{fill:#1b232b;stroke:#3a4653}body .db{fill:#1c3550;stroke:#7cb8f5}body .ca{fill:#1c3a28;stroke:#5fae7b}\
body .cu{fill:#39331a;stroke:#c9b35c}body .cb{fill:#4a1d1d;stroke:#ff9d97}body .ea{stroke:#6cc48d}\
body .eu{stroke:#c9b35c}body .eb{stroke:#ff8d86}td,th{border-color:#3a4653}.unknown td{color:#e3cf80}\
.stopped td{color:#ff9d97}::placeholder{color:#c3ccd5}:focus-visible{outline-color:#7cb8f5}}";

/// Shows the lines that hold what is typed.
const SCRIPT: &str = "\
document.getElementById('filter').addEventListener('input',function(event){\
var word=event.target.value.toLowerCase(),rows=document.querySelectorAll('tr.row'),shown=0;\
rows.forEach(function(row){row.hidden=row.textContent.toLowerCase().indexOf(word)<0;if(!row.hidden)shown++;});\
document.getElementById('shown').textContent=word?shown+' of '+rows.length+' lines':'';});";

/// A row of a table: how it looks, the target it is in, and what it says.
struct Row<'r> {
    class: &'static str,
    target: Option<&'r str>,
    cells: Vec<&'r str>,
}

/// A table, with a column for the target where there are several.
fn table<'r>(out: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Row<'r>>) {
    let rows: Vec<Row<'r>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let several = rows.iter().any(|row| row.target.is_some());
    let _ = write!(out, "<h2>{}</h2>\n<table><tr>", escaped(title));
    for cell in several.then_some("target").iter().chain(head) {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(cell));
    }
    out.push_str("</tr>\n");
    for Row { class, target, cells } in rows {
        let _ = write!(out, "<tr class=\"row {class}\">");
        for cell in several.then_some(target.unwrap_or_default()).into_iter().chain(cells) {
            let _ = write!(out, "<td>{}</td>", escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

pub(super) fn print(report: &ReachReport) -> String {
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Who may reach whom</title>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\n",
    );
    let _ = write!(out, "<style>{STYLES}</style></head><body>\n<h1>Who may reach whom</h1>\n");
    out.push_str(&picture::print(report));
    out.push_str(
        "<p><input id=\"filter\" placeholder=\"show lines with …\" aria-label=\"Show lines with\"> \
         <span id=\"shown\" role=\"status\"></span></p>\n",
    );
    tables(report, &mut out);
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body></html>\n");
    out
}

fn tables(report: &ReachReport, out: &mut String) {
    let stopped = report.blocked.iter().map(|row| Row {
        class: "stopped",
        target: row.target.as_deref(),
        cells: vec![&row.src, &row.dst, &row.ports, row.why],
    });
    table(out, "Needed by CloudNativePG, and stopped by policies", &["from", "to", "ports", "for"], stopped);
    let changes = report.changes.iter().flatten().map(|row| Row {
        class: "",
        target: row.target.as_deref(),
        cells: vec![row.change, &row.src, &row.dst, &row.before, &row.after],
    });
    table(out, "Changes", &["change", "from", "to", "before", "after"], changes);
    let connections = report.connections.iter().map(|row| Row {
        class: if row.verdict == Verdict::Unknown { "unknown" } else { "" },
        target: row.target.as_deref(),
        cells: vec![&row.src, &row.dst, &row.ports, row.verdict.name(), row.reason.as_deref().unwrap_or_default()],
    });
    table(out, "Connections", &["from", "to", "ports", "verdict", "why"], connections);
    let exposure = report.exposure.iter().flatten().map(|row| Row {
        class: "",
        target: row.target.as_deref(),
        cells: vec![&row.workload, row.direction, &row.peer, &row.ports],
    });
    table(out, "Exposure to pods that are not in this repo", &["workload", "direction", "peer", "ports"], exposure);
    let open = report.unprotected.iter();
    let open = open.map(|(workload, direction)| Row { class: "", target: None, cells: vec![workload, direction] });
    table(out, "Workloads that no policy isolates", &["workload", "direction"], open);
    let places: Vec<String> = report
        .problems
        .iter()
        .map(|problem| match problem.line {
            0 => problem.file.clone(),
            line => format!("{}:{line}", problem.file),
        })
        .collect();
    let problems = report.problems.iter().zip(&places);
    let problems =
        problems.map(|(problem, place)| Row { class: "", target: None, cells: vec![place, &problem.message] });
    table(out, "Problems", &["place", "what"], problems);
}
