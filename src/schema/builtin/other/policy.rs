//! Admission policies and their bindings.

use super::admission::{match_conditions, match_resources};
use super::expression::{Scope, expression};
use super::require::{Seen, filled, needs, unwanted};
use crate::schema::value::{
    Fault, checked, code, dns_label_1035, dns_subdomain, field, identifier, is_set, items, one_of, qualified_name,
    selector, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const MOST_ANNOTATIONS: usize = 20;

/// Checks a ValidatingAdmissionPolicy.
pub(super) fn validating<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec").filter(|spec| spec.is_mapping()) else {
        if object.get("spec").is_none_or(Value::is_null) {
            needs(object, "spec", "the policy is empty", "write its `spec`", problems);
        }
        return;
    };
    let names = common(spec, problems);
    let scope = Scope::policy(is_set(spec, "paramKind")).with_variables(&names);
    let fact = "the policy neither validates nor annotates";
    if field(spec, "auditAnnotations").is_none_or(Value::is_empty)
        && needs(spec, "validations", fact, "write `validations`", problems)
    {
        return;
    }
    for validation in items(spec, "validations").filter(|validation| validation.is_mapping()) {
        expression(validation, "expression", scope.clone(), problems);
        if text(validation, "messageExpression").known().is_some() {
            expression(validation, "messageExpression", scope.clone().text().without_authorizer(), problems);
        }
        if let Some(message) = field(validation, "message") {
            checked(message, code::EXPRESSION, "message", message_fault, problems);
        }
        if let Some(reason) = field(validation, "reason") {
            let reasons = &["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"];
            one_of(reason, "reason", reasons, problems);
        }
    }
    audit(object, spec, &scope, problems);
}

fn message_fault(text: &str) -> Option<Fault> {
    let found = match text.trim() {
        "" if !text.is_empty() => "blanks only",
        text if text.contains(['\n', '\r']) => "a line break in it",
        _ => return None,
    };
    Some(Fault::new("a message on one line", found, "write one line"))
}

fn audit<'w>(object: Value<'w>, spec: Value<'w>, scope: &Scope<'_>, problems: &mut Problems<'w>) {
    let count = items(spec, "auditAnnotations").count();
    if let Some(list) = field(spec, "auditAnnotations").filter(|_| count > MOST_ANNOTATIONS) {
        let fact = format!("there are {count} audit annotations, at most {MOST_ANNOTATIONS} are allowed");
        problems.push(Problem::new(code::SIZE, list, fact).at_key());
    }
    let name = object.at(&["metadata", "name"]).and_then(Value::known);
    let mut seen = Seen::default();
    for annotation in items(spec, "auditAnnotations").filter(|annotation| annotation.is_mapping()) {
        if let Some(key) = field(annotation, "key") {
            let fault = |key: &str| match name {
                Some(name) => qualified_name(&format!("{name}/{key}")),
                None => qualified_name(key),
            };
            checked(key, code::NAME, "audit key", fault, problems);
            if let Some(text) = key.known() {
                seen.once(text, key, &format!("audit key `{text}`"), problems);
            }
        }
        expression(annotation, "valueExpression", scope.clone().text(), problems);
    }
}

/// What both kinds of policies share. Gives the names of their variables.
fn common<'w>(spec: Value<'w>, problems: &mut Problems<'w>) -> Vec<&'w str> {
    if let Some(policy) = field(spec, "failurePolicy") {
        one_of(policy, "failurePolicy", &["Fail", "Ignore"], problems);
    }
    let params = field(spec, "paramKind");
    if let Some(kind) = params.filter(|kind| kind.is_mapping()) {
        param_kind(kind, problems);
    }
    match field(spec, "matchConstraints") {
        None => {
            let fact = "the policy does not say what it is about";
            needs(spec, "matchConstraints", fact, "write `matchConstraints.resourceRules`", problems);
        }
        Some(matched) => {
            needs(matched, "resourceRules", "the policy matches nothing", "write `resourceRules`", problems);
            match_resources(matched, problems);
        }
    }
    match_conditions(spec, Scope::policy(params.is_some()), problems);
    let mut names: Vec<&'w str> = Vec::new();
    let mut seen = Seen::default();
    for variable in items(spec, "variables").filter(|variable| variable.is_mapping()) {
        seen.field_once(variable, "name", "variable", problems);
        if filled(variable, "name", problems)
            && let Some(name) = field(variable, "name")
        {
            checked(name, code::NAME, "variable", identifier, problems);
        }
        let scope = Scope::policy(params.is_some()).with_variables(&names).any_result();
        expression(variable, "expression", scope, problems);
        names.extend(text(variable, "name").known());
    }
    names
}

fn param_kind<'w>(kind: Value<'w>, problems: &mut Problems<'w>) {
    let fact = "the kind of parameters is not named in full";
    if !needs(kind, "apiVersion", fact, "write `apiVersion`", problems)
        && let Some(version) = field(kind, "apiVersion")
    {
        let fault = |text: &str| {
            let (group, version) = text.split_once('/').map_or((None, text), |(group, version)| (Some(group), version));
            group.filter(|group| !group.is_empty()).and_then(dns_subdomain).or_else(|| dns_label_1035(version))
        };
        checked(version, code::NAME, "apiVersion", fault, problems);
    }
    if !needs(kind, "kind", fact, "write `kind`", problems)
        && let Some(kind) = field(kind, "kind")
    {
        checked(kind, code::NAME, "kind", |text| dns_label_1035(&text.to_ascii_lowercase()), problems);
    }
}

/// Checks a MutatingAdmissionPolicy.
pub(super) fn mutating<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec").filter(|spec| spec.is_mapping()) else { return };
    let names = common(spec, problems);
    let scope = Scope::policy(is_set(spec, "paramKind")).with_variables(&names).any_result();
    if let Some(policy) = field(spec, "reinvocationPolicy") {
        one_of(policy, "reinvocationPolicy", &["Never", "IfNeeded"], problems);
    }
    needs(spec, "mutations", "the policy changes nothing", "write `mutations`", problems);
    for mutation in items(spec, "mutations").filter(|mutation| mutation.is_mapping()) {
        let Some(kind) = field(mutation, "patchType") else { continue };
        one_of(kind, "patchType", &["ApplyConfiguration", "JSONPatch"], problems);
        let (own, other) = match kind.known() {
            Some("ApplyConfiguration") => ("applyConfiguration", "jsonPatch"),
            Some("JSONPatch") => ("jsonPatch", "applyConfiguration"),
            _ => continue,
        };
        if let Some(value) = field(mutation, other) {
            let fact = format!("a mutation of type `{}` has no `{other}`", kind.known().unwrap_or_default());
            unwanted(value, fact, "remove it", problems);
        }
        if let Some(patch) = field(mutation, own) {
            expression(patch, "expression", scope.clone(), problems);
        } else {
            let fact = format!("a mutation of type `{}` says no change", kind.known().unwrap_or_default());
            needs(mutation, own, &fact, &format!("write `{own}.expression`"), problems);
        }
    }
}

/// Checks the binding of a policy; only one that validates says what happens then.
pub(super) fn binding<'w>(object: Value<'w>, validates: bool, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    if !spec.is_mapping() {
        return;
    }
    if !validates {
        needs(spec, "policyName", "the binding names no policy", "write `policyName`", problems);
    } else if spec.get("policyName").is_some() {
        filled(spec, "policyName", problems);
    }
    if let Some(name) = field(spec, "policyName").filter(|name| name.known() != Some("")) {
        checked(name, code::NAME, "policy name", dns_subdomain, problems);
    }
    if let Some(params) = field(spec, "paramRef").filter(|params| params.is_mapping()) {
        param_ref(params, problems);
    }
    if let Some(matched) = field(spec, "matchResources") {
        match_resources(matched, problems);
    }
    if validates {
        actions(spec, problems);
    }
}

fn param_ref<'w>(params: Value<'w>, problems: &mut Problems<'w>) {
    match (field(params, "name").filter(|name| name.known() != Some("")), field(params, "selector")) {
        (Some(name), Some(by)) => problems.push(
            Problem::new(code::CROSS_FIELD, by, "parameters are found by name or by selector, not both")
                .at_key()
                .related(name.key_or_span(), "the name")
                .help("keep one of them"),
        ),
        (None, None) => {
            needs(params, "name", "the parameters are not named", "write `name` or `selector`", problems);
        }
        (Some(name), None) => {
            checked(name, code::NAME, "parameter name", crate::schema::value::path_segment, problems);
        }
        (None, Some(by)) => selector(by, problems),
    }
    if let Some(action) = field(params, "parameterNotFoundAction") {
        one_of(action, "parameterNotFoundAction", &["Allow", "Deny"], problems);
    }
}

fn actions<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    filled(spec, "validationActions", problems);
    let find = |word: &str| items(spec, "validationActions").find(|action| action.known() == Some(word));
    let mut seen = Seen::default();
    for action in items(spec, "validationActions") {
        one_of(action, "validationActions", &["Deny", "Warn", "Audit"], problems);
        match action.known() {
            Some(word) => seen.once(word, action, &format!("action `{word}`"), problems),
            None if action.is_null() => {
                let fact = "an entry of `validationActions` is empty";
                problems.push(Problem::new(code::REQUIRED, action, fact).help("write an action, or remove the entry"));
            }
            None => {}
        }
    }
    if let (Some(deny), Some(warn)) = (find("Deny"), find("Warn")) {
        problems.push(
            Problem::new(code::CROSS_FIELD, warn, "`Warn` says again what `Deny` says")
                .related(deny.span(), "the denial")
                .help("keep one of them"),
        );
    }
}
