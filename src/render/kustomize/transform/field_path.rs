//! The dotted field paths of replacements and variables: `spec.list.[name=a].value`, `metadata.annotations.[x.io/y]`,
//! `a\.b`, `spec.list.*.value`.

use super::fieldspec::{Step, split};
use crate::render::kustomize::fields::what;
use crate::source::Origin;
use crate::yaml::rendered::{Key, Rendered, Slot};
use crate::yaml::{Kind, Value};
use regex::Regex;

/// A path, taken apart.
#[derive(Clone, Debug)]
pub(super) struct FieldPath(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Key(String),
    Index(usize),
    /// The items whose field says so; the items themselves where there is no field.
    Match {
        field: String,
        value: String,
        /// Where values are put the text is a pattern, found anywhere in the value.
        pattern: Regex,
    },
    /// Every item.
    Every,
    /// The last item.
    Last,
}

/// A place that a path leads to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A value that is there.
    There(Vec<Step>),
    /// A key that is missing; what the rest of the path says is to be made under it.
    Make(Vec<Step>, FieldPath),
    /// A sequence without the item that is meant, which is to be added.
    Add(Vec<Step>, FieldPath),
}

/// Why a path leads nowhere.
pub(super) type Lost = String;

impl FieldPath {
    /// A path from which a value is read.
    pub(super) fn of_source(path: &str) -> Result<FieldPath, Lost> {
        let part = |text: String| match text.as_str() {
            "-" => Ok(Part::Last),
            "*" => Err("a value cannot be read from every item, `*`".to_owned()),
            _ => match text.parse::<i64>() {
                Ok(index) => usize::try_from(index).map(Part::Index).map_err(|_| format!("there is no item {index}")),
                Err(_) => bracketed(text),
            },
        };
        steps(path).into_iter().map(part).collect::<Result<_, Lost>>().map(FieldPath)
    }

    /// A path to which a value is written.
    pub(super) fn of_target(path: &str) -> Result<FieldPath, Lost> {
        let part = |text: String| match text.parse::<usize>() {
            Ok(index) => Ok(Part::Index(index)),
            Err(_) if text == "*" => Ok(Part::Every),
            Err(_) => bracketed(text),
        };
        steps(path).into_iter().map(part).collect::<Result<_, Lost>>().map(FieldPath)
    }

    /// The one place a source path leads to; none where nothing is there.
    pub(super) fn source(&self, tree: Value<'_>) -> Result<Option<Vec<Step>>, Lost> {
        let mut found = Vec::new();
        let mut value = tree;
        for part in &self.0 {
            let next = match part {
                Part::Key(key) => mapping(value)?.and_then(|map| Some((Step::Key(key.as_str().into()), map.get(key)?))),
                Part::Index(index) => item(sequence(value)?, *index),
                Part::Last => item(sequence(value)?, value.items().count().wrapping_sub(1)),
                Part::Match { field, value: wanted, .. } => {
                    let is_it = |item: &Value<'_>| wanted_text(*item, field) == Some(wanted.as_str());
                    let index = sequence(value)?.and_then(|list| list.items().position(|item| is_it(&item)));
                    index.and_then(|index| item(Some(value), index))
                }
                Part::Every => None,
            };
            let Some((step, child)) = next else { return Ok(None) };
            found.push(step);
            value = child;
        }
        Ok(Some(found))
    }

    /// The places a target path leads to. With `create`, what is missing is a place too, and a null on the
    /// way counts as found although nothing can be put there, as kustomize has it.
    pub(super) fn targets(&self, tree: Value<'_>, create: bool) -> Result<Vec<Target>, Lost> {
        let mut search = Search { create, swallowed: false, found: Vec::new() };
        search.find(tree, &self.0, &mut Vec::new())?;
        match search.found.is_empty() && !search.swallowed {
            true => Err("nothing is there".into()),
            false => Ok(search.found),
        }
    }

    /// What this path makes around `leaf`.
    pub(super) fn make<'w>(&self, leaf: Rendered<'w>, origin: &Origin) -> Result<Rendered<'w>, Lost> {
        make(&self.0, leaf, origin)
    }

    /// The item that this path, beginning at a sequence, adds to it.
    pub(super) fn make_item<'w>(&self, leaf: Rendered<'w>, origin: &Origin) -> Result<Rendered<'w>, Lost> {
        make_item(&self.0, leaf, origin)
    }
}

/// The steps of a path; dots within brackets and after a backslash separate nothing.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut pieces = split(path, '.').into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            steps.push(piece);
            continue;
        }
        let mut whole = piece;
        for piece in pieces.by_ref() {
            whole.push('.');
            whole.push_str(&piece);
            if piece.ends_with(']') {
                break;
            }
        }
        match whole.contains('=') {
            true => steps.push(whole),
            false => steps.push(whole.trim_matches(['[', ']']).to_owned()),
        }
    }
    steps.retain(|step| !step.is_empty());
    steps
}

fn bracketed(text: String) -> Result<Part, Lost> {
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return Ok(Part::Key(text));
    };
    let Some((field, value)) = inner.split_once('=') else {
        return Err(format!("`{text}` names no field and value"));
    };
    let pattern = Regex::new(value).map_err(|_| format!("`{value}` is no pattern"))?;
    Ok(Part::Match { field: field.into(), value: value.into(), pattern })
}

fn mapping(value: Value<'_>) -> Result<Option<Value<'_>>, Lost> {
    match value.kind() {
        Kind::Mapping => Ok(Some(value)),
        Kind::Null => Ok(None),
        _ => Err(format!("a mapping is expected on the way, and {} is there", what(value))),
    }
}

fn sequence(value: Value<'_>) -> Result<Option<Value<'_>>, Lost> {
    match value.kind() {
        Kind::Sequence => Ok(Some(value)),
        Kind::Null => Ok(None),
        _ => Err(format!("a list is expected on the way, and {} is there", what(value))),
    }
}

fn item(list: Option<Value<'_>>, index: usize) -> Option<(Step, Value<'_>)> {
    Some((Step::Item(index), list?.items().nth(index)?))
}

/// The text that a match looks at: that of the field, or of the item itself.
fn wanted_text<'a>(item: Value<'a>, field: &str) -> Option<&'a str> {
    match field {
        "" => item.raw(),
        field => item.get(field)?.raw(),
    }
}

struct Search {
    create: bool,
    swallowed: bool,
    found: Vec<Target>,
}

impl Search {
    fn find(&mut self, value: Value<'_>, parts: &[Part], way: &mut Vec<Step>) -> Result<(), Lost> {
        let Some((first, rest)) = parts.split_first() else {
            self.found.push(Target::There(way.clone()));
            return Ok(());
        };
        if value.is_null() {
            self.swallowed |= self.create;
            return Ok(());
        }
        match first {
            Part::Key(key) => match mapping(value)?.and_then(|map| map.get(key)) {
                Some(child) => self.step(Step::Key(key.as_str().into()), child, rest, way),
                None => {
                    if self.create {
                        let mut way = way.clone();
                        way.push(Step::Key(key.as_str().into()));
                        self.found.push(Target::Make(way, FieldPath(rest.to_vec())));
                    }
                    Ok(())
                }
            },
            Part::Index(index) => match item(sequence(value)?, *index) {
                Some((step, child)) => self.step(step, child, rest, way),
                None if self.create && *index == value.items().count() => {
                    self.found.push(Target::Add(way.clone(), FieldPath(parts.to_vec())));
                    Ok(())
                }
                None => Err(format!("item {index} is meant, of a list of {}", value.items().count())),
            },
            Part::Every | Part::Match { .. } => self.items(value, parts, way),
            Part::Last => Ok(()),
        }
    }

    fn items(&mut self, value: Value<'_>, parts: &[Part], way: &mut Vec<Step>) -> Result<(), Lost> {
        let before = self.found.len();
        let Some((first, rest)) = parts.split_first() else { return Ok(()) };
        for (index, item) in sequence(value)?.into_iter().flat_map(Value::items).enumerate() {
            let fits = match first {
                Part::Match { field, pattern, .. } => {
                    wanted_text(item, field).is_some_and(|text| pattern.is_match(text.trim()))
                }
                _ => true,
            };
            if fits {
                self.step(Step::Item(index), item, rest, way)?;
            }
        }
        if self.create && self.found.len() == before && matches!(first, Part::Match { .. }) {
            self.found.push(Target::Add(way.clone(), FieldPath(parts.to_vec())));
        }
        Ok(())
    }

    fn step(&mut self, step: Step, child: Value<'_>, rest: &[Part], way: &mut Vec<Step>) -> Result<(), Lost> {
        way.push(step);
        let done = self.find(child, rest, way);
        way.pop();
        done
    }
}

fn make<'w>(parts: &[Part], leaf: Rendered<'w>, origin: &Origin) -> Result<Rendered<'w>, Lost> {
    match parts {
        [] => Ok(leaf),
        [Part::Key(key), rest @ ..] => {
            let mut map = Rendered::map(origin.clone());
            set(&mut map, key, make(rest, leaf, origin)?, origin);
            Ok(map)
        }
        [Part::Index(0) | Part::Match { .. }, ..] => {
            Ok(Rendered::list(vec![Slot::from(make_item(parts, leaf, origin)?)], origin.clone()))
        }
        [Part::Index(index), ..] => Err(format!("item {index} is meant, of a list of 0")),
        [Part::Every | Part::Last, ..] => Err("a list is expected on the way, and nothing is there".into()),
    }
}

fn make_item<'w>(parts: &[Part], leaf: Rendered<'w>, origin: &Origin) -> Result<Rendered<'w>, Lost> {
    match parts {
        [Part::Match { field, value, .. }, rest @ ..] if !field.is_empty() && !rest.is_empty() => {
            let [Part::Key(key), rest @ ..] = rest else {
                return Err("a list is expected on the way, and a mapping is there".into());
            };
            let mut map = Rendered::map(origin.clone());
            set(&mut map, field, Rendered::plain(value.as_str(), origin.clone()), origin);
            let leaf = if key == field && rest.is_empty() { text_for(leaf, origin) } else { leaf };
            set(&mut map, key, make(rest, leaf, origin)?, origin);
            Ok(map)
        }
        [Part::Match { field, .. }] if field.is_empty() => Ok(text_for(leaf, origin)),
        [Part::Match { .. }, rest @ ..] if !rest.is_empty() => {
            Err("a mapping is expected on the way, and a text is there".into())
        }
        [_, rest @ ..] => make(rest, leaf, origin),
        [] => Ok(leaf),
    }
}

/// Where a text is made first, a collection cannot take its place and leaves it empty.
fn text_for<'w>(leaf: Rendered<'w>, origin: &Origin) -> Rendered<'w> {
    if leaf.view().raw().is_some() { leaf } else { Rendered::text("", origin.clone()) }
}

fn set<'w>(map: &mut Rendered<'w>, key: &str, value: Rendered<'w>, origin: &Origin) {
    if let Some(map) = map.map_mut() {
        map.set(Key::made(key, origin.clone()), value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::object;
    use super::*;

    #[test]
    fn dots_within_brackets_and_after_backslashes_separate_nothing() {
        for (path, expected) in [
            ("spec.a.b", vec!["spec", "a", "b"]),
            ("metadata.annotations.[x.io/y]", vec!["metadata", "annotations", "x.io/y"]),
            ("spec.list.[name=a.b].v", vec!["spec", "list", "[name=a.b]", "v"]),
            (r"data.app\.conf", vec!["data", "app.conf"]),
            ("a..b", vec!["a", "b"]),
        ] {
            assert_eq!(steps(path), expected, "{path}");
        }
    }

    #[test]
    fn a_source_is_one_place() {
        object("{list: [{name: one, v: a}, {name: two, v: b}], prims: [x, y], none: null, t: text}", |object| {
            for (path, expected) in [
                ("list.[name=two].v", Ok(Some("b"))),
                ("list.[name=tw].v", Ok(None)),
                ("list.0.v", Ok(Some("a"))),
                ("list.-.v", Ok(Some("b"))),
                ("prims.[=y]", Ok(Some("y"))),
                ("none.x", Ok(None)),
                ("absent", Ok(None)),
                ("t.x", Err("a mapping is expected on the way, and a text is there")),
                ("t.0", Err("a list is expected on the way, and a text is there")),
                ("list.*.v", Err("a value cannot be read from every item, `*`")),
            ] {
                let tree = object.tree.view();
                let found = FieldPath::of_source(path).and_then(|path| path.source(tree));
                let found = found.map(|steps| steps.and_then(|steps| super::super::at(tree, &steps)?.raw()));
                assert_eq!(found.as_ref().map(|text| *text).map_err(String::as_str), expected, "{path}");
            }
        });
    }

    #[test]
    fn targets_are_found_by_patterns_and_made_where_they_are_missing() {
        object("{list: [{name: one, v: a}, {name: two}], prims: [x, xx], none: null}", |object| {
            for (path, create, expected) in [
                ("list.[name=o].v", false, Ok(1)),
                ("list.*.v", false, Ok(1)),
                ("list.*.v", true, Ok(2)),
                ("prims.[=x]", false, Ok(2)),
                ("list.[name=three].v", false, Err(())),
                ("list.[name=three].v", true, Ok(1)),
                ("list.2.v", true, Ok(1)),
                ("list.3.v", true, Err(())),
                ("none.x", false, Err(())),
                ("none.x", true, Ok(0)),
                ("absent.*.x", false, Err(())),
            ] {
                let found = FieldPath::of_target(path).and_then(|path| path.targets(object.tree.view(), create));
                assert_eq!(found.map(|found| found.len()).map_err(|_| ()), expected, "{path} {create}");
            }
        });
    }
}
