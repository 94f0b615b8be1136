//! Cuts out of the sources what a finding points at: a few lines, masked, made printable and cut to the
//! width, with labels that follow. It draws nothing.

use super::Texts;
use super::line::{Frame, Shown, gutter, printed_line, room};
use super::wording::{visible, wrap};
use crate::finding::Label;
use crate::source::{Position, SourceId};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;

/// Unlabelled lines between two labels that still share a box.
const GAP: usize = 3;
/// Columns a label's text gets at least, however far to the right it stands.
const TEXT: usize = 28;

/// Lines of one source that follow each other, with labels that are clear of each other.
#[derive(Debug)]
pub(super) struct Snippet {
    name: String,
    first_line: usize,
    text: String,
    starts: Vec<usize>,
    positions: Vec<(usize, Position)>,
    labels: Vec<(LabeledSpan, bool)>,
}

impl Snippet {
    /// The labels by their place in the text; `true` marks the primary one.
    pub(super) fn labels(&self) -> &[(LabeledSpan, bool)] {
        &self.labels
    }

    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        if span.offset() + span.len() > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let (line, column) = if before == 0 {
            // The header of a box asks without context and wants the place in the real file.
            let known = self.positions.iter().find(|(offset, _)| *offset == span.offset());
            match known {
                Some((_, position)) => (position.line as usize - 1, position.column as usize - 1),
                None => (self.first_line + self.line_of(span.offset()), 0),
            }
        } else {
            (self.first_line, 0)
        };
        let whole = SourceSpan::from((0, self.text.len()));
        let data = self.text.as_bytes();
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, whole, line, column, self.starts.len())))
    }
}

/// The snippets of labels: the one with the primary label (the first) leads, its file follows, then the
/// files of the other labels in the order they are named.
pub(super) fn snippets(texts: &Texts<'_>, labels: &[&Label], frame: Frame) -> Vec<Snippet> {
    let mut by_source: Vec<(SourceId, Vec<Mark>)> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let mark = Mark::new(texts, label, at == 0);
        match by_source.iter_mut().find(|(source, _)| *source == label.span.source) {
            Some((_, marks)) => marks.push(mark),
            None => by_source.push((label.span.source, vec![mark])),
        }
    }
    let mut snippets = Vec::new();
    for (source, marks) in by_source {
        let mut groups = grouped(marks, frame);
        groups.sort_by_key(|group| (!group.iter().any(|mark| mark.primary), group[0].line));
        snippets.extend(groups.iter().map(|group| cut(texts, source, group, frame)));
    }
    snippets
}

/// A label on one line, in bytes of its source.
#[derive(Debug)]
struct Mark {
    line: usize,
    /// What is underlined.
    bytes: Range<usize>,
    /// Where the header of a box says it is: masks must not move it.
    at: u32,
    text: String,
    primary: bool,
}

impl Mark {
    /// A label that covers several lines marks its first one and says where it ends; one that touches a
    /// mask covers all of it.
    fn new(texts: &Texts<'_>, label: &Label, primary: bool) -> Mark {
        let source = &texts.sources[label.span.source];
        let covered = texts.sources.slice(label.span);
        let mut start = label.span.start as usize;
        let mut text = label.text.chars().map(visible).collect::<String>();
        let last = source.line_of((start + covered.trim_end().len()).max(start + 1) as u32 - 1);
        if last > source.line_of(start as u32) {
            start += covered.len() - covered.trim_start().len();
        }
        let line = source.line_of(start as u32);
        if last > line {
            let through = format!("through line {}", last + 1);
            text = if text.is_empty() { through } else { format!("{text} ({through})") };
        }
        let range = printed_line(source, line);
        let start = start.clamp(range.start, range.end);
        let at = start as u32;
        let end = (label.span.end as usize).clamp(start, range.end);
        let end = start + source.text()[start..end].trim_end().len();
        let mut bytes = start..end;
        for mask in texts.masks.within(label.span.source, start..end.max(start + 1)) {
            bytes.start = bytes.start.min(mask.start as usize);
            bytes.end = bytes.end.max(mask.end as usize);
        }
        Mark { line, bytes, at, text, primary }
    }

    fn clashes(&self, other: &Mark, frame: Frame) -> bool {
        if self.line != other.line {
            return false;
        }
        let apart = self.bytes.end.max(self.bytes.start + 1) <= other.bytes.start
            || other.bytes.end.max(other.bytes.start + 1) <= self.bytes.start;
        let reach = self.bytes.end.max(other.bytes.end) - self.bytes.start.min(other.bytes.start);
        !apart || reach + 2 * frame.ellipsis().len() > room(frame, self.line)
    }
}

/// Marks that can share a box. Equal spans become one mark with both texts.
fn grouped(mut marks: Vec<Mark>, frame: Frame) -> Vec<Vec<Mark>> {
    marks.sort_by_key(|mark| (mark.line, mark.bytes.start, mark.bytes.end));
    let mut groups: Vec<Vec<Mark>> = Vec::new();
    for mark in marks {
        if let Some(same) =
            groups.iter_mut().flatten().find(|other| other.line == mark.line && other.bytes == mark.bytes)
        {
            if mark.primary {
                same.text = joined(&mark.text, &same.text);
            } else {
                same.text = joined(&same.text, &mark.text);
            }
            same.primary |= mark.primary;
            continue;
        }
        let home = groups.iter_mut().find(|group| {
            let last = group.iter().map(|other| other.line).max().unwrap_or(mark.line);
            mark.line <= last + GAP + 1 && !group.iter().any(|other| other.clashes(&mark, frame))
        });
        match home {
            Some(group) => group.push(mark),
            None => groups.push(vec![mark]),
        }
    }
    groups
}

fn joined(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        _ if first == second => first.to_owned(),
        _ => format!("{first}; {second}"),
    }
}

/// Draws marks, sorted by line, and a line of context around them.
fn cut(texts: &Texts<'_>, id: SourceId, marks: &[Mark], frame: Frame) -> Snippet {
    let source = &texts.sources[id];
    let blank = |line: usize| source.text()[printed_line(source, line)].trim().is_empty();
    let first = marks.first().map_or(0, |mark| mark.line);
    let last = marks.last().map_or(0, |mark| mark.line);
    let from = if first > 0 && !blank(first - 1) { first - 1 } else { first };
    let to = if last + 1 < source.line_starts().len() && !blank(last + 1) { last + 1 } else { last };
    let mut snippet = Snippet {
        name: (texts.display)(id).chars().map(visible).collect(),
        first_line: from,
        text: String::new(),
        starts: Vec::with_capacity(to - from + 1),
        positions: Vec::new(),
        labels: Vec::new(),
    };
    for line in from..=to {
        let here: Vec<&Mark> = marks.iter().filter(|mark| mark.line == line).collect();
        let ranges: Vec<Range<usize>> = here.iter().map(|mark| mark.bytes.clone()).collect();
        let shown = Shown::new(texts, id, line, &ranges, frame);
        let offset = snippet.text.len();
        snippet.starts.push(offset);
        for (mark, place) in here.iter().zip(&shown.marks) {
            let at = offset + place.bytes.start;
            let position = source.position(mark.at);
            let text = label_text(&mark.text, place.columns.clone(), frame, line);
            snippet.positions.push((at, position));
            let span = SourceSpan::from((at, place.bytes.len()));
            // Miette takes the first primary label of a box, else the first label, for the header.
            let label = if mark.primary {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            };
            snippet.labels.push((label, mark.primary));
        }
        snippet.text.push_str(&shown.text);
        // Miette draws no caret at the end of a text that has no final line break.
        snippet.text.push('\n');
    }
    snippet
}

fn label_text(text: &str, columns: Range<usize>, frame: Frame, line: usize) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let stem = (columns.start + columns.end.max(columns.start + 1)) / 2 + gutter(line) + "`-- ".len();
    Some(wrap(text, frame.width.saturating_sub(stem).max(TEXT)).join("\n"))
}
