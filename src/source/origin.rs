//! Where a value comes from. An origin is more than one span: values are composed, generated,
//! decoded and copied on their way from a repo to a cluster.

use super::Span;

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

    /// Where bytes `range` of the value come from. What is not written byte for byte has no finer places.
    pub fn part(&self, range: std::ops::Range<u32>) -> Origin {
        let shift = |origin: &Origin, from: u32, to: u32| match origin {
            Origin::Written(span) => Origin::Written(Span { start: span.start + from, end: span.start + to, ..*span }),
            other => other.clone(),
        };
        match self {
            Origin::Written(span) if range.end <= span.end - span.start => shift(self, range.start, range.end),
            Origin::Composed(parts) => {
                let mut found: Vec<Part> = parts
                    .iter()
                    .filter(|part| part.start < range.end && range.start < part.end)
                    .map(|part| {
                        let (start, end) = (part.start.max(range.start), part.end.min(range.end));
                        let whole = start == part.start && end == part.end;
                        let origin = match whole {
                            true => part.origin.clone(),
                            false => part.origin.part(start - part.start..end - part.start),
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
            other => other.clone(),
        }
    }

    /// Puts texts one behind another, each with its origin: the whole, and where it comes from. Origins that are
    /// composed themselves give their parts.
    pub fn compose<'t>(pieces: impl IntoIterator<Item = (&'t str, Origin)>) -> (String, Origin) {
        let mut text = String::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut empty = None;
        for (piece, origin) in pieces {
            let start = text.len() as u32;
            text.push_str(piece);
            match origin {
                origin if piece.is_empty() => empty = empty.or(Some(origin)),
                Origin::Composed(inner) => parts.extend(inner.into_iter().map(|part| Part {
                    start: part.start + start,
                    end: part.end + start,
                    origin: part.origin,
                })),
                origin => parts.push(Part { start, end: text.len() as u32, origin }),
            }
        }
        let origin = match (parts.len(), empty) {
            (0, Some(origin)) => origin,
            (1, _) => parts.remove(0).origin,
            _ => Origin::Composed(parts),
        };
        (text, origin)
    }

    /// The span to edit if the whole value is one written text; a fix may touch nothing else.
    pub fn editable(&self) -> Option<Span> {
        match self {
            Origin::Written(span) => Some(*span),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

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
        assert_eq!(whole.part(2..6), written(10, 14));
        assert_eq!(whole.part(7..9), written(21, 23));
        let across = vec![
            Part { start: 0, end: 1, origin: written(13, 14) },
            Part { start: 1, end: 2, origin: written(20, 21) },
        ];
        assert_eq!(whole.part(5..7), Origin::Composed(across));
        assert_eq!(Origin::compose([("", written(1, 1)), ("a", written(5, 6))]).1, written(5, 6));
    }
}
