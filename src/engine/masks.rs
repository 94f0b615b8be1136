//! Which bytes must not be shown of the texts that a run speaks of.

use crate::finding::Outcome;
use crate::graph::{credential, secret_scan, sops};
use crate::manifest::Manifests;
use crate::rule::World;
use crate::source::{Masks, SourceId, Sources, Span};
use crate::yaml::{Dialect, File, Kind, Step, Value, Visit, walk};
use std::collections::BTreeSet;

/// The masks of every source that a finding, a fix or a question lies in.
pub(super) fn of(sources: &Sources, states: [Option<&World<'_>>; 2], outcome: &Outcome) -> Masks {
    let mut wanted: BTreeSet<SourceId> = outcome.undecided.iter().map(|question| question.span.source).collect();
    for finding in &outcome.findings {
        wanted.extend(finding.labels().map(|label| label.span.source));
        wanted.extend(finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span.source));
    }
    let mut spans = Vec::new();
    for state in states.into_iter().flatten() {
        of_state(state.manifests, &mut wanted, &mut spans);
    }
    for source in wanted {
        beside(source, sources, &mut spans);
    }
    Masks::new(sources, spans)
}

/// The masks of what is wanted of one state; that is then no longer wanted.
fn of_state<'w>(manifests: &'w Manifests<'w>, wanted: &mut BTreeSet<SourceId>, spans: &mut Vec<Span>) {
    for (at, parsed) in manifests.files.iter().enumerate() {
        if !wanted.remove(&parsed.file.source()) {
            continue;
        }
        secret_scan::visit(manifests, at, &mut |piece| {
            let question = piece.question(false);
            spans.extend(credential::mask_ranges(&question).into_iter().map(|range| piece.span_of(range)));
        });
        for root in sops::roots(parsed) {
            secret_values(root, spans);
        }
        if let Some(twin) = sops::twin(manifests, at) {
            spans.extend(twin.readable.into_iter().map(Value::span));
        }
        if parsed.file.documents().iter().any(|document| !document.is_readable()) {
            broken_lines(parsed.file, spans);
        }
    }
}

/// A text that only a kustomization names: data of a generator, or a manifest that git ignores.
fn beside(id: SourceId, sources: &Sources, spans: &mut Vec<Span>) {
    let source = &sources[id];
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let is_name = |key: &str| !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || c == ':' || c == '#');
        if let Some((key, _)) = line.split_once('=').filter(|(key, _)| is_name(key.trim())) {
            let (begin, end) = (start + key.len() + 1, start + line.trim_end().len());
            spans.push(Span::new(id, begin as u32..end.max(begin) as u32));
        }
        start += line.len();
    }
    let file = crate::yaml::parse(id, source.shared_text());
    for root in file.documents().iter().filter_map(|document| document.root) {
        secret_values(Value::new(&file, root, Dialect::Kubectl), spans);
    }
    broken_lines(&file, spans);
}

/// Every readable value of a Secret, be it text, base64 or neither.
fn secret_values(root: Value<'_>, spans: &mut Vec<Span>) {
    let kind = root.get("kind").and_then(Value::as_str).unwrap_or_default();
    let objects: Vec<Value<'_>> = match root.get("items").filter(|_| kind.ends_with("List")) {
        Some(items) => items.items().collect(),
        None => vec![root],
    };
    for object in objects.into_iter().filter(|object| object.get("kind").and_then(Value::as_str) == Some("Secret")) {
        for field in ["data", "stringData"] {
            let Some(data) = object.get(field) else { continue };
            walk(data, &mut |_: &[Step<'_>], value| {
                let text = value.raw().unwrap_or_default();
                let open = !sops::is_encrypted(value) && !credential::is_reference(text);
                if open && !text.is_empty() && value.kind() != Kind::Null {
                    spans.push(value.span());
                }
                Visit::Into
            });
        }
    }
}

/// A document that broke has values no walk meets: its lines are looked at as they stand.
fn broken_lines(file: &File, spans: &mut Vec<Span>) {
    let mut start = 0;
    for line in file.text().split_inclusive('\n') {
        if let Some((key, value)) = line.split_once(':') {
            let key = key.trim_matches([' ', '-', '"', '\'']);
            let question = credential::Question {
                key,
                parents: &[],
                value: value.trim(),
                setting: credential::Setting::Field,
                example: false,
                object_kind: None,
                object_name: None,
            };
            if credential::must_mask(&question) {
                let end = start + line.trim_end().len();
                let begin = end - value.trim().len();
                spans.push(Span::new(file.source(), begin as u32..end as u32));
            }
        }
        start += line.len();
    }
}
