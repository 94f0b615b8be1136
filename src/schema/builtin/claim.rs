//! The spec of a claim for storage, where a Pod or a StatefulSet makes claims.

use crate::schema::value::{Text, code, dns_subdomain, field, items, missing, one_of, quantity, selector, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const MODES: &[&str] = &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/// Checks the spec of a claim that is made from a template.
pub(super) fn spec<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    if !spec.is_mapping() {
        return;
    }
    access_modes(spec, problems);
    storage(spec, problems);
    if let Some(value) = field(spec, "selector") {
        selector(value, problems);
    }
    if let Some(class) = field(spec, "storageClassName").filter(|_| text(spec, "storageClassName") != Text::Absent) {
        crate::schema::value::checked(class, code::NAME, "storage class name", dns_subdomain, problems);
    }
    if let Some(mode) = field(spec, "volumeMode") {
        one_of(mode, "volumeMode", &["Filesystem", "Block"], problems);
    }
}

fn access_modes<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let modes = field(spec, "accessModes");
    if modes.is_none_or(|modes| modes.is_sequence() && modes.is_empty()) {
        problems.push(
            missing(code::REQUIRED, spec, "accessModes", "the claim says no access mode")
                .help("write `accessModes: [ReadWriteOnce]`, or another mode"),
        );
        return;
    }
    let mut count = 0;
    let mut alone = None;
    for mode in items(spec, "accessModes") {
        one_of(mode, "accessModes", MODES, problems);
        count += 1;
        alone = alone.or_else(|| (mode.known() == Some("ReadWriteOncePod")).then_some(mode));
    }
    if let Some(mode) = alone.filter(|_| count > 1) {
        problems.push(
            Problem::new(code::CROSS_FIELD, mode, "`ReadWriteOncePod` stands beside other access modes")
                .help("write `ReadWriteOncePod` alone, or remove it"),
        );
    }
}

fn storage<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let resources = field(spec, "resources");
    let requests = resources.and_then(|resources| field(resources, "requests"));
    let Some(storage) = requests.and_then(|requests| field(requests, "storage")) else {
        let (holder, key) = match (requests, resources) {
            (Some(requests), _) => (requests, "storage"),
            (None, Some(resources)) => (resources, "requests"),
            (None, None) => (spec, "resources"),
        };
        if holder.is_mapping() {
            let message = "the claim asks for no storage";
            problems.push(missing(code::REQUIRED, holder, key, message).help("set `resources.requests.storage`"));
        }
        return;
    };
    match quantity(storage) {
        Some(Err(fault)) => problems.push(fault.problem(code::QUANTITY, storage, "storage")),
        Some(Ok(amount)) if amount.nanos() <= 0 => problems
            .push(Problem::new(code::QUANTITY, storage, "the claim asks for no storage").help("write a size above 0")),
        _ => {}
    }
}
