//! Quantities such as `500m` and `2Gi`, read and compared as the API server does (`resource.Quantity`): exact to a
//! billionth, rounded up, and capped at 2^63 - 1.

use super::Fault;
use crate::yaml::{Kind, Value};

const NANO: u32 = 9;
const MOST: i128 = i64::MAX as i128;

/// An amount in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity(0);

    /// A whole number.
    pub fn whole(number: i64) -> Quantity {
        Quantity(i128::from(number) * 10_i128.pow(NANO))
    }

    /// Reads a quantity; none where the API server cannot.
    pub fn parse(text: &str) -> Option<Quantity> {
        let text = text.trim();
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
        if integer.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let (base, exponent) = scale(suffix)?;
        let magnitude = magnitude(integer, fraction, base, exponent);
        Some(Quantity(if text.starts_with('-') { -magnitude } else { magnitude }))
    }

    /// Whether it is less than nothing.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.0 % 10_i128.pow(NANO) == 0
    }

    /// The amount, rounded up to a whole number.
    pub fn rounded_up(self) -> i64 {
        let one = 10_i128.pow(NANO);
        let whole = self.0.div_euclid(one) + i128::from(self.0.rem_euclid(one) != 0);
        i64::try_from(whole).unwrap_or(i64::MAX)
    }

    /// The amount in billionths.
    pub fn nanos(self) -> i128 {
        self.0
    }
}

/// The base and the exponent that a suffix stands for.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (10, 0),
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (2, 10),
        "Mi" => (2, 20),
        "Gi" => (2, 30),
        "Ti" => (2, 40),
        "Pi" => (2, 50),
        "Ei" => (2, 60),
        _ => {
            let digits = suffix.strip_prefix(['e', 'E'])?;
            let plain = digits.strip_prefix(['+', '-']).unwrap_or(digits);
            let are_digits = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
            (10, digits.parse::<i32>().ok().filter(|_| are_digits)?)
        }
    })
}

/// `integer.fraction * base^exponent` in billionths, rounded up and capped.
fn magnitude(integer: &str, fraction: &str, base: u32, exponent: i32) -> i128 {
    let most = MOST * 10_i128.pow(NANO);
    let digits: String = [integer, fraction.trim_end_matches('0')].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    let fraction = fraction.trim_end_matches('0').len() as i64;
    // How many decimal places the digits move to become billionths.
    let shift = i64::from(NANO) - fraction + if base == 10 { i64::from(exponent) } else { 0 };
    let length = digits.len() as i64 + shift;
    if length > 30 {
        return most;
    }
    if length < -1 {
        return 1;
    }
    // What is cut off counts as one more in the last place, for all is rounded up.
    let kept = if shift < 0 { (digits.len() as i64 + shift).max(0) as usize } else { digits.len() };
    let (kept, cut) = digits.split_at(kept.min(digits.len()));
    let number: i128 = kept.parse().unwrap_or(0);
    let number = number.saturating_mul(10_i128.pow(shift.clamp(0, 36) as u32));
    let number = if base == 2 { number.saturating_mul(1_i128 << exponent) } else { number };
    let number = number.saturating_add(i128::from(cut.bytes().any(|byte| byte != b'0')));
    number.min(most)
}

/// The quantity in a field: none where it is absent, not known or of another type.
///
/// # Errors
/// What keeps the API server from reading it.
pub fn quantity(value: Value<'_>) -> Option<Result<Quantity, Fault>> {
    match value.kind() {
        Kind::Number => {
            let number = value.as_int().map(Quantity::whole);
            number.or_else(|| Quantity::parse(&decimal(value)?)).map(Ok)
        }
        Kind::Text => {
            let text = value.known()?;
            Some(Quantity::parse(text).ok_or_else(|| fault(text)))
        }
        _ => None,
    }
}

/// A number of YAML as JSON carries it.
fn decimal(value: Value<'_>) -> Option<String> {
    match value.scalar()? {
        crate::yaml::Scalar::Int(number) => Some(number.to_string()),
        crate::yaml::Scalar::UInt(number) => Some(number.to_string()),
        crate::yaml::Scalar::Float(number) => Some(format!("{number:e}")),
        _ => None,
    }
}

fn fault(text: &str) -> Fault {
    let wanted = "a quantity";
    let number = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit() && c != '.').trim_end();
    let unit = text.trim()[number.len()..].trim();
    let meant = match unit.to_ascii_lowercase().as_str() {
        _ if number.is_empty() || Quantity::parse(number).is_none() => None,
        "k" => Some("k"),
        "ki" | "kib" => Some("Ki"),
        "mi" | "mib" => Some("Mi"),
        "g" | "gb" => Some("G"),
        "gi" | "gib" => Some("Gi"),
        "mb" => Some("M"),
        "kb" => Some("k"),
        "t" | "tb" => Some("T"),
        "ti" | "tib" => Some("Ti"),
        "b" => Some(""),
        _ => None,
    };
    let help = match meant {
        Some(meant) => format!("write `{number}{meant}`"),
        None => "write a number with a unit that Kubernetes knows, such as `500m`, `2`, `512Mi` or `10Gi`".to_owned(),
    };
    let found = match unit {
        _ if text.trim().is_empty() => "it is empty".to_owned(),
        "" => "not a number".to_owned(),
        _ if number.is_empty() => "not a number".to_owned(),
        _ if text.trim().contains(' ') => "a blank before the unit".to_owned(),
        unit => format!("there is no unit `{unit}`"),
    };
    Fault::new(wanted, found, help)
}
