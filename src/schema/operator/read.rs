//! How a check reads fields: as the operator decodes them, with a third answer for what this repo does not tell.

use crate::manifest::{By, Resource};
use crate::schema::{Problem, Problems};
use crate::source::Span;
use crate::yaml::Value;
use std::fmt::Display;

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read<T> {
    /// Not written, or null: the operator's default holds.
    Absent,
    /// This.
    Is(T),
    /// Still a variable, encrypted, of a wrong type, or maybe set on the way.
    Unknown,
}

impl<T> Read<T> {
    /// With the default where it is not written.
    pub(super) fn or(self, default: T) -> Read<T> {
        match self {
            Read::Absent => Read::Is(default),
            other => other,
        }
    }

    pub(super) fn is(self) -> Option<T> {
        match self {
            Read::Is(value) => Some(value),
            Read::Absent | Read::Unknown => None,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Read::Absent)
    }

    pub(super) fn map<U>(self, make: impl FnOnce(T) -> U) -> Read<U> {
        match self {
            Read::Absent => Read::Absent,
            Read::Is(value) => Read::Is(make(value)),
            Read::Unknown => Read::Unknown,
        }
    }
}

impl Read<&str> {
    /// Whether nothing stands there: not written, or an empty text, which the operator takes for the same.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Read::Absent | Read::Is(""))
    }

    /// Whether some text stands there for sure.
    pub(super) fn is_filled(&self) -> bool {
        matches!(self, Read::Is(text) if !text.is_empty())
    }
}

/// A mapping within an object, and whether what is not in it is surely absent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'w> {
    pub(super) value: Value<'w>,
    complete: bool,
}

impl<'w> Part<'w> {
    pub(super) fn of(resource: &Resource<'w>) -> Part<'w> {
        Part { value: resource.value, complete: resource.may_be_completed().is_none() }
    }

    /// Whether what is not written here is surely absent.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// A value within it, under the same terms.
    pub(super) fn within(&self, value: Value<'w>) -> Part<'w> {
        Part { value, ..*self }
    }

    /// The value under a path of keys; a scalar only if all of it is known.
    pub(super) fn get(&self, path: &[&str]) -> Read<Value<'w>> {
        let mut value = self.value;
        for key in path {
            if !value.is_mapping() {
                return if value.is_null() { self.absent() } else { Read::Unknown };
            }
            match value.get(key) {
                None => return self.absent(),
                Some(next) => value = next,
            }
        }
        if value.is_null() {
            self.absent()
        } else if value.unknown().is_some() {
            Read::Unknown
        } else {
            Read::Is(value)
        }
    }

    fn absent<T>(&self) -> Read<T> {
        if self.complete { Read::Absent } else { Read::Unknown }
    }

    /// The value under a path of keys, whatever is known of it; none where it is null.
    pub(super) fn written(&self, path: &[&str]) -> Option<Value<'w>> {
        self.value.at(path).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, path: &[&str]) -> Read<&'w str> {
        self.scalar(path, Value::known)
    }

    pub(super) fn int(&self, path: &[&str]) -> Read<i64> {
        self.scalar(path, Value::as_int)
    }

    pub(super) fn flag(&self, path: &[&str]) -> Read<bool> {
        self.scalar(path, Value::as_bool)
    }

    fn scalar<T>(&self, path: &[&str], read: impl FnOnce(Value<'w>) -> Option<T>) -> Read<T> {
        match self.get(path) {
            Read::Is(value) => read(value).map_or(Read::Unknown, Read::Is),
            Read::Absent => Read::Absent,
            Read::Unknown => Read::Unknown,
        }
    }

    /// The mapping under a path of keys.
    pub(super) fn part(&self, path: &[&str]) -> Option<Part<'w>> {
        self.written(path).filter(|value| value.is_mapping()).map(|value| self.within(value))
    }

    /// The mappings of the list under a path of keys.
    pub(super) fn parts(&self, path: &[&str]) -> impl Iterator<Item = Part<'w>> + use<'w> {
        let whole = *self;
        let items = self.written(path).into_iter().flat_map(Value::items);
        items.filter(|item| item.is_mapping()).map(move |item| whole.within(item))
    }

    /// How many items the list under a path of keys has.
    pub(super) fn count(&self, path: &[&str]) -> Read<i64> {
        self.scalar(path, |list| list.is_sequence().then(|| list.items().count() as i64)).or_empty(self)
    }

    /// The value at the deepest key of the path that is written: what to point at for something missing.
    pub(super) fn nearest(&self, path: &[&str]) -> Value<'w> {
        let mut value = self.value;
        for key in path {
            match value.get(key).filter(|next| !next.is_null()) {
                Some(next) => value = next,
                None => break,
            }
        }
        value
    }
}

impl Read<i64> {
    fn or_empty(self, part: &Part<'_>) -> Read<i64> {
        match self {
            Read::Absent if part.complete => Read::Is(0),
            other => other,
        }
    }
}

/// What one run of checks over an object shares.
#[derive(Debug)]
pub(super) struct Check<'c, 'w> {
    pub(super) object: Part<'w>,
    pub(super) spec: Part<'w>,
    /// How messages name the object.
    pub(super) title: String,
    /// The operator, as the n of 1.n.
    pub(super) operator: u32,
    /// Who hands the object to the cluster.
    pub(super) by: By,
    problems: &'c mut Problems<'w>,
}

impl<'c, 'w> Check<'c, 'w> {
    /// The checks of an object that has a `spec`.
    pub(super) fn new(resource: &Resource<'w>, operator: u32, problems: &'c mut Problems<'w>) -> Option<Check<'c, 'w>> {
        let object = Part::of(resource);
        let spec = object.part(&["spec"])?;
        Some(Check { object, spec, title: resource.title(), operator, by: resource.delivery.by, problems })
    }

    /// A refusal of `value`.
    pub(super) fn refusal(&self, code: &'static str, value: Value<'w>, fact: impl Display) -> Problem<'w> {
        let problem = Problem::new(code, value, format!("{} is refused: {fact}", self.title));
        // A whole block would be underlined; its key is enough.
        if value.is_mapping() || value.is_sequence() { problem.at_key() } else { problem }
    }

    /// Says why something about the object cannot be decided.
    pub(super) fn undecided(&mut self, span: Span, reason: &str) {
        self.problems.undecided.push((span, reason.to_owned()));
    }

    pub(super) fn push(&mut self, problem: Problem<'w>) {
        self.problems.push(problem);
    }

    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = Problem<'w>>) {
        self.problems.found.extend(problems);
    }

    /// Adds a refusal of `value` with a label and one help.
    pub(super) fn refuse(
        &mut self,
        code: &'static str,
        value: Value<'w>,
        fact: impl Display,
        label: impl Into<std::borrow::Cow<'static, str>>,
        help: impl Into<String>,
    ) {
        let problem = self.refusal(code, value, fact).label(label).help(help);
        self.push(problem);
    }

    /// An annotation of the object.
    pub(super) fn annotation(&self, key: &str) -> Read<&'w str> {
        self.object.text(&["metadata", "annotations", key])
    }

    /// The value of an annotation that is written.
    pub(super) fn annotation_value(&self, key: &str) -> Option<Value<'w>> {
        self.object.written(&["metadata", "annotations", key])
    }
}

/// The n of operator 1.n; of what is no such version, the newest.
pub(super) fn minor(version: &str) -> u32 {
    version.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse().ok()).unwrap_or(u32::MAX)
}

/// A list in words: `a`, `a or b`, `a, b or c`.
pub(super) fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", rest.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_lists_are_worded() {
        for (text, expected) in [("1.30", 30), ("1.25.4", 25), ("main", u32::MAX), ("2.0", u32::MAX)] {
            assert_eq!(minor(text), expected, "{text}");
        }
        assert_eq!(either(&["a"]), "`a`");
        assert_eq!(either(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
