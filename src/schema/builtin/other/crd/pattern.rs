//! Patterns of schemas, as far as both regular expression languages agree that they are broken.

use regex::Regex;

/// Faults that Go's expressions have in common with those at hand, by a part of their message.
const SHARED: &[(&str, &str)] = &[
    ("unclosed character class", "a `[` that is not closed"),
    ("unclosed group", "a `(` that is not closed"),
    ("unopened group", "a `)` without a `(`"),
    ("look-around", "look-around, which Kubernetes does not have"),
    ("look-ahead", "look-around, which Kubernetes does not have"),
    ("backreferences", "a reference to a group, which Kubernetes does not have"),
    ("invalid character class range", "a range that ends before it starts"),
    ("incomplete escape sequence", "a `\\` at the end"),
];

/// What keeps a pattern from being read, if that is sure.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    let message = Regex::new(text).err()?.to_string();
    SHARED.iter().find(|(part, _)| message.contains(part)).map(|(_, found)| *found)
}

/// Whether a text matches a pattern; none where the pattern may mean something else to Kubernetes.
pub(super) fn matches(pattern: &str, text: &str) -> Option<bool> {
    Regex::new(pattern).ok().map(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_refuse_is_told() {
        for (text, bad) in [
            ("^[a-z]+$", false),
            ("[", true),
            ("(a", true),
            ("a)", true),
            ("(?=a)", true),
            (r"(a)\1", true),
            ("{a}", false),
            (r"\Qa\E", false),
            ("[b-a]", true),
        ] {
            assert_eq!(fault(text).is_some(), bad, "{text}");
        }
    }
}
