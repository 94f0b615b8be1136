//! The name of an object, or what it is made from.

use super::{NAME, kinds};
use crate::manifest::Resource;
use crate::schema::value::{self, field, number, shown, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(resource: &Resource<'w>, problems: &mut Problems<'w>) {
    let metadata = field(resource.value, "metadata");
    if metadata.is_some_and(|metadata| !metadata.is_mapping()) {
        return;
    }
    let part = |key: &str| metadata.and_then(|metadata| field(metadata, key));
    let (name, prefix) = (part("name"), part("generateName"));
    let is_empty = |value: Option<Value<'_>>| value.is_none_or(|value| value.known() == Some(""));
    if let Some(prefix) = prefix {
        generated(resource, prefix, problems);
    }
    if is_empty(name) {
        // The API server makes up a name for a LimitRange. A name that stands there and is empty was meant as one, whatever the document is for.
        if is_empty(prefix) && !resource.is("", "LimitRange") && (name.is_some() || kinds::is_surely_served(resource)) {
            missing(resource, metadata, problems);
        }
    } else if let Some(name) = name {
        given(resource, name, problems);
    }
}

fn missing<'w>(resource: &Resource<'w>, metadata: Option<Value<'w>>, problems: &mut Problems<'w>) {
    let (holder, key) = metadata.map_or((resource.value, "metadata"), |metadata| (metadata, "name"));
    let message = format!("this {} has no name", resource.kind);
    let mut problem = value::missing(NAME, holder, key, message);
    if metadata.is_none()
        && let Some(kind) = resource.value.get("kind")
    {
        problem = problem.underline(kind.span());
    }
    problems.push(problem.help("set `metadata.name`"));
}

fn given<'w>(resource: &Resource<'w>, name: Value<'w>, problems: &mut Problems<'w>) {
    let Some(written) = name.known() else { return };
    let what = format!("{} name", resource.kind);
    if let Some(fault) = kinds::name_fault(resource, written) {
        problems.push(fault.problem(NAME, name, &what));
        return;
    }
    let limit = kinds::most(resource).filter(|(most, _)| written.len() > *most);
    if let Some((most, reason)) = limit.or_else(|| indexed(resource, written)) {
        problems.push(
            Problem::new(NAME, name, format!("{what} `{}` is too long", shown(written)))
                .label(format!("{} characters, at most {most}", written.len()))
                .note(reason)
                .help("shorten it"),
        );
    }
}

/// The Pods of an indexed Job are named after it and their number, which has to be a DNS label.
fn indexed(resource: &Resource<'_>, name: &str) -> Option<(usize, &'static str)> {
    if !resource.is("batch", "Job") {
        return None;
    }
    let spec = field(resource.value, "spec")?;
    let completions = number(spec, "completions").filter(|count| *count > 0)?;
    let digits = (completions - 1).to_string().len();
    let most = 62_usize.checked_sub(digits)?;
    (text(spec, "completionMode").is("Indexed") && name.len() > most)
        .then_some((most, "its Pods are named after it and their index, and 63 fit"))
}

/// The start of a name that the API server completes.
fn generated<'w>(resource: &Resource<'w>, prefix: Value<'w>, problems: &mut Problems<'w>) {
    let Some(written) = prefix.known().filter(|prefix| !prefix.is_empty()) else { return };
    // It may end with `-`, for letters follow.
    let masked = match written.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => format!("{rest}a"),
        _ => written.to_owned(),
    };
    if let Some(fault) = kinds::name_fault(resource, &masked) {
        problems.push(fault.problem(NAME, prefix, "generateName"));
    }
}
