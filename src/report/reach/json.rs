//! The connections for programs.

use super::ReachReport;
use serde::Serialize;

#[derive(Serialize)]
struct Report<'r> {
    connections: Vec<Row<'r>>,
    exposure: Vec<Exposed<'r>>,
    unprotected: Vec<Unprotected<'r>>,
    problems: Vec<Problem<'r>>,
    changes: Vec<Change<'r>>,
    blocked: Vec<Blocked<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<Told<'r>>>,
}

#[derive(Serialize)]
struct Row<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'r str>,
    src: &'r str,
    dst: &'r str,
    ports: &'r str,
    verdict: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
}

#[derive(Serialize)]
struct Exposed<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'r str>,
    workload: &'r str,
    direction: &'r str,
    peer: &'r str,
    ports: &'r str,
    verdict: &'r str,
}

#[derive(Serialize)]
struct Unprotected<'r> {
    workload: &'r str,
    direction: &'r str,
}

#[derive(Serialize)]
struct Problem<'r> {
    file: &'r str,
    line: u32,
    message: &'r str,
}

#[derive(Serialize)]
struct Change<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'r str>,
    change: &'r str,
    src: &'r str,
    dst: &'r str,
    before: &'r str,
    after: &'r str,
}

#[derive(Serialize)]
struct Blocked<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'r str>,
    src: &'r str,
    dst: &'r str,
    ports: &'r str,
    why: &'r str,
}

#[derive(Serialize)]
struct Told<'r> {
    depth: usize,
    text: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

pub(super) fn print(report: &ReachReport) -> String {
    let connections = report.connections.iter().map(|row| Row {
        target: row.target.as_deref(),
        src: &row.src,
        dst: &row.dst,
        ports: &row.ports,
        verdict: row.verdict.name(),
        reason: row.reason.as_deref(),
    });
    let exposure = report.exposure.iter().flatten().map(|row| Exposed {
        target: row.target.as_deref(),
        workload: &row.workload,
        direction: row.direction,
        peer: &row.peer,
        ports: &row.ports,
        verdict: row.verdict.name(),
    });
    let unprotected = report.unprotected.iter().map(|(workload, direction)| Unprotected { workload, direction });
    let problems = report.problems.iter().map(|problem| Problem {
        file: &problem.file,
        line: problem.line,
        message: &problem.message,
    });
    let changes = report.changes.iter().flatten().map(|row| Change {
        target: row.target.as_deref(),
        change: row.change,
        src: &row.src,
        dst: &row.dst,
        before: &row.before,
        after: &row.after,
    });
    let blocked = report.blocked.iter().map(|row| Blocked {
        target: row.target.as_deref(),
        src: &row.src,
        dst: &row.dst,
        ports: &row.ports,
        why: row.why,
    });
    let explanation = report.explanation.as_ref().map(|lines| {
        let told = lines.iter().map(|told| Told {
            depth: told.depth,
            text: &told.text,
            file: told.place.as_ref().map(|(file, _)| file.as_str()),
            line: told.place.as_ref().map(|(_, line)| *line),
        });
        told.collect()
    });
    let whole = Report {
        connections: connections.collect(),
        exposure: exposure.collect(),
        unprotected: unprotected.collect(),
        problems: problems.collect(),
        changes: changes.collect(),
        blocked: blocked.collect(),
        explanation,
    };
    let mut text = serde_json::to_string_pretty(&whole).expect("internal: texts and numbers are always JSON");
    text.push('\n');
    text
}
