//! `printf`: Go's verbs, flags, widths and precisions.

use super::budget::{Fault, Outcome};
use super::evaluate::Machine;
use super::show;
use super::text::{Text, TextBuilder};
use super::value::{Shape, Value};
use std::fmt::Write as _;

#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Formats `values` by `format`. What is unknown stays a part of the result.
pub(super) fn printf<'a>(
    machine: &mut Machine<'a>,
    out: &mut TextBuilder,
    format: &Text<'a>,
    values: &[Value<'a>],
) -> Outcome<()> {
    let text = format.as_str();
    let mut next = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('%') {
        out.part(format, at..at + found);
        at += found + 1;
        let (spec, verb, after) = spec(text, at, values, &mut next)?;
        at = after;
        let Some(verb) = verb else {
            out.push("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            out.push("%");
            continue;
        }
        let Some(value) = values.get(next) else {
            out.push(&format!("%!{verb}(MISSING)"));
            continue;
        };
        next += 1;
        one(machine, out, spec, verb, value)?;
        machine.budget.steps(1)?;
        machine.budget.bytes(out.len() / 256)?;
    }
    out.part(format, at..text.len());
    if next < values.len() {
        extra(machine, out, &values[next..])?;
    }
    Ok(())
}

fn extra<'a>(machine: &mut Machine<'a>, out: &mut TextBuilder, values: &[Value<'a>]) -> Outcome<()> {
    out.push("%!(EXTRA ");
    for (at, value) in values.iter().enumerate() {
        out.push(if at > 0 { ", " } else { "" });
        out.push(value.type_name());
        if !value.is_nil() {
            out.push("=");
            show::show(machine, out, value)?;
        }
    }
    out.push(")");
    Ok(())
}

/// Reads flags, width and precision; gives the verb and what follows it.
fn spec(text: &str, mut at: usize, values: &[Value<'_>], next: &mut usize) -> Outcome<(Spec, Option<char>, usize)> {
    let mut spec = Spec::default();
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b'-') => {
                spec.minus = true;
                spec.zero = false;
            }
            Some(b'+') => spec.plus = true,
            Some(b'#') => spec.sharp = true,
            Some(b' ') => spec.space = true,
            Some(b'0') => spec.zero = !spec.minus,
            _ => break,
        }
        at += 1;
    }
    spec.width = count(bytes, &mut at, values, next)?;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        spec.precision = Some(count(bytes, &mut at, values, next)?.unwrap_or(0));
    }
    let verb = text[at..].chars().next();
    Ok((spec, verb, at + verb.map_or(0, char::len_utf8)))
}

const WIDEST: usize = 1_000_000;

fn count(bytes: &[u8], at: &mut usize, values: &[Value<'_>], next: &mut usize) -> Outcome<Option<usize>> {
    match bytes.get(*at) {
        Some(b'[') => Err(Fault::Undecided("numbered arguments of `printf` are not evaluated here".into())),
        Some(b'*') => {
            *at += 1;
            let value = values.get(*next).map(|value| &value.shape);
            *next += 1;
            match value {
                Some(Shape::Int(number, _)) if (0..=100_000).contains(number) => Ok(usize::try_from(*number).ok()),
                _ => Err(Fault::Undecided("this width of `printf` is not evaluated here".into())),
            }
        }
        _ => {
            let start = *at;
            let mut number = 0usize;
            while let Some(digit) = bytes.get(*at).filter(|byte| byte.is_ascii_digit()) {
                number = number.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
                *at += 1;
            }
            if number > WIDEST {
                return Err(Fault::refused("this width is beyond all measure"));
            }
            Ok((*at > start).then_some(number))
        }
    }
}

fn one<'a>(machine: &mut Machine<'a>, out: &mut TextBuilder, spec: Spec, verb: char, value: &Value<'a>) -> Outcome<()> {
    if verb == 'T' {
        match value.shape {
            Shape::Unknown => out.unknown(value.origin),
            _ => pad(out, spec, &Text::made(value.type_name())),
        }
        return Ok(());
    }
    if spec.sharp && verb == 'v' {
        return Err(Fault::Undecided("`%#v` is not evaluated here".into()));
    }
    match &value.shape {
        Shape::Unknown | Shape::Bag(..) => out.unknown(value.origin),
        Shape::Text(text) => return text_verb(machine, out, spec, verb, &Text::of(text, value.origin), value),
        Shape::Bool(truth) if matches!(verb, 't' | 'v') => pad(out, spec, &Text::made(truth.to_string())),
        Shape::Int(number, _) if "vdboOxXcqU".contains(verb) => {
            if verb == 'v' || verb == 'd' {
                plain_int(out, spec, *number, value.origin);
            } else {
                int_verb(out, spec, verb, *number)?;
            }
        }
        Shape::Float(number) if "veEfFgG".contains(verb) => {
            let text = float_verb(spec, verb, *number);
            if spec.width.is_none() && !spec.plus && !spec.space && verb == 'v' && spec.precision.is_none() {
                out.scalar(&text, value.origin);
            } else {
                number_pad(out, spec, &text);
            }
        }
        Shape::List(..) | Shape::Map(..) if verb == 'v' && spec.width.is_none() => show::show(machine, out, value)?,
        Shape::List(id, _) if matches!(verb, 's' | 'q' | 'd') => {
            let items = std::rc::Rc::clone(machine.heap.list(*id));
            out.push("[");
            for (at, item) in items.iter().enumerate() {
                out.push(if at > 0 { " " } else { "" });
                one(machine, out, spec, verb, item)?;
            }
            out.push("]");
        }
        Shape::Map(..) => return Err(Fault::Undecided("this verb is not evaluated for mappings here".into())),
        Shape::Nil | Shape::Missing if verb == 'v' => pad(out, spec, &Text::made("<nil>")),
        _ => bad(machine, out, verb, value)?,
    }
    Ok(())
}

/// A verb that does not suit its value.
fn bad<'a>(machine: &mut Machine<'a>, out: &mut TextBuilder, verb: char, value: &Value<'a>) -> Outcome<()> {
    if value.is_nil() {
        out.push(&format!("%!{verb}(<nil>)"));
        return Ok(());
    }
    out.push(&format!("%!{verb}({}=", value.type_name()));
    show::show(machine, out, value)?;
    out.push(")");
    Ok(())
}

fn text_verb<'a>(
    machine: &mut Machine<'a>,
    out: &mut TextBuilder,
    spec: Spec,
    verb: char,
    text: &Text<'a>,
    value: &Value<'a>,
) -> Outcome<()> {
    let end = spec
        .precision
        .and_then(|precision| text.as_str().char_indices().nth(precision))
        .map_or(text.as_str().len(), |(at, _)| at);
    let cut = match text.part(0..end).as_text() {
        Some(cut) if end < text.as_str().len() => cut,
        _ => text.clone(),
    };
    match verb {
        'v' | 's' => pad(out, spec, &cut),
        'q' if spec.sharp => return Err(Fault::Undecided("`%#q` is not evaluated here".into())),
        'q' => {
            let mut quoted = TextBuilder::default();
            show::quote(&mut quoted, &cut);
            if let Some(quoted) = quoted.into_value().as_text() {
                pad(out, spec, &quoted);
            }
        }
        'x' | 'X' if !cut.is_known() => out.unknown(value.origin),
        'x' | 'X' => {
            let hex: String = cut.as_str().bytes().fold(String::new(), |mut hex, byte| {
                let written = if verb == 'x' { write!(hex, "{byte:02x}") } else { write!(hex, "{byte:02X}") };
                written.expect("internal: a text takes what is written to it");
                hex
            });
            pad(out, spec, &Text::made(hex));
        }
        _ => bad(machine, out, verb, value)?,
    }
    Ok(())
}

/// Fills up to the width, with spaces or zeros.
fn pad(out: &mut TextBuilder, spec: Spec, text: &Text<'_>) {
    let length = text.as_str().chars().count();
    let fill = spec.width.unwrap_or(0).saturating_sub(length);
    let filler = if spec.zero { "0" } else { " " };
    if spec.minus {
        out.whole(text);
        out.push(&" ".repeat(fill));
    } else {
        out.push(&filler.repeat(fill));
        out.whole(text);
    }
}

/// Signs and fills a number; zeros go after the sign.
fn number_pad(out: &mut TextBuilder, spec: Spec, text: &str) {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    let sign = match sign {
        "-" => "-",
        _ if spec.plus => "+",
        _ if spec.space => " ",
        _ if digits.starts_with("Inf") => sign,
        _ => "",
    };
    let is_special = digits.starts_with(|c: char| c.is_ascii_uppercase()) && matches!(digits, "Inf" | "NaN");
    if spec.zero && !spec.minus && !is_special {
        let fill = spec.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
        out.push(&format!("{sign}{}{digits}", "0".repeat(fill)));
    } else {
        pad(out, Spec { zero: false, ..spec }, &Text::made(format!("{sign}{digits}")));
    }
}

fn plain_int(out: &mut TextBuilder, spec: Spec, number: i64, origin: Option<u32>) {
    if spec.width.is_none() && spec.precision.is_none() && !spec.plus && !spec.space {
        out.scalar(&number.to_string(), origin);
    } else {
        padded_int(out, spec, number < 0, "", &number.unsigned_abs().to_string());
    }
}

fn padded_int(out: &mut TextBuilder, spec: Spec, negative: bool, prefix: &str, digits: &str) {
    let sign = if negative { "-" } else { "" };
    let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let body = format!("{sign}{prefix}{}{digits}", "0".repeat(zeros));
    number_pad(out, Spec { zero: spec.zero && spec.precision.is_none(), ..spec }, &body);
}

fn int_verb(out: &mut TextBuilder, spec: Spec, verb: char, number: i64) -> Outcome<()> {
    let magnitude = number.unsigned_abs();
    let (prefix, digits) = match verb {
        'b' => ("0b", format!("{magnitude:b}")),
        'o' => ("0", format!("{magnitude:o}")),
        'O' => ("0o", format!("{magnitude:o}")),
        'x' => ("0x", format!("{magnitude:x}")),
        'X' => ("0X", format!("{magnitude:X}")),
        _ => {
            let c = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
            let text = match verb {
                'c' => c.to_string(),
                'U' => format!("U+{magnitude:04X}"),
                _ => return Err(Fault::Undecided("`%q` of a number is not evaluated here".into())),
            };
            pad(out, spec, &Text::made(text));
            return Ok(());
        }
    };
    let prefix = if spec.sharp || verb == 'O' { prefix } else { "" };
    padded_int(out, spec, number < 0, prefix, &digits);
    Ok(())
}

fn float_verb(spec: Spec, verb: char, number: f64) -> String {
    if !number.is_finite() {
        return show::float(number);
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let exponential = |precision: usize| {
        let text = format!("{:.precision$e}", number.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let mark = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{mantissa}e{mark}{:02}", exponent.abs())
    };
    let text = match (verb, spec.precision) {
        ('f' | 'F', precision) => format!("{sign}{:.*}", precision.unwrap_or(6), number.abs()),
        ('e' | 'E', precision) => exponential(precision.unwrap_or(6)),
        (_, None) => show::float(number),
        (_, Some(precision)) => {
            let digits = precision.max(1);
            let text = exponential(digits - 1);
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let trim = |text: &str| match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text.to_owned(),
            };
            if exponent < -4 || exponent >= i32::try_from(digits).unwrap_or(i32::MAX) {
                let mark = if exponent < 0 { '-' } else { '+' };
                format!("{}e{mark}{:02}", trim(mantissa), exponent.abs())
            } else {
                let places = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
                let places = usize::try_from(places).unwrap_or(0);
                trim(&format!("{sign}{:.places$}", number.abs()))
            }
        }
    };
    if verb.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text }
}
