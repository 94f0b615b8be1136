//! The report of tidegate itself, version 1: every finding, every open question, in a stable order.

use super::{View, summary};
use crate::finding::{Finding, Fix, Label, ObjectName, Place, Severity, Summary};
use crate::source::{Sources, Span};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

/// Raised when a field changes its meaning or goes away; a new field does not raise it.
const VERSION: u32 = 1;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &Report::new(view))?;
    writeln!(out)?;
    out.flush()
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    summary: Counts<'a>,
    findings: Vec<Entry<'a>>,
    undecided: Vec<Question<'a>>,
    failures: Vec<NotChecked<'a>>,
}

impl<'a> Report<'a> {
    fn new(view: &View<'a>) -> Report<'a> {
        let outcome = view.outcome;
        let sources = view.texts.sources;
        Report {
            version: VERSION,
            summary: Counts::new(view),
            findings: outcome.findings.iter().map(|finding| Entry::new(view, finding)).collect(),
            undecided: outcome
                .undecided
                .iter()
                .map(|question| Question {
                    rule: question.rule,
                    file: sources.name(question.span.source),
                    line: sources[question.span.source].position(question.span.start).line,
                    reason: &question.reason,
                })
                .collect(),
            failures: outcome
                .failures
                .iter()
                .map(|failure| NotChecked { file: &failure.path, message: &failure.message })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct Counts<'a> {
    files: usize,
    documents: usize,
    resources: usize,
    targets: &'a [String],
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    #[serde(rename = "heldBack")]
    held_back: usize,
    outdated: usize,
    undecided: usize,
    versions: Versions<'a>,
}

#[derive(Serialize)]
struct Versions<'a> {
    kubernetes: &'a str,
    cnpg: &'a str,
}

impl<'a> Counts<'a> {
    fn new(view: &View<'a>) -> Counts<'a> {
        let outcome = view.outcome;
        let summary = &outcome.summary;
        Counts {
            files: summary.files,
            documents: summary.documents,
            resources: summary.resources,
            targets: &summary.targets,
            errors: Summary::count(&outcome.findings, Severity::Error),
            warnings: Summary::count(&outcome.findings, Severity::Warning),
            notes: Summary::count(&outcome.findings, Severity::Note),
            suppressed: summary.suppressed,
            held_back: summary.held_back.as_ref().map_or(0, |held_back| held_back.findings),
            outdated: summary.held_back.as_ref().map_or(0, |held_back| held_back.outdated.len()),
            undecided: outcome.undecided.len(),
            versions: Versions { kubernetes: &summary.versions.kubernetes, cnpg: &summary.versions.cnpg },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    rule: &'a str,
    code: &'a str,
    severity: &'static str,
    confidence: &'static str,
    category: &'static str,
    message: &'a str,
    #[serde(flatten)]
    range: TextRange<'a>,
    pointer: &'a str,
    places: Vec<Holds<'a>>,
    related: Vec<Related<'a>>,
    notes: &'a [String],
    help: String,
    url: Cow<'static, str>,
    fixes: Vec<Change<'a>>,
    fingerprint: &'a str,
}

impl<'a> Entry<'a> {
    fn new(view: &View<'a>, finding: &'a Finding) -> Entry<'a> {
        let sources = view.texts.sources;
        Entry {
            rule: finding.rule,
            code: finding.code,
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            category: finding.category.name(),
            message: &finding.message,
            range: TextRange::new(sources, finding.primary.span),
            pointer: &finding.pointer,
            places: finding.places.iter().map(Holds::new).collect(),
            related: finding.related.iter().map(|label| Related::new(sources, label)).collect(),
            notes: &finding.notes,
            help: summary::helps(finding).collect::<Vec<_>>().join("\n"),
            url: (view.rule_docs)(finding.rule).url,
            fixes: finding.fixes.iter().map(|fix| Change::new(sources, fix)).collect(),
            fingerprint: &finding.fingerprint,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextRange<'a> {
    file: Cow<'a, str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> TextRange<'a> {
    pub(super) fn new(sources: &'a Sources, span: Span) -> TextRange<'a> {
        let source = &sources[span.source];
        let (start, end) = (source.position(span.start), source.position(span.end));
        TextRange {
            file: sources.name(span.source),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

#[derive(Serialize)]
struct Holds<'a> {
    target: Option<&'a str>,
    resource: Option<Object<'a>>,
}

impl<'a> Holds<'a> {
    fn new(place: &'a Place) -> Holds<'a> {
        Holds { target: place.target.as_deref(), resource: place.resource.as_ref().map(Object::new) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> Object<'a> {
    fn new(object: &'a ObjectName) -> Object<'a> {
        Object {
            api_version: &object.api_version,
            kind: &object.kind,
            namespace: object.namespace.as_deref(),
            name: &object.name,
        }
    }
}

#[derive(Serialize)]
struct Related<'a> {
    file: Cow<'a, str>,
    line: u32,
    column: u32,
    message: &'a str,
    /// The state that the label lies in, where that is another one: a git revision, or a path; null for the state that was checked.
    revision: Option<&'a str>,
}

impl<'a> Related<'a> {
    fn new(sources: &'a Sources, label: &'a Label) -> Related<'a> {
        let start = sources[label.span.source].position(label.span.start);
        let file = sources.name(label.span.source);
        let revision = sources[label.span.source].revision();
        Related { file, line: start.line, column: start.column, message: &label.text, revision }
    }
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    file: Cow<'a, str>,
    start: u32,
    end: u32,
    text: &'a str,
}

impl<'a> Change<'a> {
    fn new(sources: &'a Sources, fix: &'a Fix) -> Change<'a> {
        let edits = fix.edits.iter().map(|edit| Replacement {
            file: sources.name(edit.span.source),
            start: edit.span.start,
            end: edit.span.end,
            text: &edit.text,
        });
        Change { title: &fix.title, safe: fix.safe, edits: edits.collect() }
    }
}

#[derive(Serialize)]
struct Question<'a> {
    rule: &'a str,
    file: Cow<'a, str>,
    line: u32,
    reason: &'a str,
}

#[derive(Serialize)]
struct NotChecked<'a> {
    file: &'a str,
    message: &'a str,
}
