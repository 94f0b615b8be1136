//! The keys of a Secret, as far as the repo tells.

use crate::yaml::{Value, has_placeholder};
use std::borrow::Cow;

/// The keys of a Secret.
#[derive(Clone, Debug, Default)]
pub struct Keys<'w> {
    known: Vec<Cow<'w, str>>,
    open: Option<String>,
}

impl<'w> Keys<'w> {
    /// No key, and others for the reason given.
    pub fn open(reason: impl Into<String>) -> Keys<'w> {
        Keys { known: Vec::new(), open: Some(reason.into()) }
    }

    /// Exactly these.
    pub fn exactly(known: impl IntoIterator<Item = &'static str>) -> Keys<'w> {
        Keys { known: known.into_iter().map(Cow::Borrowed).collect(), open: None }
    }

    /// Adds a key, if it is known.
    pub fn add(&mut self, key: impl Into<Cow<'w, str>>) {
        let key = key.into();
        if has_placeholder(&key) {
            self.admit_more(format!("one of its keys is `{key}`"));
        } else if !self.known.contains(&key) {
            self.known.push(key);
        }
    }

    /// Adds a key that a field holds.
    pub fn add_value(&mut self, value: Option<Value<'w>>) {
        match value.map(|value| (value.known(), value.unknown())) {
            Some((Some(key), _)) => self.add(key),
            Some((None, reason)) => self.admit_more(reason.unwrap_or_else(|| "one of its keys is no text".into())),
            None => {}
        }
    }

    /// Adds the keys of a mapping.
    pub fn add_entries(&mut self, mapping: Option<Value<'w>>) {
        let Some(mapping) = mapping.filter(|mapping| !mapping.is_null()) else { return };
        if !mapping.is_mapping() {
            self.admit_more("its data is no mapping that can be read here");
        }
        mapping.entries().for_each(|(key, _)| self.add(key));
    }

    /// Says that there may be others, and why.
    pub fn admit_more(&mut self, reason: impl Into<String>) {
        self.open.get_or_insert_with(|| reason.into());
    }

    /// Whether the Secret has the key; none where nobody can tell.
    pub fn has(&self, key: &str) -> Option<bool> {
        match self.known.iter().any(|known| known == key) {
            true => Some(true),
            false if self.open.is_some() => None,
            false => Some(false),
        }
    }

    /// Those that are known.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(Cow::as_ref)
    }

    /// Why there may be others, if so.
    pub fn gap(&self) -> Option<&str> {
        self.open.as_deref()
    }
}
