//! Words, wrapping and colours that the reports for people share.

use crate::finding::{Place, Severity};
use std::borrow::Cow;

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    colour: bool,
}

impl Paint {
    pub(super) fn new(colour: bool) -> Paint {
        Paint { colour }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "31;1",
            Severity::Warning => "33;1",
            Severity::Note => "36;1",
        };
        self.with(code, text)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(super) fn help(self, text: &str) -> String {
        self.with("36", text)
    }

    pub(super) fn gone(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn come(self, text: &str) -> String {
        self.with("32", text)
    }
}

/// `1 error`, `2 errors`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Text on one line and free of what a terminal would obey: values of manifests end up in messages.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

/// A character as it may be printed.
pub(super) fn visible(c: char) -> char {
    match c {
        '\n' | '\t' => ' ',
        _ if obeyed(c) => '\u{fffd}',
        _ => c,
    }
}

/// Control characters, and those that turn the direction of text.
fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns a character takes at most. East Asian and pictographic characters take two; to call
/// a few others wide only makes a window narrower.
pub(super) fn columns(c: char) -> usize {
    if c >= '\u{1100}' { 2 } else { 1 }
}

/// `text` in lines of at most `width` columns, broken at spaces only: paths and URLs stay whole.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let wide: usize = word.chars().map(columns).sum();
        let line = lines.last_mut().expect("internal: there is always a line");
        if used == 0 {
            line.push_str(word);
            used = wide;
        } else if used + 1 + wide <= width {
            line.push(' ');
            line.push_str(word);
            used += 1 + wide;
        } else {
            lines.push(word.to_owned());
            used = wide;
        }
    }
    lines
}

/// Places named in a note before the rest is counted.
const PLACES: usize = 3;

/// Where a finding holds, if that says more than its snippet: several places, or one target of several.
pub(super) fn places(places: &[Place], targets: usize) -> Option<String> {
    let first = places.first()?;
    if places.len() == 1 && (targets < 2 || first.target.is_none()) {
        return None;
    }
    let also: Vec<String> = places[1..].iter().take(PLACES).map(place).collect();
    let rest = places.len() - 1 - also.len();
    let mut text = format!("in {}", place(first));
    for (at, other) in also.iter().enumerate() {
        let last = at + 1 == also.len() && rest == 0;
        text.push_str(match at {
            0 => ", also in ",
            _ if last => " and ",
            _ => ", ",
        });
        text.push_str(other);
    }
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    Some(text)
}

fn place(place: &Place) -> String {
    let object = place.resource.as_ref().map(|object| match &object.namespace {
        Some(namespace) => format!("{namespace}/{}", object.name),
        None => object.name.clone(),
    });
    match (&place.target, object) {
        (Some(target), Some(object)) => format!("target {target} ({object})"),
        (Some(target), None) => format!("target {target}"),
        (None, Some(object)) => object,
        (None, None) => "no target".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::ObjectName;

    #[test]
    fn text_of_manifests_cannot_drive_a_terminal() {
        let cases = [
            ("plain", "plain"),
            ("two\nlines", "two lines"),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("a\u{202e}b\u{9b}c", "a\u{fffd}b\u{fffd}c"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn wrapping_breaks_at_spaces_only() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("https://example.org/very/long and more", 10), ["https://example.org/very/long", "and more"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn places_are_named_then_counted() {
        let place = |target: &str| Place {
            target: Some(target.into()),
            resource: Some(ObjectName {
                api_version: "v1".into(),
                kind: "Secret".into(),
                namespace: Some("shop".into()),
                name: "db".into(),
            }),
        };
        let named = |names: &[&str]| names.iter().map(|name| place(name)).collect::<Vec<_>>();
        let cases: [(&[&str], usize, Option<&str>); 6] = [
            (&[], 3, None),
            (&["a"], 1, None),
            (&["a"], 2, Some("in target a (shop/db)")),
            (&["a", "b"], 2, Some("in target a (shop/db), also in target b (shop/db)")),
            (&["a", "b", "c"], 3, Some("in target a (shop/db), also in target b (shop/db) and target c (shop/db)")),
            (
                &["a", "b", "c", "d", "e", "f"],
                6,
                Some(
                    "in target a (shop/db), also in target b (shop/db), target c (shop/db), target d (shop/db) and 2 more",
                ),
            ),
        ];
        for (names, targets, expected) in cases {
            assert_eq!(places(&named(names), targets).as_deref(), expected, "{names:?}");
        }
    }
}
