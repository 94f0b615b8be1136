//! Deployments.

use super::{counts, is_zero, keeps_running, selection, template};
use crate::schema::value::{Text, code, field, int_or_percent, number, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    counts(spec, &["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], problems);
    selection(spec, "Deployment", problems);
    strategy(spec, problems);
    progress(spec, problems);
    keeps_running(spec, "Deployment", problems);
    template(spec, problems);
}

fn strategy<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(strategy) = field(spec, "strategy").filter(|strategy| strategy.is_mapping()) else { return };
    let kind = text(strategy, "type");
    if let Some(value) = strategy.get("type").filter(|_| kind != Text::Absent) {
        one_of(value, "type", &["Recreate", "RollingUpdate"], problems);
    }
    let Some(rolling) = field(strategy, "rollingUpdate").filter(|rolling| rolling.is_mapping()) else { return };
    if kind.is("Recreate") {
        let at = strategy.get("type").unwrap_or(strategy);
        problems.push(
            Problem::new(code::CROSS_FIELD, rolling, "`rollingUpdate` is set, and the Pods are replaced all at once")
                .at_key()
                .related(at.span(), "all at once")
                .help("remove `rollingUpdate`, or write `type: RollingUpdate`"),
        );
        return;
    }
    if let Some(value) = field(rolling, "maxUnavailable") {
        int_or_percent(value, "maxUnavailable", Some(100), problems);
    }
    if let Some(value) = field(rolling, "maxSurge") {
        int_or_percent(value, "maxSurge", None, problems);
    }
    // Both are a quarter unless they are written.
    if is_zero(rolling, "maxUnavailable", false) == Some(true)
        && is_zero(rolling, "maxSurge", false) == Some(true)
        && let (Some(unavailable), Some(surge)) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"))
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                unavailable,
                "no Pod may be missing and none may be added, so none can be replaced",
            )
            .related(surge.span(), "none may be added")
            .help("write 1 or more for one of the two"),
        );
    }
}

fn progress<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let deadline = match field(spec, "progressDeadlineSeconds") {
        None => 600,
        Some(value) => match value.as_int() {
            Some(seconds) if seconds >= 0 => seconds,
            _ => return,
        },
    };
    let ready = number(spec, "minReadySeconds").unwrap_or(0);
    if deadline > ready || ready < 0 {
        return;
    }
    let at = field(spec, "progressDeadlineSeconds").or_else(|| spec.get("minReadySeconds")).unwrap_or(spec);
    let message = format!("Pods count as ready after {ready} seconds, and the rollout has failed after {deadline}");
    let mut problem = Problem::new(code::CROSS_FIELD, at, message);
    if let Some(value) = spec.get("minReadySeconds").filter(|value| value.identity() != at.identity()) {
        problem = problem.related(value.span(), "ready after");
    }
    problems.push(problem.help(format!("set `progressDeadlineSeconds` to more than {ready}")));
}
