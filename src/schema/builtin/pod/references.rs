//! References to fields of the Pod itself and to resources of its containers, and claims of devices.

use super::set_among;
use crate::config::closest;
use crate::schema::value::{
    Quantity, Text, annotation_key, checked, code, dns_label, dns_subdomain, field, items, missing, one_of,
    qualified_name, quantity, shown, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

/// Fields of a Pod that variables may take.
pub(super) const IN_ENVIRONMENT: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.labels['key']",
    "metadata.annotations['key']",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields of a Pod that files may take.
pub(super) const IN_FILES: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.labels",
    "metadata.annotations",
    "metadata.labels['key']",
    "metadata.annotations['key']",
];

/// Checks a reference to a field of the Pod.
pub(super) fn object_field<'w>(source: Value<'w>, allowed: &[&str], problems: &mut Problems<'w>) {
    let Some(path) = field(source, "fieldPath") else { return };
    let Some(text) = path.known() else { return };
    let subscript = text.split_once("['").and_then(|(field, key)| Some((field, key.strip_suffix("']")?)));
    if let Some((of, key)) = subscript
        && matches!(of, "metadata.labels" | "metadata.annotations")
    {
        let fault = if of == "metadata.labels" { qualified_name(key) } else { annotation_key(key) };
        if let Some(fault) = fault {
            problems.push(
                Problem::new(
                    code::REFERENCE,
                    path,
                    format!("key `{}` in `fieldPath` is not {}", shown(key), fault.wanted),
                )
                .label(fault.found)
                .help(fault.help),
            );
        }
        return;
    }
    // An older name of `spec.nodeName`, which is still read.
    if text == "spec.host" && allowed == IN_ENVIRONMENT {
        return;
    }
    if allowed.contains(&text) && !text.ends_with("['key']") {
        return;
    }
    let message = match text {
        "" => "`fieldPath` is empty".to_owned(),
        text => format!("a Pod does not give its field `{}` here", shown(text)),
    };
    let problem = Problem::new(code::REFERENCE, path, message);
    // One label of many, where a variable takes no more than one.
    let of_map = ["metadata.labels['key']", "metadata.annotations['key']"];
    let of_map = of_map.into_iter().find(|path| text.len() > 12 && path.starts_with(text.trim_end_matches('s')));
    problems.push(match of_map.or_else(|| closest(text, allowed.iter().copied())) {
        Some(near) if !text.is_empty() => {
            problem.label(format!("did you mean `{near}`?")).help(format!("write `{near}`"))
        }
        _ => {
            let list: Vec<String> = allowed.iter().map(|path| format!("`{path}`")).collect();
            problem.help(format!("write one of {}", list.join(", ")))
        }
    });
}

const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

/// Checks a reference to a resource of a container; files have to name the container.
pub(super) fn resource_field<'w>(source: Value<'w>, in_file: bool, problems: &mut Problems<'w>) {
    if in_file && source.is_mapping() && text(source, "containerName") == Text::Absent {
        problems.push(
            missing(code::REQUIRED, source, "containerName", "`resourceFieldRef` of a file names no container")
                .help("set `containerName`"),
        );
    }
    let Some(resource) = field(source, "resource") else { return };
    let Some(name) = resource.known() else { return };
    let hugepages = ["limits.hugepages-", "requests.hugepages-"].iter().any(|prefix| name.starts_with(prefix));
    if !hugepages && !RESOURCES.contains(&name) {
        one_of(resource, "resource", RESOURCES, problems);
        return;
    }
    let Some(divisor) = field(source, "divisor") else { return };
    match quantity(divisor) {
        None => {}
        Some(Err(fault)) => problems.push(fault.problem(code::QUANTITY, divisor, "divisor")),
        Some(Ok(amount)) => {
            let is_cpu = name.ends_with(".cpu");
            if amount != Quantity::ZERO && !divides(amount, is_cpu, divisor.raw().unwrap_or_default()) {
                let help = if is_cpu { "write `1` or `1m`" } else { "write 1, or 1 with a unit, such as `1Mi`" };
                let shown = divisor.raw().unwrap_or_default();
                problems.push(
                    Problem::new(code::QUANTITY, divisor, format!("`{name}` cannot be divided by `{shown}`"))
                        .help(help),
                );
            }
        }
    }
}

/// Whether an amount is one of those that a resource can be divided by: one, or one of a unit.
fn divides(amount: Quantity, is_cpu: bool, text: &str) -> bool {
    let nanos = amount.nanos();
    if is_cpu {
        return matches!(nanos, 1_000_000 | 1_000_000_000);
    }
    if nanos % 1_000_000_000 != 0 || nanos < 0 {
        return false;
    }
    let whole = nanos / 1_000_000_000;
    match text.trim().ends_with('i') {
        true => (1..=6).any(|power| whole == 1_i128 << (10 * power)),
        false => (0..=6).any(|power| whole == 1000_i128.pow(power)),
    }
}

/// Checks the devices that the Pod claims, and that containers claim of those.
pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let mut names: HashMap<&'w str, Value<'w>> = HashMap::new();
    for claim in items(spec, "resourceClaims").filter(|claim| claim.is_mapping()) {
        if let Some(at) = claim.get("name") {
            checked(at, code::NAME, "claim name", dns_label, problems);
            if let Some(name) = text(claim, "name").known() {
                if let Some(first) = names.get(name) {
                    problems.push(
                        Problem::new(code::DUPLICATE, at, format!("two resource claims are named `{name}`"))
                            .label("named a second time")
                            .related(first.span(), "the first one")
                            .help("give each claim a name of its own"),
                    );
                } else {
                    names.insert(name, at);
                }
            }
        }
        let sources = set_among(claim, &["resourceClaimName", "resourceClaimTemplateName"]);
        for (key, value) in &sources {
            let what = if *key == "resourceClaimName" { "ResourceClaim name" } else { "ResourceClaimTemplate name" };
            checked(*value, code::NAME, what, dns_subdomain, problems);
        }
        match sources.as_slice() {
            [] => problems.push(
                super::about(
                    code::REQUIRED,
                    claim,
                    "the resource claim says neither a claim nor a template".to_owned(),
                )
                .help("write `resourceClaimName` or `resourceClaimTemplateName`"),
            ),
            [(_, one), (_, other), ..] => problems.push(
                Problem::new(code::CROSS_FIELD, *other, "the resource claim says both a claim and a template")
                    .at_key()
                    .related(one.key_or_span(), "the claim")
                    .help("keep one of them"),
            ),
            [_] => {}
        }
    }
    // A claim whose name is not known may be any.
    let known = items(spec, "resourceClaims").all(|claim| text(claim, "name").known().is_some());
    for container in super::containers::all(spec) {
        let Some(resources) = field(container.value, "resources") else { continue };
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for claim in items(resources, "claims") {
            let (Some(name), Some(at)) = (text(claim, "name").known(), claim.get("name")) else { continue };
            if known && !names.contains_key(name) {
                problems.push(
                    Problem::new(
                        code::REFERENCE,
                        at,
                        format!("{} uses the resource claim `{name}`, which the Pod does not have", container),
                    )
                    .help("add it to `resourceClaims` of the Pod"),
                );
            }
            let Some(request) = text(claim, "request").or("") else { continue };
            if seen.contains(&(name, request)) {
                problems.push(
                    Problem::new(code::DUPLICATE, at, format!("{} lists the resource claim `{name}` twice", container))
                        .help("remove one of them"),
                );
            }
            seen.push((name, request));
        }
    }
}
