//! The view that everything else reads: a value of a document as one reader (dialect) sees it, with
//! the place it was written. Aliases are followed and merge keys looked through.

use super::arena::{ABSENT, FLOW, File, MERGES, NodeId, Shape, UNRESOLVED};
use super::placeholder::{has_placeholder, placeholder};
use super::rendered::{Entry, Key, Made, Past, Removed, Rendered, Slot};
use super::scalar::{self, Dialect, Scalar, Style};
use crate::source::{Origin, SourceId, Span};
use std::borrow::Cow;

/// What a value is to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Kind {
    Null,
    Bool,
    Number,
    Text,
    Sequence,
    Mapping,
    /// An alias without an anchor, or a scalar that its reader refuses.
    Broken,
}

/// How much of a text is known from what the repo says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// All of it.
    Known(&'a str),
    /// It holds `${VAR}`, `{{ … }}` or `<< … >>`, which something replaces later.
    Partial(&'a str),
    /// Encrypted by SOPS: defined, and not readable.
    Encrypted,
    /// No text at all, but this.
    Other(Kind),
}

/// A value of a document or of a rendered object, together with who reads it.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    at: At<'a>,
    key: Option<KeyAt<'a>>,
    past: Option<&'a Past<'a>>,
    dialect: Dialect,
}

#[derive(Clone, Copy)]
enum At<'a> {
    Written {
        file: &'a File,
        /// The node as it stands in its parent: maybe an alias.
        site: NodeId,
        /// The node that holds the value.
        node: NodeId,
    },
    Made(&'a Made<'a>),
}

#[derive(Clone, Copy)]
enum KeyAt<'a> {
    Written(&'a File, NodeId),
    Stored(&'a Key<'a>),
}

/// Which node a value is. Two values with one identity are the same node, however they were reached;
/// it says nothing of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(usize, u32);

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({:?} at {:?})", self.kind(), self.span())
    }
}

impl<'a> Value<'a> {
    /// The value at `node`, read by `dialect`.
    pub fn new(file: &'a File, node: NodeId, dialect: Dialect) -> Value<'a> {
        let at = At::Written { file, site: node, node: follow(file, node) };
        Value { at, key: None, past: None, dialect }
    }

    pub(super) fn of_rendered(rendered: &'a Rendered<'a>) -> Value<'a> {
        match rendered {
            Rendered::Written(written) => Value::new(written.file, written.node, written.dialect),
            Rendered::Made(made) => Value { at: At::Made(made), key: None, past: None, dialect: rendered.dialect() },
        }
    }

    pub(super) fn of_slot(slot: &'a Slot<'a>, key: Option<&'a Key<'a>>) -> Value<'a> {
        Value { key: key.map(KeyAt::Stored), past: slot.past.as_deref(), ..Value::of_rendered(&slot.value) }
    }

    pub(super) fn sibling(self, file: &'a File, key: Option<NodeId>, site: NodeId) -> Value<'a> {
        self.child(file, key, site)
    }

    fn child(self, file: &'a File, key: Option<NodeId>, site: NodeId) -> Value<'a> {
        Value {
            at: At::Written { file, site, node: follow(file, site) },
            key: key.map(|key| KeyAt::Written(file, key)),
            past: None,
            dialect: self.dialect,
        }
    }

    /// The file it was written in; none for a value that was made, and for one that stands in a text
    /// within a value.
    pub fn file(self) -> Option<&'a File> {
        match self.at {
            At::Written { file, .. } if file.embedding.is_none() => Some(file),
            At::Written { .. } | At::Made(_) => None,
        }
    }

    /// The bytes as somebody typed them, where they stand in one piece.
    pub fn as_written(self) -> Option<&'a str> {
        let (file, node) = self.written_node()?;
        let exact = file.embedding.as_ref().is_none_or(|embedding| embedding.is_exact());
        let node = file.node(node);
        exact.then(|| file.text.get(node.start as usize..node.end as usize)).flatten()
    }

    /// The text it lies in.
    pub fn source(self) -> SourceId {
        self.span().source
    }

    /// The node that was made; none for what stands in a file as it is.
    pub fn made(self) -> Option<&'a Made<'a>> {
        match self.at {
            At::Written { .. } => None,
            At::Made(made) => Some(made),
        }
    }

    /// What this value replaced, the latest first.
    pub fn past(self) -> Option<&'a Past<'a>> {
        self.past
    }

    /// Which node it is.
    pub fn identity(self) -> Identity {
        match self.at {
            At::Written { file, node, .. } => Identity(std::ptr::from_ref(file).addr(), node.0),
            At::Made(made) => Identity(std::ptr::from_ref(made).addr(), u32::MAX),
        }
    }

    pub(super) fn written_node(self) -> Option<(&'a File, NodeId)> {
        match self.at {
            At::Written { file, node, .. } => Some((file, node)),
            At::Made(_) => None,
        }
    }

    pub(super) fn written_site(self) -> Option<(&'a File, NodeId)> {
        match self.at {
            At::Written { file, site, .. } => Some((file, site)),
            At::Made(_) => None,
        }
    }

    pub(super) fn written_key(self) -> Option<(&'a File, NodeId)> {
        match self.key? {
            KeyAt::Written(file, key) => Some((file, key)),
            KeyAt::Stored(Key::Written(file, key)) => Some((file, *key)),
            KeyAt::Stored(Key::Made(_)) => None,
        }
    }

    /// Who reads it.
    pub fn dialect(self) -> Dialect {
        self.dialect
    }

    /// The same value, read by another reader; what was made keeps its types.
    pub fn read_by(self, dialect: Dialect) -> Value<'a> {
        Value { dialect, ..self }
    }

    /// Whether it is an alias, `*name`, where it stands.
    pub fn is_alias(self) -> bool {
        matches!(self.at, At::Written { site, node, .. } if site != node)
    }

    /// The bytes that hold the value. For an alias, those at its anchor; for a value that was made,
    /// those that somebody has to look at to change it.
    pub fn span(self) -> Span {
        match self.at {
            At::Written { file, node, .. } => file.span(node),
            At::Made(made) => made.origin().span(),
        }
    }

    /// The bytes at the place of use: the `*alias` where the value is one, else [`Value::span`].
    pub fn site(self) -> Span {
        match self.at {
            At::Written { file, site, .. } => file.span(site),
            At::Made(_) => self.span(),
        }
    }

    /// The bytes that stand for the value where it is used: its own, or those of its key where its own stand elsewhere,
    /// at an anchor or at the variable that fills it in.
    pub fn place(self) -> Span {
        let own = self.site();
        match self.key_span() {
            Some(key) if key.source != own.source || own.start < key.end => key,
            _ => own,
        }
    }

    /// The bytes of its key, where it stands in a mapping.
    pub fn key_span(self) -> Option<Span> {
        Some(match self.key? {
            KeyAt::Written(file, key) => file.span(key),
            KeyAt::Stored(Key::Written(file, key)) => file.span(*key),
            KeyAt::Stored(Key::Made(made)) => made.1.span(),
        })
    }

    /// The bytes of its key, or its own where it has none.
    pub fn key_or_span(self) -> Span {
        self.key_span().unwrap_or_else(|| self.span())
    }

    /// The raw text of its key.
    pub fn key(self) -> Option<&'a str> {
        Some(match self.key? {
            KeyAt::Written(file, key) => file.scalar_text(key),
            KeyAt::Stored(key) => key.text(),
        })
    }

    /// Where the value comes from.
    pub fn origin(self) -> Origin {
        match self.at {
            At::Written { file, node, .. } => file.origin(node),
            At::Made(made) => made.origin().clone(),
        }
    }

    /// What was taken away from this mapping under `key`, if anything was.
    pub fn removed(self, key: &str) -> Option<&'a Removed<'a>> {
        match self.made()? {
            Made::Map(map) => map.removed.iter().rev().find(|removed| *removed.key == *key),
            _ => None,
        }
    }

    /// Whether the value is not written at all, as in `key:`.
    pub fn is_absent(self) -> bool {
        matches!(self.at, At::Written { file, node, .. } if file.node(node).flags & ABSENT != 0)
    }

    /// Whether a scalar is written between brackets, as in `[a]`.
    pub fn is_in_flow(self) -> bool {
        matches!(self.at, At::Written { file, node, .. } if file.node(node).flags & FLOW != 0)
    }

    /// The style of a scalar.
    pub fn style(self) -> Option<Style> {
        match self.at {
            At::Written { file, node, .. } => file.node(node).shape.style(),
            At::Made(Made::Leaf(leaf)) => Some(leaf.style),
            At::Made(_) => None,
        }
    }

    /// The tag as written, `!name` or the full form.
    pub fn tag(self) -> Option<&'a str> {
        self.written_node().and_then(|(file, node)| file.tag(node))
    }

    /// What the reader makes of a scalar; none for collections.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        let style = self.style()?;
        Some(scalar::resolve(self.raw()?, style, self.tag(), self.dialect))
    }

    /// What the value is to its reader.
    pub fn kind(self) -> Kind {
        match self.shape() {
            Shape::Sequence => Kind::Sequence,
            Shape::Mapping => Kind::Mapping,
            Shape::Alias => Kind::Broken,
            _ => match self.scalar() {
                Some(Scalar::Null) => Kind::Null,
                Some(Scalar::Bool(_)) => Kind::Bool,
                Some(Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_)) => Kind::Number,
                Some(Scalar::Text(_)) => Kind::Text,
                Some(_) | None => Kind::Broken,
            },
        }
    }

    fn shape(self) -> Shape {
        match self.at {
            At::Written { file, node, .. } => file.node(node).shape,
            At::Made(Made::Map(_)) => Shape::Mapping,
            At::Made(Made::List(_)) => Shape::Sequence,
            At::Made(Made::Leaf(_)) => Shape::Plain,
        }
    }

    /// Whether it is a mapping.
    pub fn is_mapping(self) -> bool {
        self.shape() == Shape::Mapping
    }

    /// Whether it is a sequence.
    pub fn is_sequence(self) -> bool {
        self.shape() == Shape::Sequence
    }

    /// Whether the reader sees nothing: null, `~` or not written.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a scalar as written (escapes and folds undone), whatever its type.
    pub fn raw(self) -> Option<&'a str> {
        match self.at {
            At::Written { file, node, .. } => file.node(node).shape.style().map(|_| file.scalar_text(node)),
            At::Made(Made::Leaf(leaf)) => Some(&leaf.text),
            At::Made(_) => None,
        }
    }

    /// The text, if the reader sees a text.
    pub fn as_str(self) -> Option<&'a str> {
        match self.scalar()? {
            Scalar::Text(Cow::Borrowed(text)) => Some(text),
            Scalar::Text(Cow::Owned(_)) => self.raw(),
            _ => None,
        }
    }

    /// How much of the text is known.
    pub fn text(self) -> Text<'a> {
        match self.as_str() {
            None => Text::Other(self.kind()),
            Some(text) if text.starts_with("ENC[") && text.ends_with(']') => Text::Encrypted,
            Some(text) if has_placeholder(text) => Text::Partial(text),
            Some(text) => Text::Known(text),
        }
    }

    /// The text, if all of it is known.
    pub fn known(self) -> Option<&'a str> {
        match self.text() {
            Text::Known(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean, if the reader sees one.
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar()? {
            Scalar::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A whole number, if the reader sees one. A float without fraction counts, as for the API server.
    pub fn as_int(self) -> Option<i64> {
        match self.scalar()? {
            Scalar::Int(value) => Some(value),
            Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => None,
        }
    }

    /// Why the value cannot be known from this repo, if it cannot.
    pub fn unknown(self) -> Option<String> {
        let text = self.raw()?;
        if text.starts_with("ENC[") && text.ends_with(']') {
            return Some("the value is encrypted".into());
        }
        placeholder(text)
            .map(|found| format!("the value holds `{found}`, which nothing in this repo is known to define"))
    }

    /// The value under `key`; the last one where the key stands twice, as readers have it.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        self.find(key, 0)
    }

    fn find(self, key: &str, depth: usize) -> Option<Value<'a>> {
        let (file, at) = match self.at {
            At::Made(Made::Map(map)) => {
                let entry = &map.entries[map.position(key)?];
                return Some(Value::of_slot(&entry.slot, Some(&entry.key)));
            }
            At::Made(_) => return None,
            At::Written { file, node, .. } => (file, node),
        };
        let node = file.node(at);
        if node.flags & MERGES == 0 || depth >= 16 {
            return file.entry(at, key).map(|(key, value)| self.child(file, Some(key), value));
        }
        let mut found = None;
        let mut children = file.children(at);
        while let (Some(at), Some(value)) = (children.next(), children.next()) {
            let Some(style) = file.node(at).shape.style() else { continue };
            let text = file.scalar_text(at);
            if scalar::is_merge_key(text, style, file.tag(at)) {
                let merged = self.child(file, None, value).merged(key, depth);
                // go-yaml v2 lets a merge overwrite what stands before it; v3 lets written keys win.
                if merged.is_some() && (found.is_none() || self.dialect == Dialect::Kubectl) {
                    found = merged;
                }
            } else if text == key {
                found = Some(self.child(file, Some(at), value));
            }
        }
        found
    }

    fn merged(self, key: &str, depth: usize) -> Option<Value<'a>> {
        if self.is_sequence() {
            return self.items().find_map(|item| item.find(key, depth + 1));
        }
        self.find(key, depth + 1)
    }

    /// The value under a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Value<'a>> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// Keys with values, in the order they are written; merged entries where the merge key stands,
    /// without those that are written. Keys that are no scalars are left out.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let (mut written, mut made, mut merged) = (None, [].iter(), Vec::new());
        match self.at {
            At::Made(Made::Map(map)) => made = map.entries.iter(),
            At::Made(_) => {}
            At::Written { file, node, .. } => match file.node(node) {
                node if node.shape != Shape::Mapping => {}
                // What is merged in is looked up among the rest.
                node if node.flags & MERGES != 0 => self.collect(&mut merged, 0),
                _ => written = Some((file, file.children(node))),
            },
        }
        let written = written.into_iter().flat_map(move |(file, mut children)| {
            std::iter::from_fn(move || Some((children.next()?, children.next()?)))
                .filter(move |(key, _)| file.node(*key).shape.style().is_some())
                .map(move |(key, value)| (file.scalar_text(key), self.child(file, Some(key), value)))
        });
        let made = made.map(|entry: &'a Entry<'a>| (entry.key.text(), Value::of_slot(&entry.slot, Some(&entry.key))));
        written.chain(made).chain(merged)
    }

    fn collect(self, into: &mut Vec<(&'a str, Value<'a>)>, depth: usize) {
        let (file, at) = match self.at {
            At::Made(Made::Map(map)) => {
                let entry = |entry: &'a Entry<'a>| (entry.key.text(), Value::of_slot(&entry.slot, Some(&entry.key)));
                into.extend(map.entries.iter().map(entry));
                return;
            }
            At::Made(_) => return,
            At::Written { file, node, .. } => (file, node),
        };
        let node = file.node(at);
        if node.shape != Shape::Mapping {
            return;
        }
        let mut children = file.children(at);
        let mut merged = Vec::new();
        while let (Some(at), Some(value)) = (children.next(), children.next()) {
            let Some(style) = file.node(at).shape.style() else { continue };
            let text = file.scalar_text(at);
            if node.flags & MERGES != 0 && depth < 16 && scalar::is_merge_key(text, style, file.tag(at)) {
                let source = self.child(file, None, value);
                if source.is_sequence() {
                    source.items().for_each(|item| item.collect(&mut merged, depth + 1));
                } else {
                    source.collect(&mut merged, depth + 1);
                }
            } else {
                into.push((text, self.child(file, Some(at), value)));
            }
        }
        for (key, _) in merged {
            if !into.iter().any(|(known, _)| *known == key)
                && let Some(value) = self.find(key, depth)
            {
                into.push((key, value));
            }
        }
    }

    /// The items of a sequence; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = Value<'a>> {
        let (written, made) = match self.at {
            At::Written { file, node, .. } if self.is_sequence() => (Some((file, file.children(node))), [].iter()),
            At::Made(Made::List(list)) => (None, list.items.iter()),
            _ => (None, [].iter()),
        };
        let written = written
            .into_iter()
            .flat_map(move |(file, children)| children.map(move |item| self.child(file, None, item)));
        written.chain(made.map(|slot| Value::of_slot(slot, None)))
    }

    /// How many entries or items are written in a collection; those that are merged in do not count.
    pub fn width(self) -> usize {
        match self.at {
            At::Written { file, node, .. } => match file.node(node) {
                node if node.shape == Shape::Mapping => node.first as usize / 2,
                node if node.shape == Shape::Sequence => node.first as usize,
                _ => 0,
            },
            At::Made(Made::Map(map)) => map.entries.len(),
            At::Made(Made::List(list)) => list.items.len(),
            At::Made(Made::Leaf(_)) => 0,
        }
    }

    /// Whether it is a collection that holds nothing.
    pub fn is_empty(self) -> bool {
        match self.at {
            At::Written { file, node, .. } => {
                let node = file.node(node);
                matches!(node.shape, Shape::Sequence | Shape::Mapping) && node.first == 0
            }
            At::Made(Made::Map(map)) => map.entries.is_empty(),
            At::Made(Made::List(list)) => list.items.is_empty(),
            At::Made(Made::Leaf(_)) => false,
        }
    }
}

fn follow(file: &File, mut node: NodeId) -> NodeId {
    // An alias leads to a node that is written before it, which is no alias itself.
    for _ in 0..4 {
        let at = file.node(node);
        if at.shape != Shape::Alias || at.flags & UNRESOLVED != 0 {
            break;
        }
        node = NodeId(at.first);
    }
    node
}
