//! Sizes: Kubernetes quantities, and the memory units of PostgreSQL as the operator reads them.

use crate::schema::value::Quantity;

/// An amount in thousand millionths, so that quantities compare exactly.
pub(super) type Amount = i128;

const NANO: i128 = 1_000_000_000;

/// A Kubernetes quantity such as `10Gi`, `1.5G`, `500m` or `1e3`; none where it is not one.
/// Amounts beyond 2^63 count as that, as for the API server.
pub(super) fn quantity(text: &str) -> Option<Amount> {
    Quantity::parse(text).map(Quantity::nanos)
}

/// A size such as `128MB` in a PostgreSQL parameter: a whole number alone is megabytes, every unit is a power of two, and
/// blanks may stand before the unit. None where the operator does not read it.
pub(super) fn memory(text: &str) -> Option<Amount> {
    if text.parse::<i64>().is_ok() {
        return quantity(&format!("{}Mi", text.trim_start_matches('+')));
    }
    let number: String = text.strip_suffix('B')?.chars().filter(|c| *c != ' ').collect();
    if let Ok(bytes) = number.parse::<i64>() {
        return Some(i128::from(bytes) * NANO);
    }
    quantity(&format!("{number}i").replace("ki", "Ki"))
}

/// The size that a text was most likely meant to be, in the units of Kubernetes: `20Gi` for `20GB`.
pub(super) fn near_quantity(text: &str) -> Option<String> {
    let (number, unit) = near(text)?;
    Some(format!("{number}{}i", if unit == 'k' { 'K' } else { unit }))
}

/// The size that a text was most likely meant to be, in the units of PostgreSQL: `1GB` for `1gb` or `1Gi`.
pub(super) fn near_memory(text: &str) -> Option<String> {
    near(text).map(|(number, unit)| format!("{number}{unit}B"))
}

fn near(text: &str) -> Option<(&str, char)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "k" | "kb" | "ki" | "kib" => 'k',
        "m" | "mb" | "mi" | "mib" => 'M',
        "g" | "gb" | "gi" | "gib" => 'G',
        "t" | "tb" | "ti" | "tib" => 'T',
        _ => return None,
    };
    (!number.is_empty()).then_some((number, unit))
}

/// Whether a duration such as `0s` or `0h0m` is no time at all.
pub(super) fn is_no_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit);
    !text.is_empty() && digits.clone().count() > 0 && digits.clone().all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_compared() {
        for (text, expected) in [
            ("1", Some(NANO)),
            ("1Gi", Some((1 << 30) * NANO)),
            ("1G", Some(NANO * NANO)),
            ("500m", Some(NANO / 2)),
            ("0.5", Some(NANO / 2)),
            (".5", Some(NANO / 2)),
            ("1.", Some(NANO)),
            ("1e3", Some(1000 * NANO)),
            ("1E3", Some(1000 * NANO)),
            ("1e-3", Some(NANO / 1000)),
            ("+2", Some(2 * NANO)),
            ("-1Gi", Some(-(1 << 30) * NANO)),
            ("8Ei", Some(i128::from(i64::MAX) * NANO)),
            ("99999999999999999999999999999999999999999", Some(i128::from(i64::MAX) * NANO)),
            ("0.0000000000000000000000000000000000000000001", Some(1)),
            ("", None),
            ("-", None),
            (".", None),
            ("1..2", None),
            ("1GB", None),
            ("1gi", None),
            ("1 Gi", None),
            ("ten", None),
            ("1ki", None),
            ("1K", None),
            ("1ex", None),
        ] {
            assert_eq!(quantity(text), expected, "{text}");
        }
    }

    #[test]
    fn memory_units_are_binary() {
        let of = |text: &str| quantity(text).expect("a quantity");
        for (text, expected) in [
            ("128", Some(of("128Mi"))),
            ("1B", Some(of("1"))),
            ("128kB", Some(of("128Ki"))),
            ("128MB", Some(of("128Mi"))),
            ("1GB", Some(of("1Gi"))),
            ("1 MB", Some(of("1Mi"))),
            ("1.5GB", Some(of("1.5Gi"))),
            ("-1GB", Some(of("-1Gi"))),
            ("1EB", Some(of("1Ei"))),
            ("1kb", None),
            ("1Mb", None),
            ("1G", None),
            ("1PB ", None),
            ("1.5 GiB", None),
            (" ", None),
            ("B", None),
            ("lots", None),
        ] {
            assert_eq!(memory(text), expected, "{text:?}");
        }
    }

    #[test]
    fn sizes_of_other_units_are_guessed() {
        for (text, kubernetes, postgres) in [
            ("20GB", Some("20Gi"), Some("20GB")),
            ("1gb", Some("1Gi"), Some("1GB")),
            ("512 kb", Some("512Ki"), Some("512kB")),
            ("large", None, None),
            ("1.5GB", None, None),
        ] {
            assert_eq!(near_quantity(text).as_deref(), kubernetes, "{text}");
            assert_eq!(near_memory(text).as_deref(), postgres, "{text}");
        }
    }

    #[test]
    fn no_time_is_told_from_some() {
        for (text, expected) in [("0", true), ("0s", true), ("0h0m", true), ("30s", false), ("", false), ("s", false)] {
            assert_eq!(is_no_time(text), expected, "{text}");
        }
    }
}
