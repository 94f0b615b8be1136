//! Webhook configurations, and the rules that say what a webhook or a policy sees.

use super::expression::{Scope, expression};
use super::require::{Seen, filled, needs};
use crate::schema::value::{
    Fault, checked, code, dns_label_1035, dns_subdomain, field, fully_qualified_name, in_range, items, one_of,
    path_segment, port, qualified_name, selector,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const OPERATIONS: &[&str] = &["CREATE", "UPDATE", "DELETE", "CONNECT", "*"];

/// Checks a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration.
pub(super) fn webhooks<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let mut names = Seen::default();
    for hook in items(object, "webhooks").filter(|hook| hook.is_mapping()) {
        webhook(hook, problems);
        names.field_once(hook, "name", "webhook", problems);
    }
}

fn webhook<'w>(hook: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(name) = field(hook, "name") {
        checked(name, code::NAME, "webhook name", fully_qualified_name, problems);
    }
    items(hook, "rules").for_each(|found| rule(found, problems));
    for (key, allowed) in [
        ("failurePolicy", &["Fail", "Ignore"][..]),
        ("matchPolicy", &["Exact", "Equivalent"]),
        ("sideEffects", &["None", "NoneOnDryRun"]),
        ("reinvocationPolicy", &["Never", "IfNeeded"]),
    ] {
        if let Some(value) = field(hook, key) {
            one_of(value, key, allowed, problems);
        }
    }
    if let Some(seconds) = field(hook, "timeoutSeconds") {
        in_range(seconds, "timeoutSeconds", 1..=30, problems);
    }
    for found in ["namespaceSelector", "objectSelector"].iter().filter_map(|key| field(hook, key)) {
        selector(found, problems);
    }
    review_versions(hook, problems);
    if let Some(config) = field(hook, "clientConfig").filter(|config| config.is_mapping()) {
        client(config, problems);
    }
    match_conditions(hook, Scope::webhook(), problems);
}

fn review_versions<'w>(hook: Value<'w>, problems: &mut Problems<'w>) {
    let Some(list) = field(hook, "admissionReviewVersions") else { return };
    if !filled(hook, "admissionReviewVersions", problems) {
        return;
    }
    let mut seen = Seen::default();
    let mut known = false;
    for version in list.items() {
        checked(version, code::NAME, "review version", dns_label_1035, problems);
        let text = version.known();
        known |= text.is_none_or(|text| matches!(text, "v1" | "v1beta1"));
        if let Some(text) = text {
            seen.once(text, version, &format!("version `{text}`"), problems);
        }
    }
    if !known && list.is_sequence() {
        let fact = "the webhook understands no review that the API server sends";
        problems.push(Problem::new(code::ENUM, list, fact).at_key().help("add `v1`"));
    }
}

/// Checks how a webhook is reached: by a URL or by a Service.
pub(super) fn client<'w>(config: Value<'w>, problems: &mut Problems<'w>) {
    match (field(config, "url"), field(config, "service")) {
        (None, None) => problems.push(
            Problem::new(code::REQUIRED, config, "the webhook has neither a URL nor a Service")
                .at_key()
                .help("write `service`, or `url` for one outside the cluster"),
        ),
        (Some(url), Some(service)) => problems.push(
            Problem::new(code::CROSS_FIELD, config, "the webhook has a URL and a Service")
                .underline(url.key_or_span())
                .related(service.key_or_span(), "the Service")
                .help("keep one of them"),
        ),
        // What stands before the host may be a password.
        (Some(url), None) if url.known().is_some_and(has_user) => problems.push(
            Problem::new(code::ADDRESS, url, "the URL of the webhook has a user before its host")
                .help("write it as `https://host.example.org/path`"),
        ),
        (Some(url), None) => checked(url, code::ADDRESS, "URL", url_fault, problems),
        (None, Some(service)) => to_service(service, problems),
    }
    if let Some(bundle) = field(config, "caBundle").filter(|bundle| bundle.known().is_some_and(|text| !text.is_empty()))
    {
        use base64::Engine;
        let text = bundle.known().unwrap_or_default().replace(['\n', '\r'], "");
        if base64::prelude::BASE64_STANDARD.decode(text).is_err() {
            let fact = "`caBundle` is not base64";
            problems.push(Problem::new(super::data::FORMAT, bundle, fact).help("encode the PEM file in base64"));
        }
    }
}

fn has_user(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().contains('@')
}

fn url_fault(text: &str) -> Option<Fault> {
    let wanted = "a URL for a webhook";
    let help = "write it as `https://host.example.org/path`";
    let Some(rest) = text.strip_prefix("https://") else {
        return Some(Fault::new(wanted, "it does not start with `https://`", help));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let found = match () {
        () if authority.is_empty() => "no host",
        () if rest.contains('#') => "a fragment after `#`",
        () if rest.contains('?') => "a query after `?`",
        () => return None,
    };
    Some(Fault::new(wanted, found, help))
}

fn to_service<'w>(service: Value<'w>, problems: &mut Problems<'w>) {
    filled(service, "name", problems);
    filled(service, "namespace", problems);
    if let Some(number) = field(service, "port") {
        port(number, "port", problems);
    }
    if let Some(path) = field(service, "path") {
        checked(path, code::ADDRESS, "path", path_fault, problems);
    }
}

fn path_fault(text: &str) -> Option<Fault> {
    if text.is_empty() || text == "/" {
        return None;
    }
    let wanted = "an absolute path";
    let Some(rest) = text.strip_prefix('/') else {
        return Some(Fault::new(wanted, "does not start with `/`", format!("write `/{text}`")));
    };
    rest.strip_suffix('/').unwrap_or(rest).split('/').find_map(|step| match step {
        "" => Some(Fault::new(wanted, "an empty step between two `/`", "write each `/` once")),
        step => dns_subdomain(step).map(|fault| Fault { wanted, ..fault }),
    })
}

/// Checks what is matched: selectors and rules of a policy or its binding.
pub(super) fn match_resources<'w>(matched: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(policy) = field(matched, "matchPolicy") {
        one_of(policy, "matchPolicy", &["Exact", "Equivalent"], problems);
    }
    for found in ["namespaceSelector", "objectSelector"].iter().filter_map(|key| field(matched, key)) {
        selector(found, problems);
    }
    for found in ["resourceRules", "excludeResourceRules"].iter().flat_map(|key| items(matched, key)) {
        let mut names = Seen::default();
        for name in items(found, "resourceNames") {
            checked(name, code::NAME, "resource name", path_segment, problems);
            if let Some(text) = name.known() {
                names.once(text, name, &format!("name `{text}`"), problems);
            }
        }
        rule(found, problems);
    }
}

fn rule<'w>(rule: Value<'w>, problems: &mut Problems<'w>) {
    // A rule that is null has no operations either.
    if !rule.is_mapping() {
        if rule.is_null() {
            problems.push(Problem::new(code::REQUIRED, rule, "the rule is empty").help("write what it applies to"));
        }
        return;
    }
    for key in ["operations", "apiGroups", "apiVersions", "resources"] {
        if needs(
            rule,
            key,
            &format!("the rule has no `{key}`"),
            &format!("list them, or write `{key}: ['*']`"),
            problems,
        ) {
            return;
        }
        alone(rule, key, problems);
    }
    items(rule, "operations").for_each(|word| one_of(word, "operations", OPERATIONS, problems));
    for key in ["apiVersions", "resources"] {
        if let Some(empty) = items(rule, key).find(|item| item.known() == Some("")) {
            problems.push(
                Problem::new(code::REQUIRED, empty, format!("an entry of `{key}` is empty")).help("write a name"),
            );
        }
    }
    if let Some(scope) = field(rule, "scope") {
        one_of(scope, "scope", &["Cluster", "Namespaced", "*"], problems);
    }
    subresources(rule, problems);
}

/// `*` stands alone.
fn alone<'w>(rule: Value<'w>, key: &str, problems: &mut Problems<'w>) {
    let any = if key == "resources" { "*/*" } else { "*" };
    let star = items(rule, key).find(|item| item.known() == Some(any));
    if let Some(star) = star.filter(|_| items(rule, key).count() > 1) {
        let fact = format!("`{any}` is all of `{key}`, and others stand beside it");
        problems.push(Problem::new(code::CROSS_FIELD, star, fact).help(format!("keep `{any}` alone, or remove it")));
    }
}

/// What a wildcard covers is not listed again.
fn subresources<'w>(rule: Value<'w>, problems: &mut Problems<'w>) {
    let (mut whole, mut anywhere): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut last_plain = None;
    let mut star = None;
    for item in items(rule, "resources") {
        let Some(text) = item.known().filter(|text| *text != "*/*") else { continue };
        let Some((resource, sub)) = text.split_once('/') else {
            if text == "*" {
                star = Some(item);
                last_plain = None;
            } else {
                last_plain = Some(item);
            }
            continue;
        };
        let covered = if whole.contains(&resource) {
            Some(format!("{resource}/*"))
        } else if anywhere.contains(&sub) {
            Some(format!("*/{sub}"))
        } else {
            None
        };
        if let Some(covered) = covered {
            let fact = format!("`{text}` is covered by `{covered}`, which stands before it");
            problems.push(Problem::new(code::CROSS_FIELD, item, fact).help("remove it"));
        }
        if sub == "*" {
            whole.push(resource);
        }
        if resource == "*" {
            anywhere.push(sub);
        }
    }
    if let (Some(star), Some(plain)) = (star, last_plain) {
        problems.push(
            Problem::new(code::CROSS_FIELD, star, "`*` is all resources, and others stand beside it")
                .related(plain.span(), "one of them")
                .help("keep `*` alone, or remove it"),
        );
    }
}

/// Checks the conditions under which a webhook or a policy is asked.
pub(super) fn match_conditions<'w>(parent: Value<'w>, scope: Scope<'_>, problems: &mut Problems<'w>) {
    let count = items(parent, "matchConditions").count();
    if let Some(list) = field(parent, "matchConditions").filter(|_| count > 64) {
        let fact = format!("there are {count} conditions, at most 64 are allowed");
        problems.push(Problem::new(code::SIZE, list, fact).at_key());
    }
    let mut names = Seen::default();
    for condition in items(parent, "matchConditions").filter(|condition| condition.is_mapping()) {
        names.field_once(condition, "name", "condition", problems);
        if filled(condition, "name", problems)
            && let Some(name) = field(condition, "name")
        {
            checked(name, code::NAME, "condition name", qualified_name, problems);
        }
        expression(condition, "expression", scope.clone(), problems);
    }
}
