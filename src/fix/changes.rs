//! What edits do to the lines of a file, with secrets masked: hunks for a snippet, and unified diffs.

use super::plan::Plan;
use crate::finding::Edit;
use crate::source::{Masks, SourceId, Sources};
use std::fmt::Write as _;
use std::ops::Range;

/// Unchanged lines around a change in a unified diff.
const CONTEXT: usize = 3;

/// Lines next to each other that edits change, before and after, masked, with their line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first line, counted from 0.
    pub line: usize,
    /// The lines as they are.
    pub before: Vec<String>,
    /// The lines as they will be.
    pub after: Vec<String>,
}

/// The hunks of `edits`, which are sorted by start and all of `source`. Of edits that overlap the first counts.
pub fn hunks(sources: &Sources, masks: &Masks, source: SourceId, edits: &[Edit]) -> Vec<Hunk> {
    let text = &sources[source];
    let mut hunks = Vec::new();
    let mut rest = edits;
    while let Some(first) = rest.first() {
        let from = text.line_of(first.span.start);
        let mut to = text.line_of(first.span.end);
        let mut count = 1;
        while let Some(next) = rest.get(count).filter(|next| text.line_of(next.span.start) <= to) {
            to = to.max(text.line_of(next.span.end));
            count += 1;
        }
        let (these, others) = rest.split_at(count);
        rest = others;
        let start = text.line_starts()[from] as usize;
        let end = text.line_starts().get(to + 1).map_or(text.text().len(), |next| *next as usize);
        let before = masks.apply(sources, source, start..end);
        let after = edited(sources, masks, source, start..end, these);
        hunks.extend(trimmed(from, split(&before), split(&after)));
    }
    hunks
}

/// The plan as a unified diff. Secrets in it are masked, so that it is for reading, not for `patch`.
pub fn diff(sources: &Sources, masks: &Masks, plan: &Plan, name: &dyn Fn(SourceId) -> String) -> String {
    let mut out = String::new();
    for file in &plan.files {
        let hunks = hunks(sources, masks, file.source, &file.edits);
        if hunks.is_empty() {
            continue;
        }
        let name = name(file.source);
        let _ = writeln!(out, "--- {name}\n+++ {name}");
        write_hunks(&mut out, sources, masks, file.source, &hunks);
    }
    out
}

fn write_hunks(out: &mut String, sources: &Sources, masks: &Masks, source: SourceId, hunks: &[Hunk]) {
    let lines = line_count(sources, source);
    let mut shift: isize = 0;
    let mut rest = hunks;
    while let Some(first) = rest.first() {
        let mut count = 1;
        while rest.get(count).is_some_and(|next| next.line <= end_of(&rest[count - 1]) + 2 * CONTEXT) {
            count += 1;
        }
        let (group, others) = rest.split_at(count);
        rest = others;
        let from = first.line.saturating_sub(CONTEXT);
        let to = (end_of(&group[count - 1]) + CONTEXT).min(lines);
        let grown: isize = group.iter().map(|hunk| hunk.after.len() as isize - hunk.before.len() as isize).sum();
        let old = to - from;
        let new = (old as isize + grown) as usize;
        let new_from = (from as isize + shift) as usize;
        let _ = writeln!(out, "@@ -{} +{} @@", range(from, old), range(new_from, new));
        let mut at = from;
        for hunk in group {
            context(out, sources, masks, source, at..hunk.line);
            hunk.before.iter().for_each(|line| push(out, '-', line));
            hunk.after.iter().for_each(|line| push(out, '+', line));
            at = end_of(hunk);
        }
        context(out, sources, masks, source, at..to);
        shift += grown;
    }
}

fn end_of(hunk: &Hunk) -> usize {
    hunk.line + hunk.before.len()
}

/// A range in the header of a hunk; an empty one names the line before it.
fn range(from: usize, count: usize) -> String {
    match count {
        0 => format!("{from},0"),
        1 => format!("{}", from + 1),
        _ => format!("{},{count}", from + 1),
    }
}

fn context(out: &mut String, sources: &Sources, masks: &Masks, source: SourceId, lines: Range<usize>) {
    let text = &sources[source];
    for line in lines {
        let start = text.line_starts()[line] as usize;
        let end = text.line_starts().get(line + 1).map_or(text.text().len(), |next| *next as usize);
        push(out, ' ', &masks.apply(sources, source, start..end));
    }
}

fn push(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// How many lines a file has; an empty rest after the last line break is none.
fn line_count(sources: &Sources, source: SourceId) -> usize {
    let text = &sources[source];
    let starts = text.line_starts();
    if starts.last().copied() == Some(text.text().len() as u32) { starts.len() - 1 } else { starts.len() }
}

fn edited(sources: &Sources, masks: &Masks, source: SourceId, range: Range<usize>, edits: &[Edit]) -> String {
    let mut out = String::new();
    let mut at = range.start;
    for edit in edits {
        if (edit.span.start as usize) < at {
            continue;
        }
        out.push_str(&masks.apply(sources, source, at..edit.span.start as usize));
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(&masks.apply(sources, source, at..range.end));
    out
}

fn split(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// A hunk without the equal lines at its ends; none if nothing differs.
fn trimmed(line: usize, mut before: Vec<String>, mut after: Vec<String>) -> Option<Hunk> {
    while !before.is_empty() && before.last() == after.last() {
        before.pop();
        after.pop();
    }
    let same = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
    before.drain(..same);
    after.drain(..same);
    (!before.is_empty() || !after.is_empty()).then_some(Hunk { line: line + same, before, after })
}
