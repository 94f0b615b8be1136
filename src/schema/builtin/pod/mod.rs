//! Pod specs in all their forms: of Pods, and of the templates that workloads make Pods from.

mod affinity;
mod annotations;
mod containers;
mod devices;
mod environment;
mod lifecycle;
mod mounts;
mod network;
mod ports;
mod probes;
mod profiles;
mod references;
mod resources;
mod scheduling;
mod security;
mod sources;
mod system;
#[cfg(test)]
mod tests;
mod volumes;

use crate::schema::value::{
    Text, checked, code, dns_label, dns_subdomain, field, flag, headline, in_range, is_set, items, label_map, missing,
    number, one_of, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// What a Pod spec stands in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Setting<'w> {
    /// Whether it is a Pod's own, and not a template.
    pub is_pod: bool,
    /// The claim templates of a StatefulSet, which mounts may name like volumes.
    pub claims: Option<Value<'w>>,
}

/// What checks of the parts of a Pod need to know of the rest.
struct Pod<'w> {
    spec: Value<'w>,
    is_pod: bool,
    volumes: volumes::Volumes<'w>,
    /// Whether it shares the network of its node, if that is known.
    host_network: Option<bool>,
}

/// Checks the `metadata` and `spec` of a Pod or of a template; what is wrong with its labels is metadata's.
pub(super) fn check<'w>(template: Value<'w>, setting: Setting<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(template, "spec") else {
        problems.push(
            missing(code::REQUIRED, template, "spec", "the Pods have no `spec`")
                .help("write the `containers` in a `spec` of the template"),
        );
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    let volumes = volumes::check(spec, setting.claims, problems);
    let pod = Pod { spec, is_pod: setting.is_pod, volumes, host_network: flag(spec, "hostNetwork") };
    containers::check(&pod, problems);
    references::check(spec, problems);
    ports::host_ports(&pod, problems);
    own_fields(&pod, problems);
    resources::of_pod(spec, problems);
    security::of_pod(&pod, problems);
    system::check(&pod, problems);
    network::check(&pod, problems);
    affinity::check(spec, problems);
    scheduling::check(&pod, problems);
    annotations::check(template, problems);
}

/// Fields of the spec that need nothing but themselves.
fn own_fields<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    let spec = pod.spec;
    let choices: [(&str, &[&str]); 3] = [
        ("restartPolicy", &["Always", "OnFailure", "Never"]),
        ("dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
        ("preemptionPolicy", &["PreemptLowerPriority", "Never"]),
    ];
    for (key, allowed) in choices {
        if text(spec, key) != Text::Absent
            && let Some(value) = spec.get(key)
        {
            one_of(value, key, allowed, problems);
        }
    }
    let names = [
        ("serviceAccountName", "service account name"),
        ("serviceAccount", "service account name"),
        ("nodeName", "node name"),
        ("priorityClassName", "priority class name"),
        ("runtimeClassName", "runtime class name"),
    ];
    for (key, what) in names {
        // The old spelling of the service account counts only where the new one is absent.
        if text(spec, key) != Text::Absent && (key != "serviceAccount" || !is_set(spec, "serviceAccountName")) {
            checked(spec.get(key).unwrap_or(spec), code::NAME, what, dns_subdomain, problems);
        }
    }
    if let Some(seconds) = field(spec, "activeDeadlineSeconds") {
        in_range(seconds, "activeDeadlineSeconds", 1..=i64::from(i32::MAX), problems);
    }
    if let Some(selector) = field(spec, "nodeSelector") {
        label_map(selector, code::SELECTOR, "node selector", problems);
    }
    if let Some(overhead) = field(spec, "overhead") {
        resources::amounts(overhead, "overhead", problems);
    }
    for gate in items(spec, "readinessGates") {
        if let Some(condition) = gate.get("conditionType") {
            checked(condition, code::NAME, "condition type", crate::schema::value::qualified_name, problems);
        }
    }
    if let Some(ephemeral) = field(spec, "ephemeralContainers").filter(|list| list.items().next().is_some()) {
        let place = if pod.is_pod { "of a new Pod" } else { "of a Pod template" };
        problems.push(
            Problem::new(code::CROSS_FIELD, ephemeral, format!("ephemeral containers cannot be part {place}"))
                .at_key()
                .help("remove `ephemeralContainers`; `kubectl debug` adds them to a Pod that runs"),
        );
    }
}

/// How long a Pod has to stop, in seconds.
fn grace(spec: Value<'_>) -> Option<i64> {
    if is_set(spec, "terminationGracePeriodSeconds") {
        return number(spec, "terminationGracePeriodSeconds").map(|seconds| seconds.max(1));
    }
    Some(30)
}

/// The name of an item for a message: `` container `app` ``, or its place in the list.
fn titled(what: &str, item: Value<'_>, index: usize) -> String {
    match text(item, "name") {
        Text::Known(name) => format!("{what} `{name}`"),
        Text::Absent | Text::Unknown => format!("{what} number {}", index + 1),
    }
}

/// A problem of an item as a whole, underlined at its name or its first key.
fn about<'w>(code: &'static str, item: Value<'w>, message: String) -> Problem<'w> {
    let problem = Problem::new(code, item, message);
    match headline(item) {
        Some(span) => problem.underline(span),
        None => problem,
    }
}

/// Checks the name of an item that has to be a DNS label; a missing key is told by the schema.
fn label_name<'w>(item: Value<'w>, what: &str, problems: &mut Problems<'w>) {
    if let Some(name) = item.get("name") {
        checked(name, code::NAME, what, dns_label, problems);
    }
}

/// The keys of `item` among `keys` that are set.
fn set_among<'w>(item: Value<'w>, keys: &[&'static str]) -> Vec<(&'static str, Value<'w>)> {
    keys.iter().filter_map(|key| Some((*key, field(item, key)?))).collect()
}

/// A list of words for a message: `a`, `b` and `c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => format!("`{word}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

/// The names of all containers of a Pod, if all are known.
pub(super) fn container_names<'w>(spec: Value<'w>) -> Option<Vec<&'w str>> {
    containers::all(spec).map(|container| text(container.value, "name").known()).collect()
}
