//! Changing a value: what is written is opened one level at a time, what is shared is copied one
//! level at a time, so the rest stays shared.

use super::{Entry, Key, List, Made, Map, Past, Removed, Rendered, Slot, Written};
use crate::source::{Origin, Span};
use crate::yaml::Value;
use std::sync::Arc;

/// Mappings of fewer entries grow one by one.
const FEW: usize = 8;

impl<'w> Rendered<'w> {
    /// The child under `key`, shared; none where there is none or this is no mapping.
    pub fn get(&self, key: &str) -> Option<Rendered<'w>> {
        match self {
            Rendered::Written(written) => Rendered::written(written.value().get(key)?),
            Rendered::Made(made) => match made.as_ref() {
                Made::Map(map) => map.get(key).map(|slot| slot.value.clone()),
                _ => None,
            },
        }
    }

    /// The value under a path of keys, shared.
    pub fn at(&self, path: &[&str]) -> Option<Rendered<'w>> {
        let (first, rest) = match path {
            [] => return Some(self.clone()),
            [first, rest @ ..] => (first, rest),
        };
        self.get(first)?.at(rest)
    }

    /// This mapping, to be changed; none where it is none.
    pub fn map_mut(&mut self) -> Option<&mut Map<'w>> {
        if let Rendered::Written(written) = self {
            let value = written.value();
            if !value.is_mapping() {
                return None;
            }
            *self = Rendered::Made(Arc::new(Made::Map(written.open_map())));
        }
        match self {
            Rendered::Made(made) if matches!(made.as_ref(), Made::Map(_)) => match Arc::make_mut(made) {
                Made::Map(map) => Some(map),
                _ => None,
            },
            _ => None,
        }
    }

    /// This sequence, to be changed; none where it is none.
    pub fn list_mut(&mut self) -> Option<&mut List<'w>> {
        if let Rendered::Written(written) = self {
            let value = written.value();
            if !value.is_sequence() {
                return None;
            }
            *self = Rendered::Made(Arc::new(Made::List(written.open_list())));
        }
        match self {
            Rendered::Made(made) if matches!(made.as_ref(), Made::List(_)) => match Arc::make_mut(made) {
                Made::List(list) => Some(list),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<'w> Written<'w> {
    /// The node, seen.
    pub fn value(self) -> Value<'w> {
        Value::new(self.file, self.node, self.dialect)
    }

    fn open_map(self) -> Map<'w> {
        let value = self.value();
        // Whoever opens a mapping adds at most an entry or two, as a rule.
        let mut entries: Vec<Entry<'w>> = Vec::with_capacity(value.width() + 1);
        let repeats = !self.file.duplicates().is_empty();
        for (text, child) in value.entries() {
            let (Some((file, key)), Some(child)) = (child.written_key(), Rendered::written(child)) else { continue };
            let entry = Entry { key: Key::Written(file, key), slot: child.into() };
            // Of a key that stands twice the last one counts, where the first one stands.
            match entries.iter_mut().find(|known| repeats && known.key.text() == text) {
                Some(known) => *known = entry,
                None => entries.push(entry),
            }
        }
        Map { entries, removed: Vec::new(), origin: value.origin() }
    }

    fn open_list(self) -> List<'w> {
        let value = self.value();
        let items = value.items().filter_map(Rendered::written).map(Slot::from).collect();
        List { items, removed: Vec::new(), origin: value.origin() }
    }
}

impl<'w> Map<'w> {
    /// The place of `key`.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.key.text() == key)
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Slot<'w>> {
        self.position(key).map(|at| &self.entries[at].slot)
    }

    /// The value under `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Slot<'w>> {
        self.position(key).map(|at| &mut self.entries[at].slot)
    }

    /// Puts `value` under `key`: in place of what is there, which is remembered, else at the end.
    pub fn set(&mut self, key: Key<'w>, value: Rendered<'w>) {
        if let Some(slot) = self.get_mut(key.text()) {
            slot.replace(value);
            return;
        }
        let back = self.removed.iter().position(|removed| *removed.key == *key.text());
        let past = back.map(|at| {
            let was = self.removed.remove(at).was;
            Arc::new(Past { value: was.value, past: was.past })
        });
        // Most mappings are small and many: room for one more, not for twice as many.
        if self.entries.len() < FEW {
            self.entries.reserve_exact(1);
        }
        self.entries.push(Entry { key, slot: Slot { value, past } });
    }

    /// Takes the entry under `key` away; `by` is what says so. Nothing where there is none.
    pub fn remove(&mut self, key: &str, by: Span) -> Option<Slot<'w>> {
        let at = self.position(key)?;
        let Entry { key, slot } = self.entries.remove(at);
        self.removed.push(Removed { key: key.text().into(), was: slot.clone(), by });
        Some(slot)
    }

    /// The mapping under `key`, to be changed; put there empty, made by `origin`, where there is nothing
    /// or a null. None where something else is there.
    pub fn map_under(&mut self, key: &str, origin: &Origin) -> Option<&mut Map<'w>> {
        let missing = self.get(key).is_none_or(|slot| slot.value.view().is_null());
        if missing {
            self.set(Key::made(key, origin.clone()), Rendered::map(origin.clone()));
        }
        self.get_mut(key)?.value.map_mut()
    }
}

impl<'w> List<'w> {
    /// Takes the item at `index` away; `by` is what says so.
    pub fn remove(&mut self, index: usize, by: Span) -> Slot<'w> {
        let slot = self.items.remove(index);
        self.removed.push(Removed { key: index.to_string().into(), was: slot.clone(), by });
        slot
    }
}
