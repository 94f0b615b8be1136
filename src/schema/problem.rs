//! What an API server or an operator has to say against a value, before a rule makes a finding of it.

use crate::finding::{Fix, Label};
use crate::source::Span;
use crate::yaml::{Value, escape_pointer};
use std::borrow::Cow;

/// One thing that is refused or warned of.
#[derive(Clone, Debug)]
pub struct Problem<'w> {
    /// The code of the rule that tells it.
    pub code: &'static str,
    /// The value it is about; for something that is missing, the mapping it is missing from.
    pub at: Value<'w>,
    /// What the finding points at instead of the value: a mapping, and the name of a field that is missing from it.
    pub meant: Option<(Value<'w>, Option<String>)>,
    /// What to underline instead of the value.
    pub underline: Option<Span>,
    /// The fact, as a finding words it: lower case, no full stop, no value of a secret.
    pub message: String,
    /// What stands beside the underlined place: at most twelve words.
    pub label: Cow<'static, str>,
    /// Other places that say why.
    pub related: Vec<Label>,
    /// What was looked at.
    pub notes: Vec<String>,
    /// What to do, verb first.
    pub helps: Vec<String>,
    /// Changes that mend it.
    pub fixes: Vec<Fix>,
}

impl<'w> Problem<'w> {
    /// A problem of `value`.
    pub fn new(code: &'static str, value: Value<'w>, message: impl Into<String>) -> Problem<'w> {
        Problem {
            code,
            at: value,
            meant: None,
            underline: None,
            message: message.into(),
            label: Cow::Borrowed(""),
            related: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Says that the field `name` of `holder` is meant, which is not there.
    pub fn meant(mut self, holder: Value<'w>, name: &str) -> Self {
        self.meant = Some((holder, Some(name.to_owned())));
        self
    }

    /// Says that `holder` has no place for the value, and nothing is known of what was meant.
    pub fn within(mut self, holder: Value<'w>) -> Self {
        self.meant = Some((holder, None));
        self
    }

    /// The JSON pointer of what it is about, from `root`.
    pub fn pointer(&self, root: Value<'w>) -> String {
        match &self.meant {
            Some((holder, name)) => {
                let holder = root.pointer_to(*holder).unwrap_or_default();
                let name = name.as_ref().map(|name| format!("/{}", escape_pointer(name)));
                holder + &name.unwrap_or_default()
            }
            None => root.pointer_to(self.at).unwrap_or_default(),
        }
    }

    /// Underlines `span` instead of the value.
    pub fn underline(mut self, span: Span) -> Self {
        self.underline = Some(span);
        self
    }

    /// Underlines the key of the value, where it stands in a mapping.
    pub fn at_key(self) -> Self {
        let span = self.at.key_or_span();
        self.underline(span)
    }

    /// What stands beside the underlined place.
    pub fn label(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.label = text.into();
        self
    }

    /// Another place that says why.
    pub fn related(mut self, span: Span, text: impl Into<Cow<'static, str>>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// What was looked at.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// What to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    /// A change that mends it.
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
}

/// What a check collects.
#[derive(Clone, Debug, Default)]
pub struct Problems<'w> {
    /// What is refused or warned of.
    pub found: Vec<Problem<'w>>,
    /// What could not be decided, and why.
    pub undecided: Vec<(Span, String)>,
}

impl<'w> Problems<'w> {
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem<'w>) {
        self.found.push(problem);
    }
}
