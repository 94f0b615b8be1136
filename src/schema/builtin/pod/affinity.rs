//! Which nodes a Pod wants, and which Pods near it.

use crate::schema::value::{
    Fault, checked, code, dns_label, dns_subdomain, field, in_range, is_set, items, one_of, qualified_name,
    requirements_with, selector,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(affinity) = field(spec, "affinity") else { return };
    if let Some(nodes) = field(affinity, "nodeAffinity") {
        if let Some(required) = field(nodes, REQUIRED) {
            terms(required, problems);
        }
        for preferred in items(nodes, PREFERRED) {
            weight(preferred, problems);
            if let Some(preference) = field(preferred, "preference") {
                term(preference, false, problems);
            }
        }
    }
    for key in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = field(affinity, key) else { continue };
        for required in items(pods, REQUIRED) {
            pod_term(required, problems);
        }
        for preferred in items(pods, PREFERRED) {
            weight(preferred, problems);
            if let Some(inner) = field(preferred, "podAffinityTerm") {
                pod_term(inner, problems);
            }
        }
    }
}

fn weight<'w>(preferred: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(weight) = field(preferred, "weight") {
        in_range(weight, "weight", 1..=100, problems);
    }
}

fn terms<'w>(required: Value<'w>, problems: &mut Problems<'w>) {
    // A list that is not there is told by the schema.
    if let Some(list) = field(required, "nodeSelectorTerms").filter(|list| list.is_sequence() && list.is_empty()) {
        problems.push(
            Problem::new(code::REQUIRED, list, "no node matches, for the list of terms is empty")
                .at_key()
                .help("write at least one term"),
        );
    }
    for node in items(required, "nodeSelectorTerms") {
        term(node, true, problems);
    }
}

fn term<'w>(term: Value<'w>, check_values: bool, problems: &mut Problems<'w>) {
    requirements_with(term, "matchExpressions", OPERATORS, check_values, problems);
    for requirement in items(term, "matchFields") {
        if let Some(key) = field(requirement, "key") {
            one_of(key, "key", &["metadata.name"], problems);
        }
        let Some(operator) = field(requirement, "operator") else { continue };
        one_of(operator, "operator", &["In", "NotIn"], problems);
        let values: Vec<Value<'w>> = items(requirement, "values").collect();
        if matches!(operator.known(), Some("In" | "NotIn")) && values.len() != 1 {
            let at = requirement.get("values").unwrap_or(requirement);
            problems.push(
                Problem::new(code::SELECTOR, at, format!("a field is compared with one value, not {}", values.len()))
                    .help("write one node name in each term"),
            );
        }
        for value in values {
            checked(value, code::NAME, "node name", dns_subdomain, problems);
        }
    }
}

/// A label of nodes that tells places apart.
fn topology_key<'w>(owner: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(key) = field(owner, "topologyKey") {
        let check = |text: &str| match text {
            "" => {
                Some(Fault::new("a label", "it is empty", "write a label of nodes, such as `kubernetes.io/hostname`"))
            }
            text => qualified_name(text),
        };
        checked(key, code::SELECTOR, "topologyKey", check, problems);
    }
}

fn pod_term<'w>(term: Value<'w>, problems: &mut Problems<'w>) {
    topology_key(term, problems);
    for key in ["labelSelector", "namespaceSelector"] {
        if let Some(value) = field(term, key) {
            selector(value, problems);
        }
    }
    for namespace in items(term, "namespaces") {
        checked(namespace, code::NAME, "namespace", dns_label, problems);
    }
    label_keys(term, &["matchLabelKeys", "mismatchLabelKeys"], problems);
}

/// Labels whose values are taken from the Pod itself; they complete a selector.
pub(super) fn label_keys<'w>(owner: Value<'w>, fields: &[&str], problems: &mut Problems<'w>) {
    let mut seen: Vec<(&str, Value<'w>)> = Vec::new();
    for name in fields {
        let Some(list) = field(owner, name).filter(|list| list.items().next().is_some()) else { continue };
        if !is_set(owner, "labelSelector") {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    list,
                    format!("`{name}` completes a `labelSelector`, and there is none"),
                )
                .at_key()
                .help(format!("write a `labelSelector`, or remove `{name}`")),
            );
        }
        for key in list.items() {
            checked(key, code::SELECTOR, "label key", qualified_name, problems);
            let Some(text) = key.known() else { continue };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == text) {
                problems.push(
                    Problem::new(code::DUPLICATE, key, format!("label key `{text}` is listed twice"))
                        .related(first.span(), "the first time")
                        .help("remove one of them"),
                );
            } else {
                seen.push((text, key));
            }
        }
    }
}
