//! Autoscalers: bounds, what is scaled, metrics and behaviour.

use super::amounts::{container_resource, natural_amount, positive_amount};
use super::require::{filled, needs, unwanted};
use crate::schema::value::{
    Fault, at_least, checked, code, dns_label, dns_subdomain, field, in_range, is_set, items, number, one_of,
    path_segment, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// The type of a metric and the field that describes it.
const SOURCES: &[(&str, &str)] = &[
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("External", "external"),
    ("ContainerResource", "containerResource"),
];

/// Why a lower bound of 0 may be taken; the gate is off by default, also in Kubernetes 1.36.
const SCALE_TO_ZERO: &str =
    "`minReplicas: 0` is refused unless the feature gate `HPAScaleToZero` is on, which is not known";

/// Checks a HorizontalPodAutoscaler of v1 or v2.
pub(super) fn check<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec").filter(|spec| spec.is_mapping()) else { return };
    let (least, most) = (field(spec, "minReplicas"), field(spec, "maxReplicas"));
    match least.map(|least| (least, least.as_int())) {
        // Who writes it has mostly switched the feature on, in a file of the API server that is no manifest.
        Some((least, Some(0))) => problems.undecided.push((least.span(), SCALE_TO_ZERO.to_owned())),
        Some((least, _)) => at_least(least, "minReplicas", 1, problems),
        None => {}
    }
    match most.map(|most| (most, most.as_int())) {
        Some((most, Some(number))) if number < 1 => at_least(most, "maxReplicas", 1, problems),
        Some((most, Some(to))) => {
            if let Some((least, from)) = least.and_then(|least| Some((least, least.as_int()?))).filter(|it| it.1 > to) {
                let fact = format!("at most {to} replicas are fewer than the {from} that are kept at least");
                problems.push(
                    Problem::new(code::CROSS_FIELD, most, fact)
                        .related(least.span(), "the lower bound")
                        .help("write the smaller number under `minReplicas`"),
                );
            }
        }
        _ => {}
    }
    if let Some(target) = field(spec, "scaleTargetRef").filter(|target| target.is_mapping()) {
        reference(target, text(target, "kind").is("ReplicationController"), problems);
    }
    if let Some(share) = field(spec, "targetCPUUtilizationPercentage") {
        at_least(share, "targetCPUUtilizationPercentage", 1, problems);
    }
    items(spec, "metrics").filter(|item| item.is_mapping()).for_each(|found| metric(found, problems));
    let behavior = field(spec, "behavior");
    for rules in ["scaleUp", "scaleDown"].into_iter().filter_map(|key| field(behavior?, key)) {
        scaling(rules, problems);
    }
}

/// A reference to what is scaled, or to the object of a metric; only a core kind may do without a group.
fn reference<'w>(target: Value<'w>, core: bool, problems: &mut Problems<'w>) {
    for key in ["kind", "name"] {
        if filled(target, key, problems)
            && let Some(value) = field(target, key)
        {
            checked(value, code::NAME, key, path_segment, problems);
        }
    }
    let fact = "what is scaled is named without the group of its kind";
    match field(target, "apiVersion") {
        _ if !core && needs(target, "apiVersion", fact, "write `apiVersion`, as in `apps/v1`", problems) => {}
        Some(version) => checked(version, code::NAME, "apiVersion", |text| group_version(text, core), problems),
        None => {}
    }
}

fn group_version(text: &str, core: bool) -> Option<Fault> {
    let wanted = "an API group and version";
    if text.is_empty() {
        return None;
    }
    match text.split_once('/') {
        None if core => dns_label(text).map(|fault| Fault { wanted, ..fault }),
        None => Some(Fault::new(wanted, "no group before the version", "write it as `apps/v1`")),
        Some((_, version)) if version.contains('/') => Some(Fault::new(wanted, "more than one `/`", "keep one `/`")),
        Some((group, _)) => dns_subdomain(group).map(|fault| Fault { wanted, ..fault }),
    }
}

fn metric<'w>(metric: Value<'w>, problems: &mut Problems<'w>) {
    let types: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
    if !filled(metric, "type", problems) {
        return;
    }
    let Some(kind) = field(metric, "type") else { return };
    one_of(kind, "type", &types, problems);
    let Some(expected) = SOURCES.iter().find(|(name, _)| kind.known() == Some(name)).map(|(_, key)| *key) else {
        return;
    };
    for (_, key) in SOURCES.iter().filter(|(_, key)| *key != expected) {
        if let Some(other) = field(metric, key) {
            let fact =
                format!("a metric of type `{}` is described under `{expected}`", kind.known().unwrap_or_default());
            unwanted(other, fact, &format!("rename it to `{expected}`, or write the type that it is"), problems);
            return;
        }
    }
    let Some(source) = field(metric, expected) else {
        let fact = format!("a metric of type `{}` is not described", kind.known().unwrap_or_default());
        needs(metric, expected, &fact, &format!("write `{expected}`"), problems);
        return;
    };
    if !source.is_mapping() {
        return;
    }
    if let Some(id) = field(source, "metric").filter(|_| !matches!(expected, "resource" | "containerResource"))
        && filled(id, "name", problems)
        && let Some(name) = field(id, "name")
    {
        checked(name, code::NAME, "metric name", path_segment, problems);
    }
    if let Some(object) = field(source, "describedObject").filter(|object| object.is_mapping()) {
        reference(object, true, problems);
    }
    if expected.ends_with("esource") {
        filled(source, "name", problems);
    }
    if expected == "containerResource" {
        if let Some(name) = field(source, "name").filter(|name| name.known() != Some("")) {
            checked(name, code::NAME, "resource name", container_resource, problems);
        }
        if filled(source, "container", problems)
            && let Some(name) = field(source, "container")
        {
            checked(name, code::NAME, "container name", dns_label, problems);
        }
    }
    if let Some(target) = field(source, "target").filter(|target| target.is_mapping()) {
        goal(target, expected, problems);
    }
}

fn goal<'w>(target: Value<'w>, source: &str, problems: &mut Problems<'w>) {
    if filled(target, "type", problems)
        && let Some(kind) = field(target, "type")
    {
        one_of(kind, "type", &["Utilization", "Value", "AverageValue"], problems);
    }
    for key in ["value", "averageValue"] {
        if let Some(value) = field(target, key) {
            positive_amount(value, &format!("`{key}`"), problems);
        }
    }
    if let Some(share) = field(target, "averageUtilization") {
        at_least(share, "averageUtilization", 1, problems);
    }
    let (one, other) = match source {
        "pods" => ("averageValue", "averageValue"),
        "resource" | "containerResource" => ("averageUtilization", "averageValue"),
        _ => ("value", "averageValue"),
    };
    if !is_set(target, one) && !is_set(target, other) {
        let fact = format!("the target of the metric has no `{one}`");
        let help = if one == other { format!("write `{one}`") } else { format!("write `{one}` or `{other}`") };
        needs(target, one, &fact, &help, problems);
    }
    if matches!(source, "resource" | "containerResource" | "external")
        && is_set(target, one)
        && let Some(value) = field(target, other)
    {
        unwanted(value, format!("the target of the metric has `{one}` as well"), "keep one of them", problems);
    }
}

fn scaling<'w>(rules: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(window) = field(rules, "stabilizationWindowSeconds") {
        in_range(window, "stabilizationWindowSeconds", 0..=3600, problems);
    }
    if let Some(select) = field(rules, "selectPolicy") {
        one_of(select, "selectPolicy", &["Max", "Min", "Disabled"], problems);
    }
    if let Some(tolerance) = field(rules, "tolerance") {
        natural_amount(tolerance, "`tolerance`", problems);
    }
    if let Some(policies) = field(rules, "policies").filter(|policies| policies.is_empty()) {
        problems.push(
            Problem::new(code::REQUIRED, policies, "the list of policies is empty, so that nothing could be scaled")
                .help("remove `policies` for those of Kubernetes, or write `selectPolicy: Disabled`"),
        );
    }
    for policy in items(rules, "policies").filter(|policy| policy.is_mapping()) {
        if filled(policy, "type", problems)
            && let Some(kind) = field(policy, "type")
        {
            one_of(kind, "type", &["Pods", "Percent"], problems);
        }
        if let Some(value) = field(policy, "value") {
            at_least(value, "value", 1, problems);
        }
        if let Some(period) = field(policy, "periodSeconds").filter(|_| number(policy, "periodSeconds").is_some()) {
            in_range(period, "periodSeconds", 1..=1800, problems);
        }
    }
}
