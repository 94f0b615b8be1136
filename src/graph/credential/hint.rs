//! The first look: which words and marks a value or its key must have before anything else is asked of it. It is wide
//! on purpose: it never decides that something is a credential, only that something is none.

use super::{hash, shape, url};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// Every key that promises a credential has one of these in it, whatever their case, or a [cookie](COOKIE).
pub(super) const WORDS: &[&str] = &["pass", "pwd", "secret", "token", "key", "psk", "masterauth"];

/// Promises one in a key, and does not in a text.
const COOKIE: &str = "cookie";

/// Marks of a Docker configuration and of a private key.
const MARKS: &[&str] = &["\"auth\"", shape::PEM_MARK, shape::ENCODED_PEM_MARK];

/// What something stands behind in every value that is found by its form or by a word in it, but for a URL.
static ANYTHING: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostFirst)
        .build(WORDS.iter().chain(MARKS).chain(hash::MARKS).copied().chain(shape::hints()))
        .expect("internal: a few short patterns fit an automaton")
});

/// Whether a value outside of a Secret may be or hold a credential; most are passed over here.
pub fn may_hold(key: &str, value: &str) -> bool {
    // Tokens, keys and hashes are long; whatever else is found in a value stands behind one of these signs.
    let may_hold_any = value.len() >= shape::SHORTEST || value.bytes().any(|byte| matches!(byte, b'=' | b':'));
    may_promise(key) || may_hold_any && (url::may_hold(value) || ANYTHING.is_match(value))
}

/// Whether a key of this name may promise a credential.
pub(super) fn may_promise(key: &str) -> bool {
    let key = key.as_bytes();
    word_starts(key, 0).any(|at| has_word(&key[at..]) || starts_with(&key[at..], COOKIE))
}

/// The first of the [`WORDS`] at or behind `from`.
pub(super) fn word(text: &str, from: usize) -> Option<usize> {
    let text = text.as_bytes();
    word_starts(text, from).find(|at| has_word(&text[*at..]))
}

/// Where one of the words may start at or behind `from`, as far as its first two letters say. Every key of every file is
/// asked, so most letters have to be done with at one look.
fn word_starts(text: &[u8], from: usize) -> impl Iterator<Item = usize> + '_ {
    let pairs = text.get(from..).unwrap_or_default().windows(2).enumerate();
    pairs.filter(|(_, pair)| STARTS[usize::from(pair[0])] & letter(pair[1]) != 0).map(move |(at, _)| from + at)
}

/// By first letter: the [letters](letter) that stand second in a word.
static STARTS: [u32; 256] = {
    let mut starts = [0; 256];
    let mut at = 0;
    while at <= WORDS.len() {
        let word = if at < WORDS.len() { WORDS[at].as_bytes() } else { COOKIE.as_bytes() };
        starts[word[0] as usize] |= letter(word[1]);
        starts[word[0].to_ascii_uppercase() as usize] |= letter(word[1]);
        at += 1;
    }
    starts
};

/// A bit for a letter, one for both of its cases; it may be that of some sign as well.
const fn letter(byte: u8) -> u32 {
    1 << (byte & 31)
}

fn has_word(text: &[u8]) -> bool {
    WORDS.iter().any(|word| starts_with(text, word))
}

fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::{Question, Setting, judge_all, mask_ranges};
    use super::*;

    #[test]
    fn a_first_look() {
        for (key, value, expected) in [
            ("DB_PassWord", "", true),
            ("erlang_cookie", "", true),
            ("replicas", "3", false),
            ("image", "registry.test/shop:1.2", false),
            ("url", "postgres://db", false),
            ("url", "postgres://ada:x@db", true),
            ("args", "--TOKEN=x", true),
            ("data", "{a: 1}", false),
            ("data", "{key: 1}", true),
            ("data", "a hash of $6$ and a salt", true),
            ("data", "$HOME and ${HOME} in a text", false),
        ] {
            assert_eq!(may_hold(key, value), expected, "{key}: {value}");
        }
        assert_eq!(
            (word("a tOken", 0), word("a tOken", 3), word("a token, a key", 4), word("cookie", 0)),
            (Some(2), None, Some(11), None)
        );
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_found_in_what_is_passed_over(
            key in "[a-zA-Z_/-]{0,6}(pass|Pwd|api|Key|psk|cookie|x)?[a-z0-9]{0,3}",
            before in "[a-zA-Z0-9 =:,\\n\"{-]{0,12}",
            middle in "(auth|gh|AK|eyJ|sk-|pw|pass|tok|://|://a:b@|\\$2b|\\$\\$6\\$|\\{SSHA\\}|=|: )?",
            behind in "[a-zA-Z0-9=:@/+_. $-]{0,60}",
        ) {
            let value = format!("{before}{middle}{behind}");
            if !may_hold(&key, &value) {
                for setting in [Setting::Field, Setting::Env, Setting::Argument, Setting::ConfigMapData] {
                    let question = Question {
                        key: &key,
                        parents: &[],
                        value: &value,
                        setting,
                        example: false,
                        object_kind: Some("Shop"),
                        object_name: None,
                    };
                    proptest::prop_assert!(judge_all(&question).is_empty());
                    proptest::prop_assert!(mask_ranges(&question).is_empty());
                }
            }
        }
    }
}
