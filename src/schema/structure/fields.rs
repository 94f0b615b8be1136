//! What is told of fields as such: those that are missing, and those that do not exist.

use super::text::{self, dotted};
use super::{Step, Walk};
use crate::config::closest;
use crate::finding::{Edit, Fix};
use crate::schema::Problem;
use crate::schema::node::{Fields, NodeId, Shape};
use crate::yaml::{Value, has_placeholder};

impl<'a, 'w> Walk<'a, 'w> {
    pub(super) fn required(&mut self, value: Value<'w>, fields: &'a Fields) {
        let embedded: &[&str] = if fields.embedded { &["apiVersion", "kind"] } else { &[] };
        let asks_nothing = fields.required.is_empty() && embedded.is_empty();
        if self.partial || asks_nothing || value.entries().any(|(key, _)| has_placeholder(key)) {
            return;
        }
        for name in fields.required.iter().map(AsRef::as_ref).chain(embedded.iter().copied()) {
            let written = value.get(name);
            let node = fields.get(name).map(|id| self.arena.node(id));
            let is_there = written.is_some_and(|written| {
                !written.is_null() || node.is_some_and(|node| node.nullable || matches!(node.shape, Shape::Any))
            });
            if !is_there && node.is_none_or(|node| node.default.is_none()) {
                self.missing(value, written, name, fields);
            }
        }
    }

    fn missing(&mut self, value: Value<'w>, written: Option<Value<'w>>, name: &str, fields: &Fields) {
        // A field under a near name that does not exist is told, and is the cause.
        let is_misspelt = value.entries().any(|(key, _)| fields.get(key).is_none() && closest(key, [name]).is_some());
        if is_misspelt && !fields.open {
            return;
        }
        // An undefined `${VAR}` that became nothing is told as what it is.
        if written.is_some_and(text::is_emptied) {
            return;
        }
        let place = dotted(&self.way);
        let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        let problem = match written {
            Some(null) => Problem::new("missing", value, format!("{} needs `{path}`, which is null", self.title()))
                .underline(null.key_or_span())
                .label("nothing stands here"),
            None => {
                let problem =
                    Problem::new("missing", value, format!("{} lacks `{path}`, which is required", self.title()));
                let problem = match value.key_span() {
                    Some(key) => problem.underline(key),
                    None if self.way.is_empty() => problem.underline(self.resource.headline().span()),
                    // A whole item of a list would be shown; its first key is enough.
                    None => match value.entries().next().and_then(|(_, first)| first.key_span()) {
                        Some(first) => problem.underline(first),
                        None => problem,
                    },
                };
                problem.label(format!("`{name}` is missing"))
            }
        };
        let what = fields.get(name).map(|id| self.describe(id));
        let problem = problem.meant(value, name);
        self.tell(match what {
            Some(what) => problem.help(format!("write `{name}`, {what}")),
            None => problem,
        });
    }

    pub(super) fn unknown_field(&mut self, holder: Value<'w>, key: &'w str, child: Value<'w>, fields: &'a Fields) {
        let place = dotted(&self.way);
        let message = format!("{} has a field `{place}`, which does not exist", self.title());
        let parent = dotted(&self.way[..self.way.len() - 1]);
        let label = if parent.is_empty() { "no such field".to_owned() } else { "no such field here".to_owned() };
        let mut problem = Problem::new("unknown", child, message).within(holder).at_key().label(label);
        let common: &[&str] =
            if self.way.len() == 1 || fields.embedded { &["apiVersion", "kind", "metadata"] } else { &[] };
        let names = fields.names();
        let all = || names.iter().chain(common).copied();
        let exact = all().find(|name| name.eq_ignore_ascii_case(key));
        if let Some(near) = exact.or_else(|| closest(key, all())) {
            let is_free = holder.get(near).is_none();
            if is_free {
                problem = problem.meant(holder, near);
            }
            problem = match child.key_span().filter(|_| is_free && child.made().is_none()) {
                Some(span) => {
                    let edits = vec![Edit { span, text: near.to_owned() }];
                    problem.fix(Fix { title: format!("did you mean `{near}`?"), safe: false, edits })
                }
                None => problem.help(format!("did you mean `{near}`?")),
            };
        } else if let Some(above) = self.field_above(key) {
            problem = problem.help(format!("move it to `{above}`, which exists"));
        } else if let Some(below) = self.field_below(key, fields) {
            let below = if parent.is_empty() { below } else { format!("{parent}.{below}") };
            problem = problem.help(format!("move it to `{below}`, which exists"));
        } else if names.is_empty() {
            problem = problem.note(format!("`{parent}` takes no fields at all"));
        } else if names.len() <= 8 {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            problem = problem.note(format!("fields here are {}", names.join(", ")));
        }
        self.told.unknown.push(problem);
    }

    /// Where an enclosing mapping has a field of that name.
    fn field_above(&self, key: &str) -> Option<String> {
        let around = self.parents.iter().rev().skip(1);
        for (up, id) in around.enumerate() {
            if let Shape::Fields(fields) = &self.arena.node(*id).shape
                && fields.get(key).is_some()
            {
                let mut way = self.way.clone();
                // One key for each mapping on the way up; items of lists belong to the key before them.
                for _ in 0..up + 2 {
                    while matches!(way.pop(), Some(Step::Item(_))) {}
                }
                let place = dotted(&way);
                return Some(if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") });
            }
        }
        None
    }

    /// The only field here that has a field of that name.
    fn field_below(&self, key: &str, fields: &Fields) -> Option<String> {
        let mut holders = fields.iter().filter(|(_, id)| match &self.arena.node(*id).shape {
            Shape::Fields(inner) => inner.get(key).is_some(),
            _ => false,
        });
        let (name, _) = holders.next()?;
        holders.next().is_none().then(|| format!("{name}.{key}"))
    }

    /// What a field takes, for a help.
    fn describe(&self, id: NodeId) -> String {
        let node = self.arena.node(id);
        let allowed = node.limits.as_ref().map_or(&[][..], |limits| &limits.allowed);
        if allowed.is_empty() || allowed.len() > 6 {
            return text::a_shape(&node.shape).to_owned();
        }
        let words: Vec<String> = allowed.iter().map(|word| format!("`{}`", text::plain(word))).collect();
        format!("one of {}", words.join(", "))
    }
}
