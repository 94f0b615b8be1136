//! What only the full sprig has for texts: letter case, white space, abbreviations.

use super::strings::{changed, int, text};
use super::{Function, Param, Set};
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::text::TextBuilder;
use crate::render::template::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("nospace", &[Param::Text], nospace).only(Set::Sprig),
    Function::plain("swapcase", &[Param::Text], swapcase).only(Set::Sprig),
    Function::plain("untitle", &[Param::Text], untitle).only(Set::Sprig),
    Function::plain("abbrev", &[Param::Int, Param::Text], abbrev).only(Set::Sprig),
    Function::plain("snakecase", &[Param::Text], snakecase).only(Set::Sprig),
    Function::plain("kebabcase", &[Param::Text], kebabcase).only(Set::Sprig),
];

fn nospace<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    let made = text.as_str().chars().filter(|c| !c.is_whitespace()).collect();
    changed(machine, &text, made)
}

fn swapcase<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    if !text.as_str().is_ascii() {
        return Ok(Value::unknown());
    }
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let made = text.as_str().chars().map(swap).collect();
    changed(machine, &text, made)
}

fn untitle<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    if !text.as_str().is_ascii() {
        return Ok(Value::unknown());
    }
    let mut after_space = true;
    let made = text
        .as_str()
        .chars()
        .map(|c| {
            let made = if after_space { c.to_ascii_lowercase() } else { c };
            after_space = c.is_whitespace();
            made
        })
        .collect();
    changed(machine, &text, made)
}

fn abbrev<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (width, text) = (int(arguments, 0)?, text(arguments, 1)?);
    let width = usize::try_from(width).unwrap_or(0);
    if width < 4 || text.as_str().len() <= width {
        return Ok(arguments[1].clone());
    }
    let kept = width - 3;
    if !text.as_str().is_char_boundary(kept) {
        return Err(Fault::Undecided("this cuts a character in two".into()));
    }
    let mut out = TextBuilder::default();
    out.part(&text, 0..kept);
    out.push("...");
    Ok(out.into_value())
}

/// Words joined by `separator`; none where digits, runs of capitals or other letters make the words doubtful.
fn words(text: &str, separator: char) -> Option<String> {
    let mut made = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            'a'..='z' => made.push(c),
            'A'..='Z' if before.is_ascii_uppercase() => return None,
            'A'..='Z' => {
                if before.is_ascii_lowercase() {
                    made.push(separator);
                }
                made.push(c.to_ascii_lowercase());
            }
            '-' | '_' | ' ' if before.is_ascii_alphabetic() => made.push(separator),
            _ => return None,
        }
        before = c;
    }
    (!before.is_ascii_punctuation() && before != ' ').then_some(made)
}

fn joined<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], separator: char) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    match words(text.as_str(), separator) {
        Some(made) => changed(machine, &text, made),
        None if text.as_str().is_empty() => Ok(arguments[0].clone()),
        None => Ok(Value::unknown()),
    }
}

fn snakecase<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    joined(machine, arguments, '_')
}

fn kebabcase<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    joined(machine, arguments, '-')
}
