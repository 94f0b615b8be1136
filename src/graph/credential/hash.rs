//! Password hashes: they have to be guessed, so they are reported with low certainty.

use super::{Certainty, Credential};
use regex::Regex;
use std::sync::LazyLock;

static HASH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\$\$?2[abxy]\$\$?[0-9]{2}\$\$?[./A-Za-z0-9]{53}|\$\$?argon2(?:id|i|d)\$[^\s'\x22,]{30,}",
        r"|\$\$?[56]\$\$?(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$\$?[./A-Za-z0-9]{43,86}",
        r"|\$\$?(?:apr1|1)\$\$?[./A-Za-z0-9]{1,8}\$\$?[./A-Za-z0-9]{22}|SCRAM-SHA-(?:1|256)\$[0-9]+:[^\s'\x22]{40,}",
        r"|pbkdf2_sha(?:1|256)\$[0-9]+\$[^\s'\x22]{20,}|\$pbkdf2-sha(?:1|256|512)\$[^\s'\x22]{30,}|\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{27,}={0,2}",
    ))
    .expect("internal: the pattern is valid")
});

/// Every password hash in the text.
pub(super) fn find(text: &str, found: &mut Vec<Credential>) {
    if memchr::memchr2(b'$', b'}', text.as_bytes()).is_none() {
        return;
    }
    found.extend(HASH.find_iter(text).map(|hit| Credential {
        what: "password hash",
        certainty: Certainty::Low,
        range: hit.range(),
        weak_default: false,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
