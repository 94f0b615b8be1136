//! ReplicaSets and ReplicationControllers.

use super::{counts, keeps_running, selection, template};
use crate::schema::value::{code, field, missing};
use crate::schema::{Problem, Problems};
use crate::yaml::{Value, has_placeholder};

pub(super) fn replica_set<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    counts(spec, &["replicas", "minReadySeconds"], problems);
    selection(spec, "ReplicaSet", problems);
    // The schema lets the template be absent, and without labels the selector matches nothing.
    if field(spec, "template").is_none() && field(spec, "selector").is_some() {
        missing_template(spec, problems);
    }
    keeps_running(spec, "ReplicaSet", problems);
    template(spec, problems);
}

pub(super) fn replication_controller<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    counts(spec, &["replicas", "minReadySeconds"], problems);
    if field(spec, "template").is_none() {
        missing_template(spec, problems);
        return;
    }
    labels(spec, problems);
    keeps_running(spec, "ReplicationController", problems);
    template(spec, problems);
}

fn missing_template<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let message = "there is no template to make Pods from";
    problems.push(missing(code::REQUIRED, spec, "template", message).help("write a `template`"));
}

/// The selector of a ReplicationController is a mapping of labels, by default those of the template.
fn labels<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let metadata = field(spec, "template").and_then(|template| field(template, "metadata"));
    let labels = metadata.and_then(|metadata| field(metadata, "labels"));
    let selector = field(spec, "selector").filter(|selector| !selector.is_empty());
    let (Some(selector), Some(template)) = (selector, field(spec, "template")) else {
        let Some(template) = field(spec, "template").filter(|template| template.is_mapping()) else { return };
        if labels.is_none_or(Value::is_empty) && metadata.is_none_or(Value::is_mapping) {
            let at = labels.or(metadata).unwrap_or(template);
            problems.push(
                Problem::new(code::SELECTOR, at, "neither the selector nor the template has labels")
                    .at_key()
                    .help("give the template labels"),
            );
        }
        return;
    };
    for (key, wanted) in selector.entries() {
        let found = labels.and_then(|labels| labels.get(key));
        let Some(wanted_text) = wanted.known().filter(|_| !has_placeholder(key)) else { continue };
        if labels.is_none_or(Value::is_mapping)
            && metadata.is_none_or(Value::is_mapping)
            && found.is_none_or(|found| found.known().is_some_and(|found| found != wanted_text))
        {
            problems.push(
                Problem::new(
                    code::SELECTOR,
                    labels.or(metadata).unwrap_or(template),
                    "the selector does not match the labels of the template",
                )
                .at_key()
                .related(wanted.span(), "not among them")
                .help(format!("give the template the label `{key}: {wanted_text}`")),
            );
            return;
        }
    }
}
