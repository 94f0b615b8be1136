//! Tables of schedules, and checks against a reading of them that steps through every second.

use super::*;
use jiff::civil::{date, datetime};
use proptest::prelude::*;

fn parse(text: &str) -> Schedule {
    Schedule::parse(text).unwrap_or_else(|error| panic!("{text:?} is refused: {error}"))
}

fn runs(text: &str, from: DateTime, count: usize) -> String {
    describe_runs(&parse(text).next_runs(from, count))
}

fn phrase(text: &str) -> String {
    parse(text).frequency().to_string()
}

#[test]
fn accepts_what_the_operator_accepts() {
    for text in [
        "0 3 * * *",
        "  0\t0 3\n* * *  ",
        "0 0 3 ? * ?",
        "*/10 10-40/7 3/5 1,15 JAN-mar Mon-FRI",
        "0 0 0 31 2 *",
        "+5 007 0 * * *",
        "*-x */99 0 * * *",
        "1,,2 , 0 * * *",
        "0 0 0 * * 6/9223372036854775807",
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
        "@every 1h30m",
        "@every -5s",
        "@every 0",
        "@every +1.5h.5m2.s3ms4us5\u{b5}s6\u{3bc}s7ns",
        "@every 2562047h47m16.854775807s",
        "@every -2562047h47m16.854775808s",
    ] {
        parse(text);
    }
}

#[test]
fn refusals_say_what_was_expected_and_found() {
    for (text, reason) in [
        ("", "expected 5 or 6 fields, found 0"),
        ("0 3 * *", "expected 5 or 6 fields, found 4"),
        ("0 0 3 * * * 2027", "expected 5 or 6 fields, found 7"),
        (" @daily", "expected 5 or 6 fields, found 1"),
        (
            "TZ=Europe/Rome 0 0 3 * * *",
            "expected the seconds first, found the time zone `TZ=Europe/Rome`, which the operator does not read",
        ),
        (
            "CRON_TZ=UTC 3 * * * *",
            "expected the seconds first, found the time zone `CRON_TZ=UTC`, which the operator does not read",
        ),
        ("60 0 3 * * *", "expected at most 59 in the second field, found 60"),
        ("0 55-61 3 * * *", "expected at most 59 in the minute field, found 61"),
        ("0 0 24 * * *", "expected at most 23 in the hour field, found 24"),
        ("0 0 30/2 * * *", "expected at most 23 in the hour field, found 30"),
        ("0 0 3 0 * *", "expected at least 1 in the day-of-month field, found 0"),
        ("0 3 * * 0", "expected at least 1 in the month field, found 0"),
        ("0 3 * * mon", "expected a number or a name such as `jan` in the month field, found `mon`"),
        ("0 0 3 * january *", "expected a number or a name such as `jan` in the month field, found `january`"),
        ("0 0 3 * * 7", "expected at most 6 in the weekday field, found 7"),
        ("0 0 3 * * 1#2", "expected a number or a name such as `mon` in the weekday field, found `1#2`"),
        ("0 0 3 L * *", "expected a number in the day-of-month field, found `L`"),
        ("0 -5 3 * * *", "expected a number in the minute field, found ``"),
        ("0 5- 3 * * *", "expected a number in the minute field, found ``"),
        ("0 99999999999999999999 3 * * *", "expected a number in the minute field, found `99999999999999999999`"),
        (
            "0 0 3 * * fri-mon",
            "expected a range in the weekday field to end no earlier than it begins, found `fri-mon`",
        ),
        ("0 1-2-3 * * * *", "expected at most one `-` in each item of the minute field, found `1-2-3`"),
        ("0 */2/3 * * * *", "expected at most one `/` in each item of the minute field, found `*/2/3`"),
        ("0 */0 * * * *", "expected a step of 1 or more in the minute field, found `0`"),
        ("0 */-2 * * * *", "expected a step of 1 or more in the minute field, found `-2`"),
        ("0 */ * * * *", "expected a step of 1 or more in the minute field, found ``"),
        ("@reboot", "expected a descriptor such as `@daily` or `@every 6h`, found `@reboot`"),
        ("@Daily", "expected a descriptor such as `@daily` or `@every 6h`, found `@Daily`"),
        ("@daily ", "expected a descriptor such as `@daily` or `@every 6h`, found `@daily `"),
        ("@every", "expected a descriptor such as `@daily` or `@every 6h`, found `@every`"),
        ("@every 5", "expected a duration such as `6h` or `1h30m` after `@every `, found `5`"),
        ("@every  5m", "expected a duration such as `6h` or `1h30m` after `@every `, found ` 5m`"),
        ("@every 1d", "expected a duration such as `6h` or `1h30m` after `@every `, found `1d`"),
        ("@every .s", "expected a duration such as `6h` or `1h30m` after `@every `, found `.s`"),
        ("@every ", "expected a duration such as `6h` or `1h30m` after `@every `, found ``"),
        ("@every 2562048h", "expected a duration such as `6h` or `1h30m` after `@every `, found `2562048h`"),
    ] {
        let error = Schedule::parse(text).expect_err(text);
        assert_eq!(error.to_string(), reason, "{text:?}");
    }
}

#[test]
fn the_field_at_fault_can_be_found_in_the_text() {
    for (text, field, word) in [
        (" 0 0  24 * * *", Some(Field::Hour), "24"),
        ("0 3 * * 0", Some(Field::Month), "0"),
        ("0 0 3 * * mon,7", Some(Field::Weekday), "mon,7"),
        ("0 3 * *", None, ""),
    ] {
        let error = Schedule::parse(text).expect_err(text);
        assert_eq!(error.field(), field, "{text:?}");
        if let Some(field) = field {
            assert_eq!(&text[field_range(text, field).expect("the field is written")], word);
        }
    }
    assert_eq!(field_range("0 3 * * 1", Field::Weekday), None);
    assert_eq!(field_range("@every 5m", Field::Second), None);
}

#[test]
fn next_runs_follow_the_fields() {
    let from = datetime(2026, 11, 21, 0, 0, 0, 0);
    for (text, expected) in [
        ("0 3 * * *", "2026-11-21 00:03:00, 01:03:00, 02:03:00"),
        ("0 0 3 * * *", "2026-11-21 03:00:00, 2026-11-22 03:00:00, 2026-11-23 03:00:00"),
        ("*/25 0 0 * * *", "2026-11-21 00:00:25, 00:00:50, 2026-11-22 00:00:00"),
        ("0 3 * * 1", "2027-01-01 00:03:00, 01:03:00, 02:03:00"),
        ("0 0 0 31 * *", "2026-12-31 00:00:00, 2027-01-31 00:00:00, 2027-03-31 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00, 2032-02-29 00:00:00, 2036-02-29 00:00:00"),
        ("0 0 0 31 2 *", ""),
        ("0 0 0 , * *", ""),
        ("0 0 12 1 * mon", "2026-11-23 12:00:00, 2026-11-30 12:00:00, 2026-12-01 12:00:00"),
        ("0 0 12 */10 * mon", "2026-12-21 12:00:00, 2027-01-11 12:00:00, 2027-02-01 12:00:00"),
        ("0 0 12 1 * */6", "2027-05-01 12:00:00, 2027-08-01 12:00:00, 2028-01-01 12:00:00"),
        ("0 0 12 , * sat", "2026-11-21 12:00:00, 2026-11-28 12:00:00, 2026-12-05 12:00:00"),
        ("0 59 23 30-31 SEP-OCT *", "2027-09-30 23:59:00, 2027-10-30 23:59:00, 2027-10-31 23:59:00"),
        ("0 20/20 10-12/2 * * *", "2026-11-21 10:20:00, 10:40:00, 12:20:00"),
        ("@weekly", "2026-11-22 00:00:00, 2026-11-29 00:00:00, 2026-12-06 00:00:00"),
        ("@yearly", "2027-01-01 00:00:00, 2028-01-01 00:00:00, 2029-01-01 00:00:00"),
        ("@every 10h30m", "2026-11-21 10:30:00, 21:00:00, 2026-11-22 07:30:00"),
        ("@every 1.9s", "2026-11-21 00:00:01, 00:00:02, 00:00:03"),
        ("@every -1h", "2026-11-21 00:00:01, 00:00:02, 00:00:03"),
    ] {
        assert_eq!(runs(text, from, 3), expected, "{text:?}");
    }
}

#[test]
fn the_search_ends_with_the_fifth_year_to_come() {
    let leap_day = parse("0 0 0 29 2 *");
    let found = Some(datetime(2104, 2, 29, 0, 0, 0, 0));
    assert_eq!(leap_day.next_after(datetime(2098, 12, 31, 23, 59, 59, 0)), found);
    assert_eq!(leap_day.next_after(datetime(2098, 12, 31, 23, 59, 58, 0)), None);
    assert_eq!(leap_day.next_after(DateTime::MAX), None);
    assert_eq!(parse("@every 1h").next_after(DateTime::MAX), None);
}

#[test]
fn parts_of_a_second_are_dropped() {
    let half_past = datetime(2026, 1, 1, 0, 0, 4, 500_000_000);
    assert_eq!(parse("* * * * *").next_after(half_past), Some(datetime(2026, 1, 1, 0, 0, 5, 0)));
    assert_eq!(parse("@every 3s").next_after(half_past), Some(datetime(2026, 1, 1, 0, 0, 7, 0)));
}

#[test]
fn frequencies_read_as_they_are() {
    for (text, expected) in [
        ("0 3 * * *", "24 times a day"),
        ("0 0 * * *", "24 times a day"),
        ("0 3 1 * *", "once a day"),
        ("0 0 */12 * * *", "twice a day"),
        ("0 15 */4 * * *", "6 times a day"),
        ("0 0,30 9-10 * * *", "4 times a day"),
        ("*/5 * * * *", "every 5 seconds"),
        ("* * * * *", "every second"),
        ("0 * * * *", "every minute"),
        ("30 7/15 * * * *", "every 15 minutes"),
        ("0 */25 * * * *", "72 times a day"),
        ("0 3 * * 1", "24 times a day in January"),
        ("30 2 * * 1-5", "24 times a day from January to May"),
        ("0 0 3 * 2,8 *", "once a day in February and August"),
        ("0 0 3 * 1,4,7,10 *", "once a day in 4 months a year"),
        ("0 0 3 * * 0", "once a week"),
        ("0 0 3 * * mon,thu", "twice a week"),
        ("0 0 3 * * 1-5", "5 times a week"),
        ("0 0 3 1-31 * 1", "once a day"),
        ("0 0 3 , * 1", "once a week"),
        ("0 0 3 1 * ,", "once a month"),
        ("0 0 * * * 1", "24 times a day on Mondays"),
        ("0 0 * * * 6,0", "24 times a day on Sundays and Saturdays"),
        ("0 0 * * * 1-5", "24 times a day from Monday to Friday"),
        ("0 0 * * * */2", "24 times a day on 4 days a week"),
        ("0 */10 * * * sat", "every 10 minutes on Saturdays"),
        ("0 0 3 * 6 5", "once a day on Fridays in June"),
        ("0 0 3 1 * *", "once a month"),
        ("0 0 3 1,15 * *", "twice a month"),
        ("0 0 * 1 * *", "24 times a day on 1 day a month"),
        ("0 */30 * 1,15 * *", "every 30 minutes on 2 days a month"),
        ("0 0 3 1 */3 *", "4 times a year"),
        ("0 0 3 1 1 *", "once a year"),
        ("0 0 3 31 * *", "7 times a year"),
        ("0 0 3 29 * *", "11 or 12 times a year"),
        ("0 0 * 29 * *", "24 times a day on 11 or 12 days a year"),
        ("0 0 3 29 2 *", "at most once a year"),
        ("0 0 * 29 2 *", "24 times a day on at most 1 day a year"),
        ("0 0 3 1 1 1", "5 or 6 times a year"),
        ("0 0 3 13 * 5", "61 to 64 times a year"),
        ("0 0 3 31 2 *", "never"),
        (", 0 3 * * *", "never"),
        ("@hourly", "24 times a day"),
        ("@midnight", "once a day"),
        ("@weekly", "once a week"),
        ("@monthly", "once a month"),
        ("@annually", "once a year"),
        ("@every 1h", "every hour"),
        ("@every 90m", "every 90 minutes"),
        ("@every 24h", "every 24 hours"),
        ("@every 168h", "every 7 days"),
        ("@every 1h0m1s", "every 3601 seconds"),
        ("@every 1ms", "every second"),
    ] {
        assert_eq!(phrase(text), expected, "{text:?}");
    }
}

#[test]
fn the_classic_reading_is_set_against_the_operators() {
    for (text, classic, unlike) in [
        ("0 3 * * *", "0 0 3 * * *", "24 times a day, not once"),
        (" 0 3 1 * *", " 0 0 3 1 * *", "once a day, not once a month"),
        ("*/5 * * * *", "0 */5 * * * *", "every 5 seconds, not every 5 minutes"),
        ("0 3 * * 1", "0 0 3 * * 1", "24 times a day in January, not once a week"),
        ("30 2 1 1 *", "0 30 2 1 1 *", "once a month, not once a year"),
        ("0 0 1 1 1", "0 0 0 1 1 1", "once a year, not 5 or 6 times"),
    ] {
        let (meant, fixed) = Schedule::as_classic(text).unwrap_or_else(|| panic!("{text:?} has a classic reading"));
        assert_eq!(fixed, classic);
        assert_eq!(parse(text).frequency().unlike(&meant.frequency()).as_deref(), Some(unlike), "{text:?}");
    }
    for text in ["0 3 * * 7", "0 0 0 * *", "0 0 3 * * *", "@daily", "TZ=UTC 0 3 * * *", "0 3 * *", ""] {
        assert_eq!(Schedule::as_classic(text), None, "{text:?}");
    }
    let daily = parse("@daily").frequency();
    assert_eq!(daily.unlike(&parse("0 30 4 * * *").frequency()), None);
    assert!(parse("0 3 * * *").frequency().is_more_than(&daily));
    assert!(!daily.is_more_than(&parse("@every 24h").frequency()));
}

#[test]
fn fields_are_counted_after_a_time_zone() {
    for (text, count, offset, zone) in [
        ("0 3 * * *", 5, 0, None),
        ("  0 0 3 * * *", 6, 2, None),
        ("TZ=Asia/Tokyo  0 3 * * *", 5, 15, Some("TZ=Asia/Tokyo")),
        (" CRON_TZ= 0 3 * * *", 5, 10, Some("CRON_TZ=")),
        ("TZ=UTC", 0, 6, Some("TZ=UTC")),
        ("@every 5m", 0, 0, None),
        ("", 0, 0, None),
    ] {
        assert_eq!(Schedule::field_count(text), count, "{text:?}");
        assert_eq!(Schedule::insert_offset(text), offset, "{text:?}");
        assert_eq!(zone_prefix(text), zone, "{text:?}");
    }
    assert!(parse("@every 5m").is_descriptor());
    assert!(!parse("0 3 * * *").is_descriptor());
}

/// A field's text, the values it admits and whether a star is in it, made without the parser.
type Written = (String, Vec<u8>, bool);

fn item(least: u8, most: u8) -> impl Strategy<Value = Written> {
    let stepped = move |start: u8, end: u8, step: u8| (start..=end).step_by(step.into()).collect::<Vec<u8>>();
    prop_oneof![
        2 => Just(("*".to_owned(), stepped(least, most, 1), true)),
        1 => (1..=most + 3).prop_map(move |step| (format!("?/{step}"), stepped(least, most, step), true)),
        3 => (least..=most).prop_map(|value| (value.to_string(), vec![value], false)),
        1 => (least..=most, 1..=most).prop_map(move |(value, step)| {
            (format!("{value}/{step}"), stepped(value, most, step), false)
        }),
        2 => (least..=most, least..=most, 1..=most).prop_map(move |(a, b, step)| {
            let (start, end) = (a.min(b), a.max(b));
            (format!("{start}-{end}/{step}"), stepped(start, end, step), false)
        }),
    ]
}

fn field(least: u8, most: u8) -> impl Strategy<Value = Written> {
    proptest::collection::vec(item(least, most), 1..3).prop_map(|items| {
        let text = items.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>().join(",");
        let star = items.iter().any(|(.., star)| *star);
        (text, items.into_iter().flat_map(|(_, values, _)| values).collect(), star)
    })
}

#[derive(Debug)]
struct Model([Written; 6]);

impl Model {
    fn text(&self) -> String {
        self.0.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn admits(&self, field: usize, value: i8) -> bool {
        self.0[field].1.iter().any(|admitted| i32::from(*admitted) == i32::from(value))
    }

    fn has_date(&self, date: Date) -> bool {
        let (day, weekday) = (self.admits(3, date.day()), self.admits(5, date.weekday().to_sunday_zero_offset()));
        let both = self.0[3].2 || self.0[5].2;
        self.admits(4, date.month()) && if both { day && weekday } else { day || weekday }
    }

    fn has(&self, at: DateTime) -> bool {
        self.admits(0, at.second())
            && self.admits(1, at.minute())
            && self.admits(2, at.hour())
            && self.has_date(at.date())
    }

    fn runs_a_day(&self) -> u64 {
        let distinct = |field: usize| (0..60).filter(|value| self.admits(field, *value)).count() as u64;
        distinct(0) * distinct(1) * distinct(2)
    }
}

fn model() -> impl Strategy<Value = Model> {
    (field(0, 59), field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
        .prop_map(|(second, minute, hour, day, month, weekday)| Model([second, minute, hour, day, month, weekday]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_next_run_is_the_first_second_that_matches(model in model(), start in 0_i64..40 * 365 * 86_400) {
        let from = date(1996, 1, 1).at(0, 0, 0, 0) + start.seconds();
        let next = parse(&model.text()).next_after(from);
        if let Some(next) = next {
            prop_assert!(next > from && model.has(next), "{next}");
        }
        let mut at = from;
        for _ in 0..5_000 {
            at += 1.second();
            if Some(at) == next {
                break;
            }
            prop_assert!(!model.has(at), "{at} comes before {next:?}");
        }
        // Further off, whole days are enough.
        if let Some(next) = next {
            let mut day = at.date().tomorrow().expect("in range");
            while day < next.date() {
                prop_assert!(!model.has_date(day), "{day} comes before {next}");
                day = day.tomorrow().expect("in range");
            }
        }
    }

    #[test]
    fn the_frequency_is_what_a_count_of_the_days_gives(model in model()) {
        let frequency = parse(&model.text()).frequency();
        // 28 years in which every kind of year comes.
        let counts: Vec<u64> = (2001..=2028)
            .map(|year| {
                let days = std::iter::successors(Some(date(year, 1, 1)), |day| day.tomorrow().ok());
                days.take_while(|day| day.year() == year).filter(|day| model.has_date(*day)).count() as u64
            })
            .collect();
        let (least, most) = (counts.iter().min().expect("28 years"), counts.iter().max().expect("28 years"));
        let a_day = model.runs_a_day();
        prop_assert_eq!(frequency.runs_a_year(), least * a_day..=most * a_day);
        prop_assert_eq!(frequency == Frequency::Never, *most == 0);
    }

    #[test]
    fn the_days_told_are_those_that_match(model in model(), year in 1990_i16..2060) {
        let Frequency::Calendar { days, .. } = parse(&model.text()).frequency() else { return Ok(()) };
        for month in 1..=12 {
            let first = date(year, month, 1);
            let month_days = first.series(1.day()).take_while(|day| day.month() == month);
            let found: Vec<Date> = month_days.filter(|day| model.has_date(*day)).collect();
            let length = first.days_in_month() as usize;
            match &days {
                Days::All { months } => {
                    prop_assert_eq!(found.len(), if months.contains(&(month as u8)) { length } else { 0 });
                }
                Days::Weekdays { weekdays, months } => {
                    let told = |day: &Date| weekdays.contains(&(day.weekday().to_sunday_zero_offset() as u8));
                    prop_assert!(found.iter().all(told));
                    prop_assert_eq!(found.is_empty(), !months.contains(&(month as u8)));
                    prop_assert!(found.is_empty() || found.len() >= 4 * weekdays.len());
                }
                Days::Monthly { days } => prop_assert_eq!(found.len() as u32, *days),
                Days::Mixed => {}
            }
        }
    }

    #[test]
    fn no_text_is_too_odd_to_read(text in "(@every )?[-0-9*?/, +.a-zA-Z=\u{a0}\u{b5}#@]{0,24}") {
        let _ = field_range(&text, Field::Second).map(|range| text[range].len());
        prop_assert!(Schedule::insert_offset(&text) <= text.len());
        let _ = Schedule::as_classic(&text);
        if let Ok(schedule) = Schedule::parse(&text) {
            let runs = schedule.next_runs(datetime(2026, 2, 27, 23, 59, 59, 0), 4);
            prop_assert!(runs.is_sorted());
            prop_assert!(!schedule.frequency().to_string().is_empty());
        }
    }
}
