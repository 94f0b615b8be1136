//! Compiles compact schemas: each is read straight into the nodes of an arena, whether it is a text that the program
//! brings along or what is kept of a definition that somebody gave.

use super::format::Format;
use super::node::{Arena, Fields, Items, Limits, Name, Node, NodeId, Shape, by_length, scalar};
use foldhash::HashMap;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt;

/// Where the definitions are that a schema refers to.
#[derive(Clone, Copy)]
pub struct Definitions<'l> {
    /// A number for them: one name may be defined in several places.
    pub space: usize,
    /// The compact text of a name.
    pub lookup: &'l dyn Fn(&str) -> Option<&'static str>,
}

/// What the program brings along of a kind.
#[derive(Debug)]
pub struct Head {
    /// Its structure.
    pub node: NodeId,
    /// Whether it is a custom kind.
    pub custom: bool,
    /// Whether its status is written by a controller only.
    pub status: bool,
}

/// Fills an arena.
#[derive(Debug, Default)]
pub struct Compiler {
    arena: Arena,
    definitions: HashMap<(usize, Name), NodeId>,
    patterns: HashMap<Box<str>, u32>,
}

impl Compiler {
    /// Compiles the text of a kind; none where it cannot be read.
    pub fn head(&mut self, text: &'static str, definitions: Definitions<'_>) -> Option<Head> {
        let schema = Schema { compiler: self, definitions, keep: Cow::Borrowed, reserved: None };
        HeadText(schema).deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
    }

    /// Compiles a schema that refers to no definitions.
    pub fn schema(&mut self, schema: &Json) -> NodeId {
        let definitions = Definitions { space: usize::MAX, lookup: &|_| None };
        let keep = |name: &str| Cow::Owned(name.to_owned());
        Schema { compiler: self, definitions, keep, reserved: None }.deserialize(schema).unwrap_or(Arena::ANY)
    }

    /// Compiles a definition, once.
    pub fn definition(&mut self, name: Name, definitions: Definitions<'_>) -> NodeId {
        let key = (definitions.space, name);
        if let Some(id) = self.definitions.get(&key) {
            return *id;
        }
        // The number is known before the node is, for a definition may hold itself.
        let id = self.arena.put(Node::default(), None);
        let text = (definitions.lookup)(&key.1);
        self.definitions.insert(key, id);
        if let Some(text) = text {
            let schema = Schema { compiler: self, definitions, keep: Cow::Borrowed, reserved: Some(id) };
            let read = schema.deserialize(&mut serde_json::Deserializer::from_str(text));
            debug_assert!(read.is_ok(), "internal: {text} is no schema");
        }
        id
    }

    /// What was compiled.
    pub fn finish(self) -> Arena {
        self.arena
    }

    fn pattern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.patterns.get(text) {
            return *number;
        }
        let number = self.arena.put_pattern(text);
        self.patterns.insert(text.into(), number);
        number
    }
}

/// Reads a schema into the arena and gives its number.
struct Schema<'s, 'de> {
    compiler: &'s mut Compiler,
    definitions: Definitions<'s>,
    /// What is stored of a name that was read.
    keep: fn(&'de str) -> Name,
    /// The number that it gets, where it has one already.
    reserved: Option<NodeId>,
}

impl<'de> Schema<'_, 'de> {
    /// Reads a schema within this one.
    fn within(&mut self) -> Schema<'_, 'de> {
        Schema { compiler: self.compiler, definitions: self.definitions, keep: self.keep, reserved: None }
    }

    fn put(self, node: Node) -> NodeId {
        self.compiler.arena.put(node, self.reserved)
    }

    fn limit<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, limits: &mut Limits) -> Result<(), A::Error> {
        match key {
            "all" => limits.all = map.next_value_seed(Branches(self.within()))?,
            "any" => limits.any = map.next_value_seed(Branches(self.within()))?,
            "one" => limits.one = map.next_value_seed(Branches(self.within()))?,
            "not" => limits.not = Some(map.next_value_seed(self.within())?),
            // A definition that somebody gave may say anything here.
            _ => match (key, map.next_value::<Json>()?) {
                ("enum", Json::Array(words)) => limits.allowed = words,
                ("pattern", Json::String(text)) => limits.pattern = Some(self.compiler.pattern(&text)),
                ("format", Json::String(name)) => limits.format = Format::parse(&name),
                ("min", number) => limits.min = number.as_f64(),
                ("max", number) => limits.max = number.as_f64(),
                ("above", number) => limits.above = number.as_f64(),
                ("below", number) => limits.below = number.as_f64(),
                ("multiple", number) => limits.multiple = number.as_f64(),
                ("min-length", number) => limits.length.0 = number.as_u64(),
                ("max-length", number) => limits.length.1 = number.as_u64(),
                ("min-items", number) => limits.items.0 = number.as_u64(),
                ("max-items", number) => limits.items.1 = number.as_u64(),
                ("min-fields", number) => limits.fields.0 = number.as_u64(),
                ("max-fields", number) => limits.fields.1 = number.as_u64(),
                _ => {}
            },
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Schema<'_, 'de> {
    type Value = NodeId;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<NodeId, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Schema<'_, 'de> {
    type Value = NodeId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a compact schema")
    }

    fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<NodeId, E> {
        Ok(match (word.strip_prefix('#'), self.reserved) {
            (Some(name), None) => self.compiler.definition((self.keep)(name), self.definitions),
            (None, None) => Arena::bare(word),
            (_, Some(_)) => self.put(Node { shape: scalar(word), ..Node::default() }),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<NodeId, A::Error> {
        let item = seq.next_element_seed(self.within())?.unwrap_or(Arena::ANY);
        let shape = Shape::Items(Items { item, keys: Vec::new(), set: false });
        Ok(self.put(Node { shape, ..Node::default() }))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<NodeId, A::Error> {
        let mut said = Said::default();
        while let Some(key) = map.next_key::<&'de str>()? {
            match key {
                "type" => said.word = Some(map.next_value()?),
                "fields" => said.fields = Some(map.next_value_seed(FieldList(self.within()))?),
                "required" => said.required = Some(words(map.next_value()?)),
                "open" => said.open = map.next_value()?,
                "embedded" => said.embedded = map.next_value()?,
                "values" => said.values = Some(map.next_value_seed(self.within())?),
                "items" => said.items = Some(map.next_value_seed(self.within())?),
                "keys" => said.keys = words(map.next_value()?),
                "set" => said.set = map.next_value()?,
                "nullable" => said.nullable = map.next_value()?,
                "condition" => said.condition = map.next_value()?,
                "default" => said.default = Some(Box::new(map.next_value()?)),
                _ => self.limit(key, &mut map, said.limits.get_or_insert_default())?,
            }
        }
        Ok(self.put(said.node()))
    }
}

/// What an object of a schema said.
#[derive(Default)]
struct Said<'de> {
    word: Option<&'de str>,
    fields: Option<Box<[(Name, NodeId)]>>,
    required: Option<Vec<Name>>,
    open: bool,
    embedded: bool,
    values: Option<NodeId>,
    items: Option<NodeId>,
    keys: Vec<Name>,
    set: bool,
    nullable: bool,
    condition: bool,
    default: Option<Box<Json>>,
    limits: Option<Box<Limits>>,
}

impl Said<'_> {
    fn node(self) -> Node {
        let shape = if self.fields.is_some() || self.required.is_some() {
            Shape::Fields(Fields {
                known: self.fields.unwrap_or_default(),
                required: self.required.unwrap_or_default(),
                open: self.open,
                embedded: self.embedded,
            })
        } else if let Some(values) = self.values {
            Shape::Values(values)
        } else if let Some(item) = self.items {
            Shape::Items(Items { item, keys: self.keys, set: self.set })
        } else if self.embedded {
            Shape::Fields(Fields { open: true, embedded: true, ..Fields::default() })
        } else {
            self.word.map_or(Shape::Any, scalar)
        };
        Node {
            shape,
            nullable: self.nullable,
            untyped: self.condition && self.word.is_none(),
            default: self.default,
            limits: self.limits,
        }
    }
}

fn words(list: Json) -> Vec<Name> {
    let Json::Array(words) = list else { return Vec::new() };
    let texts = words.into_iter().filter_map(|word| match word {
        Json::String(word) => Some(Name::Owned(word)),
        _ => None,
    });
    texts.collect()
}

/// The text of a kind: its schema, and what else is kept of it.
struct HeadText<'s>(Schema<'s, 'static>);

impl DeserializeSeed<'static> for HeadText<'_> {
    type Value = Head;

    fn deserialize<D: Deserializer<'static>>(self, deserializer: D) -> Result<Head, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl Visitor<'static> for HeadText<'_> {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is kept of a kind")
    }

    fn visit_map<A: MapAccess<'static>>(mut self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head { node: Arena::ANY, custom: false, status: false };
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "schema" => head.node = map.next_value_seed(self.0.within())?,
                "custom" => head.custom = map.next_value()?,
                "status" => head.status = map.next_value()?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(head)
    }
}

/// The fields of a mapping, by name.
struct FieldList<'s, 'de>(Schema<'s, 'de>);

impl<'de> DeserializeSeed<'de> for FieldList<'_, 'de> {
    type Value = Box<[(Name, NodeId)]>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldList<'_, 'de> {
    type Value = Box<[(Name, NodeId)]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("schemas by name")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut known: Vec<(Name, NodeId)> = Vec::new();
        while let Some(name) = map.next_key::<&'de str>()? {
            let field = map.next_value_seed(self.0.within())?;
            known.push(((self.0.keep)(name), field));
        }
        known.sort_by(|(one, _), (other, _)| by_length(one, other));
        Ok(known.into())
    }
}

/// The branches of a condition.
struct Branches<'s, 'de>(Schema<'s, 'de>);

impl<'de> DeserializeSeed<'de> for Branches<'_, 'de> {
    type Value = Vec<NodeId>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<NodeId>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Branches<'_, 'de> {
    type Value = Vec<NodeId>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of conditions")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Vec<NodeId>, A::Error> {
        let mut branches = Vec::new();
        while let Some(branch) = seq.next_element_seed(self.0.within())? {
            branches.push(branch);
        }
        Ok(branches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::shipped::{CUSTOM, KUBERNETES, Shipped};
    use serde_json::json;

    #[test]
    fn a_definition_may_hold_itself() {
        let mut compiler = Compiler::default();
        let lookup = |name: &str| (name == "tree").then_some(r##"{"fields":{"left":"#tree","name":"string"}}"##);
        let id = compiler.definition("tree".into(), Definitions { space: 0, lookup: &lookup });
        let arena = compiler.finish();
        let Shape::Fields(fields) = &arena.node(id).shape else { panic!("a mapping") };
        assert_eq!(fields.get("left"), Some(id));
        assert_eq!(fields.names(), ["left", "name"]);
    }

    #[test]
    fn every_kind_of_every_release_can_be_read() {
        let heads = |shipped: &Shipped, release: &str| {
            let mut compiler = Compiler::default();
            let lookup = |name: &str| Some(shipped.find(name, release).unwrap_or_else(|| panic!("no {name}")));
            let texts: Vec<_> = shipped.kinds().filter_map(|name| shipped.find(name, release)).collect();
            for text in &texts {
                // A definition that cannot be read panics within.
                assert!(compiler.head(text, Definitions { space: 0, lookup: &lookup }).is_some(), "{text}");
            }
            texts.len()
        };
        for shipped in CUSTOM.iter().chain([&KUBERNETES]) {
            for release in shipped.releases() {
                assert!(heads(shipped, release) > 0, "{} {release}", shipped.group);
            }
        }
    }

    #[test]
    fn what_somebody_gave_is_read_as_far_as_it_makes_sense() {
        let mut compiler = Compiler::default();
        let id = compiler.schema(&json!({
            "fields": {
                "b": {"enum": "none", "max-length": -1, "min": "few", "min-length": 2, "pattern": 3, "type": "string"},
                "a": ["#nowhere"],
            },
            "required": ["b", 1],
        }));
        let arena = compiler.finish();
        let Shape::Fields(fields) = &arena.node(id).shape else { panic!("a mapping") };
        assert_eq!(fields.names(), ["a", "b"]);
        assert_eq!(fields.required, ["b"]);
        let b = arena.node(fields.get("b").expect("a field"));
        let limits = b.limits.as_ref().expect("limits");
        assert!(matches!(b.shape, Shape::Text));
        assert_eq!((limits.length, limits.min, limits.pattern), ((Some(2), None), None, None));
        assert!(limits.allowed.is_empty());
        let Shape::Items(items) = &arena.node(fields.get("a").expect("a field")).shape else { panic!("a list") };
        assert!(matches!(arena.node(items.item).shape, Shape::Any));
    }
}
