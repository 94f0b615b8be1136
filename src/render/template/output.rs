//! What comes out of a template: the text, and the pieces that tile it.

use super::text::{Mark, MarkKind};
use std::ops::Range;

/// What stands in the text for a value that is not known: one character that no manifest holds.
pub const PLACEHOLDER: &str = "\u{fffc}";

/// The text a template gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered<O> {
    /// The text.
    pub text: String,
    /// Where it comes from: pieces in order, without gaps, none of them empty.
    pub pieces: Vec<Piece<O>>,
}

/// A stretch of a rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<O> {
    /// Bytes of the rendered text.
    pub range: Range<usize>,
    /// Where they come from.
    pub from: Provenance<O>,
}

/// Where a [`Piece`] comes from. All ranges are bytes of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance<O> {
    /// It stands in the template like that.
    Template(Range<usize>),
    /// It is a value that went in, unchanged.
    Value {
        /// Where the value was written.
        origin: O,
        /// The action that printed it.
        action: Range<usize>,
        /// Whether this is all of the value, not a part of it.
        whole: bool,
    },
    /// An action computed it.
    Action(Range<usize>),
    /// It is not known; the text has a [`PLACEHOLDER`] here.
    Unknown {
        /// Where the value comes from, where that is known.
        origin: Option<O>,
        /// The action that printed it.
        action: Range<usize>,
    },
}

impl<O> Rendered<O> {
    pub(super) fn empty() -> Self {
        Self { text: String::new(), pieces: Vec::new() }
    }

    /// The piece that holds byte `at` of the text.
    pub fn piece_at(&self, at: usize) -> Option<&Piece<O>> {
        let index = self.pieces.partition_point(|piece| piece.range.end <= at);
        self.pieces.get(index)
    }

    /// Whether some of the text is not known.
    pub fn has_unknown(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece.from, Provenance::Unknown { .. }))
    }

    pub(super) fn push(&mut self, text: &str, from: Provenance<O>) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { range: start..self.text.len(), from });
    }
}

impl<O: Clone> Rendered<O> {
    /// Appends what an action printed. Marks speak of `origins` by number.
    pub(super) fn push_marked(&mut self, text: &str, marks: &[Mark], action: &Range<usize>, origins: &[&O]) {
        let origin = |number: u32| origins.get(number as usize).map(|origin| (*origin).clone());
        let mut done = 0;
        for mark in marks {
            self.push(&text[done..mark.range.start], Provenance::Action(action.clone()));
            let from = match mark.kind {
                MarkKind::Value { origin: number, whole } => match origin(number) {
                    Some(origin) => Provenance::Value { origin, action: action.clone(), whole },
                    None => Provenance::Action(action.clone()),
                },
                MarkKind::Unknown { origin: number } => {
                    Provenance::Unknown { origin: number.and_then(origin), action: action.clone() }
                }
            };
            self.push(&text[mark.range.clone()], from);
            done = mark.range.end;
        }
        self.push(&text[done..], Provenance::Action(action.clone()));
    }
}
