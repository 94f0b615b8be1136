//! The order of keys in a printed mapping: that of go-yaml, which counts digits as numbers.

use std::cmp::Ordering;

/// Sorts entries by key. The order of go-yaml is no total order on every set of keys, so the sort is one
/// that gives an answer all the same.
pub(super) fn sort<T>(entries: Vec<(&str, T)>) -> Vec<(&str, T)> {
    if entries.len() < 2 {
        return entries;
    }
    let mut left = entries;
    let right = sort(left.split_off(left.len() / 2));
    let left = sort(left);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        merged.extend(if is_less(b.0, a.0) { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

fn is_less(a: &str, b: &str) -> bool {
    compare(a, b) == Ordering::Less
}

fn compare(left: &str, right: &str) -> Ordering {
    let (mut before, mut at) = ("", 0);
    loop {
        let (rest_left, rest_right) = (&left[at..], &right[at..]);
        let (Some(a), Some(b)) = (rest_left.chars().next(), rest_right.chars().next()) else {
            return rest_left.len().cmp(&rest_right.len());
        };
        if a != b {
            return differ(before, a, b, rest_left, rest_right);
        }
        at += a.len_utf8();
        before = &left[..at];
    }
}

/// The order of two texts that share `before` and go on with different characters.
fn differ(before: &str, a: char, b: char, left: &str, right: &str) -> Ordering {
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a.cmp(&b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero within a number is no leading zero.
    let inside =
        (a == '0' || b == '0') && before.chars().rev().take_while(char::is_ascii_digit).any(|digit| digit != '0');
    let (number_left, digits_left) = number(left, inside);
    let (number_right, digits_right) = number(right, inside);
    number_left.cmp(&number_right).then(digits_left.cmp(&digits_right)).then(a.cmp(&b))
}

/// The number at the start of a text and how many digits it has; very long ones wrap, as they do in Go.
fn number(text: &str, inside: bool) -> (i64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((i64::from(inside), 0), |(value, count), digit| {
        (value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: &[&'static str]) -> Vec<&'static str> {
        sort(keys.iter().map(|key| (*key, ())).collect()).into_iter().map(|(key, ())| key).collect()
    }

    #[test]
    fn numbers_count_and_letters_come_last() {
        for (keys, expected) in [
            (&["b", "a", ""][..], &["", "a", "b"][..]),
            (&["port10", "port9", "port09", "port1"], &["port1", "port9", "port09", "port10"]),
            (&["ab", "a-b", "a.b", "a_b", "aB"], &["a-b", "a.b", "a_b", "aB", "ab"]),
            (&["x1y", "x1-"], &["x1-", "x1y"]),
            (&["v100", "v10", "v1"], &["v1", "v10", "v100"]),
            (&["é", "z", "1"], &["1", "z", "é"]),
        ] {
            assert_eq!(sorted(keys), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_set_of_keys_is_refused_or_loses_one(mut keys in proptest::collection::vec("[a1_0.9é]{0,12}", 0..40)) {
            let mut found: Vec<String> =
                sort(keys.iter().map(|key| (key.as_str(), ())).collect()).into_iter().map(|(key, ())| key.to_owned()).collect();
            found.sort();
            keys.sort();
            proptest::prop_assert_eq!(found, keys);
        }
    }
}
