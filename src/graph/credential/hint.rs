//! The first look: which words and marks a value or its key must have before anything else is asked of it. It is wide
//! on purpose: it never decides that something is a credential, only that something is none.

use super::shape;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// Every key that promises a credential has one of these in it, whatever their case.
pub(super) const WORDS: &[&str] = &["pass", "pwd", "secret", "token", "key", "psk", "masterauth"];

/// Marks of a URL, a hash, a Docker configuration and a private key.
const MARKS: &[&str] = &["://", "$", "}", "\"auth\"", shape::PEM_MARK, shape::ENCODED_PEM_MARK];

static WORD: LazyLock<AhoCorasick> = LazyLock::new(|| any_case(WORDS.iter().copied()));

static KEY: LazyLock<AhoCorasick> = LazyLock::new(|| any_case(WORDS.iter().copied().chain(["cookie"])));

static ANYTHING: LazyLock<AhoCorasick> =
    LazyLock::new(|| any_case(WORDS.iter().chain(MARKS).copied().chain(shape::hints())));

fn any_case<'a>(patterns: impl Iterator<Item = &'a str>) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostFirst)
        .build(patterns)
        .expect("internal: a few short patterns fit an automaton")
}

/// Whether a value outside of a Secret may be or hold a credential; most are passed over here.
pub fn may_hold(key: &str, value: &str) -> bool {
    // Tokens, keys and hashes are long; whatever else is found in a value stands behind one of these signs.
    let may_hold_any = value.len() >= shape::SHORTEST || memchr::memchr2(b'=', b':', value.as_bytes()).is_some();
    may_promise(key) || may_hold_any && ANYTHING.is_match(value)
}

/// Whether a key of this name may promise a credential.
pub(super) fn may_promise(key: &str) -> bool {
    KEY.is_match(key)
}

/// The first of the [`WORDS`] at or behind `from`.
pub(super) fn word(text: &str, from: usize) -> Option<usize> {
    WORD.find(aho_corasick::Input::new(text).range(from..)).map(|hit| hit.start())
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
            ("url", "postgres://db", true),
            ("args", "--TOKEN=x", true),
            ("data", "{a}", false),
            ("data", "{a: 1}", true),
        ] {
            assert_eq!(may_hold(key, value), expected, "{key}: {value}");
        }
        assert_eq!((word("a tOken", 0), word("a tOken", 3), word("a token, a key", 4)), (Some(2), None, Some(11)));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_found_in_what_is_passed_over(
            key in "[a-zA-Z_/-]{0,6}(pass|Pwd|api|Key|psk|cookie|x)?[a-z0-9]{0,3}",
            before in "[a-zA-Z0-9 =:,\\n\"{-]{0,12}",
            middle in "(auth|gh|AK|eyJ|sk-|pw|pass|tok|://|\\$2b|=|: )?",
            behind in "[a-zA-Z0-9=:@/+_. -]{0,60}",
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
