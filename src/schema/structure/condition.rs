//! Conditions over a whole value: `anyOf`, `oneOf`, `allOf`, `not`.

use super::{Walk, dotted, limits};
use crate::schema::Problem;
use crate::schema::node::{Fields, Limits, Node, NodeId, Shape};
use crate::yaml::{Kind, Value};

pub(super) fn check<'w>(walk: &mut Walk<'_, 'w>, value: Value<'w>, node: &Node, limits: &Limits) {
    let beside = match &node.shape {
        Shape::Fields(fields) => Some(fields),
        _ => None,
    };
    if limits.all.is_empty() && limits.any.is_empty() && limits.one.is_empty() && limits.not.is_none() {
        return;
    }
    let say = |message: String| {
        let place = dotted(&walk.way);
        let place = if place.is_empty() { "the object".to_owned() } else { format!("`{place}`") };
        let message = format!("{}: {place} {message}", walk.title());
        Problem::new("combination", value, message).underline(value.key_or_span())
    };
    let mut told = Vec::new();
    if limits.all.iter().any(|branch| holds(walk, value, *branch, beside) == Some(false)) {
        told.push(say("breaks a condition of its schema".to_owned()).label("a condition does not hold"));
    }
    let any: Vec<Option<bool>> = limits.any.iter().map(|branch| holds(walk, value, *branch, beside)).collect();
    if !any.is_empty() && any.iter().all(|one| *one == Some(false)) {
        let problem = say("is none of the forms that it takes".to_owned()).label("no form fits");
        told.push(with_fields(walk, problem, &limits.any));
    }
    let one: Vec<Option<bool>> = limits.one.iter().map(|branch| holds(walk, value, *branch, beside)).collect();
    if !one.is_empty() && one.iter().all(Option::is_some) {
        match one.iter().filter(|one| **one == Some(true)).count() {
            1 => {}
            0 => {
                let problem = say("is none of the forms that it takes".to_owned()).label("no form fits");
                told.push(with_fields(walk, problem, &limits.one));
            }
            count => {
                let problem = say(format!("is {count} forms at once, one is taken")).label("more than one form fits");
                told.push(with_fields(walk, problem, &limits.one));
            }
        }
    }
    if limits.not.is_some_and(|branch| holds(walk, value, branch, beside) == Some(true)) {
        told.push(say("has a form that is ruled out".to_owned()).label("this form is ruled out"));
    }
    // One cause, one finding.
    if let Some(problem) = told.into_iter().next() {
        walk.tell(problem);
    }
}

/// Says which fields tell the forms apart.
fn with_fields<'w>(walk: &Walk<'_, 'w>, problem: Problem<'w>, branches: &[NodeId]) -> Problem<'w> {
    let mut names: Vec<&str> = Vec::new();
    for branch in branches {
        let Shape::Fields(fields) = &walk.arena.node(*branch).shape else { return problem };
        names.extend(fields.required.iter().map(AsRef::as_ref));
    }
    names.sort_unstable();
    names.dedup();
    if names.is_empty() || names.len() > 8 {
        return problem;
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    problem.note(format!("the forms differ by {}", names.join(", ")))
}

/// Whether a value fulfils a condition; none where something in it is not known. `beside` are the fields of the
/// schema that asks: what has a default there is there.
fn holds(walk: &Walk<'_, '_>, value: Value<'_>, id: NodeId, beside: Option<&Fields>) -> Option<bool> {
    let (node, kind) = (walk.arena.node(id), value.kind());
    if kind == Kind::Broken || value.unknown().is_some() {
        return None;
    }
    let mut sure = true;
    let mut ask = |answer: Option<bool>| match answer {
        Some(answer) => answer,
        None => {
            sure = false;
            true
        }
    };
    let fits =
        match (&node.shape, kind) {
            (Shape::Any, _) | (Shape::Open, Kind::Mapping) => true,
            (Shape::Fields(fields), Kind::Mapping) => {
                fields.required.iter().all(|name| {
                    value.get(name).is_some_and(|child| !child.is_null()) || is_defaulted(walk, name, beside)
                }) && fields.iter().all(|(name, field)| match value.get(name).filter(|child| !child.is_null()) {
                    Some(child) => ask(holds(walk, child, field, None)),
                    None => true,
                })
            }
            (Shape::Values(values), Kind::Mapping) => {
                value.entries().all(|(_, child)| ask(holds(walk, child, *values, None)))
            }
            (Shape::Items(items), Kind::Sequence) => value.items().all(|item| ask(holds(walk, item, items.item, None))),
            (Shape::Text, Kind::Text) | (Shape::Boolean, Kind::Bool) | (Shape::Number, Kind::Number) => true,
            (Shape::Integer, Kind::Number) => value.as_int().is_some(),
            (Shape::IntOrString | Shape::Quantity, Kind::Number | Kind::Text) => true,
            _ => node.untyped,
        };
    if !fits {
        return Some(false);
    }
    if let Some(limits) = &node.limits {
        if !limits::holds(walk, value, kind, limits) {
            return Some(false);
        }
        let mut branch = |id: &NodeId| {
            let answer = holds(walk, value, *id, beside);
            sure &= answer.is_some();
            answer
        };
        if limits.all.iter().any(|id| branch(id) == Some(false)) {
            return Some(false);
        }
        let any: Vec<Option<bool>> = limits.any.iter().map(&mut branch).collect();
        if !any.is_empty() && any.iter().all(|one| *one == Some(false)) {
            return Some(false);
        }
        let one: Vec<Option<bool>> = limits.one.iter().map(&mut branch).collect();
        if !one.is_empty() && one.iter().filter(|one| **one == Some(true)).count() != 1 {
            return one.iter().all(Option::is_some).then_some(false);
        }
        match limits.not.as_ref().map(branch) {
            Some(Some(true)) => return Some(false),
            Some(None) => return None,
            _ => {}
        }
    }
    sure.then_some(true)
}

fn is_defaulted(walk: &Walk<'_, '_>, name: &str, beside: Option<&Fields>) -> bool {
    let field = beside.and_then(|fields| fields.get(name));
    field.is_some_and(|field| walk.arena.node(field).default.is_some())
}
