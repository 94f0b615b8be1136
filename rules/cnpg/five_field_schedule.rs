//! Backup schedules that were written for a reader of minutes first.

use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::View;
use crate::graph::cnpg::{ScheduledBackup, spec};
use crate::rule::{Context, Sink};
use crate::schema::schedule::{Field, Frequency, Schedule, ScheduleError, describe_runs, field_range};
use crate::source::Span;
use crate::yaml::{Style, Value};
use jiff::civil::{DateTime, Time};
use std::fmt::Write;

declare_rule! {
    /// ## What it does
    /// Finds a ScheduledBackup whose schedule has five fields, reads it both ways (as the operator does, seconds first,
    /// and as cron does, minutes first), and tells when it runs and when it was meant to.
    ///
    /// ## Why it matters
    /// The operator reads `second minute hour day-of-month month [weekday]`; the weekday may be left out. A line from a
    /// crontab is therefore accepted, with a warning that nobody sees under GitOps, and means something else: `0 3 * * *`
    /// is second 0 of minute 3 of every hour. One base backup a day becomes 24; Backup objects pile up by the thousand,
    /// the bucket fills, and the operator runs out of memory. Where a weekday 0 comes to stand in the month's place, the
    /// schedule is refused instead and no backup runs at all.
    ///
    /// ## Instead
    /// Put the seconds first: `0 0 3 * * *`. `@daily` and its like say the same to both readers.
    ///
    /// ## Limits
    /// Six fields, descriptors and what neither reader accepts are left alone; a schedule with a `${VAR}` is left
    /// undecided. Runs are counted in UTC, the operator's own time zone unless its Deployment sets another. A suspended
    /// ScheduledBackup is reported too, for it waits to be resumed. The grammar is that of robfig/cron 1.2, which every
    /// operator up to 1.30 uses.
    pub static RULE {
        id: "cnpg/five-field-schedule",
        summary: "a backup schedule has five fields, and the operator reads seconds first",
        scope: Resource(ScheduledBackup),
        codes: [
            "more-often" => (Error, High, Reliability),
            "less-often" => (Error, High, Reliability),
            "other-time" => (Error, High, Reliability),
            "refused" => (Error, High, Validity),
        ],
        since: "0.1.0",
        fixable: Safe,
        check: check,
    }
}

fn check<'w>(backup: &ScheduledBackup<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(schedule) = spec(backup.resource(), &["schedule"]) else { return };
    if let Some(reason) = schedule.unknown() {
        sink.undecided(schedule.span(), reason);
        return;
    }
    let Some(text) = schedule.known() else { return };
    let Some((meant, classic)) = Schedule::as_classic(text) else { return };
    if meant.frequency() == Frequency::Never {
        return;
    }
    let suspended = spec(backup.resource(), &["suspend"]).and_then(Value::as_bool) == Some(true);
    let reading = Reading::of(text, &meant, suspended);
    let midnight = context.world.today.to_datetime(Time::midnight());
    let edits = seconds_first(backup, schedule, text, context);
    let finding = sink
        .finding(reading.code, backup.resource(), schedule, reading.message)
        .underline(schedule.site())
        .label("five fields; CloudNativePG reads six, seconds first")
        .note(format!("{} {}", backup.title(), reading.note))
        .note(runs(reading.read.as_ref(), &meant, midnight));
    let cure = format!("to run {}, put the seconds first", meant.frequency());
    match edits {
        Some(edits) => finding.fix(cure, edits),
        None => finding.help(format!("{cure}: `{}`", classic.trim())),
    };
}

/// What the operator makes of five fields, set against what was meant.
struct Reading {
    code: &'static str,
    message: String,
    note: String,
    read: Option<Schedule>,
}

impl Reading {
    fn of(text: &str, meant: &Schedule, suspended: bool) -> Reading {
        let read = match Schedule::parse(text) {
            Ok(read) => read,
            Err(error) => return Reading::refused(&error),
        };
        let (frequency, wanted) = (read.frequency(), meant.frequency());
        let code = if frequency.is_more_than(&wanted) {
            "more-often"
        } else if wanted.is_more_than(&frequency) {
            "less-often"
        } else {
            "other-time"
        };
        let (runs, when) = if suspended { ("would run", "is suspended; resumed, it runs") } else { ("runs", "runs") };
        let message = match frequency.unlike(&wanted) {
            Some(contrast) => format!("backup {runs} {contrast}"),
            None => format!("backup {runs} {frequency}, but at other times than meant"),
        };
        Reading { code, message, note: format!("{when} at {}", in_words(text)), read: Some(read) }
    }

    fn refused(error: &ScheduleError) -> Reading {
        Reading {
            code: "refused",
            message: format!("the operator refuses this schedule: {error}"),
            note: "is not admitted, so it starts no backup".to_owned(),
            read: None,
        }
    }
}

/// The next runs by both readings.
fn runs(read: Option<&Schedule>, meant: &Schedule, from: DateTime) -> String {
    let next = |schedule: &Schedule| match schedule.next_runs(from, 3) {
        runs if runs.is_empty() => "never".to_owned(),
        runs => describe_runs(&runs),
    };
    let day = from.date();
    match read {
        Some(read) => format!("next runs from {day} UTC, as written: {}; as meant: {}", next(read), next(meant)),
        None => format!("next runs from {day} UTC, as meant: {}", next(meant)),
    }
}

/// The five fields as the operator reads them: `second 0 of minute 3 of every hour`.
fn in_words(text: &str) -> String {
    let field = |field: Field| field_range(text, field).map_or("*", |range| &text[range]);
    let mut words = String::new();
    for (unit, name, opening) in
        [(Field::Second, "second", ""), (Field::Minute, "minute", " of "), (Field::Hour, "hour", " of ")]
    {
        words.push_str(opening);
        words.push_str(&values(field(unit), name));
    }
    for (unit, name, opening) in [(Field::DayOfMonth, "day", " on "), (Field::Month, "month", " in ")] {
        if !is_star(field(unit)) {
            write!(words, "{opening}{}", values(field(unit), name)).expect("internal: a String takes all text");
        }
    }
    words
}

fn values(text: &str, name: &str) -> String {
    if is_star(text) {
        format!("every {name}")
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text.trim_start_matches('0');
        format!("{name} {}", if number.is_empty() { "0" } else { number })
    } else {
        format!("{name}s `{text}`")
    }
}

fn is_star(text: &str) -> bool {
    matches!(text, "*" | "?")
}

/// The edit that puts `0 ` in front of the first field; none where the text is not written just so, or where others
/// read the same bytes through an alias.
fn seconds_first<'w>(
    backup: &ScheduledBackup<'w>,
    schedule: Value<'w>,
    text: &str,
    context: &Context<'_, 'w>,
) -> Option<Vec<Edit>> {
    let span = schedule.origin().editable()?;
    let spec = spec(backup.resource(), &[])?;
    let own = schedule.site() == span && spec.site() == spec.span() && spec.span().contains(span);
    if !own {
        return None;
    }
    let between = Span { start: schedule.key_span()?.end, end: span.start, ..span };
    // An anchor means that other values may be read from the same bytes.
    if context.world.sources.slice(between).contains(['&', '!']) {
        return None;
    }
    let quote = match schedule.style()? {
        Style::Plain => "",
        Style::SingleQuoted => "'",
        Style::DoubleQuoted => "\"",
        Style::Literal | Style::Folded => return None,
    };
    let written = context.world.sources.slice(span);
    let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
    if inner != text {
        return None;
    }
    let at = span.start + (quote.len() + Schedule::insert_offset(text)) as u32;
    Some(vec![Edit { span: Span { start: at, end: at, ..span }, text: "0 ".to_owned() }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Option<Reading> {
        Schedule::as_classic(text).map(|(meant, _)| Reading::of(text, &meant, false))
    }

    #[test]
    fn both_readings_are_compared() {
        for (text, code, message) in [
            ("30 1 * * *", "more-often", "backup runs 24 times a day, not once"),
            ("*/20 * * * *", "more-often", "backup runs every 20 seconds, not every 20 minutes"),
            ("0 5 * * 6", "more-often", "backup runs 24 times a day in June, not once a week"),
            ("0 6 1 * *", "more-often", "backup runs once a day, not once a month"),
            ("5 4 3 2 1", "less-often", ""),
            ("0 0 4,5 * 4,5", "other-time", ""),
            (
                "0 0 3 * 0",
                "refused",
                "the operator refuses this schedule: expected at least 1 in the month field, found 0",
            ),
            ("15 2 * * sun", "refused", ""),
        ] {
            let reading = reading(text).expect(text);
            assert_eq!(reading.code, code, "{text}: {}", reading.message);
            if !message.is_empty() {
                assert_eq!(reading.message, message, "{text}");
            }
        }
    }

    #[test]
    fn a_suspended_one_waits_for_its_runs() {
        let (meant, _) = Schedule::as_classic("0 3 * * *").expect("five fields");
        let reading = Reading::of("0 3 * * *", &meant, true);
        assert_eq!(reading.message, "backup would run 24 times a day, not once");
        assert_eq!(reading.note, "is suspended; resumed, it runs at second 0 of minute 3 of every hour");
    }

    #[test]
    fn what_both_read_alike_or_neither_reads_is_left_alone() {
        for text in ["0 30 1 * * *", "@daily", "@every 6h", "0 2 * *", "0 61 * * *x", "TZ=UTC 0 3 * * *", "a b c d e"] {
            assert!(reading(text).is_none(), "{text}");
        }
    }

    #[test]
    fn fields_are_told_in_words() {
        for (text, words) in [
            ("0 3 * * *", "second 0 of minute 3 of every hour"),
            ("05 00 2 * *", "second 5 of minute 0 of hour 2"),
            ("*/15 * * * *", "seconds `*/15` of every minute of every hour"),
            ("0 5 1,13 * 6", "second 0 of minute 5 of hours `1,13` in month 6"),
            ("0 5 1 15 ?", "second 0 of minute 5 of hour 1 on day 15"),
        ] {
            assert_eq!(in_words(text), words, "{text}");
        }
    }

    #[test]
    fn runs_are_counted_from_midnight() {
        let from = jiff::civil::date(2030, 3, 31).to_datetime(Time::midnight());
        let (meant, _) = Schedule::as_classic("10 22 * * *").expect("five fields");
        let read = Schedule::parse("10 22 * * *").expect("accepted");
        assert_eq!(
            runs(Some(&read), &meant, from),
            "next runs from 2030-03-31 UTC, as written: 2030-03-31 00:22:10, 01:22:10, 02:22:10; \
             as meant: 2030-03-31 22:10:00, 2030-04-01 22:10:00, 2030-04-02 22:10:00"
        );
    }
}
