//! Variables of containers, and where their values come from.

use super::{listed, references, set_among};
use crate::schema::value::{
    Fault, Text, checked, code, config_map_key, dns_subdomain, env_name, field, items, missing, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const SOURCES: &[&str] = &["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

pub(super) fn check<'w>(container: Value<'w>, problems: &mut Problems<'w>) {
    for variable in items(container, "env") {
        if variable.is_null() {
            problems.push(
                Problem::new(code::REQUIRED, variable, "a variable of `env` is empty")
                    .help("remove the item, or name it"),
            );
        }
        if let Some(name) = variable.get("name") {
            checked(name, code::NAME, "variable name", env_name, problems);
        }
        if let Some(from) = field(variable, "valueFrom").filter(|from| from.is_mapping()) {
            value_from(variable, from, problems);
        }
    }
    for source in items(container, "envFrom").filter(|source| source.is_mapping()) {
        env_from(source, problems);
    }
}

fn titled(variable: Value<'_>) -> String {
    match text(variable, "name") {
        Text::Known(name) => format!("variable `{name}`"),
        Text::Absent | Text::Unknown => "a variable".to_owned(),
    }
}

fn value_from<'w>(variable: Value<'w>, from: Value<'w>, problems: &mut Problems<'w>) {
    let found = set_among(from, SOURCES);
    let written = variable.get("value").filter(|_| text(variable, "value") != Text::Absent);
    match found.as_slice() {
        [] => problems.push(
            Problem::new(code::REQUIRED, from, format!("`valueFrom` of {} names no source", titled(variable)))
                .at_key()
                .help(format!("write one of {}", listed(SOURCES).replace(" and ", " or "))),
        ),
        [(first, one), (second, other), ..] => problems.push(
            Problem::new(
                code::CROSS_FIELD,
                *other,
                format!("{} takes its value from two sources, `{first}` and `{second}`", titled(variable)),
            )
            .at_key()
            .related(one.key_or_span(), "the first one")
            .help("keep one of them"),
        ),
        [_] => {
            if let Some(value) = written {
                problems.push(
                    Problem::new(
                        code::CROSS_FIELD,
                        from,
                        format!("{} has both `value` and `valueFrom`", titled(variable)),
                    )
                    .at_key()
                    .related(value.key_or_span(), "the written value")
                    .help("keep one of them"),
                );
            }
        }
    }
    for (kind, source) in found {
        match kind {
            "fieldRef" => references::object_field(source, references::IN_ENVIRONMENT, problems),
            "resourceFieldRef" => references::resource_field(source, false, problems),
            "configMapKeyRef" => key_reference(source, "ConfigMap", problems),
            "secretKeyRef" => key_reference(source, "Secret", problems),
            _ => {}
        }
    }
}

fn key_reference<'w>(source: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    name_of(source, kind, dns_subdomain, problems);
    if let Some(key) = field(source, "key") {
        checked(key, code::NAME, "data key", config_map_key, problems);
    }
}

fn name_of<'w>(source: Value<'w>, kind: &str, check: fn(&str) -> Option<Fault>, problems: &mut Problems<'w>) {
    if !source.is_mapping() {
        return;
    }
    match field(source, "name") {
        Some(name) => checked(name, code::NAME, &format!("{kind} name"), check, problems),
        None => problems.push(
            missing(code::REQUIRED, source, "name", format!("the reference to a {kind} has no name"))
                .help("set `name`"),
        ),
    }
}

fn env_from<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(prefix) = source.get("prefix").filter(|_| text(source, "prefix") != Text::Absent) {
        checked(prefix, code::NAME, "prefix", env_name, problems);
    }
    let found = set_among(source, &["configMapRef", "secretRef"]);
    match found.as_slice() {
        [] => problems.push(
            super::about(code::REQUIRED, source, "an item of `envFrom` names no source".to_owned())
                .help("write `configMapRef` or `secretRef`"),
        ),
        [(_, one), (_, other), ..] => problems.push(
            Problem::new(
                code::CROSS_FIELD,
                *other,
                "an item of `envFrom` has two sources, `configMapRef` and `secretRef`",
            )
            .at_key()
            .related(one.key_or_span(), "the first one")
            .help("write each in an item of its own"),
        ),
        [_] => {}
    }
    for (kind, value) in found {
        name_of(value, if kind == "secretRef" { "Secret" } else { "ConfigMap" }, start_of_name, problems);
    }
}

/// The API server reads the name of a whole source as one that may be completed, and so lets `-` end it.
fn start_of_name(text: &str) -> Option<Fault> {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() && dns_subdomain(&format!("{rest}a")).is_none() => None,
        _ => dns_subdomain(text),
    }
}
