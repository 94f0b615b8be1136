//! Edits that rules offer, made on what is written: another scalar in place of one, an entry less.
//! Where an edit cannot be sure to leave the rest as it is, there is none.

use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::Value;

/// Puts `text`, a name of lower-case letters, digits, `-`, `_`, `.` and `/` that begins with a letter, in place of a
/// scalar and keeps its quotes. None where the value is not written there as one plain or quoted text.
pub fn replace_name(value: Value<'_>, text: &str) -> Option<Vec<Edit>> {
    let span = value.origin().editable()?;
    let written = value.as_written()?;
    let raw = value.raw()?;
    let inner = match written.as_bytes() {
        [quote @ (b'"' | b'\''), .., last] if quote == last && written.len() >= 2 => &written[1..written.len() - 1],
        _ => written,
    };
    let plain = text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/'));
    if value.site() != value.span()
        || inner != raw
        || !plain
        || matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
    {
        return None;
    }
    let quotes = ((written.len() - inner.len()) / 2) as u32;
    let span = Span { start: span.start + quotes, end: span.end - quotes, ..span };
    Some(vec![Edit { span, text: text.to_owned() }])
}

/// Takes the whole line of an entry of a block mapping away, its comment with it. None where the entry
/// shares its line with another or has more than one.
pub fn remove_line(value: Value<'_>) -> Option<Vec<Edit>> {
    let key = value.key_span()?;
    let end = value.site().end.max(key.end) as usize;
    let text = value.file()?.text();
    let start = text[..key.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let stop = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let indent = &text[start..key.start as usize];
    let rest = text[end..stop].trim();
    let alone = indent.bytes().all(|byte| byte == b' ') && (rest.is_empty() || rest.starts_with('#'));
    // An anchor that others use would go with the line.
    let one_line = !text[start..end].contains(['\n', '&']);
    (alone && one_line && !indent.is_empty() && value.origin().editable().is_some())
        .then(|| vec![Edit { span: Span::new(key.source, start as u32..stop as u32), text: String::new() }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    fn apply(text: &str, edits: &[Edit]) -> String {
        let mut text = text.to_owned();
        for edit in edits.iter().rev() {
            text.replace_range(edit.span.range(), &edit.text);
        }
        text
    }

    fn edited(text: &str, edit: impl Fn(Value<'_>) -> Option<Vec<Edit>>) -> Option<String> {
        let file = parse(SourceId(0), text.into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        edit(root.at(&["spec", "owner"]).expect("the field")).map(|edits| apply(text, &edits))
    }

    #[test]
    fn a_name_is_replaced_within_its_quotes() {
        for (before, name, after) in [
            ("spec:\n  owner: order # who\n", "orders", Some("spec:\n  owner: orders # who\n")),
            ("spec:\n  owner: \"order\"\n", "orders", Some("spec:\n  owner: \"orders\"\n")),
            ("spec: {owner: 'order', x: 1}\n", "orders", Some("spec: {owner: 'orders', x: 1}\n")),
            ("spec:\n  owner: \"\\x6frder\"\n", "orders", None),
            ("spec:\n  owner: >-\n    order\n", "orders", None),
            ("a: &who order\nspec:\n  owner: *who\n", "orders", None),
            ("spec:\n  owner: order\n", "on", None),
            ("spec:\n  owner: order\n", "1e3", None),
            ("spec:\n  owner: order\n", "a: b", None),
        ] {
            assert_eq!(edited(before, |value| replace_name(value, name)).as_deref(), after, "{before}");
        }
    }

    #[test]
    fn a_line_goes_only_if_it_holds_nothing_else() {
        for (before, after) in [
            ("spec:\n  a: 1\n  owner: x # why\n  b: 2\n", Some("spec:\n  a: 1\n  b: 2\n")),
            ("spec:\n  a: 1\n  owner: x", Some("spec:\n  a: 1\n")),
            ("spec:\n  a: 1\n  owner: x\r\n  b: 2\n", Some("spec:\n  a: 1\n  b: 2\n")),
            ("spec: {owner: x, b: 2}\n", None),
            ("spec:\n  owner: {x: 1,\n    y: 2}\n", None),
            ("spec:\n  owner:\n    - x\n", None),
            ("spec:\n  owner: &who x\n  b: *who\n", None),
        ] {
            assert_eq!(edited(before, remove_line).as_deref(), after, "{before}");
        }
    }
}
