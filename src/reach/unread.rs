//! Policies of other makers, which are recognised and not worked out.

use crate::graph::kyverno;
use crate::manifest::Resource;
use crate::yaml::{Step, Visit, walk};

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
    let generates =
        kyverno::is_policy(resource) && kyverno::generates(resource, |kind| kind.ends_with("NetworkPolicy"));
    generates.then(|| format!("{} may generate network policies", resource.title()))
}

/// Kinds whose pods policies of Kyverno change.
const POD_KINDS: &[&str] =
    &["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController"];

/// Why labels of pods may be others in the cluster than those that are written, where `resource` makes them so: a Kyverno
/// policy that writes labels into pods or workloads as they are made.
pub(super) fn relabels_pods(resource: &Resource<'_>) -> Option<String> {
    let relabels = kyverno::is_policy(resource) && kyverno::relabels(resource, POD_KINDS);
    relabels.then(|| format!("{} may give pods other labels than those that are written", resource.title()))
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
