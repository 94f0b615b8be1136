//! Where a value comes from. An origin is more than one span: values are composed, generated,
//! decoded and copied on their way from a repo to a cluster.

use super::Span;
use std::ops::Range;

/// A range of a composed value and where that range comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// First byte of the range in the composed value.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// Where the range comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The bytes of a source, as somebody typed them.
    Written(Span),
    /// Put together from parts (prefix + name + hash; text around a variable). Ranges do not overlap.
    Composed(Vec<Part>),
    /// Made by a line of a kustomization or another recipe.
    Generated(Span),
    /// Read out of a value that holds it in another form: base64, an env file, a string that is YAML.
    Decoded(Span),
    /// Not written: what the API server or an operator puts there, beside the object that lacks it.
    Defaulted(Span),
    /// Taken over from another field.
    Copied(Box<Origin>),
}

impl Origin {
    /// The span that somebody has to look at to change the value.
    pub fn span(&self) -> Span {
        match self {
            Origin::Written(span) | Origin::Generated(span) | Origin::Decoded(span) | Origin::Defaulted(span) => *span,
            Origin::Composed(parts) => {
                // An empty one is only made of nothing, which nobody composes.
                parts.first().expect("internal: a composed value has at least one part").origin.span()
            }
            Origin::Copied(origin) => origin.span(),
        }
    }

    /// Where bytes `range` of the value come from, which is a text of `len` bytes. What is not written byte for byte,
    /// but for quotes around it, has no finer places.
    pub fn part(&self, len: u32, range: Range<u32>) -> Origin {
        match self {
            Origin::Written(span) => written(*span, len, range),
            Origin::Composed(parts) => {
                let mut found: Vec<Part> = parts
                    .iter()
                    .filter(|part| part.start < range.end && range.start < part.end)
                    .map(|part| {
                        let (start, end) = (part.start.max(range.start), part.end.min(range.end));
                        let whole = start == part.start && end == part.end;
                        let origin = match whole {
                            true => part.origin.clone(),
                            false => part.origin.part(part.end - part.start, start - part.start..end - part.start),
                        };
                        Part { start: start - range.start, end: end - range.start, origin }
                    })
                    .collect();
                match found.len() {
                    0 => parts.first().map_or_else(|| self.clone(), |part| part.origin.clone()),
                    1 => found.remove(0).origin,
                    _ => Origin::Composed(found),
                }
            }
            Origin::Copied(inner) => inner.part(len, range).copied(),
            other => other.clone(),
        }
    }

    /// The origin of a copy; of what is composed, each part is a copy.
    pub fn copied(self) -> Origin {
        match self {
            Origin::Composed(parts) => {
                let copy = |part: Part| Part { origin: part.origin.copied(), ..part };
                Origin::Composed(parts.into_iter().map(copy).collect())
            }
            other => Origin::Copied(Box::new(other)),
        }
    }

    /// Puts texts one behind another, each with its origin: the whole, and where it comes from.
    pub fn compose<'t>(pieces: impl IntoIterator<Item = (&'t str, Origin)>) -> (String, Origin) {
        let mut composition = Composition::default();
        let mut empty = None;
        for (piece, origin) in pieces {
            match piece.is_empty() {
                true => empty = empty.or(Some(origin)),
                false => composition.push(piece, origin),
            }
        }
        composition.finish(empty.unwrap_or_else(|| Origin::Composed(Vec::new())))
    }

    /// The span to edit if the whole value is one written text; a fix may touch nothing else.
    pub fn editable(&self) -> Option<Span> {
        match self {
            Origin::Written(span) => Some(*span),
            _ => None,
        }
    }
}

/// A piece of a written text.
fn written(span: Span, len: u32, range: Range<u32>) -> Origin {
    let quote = match (span.end - span.start).checked_sub(len) {
        Some(0) => 0,
        Some(2) => 1,
        _ if range == (0..len) => return Origin::Written(span),
        _ => return Origin::Decoded(span),
    };
    let start = span.start + quote;
    Origin::Written(Span { start: start + range.start, end: start + range.end, ..span })
}

/// A text in the making, put together from pieces with their own origins.
#[derive(Clone, Debug, Default)]
pub struct Composition {
    text: String,
    parts: Vec<Part>,
}

impl Composition {
    /// Adds a piece. An origin that is composed itself gives its parts; an empty piece leaves no trace.
    pub fn push(&mut self, piece: &str, origin: Origin) {
        if piece.is_empty() {
            return;
        }
        let start = self.text.len() as u32;
        self.text.push_str(piece);
        match origin {
            Origin::Composed(inner) => {
                let shifted = |part: Part| Part { start: part.start + start, end: part.end + start, ..part };
                self.parts.extend(inner.into_iter().map(shifted));
            }
            origin => self.parts.push(Part { start, end: self.text.len() as u32, origin }),
        }
    }

    /// The text and where it comes from; what is empty comes from `otherwise`.
    pub fn finish(mut self, otherwise: Origin) -> (String, Origin) {
        let origin = match self.parts.len() {
            0 => otherwise,
            1 => self.parts.remove(0).origin,
            _ => Origin::Composed(self.parts),
        };
        (self.text, origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use proptest::prelude::*;

    fn written(start: u32, end: u32) -> Origin {
        Origin::Written(Span::new(SourceId(0), start..end))
    }

    #[test]
    fn composing_splices_and_parts_cut() {
        let (text, name) = Origin::compose([("pre-", written(10, 14)), ("name", written(20, 24))]);
        assert_eq!(text, "pre-name");
        let (text, whole) = Origin::compose([("x-", written(0, 2)), (&text, name)]);
        assert_eq!(text, "x-pre-name");
        let expected = vec![
            Part { start: 0, end: 2, origin: written(0, 2) },
            Part { start: 2, end: 6, origin: written(10, 14) },
            Part { start: 6, end: 10, origin: written(20, 24) },
        ];
        assert_eq!(whole, Origin::Composed(expected));
        assert_eq!(whole.part(10, 2..6), written(10, 14));
        assert_eq!(whole.part(10, 7..9), written(21, 23));
        let across = vec![
            Part { start: 0, end: 1, origin: written(13, 14) },
            Part { start: 1, end: 2, origin: written(20, 21) },
        ];
        assert_eq!(whole.part(10, 5..7), Origin::Composed(across));
        assert_eq!(Origin::Copied(Box::new(whole)).part(10, 7..9), written(21, 23).copied());
        assert_eq!(Origin::compose([("", written(1, 1)), ("a", written(5, 6))]).1, written(5, 6));
    }

    #[test]
    fn quotes_are_no_part_of_a_text_and_folded_texts_have_no_bytes_of_their_own() {
        for (bytes, range, expected) in [
            ((10, 14), 0..4, written(10, 14)),
            ((10, 16), 1..4, written(12, 15)),
            ((10, 16), 0..4, written(11, 15)),
            ((10, 19), 1..4, Origin::Decoded(Span::new(SourceId(0), 10..19))),
            ((10, 19), 0..4, written(10, 19)),
        ] {
            assert_eq!(written(bytes.0, bytes.1).part(4, range), expected);
        }
    }

    proptest! {
        #[test]
        fn every_byte_belongs_to_exactly_one_part(lengths in prop::collection::vec(0usize..6, 1..6), cut in 0u32..9) {
            let pieces = lengths.iter().enumerate().map(|(at, length)| {
                let start = at as u32 * 10;
                (&"abcdef"[..*length], written(start, start + *length as u32))
            });
            let (inner, origin) = Origin::compose(pieces);
            let len = inner.len() as u32;
            let cut = cut.min(len);
            let (outer, origin) = Origin::compose([("__", written(90, 92)), (&inner[cut as usize..], origin.part(len, cut..len))]);
            let parts = match origin {
                Origin::Composed(parts) => parts,
                origin => vec![Part { start: 0, end: outer.len() as u32, origin }],
            };
            let mut end = 0;
            for part in &parts {
                prop_assert_eq!(part.start, end);
                prop_assert!(part.end > part.start);
                end = part.end;
            }
            prop_assert_eq!(end as usize, outer.len());
        }
    }
}
