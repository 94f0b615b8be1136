//! What is asked of one value beside its type: words, patterns, bounds, lengths, formats.

use super::text::{a_shape, plain};
use super::{Walk, dotted};
use crate::config::closest;
use crate::schema::Problem;
use crate::schema::format::Format;
use crate::schema::node::{Limits, Node, Shape};
use crate::yaml::{Kind, Value};
use serde_json::Value as Json;

/// Longer lists of words help nobody.
const LISTED: usize = 12;

/// Longer patterns say nothing to a reader.
const SHOWN: usize = 80;

/// Longer values are not shown.
const VALUE: usize = 60;

pub(super) fn check<'w>(walk: &mut Walk<'_, 'w>, value: Value<'w>, kind: Kind, node: &Node, limits: &Limits) {
    match kind {
        Kind::Text => text(walk, value, limits),
        Kind::Number => number(walk, value, limits),
        Kind::Sequence => {
            let count = value.items().count() as u64;
            sizes(walk, value, count, limits.items, "item", "items");
        }
        Kind::Mapping => {
            let count = value.entries().filter(|(_, child)| !child.is_null()).count() as u64;
            sizes(walk, value, count, limits.fields, "field", "fields");
        }
        _ => {}
    }
    if !is_allowed(value, &limits.allowed) {
        not_allowed(walk, value, node, limits);
    }
}

/// Whether a value is one of those that are listed.
pub(super) fn is_allowed(value: Value<'_>, allowed: &[Json]) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let text = value.as_str();
    allowed.iter().any(|word| match word {
        Json::String(word) => text == Some(word),
        Json::Bool(word) => value.as_bool() == Some(*word),
        Json::Number(number) => value.kind() == Kind::Number && as_number(value) == number.as_f64(),
        Json::Null => value.is_null(),
        // No schema in use lists collections.
        Json::Array(_) | Json::Object(_) => true,
    })
}

/// A number as the API server compares it.
pub(super) fn as_number(value: Value<'_>) -> Option<f64> {
    use crate::yaml::Scalar;
    match value.scalar()? {
        Scalar::Int(value) => Some(value as f64),
        Scalar::UInt(value) => Some(value as f64),
        Scalar::Float(value) => Some(value),
        _ => None,
    }
}

/// Whether a pattern, a length or a format refuses a text, a bound a number, a size a collection.
pub(super) fn holds(walk: &Walk<'_, '_>, value: Value<'_>, kind: Kind, limits: &Limits) -> bool {
    let within = |count: u64, (least, most): (Option<u64>, Option<u64>)| {
        least.is_none_or(|least| count >= least) && most.is_none_or(|most| count <= most)
    };
    let fits = match kind {
        Kind::Text => {
            let text = value.as_str().unwrap_or_default();
            let matches = limits.pattern.and_then(|number| walk.arena.pattern(number).regex());
            matches.is_none_or(|regex| regex.is_match(text))
                && within(text.chars().count() as u64, limits.length)
                && limits.format.is_none_or(|format| format.accepts(text))
        }
        Kind::Number => as_number(value).is_none_or(|number| out_of_bounds(number, limits).is_none()),
        Kind::Sequence => within(value.items().count() as u64, limits.items),
        Kind::Mapping => within(value.entries().count() as u64, limits.fields),
        _ => true,
    };
    fits && is_allowed(value, &limits.allowed)
}

fn not_allowed<'w>(walk: &mut Walk<'_, 'w>, value: Value<'w>, node: &Node, limits: &Limits) {
    let words: Vec<String> = limits.allowed.iter().map(plain).collect();
    let shown = shown(walk, value);
    let listed = |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let message = format!("{} is {shown}, which it does not take", walk.place());
    let mut problem = Problem::new("enum", value, message).label(match &words[..] {
        [only] => format!("only `{only}` is taken"),
        _ => format!("none of the {} values it takes", words.len()),
    });
    let near = value.as_str().and_then(|text| closest(text, words.iter().map(String::as_str)));
    problem = match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if words.len() <= LISTED => problem.help(format!("write one of {}", listed(&words))),
        None => {
            problem.help(format!("write {} of a fixed list, such as {}", a_shape(&node.shape), listed(&words[..3])))
        }
    };
    walk.tell(problem);
}

/// The value for a message: never of a Secret, never long.
fn shown(walk: &Walk<'_, '_>, value: Value<'_>) -> String {
    match value.raw() {
        Some("") => "empty".to_owned(),
        Some(text) if !walk.secret && !walk.encrypted && text.len() <= VALUE && !text.contains('\n') => {
            format!("`{text}`")
        }
        _ => "a value".to_owned(),
    }
}

fn text<'w>(walk: &mut Walk<'_, 'w>, value: Value<'w>, limits: &Limits) {
    let Some(text) = value.as_str() else { return };
    let (least, most) = limits.length;
    let length = if limits.length == (None, None) { 0 } else { text.chars().count() as u64 };
    if let Some(least) = least.filter(|least| length < *least) {
        let message = if text.is_empty() {
            format!("{} is empty", walk.place())
        } else {
            format!("{} has {length} of at least {least} characters", walk.place())
        };
        return walk.tell(Problem::new("length", value, message).label("too short"));
    }
    if let Some(most) = most.filter(|most| length > *most) {
        let message = format!("{} has {length} characters, at most {most} are taken", walk.place());
        return walk.tell(Problem::new("length", value, message).label("too long"));
    }
    if let Some(format) = limits.format.filter(|format| !format.accepts(text)) {
        let shown = shown(walk, value);
        let message = if format == Format::Byte {
            format!("{} is not base64", walk.place())
        } else {
            format!("{} is {shown}, which is not {}", walk.place(), format.title())
        };
        let problem = Problem::new("format", value, message).label(format!("{} belongs here", format.title()));
        return walk.tell(match (format, walk.secret) {
            (Format::Byte, true) => problem.help("write plain text under `stringData` instead"),
            _ => problem,
        });
    }
    let Some(number) = limits.pattern else { return };
    let pattern = walk.arena.pattern(number);
    if pattern.regex().is_some_and(|regex| !regex.is_match(text)) {
        let shown = shown(walk, value);
        let message = format!("{} is {shown}, which its pattern refuses", walk.place());
        let problem = Problem::new("pattern", value, message).label("not of the form it takes");
        let note = (pattern.text.len() <= SHOWN).then(|| format!("the pattern is `{}`", pattern.text));
        walk.tell(match note {
            Some(note) => problem.note(note),
            None => problem,
        });
    }
}

/// Why a number is out of bounds, if it is.
fn out_of_bounds(number: f64, limits: &Limits) -> Option<String> {
    if let Some(least) = limits.min.filter(|least| number < *least) {
        return Some(format!("the least is {least}"));
    }
    if let Some(most) = limits.max.filter(|most| number > *most) {
        return Some(format!("the most is {most}"));
    }
    if let Some(bound) = limits.above.filter(|bound| number <= *bound) {
        return Some(format!("it must be more than {bound}"));
    }
    if let Some(bound) = limits.below.filter(|bound| number >= *bound) {
        return Some(format!("it must be less than {bound}"));
    }
    limits
        .multiple
        .filter(|step| *step > 0.0 && (number / step).fract().abs() > 1e-9)
        .map(|step| format!("it must be a multiple of {step}"))
}

fn number<'w>(walk: &mut Walk<'_, 'w>, value: Value<'w>, limits: &Limits) {
    let Some(number) = as_number(value) else { return };
    let Some(why) = out_of_bounds(number, limits) else { return };
    let message = format!("{} is {}, {why}", walk.place(), value.raw().unwrap_or_default());
    walk.tell(Problem::new("bound", value, message).label(why));
}

fn sizes<'w>(
    walk: &mut Walk<'_, 'w>,
    value: Value<'w>,
    count: u64,
    (least, most): (Option<u64>, Option<u64>),
    one: &str,
    many: &str,
) {
    let least = least.filter(|least| count < *least);
    let most = most.filter(|most| count > *most);
    if walk.partial || least.or(most).is_none() {
        return;
    }
    let place = dotted(&walk.way);
    let noun = |count: u64| if count == 1 { one.to_owned() } else { many.to_owned() };
    let place = if place.is_empty() { "the object".to_owned() } else { format!("`{place}`") };
    let (message, label) = if let Some(least) = least {
        let has = if count == 0 { "is empty".to_owned() } else { format!("has {count} {}", noun(count)) };
        (
            format!(
                "{}: {place} {has}, at least {least} {} needed",
                walk.title(),
                if least == 1 { "is" } else { "are" }
            ),
            "too few",
        )
    } else if let Some(most) = most {
        (
            format!(
                "{}: {place} has {count} {}, at most {most} {} taken",
                walk.title(),
                noun(count),
                if most == 1 { "is" } else { "are" }
            ),
            "too many",
        )
    } else {
        return;
    };
    let underline = value.key_or_span();
    walk.tell(Problem::new("count", value, message).underline(underline).label(label));
}

impl<'w> Walk<'_, 'w> {
    /// A whole number, and whether it fits.
    pub(super) fn integer(&mut self, value: Value<'w>, node: &Node) {
        use crate::yaml::Scalar;
        let format = node.limits.as_ref().and_then(|limits| limits.format);
        let is_either = matches!(node.shape, Shape::IntOrString);
        let whole = match value.scalar() {
            Some(Scalar::Int(number)) => Some(i128::from(number)),
            Some(Scalar::UInt(number)) => Some(i128::from(number)),
            Some(Scalar::Float(number)) if number.fract() == 0.0 && number.abs() < 1e30 => Some(number as i128),
            _ => None,
        };
        let Some(whole) = whole else { return self.wrong_type(value, &node.shape) };
        let bits = match format {
            Some(Format::Int32) => 31,
            _ if is_either && !self.custom => 31,
            _ => 63,
        };
        if whole >= 1 << bits || whole < -(1 << bits) {
            let message = format!("{} is {whole}, which does not fit into {} bits", self.place(), bits + 1);
            self.tell(Problem::new("bound", value, message).label("too large a number"));
        }
    }
}
