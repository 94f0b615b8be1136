//! Which bytes must not be shown of the texts that a run speaks of.

use crate::finding::Outcome;
use crate::graph::credential::{Question, Setting, example_path, is_placeholder, is_reference, mask_ranges};
use crate::manifest::{Manifests, Parsed};
use crate::source::{Masks, SourceId, Sources, Span};
use crate::yaml::{Dialect, Step, Value, Visit, walk};
use std::collections::BTreeSet;

/// The masks of every source that a finding, a fix or a question lies in.
pub(super) fn of(sources: &Sources, manifests: &Manifests<'_>, outcome: &Outcome) -> Masks {
    let mut wanted: BTreeSet<SourceId> = outcome.undecided.iter().map(|question| question.span.source).collect();
    for finding in &outcome.findings {
        wanted.extend(finding.labels().map(|label| label.span.source));
        wanted.extend(finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span.source));
    }
    let mut spans = Vec::new();
    for parsed in manifests.files.iter().filter(|parsed| wanted.contains(&parsed.file.source())) {
        for document in parsed.file.documents() {
            if let Some(root) = document.root {
                document_masks(parsed, Value::new(parsed.file, root, Dialect::Kubectl), &mut spans);
            }
        }
    }
    Masks::new(sources, spans)
}

fn document_masks<'w>(parsed: &Parsed<'w>, root: Value<'w>, spans: &mut Vec<Span>) {
    let example = example_path(parsed.path);
    // Where a Secret begins: the document itself, or an item of a list.
    let mut secret: Option<usize> = None;
    walk(root, &mut |steps, value| {
        if secret.is_some_and(|depth| steps.len() < depth) {
            secret = None;
        }
        if value.is_mapping() && value.get("kind").and_then(Value::as_str) == Some("Secret") {
            secret = Some(steps.len());
        }
        let Some(raw) = value.raw() else { return Visit::Into };
        let in_secret = secret.is_some_and(|depth| {
            matches!(steps.get(depth), Some(Step::Key("data" | "stringData"))) && steps.len() > depth + 1
        });
        if in_secret {
            if !raw.is_empty() && !is_reference(raw) && !is_placeholder(raw) {
                spans.push(value.span());
            }
            return Visit::Into;
        }
        let keys: Vec<&str> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some(*key),
                Step::Index(_) => None,
            })
            .collect();
        let Some((key, parents)) = named(&keys, value, root, steps) else { return Visit::Into };
        let question = Question {
            key,
            parents,
            value: raw,
            setting: Setting::Field,
            example,
            object_kind: root.get("kind").and_then(Value::as_str),
            object_name: None,
        };
        for range in mask_ranges(&question) {
            spans.push(placed(value, raw, range));
        }
        Visit::Into
    });
}

/// The name a value goes by: its key, or for the `value` of a `name`/`value` pair the name.
fn named<'a, 'w>(
    keys: &'a [&'w str],
    value: Value<'w>,
    root: Value<'w>,
    steps: &[Step<'w>],
) -> Option<(&'w str, &'a [&'w str])> {
    let (last, parents) = keys.split_last()?;
    if *last != "value" || value.key().is_none() {
        return Some((last, parents));
    }
    let pair = steps[..steps.len() - 1].iter().try_fold(root, |at, step| match step {
        Step::Key(key) => at.get(key),
        Step::Index(index) => at.items().nth(*index),
    });
    let name = pair.and_then(|pair| pair.get("name")).and_then(Value::as_str);
    Some((name.unwrap_or(last), parents))
}

/// The bytes of a part of a value; all of it where the source holds the value in another form.
fn placed(value: Value<'_>, raw: &str, range: std::ops::Range<usize>) -> Span {
    let span = value.span();
    let written = &value.file().text()[span.range()];
    let offset = match written.strip_prefix(['"', '\'']).and_then(|inner| inner.strip_suffix(['"', '\''])) {
        Some(inner) if inner == raw => 1,
        _ if written == raw => 0,
        _ => return span,
    };
    let start = span.start + offset;
    Span { start: start + range.start as u32, end: start + range.end as u32, ..span }
}
