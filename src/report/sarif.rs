//! SARIF 2.1.0, as code scanning services read it. No snippet of a source is ever in it.

use super::View;
use crate::finding::{Edit, Finding, Fix, Label, Outcome, Place, Severity};
use crate::source::{SourceId, Sources, Span};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The base of all paths: services take it for the root of the repository.
const ROOT: &str = "%SRCROOT%";

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let ids: BTreeSet<&str> = view.outcome.findings.iter().map(|finding| finding.rule).collect();
    let indices: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let sources = view.texts.sources;
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({"driver": driver(ids.iter().map(|id| rule(view, id)).collect())}),
            invocations: [invocation(sources, view.outcome)],
            column_kind: "unicodeCodePoints",
            results: view.outcome.findings.iter().map(|finding| SarifResult::new(view, &indices, finding)).collect(),
        }],
    };
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &log)?;
    writeln!(out)?;
    out.flush()
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    invocations: [Value; 1],
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
}

fn driver(rules: Vec<Value>) -> Value {
    let mut driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    // The schema wants a URI or nothing, and a package need not say where it lives.
    if let Some(home) = [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")].iter().find(|uri| !uri.is_empty()) {
        driver["informationUri"] = json!(home);
    }
    driver
}

fn rule(view: &View<'_>, id: &str) -> Value {
    let docs = (view.rule_docs)(id);
    let mut rule = json!({
        "id": id,
        "shortDescription": {"text": docs.summary},
        "fullDescription": {"text": docs.text},
        "help": {"text": docs.text, "markdown": docs.text},
        "defaultConfiguration": {"level": level(docs.severity)},
        "properties": {"tags": [docs.category.name()]},
    });
    if !docs.url.is_empty() {
        rule["helpUri"] = json!(docs.url);
    }
    rule
}

/// What could not be checked is a notification, for a report without it would look complete.
fn invocation(sources: &Sources, outcome: &Outcome) -> Value {
    let failures = outcome.failures.iter().map(|failure| {
        let mut note = json!({"level": "error", "message": {"text": failure.message}});
        if !failure.path.is_empty() {
            note["locations"] = json!([{"physicalLocation": {"artifactLocation": artifact(&failure.path)}}]);
        }
        note
    });
    let open = outcome.undecided.iter().map(|question| {
        json!({
            "level": "note",
            "message": {"text": format!("{}: undecided: {}", question.rule, question.reason)},
            "locations": [{"physicalLocation": physical(sources, question.span)}],
        })
    });
    json!({
        "executionSuccessful": outcome.failures.is_empty(),
        "toolExecutionNotifications": failures.chain(open).collect::<Vec<_>>(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    partial_fingerprints: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
    properties: Value,
}

impl<'a> SarifResult<'a> {
    fn new(view: &View<'_>, indices: &BTreeMap<&str, usize>, finding: &'a Finding) -> SarifResult<'a> {
        let sources = view.texts.sources;
        let mut location = json!({"physicalLocation": physical(sources, finding.primary.span)});
        let objects = objects(&finding.places);
        if !objects.is_empty() {
            location["logicalLocations"] = json!(objects);
        }
        let related = finding.related.iter().enumerate().map(|(at, label)| related(sources, at + 1, label));
        SarifResult {
            rule_id: finding.rule,
            rule_index: indices.get(finding.rule).copied().unwrap_or_default(),
            level: level(finding.severity),
            message: json!({"text": message(finding)}),
            locations: [location],
            related_locations: related.collect(),
            partial_fingerprints: json!({"tidegate/v1": finding.fingerprint}),
            fixes: finding.fixes.iter().filter(|fix| !fix.edits.is_empty()).map(|fix| change(sources, fix)).collect(),
            properties: json!({
                "code": finding.code,
                "confidence": finding.confidence.name(),
                "targets": finding.places.iter().filter_map(|place| place.target.as_deref()).collect::<BTreeSet<_>>(),
            }),
        }
    }
}

/// The fact, then what to do: services show this text and little else.
fn message(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for help in &finding.helps {
        let _ = write!(text, "\nhelp: {help}");
    }
    text
}

/// The objects a finding holds for, each once, however many targets have it.
fn objects(places: &[Place]) -> Vec<Value> {
    let objects: BTreeSet<_> = places.iter().filter_map(|place| place.resource.as_ref()).collect();
    let named = objects.into_iter().map(|object| {
        let namespace = object.namespace.as_deref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let full = format!("{namespace}{}/{}", object.kind, object.name);
        json!({"name": object.name, "fullyQualifiedName": full, "kind": "resource"})
    });
    named.collect()
}

fn related(sources: &Sources, id: usize, label: &Label) -> Value {
    let mut location = json!({"id": id, "physicalLocation": physical(sources, label.span)});
    // A report of one run has no word for another state of a file.
    let text = match sources[label.span.source].revision() {
        Some(revision) => format!("{} (in {revision})", label.text),
        None => label.text.to_string(),
    };
    if !text.is_empty() {
        location["message"] = json!({"text": text});
    }
    location
}

fn change(sources: &Sources, fix: &Fix) -> Value {
    let mut by_source: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        by_source.entry(edit.span.source).or_default().push(edit);
    }
    let changes = by_source.into_iter().map(|(source, edits)| {
        let replacements = edits.into_iter().map(|edit| {
            json!({"deletedRegion": lines_and_columns(sources, edit.span), "insertedContent": {"text": edit.text}})
        });
        json!({
            "artifactLocation": artifact(&sources.name(source)),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    json!({"description": {"text": fix.title}, "artifactChanges": changes.collect::<Vec<_>>()})
}

fn physical(sources: &Sources, span: Span) -> Value {
    let mut region = lines_and_columns(sources, span);
    region["byteOffset"] = json!(span.start);
    region["byteLength"] = json!(span.end - span.start);
    json!({"artifactLocation": artifact(&sources.name(span.source)), "region": region})
}

/// A region as text. Replacements have no bytes beside it: with both, their content could be taken for binary.
fn lines_and_columns(sources: &Sources, span: Span) -> Value {
    let source = &sources[span.source];
    let (start, end) = (source.position(span.start), source.position(span.end));
    json!({"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column})
}

fn artifact(path: &str) -> Value {
    json!({"uri": uri(path), "uriBaseId": ROOT})
}

/// A path as a relative URI reference: every byte that is not plainly allowed is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let cases = [
            ("apps/shop/a.yaml", "apps/shop/a.yaml"),
            ("my apps/ü.yaml", "my%20apps/%C3%BC.yaml"),
            ("a:b/100%#?.yaml", "a%3Ab/100%25%23%3F.yaml"),
        ];
        for (path, expected) in cases {
            assert_eq!(uri(path), expected);
        }
    }
}
