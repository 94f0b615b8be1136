//! Containers of all kinds: their names and images, and what init containers cannot have.

use super::{Pod, devices, environment, label_name, lifecycle, mounts, ports, probes, resources, security, titled};
use crate::schema::value::{Fault, Text, code, field, is_set, items, missing, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};
use std::fmt;

/// A container and what it is.
pub(super) struct Container<'w> {
    pub value: Value<'w>,
    /// What it is called, and its place in its list.
    what: &'static str,
    index: usize,
    /// Whether it runs before the others, and ends.
    pub is_init: bool,
    /// Whether it starts before the others, and stays.
    pub is_sidecar: bool,
}

/// What a message calls it: its name, or its place.
impl fmt::Display for Container<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&titled(self.what, self.value, self.index))
    }
}

pub(super) fn check<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    if let Some(list) = field(pod.spec, "containers").filter(|list| list.is_sequence() && list.is_empty()) {
        problems.push(
            Problem::new(code::REQUIRED, list, "the Pod has no container")
                .at_key()
                .help("write at least one container with a `name` and an `image`"),
        );
    }
    let mut names: HashMap<&'w str, Value<'w>> = HashMap::new();
    for container in all(pod.spec) {
        label_name(container.value, "container name", problems);
        if let Some(name) = text(container.value, "name").known()
            && let Some(value) = container.value.get("name")
        {
            if let Some(first) = names.get(name) {
                problems.push(
                    Problem::new(code::DUPLICATE, value, format!("two containers of this Pod are named `{name}`"))
                        .label("named a second time")
                        .related(first.span(), "the first one")
                        .help("give each container a name of its own"),
                );
            } else {
                names.insert(name, value);
            }
        }
        one(pod, &container, problems);
    }
}

/// The containers, then the init containers.
pub(super) fn all<'w>(spec: Value<'w>) -> impl Iterator<Item = Container<'w>> {
    let of = move |key: &'static str, what: &'static str| {
        items(spec, key).enumerate().filter(|(_, value)| value.is_mapping()).map(move |(index, value)| {
            let policy = text(value, "restartPolicy");
            let is_init = key == "initContainers";
            Container {
                value,
                what,
                index,
                // What cannot be read may be meant as `Always`.
                is_init: is_init && matches!(policy, Text::Absent | Text::Known("OnFailure" | "Never")),
                is_sidecar: is_init && policy.is("Always"),
            }
        })
    };
    of("containers", "container").chain(of("initContainers", "init container"))
}

fn one<'w>(pod: &Pod<'w>, container: &Container<'w>, problems: &mut Problems<'w>) {
    let value = container.value;
    image(container, problems);
    let choices: [(&str, &[&str]); 3] = [
        ("imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
        ("terminationMessagePolicy", &["File", "FallbackToLogsOnError"]),
        ("restartPolicy", &["Always", "OnFailure", "Never"]),
    ];
    for (key, allowed) in choices {
        if text(value, key) != Text::Absent
            && let Some(value) = value.get(key)
        {
            one_of(value, key, allowed, problems);
        }
    }
    if container.is_init {
        init_only(container, problems);
    } else {
        probes::check(container, problems);
        lifecycle::check(pod, container, problems);
    }
    ports::check(container, problems);
    environment::check(value, problems);
    let paths = devices::check(pod, container, problems);
    mounts::check(pod, container, &paths, problems);
    resources::of_container(container, problems);
    security::of_container(container, problems);
    restart_rules(container, problems);
}

fn image<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    let image = field(container.value, "image");
    match text(container.value, "image") {
        Text::Absent => {
            let message = format!("{container} has no image");
            problems.push(missing(code::REQUIRED, container.value, "image", message).help("set `image`"));
        }
        Text::Known(text) if text.trim() != text => {
            if let Some(image) = image {
                let fault = Fault::new("an image", "a blank before or after it", format!("write `{}`", text.trim()));
                problems.push(fault.problem(code::REFERENCE, image, &format!("image of {}", container)));
            }
        }
        Text::Known(_) | Text::Unknown => {}
    }
}

/// What a container that ends before the others start cannot have.
fn init_only<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(value) = field(container.value, key) {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    value,
                    format!("{} has a `{key}`, and it ends before the Pod is ready", container),
                )
                .at_key()
                .help(format!("remove `{key}`, or set `restartPolicy: Always` to keep the container running")),
            );
        }
    }
}

/// Rules that say when a container is started again.
fn restart_rules<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    let Some(rules) = field(container.value, "restartPolicyRules") else { return };
    if !is_set(container.value, "restartPolicy") && rules.items().next().is_some() {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                rules,
                format!("{} has `restartPolicyRules` and no `restartPolicy`", container),
            )
            .at_key()
            .help("set the `restartPolicy` that holds where no rule matches"),
        );
    }
}
