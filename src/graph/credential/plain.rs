//! What a value looks like when it is no credential: numbers, paths, names, prose; and how random it looks.

use super::key;
use super::pattern::Pattern;

static NEVER: Pattern = Pattern::any_case(concat!(
    r"^(?:true|false|yes|no|on|off|null|nil|~|read|write|auto|enabled|disabled|inherit|always|never|required)$",
    r"|^-?[0-9]+[.,][0-9]*$|^(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|(?u:µ)s|ms|s|m|h|d|w|y|ki|mi|gi|ti|k|g|t|%))+$",
    r"|^[0-9]{4}-[0-9]{2}-[0-9]{2}|^v?[0-9]+\.[0-9]+(?:\.[0-9]+)*(?:[-+][a-z0-9.]+)?$|^[0-9]+(?:\.[0-9]+){3}(?:[:/][0-9]+)?$",
    r"|^(?:~|\.{1,2})?/|^[a-z]:\\|^[a-z][a-z0-9+.-]*://|^[^\s@:]+@[^\s@]+\.[a-z]{2,}$|^[a-z0-9.-]+:[0-9]{1,5}$",
    r"|^(?:sha(?:1|256|512)|md5):|^ssh-(?:rsa|ed25519|dss) |^ecdsa-sha2|^age1[a-z0-9]{20}",
    r"|^-----begin (?:certificate|public|rsa public|trusted|pgp public|ssh2 public|pgp message)",
    r"|^[\[{(]|^\^|\(\)|^[a-z_](?:[a-z0-9_.]|[^\x00-\x7f])*\(|^lookup(?-u:\b)|^(?:let|var|const|await|new|return|function|import) |=>|^!(?:ref|sub)",
));

static FILE_NAME: Pattern = Pattern::any_case(
    r"^(?:[a-z0-9_.-]|[^\x00-\x7f])+\.(?:txt|json|ya?ml|pem|key|crt|cer|p12|pfx|jks|env|conf|cfg|ini|toml|sh|py|js|ts|sql|html?|xml|properties|pub|der|asc|agekey|local|svc|com|org|net|io)$",
);

/// Whether the value cannot be a credential whatever the key: a boolean, a decimal, a duration, a path, an address,
/// a public key, an expression, prose.
pub(super) fn is_never_secret(value: &str) -> bool {
    NEVER.is_match(value) || FILE_NAME.is_match(value) || is_prose(value)
}

fn is_prose(value: &str) -> bool {
    let words = value.split_ascii_whitespace().count();
    words >= 3
        && value
            .split_ascii_whitespace()
            .filter(|word| is_wordy(word.trim_matches(|letter: char| letter.is_ascii_punctuation())))
            .count()
            * 3
            >= words * 2
}

/// Whether the value reads as a name of something: words joined by `-`, `_`, `.`, `/` or `:`, or a camel-case
/// identifier. A single lower-case word is not a name here but [`is_single_word`].
pub(super) fn is_name(value: &str) -> bool {
    if is_opaque(value) || !value.is_ascii() {
        return false;
    }
    let parts: Vec<&str> =
        value.split(['-', '_', '.', '/', ':', ' ', '#', ',']).filter(|part| !part.is_empty()).collect();
    let has_separator = value.len() > parts.iter().map(|part| part.len()).sum::<usize>();
    match parts.as_slice() {
        [] => true,
        [one] if !has_separator => is_camel_identifier(one) || is_upper_word(one),
        several => several.iter().all(|part| is_wordy(part)),
    }
}

/// Whether the value is a key name or an environment variable that itself promises a credential: `ADMIN_PASSWORD`.
pub(super) fn names_a_credential(value: &str) -> bool {
    let joined = value.contains(['_', '-', '.']) || is_camel_identifier(value);
    joined
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        && is_name(value)
        && (key::kind(value).is_some() || is_upper_snake(value))
}

fn is_upper_snake(value: &str) -> bool {
    value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_upper_word(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_uppercase()) && value.len() < 16
}

/// A few lower-case letters, perhaps capitalised, perhaps with up to two digits behind.
pub(super) fn is_single_word(value: &str) -> bool {
    let letters = value.trim_end_matches(|letter: char| letter.is_ascii_digit());
    value.len() - letters.len() <= 2
        && (2..=14).contains(&letters.len())
        && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && letters[1..].bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_camel_identifier(value: &str) -> bool {
    let humps = value.bytes().skip(1).filter(u8::is_ascii_uppercase).count();
    let letters = value.trim_end_matches(|letter: char| letter.is_ascii_digit());
    humps > 0
        && humps * 3 <= value.len()
        && value.len() - letters.len() <= 2
        && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && value.bytes().any(|byte| byte.is_ascii_lowercase())
        && !is_opaque(value)
}

/// One part of a name: a word, a short number, an abbreviation with a digit such as `k8s`.
fn is_wordy(part: &str) -> bool {
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        let humps = part.bytes().skip(1).filter(u8::is_ascii_uppercase).count();
        let shouted = part.bytes().all(|byte| byte.is_ascii_uppercase());
        return part.len() <= 20 && (shouted || humps * 3 <= part.len());
    }
    let letters = part.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let one_case =
        !part.bytes().any(|byte| byte.is_ascii_uppercase()) || !part.bytes().any(|byte| byte.is_ascii_lowercase());
    part.len() <= 4 && one_case
        || digits <= 4 && letters.bytes().all(|byte| byte.is_ascii_alphabetic()) && part.len() <= 16
}

/// Eight hex groups and dashes.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a run of at least 16 characters looks generated.
pub(super) fn is_opaque(value: &str) -> bool {
    if is_uuid(value) {
        return true;
    }
    value
        .split(|letter: char| {
            !(letter.is_ascii_alphanumeric() || matches!(letter, '+' | '=' | '!' | '$' | '%' | '&' | '*'))
        })
        .any(run_is_opaque)
}

fn run_is_opaque(run: &str) -> bool {
    if run.len() < 16 {
        return false;
    }
    let bytes = run.as_bytes();
    if bytes.iter().all(u8::is_ascii_hexdigit) && bytes.iter().any(u8::is_ascii_digit) && entropy(run) >= 2.8 {
        return bytes.iter().any(u8::is_ascii_alphabetic);
    }
    let (mut mixed, mut case_changes, mut letter_pairs) = (0, 0, 0);
    for pair in bytes.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        if first.is_ascii_digit() != second.is_ascii_digit() {
            mixed += 1;
        } else if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() {
            letter_pairs += 1;
            case_changes += usize::from(first.is_ascii_lowercase() != second.is_ascii_lowercase());
        }
    }
    entropy(run) >= 3.2 && (mixed >= 3 || letter_pairs >= 8 && case_changes * 100 >= letter_pairs * 42)
}

/// Long and varied enough that a person would not write it as a name: the minimum of the decision table.
pub(super) fn is_strong(value: &str) -> bool {
    if value.contains(char::is_whitespace) || entropy(value) < 2.8 {
        return false;
    }
    let hex = value.len() >= 16
        && value.bytes().all(|byte| byte.is_ascii_hexdigit())
        && value.bytes().any(|byte| byte.is_ascii_digit());
    let classes = [
        value.bytes().any(|byte| byte.is_ascii_lowercase()),
        value.bytes().any(|byte| byte.is_ascii_uppercase()),
        value.bytes().any(|byte| byte.is_ascii_digit()),
        value.bytes().any(|byte| !byte.is_ascii_alphanumeric()),
    ];
    let classes = classes.into_iter().filter(|present| *present).count();
    hex || value.len() >= 8 && classes >= 3 || value.len() >= 12 && classes >= 2
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|part| -part * part.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_secret() {
        for (value, expected) in [
            ("true", true),
            ("1.5", true),
            ("30s", true),
            ("1h30m", true),
            ("/run/secrets/token", true),
            ("./token", true),
            ("https://shop.test/token", true),
            ("ops@shop.test", true),
            ("10.1.2.3:80", true),
            ("cache:6379", true),
            ("ssh-ed25519 AAAA", true),
            ("token.txt", true),
            ("getToken()", true),
            ("The password of the shop.", true),
            ("hunter2", false),
            ("Tr0ub4dor&3", false),
            ("1234", false),
        ] {
            assert_eq!(is_never_secret(value), expected, "{value}");
        }
    }

    #[test]
    fn names() {
        for (value, expected) in [
            ("shop-db-credentials", true),
            ("SHOP_TOKEN", true),
            ("clientSecret", true),
            ("accessKeyId", true),
            ("k8s-shop-v2", true),
            ("shop/token", true),
            ("X-Auth-Token", true),
            ("SECRET", true),
            ("hunter2", false),
            ("Tr0ub4dor&3", false),
            ("9f8e7d6c5b4a39281706", false),
            ("qX7rT2mW9kLp4sVb", false),
        ] {
            assert_eq!(is_name(value), expected, "{value}");
        }
        assert!(names_a_credential("SHOP_TOKEN") && names_a_credential("adminPassword"));
        assert!(!names_a_credential("password") && !names_a_credential("correct-horse"));
    }

    #[test]
    fn strength_and_randomness() {
        for (value, strong, opaque) in [
            ("Tr0ub4dor&3", true, false),
            ("hunter2", false, false),
            ("aaaaaaaaaaaa", false, false),
            ("9f8e7d6c5b4a39281706", true, true),
            ("qX7rT2mW9kLp4sVb", true, true),
            ("123e4567-e89b-12d3-a456-426614174000", true, true),
            ("thequickbrownfoxjumps", false, false),
        ] {
            assert_eq!((is_strong(value), is_opaque(value)), (strong, opaque), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(value in ".{0,60}") {
            let _ = (is_never_secret(&value), is_name(&value), is_single_word(&value), is_strong(&value), is_opaque(&value));
        }
    }
}
