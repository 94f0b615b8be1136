//! What the operators make of a value, but for patterns. Whether they apply is decided elsewhere.

use super::parse::Replace;
use std::borrow::Cow;
use std::ops::Range;

/// The bytes of `value` from an offset up to a length, as the two words of the operator say. None where they would cut
/// a character in two, which leaves a text that nothing can read.
pub(super) fn slice(value: &str, offset: &str, length: Option<&str>) -> Option<Range<usize>> {
    let whole = 0..value.len();
    let Ok(offset) = offset.parse::<i64>() else { return Some(whole) };
    let start = position(value, offset, 0);
    let end = match length.map(str::parse::<i64>) {
        None => value.len(),
        Some(Err(_)) => return Some(whole),
        Some(Ok(length)) => position(value, length, start),
    };
    if end <= start || start >= value.len() {
        return Some(0..0);
    }
    let range = start..end.min(value.len());
    value.get(range.clone()).map(|_| range)
}

/// `count` bytes on from `from`, or back from the end of the value if it is negative.
fn position(value: &str, count: i64, from: usize) -> usize {
    let bytes = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 { value.len().saturating_sub(bytes) } else { from.saturating_add(bytes) }
}

/// `value` with other letters, in its first character or in all.
pub(super) fn case(value: &str, upper: bool, all: bool) -> String {
    let other = if upper { upper_letter } else { lower_letter };
    let mut letters = value.chars();
    if all {
        return letters.map(other).collect();
    }
    let first = letters.next().map(other);
    first.into_iter().chain(letters).collect()
}

/// The one letter that Go has for `letter` in upper case, where Rust may have several.
fn upper_letter(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        // Greek vowels with an iota below.
        _ => match letter {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => moved(letter, 8),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => moved(letter, 9),
            _ => letter,
        },
    }
}

fn lower_letter(letter: char) -> char {
    // Of the letters with a lower case only the dotted capital I has one of two characters: `i` and a dot.
    letter.to_lowercase().next().unwrap_or(letter)
}

fn moved(letter: char, by: u32) -> char {
    char::from_u32(u32::from(letter) + by).unwrap_or(letter)
}

/// `value` with one text in the place of another; none if it would be longer than `limit`. Without a `replacement`,
/// Flux leaves the start and the end of the value alone.
pub(super) fn replace<'v>(
    value: &'v str,
    which: Replace,
    pattern: &str,
    replacement: Option<&str>,
    limit: usize,
) -> Option<Cow<'v, str>> {
    let new = replacement.unwrap_or_default();
    let count = match which {
        Replace::All => value.matches(pattern).count(),
        Replace::First => usize::from(value.contains(pattern)),
        Replace::Start => usize::from(replacement.is_some() && value.starts_with(pattern)),
        Replace::End => usize::from(replacement.is_some() && value.ends_with(pattern)),
    };
    if count == 0 {
        return Some(Cow::Borrowed(value));
    }
    if new.len().saturating_mul(count).saturating_add(value.len()) > limit {
        return None;
    }
    Some(Cow::Owned(match which {
        Replace::All => value.replace(pattern, new),
        Replace::First | Replace::Start => value.replacen(pattern, new, 1),
        Replace::End => [&value[..value.len() - pattern.len()], new].concat(),
    }))
}
