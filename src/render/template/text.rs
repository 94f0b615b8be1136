//! Texts inside the engine: bytes, and marks on the stretches of them that are values as they were written.

use super::output::PLACEHOLDER;
use super::value::{Shape, Value};
use std::ops::Range;
use std::rc::Rc;

/// A stretch of a text that is a value which went in, or stands for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) range: Range<usize>,
    pub(super) kind: MarkKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkKind {
    Value { origin: u32, whole: bool },
    Unknown { origin: Option<u32> },
}

#[derive(Clone, Debug)]
enum Body<'a> {
    Given(&'a str),
    Made(Rc<str>),
}

/// A text with its marks, which are in order and do not overlap.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    body: Body<'a>,
    marks: Option<Rc<[Mark]>>,
}

impl<'a> Text<'a> {
    pub(super) fn given(text: &'a str) -> Self {
        Self { body: Body::Given(text), marks: None }
    }

    pub(super) fn made(text: impl Into<Rc<str>>) -> Self {
        Self { body: Body::Made(text.into()), marks: None }
    }

    pub(super) fn as_str(&self) -> &str {
        match &self.body {
            Body::Given(text) => text,
            Body::Made(text) => text,
        }
    }

    pub(super) fn marks(&self) -> &[Mark] {
        self.marks.as_deref().unwrap_or_default()
    }

    /// Whether all of it is known.
    pub(super) fn is_known(&self) -> bool {
        !self.marks().iter().any(|mark| matches!(mark.kind, MarkKind::Unknown { .. }))
    }

    /// Whether it is not empty whatever its unknown parts turn out to be.
    pub(super) fn is_surely_filled(&self) -> bool {
        let unknown: usize = self
            .marks()
            .iter()
            .filter(|mark| matches!(mark.kind, MarkKind::Unknown { .. }))
            .map(|mark| mark.range.len())
            .sum();
        unknown < self.as_str().len()
    }

    /// The text as it stands in `value`, which is one: marked as a whole where the value knows its origin.
    pub(super) fn of(text: &Self, origin: Option<u32>) -> Self {
        let mut text = text.clone();
        if let Some(origin) = origin.filter(|_| text.marks.is_none()) {
            let mark = Mark { range: 0..text.as_str().len(), kind: MarkKind::Value { origin, whole: true } };
            text.marks = Some(Rc::from([mark]));
        }
        text
    }

    /// A part of it. The range lies on character boundaries.
    pub(super) fn part(&self, range: Range<usize>) -> Value<'a> {
        let mut builder = TextBuilder::default();
        builder.part(self, range);
        builder.into_value()
    }
}

/// Puts a text together.
#[derive(Debug, Default)]
pub(super) struct TextBuilder {
    text: String,
    marks: Vec<Mark>,
}

impl TextBuilder {
    /// Appends what the template made up.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends the text of a scalar as it was written, from `origin`.
    pub(super) fn scalar(&mut self, text: &str, origin: Option<u32>) {
        let start = self.text.len();
        self.text.push_str(text);
        if let Some(origin) = origin.filter(|_| !text.is_empty()) {
            self.marks.push(Mark { range: start..self.text.len(), kind: MarkKind::Value { origin, whole: true } });
        }
    }

    /// Appends the placeholder of something unknown.
    pub(super) fn unknown(&mut self, origin: Option<u32>) {
        let start = self.text.len();
        self.text.push_str(PLACEHOLDER);
        self.marks.push(Mark { range: start..self.text.len(), kind: MarkKind::Unknown { origin } });
    }

    /// Appends a whole text.
    pub(super) fn whole(&mut self, text: &Text<'_>) {
        self.part(text, 0..text.as_str().len());
    }

    /// Appends a part of a text. The range lies on character boundaries.
    pub(super) fn part(&mut self, text: &Text<'_>, range: Range<usize>) {
        let base = self.text.len();
        let first = text.marks().partition_point(|mark| mark.range.end <= range.start);
        for mark in text.marks()[first..].iter().take_while(|mark| mark.range.start < range.end) {
            let start = mark.range.start.max(range.start);
            let end = mark.range.end.min(range.end);
            if start >= end {
                continue;
            }
            let cut = (start, end) != (mark.range.start, mark.range.end);
            let kind = match mark.kind {
                MarkKind::Value { origin, whole } => MarkKind::Value { origin, whole: whole && !cut },
                unknown => unknown,
            };
            self.marks.push(Mark { range: base + start - range.start..base + end - range.start, kind });
        }
        self.text.push_str(&text.as_str()[range]);
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The text as a value; one that is wholly a value which went in keeps that value's origin.
    pub(super) fn into_value<'a>(self) -> Value<'a> {
        let origin = match self.marks.as_slice() {
            [Mark { range, kind: MarkKind::Value { origin, whole: true } }] if *range == (0..self.text.len()) => {
                Some(*origin)
            }
            _ => None,
        };
        let marks = (origin.is_none() && !self.marks.is_empty()).then(|| Rc::from(self.marks));
        Value { shape: Shape::Text(Text { body: Body::Made(Rc::from(self.text)), marks }), origin }
    }
}
