//! Texts that are put together from pieces of other values, each piece with its own origin.

use crate::source::{Composition, Origin, Span};
use crate::yaml::Value;
use crate::yaml::rendered::Rendered;
use std::ops::Range;

/// A text in the making.
#[derive(Clone, Debug, Default)]
pub struct Composer(Composition);

impl Composer {
    /// Adds all of a scalar's text.
    pub fn push_value(&mut self, value: Value<'_>) {
        self.push_range(value, 0..value.raw().unwrap_or_default().len());
    }

    /// Adds a range of a scalar's text.
    pub fn push_range(&mut self, value: Value<'_>, range: Range<usize>) {
        self.push(value, range, |origin| origin);
    }

    /// Adds a range of a scalar's text that was copied from there.
    pub fn push_copy(&mut self, value: Value<'_>, range: Range<usize>) {
        self.push(value, range, Origin::copied);
    }

    fn push(&mut self, value: Value<'_>, range: Range<usize>, of: impl Fn(Origin) -> Origin) {
        if !range.is_empty() {
            let text = value.raw().unwrap_or_default();
            self.0.push(&text[range.clone()], of(value.part(range.start as u32..range.end as u32)));
        }
    }

    /// Adds a text that is written nowhere; `by` is what brings it.
    pub fn push_made(&mut self, text: &str, by: Span) {
        self.0.push(text, Origin::Generated(by));
    }

    /// The value; what is empty comes from `otherwise`.
    pub fn finish<'w>(self, otherwise: Origin) -> Rendered<'w> {
        let (text, origin) = self.0.finish(otherwise);
        Rendered::text(text, origin)
    }
}
