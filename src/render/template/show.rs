//! How Go prints values: `%v`, `Sprint`, `%q`, floating-point numbers.

use super::arguments::deeper;
use super::budget::{DEEPEST, Outcome};
use super::evaluate::Machine;
use super::text::{Text, TextBuilder};
use super::value::{Shape, Value};
use std::fmt::Write as _;
use std::rc::Rc;

/// Appends what an action prints.
pub(super) fn print<'a>(machine: &mut Machine<'a>, out: &mut TextBuilder, value: &Value<'a>) -> Outcome<()> {
    if value.is_nil() {
        out.push("<no value>");
        return Ok(());
    }
    show(machine, out, value)
}

/// Appends a value as `%v` prints it. A scalar keeps its origin; what is not known throughout becomes one unknown.
pub(super) fn show<'a>(machine: &mut Machine<'a>, out: &mut TextBuilder, value: &Value<'a>) -> Outcome<()> {
    match &value.shape {
        Shape::Unknown | Shape::Bag(..) => out.unknown(value.origin),
        Shape::Text(text) => out.whole(&Text::of(text, value.origin)),
        Shape::List(..) | Shape::Map(..) => {
            if machine.is_known_throughout(value, DEEPEST)? {
                let mut text = String::new();
                plain(machine, &mut text, value, DEEPEST)?;
                out.push(&text);
            } else {
                out.unknown(value.origin);
            }
        }
        _ => out.scalar(&scalar(value).unwrap_or_default(), value.origin),
    }
    Ok(())
}

/// The text of a scalar that is no text; none for lists, mappings and what is not known.
pub(super) fn scalar(value: &Value<'_>) -> Option<String> {
    Some(match &value.shape {
        Shape::Missing | Shape::Nil => "<nil>".into(),
        Shape::Bool(truth) => truth.to_string(),
        Shape::Int(number, _) => number.to_string(),
        Shape::Float(number) => float(*number),
        Shape::Text(text) => text.as_str().to_owned(),
        Shape::List(..) | Shape::Bag(..) | Shape::Map(..) | Shape::Unknown => return None,
    })
}

/// A value that is known throughout, as `%v` prints it.
pub(super) fn plain_text<'a>(machine: &mut Machine<'a>, value: &Value<'a>) -> Outcome<String> {
    let mut text = String::new();
    plain(machine, &mut text, value, DEEPEST)?;
    Ok(text)
}

fn plain<'a>(machine: &mut Machine<'a>, out: &mut String, value: &Value<'a>, depth: usize) -> Outcome<()> {
    let start = out.len();
    let depth = deeper(depth)?;
    match &value.shape {
        Shape::List(id, _) | Shape::Bag(id, _) => {
            let items = Rc::clone(machine.heap.list(*id));
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                plain(machine, out, item, depth)?;
            }
            out.push(']');
        }
        Shape::Map(id, _) => {
            let entries = machine.heap.map(*id).clone();
            machine.budget.steps(entries.len())?;
            out.push_str("map[");
            for (at, (key, item)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                out.push_str(key);
                out.push(':');
                plain(machine, out, item, depth)?;
            }
            out.push(']');
        }
        _ => out.push_str(&scalar(value).unwrap_or_default()),
    }
    machine.budget.steps(1)?;
    machine.budget.bytes(out.len() - start)
}

/// Appends several values as `Sprint` does: a space between two of which neither is a text.
pub(super) fn sprint<'a>(machine: &mut Machine<'a>, out: &mut TextBuilder, values: &[Value<'a>]) -> Outcome<()> {
    let mut after_text = true;
    for (at, value) in values.iter().enumerate() {
        let is_text = matches!(value.shape, Shape::Text(_));
        if at > 0 && !is_text && !after_text {
            out.push(" ");
        }
        show(machine, out, value)?;
        after_text = is_text;
    }
    Ok(())
}

/// Digits and exponent of the shortest decimal that reads back as `number`: `0.DIGITS * 10^exponent`.
pub(super) fn shortest(number: f64) -> (String, i32) {
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0').to_owned();
    if digits.is_empty() {
        return ("0".into(), 1);
    }
    (digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

fn special(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        return Some("NaN");
    }
    match number {
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

/// A number as `%v` prints it.
pub(super) fn float(number: f64) -> String {
    general(number, 6)
}

/// A number as short as possible, with an exponent from `10^limit` on and below `10^-4`.
pub(super) fn general(number: f64, limit: i32) -> String {
    if let Some(special) = special(number) {
        return special.into();
    }
    let (digits, point) = shortest(number);
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if point - 1 < -4 || point > limit {
        return format!("{sign}{}", exponential(&digits, point - 1));
    }
    format!("{sign}{}", positional(&digits, point))
}

/// `1.5e+07`.
pub(super) fn exponential(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.abs())
}

/// `15000000` or `0.0015`.
pub(super) fn positional(digits: &str, point: i32) -> String {
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point <= 0 {
        return format!("0.{}{digits}", zeros(-point));
    }
    if point >= length {
        return format!("{digits}{}", zeros(point - length));
    }
    let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
    format!("{whole}.{fraction}")
}

/// Appends a text in double quotes, as `%q` prints it; what needs no escape keeps its marks.
pub(super) fn quote(out: &mut TextBuilder, text: &Text<'_>) {
    out.push("\"");
    let mut done = 0;
    for (at, c) in text.as_str().char_indices() {
        if let Some(escape) = escape(c) {
            out.part(text, done..at);
            out.push(&escape);
            done = at + c.len_utf8();
        }
    }
    out.part(text, done..text.as_str().len());
    out.push("\"");
}

fn escape(c: char) -> Option<String> {
    Some(match c {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\u{b}' => "\\v".into(),
        _ if is_printable(c) => return None,
        _ => {
            let code = u32::from(c);
            let mut escape = String::new();
            let written = match code {
                0..0x80 => write!(escape, "\\x{code:02x}"),
                0x80..0x1_0000 => write!(escape, "\\u{code:04x}"),
                _ => write!(escape, "\\U{code:08x}"),
            };
            written.expect("internal: a text takes what is written to it");
            escape
        }
    })
}

/// Whether Go prints a character as it is.
pub(super) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    // The debug form of a text escapes what cannot be seen, and combining marks only where they come first.
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().count() == 2
}
