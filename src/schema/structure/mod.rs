//! Walks an object along the schema of its kind, as the API server does on an apply with strict fields: which
//! fields exist, which types they take, which are missing, what else is asked of a value.

mod condition;
mod fields;
mod limits;
mod text;
mod twice;

use super::node::{Arena, Fields, Items, Limits, Node, NodeId, Shape};
use super::{Problem, Problems};
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
        self.conditions(object, object.kind(), node);
        self.parents.pop();
    }

    fn entry(&mut self, holder: Value<'w>, key: &'w str, child: Value<'w>, fields: &'a Fields) {
        // What a patch asks for by `$patch` and the like is no field.
        if key.starts_with('$') && !self.resource.whole {
            return;
        }
        match fields.get(key) {
            Some(node) => self.field(child, node),
            None if fields.open || has_placeholder(key) => {}
            None if fields.embedded && matches!(key, "apiVersion" | "kind" | "metadata") => {}
            None => self.unknown_field(holder, key, child, fields),
        }
    }

    /// A value under a key: null is as good as absent, unless it is a value here.
    fn field(&mut self, value: Value<'w>, id: NodeId) {
        let kind = value.kind();
        if kind != Kind::Null || value.raw().is_some_and(has_placeholder) {
            self.value(value, kind, id);
        }
    }

    /// A value whose kind is known already: what it is to its reader is worked out once for each.
    fn value(&mut self, value: Value<'w>, kind: Kind, id: NodeId) {
        let node = self.arena.node(id);
        // Most values are a text where any text does: what it holds makes no difference.
        if matches!((&node.shape, kind), (Shape::Text, Kind::Text)) && node.limits.is_none() {
            return;
        }
        if kind == Kind::Broken || value.unknown().is_some() || text::is_emptied(value) {
            return;
        }
        if kind == Kind::Null && (node.nullable || matches!(node.shape, Shape::Any)) {
            return;
        }
        let before = self.count();
        match (&node.shape, kind) {
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
            self.conditions(value, kind, node);
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
            match item.kind() {
                Kind::Null if !self.custom => self.null_item(item, items),
                kind => self.value(item, kind, items.item),
            }
            self.way.pop();
        }
        self.twice(value, items);
    }

    /// To Kubernetes' own kinds a null item is an empty one; server-side apply wants to tell items apart.
    fn null_item(&mut self, item: Value<'w>, items: &Items) {
        let required = match &self.arena.node(items.item).shape {
            Shape::Fields(fields) => fields.required.first().filter(|_| !self.partial),
            _ => None,
        };
        if let Some(name) = required {
            let message = format!("{} is null and lacks `{name}`", self.place());
            self.tell(Problem::new("missing", item, message).label("an item without anything in it"));
        } else if items.set || !items.keys.is_empty() {
            let message = format!("{} is null", self.place());
            let problem = Problem::new(SERVER_SIDE_APPLY, item, message).label("an item without anything in it");
            self.tell(problem.note("server-side apply, as Flux does it, refuses the object"));
        }
    }

    fn wrong_type(&mut self, value: Value<'w>, shape: &Shape) {
        let is_plain = value.style() == Some(Style::Plain) && value.tag().is_none();
        if is_plain && matches!(shape, Shape::Text) && matches!(value.kind(), Kind::Number | Kind::Bool) {
            self.told.unquoted.push((value, dotted(&self.way)));
            return;
        }
        let message = format!("{} takes {}, not {}", self.place(), text::a_shape(shape), text::a_kind(value));
        let problem = Problem::new(if value.is_null() { "null" } else { "type" }, value, message)
            .label(format!("{} belongs here", text::a_shape(shape)));
        match (shape, value.kind()) {
            (Shape::Integer | Shape::Number | Shape::Boolean, Kind::Text) if self.reads_unquoted(value, shape) => {
                let help = "write it without quotes";
                self.tell(problem.help(help));
            }
            // Names that are keys here may be the names of several items.
            (Shape::Items(items), Kind::Mapping)
                if value.entries().next().is_some() && value.entries().all(|(_, value)| value.is_mapping()) =>
            {
                self.tell(problem.help(match items.keys.as_slice() {
                    [key] => format!("make each of its entries an item of a list, with what is its key now as `{key}`"),
                    _ => "make each of its entries an item of a list".to_owned(),
                }));
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

    fn title(&self) -> String {
        self.resource.title()
    }

    /// The object and the place in it, as messages begin: only what is told is worth the words.
    fn place(&self) -> String {
        format!("{}: `{}`", self.title(), dotted(&self.way))
    }

    fn tell(&mut self, problem: Problem<'w>) {
        self.told.values.push(problem);
    }

    fn conditions(&mut self, value: Value<'w>, kind: Kind, node: &'a Node) {
        if let Some(limits) = &node.limits {
            self.limits(value, kind, node, limits);
        }
    }

    fn limits(&mut self, value: Value<'w>, kind: Kind, node: &'a Node, limits: &'a Limits) {
        let before = self.count();
        limits::check(self, value, kind, node, limits);
        if before == self.count() && !self.partial {
            condition::check(self, value, node, limits);
        }
    }
}
