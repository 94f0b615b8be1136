//! Volumes: sizes, the volume for WAL, tablespaces and scratch space.

use super::quantity::{near_quantity, quantity};
use super::read::{Check, Part, Read};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

pub(super) fn check(check: &mut Check<'_, '_>) {
    volume(check, check.spec, "storage", true);
    volume(check, check.spec, "walStorage", false);
    tablespaces(check);
    if let (Some(source), Some(limit)) = (
        check.spec.written(&["ephemeralVolumeSource"]),
        check.spec.written(&["ephemeralVolumesSizeLimit", "temporaryData"]),
    ) {
        let fact =
            "`ephemeralVolumeSource` makes a volume for temporary data, and a limit is set for the one without it";
        let problem = check
            .refusal("scratch-space-twice", source, fact)
            .at_key()
            .label("beside `ephemeralVolumesSizeLimit.temporaryData`")
            .related(limit.key_or_span(), "the limit");
        check.push(problem.help("keep one of the two, and write the size into the volume claim"));
    }
}

/// The size that a volume asks for: its own, else that of its claim template. Absent where there is none.
pub(super) fn size<'w>(holder: Part<'w>, field: &str) -> Read<&'w str> {
    let own = holder.text(&[field, "size"]);
    if !own.is_blank() {
        return own;
    }
    match holder.get(&[field, "pvcTemplate", "resources", "requests", "storage"]) {
        Read::Is(value) => value.raw().map_or(Read::Unknown, Read::Is),
        Read::Absent => Read::Absent,
        Read::Unknown => Read::Unknown,
    }
}

fn volume<'w>(check: &mut Check<'_, 'w>, holder: Part<'w>, field: &str, required: bool) {
    if !required && holder.written(&[field]).is_none() {
        return;
    }
    let of = if field == "walStorage" { "the volume for WAL" } else { "the volume" };
    if let Read::Is(text) = holder.text(&[field, "size"])
        && !text.is_empty()
    {
        if quantity(text).is_none() {
            let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
            let fact = format!("{of} asks for `{shown}`, which is no size");
            let help = match near_quantity(text) {
                Some(near) => format!("write `{near}`"),
                None => "write a number with `Mi`, `Gi` or `Ti` behind it, as in `20Gi`".to_owned(),
            };
            check.refuse("volume-size", holder.nearest(&[field, "size"]), fact, "no quantity", help);
        }
        return;
    }
    let missing = match size(holder, field) {
        Read::Absent => holder.text(&[field, "size"]).is_blank(),
        Read::Is(text) => quantity(text).is_some_and(|amount| amount <= 0),
        Read::Unknown => false,
    };
    if missing {
        let at = holder.nearest(&[field, "size"]);
        let problem = check.refusal("volume-size", at, format!("{of} has no size"));
        let problem = if at.is_mapping() { problem.at_key() } else { problem };
        let label = if at.key() == Some("spec") { "no `storage`" } else { "no `size`" };
        check.push(problem.label(label).help(format!("write `{field}.size`, as in `20Gi`")));
    }
}

fn tablespaces(check: &mut Check<'_, '_>) {
    let mut names: HashMap<String, Value<'_>> = HashMap::new();
    let mut volumes: HashMap<String, Value<'_>> = HashMap::new();
    let mut all_known = check.spec.is_complete() && !matches!(check.spec.get(&["tablespaces"]), Read::Unknown);
    let mut declared = Vec::new();
    let entries: Vec<Part<'_>> = check.spec.parts(&["tablespaces"]).collect();
    for tablespace in entries {
        if tablespace.written(&["storage"]).is_some() {
            volume(check, tablespace, "storage", true);
        }
        let Read::Is(name) = tablespace.text(&["name"]) else {
            all_known = false;
            continue;
        };
        declared.push(name);
        let value = tablespace.nearest(&["name"]);
        let help = "write letters, digits and `_`, at most 63, with a letter or `_` in front";
        let lower = name.to_lowercase();
        if name.starts_with("pg_") {
            let fact = format!("the tablespace `{name}` begins with `pg_`, which PostgreSQL keeps for itself");
            check.refuse("tablespace-name", value, fact, "reserved", "give it another name");
        } else if !is_identifier(name) {
            let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
            check.refuse(
                "tablespace-name",
                value,
                format!("`{shown}` is no name of a tablespace"),
                "no identifier",
                help,
            );
        } else if name.len() > 63 {
            let fact = format!("the name of a tablespace has {} bytes", name.len());
            check.refuse("tablespace-name", value, fact, "63 at most", "give it a shorter name");
        } else if let Some(other) = names.get(&lower).or_else(|| volumes.get(&volume_name(name))) {
            let fact = format!("the tablespace `{name}` would share its volume with another");
            let label = if names.contains_key(&lower) { "the name is taken" } else { "another name, the same volume" };
            let problem = check.refusal("tablespace-name", value, fact).label(label);
            let problem = problem.related(other.span(), "the other tablespace");
            check.push(problem.help("give it another name"));
        }
        names.entry(lower).or_insert(value);
        volumes.entry(volume_name(name)).or_insert(value);
    }
    let Some(classes) = check.spec.written(&["backup", "volumeSnapshot", "tablespaceClassName"]) else { return };
    for (name, value) in classes.entries().filter(|_| all_known) {
        if !declared.contains(&name) && !crate::yaml::has_placeholder(name) {
            let fact = format!("a snapshot class is given for the tablespace `{name}`, which is not declared");
            let problem = check.refusal("unknown-tablespace", value, fact).at_key().label("no such tablespace");
            let help = match crate::config::closest(name, declared.iter().copied()) {
                Some(near) => format!("write `{near}`, if that is meant"),
                None => format!("declare `{name}` in `tablespaces`, or take the class away"),
            };
            check.push(problem.help(help));
        }
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
}

/// The name of the volume that the operator makes for a tablespace.
fn volume_name(tablespace: &str) -> String {
    let mut name = tablespace.replace(['$', '_'], "-").to_lowercase();
    if tablespace.starts_with('_') {
        name.replace_range(..1, "1");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_of_tablespaces_may_fall_together() {
        for (one, other) in [("a_b", "a$b"), ("Data", "data"), ("_x", "1x")] {
            assert_eq!(volume_name(one), volume_name(other), "{one} {other}");
        }
        assert_ne!(volume_name("_x"), volume_name("x"));
    }
}
