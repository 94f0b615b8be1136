//! Lists in a strategic merge patch: those that merge by keys, sets of scalars, and the ones that are replaced.
//! Lists whose items have no key, or one twice, come out as kustomize's own walk leaves them.

use super::super::Built;
use super::merge_keys::Shape;
use super::odd_lists;
use super::strategic::{DIRECTIVE, Directive, Place, Walked, added as added_value, is_settled as is_settled_value};
use super::strategic::{says, walk};
use crate::source::Span;
use crate::yaml::rendered::{List, Removed, Rendered, Slot};
use crate::yaml::{Kind, Value};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// The text of the key `key` of an item: of the item itself where the key is empty; none where there is none.
pub(super) fn key_text<'a>(item: Value<'a>, key: &str) -> Option<&'a str> {
    let value = if key.is_empty() { item } else { item.get(key)? };
    if value.is_absent() {
        return Some("");
    }
    // A collection has no text of its own.
    Some(value.raw().unwrap_or_default())
}

/// The texts of all keys of an item, where it has them all.
fn identity<'a>(item: Value<'a>, keys: &[&str]) -> Option<Vec<&'a str>> {
    let wanted = if keys == [""] { !matches!(item.kind(), Kind::Mapping | Kind::Sequence) } else { item.is_mapping() };
    if !wanted || item.is_null() {
        return None;
    }
    keys.iter()
        .map(|key| {
            let value = if key.is_empty() { item } else { item.get(key)? };
            value.raw().filter(|text| !text.is_empty() && !value.is_null())
        })
        .collect()
}

/// The identities of the items where each has one of its own.
fn identities<'a>(list: Value<'a>, keys: &[&str]) -> Option<Vec<Vec<&'a str>>> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for item in list.items() {
        let identity = identity(item, keys)?;
        if !seen.insert(identity.clone()) {
            return None;
        }
        all.push(identity);
    }
    Some(all)
}

/// The keys that count: where no item has the second one, the first one is all there is.
fn written_keys<'a, 's>(keys: &'s [&'s str], lists: impl IntoIterator<Item = Value<'a>>) -> &'s [&'s str] {
    match keys {
        [_, second] => {
            let written = lists.into_iter().any(|list| list.items().any(|item| item.get(second).is_some()));
            if written { keys } else { &keys[..1] }
        }
        keys => keys,
    }
}

/// Whether a merge that does not name the list leaves it as it is.
pub(super) fn is_settled(list: Value<'_>, shape: Shape<'_>) -> bool {
    let Some(keys) = shape.keys() else { return true };
    // Where no item has the second key, the first one is all there is.
    let keys = written_keys(keys, [list]);
    identities(list, keys).is_some() && list.items().all(|item| is_settled_value(item, shape.item()))
}

/// Merges a list of a patch into one of the object.
pub(super) fn merge<'w>(object: &mut Rendered<'w>, patch: &Rendered<'w>, shape: Shape<'_>) -> Built<Walked<'w>> {
    let Some(keys) = shape.keys() else { return Ok(Walked::Patch(patch.clone())) };
    let patch = match elided(patch)? {
        Elided::Gone(by) => return Ok(Walked::Gone(by)),
        Elided::Replaced(patch) => return added_items(&patch, keys, shape).map(Walked::Patch),
        Elided::Merged(patch) => patch,
    };
    let by = patch.view().span();
    if patch.view().is_empty() && is_settled(object.view(), shape) {
        return Ok(Walked::Kept);
    }
    let written = written_keys(keys, [object.view(), patch.view()]);
    let list = object.list_mut().expect("internal: both are lists");
    let changes: Vec<Rendered<'w>> = items(&patch);
    match Plan::of(list, &changes, written) {
        Some(plan) => plan.carry_out(list, &changes, written, shape, by)?,
        None => odd_lists::merge(list, Some(&changes), keys, shape, by)?,
    }
    Ok(Walked::Kept)
}

/// What a merge does to a list that the patch does not name.
pub(super) fn settle<'w>(object: &mut Rendered<'w>, shape: Shape<'_>, by: Span) -> Built<Walked<'w>> {
    if let Some(keys) = shape.keys()
        && let Some(list) = object.list_mut()
    {
        odd_lists::merge(list, None, keys, shape, by)?;
    }
    Ok(Walked::Kept)
}

/// The items of a list, shared.
pub(super) fn items<'w>(list: &Rendered<'w>) -> Vec<Rendered<'w>> {
    list.clone().list_mut().map(|list| list.items.iter().map(|slot| slot.value.clone()).collect()).unwrap_or_default()
}

/// A list of a patch without the item that is its directive.
enum Elided<'w> {
    Merged(Rendered<'w>),
    Replaced(Rendered<'w>),
    Gone(Span),
}

fn elided<'w>(patch: &Rendered<'w>) -> Built<Elided<'w>> {
    let merged = || Ok(Elided::Merged(patch.clone()));
    let Some(item) = patch.view().items().find(|item| item.get(DIRECTIVE).is_some()) else { return merged() };
    // Beside other fields the directive is that of the item.
    if item.entries().nth(1).is_some() {
        return merged();
    }
    let Some(value) = item.get(DIRECTIVE) else { return merged() };
    let directive = says(value)?;
    if directive == Directive::Delete {
        return Ok(Elided::Gone(value.span()));
    }
    let text = value.raw();
    let mut rest = patch.clone();
    if let Some(list) = rest.list_mut() {
        list.items.retain(|slot| {
            let item = slot.view();
            !odd_lists::is_empty(item) && item.get(DIRECTIVE).is_none_or(|value| value.raw() != text)
        });
    }
    Ok(if directive == Directive::Replace { Elided::Replaced(rest) } else { Elided::Merged(rest) })
}

/// A list that the patch brings where the object has none.
pub(super) fn added<'w>(patch: &Rendered<'w>, shape: Shape<'_>, place: Place) -> Built<Walked<'w>> {
    let Some(keys) = shape.keys() else { return Ok(Walked::Patch(patch.clone())) };
    // Of the outermost list a directive is not looked at.
    if place == Place::Outermost {
        return added_items(patch, keys, shape).map(Walked::Patch);
    }
    match elided(patch)? {
        Elided::Gone(by) => Ok(Walked::Gone(by)),
        Elided::Merged(patch) | Elided::Replaced(patch) => added_items(&patch, keys, shape).map(Walked::Patch),
    }
}

fn added_items<'w>(patch: &Rendered<'w>, keys: &[&str], shape: Shape<'_>) -> Built<Rendered<'w>> {
    let mut result = patch.clone();
    if identities(patch.view(), written_keys(keys, [patch.view()])).is_none() {
        if let Some(list) = result.list_mut() {
            odd_lists::added(list, keys, shape)?;
        }
        return Ok(result);
    }
    let mut gone = HashSet::new();
    for (at, item) in items(patch).iter().enumerate() {
        match added_value(item, shape.item(), Place::Within)? {
            Walked::Patch(value) if value.is_same(item) => {}
            Walked::Patch(value) => {
                if let Some(list) = result.list_mut() {
                    list.items[at].value = value;
                }
            }
            Walked::Kept | Walked::Nothing | Walked::Gone(_) => {
                gone.insert(at);
            }
        }
    }
    if !gone.is_empty()
        && let Some(list) = result.list_mut()
    {
        let mut at = 0;
        list.items.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
    }
    Ok(result)
}

/// How a list merges in which every item has an identity of its own.
struct Plan {
    /// For each item of the patch, the one of the object.
    partners: Vec<Option<usize>>,
}

impl Plan {
    fn of(list: &List<'_>, changes: &[Rendered<'_>], keys: &[&str]) -> Option<Plan> {
        let mut known = HashMap::new();
        for (at, slot) in list.items.iter().enumerate() {
            if known.insert(identity(slot.view(), keys)?, at).is_some() {
                return None;
            }
        }
        let mut seen = HashSet::new();
        let mut partners = Vec::new();
        for change in changes {
            let identity = identity(change.view(), keys)?;
            partners.push(known.get(&identity).copied());
            if !seen.insert(identity) {
                return None;
            }
        }
        Some(Plan { partners })
    }

    /// New items come first. Where there is one key, those that the patch names follow it in its order.
    fn carry_out<'w>(
        self,
        list: &mut List<'w>,
        changes: &[Rendered<'w>],
        keys: &[&str],
        shape: Shape<'_>,
        by: Span,
    ) -> Built<()> {
        let mut first: Vec<Slot<'w>> = Vec::new();
        let mut old: Vec<Option<Slot<'w>>> = std::mem::take(&mut list.items).into_iter().map(Some).collect();
        let touched: HashSet<usize> = self.partners.iter().flatten().copied().collect();
        let mut gone = Vec::new();
        for (change, partner) in changes.iter().zip(self.partners) {
            let slot = partner.and_then(|at| old[at].as_mut());
            match walk(slot.map(|slot| &mut slot.value), Some(change), shape.item(), change.view().span())? {
                Walked::Gone(by) => gone.extend(partner.map(|at| (at, by))),
                Walked::Patch(value) if partner.is_none() => first.push(value.into()),
                // The item of the object is put back over one that was to replace it.
                Walked::Patch(_) | Walked::Kept | Walked::Nothing => {
                    if let (Some(at), [_]) = (partner, keys) {
                        first.extend(old[at].take());
                    }
                }
            }
        }
        for (at, by) in gone {
            if let Some(slot) = old[at].take() {
                list.removed.push(removed(at, slot, by));
            }
        }
        for (at, slot) in old.iter_mut().enumerate().filter(|(at, _)| !touched.contains(at)) {
            let Some(value) = slot.as_mut().map(|slot| &mut slot.value) else { continue };
            if let Walked::Gone(by) = walk(Some(value), None, shape.item(), by)?
                && let Some(slot) = slot.take()
            {
                list.removed.push(removed(at, slot, by));
            }
        }
        list.items = first;
        list.items.extend(old.into_iter().flatten());
        Ok(())
    }
}

/// The record of an item that is taken away.
pub(super) fn removed<'w>(at: usize, was: Slot<'w>, by: Span) -> Removed<'w> {
    Removed { key: at.to_string().into(), was, by }
}
