//! Sprig's functions on lists.

use super::{Function, Param};
use crate::render::template::budget::{DEEPEST, Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::value::{Element, Shape, Value};
use std::rc::Rc;

const ITEM: &[Param] = &[Param::Any, Param::Payload];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("list", &[], list).rest(Param::Payload),
    Function::plain("tuple", &[], list).rest(Param::Payload),
    Function::plain("append", ITEM, append).shallow(),
    Function::plain("mustAppend", ITEM, append).shallow(),
    Function::plain("push", ITEM, append).shallow(),
    Function::plain("mustPush", ITEM, append).shallow(),
    Function::plain("prepend", ITEM, prepend).shallow(),
    Function::plain("mustPrepend", ITEM, prepend).shallow(),
    Function::plain("concat", &[], concat).rest(Param::Any).shallow(),
    Function::plain("first", &[Param::Any], first).shallow(),
    Function::plain("mustFirst", &[Param::Any], first).shallow(),
    Function::plain("last", &[Param::Any], last).shallow(),
    Function::plain("mustLast", &[Param::Any], last).shallow(),
    Function::plain("rest", &[Param::Any], rest).shallow(),
    Function::plain("mustRest", &[Param::Any], rest).shallow(),
    Function::plain("initial", &[Param::Any], initial).shallow(),
    Function::plain("mustInitial", &[Param::Any], initial).shallow(),
    Function::plain("reverse", &[Param::Any], reverse).shallow(),
    Function::plain("mustReverse", &[Param::Any], reverse).shallow(),
    Function::plain("slice", &[Param::Any], slice).rest(Param::Any).shallow(),
    Function::plain("mustSlice", &[Param::Any], slice).rest(Param::Any).shallow(),
    Function::plain("chunk", &[Param::Int, Param::Any], chunk).shallow(),
    Function::plain("mustChunk", &[Param::Int, Param::Any], chunk).shallow(),
    Function::plain("compact", &[Param::Any], compact),
    Function::plain("mustCompact", &[Param::Any], compact),
    Function::plain("uniq", &[Param::Any], uniq),
    Function::plain("mustUniq", &[Param::Any], uniq),
    Function::plain("without", &[Param::Any], without).rest(Param::Any),
    Function::plain("mustWithout", &[Param::Any], without).rest(Param::Any),
    Function::plain("has", &[Param::Any, Param::Bag], has),
    Function::plain("mustHas", &[Param::Any, Param::Bag], has),
];

type Items<'a> = Rc<[Value<'a>]>;

fn items<'a>(machine: &Machine<'a>, value: &Value<'a>) -> Outcome<Items<'a>> {
    match value.shape {
        Shape::List(id, _) | Shape::Bag(id, _) => Ok(Rc::clone(machine.heap.list(id))),
        _ => Err(Fault::refused(format!("this takes a list, not {}", value.title()))),
    }
}

fn make<'a>(machine: &mut Machine<'a>, items: Vec<Value<'a>>) -> Outcome<Value<'a>> {
    machine.budget.steps(items.len())?;
    Ok(Value::new(Shape::List(machine.heap.add_list(items), Element::Any)))
}

fn list<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    make(machine, arguments.to_vec())
}

fn append<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut all = items(machine, &arguments[0])?.to_vec();
    all.push(arguments[1].clone());
    make(machine, all)
}

fn prepend<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut all = vec![arguments[1].clone()];
    all.extend(items(machine, &arguments[0])?.iter().cloned());
    make(machine, all)
}

fn concat<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut all = Vec::new();
    for value in arguments {
        all.extend(items(machine, value)?.iter().cloned());
    }
    make(machine, all)
}

fn first<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(items(machine, &arguments[0])?.first().cloned().unwrap_or(Value::nil()))
}

fn last<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(items(machine, &arguments[0])?.last().cloned().unwrap_or(Value::nil()))
}

fn rest<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let all = items(machine, &arguments[0])?;
    make(machine, all.get(1..).unwrap_or_default().to_vec())
}

fn initial<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let all = items(machine, &arguments[0])?;
    make(machine, all.get(..all.len().saturating_sub(1)).unwrap_or_default().to_vec())
}

fn reverse<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let all = items(machine, &arguments[0])?;
    make(machine, all.iter().rev().cloned().collect())
}

fn slice<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let all = items(machine, &arguments[0])?;
    if all.is_empty() {
        return Ok(Value::nil());
    }
    let bound = |at: usize, default: usize| match arguments.get(at) {
        Some(value) => usize::try_from(machine.to_int64(value)).ok(),
        None => Some(default),
    };
    let part = bound(1, 0).zip(bound(2, all.len())).and_then(|(start, end)| all.get(start..end));
    let part = part.ok_or_else(|| Fault::refused(format!("there is no such part of {} items", all.len())))?;
    make(machine, part.to_vec())
}

fn chunk<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let all = items(machine, &arguments[1])?;
    let Shape::Int(size, _) = arguments[0].shape else { return Ok(Value::unknown()) };
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        return Err(Fault::refused("a part has at least one item"));
    };
    let parts: Outcome<Vec<_>> = all.chunks(size).map(|part| make(machine, part.to_vec())).collect();
    make(machine, parts?)
}

fn compact<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let all = items(machine, &arguments[0])?;
    let kept = all.iter().filter(|item| machine.heap.truth(item) == Some(true)).cloned().collect();
    make(machine, kept)
}

/// Whether `all` holds `needle`.
fn holds<'a>(machine: &mut Machine<'a>, all: &[Value<'a>], needle: &Value<'a>) -> Outcome<bool> {
    for item in all {
        if machine.same(item, needle, DEEPEST)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    for item in items(machine, &arguments[0])?.iter() {
        if !holds(machine, &kept, item)? {
            kept.push(item.clone());
        }
    }
    make(machine, kept)
}

fn without<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut kept = Vec::new();
    for item in items(machine, &arguments[0])?.iter() {
        if !holds(machine, &arguments[1..], item)? {
            kept.push(item.clone());
        }
    }
    make(machine, kept)
}

fn has<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    if arguments[1].is_nil() {
        return Ok(Value::bool(false));
    }
    let all = items(machine, &arguments[1])?;
    Ok(Value::bool(holds(machine, &all, &arguments[0])?))
}
