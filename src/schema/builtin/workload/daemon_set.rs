//! DaemonSets.

use super::{counts, is_zero, keeps_running, selection, template};
use crate::schema::value::{Text, code, field, int_or_percent, is_set, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    counts(spec, &["minReadySeconds", "revisionHistoryLimit"], problems);
    selection(spec, "DaemonSet", problems);
    strategy(spec, problems);
    keeps_running(spec, "DaemonSet", problems);
    template(spec, problems);
}

fn strategy<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(strategy) = field(spec, "updateStrategy").filter(|strategy| strategy.is_mapping()) else { return };
    let kind = text(strategy, "type");
    if let Some(value) = strategy.get("type").filter(|_| kind != Text::Absent) {
        one_of(value, "type", &["OnDelete", "RollingUpdate"], problems);
    }
    let Some(rolling) = field(strategy, "rollingUpdate").filter(|rolling| rolling.is_mapping()) else { return };
    if kind.or("RollingUpdate") != Some("RollingUpdate") {
        return;
    }
    for key in ["maxUnavailable", "maxSurge"] {
        if let Some(value) = field(rolling, key) {
            int_or_percent(value, key, Some(100), problems);
        }
    }
    // One Pod may be missing and none added, unless it is written.
    let missing = is_zero(rolling, "maxUnavailable", false);
    let added = is_zero(rolling, "maxSurge", true);
    let problem = match (missing, added) {
        (Some(false), Some(false)) => {
            let at = rolling.get("maxSurge").unwrap_or(rolling);
            let problem = Problem::new(
                code::CROSS_FIELD,
                at,
                "Pods are added before others stop, and others may be missing as well",
            );
            match field(rolling, "maxUnavailable") {
                Some(other) => {
                    problem.related(other.span(), "others may be missing").help("write 0 for one of the two")
                }
                None => problem.note("`maxUnavailable` is 1 where it is not written").help("write `maxUnavailable: 0`"),
            }
        }
        (Some(true), Some(true)) => {
            let at = rolling.get("maxUnavailable").unwrap_or(rolling);
            Problem::new(code::CROSS_FIELD, at, "no Pod may be missing and none may be added, so none can be replaced")
                .help(match is_set(rolling, "maxSurge") {
                    true => "write 1 or more for one of the two",
                    false => "write 1 or more, or set `maxSurge`",
                })
        }
        _ => return,
    };
    problems.push(problem);
}
