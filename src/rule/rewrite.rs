//! Edits that rules offer, made on what is written: another scalar in place of one, an entry less.
//! Where an edit cannot be sure to leave the rest as it is, there is none.

use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::Value;
use crate::yaml::scalar::{self, Scalar, Style};

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

/// Adds `key: value` behind the last entry of a block mapping of texts. None where the mapping is not written in
/// that form.
pub fn add_entry(mapping: Value<'_>, key: &str, value: &str) -> Option<Vec<Edit>> {
    let (last, key_span) = last_of_block(mapping)?;
    let text = last.file()?.text();
    let start = line_start(text, key_span.start as usize);
    let indent = &text[start..key_span.start as usize];
    let quoted = !matches!(scalar::resolve(value, Style::Plain, None, last.dialect()), Scalar::Text(_));
    let value = if quoted { format!("\"{value}\"") } else { value.to_owned() };
    let one_line = indent.bytes().all(|byte| byte == b' ') && !indent.is_empty() && last.site() == last.span();
    let lines = format!("{indent}{key}: {value}\n");
    one_line.then(|| insert_behind(text, last.span(), &lines)).flatten()
}

/// Adds an item, of which each line is given without its indent, behind the last one of a block sequence. None where
/// the sequence is not written in that form.
pub fn add_item(list: Value<'_>, lines: &[String]) -> Option<Vec<Edit>> {
    let last = list.items().last()?;
    list.origin().editable()?;
    let text = last.file()?.text();
    let start = line_start(text, last.span().start as usize);
    let before = &text[start..last.span().start as usize];
    let indent = before.trim_end().strip_suffix('-')?;
    if !indent.bytes().all(|byte| byte == b' ') || last.site() != last.span() {
        return None;
    }
    let mut added = String::new();
    for (at, line) in lines.iter().enumerate() {
        let mark = if at == 0 { "- " } else { "  " };
        added.push_str(&format!("{indent}{mark}{line}\n"));
    }
    insert_behind(text, last.span(), &added)
}

/// Adds a field, of which each line is given without its indent, behind the last one of a block mapping. None where the
/// mapping is not written in that form.
pub fn add_field(mapping: Value<'_>, lines: &[&str]) -> Option<Vec<Edit>> {
    let (last, key) = last_of_block(mapping)?;
    let text = last.file()?.text();
    let before = &text[line_start(text, key.start as usize)..key.start as usize];
    // The first field of an item stands behind its dash.
    let block = before.bytes().all(|byte| matches!(byte, b' ' | b'-'));
    if !block || last.site() != last.span() {
        return None;
    }
    let indent = " ".repeat(before.len());
    let added: String = lines.iter().map(|line| format!("{indent}{line}\n")).collect();
    insert_behind(text, last.span(), &added)
}

/// The last entry of a mapping in block style, with its key. None for one in braces, and where the entry is merged in
/// from elsewhere.
fn last_of_block<'w>(mapping: Value<'w>) -> Option<(Value<'w>, Span)> {
    let own = mapping.origin().editable()?;
    let (_, last) = mapping.entries().last()?;
    let key = last.key_span()?;
    let inside = key.source == own.source && own.start <= key.start && key.end <= own.end;
    (inside && !mapping.file()?.text()[own.range()].starts_with('{')).then_some((last, key))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Puts whole lines behind the line that `span` ends in, where nothing but a comment follows it there.
fn insert_behind(text: &str, span: Span, lines: &str) -> Option<Vec<Edit>> {
    let end = span.start as usize + text[span.range()].trim_end().len();
    let stop = text[end..].find('\n').map(|at| end + at + 1);
    let rest = text[end..stop.unwrap_or(text.len())].trim();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    let at = stop.unwrap_or(text.len()) as u32;
    let lines = if stop.is_some() { lines.to_owned() } else { format!("\n{}", lines.trim_end()) };
    Some(vec![Edit { span: Span::new(span.source, at..at), text: lines }])
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
    fn an_entry_and_an_item_are_put_behind_the_last_one() {
        let lines = vec!["from:".to_owned(), "  - x".to_owned()];
        for (before, after) in [
            (
                "spec:\n  owner:\n    a: b # why\n  c: d\n",
                Some("spec:\n  owner:\n    a: b # why\n    k: \"true\"\n  c: d\n"),
            ),
            ("spec:\n  owner:\n    a: b", Some("spec:\n  owner:\n    a: b\n    k: \"true\"")),
            ("spec:\n  owner: {a: b}\n", None),
            ("spec: {\n  owner: {\n    a: b\n  }\n}\n", None),
            ("x: &x\n  a: b\nspec:\n  owner:\n    c: d\n    <<: *x\n", None),
        ] {
            assert_eq!(edited(before, |value| add_entry(value, "k", "true")).as_deref(), after, "{before}");
        }
        for (before, after) in [
            (
                "spec:\n  owner:\n    - from:\n        - y\n      ports: 1\n  c: d\n",
                Some("spec:\n  owner:\n    - from:\n        - y\n      ports: 1\n    - from:\n        - x\n  c: d\n"),
            ),
            ("spec:\n  owner:\n  - {a: b}\n", Some("spec:\n  owner:\n  - {a: b}\n  - from:\n      - x\n")),
            ("spec:\n  owner: [{a: b}]\n", None),
        ] {
            assert_eq!(edited(before, |value| add_item(value, &lines)).as_deref(), after, "{before}");
        }
    }

    #[test]
    fn a_field_is_put_behind_the_last_one() {
        let lines = ["ports:", "  - 1"];
        for (before, after) in [
            (
                "spec:\n  owner:\n    from:\n      - y # why\n  c: d\n",
                Some("spec:\n  owner:\n    from:\n      - y # why\n    ports:\n      - 1\n  c: d\n"),
            ),
            ("spec:\n  owner:\n    from: y", Some("spec:\n  owner:\n    from: y\n    ports:\n      - 1")),
            ("spec:\n  owner: {from: y}\n", None),
            ("{\n  \"spec\": {\n    \"owner\": {\n      \"from\": \"y\"\n    }\n  }\n}\n", None),
            ("x: &x\n  from: y\nspec:\n  owner:\n    c: d\n    <<: *x\n", None),
        ] {
            assert_eq!(edited(before, |value| add_field(value, &lines)).as_deref(), after, "{before}");
        }
        let item = |value: Value<'_>| add_field(value.items().next()?, &lines);
        let (before, after) =
            ("spec:\n  owner:\n  - from: y\n  - z\n", "spec:\n  owner:\n  - from: y\n    ports:\n      - 1\n  - z\n");
        assert_eq!(edited(before, item).as_deref(), Some(after));
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
