//! Patches by operations (JSON 6902) as the library that kustomize uses applies them: negative places count from
//! the end, a `replace` of what is missing adds it, and annotations are always there during a build.

use super::super::{Built, Refusal};
use crate::source::{Origin, Span};
use crate::yaml::rendered::{Entry, Key, List, Made, Map, Rendered, Slot, to_json};
use crate::yaml::{Kind, Style, Value};
use std::sync::Arc;

/// Applies the operations of a patch to one object, in order.
pub(super) fn apply<'w>(object: &mut Rendered<'w>, operations: &[Value<'w>], has_notes: bool) -> Built<()> {
    for operation in operations {
        if has_notes && concerns_annotations(*operation) {
            ensure_annotations(object, operation.span());
        }
        perform(object, *operation)?;
    }
    let named = |path: &[&str]| object.view().at(path).is_some_and(|value| !value.is_null());
    for (path, what) in [(&["kind"][..], "kind"), (&["metadata", "name"], "name")] {
        if !named(path)
            && let Some(last) = operations.last()
        {
            return Err(Refusal::new(last.span(), format!("this patch leaves the object without a {what}")));
        }
    }
    Ok(())
}

const ANNOTATIONS: [&str; 2] = ["metadata", "annotations"];

fn concerns_annotations(operation: Value<'_>) -> bool {
    ["path", "from"].iter().any(|key| {
        let path = operation.get(key).and_then(Value::as_str).unwrap_or_default();
        path.starts_with("/metadata/annotations")
    })
}

fn ensure_annotations(object: &mut Rendered<'_>, by: Span) {
    if object.view().at(&ANNOTATIONS).is_some_and(Value::is_mapping) {
        return;
    }
    let origin = Origin::Generated(by);
    let metadata = object.map_mut().and_then(|root| root.get_mut("metadata")).and_then(|slot| slot.value.map_mut());
    if let Some(metadata) = metadata {
        metadata.set(Key::made("annotations", origin.clone()), Rendered::map(origin));
    }
}

fn perform<'w>(object: &mut Rendered<'w>, operation: Value<'w>) -> Built<()> {
    let Some(verb) = operation.get("op").and_then(Value::as_str) else {
        let span = operation.get("op").map_or(operation.span(), Value::span);
        return Err(Refusal::new(span, "an operation says with `op` what it does"));
    };
    match verb {
        "add" => put(object, &Path::read(operation, "path")?, new_value(operation)),
        "replace" => replace(object, &Path::read(operation, "path")?, new_value(operation)),
        "remove" => take(object, &Path::read(operation, "path")?, operation.span()).map(|_| ()),
        "move" => {
            let from = Path::read(operation, "from")?;
            let moved = take(object, &from, operation.span())?;
            put(object, &Path::read(operation, "path")?, moved.value)
        }
        "copy" => {
            let value = copied(object, &Path::read(operation, "from")?, operation)?;
            put(object, &Path::read(operation, "path")?, value)
        }
        "test" => test(object, &Path::read(operation, "path")?, operation),
        other => Err(Refusal::new(
            operation.get("op").map_or(operation.span(), Value::span),
            format!("there is no operation `{other}`: it is one of add, remove, replace, move, copy and test"),
        )),
    }
}

fn new_value<'w>(operation: Value<'w>) -> Rendered<'w> {
    let value = operation.get("value").and_then(Rendered::written);
    value.unwrap_or_else(|| Rendered::plain("null", Origin::Generated(operation.span())))
}

/// A path in an object.
struct Path<'w> {
    value: Value<'w>,
    text: &'w str,
    /// The steps to the value that holds the last one.
    parents: Vec<String>,
    /// The last step.
    key: String,
}

impl<'w> Path<'w> {
    fn read(operation: Value<'w>, field: &str) -> Built<Path<'w>> {
        let Some(value) = operation.get(field) else {
            return Err(Refusal::new(operation.span(), format!("this operation lacks `{field}`")));
        };
        let Some(text) = value.as_str() else {
            return Err(Refusal::new(value.span(), format!("`{field}` is a text such as `/spec/replicas`")));
        };
        // What stands before the first slash is not looked at.
        let mut steps: Vec<String> = text.split('/').skip(1).map(unescape).collect();
        let key = steps.pop();
        Ok(Path { value, text, parents: steps, key: key.unwrap_or_default() })
    }

    /// Whether the path is that of the whole object.
    fn is_root(&self) -> bool {
        !self.text.contains('/')
    }

    fn missing(&self) -> Refusal {
        self.refuse(format!("there is nothing at `{}`", self.text))
    }

    fn refuse(&self, message: String) -> Refusal {
        Refusal::new(self.value.span(), message)
    }

    /// Where the text of the last step stands, if it stands there as it is.
    fn key_origin(&self) -> Origin {
        let span = self.value.span();
        let written = self.value.as_written().unwrap_or_default();
        let quotes = usize::from(written.len() == self.text.len() + 2 && self.value.style() != Some(Style::Plain));
        let exact = written.get(quotes..written.len() - quotes) == Some(self.text) && self.text.ends_with(&self.key);
        match exact && span.range().len() == written.len() {
            true => {
                let end = span.end - quotes as u32;
                Origin::Written(Span { start: end - self.key.len() as u32, end, ..span })
            }
            false => Origin::Generated(span),
        }
    }

    /// The value that holds the last step: a mapping or a list.
    fn holder<'a>(&self, object: &'a Rendered<'_>) -> Built<Value<'a>> {
        if self.is_root() {
            return Err(self.refuse("this operation needs a path below the object, such as `/spec`".to_owned()));
        }
        let missing = |length: usize| {
            let holder = format!("/{}", self.parents[..length].join("/"));
            self.refuse(format!("the object has no `{holder}` for `{}`", self.text))
        };
        let mut value = object.view();
        for (at, step) in self.parents.iter().enumerate() {
            value = child(value, step).ok_or_else(|| missing(at + 1))?;
        }
        if value.is_mapping() || value.is_sequence() { Ok(value) } else { Err(missing(self.parents.len())) }
    }

    /// The same, to be changed.
    fn holder_mut<'a, 'o>(&self, object: &'a mut Rendered<'o>) -> &'a mut Rendered<'o> {
        let mut value = object;
        for step in &self.parents {
            value = if value.view().is_mapping() {
                let slot = value.map_mut().and_then(|map| map.get_mut(step));
                &mut slot.expect("internal: the holder is there").value
            } else {
                let list = value.list_mut().expect("internal: the holder is there");
                let at = place(step, list.items.len()).expect("internal: the holder is there");
                &mut list.items[at].value
            };
        }
        value
    }
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// A place in a list of `length` items; negative ones count from its end.
fn place(step: &str, length: usize) -> Option<usize> {
    let at: i64 = step.parse().ok()?;
    let at = if at < 0 { at + i64::try_from(length).ok()? } else { at };
    usize::try_from(at).ok().filter(|at| *at < length)
}

fn child<'a>(value: Value<'a>, step: &str) -> Option<Value<'a>> {
    let child =
        if value.is_sequence() { value.items().nth(place(step, value.items().count())?) } else { value.get(step) };
    child.filter(|child| !child.is_null())
}

/// Puts `value` at `path`: between the items of a list, or in place of what a mapping has there.
fn put<'w>(object: &mut Rendered<'w>, path: &Path<'w>, value: Rendered<'w>) -> Built<()> {
    let holder = path.holder(object)?;
    if holder.is_mapping() {
        let key = Key::made(path.key.as_str(), path.key_origin());
        if let Some(map) = path.holder_mut(object).map_mut() {
            map.set(key, value);
        }
        return Ok(());
    }
    let length = holder.items().count();
    let at = if path.key == "-" { Some(length) } else { place(&path.key, length + 1) };
    let at = at.ok_or_else(|| no_place(path, length))?;
    if let Some(list) = path.holder_mut(object).list_mut() {
        list.items.insert(at, value.into());
    }
    Ok(())
}

fn no_place(path: &Path<'_>, length: usize) -> Refusal {
    match path.key.parse::<i64>() {
        Ok(_) => path.refuse(format!("the list has {length} items, so there is no place {} in it", path.key)),
        Err(_) => path.refuse(format!("a place in a list is a number, not `{}`", path.key)),
    }
}

fn replace<'w>(object: &mut Rendered<'w>, path: &Path<'w>, value: Rendered<'w>) -> Built<()> {
    if path.text.is_empty() {
        *object = value;
        return Ok(());
    }
    let holder = path.holder(object)?;
    if holder.is_mapping() {
        return put(object, path, value);
    }
    let length = holder.items().count();
    let at = place(&path.key, length).ok_or_else(|| no_place(path, length))?;
    if let Some(list) = path.holder_mut(object).list_mut() {
        list.items[at].replace(value);
    }
    Ok(())
}

fn take<'w>(object: &mut Rendered<'w>, path: &Path<'w>, by: Span) -> Built<Slot<'w>> {
    let holder = path.holder(object)?;
    if holder.is_mapping() {
        let map = path.holder_mut(object).map_mut();
        return map.and_then(|map| map.remove(&path.key, by)).ok_or_else(|| path.missing());
    }
    let length = holder.items().count();
    let at = place(&path.key, length).ok_or_else(|| no_place(path, length))?;
    path.holder_mut(object).list_mut().map(|list| list.remove(at, by)).ok_or_else(|| path.missing())
}

/// What stands at `from`; what a mapping lacks is copied as a null.
fn copied<'w>(object: &Rendered<'w>, from: &Path<'w>, operation: Value<'w>) -> Built<Rendered<'w>> {
    let holder = from.holder(object)?;
    if holder.is_sequence() {
        let length = holder.items().count();
        place(&from.key, length).ok_or_else(|| no_place(from, length))?;
    }
    let steps: Vec<&str> = from.parents.iter().chain([&from.key]).map(String::as_str).collect();
    let found = reach(object, &steps);
    Ok(found.map_or_else(|| Rendered::plain("null", Origin::Generated(operation.span())), |value| copy_of(&value)))
}

/// The value at the end of `steps`, shared.
fn reach<'w>(object: &Rendered<'w>, steps: &[&str]) -> Option<Rendered<'w>> {
    let Some((first, rest)) = steps.split_first() else { return Some(object.clone()) };
    let next = if object.view().is_sequence() {
        let mut list = object.clone();
        let list = list.list_mut()?;
        list.items[place(first, list.items.len())?].value.clone()
    } else {
        object.get(first)?
    };
    reach(&next, rest)
}

/// The same value, every part of which says where it was copied from.
fn copy_of<'w>(value: &Rendered<'w>) -> Rendered<'w> {
    let view = value.view();
    let origin = Origin::Copied(Box::new(view.origin()));
    let mut opened = value.clone();
    match view.kind() {
        Kind::Mapping => {
            let entries = opened.map_mut().map(|map| std::mem::take(&mut map.entries)).unwrap_or_default();
            let copy = |entry: Entry<'w>| Entry { key: entry.key, slot: copy_of(&entry.slot.value).into() };
            let entries = entries.into_iter().map(copy).collect();
            Rendered::Made(Arc::new(Made::Map(Map { entries, removed: Vec::new(), origin })))
        }
        Kind::Sequence => {
            let items = opened.list_mut().map(|list| std::mem::take(&mut list.items)).unwrap_or_default();
            let items = items.iter().map(|slot| copy_of(&slot.value).into()).collect();
            Rendered::Made(Arc::new(Made::List(List { items, removed: Vec::new(), origin })))
        }
        _ => match view.scalar() {
            Some(scalar) => Rendered::scalar(&scalar, origin),
            None => Rendered::plain("null", origin),
        },
    }
}

fn test(object: &Rendered<'_>, path: &Path<'_>, operation: Value<'_>) -> Built<()> {
    let found = if path.text.is_empty() {
        Some(object.view())
    } else {
        let holder = path.holder(object)?;
        if holder.is_sequence() {
            let length = holder.items().count();
            let at = place(&path.key, length).ok_or_else(|| no_place(path, length))?;
            holder.items().nth(at)
        } else {
            holder.get(&path.key)
        }
    };
    let wanted = operation.get("value");
    let (have, want) = (found.map(to_json).unwrap_or_default(), wanted.map(to_json).unwrap_or_default());
    if have == want {
        return Ok(());
    }
    let span = wanted.map_or(operation.span(), Value::span);
    let refusal = Refusal::new(span, format!("`{}` holds another value than this test wants", path.text));
    Err(match found {
        Some(found) => refusal.with(found.span(), "the value stands here"),
        None => refusal,
    })
}
