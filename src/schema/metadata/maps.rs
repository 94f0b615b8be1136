//! Labels and annotations, and the labels of a namespace that admission reads.

use super::{ANNOTATION, LABEL};
use crate::manifest::Resource;
use crate::schema::value::{annotation_key, field, label_map, shown};
use crate::schema::{Problem, Problems};
use crate::yaml::{Value, has_placeholder};

/// All keys and values of the annotations together, in bytes.
const MOST: usize = 256 * 1024;

pub(super) fn labels<'w>(labels: Value<'w>, problems: &mut Problems<'w>) {
    label_map(labels, LABEL, "label", problems);
}

pub(super) fn annotations<'w>(metadata: Value<'w>, problems: &mut Problems<'w>) {
    let Some(annotations) = field(metadata, "annotations") else { return };
    let mut size = 0;
    for (key, value) in annotations.entries() {
        size += key.len() + value.as_str().map_or(0, str::len);
        if let Some(fault) = Some(key).filter(|key| !has_placeholder(key)).and_then(annotation_key) {
            problems.push(fault.key_problem(ANNOTATION, value, "annotation key"));
        }
    }
    if size > MOST {
        problems.push(
            Problem::new(ANNOTATION, annotations, format!("the annotations hold {size} bytes, and {MOST} fit"))
                .at_key()
                .help("keep large texts in a ConfigMap"),
        );
    }
}

const LEVELS: &[&str] = &["privileged", "baseline", "restricted"];

/// What the Pod Security admission reads from the labels of a namespace; it refuses what it cannot read.
pub(super) fn pod_security<'w>(resource: &Resource<'w>, labels: Value<'w>, problems: &mut Problems<'w>) {
    if !resource.is("", "Namespace") {
        return;
    }
    for mode in ["enforce", "audit", "warn"] {
        let level = labels.get(&format!("pod-security.kubernetes.io/{mode}"));
        // Null is the empty text, which is no level.
        let text = |value: Value<'w>| if value.is_null() { Some("") } else { value.known() };
        if let Some(level) = level
            && let Some(text) = text(level).filter(|text| !LEVELS.contains(text))
            && !has_fault(problems, level)
        {
            let message = match text {
                "" => format!("the level that Pod Security should {mode} is empty"),
                text => format!("Pod Security knows no level `{}` to {mode}", shown(text)),
            };
            problems
                .push(Problem::new(LABEL, level, message).help("write one of `privileged`, `baseline`, `restricted`"));
        }
        let version = labels.get(&format!("pod-security.kubernetes.io/{mode}-version"));
        if let Some(version) = version
            && let Some(text) = text(version).filter(|text| !is_version(text))
            && !has_fault(problems, version)
        {
            problems.push(
                Problem::new(LABEL, version, format!("Pod Security cannot read the version `{}`", shown(text)))
                    .help("write `latest` or a minor version such as `v1.36`"),
            );
        }
    }
}

fn has_fault(problems: &Problems<'_>, value: Value<'_>) -> bool {
    problems.found.iter().any(|problem| problem.at.identity() == value.identity())
}

fn is_version(text: &str) -> bool {
    text == "latest"
        || text.strip_prefix("v1.").is_some_and(|minor| {
            !minor.is_empty()
                && minor.bytes().all(|byte| byte.is_ascii_digit())
                && (minor == "0" || !minor.starts_with('0'))
        })
}
