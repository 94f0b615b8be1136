//! What a field must hold, and what may stand only once: words that the checks of several kinds share.

use crate::schema::value::{code, field, missing};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::HashMap;

/// Whether there is nothing under `key` that the API server could see: no field, null, an empty text or collection.
/// What is not known yet is something.
pub(super) fn lacks(parent: Value<'_>, key: &str) -> bool {
    parent.is_mapping() && field(parent, key).is_none_or(is_hollow)
}

fn is_hollow(value: Value<'_>) -> bool {
    value.is_empty() || value.known() == Some("")
}

/// Tells that there is nothing under `key`, where the schema does not ask for the field; `fact` says what follows.
/// Gives whether that was so.
pub(super) fn needs<'w>(parent: Value<'w>, key: &str, fact: &str, help: &str, problems: &mut Problems<'w>) -> bool {
    let lacks = lacks(parent, key);
    if lacks {
        let problem = match field(parent, key) {
            Some(value) => Problem::new(code::REQUIRED, value, fact).label("empty"),
            None => missing(code::REQUIRED, parent, key, fact),
        };
        problems.push(problem.help(help));
    }
    lacks
}

/// Tells that a field which the schema asks for is there and empty. Gives whether it is filled, or not there.
pub(super) fn filled<'w>(parent: Value<'w>, key: &str, problems: &mut Problems<'w>) -> bool {
    let Some(value) = field(parent, key).filter(|value| is_hollow(*value)) else { return true };
    let help = if value.is_empty() { "list one at least" } else { "write a value" };
    problems.push(Problem::new(code::REQUIRED, value, format!("`{key}` is empty")).help(help));
    false
}

/// Tells that a field may not be there; `fact` says why.
pub(super) fn unwanted<'w>(value: Value<'w>, fact: impl Into<String>, help: &str, problems: &mut Problems<'w>) {
    problems.push(Problem::new(code::CROSS_FIELD, value, fact).at_key().help(help));
}

/// What was there before, by its text.
#[derive(Default)]
pub(super) struct Seen<'w>(HashMap<String, Value<'w>>);

impl<'w> Seen<'w> {
    /// Tells that another item has the same text under `key`; `what` says what the item is.
    pub(super) fn field_once(&mut self, item: Value<'w>, key: &str, what: &str, problems: &mut Problems<'w>) {
        if let Some(value) = field(item, key)
            && let Some(text) = value.known().filter(|text| !text.is_empty())
        {
            self.once(text, value, &format!("{what} `{text}`"), problems);
        }
    }

    /// Tells that `key` was there before; `what` says what it is: ``port name `http` ``.
    pub(super) fn once(&mut self, key: impl Into<String>, value: Value<'w>, what: &str, problems: &mut Problems<'w>) {
        match self.0.entry(key.into()) {
            std::collections::hash_map::Entry::Occupied(first) => problems.push(
                Problem::new(code::DUPLICATE, value, format!("{what} stands twice"))
                    .label("the second one")
                    .related(first.get().span(), "the first one")
                    .help("keep one of them, or give it another name"),
            ),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(value);
            }
        }
    }
}
