//! Calls: how operands become arguments, which types fit, and what an unknown argument does to a function.

use super::Stop;
use super::budget::{DEEPEST, Fault, Outcome};
use super::evaluate::{Machine, Walker, stop};
use super::functions::{Function, Param, Run};
use super::syntax::{Number, Operand, Span, Term};
use super::text::TextBuilder;
use super::value::{Element, Entries, Shape, Value, Width};
use std::rc::Rc;

pub(super) fn call<'a, O: Clone>(
    walker: &mut Walker<'a, '_, O>,
    function: &'static Function,
    operands: &'a [Operand<'a>],
    span: &Span,
    dot: &Value<'a>,
    piped: Option<Value<'a>>,
) -> Result<Value<'a>, Stop> {
    let count = operands.len() + usize::from(piped.is_some());
    check_count(function, count).map_err(|fault| stop(fault, span))?;
    if let Run::And | Run::Or = function.run {
        return short_circuit(walker, function, operands, dot, piped);
    }
    let mut arguments = Vec::with_capacity(count);
    for operand in operands {
        let param = param(function, arguments.len());
        arguments.push(argument(walker, param, operand, dot)?);
    }
    if let Some(piped) = piped {
        let param = param(function, arguments.len());
        arguments.push(fit(&mut walker.machine, param, piped).map_err(|fault| stop(fault, span))?);
    }
    run(&mut walker.machine, function, arguments).map_err(|fault| stop(named(function, fault), span))
}

fn named(function: &Function, fault: Fault) -> Fault {
    match fault {
        Fault::Refused(message) => Fault::Refused(format!("`{}`: {message}", function.name)),
        undecided @ Fault::Undecided(_) => undecided,
    }
}

fn check_count(function: &Function, count: usize) -> Outcome<()> {
    let least = function.params.len();
    let (fits, bound) = match function.rest {
        Some(_) => (count >= least, "at least "),
        None => (count == least, ""),
    };
    if fits {
        return Ok(());
    }
    let values = if least == 1 { "value" } else { "values" };
    Err(Fault::refused(format!("`{}` takes {bound}{least} {values}, not {count}", function.name)))
}

fn param(function: &Function, at: usize) -> Param {
    function.params.get(at).copied().or(function.rest).unwrap_or(Param::Any)
}

/// `and` and `or` stop at the first argument that settles them.
fn short_circuit<'a, O: Clone>(
    walker: &mut Walker<'a, '_, O>,
    function: &Function,
    operands: &'a [Operand<'a>],
    dot: &Value<'a>,
    piped: Option<Value<'a>>,
) -> Result<Value<'a>, Stop> {
    let settles = matches!(function.run, Run::Or);
    let mut last = None;
    for operand in operands {
        let value = argument(walker, Param::Payload, operand, dot)?;
        match walker.machine.heap.truth(&value) {
            Some(truth) if truth == settles => return Ok(value),
            Some(_) => last = Some(value),
            None => return Ok(Value { shape: Shape::Unknown, origin: value.origin }),
        }
    }
    Ok(piped.or(last).unwrap_or(Value::nil()))
}

fn argument<'a, O: Clone>(
    walker: &mut Walker<'a, '_, O>,
    param: Param,
    operand: &'a Operand<'a>,
    dot: &Value<'a>,
) -> Result<Value<'a>, Stop> {
    let value = match &operand.term {
        Term::Number(number) => literal(param, *number).map_err(|fault| stop(fault, &operand.span))?,
        _ => walker.operand(operand, dot)?,
    };
    fit(&mut walker.machine, param, value).map_err(|fault| stop(fault, &operand.span))
}

/// A number takes the type that is asked for.
fn literal<'a>(param: Param, number: Number) -> Outcome<Value<'a>> {
    match (param, number.int) {
        (Param::Int, Some(int)) => Ok(Value::int(int)),
        (Param::Int, None) => Err(Fault::refused("this takes an integer")),
        (Param::Float, _) => Ok(Value::float(number.float)),
        (_, Some(int)) if !number.prefers_float => Ok(Value::int(int)),
        _ => Ok(Value::float(number.float)),
    }
}

/// Checks that a value may go where `param` says.
fn fit<'a>(machine: &mut Machine<'a>, param: Param, value: Value<'a>) -> Outcome<Value<'a>> {
    let (fits, wanted) = match (&value.shape, param) {
        (Shape::Unknown, Param::Loose) => {
            let mut builder = TextBuilder::default();
            builder.unknown(value.origin);
            return Ok(builder.into_value());
        }
        (Shape::Missing, Param::Any | Param::Bag | Param::Payload) => return Ok(Value::nil()),
        (Shape::Unknown, _) | (_, Param::Any | Param::Bag | Param::Payload) => return Ok(value),
        (Shape::Missing, Param::Map) => {
            return Ok(Value::new(Shape::Map(machine.heap.add_map(Entries::new()), Element::Any)));
        }
        (shape, Param::Text | Param::Loose) => (matches!(shape, Shape::Text(_)), "a text"),
        (shape, Param::Int) => (matches!(shape, Shape::Int(_, Width::Int)), "an integer, as `int` makes it"),
        (shape, Param::Float) => (matches!(shape, Shape::Float(_)), "a floating-point number"),
        (shape, Param::Bool) => (matches!(shape, Shape::Bool(_)), "a boolean"),
        (shape, Param::Map) => (matches!(shape, Shape::Map(_, Element::Any)), "a mapping"),
    };
    if fits { Ok(value) } else { Err(Fault::refused(format!("this takes {wanted}, not {}", value.title()))) }
}

pub(super) fn run<'a>(machine: &mut Machine<'a>, function: &Function, arguments: Vec<Value<'a>>) -> Outcome<Value<'a>> {
    for (at, value) in arguments.iter().enumerate() {
        charge(machine, value)?;
        let param = param(function, at);
        if !machine.is_known(value, param, function.deep)? {
            return Ok(Value { shape: Shape::Unknown, origin: value.origin });
        }
    }
    match function.run {
        Run::Plain(run) => run(machine, &arguments),
        Run::Special(special) => machine.special(special),
        Run::And | Run::Or => Err(Fault::refused("the value hangs on its place")),
    }
}

fn charge<'a>(machine: &mut Machine<'a>, value: &Value<'a>) -> Outcome<()> {
    let heap = &machine.heap;
    match &value.shape {
        Shape::Text(text) => machine.budget.bytes(text.as_str().len()),
        Shape::List(id, _) | Shape::Bag(id, _) => machine.budget.steps(heap.list(*id).len()),
        Shape::Map(id, _) => machine.budget.steps(heap.map(*id).len()),
        _ => Ok(()),
    }
}

impl<'a> Machine<'a> {
    fn is_known(&mut self, value: &Value<'a>, param: Param, deep: bool) -> Outcome<bool> {
        match (&value.shape, param) {
            (_, Param::Payload | Param::Loose) => Ok(true),
            (Shape::Bag(..), param) if param != Param::Bag => Ok(false),
            _ if deep => self.is_known_throughout(value, DEEPEST),
            (Shape::Unknown, _) => Ok(false),
            (Shape::Text(text), _) => Ok(text.is_known()),
            _ => Ok(true),
        }
    }

    /// Whether nothing in a value is unknown.
    pub(super) fn is_known_throughout(&mut self, value: &Value<'a>, depth: usize) -> Outcome<bool> {
        self.budget.steps(1)?;
        let depth = deeper(depth)?;
        let items: Vec<Value<'a>> = match &value.shape {
            Shape::Unknown => return Ok(false),
            Shape::Text(text) => return Ok(text.is_known()),
            Shape::List(id, _) | Shape::Bag(id, _) => Rc::clone(self.heap.list(*id)).to_vec(),
            Shape::Map(id, _) => self.heap.map(*id).values().cloned().collect(),
            _ => return Ok(true),
        };
        for item in &items {
            if !self.is_known_throughout(item, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// One level down; refused where there are too many.
pub(super) fn deeper(depth: usize) -> Outcome<usize> {
    depth.checked_sub(1).ok_or_else(|| Fault::refused("a value holds itself, or nests too deep"))
}
