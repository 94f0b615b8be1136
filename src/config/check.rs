//! Checks a document against the schema and says each fault in our words, at the key or value that
//! has it.

use super::document::{Document, Located};
use super::error::{ConfigError, shown};
use super::overrides::split_name;
use super::schema::VERSION;
use super::{RuleShape, schema, suggest, words};
use crate::source::Span;
use foldhash::HashSet;
use jsonschema::error::{ValidationError, ValidationErrorKind as Kind};
use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;

/// After this many faults, no more is guessed at what was meant: guessing costs.
const GUESSES: usize = 100;

/// The faults of `document`, in no order.
pub(super) fn check(document: &Document, rules: &[RuleShape<'_>]) -> Vec<ConfigError> {
    let schema = schema(rules);
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .offline()
        .should_validate_formats(false)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(&schema)
        .expect("internal: the config schema is a valid schema");
    let faults: Vec<ValidationError<'_>> = validator.iter_errors(&document.json).collect();
    let mut checker = Checker { document, schema: &schema, rules, errors: Vec::new() };
    checker.tell_all(&faults);
    checker.errors
}

struct Checker<'a> {
    document: &'a Document,
    schema: &'a Value,
    rules: &'a [RuleShape<'a>],
    errors: Vec<ConfigError>,
}

/// A value that was refused: its place, the steps that lead to it, and the schema that refused it.
#[derive(Clone, Copy)]
struct Refused<'f> {
    place: &'f Located,
    steps: &'f [String],
    value: &'f Value,
    schema: &'f Value,
}

impl Refused<'_> {
    /// What the schema calls such a value.
    fn title(&self) -> Option<&str> {
        self.schema.get("title").and_then(Value::as_str)
    }

    /// Whether the value lies below these keys, `*` for any.
    fn is_at(&self, path: &[&str]) -> bool {
        self.steps.len() == path.len() && path.iter().zip(self.steps).all(|(key, step)| *key == "*" || key == step)
    }

    /// The value as a message repeats it.
    fn shown(&self) -> String {
        match self.value {
            Value::String(text) => shown(text),
            value => shown(&value.to_string()),
        }
    }
}

impl<'a> Checker<'a> {
    fn tell_all(&mut self, faults: &[ValidationError<'_>]) {
        let is_type = |fault: &&ValidationError<'_>| matches!(fault.kind(), Kind::Type { .. });
        let mistyped: HashSet<&str> =
            faults.iter().filter(is_type).map(|fault| fault.instance_path().as_str()).collect();
        for fault in faults {
            // A value of a wrong type is told once, not also as none of the words that are allowed.
            if is_type(&fault) || !mistyped.contains(fault.instance_path().as_str()) {
                self.tell(fault);
            }
        }
    }

    fn tell(&mut self, error: &ValidationError<'_>) {
        let steps = steps(error.instance_path());
        let document: &'a Document = self.document;
        let place = steps.iter().try_fold(&document.root, |place, step| place.child(step)).unwrap_or(&document.root);
        let schema: &'a Value = self.schema;
        let refused =
            Refused { place, steps: &steps, value: error.instance(), schema: refused_by(schema, error.schema_path()) };
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                unexpected.iter().for_each(|key| self.unknown_key(refused, key));
            }
            Kind::Enum { options } => self.not_allowed(refused, &texts(options)),
            Kind::Constant { expected_value } => self.not_allowed(refused, &texts(expected_value)),
            Kind::Type { .. } => self.wrong_type(refused),
            Kind::Pattern { pattern } => self.wrong_form(refused, pattern),
            Kind::Required { property } => self.missing(refused, property.as_str().unwrap_or_default()),
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => self.no_branch(refused, context),
            Kind::MinItems { limit: 1 } => self.push_value(refused, "the list is empty".into(), "empty", None),
            Kind::MinLength { limit: 1 } => self.push_value(refused, "the text is empty".into(), "empty", None),
            Kind::Minimum { limit } => {
                self.push_value(refused, format!("{} is less than {limit}", refused.shown()), "too small", None);
            }
            Kind::Maximum { limit } => {
                self.push_value(refused, format!("{} is more than {limit}", refused.shown()), "too large", None);
            }
            kind => {
                let message = format!("`{}` does not fit `{}` of the schema", refused.shown(), kind.keyword());
                self.push_value(refused, message, "does not fit", None);
            }
        }
    }

    fn push(&mut self, span: Span, message: String, label: &str, help: Option<String>) {
        self.errors.push(ConfigError { message, span, label: label.to_owned(), help });
    }

    fn push_value(&mut self, refused: Refused<'_>, message: String, label: &str, help: Option<String>) {
        self.push(self.document.value_span(refused.place), message, label, help);
    }

    fn rule(&self, id: &str) -> Option<&'a RuleShape<'a>> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    fn guess(&self, word: &str, known: &[&str]) -> Option<String> {
        if self.errors.len() < GUESSES { suggest::help(word, known.iter().copied()) } else { None }
    }

    fn unknown_key(&mut self, refused: Refused<'_>, key: &str) {
        let place = refused.place.child(key).unwrap_or(refused.place);
        let known: Vec<&str> = match refused.schema.get("properties") {
            Some(Value::Object(properties)) => properties.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let rule = refused.steps.get(1).filter(|_| refused.steps[0] == "rules").and_then(|id| self.rule(id));
        let (message, label, help) = if refused.is_at(&["rules"]) {
            let (message, help) = self.unknown_rule(key);
            (message, "no such rule", help)
        } else if let Some(rule) = rule
            && refused.is_at(&["rules", "*"])
        {
            let help = match known[..] {
                ["severity"] => Some("it has no options; only `severity` may stand here".to_owned()),
                _ => self.guess(key, &known),
            };
            (format!("rule `{}` has no option `{}`", rule.id, shown(key)), "no such option", help)
        } else if let Some(rule) = rule
            && refused.is_at(&["rules", "*", "severity"])
        {
            let (message, help) = words::unknown_code(rule, key);
            (message, "no such code", help)
        } else {
            (format!("unknown key `{}`", shown(key)), "no such key", self.guess(key, &known))
        };
        self.push(self.document.key_span(place), message, label, help);
    }

    fn unknown_rule(&self, id: &str) -> (String, Option<String>) {
        words::unknown_rule(id, if self.errors.len() < GUESSES { self.rules } else { &[] })
    }

    fn not_allowed(&mut self, refused: Refused<'_>, allowed: &[&str]) {
        if refused.is_at(&["allow", "*", "rule"])
            && let Value::String(name) = refused.value
        {
            let (id, code) = split_name(name);
            let (message, help) = match (self.rule(id), code) {
                (Some(rule), Some(code)) => words::unknown_code(rule, code),
                _ => self.unknown_rule(id),
            };
            return self.push_value(refused, message, "no such rule", help);
        }
        let word = refused.value.as_str().unwrap_or_default();
        let help = self.guess(word, allowed);
        match refused.title() {
            Some(title) => {
                let message = format!("unknown {title} `{}`", refused.shown());
                self.push_value(refused, message, &format!("no {title}"), help);
            }
            None => {
                let message = format!("`{}` is not allowed here", refused.shown());
                self.push_value(refused, message, "not allowed here", help);
            }
        }
    }

    fn wrong_type(&mut self, refused: Refused<'_>) {
        let written = self.document.written(refused.place);
        if let (Value::Number(number), Some(VERSION)) = (refused.value, refused.title()) {
            let message = format!("version {} is read as the number {number}", shown(written));
            let help = format!("write it in quotes: \"{}\"", shown(written));
            return self.push_value(refused, message, "a number without quotes", Some(help));
        }
        let types = types(refused.schema);
        let quoted = types.contains(&"string") && matches!(refused.value, Value::Number(_) | Value::Bool(_));
        let levels = refused.is_at(&["rules", "*"]) || refused.is_at(&["rules", "*", "severity"]);
        let help = if levels {
            Some("write `error`, `warning`, `note` or `off`, or a mapping".to_owned())
        } else {
            quoted.then(|| format!("write it in quotes: \"{}\"", shown(written)))
        };
        let expected = format!("expected {}", wanted(refused.schema));
        let message = format!("{expected}, found {}", found(refused.value));
        self.push_value(refused, message, &expected, help);
    }

    fn wrong_form(&mut self, refused: Refused<'_>, pattern: &str) {
        let hint = refused.schema.get("patternErrorMessage").and_then(Value::as_str);
        match (refused.title(), hint) {
            (Some(title), Some(hint)) => {
                let article = if title.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                let message = format!("`{}` is not {article} {title}", refused.shown());
                self.push_value(refused, message, &format!("not {article} {title}"), Some(hint.to_owned()));
            }
            _ => {
                let message = format!("`{}` does not match `{}`", refused.shown(), shown(pattern));
                self.push_value(refused, message, "has another form", None);
            }
        }
    }

    fn missing(&mut self, refused: Refused<'_>, property: &str) {
        self.push_value(refused, format!("`{property}` is missing"), &format!("needs `{property}`"), None);
    }

    /// None of several schemas fits. Told is what the alternatives have in common.
    fn no_branch(&mut self, refused: Refused<'_>, branches: &[Vec<ValidationError<'static>>]) {
        if refused.is_at(&["allow", "*"]) {
            let message = "`object` or `path` is missing: this entry would allow the rule everywhere".to_owned();
            let help = "a rule as a whole is switched off under `rules`".to_owned();
            return self.push_value(refused, message, "needs `object` or `path`", Some(help));
        }
        let here = |error: &ValidationError<'_>| error.instance_path().iter().count() == refused.steps.len();
        let is_type = |error: &ValidationError<'_>| here(error) && matches!(error.kind(), Kind::Type { .. });
        let mut fitting = branches.iter().filter(|errors| !errors.iter().any(is_type));
        let fitting = (fitting.next(), fitting.next());
        if let (Some(only), None) = fitting {
            return self.tell_all(only);
        }
        let words: Vec<&str> = branches
            .iter()
            .flatten()
            .filter(|error| here(error))
            .flat_map(|error| match error.kind() {
                Kind::Enum { options } => texts(options),
                Kind::Constant { expected_value } => texts(expected_value),
                _ => Vec::new(),
            })
            .collect();
        if refused.value.is_string() && !words.is_empty() {
            return self.not_allowed(refused, &words);
        }
        let message = format!("{} does not fit here", found(refused.value));
        self.push_value(refused, message, "none of the forms that are allowed", None);
    }
}

fn steps(path: &Location) -> Vec<String> {
    path.iter()
        .map(|segment| match segment {
            LocationSegment::Property(key) => key.into_owned(),
            LocationSegment::Index(index) => index.to_string(),
        })
        .collect()
}

/// The part of the schema whose keyword refused a value.
fn refused_by<'s>(schema: &'s Value, path: &Location) -> &'s Value {
    let pointer = path.as_str().rsplit_once('/').map_or("", |(parent, _)| parent);
    schema.pointer(pointer).unwrap_or(&Value::Null)
}

fn texts(allowed: &Value) -> Vec<&str> {
    match allowed {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn types(schema: &Value) -> Vec<&str> {
    let mut types = schema.get("type").map(texts).unwrap_or_default();
    types.retain(|name| *name != "null");
    types
}

/// What a schema wants, in words.
fn wanted(schema: &Value) -> String {
    let words: Vec<String> = types(schema)
        .into_iter()
        .map(|name| match name {
            "array" => {
                let items = schema.get("items").map(types).unwrap_or_default();
                match items[..] {
                    ["string"] => "a list of text".to_owned(),
                    ["object"] => "a list of mappings".to_owned(),
                    ["integer"] => "a list of whole numbers".to_owned(),
                    ["number"] => "a list of numbers".to_owned(),
                    _ => "a list".to_owned(),
                }
            }
            name => noun(name).to_owned(),
        })
        .collect();
    if words.is_empty() { "something else".to_owned() } else { words.join(" or ") }
}

fn noun(name: &str) -> &str {
    match name {
        "object" => "a mapping",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        other => other,
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
