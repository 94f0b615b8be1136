//! What a Pod shares with its node, and what its operating system does not know.

use super::containers::{self, Container};
use super::{Pod, set_among};
use crate::schema::value::{Text, code, field, flag, is_set, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const WINDOWS: &str = "windows";

/// Fields of a Pod's security context that mean nothing on Windows.
const LINUX_POD: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];

const LINUX_CONTAINER: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

pub(super) fn check<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    sharing(pod, problems);
    let Some(os) = field(pod.spec, "os") else { return };
    let Some(name) = field(os, "name") else { return };
    one_of(name, "os.name", &["linux", WINDOWS], problems);
    let context = field(pod.spec, "securityContext");
    match name.known() {
        Some(WINDOWS) => {
            for key in ["hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
                if is_set(pod.spec, key)
                    && (key == "hostUsers" || key == "shareProcessNamespace" || flag(pod.spec, key) == Some(true))
                {
                    foreign(pod.spec.get(key).unwrap_or(pod.spec), key, name, problems);
                }
            }
            for (key, value) in context.map(|context| set_among(context, LINUX_POD)).unwrap_or_default() {
                foreign(value, key, name, problems);
            }
            for container in containers::all(pod.spec) {
                let own = field(container.value, "securityContext");
                for (key, value) in own.map(|context| set_among(context, LINUX_CONTAINER)).unwrap_or_default() {
                    foreign(value, key, name, problems);
                }
            }
        }
        Some("linux") => {
            let own = containers::all(pod.spec).filter_map(|Container { value, .. }| field(value, "securityContext"));
            for context in context.into_iter().chain(own) {
                if let Some(options) = field(context, "windowsOptions") {
                    foreign(options, "windowsOptions", name, problems);
                }
            }
        }
        _ => {}
    }
}

fn foreign<'w>(value: Value<'w>, key: &str, os: Value<'w>, problems: &mut Problems<'w>) {
    let system = if os.known() == Some(WINDOWS) { "Windows" } else { "Linux" };
    problems.push(
        Problem::new(code::CROSS_FIELD, value, format!("`{key}` cannot be set for a Pod that runs on {system}"))
            .at_key()
            .related(os.span(), "the operating system")
            .help(format!("remove `{key}`")),
    );
}

fn sharing<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    let spec = pod.spec;
    let on = |key: &str| spec.get(key).filter(|value| value.as_bool() == Some(true));
    if let (Some(shared), Some(host)) = (on("shareProcessNamespace"), on("hostPID")) {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                shared,
                "the containers share processes with each other, and with the whole node",
            )
            .at_key()
            .related(host.key_or_span(), "with the node")
            .help("remove `shareProcessNamespace` or `hostPID`"),
        );
    }
    if is_set(spec, "hostUsers") && flag(spec, "hostUsers") == Some(false) {
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            if let Some(host) = on(key) {
                let mut problem = Problem::new(
                    code::CROSS_FIELD,
                    host,
                    format!("`{key}` cannot be set for a Pod with users of its own"),
                )
                .at_key();
                if let Some(users) = spec.get("hostUsers") {
                    problem = problem.related(users.key_or_span(), "users of its own");
                }
                problems.push(problem.help(format!("remove `{key}`, or `hostUsers: false`")));
            }
        }
    }
    if text(spec, "hostname") != Text::Absent || text(spec, "subdomain") != Text::Absent {
        for (key, what) in [("hostname", "host name"), ("subdomain", "subdomain")] {
            if let Some(value) = spec.get(key).filter(|_| text(spec, key) != Text::Absent) {
                crate::schema::value::checked(value, code::NAME, what, crate::schema::value::dns_label, problems);
            }
        }
    }
}
