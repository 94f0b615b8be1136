//! Workloads: what makes Pods from a template, and keeps them.

mod cron_job;
mod daemon_set;
mod deployment;
mod failure_policy;
mod job;
mod replicas;
mod stateful_set;
#[cfg(test)]
mod tests;

use super::pod::{self, Setting};
use crate::manifest::Resource;
use crate::schema::value::{
    IntOrText, Text, at_least, code, field, int_or_text, is_set, missing, percent, selector, selector_is_empty,
    selects, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// Checks a Pod or a workload; says whether it is one.
pub(super) fn check<'w>(resource: &Resource<'w>, problems: &mut Problems<'w>) -> bool {
    type Check = for<'w> fn(&Resource<'w>, Value<'w>, &mut Problems<'w>);
    let (key, check): (_, Check) = match (resource.group, resource.kind) {
        ("", "Pod") => ("spec", |resource, _, problems| {
            pod::check(resource.value, Setting { is_pod: true, claims: None }, problems);
        }),
        ("", "PodTemplate") => ("template", |_, template, problems| {
            pod::check(template, Setting::default(), problems);
        }),
        ("apps", "Deployment") => ("spec", |_, spec, problems| deployment::check(spec, problems)),
        ("apps", "StatefulSet") => ("spec", |_, spec, problems| stateful_set::check(spec, problems)),
        ("apps", "DaemonSet") => ("spec", |_, spec, problems| daemon_set::check(spec, problems)),
        ("apps", "ReplicaSet") => ("spec", |_, spec, problems| replicas::replica_set(spec, problems)),
        ("", "ReplicationController") => ("spec", |_, spec, problems| replicas::replication_controller(spec, problems)),
        ("batch", "Job") => ("spec", job::check),
        ("batch", "CronJob") => ("spec", |_, spec, problems| cron_job::check(spec, problems)),
        _ => return false,
    };
    match field(resource.value, key) {
        Some(spec) if spec.is_mapping() => check(resource, spec, problems),
        Some(_) => {}
        None => {
            problems.push(
                missing(code::REQUIRED, resource.value, key, format!("this {} has no `{key}`", resource.kind))
                    .underline(resource.headline().span())
                    .help(format!("write its `{key}`")),
            );
        }
    }
    true
}

/// Numbers that cannot be less than 0.
fn counts<'w>(spec: Value<'w>, keys: &[&str], problems: &mut Problems<'w>) {
    for key in keys {
        if let Some(value) = field(spec, key) {
            at_least(value, key, 0, problems);
        }
    }
}

/// Checks the selector of a workload against the labels of its Pods.
fn selection<'w>(spec: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    // A selector that is not there is told by the schema.
    let Some(own) = field(spec, "selector").filter(|own| own.is_mapping()) else { return };
    let before = problems.found.len();
    selector(own, problems);
    if selector_is_empty(own) {
        problems.push(
            Problem::new(code::SELECTOR, own, format!("the selector of the {kind} is empty"))
                .at_key()
                .help("select the labels of the template"),
        );
    }
    if problems.found.len() == before {
        matching(spec, own, problems);
    }
}

/// Tells a selector that does not match the labels of the template.
fn matching<'w>(spec: Value<'w>, own: Value<'w>, problems: &mut Problems<'w>) {
    let template = field(spec, "template");
    // Without a template there is nothing to match, and the schema tells it.
    let Some(template) = template.filter(|template| template.is_mapping()) else { return };
    let metadata = field(template, "metadata");
    let labels = metadata.and_then(|metadata| field(metadata, "labels"));
    let is_read = |value: Option<Value<'w>>| value.is_none_or(Value::is_mapping);
    if !is_read(metadata) || !is_read(labels) || selects(own, labels) != Some(false) {
        return;
    }
    let at = labels.or(metadata).unwrap_or(template);
    let message = match labels {
        Some(_) => "the selector does not match the labels of the template",
        None => "the selector asks for labels, and the template has none",
    };
    let mut problem = Problem::new(code::SELECTOR, at, message).at_key();
    let missing = own.get("matchLabels").or(Some(own)).into_iter().flat_map(Value::entries);
    let differs = missing.into_iter().find(|(key, wanted)| {
        let found = labels.and_then(|labels| labels.get(key));
        wanted.known().is_some() && found.is_none_or(|found| found.known() != wanted.known())
    });
    problem = match differs {
        Some((key, wanted)) => {
            let wanted_text = wanted.raw().unwrap_or_default();
            problem
                .label("the labels of the Pods")
                .related(wanted.span(), "not among them")
                .help(format!("give the template the label `{key}: {wanted_text}`"))
        }
        None => problem.related(own.key_or_span(), "the selector").help("make both name the same labels"),
    };
    problems.push(problem);
}

/// Checks that the Pods are restarted as the kind of workload wants it, `Always`, and have no deadline.
fn keeps_running<'w>(spec: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    let Some(pods) = field(spec, "template").and_then(|template| field(template, "spec")) else { return };
    if let Text::Known(policy @ ("OnFailure" | "Never")) = text(pods, "restartPolicy")
        && let Some(value) = pods.get("restartPolicy")
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                value,
                format!("the Pods of a {kind} cannot have `restartPolicy: {policy}`"),
            )
            .help("write `Always`, or make it a Job"),
        );
    }
    if let Some(deadline) = field(pods, "activeDeadlineSeconds") {
        problems.push(
            Problem::new(code::CROSS_FIELD, deadline, format!("the Pods of a {kind} cannot have a deadline"))
                .at_key()
                .help("remove `activeDeadlineSeconds`"),
        );
    }
}

fn template<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(template) = field(spec, "template").filter(|template| template.is_mapping()) {
        pod::check(template, Setting::default(), problems);
    }
}

/// Whether a number or a percentage is nothing; the default where it is not written.
fn is_zero(owner: Value<'_>, key: &str, default: bool) -> Option<bool> {
    if !is_set(owner, key) {
        return Some(default);
    }
    match int_or_text(owner.get(key)?)? {
        IntOrText::Int(number) => Some(number == 0),
        IntOrText::Text(text) => percent(text).map(|share| share == 0),
    }
}
