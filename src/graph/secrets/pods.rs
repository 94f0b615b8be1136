//! Secrets that pods use: variables, mounted files, credentials of registries; and what values of charts say of them.

use super::uses::{Class, Use};
use crate::manifest::Resource;
use crate::yaml::{Step, Value, Visit, walk};

/// The Secrets that a pod spec names.
pub(super) fn of_spec<'w>(by: &'w Resource<'w>, spec: Value<'w>, uses: &mut Vec<Use<'w>>) {
    let mut add = |name: Option<Value<'w>>, key: Option<Value<'w>>, optional: Option<Value<'w>>, class: Class| {
        if let Some(name) = name {
            let is_optional = optional.is_some_and(|value| value.as_bool() != Some(false) && !value.is_null());
            uses.push(Use { key, optional: is_optional, ..Use::new(by, name, class) });
        }
    };
    let containers = ["initContainers", "containers", "ephemeralContainers"];
    for container in containers.iter().filter_map(|list| spec.get(list)).flat_map(Value::items) {
        for variable in container.get("env").into_iter().flat_map(Value::items) {
            if let Some(reference) = variable.at(&["valueFrom", "secretKeyRef"]) {
                add(reference.get("name"), reference.get("key"), reference.get("optional"), Class::Pod);
            }
        }
        for source in container.get("envFrom").into_iter().flat_map(Value::items) {
            if let Some(reference) = source.get("secretRef") {
                add(reference.get("name"), None, reference.get("optional"), Class::Pod);
            }
        }
    }
    for volume in spec.get("volumes").into_iter().flat_map(Value::items) {
        if let Some(secret) = volume.get("secret") {
            mounted(secret, "secretName", &mut add);
        }
        for source in volume.at(&["projected", "sources"]).into_iter().flat_map(Value::items) {
            if let Some(secret) = source.get("secret") {
                mounted(secret, "name", &mut add);
            }
        }
    }
    for secret in spec.get("imagePullSecrets").into_iter().flat_map(Value::items) {
        add(secret.get("name"), None, None, Class::Bootstrap);
    }
}

/// A Secret as files, whole or by key.
fn mounted<'w>(
    secret: Value<'w>,
    name: &str,
    add: &mut impl FnMut(Option<Value<'w>>, Option<Value<'w>>, Option<Value<'w>>, Class),
) {
    let optional = secret.get("optional");
    let items = || secret.get("items").into_iter().flat_map(Value::items);
    if items().next().is_none() {
        add(secret.get(name), None, optional, Class::Pod);
    }
    items().for_each(|item| add(secret.get(name), item.get("key"), optional, Class::Pod));
}

/// The Secrets that the values of a chart name as a pod would.
pub(super) fn of_values<'w>(by: &'w Resource<'w>, values: Value<'w>, uses: &mut Vec<Use<'w>>) {
    walk(values, &mut |steps, value| {
        if steps.last() == Some(&Step::Key("secretKeyRef"))
            && let (Some(name), Some(key)) = (value.get("name"), value.get("key"))
        {
            let optional = value.get("optional").is_some_and(|value| value.as_bool() != Some(false));
            uses.push(Use { key: Some(key), optional, ..Use::new(by, name, Class::Values) });
            return Visit::Past;
        }
        let is_whole = matches!(steps, [.., Step::Key("envFrom"), Step::Index(_), Step::Key("secretRef")]);
        if let Some(name) = value.get("name").filter(|_| is_whole) {
            let optional = value.get("optional").is_some_and(|value| value.as_bool() != Some(false));
            uses.push(Use { optional, ..Use::new(by, name, Class::Values) });
        }
        Visit::Into
    });
}
