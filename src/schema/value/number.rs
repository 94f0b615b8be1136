//! Whole numbers, ports, and fields that take a number or a text.

use super::{Fault, code, port_name};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::ops::RangeInclusive;

/// A field that takes a number or a text, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrText<'w> {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'w str),
}

/// What stands in a field that takes a number or a text; none for anything else and for what is not known.
pub fn int_or_text<'w>(value: Value<'w>) -> Option<IntOrText<'w>> {
    value.as_int().map(IntOrText::Int).or_else(|| value.known().map(IntOrText::Text))
}

/// The number before the `%` sign of a text.
pub fn percent(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('%').filter(|digits| !digits.is_empty())?;
    // More digits than fit are a percentage all the same, and too large for any bound.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Checks that a number is `least` or more.
pub fn at_least<'w>(value: Value<'w>, what: &str, least: i64, problems: &mut Problems<'w>) {
    if let Some(number) = value.as_int().filter(|number| *number < least) {
        problems.push(
            Problem::new(code::BOUND, value, format!("`{what}` is {number}, which is less than {least}"))
                .help(format!("write {least} or more")),
        );
    }
}

/// Checks that a number lies in `range`.
pub fn in_range<'w>(value: Value<'w>, what: &str, range: RangeInclusive<i64>, problems: &mut Problems<'w>) {
    out_of(value, code::BOUND, what, &range, problems);
}

fn out_of<'w>(
    value: Value<'w>,
    code: &'static str,
    what: &str,
    range: &RangeInclusive<i64>,
    problems: &mut Problems<'w>,
) {
    let Some(number) = value.as_int().filter(|number| !range.contains(number)) else { return };
    let (least, most) = (range.start(), range.end());
    let message = match number < *least {
        true => format!("`{what}` is {number}, which is less than {least}"),
        false => format!("`{what}` is {number}, which is more than {most}"),
    };
    problems.push(Problem::new(code, value, message).help(format!("write a number from {least} to {most}")));
}

/// Checks that a number is a port, 1 to 65535.
pub fn port<'w>(value: Value<'w>, what: &str, problems: &mut Problems<'w>) {
    out_of(value, code::PORT, what, &(1..=65535), problems);
}

/// Whether a number is a port.
pub fn port_number(number: i64) -> bool {
    (1..=65535).contains(&number)
}

/// Checks the number or the name of a port.
pub fn port_or_name<'w>(value: Value<'w>, what: &str, problems: &mut Problems<'w>) {
    match int_or_text(value) {
        Some(IntOrText::Int(_)) => port(value, what, problems),
        Some(IntOrText::Text(name)) => {
            if let Some(mut fault) = port_name(name) {
                if name.parse().is_ok_and(port_number) {
                    fault.found = "a number in quotes is read as a name".to_owned();
                    fault.help = format!("write {name} without quotes");
                }
                problems.push(fault.problem(code::PORT, value, what));
            }
        }
        None => {}
    }
}

/// Checks a number that is not negative, or a percentage up to `most`.
pub fn int_or_percent<'w>(value: Value<'w>, what: &str, most: Option<u64>, problems: &mut Problems<'w>) {
    match int_or_text(value) {
        Some(IntOrText::Int(_)) => at_least(value, what, 0, problems),
        Some(IntOrText::Text(text)) => match (percent(text), most) {
            (None, _) => {
                let help = match text.parse::<u32>() {
                    Ok(number) => format!("write {number} without quotes, or `{number}%`"),
                    Err(_) => "write a whole number, or digits and `%`".to_owned(),
                };
                let fault = Fault::new("a number or a percentage", "a text", help);
                problems.push(fault.problem(code::BOUND, value, &format!("`{what}`")));
            }
            (Some(share), Some(most)) if share > most => problems.push(
                Problem::new(code::BOUND, value, format!("`{what}` is {text}, which is more than {most}%"))
                    .help(format!("write {most}% or less")),
            ),
            _ => {}
        },
        None => {}
    }
}
