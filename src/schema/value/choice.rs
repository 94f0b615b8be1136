//! Fields that take one of a few words.

use super::code;
use super::fault::shown;
use crate::config::closest;
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// Beyond this many, a list of what is allowed helps nobody.
const LISTED: usize = 12;

/// Checks that a text is one of `allowed`, to the letter. `what` is the name of the field, or says what it is.
pub fn one_of<'w>(value: Value<'w>, what: &str, allowed: &[&str], problems: &mut Problems<'w>) {
    let Some(text) = value.known().filter(|text| !allowed.contains(text)) else { return };
    let message = match text {
        "" => format!("`{what}` is empty"),
        text => format!("`{what}` cannot be `{}`", shown(text)),
    };
    let problem = Problem::new(code::ENUM, value, message);
    let list = || allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    problems.push(match closest(text, allowed.iter().copied()) {
        Some(near) if !text.is_empty() => {
            problem.label(format!("did you mean `{near}`?")).help(format!("write `{near}`"))
        }
        _ if allowed.len() <= LISTED => problem.help(format!("write one of {}", list())),
        _ => problem,
    });
}
