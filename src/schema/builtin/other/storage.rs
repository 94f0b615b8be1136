//! Classes and drivers of storage.

use super::require::{Seen, filled, lacks, needs};
use super::volumes::driver_name;
use crate::schema::value::{Fault, checked, code, field, in_range, items, label_value, one_of, qualified_name, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const MOST_PARAMETERS: usize = 512;
/// Bytes of all keys and values of parameters together.
const MOST_BYTES: usize = 256 * 1024;

/// Checks a StorageClass.
pub(super) fn class<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    if filled(object, "provisioner", problems)
        && let Some(provisioner) = field(object, "provisioner")
    {
        let name = |text: &str| qualified_name(&text.to_ascii_lowercase());
        checked(provisioner, code::NAME, "provisioner", name, problems);
    }
    parameters(object, problems);
    if let Some(policy) = field(object, "reclaimPolicy") {
        one_of(policy, "reclaimPolicy", &["Delete", "Retain"], problems);
    }
    if let Some(mode) = field(object, "volumeBindingMode") {
        one_of(mode, "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"], problems);
    }
    for term in items(object, "allowedTopologies") {
        topology(term, problems);
    }
}

fn parameters<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(parameters) = field(object, "parameters") else { return };
    let (mut count, mut size) = (0, 0);
    for (key, value) in parameters.entries() {
        if key.is_empty() {
            problems.push(Problem::new(code::NAME, value, "a parameter has no name").at_key().help("name it"));
        }
        count += 1;
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    let fact = match () {
        () if count > MOST_PARAMETERS => format!("there are {count} parameters, at most {MOST_PARAMETERS} are allowed"),
        () if size > MOST_BYTES => format!("the parameters are {size} bytes together, and {MOST_BYTES} fit"),
        () => return,
    };
    problems.push(Problem::new(code::SIZE, parameters, fact).at_key());
}

fn topology<'w>(term: Value<'w>, problems: &mut Problems<'w>) {
    let fact = "a topology without expressions allows no place";
    needs(term, "matchLabelExpressions", fact, "write `matchLabelExpressions`", problems);
    let mut keys = Seen::default();
    for expression in items(term, "matchLabelExpressions").filter(|item| item.is_mapping()) {
        if let Some(key) = field(expression, "key") {
            checked(key, code::NAME, "label", qualified_name, problems);
            if let Some(name) = key.known() {
                keys.once(name, key, &format!("label `{name}`"), problems);
            }
        }
        filled(expression, "values", problems);
        let mut values = Seen::default();
        for value in items(expression, "values") {
            checked(value, code::NAME, "label value", label_value, problems);
            if let Some(text) = value.known() {
                values.once(text, value, &format!("value `{text}`"), problems);
            }
        }
    }
}

/// Checks a VolumeAttributesClass.
pub(super) fn attributes_class<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    if filled(object, "driverName", problems)
        && let Some(driver) = field(object, "driverName")
    {
        checked(driver, code::NAME, "driver", driver_name, problems);
    }
    needs(object, "parameters", "the class sets no parameter", "write one parameter at least", problems);
    parameters(object, problems);
}

/// Checks a CSIDriver.
pub(super) fn driver<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    for mode in items(spec, "volumeLifecycleModes") {
        one_of(mode, "volumeLifecycleModes", &["Persistent", "Ephemeral"], problems);
    }
    if let Some(policy) = field(spec, "fsGroupPolicy") {
        one_of(policy, "fsGroupPolicy", &["ReadWriteOnceWithFSType", "File", "None"], problems);
    }
    let mut audiences = Seen::default();
    for request in items(spec, "tokenRequests").filter(|request| request.is_mapping()) {
        if let Some(audience) = text(request, "audience").or("") {
            audiences.once(audience, request, &format!("audience `{audience}`"), problems);
        }
        if let Some(seconds) = field(request, "expirationSeconds") {
            in_range(seconds, "expirationSeconds", 600..=1 << 32, problems);
        }
    }
}

/// Checks a CSINode.
pub(super) fn node<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    for driver in field(object, "spec").into_iter().flat_map(|spec| items(spec, "drivers")) {
        if !lacks(driver, "name")
            && let Some(name) = field(driver, "name")
        {
            checked(name, code::NAME, "driver", driver_name, problems);
        }
        let long = |text: &str| {
            (text.len() > 192)
                .then(|| Fault::new("a node id", format!("{} characters, at most 192", text.len()), "shorten it"))
        };
        if filled(driver, "nodeID", problems)
            && let Some(id) = field(driver, "nodeID")
        {
            checked(id, code::SIZE, "node id", long, problems);
        }
    }
}
