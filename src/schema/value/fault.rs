//! What is wrong with a text, before it is known which field it stands in.

use crate::schema::Problem;
use crate::source::Span;
use crate::yaml::Value;

/// Longer texts are cut in messages.
const SHOWN: usize = 60;

/// Why a text is not what its field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it should be, with its article: `a DNS label`.
    pub wanted: &'static str,
    /// What is wrong with it, short enough for a label.
    pub found: String,
    /// What to write instead, verb first.
    pub help: String,
}

impl Fault {
    /// A fault of a text that should be `wanted`.
    pub fn new(wanted: &'static str, found: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault { wanted, found: found.into(), help: help.into() }
    }

    /// The fault as a problem of `value`; `what` says what the value is: `container name`.
    pub fn problem<'w>(self, code: &'static str, value: Value<'w>, what: &str) -> Problem<'w> {
        let text = value.raw().unwrap_or_default();
        self.told(code, value, what, text)
    }

    /// The fault as a problem of the key of `value`.
    pub fn key_problem<'w>(self, code: &'static str, value: Value<'w>, what: &str) -> Problem<'w> {
        let text = value.key().unwrap_or_default();
        let span: Option<Span> = value.key_span();
        let problem = self.told(code, value, what, text);
        match span {
            Some(span) => problem.underline(span),
            None => problem,
        }
    }

    /// The fault as a problem of `value`, in words of its own.
    pub fn worded<'w>(self, code: &'static str, value: Value<'w>, message: impl Into<String>) -> Problem<'w> {
        Problem::new(code, value, message).label(self.found).help(self.help)
    }

    fn told<'w>(self, code: &'static str, value: Value<'w>, what: &str, text: &str) -> Problem<'w> {
        let message = match text {
            "" => format!("{what} is empty"),
            text => format!("{what} `{}` is not {}", shown(text), self.wanted),
        };
        self.worded(code, value, message)
    }
}

/// A problem of the field `key` of `holder`, which is not there or null. What is underlined is its key, or what leads
/// to the place where it belongs.
pub fn missing<'w>(code: &'static str, holder: Value<'w>, key: &str, message: impl Into<String>) -> Problem<'w> {
    let problem = Problem::new(code, holder.get(key).unwrap_or(holder), message).meant(holder, key);
    let own = problem.at.key_span().filter(|_| problem.at.identity() != holder.identity());
    match own.or_else(|| headline(holder)) {
        Some(span) => problem.underline(span),
        None => problem,
    }
}

/// What to underline of a mapping as a whole: its key, or its name or first key where it is an item of a list.
pub fn headline(mapping: Value<'_>) -> Option<Span> {
    let name = || mapping.get("name").filter(|name| !name.is_null()).map(Value::span);
    let first = || mapping.entries().next().and_then(|(_, value)| value.key_span());
    mapping.key_span().or_else(name).or_else(first)
}

/// A text for a message: on one line, and cut where it is long.
pub fn shown(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let start: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() { format!("{start}…") } else { start }
}
