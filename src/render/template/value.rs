//! Values inside the engine, with the Go types that decide how they print, compare and fit into functions.

use super::budget::Fault;
use super::datum::{Datum, Kind};
use super::text::Text;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The Go type of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Int,
    Int64,
    Byte,
}

/// The Go type of what a list or mapping holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Any,
    Text,
    Int,
}

/// Number of a list in the [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(u32);

/// Number of a mapping in the [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MapId(u32);

#[derive(Clone, Debug)]
pub(super) enum Shape<'a> {
    /// What a key that is not there gives: not even nil.
    Missing,
    Nil,
    Bool(bool),
    Int(i64, Width),
    Float(f64),
    Text(Text<'a>),
    List(ListId, Element),
    /// A list whose order Go leaves to chance.
    Bag(ListId, Element),
    Map(MapId, Element),
    Unknown,
}

/// A value, and the number of its origin.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) origin: Option<u32>,
}

pub(super) type Entries<'a> = BTreeMap<Cow<'a, str>, Value<'a>>;

impl<'a> Value<'a> {
    pub(super) const fn new(shape: Shape<'a>) -> Self {
        Self { shape, origin: None }
    }

    pub(super) const fn nil() -> Self {
        Self::new(Shape::Nil)
    }

    pub(super) const fn unknown() -> Self {
        Self::new(Shape::Unknown)
    }

    pub(super) const fn bool(truth: bool) -> Self {
        Self::new(Shape::Bool(truth))
    }

    pub(super) const fn int(number: i64) -> Self {
        Self::new(Shape::Int(number, Width::Int))
    }

    pub(super) const fn int64(number: i64) -> Self {
        Self::new(Shape::Int(number, Width::Int64))
    }

    pub(super) const fn float(number: f64) -> Self {
        Self::new(Shape::Float(number))
    }

    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::new(Shape::Text(Text::made(text)))
    }

    pub(super) fn given(text: &'a str) -> Self {
        Self::new(Shape::Text(Text::given(text)))
    }

    /// Its text with marks, where it is one.
    pub(super) fn as_text(&self) -> Option<Text<'a>> {
        match &self.shape {
            Shape::Text(text) => Some(Text::of(text, self.origin)),
            _ => None,
        }
    }

    pub(super) fn is_nil(&self) -> bool {
        matches!(self.shape, Shape::Nil | Shape::Missing)
    }

    /// The name of its Go type, as `%T` prints it.
    pub(super) fn type_name(&self) -> &'static str {
        match self.shape {
            Shape::Missing | Shape::Nil | Shape::Unknown => "<nil>",
            Shape::Bool(_) => "bool",
            Shape::Int(_, Width::Int) => "int",
            Shape::Int(_, Width::Int64) => "int64",
            Shape::Int(_, Width::Byte) => "uint8",
            Shape::Float(_) => "float64",
            Shape::Text(_) => "string",
            Shape::List(_, element) | Shape::Bag(_, element) => match element {
                Element::Any => "[]interface {}",
                Element::Text => "[]string",
                Element::Int => "[]int",
            },
            Shape::Map(_, Element::Text) => "map[string]string",
            Shape::Map(..) => "map[string]interface {}",
        }
    }

    /// The name of its Go kind.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.shape {
            Shape::Missing | Shape::Nil | Shape::Unknown => "invalid",
            Shape::List(..) | Shape::Bag(..) => "slice",
            Shape::Map(..) => "map",
            _ => self.type_name(),
        }
    }

    /// What it is, for a message.
    pub(super) fn title(&self) -> &'static str {
        match self.shape {
            Shape::Missing | Shape::Nil => "nothing",
            Shape::Bool(_) => "a boolean",
            Shape::Int(_, Width::Int64) => "an integer (int64)",
            Shape::Int(..) => "an integer",
            Shape::Float(_) => "a floating-point number",
            Shape::Text(_) => "a text",
            Shape::List(..) | Shape::Bag(..) => "a list",
            Shape::Map(_, Element::Text) => "a mapping of texts",
            Shape::Map(..) => "a mapping",
            Shape::Unknown => "something unknown",
        }
    }
}

/// Lists and mappings by number: mappings can be changed through every name they have, and nothing nests in memory.
#[derive(Debug, Default)]
pub(super) struct Heap<'a> {
    lists: Vec<Rc<[Value<'a>]>>,
    maps: Vec<Entries<'a>>,
}

impl<'a> Heap<'a> {
    pub(super) fn add_list(&mut self, items: Vec<Value<'a>>) -> ListId {
        let id = number(self.lists.len());
        self.lists.push(items.into());
        ListId(id)
    }

    pub(super) fn add_map(&mut self, entries: Entries<'a>) -> MapId {
        let id = number(self.maps.len());
        self.maps.push(entries);
        MapId(id)
    }

    pub(super) fn list(&self, id: ListId) -> &Rc<[Value<'a>]> {
        &self.lists[id.0 as usize]
    }

    pub(super) fn map(&self, id: MapId) -> &Entries<'a> {
        &self.maps[id.0 as usize]
    }

    pub(super) fn map_mut(&mut self, id: MapId) -> &mut Entries<'a> {
        &mut self.maps[id.0 as usize]
    }

    /// Whether a value is true, as `if` sees it; none where that is unknown.
    pub(super) fn truth(&self, value: &Value<'a>) -> Option<bool> {
        Some(match &value.shape {
            Shape::Missing | Shape::Nil => false,
            Shape::Bool(truth) => *truth,
            Shape::Int(number, _) => *number != 0,
            Shape::Float(number) => *number != 0.0,
            Shape::Text(text) if text.is_known() => !text.as_str().is_empty(),
            Shape::Text(text) => return text.is_surely_filled().then_some(true),
            Shape::List(id, _) | Shape::Bag(id, _) => !self.list(*id).is_empty(),
            Shape::Map(id, _) => !self.map(*id).is_empty(),
            Shape::Unknown => return None,
        })
    }

    /// Takes a value in. `origins` gets the origins, which are numbers from then on.
    pub(super) fn adopt<O>(
        &mut self,
        datum: &'a Datum<O>,
        origins: &mut Vec<&'a O>,
        depth: usize,
    ) -> Result<Value<'a>, Fault> {
        if depth == 0 {
            return Err(Fault::Undecided("the values are nested too deep".into()));
        }
        let origin = datum.origin.as_ref().map(|origin| {
            origins.push(origin);
            number(origins.len() - 1)
        });
        let shape = match &datum.kind {
            Kind::Null => Shape::Nil,
            Kind::Bool(truth) => Shape::Bool(*truth),
            Kind::Int(number) => Shape::Int(*number, Width::Int64),
            Kind::Float(number) => Shape::Float(*number),
            Kind::Text(text) => Shape::Text(Text::given(text)),
            Kind::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.adopt(item, origins, depth - 1)).collect();
                Shape::List(self.add_list(items?), Element::Any)
            }
            Kind::Map(entries) => {
                let entries: Result<Entries<'a>, _> = entries
                    .iter()
                    .map(|(key, value)| Ok((Cow::Borrowed(key.as_str()), self.adopt(value, origins, depth - 1)?)))
                    .collect();
                Shape::Map(self.add_map(entries?), Element::Any)
            }
            Kind::Unknown => Shape::Unknown,
        };
        Ok(Value { shape, origin })
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("internal: fewer values than a budget allows")
}
