//! Requests and limits of containers and of whole Pods.

use super::containers::Container;
use crate::config::closest;
use crate::schema::value::{Quantity, code, field, qualified_name, quantity, shown};
use crate::schema::{Problem, Problems};
use crate::yaml::{Value, has_placeholder};

const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// How the API server treats a resource by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Kubernetes' own: a request may be lower than its limit.
    Native,
    /// Pages of memory, which are not shared.
    HugePages,
    /// A device or the like, which cannot be parted.
    Extended,
}

fn class(name: &str) -> Option<Class> {
    if name.starts_with("hugepages-") {
        return Some(Class::HugePages);
    }
    match name.split_once('/') {
        None => STANDARD.contains(&name).then_some(Class::Native),
        Some((domain, _)) if domain.contains("kubernetes.io") => Some(Class::Native),
        Some(_) => Some(Class::Extended),
    }
}

/// Checks the resources of a container.
pub(super) fn of_container<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    let Some(resources) = field(container.value, "resources") else { return };
    let limits = sizes(resources, "limits", STANDARD, problems);
    let requests = sizes(resources, "requests", STANDARD, problems);
    for (name, request, at) in &requests {
        let limit = limits.iter().find(|(known, ..)| known == name);
        // A limit that cannot be read is neither missing nor too low.
        if limit.is_some() || field(resources, "limits").is_none_or(|limits| limits.get(name).is_none()) {
            compare(container, name, *request, *at, limit.map(|(_, amount, at)| (*amount, *at)), problems);
        }
    }
    let all = || limits.iter().chain(&requests);
    let huge = all().find(|(name, ..)| class(name) == Some(Class::HugePages));
    if let Some((name, _, at)) = huge
        && !has(resources, "cpu")
        && !has(resources, "memory")
    {
        problems.push(
            Problem::new(code::CROSS_FIELD, *at, format!("{} takes `{name}` and neither cpu nor memory", container))
                .at_key()
                .help("set a request or a limit for cpu or memory"),
        );
    }
}

/// Checks the resources of a whole Pod, which are of fewer kinds.
pub(super) fn of_pod<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(resources) = field(spec, "resources") else { return };
    let allowed = &["cpu", "memory"];
    let limits = sizes(resources, "limits", allowed, problems);
    for (name, request, at) in sizes(resources, "requests", allowed, problems) {
        let limit = limits.iter().find(|(known, ..)| *known == name);
        compare(&"the Pod", name, request, at, limit.map(|(_, amount, at)| (*amount, *at)), problems);
    }
}

fn has(resources: Value<'_>, name: &str) -> bool {
    ["limits", "requests"].iter().any(|key| field(resources, key).is_some_and(|sizes| sizes.get(name).is_some()))
}

/// Checks amounts by name, and gives those that can be read.
fn sizes<'w>(
    resources: Value<'w>,
    key: &str,
    standard: &[&str],
    problems: &mut Problems<'w>,
) -> Vec<(&'w str, Quantity, Value<'w>)> {
    let mut found = Vec::new();
    for (name, value) in field(resources, key).into_iter().flat_map(Value::entries) {
        if has_placeholder(name) {
            continue;
        }
        let of_pod = standard.len() < STANDARD.len();
        let known = match class(name) {
            Some(Class::Native) if !name.contains('/') => standard.contains(&name),
            Some(Class::HugePages) => true,
            Some(Class::Native | Class::Extended) => !of_pod,
            None => false,
        };
        if let Some(fault) = qualified_name(name) {
            problems.push(fault.key_problem(code::NAME, value, "resource name"));
            continue;
        }
        if !known {
            unknown(name, value, standard, problems);
            continue;
        }
        if let Some(amount) = amount(name, value, problems) {
            found.push((name, amount, value));
        }
    }
    found
}

/// Checks amounts by name, whatever the names are.
pub(super) fn amounts<'w>(sizes: Value<'w>, what: &str, problems: &mut Problems<'w>) {
    for (name, value) in sizes.entries() {
        if !has_placeholder(name)
            && let Some(fault) = qualified_name(name)
        {
            problems.push(fault.key_problem(code::NAME, value, &format!("resource name in `{what}`")));
        } else {
            amount(name, value, problems);
        }
    }
}

fn unknown<'w>(name: &str, value: Value<'w>, standard: &[&str], problems: &mut Problems<'w>) {
    let problem = Problem::new(code::NAME, value, format!("there is no resource `{}`", shown(name))).at_key();
    problems.push(match closest(name, standard.iter().copied()) {
        Some(near) => problem.label(format!("did you mean `{near}`?")).help(format!("write `{near}`")),
        None if standard.len() < STANDARD.len() => problem.help("write `cpu` or `memory`, or set it on a container"),
        None => problem.help("write `cpu`, `memory` or `ephemeral-storage`, or a name with a domain"),
    });
}

fn amount<'w>(name: &str, value: Value<'w>, problems: &mut Problems<'w>) -> Option<Quantity> {
    match quantity(value)? {
        Err(fault) => {
            let text = shown(value.raw().unwrap_or_default());
            let message = match text.as_str() {
                "" => format!("amount of `{name}` is empty"),
                text => format!("amount `{text}` of `{name}` is not a quantity"),
            };
            problems.push(fault.worded(code::QUANTITY, value, message));
        }
        Ok(amount) if amount.is_negative() => problems.push(
            Problem::new(code::QUANTITY, value, format!("amount of `{name}` is less than nothing"))
                .help("write an amount of 0 or more"),
        ),
        Ok(amount) if class(name) == Some(Class::Extended) && !amount.is_whole() => problems.push(
            Problem::new(code::QUANTITY, value, format!("`{name}` cannot be parted, and this is no whole number"))
                .help(format!("write {} or another whole number", amount.rounded_up())),
        ),
        Ok(amount) => return Some(amount),
    }
    None
}

fn compare<'w>(
    title: &dyn std::fmt::Display,
    name: &str,
    request: Quantity,
    at: Value<'w>,
    limit: Option<(Quantity, Value<'w>)>,
    problems: &mut Problems<'w>,
) {
    let shared = class(name) == Some(Class::Native);
    let raw = |value: Value<'w>| value.raw().unwrap_or_default();
    let problem = match limit {
        None if shared => return,
        None => Problem::new(code::CROSS_FIELD, at, format!("{title} requests `{name}` without a limit"))
            .help(format!("set the limit of `{name}` to {}", raw(at))),
        Some((limit, place)) if shared && request > limit => {
            Problem::new(code::CROSS_FIELD, at, format!("{title} requests more `{name}`, {}, than its limit", raw(at)))
                .related(place.span(), format!("the limit is {}", raw(place)))
                .help(format!("request {} or less, or raise the limit", raw(place)))
        }
        Some((limit, place)) if !shared && request != limit => {
            let message = format!("{title} requests {} of `{name}`, which cannot differ from its limit", raw(at));
            Problem::new(code::CROSS_FIELD, at, message)
                .related(place.span(), format!("the limit is {}", raw(place)))
                .help("write the same amount, or remove the request")
        }
        Some(_) => return,
    };
    problems.push(problem);
}
