//! Items that stand twice in a list where each may stand once.

use super::text::{self, dotted};
use super::{SERVER_SIDE_APPLY, Step, Walk};
use crate::schema::Problem;
use crate::schema::node::{Fields, Items, Shape};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

impl<'w> Walk<'_, 'w> {
    /// The same item twice, where one may stand only once.
    pub(super) fn twice(&mut self, value: Value<'w>, items: &Items) {
        let is_one = value.items().nth(1).is_none();
        if items.keys.is_empty() && !items.set || is_one {
            return;
        }
        let fields = match &self.arena.node(items.item).shape {
            Shape::Fields(fields) => Some(fields),
            _ => None,
        };
        let mut seen = HashMap::new();
        for (at, item) in value.items().enumerate() {
            let identity = if items.set { text::scalar_identity(item) } else { self.keys_of(item, items, fields) };
            let Some(identity) = identity else { continue };
            if let Some(first) = seen.get(&identity).copied() {
                self.way.push(Step::Item(at));
                self.told_twice(item, first, items);
                self.way.pop();
            } else {
                seen.insert(identity, item);
            }
        }
    }

    fn keys_of(&self, item: Value<'w>, items: &Items, fields: Option<&Fields>) -> Option<String> {
        let mut identity = String::new();
        let mut any = false;
        for key in &items.keys {
            let default = fields.and_then(|fields| fields.get(key)).and_then(|id| self.arena.node(id).default.as_ref());
            match item.get(key).filter(|value| !value.is_null()) {
                Some(value) => {
                    identity.push_str(&text::scalar_identity(value)?);
                    any = true;
                }
                None => match default {
                    Some(default) => identity.push_str(&text::json_identity(default)),
                    // The protocol of a port is TCP where none is written.
                    None if &**key == "protocol" => identity.push_str("tTCP"),
                    None => identity.push('-'),
                },
            }
            identity.push('\u{1f}');
        }
        any.then_some(identity)
    }

    fn told_twice(&mut self, item: Value<'w>, first: Value<'w>, items: &Items) {
        let place = dotted(&self.way);
        let by = items.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
        let what = if items.set {
            format!("`{place}` stands in the list before")
        } else {
            format!("`{place}` has the same {by} as an item before it")
        };
        let at = items.keys.first().and_then(|key| item.get(key)).filter(|_| items.keys.len() == 1).unwrap_or(item);
        let code = if self.custom { "duplicate" } else { SERVER_SIDE_APPLY };
        let mut problem = Problem::new(code, item, format!("{}: {what}", self.title()))
            .underline(at.site())
            .label("the second of two")
            .related(first.site(), "the first");
        if !self.custom {
            problem = problem.note("server-side apply, as Flux does it, refuses the object");
        }
        self.tell(problem);
    }
}
