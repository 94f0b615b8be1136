//! Texts that stand in other files: an inline patch in a block scalar, a template. They are parsed as
//! files of their own whose spans lie in the file that holds them.

use super::arena::File;
use super::scalar::Style;
use super::value::Value;
use crate::source::{Origin, Part, Span};
use std::ops::Range;

/// Where the text of a [`File`] stands in another one.
#[derive(Clone, Debug)]
pub(super) enum Embedding {
    /// Line by line: the start of each stretch in the inner text, and the same byte in the outer one.
    Lines { span: Span, stretches: Vec<(u32, u32)> },
    /// In another form (folded, escaped, made): all of it stands for the whole.
    Whole(Span),
    /// Put together: each stretch has its own origin. They lie in order and leave nothing out.
    Pieces(Box<[Part]>, Span),
}

impl Embedding {
    pub(super) fn outer(&self, inner: Span) -> Span {
        match self {
            Embedding::Whole(span) => *span,
            Embedding::Pieces(parts, whole) => {
                let first = piece(parts, inner.start);
                let last = piece(parts, inner.end.saturating_sub(1).max(inner.start));
                match (first.map(|origin| origin.span()), last.map(|origin| origin.span())) {
                    (Some(first), Some(last)) if first.source == last.source && first.start <= last.end => {
                        Span { end: last.end, ..first }
                    }
                    (Some(first), _) => first,
                    (None, _) => *whole,
                }
            }
            Embedding::Lines { span, stretches } => {
                let place = |offset: u32| {
                    let at = stretches.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
                    stretches.get(at).map_or(span.start, |(start, outer)| outer + (offset - start.min(&offset)))
                };
                let start = place(inner.start).min(span.end);
                // The end belongs to the line of the last byte, not to the one that follows.
                let end = if inner.end > inner.start { place(inner.end - 1) + 1 } else { start };
                Span { start, end: end.clamp(start, span.end), ..*span }
            }
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        matches!(self, Embedding::Lines { .. })
    }

    /// Where bytes of the inner text come from.
    pub(super) fn origin(&self, inner: Span) -> Origin {
        match self {
            Embedding::Lines { .. } => Origin::Written(self.outer(inner)),
            Embedding::Whole(span) => Origin::Decoded(*span),
            Embedding::Pieces(parts, whole) => {
                let range = inner.start..inner.end;
                if range.is_empty() {
                    return piece(parts, inner.start).unwrap_or(Origin::Generated(*whole));
                }
                let from = parts.partition_point(|part| part.end <= range.start);
                let to = parts.partition_point(|part| part.start < range.end);
                match &parts[from..to.max(from)] {
                    [] => Origin::Generated(*whole),
                    parts => Origin::Composed(parts.to_vec()).part(inner.end, range),
                }
            }
        }
    }
}

/// The origin of one byte.
fn piece(parts: &[Part], at: u32) -> Option<Origin> {
    let index = parts.partition_point(|part| part.end <= at);
    let part = parts.get(index).or(parts.last())?;
    let (at, len) = (at.saturating_sub(part.start), part.end - part.start);
    Some(part.origin.part(len, at..(at + 1).min(len)))
}

/// Parses a text that was put together from `parts`, which lie in order and leave nothing out; `whole` is what
/// made it. Spans and origins are those of the parts.
pub fn parse_pieces(text: &str, parts: Vec<Part>, whole: Span) -> File {
    let mut file = super::parse(whole.source, text.into());
    let embedding = Embedding::Pieces(parts.into(), whole);
    for error in file.documents.iter_mut().flat_map(|document| &mut document.errors) {
        error.span = embedding.outer(error.span);
    }
    file.embedding = Some(Box::new(embedding));
    file
}

/// Parses the text of a scalar as YAML of its own. Spans of the result lie in the text that holds the
/// scalar: exact where the scalar is a literal block, or plain or quoted without escapes on one line; else
/// each is the whole scalar. None where `value` is no scalar.
pub fn parse_embedded(value: Value<'_>) -> Option<File> {
    parse_part(value, value.raw()?.len())
}

/// The same without the space at the end of the text.
pub fn parse_embedded_trimmed(value: Value<'_>) -> Option<File> {
    parse_part(value, value.raw()?.trim_end().len())
}

fn parse_part(value: Value<'_>, length: usize) -> Option<File> {
    let text = value.raw()?;
    let embedding = match value.written_node() {
        Some((file, _)) => stretches(file, value, text).unwrap_or(Embedding::Whole(value.span())),
        None => Embedding::Whole(value.span()),
    };
    let mut file = super::parse(value.source(), text[..length].into());
    for error in file.documents.iter_mut().flat_map(|document| &mut document.errors) {
        error.span = embedding.outer(error.span);
    }
    file.embedding = Some(Box::new(embedding));
    Some(file)
}

/// Parses a text that stands for the value at `span`: all its spans are that one.
pub fn parse_within(text: &str, span: Span) -> File {
    let mut file = super::parse(span.source, text.into());
    file.embedding = Some(Box::new(Embedding::Whole(span)));
    file
}

impl Value<'_> {
    /// Where the bytes of a scalar's text come from, its quotes left out.
    pub fn text_origin(self) -> Origin {
        self.part(0..self.raw().map_or(0, str::len) as u32)
    }

    /// Where the bytes `range` of a scalar's text come from.
    pub fn part(self, range: Range<u32>) -> Origin {
        let text = self.raw().unwrap_or_default();
        let Some((file, _)) = self.written_node() else { return self.origin().part(text.len() as u32, range) };
        let inner = Span { source: self.source(), start: range.start, end: range.end };
        if let Some(embedding @ Embedding::Pieces(..)) = file.embedding.as_deref() {
            return match inner_start(file, self) {
                Some(start) => embedding.origin(Span { start: start + range.start, end: start + range.end, ..inner }),
                None => Origin::Decoded(self.span()),
            };
        }
        match stretches(file, self, text) {
            Some(embedding) => Origin::Written(embedding.outer(inner)),
            None => Origin::Decoded(self.span()),
        }
    }
}

/// Where the text of a scalar begins that stands on one line and without escapes.
pub(super) fn inner_start(file: &File, value: Value<'_>) -> Option<u32> {
    let (_, node) = value.written_node()?;
    let node = *file.node(node);
    let written = file.text.get(node.start as usize..node.end as usize)?;
    let text = value.raw()?;
    let quotes = u32::from(value.style()? != Style::Plain);
    let inner = written.get(quotes as usize..written.len().checked_sub(quotes as usize)?)?;
    (inner == text).then_some(node.start + quotes)
}

fn stretches(file: &File, value: Value<'_>, text: &str) -> Option<Embedding> {
    let (_, node) = value.written_node()?;
    let node = *file.node(node);
    let written = &file.text[node.start as usize..node.end as usize];
    let outer = |at: usize| {
        let at = node.start + at as u32;
        let span = Span { source: file.source, start: at, end: at };
        match &file.embedding {
            None => Some(at),
            Some(embedding) if embedding.is_exact() => Some(embedding.outer(span).start),
            Some(_) => None,
        }
    };
    let mut found = Vec::new();
    if value.style()? == Style::Literal {
        let mut at = written.find('\n')? + 1;
        let mut inner = 0;
        for line in text.split_inclusive('\n') {
            let rest = written.get(at..)?;
            let whole = rest.split_inclusive('\n').next().unwrap_or_default();
            let body = whole.trim_end_matches('\n').trim_end_matches('\r');
            let line_body = line.trim_end_matches('\n');
            let indent = body.strip_suffix(line_body).map(str::len)?;
            found.push((inner as u32, outer(at + indent)?));
            inner += line.len();
            at += whole.len();
        }
    } else {
        let inner = match written.as_bytes() {
            [b'"' | b'\'', .., _] if value.style()? != Style::Plain => &written[1..written.len() - 1],
            _ => written,
        };
        if inner != text {
            return None;
        }
        found.push((0, outer((written.len() - inner.len()) / 2)?));
    }
    Some(Embedding::Lines { span: file.span(value.written_node()?.1), stretches: found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    fn inner(text: &str) -> Vec<(String, String)> {
        let file = parse(SourceId(0), text.into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let scalar = root.at(&["patch"]).expect("a patch");
        let embedded = parse_embedded(scalar).expect("a scalar");
        let root = Value::new(&embedded, embedded.documents()[0].root.expect("a root"), Dialect::Kubectl);
        root.entries().map(|(key, value)| (key.to_owned(), text[value.span().range()].to_owned())).collect()
    }

    #[test]
    fn spans_lie_in_the_outer_text() {
        for (text, expected) in [
            ("patch: |-\n  a: 1\n\n  b:\n    c: x\nz: 1\n", [("a", "1"), ("b", "c: x")]),
            ("patch: |\r\n  a: 1\r\n  b: 'x y'\r\n", [("a", "1"), ("b", "'x y'")]),
            ("patch: '{a: 1, b: x}'\n", [("a", "1"), ("b", "x")]),
            ("patch: >-\n  {a: 1,\n  b: x}\n", [("a", ">-\n  {a: 1,\n  b: x}"), ("b", ">-\n  {a: 1,\n  b: x}")]),
        ] {
            let expected: Vec<(String, String)> =
                expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(inner(text), expected, "{text}");
        }
    }

    #[test]
    fn a_part_of_a_scalar_has_its_own_place() {
        for (text, range, place) in [
            ("patch: a=b\n", 2..3, Some("b")),
            ("patch: 'key=value'\n", 4..9, Some("value")),
            ("patch: |\n  k=v\n  x=y\n", 6..7, Some("y")),
            ("patch: \"a\\x3db\"\n", 2..3, None),
        ] {
            let file = parse(SourceId(0), text.into());
            let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
            let written = match root.get("patch").expect("a patch").part(range) {
                Origin::Written(span) => Some(&text[span.range()]),
                _ => None,
            };
            assert_eq!(written, place, "{text}");
        }
    }

    #[test]
    fn an_embedded_text_may_hold_another() {
        let text = "patch: |\n  outer: |\n    - op: remove\n      path: /a\n";
        let file = parse(SourceId(0), text.into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let outer = parse_embedded(root.get("patch").expect("a patch")).expect("a scalar");
        let outer = Value::new(&outer, outer.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let inner = parse_embedded(outer.get("outer").expect("inner")).expect("a scalar");
        let list = Value::new(&inner, inner.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let path = list.items().next().and_then(|item| item.get("path")).expect("a path");
        assert_eq!(&text[path.span().range()], "/a");
    }
}
