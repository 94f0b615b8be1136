//! Lists that merge by keys although items lack them or share them. What kustomize makes of such a list
//! follows from how it walks it, step by step; so the steps are taken one by one here.

use super::super::{Built, Refusal};
use super::lists::{key_text, removed};
use super::merge_keys::Shape;
use super::strategic::{DIRECTIVE, Place, Walked, added as added_value, walk};
use crate::source::Span;
use crate::yaml::Value;
use crate::yaml::rendered::{List, Rendered, Slot};
use foldhash::{HashMap, HashMapExt};

/// The walk is quadratic; a longer list stays as it is.
const MOST: usize = 2_000;

/// Which list an item stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Node {
    Object(usize),
    Patch(usize),
}

/// Where the items of the patch come from.
enum Side {
    Own,
    /// The list is put there by the patch: both sides are the same items.
    Same,
}

/// Merges `changes`, if the patch names the list, into `list`.
pub(super) fn merge<'w>(
    list: &mut List<'w>,
    changes: Option<&[Rendered<'w>]>,
    keys: &[&str],
    shape: Shape<'_>,
    by: Span,
) -> Built<()> {
    if list.items.len() + changes.map_or(0, <[_]>::len) > MOST {
        return Ok(());
    }
    let object = std::mem::take(&mut list.items);
    let patch = changes.unwrap_or_default().to_vec();
    let mut merge = Merge { object, patch, keys, shape, by, side: Side::Own, result: Vec::new(), gone: Vec::new() };
    merge.run()?;
    let Merge { object, patch, result, gone, .. } = merge;
    for (at, by) in gone {
        list.removed.push(removed(at, object[at].clone(), by));
    }
    list.items = taken(&object, &patch, &result);
    Ok(())
}

/// Settles a list that the patch brings.
pub(super) fn added<'w>(list: &mut List<'w>, keys: &[&str], shape: Shape<'_>) -> Built<()> {
    if list.items.len() > MOST {
        return Ok(());
    }
    let object = std::mem::take(&mut list.items);
    let by = list.origin.span();
    let mut merge =
        Merge { object, patch: Vec::new(), keys, shape, by, side: Side::Same, result: Vec::new(), gone: Vec::new() };
    merge.run()?;
    let Merge { object, result, .. } = merge;
    list.items = taken(&object, &[], &result);
    Ok(())
}

fn taken<'w>(object: &[Slot<'w>], patch: &[Rendered<'w>], result: &[Node]) -> Vec<Slot<'w>> {
    let slot = |node: &Node| match node {
        Node::Object(at) => object[*at].clone(),
        Node::Patch(at) => patch[*at].clone().into(),
    };
    result.iter().map(slot).collect()
}

struct Merge<'w, 'a> {
    object: Vec<Slot<'w>>,
    patch: Vec<Rendered<'w>>,
    keys: &'a [&'a str],
    shape: Shape<'a>,
    by: Span,
    side: Side,
    result: Vec<Node>,
    gone: Vec<(usize, Span)>,
}

impl<'w> Merge<'w, '_> {
    fn run(&mut self) -> Built<()> {
        let mut left: Vec<usize> = (0..self.object.len()).collect();
        let values = self.values();
        if values.is_empty() {
            self.result = left.into_iter().map(Node::Object).collect();
            return Ok(());
        }
        // A key that no item has says nothing.
        let said = |at: usize| values.iter().any(|texts| !texts[at].is_empty());
        let mut used: Vec<usize> = (0..self.keys.len()).filter(|at| said(*at)).collect();
        if used.is_empty() {
            used = (0..self.keys.len()).collect();
        }
        let keys: Vec<&str> = used.iter().map(|at| self.keys[*at]).collect();
        // Texts that were made equal are walked again, but an item is merged once.
        let mut known: HashMap<&[String], Option<Node>> = HashMap::new();
        for all in &values {
            let texts: Vec<&str> = used.iter().map(|at| all[*at].as_str()).collect();
            let node = match known.get(all.as_slice()) {
                Some(node) => *node,
                None => self.step(&left, &keys, &texts)?,
            };
            known.insert(all, node);
            match node {
                Some(node) => self.put(node, &keys, &texts),
                None => self.drop_from(&mut left, &keys, &texts),
            }
        }
        for at in left {
            self.append(at, &keys)?;
        }
        Ok(())
    }

    /// The texts of the keys of all items, those of the patch first.
    fn values(&self) -> Vec<Vec<String>> {
        let texts = |item: Value<'_>| -> Vec<String> {
            let text = |key: &&str| match item.get(key) {
                Some(value) if value.is_null() => String::new(),
                _ => key_text(item, key).unwrap_or_default().to_owned(),
            };
            self.keys.iter().map(text).collect()
        };
        let mut values: Vec<Vec<String>> = Vec::new();
        let patch = self.patch.iter().map(|item| texts(item.view()));
        let object = self.object.iter().map(|slot| texts(slot.view()));
        for texts in patch.chain(object) {
            if !values.contains(&texts) {
                values.push(texts);
            }
        }
        if self.keys.len() > 1 {
            unify(&mut values);
        }
        values
    }

    /// Merges the two items that have these keys.
    fn step(&mut self, left: &[usize], keys: &[&str], texts: &[&str]) -> Built<Option<Node>> {
        let pairs: Vec<(&str, &str)> = keys.iter().copied().zip(texts.iter().copied()).collect();
        let said: Vec<(&str, &str)> = pairs.iter().copied().filter(|(_, text)| !text.is_empty()).collect();
        let wanted = if said.is_empty() { pairs } else { said };
        let is = |item: Value<'_>| {
            (item.is_mapping() || wanted[0].0.is_empty())
                && wanted.iter().all(|(key, text)| key_text(item, key) == Some(*text))
        };
        let object = left.iter().copied().find(|at| is(self.object[*at].view()));
        let patch = self.patch.iter().position(|item| is(item.view()));
        if let Side::Same = self.side {
            let Some(at) = object else { return Ok(None) };
            return Ok(match added_value(&self.object[at].value, self.shape.item(), Place::Within)? {
                Walked::Patch(value) if !is_empty(value.view()) => {
                    self.object[at].value = value;
                    Some(Node::Object(at))
                }
                _ => {
                    // Where another item brings it back, it comes without its directive.
                    if let Some(map) = self.object[at].value.map_mut() {
                        map.entries.retain(|entry| entry.key.text() != DIRECTIVE);
                    }
                    None
                }
            });
        }
        let change = patch.map(|at| self.patch[at].clone());
        let by = change.as_ref().map_or(self.by, |change| change.view().span());
        let value = object.map(|at| &mut self.object[at].value);
        let node = match walk(value, change.as_ref(), self.shape.item(), by)? {
            Walked::Kept => object.map(Node::Object),
            Walked::Patch(value) => patch.map(|at| {
                self.patch[at] = value;
                Node::Patch(at)
            }),
            Walked::Gone(by) => {
                self.gone.extend(object.map(|at| (at, by)));
                None
            }
            Walked::Nothing => None,
        };
        Ok(node.filter(|node| !is_empty(self.view(*node))))
    }

    fn view(&self, node: Node) -> Value<'_> {
        match node {
            Node::Object(at) => self.object[at].view(),
            Node::Patch(at) => self.patch[at].view(),
        }
    }

    /// Puts `node` in place of every item with these keys, else at the end.
    fn put(&mut self, node: Node, keys: &[&str], texts: &[&str]) {
        let mut found = false;
        let mut result = Vec::with_capacity(self.result.len() + 1);
        for known in std::mem::take(&mut self.result) {
            match self.fate(self.view(known), keys, texts) {
                Fate::Matches => {
                    found = true;
                    result.push(node);
                }
                Fate::Stays => result.push(known),
                Fate::Goes => {}
            }
        }
        if !found {
            result.push(node);
        }
        self.result = result;
    }

    /// Takes the items with these keys out of what is left of the object.
    fn drop_from(&mut self, left: &mut Vec<usize>, keys: &[&str], texts: &[&str]) {
        left.retain(|at| {
            let stays = matches!(self.fate(self.object[*at].view(), keys, texts), Fate::Stays);
            if !stays && !self.gone.iter().any(|(gone, _)| gone == at) {
                self.gone.push((*at, self.by));
            }
            stays
        });
    }

    fn fate(&self, item: Value<'_>, keys: &[&str], texts: &[&str]) -> Fate {
        if is_empty(item) {
            return Fate::Goes;
        }
        if !item.is_mapping() && !keys[0].is_empty() {
            let mapping = texts.first().is_some_and(|text| !text.is_empty());
            return if mapping { Fate::Stays } else { Fate::Goes };
        }
        // An empty text asks for the key alone, and a missing one for nothing more.
        let matches = !texts.is_empty()
            && keys.iter().zip(texts).all(|(key, text)| {
                key_text(item, key).is_some_and(|have| (text.is_empty() && !key.is_empty()) || have == *text)
            });
        match matches {
            true => Fate::Matches,
            false if texts.is_empty() => Fate::Goes,
            false => Fate::Stays,
        }
    }

    /// Puts an item of the object over the one that came of it.
    fn append(&mut self, at: usize, keys: &[&str]) -> Built<()> {
        let view = self.object[at].view();
        if keys == [""] {
            let text = key_text(view, "").unwrap_or_default().to_owned();
            self.put(Node::Object(at), keys, &[text.as_str()]);
            return Ok(());
        }
        if view.is_null() {
            self.result.clear();
            return Ok(());
        }
        if !view.is_mapping() {
            return Err(Refusal::new(view.span(), "every item of this list is a mapping"));
        }
        let mut texts = Vec::new();
        for key in keys {
            match key_text(view, key) {
                Some(text) => texts.push(text.to_owned()),
                None => self.result.push(Node::Object(at)),
            }
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if keys.len() > 1 {
            let stays = |node: &Node| matches!(self.fate(self.view(*node), keys, &texts), Fate::Stays);
            let result: Vec<Node> = self.result.iter().copied().filter(stays).collect();
            self.result = result;
        }
        self.put(Node::Object(at), keys, &texts);
        Ok(())
    }
}

enum Fate {
    Matches,
    Stays,
    Goes,
}

/// Whether nothing is left of an item.
pub(super) fn is_empty(item: Value<'_>) -> bool {
    item.is_null() || (item.is_mapping() && item.is_empty())
}

/// Keys that agree where both are written are those of one item: what one lacks is taken from the other.
fn unify(values: &mut [Vec<String>]) {
    for at in 0..values.len() {
        // What is found on the way is not looked at before the next turn.
        let left = values[at].clone();
        for other in 0..values.len() {
            let right = &values[other];
            let agree = left.iter().zip(right).all(|(a, b)| a == b || a.is_empty() || b.is_empty());
            if !agree || !left.iter().zip(right).any(|(a, b)| a == b) {
                continue;
            }
            let whole: Vec<String> =
                left.iter().zip(right).map(|(a, b)| if a.is_empty() { b } else { a }.clone()).collect();
            values[at].clone_from(&whole);
            values[other] = whole;
        }
    }
}
