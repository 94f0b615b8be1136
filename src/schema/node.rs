//! Compiled schemas: one arena of nodes for all kinds of a run, patterns compiled once each.

use super::format::Format;
use crate::render::pattern::in_rust;
use regex::Regex;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Number of a node in its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

/// What is accepted at one place.
#[derive(Debug, Default)]
pub struct Node {
    /// Its type.
    pub shape: Shape,
    /// Whether null is a value.
    pub nullable: bool,
    /// A condition that says nothing of the type: it is only asked of values that have it.
    pub untyped: bool,
    /// What the server writes where nothing is written.
    pub default: Option<Json>,
    /// What else is asked of the value.
    pub limits: Option<Box<Limits>>,
}

/// The type of a value.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Shape {
    #[default]
    Any,
    Text,
    Integer,
    Number,
    Boolean,
    IntOrString,
    /// A text or a number.
    Quantity,
    /// A mapping of whatever.
    Open,
    /// A mapping of these fields.
    Fields(Fields),
    /// A mapping of any keys to such values.
    Values(NodeId),
    /// A list.
    Items(Items),
}

/// The fields of a mapping.
#[derive(Debug, Default)]
pub struct Fields {
    known: Vec<(Box<str>, NodeId)>,
    /// Those that must be there.
    pub required: Vec<Box<str>>,
    /// Whether others may be there.
    pub open: bool,
    /// Whether it is a whole object of some kind.
    pub embedded: bool,
}

impl Fields {
    /// What is accepted under `key`.
    pub fn get(&self, key: &str) -> Option<NodeId> {
        let at = self.known.binary_search_by(|(known, _)| known.as_ref().cmp(key)).ok()?;
        Some(self.known[at].1)
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.known.iter().map(|(name, _)| name.as_ref())
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, NodeId)> {
        self.known.iter().map(|(name, node)| (name.as_ref(), *node))
    }
}

/// The items of a list.
#[derive(Debug)]
pub struct Items {
    /// What is accepted as an item.
    pub item: NodeId,
    /// The fields that tell one item from another.
    pub keys: Vec<Box<str>>,
    /// Whether no item may stand twice.
    pub set: bool,
}

/// What is asked of a value beside its type.
#[derive(Debug, Default)]
pub struct Limits {
    /// The values that are accepted; empty for all.
    pub allowed: Vec<Json>,
    /// Number of the pattern.
    pub pattern: Option<u32>,
    /// How a text is read.
    pub format: Option<Format>,
    /// The least number.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// A number that it must be greater than.
    pub above: Option<f64>,
    /// A number that it must be less than.
    pub below: Option<f64>,
    /// A number that it must be a multiple of.
    pub multiple: Option<f64>,
    /// Least and greatest number of characters.
    pub length: (Option<u64>, Option<u64>),
    /// Least and greatest number of items.
    pub items: (Option<u64>, Option<u64>),
    /// Least and greatest number of fields.
    pub fields: (Option<u64>, Option<u64>),
    /// Conditions that all hold.
    pub all: Vec<NodeId>,
    /// Conditions of which one or more hold.
    pub any: Vec<NodeId>,
    /// Conditions of which exactly one holds.
    pub one: Vec<NodeId>,
    /// A condition that does not hold.
    pub not: Option<NodeId>,
}

/// A pattern, and the machine made of it for the first text that it is held against: a run meets few of those that its
/// schemas have.
#[derive(Debug)]
pub struct Pattern {
    /// As the schema has it.
    pub text: Box<str>,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: &str) -> Pattern {
        Pattern { text: text.into(), regex: OnceLock::new() }
    }

    /// The machine; none where the pattern cannot be read.
    pub fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&in_rust(&self.text)).ok()).as_ref()
    }
}

/// Where definitions are looked up: the compact text of a name.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<&'static str>;

/// All nodes of a run.
#[derive(Debug, Default)]
pub struct Arena {
    nodes: Vec<Node>,
    patterns: Vec<Pattern>,
    pattern_numbers: HashMap<Box<str>, u32>,
    definitions: HashMap<(usize, Box<str>), NodeId>,
}

impl Arena {
    /// The node of that number.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The pattern of that number.
    pub fn pattern(&self, number: u32) -> &Pattern {
        &self.patterns[number as usize]
    }

    /// Compiles a compact schema whose references are looked up in the text collection `space`.
    pub fn compile(&mut self, schema: &Json, space: usize, lookup: Lookup<'_>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        match schema {
            Json::String(word) => match word.strip_prefix('#') {
                Some(name) => return self.definition(name, space, lookup),
                None => self.nodes.push(Node { shape: scalar(word), ..Node::default() }),
            },
            Json::Array(items) => {
                self.nodes.push(Node::default());
                let item = items.first().map_or(id, |item| self.compile(item, space, lookup));
                self.nodes[id.0 as usize].shape = Shape::Items(Items { item, keys: Vec::new(), set: false });
            }
            Json::Object(map) => {
                self.nodes.push(Node::default());
                let node = self.object(map, space, lookup);
                self.nodes[id.0 as usize] = node;
            }
            _ => self.nodes.push(Node::default()),
        }
        id
    }

    fn definition(&mut self, name: &str, space: usize, lookup: Lookup<'_>) -> NodeId {
        let key = (space, Box::from(name));
        if let Some(id) = self.definitions.get(&key) {
            return *id;
        }
        // The number is known before the node is, for a definition may hold itself.
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node::default());
        self.definitions.insert(key, id);
        let schema = lookup(name).and_then(|text| serde_json::from_str::<Json>(text).ok());
        match schema {
            Some(Json::Object(map)) => {
                let node = self.object(&map, space, lookup);
                self.nodes[id.0 as usize] = node;
            }
            Some(Json::String(word)) => self.nodes[id.0 as usize].shape = scalar(&word),
            Some(Json::Array(items)) => {
                let item = items.first().map_or(id, |item| self.compile(item, space, lookup));
                self.nodes[id.0 as usize].shape = Shape::Items(Items { item, keys: Vec::new(), set: false });
            }
            _ => {}
        }
        id
    }

    fn object(&mut self, map: &Map<String, Json>, space: usize, lookup: Lookup<'_>) -> Node {
        let is = |key: &str| map.get(key) == Some(&Json::Bool(true));
        let word = map.get("type").and_then(Json::as_str);
        let shape = if map.contains_key("fields") || map.contains_key("required") {
            let mut known: Vec<(Box<str>, NodeId)> = Vec::new();
            for (name, field) in map.get("fields").and_then(Json::as_object).into_iter().flatten() {
                known.push((name.as_str().into(), self.compile(field, space, lookup)));
            }
            known.sort_by(|(a, _), (b, _)| a.cmp(b));
            let embedded = is("embedded");
            Shape::Fields(Fields { known, required: words(map.get("required")), open: is("open"), embedded })
        } else if let Some(values) = map.get("values") {
            Shape::Values(self.compile(values, space, lookup))
        } else if let Some(items) = map.get("items") {
            let item = self.compile(items, space, lookup);
            Shape::Items(Items { item, keys: words(map.get("keys")), set: is("set") })
        } else if is("embedded") {
            Shape::Fields(Fields { open: true, embedded: true, ..Fields::default() })
        } else {
            word.map_or(Shape::Any, scalar)
        };
        Node {
            shape,
            nullable: is("nullable"),
            untyped: is("condition") && word.is_none(),
            default: map.get("default").cloned(),
            limits: self.limits(map, space, lookup),
        }
    }

    fn limits(&mut self, map: &Map<String, Json>, space: usize, lookup: Lookup<'_>) -> Option<Box<Limits>> {
        const PLAIN: &[&str] = &["type", "fields", "required", "values", "items", "open", "condition", "keys", "set"];
        const OTHER: &[&str] = &["nullable", "default", "embedded"];
        if map.keys().all(|key| PLAIN.contains(&key.as_str()) || OTHER.contains(&key.as_str())) {
            return None;
        }
        let number = |key: &str| map.get(key).and_then(Json::as_f64);
        let bounds =
            |least: &str, most: &str| (map.get(least).and_then(Json::as_u64), map.get(most).and_then(Json::as_u64));
        let mut branches = |key: &str| -> Vec<NodeId> {
            let branches = map.get(key).and_then(Json::as_array);
            branches.into_iter().flatten().map(|branch| self.compile(branch, space, lookup)).collect()
        };
        let (all, any, one) = (branches("all"), branches("any"), branches("one"));
        let not = map.get("not").map(|branch| self.compile(branch, space, lookup));
        let pattern = map.get("pattern").and_then(Json::as_str).map(|text| self.pattern_number(text));
        Some(Box::new(Limits {
            allowed: map.get("enum").and_then(Json::as_array).cloned().unwrap_or_default(),
            pattern,
            format: map.get("format").and_then(Json::as_str).and_then(Format::parse),
            min: number("min"),
            max: number("max"),
            above: number("above"),
            below: number("below"),
            multiple: number("multiple"),
            length: bounds("min-length", "max-length"),
            items: bounds("min-items", "max-items"),
            fields: bounds("min-fields", "max-fields"),
            all,
            any,
            one,
            not,
        }))
    }

    fn pattern_number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.pattern_numbers.get(text) {
            return *number;
        }
        let number = self.patterns.len() as u32;
        self.patterns.push(Pattern::new(text));
        self.pattern_numbers.insert(text.into(), number);
        number
    }

    /// Lets go of what only compiling needs.
    pub fn finish(&mut self) {
        self.pattern_numbers = HashMap::new();
        self.definitions = HashMap::new();
    }
}

fn words(list: Option<&Json>) -> Vec<Box<str>> {
    list.and_then(Json::as_array).into_iter().flatten().filter_map(|word| Some(word.as_str()?.into())).collect()
}

fn scalar(word: &str) -> Shape {
    match word {
        "string" => Shape::Text,
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "boolean" => Shape::Boolean,
        "int-or-string" => Shape::IntOrString,
        "quantity" => Shape::Quantity,
        "object" => Shape::Open,
        _ => Shape::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_may_hold_itself() {
        let mut arena = Arena::default();
        let lookup = |name: &str| (name == "tree").then_some(r##"{"fields":{"left":"#tree","name":"string"}}"##);
        let id = arena.compile(&Json::from("#tree"), 0, &lookup);
        let Shape::Fields(fields) = &arena.node(id).shape else { panic!("a mapping") };
        assert_eq!(fields.get("left"), Some(id));
        assert_eq!(fields.names().collect::<Vec<_>>(), ["left", "name"]);
    }
}
