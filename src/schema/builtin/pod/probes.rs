//! Probes and the handlers that they share with lifecycle hooks.

use super::containers::Container;
use super::{listed, set_among};
use crate::schema::value::{
    Text, at_least, checked, code, field, header_name, is_set, items, missing, one_of, port, port_or_name, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::fmt;

/// A part of a container, as a message names it.
#[derive(Clone, Copy)]
pub(super) struct Part<'c, 'w>(pub &'c str, pub &'c Container<'w>);

impl fmt::Display for Part<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {}", self.0, self.1)
    }
}

pub(super) fn check<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = field(container.value, key).filter(|probe| probe.is_mapping()) {
            one(container, key, probe, problems);
        }
    }
}

fn one<'w>(container: &Container<'w>, name: &str, probe: Value<'w>, problems: &mut Problems<'w>) {
    let title = Part(name, container);
    handler(probe, title, &["exec", "httpGet", "tcpSocket", "grpc"], problems);
    for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        if let Some(value) = field(probe, key) {
            at_least(value, key, 0, problems);
        }
    }
    if name != "readinessProbe"
        && let Some(value) = field(probe, "successThreshold")
        && let Some(count) = value.as_int().filter(|count| *count > 1)
    {
        problems.push(
            Problem::new(
                code::BOUND,
                value,
                format!("{title} asks for {count} successes in a row, and only a readiness probe can"),
            )
            .help("write 1, or remove `successThreshold`"),
        );
    }
    let Some(grace) = field(probe, "terminationGracePeriodSeconds") else { return };
    if name == "readinessProbe" {
        problems.push(
            Problem::new(code::CROSS_FIELD, grace, format!("{title} has a grace period, and it stops no container"))
                .at_key()
                .help("remove `terminationGracePeriodSeconds`"),
        );
    } else {
        at_least(grace, "terminationGracePeriodSeconds", 1, problems);
    }
}

/// Checks what a probe or a hook does: exactly one of `kinds`.
pub(super) fn handler<'w>(parent: Value<'w>, title: Part<'_, 'w>, kinds: &[&'static str], problems: &mut Problems<'w>) {
    let found = set_among(parent, kinds);
    if found.is_empty() {
        // A key that nobody knows stands for the handler that was meant; the schema tells it.
        problems.push(
            Problem::new(code::REQUIRED, parent, format!("{title} has no handler"))
                .at_key()
                .help(format!("write one of {}", listed(kinds).replace(" and ", " or "))),
        );
    }
    if let [(first, one), (second, other), ..] = found.as_slice() {
        problems.push(
            Problem::new(code::CROSS_FIELD, *other, format!("{title} has two handlers, `{first}` and `{second}`"))
                .at_key()
                .related(one.key_or_span(), "the first one")
                .help("keep one of them"),
        );
    }
    for (kind, value) in found {
        match kind {
            "exec" => exec(value, title, problems),
            "httpGet" => http(value, problems),
            "tcpSocket" => {
                if let Some(value) = field(value, "port") {
                    port_or_name(value, "port", problems);
                }
            }
            "grpc" => {
                if let Some(value) = field(value, "port") {
                    port(value, "port", problems);
                }
            }
            _ => {}
        }
    }
}

fn exec<'w>(exec: Value<'w>, title: Part<'_, 'w>, problems: &mut Problems<'w>) {
    let command = field(exec, "command");
    if command.is_none_or(|command| command.is_sequence() && command.is_empty()) {
        let message = format!("{title} runs no command");
        problems.push(
            missing(code::REQUIRED, exec, "command", message)
                .help("list the program and its arguments under `command`"),
        );
    }
}

fn http<'w>(get: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(value) = field(get, "port") {
        port_or_name(value, "port", problems);
    }
    if text(get, "scheme") != Text::Absent
        && let Some(scheme) = get.get("scheme")
    {
        one_of(scheme, "scheme", &["HTTP", "HTTPS"], problems);
    }
    for header in items(get, "httpHeaders") {
        if is_set(header, "name")
            && let Some(name) = header.get("name")
        {
            checked(name, code::NAME, "header name", header_name, problems);
        }
    }
}
