//! Claims for devices, and their templates and classes.

use super::require::{Seen, filled, unwanted};
use crate::schema::value::{at_least, checked, code, dns_label, dns_subdomain, field, items, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// How many requests or selectors there may be.
const MOST: usize = 32;

/// Checks a ResourceClaim.
pub(super) fn claim<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(devices) = object.at(&["spec", "devices"]) {
        requests(devices, problems);
    }
}

/// Checks a ResourceClaimTemplate.
pub(super) fn template<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(devices) = object.at(&["spec", "spec", "devices"]) {
        requests(devices, problems);
    }
}

fn requests<'w>(devices: Value<'w>, problems: &mut Problems<'w>) {
    let mut names = Seen::default();
    let count = items(devices, "requests").count();
    if let Some(list) = field(devices, "requests").filter(|_| count > MOST) {
        let fact = format!("there are {count} requests, at most {MOST} are allowed");
        problems.push(Problem::new(code::SIZE, list, fact).at_key());
    }
    for request in items(devices, "requests").filter(|request| request.is_mapping()) {
        if let Some(name) = field(request, "name") {
            checked(name, code::NAME, "request name", dns_label, problems);
            if let Some(text) = name.known() {
                names.once(text, name, &format!("request `{text}`"), problems);
            }
        }
        let (exactly, any) = (field(request, "exactly"), field(request, "firstAvailable"));
        match (exactly, any) {
            (Some(one), Some(other)) => problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    other,
                    "a request is for exact devices or for the first available ones",
                )
                .at_key()
                .related(one.key_or_span(), "for exact ones")
                .help("keep one of them"),
            ),
            // The older versions of the API hold the fields in the request itself.
            (None, None) => one_request(request, problems),
            (Some(exactly), None) => one_request(exactly, problems),
            (None, Some(list)) => list.items().for_each(|found| one_request(found, problems)),
        }
    }
}

fn one_request<'w>(request: Value<'w>, problems: &mut Problems<'w>) {
    if filled(request, "deviceClassName", problems)
        && let Some(class) = field(request, "deviceClassName")
    {
        checked(class, code::NAME, "device class", dns_subdomain, problems);
    }
    if let Some(mode) = field(request, "allocationMode").filter(|mode| mode.known() != Some("")) {
        one_of(mode, "allocationMode", &["ExactCount", "All"], problems);
    }
    let Some(count) = field(request, "count").filter(|count| count.as_int() != Some(0)) else { return };
    match text(request, "allocationMode").or("ExactCount") {
        Some("ExactCount") => at_least(count, "count", 1, problems),
        Some("All") => unwanted(count, "all devices are allocated, whatever the count", "remove `count`", problems),
        _ => {}
    }
}
