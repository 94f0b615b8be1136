//! Tolerations, spread, and gates that hold a Pod back.

use super::{Pod, affinity};
use crate::schema::value::{
    Text, at_least, checked, code, field, is_set, items, label_value, one_of, qualified_name, selector, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

pub(super) fn check<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    for toleration in items(pod.spec, "tolerations").filter(|toleration| toleration.is_mapping()) {
        tolerate(toleration, problems);
    }
    spread(pod.spec, problems);
    gates(pod, problems);
}

fn tolerate<'w>(toleration: Value<'w>, problems: &mut Problems<'w>) {
    let set = |key: &str| toleration.get(key).filter(|_| text(toleration, key) != Text::Absent);
    if let Some(key) = set("key") {
        checked(key, code::SELECTOR, "taint key", qualified_name, problems);
    }
    let effects = &["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if let Some(effect) = set("effect") {
        one_of(effect, "effect", effects, problems);
    }
    if let Some(operator) = set("operator") {
        one_of(operator, "operator", &["Equal", "Exists", "Lt", "Gt"], problems);
    }
    let operator = text(toleration, "operator").or("Equal");
    if operator == Some("Equal") && text(toleration, "key") == Text::Absent {
        let at = toleration.get("operator").unwrap_or(toleration);
        problems.push(
            first_key(toleration, Problem::new(code::CROSS_FIELD, at, "the toleration names no taint to compare with"))
                .help("set `key`, or `operator: Exists` to tolerate every taint"),
        );
    }
    match (operator, set("value")) {
        (Some("Exists"), Some(value)) => problems.push(
            Problem::new(code::CROSS_FIELD, value, "operator `Exists` compares with no value")
                .at_key()
                .help("remove `value`, or write `operator: Equal`"),
        ),
        (Some("Equal"), Some(value)) => checked(value, code::SELECTOR, "taint value", label_value, problems),
        _ => {}
    }
    if let Some(seconds) = field(toleration, "tolerationSeconds")
        && matches!(text(toleration, "effect").or(""), Some(effect) if effect != "NoExecute" && (effect.is_empty() || effects.contains(&effect)))
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                seconds,
                "`tolerationSeconds` is set, and only taints with effect `NoExecute` end anything",
            )
            .at_key()
            .help("set `effect: NoExecute`, or remove `tolerationSeconds`"),
        );
    }
}

/// Underlines the first key of a mapping where the problem is about all of it.
fn first_key<'w>(item: Value<'w>, problem: Problem<'w>) -> Problem<'w> {
    let key = item.entries().next().and_then(|(_, value)| value.key_span());
    match key.filter(|_| problem.at.identity() == item.identity()) {
        Some(span) => problem.underline(span),
        None => problem,
    }
}

fn spread<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let mut seen: HashMap<(&'w str, &'w str), Value<'w>> = HashMap::new();
    for constraint in items(spec, "topologySpreadConstraints").filter(|constraint| constraint.is_mapping()) {
        if let Some(skew) = field(constraint, "maxSkew") {
            at_least(skew, "maxSkew", 1, problems);
        }
        if let Some(key) = field(constraint, "topologyKey").filter(|key| key.known() == Some("")) {
            problems.push(
                Problem::new(code::REQUIRED, key, "the constraint names no label of nodes")
                    .help("write a label such as `topology.kubernetes.io/zone`"),
            );
        }
        if let Some(value) = field(constraint, "labelSelector") {
            selector(value, problems);
        }
        affinity::label_keys(constraint, &["matchLabelKeys"], problems);
        for key in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if let Some(policy) = field(constraint, key) {
                one_of(policy, key, &["Honor", "Ignore"], problems);
            }
        }
        let action = field(constraint, "whenUnsatisfiable");
        if let Some(action) = action {
            one_of(action, "whenUnsatisfiable", &["DoNotSchedule", "ScheduleAnyway"], problems);
        }
        if let Some(domains) = field(constraint, "minDomains") {
            at_least(domains, "minDomains", 1, problems);
            if let Some(action) = action.filter(|action| action.known() == Some("ScheduleAnyway")) {
                problems.push(
                    Problem::new(code::CROSS_FIELD, domains, "`minDomains` is for constraints that hold a Pod back")
                        .at_key()
                        .related(action.span(), "this one does not")
                        .help("remove `minDomains`, or write `whenUnsatisfiable: DoNotSchedule`"),
                );
            }
        }
        let Some(key) = field(constraint, "topologyKey").filter(|key| key.known().is_some()) else { continue };
        let Some(pair) = key.known().zip(action.and_then(Value::known)) else { continue };
        if let Some(first) = seen.get(&pair) {
            problems.push(
                Problem::new(
                    code::DUPLICATE,
                    key,
                    format!("two constraints spread the Pods over `{}` in the same way", pair.0),
                )
                .related(first.span(), "the first one")
                .help("keep one of them"),
            );
        } else {
            seen.insert(pair, key);
        }
    }
}

fn gates<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    let mut names: HashMap<&'w str, Value<'w>> = HashMap::new();
    for gate in items(pod.spec, "schedulingGates") {
        let Some(name) = field(gate, "name") else { continue };
        checked(name, code::NAME, "scheduling gate", qualified_name, problems);
        let Some(text) = name.known() else { continue };
        if let Some(first) = names.get(text) {
            problems.push(
                Problem::new(code::DUPLICATE, name, format!("scheduling gate `{text}` is listed twice"))
                    .related(first.span(), "the first time")
                    .help("remove one of them"),
            );
        } else {
            names.insert(text, name);
        }
    }
    if !names.is_empty()
        && is_set(pod.spec, "nodeName")
        && text(pod.spec, "nodeName") != Text::Absent
        && let Some(node) = pod.spec.get("nodeName")
    {
        let mut problem = Problem::new(
            code::CROSS_FIELD,
            node,
            "the Pod is put on a node, and gates keep it from being put anywhere",
        )
        .at_key();
        if let Some(gates) = pod.spec.get("schedulingGates") {
            problem = problem.related(gates.key_or_span(), "the gates");
        }
        problems.push(problem.help("remove `nodeName` or `schedulingGates`"));
    }
}
