//! The words of a command, and its flags. It knows the form of flags, not what they mean.

use super::traced::Traced;
use super::{Input, Text, Value};
use std::ops::Range;

/// A word of a command as the shell passes it on.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) traced: Traced,
    /// Where it stands when it has no text.
    pub(super) place: Range<usize>,
    pub(super) quoted: bool,
    pub(super) glob: bool,
    /// What flows out of it, where it is `<(...)`.
    pub(super) process: Option<Vec<Input>>,
}

impl Argument {
    pub(super) fn as_str(&self) -> &str {
        self.traced.as_str()
    }

    /// Its text, if the whole of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        self.traced.is_known().then(|| self.traced.as_str())
    }

    /// Whether it may stand for several words, or for none.
    pub(super) fn is_loose(&self) -> bool {
        let parts = if self.quoted { Vec::new() } else { self.traced.unknown_parts() };
        let mut end = 0;
        parts.iter().all(|part| std::mem::replace(&mut end, part.end) == part.start)
            && !parts.is_empty()
            && end == self.traced.len()
    }

    /// As a text of the result.
    pub(super) fn to_text(&self) -> Text {
        let mut text = self.traced.to_text();
        text.glob = self.glob;
        if self.traced.is_empty() {
            text.range = self.place.clone();
        }
        text
    }

    /// The part from `start` on.
    pub(super) fn from(&self, start: usize) -> Argument {
        self.part(start..self.traced.len())
    }

    fn part(&self, range: Range<usize>) -> Argument {
        let place = self.traced.place_of(range.end..range.end);
        Argument { traced: self.traced.slice(range), place, quoted: self.quoted, glob: self.glob, process: None }
    }

    /// The items of a list with commas.
    pub(super) fn items(&self) -> Vec<Argument> {
        if self.process.is_some() || !self.as_str().contains(',') || self.known().is_none() {
            return vec![self.clone()];
        }
        let mut from = 0;
        let mut items = Vec::new();
        for (at, _) in self.as_str().match_indices(',').chain([(self.as_str().len(), "")]) {
            if at > from {
                items.push(self.part(from..at));
            }
            from = at + 1;
        }
        items
    }
}

/// Which flags of a command take a value.
pub(super) struct Spec {
    /// Long ones, without the dashes.
    pub(super) long: &'static [&'static str],
    /// Short ones, one letter each.
    pub(super) short: &'static str,
}

/// The words of a command, sorted.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Flags in order: a long name or a letter, and the value.
    options: Vec<(String, Option<Argument>)>,
    pub(super) positional: Vec<Argument>,
    /// Whether a word may hold more flags.
    pub(super) open: bool,
}

impl Parsed {
    /// The values of a flag under any of its names, in order.
    pub(super) fn values<'p>(&'p self, names: &'p [&'p str]) -> impl Iterator<Item = &'p Argument> {
        let named = self.options.iter().filter(|(name, _)| names.contains(&name.as_str()));
        named.filter_map(|(_, value)| value.as_ref())
    }

    /// The last value of a flag.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Argument> {
        let named = self.options.iter().rev().filter(|(name, _)| names.contains(&name.as_str()));
        named.filter_map(|(_, value)| value.as_ref()).next()
    }

    /// Whether a flag is given and not set to false.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        let last = self.options.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        last.is_some_and(|(_, value)| value.as_ref().is_none_or(|value| value.known() != Some("false")))
    }

    /// The options in order.
    pub(super) fn options(&self) -> impl Iterator<Item = (&str, Option<&Argument>)> {
        self.options.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }
}

/// Sorts the words of a command, its name left out.
pub(super) fn parse(words: &[Argument], spec: &Spec) -> Parsed {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.as_str();
        if text == "--" {
            parsed.positional.extend(words.cloned());
            return parsed;
        }
        if word.is_loose() {
            parsed.open = true;
            parsed.positional.push(word.clone());
        } else if let Some(flag) = text.strip_prefix("--") {
            let (name, value) = match flag.find('=') {
                Some(equals) => (&flag[..equals], Some(word.from(equals + 3))),
                None if spec.long.contains(&flag) => (flag, words.next().cloned()),
                None => (flag, None),
            };
            parsed.options.push((name.to_owned(), value));
        } else if text.len() > 1 && text.starts_with('-') {
            for (at, letter) in text.char_indices().skip(1) {
                let after = at + letter.len_utf8();
                if !spec.short.contains(letter) {
                    if text[after..].starts_with('=') {
                        break;
                    }
                    parsed.options.push((letter.to_string(), None));
                    continue;
                }
                let glued = after + usize::from(text[after..].starts_with('='));
                let value = if after < text.len() { Some(word.from(glued)) } else { words.next().cloned() };
                parsed.options.push((letter.to_string(), value));
                break;
            }
        } else {
            parsed.positional.push(word.clone());
        }
    }
    parsed
}

/// A path joined to a folder, both relative to the Makefile's folder, without `.` and `..` where they can be resolved.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// An unknown text, as it is written.
pub(super) fn unknown(written: &str, range: Range<usize>) -> Text {
    Text { value: Value::Unknown(written.to_owned()), range, defined: None, overridable: false, glob: false }
}
