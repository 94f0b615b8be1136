//! Texts that are put together from pieces of other values, each piece with its own origin.

use crate::source::{Origin, Part, Span};
use crate::yaml::Value;
use crate::yaml::rendered::Rendered;
use std::ops::Range;

/// A text in the making.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    text: String,
    parts: Vec<Part>,
}

impl Composer {
    /// Adds all of a scalar's text.
    pub fn push_value(&mut self, value: Value<'_>) {
        self.push_range(value, 0..value.raw().unwrap_or_default().len());
    }

    /// Adds a range of a scalar's text.
    pub fn push_range(&mut self, value: Value<'_>, range: Range<usize>) {
        let text = value.raw().unwrap_or_default();
        self.push_piece(text, &value.origin(), range);
    }

    /// Adds a range of `whole`, a text with an origin.
    pub fn push_piece(&mut self, whole: &str, origin: &Origin, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let shift = self.text.len();
        self.text.push_str(&whole[range.clone()]);
        for (at, origin) in pieces(origin, whole.len(), range.clone()) {
            let place = |offset: usize| (offset - range.start + shift) as u32;
            self.parts.push(Part { start: place(at.start), end: place(at.end), origin });
        }
    }

    /// Adds a text that is written nowhere; `by` is what brings it.
    pub fn push_made(&mut self, text: &str, by: Span) {
        self.push_piece(text, &Origin::Generated(by), 0..text.len());
    }

    /// The value; what is empty comes from `otherwise`.
    pub fn finish<'w>(self, otherwise: &Origin) -> Rendered<'w> {
        let origin = if self.parts.is_empty() { otherwise.clone() } else { Origin::Composed(self.parts) };
        Rendered::text(self.text, origin)
    }
}

/// The origins of `range` of a text of `len` bytes, in order, each with the range it speaks of.
fn pieces(origin: &Origin, len: usize, range: Range<usize>) -> Vec<(Range<usize>, Origin)> {
    match origin {
        Origin::Written(span) => vec![(range.clone(), written(*span, len, range))],
        Origin::Composed(parts) => {
            let mut found = Vec::new();
            for part in parts {
                let (start, end) = (part.start as usize, part.end as usize);
                let cut = start.max(range.start)..end.min(range.end);
                if cut.is_empty() {
                    continue;
                }
                let inner = pieces(&part.origin, end - start, cut.start - start..cut.end - start);
                found.extend(inner.into_iter().map(|(at, origin)| (at.start + start..at.end + start, origin)));
            }
            found
        }
        Origin::Copied(inner) => {
            let copied = |(at, origin)| (at, Origin::Copied(Box::new(origin)));
            pieces(inner, len, range).into_iter().map(copied).collect()
        }
        other => vec![(range, other.clone())],
    }
}

/// A piece of a written text: its own bytes where text and bytes are the same but for quotes around them,
/// else read out of the whole.
fn written(span: Span, len: usize, range: Range<usize>) -> Origin {
    let bytes = (span.end - span.start) as usize;
    let quote = match bytes.checked_sub(len) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return Origin::Decoded(span),
    };
    let start = span.start + quote + range.start as u32;
    let end = start + range.len() as u32;
    Origin::Written(Span { start, end, ..span })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use proptest::prelude::*;

    fn span(range: Range<u32>) -> Span {
        Span::new(SourceId(0), range)
    }

    fn parts(rendered: &Rendered<'_>) -> Vec<(u32, u32, Origin)> {
        match rendered.view().origin() {
            Origin::Composed(parts) => parts.into_iter().map(|part| (part.start, part.end, part.origin)).collect(),
            other => panic!("not composed: {other:?}"),
        }
    }

    #[test]
    fn quotes_are_no_part_of_a_text_and_folded_texts_have_no_bytes_of_their_own() {
        for (len, bytes, range, expected) in [
            (4, 10..14, 0..4, Origin::Written(span(10..14))),
            (4, 10..16, 1..4, Origin::Written(span(12..15))),
            (4, 10..19, 1..4, Origin::Decoded(span(10..19))),
        ] {
            assert_eq!(written(span(bytes), len, range), expected);
        }
    }

    #[test]
    fn parts_of_parts_lie_flat() {
        let mut inner = Composer::default();
        inner.push_piece("pre-", &Origin::Written(span(0..4)), 0..4);
        inner.push_piece("name", &Origin::Written(span(20..24)), 0..4);
        let inner = inner.finish(&Origin::Generated(span(0..1)));
        let mut outer = Composer::default();
        outer.push_made("x", span(50..51));
        outer.push_range(inner.view(), 2..6);
        let outer = outer.finish(&Origin::Generated(span(0..1)));
        assert_eq!(outer.view().raw(), Some("xe-na"));
        assert_eq!(
            parts(&outer),
            [
                (0, 1, Origin::Generated(span(50..51))),
                (1, 3, Origin::Written(span(2..4))),
                (3, 5, Origin::Written(span(20..22))),
            ]
        );
    }

    proptest! {
        #[test]
        fn every_byte_belongs_to_exactly_one_part(lengths in prop::collection::vec(0usize..6, 1..6), cut in 0usize..9) {
            let mut inner = Composer::default();
            for (at, length) in lengths.iter().enumerate() {
                let start = at as u32 * 10;
                inner.push_piece(&"abcdef"[..*length], &Origin::Written(span(start..start + *length as u32)), 0..*length);
            }
            let inner = inner.finish(&Origin::Generated(span(0..1)));
            let text = inner.view().raw().expect("a text").to_owned();
            let mut outer = Composer::default();
            outer.push_made("__", span(90..91));
            outer.push_range(inner.view(), cut.min(text.len())..text.len());
            let outer = outer.finish(&Origin::Generated(span(0..1)));
            let mut end = 0;
            for (start, stop, _) in parts(&outer) {
                prop_assert_eq!(start, end);
                prop_assert!(stop > start);
                end = stop;
            }
            prop_assert_eq!(end as usize, outer.view().raw().expect("a text").len());
        }
    }
}
