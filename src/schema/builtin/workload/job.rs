//! Jobs, alone and as templates of CronJobs.

use super::super::pod::{self, Setting};
use super::{counts, failure_policy, matching};
use crate::manifest::Resource;
use crate::schema::value::{
    Text, checked, code, domain_prefixed_path, field, flag, in_range, is_set, missing, number, one_of, selector,
    selector_is_empty, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const MOST_PARALLEL: i64 = 100_000;

/// Labels that the API server gives the Pods of a Job, to find them again.
const OWN_LABELS: [(&str, bool); 4] = [
    ("batch.kubernetes.io/controller-uid", false),
    ("controller-uid", false),
    ("batch.kubernetes.io/job-name", true),
    ("job-name", true),
];

pub(super) fn check<'w>(resource: &Resource<'w>, spec: Value<'w>, problems: &mut Problems<'w>) {
    own_selector(resource, spec, problems);
    check_spec(spec, problems);
}

/// Checks the spec of a Job or of a template of one.
pub(super) fn check_spec<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let keys = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    counts(spec, &keys, problems);
    if let Some(value) = field(spec, "completionMode") {
        one_of(value, "completionMode", &["NonIndexed", "Indexed"], problems);
    }
    if let Some(value) = field(spec, "podReplacementPolicy") {
        one_of(value, "podReplacementPolicy", &["TerminatingOrFailed", "Failed"], problems);
        if value.known() == Some("TerminatingOrFailed") && is_set(spec, "podFailurePolicy") {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    value,
                    "Pods are replaced while they terminate, and a failure policy judges them only after that",
                )
                .help("write `Failed`, or remove `podReplacementPolicy`"),
            );
        }
    }
    if let Some(value) = field(spec, "managedBy") {
        checked(value, code::NAME, "managedBy", domain_prefixed_path, problems);
    }
    indexes(spec, problems);
    restart(spec, problems);
    failure_policy::check(spec, problems);
    if let Some(template) = field(spec, "template").filter(|template| template.is_mapping()) {
        pod::check(template, Setting::default(), problems);
    }
}

fn indexes<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let mode = text(spec, "completionMode");
    if mode.is("Indexed") {
        if !is_set(spec, "completions")
            && let Some(at) = spec.get("completionMode")
        {
            problems.push(
                missing(
                    code::CROSS_FIELD,
                    spec,
                    "completions",
                    "the Job is indexed and does not say how many indexes it has",
                )
                .underline(at.span())
                .help("set `completions`"),
            );
        }
        if let Some(value) = field(spec, "parallelism").filter(|value| value.as_int().is_some_and(|n| n > 0)) {
            in_range(value, "parallelism", 0..=MOST_PARALLEL, problems);
        }
    }
    let indexed = match mode {
        Text::Absent => Some(false),
        Text::Known(mode) => Some(mode == "Indexed"),
        Text::Unknown => None,
    };
    for key in ["backoffLimitPerIndex", "successPolicy"] {
        if let Some(value) = field(spec, key).filter(|_| indexed == Some(false)) {
            problems.push(
                Problem::new(code::CROSS_FIELD, value, format!("`{key}` is about indexes, and the Job has none"))
                    .at_key()
                    .help(format!("write `completionMode: Indexed`, or remove `{key}`")),
            );
        }
    }
    let Some(failed) = field(spec, "maxFailedIndexes") else { return };
    if !is_set(spec, "backoffLimitPerIndex") {
        problems.push(
            missing(
                code::CROSS_FIELD,
                spec,
                "backoffLimitPerIndex",
                "`maxFailedIndexes` counts indexes that used up their own tries",
            )
            .underline(failed.key_or_span())
            .label("`backoffLimitPerIndex` is not set")
            .help("set `backoffLimitPerIndex`, or remove `maxFailedIndexes`"),
        );
    }
    if let (Some(most), Some(completions)) = (failed.as_int(), number(spec, "completions"))
        && most > completions
    {
        let mut problem =
            Problem::new(code::BOUND, failed, format!("{most} indexes may fail, and the Job has {completions}"));
        if let Some(value) = spec.get("completions") {
            problem = problem.related(value.span(), "all of them");
        }
        problems.push(problem.help(format!("write {completions} or less")));
    }
}

/// Pods of a Job end, so that they cannot always be started again.
fn restart<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(pods) = field(spec, "template").and_then(|template| field(template, "spec")) else { return };
    if !pods.is_mapping() {
        return;
    }
    let value = pods.get("restartPolicy");
    match (text(pods, "restartPolicy"), value) {
        (Text::Absent, _) => {
            let message = "the Pods of the Job are always restarted, and never end";
            problems.push(
                missing(code::CROSS_FIELD, pods, "restartPolicy", message)
                    .label("`restartPolicy` is not set, which means `Always`")
                    .help("set `restartPolicy: OnFailure` or `restartPolicy: Never`"),
            );
        }
        (Text::Known("Always"), Some(value)) => problems.push(
            Problem::new(code::CROSS_FIELD, value, "the Pods of the Job are always restarted, and never end")
                .help("write `OnFailure` or `Never`"),
        ),
        _ => {}
    }
}

/// A Job makes up its selector, unless it is told not to.
fn own_selector<'w>(resource: &Resource<'w>, spec: Value<'w>, problems: &mut Problems<'w>) {
    let own = field(spec, "selector").filter(|own| own.is_mapping());
    match flag(spec, "manualSelector") {
        Some(true) => {
            if let Some(own) = own {
                let before = problems.found.len();
                selector(own, problems);
                if problems.found.len() == before {
                    matching(spec, own, problems);
                }
            }
        }
        Some(false) => {
            if let Some(own) = own.filter(|own| !selector_is_empty(*own)) {
                problems.push(
                    Problem::new(code::SELECTOR, own, "the Job selects Pods by labels of its own choice")
                        .at_key()
                        .label("made up by the API server")
                        .help("remove `selector`, or set `manualSelector: true`"),
                );
            }
            generated(resource, spec, problems);
        }
        None => {}
    }
}

fn generated<'w>(resource: &Resource<'w>, spec: Value<'w>, problems: &mut Problems<'w>) {
    let metadata = field(spec, "template").and_then(|template| field(template, "metadata"));
    let Some(labels) = metadata.and_then(|metadata| field(metadata, "labels")) else { return };
    for (key, is_name) in OWN_LABELS {
        let Some(value) = labels.get(key) else { continue };
        let (Some(text), Some(name)) = (value.known(), resource.name()) else { continue };
        if is_name && text == name {
            continue;
        }
        problems.push(
            Problem::new(
                code::SELECTOR,
                value,
                format!("the label `{key}` is set, and the API server sets another value"),
            )
            .at_key()
            .help(format!("remove `{key}`")),
        );
    }
}
