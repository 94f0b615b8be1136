//! Security contexts of Pods and containers.

use super::containers::Container;
use super::{Pod, profiles};
use crate::schema::value::{Fault, Text, checked, code, field, flag, in_range, is_set, items, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

const MOST: i64 = i32::MAX as i64;

/// Fields that both contexts have.
fn shared<'w>(context: Value<'w>, problems: &mut Problems<'w>) {
    for key in ["runAsUser", "runAsGroup"] {
        if let Some(id) = field(context, key) {
            in_range(id, key, 0..=MOST, problems);
        }
    }
    profiles::check(context, "seccompProfile", problems);
    profiles::check(context, "appArmorProfile", problems);
}

fn choice<'w>(context: Value<'w>, key: &str, allowed: &[&str], problems: &mut Problems<'w>) {
    if let Some(value) = context.get(key).filter(|_| text(context, key) != Text::Absent) {
        one_of(value, key, allowed, problems);
    }
}

pub(super) fn of_pod<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    let Some(context) = field(pod.spec, "securityContext").filter(|context| context.is_mapping()) else { return };
    shared(context, problems);
    if let Some(group) = field(context, "fsGroup") {
        in_range(group, "fsGroup", 0..=MOST, problems);
    }
    for group in items(context, "supplementalGroups") {
        in_range(group, "supplementalGroups", 0..=MOST, problems);
    }
    choice(context, "fsGroupChangePolicy", &["OnRootMismatch", "Always"], problems);
    choice(context, "supplementalGroupsPolicy", &["Merge", "Strict"], problems);
    choice(context, "seLinuxChangePolicy", &["MountOption", "Recursive"], problems);
    sysctls(pod, context, problems);
}

fn sysctls<'w>(pod: &Pod<'w>, context: Value<'w>, problems: &mut Problems<'w>) {
    let mut names: HashMap<&'w str, Value<'w>> = HashMap::new();
    for sysctl in items(context, "sysctls") {
        let Some(name) = field(sysctl, "name") else { continue };
        checked(name, code::NAME, "sysctl", sysctl_name, problems);
        let Some(text) = name.known().filter(|text| !text.is_empty()) else { continue };
        if let Some(first) = names.get(text) {
            problems.push(
                Problem::new(code::DUPLICATE, name, format!("sysctl `{text}` is set twice"))
                    .related(first.span(), "the first time")
                    .help("remove one of them"),
            );
        } else {
            names.insert(text, name);
        }
        let plain = text.replace('/', ".");
        let of_network = plain.starts_with("net.") && pod.host_network == Some(true);
        let of_ipc =
            ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."].iter().any(|start| plain.starts_with(start))
                && flag(pod.spec, "hostIPC") == Some(true);
        if of_network || of_ipc {
            let key = if of_network { "hostNetwork" } else { "hostIPC" };
            let mut problem =
                Problem::new(code::CROSS_FIELD, name, format!("sysctl `{text}` would be set for the whole node"));
            if let Some(switch) = pod.spec.get(key) {
                problem = problem.related(switch.key_or_span(), "shared with the node here");
            }
            problems.push(problem.help(format!("remove the sysctl, or `{key}`")));
        }
    }
}

fn sysctl_name(text: &str) -> Option<Fault> {
    let segment = |part: &str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let ends = part.starts_with(allowed) && part.ends_with(allowed);
        ends && part.chars().all(|c| allowed(c) || matches!(c, '-' | '_'))
    };
    let found = match text {
        "" => "it is empty".to_owned(),
        _ if text.len() > 253 => format!("{} characters, at most 253", text.len()),
        _ if text.split(['.', '/']).all(segment) => return None,
        _ => "only lower-case letters, digits, `-` and `_` between points".to_owned(),
    };
    Some(Fault::new("the name of a sysctl", found, "write it as `net.core.somaxconn`"))
}

pub(super) fn of_container<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    let Some(context) = field(container.value, "securityContext").filter(|context| context.is_mapping()) else {
        return;
    };
    shared(context, problems);
    choice(context, "procMount", &["Default", "Unmasked"], problems);
    escalation(container, context, problems);
}

/// A container that may do everything cannot be kept from getting more.
fn escalation<'w>(container: &Container<'w>, context: Value<'w>, problems: &mut Problems<'w>) {
    if !is_set(context, "allowPrivilegeEscalation") || flag(context, "allowPrivilegeEscalation") != Some(false) {
        return;
    }
    let Some(switch) = context.get("allowPrivilegeEscalation") else { return };
    let privileged = context.get("privileged").filter(|value| value.as_bool() == Some(true));
    let added = field(context, "capabilities").into_iter().flat_map(|capabilities| items(capabilities, "add"));
    let admin = added.into_iter().find(|capability| capability.known() == Some("CAP_SYS_ADMIN"));
    let (other, reason) = match (privileged, admin) {
        (Some(privileged), _) => (privileged, "it is privileged"),
        (None, Some(admin)) => (admin, "it has CAP_SYS_ADMIN"),
        (None, None) => return,
    };
    problems.push(
        Problem::new(code::CROSS_FIELD, switch, format!("{} may not gain privileges, and {reason}", container))
            .related(other.key_or_span(), "all privileges")
            .help("remove one of the two"),
    );
}
