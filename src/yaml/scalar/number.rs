//! Numbers as go-yaml recognises them, and as Go prints them. Knows no tags and no words
//! (`.inf` is one).

use super::Dialect;
use std::borrow::Cow;

/// A number by its Go type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    UInt(u64),
    Float(f64),
}

/// The number that a plain scalar starting with a dot, sign or digit spells, if it is one.
#[inline]
pub(super) fn parse(text: &str, dialect: Dialect) -> Option<Number> {
    let bytes = text.as_bytes();
    if let Some(value) = short_decimal(bytes) {
        return Some(Number::Int(value));
    }
    if !bytes.iter().all(|&byte| in_number_alphabet(byte)) {
        return None;
    }
    if bytes.first() == Some(&b'.') {
        return dotted(text);
    }
    let digits: Cow<'_, str> = match bytes.contains(&b'_') {
        true => Cow::Owned(text.replace('_', "")),
        false => Cow::Borrowed(text),
    };
    integer(&digits).or_else(|| decimal_float(&digits)).or_else(|| sign_after_prefix(&digits, dialect))
}

/// The common case: at most 18 decimal digits that cannot overflow, no leading zero.
#[inline]
fn short_decimal(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let mut value = 0i64;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(if negative { -value } else { value })
}

#[inline]
fn in_number_alphabet(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'.' | b'+' | b'-' | b'_' | b'x' | b'X' | b'o' | b'O')
}

/// Go's `ParseInt` and then `ParseUint` with base 0: `0x`, `0o`, `0b` or a leading zero choose the base.
fn integer(text: &str) -> Option<Number> {
    let (sign, body) = match text.as_bytes().first()? {
        sign @ (b'+' | b'-') => (Some(*sign), &text[1..]),
        _ => (None, text),
    };
    let (radix, digits) = match body.as_bytes() {
        [] => return None,
        [b'0', b'b' | b'B', _, ..] => (2, &body[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &body[2..]),
        [b'0', b'x' | b'X', _, ..] => (16, &body[2..]),
        [b'0', _, ..] => (8, &body[1..]),
        _ => (10, body),
    };
    // `from_str_radix` would let a second sign through.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        Some(b'-') => 0i64.checked_sub_unsigned(magnitude).map(Number::Int),
        _ => match i64::try_from(magnitude) {
            Ok(value) => Some(Number::Int(value)),
            // ParseUint takes no sign, so `+9223372036854775808` goes on to be a float.
            Err(_) => sign.is_none().then_some(Number::UInt(magnitude)),
        },
    }
}

/// `0b-1`: go-yaml cuts the prefix off and lets a sign follow it; v3 does so for `0o` too.
fn sign_after_prefix(text: &str, dialect: Dialect) -> Option<Number> {
    let (digits, radix) = match text.strip_prefix("0b") {
        Some(digits) => (digits, 2),
        None if dialect == Dialect::Kustomize => (text.strip_prefix("0o")?, 8),
        None => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(Number::Int)
}

/// `[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?`, if finite.
fn decimal_float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let whole = leading_digits(unsigned);
    let mut rest = &unsigned[whole..];
    if let [b'.', fraction @ ..] = rest {
        let length = leading_digits(fraction);
        if whole + length == 0 {
            return None;
        }
        rest = &fraction[length..];
    } else if whole == 0 {
        return None;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        if exponent.is_empty() || leading_digits(exponent) != exponent.len() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    finite(text)
}

/// A float that starts with a dot goes to Go's `ParseFloat` as it stands: an underscore only between digits.
fn dotted(text: &str) -> Option<Number> {
    let bytes = text.as_bytes();
    let between_digits =
        |at: usize| at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let mut underscores = false;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_') {
        underscores = true;
        if !between_digits(at) {
            return None;
        }
    }
    match underscores {
        true => decimal_float(&text.replace('_', "")),
        false => decimal_float(text),
    }
}

fn leading_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn finite(text: &str) -> Option<Number> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float)
}

/// The name of a float key: Go's shortest `%g` of the value as 32 bits, whatever precision that loses.
pub(super) fn float_key(value: f64) -> Cow<'static, str> {
    let value = value as f32;
    if value.is_nan() {
        return Cow::Borrowed(".nan");
    }
    if value.is_infinite() {
        return Cow::Borrowed(if value > 0.0 { ".inf" } else { "-.inf" });
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').expect("internal: {:e} always writes an exponent");
    let exponent: i32 = exponent.parse().expect("internal: {:e} writes a decimal exponent");
    // The bounds Go uses whenever no precision is asked for.
    if (-4..6).contains(&exponent) {
        return Cow::Owned(value.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Cow::Owned(format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()))
}

/// A float as a person would write it.
pub(in crate::yaml) fn float_text(value: f64) -> String {
    let size = value.abs();
    match size == 0.0 || (1e-6..1e21).contains(&size) {
        true => format!("{value}"),
        false => format!("{value:e}"),
    }
}
