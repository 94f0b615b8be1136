//! Kinds of the cluster that hold few fields: namespaces, nodes, classes, leases, disruption budgets, API services,
//! certificate requests.

use super::amounts::natural_amount;
use super::require::{Seen, filled, lacks, unwanted};
use crate::schema::value::{
    Fault, at_least, checked, cidr, code, dns_label, dns_label_1035, dns_subdomain, field, flag, in_range,
    int_or_percent, items, label_map, label_value, one_of, qualified_name, selector, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use base64::Engine;

/// The largest value of a class that is not Kubernetes' own.
const MOST_PRIORITY: i64 = 1_000_000_000;
const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];
const USAGES: &[&str] = &[
    "signing",
    "digital signature",
    "content commitment",
    "key encipherment",
    "key agreement",
    "data encipherment",
    "cert sign",
    "crl sign",
    "encipher only",
    "decipher only",
    "any",
    "server auth",
    "client auth",
    "code signing",
    "email protection",
    "s/mime",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "timestamping",
    "ocsp signing",
    "microsoft sgc",
    "netscape sgc",
];

/// Checks a Namespace.
pub(super) fn namespace<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    for item in items(spec, "finalizers") {
        let Some(name) = item.known().or(item.is_null().then_some("")) else { continue };
        let own = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
        let fault = qualified_name(name).or_else(|| {
            let help = "write it with a domain, as in `example.org/name`";
            (!own && !name.contains('/')).then(|| Fault::new("a finalizer", "no domain before a `/`", help))
        });
        if let Some(fault) = fault {
            let at = field(spec, "finalizers").unwrap_or(item);
            problems.push(Problem { at, underline: Some(item.span()), ..fault.problem(code::NAME, item, "finalizer") });
        }
    }
}

/// Checks a Node.
pub(super) fn node<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    let mut seen = Seen::default();
    for taint in items(spec, "taints").filter(|taint| taint.is_mapping()) {
        if let Some(key) = field(taint, "key") {
            checked(key, code::NAME, "taint", qualified_name, problems);
        }
        if let Some(value) = field(taint, "value") {
            checked(value, code::NAME, "taint value", label_value, problems);
        }
        if filled(taint, "effect", problems)
            && let Some(effect) = field(taint, "effect")
        {
            one_of(effect, "effect", EFFECTS, problems);
        }
        if let (Some(key), Some(effect)) = (text(taint, "key").known(), text(taint, "effect").known()) {
            seen.once(format!("{key}:{effect}"), taint, &format!("taint `{key}:{effect}`"), problems);
        }
    }
    for range in field(spec, "podCIDR").into_iter().chain(items(spec, "podCIDRs")) {
        if range.known() != Some("") {
            checked(range, code::ADDRESS, "range of Pods", cidr, problems);
        }
    }
}

/// Checks a PriorityClass.
pub(super) fn priority_class<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let name = object.at(&["metadata", "name"]).filter(|name| !name.is_null());
    let of_kubernetes = name.and_then(Value::known).is_some_and(|name| name.starts_with("system-"));
    let known = matches!(name.and_then(Value::known), Some("system-cluster-critical" | "system-node-critical"));
    if let Some(name) = name.filter(|_| of_kubernetes && !known) {
        problems.push(
            Problem::new(code::NAME, name, "names of priority classes that start with `system-` are Kubernetes' own")
                .help("choose another name"),
        );
    } else if let Some(value) = field(object, "value").filter(|_| !of_kubernetes)
        && let Some(number) = value.as_int().filter(|number| *number > MOST_PRIORITY)
    {
        problems.push(
            Problem::new(
                code::BOUND,
                value,
                format!("`value` is {number}, and what is above {MOST_PRIORITY} is Kubernetes' own"),
            )
            .help(format!("write {MOST_PRIORITY} or less")),
        );
    }
    if let Some(policy) = field(object, "preemptionPolicy") {
        one_of(policy, "preemptionPolicy", &["PreemptLowerPriority", "Never"], problems);
    }
}

/// Checks a RuntimeClass.
pub(super) fn runtime_class<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(handler) = field(object, "handler") {
        checked(handler, code::NAME, "handler", dns_label, problems);
    }
    let fixed = object.at(&["overhead", "podFixed"]);
    for (name, value) in fixed.into_iter().flat_map(Value::entries) {
        natural_amount(value, &format!("`{name}`"), problems);
    }
    let Some(scheduling) = field(object, "scheduling") else { return };
    if let Some(labels) = field(scheduling, "nodeSelector") {
        label_map(labels, code::SELECTOR, "selector", problems);
    }
}

/// Checks a Lease.
pub(super) fn lease<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    if let Some(seconds) = field(spec, "leaseDurationSeconds") {
        at_least(seconds, "leaseDurationSeconds", 1, problems);
    }
    if let Some(count) = field(spec, "leaseTransitions") {
        at_least(count, "leaseTransitions", 0, problems);
    }
    for key in ["acquireTime", "renewTime"] {
        if let Some(time) = field(spec, key) {
            let fault = |text: &str| {
                let help = "write it as `2030-01-31T12:00:00.000000Z`";
                let valid = text.parse::<jiff::Timestamp>().is_ok();
                (!valid).then(|| Fault::new("a point in time", "cannot be read", help))
            };
            checked(time, code::DURATION, &format!("`{key}`"), fault, problems);
        }
    }
}

/// Checks a PodDisruptionBudget.
pub(super) fn disruption_budget<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    let (least, most) = (field(spec, "minAvailable"), field(spec, "maxUnavailable"));
    if let (Some(least), Some(most)) = (least, most) {
        problems.push(
            Problem::new(code::CROSS_FIELD, spec, "the budget has `minAvailable` and `maxUnavailable`")
                .underline(most.key_or_span())
                .related(least.key_or_span(), "the other bound")
                .help("keep one of them"),
        );
    }
    for (value, name) in [(least, "minAvailable"), (most, "maxUnavailable")] {
        if let Some(value) = value {
            int_or_percent(value, name, Some(100), problems);
        }
    }
    if let Some(found) = field(spec, "selector") {
        selector(found, problems);
    }
    if let Some(policy) = field(spec, "unhealthyPodEvictionPolicy") {
        one_of(policy, "unhealthyPodEvictionPolicy", &["IfHealthyBudget", "AlwaysAllow"], problems);
    }
}

/// Checks an APIService.
pub(super) fn api_service<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    let (group, version) = (text(spec, "group").or(""), text(spec, "version").or(""));
    if let (Some(name), Some(group), Some(version)) = (object.at(&["metadata", "name"]), group, version)
        && let Some(found) = name.known().filter(|name| *name != format!("{version}.{group}"))
    {
        problems.push(
            Problem::new(code::NAME, name, format!("the name `{found}` is not that of the version and the group"))
                .help(format!("write `{version}.{group}`")),
        );
    }
    if let Some(group) = field(spec, "group").filter(|group| group.known() != Some("")) {
        checked(group, code::NAME, "API group", dns_subdomain, problems);
    }
    if let Some(version) = field(spec, "version") {
        checked(version, code::NAME, "version", dns_label_1035, problems);
    }
    for (key, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        if let Some(value) = field(spec, key) {
            in_range(value, key, 1..=most, problems);
        }
    }
    let bundle = field(spec, "caBundle").filter(|bundle| bundle.known() != Some(""));
    let insecure = field(spec, "insecureSkipTLSVerify").filter(|_| flag(spec, "insecureSkipTLSVerify") == Some(true));
    match field(spec, "service") {
        None => {
            for value in [bundle, insecure].into_iter().flatten() {
                unwanted(value, "an API without a Service is served by the API server itself", "remove it", problems);
            }
        }
        Some(service) => {
            for key in ["namespace", "name"] {
                super::require::needs(
                    service,
                    key,
                    &format!("the Service has no {key}"),
                    &format!("write `{key}`"),
                    problems,
                );
            }
            if let (Some(insecure), Some(bundle)) = (insecure, bundle) {
                problems.push(
                    Problem::new(
                        code::CROSS_FIELD,
                        insecure,
                        "TLS is not verified, and there is a bundle to verify it with",
                    )
                    .related(bundle.key_or_span(), "the bundle")
                    .help("remove `insecureSkipTLSVerify`"),
                );
            }
        }
    }
}

/// Checks a CertificateSigningRequest.
pub(super) fn signing_request<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    if !spec.is_mapping() {
        return;
    }
    super::require::needs(spec, "usages", "the request names no usage", "write `usages: [client auth]`", problems);
    let mut seen = Seen::default();
    for usage in items(spec, "usages") {
        one_of(usage, "usages", USAGES, problems);
        if let Some(text) = usage.known() {
            seen.once(text, usage, &format!("usage `{text}`"), problems);
        }
    }
    if filled(spec, "signerName", problems)
        && let Some(signer) = field(spec, "signerName")
    {
        checked(signer, code::NAME, "signer", signer_name, problems);
        if signer.known() == Some("kubernetes.io/legacy-unknown") {
            let fact = "signer `kubernetes.io/legacy-unknown` is not served in this version";
            problems.push(Problem::new(code::ENUM, signer, fact).help("name the signer"));
        }
    }
    if let Some(seconds) = field(spec, "expirationSeconds") {
        at_least(seconds, "expirationSeconds", 600, problems);
    }
    if !lacks(spec, "request")
        && let Some(request) = field(spec, "request")
    {
        let plain = |text: &str| base64::prelude::BASE64_STANDARD.decode(text.replace(['\n', '\r'], "")).ok();
        let pem = |bytes: Vec<u8>| bytes.windows(32).any(|part| part.starts_with(b"-----BEGIN CERTIFICATE REQUEST"));
        if request.known().is_some_and(|text| !plain(text).is_some_and(pem)) {
            problems.push(
                Problem::new(super::data::FORMAT, request, "`request` is no PEM certificate request in base64")
                    .help("encode the whole file with `base64 -w0`"),
            );
        }
    }
}

fn signer_name(text: &str) -> Option<Fault> {
    let wanted = "the name of a signer";
    let help = "write it as `example.org/name`";
    let Some((domain, path)) = text.split_once('/') else {
        return Some(Fault::new(wanted, "no `/` in it", help));
    };
    let fault = dns_subdomain(domain).or_else(|| dns_subdomain(path));
    fault
        .map(|fault| Fault { wanted, ..fault })
        .or_else(|| (!domain.contains('.')).then(|| Fault::new(wanted, "the domain has one label only", help)))
}
