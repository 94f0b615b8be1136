//! CronJobs.

use super::{counts, job};
use crate::schema::value::{Text, code, cron, field, flag, one_of, shown, text, time_zone};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(schedule) = field(spec, "schedule")
        && let Some(text) = schedule.known()
        && let Some(fault) = cron(text)
    {
        let message = match text {
            "" => "the CronJob has no schedule".to_owned(),
            text => format!("schedule `{}` cannot be read", shown(text)),
        };
        problems.push(fault.worded(code::CRON, schedule, message));
    }
    if let Some(zone) = field(spec, "timeZone")
        && let Some(text) = zone.known()
        && let Some(fault) = time_zone(text)
    {
        let message = match text {
            "" => "`timeZone` is empty".to_owned(),
            text => format!("there is no time zone `{}`", shown(text)),
        };
        problems.push(fault.worded(code::CRON, zone, message));
    }
    counts(spec, &["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"], problems);
    if let Some(policy) = spec.get("concurrencyPolicy").filter(|_| text(spec, "concurrencyPolicy") != Text::Absent) {
        one_of(policy, "concurrencyPolicy", &["Allow", "Forbid", "Replace"], problems);
    }
    let template = field(spec, "jobTemplate").and_then(|template| field(template, "spec"));
    let Some(template) = template.filter(|template| template.is_mapping()) else { return };
    if let Some(selector) = field(template, "selector") {
        problems.push(
            Problem::new(
                code::SELECTOR,
                selector,
                "the Jobs of a CronJob cannot select Pods by labels of their own choice",
            )
            .at_key()
            .help("remove `selector`"),
        );
    }
    if flag(template, "manualSelector") == Some(true)
        && let Some(manual) = template.get("manualSelector")
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                manual,
                "the Jobs of a CronJob cannot select Pods by labels of their own choice",
            )
            .at_key()
            .help("remove `manualSelector`"),
        );
    }
    job::check_spec(template, problems);
}
