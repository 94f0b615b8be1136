//! Compiled schemas: one arena of nodes for all kinds of a run, patterns compiled once each.

use super::format::Format;
use crate::render::pattern::in_rust;
use regex::Regex;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::OnceLock;

/// A name in a schema: that of a text which the program brings along is not copied.
pub type Name = Cow<'static, str>;

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
    pub default: Option<Box<Json>>,
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
    /// In the order of [`by_length`].
    pub(super) known: Box<[(Name, NodeId)]>,
    /// Those that must be there.
    pub required: Vec<Name>,
    /// Whether others may be there.
    pub open: bool,
    /// Whether it is a whole object of some kind.
    pub embedded: bool,
}

impl Fields {
    /// What is accepted under `key`.
    pub fn get(&self, key: &str) -> Option<NodeId> {
        let at = self.known.binary_search_by(|(known, _)| by_length(known, key)).ok()?;
        Some(self.known[at].1)
    }

    /// The names of all fields, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.known.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        names
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, NodeId)> {
        self.known.iter().map(|(name, node)| (name.as_ref(), *node))
    }
}

/// The order in which fields are looked up: most names differ in length, so that few have to be read.
pub(super) fn by_length(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// The items of a list.
#[derive(Debug)]
pub struct Items {
    /// What is accepted as an item.
    pub item: NodeId,
    /// The fields that tell one item from another.
    pub keys: Vec<Name>,
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

/// The words of the bare types. Their nodes stand first in every arena, in this order: most fields say no more, so one
/// node of each does for all.
const BARE: &[&str] = &["any", "string", "integer", "number", "boolean", "int-or-string", "quantity", "object"];

/// All nodes of a run.
#[derive(Debug)]
pub struct Arena {
    nodes: Vec<Node>,
    patterns: Vec<Pattern>,
}

impl Default for Arena {
    fn default() -> Arena {
        let nodes = BARE.iter().map(|word| Node { shape: scalar(word), ..Node::default() }).collect();
        Arena { nodes, patterns: Vec::new() }
    }
}

impl Arena {
    /// The node that accepts whatever there is.
    pub(super) const ANY: NodeId = NodeId(0);

    /// The node of that number.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The pattern of that number.
    pub fn pattern(&self, number: u32) -> &Pattern {
        &self.patterns[number as usize]
    }

    /// The node of a type of which nothing else is said.
    pub(super) fn bare(word: &str) -> NodeId {
        BARE.iter().position(|known| *known == word).map_or(Arena::ANY, |at| NodeId(at as u32))
    }

    /// Takes in a node: under a number that was reserved for it, or the next one.
    pub(super) fn put(&mut self, node: Node, reserved: Option<NodeId>) -> NodeId {
        match reserved {
            Some(id) => {
                self.nodes[id.0 as usize] = node;
                id
            }
            None => {
                self.nodes.push(node);
                NodeId(self.nodes.len() as u32 - 1)
            }
        }
    }

    /// Takes in a pattern.
    pub(super) fn put_pattern(&mut self, text: &str) -> u32 {
        self.patterns.push(Pattern::new(text));
        self.patterns.len() as u32 - 1
    }
}

/// The shape of a bare type.
pub(super) fn scalar(word: &str) -> Shape {
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
