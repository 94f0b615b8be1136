//! How checks read fields: null is absent, as the API server has it, and what is not known yet is neither.

use super::Fault;
use crate::schema::Problems;
use crate::yaml::Value;

/// What is known of a text field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'w> {
    /// Not there, null or empty: the API server cannot tell these apart.
    Absent,
    /// This text.
    Known(&'w str),
    /// There, but not known, or no text at all.
    Unknown,
}

impl<'w> Text<'w> {
    /// The text, if it is known.
    pub fn known(self) -> Option<&'w str> {
        match self {
            Text::Known(text) => Some(text),
            Text::Absent | Text::Unknown => None,
        }
    }

    /// Whether it is surely this text.
    pub fn is(self, text: &str) -> bool {
        self.known() == Some(text)
    }

    /// The text, or what the API server puts in where nothing is written; none where it is not known.
    pub fn or(self, default: &'w str) -> Option<&'w str> {
        match self {
            Text::Absent => Some(default),
            Text::Known(text) => Some(text),
            Text::Unknown => None,
        }
    }
}

/// The value under `key`, unless it is null.
pub fn field<'w>(value: Value<'w>, key: &str) -> Option<Value<'w>> {
    value.get(key).filter(|value| !value.is_null())
}

/// The items of the list under `key`.
pub fn items<'w>(value: Value<'w>, key: &str) -> impl Iterator<Item = Value<'w>> {
    value.get(key).into_iter().flat_map(Value::items)
}

/// The text under `key`.
pub fn text<'w>(value: Value<'w>, key: &str) -> Text<'w> {
    match field(value, key) {
        None => Text::Absent,
        Some(value) => match value.known() {
            Some("") => Text::Absent,
            Some(text) => Text::Known(text),
            None => Text::Unknown,
        },
    }
}

/// The whole number under `key`, if one is known.
pub fn number(value: Value<'_>, key: &str) -> Option<i64> {
    value.get(key)?.as_int()
}

/// The boolean under `key`; false where it is not there, none where it is not known.
pub fn flag(value: Value<'_>, key: &str) -> Option<bool> {
    match field(value, key) {
        None => Some(false),
        Some(value) => value.as_bool(),
    }
}

/// Whether there is anything but null under `key`.
pub fn is_set(value: Value<'_>, key: &str) -> bool {
    field(value, key).is_some()
}

/// Whether the value cannot be known from what the repo says.
pub fn is_unknown(value: Value<'_>) -> bool {
    value.unknown().is_some()
}

/// Checks a text if it is known and not null; `what` says what it is: `container name`.
pub fn checked<'w>(
    value: Value<'w>,
    code: &'static str,
    what: &str,
    check: impl Fn(&str) -> Option<Fault>,
    problems: &mut Problems<'w>,
) {
    if let Some(fault) = value.known().and_then(check) {
        problems.push(fault.problem(code, value, what));
    }
}
