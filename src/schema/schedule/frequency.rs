//! How often a schedule runs, counted from its fields, and the words for it: each phrase follows "backup runs".

use super::{Fields, Values};
use std::fmt;
use std::ops::RangeInclusive;

const DAY: u32 = 86_400;
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTH_LENGTHS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// How often a schedule runs. Its `Display` is a phrase such as `24 times a day` or `every 15 minutes on Mondays`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// No time there is matches the fields.
    Never,
    /// At one distance, counted from the last run and not from the clock.
    Every {
        /// The distance.
        seconds: u64,
    },
    /// On some days, at the same times on each.
    Calendar {
        /// The number of runs on a day that has any.
        a_day: u32,
        /// The distance between one run and the next, within a day and over midnight, if it is always the same.
        apart: Option<u32>,
        /// The days that have runs.
        days: Days,
        /// The least and greatest number of such days in a year.
        days_a_year: RangeInclusive<u32>,
    },
}

/// The days a schedule runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Days {
    /// All days of some months.
    All {
        /// The months, 1 to 12.
        months: Vec<u8>,
    },
    /// Some days of the week in some months.
    Weekdays {
        /// The days, 0 for Sunday to 6 for Saturday; fewer than seven.
        weekdays: Vec<u8>,
        /// The months, 1 to 12.
        months: Vec<u8>,
    },
    /// As many days in every month of the year.
    Monthly {
        /// How many.
        days: u32,
    },
    /// Anything else, of which only the days a year are told.
    Mixed,
}

/// What the two day fields come to, together.
enum DayRule {
    All,
    ByWeekday,
    ByDay,
    Mixed,
}

impl Frequency {
    /// Counts what the fields of a schedule come to.
    pub(super) fn of(fields: &Fields) -> Frequency {
        let a_day = fields.hour.count() * fields.minute.count() * fields.second.count();
        let days_a_year = days_a_year(fields);
        if a_day == 0 || *days_a_year.end() == 0 {
            return Frequency::Never;
        }
        let months: Vec<u8> = fields.month.iter().collect();
        let days = match day_rule(fields) {
            DayRule::All => Days::All { months },
            DayRule::ByWeekday => Days::Weekdays { weekdays: fields.weekday.iter().collect(), months },
            DayRule::ByDay if months.len() == 12 && fields.day.bits >> 29 == 0 => {
                Days::Monthly { days: fields.day.count() }
            }
            DayRule::ByDay | DayRule::Mixed => Days::Mixed,
        };
        Frequency::Calendar { a_day, apart: apart(fields, a_day), days, days_a_year }
    }

    /// The least and greatest number of runs in a calendar year.
    pub fn runs_a_year(&self) -> RangeInclusive<u64> {
        match self {
            Frequency::Never => 0..=0,
            Frequency::Every { seconds } => {
                let seconds = (*seconds).max(1);
                365 * u64::from(DAY) / seconds..=(366 * u64::from(DAY)).div_ceil(seconds)
            }
            Frequency::Calendar { a_day, days_a_year, .. } => {
                let runs = |days: &u32| u64::from(*a_day) * u64::from(*days);
                runs(days_a_year.start())..=runs(days_a_year.end())
            }
        }
    }

    /// Whether this runs more often than the other in any year.
    pub fn is_more_than(&self, other: &Frequency) -> bool {
        self.runs_a_year().start() > other.runs_a_year().end()
    }

    /// This frequency set against the one that was meant: `24 times a day, not once`. `None` if both read the same.
    pub fn unlike(&self, meant: &Frequency) -> Option<String> {
        let ((often, period), (meant_often, meant_period)) = (self.phrase(), meant.phrase());
        match (period == meant_period, often == meant_often) {
            (true, true) => None,
            (true, false) => Some(format!("{often}{period}, not {meant_often}")),
            (false, _) => Some(format!("{often}{period}, not {meant_often}{meant_period}")),
        }
    }

    /// The phrase in two parts: how often, and in or on what.
    fn phrase(&self) -> (String, String) {
        let (a_day, apart, days, days_a_year) = match self {
            Frequency::Never => return ("never".to_owned(), String::new()),
            Frequency::Every { seconds } => return (every(*seconds), String::new()),
            Frequency::Calendar { a_day, apart, days, days_a_year } => (*a_day, *apart, days, days_a_year),
        };
        // A distance of an hour and more says less than the number of runs: `24 times a day`.
        let (often, a) = match apart {
            Some(apart) if apart < 3600 => (every(apart.into()), ""),
            _ => (times(a_day), " a day"),
        };
        match days {
            Days::All { months } => (often, format!("{a}{}", in_months(months))),
            Days::Weekdays { weekdays, months } if a_day == 1 && months.len() == 12 => {
                (times(weekdays.len() as u32), " a week".to_owned())
            }
            Days::Weekdays { weekdays, months } => {
                (often, format!("{a}{}{}", on_weekdays(weekdays), in_months(months)))
            }
            Days::Monthly { days } if a_day == 1 => (times(*days), " a month".to_owned()),
            Days::Monthly { days } => (often, format!("{a} on {} a month", plural(u64::from(*days), "day"))),
            Days::Mixed if a_day == 1 => (times_between(days_a_year), " a year".to_owned()),
            Days::Mixed => (often, format!("{a} on {} a year", days_between(days_a_year))),
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (often, period) = self.phrase();
        write!(f, "{often}{period}")
    }
}

/// Which of the two day fields counts: a star in either asks for both, no star for one of them.
fn day_rule(fields: &Fields) -> DayRule {
    let all_days = fields.day.count() == 31;
    let all_weekdays = fields.weekday.count() == 7;
    if fields.day.star || fields.weekday.star {
        return match (all_days, all_weekdays) {
            (true, true) => DayRule::All,
            (true, false) => DayRule::ByWeekday,
            (false, true) => DayRule::ByDay,
            (false, false) => DayRule::Mixed,
        };
    }
    match (fields.day.count(), fields.weekday.count()) {
        _ if all_days || all_weekdays => DayRule::All,
        (0, _) => DayRule::ByWeekday,
        (_, 0) => DayRule::ByDay,
        _ => DayRule::Mixed,
    }
}

/// The least and greatest number of days with runs, over the 14 kinds of year there are.
fn days_a_year(fields: &Fields) -> RangeInclusive<u32> {
    let (mut least, mut most) = (u32::MAX, 0);
    for leap in [false, true] {
        for new_year in 0..7 {
            let mut weekday = new_year;
            let mut count = 0;
            for (index, length) in MONTH_LENGTHS.into_iter().enumerate() {
                let length = length + u8::from(leap && index == 1);
                let counts = fields.month.has(index as u8 + 1);
                for day in 1..=length {
                    count += u32::from(counts && fields.has_day(day, weekday));
                    weekday = (weekday + 1) % 7;
                }
            }
            least = least.min(count);
            most = most.max(count);
        }
    }
    least..=most
}

/// The distance between runs on a day, if it is always the same and holds over midnight.
fn apart(fields: &Fields, a_day: u32) -> Option<u32> {
    if !DAY.is_multiple_of(a_day) {
        return None;
    }
    let apart = DAY / a_day;
    let first = |values: Values| values.first_from(0).map(u32::from);
    let start = first(fields.hour)? * 3600 + first(fields.minute)? * 60 + first(fields.second)?;
    // As many distinct times as there are runs: if each of them has a run, there are no others.
    let even = (0..a_day).map(|index| (start + index * apart) % DAY).all(|time| {
        fields.hour.has((time / 3600) as u8)
            && fields.minute.has((time / 60 % 60) as u8)
            && fields.second.has((time % 60) as u8)
    });
    even.then_some(apart)
}

fn every(seconds: u64) -> String {
    let (count, unit) = match seconds {
        s if s.is_multiple_of(86_400) && s > 86_400 => (s / 86_400, "day"),
        s if s.is_multiple_of(3600) => (s / 3600, "hour"),
        s if s.is_multiple_of(60) => (s / 60, "minute"),
        s => (s, "second"),
    };
    if count == 1 { format!("every {unit}") } else { format!("every {count} {unit}s") }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn times_between(range: &RangeInclusive<u32>) -> String {
    match (*range.start(), *range.end()) {
        (least, most) if least == most => times(most),
        (0, most) => format!("at most {}", times(most)),
        (1, 2) => "once or twice".to_owned(),
        (least, most) if least + 1 == most => format!("{least} or {}", times(most)),
        (least, most) => format!("{least} to {most} times"),
    }
}

fn days_between(range: &RangeInclusive<u32>) -> String {
    match (*range.start(), *range.end()) {
        (least, most) if least == most => plural(most.into(), "day"),
        (0, most) => format!("at most {}", plural(most.into(), "day")),
        (least, most) if least + 1 == most => format!("{least} or {most} days"),
        (least, most) => format!("{least} to {most} days"),
    }
}

fn on_weekdays(weekdays: &[u8]) -> String {
    let name = |day: u8| WEEKDAYS[usize::from(day)];
    match weekdays {
        [one] => format!(" on {}s", name(*one)),
        [one, other] => format!(" on {}s and {}s", name(*one), name(*other)),
        [first, .., last] if is_run(weekdays) => format!(" from {} to {}", name(*first), name(*last)),
        _ => format!(" on {} days a week", weekdays.len()),
    }
}

/// The months as an ending; nothing for all twelve.
fn in_months(months: &[u8]) -> String {
    let name = |month: u8| MONTHS[usize::from(month) - 1];
    match months {
        _ if months.len() == 12 => String::new(),
        [one] => format!(" in {}", name(*one)),
        [one, other] => format!(" in {} and {}", name(*one), name(*other)),
        [first, .., last] if is_run(months) => format!(" from {} to {}", name(*first), name(*last)),
        _ => format!(" in {} months a year", months.len()),
    }
}

fn is_run(values: &[u8]) -> bool {
    values.windows(2).all(|pair| pair[0] + 1 == pair[1])
}
