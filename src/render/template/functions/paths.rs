//! Go's `path`: slashes only, whatever the platform.

use super::strings::{changed, text};
use super::{Function, Param};
use crate::render::template::budget::Outcome;
use crate::render::template::evaluate::Machine;
use crate::render::template::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("base", &[Param::Text], base),
    Function::plain("osBase", &[Param::Text], base),
    Function::plain("dir", &[Param::Text], dir),
    Function::plain("osDir", &[Param::Text], dir),
    Function::plain("clean", &[Param::Text], clean),
    Function::plain("osClean", &[Param::Text], clean),
    Function::plain("ext", &[Param::Text], ext),
    Function::plain("osExt", &[Param::Text], ext),
    Function::plain("isAbs", &[Param::Text], is_abs),
    Function::plain("osIsAbs", &[Param::Text], is_abs),
];

fn cleaned(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
        let climbs = step == ".." && steps.last().is_none_or(|last| *last == "..");
        match step {
            ".." if climbs && rooted => {}
            ".." if !climbs => {
                steps.pop();
            }
            _ => steps.push(step),
        }
    }
    let joined = steps.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

fn base<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let path = text(arguments, 0)?;
    let trimmed = path.as_str().trim_end_matches('/');
    let base = match (trimmed, path.as_str()) {
        ("", "") => ".",
        ("", _) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    };
    if !trimmed.is_empty() {
        return Ok(path.part(trimmed.len() - base.len()..trimmed.len()));
    }
    changed(machine, &path, base.to_owned())
}

fn dir<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let path = text(arguments, 0)?;
    let folder = path.as_str().rfind('/').map_or("", |slash| &path.as_str()[..=slash]);
    let made = cleaned(folder);
    changed(machine, &path, made)
}

fn clean<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let path = text(arguments, 0)?;
    let made = cleaned(path.as_str());
    changed(machine, &path, made)
}

fn ext<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let path = text(arguments, 0)?;
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let length = name.rfind('.').map_or(0, |dot| name.len() - dot);
    let end = path.as_str().len();
    Ok(path.part(end - length..end))
}

fn is_abs<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::bool(text(arguments, 0)?.as_str().starts_with('/')))
}
