//! Strategic merge patches as kustomize applies them: it reads the schema of Kubernetes 1.21, knows `$patch`
//! and no other directive, and leaves `$setElementOrder`, `$retainKeys` and the like in the object.

use super::super::{Built, Refusal};
use super::custom::Schema;
use super::lists;
use super::merge_keys::Shape;
use crate::source::Span;
use crate::yaml::rendered::{Entry, Map, Rendered};
use crate::yaml::{Kind, Scalar, Style, Value};
use foldhash::{HashSet, HashSetExt};

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there, changed or not.
    Kept,
    /// It is gone.
    Deleted,
}

/// Merges `patch`, a whole document, into `object`. What names the object is for the caller to leave out of
/// the patch or to put back. `schema` is the one that a kustomization brings along, if any.
pub fn merge<'w>(object: &mut Rendered<'w>, patch: &Rendered<'w>, schema: Option<&Schema<'w>>) -> Built<Outcome> {
    let view = object.view();
    let text = |key: &str| view.get(key).and_then(Value::raw).unwrap_or_default();
    let shape = Shape::of_kind(schema, text("apiVersion"), text("kind"));
    Ok(match directive(patch.view())? {
        Some((Directive::Delete, _)) => Outcome::Deleted,
        // A replaced root is not handed on, so the object stays as it was.
        Some((Directive::Replace, _)) => Outcome::Kept,
        Some((Directive::Merge, _)) | None => {
            merge_map(object, patch, shape)?;
            Outcome::Kept
        }
    })
}

/// What a value of the object becomes.
#[derive(Debug)]
pub(super) enum Walked<'w> {
    /// Nothing was there, and nothing comes.
    Nothing,
    /// The value of the object, changed in place where it had to be.
    Kept,
    /// What the patch brings takes its place.
    Patch(Rendered<'w>),
    /// It goes; the span says so.
    Gone(Span),
}

/// A `$patch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

/// The key of a directive.
pub(super) const DIRECTIVE: &str = "$patch";

/// What a `$patch` says.
pub(super) fn says(value: Value<'_>) -> Built<Directive> {
    match value.raw() {
        Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        other => Err(Refusal::new(
            value.span(),
            format!("`$patch` is `merge`, `replace` or `delete`, not `{}`", other.unwrap_or("a collection")),
        )),
    }
}

/// The directive of a mapping and where it stands.
fn directive(patch: Value<'_>) -> Built<Option<(Directive, Span)>> {
    patch.get(DIRECTIVE).map(|value| Ok((says(value)?, value.span()))).transpose()
}

/// Merges what stands in the patch, if anything, into what stands in the object, if anything.
pub(super) fn walk<'w>(
    object: Option<&mut Rendered<'w>>,
    patch: Option<&Rendered<'w>>,
    shape: Shape<'_>,
    by: Span,
) -> Built<Walked<'w>> {
    match (object, patch) {
        (None, None) => Ok(Walked::Nothing),
        (_, Some(patch)) if patch.view().is_null() => Ok(Walked::Gone(by)),
        (Some(object), None) => settle(object, shape, by),
        (Some(object), Some(patch)) if !object.view().is_null() => merged(object, patch, shape),
        (_, Some(patch)) => added(patch, shape, Place::Outermost),
    }
}

/// Both are there.
fn merged<'w>(object: &mut Rendered<'w>, patch: &Rendered<'w>, shape: Shape<'_>) -> Built<Walked<'w>> {
    let shape = known(shape, [object.view(), patch.view()]);
    let (old, new) = (Form::of(object.view()), Form::of(patch.view()));
    if old != new {
        let message = format!("the patch puts {} where the object has {}", new.name(), old.name());
        return Err(Refusal::new(patch.view().span(), message).with(object.view().span(), "the object has this here"));
    }
    match old {
        Form::Mapping => match directive(patch.view())? {
            Some((Directive::Delete, by)) => Ok(Walked::Gone(by)),
            Some((Directive::Replace, _)) => added_map(patch, shape).map(Walked::Patch),
            Some((Directive::Merge, _)) | None => merge_map(object, patch, shape).map(|()| Walked::Kept),
        },
        Form::Sequence => lists::merge(object, patch, shape),
        Form::Scalar => Ok(Walked::Patch(in_style_of(object.view(), patch))),
    }
}

/// What a value is, for a merge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Mapping,
    Sequence,
    Scalar,
}

impl Form {
    fn of(value: Value<'_>) -> Form {
        match value.kind() {
            Kind::Mapping => Form::Mapping,
            Kind::Sequence => Form::Sequence,
            _ => Form::Scalar,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Form::Mapping => "a mapping",
            Form::Sequence => "a list",
            Form::Scalar => "a single value",
        }
    }
}

/// The shape, or that of the object which a value holds by its own `apiVersion` and `kind`.
fn known<'a, 's>(shape: Shape<'s>, values: impl IntoIterator<Item = Value<'a>>) -> Shape<'s> {
    if !shape.is_unknown() {
        return shape;
    }
    let embedded = |value: Value<'a>| {
        let text = |key| value.get(key).filter(|text| !text.is_null()).and_then(Value::raw);
        Some(shape.of_other_kind(text("apiVersion")?, text("kind")?)).filter(|shape| !shape.is_unknown())
    };
    values.into_iter().find_map(embedded).unwrap_or(shape)
}

/// A scalar of a patch takes the style of what it replaces: over a quoted text, `7` is a text.
fn in_style_of<'w>(object: Value<'_>, patch: &Rendered<'w>) -> Rendered<'w> {
    let view = patch.view();
    let quoted = object.style().is_some_and(|style| style != Style::Plain);
    match (view.raw(), view.scalar()) {
        (Some(raw), Some(Scalar::Text(text))) if *text == *raw => patch.clone(),
        (Some(raw), _) if quoted => Rendered::text(raw, view.origin()),
        _ => patch.clone(),
    }
}

/// The entries of a mapping, with their keys.
fn entries<'w>(value: &Rendered<'w>) -> Vec<Entry<'w>> {
    value.clone().map_mut().map(|map| map.entries.clone()).unwrap_or_default()
}

fn merge_map<'w>(object: &mut Rendered<'w>, patch: &Rendered<'w>, shape: Shape<'_>) -> Built<()> {
    let by = patch.view().span();
    let changes: Vec<Entry<'w>> = entries(patch).into_iter().filter(|entry| entry.key.text() != DIRECTIVE).collect();
    let named: HashSet<&str> = changes.iter().map(|entry| entry.key.text()).collect();
    settle_map(object, shape, by, &named)?;
    if changes.is_empty() {
        return Ok(());
    }
    let map = object.map_mut().expect("internal: both are mappings");
    for change in changes {
        merge_entry(map, change, shape)?;
    }
    Ok(())
}

fn merge_entry<'w>(map: &mut Map<'w>, change: Entry<'w>, shape: Shape<'_>) -> Built<()> {
    let Entry { key, slot: change } = change;
    let by = if change.value.view().is_absent() { key.origin().span() } else { change.value.view().span() };
    let object = map.get_mut(key.text()).map(|slot| &mut slot.value);
    match walk(object, Some(&change.value), shape.field(key.text()), by)? {
        Walked::Nothing | Walked::Kept => {}
        Walked::Patch(value) => map.set(key, value),
        Walked::Gone(by) => {
            map.remove(key.text(), by);
        }
    }
    Ok(())
}

/// What a merge does to a value that the patch does not name: an empty value goes, and a list that merges
/// holds each key once.
fn settle<'w>(object: &mut Rendered<'w>, shape: Shape<'_>, by: Span) -> Built<Walked<'w>> {
    let view = object.view();
    if view.is_null() {
        // A written `null` stays, a value that is not written goes.
        let empty = view.is_absent() || view.raw().is_some_and(str::is_empty);
        return Ok(if empty { Walked::Gone(by) } else { Walked::Kept });
    }
    let shape = known(shape, [view]);
    if is_settled(view, shape) {
        return Ok(Walked::Kept);
    }
    if view.is_mapping() {
        settle_map(object, shape, by, &HashSet::new())?;
        return Ok(Walked::Kept);
    }
    lists::settle(object, shape, by)
}

fn settle_map<'w>(object: &mut Rendered<'w>, shape: Shape<'_>, by: Span, named: &HashSet<&str>) -> Built<()> {
    let restless: Vec<String> = object
        .view()
        .entries()
        .filter(|(key, value)| !named.contains(key) && !is_settled(*value, known(shape.field(key), [*value])))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in restless {
        let map = object.map_mut().expect("internal: it has entries");
        let Some(slot) = map.get_mut(&key) else { continue };
        if let Walked::Gone(by) = settle(&mut slot.value, shape.field(&key), by)? {
            map.remove(&key, by);
        }
    }
    Ok(())
}

/// Whether [`settle`] leaves `value` as it is.
pub(super) fn is_settled(value: Value<'_>, shape: Shape<'_>) -> bool {
    match value.kind() {
        Kind::Null => !value.is_absent() && value.raw().is_some_and(|text| !text.is_empty()),
        Kind::Mapping => value.entries().all(|(key, child)| is_settled(child, known(shape.field(key), [child]))),
        Kind::Sequence => lists::is_settled(value, shape),
        _ => true,
    }
}

/// Where a value that is put there stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The object has nothing here.
    Outermost,
    /// It is part of one that is put there.
    Within,
}

/// What a patch brings where the object has nothing: without nulls and directives.
pub(super) fn added<'w>(patch: &Rendered<'w>, shape: Shape<'_>, place: Place) -> Built<Walked<'w>> {
    let view = patch.view();
    let shape = known(shape, [view]);
    match Form::of(view) {
        Form::Scalar if view.is_null() => Ok(Walked::Gone(view.span())),
        Form::Scalar => Ok(Walked::Patch(patch.clone())),
        Form::Sequence => lists::added(patch, shape, place),
        Form::Mapping => match directive(view) {
            Ok(Some((Directive::Delete, by))) => Ok(Walked::Gone(by)),
            Ok(_) => added_map(patch, shape).map(Walked::Patch),
            // Of the outermost mapping an unknown directive is not looked at: it stays as a field.
            Err(_) if place == Place::Outermost => added_fields(patch, shape, false).map(Walked::Patch),
            Err(refusal) => Err(refusal),
        },
    }
}

fn added_map<'w>(patch: &Rendered<'w>, shape: Shape<'_>) -> Built<Rendered<'w>> {
    added_fields(patch, shape, true)
}

fn added_fields<'w>(patch: &Rendered<'w>, shape: Shape<'_>, elide: bool) -> Built<Rendered<'w>> {
    let mut result = patch.clone();
    let mut changes = Vec::new();
    for (key, _) in patch.view().entries() {
        if key == DIRECTIVE {
            if elide {
                changes.push((key, None));
            }
            continue;
        }
        let child = patch.get(key).expect("internal: the entry is there");
        match added(&child, shape.field(key), Place::Within)? {
            Walked::Patch(value) if value.is_same(&child) => {}
            Walked::Patch(value) => changes.push((key, Some(value))),
            Walked::Kept | Walked::Nothing | Walked::Gone(_) => changes.push((key, None)),
        }
    }
    for (key, change) in changes {
        let map = result.map_mut().expect("internal: it has entries");
        match change {
            Some(value) => {
                if let Some(slot) = map.get_mut(key) {
                    slot.value = value;
                }
            }
            // It never was in the object, so nothing was taken away.
            None => map.entries.retain(|entry| entry.key.text() != key),
        }
    }
    Ok(result)
}
