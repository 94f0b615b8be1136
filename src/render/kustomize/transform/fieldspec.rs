//! Field specs: which objects one speaks of, and the places in a tree its path leads to. What is done
//! there is for the transformers to say.

use crate::render::kustomize::{FieldSpec, Object};
use crate::source::Origin;
use crate::yaml::rendered::{Key, Made, Map, Rendered, Slot};
use crate::yaml::{Kind, Value};
use std::borrow::Cow;

/// A step to a value within a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the value under a key of a mapping.
    Key(Box<str>),
    /// To an item of a sequence.
    Item(usize),
}

/// What is at the end of a path.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A value.
    Value(Value<'a>),
    /// Nothing, or a null, and the spec says that something is to be put there.
    Missing,
    /// A mapping on the way is missing, and the path goes on into a sequence, which nobody makes.
    MissingMap,
    /// A null where the path says that there is a sequence; it becomes an empty one.
    NullList,
}

/// A place in a tree and what is there.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The way to it.
    pub steps: Vec<Step>,
    /// What is there.
    pub found: Found<'a>,
}

/// A field spec, taken apart once for many objects.
#[derive(Clone, Debug)]
pub struct Compiled<'s> {
    spec: &'s FieldSpec,
    path: Vec<PathStep<'s>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PathStep<'s> {
    name: Cow<'s, str>,
    list: bool,
}

impl<'s> PathStep<'s> {
    fn new(name: Cow<'s, str>) -> PathStep<'s> {
        match name {
            Cow::Borrowed(text) => match text.strip_suffix("[]") {
                Some(text) => PathStep { name: text.into(), list: true },
                None => PathStep { name, list: false },
            },
            Cow::Owned(mut text) => {
                let list = text.ends_with("[]");
                text.truncate(text.len() - if list { 2 } else { 0 });
                PathStep { name: text.into(), list }
            }
        }
    }
}

/// A spec of objects: unset fields fit any.
pub(super) fn fits(spec: &FieldSpec, group: &str, version: &str, kind: &str) -> bool {
    let fits = |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|wanted| wanted == have);
    fits(&spec.kind, kind) && fits(&spec.group, group) && fits(&spec.version, version)
}

impl<'s> Compiled<'s> {
    /// Takes `spec` apart.
    pub fn new(spec: &'s FieldSpec) -> Compiled<'s> {
        let path = match spec.path.contains('\\') {
            false => spec.path.split('/').map(|name| PathStep::new(Cow::Borrowed(name))).collect(),
            true => split(&spec.path, '/').into_iter().map(|name| PathStep::new(Cow::Owned(name))).collect(),
        };
        Compiled { spec, path }
    }

    /// Takes all of `specs` apart.
    pub fn all(specs: &'s [FieldSpec]) -> Vec<Compiled<'s>> {
        specs.iter().map(Compiled::new).collect()
    }

    /// The spec itself.
    pub fn spec(&self) -> &'s FieldSpec {
        self.spec
    }

    /// Whether it speaks of objects like this one, as it is now.
    pub fn speaks_of(&self, object: &Object<'_>) -> bool {
        let (group, version) = object.api();
        fits(self.spec, group, version, object.kind())
    }

    /// The places in `tree` the path leads to; what is missing counts as a place only where `create` says
    /// so and the spec does too. The error is a scalar that stands in the way.
    pub fn places<'a>(&self, tree: Value<'a>, create: bool) -> Result<Vec<Place<'a>>, Value<'a>> {
        let mut places = Vec::new();
        find(tree, &self.path, create && self.spec.create, &mut Vec::new(), &mut places)?;
        Ok(places)
    }
}

fn find<'a>(
    value: Value<'a>,
    path: &[PathStep<'_>],
    create: bool,
    steps: &mut Vec<Step>,
    places: &mut Vec<Place<'a>>,
) -> Result<(), Value<'a>> {
    let Some((first, rest)) = path.split_first() else {
        places.push(Place { steps: steps.clone(), found: Found::Value(value) });
        return Ok(());
    };
    match value.kind() {
        Kind::Sequence => {
            // The path names no items: it goes through sequences of any depth.
            for (index, item) in value.items().enumerate().filter(|(_, item)| !item.is_null()) {
                steps.push(Step::Item(index));
                find(item, path, create, steps, places)?;
                steps.pop();
            }
            Ok(())
        }
        Kind::Mapping => {
            let child = value.get(&first.name);
            steps.push(Step::Key(first.name.as_ref().into()));
            match child {
                Some(child) if !child.is_null() => find(child, rest, create, steps, places)?,
                Some(_) if first.list => places.push(Place { steps: steps.clone(), found: Found::NullList }),
                _ if create && !first.list => places.push(missing(steps, rest)),
                _ => {}
            }
            steps.pop();
            Ok(())
        }
        Kind::Null => Ok(()),
        _ => Err(value),
    }
}

fn missing<'a>(steps: &[Step], rest: &[PathStep<'_>]) -> Place<'a> {
    let made = rest.iter().position(|step| step.list).unwrap_or(rest.len());
    let mut steps = steps.to_vec();
    steps.extend(rest[..made].iter().map(|step| Step::Key(step.name.as_ref().into())));
    Place { steps, found: if made == rest.len() { Found::Missing } else { Found::MissingMap } }
}

/// The steps of a path; a separator after a backslash belongs to its step.
pub(super) fn split(path: &str, separator: char) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut joined = false;
    for piece in path.split(separator) {
        match steps.last_mut() {
            Some(last) if joined => {
                last.push(separator);
                last.push_str(piece);
            }
            _ => steps.push(piece.to_owned()),
        }
        joined = match steps.last_mut() {
            Some(last) if last.ends_with('\\') => last.pop().is_some(),
            _ => false,
        };
    }
    if joined && let Some(last) = steps.last_mut() {
        last.push('\\');
    }
    steps
}

/// Puts `value` at a place of `tree`; keys and mappings that are missing on the way are made by `origin`.
pub fn put<'w>(tree: &mut Rendered<'w>, steps: &[Step], value: Rendered<'w>, origin: &Origin) {
    match steps {
        [] => *tree = value,
        [Step::Key(key)] => {
            if let Some(map) = tree.map_mut() {
                map.set(Key::made(key.clone(), origin.clone()), value);
            }
        }
        [Step::Key(key), rest @ ..] => {
            let Some(map) = tree.map_mut() else { return };
            if !is_there(map, key) {
                map.set(Key::made(key.clone(), origin.clone()), Rendered::map(origin.clone()));
            }
            if let Some(slot) = map.get_mut(key) {
                put(&mut slot.value, rest, value, origin);
            }
        }
        [Step::Item(index), rest @ ..] => {
            let Some(slot) = tree.list_mut().and_then(|list| list.items.get_mut(*index)) else { return };
            match rest {
                [] => slot.replace(value),
                _ => put(&mut slot.value, rest, value, origin),
            }
        }
    }
}

/// The value at the end of steps, to be changed.
pub(super) fn value_mut<'t, 'w>(tree: &'t mut Rendered<'w>, steps: &[Step]) -> Option<&'t mut Rendered<'w>> {
    let (first, rest) = match steps {
        [] => return Some(tree),
        [first, rest @ ..] => (first, rest),
    };
    let slot = match first {
        Step::Key(key) => tree.map_mut()?.get_mut(key)?,
        Step::Item(index) => tree.list_mut()?.items.get_mut(*index)?,
    };
    value_mut(&mut slot.value, rest)
}

/// The slot at the end of steps, to be changed.
pub(in crate::render::kustomize) fn slot_mut<'t, 'w>(
    tree: &'t mut Rendered<'w>,
    steps: &[Step],
) -> Option<&'t mut Slot<'w>> {
    let (last, parents) = steps.split_last()?;
    let parent = value_mut(tree, parents)?;
    match last {
        Step::Key(key) => parent.map_mut()?.get_mut(key),
        Step::Item(index) => parent.list_mut()?.items.get_mut(*index),
    }
}

/// The value at the end of steps, shared.
pub(super) fn shared_at<'w>(tree: &Rendered<'w>, steps: &[Step]) -> Option<Rendered<'w>> {
    let (first, rest) = match steps {
        [] => return Some(tree.clone()),
        [first, rest @ ..] => (first, rest),
    };
    let child = match (first, tree) {
        (Step::Key(key), _) => tree.get(key)?,
        (Step::Item(index), Rendered::Written(written)) => Rendered::written(written.value().items().nth(*index)?)?,
        (Step::Item(index), Rendered::Made(made)) => match made.as_ref() {
            Made::List(list) => list.items.get(*index)?.value.clone(),
            _ => return None,
        },
    };
    shared_at(&child, rest)
}

fn is_there(map: &Map<'_>, key: &str) -> bool {
    map.get(key).is_some_and(|slot| !slot.view().is_null())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{object, spec};
    use super::*;
    use crate::yaml::rendered::to_json;
    use serde_json::json;

    #[test]
    fn a_slash_after_a_backslash_belongs_to_its_step() {
        for (path, expected) in [
            ("a/b", vec!["a", "b"]),
            (r"metadata/annotations/x.io\/y", vec!["metadata", "annotations", "x.io/y"]),
            (r"a\/b\/c/d", vec!["a/b/c", "d"]),
            ("a", vec!["a"]),
            (r"a\", vec![r"a\"]),
        ] {
            assert_eq!(split(path, '/'), expected, "{path}");
        }
    }

    #[test]
    fn paths_lead_through_sequences_and_stop_at_what_is_missing() {
        object("kind: A\nspec:\n  list: [{x: 1}, {}, null, [{x: 2}]]\n  none: null\n  text: t\n", |object| {
            for (path, create, expected) in [
                ("spec/list/x", false, json!(["1", "2"])),
                ("spec/list[]/x", true, json!(["1", "missing", "2"])),
                ("spec/none/x", false, json!([])),
                ("spec/none/x", true, json!(["missing"])),
                ("spec/none[]/x", false, json!(["null list"])),
                ("spec/absent[]/x", true, json!([])),
                ("spec/absent/deep[]/x", true, json!(["missing map"])),
            ] {
                let spec = FieldSpec { create, ..spec(path) };
                let tree = object.tree.clone();
                let places = Compiled::new(&spec).places(tree.view(), true).expect("no scalar in the way");
                let found: Vec<&str> = places
                    .iter()
                    .map(|place| match place.found {
                        Found::Value(value) => value.raw().unwrap_or("collection"),
                        Found::Missing => "missing",
                        Found::MissingMap => "missing map",
                        Found::NullList => "null list",
                    })
                    .collect();
                assert_eq!(json!(found), expected, "{path} {create}");
            }
            let spec = spec("spec/text/x");
            let blocked = Compiled::new(&spec).places(object.tree.view(), true).expect_err("a text is in the way");
            assert_eq!(blocked.raw(), Some("t"));
        });
    }

    #[test]
    fn what_is_put_makes_mappings_on_the_way_and_leaves_the_rest_shared() {
        object("a: {b: [{c: 1}]}\nd: {e: 2}\nn: null\n", |object| {
            let origin = Origin::Generated(object.born);
            let key = |key: &str| Step::Key(key.into());
            let before = object.tree.clone();
            put(
                &mut object.tree,
                &[key("a"), key("b"), Step::Item(0), key("c")],
                Rendered::text("x", origin.clone()),
                &origin,
            );
            put(&mut object.tree, &[key("n"), key("m"), key("o")], Rendered::plain("3", origin.clone()), &origin);
            assert_eq!(
                to_json(object.tree.view()),
                json!({"a": {"b": [{"c": "x"}]}, "d": {"e": 2}, "n": {"m": {"o": 3}}})
            );
            let shared = |tree: &Rendered<'_>| tree.at(&["d"]).expect("d").view().identity();
            assert_eq!(shared(&before), shared(&object.tree));
        });
    }
}
