//! Sprig's numbers: conversions that never fail, arithmetic on 64 bits, sequences.

use super::strings::{int, text};
use super::{Function, Param};
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::literal;
use crate::render::template::show;
use crate::render::template::value::{Element, Shape, Value};

const ONE: &[Param] = &[Param::Any];
const TWO: &[Param] = &[Param::Any, Param::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("int", ONE, to_int),
    Function::plain("int64", ONE, to_int64),
    Function::plain("float64", ONE, to_float64),
    Function::plain("atoi", &[Param::Text], atoi),
    Function::plain("toDecimal", ONE, to_decimal),
    Function::plain("add", &[], add).rest(Param::Any),
    Function::plain("add1", ONE, add1),
    Function::plain("sub", TWO, sub),
    Function::plain("mul", ONE, mul).rest(Param::Any),
    Function::plain("div", TWO, div),
    Function::plain("mod", TWO, modulo),
    Function::plain("max", ONE, max).rest(Param::Any),
    Function::plain("biggest", ONE, max).rest(Param::Any),
    Function::plain("min", ONE, min).rest(Param::Any),
    Function::plain("maxf", ONE, maxf).rest(Param::Any),
    Function::plain("minf", ONE, minf).rest(Param::Any),
    Function::plain("ceil", ONE, ceil),
    Function::plain("floor", ONE, floor),
    Function::plain("round", &[Param::Any, Param::Int], round).rest(Param::Float),
    Function::plain("seq", &[], seq).rest(Param::Int),
    Function::plain("until", &[Param::Int], until),
    Function::plain("untilStep", &[Param::Int, Param::Int, Param::Int], until_step),
];

impl<'a> Machine<'a> {
    /// A value as an integer; what is none counts as zero.
    #[expect(clippy::cast_possible_truncation, reason = "Go cuts the fraction off the same way")]
    pub(super) fn to_int64(&self, value: &Value<'a>) -> i64 {
        match &value.shape {
            Shape::Int(number, _) => *number,
            Shape::Float(number) => *number as i64,
            Shape::Bool(truth) => i64::from(*truth),
            Shape::Text(text) => {
                let text = text.as_str();
                let text = match (self.functions, text.split_once('.')) {
                    // Sprig's own conversion takes `5.0` for an integer, that of slim-sprig does not.
                    (crate::render::template::Functions::Sprig, Some((whole, zeros)))
                        if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') =>
                    {
                        whole
                    }
                    _ => text,
                };
                literal::integer(text).unwrap_or(0)
            }
            _ => 0,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Go converts an integer the same way")]
fn float64(value: &Value<'_>) -> f64 {
    match &value.shape {
        Shape::Int(number, _) => *number as f64,
        Shape::Float(number) => *number,
        Shape::Bool(truth) => f64::from(u8::from(*truth)),
        Shape::Text(text) => literal::float(text.as_str()).unwrap_or(0.0),
        _ => 0.0,
    }
}

fn to_int<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let number = machine.to_int64(&arguments[0]);
    Ok(kept(&arguments[0], Value::int(number)))
}

fn to_int64<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let number = machine.to_int64(&arguments[0]);
    Ok(kept(&arguments[0], Value::int64(number)))
}

fn to_float64<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(kept(&arguments[0], Value::float(float64(&arguments[0]))))
}

/// A conversion that prints as what it was made of keeps that one's origin.
fn kept<'a>(given: &Value<'a>, made: Value<'a>) -> Value<'a> {
    let origin = given.origin.filter(|_| show::scalar(given) == show::scalar(&made));
    Value { origin, ..made }
}

fn atoi<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = text(arguments, 0)?;
    let text = text.as_str();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.starts_with(['+', '-']) {
        return Ok(Value::int(0));
    }
    // A number beyond 64 bits stops at the end of the range.
    let clamped = match digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        true if text.starts_with('-') => i64::MIN,
        true => i64::MAX,
        false => 0,
    };
    Ok(kept(&arguments[0], Value::int(text.parse().unwrap_or(clamped))))
}

fn to_decimal<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = show::plain_text(machine, &arguments[0])?;
    Ok(Value::int64(i64::from_str_radix(&text, 8).unwrap_or(0)))
}

fn fold<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], join: impl Fn(i64, i64) -> i64) -> Outcome<Value<'a>> {
    let numbers = arguments.iter().map(|value| machine.to_int64(value));
    Ok(Value::int64(numbers.reduce(join).unwrap_or(0)))
}

fn add<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    fold(machine, arguments, i64::wrapping_add)
}

fn add1<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::int64(machine.to_int64(&arguments[0]).wrapping_add(1)))
}

fn sub<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    fold(machine, arguments, i64::wrapping_sub)
}

fn mul<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    fold(machine, arguments, i64::wrapping_mul)
}

fn divided<'a>(machine: &Machine<'a>, arguments: &[Value<'a>], by: impl Fn(i64, i64) -> i64) -> Outcome<Value<'a>> {
    let (one, other) = (machine.to_int64(&arguments[0]), machine.to_int64(&arguments[1]));
    if other == 0 {
        return Err(Fault::refused("a division by zero"));
    }
    Ok(Value::int64(by(one, other)))
}

fn div<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    divided(machine, arguments, i64::wrapping_div)
}

fn modulo<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    divided(machine, arguments, i64::wrapping_rem)
}

fn max<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    fold(machine, arguments, i64::max)
}

fn min<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    fold(machine, arguments, i64::min)
}

fn maxf<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::float(arguments.iter().map(float64).reduce(f64::max).unwrap_or(0.0)))
}

fn minf<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::float(arguments.iter().map(float64).reduce(f64::min).unwrap_or(0.0)))
}

fn ceil<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::float(float64(&arguments[0]).ceil()))
}

fn floor<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::float(float64(&arguments[0]).floor()))
}

fn round<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let from = match arguments.get(2).map(|value| &value.shape) {
        Some(Shape::Float(from)) => *from,
        _ => 0.5,
    };
    let power = 10f64.powi(i32::try_from(int(arguments, 1)?).unwrap_or(i32::MAX));
    let digit = power * float64(&arguments[0]);
    let rounded = if digit.fract() >= from { digit.ceil() } else { digit.floor() };
    Ok(Value::float(rounded / power))
}

/// The longest sequence that is made.
const LONGEST: i64 = 100_000;

/// Numbers from `start` on, short of `stop`.
fn steps(start: i64, stop: i64, step: i64) -> Outcome<Vec<i64>> {
    let wanted = i128::from(stop) - i128::from(start);
    if wanted == 0 || step == 0 || (wanted < 0) != (step < 0) {
        return Ok(Vec::new());
    }
    let count = (wanted.abs() - 1) / i128::from(step).abs() + 1;
    if count > i128::from(LONGEST) {
        return Err(Fault::refused(format!("a sequence of {count} numbers")));
    }
    let mut numbers = Vec::new();
    let mut number = i128::from(start);
    for _ in 0..count {
        numbers.push(i64::try_from(number).unwrap_or(i64::MAX));
        number += i128::from(step);
    }
    Ok(numbers)
}

fn number_list<'a>(machine: &mut Machine<'a>, numbers: &[i64]) -> Outcome<Value<'a>> {
    machine.budget.steps(numbers.len())?;
    let items = numbers.iter().map(|number| Value::int(*number)).collect();
    Ok(Value::new(Shape::List(machine.heap.add_list(items), Element::Int)))
}

fn until<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let stop = int(arguments, 0)?;
    let numbers = steps(0, stop, if stop < 0 { -1 } else { 1 })?;
    number_list(machine, &numbers)
}

fn until_step<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let numbers = steps(int(arguments, 0)?, int(arguments, 1)?, int(arguments, 2)?)?;
    number_list(machine, &numbers)
}

fn seq<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (start, step, end) = match arguments.len() {
        1 => (1, None, int(arguments, 0)?),
        2 => (int(arguments, 0)?, None, int(arguments, 1)?),
        3 => (int(arguments, 0)?, Some(int(arguments, 1)?), int(arguments, 2)?),
        _ => return Ok(Value::given("")),
    };
    let direction = if end < start { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok(Value::given(""));
    }
    let numbers = steps(start, end.saturating_add(direction), step.unwrap_or(direction))?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    machine.budget.steps(texts.len())?;
    Ok(Value::text(texts.join(" ")))
}
