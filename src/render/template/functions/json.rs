//! JSON as Go writes and reads it: sorted keys, numbers read as floating point.

use super::strings::text;
use super::{Function, Param};
use crate::render::template::arguments::deeper;
use crate::render::template::budget::{DEEPEST, Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::show;
use crate::render::template::value::{Element, Entries, Shape, Value};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("toJson", &[Param::Any], to_json),
    Function::plain("mustToJson", &[Param::Any], to_json),
    Function::plain("toRawJson", &[Param::Any], to_raw_json),
    Function::plain("mustToRawJson", &[Param::Any], to_raw_json),
    Function::plain("toPrettyJson", &[Param::Any], to_pretty_json),
    Function::plain("mustToPrettyJson", &[Param::Any], to_pretty_json),
    Function::plain("fromJson", &[Param::Text], from_json),
    Function::plain("mustFromJson", &[Param::Text], must_from_json),
];

struct Writer {
    out: String,
    /// Whether `<`, `>` and `&` are escaped.
    html: bool,
    pretty: bool,
}

fn to_json<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    write(machine, &arguments[0], true, false)
}

fn to_raw_json<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    write(machine, &arguments[0], false, false)
}

fn to_pretty_json<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    write(machine, &arguments[0], true, true)
}

fn write<'a>(machine: &mut Machine<'a>, value: &Value<'a>, html: bool, pretty: bool) -> Outcome<Value<'a>> {
    let mut writer = Writer { out: String::new(), html, pretty };
    writer.value(machine, value, 0)?;
    Ok(Value::text(writer.out))
}

impl Writer {
    fn line(&mut self, depth: usize) {
        if self.pretty {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(depth));
        }
    }

    fn value<'a>(&mut self, machine: &mut Machine<'a>, value: &Value<'a>, depth: usize) -> Outcome<()> {
        let start = self.out.len();
        deeper(DEEPEST.saturating_sub(depth))?;
        machine.budget.steps(1)?;
        match &value.shape {
            Shape::Float(number) if !number.is_finite() => {
                return Err(Fault::refused("JSON has no infinite numbers"));
            }
            Shape::Float(number) => self.out.push_str(&number_text(*number)),
            Shape::Text(text) => self.text(text.as_str()),
            Shape::List(id, _) | Shape::Bag(id, _) => {
                let items = Rc::clone(machine.heap.list(*id));
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.out.push_str(if at > 0 { "," } else { "" });
                    self.line(depth + 1);
                    self.value(machine, item, depth + 1)?;
                }
                if !items.is_empty() {
                    self.line(depth);
                }
                self.out.push(']');
            }
            Shape::Map(id, _) => {
                let entries = machine.heap.map(*id).clone();
                self.out.push('{');
                for (at, (key, item)) in entries.iter().enumerate() {
                    self.out.push_str(if at > 0 { "," } else { "" });
                    self.line(depth + 1);
                    self.text(key);
                    self.out.push_str(if self.pretty { ": " } else { ":" });
                    self.value(machine, item, depth + 1)?;
                }
                if !entries.is_empty() {
                    self.line(depth);
                }
                self.out.push('}');
            }
            _ if value.is_nil() => self.out.push_str("null"),
            _ => self.out.push_str(&show::scalar(value).unwrap_or_default()),
        }
        machine.budget.bytes(self.out.len() - start)
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '<' | '>' | '&' if !self.html => self.out.push(c),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..' ' => {
                    write!(self.out, "\\u{:04x}", u32::from(c)).expect("internal: a text takes what is written to it");
                }
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

/// A number as Go's JSON has it: an exponent only far from one.
pub(super) fn number_text(number: f64) -> String {
    if number == 0.0 {
        return if number.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    let (digits, point) = show::shortest(number);
    let sign = if number < 0.0 { "-" } else { "" };
    if (1e-6..1e21).contains(&number.abs()) {
        return format!("{sign}{}", show::positional(&digits, point));
    }
    let text = show::exponential(&digits, point - 1);
    // Small exponents lose their leading zero.
    let text = match text.split_once("e-0") {
        Some((mantissa, exponent)) => format!("{mantissa}e-{exponent}"),
        None => text,
    };
    format!("{sign}{text}")
}

fn from_json<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    match read(machine, arguments)? {
        Some(value) => Ok(value),
        None => Ok(Value::nil()),
    }
}

fn must_from_json<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    read(machine, arguments)?.ok_or_else(|| Fault::refused("this is not JSON"))
}

fn read<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Option<Value<'a>>> {
    match serde_json::from_str(text(arguments, 0)?.as_str()) {
        Ok(json) => Ok(Some(adopt(machine, &json)?)),
        Err(_) => Ok(None),
    }
}

/// The reader of JSON nests no deeper than its own limit, and neither does this.
fn adopt<'a>(machine: &mut Machine<'a>, json: &serde_json::Value) -> Outcome<Value<'a>> {
    use serde_json::Value as Json;
    machine.budget.steps(1)?;
    Ok(match json {
        Json::Null => Value::nil(),
        Json::Bool(truth) => Value::bool(*truth),
        Json::Number(number) => Value::float(number.as_f64().unwrap_or(f64::INFINITY)),
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => {
            let items: Outcome<Vec<_>> = items.iter().map(|item| adopt(machine, item)).collect();
            let items = items?;
            Value::new(Shape::List(machine.heap.add_list(items), Element::Any))
        }
        Json::Object(entries) => {
            let mut map = Entries::new();
            for (key, item) in entries {
                map.insert(Cow::Owned(key.clone()), adopt(machine, item)?);
            }
            Value::new(Shape::Map(machine.heap.add_map(map), Element::Any))
        }
    })
}
