//! Where containers see volumes.

use super::Pod;
use super::containers::Container;
use crate::config::closest;
use crate::schema::value::{Fault, Text, code, field, flag, is_set, items, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::HashMap;

/// Checks the mounts of a container; `devices` are the paths that are taken already.
pub(super) fn check<'w>(
    pod: &Pod<'w>,
    container: &Container<'w>,
    devices: &[(&'w str, Value<'w>)],
    problems: &mut Problems<'w>,
) {
    let mut paths: HashMap<&'w str, Value<'w>> = devices.iter().copied().collect();
    for mount in items(container.value, "volumeMounts").filter(|mount| mount.is_mapping()) {
        volume(pod, container, mount, "mounts", problems);
        let Some(path) = field(mount, "mountPath") else { continue };
        match path.known() {
            Some("") => problems.push(
                Problem::new(code::REQUIRED, path, format!("{} mounts a volume at no path", container))
                    .help("write where the container sees the volume"),
            ),
            Some(text) => {
                if let Some(first) = paths.get(text) {
                    problems.push(
                        Problem::new(code::DUPLICATE, path, format!("{} mounts two volumes at `{text}`", container))
                            .related(first.span(), "the first one")
                            .help("give each mount a path of its own, or mount single files by `subPath`"),
                    );
                } else {
                    paths.insert(text, path);
                }
            }
            None => {}
        }
        sub_path(container, mount, problems);
        propagation(container, mount, problems);
    }
}

/// Checks that the volume of a mount or a device is one of the Pod's.
pub(super) fn volume<'w>(
    pod: &Pod<'w>,
    container: &Container<'w>,
    mount: Value<'w>,
    verb: &str,
    problems: &mut Problems<'w>,
) {
    let Some(name) = field(mount, "name") else { return };
    let Some(text) = name.known() else { return };
    if text.is_empty() {
        problems.push(
            Problem::new(code::REQUIRED, name, format!("{} {verb} a volume without a name", container))
                .help("name a volume of the Pod"),
        );
    } else if pod.volumes.lack(text) {
        let problem = Problem::new(
            code::REFERENCE,
            name,
            format!("{} {verb} the volume `{text}`, which the Pod does not have", container),
        );
        problems.push(match closest(text, pod.volumes.names()) {
            Some(near) => problem.label(format!("did you mean `{near}`?")).help(format!("write `{near}`")),
            None => problem.label("no such volume").help(format!("add `{text}` to `volumes` of the Pod")),
        });
    }
}

fn sub_path<'w>(container: &Container<'w>, mount: Value<'w>, problems: &mut Problems<'w>) {
    let set = |key: &str| mount.get(key).filter(|_| text(mount, key) != Text::Absent);
    for key in ["subPath", "subPathExpr"] {
        if let Some(path) = set(key)
            && let Some(text) = path.known()
        {
            let found = if text.starts_with('/') {
                "starts with `/`"
            } else if text.split('/').any(|part| part == "..") {
                "`..` in it"
            } else {
                continue;
            };
            let fault = Fault::new("a path inside the volume", found, "write a path relative to the volume");
            problems.push(fault.problem(code::NAME, path, key));
        }
    }
    if let (Some(path), Some(expression)) = (set("subPath"), set("subPathExpr")) {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                expression,
                format!("{} has both `subPath` and `subPathExpr` for one mount", container),
            )
            .at_key()
            .related(path.key_or_span(), "the plain path")
            .help("keep one of them"),
        );
    }
}

fn propagation<'w>(container: &Container<'w>, mount: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(value) = mount.get("mountPropagation").filter(|_| text(mount, "mountPropagation") != Text::Absent) {
        one_of(value, "mountPropagation", &["None", "HostToContainer", "Bidirectional"], problems);
        let privileged = match field(container.value, "securityContext") {
            None => Some(false),
            Some(context) => flag(context, "privileged"),
        };
        if value.known() == Some("Bidirectional") && privileged == Some(false) {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    value,
                    format!("{} hands mounts on to its node, and it is not privileged", container),
                )
                .help("set `securityContext.privileged: true`, or write `HostToContainer`"),
            );
        }
    }
    let Some(recursive) = mount.get("recursiveReadOnly").filter(|_| text(mount, "recursiveReadOnly") != Text::Absent)
    else {
        return;
    };
    one_of(recursive, "recursiveReadOnly", &["Disabled", "IfPossible", "Enabled"], problems);
    if !matches!(recursive.known(), Some("IfPossible" | "Enabled")) {
        return;
    }
    if flag(mount, "readOnly") == Some(false) {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                recursive,
                format!("{} makes what lies below a mount read-only, and not the mount", container),
            )
            .help("set `readOnly: true`"),
        );
    } else if is_set(mount, "mountPropagation")
        && matches!(text(mount, "mountPropagation").known(), Some("HostToContainer" | "Bidirectional"))
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                recursive,
                format!("{} has `recursiveReadOnly` and takes mounts from its node", container),
            )
            .help("remove `mountPropagation`"),
        );
    }
}
