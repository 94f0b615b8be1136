//! StatefulSets.

use super::super::claim;
use super::{counts, keeps_running, selection};
use crate::schema::builtin::pod::{self, Setting};
use crate::schema::value::{
    IntOrText, Text, at_least, checked, code, dns_label, dns_subdomain, field, int_or_percent, int_or_text, items,
    missing, one_of, percent, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    counts(spec, &["replicas", "minReadySeconds", "revisionHistoryLimit"], problems);
    selection(spec, "StatefulSet", problems);
    if let Some(value) = spec.get("serviceName").filter(|_| text(spec, "serviceName") != Text::Absent) {
        checked(value, code::NAME, "Service name", dns_subdomain, problems);
    }
    if let Some(value) = spec.get("podManagementPolicy").filter(|_| text(spec, "podManagementPolicy") != Text::Absent) {
        one_of(value, "podManagementPolicy", &["OrderedReady", "Parallel"], problems);
    }
    strategy(spec, problems);
    if let Some(policy) = field(spec, "persistentVolumeClaimRetentionPolicy") {
        for key in ["whenDeleted", "whenScaled"] {
            if let Some(value) = policy.get(key).filter(|_| text(policy, key) != Text::Absent) {
                one_of(value, key, &["Retain", "Delete"], problems);
            }
        }
    }
    if let Some(start) = field(spec, "ordinals").and_then(|ordinals| field(ordinals, "start")) {
        at_least(start, "ordinals.start", 0, problems);
    }
    claims(spec, problems);
    keeps_running(spec, "StatefulSet", problems);
    if let Some(template) = field(spec, "template").filter(|template| template.is_mapping()) {
        let setting = Setting { is_pod: false, claims: field(spec, "volumeClaimTemplates") };
        pod::check(template, setting, problems);
    }
}

fn strategy<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(strategy) = field(spec, "updateStrategy").filter(|strategy| strategy.is_mapping()) else { return };
    let kind = text(strategy, "type");
    if let Some(value) = strategy.get("type").filter(|_| kind != Text::Absent) {
        one_of(value, "type", &["OnDelete", "RollingUpdate"], problems);
    }
    let Some(rolling) = field(strategy, "rollingUpdate").filter(|rolling| rolling.is_mapping()) else { return };
    if kind.is("OnDelete") {
        let at = strategy.get("type").unwrap_or(strategy);
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                rolling,
                "`rollingUpdate` is set, and Pods are replaced only when somebody deletes them",
            )
            .at_key()
            .related(at.span(), "only then")
            .help("remove `rollingUpdate`, or write `type: RollingUpdate`"),
        );
        return;
    }
    if let Some(partition) = field(rolling, "partition") {
        at_least(partition, "partition", 0, problems);
    }
    if let Some(value) = field(rolling, "maxUnavailable") {
        int_or_percent(value, "maxUnavailable", Some(100), problems);
        let none = match int_or_text(value) {
            Some(IntOrText::Int(number)) => number == 0,
            Some(IntOrText::Text(text)) => percent(text) == Some(0),
            None => false,
        };
        if none {
            problems.push(
                Problem::new(code::BOUND, value, "no Pod may be missing, so none can be replaced")
                    .help("write 1 or more"),
            );
        }
    }
}

/// The claims that each Pod gets; they are mounted by name, as volumes are.
fn claims<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    for claim in items(spec, "volumeClaimTemplates").filter(|claim| claim.is_mapping()) {
        let metadata = field(claim, "metadata");
        let name = metadata.and_then(|metadata| field(metadata, "name"));
        match name {
            Some(name) if name.known() != Some("") => checked(name, code::NAME, "claim name", dns_label, problems),
            _ => {
                let (holder, key) = metadata.map_or((claim, "metadata"), |metadata| (metadata, "name"));
                let message = "the claim template has no name to be mounted by";
                problems.push(missing(code::REQUIRED, holder, key, message).help("set `metadata.name`"));
            }
        }
        match field(claim, "spec") {
            Some(spec) => claim::spec(spec, problems),
            None => problems.push(
                missing(code::REQUIRED, claim, "spec", "the claim template has no spec")
                    .help("write `accessModes` and `resources.requests.storage` in its `spec`"),
            ),
        }
    }
}
