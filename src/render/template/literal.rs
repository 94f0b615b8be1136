//! Go's literals: quoted text, characters and numbers.

use super::syntax::Number;
use std::borrow::Cow;

/// Reads a text in double quotes, its quotes included.
pub(super) fn unquote(literal: &str) -> Option<Cow<'_, str>> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, after) = unit(rest, '"')?;
        unit.write(&mut bytes);
        rest = after;
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Reads a text in back quotes, its quotes included. Carriage returns do not belong to it.
pub(super) fn raw(literal: &str) -> Cow<'_, str> {
    let inner = literal.trim_matches('`');
    if inner.contains('\r') { Cow::Owned(inner.replace('\r', "")) } else { Cow::Borrowed(inner) }
}

/// Reads a character in single quotes, its quotes included.
pub(super) fn character(literal: &str) -> Option<i64> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let (unit, after) = unit(inner, '\'')?;
    after.is_empty().then(|| match unit {
        Unit::Byte(byte) => i64::from(byte),
        Unit::Char(c) => i64::from(u32::from(c)),
    })
}

enum Unit {
    Byte(u8),
    Char(char),
}

impl Unit {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => bytes.push(*byte),
            Self::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The first character or escape of `text`, and what follows.
fn unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let byte = |byte: u8| Some((Unit::Byte(byte), rest));
    match escape {
        'a' => byte(7),
        'b' => byte(8),
        'f' => byte(12),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(11),
        '\\' => byte(b'\\'),
        '\'' | '"' if escape == quote => Some((Unit::Char(escape), rest)),
        'x' => digits(rest, 2, 16).and_then(|(code, rest)| Some((Unit::Byte(u8::try_from(code).ok()?), rest))),
        '0'..='7' => {
            let (code, rest) = digits(&text[1..], 3, 8)?;
            Some((Unit::Byte(u8::try_from(code).ok()?), rest))
        }
        'u' | 'U' => {
            let (code, rest) = digits(rest, if escape == 'u' { 4 } else { 8 }, 16)?;
            Some((Unit::Char(char::from_u32(code)?), rest))
        }
        _ => None,
    }
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let head = text.get(..count)?;
    head.bytes().all(|byte| char::from(byte).is_digit(radix)).then_some(())?;
    Some((u32::from_str_radix(head, radix).ok()?, &text[count..]))
}

/// Reads a number as it stands in a template.
pub(super) fn number(literal: &str) -> Option<Number> {
    let int = integer(literal);
    let float = match int {
        #[expect(clippy::cast_precision_loss, reason = "Go converts a constant the same way")]
        Some(int) => int as f64,
        None => float(literal)?,
    };
    let is_hex = literal.trim_start_matches(['+', '-']).to_ascii_lowercase().starts_with("0x");
    let looks_float = literal.contains(['.', 'p', 'P']) || (!is_hex && literal.contains(['e', 'E']));
    if int.is_none() && !looks_float {
        return None;
    }
    let int = int.or_else(|| whole(float));
    Some(Number { int, float, prefers_float: looks_float })
}

fn whole(float: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "only numbers that have an exact integer are let through")]
    let int = (float.fract() == 0.0 && float.abs() < 9.2e18).then_some(float as i64);
    int
}

/// Reads an integer as Go's `ParseInt` does with base 0.
pub(super) fn integer(literal: &str) -> Option<i64> {
    let (negative, digits) = match literal.as_bytes().first()? {
        b'-' => (true, &literal[1..]),
        b'+' => (false, &literal[1..]),
        _ => (false, literal),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(_) if lower.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    let prefixed = radix != 10;
    if !underscores_fit(body, prefixed) {
        return None;
    }
    let body = body.replace('_', "");
    if body.is_empty() || body.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from_str_radix(&body, radix).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Whether underscores stand only between digits, or after a prefix.
fn underscores_fit(body: &str, prefixed: bool) -> bool {
    !body.contains("__") && !body.ends_with('_') && (prefixed || !body.starts_with('_'))
}

/// Reads a floating-point number as Go's `ParseFloat` does.
pub(super) fn float(literal: &str) -> Option<f64> {
    let bare = literal.trim_start_matches(['+', '-']);
    let lower = bare.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        let magnitude = hex_float(hex)?;
        return Some(if literal.starts_with('-') { -magnitude } else { magnitude });
    }
    if literal.contains('_') {
        return None;
    }
    let number = literal.parse::<f64>().ok()?;
    (number.is_finite() || lower.starts_with("inf") || lower == "nan").then_some(number)
}

fn hex_float(hex: &str) -> Option<f64> {
    let (mantissa, exponent) = hex.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let units = u64::from_str_radix(&digits, 16).ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    #[expect(clippy::cast_precision_loss, reason = "a mantissa beyond 53 bits is rounded, as in Go")]
    let value = units as f64 * 2f64.powi(shift);
    value.is_finite().then_some(value)
}
