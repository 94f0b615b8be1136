//! Amounts of resources: their names, and quantities under them.

use crate::schema::value::{Fault, Quantity, code, qualified_name, quantity};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// What a quota can add up, beside `hugepages-…` and resources with a domain.
const MEASURED: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

/// What a quota can count, beside `count/…`: resources that come in whole numbers.
const COUNTED: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// What a quota can be of, in the API server's order.
pub(super) fn quota_names() -> impl Iterator<Item = &'static str> {
    MEASURED.iter().chain(COUNTED).copied()
}

/// The quantity of a field, if it is known; what cannot be read is told.
pub(super) fn amount<'w>(value: Value<'w>, what: &str, problems: &mut Problems<'w>) -> Option<Quantity> {
    match quantity(value)? {
        Ok(amount) => Some(amount),
        Err(fault) => {
            problems.push(fault.problem(code::QUANTITY, value, what));
            None
        }
    }
}

/// The same, and never less than nothing.
pub(super) fn natural_amount<'w>(value: Value<'w>, what: &str, problems: &mut Problems<'w>) -> Option<Quantity> {
    let found = amount(value, what, problems)?;
    if found.is_negative() {
        problems.push(
            Problem::new(code::QUANTITY, value, format!("{what} is negative"))
                .label("less than nothing")
                .help("write 0 or more"),
        );
        return None;
    }
    Some(found)
}

/// The same, and more than nothing.
pub(super) fn positive_amount<'w>(value: Value<'w>, what: &str, problems: &mut Problems<'w>) -> Option<Quantity> {
    let found = amount(value, what, problems)?;
    if found <= Quantity::ZERO {
        let how = if found == Quantity::ZERO { "zero" } else { "negative" };
        problems.push(
            Problem::new(code::QUANTITY, value, format!("{what} is {how}")).help("write an amount greater than zero"),
        );
        return None;
    }
    Some(found)
}

/// Whether amounts of a resource are whole numbers.
pub(super) fn is_whole(resource: &str) -> bool {
    let of_kubernetes = |domain: &str| domain.ends_with("kubernetes.io");
    let domain = resource.split_once('/').map(|(domain, _)| domain);
    COUNTED.contains(&resource)
        || domain.is_some_and(|domain| !of_kubernetes(domain)) && !resource.starts_with("requests.")
}

fn is_huge_pages(resource: &str) -> bool {
    resource.starts_with("hugepages-")
}

/// The name of a resource that a container can ask for.
pub(super) fn container_resource(text: &str) -> Option<Fault> {
    named(text, |text| matches!(text, "cpu" | "memory" | "ephemeral-storage") || is_huge_pages(text)).or_else(|| {
        let wanted = "a resource of containers";
        let extended = text.contains('/') && is_whole(text) && qualified_name(&format!("requests.{text}")).is_none();
        let native =
            !text.contains('/') || text.split('/').next().is_some_and(|domain| domain.ends_with("kubernetes.io"));
        (!extended && !native)
            .then(|| Fault::new(wanted, "no name of an extended resource", "write `example.org/name`"))
    })
}

/// The name of any resource.
pub(super) fn resource(text: &str) -> Option<Fault> {
    named(text, |text| text == "storage" || is_quota(text) || is_huge_pages(text))
}

/// The name of a resource that a quota bounds.
pub(super) fn quota_resource(text: &str) -> Option<Fault> {
    named(text, is_quota)
}

fn is_quota(text: &str) -> bool {
    MEASURED.contains(&text) || COUNTED.contains(&text) || is_huge_pages(text.strip_prefix("requests.").unwrap_or(text))
}

fn named(text: &str, is_standard: impl Fn(&str) -> bool) -> Option<Fault> {
    if let Some(fault) = qualified_name(text) {
        return Some(Fault { wanted: "the name of a resource", ..fault });
    }
    if text.contains('/') || is_standard(text) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let near = [lower.as_str(), lower.trim_end_matches('s'), "cpu", "memory", "storage"];
    let near = near.into_iter().find(|near| is_standard(near) && strsim::osa_distance(near, &lower) < 3);
    let help = match near {
        Some(near) => format!("write `{near}`"),
        None => "write a resource that Kubernetes knows here, or one with a domain".to_owned(),
    };
    Some(Fault::new("a resource that is known here", "no domain, and no resource of Kubernetes", help))
}
