//! Finds `key: value` and `key=value` within a longer text: configuration files, scripts, JSON, connection strings,
//! command-line options.

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

static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(?P<key>(?:[a-z_][a-z0-9_.-]{0,60}?)?(?:pass|passwd|password|passcode|passphrase|pwd|secret|token|key|psk|masterauth)s?(?:[_-]?\d+)?)"#,
        r#"(?P<close>\\?["']?)\s{0,8}(?::=|=|:)\s{0,8}(?P<value>[^\s])"#,
    ))
    .expect("internal: the pattern is valid")
});

static DOCKER_AUTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""auth"\s*:\s*"([A-Za-z0-9+/]{4,}={0,2})""#).expect("internal: the pattern is valid")
});

/// Every assignment to a key that ends like a credential, outside of comments.
pub(super) fn assignments(text: &str) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let (mut line_start, mut seen, mut value_end) = (0, 0, 0);
    for hit in KEY.captures_iter(text) {
        let (Some(key), Some(first)) = (hit.name("key"), hit.name("value")) else { continue };
        if let Some(newline) = memchr::memrchr(b'\n', &text.as_bytes()[seen..key.start()]) {
            line_start = seen + newline + 1;
        }
        seen = key.start();
        let inside_name = text[..key.start()]
            .ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '$' | '%' | '/' | '.' | '{'));
        if inside_name
            || key.start() < value_end
            || is_comment(text[line_start..].trim_start())
            || follows_anonymous_user(&text[..line_start])
            || text[key.end()..first.start()].contains('\n')
        {
            continue;
        }
        if let Some((value, quoted)) = value_at(text, first.start()) {
            value_end = value.end;
            found.push(Assignment { key: key.as_str(), value, quoted });
        }
    }
    found
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

    proptest::proptest! {
        #[test]
        fn ranges_are_inside(text in "[a-z=:'\"\\\\ ü\n-]{0,20}(password|token)[ =:'\"\\\\ü\n,;a-z]{0,20}") {
            for found in assignments(&text) {
                proptest::prop_assert!(text.get(found.value).is_some());
            }
        }
    }
}
