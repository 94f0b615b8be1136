//! Passwords in the user part of URLs and in the parameters of connection strings.

use super::{Certainty, Credential, is_placeholder, is_reference, plain, weak};
use memchr::memmem;
use std::ops::Range;

const DOCUMENTATION: &[&str] =
    &["example.com", "example.org", "example.net", "host", "hostname", "myhost", "your-host"];

/// Whether a URL in the text may have a user part.
pub(super) fn may_hold(text: &str) -> bool {
    memchr::memchr(b'@', text.as_bytes()).is_some() && memmem::find(text.as_bytes(), b"://").is_some()
}

/// Every URL password in the text; `all` keeps those that are harmless but better not printed.
pub(super) fn find(text: &str, all: bool, found: &mut Vec<Credential>) {
    if !may_hold(text) {
        return;
    }
    for at in memmem::find_iter(text.as_bytes(), b"://") {
        if let Some(credential) = url_at(text, at, all) {
            found.push(credential);
        }
    }
}

fn url_at(text: &str, separator: usize, all: bool) -> Option<Credential> {
    let bytes = text.as_bytes();
    if separator == 0 || !bytes[separator - 1].is_ascii_alphanumeric() {
        return None;
    }
    let start = separator + 3;
    let (password, host) = userinfo(bytes, start)?;
    let user = &text[start..password.start - 1];
    let secret = &text[password.clone()];
    let host = &text[host];
    if secret.is_empty()
        || secret.starts_with('$')
        || is_reference(secret)
        || is_placeholder(secret)
        || !visible(secret)
    {
        return None;
    }
    if is_templated(user) && is_templated(secret) || is_upper_name(secret) {
        return None;
    }
    let bare = host.split([':', ',']).next().unwrap_or(host);
    let documented = DOCUMENTATION.contains(&bare) || bare.ends_with(".example") || bare.ends_with(".example.com");
    let generic = matches!(user, "user" | "username" | "usr" | "foo")
        && matches!(secret, "pass" | "password" | "passwd" | "pwd" | "pw" | "bar" | "secret");
    let looks_like_port = secret.len() <= 5 && secret.bytes().all(|byte| byte.is_ascii_digit()) && user.contains('.');
    if !all && (documented || generic || looks_like_port) {
        return None;
    }
    let weak_default = user == secret
        || weak::is_default(secret)
        || plain::is_single_word(secret)
        || secret.bytes().all(|byte| byte.is_ascii_digit());
    let certainty = if weak_default { Certainty::Low } else { Certainty::High };
    Some(Credential { what: "URL with a password", certainty, range: password, weak_default })
}

/// The byte ranges of the password and of the host, if there is a `user:password@` at `start`.
fn userinfo(bytes: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>)> {
    const LONGEST: usize = 512;
    let mut colon = None;
    let mut depth = 0u32;
    let mut at = start;
    while at < bytes.len() && at - start < LONGEST {
        match bytes[at] {
            b'@' if depth == 0 => {
                let colon = colon?;
                let end = (at + 1..bytes.len())
                    .find(|end| matches!(bytes[*end], b'/' | b'?' | b'#') || !is_url_byte(bytes[*end]))
                    .unwrap_or(bytes.len());
                return (end > at + 1).then_some((colon + 1..at, at + 1..end));
            }
            b':' if colon.is_none() && depth == 0 => colon = Some(at),
            b'{' | b'(' | b'<' => depth += 1,
            b'}' | b')' | b'>' => depth = depth.saturating_sub(1),
            b'/' | b'?' | b'#' if depth == 0 => return None,
            byte if depth == 0 && !is_url_byte(byte) => return None,
            b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

fn is_url_byte(byte: u8) -> bool {
    !byte.is_ascii_whitespace()
        && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'|' | b'\\')
        && !byte.is_ascii_control()
}

/// Templates that are no reference on their own: `%s`, `[password]`, `PASSWORD`, `{pw}`.
fn is_templated(part: &str) -> bool {
    part.contains(['%', '{', '[', '<', '$', '(']) || is_upper_name(part)
}

fn is_upper_name(part: &str) -> bool {
    part.len() > 2
        && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
        && part.bytes().filter(u8::is_ascii_digit).count() <= 2
}

fn visible(secret: &str) -> bool {
    secret.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !secret.starts_with(['{', '[', '<', '%', '('])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(Certainty, &str)> {
        let mut found = Vec::new();
        find(text, false, &mut found);
        found.into_iter().map(|credential| (credential.certainty, &text[credential.range])).collect()
    }

    #[test]
    fn passwords_in_urls() {
        for (text, expected) in [
            ("postgres://shop:s9-Kfw2!q@db:5432/shop", vec![(Certainty::High, "s9-Kfw2!q")]),
            ("redis://:s9-Kfw2!q@cache:6379/0", vec![(Certainty::High, "s9-Kfw2!q")]),
            (
                "a=amqp://a:Zz91_pq2@q b=amqp://b:Yy82_pq3@q",
                vec![(Certainty::High, "Zz91_pq2"), (Certainty::High, "Yy82_pq3")],
            ),
            ("postgres://shop:shop@db/shop", vec![(Certainty::Low, "shop")]),
            ("amqp://shop:guest@queue", vec![(Certainty::Low, "guest")]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn urls_without_a_readable_password() {
        for text in [
            "redis://cache:6379/0",
            "https://shop.test/a:b@c",
            "postgres://shop:${PW}@db/shop",
            "postgres://shop:$(PW)@db/shop",
            "postgres://shop:{{ .pw }}@db/shop",
            "postgres://shop:$PW@db/shop",
            "postgres://%s:%s@db/shop",
            "postgres://USER:PASSWORD@db/shop",
            "postgres://user:pass@db/shop",
            "postgres://shop:s9-Kfw2!q@example.com/shop",
            "https://<user>:<password>@shop.test",
            "https://shop@shop.test",
            "https://shop:@shop.test",
            "://a:b@c",
            "x://",
        ] {
            assert_eq!(of(text), vec![], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn ranges_are_inside(text in "[a-z:/@${} ü]{0,40}") {
            let mut found = Vec::new();
            find(&text, true, &mut found);
            for credential in found {
                proptest::prop_assert!(text.get(credential.range).is_some());
            }
        }
    }
}
