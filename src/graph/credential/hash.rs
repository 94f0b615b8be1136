//! Password hashes: they have to be guessed, so they are reported with low certainty.

use super::{Certainty, Credential};

/// What at least one of stands in every hash.
pub(super) const MARKS: &[&str] =
    &["$2a", "$2b", "$2x", "$2y", "$5$", "$6$", "$1$", "$apr1$", "$argon2", "pbkdf2", "SCRAM-SHA-", "{SHA", "{SSHA"];

/// Every password hash in the text.
pub(super) fn find(text: &str, found: &mut Vec<Credential>) {
    if memchr::memchr2(b'$', b'}', text.as_bytes()).is_none() {
        return;
    }
    let mut from = 0;
    while let Some(at) = text[from..].bytes().position(|byte| matches!(byte, b'$' | b'S' | b'p' | b'{')) {
        let start = from + at;
        from = start + 1;
        let Some(rest) = behind_hash(&text[start..]) else { continue };
        from = text.len() - rest.len();
        found.push(Credential {
            what: "password hash",
            certainty: Certainty::Low,
            range: start..from,
            weak_default: false,
        });
    }
}

/// What follows the hash that the text starts with, if it starts with one. Files of Compose double each `$`.
fn behind_hash(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('$') {
        let name = rest.strip_prefix('$').unwrap_or(rest);
        return bcrypt(name)
            .or_else(|| crypt(name))
            .or_else(|| unlisted(after_any(name.strip_prefix("argon2")?, &["id$", "i$", "d$"])?, 30, &['\'', '"', ',']))
            .or_else(|| {
                let sizes = ["sha1$", "sha256$", "sha512$"];
                unlisted(after_any(rest.strip_prefix("pbkdf2-")?, &sizes)?, 30, &['\'', '"'])
            });
    }
    if let Some(rest) = text.strip_prefix('{') {
        let rest = after_any(rest.strip_prefix('S').filter(|rest| rest.starts_with('S')).unwrap_or(rest), &["SHA"])?;
        let rest = after_any(rest, &["256}", "512}", "}"])?;
        let rest = run(rest, 27, usize::MAX, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))?;
        return run(rest, 0, 2, |byte| byte == b'=');
    }
    let digits = |text| run(text, 1, usize::MAX, |byte: u8| byte.is_ascii_digit());
    if let Some(rest) = text.strip_prefix("SCRAM-SHA-") {
        return unlisted(digits(after_any(rest, &["1$", "256$"])?)?.strip_prefix(':')?, 40, &['\'', '"']);
    }
    let rest = after_any(text.strip_prefix("pbkdf2_")?, &["sha1$", "sha256$"])?;
    unlisted(digits(rest)?.strip_prefix('$')?, 20, &['\'', '"'])
}

fn bcrypt(name: &str) -> Option<&str> {
    let rest = after_dollar(after_any(name, &["2a", "2b", "2x", "2y"])?)?;
    let rest = after_dollar(run(rest, 2, 2, |byte| byte.is_ascii_digit())?)?;
    run(rest, 53, 53, is_crypt)
}

/// What `crypt` of the C library writes: MD5 and the two of SHA-2.
fn crypt(name: &str) -> Option<&str> {
    let rest = after_dollar(after_any(name, &["5", "6", "apr1", "1"])?)?;
    let sha = name.starts_with(['5', '6']);
    let rest = match rest.strip_prefix("rounds=").filter(|_| sha) {
        Some(rounds) => run(rounds, 1, usize::MAX, |byte| byte.is_ascii_digit())?.strip_prefix('$')?,
        None => rest,
    };
    let (salt, least, most) = if sha { (16, 43, 86) } else { (8, 22, 22) };
    run(after_dollar(run(rest, 1, salt, is_crypt)?)?, least, most, is_crypt)
}

fn is_crypt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

/// What follows the one of the `starts` that the text has.
fn after_any<'a>(text: &'a str, starts: &[&str]) -> Option<&'a str> {
    starts.iter().find_map(|start| text.strip_prefix(start))
}

/// What follows one `$` or two.
fn after_dollar(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    Some(rest.strip_prefix('$').unwrap_or(rest))
}

/// What follows the first bytes of a kind, as many as there are: at least `least`, and no more than `most`.
fn run(text: &str, least: usize, most: usize, of_kind: impl Fn(u8) -> bool) -> Option<&str> {
    let length = text.bytes().take(most).take_while(|byte| of_kind(*byte)).count();
    if length < least { None } else { text.get(length..) }
}

/// What follows the letters up to white space or one of `ends`, at least `least` of them.
fn unlisted<'a>(text: &'a str, least: usize, ends: &[char]) -> Option<&'a str> {
    let end = text.find(|letter: char| letter.is_whitespace() || ends.contains(&letter)).unwrap_or(text.len());
    (text[..end].chars().count() >= least).then(|| &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn hashes() {
        let bcrypt = format!("$2b$10${}", "aB3./".repeat(11))[..60].to_owned();
        let sha = format!("$6$saltsalt${}", "Zx9.".repeat(22))[..98].to_owned();
        for (text, expected) in [
            (format!("ada:{bcrypt}"), 1),
            (format!("{bcrypt}\n{sha}"), 2),
            ("$2b$10$short".to_owned(), 0),
            ("costs $5$ or $6$".to_owned(), 0),
        ] {
            let mut found = Vec::new();
            find(&text, &mut found);
            assert_eq!(found.len(), expected, "{text}");
        }
    }

    /// What the scan by hand finds, as one pattern. Its counts and classes make so many states that compiling it takes
    /// longer than a run over a repository.
    const PATTERN: &str = concat!(
        r"\$\$?2[abxy]\$\$?[0-9]{2}\$\$?[./A-Za-z0-9]{53}|\$\$?argon2(?:id|i|d)\$[^\s'\x22,]{30,}",
        r"|\$\$?[56]\$\$?(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$\$?[./A-Za-z0-9]{43,86}",
        r"|\$\$?(?:apr1|1)\$\$?[./A-Za-z0-9]{1,8}\$\$?[./A-Za-z0-9]{22}|SCRAM-SHA-(?:1|256)\$[0-9]+:[^\s'\x22]{40,}",
        r"|pbkdf2_sha(?:1|256)\$[0-9]+\$[^\s'\x22]{20,}|\$pbkdf2-sha(?:1|256|512)\$[^\s'\x22]{30,}|\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{27,}={0,2}",
    );

    proptest::proptest! {
        #[test]
        fn the_scan_finds_what_the_pattern_does(
            before in "(a|é|S|SCRAM|\\{)?[$]{0,3}",
            name in "2[abz]|argon2(id?|d|x)?|[156]|apr1|SCRAM-SHA-(1|256|2)|pbkdf2[_-]sha(1|256|512)|\\{S{1,2}HA(256|512|1)?\\}",
            dollar in "[$]{1,2}|",
            rounds in "([0-9]{1,3}|rounds=([0-9]{1,4})?)?[$:]{0,2}",
            salt in "([./A-Za-z0-9]{1,20}[$]{1,2})?",
            text in "[./+A-Za-z0-9]{20,100}|[a-zé,'/]{18,50}",
            behind in "={0,3}[ '\",$]{0,2}([$]1[$]a[$][a-z]{22})?",
        ) {
            let text = format!("{before}{name}{dollar}{rounds}{salt}{text}{behind}");
            let pattern = Regex::new(PATTERN).expect("a pattern");
            let expected: Vec<_> = pattern.find_iter(&text).map(|hit| hit.range()).collect();
            let mut found = Vec::new();
            find(&text, &mut found);
            let found: Vec<_> = found.into_iter().map(|hash| hash.range).collect();
            for hash in &found {
                proptest::prop_assert!(MARKS.iter().any(|mark| text[hash.clone()].contains(mark)));
            }
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
