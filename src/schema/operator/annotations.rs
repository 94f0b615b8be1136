//! The name of a Cluster, and annotations that the operator reads as switches.

use super::access::is_domain;
use super::cluster::Cluster;
use super::read::{Check, Read};
use serde_json::Value as Json;

/// How long the name of a Cluster may be: names of its pods and labels are made from it.
const LONGEST: usize = 50;

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    name(check, cluster);
    hibernation(check);
    patch(check);
    pinger(check);
}

fn name<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    // What no object can be called is told for every kind.
    let Some(name) = cluster.name.is().filter(|name| is_domain(name)) else { return };
    let value = check.object.nearest(&["metadata", "name"]);
    let code = "cluster-name";
    if name.contains('.') || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        let label = if name.contains('.') { "holds a dot" } else { "begins with a digit" };
        let fact = "services are named after it, and its name cannot be that of one";
        check.refuse(code, value, fact, label, "write lower-case letters, digits and `-`, with a letter in front");
    } else if name.len() > LONGEST {
        let fact = format!("its name has {} characters, and names are made from it", name.len());
        check.refuse(code, value, fact, format!("{LONGEST} at most"), "give it a shorter name");
    }
}

fn hibernation(check: &mut Check<'_, '_>) {
    const KEY: &str = "cnpg.io/hibernation";
    if let Read::Is(text) = check.annotation(KEY)
        && !matches!(text, "on" | "off")
        && let Some(value) = check.annotation_value(KEY)
    {
        let fact = format!("the annotation `{KEY}` is neither `on` nor `off`");
        check.refuse("annotation-value", value, fact, "one of two", "write `\"on\"` or `\"off\"`, in quotes");
    }
}

fn patch(check: &mut Check<'_, '_>) {
    const KEY: &str = "cnpg.io/podPatch";
    if let Read::Is(text) = check.annotation(KEY)
        && let Some(fault) = patch_fault(text)
        && let Some(value) = check.annotation_value(KEY)
    {
        let fact = format!("the annotation `{KEY}` {fault}");
        let help = "write a JSON patch: a list of operations with `op`, `path` and `value`";
        check.refuse("annotation-value", value, fact, "no JSON patch", help);
    }
}

fn patch_fault(text: &str) -> Option<String> {
    let content: Json = match serde_json::from_str(text) {
        Ok(content) => content,
        Err(_) => return Some("holds no JSON".to_owned()),
    };
    let Json::Array(operations) = content else { return Some("holds no list of operations".to_owned()) };
    let known = ["add", "remove", "replace", "move", "copy", "test"];
    operations.iter().find_map(|operation| {
        let text = |key: &str| operation.get(key).and_then(Json::as_str);
        match (text("op"), text("path")) {
            (Some(op), _) if !known.contains(&op) => Some(format!("asks for the operation `{op}`")),
            (None, _) => Some("holds an operation without `op`".to_owned()),
            (_, None) => Some("holds an operation without `path`".to_owned()),
            _ => None,
        }
    })
}

fn pinger(check: &mut Check<'_, '_>) {
    const KEY: &str = "alpha.cnpg.io/livenessPinger";
    if let Read::Is(text) = check.annotation(KEY)
        && let Some(value) = check.annotation_value(KEY)
    {
        let fault = match serde_json::from_str::<Json>(text) {
            Err(_) => "holds no JSON",
            Ok(content) if content.get("enabled").is_none() => "does not say whether it is enabled",
            Ok(_) => return,
        };
        let fact = format!("the annotation `{KEY}` {fault}");
        let help = "write `{\"enabled\": true}`, or `probes.liveness.isolationCheck` in the spec";
        check.refuse("annotation-value", value, fact, "cannot be read", help);
    }
}

/// The deadline of a Backup's snapshot, in minutes.
pub(super) fn deadline(check: &mut Check<'_, '_>) {
    const KEY: &str = "cnpg.io/volumeSnapshotDeadline";
    if let Read::Is(text) = check.annotation(KEY)
        && !text.is_empty()
        && text.parse::<i64>().is_err()
        && let Some(value) = check.annotation_value(KEY)
    {
        let fact = format!("the annotation `{KEY}` is no whole number");
        check.refuse("annotation-value", value, fact, "minutes, without a unit", "write the minutes, as in `\"60\"`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_lists_of_operations() {
        for (text, expected) in [
            (r#"[{"op": "add", "path": "/metadata/labels/x", "value": "y"}]"#, None),
            ("[]", None),
            ("{}", Some("holds no list of operations")),
            ("- op: add", Some("holds no JSON")),
            (r#"[{"op": "insert", "path": "/x"}]"#, Some("asks for the operation `insert`")),
            (r#"[{"op": "add"}]"#, Some("holds an operation without `path`")),
            (r#"[{"path": "/x"}]"#, Some("holds an operation without `op`")),
        ] {
            assert_eq!(patch_fault(text).as_deref(), expected, "{text}");
        }
    }
}
