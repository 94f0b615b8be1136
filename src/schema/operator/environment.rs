//! Environment variables of instances and of extension images.

use super::read::{Check, Part, Read};
use crate::manifest::By;
use crate::yaml::{Text, Value};

/// Names that the operator sets itself.
const OWN: [&str; 3] = ["POD_NAME", "NAMESPACE", "CLUSTER_NAME"];

pub(super) fn check(check: &mut Check<'_, '_>) {
    let entries: Vec<Part<'_>> = check.spec.parts(&["env"]).collect();
    for entry in entries {
        reserved(check, entry);
    }
}

fn reserved<'w>(check: &mut Check<'_, 'w>, entry: Part<'w>) -> bool {
    let Read::Is(name) = entry.text(&["name"]) else { return false };
    let upper = name.to_ascii_uppercase();
    if !upper.starts_with("CNPG_") && !upper.starts_with("PG") && !OWN.contains(&upper.as_str()) {
        return false;
    }
    let fact = format!("the environment variable `{name}` belongs to the operator");
    let help = "take it away: a setting of the server goes to `postgresql.parameters`";
    check.refuse("reserved-environment", entry.nearest(&["name"]), fact, "reserved name", help);
    true
}

/// The environment that an extension image asks for.
pub(super) fn of_extension<'w>(check: &mut Check<'_, 'w>, extension: Part<'w>) {
    for entry in extension.parts(&["env"]) {
        if reserved(check, entry) {
            continue;
        }
        if let Read::Is(name @ ("PATH" | "LD_LIBRARY_PATH")) = entry.text(&["name"]) {
            let field = if name == "PATH" { "bin_path" } else { "ld_library_path" };
            let fact = format!("an extension may not set `{name}` as a whole");
            let help = format!("write the folders into `{field}` of the extension");
            check.refuse("reserved-environment", entry.nearest(&["name"]), fact, "not by `env`", help);
        } else if let Some(value) = entry.written(&["value"])
            && let Some(name) = foreign_placeholder(check, value)
        {
            let fact = format!("an extension's variable asks for `${{{name}}}`, which the operator cannot fill in");
            let help = format!("write `${{image_root}}`, or `$${{{name}}}` to keep the text as it is");
            check.refuse("extension-placeholder", value, fact, "only `image_root` is known", help);
        }
    }
}

/// A `${name}` that is meant for the operator and that it does not know. Where Flux may put its own variables in, and
/// for names that look like those, nobody can tell.
fn foreign_placeholder<'w>(check: &Check<'_, 'w>, value: Value<'w>) -> Option<&'w str> {
    let (Text::Known(text) | Text::Partial(text)) = value.text() else { return None };
    if check.by == By::Flux {
        return None;
    }
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let dollars = rest[..at].bytes().rev().take_while(|byte| *byte == b'$').count();
        let inner = &rest[at + 2..];
        let name = inner.split('}').next().unwrap_or_default();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if dollars % 2 == 0 && inner.contains('}') && plain && name != "image_root" {
            return name.bytes().any(|byte| byte.is_ascii_lowercase()).then_some(name);
        }
        rest = inner;
    }
    None
}
