//! What a user allowed: comments in manifests and `allow` entries of the config, as the engine found
//! them used or not.

use crate::source::Span;

/// Where a suppression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A comment `# tidegate: allow[rule] reason`.
    Comment,
    /// An entry of `allow` in the config.
    Config,
}

/// What is wrong with a suppression, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It gives no reason; then it suppresses nothing.
    NoReason,
    /// It cannot be read, and what is expected.
    Malformed(String),
    /// No rule, or no code of that rule, has this name.
    UnknownRule {
        /// The bytes of the name.
        span: Span,
        /// The name.
        name: String,
    },
    /// Its day has passed.
    Expired(String),
    /// It suppresses nothing.
    Unused,
}

/// A suppression that deserves a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The comment, or the entry.
    pub span: Span,
    /// Where it stands.
    pub written: Written,
    /// The names it gives, joined, for messages.
    pub rules: String,
    /// What is wrong with it.
    pub fault: Fault,
}
