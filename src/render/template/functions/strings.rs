//! Sprig's functions on texts. What they leave as it was keeps its origin.

use super::{Function, Param};
use crate::render::template::budget::{DEEPEST, Fault, LONGEST_TEXT, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::show;
use crate::render::template::text::{Text, TextBuilder};
use crate::render::template::value::{Element, Entries, Shape, Value};
use std::borrow::Cow;
use std::rc::Rc;

const TWO: &[Param] = &[Param::Text, Param::Text];
const THREE: &[Param] = &[Param::Text, Param::Text, Param::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("trunc", &[Param::Int, Param::Text], trunc),
    Function::plain("substr", &[Param::Int, Param::Int, Param::Text], substr),
    Function::plain("trim", &[Param::Text], trim),
    Function::plain("trimAll", TWO, trim_all),
    Function::plain("trimall", TWO, trim_all),
    Function::plain("trimPrefix", TWO, trim_prefix),
    Function::plain("trimSuffix", TWO, trim_suffix),
    Function::plain("upper", &[Param::Text], upper),
    Function::plain("lower", &[Param::Text], lower),
    Function::plain("title", &[Param::Text], title),
    Function::plain("repeat", &[Param::Int, Param::Text], repeat),
    Function::plain("contains", TWO, contains),
    Function::plain("hasPrefix", TWO, has_prefix),
    Function::plain("hasSuffix", TWO, has_suffix),
    Function::plain("quote", &[], quote).rest(Param::Payload),
    Function::plain("squote", &[], squote).rest(Param::Payload),
    Function::plain("cat", &[], cat).rest(Param::Payload),
    Function::plain("indent", &[Param::Int, Param::Loose], indent),
    Function::plain("nindent", &[Param::Int, Param::Loose], nindent),
    Function::plain("replace", THREE, replace),
    Function::plain("plural", &[Param::Text, Param::Text, Param::Int], plural),
    Function::plain("toString", &[Param::Payload], to_string),
    Function::plain("toStrings", &[Param::Any], to_strings),
    Function::plain("join", &[Param::Text, Param::Payload], join),
    Function::plain("sortAlpha", &[Param::Bag], sort_alpha),
    Function::plain("split", TWO, split),
    Function::plain("splitList", TWO, split_list),
    Function::plain("splitn", &[Param::Text, Param::Int, Param::Text], splitn),
];

/// The text at `at`. Calls check their arguments, so there is one.
pub(super) fn text<'a>(arguments: &[Value<'a>], at: usize) -> Outcome<Text<'a>> {
    arguments.get(at).and_then(Value::as_text).ok_or_else(|| Fault::Undecided("a text is needed here".into()))
}

/// The integer at `at`.
pub(super) fn int(arguments: &[Value<'_>], at: usize) -> Outcome<i64> {
    match arguments.get(at).map(|value| &value.shape) {
        Some(Shape::Int(number, _)) => Ok(*number),
        _ => Err(Fault::Undecided("an integer is needed here".into())),
    }
}

/// `made` from `given`: the very same text stays what it was.
pub(super) fn changed<'a>(machine: &mut Machine<'a>, given: &Text<'a>, made: String) -> Outcome<Value<'a>> {
    machine.budget.bytes(made.len())?;
    if made == given.as_str() {
        return Ok(given.part(0..made.len()));
    }
    Ok(Value::text(made))
}

/// The part of `text` that `part` borrows from it.
fn part<'a>(text: &Text<'a>, part: &str) -> Value<'a> {
    let start = part.as_ptr() as usize - text.as_str().as_ptr() as usize;
    text.part(start..start + part.len())
}

/// Bytes `start..end` of a text. A character that is cut in two gives bytes that are no text.
fn bytes<'a>(text: &Text<'a>, start: usize, end: usize) -> Outcome<Value<'a>> {
    let all = text.as_str();
    if start > end || end > all.len() {
        return Err(Fault::refused(format!("there is no such part of {} bytes", all.len())));
    }
    if !all.is_char_boundary(start) || !all.is_char_boundary(end) {
        return Err(Fault::Undecided("this cuts a character in two".into()));
    }
    Ok(text.part(start..end))
}

fn trunc<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (count, text) = (int(arguments, 0)?, text(arguments, 1)?);
    let length = text.as_str().len();
    let kept = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    match count {
        _ if kept >= length => Ok(arguments[1].clone()),
        ..0 => bytes(&text, length - kept, length),
        _ => bytes(&text, 0, kept),
    }
}

fn substr<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 2)?;
    let length = text.as_str().len();
    let start = usize::try_from(int(arguments, 0)?).ok();
    let end = usize::try_from(int(arguments, 1)?).ok();
    match (start, end) {
        (None, None) => Err(Fault::refused("a part cannot end before the start")),
        (None, Some(end)) => bytes(&text, 0, end),
        (Some(start), Some(end)) if end <= length => bytes(&text, start, end),
        (Some(start), _) => bytes(&text, start, length),
    }
}

fn trim<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    Ok(part(&text, text.as_str().trim()))
}

fn trim_all<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (set, text) = (text(arguments, 0)?, text(arguments, 1)?);
    let cut = text.as_str().trim_matches(|c| set.as_str().contains(c));
    Ok(part(&text, cut))
}

fn trim_prefix<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (prefix, text) = (text(arguments, 0)?, text(arguments, 1)?);
    let cut = text.as_str().strip_prefix(prefix.as_str()).unwrap_or(text.as_str());
    Ok(part(&text, cut))
}

fn trim_suffix<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (suffix, text) = (text(arguments, 0)?, text(arguments, 1)?);
    let cut = text.as_str().strip_suffix(suffix.as_str()).unwrap_or(text.as_str());
    Ok(part(&text, cut))
}

/// The only character a character becomes; Go changes case one by one.
fn one_by_one<I: Iterator<Item = char>>(mut chars: I, c: char) -> char {
    match (chars.next(), chars.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

fn upper<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    let made = text.as_str().chars().map(|c| one_by_one(c.to_uppercase(), c)).collect();
    changed(machine, &text, made)
}

fn lower<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    let made = text.as_str().chars().map(|c| one_by_one(c.to_lowercase(), c)).collect();
    changed(machine, &text, made)
}

fn title<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    let mut after_gap = true;
    let made = text
        .as_str()
        .chars()
        .map(|c| {
            let made = if after_gap { one_by_one(c.to_uppercase(), c) } else { c };
            after_gap = if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { c.is_whitespace() };
            made
        })
        .collect();
    changed(machine, &text, made)
}

fn repeat<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (count, text) = (int(arguments, 0)?, text(arguments, 1)?);
    let Ok(count) = usize::try_from(count) else {
        return Err(Fault::refused("a text cannot be repeated less than never"));
    };
    let length = text.as_str().len().saturating_mul(count);
    machine.budget.bytes(length.min(LONGEST_TEXT + 1))?;
    changed(machine, &text, text.as_str().repeat(if text.as_str().is_empty() { 0 } else { count }))
}

fn contains<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(text(arguments, 1)?.as_str().contains(text(arguments, 0)?.as_str())))
}

fn has_prefix<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(text(arguments, 1)?.as_str().starts_with(text(arguments, 0)?.as_str())))
}

fn has_suffix<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(text(arguments, 1)?.as_str().ends_with(text(arguments, 0)?.as_str())))
}

/// All values that are there, each put down by `put`, with spaces between.
fn spaced<'a>(
    machine: &mut Machine<'a>,
    arguments: &[Value<'a>],
    put: impl Fn(&mut Machine<'a>, &mut TextBuilder, &Value<'a>) -> Outcome<()>,
) -> Outcome<Value<'a>> {
    let mut out = TextBuilder::default();
    for (at, value) in arguments.iter().filter(|value| !value.is_nil()).enumerate() {
        out.push(if at > 0 { " " } else { "" });
        put(machine, &mut out, value)?;
    }
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

fn quote<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    spaced(machine, arguments, |machine, out, value| {
        let mut plain = TextBuilder::default();
        show::show(machine, &mut plain, value)?;
        if let Some(text) = plain.into_value().as_text() {
            show::quote(out, &text);
        }
        Ok(())
    })
}

fn squote<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    spaced(machine, arguments, |machine, out, value| {
        out.push("'");
        show::show(machine, out, value)?;
        out.push("'");
        Ok(())
    })
}

fn cat<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    spaced(machine, arguments, show::show)
}

/// `text` with `pad` before each line.
fn padded<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], start: &str) -> Outcome<Value<'a>> {
    let (count, text) = (int(arguments, 0)?, text(arguments, 1)?);
    let Ok(count) = usize::try_from(count) else {
        return Err(Fault::refused("there is no indentation of less than nothing"));
    };
    let lines = text.as_str().matches('\n').count() + 1;
    let length = lines.saturating_mul(count).saturating_add(text.as_str().len());
    machine.budget.bytes(length.min(LONGEST_TEXT + 1))?;
    let pad = " ".repeat(count);
    let mut out = TextBuilder::default();
    out.push(start);
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        out.push(&pad);
        out.part(&text, at..at + line.len());
        at += line.len();
    }
    if text.as_str().is_empty() || text.as_str().ends_with('\n') {
        out.push(&pad);
    }
    Ok(out.into_value())
}

fn indent<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    padded(machine, arguments, "")
}

fn nindent<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    padded(machine, arguments, "\n")
}

fn replace<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (old, new, text) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
    let found = text.as_str().matches(old.as_str()).count();
    let length = found.saturating_mul(new.as_str().len()).saturating_add(text.as_str().len());
    machine.budget.bytes(length.min(LONGEST_TEXT + 1))?;
    let made = text.as_str().replace(old.as_str(), new.as_str());
    changed(machine, &text, made)
}

fn plural<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(arguments[usize::from(int(arguments, 2)? != 1)].clone())
}

/// A value as text, with its origin.
fn shown<'a>(machine: &mut Machine<'a>, value: &Value<'a>) -> Outcome<Value<'a>> {
    if let Shape::Text(_) | Shape::Unknown = value.shape {
        return Ok(value.clone());
    }
    let mut out = TextBuilder::default();
    show::show(machine, &mut out, value)?;
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

fn to_string<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    shown(machine, &arguments[0])
}

/// The items of a list as texts, nothing left out but nulls; anything else is a list of itself.
fn texts<'a>(machine: &mut Machine<'a>, value: &Value<'a>) -> Outcome<Vec<Value<'a>>> {
    let all: Rc<[Value<'a>]> = match &value.shape {
        Shape::List(id, _) | Shape::Bag(id, _) => Rc::clone(machine.heap.list(*id)),
        _ => Rc::from([value.clone()]),
    };
    all.iter().filter(|item| !item.is_nil()).map(|item| shown(machine, item)).collect()
}

fn text_list<'a>(machine: &mut Machine<'a>, texts: Vec<Value<'a>>) -> Outcome<Value<'a>> {
    machine.budget.steps(texts.len())?;
    Ok(Value::new(Shape::List(machine.heap.add_list(texts), Element::Text)))
}

fn to_strings<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let texts = texts(machine, &arguments[0])?;
    text_list(machine, texts)
}

fn join<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let separator = text(arguments, 0)?;
    if let Shape::Unknown | Shape::Bag(..) = arguments[1].shape {
        return Ok(Value { shape: Shape::Unknown, origin: arguments[1].origin });
    }
    let mut out = TextBuilder::default();
    for (at, item) in texts(machine, &arguments[1])?.iter().enumerate() {
        if at > 0 {
            out.whole(&separator);
        }
        show::show(machine, &mut out, item)?;
        machine.budget.bytes(separator.as_str().len())?;
    }
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

fn sort_alpha<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    if !machine.is_known_throughout(&arguments[0], DEEPEST)? {
        return Ok(Value::unknown());
    }
    let mut texts = texts(machine, &arguments[0])?;
    texts.sort_by(|one, other| match (&one.shape, &other.shape) {
        (Shape::Text(one), Shape::Text(other)) => one.as_str().cmp(other.as_str()),
        _ => std::cmp::Ordering::Equal,
    });
    text_list(machine, texts)
}

/// The parts of `text` between separators, at most `limit`.
fn parts<'a>(
    machine: &mut Machine<'a>,
    separator: &Text<'a>,
    text: &Text<'a>,
    limit: usize,
) -> Outcome<Vec<Value<'a>>> {
    let (separator, all) = (separator.as_str(), text.as_str());
    let parts: Vec<&str> =
        if separator.is_empty() { characters(all, limit) } else { all.splitn(limit, separator).collect() };
    machine.budget.steps(parts.len())?;
    Ok(parts.into_iter().map(|found| part(text, found)).collect())
}

/// The characters of a text; the last of `limit` parts is all that is left.
fn characters(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if parts.len() + 1 == limit { rest.len() } else { c.len_utf8() };
        let (head, tail) = rest.split_at(length);
        parts.push(head);
        rest = tail;
    }
    parts
}

fn split_list<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let parts = parts(machine, &text(arguments, 0)?, &text(arguments, 1)?, usize::MAX)?;
    text_list(machine, parts)
}

/// Parts under the keys `_0`, `_1` and so on.
fn numbered<'a>(machine: &mut Machine<'a>, parts: Vec<Value<'a>>) -> Outcome<Value<'a>> {
    let entries: Entries<'a> =
        parts.into_iter().enumerate().map(|(at, part)| (Cow::Owned(format!("_{at}")), part)).collect();
    machine.budget.steps(entries.len())?;
    Ok(Value::new(Shape::Map(machine.heap.add_map(entries), Element::Text)))
}

fn split<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let parts = parts(machine, &text(arguments, 0)?, &text(arguments, 1)?, usize::MAX)?;
    numbered(machine, parts)
}

fn splitn<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let limit = int(arguments, 1)?;
    let limit = if limit < 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
    let parts = parts(machine, &text(arguments, 0)?, &text(arguments, 2)?, limit)?;
    numbered(machine, parts)
}
