//! Sprig's functions on mappings. `set` and `unset` change the mapping itself, under all its names.

use super::{Function, Param, Set};
use crate::render::template::arguments::deeper;
use crate::render::template::budget::{DEEPEST, Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::show;
use crate::render::template::value::{Element, Entries, MapId, Shape, Value};
use std::borrow::Cow;
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("dict", &[], dict).rest(Param::Payload),
    Function::plain("get", &[Param::Map, Param::Text], get).shallow(),
    Function::plain("set", &[Param::Map, Param::Payload, Param::Payload], set).shallow(),
    Function::plain("unset", &[Param::Map, Param::Payload], unset).shallow(),
    Function::plain("hasKey", &[Param::Map, Param::Text], has_key).shallow(),
    Function::plain("pluck", &[Param::Text], pluck).rest(Param::Map).shallow(),
    Function::plain("keys", &[], keys).rest(Param::Map).shallow(),
    Function::plain("values", &[Param::Map], values).shallow(),
    Function::plain("pick", &[Param::Map], pick).rest(Param::Text).shallow(),
    Function::plain("omit", &[Param::Map], omit).rest(Param::Text).shallow(),
    Function::plain("dig", &[], dig).rest(Param::Payload),
    Function::plain("merge", &[Param::Map], merge).rest(Param::Map).shallow().only(Set::Sprig),
    Function::plain("mustMerge", &[Param::Map], merge).rest(Param::Map).shallow().only(Set::Sprig),
    Function::plain("mergeOverwrite", &[Param::Map], overwrite).rest(Param::Map).shallow().only(Set::Sprig),
    Function::plain("mustMergeOverwrite", &[Param::Map], overwrite).rest(Param::Map).shallow().only(Set::Sprig),
    Function::plain("deepCopy", &[Param::Payload], deep_copy).only(Set::Sprig),
    Function::plain("mustDeepCopy", &[Param::Payload], deep_copy).only(Set::Sprig),
];

fn map(value: &Value<'_>) -> Outcome<MapId> {
    match value.shape {
        Shape::Map(id, _) => Ok(id),
        _ => Err(Fault::refused(format!("this takes a mapping, not {}", value.title()))),
    }
}

fn key<'v>(value: &'v Value<'_>) -> Outcome<&'v str> {
    match &value.shape {
        Shape::Text(text) if text.is_known() => Ok(text.as_str()),
        Shape::Text(_) | Shape::Unknown => Err(Fault::Undecided("the key is not known here".into())),
        _ => Err(Fault::refused(format!("a key is a text, not {}", value.title()))),
    }
}

fn new_map<'a>(machine: &mut Machine<'a>, entries: Entries<'a>) -> Outcome<Value<'a>> {
    machine.budget.steps(entries.len())?;
    Ok(Value::new(Shape::Map(machine.heap.add_map(entries), Element::Any)))
}

fn new_list<'a>(machine: &mut Machine<'a>, items: Vec<Value<'a>>) -> Outcome<Value<'a>> {
    machine.budget.steps(items.len())?;
    Ok(Value::new(Shape::List(machine.heap.add_list(items), Element::Any)))
}

fn dict<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut entries = Entries::new();
    for pair in arguments.chunks(2) {
        if !machine.is_known_throughout(&pair[0], DEEPEST)? {
            return Err(Fault::Undecided("the key is not known here".into()));
        }
        let name = show::plain_text(machine, &pair[0])?;
        entries.insert(Cow::Owned(name), pair.get(1).cloned().unwrap_or(Value::given("")));
    }
    new_map(machine, entries)
}

fn get<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let found = machine.heap.map(map(&arguments[0])?).get(key(&arguments[1])?);
    Ok(found.cloned().unwrap_or(Value::given("")))
}

fn set<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let name = key(&arguments[1])?.to_owned();
    machine.heap.map_mut(map(&arguments[0])?).insert(Cow::Owned(name), arguments[2].clone());
    Ok(arguments[0].clone())
}

fn unset<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    machine.heap.map_mut(map(&arguments[0])?).remove(key(&arguments[1])?);
    Ok(arguments[0].clone())
}

fn has_key<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(machine.heap.map(map(&arguments[0])?).contains_key(key(&arguments[1])?)))
}

fn pluck<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let name = key(&arguments[0])?;
    let mut found = Vec::new();
    for value in &arguments[1..] {
        found.extend(machine.heap.map(map(value)?).get(name).cloned());
    }
    new_list(machine, found)
}

/// A list in an order that Go leaves to chance, where there are several items.
fn unordered<'a>(machine: &mut Machine<'a>, items: Vec<Value<'a>>, element: Element) -> Outcome<Value<'a>> {
    machine.budget.steps(items.len())?;
    let several = items.len() > 1;
    let id = machine.heap.add_list(items);
    Ok(Value::new(if several { Shape::Bag(id, element) } else { Shape::List(id, element) }))
}

fn keys<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut names = Vec::new();
    for value in arguments {
        names.extend(machine.heap.map(map(value)?).keys().map(|name| Value::text(name.as_ref())));
    }
    unordered(machine, names, Element::Text)
}

fn values<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let values = machine.heap.map(map(&arguments[0])?).values().cloned().collect();
    unordered(machine, values, Element::Any)
}

fn pick<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let entries = machine.heap.map(map(&arguments[0])?);
    let mut picked = Entries::new();
    for name in &arguments[1..] {
        if let Some((name, value)) = entries.get_key_value(key(name)?) {
            picked.insert(name.clone(), value.clone());
        }
    }
    new_map(machine, picked)
}

fn omit<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut entries = machine.heap.map(map(&arguments[0])?).clone();
    for name in &arguments[1..] {
        entries.remove(key(name)?);
    }
    new_map(machine, entries)
}

fn dig<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let [names @ .., default, value] = arguments else {
        return Err(Fault::refused("this takes at least 3 values"));
    };
    if names.is_empty() {
        return Err(Fault::refused("this takes at least 3 values"));
    }
    let mut value = value.clone();
    for name in names {
        if matches!(value.shape, Shape::Unknown) {
            return Ok(value);
        }
        if !matches!(value.shape, Shape::Map(_, Element::Any)) {
            return Err(Fault::refused(format!("there is {} on the way, which has no keys", value.title())));
        }
        value = match machine.heap.map(map(&value)?).get(key(name)?) {
            Some(found) => found.clone(),
            None => return Ok(default.clone()),
        };
    }
    Ok(value)
}

fn merge<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    merge_all(machine, arguments, false)
}

fn overwrite<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    merge_all(machine, arguments, true)
}

fn merge_all<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], overwrites: bool) -> Outcome<Value<'a>> {
    let into = map(&arguments[0])?;
    for value in &arguments[1..] {
        merge_into(machine, into, map(value)?, overwrites, DEEPEST)?;
    }
    Ok(arguments[0].clone())
}

fn merge_into<'a>(machine: &mut Machine<'a>, into: MapId, from: MapId, overwrites: bool, depth: usize) -> Outcome<()> {
    let depth = deeper(depth)?;
    let entries = machine.heap.map(from).clone();
    machine.budget.steps(entries.len())?;
    for (name, value) in entries {
        let present = machine.heap.map(into).get(&name).cloned();
        if let (Some(Shape::Map(inner, _)), Shape::Map(other, _)) =
            (present.as_ref().map(|value| value.shape.clone()), &value.shape)
        {
            merge_into(machine, inner, *other, overwrites, depth)?;
            continue;
        }
        let undecided = || Fault::Undecided("which of two values wins is not known here".into());
        let keeps = match &present {
            Some(present) if !overwrites => machine.heap.truth(present).ok_or_else(undecided)?,
            Some(_) => !machine.heap.truth(&value).ok_or_else(undecided)?,
            None => false,
        };
        if !keeps {
            machine.heap.map_mut(into).insert(name, value);
        }
    }
    Ok(())
}

fn deep_copy<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    copy(machine, &arguments[0], DEEPEST)
}

fn copy<'a>(machine: &mut Machine<'a>, value: &Value<'a>, depth: usize) -> Outcome<Value<'a>> {
    machine.budget.steps(1)?;
    let depth = deeper(depth)?;
    let shape = match &value.shape {
        Shape::Map(id, element) => {
            let mut entries = machine.heap.map(*id).clone();
            for item in entries.values_mut() {
                *item = copy(machine, item, depth)?;
            }
            Shape::Map(machine.heap.add_map(entries), *element)
        }
        Shape::List(id, element) => {
            let items = Rc::clone(machine.heap.list(*id));
            let items: Outcome<Vec<_>> = items.iter().map(|item| copy(machine, item, depth)).collect();
            Shape::List(machine.heap.add_list(items?), *element)
        }
        shape => shape.clone(),
    };
    Ok(Value { shape, origin: value.origin })
}
