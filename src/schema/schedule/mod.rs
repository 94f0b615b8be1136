//! Backup schedules as the CloudNativePG operator reads them (robfig/cron 1.2, seconds first): when they run.
//! The grammar is in `parse`, how often a schedule runs in `frequency`; no rule and no wording of findings is here.

mod frequency;
mod parse;
#[cfg(test)]
mod tests;

pub use frequency::{Days, Frequency};
pub use parse::{Field, ScheduleError, field_range, go_duration, zone_prefix};

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use std::fmt::Write;

/// A schedule the operator accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    timing: Timing,
    descriptor: bool,
}

/// When a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Timing {
    /// At the times that match every field.
    Fields(Fields),
    /// This many whole seconds after the last run.
    Every(u64),
}

/// The six fields of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    second: Values,
    minute: Values,
    hour: Values,
    day: Values,
    month: Values,
    weekday: Values,
}

/// The values one field admits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Values {
    bits: u64,
    /// Whether `*` or `?` stands in the field, with or without a step; only the two day fields care.
    star: bool,
}

impl Values {
    fn has(self, value: u8) -> bool {
        self.bits & (1 << value) != 0
    }

    fn count(self) -> u32 {
        self.bits.count_ones()
    }

    /// The first admitted value that is `from` or more.
    fn first_from(self, from: u8) -> Option<u8> {
        let left = self.bits & (u64::MAX << from);
        (left != 0).then(|| left.trailing_zeros() as u8)
    }

    /// The admitted values, smallest first.
    fn iter(self) -> impl Iterator<Item = u8> {
        (0..u64::BITS as u8).filter(move |value| self.has(*value))
    }
}

impl Fields {
    /// Whether a day of the month that is also this weekday (0 is Sunday) is a day of a run, whatever the month.
    fn has_day(&self, day: u8, weekday: u8) -> bool {
        let (by_day, by_weekday) = (self.day.has(day), self.weekday.has(weekday));
        if self.day.star || self.weekday.star { by_day && by_weekday } else { by_day || by_weekday }
    }

    fn has_date(&self, date: Date) -> bool {
        self.month.has(date.month() as u8)
            && self.has_day(date.day() as u8, date.weekday().to_sunday_zero_offset() as u8)
    }

    /// The first time of a day with a run that is `from` or later.
    fn time_from(&self, from: Time) -> Option<Time> {
        let (hour, minute, second) = (from.hour() as u8, from.minute() as u8, from.second() as u8);
        let time = |hour: u8, minute: u8, second: u8| Time::new(hour as i8, minute as i8, second as i8, 0).ok();
        let (first_minute, first_second) = (self.minute.first_from(0)?, self.second.first_from(0)?);
        if self.hour.has(hour) {
            if self.minute.has(minute)
                && let Some(second) = self.second.first_from(second)
            {
                return time(hour, minute, second);
            }
            if let Some(minute) = self.minute.first_from(minute + 1) {
                return time(hour, minute, first_second);
            }
        }
        time(self.hour.first_from(hour + 1)?, first_minute, first_second)
    }

    /// The first run at `start` or later. The operator's library gives up after the fifth year to come.
    fn run_from(&self, start: DateTime) -> Option<DateTime> {
        let last_year = start.year().saturating_add(5);
        if self.has_date(start.date())
            && let Some(time) = self.time_from(start.time())
        {
            return Some(start.date().to_datetime(time));
        }
        let time = self.time_from(Time::midnight())?;
        let mut date = start.date().tomorrow().ok()?;
        while date.year() <= last_year {
            if self.has_date(date) {
                return Some(date.to_datetime(time));
            }
            let next_month = !self.month.has(date.month() as u8);
            date = if next_month { date.last_of_month().tomorrow() } else { date.tomorrow() }.ok()?;
        }
        None
    }
}

impl Schedule {
    /// Reads a schedule as the operator does: second, minute, hour, day of month, month and, if there is a sixth
    /// field, weekday; or a descriptor such as `@daily`.
    pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        let (timing, descriptor) = match text.starts_with('@') {
            true => (parse::descriptor(text)?, true),
            false => (Timing::Fields(parse::fields(text)?), false),
        };
        Ok(Schedule { timing, descriptor })
    }

    /// The number of fields in the text, without a time zone before them; 0 for a descriptor.
    pub fn field_count(text: &str) -> usize {
        if text.starts_with('@') {
            return 0;
        }
        text.split_whitespace().count() - usize::from(zone_prefix(text).is_some())
    }

    /// Whether the schedule was written as a descriptor, not as fields.
    pub fn is_descriptor(&self) -> bool {
        self.descriptor
    }

    /// The first run after this time, in the time zone of the operator. `None` if there is none up to the end of
    /// the fifth year to come.
    pub fn next_after(&self, civil: DateTime) -> Option<DateTime> {
        let whole = civil.with().subsec_nanosecond(0).build().ok()?;
        match &self.timing {
            Timing::Fields(fields) => fields.run_from(whole.checked_add(1.second()).ok()?),
            Timing::Every(seconds) => whole.checked_add(std::time::Duration::from_secs(*seconds)).ok(),
        }
    }

    /// The first `count` runs after `from`; fewer if the schedule runs out.
    pub fn next_runs(&self, from: DateTime, count: usize) -> Vec<DateTime> {
        std::iter::successors(self.next_after(from), |run| self.next_after(*run)).take(count).collect()
    }

    /// How often the schedule runs.
    pub fn frequency(&self) -> Frequency {
        match &self.timing {
            Timing::Fields(fields) => Frequency::of(fields),
            Timing::Every(seconds) => Frequency::Every { seconds: *seconds },
        }
    }

    /// What the author of five fields meant if the first was to be the minute, and the six-field text that says so.
    /// `None` if there are not five fields, if a time zone comes first (the operator reads none, so putting the
    /// seconds in would not help), or if the operator would refuse that text.
    pub fn as_classic(text: &str) -> Option<(Schedule, String)> {
        if Schedule::field_count(text) != 5 || zone_prefix(text).is_some() {
            return None;
        }
        let (before, after) = text.split_at(Schedule::insert_offset(text));
        let classic = format!("{before}0 {after}");
        Schedule::parse(&classic).ok().map(|schedule| (schedule, classic))
    }

    /// The byte offset in the text at which a field for the seconds goes: that of the first field.
    pub fn insert_offset(text: &str) -> usize {
        let start = text.len() - text.trim_start().len();
        match zone_prefix(text) {
            Some(zone) => text.len() - text[start + zone.len()..].trim_start().len(),
            None => start,
        }
    }
}

/// Runs as a short text, the date given only where it changes: `2026-11-21 22:03:00, 23:03:00, 2026-11-22 00:03:00`.
pub fn describe_runs(runs: &[DateTime]) -> String {
    let mut text = String::new();
    let mut last = None;
    for run in runs {
        let comma = if text.is_empty() { "" } else { ", " };
        let written = match last == Some(run.date()) {
            true => write!(text, "{comma}{}", run.time()),
            false => write!(text, "{comma}{} {}", run.date(), run.time()),
        };
        written.expect("internal: a String takes all text");
        last = Some(run.date());
    }
    text
}
