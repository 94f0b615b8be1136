//! Text that remembers which bytes of a Makefile it stands for. It owns the bookkeeping, not what expands into what.

use super::{Text, Value};
use std::ops::Range;

/// One stretch of a traced text.
#[derive(Clone, Debug)]
struct Segment {
    /// Where it begins in the text.
    at: usize,
    /// Where it stands in the Makefile, at the place of use.
    place: Range<usize>,
    /// Where the same bytes stand in the Makefile; none where they were computed.
    origin: Option<usize>,
    /// Whether `place` holds the bytes themselves, not a reference to them.
    direct: bool,
    /// Whether the text is what the shell would see; else it is the reference as written.
    known: bool,
    overridable: bool,
    /// Whether it is the Makefile's own folder.
    root: bool,
}

/// A text, each stretch of which knows where it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Traced {
    text: String,
    segments: Vec<Segment>,
}

impl Traced {
    /// The bytes of `source` in `range`, as they stand.
    pub(super) fn literal(source: &str, range: Range<usize>) -> Traced {
        let mut traced = Traced::default();
        traced.push_literal(source, range);
        traced
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds the bytes of `source` in `range`, as they stand.
    pub(super) fn push_literal(&mut self, source: &str, range: Range<usize>) {
        if let Some(last) = self.segments.last_mut()
            && last.direct
            && last.known
            && last.origin == Some(last.place.start)
            && last.place.end == range.start
            && last.place.len() == self.text.len() - last.at
        {
            last.place.end = range.end;
        } else {
            self.push_segment(range.clone(), Some(range.start), true, true);
        }
        self.text.push_str(&source[range]);
    }

    /// Adds text that stands for the bytes at `place` as a whole.
    pub(super) fn push_block(&mut self, text: &str, place: Range<usize>) {
        self.push_segment(place, None, true, true);
        self.text.push_str(text);
    }

    /// Adds what was computed by the reference at `place`.
    pub(super) fn push_computed(&mut self, text: &str, place: Range<usize>, overridable: bool, root: bool) {
        self.push_segment(place, None, false, true);
        let last = self.segments.last_mut().expect("internal: a segment was pushed");
        last.overridable = overridable;
        last.root = root;
        self.text.push_str(text);
    }

    /// Adds a reference whose value is not known, as written.
    pub(super) fn push_unknown(&mut self, written: &str, place: Range<usize>) {
        self.push_segment(place, None, false, false);
        self.text.push_str(written);
    }

    /// Adds a value by the reference to it at `place`.
    pub(super) fn push_used(&mut self, value: &Traced, place: &Range<usize>, overridable: bool) {
        let base = self.text.len();
        self.segments.extend(value.segments.iter().map(|segment| Segment {
            at: segment.at + base,
            place: place.clone(),
            direct: false,
            overridable: segment.overridable || overridable,
            ..segment.clone()
        }));
        self.text.push_str(&value.text);
    }

    /// Adds a part of another text, as it is there.
    pub(super) fn push_slice(&mut self, other: &Traced, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let base = self.text.len();
        for index in other.touched(&range) {
            let segment = &other.segments[index];
            let end = other.end_of(index).min(range.end);
            let start = segment.at.max(range.start);
            let skipped = start - segment.at;
            let origin = segment.origin.map(|origin| origin + skipped);
            let place = match origin {
                Some(origin) if segment.direct => origin..origin + (end - start),
                _ => segment.place.clone(),
            };
            self.segments.push(Segment { at: base + start - range.start, place, origin, ..segment.clone() });
        }
        self.text.push_str(&other.text[range]);
    }

    /// A part of this text.
    pub(super) fn slice(&self, range: Range<usize>) -> Traced {
        let mut part = Traced::default();
        part.push_slice(self, range);
        part
    }

    /// Without white space at its ends.
    pub(super) fn trimmed(&self) -> Traced {
        let start = self.text.len() - self.text.trim_start().len();
        self.slice(start..start.max(self.text.trim_end().len()))
    }

    /// Where the words are, split at white space that is known.
    pub(super) fn words(&self) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let mut start = None;
        for (index, segment) in self.segments.iter().enumerate() {
            let end = self.end_of(index);
            if !segment.known {
                start.get_or_insert(segment.at);
                continue;
            }
            for (offset, byte) in self.text.as_bytes()[segment.at..end].iter().enumerate() {
                if !byte.is_ascii_whitespace() {
                    start.get_or_insert(segment.at + offset);
                } else if let Some(start) = start.take() {
                    words.push(start..segment.at + offset);
                }
            }
        }
        words.extend(start.map(|start| start..self.text.len()));
        words
    }

    /// Where the parts are whose value is not known, in order.
    pub(super) fn unknown_parts(&self) -> Vec<Range<usize>> {
        let parts = self.segments.iter().enumerate().filter(|(_, segment)| !segment.known);
        parts.map(|(index, segment)| segment.at..self.end_of(index)).filter(|part| !part.is_empty()).collect()
    }

    /// Whether every byte is what the shell would see.
    pub(super) fn is_known(&self) -> bool {
        self.segments.iter().all(|segment| segment.known)
    }

    /// Whether any part has a value that may be set from outside.
    pub(super) fn is_overridable(&self) -> bool {
        self.segments.iter().any(|segment| segment.overridable)
    }

    /// Whether it begins with the Makefile's own folder.
    pub(super) fn starts_at_root(&self) -> bool {
        self.segments.iter().find(|segment| !segment.place.is_empty()).is_some_and(|segment| segment.root)
    }

    /// Where a part of it stands in the Makefile.
    pub(super) fn place_of(&self, range: Range<usize>) -> Range<usize> {
        let touched = self.touched(&range);
        let mut place: Option<Range<usize>> = None;
        for index in touched {
            let segment = &self.segments[index];
            let start = segment.at.max(range.start);
            let end = self.end_of(index).min(range.end).max(start);
            let own = match segment.origin {
                Some(origin) if segment.direct => origin + (start - segment.at)..origin + (end - segment.at),
                _ => segment.place.clone(),
            };
            place = Some(match place {
                None => own,
                Some(place) => place.start.min(own.start)..place.end.max(own.end),
            });
        }
        place.unwrap_or_else(|| self.edge(range.start))
    }

    /// Where the whole of it stands in the Makefile.
    pub(super) fn place(&self) -> Range<usize> {
        self.place_of(0..self.text.len())
    }

    /// As a text of the result.
    pub(super) fn to_text(&self) -> Text {
        let value = if self.is_known() { Value::Known(self.text.clone()) } else { Value::Unknown(self.text.clone()) };
        Text { value, range: self.place(), defined: self.defined(), overridable: self.is_overridable(), glob: false }
    }

    /// Where the bytes stand that a reference brought here, if nothing else is part of it.
    fn defined(&self) -> Option<Range<usize>> {
        let mut whole: Option<Range<usize>> = None;
        for (index, segment) in self.segments.iter().enumerate() {
            let length = self.end_of(index) - segment.at;
            if length == 0 {
                continue;
            }
            let origin = segment.origin.filter(|_| segment.known && !segment.direct)?;
            whole = match whole {
                None => Some(origin..origin + length),
                Some(range) if range.end == origin => Some(range.start..origin + length),
                Some(_) => return None,
            };
        }
        whole
    }

    fn push_segment(&mut self, place: Range<usize>, origin: Option<usize>, direct: bool, known: bool) {
        let at = self.text.len();
        self.segments.push(Segment { at, place, origin, direct, known, overridable: false, root: false });
    }

    fn end_of(&self, index: usize) -> usize {
        self.segments.get(index + 1).map_or(self.text.len(), |next| next.at)
    }

    /// The segments that share a byte with `range`.
    fn touched(&self, range: &Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let first = self.segments.partition_point(|segment| segment.at <= range.start).saturating_sub(1);
        let last = self.segments.partition_point(|segment| segment.at < range.end);
        first..last
    }

    /// Where an empty part stands.
    fn edge(&self, at: usize) -> Range<usize> {
        let before = self.segments.partition_point(|segment| segment.at <= at).saturating_sub(1);
        let Some(segment) = self.segments.get(before) else { return 0..0 };
        match segment.origin {
            Some(origin) if segment.direct => {
                let place = origin + (at - segment.at).min(segment.place.len());
                place..place
            }
            _ => segment.place.clone(),
        }
    }
}
