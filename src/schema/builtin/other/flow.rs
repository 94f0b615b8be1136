//! Priority and fairness of requests to the API server.

use super::require::{filled, needs, unwanted};
use crate::schema::value::{
    Fault, at_least, checked, code, dns_label, dns_subdomain, field, flag, in_range, items, number, one_of, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const VERBS: &[&str] =
    &["get", "list", "create", "update", "delete", "deletecollection", "patch", "watch", "proxy", "*"];

/// Checks a FlowSchema.
pub(super) fn schema<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    let exempt = object.at(&["metadata", "name"]).is_some_and(|name| name.known().is_none_or(|name| name == "exempt"));
    // Zero counts as not written.
    if let Some(precedence) = field(spec, "matchingPrecedence").filter(|value| value.as_int() != Some(0)) {
        in_range(precedence, "matchingPrecedence", 1..=10_000, problems);
        if precedence.as_int() == Some(1) && !exempt {
            let fact = "precedence 1 is that of the schema `exempt` alone";
            problems.push(Problem::new(code::CROSS_FIELD, precedence, fact).help("write 2 or more"));
        }
    }
    if let Some(kind) = spec.at(&["distinguisherMethod", "type"]) {
        one_of(kind, "type", &["ByUser", "ByNamespace"], problems);
    }
    if let Some(level) = field(spec, "priorityLevelConfiguration").filter(|level| level.is_mapping())
        && filled(level, "name", problems)
        && let Some(name) = field(level, "name")
    {
        checked(name, code::NAME, "priority level", dns_subdomain, problems);
    }
    for rule in items(spec, "rules").filter(|rule| rule.is_mapping()) {
        filled(rule, "subjects", problems);
        items(rule, "subjects").filter(|item| item.is_mapping()).for_each(|found| subject(found, problems));
        let kinds = ["resourceRules", "nonResourceRules"];
        if kinds.iter().all(|key| field(rule, key).is_none_or(Value::is_empty)) {
            let fact = "the rule is about no requests";
            needs(rule, "resourceRules", fact, "write `resourceRules` or `nonResourceRules`", problems);
        }
        items(rule, "resourceRules").filter(|item| item.is_mapping()).for_each(|found| resources(found, problems));
        items(rule, "nonResourceRules").filter(|item| item.is_mapping()).for_each(|found| paths(found, problems));
    }
}

fn subject<'w>(subject: Value<'w>, problems: &mut Problems<'w>) {
    let Some(kind) = field(subject, "kind") else { return };
    one_of(kind, "kind", &["User", "Group", "ServiceAccount"], problems);
    let own = match kind.known() {
        Some("User") => "user",
        Some("Group") => "group",
        Some("ServiceAccount") => "serviceAccount",
        _ => return,
    };
    for key in ["user", "group", "serviceAccount"].into_iter().filter(|key| *key != own) {
        if let Some(value) = field(subject, key) {
            let fact = format!("a subject of kind `{}` has no `{key}`", kind.known().unwrap_or_default());
            unwanted(value, fact, "remove it", problems);
        }
    }
    let Some(value) = field(subject, own) else {
        needs(subject, own, "the subject is not named", &format!("write `{own}.name`"), problems);
        return;
    };
    filled(value, "name", problems);
    if own == "serviceAccount" {
        if let Some(name) = field(value, "name").filter(|name| !matches!(name.known(), Some("" | "*"))) {
            checked(name, code::NAME, "ServiceAccount name", dns_subdomain, problems);
        }
        if filled(value, "namespace", problems)
            && let Some(namespace) = field(value, "namespace")
        {
            checked(namespace, code::NAME, "namespace", dns_label, problems);
        }
    }
}

fn alone<'w>(rule: Value<'w>, key: &str, problems: &mut Problems<'w>) {
    filled(rule, key, problems);
    let star = items(rule, key).find(|item| item.known() == Some("*"));
    if let Some(star) = star.filter(|_| items(rule, key).count() > 1) {
        let fact = format!("`*` is all of `{key}`, and others stand beside it");
        problems.push(Problem::new(code::CROSS_FIELD, star, fact).help("keep `*` alone, or remove it"));
    }
}

fn resources<'w>(rule: Value<'w>, problems: &mut Problems<'w>) {
    for key in ["verbs", "apiGroups", "resources", "namespaces"] {
        alone(rule, key, problems);
    }
    items(rule, "verbs").for_each(|verb| one_of(verb, "verbs", VERBS, problems));
    if flag(rule, "clusterScope") == Some(false) && rule.get("namespaces").is_none_or(Value::is_null) {
        let fact = "the rule is about no namespace, and not about the cluster";
        needs(rule, "namespaces", fact, "write `namespaces` or `clusterScope: true`", problems);
    }
    for namespace in items(rule, "namespaces").filter(|namespace| namespace.known() != Some("*")) {
        checked(namespace, code::NAME, "namespace", dns_label, problems);
    }
}

fn paths<'w>(rule: Value<'w>, problems: &mut Problems<'w>) {
    for key in ["verbs", "nonResourceURLs"] {
        alone(rule, key, problems);
    }
    items(rule, "verbs").for_each(|verb| one_of(verb, "verbs", VERBS, problems));
    for path in items(rule, "nonResourceURLs").filter(|path| path.known() != Some("*")) {
        checked(path, code::ADDRESS, "path", path_fault, problems);
    }
}

fn path_fault(text: &str) -> Option<Fault> {
    let stars = text.matches('*').count();
    let found = match text {
        "" => "it is empty",
        "/" => return None,
        _ if !text.starts_with('/') => "does not start with `/`",
        _ if text.contains(' ') => "a blank in it",
        _ if text.contains("//") => "`//` in it",
        _ if stars > 1 || stars == 1 && !text.ends_with("/*") => "a `*` that is not the last step",
        _ => return None,
    };
    Some(Fault::new("a path", found, "write it as `/path` or `/path/*`"))
}

/// Checks a PriorityLevelConfiguration.
pub(super) fn level<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    let name = object.at(&["metadata", "name"]).and_then(Value::known);
    let Some(kind) = field(spec, "type") else { return };
    one_of(kind, "type", &["Exempt", "Limited"], problems);
    let exempt = kind.known() == Some("Exempt");
    if let Some(name) = name.filter(|name| kind.known().is_some() && (*name == "exempt") != exempt) {
        let fact = format!("the level `exempt` alone is of type `Exempt`, and this is `{name}`");
        problems.push(Problem::new(code::CROSS_FIELD, kind, fact).help("write `type: Limited`"));
        return;
    }
    let (own, other) = if exempt { ("exempt", "limited") } else { ("limited", "exempt") };
    if let Some(value) = field(spec, other) {
        unwanted(
            value,
            format!("a level of type `{}` has no `{other}`", kind.raw().unwrap_or_default()),
            "remove it",
            problems,
        );
    }
    let Some(value) = field(spec, own) else {
        if kind.known() == Some("Limited") {
            needs(spec, own, "the level sets no limits", "write `limited`", problems);
        }
        return;
    };
    for (key, most) in [("nominalConcurrencyShares", i64::from(i32::MAX)), ("lendablePercent", 100)] {
        if let Some(found) = field(value, key) {
            in_range(found, key, 0..=most, problems);
        }
    }
    if let Some(found) = field(value, "borrowingLimitPercent") {
        at_least(found, "borrowingLimitPercent", 0, problems);
    }
    if let Some(response) = field(value, "limitResponse").filter(|response| response.is_mapping()) {
        limit_response(response, problems);
    }
}

fn limit_response<'w>(response: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(kind) = field(response, "type") {
        one_of(kind, "type", &["Queue", "Reject"], problems);
    }
    let queuing = field(response, "queuing");
    match (text(response, "type").known(), queuing) {
        (Some("Reject"), Some(queuing)) => unwanted(queuing, "what is rejected is not queued", "remove it", problems),
        (Some("Queue"), None) => {
            needs(
                response,
                "queuing",
                "the queues are not described",
                "write `queuing: {}` for the defaults",
                problems,
            );
        }
        (Some("Queue"), Some(queuing)) => {
            // Zero counts as not written.
            for (key, most) in
                [("queues", 10_000_000), ("handSize", i64::from(i32::MAX)), ("queueLengthLimit", i64::from(i32::MAX))]
            {
                if let Some(value) = field(queuing, key).filter(|value| value.as_int() != Some(0)) {
                    in_range(value, key, 1..=most, problems);
                }
            }
            let or = |key: &str, default: i64| number(queuing, key).filter(|number| *number != 0).unwrap_or(default);
            let (queues, hand) = (or("queues", 64), or("handSize", 8));
            if let Some(value) =
                field(queuing, "handSize").or_else(|| field(queuing, "queues")).filter(|_| hand > queues)
            {
                let fact = format!("a hand of {hand} queues is more than the {queues} there are");
                problems.push(Problem::new(code::CROSS_FIELD, value, fact).help("write a smaller `handSize`"));
            }
        }
        _ => {}
    }
}
