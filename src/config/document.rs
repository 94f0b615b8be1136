//! The text of a config as plain JSON values, and where each of them is written. Aliases are
//! expanded within a budget.

use super::error::{ConfigError, shown};
use crate::source::{Source, SourceId, Span};
use crate::yaml::{self, Dialect, Scalar, Step, SyntaxKind, Visit};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A larger file is no config.
const LARGEST: usize = 1 << 20;
/// No config nests deeper, and what reads the values is recursive.
const DEPTH: usize = 64;
/// What aliases may expand to: nodes, and steps of so many bytes of text.
const SIZE: usize = 500_000;
/// The bytes of text that count as much as a node.
const STEP: usize = 16;

/// A config as values and places.
pub(super) struct Document {
    /// The text of the whole file.
    pub(super) text: Arc<str>,
    /// The values.
    pub(super) json: Value,
    /// Where they are written, in the same shape.
    pub(super) root: Located,
}

/// Where a value is written.
#[derive(Debug)]
pub(super) struct Located {
    span: Span,
    key: Option<Span>,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Scalar,
    List(Vec<Located>),
    Map(BTreeMap<String, Located>),
}

impl Located {
    /// The value under `key`.
    pub(super) fn key(&self, key: &str) -> Option<&Located> {
        match &self.inner {
            Inner::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The value under a key, or the item of that number.
    pub(super) fn child(&self, step: &str) -> Option<&Located> {
        match &self.inner {
            Inner::List(_) => self.item(step.parse().ok()?),
            _ => self.key(step),
        }
    }

    /// The item number `index`.
    pub(super) fn item(&self, index: usize) -> Option<&Located> {
        match &self.inner {
            Inner::List(list) => list.get(index),
            _ => None,
        }
    }
}

impl Document {
    /// The span that shows a value in a message: the scalar, else its key, else its first line.
    pub(super) fn value_span(&self, at: &Located) -> Span {
        match (&at.inner, at.key) {
            (Inner::Scalar, _) if at.span.start < at.span.end => self.first_line(at.span),
            (_, Some(key)) => self.first_line(key),
            _ => self.first_line(at.span),
        }
    }

    /// The span of the key, else what shows the value.
    pub(super) fn key_span(&self, at: &Located) -> Span {
        at.key.map_or_else(|| self.value_span(at), |key| self.first_line(key))
    }

    /// The span that shows a whole entry of a list: its first line.
    pub(super) fn entry_span(&self, at: &Located) -> Span {
        self.first_line(at.span)
    }

    /// What shows a value, as it is written.
    pub(super) fn written(&self, at: &Located) -> &str {
        &self.text[self.value_span(at).range()]
    }

    fn first_line(&self, span: Span) -> Span {
        first_line(&self.text, span)
    }
}

fn first_line(text: &str, span: Span) -> Span {
    let line = text[span.range()].lines().next().unwrap_or_default();
    Span { end: span.start + line.trim_end().len() as u32, ..span }
}

/// Reads `text`: the document, if there is one that can be looked into, and the faults found on the way.
pub(super) fn read(source: SourceId, text: Arc<str>) -> (Option<Document>, Vec<ConfigError>) {
    if text.len() > LARGEST {
        let error = ConfigError {
            message: format!("the file has {} bytes, which is more than any config needs", text.len()),
            span: Span::new(source, 0..0),
            label: String::new(),
            help: None,
        };
        return (None, vec![error]);
    }
    let file = yaml::parse(source, Arc::clone(&text));
    let mut errors = syntax_errors(&file);
    if !errors.is_empty() {
        return (None, errors);
    }
    errors.extend(duplicate_keys(&file, &text));
    let mut roots = file.documents().iter().filter_map(|document| document.root);
    let Some(root) = roots.next() else { return (None, errors) };
    if let Some(second) = roots.next() {
        errors.push(ConfigError {
            message: "a config file holds one document".into(),
            span: first_line(&text, file.span(second)),
            label: "the second one starts here".into(),
            help: None,
        });
    }
    let root = yaml::Value::new(&file, root, Dialect::Kubectl);
    check_keys(root, &text, &mut errors);
    let mut reader = Reader { left: SIZE, errors: Vec::new() };
    let read = reader.value(root, 0);
    for error in &mut reader.errors {
        error.span = first_line(&text, error.span);
    }
    errors.append(&mut reader.errors);
    (read.map(|(json, root)| Document { text, json, root }), errors)
}

fn syntax_errors(file: &yaml::File) -> Vec<ConfigError> {
    let faults = file.documents().iter().flat_map(|document| &document.errors);
    faults
        .filter(|fault| fault.kind != SyntaxKind::Incompatible)
        .map(|fault| ConfigError {
            message: fault.message.clone(),
            span: fault.span,
            label: match fault.kind {
                SyntaxKind::Grammar | SyntaxKind::Template => "the YAML breaks here".into(),
                SyntaxKind::UndefinedAlias => "no such anchor".into(),
                SyntaxKind::ExcessiveAliases | SyntaxKind::Incompatible => "not expanded".into(),
            },
            help: None,
        })
        .collect()
}

fn duplicate_keys(file: &yaml::File, text: &Arc<str>) -> Vec<ConfigError> {
    let lines = Source::new(0, "", Arc::clone(text));
    let error = |(earlier, later): &(yaml::NodeId, yaml::NodeId)| {
        let key = yaml::Value::new(file, *later, Dialect::Kubectl).raw().unwrap_or_default();
        let line = lines.line_of(file.span(*earlier).start) + 1;
        ConfigError {
            message: format!("key `{}` stands twice in one mapping", shown(key)),
            span: first_line(text, file.span(*later)),
            label: format!("first written in line {line}"),
            help: None,
        }
    };
    file.duplicates().iter().map(error).collect()
}

/// Keys that are no text, which the view by key passes over.
fn check_keys(root: yaml::Value<'_>, text: &str, errors: &mut Vec<ConfigError>) {
    yaml::walk(root, &mut |steps, value| {
        if let (Some(Step::Key("")), Some(key)) = (steps.last(), value.key_span()) {
            errors.push(ConfigError {
                message: "a key of a config is a word".into(),
                span: first_line(text, key),
                label: "not a word".into(),
                help: None,
            });
        }
        Visit::Into
    });
}

struct Reader {
    left: usize,
    errors: Vec<ConfigError>,
}

impl Reader {
    fn value(&mut self, value: yaml::Value<'_>, depth: usize) -> Option<(Value, Located)> {
        if depth > DEPTH {
            return self.fail(value, format!("nested deeper than {DEPTH} levels"));
        }
        let text = value.raw().map_or(0, str::len) + value.key().map_or(0, str::len);
        let Some(left) = self.left.checked_sub(1 + text / STEP) else {
            return self.fail(value, "the values, aliases expanded, are more than any config needs".into());
        };
        self.left = left;
        let (json, inner) = if value.is_mapping() {
            let (mut json, mut places) = (Map::new(), BTreeMap::new());
            for (key, entry) in value.entries() {
                let (entry, place) = self.value(entry, depth + 1)?;
                json.insert(key.to_owned(), entry);
                places.insert(key.to_owned(), place);
            }
            (Value::Object(json), Inner::Map(places))
        } else if value.is_sequence() {
            let (mut json, mut places) = (Vec::new(), Vec::new());
            for item in value.items() {
                let (item, place) = self.value(item, depth + 1)?;
                json.push(item);
                places.push(place);
            }
            (Value::Array(json), Inner::List(places))
        } else {
            match scalar(value) {
                Ok(json) => (json, Inner::Scalar),
                Err(message) => return self.fail(value, message),
            }
        };
        Some((json, Located { span: value.span(), key: value.key_span(), inner }))
    }

    fn fail(&mut self, value: yaml::Value<'_>, message: String) -> Option<(Value, Located)> {
        self.errors.push(ConfigError { message, span: value.site(), label: String::new(), help: None });
        None
    }
}

/// A scalar as the YAML 1.2 of editors has it, so that the published schema and this reader agree:
/// `off` is a word and a date is text, whatever older readers make of them.
fn scalar(value: yaml::Value<'_>) -> Result<Value, String> {
    let raw = value.raw().unwrap_or_default();
    let text = || Value::String(raw.to_owned());
    Ok(match value.scalar() {
        None => return Err("the value cannot be read".into()),
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(value)) if raw.eq_ignore_ascii_case("true") || raw.eq_ignore_ascii_case("false") => {
            Value::Bool(value)
        }
        Some(Scalar::Int(value)) => Value::Number(value.into()),
        Some(Scalar::UInt(value)) => Value::Number(value.into()),
        Some(Scalar::Float(value)) => Number::from_f64(value).map_or_else(text, Value::Number),
        Some(Scalar::Invalid(why)) => return Err(format!("the value is {why}")),
        Some(_) => text(),
    })
}
