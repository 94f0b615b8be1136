//! The formats of texts and numbers that the API server enforces (Kubernetes 1.36); others are only documentation.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::net::{Ipv4Addr, Ipv6Addr};

/// How a text or a number is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Format {
    Int32,
    Int64,
    Byte,
    Date,
    DateTime,
    Duration,
    Cidr,
    Ipv4,
    Ipv6,
    Mac,
    Uuid,
    Uri,
    Email,
    Hostname,
}

impl Format {
    /// The format of that name, if it is enforced.
    pub fn parse(name: &str) -> Option<Format> {
        Some(match name {
            "int32" => Format::Int32,
            "int64" => Format::Int64,
            "byte" => Format::Byte,
            "date" => Format::Date,
            "date-time" | "datetime" => Format::DateTime,
            "duration" => Format::Duration,
            "cidr" => Format::Cidr,
            "ipv4" => Format::Ipv4,
            "ipv6" => Format::Ipv6,
            "mac" => Format::Mac,
            "uuid" => Format::Uuid,
            "uri" => Format::Uri,
            "email" => Format::Email,
            "hostname" => Format::Hostname,
            _ => return None,
        })
    }

    /// What a text of this format is, with an example.
    pub fn title(self) -> &'static str {
        match self {
            Format::Int32 => "a whole number of 32 bits",
            Format::Int64 => "a whole number of 64 bits",
            Format::Byte => "base64",
            Format::Date => "a date, as in `2026-01-31`",
            Format::DateTime => "a time, as in `2026-01-31T12:00:00Z`",
            Format::Duration => "a duration, as in `1h30m`",
            Format::Cidr => "an address range, as in `10.0.0.0/8`",
            Format::Ipv4 => "an IPv4 address",
            Format::Ipv6 => "an IPv6 address",
            Format::Mac => "a hardware address, as in `02:00:00:00:00:01`",
            Format::Uuid => "a UUID",
            Format::Uri => "a URI",
            Format::Email => "an email address",
            Format::Hostname => "a host name",
        }
    }

    /// Whether `text` is of this format.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Format::Int32 | Format::Int64 => true,
            Format::Byte => is_base64(text),
            Format::Date => is_date(text),
            Format::DateTime => is_date_time(text),
            Format::Duration => is_duration(text),
            Format::Cidr => is_cidr(text),
            Format::Ipv4 => ipv4(text).is_some(),
            Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Format::Mac => is_mac(text),
            Format::Uuid => is_uuid(text),
            Format::Uri => is_uri(text),
            Format::Email => text.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
            Format::Hostname => is_hostname(text),
        }
    }
}

/// Go skips line breaks within base64, and wants the padding.
pub fn is_base64(text: &str) -> bool {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
    if text.contains(['\n', '\r']) {
        let joined: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        return ENGINE.decode(joined).is_ok();
    }
    ENGINE.decode(text).is_ok()
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut part = |count| parts.next().and_then(|part| digits(part, count));
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return false };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let zone = time.find(['Z', 'z', '+', '-']).map(|at| time.split_at(at));
    let Some((clock, zone)) = zone else { return false };
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, rest)| (clock, Some(rest)));
    let two = |text: &str, most: u32| digits(text, 2).is_some_and(|number| number <= most);
    let mut parts = clock.splitn(3, ':');
    let mut part = |most| parts.next().is_some_and(|part| two(part, most));
    let is_zone = matches!(zone, "Z" | "z")
        || zone
            .get(1..)
            .and_then(|zone| zone.split_once(':'))
            .is_some_and(|(hour, minute)| two(hour, 23) && two(minute, 59));
    let is_fraction =
        fraction.is_none_or(|fraction| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()));
    is_date(date) && part(23) && part(59) && part(59) && is_fraction && is_zone
}

/// A duration of Go's, or a number with the name of a unit.
fn is_duration(text: &str) -> bool {
    const UNITS: &[&str] = &[
        "ns", "nano", "nanos", "us", "µs", "micro", "micros", "ms", "milli", "millis", "s", "sec", "secs", "second",
        "seconds", "m", "min", "mins", "minute", "minutes", "h", "hr", "hour", "hours", "d", "day", "days", "w", "wk",
        "week", "weeks",
    ];
    if is_go_duration(text) {
        return true;
    }
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = text[end..].trim().to_lowercase();
    end > 0 && UNITS.contains(&unit.as_str())
}

/// What Go's `time.ParseDuration` reads: a sign, then numbers each with a unit; or a bare zero.
pub fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut any = false;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(number);
        let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
        if !has_digit || digits.matches('.').count() > 1 {
            return false;
        }
        let unit = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].iter().find(|unit| {
            let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            after[..end] == ***unit
        });
        let Some(unit) = unit else { return false };
        rest = &after[unit.len()..];
        any = true;
    }
    any
}

/// An IPv4 address; zeros before a number are let through, as the API server does for old objects' sake.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let plain: Vec<&str> = text.split('.').map(|part| part.trim_start_matches('0')).collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !text.split('.').all(is_number) {
        return None;
    }
    let numbers: Vec<&str> = plain.iter().map(|part| if part.is_empty() { "0" } else { part }).collect();
    numbers.join(".").parse().ok()
}

/// As the API server reads a range: an address, and a length of digits.
pub fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match (ipv4(address), address.parse::<Ipv6Addr>()) {
        (Some(_), _) => 32,
        (None, Ok(_)) => 128,
        (None, Err(_)) => return false,
    };
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    is_number && length.parse::<u32>().is_ok_and(|length| length <= most)
}

fn is_mac(text: &str) -> bool {
    ['-', ':'].iter().any(|separator| {
        let parts: Vec<&str> = text.split(*separator).collect();
        let is_hex = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(is_hex)
    })
}

fn is_uuid(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uri(text: &str) -> bool {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        let mut bytes = scheme.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            && !rest.is_empty()
    });
    (has_scheme || text.starts_with('/')) && !text.contains([' ', '\u{7f}']) && !text.chars().any(char::is_control)
}

fn is_hostname(text: &str) -> bool {
    text.len() <= 255
        && text.trim_end_matches('.').split('.').all(|part| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && !part.contains([' ', '/', ':'])
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_the_api_server_reads_them() {
        for (format, good, bad) in [
            (Format::Byte, &["", "YQ==", "Y\nQ=="][..], &["a", "YQ", "Y Q==", "not base64!"][..]),
            (Format::Date, &["2024-02-29"], &["2023-02-29", "2024-1-1", "24-01-01", ""]),
            (
                Format::DateTime,
                &["2024-01-01T00:00:00Z", "2024-01-01t00:00:00.5+02:00"],
                &["2024-01-01", "now", "2024-01-01T25:00:00Z", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z"],
            ),
            (Format::Duration, &["1h30m", "0", "1.5s", "3 days", "-1m"], &["", "1", "h", "1x", "1h 3"]),
            (
                Format::Cidr,
                &["10.0.0.0/8", "::/0", "10.0.0.1/8", "010.0.0.0/8"],
                &["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/+8"],
            ),
            (Format::Ipv4, &["10.0.0.1", "010.0.0.1"], &["::1", "10.0.0.256", "10.0.0"]),
            (Format::Ipv6, &["::1"], &["10.0.0.1", ""]),
            (Format::Uuid, &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567"]),
            (Format::Uri, &["https://a.example/x"], &["", "not a uri"]),
            (Format::Mac, &["02:00:00:00:00:01"], &["02:00"]),
        ] {
            for text in good {
                assert!(format.accepts(text), "{format:?} {text:?}");
            }
            for text in bad {
                assert!(!format.accepts(text), "{format:?} {text:?}");
            }
        }
    }
}
