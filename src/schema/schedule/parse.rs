//! The grammar of schedules: five or six fields, or a descriptor. Accepts and refuses what robfig/cron 1.2 does.

use super::{Fields, Timing, Values};
use std::fmt;
use std::ops::Range;

/// A field of a schedule, in the order the operator reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// 0 to 59.
    Second,
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12, or `jan` to `dec`.
    Month,
    /// 0 to 6, or `sun` to `sat`.
    Weekday,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Field {
    fn bounds(self) -> (u8, u8) {
        match self {
            Field::Second | Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::DayOfMonth => (1, 31),
            Field::Month => (1, 12),
            Field::Weekday => (0, 6),
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Field::Month => &MONTHS,
            Field::Weekday => &WEEKDAYS,
            _ => &[],
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Field::Month => "a number or a name such as `jan`",
            Field::Weekday => "a number or a name such as `mon`",
            _ => "a number",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Second => "second",
            Field::Minute => "minute",
            Field::Hour => "hour",
            Field::DayOfMonth => "day-of-month",
            Field::Month => "month",
            Field::Weekday => "weekday",
        })
    }
}

/// Why the operator refuses a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Neither five nor six fields.
    #[error("expected 5 or 6 fields, found {found}")]
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// A time zone before the fields, which later versions of the library read and the operator's does not.
    #[error("expected the seconds first, found the time zone `{found}`, which the operator does not read")]
    Zone {
        /// The whole word, such as `TZ=Europe/Berlin`.
        found: String,
    },
    /// Something that is no number, nor a name this field knows.
    #[error("expected {} in the {field} field, found `{found}`", field.expected())]
    NotANumber {
        /// The field it is in.
        field: Field,
        /// The text in question; may be empty.
        found: String,
    },
    /// A value below the field's least.
    #[error("expected at least {least} in the {field} field, found {found}")]
    TooSmall {
        /// The field it is in.
        field: Field,
        /// The least value the field takes.
        least: u8,
        /// The value.
        found: u64,
    },
    /// A value above the field's greatest.
    #[error("expected at most {most} in the {field} field, found {found}")]
    TooLarge {
        /// The field it is in.
        field: Field,
        /// The greatest value the field takes.
        most: u8,
        /// The value.
        found: u64,
    },
    /// A range that ends before it begins.
    #[error("expected a range in the {field} field to end no earlier than it begins, found `{found}`")]
    Backwards {
        /// The field it is in.
        field: Field,
        /// The item of the field's list.
        found: String,
    },
    /// A step that is no number, negative or 0.
    #[error("expected a step of 1 or more in the {field} field, found `{found}`")]
    Step {
        /// The field it is in.
        field: Field,
        /// The text after the slash.
        found: String,
    },
    /// More than one `-` or `/` in an item of a list.
    #[error("expected at most one `{mark}` in each item of the {field} field, found `{found}`")]
    Repeated {
        /// The field it is in.
        field: Field,
        /// The character there is too much of.
        mark: char,
        /// The item of the field's list.
        found: String,
    },
    /// An `@` word that is not known.
    #[error("expected a descriptor such as `@daily` or `@every 6h`, found `{found}`")]
    Descriptor {
        /// The whole text.
        found: String,
    },
    /// An `@every` without a duration the operator can read.
    #[error("expected a duration such as `6h` or `1h30m` after `@every `, found `{found}`")]
    Duration {
        /// The text after `@every` and one blank.
        found: String,
    },
}

impl ScheduleError {
    /// The field that is at fault, where it is one.
    pub fn field(&self) -> Option<Field> {
        use ScheduleError::*;
        match self {
            NotANumber { field, .. }
            | TooSmall { field, .. }
            | TooLarge { field, .. }
            | Backwards { field, .. }
            | Step { field, .. }
            | Repeated { field, .. } => Some(*field),
            FieldCount { .. } | Zone { .. } | Descriptor { .. } | Duration { .. } => None,
        }
    }
}

/// The time zone written before the fields, as `TZ=Europe/Berlin` or `CRON_TZ=Europe/Berlin`, whole.
pub fn zone_prefix(text: &str) -> Option<&str> {
    text.split_whitespace().next().filter(|word| word.starts_with("TZ=") || word.starts_with("CRON_TZ="))
}

/// The bytes of the text that hold a field, read as the operator reads it. `None` for a field that is not written.
pub fn field_range(text: &str, field: Field) -> Option<Range<usize>> {
    if text.starts_with('@') {
        return None;
    }
    let word = text.split_whitespace().nth(field as usize)?;
    let start = word.as_ptr() as usize - text.as_ptr() as usize;
    Some(start..start + word.len())
}

/// Reads a schedule that is written as fields.
pub(super) fn fields(text: &str) -> Result<Fields, ScheduleError> {
    if let Some(zone) = zone_prefix(text) {
        return Err(ScheduleError::Zone { found: zone.to_owned() });
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let [second, minute, hour, day, month, rest @ ..] = words.as_slice() else {
        return Err(ScheduleError::FieldCount { found: words.len() });
    };
    let weekday = match rest {
        [] => "*",
        [weekday] => weekday,
        _ => return Err(ScheduleError::FieldCount { found: words.len() }),
    };
    Ok(Fields {
        second: list(second, Field::Second)?,
        minute: list(minute, Field::Minute)?,
        hour: list(hour, Field::Hour)?,
        day: list(day, Field::DayOfMonth)?,
        month: list(month, Field::Month)?,
        weekday: list(weekday, Field::Weekday)?,
    })
}

/// Reads a field: items between commas, of which empty ones count for nothing.
fn list(text: &str, field: Field) -> Result<Values, ScheduleError> {
    let mut values = Values::default();
    for text in text.split(',').filter(|item| !item.is_empty()) {
        let item = item(text, field)?;
        values.bits |= item.bits;
        values.star |= item.star;
    }
    Ok(values)
}

/// Reads `*`, `?`, `N` or `N-M`, with or without `/STEP`.
fn item(text: &str, field: Field) -> Result<Values, ScheduleError> {
    let (least, most) = field.bounds();
    let mut slashes = text.split('/');
    let range = slashes.next().unwrap_or_default();
    let step = slashes.next();
    let mut hyphens = range.split('-');
    let low = hyphens.next().unwrap_or_default();
    let star = matches!(low, "*" | "?");
    // What follows a star and a hyphen is never looked at: `*-x` is `*`.
    let (start, end) = if star {
        (u64::from(least), u64::from(most))
    } else {
        let start = value(low, field)?;
        match (hyphens.next(), hyphens.next()) {
            (None, _) if step.is_some() => (start, u64::from(most)),
            (None, _) => (start, start),
            (Some(high), None) => (start, value(high, field)?),
            (Some(_), Some(_)) => return Err(ScheduleError::Repeated { field, mark: '-', found: text.to_owned() }),
        }
    };
    if slashes.next().is_some() {
        return Err(ScheduleError::Repeated { field, mark: '/', found: text.to_owned() });
    }
    if start < u64::from(least) {
        return Err(ScheduleError::TooSmall { field, least, found: start });
    }
    // `70/5` runs to the field's end, so that only its start can be too large.
    if let Some(found) = [end, start].into_iter().find(|value| *value > u64::from(most)) {
        return Err(ScheduleError::TooLarge { field, most, found });
    }
    if start > end {
        return Err(ScheduleError::Backwards { field, found: text.to_owned() });
    }
    let step = match step {
        None => 1,
        Some(step) => number(step)
            .filter(|step| *step > 0)
            .ok_or_else(|| ScheduleError::Step { field, found: step.to_owned() })?,
    };
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    let bits = (start..=end).step_by(step).fold(0, |bits, value| bits | 1 << value);
    Ok(Values { bits, star })
}

/// Reads a number, or a name where the field has names.
fn value(text: &str, field: Field) -> Result<u64, ScheduleError> {
    if let Some(index) = field.names().iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return Ok(index as u64 + u64::from(field == Field::Month));
    }
    number(text).ok_or_else(|| ScheduleError::NotANumber { field, found: text.to_owned() })
}

/// Reads what Go takes for an integer, if it is not negative: digits, a plus sign before them if need be.
fn number(text: &str) -> Option<u64> {
    text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok())
}

/// Reads a schedule that begins with `@`. The names are told by case, and no blank may stand around them.
pub(super) fn descriptor(text: &str) -> Result<Timing, ScheduleError> {
    let text = match text {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" | "@midnight" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        _ => {
            let Some(duration) = text.strip_prefix("@every ") else {
                return Err(ScheduleError::Descriptor { found: text.to_owned() });
            };
            let nanoseconds =
                go_duration(duration).ok_or_else(|| ScheduleError::Duration { found: duration.to_owned() })?;
            return Ok(Timing::Every(u64::try_from(nanoseconds / 1_000_000_000).unwrap_or(0).max(1)));
        }
    };
    fields(text).map(Timing::Fields)
}

/// Reads a duration as Go writes them, such as `1h30m` or `-1.5h`, in nanoseconds. `None` if it is not one, or is more
/// than 64 bits hold.
pub fn go_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    const LIMIT: u128 = 1 << 63;
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let unit = unit(&after[..end])?;
        rest = &after[end..];
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
        total += whole * unit;
        // A unit is at most 3.6e12 nanoseconds, so later digits cannot count.
        let fraction = &fraction[..fraction.len().min(15)];
        if !fraction.is_empty() {
            total += fraction.parse::<u128>().ok()? * unit / 10_u128.pow(fraction.len() as u32);
        }
        if total > LIMIT {
            return None;
        }
    }
    let total = i128::try_from(total).ok()?;
    i64::try_from(if negative { -total } else { total }).ok()
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The nanoseconds in one unit of a Go duration. Both micro signs of Unicode count.
fn unit(name: &str) -> Option<u128> {
    Some(match name {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}
