//! The last thing kustomize does with an object is to write it as YAML and to read that as JSON. A few values do not
//! come back as they were.

use super::transform::Step;
use super::{Built, Object, Refusal};
use crate::source::Origin;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Scalar, Style, Value};
use std::borrow::Cow;

/// Writes and reads all values of an object again.
pub(super) fn run(object: &mut Object<'_>) -> Built<()> {
    let mut changes = Vec::new();
    visit(object.tree.view(), &mut Vec::new(), &mut changes)?;
    for (steps, value, origin) in changes {
        if let Some(slot) = super::transform::slot_mut(&mut object.tree, &steps) {
            slot.value = Rendered::text(value, origin);
        }
    }
    Ok(())
}

type Changes = Vec<(Vec<Step>, String, Origin)>;

fn visit(value: Value<'_>, steps: &mut Vec<Step>, changes: &mut Changes) -> Built<()> {
    if value.is_mapping() {
        for (key, child) in value.entries() {
            // The annotations of the object itself were made texts before.
            if key == "annotations" && matches!(steps.as_slice(), [Step::Key(only)] if **only == *"metadata") {
                continue;
            }
            if is_leaf(child) {
                if let Some(text) = again(child)? {
                    let steps = steps.iter().cloned().chain([Step::Key(key.into())]).collect();
                    changes.push((steps, text.into_owned(), child.origin()));
                }
                continue;
            }
            steps.push(Step::Key(key.into()));
            visit(child, steps, changes)?;
            steps.pop();
        }
    } else if value.is_sequence() {
        for (index, child) in value.items().enumerate() {
            steps.push(Step::Item(index));
            if !is_leaf(child) {
                visit(child, steps, changes)?;
            } else if let Some(text) = again(child)? {
                changes.push((steps.clone(), text.into_owned(), child.origin()));
            }
            steps.pop();
        }
    }
    Ok(())
}

fn is_leaf(value: Value<'_>) -> bool {
    !value.is_mapping() && !value.is_sequence()
}

/// What a scalar is read as; none where that is what it is.
fn again(value: Value<'_>) -> Built<Option<Cow<'_, str>>> {
    if value.is_absent() {
        // Nothing between brackets is written as an empty text.
        return Ok(value.is_in_flow().then_some(Cow::Borrowed("")));
    }
    let first = first_of(value);
    let text = match value.scalar() {
        Some(Scalar::Invalid(why)) => return Err(Refusal::new(value.span(), format!("the value is {why}"))),
        // A time between brackets is written in quotes.
        Some(Scalar::Text(Cow::Owned(_))) if value.is_in_flow() => {
            let raw = value.raw().unwrap_or_default();
            return Ok(raw.contains(':').then_some(Cow::Borrowed(raw)));
        }
        Some(Scalar::Text(Cow::Borrowed(text))) if !first.is_in_flow() => text,
        _ => return Ok(None),
    };
    let in_quotes = text.is_empty() || text.ends_with(' ') || text.contains(" \n");
    let is_block = match first.style() {
        Some(Style::Literal | Style::Folded) => true,
        Some(Style::Plain) => first.made().is_none() && text.contains('\n'),
        _ => false,
    };
    if in_quotes || !is_block {
        return Ok(None);
    }
    if text.trim_start_matches('\n').starts_with('\t') {
        let message = "a block text that starts with a tab, which kustomize cannot read again";
        return Err(Refusal::new(value.span(), message));
    }
    Ok(folded(text).filter(|_| first.style() == Some(Style::Folded)).map(Cow::Owned))
}

/// The scalar that stood there at first: what replaces it is written in its style.
fn first_of(value: Value<'_>) -> Value<'_> {
    let mut first = value;
    let mut past = value.past();
    while let Some(known) = past {
        let view = known.value.view();
        if !is_leaf(view) {
            break;
        }
        first = view;
        past = known.past.as_deref();
    }
    first
}

/// A folded text, as it comes back: go-yaml miscounts the breaks before lines that are indented and at the end.
fn folded(text: &str) -> Option<String> {
    let is_blank = |line: &str| line.starts_with([' ', '\t']);
    // It looks at the beginning of the text wherever it is.
    let first = text.trim_start_matches('\n');
    let more = !first.is_empty() && !is_blank(first);
    let mut result = String::with_capacity(text.len() + 2);
    let mut rest = text;
    while !rest.is_empty() {
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        rest = &rest[line.len()..];
        let count = rest.len() - rest.trim_start_matches('\n').len();
        rest = &rest[count..];
        let counted = match (rest.is_empty(), is_blank(rest)) {
            _ if line.is_empty() || is_blank(line) => count,
            (true, _) => count + usize::from(more && count > 1),
            (false, true) => count + usize::from(more),
            (false, false) => count - usize::from(!more),
        };
        result.push_str(line);
        result.extend(std::iter::repeat_n('\n', counted));
        if counted == 0 && !rest.is_empty() {
            result.push(' ');
        }
    }
    (result != text).then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::rendered::to_json;
    use crate::yaml::{Dialect, parse};

    fn reread(text: &str) -> Result<serde_json::Value, String> {
        let file = parse(SourceId(0), text.into());
        let value = Value::new(&file, file.documents()[0].root.expect("a document"), Dialect::Kustomize);
        let mut object = Object::new(Rendered::written(value).expect("written"), value.span());
        run(&mut object).map_err(|refusal| text[refusal.span.range()].to_owned())?;
        Ok(to_json(object.tree.view()))
    }

    #[test]
    fn values_come_back_as_kustomize_prints_them() {
        for (text, expected) in [
            ("a: {b: , c}", r#"{"a": {"b": "", "c": ""}}"#),
            ("a: {b: ~}\nc:\n", r#"{"a": {"b": null}, "c": null}"#),
            ("a: [2024-01-01 10:00:00, 2024-01-01]", r#"{"a": ["2024-01-01 10:00:00", "2024-01-01T00:00:00Z"]}"#),
            ("a: 2024-01-01 10:00:00", r#"{"a": "2024-01-01T10:00:00Z"}"#),
            ("a: >\n  b\n  c\n\n  d\n", r#"{"a": "b c\nd\n"}"#),
            ("a: >\n  b\n    c\n  d\n", r#"{"a": "b\n\n  c\nd\n"}"#),
            ("a: >+\n  b\n\n", r#"{"a": "b\n\n\n"}"#),
            ("a: |\n  b\n    c\n", r#"{"a": "b\n  c\n"}"#),
        ] {
            assert_eq!(reread(text), Ok(serde_json::from_str(expected).expect(expected)), "{text}");
        }
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        for text in ["a: .nan", "a: [1, -.inf]"] {
            assert!(text.ends_with(&reread(text).expect_err(text)) || text.contains(&reread(text).expect_err(text)));
        }
        assert_eq!(reread("a: .nan"), Err(".nan".to_owned()));
    }
}
