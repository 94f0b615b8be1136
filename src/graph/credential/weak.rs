//! Which values are defaults that anyone would try first. They do get applied, unlike placeholders.

const WORDS: &[&str] = &[
    "change",
    "changeit",
    "changeme",
    "me",
    "it",
    "this",
    "please",
    "now",
    "password",
    "passwd",
    "pass",
    "passw",
    "admin",
    "administrator",
    "minioadmin",
    "minio",
    "root",
    "toor",
    "secret",
    "super",
    "my",
    "test",
    "testing",
    "tester",
    "user",
    "default",
    "guest",
    "demo",
    "letmein",
    "welcome",
    "qwerty",
    "postgres",
    "postgresql",
    "mysql",
    "mongo",
    "redis",
    "rabbitmq",
    "grafana",
    "elastic",
    "elasticsearch",
    "db",
    "database",
    "foo",
    "bar",
    "baz",
    "hello",
    "world",
    "simple",
    "insecure",
    "weak",
    "temp",
    "temporary",
    "initial",
    "dev",
    "development",
    "local",
    "app",
    "login",
    "master",
    "the",
    "abc",
    "pwd",
    "service",
    "not",
    "so",
    "very",
    "strong",
    "key",
    "token",
    "flux",
    "keycloak",
    "in",
    "production",
];

/// Whether the value is put together from the words that defaults are made of, also in leet (`p4ssw0rd`).
pub(super) fn is_default(value: &str) -> bool {
    if value.is_empty() || value.len() > 40 || !value.is_ascii() {
        return false;
    }
    let plain: Vec<u8> = letters(value, false);
    let leet: Vec<u8> = letters(value, true);
    made_of_words(&plain) || made_of_words(&leet)
}

/// Lower-case letters without separators and without what defaults end in: digits, `!`.
fn letters(value: &str, leet: bool) -> Vec<u8> {
    let trimmed = value.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '!');
    let stem = if leet && trimmed.len() + 1 < value.len() { value } else { trimmed };
    stem.bytes()
        .filter(|byte| !matches!(byte, b'-' | b'_' | b'.' | b' '))
        .map(|byte| match byte.to_ascii_lowercase() {
            b'0' if leet => b'o',
            b'1' | b'!' if leet => b'i',
            b'3' if leet => b'e',
            b'4' | b'@' if leet => b'a',
            b'5' | b'$' if leet => b's',
            b'7' if leet => b't',
            other => other,
        })
        .collect()
}

fn made_of_words(text: &[u8]) -> bool {
    if text.len() < 3 {
        return false;
    }
    let mut reachable = vec![false; text.len() + 1];
    reachable[0] = true;
    for start in 0..text.len() {
        if reachable[start] {
            for word in WORDS {
                if text[start..].starts_with(word.as_bytes()) {
                    reachable[start + word.len()] = true;
                }
            }
        }
    }
    reachable[text.len()]
}

/// Whether the value asks to be changed, which makes it a default whatever the key is called.
pub(super) fn asks_for_change(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    lower.starts_with("change") && is_default(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (value, expected) in [
            ("changeme", true),
            ("change-me-please", true),
            ("ChangeMe123!", true),
            ("p4ssw0rd", true),
            ("P@ssw0rd", true),
            ("admin", true),
            ("admin123", true),
            ("supersecret", true),
            ("postgres-password", true),
            ("letmein1", true),
            ("", false),
            ("me", false),
            ("correct-horse", false),
            ("Tr0ub4dor&3", false),
            ("administer", false),
            ("パスワード", false),
        ] {
            assert_eq!(is_default(value), expected, "{value}");
        }
        assert!(asks_for_change("CHANGE_ME"));
        assert!(!asks_for_change("password"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(value in ".{0,60}") {
            let _ = is_default(&value);
        }
    }
}
