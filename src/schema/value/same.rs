//! Whether two values say the same to the API server, in two states of an object.

use crate::yaml::{Kind, Value};

/// Whether two values say the same; none where one of them is not known. Fields without a value count as not there, and
/// `assumed` says what a field is where it is not written.
pub fn same(one: Value<'_>, other: Value<'_>, assumed: &[(&str, &str)]) -> Option<bool> {
    if one.unknown().is_some() || other.unknown().is_some() {
        return None;
    }
    if one.is_mapping() && other.is_mapping() {
        let written = |value: Value<'_>, beside: Value<'_>| {
            let told = value.entries().filter(|(_, child)| !child.is_null());
            all(told.map(|(key, child)| match beside.get(key).filter(|there| !there.is_null()) {
                Some(there) => same(child, there, assumed),
                None => Some(is_assumed(key, child, assumed)),
            }))
        };
        return all([written(one, other), written(other, one)].into_iter());
    }
    if one.is_sequence() && other.is_sequence() {
        if one.items().count() != other.items().count() {
            return Some(false);
        }
        return all(one.items().zip(other.items()).map(|(a, b)| same(a, b, assumed)));
    }
    if one.kind() == Kind::Number && other.kind() == Kind::Number {
        return Some(one.as_int() == other.as_int() && (one.as_int().is_some() || one.raw() == other.raw()));
    }
    Some(match (one.as_bool(), other.as_bool()) {
        (Some(one), Some(other)) => one == other,
        _ => one.kind() == other.kind() && one.raw() == other.raw(),
    })
}

fn is_assumed(key: &str, value: Value<'_>, assumed: &[(&str, &str)]) -> bool {
    assumed.iter().any(|(name, text)| *name == key && value.raw() == Some(text))
}

fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut together = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => together = None,
            Some(true) => {}
        }
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn what_says_the_same_is_no_change() {
        for (one, other, expected) in [
            ("{a: 1, b: x}", "{b: 'x', a: 1}", Some(true)),
            ("{a: 1}", "{a: 1, b: null}", Some(true)),
            ("{a: 1}", "{a: 1, mode: usual}", Some(true)),
            ("{a: 1}", "{a: 1, mode: other}", Some(false)),
            ("[1, 2]", "[2, 1]", Some(false)),
            ("[1]", "[1, 2]", Some(false)),
            ("{a: '1'}", "{a: 1}", Some(false)),
            ("{a: '${X}'}", "{a: y}", None),
            ("{a: '${X}', b: 1}", "{a: y, b: 2}", Some(false)),
            ("{a: true}", "{a: True}", Some(true)),
        ] {
            let (one, other) = (parse(SourceId(0), one.into()), parse(SourceId(1), other.into()));
            let value = |file| Value::new(file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
            let answer = same(value(&one), value(&other), &[("mode", "usual")]);
            assert_eq!(answer, expected, "{} and {}", one.text(), other.text());
        }
    }
}
