//! Regular expressions, in Go's syntax.

use super::strings::{changed, int, text};
use super::{Function, Param};
use crate::render::pattern::in_rust;
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::value::{Element, Shape, Value};
use regex::{NoExpand, Regex, RegexBuilder};
use std::borrow::Cow;

const TWO: &[Param] = &[Param::Text, Param::Text];
const THREE: &[Param] = &[Param::Text, Param::Text, Param::Text];
const LIMITED: &[Param] = &[Param::Text, Param::Text, Param::Int];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("regexMatch", TWO, matches),
    Function::plain("mustRegexMatch", TWO, must_match),
    Function::plain("regexFind", TWO, find),
    Function::plain("mustRegexFind", TWO, find),
    Function::plain("regexFindAll", LIMITED, find_all),
    Function::plain("mustRegexFindAll", LIMITED, find_all),
    Function::plain("regexReplaceAll", THREE, replace),
    Function::plain("mustRegexReplaceAll", THREE, replace),
    Function::plain("regexReplaceAllLiteral", THREE, replace_literal),
    Function::plain("mustRegexReplaceAllLiteral", THREE, replace_literal),
    Function::plain("regexSplit", LIMITED, split),
    Function::plain("mustRegexSplit", LIMITED, split),
    Function::plain("regexQuoteMeta", &[Param::Text], quote_meta),
];

const PATTERN_SIZE: usize = 1 << 20;

impl<'a> Machine<'a> {
    fn pattern(&mut self, arguments: &[Value<'a>]) -> Outcome<Regex> {
        let source = text(arguments, 0)?;
        if let Some(pattern) = self.patterns.get(source.as_str()) {
            return Ok(pattern.clone());
        }
        // What it costs to compile does not show in the length of the text.
        self.budget.steps(10_000)?;
        let compiled = RegexBuilder::new(&in_rust(source.as_str())).size_limit(PATTERN_SIZE).build();
        let pattern = compiled.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Fault::Undecided("this pattern is too large to be tried here".into()),
            _ => Fault::refused("this is not a pattern"),
        })?;
        self.patterns.insert(source.as_str().to_owned(), pattern.clone());
        Ok(pattern)
    }
}

fn matches<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    match machine.pattern(arguments) {
        Ok(pattern) => Ok(Value::bool(pattern.is_match(text(arguments, 1)?.as_str()))),
        // This one takes a broken pattern for one that does not match.
        Err(Fault::Refused(_)) => Ok(Value::bool(false)),
        Err(fault) => Err(fault),
    }
}

fn must_match<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let pattern = machine.pattern(arguments)?;
    Ok(Value::bool(pattern.is_match(text(arguments, 1)?.as_str())))
}

fn find<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (pattern, text) = (machine.pattern(arguments)?, text(arguments, 1)?);
    let found = pattern.find(text.as_str()).map_or(0..0, |found| found.range());
    Ok(text.part(found))
}

/// How many results are wanted.
fn limit(arguments: &[Value<'_>]) -> Outcome<usize> {
    Ok(usize::try_from(int(arguments, 2)?).unwrap_or(usize::MAX))
}

fn text_list<'a>(machine: &mut Machine<'a>, items: Vec<Value<'a>>) -> Outcome<Value<'a>> {
    machine.budget.steps(items.len())?;
    Ok(Value::new(Shape::List(machine.heap.add_list(items), Element::Text)))
}

fn find_all<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (pattern, text) = (machine.pattern(arguments)?, text(arguments, 1)?);
    let found = pattern.find_iter(text.as_str()).take(limit(arguments)?);
    let items = found.map(|found| text.part(found.range())).collect();
    text_list(machine, items)
}

fn replace<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (pattern, given) = (machine.pattern(arguments)?, text(arguments, 1)?);
    let with = text(arguments, 2)?;
    check_growth(machine, &pattern, given.as_str(), with.as_str())?;
    let made = pattern.replace_all(given.as_str(), with.as_str()).into_owned();
    changed(machine, &given, made)
}

fn replace_literal<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (pattern, given) = (machine.pattern(arguments)?, text(arguments, 1)?);
    let with = text(arguments, 2)?;
    check_growth(machine, &pattern, given.as_str(), with.as_str())?;
    let made = match pattern.replace_all(given.as_str(), NoExpand(with.as_str())) {
        Cow::Borrowed(same) => same.to_owned(),
        Cow::Owned(made) => made,
    };
    changed(machine, &given, made)
}

/// Charges for the longest text that a replacement can give.
fn check_growth(machine: &mut Machine<'_>, pattern: &Regex, given: &str, with: &str) -> Outcome<()> {
    let found = pattern.find_iter(given).count();
    let references = with.matches('$').count();
    let each = with.len().saturating_add(references.saturating_mul(given.len()));
    // Only a handful of references to groups can make this large; such a replacement is not tried.
    let most = found.saturating_mul(each).saturating_add(given.len());
    machine.budget.bytes(most)
}

fn split<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (pattern, text, limit) = (machine.pattern(arguments)?, text(arguments, 1)?, limit(arguments)?);
    let all = text.as_str();
    if limit == 0 {
        return text_list(machine, Vec::new());
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for found in pattern.find_iter(all) {
        if parts.len() + 1 == limit {
            break;
        }
        // An empty match at the very start splits nothing off, and none is looked for at the end.
        if found.end() == 0 || (found.is_empty() && found.start() == all.len()) {
            continue;
        }
        parts.push(text.part(start..found.start()));
        start = found.end();
    }
    parts.push(text.part(start..all.len()));
    text_list(machine, parts)
}

fn quote_meta<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let given = text(arguments, 0)?;
    let mut made = String::with_capacity(given.as_str().len());
    for c in given.as_str().chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            made.push('\\');
        }
        made.push(c);
    }
    changed(machine, &given, made)
}
