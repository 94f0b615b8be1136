//! Flux `postBuild` substitution of one text: the result, and where each byte of it comes from.
//! Which variables there are, and whether Flux substitutes at all, is decided elsewhere.

mod evaluate;
mod glob;
mod operate;
mod parse;
mod refusal;

pub use refusal::{Refusal, RefusalKind};

use std::ops::Range;

/// What is known of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'v> {
    /// It has this value. Flux takes the line breaks out of a value before it is used; so must the caller.
    Known(&'v str),
    /// It is defined, but its value cannot be read here, such as a key of an encrypted Secret.
    Unread,
    /// Nothing defines it.
    Undefined,
    /// Whether it is defined cannot be told, such as where its ConfigMap is made elsewhere.
    Unknown,
}

/// A text after substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substituted {
    /// The text that comes out.
    pub text: String,
    /// What its bytes are: pieces in order, each beginning where the one before ends. A piece may be empty.
    pub pieces: Vec<Piece>,
    /// Every reference to a variable, in the order of the input.
    pub uses: Vec<Use>,
}

impl Substituted {
    /// The pieces that `range` of the result touches; at its edges also the empty ones.
    pub fn pieces_in(&self, range: Range<usize>) -> &[Piece] {
        let first = self.pieces.partition_point(|piece| {
            piece.range.end < range.start || (piece.range.end == range.start && !piece.range.is_empty())
        });
        let rest = self.pieces.get(first..).unwrap_or_default();
        let end = rest.partition_point(|piece| {
            piece.range.start < range.end || (piece.range.start == range.end && piece.range.is_empty())
        });
        rest.get(..end).unwrap_or_default()
    }
}

/// A range of the result and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes in the result.
    pub range: Range<usize>,
    /// Where they come from.
    pub from: Provenance,
}

/// Where a piece of the result comes from. All ranges but [`Provenance::Variable::copied`] lie in the input; a `site`
/// is a whole `${...}`, the innermost one that gave the piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// These bytes of the input, as they stand.
    Input(Range<usize>),
    /// A `$` that stands for these two bytes of the input, `$$`.
    Escape(Range<usize>),
    /// The value of a variable that is defined.
    Variable {
        /// The whole reference.
        site: Range<usize>,
        /// The name in it.
        name: Range<usize>,
        /// Which bytes of the value these are, where they are a copy of them. None where an operator made them.
        copied: Option<Range<usize>>,
    },
    /// What is written of a variable that nothing defines and that has no default: most often nothing at all.
    Undefined {
        /// The whole reference.
        site: Range<usize>,
        /// The name in it.
        name: Range<usize>,
    },
    /// Bytes of a default, as they stand in the reference.
    Default {
        /// The whole reference.
        site: Range<usize>,
        /// The bytes of the default.
        text: Range<usize>,
    },
    /// The reference itself, left as it is written, for its value cannot be known here.
    Unread {
        /// The whole reference.
        site: Range<usize>,
    },
}

/// A reference to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The name, in the input.
    pub name: Range<usize>,
    /// The whole `${...}`, in the input.
    pub site: Range<usize>,
    /// Whether it brings a default, be it an empty one.
    pub has_default: bool,
    /// Whether its value matters: false in a default that is not taken, or may not be.
    pub counts: bool,
    /// What was known of the variable.
    pub resolved: Resolution,
}

/// What was known of a variable where it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Its value.
    Known,
    /// That it is defined.
    Unread,
    /// That nothing defines it.
    Undefined,
    /// Nothing.
    Unknown,
}

/// How deep references may stand in each other. Flux sets no limit, and nobody comes near this one.
pub const MAX_DEPTH: usize = 64;

/// How long a result may become, far above what an API server takes.
pub const MAX_BYTES: usize = 32 << 20;

/// Replaces the references in `input` as Flux would. With `strict`, an undefined variable without a default is refused.
/// As in Flux, a NUL ends the text.
pub fn substitute<'v>(
    input: &str,
    strict: bool,
    lookup: impl FnMut(&str) -> Lookup<'v>,
) -> Result<Substituted, Refusal> {
    let input = memchr::memchr(0, input.as_bytes()).map_or(input, |end| &input[..end]);
    let tokens = parse::parse(input)?;
    evaluate::evaluate(input, &tokens, strict, lookup)
}

/// Whether Flux takes `name` for a variable; one that it does not take fails the whole Kustomization.
pub fn is_valid_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// Whether `text` holds anything that substitution would touch: `${` or `$$`.
pub fn has_reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'$', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'{' | b'$')))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
