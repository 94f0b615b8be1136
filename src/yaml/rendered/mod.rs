//! Values that no file holds as they are: what kustomize, Flux and others make of written ones. Parts
//! that nobody touched stay in the arena of their file and are shared; each value that was set knows
//! where it comes from, what it replaced, and which entries were taken away.

mod edit;
mod emit;
mod json;

#[cfg(test)]
mod tests;

use super::arena::{File, NodeId};
use super::scalar::{Dialect, Scalar, Style};
use super::value::Value;
use crate::source::{Origin, Span};
use std::sync::Arc;

pub use emit::{emit, is_plain};
pub use json::to_json;

/// A value on its way to a cluster. Cloning shares everything.
#[derive(Clone, Debug)]
pub enum Rendered<'w> {
    /// Untouched: as it stands in a file. The node is no alias.
    Written(Written<'w>),
    /// Changed somewhere, in itself or below.
    Made(Arc<Made<'w>>),
}

/// A node of a file and who reads it.
#[derive(Clone, Copy)]
pub struct Written<'w> {
    pub(super) file: &'w File,
    pub(super) node: NodeId,
    pub(super) dialect: Dialect,
}

/// A node that was made.
#[derive(Clone, Debug)]
pub enum Made<'w> {
    /// A mapping.
    Map(Map<'w>),
    /// A sequence.
    List(List<'w>),
    /// A scalar.
    Leaf(Leaf),
}

/// A scalar that was made.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its text, as a reader of plain YAML would be given it.
    pub text: Box<str>,
    /// [`Style::Plain`] where the text says the type, any other style where it is a text.
    pub style: Style,
    /// Where it comes from.
    pub origin: Origin,
}

/// A mapping that was made.
#[derive(Clone, Debug)]
pub struct Map<'w> {
    /// Its entries; no key stands twice.
    pub entries: Vec<Entry<'w>>,
    /// What was taken away, for "nothing there" has no node of its own.
    pub removed: Vec<Removed<'w>>,
    /// Where the mapping comes from.
    pub origin: Origin,
}

/// An entry of a mapping.
#[derive(Clone, Debug)]
pub struct Entry<'w> {
    /// Its key.
    pub key: Key<'w>,
    /// Its value.
    pub slot: Slot<'w>,
}

/// A sequence that was made.
#[derive(Clone, Debug)]
pub struct List<'w> {
    /// Its items.
    pub items: Vec<Slot<'w>>,
    /// What was taken away; its key is the item's place at that time.
    pub removed: Vec<Removed<'w>>,
    /// Where the sequence comes from.
    pub origin: Origin,
}

/// A value in its place, with what stood there before.
#[derive(Clone, Debug)]
pub struct Slot<'w> {
    /// The value.
    pub value: Rendered<'w>,
    /// What it replaced, the latest first.
    pub past: Option<Arc<Past<'w>>>,
}

/// A value that was replaced.
#[derive(Clone, Debug)]
pub struct Past<'w> {
    /// The value.
    pub value: Rendered<'w>,
    /// What that one had replaced.
    pub past: Option<Arc<Past<'w>>>,
}

/// A value that was taken away.
#[derive(Clone, Debug)]
pub struct Removed<'w> {
    /// Its key.
    pub key: Box<str>,
    /// The value.
    pub was: Slot<'w>,
    /// What took it away: an `op: remove`, a `$patch: delete`, a null.
    pub by: Span,
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub enum Key<'w> {
    /// As it stands in a file.
    Written(&'w File, NodeId),
    /// Made, with its origin.
    Made(Arc<(Box<str>, Origin)>),
}

impl std::fmt::Debug for Written<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Written({:?})", self.file.span(self.node))
    }
}

impl Made<'_> {
    /// Where the node comes from.
    pub fn origin(&self) -> &Origin {
        match self {
            Made::Map(map) => &map.origin,
            Made::List(list) => &list.origin,
            Made::Leaf(leaf) => &leaf.origin,
        }
    }
}

impl<'w> Key<'w> {
    /// A key made of `text`.
    pub fn made(text: impl Into<Box<str>>, origin: Origin) -> Key<'w> {
        Key::Made(Arc::new((text.into(), origin)))
    }

    /// Its text.
    pub fn text(&self) -> &str {
        match self {
            Key::Written(file, node) => file.scalar_text(*node),
            Key::Made(made) => &made.0,
        }
    }

    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        match self {
            Key::Written(file, node) => file.origin(*node),
            Key::Made(made) => made.1.clone(),
        }
    }
}

impl<'w> From<Rendered<'w>> for Slot<'w> {
    fn from(value: Rendered<'w>) -> Slot<'w> {
        Slot { value, past: None }
    }
}

impl<'w> Slot<'w> {
    /// The value, seen.
    pub fn view(&self) -> Value<'_> {
        Value::of_slot(self, None)
    }

    /// Puts another value here and remembers the old one.
    pub fn replace(&mut self, value: Rendered<'w>) {
        let past = self.past.take();
        let old = std::mem::replace(&mut self.value, value);
        self.past = Some(Arc::new(Past { value: old, past }));
    }
}

impl<'w> Rendered<'w> {
    /// The node of a file that `value` stands for; none for a value that was made.
    pub fn written(value: Value<'w>) -> Option<Rendered<'w>> {
        value.written_node().map(|(file, node)| Rendered::Written(Written { file, node, dialect: value.dialect() }))
    }

    /// A text.
    pub fn text(text: impl Into<Box<str>>, origin: Origin) -> Rendered<'w> {
        Rendered::leaf(text, Style::DoubleQuoted, origin)
    }

    /// A scalar whose type its plain text says: a number, `true`, `null`.
    pub fn plain(text: impl Into<Box<str>>, origin: Origin) -> Rendered<'w> {
        Rendered::leaf(text, Style::Plain, origin)
    }

    fn leaf(text: impl Into<Box<str>>, style: Style, origin: Origin) -> Rendered<'w> {
        Rendered::Made(Arc::new(Made::Leaf(Leaf { text: text.into(), style, origin })))
    }

    /// The scalar that `value` is, without the place it was written at: the same text and type from `origin`.
    pub fn scalar(scalar: &Scalar<'_>, origin: Origin) -> Rendered<'w> {
        match scalar {
            Scalar::Null => Rendered::plain("null", origin),
            Scalar::Bool(value) => Rendered::plain(if *value { "true" } else { "false" }, origin),
            Scalar::Int(value) => Rendered::plain(value.to_string(), origin),
            Scalar::UInt(value) => Rendered::plain(value.to_string(), origin),
            Scalar::Float(value) => Rendered::plain(json::number_text(*value), origin),
            Scalar::Text(text) => Rendered::text(text.as_ref(), origin),
            Scalar::Invalid(_) => Rendered::plain("null", origin),
        }
    }

    /// An empty mapping.
    pub fn map(origin: Origin) -> Rendered<'w> {
        Rendered::Made(Arc::new(Made::Map(Map { entries: Vec::new(), removed: Vec::new(), origin })))
    }

    /// A sequence.
    pub fn list(items: Vec<Slot<'w>>, origin: Origin) -> Rendered<'w> {
        Rendered::Made(Arc::new(Made::List(List { items, removed: Vec::new(), origin })))
    }

    /// The value, seen.
    pub fn view(&self) -> Value<'_> {
        Value::of_rendered(self)
    }

    /// Who reads what is below; for made nodes the types are settled.
    pub fn dialect(&self) -> Dialect {
        match self {
            Rendered::Written(written) => written.dialect,
            Rendered::Made(_) => Dialect::Kustomize,
        }
    }

    /// The same value read by another reader, if nobody touched it.
    pub fn read_by(self, dialect: Dialect) -> Rendered<'w> {
        match self {
            Rendered::Written(written) => Rendered::Written(Written { dialect, ..written }),
            made @ Rendered::Made(_) => made,
        }
    }

    /// Whether both are the very same node, not only equal ones.
    pub fn is_same(&self, other: &Rendered<'_>) -> bool {
        self.view().identity() == other.view().identity()
    }
}
