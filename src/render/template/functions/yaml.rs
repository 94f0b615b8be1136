//! `toYaml`: sorted keys, two spaces, dashes of a list at the column of its key. Scalars keep their origins.

use super::json::number_text;
use super::{Function, Param, Set};
use crate::render::template::arguments::deeper;
use crate::render::template::budget::{DEEPEST, Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::show;
use crate::render::template::text::{Text, TextBuilder};
use crate::render::template::value::{Shape, Value};
use crate::yaml::scalar::resolve;
use crate::yaml::{Dialect, Scalar, Style};
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("toYaml", &[Param::Payload], to_yaml),
    Function::plain("mustToYaml", &[Param::Payload], to_yaml).only(Set::Slim),
];

fn to_yaml<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut out = TextBuilder::default();
    node(machine, &mut out, &arguments[0], Place { indent: 0, parent: Parent::None }, DEEPEST)?;
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    None,
    Key,
    Dash,
}

/// Where a node is put: the column its own lines start in, and what stands before it.
#[derive(Clone, Copy)]
struct Place {
    indent: usize,
    parent: Parent,
}

fn spaces(out: &mut TextBuilder, count: usize) {
    out.push(&" ".repeat(count));
}

fn node<'a>(
    machine: &mut Machine<'a>,
    out: &mut TextBuilder,
    value: &Value<'a>,
    place: Place,
    depth: usize,
) -> Outcome<()> {
    machine.budget.steps(1)?;
    let depth = deeper(depth)?;
    let start = out.len();
    match &value.shape {
        Shape::Map(id, _) if !machine.heap.map(*id).is_empty() => {
            let mut entries: Vec<_> = machine.heap.map(*id).clone().into_iter().collect();
            entries.sort_by(|(one, _), (other, _)| natural(one, other));
            // A mapping under a key is indented, one after a dash goes on in the line of the dash.
            let indent = if place.parent == Parent::Key { place.indent + 2 } else { place.indent };
            if place.parent == Parent::Key {
                out.push("\n");
            }
            for (at, (key, item)) in entries.iter().enumerate() {
                if at > 0 || place.parent != Parent::Dash {
                    spaces(out, indent);
                }
                text(out, &Text::made(key.as_ref()), None);
                out.push(":");
                node(machine, out, item, Place { indent, parent: Parent::Key }, depth)?;
            }
        }
        Shape::List(id, _) if !machine.heap.list(*id).is_empty() => {
            let items = Rc::clone(machine.heap.list(*id));
            if place.parent == Parent::Key {
                out.push("\n");
            }
            for (at, item) in items.iter().enumerate() {
                if at > 0 || place.parent != Parent::Dash {
                    spaces(out, place.indent);
                }
                out.push("- ");
                node(machine, out, item, Place { indent: place.indent + 2, parent: Parent::Dash }, depth)?;
            }
        }
        _ => {
            out.push(if place.parent == Parent::Key { " " } else { "" });
            let block = if place.parent == Parent::Dash { place.indent } else { place.indent + 2 };
            leaf(out, value, block)?;
            out.push("\n");
        }
    }
    machine.budget.bytes(out.len() - start)
}

fn leaf(out: &mut TextBuilder, value: &Value<'_>, block: usize) -> Outcome<()> {
    match &value.shape {
        Shape::Map(..) => out.push("{}"),
        Shape::List(..) => out.push("[]"),
        Shape::Unknown | Shape::Bag(..) => out.unknown(value.origin),
        Shape::Missing | Shape::Nil => out.scalar("null", value.origin),
        Shape::Text(inner) => text(out, &Text::of(inner, value.origin), Some(block)),
        Shape::Float(number) if !number.is_finite() => {
            return Err(Fault::refused("an infinite number cannot be written"));
        }
        Shape::Float(number) => {
            let integral = number.fract() == 0.0 && number.abs() < 1.8e19;
            let written = if integral { number_text(*number) } else { show::float(*number) };
            out.scalar(&written, value.origin);
        }
        Shape::Bool(_) | Shape::Int(..) => out.scalar(&show::scalar(value).unwrap_or_default(), value.origin),
    }
    Ok(())
}

/// What a text allows.
struct Shapes {
    plain: bool,
    single: bool,
    literal: bool,
}

fn is_special(c: char) -> bool {
    !matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn shapes(text: &str) -> Shapes {
    let special = text.chars().any(is_special);
    let first = text.chars().next().unwrap_or(' ');
    let lonely = text.chars().nth(1).is_none_or(char::is_whitespace);
    let starts_badly = "#,[]{}&*!|>'\"%@`".contains(first)
        || (matches!(first, '-' | '?' | ':') && lonely)
        || text.starts_with("---")
        || text.starts_with("...");
    let breaks = text.contains('\n');
    let edges = text.starts_with(' ') || text.ends_with(' ');
    let inside = text.contains(": ") || text.ends_with(':') || text.contains(" #") || text.contains(":\n");
    Shapes {
        plain: !special && !starts_badly && !breaks && !edges && !inside && reads_as_text(text),
        single: !special && !breaks && reads_as_text(text),
        literal: breaks && !special && !text.contains(" \n") && !text.ends_with(' '),
    }
}

/// Whether a text without quotes is still one for whoever reads it.
fn reads_as_text(text: &str) -> bool {
    let is_base60 = text.contains(':') && text.bytes().all(|byte| b"0123456789:._+-".contains(&byte));
    let is_old_boolean = matches!(text, "y" | "Y" | "n" | "N");
    !text.is_empty()
        && !is_base60
        && !is_old_boolean
        && text != "<<"
        && matches!(resolve(text, Style::Plain, None, Dialect::Kubectl), Scalar::Text(read) if read == text)
}

/// Writes a text as a scalar; as a block at column `block` where it has lines, unless it is a key.
fn text(out: &mut TextBuilder, text: &Text<'_>, block: Option<usize>) {
    let all = text.as_str();
    let shapes = shapes(all);
    match block {
        _ if shapes.plain => out.whole(text),
        Some(block) if shapes.literal => literal(out, text, block),
        _ if shapes.single => single(out, text),
        _ => double(out, text),
    }
}

fn literal(out: &mut TextBuilder, text: &Text<'_>, block: usize) {
    let all = text.as_str();
    let hint = if all.starts_with([' ', '\n']) { "2" } else { "" };
    let chomp = match (all.ends_with('\n'), all.ends_with("\n\n") || all == "\n") {
        (false, _) => "-",
        (true, true) => "+",
        (true, false) => "",
    };
    out.push(&format!("|{hint}{chomp}\n"));
    let body = all.strip_suffix('\n').unwrap_or(all);
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if line != "\n" {
            spaces(out, block);
        }
        out.part(text, at..at + line.len());
        at += line.len();
    }
}

fn single(out: &mut TextBuilder, text: &Text<'_>) {
    out.push("'");
    let mut done = 0;
    for (at, _) in text.as_str().match_indices('\'') {
        out.part(text, done..at + 1);
        out.push("'");
        done = at + 1;
    }
    out.part(text, done..text.as_str().len());
    out.push("'");
}

fn double(out: &mut TextBuilder, text: &Text<'_>) {
    out.push("\"");
    let mut done = 0;
    for (at, c) in text.as_str().char_indices() {
        if !is_special(c) && !matches!(c, '"' | '\\' | '\n') {
            continue;
        }
        out.part(text, done..at);
        done = at + c.len_utf8();
        let mut escape = String::from("\\");
        let written = match c {
            '"' | '\\' => write!(escape, "{c}"),
            '\n' => write!(escape, "n"),
            '\t' => write!(escape, "t"),
            '\r' => write!(escape, "r"),
            _ if u32::from(c) <= 0xff => write!(escape, "x{:02X}", u32::from(c)),
            _ if u32::from(c) <= 0xffff => write!(escape, "u{:04X}", u32::from(c)),
            _ => write!(escape, "U{:08X}", u32::from(c)),
        };
        written.expect("internal: a text takes what is written to it");
        out.push(&escape);
    }
    out.part(text, done..text.as_str().len());
    out.push("\"");
}

/// The order of keys: letters after other characters, numbers by their value.
fn natural(one: &str, other: &str) -> Ordering {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else {
        return one.len().cmp(&other.len());
    };
    let (left, right) = (one[at], other[at]);
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => return left.cmp(&right),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero inside a number counts as its digit, one at its start does not.
    let before = one[..at].iter().rev().take_while(|c| c.is_ascii_digit());
    let inside = (left == '0' || right == '0') && before.clone().any(|c| *c != '0');
    let number = |chars: &[char]| {
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit());
        digits.fold((0usize, u128::from(inside)), |(count, sum), c| {
            (count + 1, sum.saturating_mul(10).saturating_add(u128::from(c.to_digit(10).unwrap_or(0))))
        })
    };
    let ((length, value), (other_length, other_value)) = (number(&one), number(&other));
    value.cmp(&other_value).then(length.cmp(&other_length)).then(left.cmp(&right))
}
