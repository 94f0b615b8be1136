//! Patterns over values that are ASCII almost always, and that are quicker to compile and to run where they are.

use regex::{Regex, RegexBuilder, bytes};
use std::sync::OnceLock;

/// A pattern in which a letter stands for both of its cases. For a text of ASCII the same pattern over bytes says the same,
/// and over lower case no letter needs to stand for another: a fraction of the states. The form for all of Unicode is
/// compiled for the first text that needs it.
pub(super) struct Pattern {
    text: &'static str,
    of_ascii: OnceLock<bytes::Regex>,
    of_any: OnceLock<Regex>,
}

impl Pattern {
    /// The pattern `text`, in lower case. A letter beyond ASCII stands in a group `(?u:…)`.
    pub(super) const fn any_case(text: &'static str) -> Pattern {
        Pattern { text, of_ascii: OnceLock::new(), of_any: OnceLock::new() }
    }

    /// Whether it is found in the value.
    pub(super) fn is_match(&self, value: &str) -> bool {
        if value.is_ascii() {
            let build = || bytes::RegexBuilder::new(self.text).unicode(false).build();
            let pattern = self.of_ascii.get_or_init(|| build().expect("internal: the pattern is valid over bytes"));
            return pattern.is_match(value.to_ascii_lowercase().as_bytes());
        }
        let build = || RegexBuilder::new(self.text).case_insensitive(true).build();
        self.of_any.get_or_init(|| build().expect("internal: the pattern is valid")).is_match(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_pattern_agree() {
        static PATTERN: Pattern = Pattern::any_case(r"^(?:k[^\s@]+@(?u:µ)?|[a-z]+\d\b)$");
        for (value, expected) in [
            ("Kb@", true),
            ("kB@µ", true),
            ("Kb c@", false),
            ("Kb c@µ", false),
            ("\u{212a}b@", true),
            ("AB1", true),
            ("ab\u{661}", true),
            ("ab-", false),
        ] {
            assert_eq!(PATTERN.is_match(value), expected, "{value}");
        }
    }
}
