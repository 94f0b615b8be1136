//! Policies of other makers, which are recognised and not worked out.

use crate::manifest::Resource;
use crate::yaml::{Step, Value, Visit, has_placeholder, walk};

/// Kinds that let or stop traffic beside those that are worked out, by group.
const KINDS: &[(&str, &[&str])] = &[
    ("projectcalico.org", &["NetworkPolicy", "GlobalNetworkPolicy"]),
    ("crd.projectcalico.org", &["NetworkPolicy", "GlobalNetworkPolicy"]),
    ("crd.antrea.io", &["NetworkPolicy", "ClusterNetworkPolicy"]),
];

/// Why `resource` makes answers about policies unknown, if it does.
pub(super) fn unread(resource: &Resource<'_>) -> Option<String> {
    if KINDS.iter().any(|(group, kinds)| *group == resource.group && kinds.contains(&resource.kind)) {
        return Some(format!("{} is in force beside other policies and is not worked out", resource.title()));
    }
    generates_policies(resource).then(|| format!("{} may generate network policies", resource.title()))
}

/// Whether a Kyverno policy makes network policies by itself, as for every new namespace.
fn generates_policies(resource: &Resource<'_>) -> bool {
    if resource.group != "kyverno.io" {
        return false;
    }
    let rules = resource.at(&["spec", "rules"]).into_iter().flat_map(Value::items);
    rules.filter_map(|rule| rule.get("generate")).any(|generate| {
        let kinds = generate.at(&["cloneList", "kinds"]).into_iter().flat_map(Value::items);
        kinds
            .chain(generate.get("kind"))
            .filter_map(Value::raw)
            .any(|kind| kind.ends_with("NetworkPolicy") || has_placeholder(kind))
    })
}

/// Kinds whose pods policies of Kyverno change.
const POD_KINDS: &[&str] =
    &["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController"];

/// Why labels of pods may be others in the cluster than those that are written, where `resource` makes them so: a Kyverno
/// policy that writes labels into pods or workloads as they are made.
pub(super) fn relabels_pods(resource: &Resource<'_>) -> Option<String> {
    let kinds = ["ClusterPolicy", "Policy"];
    if resource.group != "kyverno.io" || !kinds.contains(&resource.kind) {
        return None;
    }
    let mut rules = resource.at(&["spec", "rules"]).into_iter().flat_map(Value::items);
    let relabels = rules.any(|rule| {
        rule.get("match").is_some_and(is_about_pods) && rule.get("mutate").is_some_and(|mutate| writes_labels(mutate))
    });
    relabels.then(|| format!("{} may give pods other labels than those that are written", resource.title()))
}

fn is_about_pods(matched: Value<'_>) -> bool {
    let mut found = false;
    walk(matched, &mut |steps, value| {
        let listed = steps.iter().rev().nth(1).is_some_and(|step| matches!(step, Step::Key("kinds")));
        found |= listed
            && value.raw().is_some_and(|kind| {
                let own = kind.rsplit('/').next().unwrap_or(kind);
                POD_KINDS.contains(&own) || own.contains('*') || has_placeholder(own)
            });
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

fn writes_labels(mutate: Value<'_>) -> bool {
    let mut found = false;
    walk(mutate, &mut |steps, value| {
        // Kyverno writes `+(labels)` for what is added where it is missing.
        let is = |step: Option<&Step<'_>>, name: &str| matches!(step, Some(Step::Key(key)) if key.trim_start_matches("+(").trim_end_matches(')') == name);
        let mut back = steps.iter().rev();
        found |= is(back.next(), "labels") && is(back.next(), "metadata")
            || value.raw().is_some_and(|text| text.contains("metadata/labels"));
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

/// Kinds that bring objects which are written in them or in a chart.
const BRINGERS: &[(&str, &str)] = &[
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("helm.cattle.io", "HelmChart"),
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("fluxcd.controlplane.io", "ResourceSet"),
];

/// Whether `resource` brings objects, and a policy that may select all pods is written in it. A chart's own
/// `networkPolicy: true` selects the chart's own pods and is none.
pub(super) fn carries_policy(resource: &Resource<'_>) -> bool {
    if !BRINGERS.iter().any(|(group, kind)| resource.is(group, kind)) {
        return false;
    }
    let Some(spec) = resource.at(&["spec"]) else { return false };
    let mut carries = false;
    walk(spec, &mut |steps, value| {
        carries |= match steps.last() {
            Some(Step::Key("podSelector")) => value.is_null() || value.is_mapping() && value.is_empty(),
            Some(Step::Key("kind")) => value.raw().is_some_and(|kind| kind.ends_with("NetworkPolicy")),
            _ => value.raw().is_some_and(|text| text.contains('\n') && text.contains("NetworkPolicy")),
        };
        if carries { Visit::Past } else { Visit::Into }
    });
    carries
}
