//! The dates that go-yaml recognises, and the text Go's JSON encoder makes of them.

use std::fmt::Write as _;

/// A date as written; the zone is not applied to the other fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    /// Minutes east of Greenwich.
    zone: i32,
}

/// Reads a date, alone or with a time: `2006-1-2`, `2006-1-2T15:4:5.9Z`, `2006-1-2t15:4:5+01:00`, `2006-1-2 15:4:5`.
#[inline]
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    match text.as_bytes() {
        [a, b, c, d, b'-', rest @ ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
            let year = [a, b, c, d].iter().fold(0, |year, byte| year * 10 + u32::from(**byte - b'0'));
            after_year(year, Cursor(rest))
        }
        _ => None,
    }
}

fn after_year(year: u32, mut at: Cursor<'_>) -> Option<Timestamp> {
    let month = at.number().filter(|month| (1..=12).contains(month))?;
    at.skip(b'-')?;
    let day = at.number().filter(|day| (1..=days_in(year, month)).contains(day))?;
    let mut date = Timestamp { year, month, day, ..Timestamp::default() };
    match at.0 {
        [] => return Some(date),
        [b'T' | b't', rest @ ..] => {
            at = time(&mut date, Cursor(rest))?;
            date.zone = at.zone()?;
        }
        [b' ', ..] => {
            while at.skip(b' ').is_some() {}
            at = time(&mut date, at)?;
        }
        _ => return None,
    }
    at.0.is_empty().then_some(date)
}

fn time<'t>(date: &mut Timestamp, mut at: Cursor<'t>) -> Option<Cursor<'t>> {
    date.hour = at.number().filter(|hour| *hour < 24)?;
    at.skip(b':')?;
    date.minute = at.number().filter(|minute| *minute < 60)?;
    at.skip(b':')?;
    date.second = at.number().filter(|second| *second < 60)?;
    date.nanosecond = at.fraction();
    Some(at)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Timestamp {
    /// RFC 3339 with the shortest fraction; none where the zone is out of that format's range.
    pub(super) fn to_rfc3339(self) -> Option<String> {
        let Timestamp { year, month, day, hour, minute, second, nanosecond, zone } = self;
        let east = zone.unsigned_abs();
        if east >= 24 * 60 {
            return None;
        }
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        // Writing into a String cannot fail.
        if nanosecond != 0 {
            let _ = write!(text, ".{nanosecond:09}");
            text.truncate(text.trim_end_matches('0').len());
        }
        if zone == 0 {
            text.push('Z');
        } else {
            let sign = if zone < 0 { '-' } else { '+' };
            let _ = write!(text, "{sign}{:02}:{:02}", east / 60, east % 60);
        }
        Some(text)
    }
}

/// What is left to read.
struct Cursor<'t>(&'t [u8]);

impl Cursor<'_> {
    fn skip(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// One or two digits.
    fn number(&mut self) -> Option<u32> {
        let (value, rest) = match self.0 {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
                (u32::from(tens - b'0') * 10 + u32::from(ones - b'0'), rest)
            }
            [ones @ b'0'..=b'9', rest @ ..] => (u32::from(ones - b'0'), rest),
            _ => return None,
        };
        self.0 = rest;
        Some(value)
    }

    /// Nanoseconds after a dot or comma, cut off after nine digits; a mark without digits is left where it is.
    fn fraction(&mut self) -> u32 {
        let [b'.' | b',', digits @ ..] = self.0 else { return 0 };
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return 0;
        }
        self.0 = &digits[length..];
        let digits = digits[..length].iter().map(|byte| u32::from(byte - b'0'));
        digits.chain(std::iter::repeat(0)).take(9).fold(0, |value, digit| value * 10 + digit)
    }

    /// `Z`, or a sign with two digits each for hours and minutes; Go lets 24 and 60 through.
    fn zone(&mut self) -> Option<i32> {
        if self.skip(b'Z').is_some() {
            return Some(0);
        }
        let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, rest @ ..] = self.0 else { return None };
        if ![h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let pair = |tens: &u8, ones: &u8| i32::from(tens - b'0') * 10 + i32::from(ones - b'0');
        let (hours, minutes) = (pair(h1, h2), pair(m1, m2));
        self.0 = rest;
        (hours <= 24 && minutes <= 60).then(|| (hours * 60 + minutes) * if *sign == b'-' { -1 } else { 1 })
    }
}
