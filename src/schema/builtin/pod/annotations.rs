//! Annotations of Pods that were fields before they were fields.

use super::containers;
use crate::schema::value::{Text, code, field, shown, text};
use crate::schema::{Problem, Problems};
use crate::yaml::{Value, has_placeholder};

const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

pub(super) fn check<'w>(template: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(template, "spec") else { return };
    let Some(metadata) = field(template, "metadata") else { return };
    for (key, value) in field(metadata, "annotations").into_iter().flat_map(Value::entries) {
        let Some(name) = key.strip_prefix(APP_ARMOR).filter(|name| !has_placeholder(name)) else { continue };
        let mut unsure = false;
        let is_there = containers::all(spec).any(|container| {
            unsure |= text(container.value, "name") == Text::Unknown;
            text(container.value, "name").is(name)
        });
        if !is_there && !unsure {
            problems.push(
                Problem::new(
                    code::REFERENCE,
                    value,
                    format!(
                        "the annotation sets an AppArmor profile for `{}`, which the Pod does not have",
                        shown(name)
                    ),
                )
                .at_key()
                .help("set `securityContext.appArmorProfile` of the container instead"),
            );
        } else if let Some(profile) = value.known()
            && !matches!(profile, "" | "runtime/default" | "unconfined")
            && !profile.starts_with("localhost/")
        {
            problems.push(
                Problem::new(code::ENUM, value, format!("there is no AppArmor profile `{}`", shown(profile)))
                    .help("write `runtime/default`, `unconfined` or `localhost/` and a name"),
            );
        }
    }
}
