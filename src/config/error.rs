//! What is wrong with a config file or with an option of the command line that overrides it.

use crate::source::Span;

/// A fault of a config file and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// What is wrong, lower-case, without a final full stop.
    pub message: String,
    /// The key or value that is wrong; on one line.
    pub span: Span,
    /// What stands beside the span.
    pub label: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

/// A fault of an option on the command line that overrides the config.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OptionError {
    /// What is wrong, lower-case, without a final full stop.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

/// How much of a user's word a message repeats.
const SHOWN: usize = 60;

/// A word of the user as a message repeats it: on one line and of bounded length.
pub(super) fn shown(word: &str) -> String {
    let mut text: String = word.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if word.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    text
}
