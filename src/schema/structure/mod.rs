//! Walks an object along the schema of its kind, as the API server does on an apply with strict fields: which
//! fields exist, which types they take, which are missing, what else is asked of a value.

mod condition;
mod limits;
mod text;

use super::node::{Arena, Fields, Items, Limits, Node, NodeId, Shape};
use super::{Problem, Problems};
use crate::config::closest;
use crate::finding::{Edit, Fix};
use crate::manifest::Resource;
use crate::yaml::{Kind, Style, Value, has_placeholder};

pub(crate) use text::dotted;

/// The code of what only server-side apply refuses.
pub(crate) const SERVER_SIDE_APPLY: &str = "server-side-apply";

/// The schema of a kind, and how its server goes about it.
#[derive(Clone, Copy, Debug)]
pub struct Root<'s> {
    /// All nodes.
    pub arena: &'s Arena,
    /// What is accepted as the object, but for apiVersion, kind and metadata.
    pub node: NodeId,
    /// What is accepted as metadata.
    pub metadata: NodeId,
    /// Whether it is a custom kind.
    pub custom: bool,
    /// Whether its status is written by a controller only: then what is applied of it is dropped unread.
    pub status: bool,
}

/// What the structure of an object is told.
#[derive(Clone, Debug, Default)]
pub struct Told<'w> {
    /// Fields that do not exist.
    pub unknown: Vec<Problem<'w>>,
    /// Values that are refused.
    pub values: Problems<'w>,
    /// Unquoted scalars where a text belongs, with the way there.
    pub unquoted: Vec<(Value<'w>, String)>,
}

/// One step of the way from the object to a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'w> {
    /// Under a key.
    Key(&'w str),
    /// An item of a list.
    Item(usize),
}

/// Judges the structure of `resource`; of one that is `partial`, something on its way may add what is missing.
pub fn check<'w>(resource: &'w Resource<'w>, root: Root<'_>, partial: bool) -> Told<'w> {
    let mut walk = Walk {
        arena: root.arena,
        custom: root.custom,
        partial,
        secret: resource.is("", "Secret"),
        encrypted: resource.value.get("sops").is_some_and(Value::is_mapping),
        resource,
        way: Vec::new(),
        parents: Vec::new(),
        told: Told::default(),
    };
    walk.root(root);
    walk.told
}

fn has_format(node: &Node) -> bool {
    node.limits.as_ref().is_some_and(|limits| limits.format.is_some())
}

struct Walk<'a, 'w> {
    arena: &'a Arena,
    custom: bool,
    /// Something on the way to the cluster may add what is missing.
    partial: bool,
    secret: bool,
    encrypted: bool,
    resource: &'w Resource<'w>,
    way: Vec<Step<'w>>,
    /// The mappings around the value.
    parents: Vec<NodeId>,
    told: Told<'w>,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn root(&mut self, root: Root<'_>) {
        let object = self.resource.value;
        let node = self.arena.node(root.node);
        self.parents.push(root.node);
        for (key, child) in object.entries() {
            self.way.push(Step::Key(key));
            match (key, &node.shape) {
                ("apiVersion" | "kind", _) => {}
                ("sops", _) if self.encrypted => {}
                ("status", Shape::Fields(fields)) if root.status => {
                    // It is dropped, after its fields were compared with those that exist.
                    let (values, unquoted) = (self.told.values.found.len(), self.told.unquoted.len());
                    self.entry(object, key, child, fields);
                    self.told.values.found.truncate(values);
                    self.told.unquoted.truncate(unquoted);
                }
                ("metadata", _) => {
                    // Metadata is read by the same code for every kind.
                    let custom = std::mem::take(&mut self.custom);
                    self.field(child, root.metadata);
                    self.custom = custom;
                }
                (_, Shape::Fields(fields)) => self.entry(object, key, child, fields),
                (_, Shape::Values(values)) => self.field(child, *values),
                _ => {}
            }
            self.way.pop();
        }
        if let Shape::Fields(fields) = &node.shape {
            self.required(object, fields);
        }
        self.conditions(object, node);
        self.parents.pop();
    }

    fn entry(&mut self, holder: Value<'w>, key: &'w str, child: Value<'w>, fields: &'a Fields) {
        // What a patch asks for by `$patch` and the like is no field.
        if has_placeholder(key) || !self.resource.whole && key.starts_with('$') {
            return;
        }
        match fields.get(key) {
            Some(node) => self.field(child, node),
            None if fields.open => {}
            None if fields.embedded && matches!(key, "apiVersion" | "kind" | "metadata") => {}
            None => self.unknown_field(holder, key, child, fields),
        }
    }

    /// A value under a key: null is as good as absent, unless it is a value here.
    fn field(&mut self, value: Value<'w>, id: NodeId) {
        if !value.is_null() || value.raw().is_some_and(has_placeholder) {
            self.value(value, id);
        }
    }

    fn value(&mut self, value: Value<'w>, id: NodeId) {
        let node = self.arena.node(id);
        if value.unknown().is_some() || value.kind() == Kind::Broken || text::is_emptied(value) {
            return;
        }
        if value.is_null() && (node.nullable || matches!(node.shape, Shape::Any)) {
            return;
        }
        let before = self.count();
        match (&node.shape, value.kind()) {
            (Shape::Any, _) => {}
            (Shape::Fields(fields), Kind::Mapping) => self.mapping(value, id, fields),
            (Shape::Values(values), Kind::Mapping) => {
                for (key, child) in value.entries() {
                    self.way.push(Step::Key(key));
                    self.field(child, *values);
                    self.way.pop();
                }
            }
            (Shape::Open, Kind::Mapping) => {}
            (Shape::Items(items), Kind::Sequence) => self.list(value, items),
            (Shape::Text, Kind::Text) => {}
            // The API server lets a list through where the text has a format.
            (Shape::Text, Kind::Sequence) if self.custom && has_format(node) => {}
            (Shape::Boolean, Kind::Bool) => {}
            (Shape::Number, Kind::Number) => {}
            (Shape::Integer, Kind::Number) => self.integer(value, node),
            (Shape::IntOrString, Kind::Number) => self.integer(value, node),
            (Shape::IntOrString, Kind::Text) => {}
            (Shape::Quantity, Kind::Number | Kind::Text) => {}
            _ => return self.wrong_type(value, &node.shape),
        }
        // One cause, one finding: what a value as a whole is asked for is only judged where its parts are right.
        if before == self.count() {
            self.conditions(value, node);
        }
    }

    fn count(&self) -> usize {
        self.told.unknown.len() + self.told.values.found.len() + self.told.unquoted.len()
    }

    fn mapping(&mut self, value: Value<'w>, id: NodeId, fields: &'a Fields) {
        self.parents.push(id);
        for (key, child) in value.entries() {
            self.way.push(Step::Key(key));
            self.entry(value, key, child, fields);
            self.way.pop();
        }
        self.parents.pop();
        self.required(value, fields);
    }

    fn list(&mut self, value: Value<'w>, items: &'a Items) {
        for (at, item) in value.items().enumerate() {
            self.way.push(Step::Item(at));
            if item.is_null() && !self.custom {
                self.null_item(item, items);
            } else {
                self.value(item, items.item);
            }
            self.way.pop();
        }
        self.twice(value, items);
    }

    /// To Kubernetes' own kinds a null item is an empty one.
    fn null_item(&mut self, item: Value<'w>, items: &Items) {
        if let Shape::Fields(fields) = &self.arena.node(items.item).shape
            && let Some(name) = fields.required.first()
            && !self.partial
        {
            let message = format!("{}: `{}` is null and lacks `{name}`", self.title(), dotted(&self.way));
            self.tell(Problem::new("missing", item, message).label("an item without anything in it"));
        }
    }

    fn required(&mut self, value: Value<'w>, fields: &'a Fields) {
        if self.partial || value.entries().any(|(key, _)| has_placeholder(key)) {
            return;
        }
        let embedded: &[&str] = if fields.embedded { &["apiVersion", "kind"] } else { &[] };
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

    fn unknown_field(&mut self, holder: Value<'w>, key: &'w str, child: Value<'w>, fields: &'a Fields) {
        let place = dotted(&self.way);
        let message = format!("{} has a field `{place}`, which does not exist", self.title());
        let parent = dotted(&self.way[..self.way.len() - 1]);
        let label = if parent.is_empty() { "no such field".to_owned() } else { "no such field here".to_owned() };
        let mut problem = Problem::new("unknown", child, message).within(holder).at_key().label(label);
        let common: &[&str] =
            if self.way.len() == 1 || fields.embedded { &["apiVersion", "kind", "metadata"] } else { &[] };
        let names = || fields.names().chain(common.iter().copied());
        let exact = names().find(|name| name.eq_ignore_ascii_case(key));
        if let Some(near) = exact.or_else(|| closest(key, names())) {
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
        } else if fields.names().next().is_none() {
            problem = problem.note(format!("`{parent}` takes no fields at all"));
        } else if fields.names().count() <= 8 {
            let names: Vec<String> = fields.names().map(|name| format!("`{name}`")).collect();
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

    fn wrong_type(&mut self, value: Value<'w>, shape: &Shape) {
        let is_plain = value.style() == Some(Style::Plain) && value.tag().is_none();
        if is_plain && matches!(shape, Shape::Text) && matches!(value.kind(), Kind::Number | Kind::Bool) {
            self.told.unquoted.push((value, dotted(&self.way)));
            return;
        }
        let place = dotted(&self.way);
        let message =
            format!("{}: `{place}` takes {}, not {}", self.title(), text::a_shape(shape), text::a_kind(value));
        let problem = Problem::new("type", value, message).label(format!("{} belongs here", text::a_shape(shape)));
        match (shape, value.kind()) {
            (Shape::Integer | Shape::Number | Shape::Boolean, Kind::Text) if self.reads_unquoted(value, shape) => {
                let help = "write it without quotes";
                self.tell(problem.help(help));
            }
            (Shape::Items(_), Kind::Mapping | Kind::Text | Kind::Number | Kind::Bool) => {
                self.tell(problem.help("make it an item of a list: `- ` before it"));
            }
            _ => self.tell(problem),
        }
    }

    /// Whether a quoted text would be what is wanted without its quotes.
    fn reads_unquoted(&self, value: Value<'w>, shape: &Shape) -> bool {
        let Some(raw) = value.raw() else { return false };
        match shape {
            Shape::Boolean => matches!(raw, "true" | "false"),
            Shape::Integer => raw.parse::<i64>().is_ok(),
            _ => raw.parse::<f64>().is_ok(),
        }
    }

    /// The same item twice, where one may stand only once.
    fn twice(&mut self, value: Value<'w>, items: &Items) {
        if items.keys.is_empty() && !items.set {
            return;
        }
        let fields = match &self.arena.node(items.item).shape {
            Shape::Fields(fields) => Some(fields),
            _ => None,
        };
        let mut seen = std::collections::HashMap::new();
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

    fn title(&self) -> String {
        self.resource.title()
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

    fn tell(&mut self, problem: Problem<'w>) {
        self.told.values.push(problem);
    }

    fn conditions(&mut self, value: Value<'w>, node: &'a Node) {
        if let Some(limits) = &node.limits {
            self.limits(value, node, limits);
        }
    }

    fn limits(&mut self, value: Value<'w>, node: &'a Node, limits: &'a Limits) {
        let before = self.count();
        limits::check(self, value, node, limits);
        if before == self.count() && !self.partial {
            condition::check(self, value, node, limits);
        }
    }
}
