//! Finds `key: value` and `key=value` within a longer text: configuration files, scripts, JSON, connection strings,
//! command-line options.

use super::hint;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A key and its value within a text.
pub(super) struct Assignment<'a> {
    pub(super) key: &'a str,
    pub(super) value: Range<usize>,
    /// The value was in quotes, so it is no expression of a programming language.
    pub(super) quoted: bool,
}

/// What a key ends in, the shorter ones first.
const ENDS: &[&str] =
    &["pass", "passwd", "password", "passcode", "passphrase", "pwd", "secret", "token", "key", "psk", "masterauth"];

/// How many letters of a key may stand before its end.
const LONGEST_PREFIX: usize = 61;

/// How much white space may stand on each side of `=` or `:`.
const WIDEST: usize = 8;

static DOCKER_AUTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""auth"\s*:\s*"([A-Za-z0-9+/]{4,}={0,2})""#).expect("internal: the pattern is valid")
});

/// Every assignment to a key that ends like a credential, outside of comments.
pub(super) fn assignments(text: &str) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let (mut line_start, mut seen, mut value_end, mut searched) = (0, 0, 0, 0);
    while let Some((key, value_start)) = next_assignment(text, searched) {
        searched = value_start + text[value_start..].chars().next().map_or(1, char::len_utf8);
        if let Some(newline) = memchr::memrchr(b'\n', &text.as_bytes()[seen..key.start]) {
            line_start = seen + newline + 1;
        }
        seen = key.start;
        let inside_name = text[..key.start]
            .ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '$' | '%' | '/' | '.' | '{'));
        if inside_name
            || key.start < value_end
            || is_comment(text[line_start..].trim_start())
            || follows_anonymous_user(&text[..line_start])
            || text[key.end..value_start].contains('\n')
        {
            continue;
        }
        if let Some((value, quoted)) = value_at(text, value_start) {
            value_end = value.end;
            found.push(Assignment { key: &text[key], value, quoted });
        }
    }
    found
}

/// The next key at or behind `from`, and where its value starts.
fn next_assignment(text: &str, from: usize) -> Option<(Range<usize>, usize)> {
    let mut at = from;
    while let Some(word) = hint::word(text, at) {
        if let Some((key_end, value_start)) = after_word(text, word) {
            return Some((key_start(text, from, word)..key_end, value_start));
        }
        at = word + 1;
    }
    None
}

/// Where the key of the word at `word` starts, at or behind `from`.
fn key_start(text: &str, from: usize, word: usize) -> usize {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let lowest = from.max(word.saturating_sub(LONGEST_PREFIX));
    let first = (lowest..word).rev().take_while(|at| is_part(bytes[*at])).last().unwrap_or(word);
    (first..word).find(|at| bytes[*at].is_ascii_alphabetic() || bytes[*at] == b'_').unwrap_or(word)
}

/// Where the key that ends in the word at `word` ends and where its value starts, if it has one.
fn after_word(text: &str, word: usize) -> Option<(usize, usize)> {
    let rest = &text.as_bytes()[word..];
    let mut ends =
        ENDS.iter().filter(|end| rest.get(..end.len()).is_some_and(|head| head.eq_ignore_ascii_case(end.as_bytes())));
    ends.find_map(|end| value_behind(text, number_end(text, word + end.len())))
}

/// Behind the plural `s` and the number of a key: `tokens`, `TOKEN_2`.
fn number_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let at = at + usize::from(bytes.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(&b's')));
    let first = at + usize::from(bytes.get(at).is_some_and(|byte| matches!(byte, b'_' | b'-')));
    let digits = bytes[first..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { at } else { first + digits }
}

/// The end of the key again, and the start of what is assigned to it.
fn value_behind(text: &str, key_end: usize) -> Option<(usize, usize)> {
    let rest = &text[key_end..];
    let rest = rest.strip_prefix('\\').unwrap_or(rest);
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let rest = without_space(rest);
    [":=", "=", ":"].iter().find_map(|sign| {
        let value = without_space(rest.strip_prefix(sign)?);
        let starts = value.chars().next().is_some_and(|first| !first.is_whitespace());
        starts.then_some((key_end, text.len() - value.len()))
    })
}

fn without_space(text: &str) -> &str {
    let end = text.char_indices().take(WIDEST).find(|(_, letter)| !letter.is_whitespace());
    let end = end.or_else(|| text.char_indices().nth(WIDEST));
    end.map_or("", |(at, _)| &text[at..])
}

/// An FTP client sends some password for `anonymous` because the protocol wants one.
fn follows_anonymous_user(before: &str) -> bool {
    let before = before.trim_end();
    before.ends_with("anonymous")
        && before.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("user"))
}

fn is_comment(line: &str) -> bool {
    ["#", ";", "//", "-- ", "/*"].iter().any(|mark| line.starts_with(mark))
}

/// Nobody writes a longer credential on one line, and it keeps the scan of one long line linear.
const LONGEST: usize = 1024;

/// The value that starts at `start`, without quotes and without what follows it on the line.
fn value_at(text: &str, start: usize) -> Option<(Range<usize>, bool)> {
    let rest = &text[start..text.floor_char_boundary(start + LONGEST)];
    for quote in ["\\\"", "\"", "'"] {
        if let Some(inner) = rest.strip_prefix(quote) {
            let end = inner.find(quote)?;
            if inner[..end].contains('\n') {
                return None;
            }
            let from = start + quote.len();
            return Some((from..from + end, true));
        }
    }
    let line = rest.split('\n').next().unwrap_or(rest);
    let word = line.split_ascii_whitespace().next().unwrap_or("");
    let more = line[word.len()..].trim_start();
    let comment =
        more.is_empty() || more.starts_with(['#', ';', '&', '|', '\\']) || more.contains('=') || more.starts_with('-');
    if !comment {
        return None;
    }
    if word.starts_with(['$', '{']) {
        return Some((start..start + word.len(), false));
    }
    let end = word.find(['&', ';', ',', '"', '\'', ')', '}']).unwrap_or(word.len());
    (end > 0).then_some((start..start + end, false))
}

/// The base64 text of each `"auth"` in a Docker configuration.
pub(super) fn docker_auths(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    DOCKER_AUTH.captures_iter(text).filter_map(|hit| hit.get(1).map(|auth| auth.range()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(&str, &str, bool)> {
        assignments(text).into_iter().map(|found| (found.key, &text[found.value], found.quoted)).collect()
    }

    #[test]
    fn forms() {
        for (text, expected) in [
            ("user = ada\npassword = Zq81\n", vec![("password", "Zq81", false)]),
            ("db:\n  password: \"Zq 81\" # old\n", vec![("password", "Zq 81", true)]),
            (r#"{"user":"ada","api_key":"Zq81"}"#, vec![("api_key", "Zq81", true)]),
            ("export SHOP_TOKEN='Zq81'", vec![("SHOP_TOKEN", "Zq81", true)]),
            ("--admin-password=Zq81", vec![("admin-password", "Zq81", false)]),
            ("host=db password=Zq81 port=5", vec![("password", "Zq81", false)]),
            ("jdbc:x://db/shop?user=ada&password=Zq81&a=b", vec![("password", "Zq81", false)]),
            ("--token=$(TOKEN)", vec![("token", "$(TOKEN)", false)]),
            ("password=token=Zq81", vec![("password", "token=Zq81", false)]),
            ("Server=db;Password=Zq81;", vec![("Password", "Zq81", false)]),
        ] {
            assert_eq!(
                of(text)
                    .into_iter()
                    .map(|(key, value, quoted)| (key.trim_start_matches('-'), value, quoted))
                    .collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn no_assignment() {
        for text in [
            "# password = Zq81",
            "; password = Zq81",
            "// token: Zq81",
            "password:\n  nested: 1",
            "the password: it is needed for the shop",
            "password",
            "echo $PASSWORD",
            "passwordFile = /run/x",
            "user = anonymous\npass = Zq81",
        ] {
            assert_eq!(of(text), vec![], "{text}");
        }
    }

    /// What the scan by hand finds, as one pattern. It is too slow for texts of many lines: the letters that may
    /// stand before the end of a key make far too many states.
    const PATTERN: &str = concat!(
        r#"(?i)((?:[a-z_][a-z0-9_.-]{0,60}?)?(?:pass|passwd|password|passcode|passphrase|pwd|secret|token|key|psk|masterauth)s?(?:[_-]?[0-9]+)?)"#,
        r#"\\?["']?\s{0,8}(?::=|=|:)\s{0,8}([^\s])"#,
    );

    proptest::proptest! {
        #[test]
        fn the_scan_finds_what_the_pattern_does(
            text in "([a-z_.]{0,70}|9|_|é)(pass|passwd|keys|Token_2|TOKENS|psk)(_?[0-9]|word|s)?(\"|\\\\'|')?[ \n]{0,10}(=|:|:=|: )[ \u{a0}]{0,10}(é|x|=|pwd=y|secret: z)?( key:v|\ntoken = t)?",
        ) {
            let pattern = Regex::new(PATTERN).expect("a pattern");
            let expected: Vec<(usize, usize, usize)> = pattern
                .captures_iter(&text)
                .map(|hit| (hit.get(1).expect("a key"), hit.get(2).expect("a value")))
                .map(|(key, value)| (key.start(), key.end(), value.start()))
                .collect();
            let mut found = Vec::new();
            let mut searched = 0;
            while let Some((key, value)) = next_assignment(&text, searched) {
                searched = value + text[value..].chars().next().map_or(1, char::len_utf8);
                found.push((key.start, key.end, value));
            }
            proptest::prop_assert_eq!(found, expected);
        }

        #[test]
        fn ranges_are_inside(text in "[a-z=:'\"\\\\ ü\n-]{0,20}(password|token)[ =:'\"\\\\ü\n,;a-z]{0,20}") {
            for found in assignments(&text) {
                proptest::prop_assert!(text.get(found.value).is_some());
            }
        }
    }
}
