//! Sprig's defaults, and what it can say of types.

use super::{Function, Param};
use crate::render::template::arguments::deeper;
use crate::render::template::budget::{DEEPEST, Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::value::{Shape, Value};
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("default", &[Param::Payload], default).rest(Param::Payload),
    Function::plain("empty", &[Param::Payload], empty),
    Function::plain("coalesce", &[], coalesce).rest(Param::Payload),
    Function::plain("all", &[], all).rest(Param::Payload),
    Function::plain("any", &[], any).rest(Param::Payload),
    Function::plain("ternary", &[Param::Payload, Param::Payload, Param::Bool], ternary),
    Function::plain("fail", &[Param::Text], fail),
    Function::plain("hello", &[], hello),
    Function::plain("typeOf", &[Param::Bag], type_of).shallow(),
    Function::plain("typeIs", &[Param::Text, Param::Bag], type_is).shallow(),
    Function::plain("typeIsLike", &[Param::Text, Param::Bag], type_is).shallow(),
    Function::plain("kindOf", &[Param::Bag], kind_of).shallow(),
    Function::plain("kindIs", &[Param::Text, Param::Bag], kind_is).shallow(),
    Function::plain("deepEqual", &[Param::Any, Param::Any], deep_equal),
];

/// Whether a value counts as not given; none where that is unknown.
fn is_empty<'a>(machine: &Machine<'a>, value: &Value<'a>) -> Option<bool> {
    machine.heap.truth(value).map(|truth| !truth)
}

fn default<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let Some(given) = arguments.get(1) else { return Ok(arguments[0].clone()) };
    Ok(match is_empty(machine, given) {
        Some(true) => arguments[0].clone(),
        Some(false) => given.clone(),
        None => Value { shape: Shape::Unknown, origin: given.origin },
    })
}

fn empty<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(is_empty(machine, &arguments[0]).map_or(Value::unknown(), Value::bool))
}

fn coalesce<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    for value in arguments {
        match is_empty(machine, value) {
            Some(true) => {}
            Some(false) => return Ok(value.clone()),
            None => return Ok(Value { shape: Shape::Unknown, origin: value.origin }),
        }
    }
    Ok(Value::nil())
}

/// Whether one of the values is `wanted`: empty, or not.
fn some<'a>(machine: &Machine<'a>, arguments: &[Value<'a>], wanted: bool) -> Option<bool> {
    let mut unsure = false;
    for value in arguments {
        match is_empty(machine, value) {
            Some(empty) if empty == wanted => return Some(true),
            Some(_) => {}
            None => unsure = true,
        }
    }
    (!unsure).then_some(false)
}

fn all<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(some(machine, arguments, true).map_or(Value::unknown(), |found| Value::bool(!found)))
}

fn any<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(some(machine, arguments, false).map_or(Value::unknown(), Value::bool))
}

fn ternary<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let truth = matches!(arguments[2].shape, Shape::Bool(true));
    Ok(arguments[usize::from(!truth)].clone())
}

fn fail<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = arguments[0].as_text();
    Err(Fault::refused(text.map_or(String::new(), |text| text.as_str().to_owned())))
}

fn hello<'a>(_: &mut Machine<'a>, _: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::given("Hello!"))
}

fn type_of<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::given(arguments[0].type_name()))
}

fn kind_of<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::given(arguments[0].kind_name()))
}

fn is(name: &Value<'_>, actual: &str) -> bool {
    name.as_text().is_some_and(|name| name.as_str() == actual)
}

fn type_is<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(is(&arguments[0], arguments[1].type_name())))
}

fn kind_is<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(is(&arguments[0], arguments[1].kind_name())))
}

fn deep_equal<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(machine.same(&arguments[0], &arguments[1], DEEPEST)?))
}

impl<'a> Machine<'a> {
    /// Whether two values that are known throughout are equal in type and content.
    #[expect(clippy::float_cmp, reason = "Go compares floating-point numbers exactly")]
    pub(super) fn same(&mut self, one: &Value<'a>, other: &Value<'a>, depth: usize) -> Outcome<bool> {
        self.budget.steps(1)?;
        let depth = deeper(depth)?;
        let pairs: Vec<(Value<'a>, Value<'a>)> = match (&one.shape, &other.shape) {
            (Shape::Bool(one), Shape::Bool(other)) => return Ok(one == other),
            (Shape::Int(one, width), Shape::Int(other, same)) => return Ok(width == same && one == other),
            (Shape::Float(one), Shape::Float(other)) => return Ok(one == other),
            (Shape::Text(one), Shape::Text(other)) => return Ok(one.as_str() == other.as_str()),
            (Shape::List(one, element), Shape::List(other, same)) => {
                let (one, other) = (Rc::clone(self.heap.list(*one)), Rc::clone(self.heap.list(*other)));
                if element != same || one.len() != other.len() {
                    return Ok(false);
                }
                one.iter().cloned().zip(other.iter().cloned()).collect()
            }
            (Shape::Map(one, element), Shape::Map(other, same)) => {
                let (one, other) = (self.heap.map(*one), self.heap.map(*other));
                if element != same || !one.keys().eq(other.keys()) {
                    return Ok(false);
                }
                one.values().cloned().zip(other.values().cloned()).collect()
            }
            _ => return Ok(one.is_nil() && other.is_nil()),
        };
        for (one, other) in &pairs {
            if !self.same(one, other, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
