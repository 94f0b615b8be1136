//! What Go's templates bring themselves: logic, comparison, `index`, `len`, printing, escaping.

use super::{Function, Param, Run, Set, Special};
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::{Machine, count};
use crate::render::template::format;
use crate::render::template::show;
use crate::render::template::text::TextBuilder;
use crate::render::template::value::{Element, Shape, Value, Width};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "and",
        set: Set::Both,
        params: &[Param::Payload],
        rest: Some(Param::Payload),
        deep: false,
        run: Run::And,
    },
    Function {
        name: "or",
        set: Set::Both,
        params: &[Param::Payload],
        rest: Some(Param::Payload),
        deep: false,
        run: Run::Or,
    },
    Function {
        name: "inputs",
        set: Set::Slim,
        params: &[],
        rest: None,
        deep: false,
        run: Run::Special(Special::Inputs),
    },
    Function::plain("call", &[Param::Any], call).rest(Param::Any),
    Function::plain("not", &[Param::Payload], not),
    Function::plain("len", &[Param::Bag], len).shallow(),
    Function::plain("index", &[Param::Any], index).rest(Param::Any).shallow(),
    Function::plain("eq", &[Param::Any], eq).rest(Param::Any).shallow(),
    Function::plain("ne", &[Param::Any, Param::Any], ne).shallow(),
    Function::plain("lt", &[Param::Any, Param::Any], lt),
    Function::plain("le", &[Param::Any, Param::Any], le),
    Function::plain("gt", &[Param::Any, Param::Any], gt),
    Function::plain("ge", &[Param::Any, Param::Any], ge),
    Function::plain("print", &[], print).rest(Param::Payload),
    Function::plain("println", &[], println).rest(Param::Payload),
    Function::plain("printf", &[Param::Loose], printf).rest(Param::Payload),
    Function::plain("html", &[], html).rest(Param::Any),
    Function::plain("js", &[], js).rest(Param::Any),
    Function::plain("urlquery", &[], urlquery).rest(Param::Any),
];

fn call<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Err(Fault::refused(format!("{} is not a function", arguments[0].title())))
}

fn not<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(machine.heap.truth(&arguments[0]).map_or(Value::unknown(), |truth| Value::bool(!truth)))
}

fn len<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let value = &arguments[0];
    let length = match &value.shape {
        Shape::Text(text) => text.as_str().len(),
        Shape::List(id, _) | Shape::Bag(id, _) => machine.heap.list(*id).len(),
        Shape::Map(id, _) => machine.heap.map(*id).len(),
        _ => return Err(Fault::refused(format!("{} has no length", value.title()))),
    };
    Ok(Value::int(count(length)))
}

fn index<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (first, keys) = arguments.split_first().expect("internal: a function gets what it asks for");
    let mut value = first.clone();
    if value.is_nil() {
        return Err(Fault::refused("there is nothing to look into"));
    }
    for key in keys {
        value = match &value.shape {
            Shape::Unknown => return Ok(value),
            Shape::Nil | Shape::Missing => return Err(Fault::refused("there is nothing to look into")),
            Shape::List(id, _) => {
                let items = machine.heap.list(*id);
                let at = position(key, items.len())?;
                items.get(at).cloned().ok_or_else(|| out_of_range(at, items.len()))?
            }
            Shape::Text(text) => {
                let at = position(key, text.as_str().len())?;
                let byte = text.as_str().as_bytes().get(at);
                let byte = byte.ok_or_else(|| out_of_range(at, text.as_str().len()))?;
                Value::new(Shape::Int(i64::from(*byte), Width::Byte))
            }
            Shape::Map(id, element) => match &key.shape {
                Shape::Text(key) => match machine.heap.map(*id).get(key.as_str()) {
                    Some(found) => found.clone(),
                    None if *element == Element::Text => Value::text(""),
                    None => Value::nil(),
                },
                _ => return Err(Fault::refused(format!("a key is a text, not {}", key.title()))),
            },
            _ => return Err(Fault::refused(format!("{} holds nothing to look for", value.title()))),
        };
    }
    Ok(value)
}

fn position(key: &Value<'_>, length: usize) -> Outcome<usize> {
    match key.shape {
        Shape::Int(at, _) => usize::try_from(at)
            .map_err(|_| Fault::refused(format!("{at} is before the start")))
            .and_then(|at| if at < length { Ok(at) } else { Err(out_of_range(at, length)) }),
        _ => Err(Fault::refused(format!("a position is an integer, not {}", key.title()))),
    }
}

fn out_of_range(at: usize, length: usize) -> Fault {
    Fault::refused(format!("there is no item {at} among {length}"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    Bool,
    Int,
    Float,
    Text,
    Other,
}

fn basic(value: &Value<'_>) -> Basic {
    match value.shape {
        Shape::Bool(_) => Basic::Bool,
        Shape::Int(..) => Basic::Int,
        Shape::Float(_) => Basic::Float,
        Shape::Text(_) => Basic::Text,
        _ => Basic::Other,
    }
}

fn clash(one: &Value<'_>, other: &Value<'_>) -> Fault {
    Fault::refused(format!("{} and {} cannot be compared", one.title(), other.title()))
}

#[expect(clippy::float_cmp, reason = "Go compares floating-point numbers exactly")]
fn equal(one: &Value<'_>, other: &Value<'_>) -> Outcome<bool> {
    Ok(match (&one.shape, &other.shape) {
        (Shape::Bool(one), Shape::Bool(other)) => one == other,
        (Shape::Int(one, _), Shape::Int(other, _)) => one == other,
        (Shape::Float(one), Shape::Float(other)) => one == other,
        (Shape::Text(one), Shape::Text(other)) => one.as_str() == other.as_str(),
        _ if one.is_nil() || other.is_nil() => one.is_nil() == other.is_nil(),
        _ => return Err(clash(one, other)),
    })
}

fn eq<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (one, others) = arguments.split_first().expect("internal: a function gets what it asks for");
    if others.is_empty() {
        return Err(Fault::refused("there is nothing to compare with"));
    }
    for other in others {
        if equal(one, other)? {
            return Ok(Value::bool(true));
        }
    }
    Ok(Value::bool(false))
}

fn ne<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(!equal(&arguments[0], &arguments[1])?))
}

/// How two values stand to each other; none for what is not a number.
fn order(arguments: &[Value<'_>]) -> Outcome<Option<Ordering>> {
    let [one, other] = arguments else { return Ok(None) };
    match (&one.shape, &other.shape) {
        (Shape::Int(one, _), Shape::Int(other, _)) => Ok(Some(one.cmp(other))),
        (Shape::Float(one), Shape::Float(other)) => Ok(one.partial_cmp(other)),
        (Shape::Text(one), Shape::Text(other)) => Ok(Some(one.as_str().cmp(other.as_str()))),
        _ if basic(one) == Basic::Other || basic(one) == Basic::Bool => {
            Err(Fault::refused(format!("{} has no order", one.title())))
        }
        _ => Err(clash(one, other)),
    }
}

fn lt<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(order(arguments)? == Some(Ordering::Less)))
}

fn le<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(matches!(order(arguments)?, Some(Ordering::Less | Ordering::Equal))))
}

fn gt<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    // Go has `gt` as the opposite of `le`, also for numbers that have no order.
    Ok(Value::bool(!matches!(order(arguments)?, Some(Ordering::Less | Ordering::Equal))))
}

fn ge<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(order(arguments)? != Some(Ordering::Less)))
}

fn print<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut out = TextBuilder::default();
    show::sprint(machine, &mut out, arguments)?;
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

fn println<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut out = TextBuilder::default();
    for (at, value) in arguments.iter().enumerate() {
        out.push(if at > 0 { " " } else { "" });
        show::show(machine, &mut out, value)?;
    }
    out.push("\n");
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

fn printf<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (first, rest) = arguments.split_first().expect("internal: a function gets what it asks for");
    let text = first.as_text().ok_or_else(|| Fault::refused("the format is no text"))?;
    let mut out = TextBuilder::default();
    format::printf(machine, &mut out, &text, rest)?;
    machine.budget.bytes(out.len())?;
    Ok(out.into_value())
}

/// The arguments as one text, each character put through `escape`.
fn escaped<'a>(
    machine: &mut Machine<'a>,
    arguments: &[Value<'a>],
    escape: impl Fn(char, &mut String),
) -> Outcome<Value<'a>> {
    let mut plain = TextBuilder::default();
    // What is not there counts as a text here.
    let nothing = || Value::given("<no value>");
    let values: Vec<Value<'a>> =
        arguments.iter().map(|value| if value.is_nil() { nothing() } else { value.clone() }).collect();
    show::sprint(machine, &mut plain, &values)?;
    let mut text = String::with_capacity(plain.len());
    for c in plain.as_str().chars() {
        escape(c, &mut text);
    }
    machine.budget.bytes(text.len())?;
    if text == plain.as_str() {
        return Ok(plain.into_value());
    }
    Ok(Value::text(text))
}

fn html<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    escaped(machine, arguments, |c, text| match c {
        '"' => text.push_str("&#34;"),
        '\'' => text.push_str("&#39;"),
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '\0' => text.push('\u{fffd}'),
        _ => text.push(c),
    })
}

fn js<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    escaped(machine, arguments, |c, text| match c {
        '\\' => text.push_str("\\\\"),
        '\'' => text.push_str("\\'"),
        '"' => text.push_str("\\\""),
        '<' | '>' | '&' | '=' => text.push_str(&format!("\\u{:04X}", u32::from(c))),
        _ if c < ' ' || !show::is_printable(c) => text.push_str(&format!("\\u{:04X}", u32::from(c))),
        _ => text.push(c),
    })
}

fn urlquery<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    escaped(machine, arguments, |c, text| match c {
        ' ' => text.push('+'),
        _ if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~') => text.push(c),
        _ => {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    })
}
