//! Volumes that containers see as raw devices.

use super::containers::Container;
use super::{Pod, mounts};
use crate::schema::value::{code, field, items, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// Checks the devices of a container and gives their paths.
pub(super) fn check<'w>(
    pod: &Pod<'w>,
    container: &Container<'w>,
    problems: &mut Problems<'w>,
) -> Vec<(&'w str, Value<'w>)> {
    let mut paths: Vec<(&'w str, Value<'w>)> = Vec::new();
    for device in items(container.value, "volumeDevices").filter(|device| device.is_mapping()) {
        mounts::volume(pod, container, device, "uses", problems);
        if let Some(name) = text(device, "name").known()
            && let Some(at) = device.get("name")
            && let Some(source) = pod.volumes.source(name)
            && !matches!(source, "persistentVolumeClaim" | "ephemeral")
        {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    at,
                    format!("volume `{name}` is made of `{source}`, which cannot be a raw device"),
                )
                .help("mount it by `volumeMounts`, or make it a claim with `volumeMode: Block`"),
            );
        }
        let Some(path) = field(device, "devicePath") else { continue };
        let Some(text) = path.known() else { continue };
        if text.is_empty() || text.split('/').any(|part| part == "..") {
            let message = if text.is_empty() { "`devicePath` is empty" } else { "`devicePath` has `..` in it" };
            problems.push(Problem::new(code::NAME, path, message).help("write a path such as `/dev/xvda`"));
        } else if let Some((_, first)) = paths.iter().find(|(known, _)| *known == text) {
            problems.push(
                Problem::new(code::DUPLICATE, path, format!("{} has two devices at `{text}`", container))
                    .related(first.span(), "the first one")
                    .help("give each device a path of its own"),
            );
        } else {
            paths.push((text, path));
        }
    }
    paths
}
