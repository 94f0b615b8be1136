//! Roles and their bindings.

use super::require::{filled, needs, unwanted};
use crate::schema::value::{Text, checked, code, dns_subdomain, field, items, one_of, path_segment, selector, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Checks a Role or a ClusterRole.
pub(super) fn role<'w>(object: Value<'w>, in_namespace: bool, problems: &mut Problems<'w>) {
    for rule in items(object, "rules") {
        if rule.is_null() {
            problems.push(Problem::new(code::REQUIRED, rule, "the rule is empty").help("write what it grants"));
        } else if rule.is_mapping() {
            policy_rule(rule, in_namespace, problems);
        }
    }
    let Some(aggregation) = field(object, "aggregationRule").filter(|_| !in_namespace) else { return };
    let fact = "the aggregation selects no ClusterRoles";
    needs(aggregation, "clusterRoleSelectors", fact, "write `clusterRoleSelectors`", problems);
    items(aggregation, "clusterRoleSelectors").for_each(|found| selector(found, problems));
}

fn policy_rule<'w>(rule: Value<'w>, in_namespace: bool, problems: &mut Problems<'w>) {
    if !filled(rule, "verbs", problems) {
        return;
    }
    if let Some(urls) = field(rule, "nonResourceURLs").filter(|urls| urls.items().next().is_some()) {
        if in_namespace {
            unwanted(urls, "paths outside the API lie in no namespace", "grant them in a ClusterRole", problems);
            return;
        }
        let other = ["apiGroups", "resources", "resourceNames"]
            .into_iter()
            .find_map(|key| field(rule, key).filter(|list| list.items().next().is_some()));
        if let Some(other) = other {
            problems.push(
                Problem::new(code::CROSS_FIELD, urls, "a rule is about paths or about resources, not both")
                    .at_key()
                    .related(other.key_or_span(), "about resources")
                    .help("write two rules"),
            );
        }
        return;
    }
    let fact = "the rule says no API group";
    if !needs(rule, "apiGroups", fact, "write `apiGroups: [\"\"]` for the core group", problems) {
        needs(rule, "resources", "the rule says no resource", "list them under `resources`", problems);
    }
}

/// Checks a RoleBinding or a ClusterRoleBinding.
pub(super) fn binding<'w>(object: Value<'w>, in_namespace: bool, problems: &mut Problems<'w>) {
    if let Some(role) = field(object, "roleRef").filter(|role| role.is_mapping()) {
        group(role, GROUP, problems);
        let kinds: &[&str] = if in_namespace { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
        if let Some(kind) = field(role, "kind") {
            one_of(kind, "kind", kinds, problems);
        }
        if filled(role, "name", problems)
            && let Some(name) = field(role, "name")
        {
            checked(name, code::NAME, "role name", path_segment, problems);
        }
    }
    for subject in items(object, "subjects").filter(|subject| subject.is_mapping()) {
        subject_of(subject, in_namespace, problems);
    }
}

fn group<'w>(reference: Value<'w>, allowed: &str, problems: &mut Problems<'w>) {
    if let Some(group) = field(reference, "apiGroup").filter(|group| group.known() != Some("")) {
        one_of(group, "apiGroup", &[allowed], problems);
    }
}

fn subject_of<'w>(subject: Value<'w>, in_namespace: bool, problems: &mut Problems<'w>) {
    if !filled(subject, "name", problems) {
        return;
    }
    let Some(kind) = field(subject, "kind") else { return };
    one_of(kind, "kind", &["ServiceAccount", "User", "Group"], problems);
    match kind.known() {
        Some("ServiceAccount") => {
            if let Some(name) = field(subject, "name") {
                checked(name, code::NAME, "ServiceAccount name", dns_subdomain, problems);
            }
            if let (Text::Known(_), Some(group)) = (text(subject, "apiGroup"), field(subject, "apiGroup")) {
                unwanted(group, "a ServiceAccount is of the core group", "remove `apiGroup`", problems);
            }
            if !in_namespace {
                let fact = "a ServiceAccount is named without its namespace";
                needs(subject, "namespace", fact, "write `namespace`", problems);
            }
        }
        Some("User" | "Group") => group(subject, GROUP, problems),
        _ => {}
    }
}
