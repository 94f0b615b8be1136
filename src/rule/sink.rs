//! Where a rule puts what it finds.

use super::{Code, Rule};
use crate::finding::{Confidence, Edit, Finding, Fix, Label, ObjectName, Place, Undecided};
use crate::manifest::Resource;
use crate::schema::Problem;
use crate::source::Span;
use crate::yaml::{Value, placeholder};
use std::borrow::Cow;
use std::sync::Arc;

/// Collects the findings of one rule in one scope.
#[derive(Debug)]
pub struct Sink<'s, 'w> {
    rule: &'static Rule,
    target: Option<Arc<str>>,
    found: &'s mut Vec<Found<'w>>,
    undecided: &'s mut Vec<Undecided>,
}

/// A finding and the object it is about.
#[derive(Debug)]
pub struct Found<'w> {
    /// The finding, without its fingerprint.
    pub finding: Finding,
    /// The object, if it is about one.
    pub resource: Option<&'w Resource<'w>>,
}

impl<'s, 'w> Sink<'s, 'w> {
    /// A sink for `rule`, in `target` where its scope is one.
    pub fn new(
        rule: &'static Rule,
        target: Option<Arc<str>>,
        found: &'s mut Vec<Found<'w>>,
        undecided: &'s mut Vec<Undecided>,
    ) -> Sink<'s, 'w> {
        Sink { rule, target, found, undecided }
    }

    /// A finding about `value` of `resource`. `code` is one of the rule's.
    pub fn finding(
        &mut self,
        code: &str,
        resource: &'w Resource<'w>,
        value: Value<'w>,
        message: impl Into<String>,
    ) -> Builder<'_> {
        let place = Place { target: self.target.clone(), resource: Some(resource.object_name()) };
        let pointer = document_root(resource).pointer_to(value).unwrap_or_default();
        let mut builder = self.push(code, value.span(), pointer, message.into(), vec![place], Some(resource));
        if let Some((span, text)) = way(resource, value) {
            builder = builder.related(span, text);
        }
        builder
    }

    /// What a check of schemas or admission has to say against a value of `resource`.
    pub fn problem(&mut self, resource: &'w Resource<'w>, problem: &Problem<'w>) -> Builder<'_> {
        let mut builder = self.finding(problem.code, resource, problem.at, problem.message.clone());
        builder = builder.label(problem.label.clone());
        if let Some(span) = problem.underline {
            builder = builder.underline(span);
        }
        if problem.meant.is_some() {
            builder.finding.pointer = problem.pointer(document_root(resource));
        }
        builder.finding.related.extend(problem.related.iter().cloned());
        builder.finding.notes.extend(problem.notes.iter().cloned());
        builder.finding.helps.extend(problem.helps.iter().cloned());
        builder.finding.fixes.extend(problem.fixes.iter().cloned());
        builder
    }

    /// A finding about bytes of a file, whatever they hold.
    pub fn file_finding(&mut self, code: &str, span: Span, pointer: String, message: impl Into<String>) -> Builder<'_> {
        self.push(code, span, pointer, message.into(), Vec::new(), None)
    }

    /// A question about `span` that has no answer, and why.
    pub fn undecided(&mut self, span: Span, reason: impl Into<String>) {
        self.undecided.push(Undecided { rule: self.rule.id, span, reason: reason.into() });
    }

    fn push(
        &mut self,
        code: &str,
        span: Span,
        pointer: String,
        message: String,
        places: Vec<Place>,
        resource: Option<&'w Resource<'w>>,
    ) -> Builder<'_> {
        let code: &Code = self.rule.code(code).expect("internal: a rule tells only the codes it declared");
        self.found.push(Found {
            finding: Finding {
                rule: self.rule.id,
                code: code.name,
                severity: code.severity,
                confidence: code.confidence,
                category: code.category,
                message,
                primary: Label { span, text: Cow::Borrowed("") },
                related: Vec::new(),
                notes: Vec::new(),
                helps: Vec::new(),
                fixes: Vec::new(),
                pointer,
                places,
                fingerprint: String::new(),
            },
            resource,
        });
        let last = self.found.last_mut().expect("internal: a finding was just pushed");
        Builder { finding: &mut last.finding }
    }
}

/// How a value that stands elsewhere gets into its object: what it replaced there, else the object itself.
fn way(resource: &Resource<'_>, value: Value<'_>) -> Option<(Span, &'static str)> {
    let headline = resource.headline().span();
    if let Some(past) = value.past() {
        let before = past.value.view();
        let text = match before.raw().and_then(placeholder) {
            Some(_) => "it is put in here",
            None => "it replaces this",
        };
        return (!before.span().contains(value.span())).then_some((before.span(), text));
    }
    (headline.source != value.span().source).then_some((headline, "it goes into this object"))
}

fn document_root<'w>(resource: &'w Resource<'w>) -> Value<'w> {
    let root = resource.value.file().and_then(|file| Some((file, file.documents().get(resource.document)?.root?)));
    match root {
        Some((file, root)) => Value::new(file, root, resource.value.dialect()),
        None => resource.value,
    }
}

/// Adds the proof to a finding.
#[derive(Debug)]
pub struct Builder<'f> {
    finding: &'f mut Finding,
}

impl Builder<'_> {
    /// What stands beside the underlined place: at most twelve words.
    pub fn label(self, text: impl Into<Cow<'static, str>>) -> Self {
        self.finding.primary.text = text.into();
        self
    }

    /// Underlines `span` instead of the value.
    pub fn underline(self, span: Span) -> Self {
        // A part of the value shows by itself what it is put into.
        self.finding.related.retain(|label| !label.span.contains(span));
        self.finding.primary.span = span;
        self
    }

    /// Another place that says why; nothing where it has no place, as a setting of the command line.
    pub fn related(self, span: impl Into<Option<Span>>, text: impl Into<Cow<'static, str>>) -> Self {
        if let Some(span) = span.into() {
            self.finding.related.push(Label { span, text: text.into() });
        }
        self
    }

    /// Says in which target, and for which object, it holds beside those that are known.
    pub fn place(self, target: &Arc<str>, resource: Option<ObjectName>) -> Self {
        self.finding.places.push(Place { target: Some(Arc::clone(target)), resource });
        self
    }

    /// Says in which targets it holds, for `object` in each.
    pub fn in_targets(self, targets: &[Arc<str>], object: &ObjectName) -> Self {
        let place = |target: &Arc<str>| Place { target: Some(Arc::clone(target)), resource: Some(object.clone()) };
        self.finding.places = targets.iter().map(place).collect();
        self
    }

    /// What was looked at.
    pub fn note(self, text: impl Into<String>) -> Self {
        self.finding.notes.push(text.into());
        self
    }

    /// What to do, verb first.
    pub fn help(self, text: impl Into<String>) -> Self {
        self.finding.helps.push(text.into());
        self
    }

    /// A change that mends it and needs no look.
    pub fn fix(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.finding.fixes.push(Fix { title: title.into(), safe: true, edits });
        self
    }

    /// A change that may mend it and needs a look.
    pub fn suggestion(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.finding.fixes.push(Fix { title: title.into(), safe: false, edits });
        self
    }

    /// Says how sure this one is, if less sure than its code.
    pub fn confidence(self, confidence: Confidence) -> Self {
        self.finding.confidence = self.finding.confidence.min(confidence);
        self
    }
}
