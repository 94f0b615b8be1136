//! The view that everything else reads: a value of a document as one reader (dialect) sees it, with
//! the place it was written. Aliases are followed and merge keys looked through.

use super::arena::{ABSENT, File, MERGES, NodeId, Shape, UNRESOLVED};
use super::scalar::{self, Dialect, Scalar, Style};
use crate::source::{Origin, Span};
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

/// A value of a document, together with who reads it.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    file: &'a File,
    /// The node as it stands in its parent: maybe an alias.
    site: NodeId,
    /// The node that holds the value.
    node: NodeId,
    key: Option<NodeId>,
    dialect: Dialect,
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({:?} at {:?})", self.kind(), self.span())
    }
}

impl<'a> Value<'a> {
    /// The value at `node`, read by `dialect`.
    pub fn new(file: &'a File, node: NodeId, dialect: Dialect) -> Value<'a> {
        Value { file, site: node, node: follow(file, node), key: None, dialect }
    }

    pub(super) fn sibling(self, key: Option<NodeId>, site: NodeId) -> Value<'a> {
        self.child(key, site)
    }

    fn child(self, key: Option<NodeId>, site: NodeId) -> Value<'a> {
        Value { file: self.file, site, node: follow(self.file, site), key, dialect: self.dialect }
    }

    /// The file it was written in.
    pub fn file(self) -> &'a File {
        self.file
    }

    /// The node that holds the value, aliases followed.
    pub fn node(self) -> NodeId {
        self.node
    }

    /// The node as it stands in its parent: the alias, where the value is written as one.
    pub fn site_node(self) -> NodeId {
        self.site
    }

    /// Who reads it.
    pub fn dialect(self) -> Dialect {
        self.dialect
    }

    /// The bytes that hold the value. For an alias, those at its anchor.
    pub fn span(self) -> Span {
        self.file.span(self.node)
    }

    /// The bytes at the place of use: the `*alias` where the value is one, else [`Value::span`].
    pub fn site(self) -> Span {
        self.file.span(self.site)
    }

    /// The bytes of its key, where it stands in a mapping.
    pub fn key_span(self) -> Option<Span> {
        self.key.map(|key| self.file.span(key))
    }

    /// The bytes of its key, or its own where it has none.
    pub fn key_or_span(self) -> Span {
        self.key_span().unwrap_or_else(|| self.span())
    }

    /// The raw text of its key.
    pub fn key(self) -> Option<&'a str> {
        self.key.map(|key| self.file.scalar_text(key))
    }

    /// Where the value comes from.
    pub fn origin(self) -> Origin {
        Origin::Written(self.span())
    }

    /// Whether the value is not written at all, as in `key:`.
    pub fn is_absent(self) -> bool {
        self.file.node(self.node).flags & ABSENT != 0
    }

    /// The style of a scalar.
    pub fn style(self) -> Option<Style> {
        self.file.node(self.node).shape.style()
    }

    /// The tag as written, `!name` or the full form.
    pub fn tag(self) -> Option<&'a str> {
        self.file.tag(self.node)
    }

    /// What the reader makes of a scalar; none for collections.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        let style = self.style()?;
        Some(scalar::resolve(self.file.scalar_text(self.node), style, self.tag(), self.dialect))
    }

    /// What the value is to its reader.
    pub fn kind(self) -> Kind {
        match self.file.node(self.node).shape {
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

    /// Whether it is a mapping.
    pub fn is_mapping(self) -> bool {
        self.file.node(self.node).shape == Shape::Mapping
    }

    /// Whether it is a sequence.
    pub fn is_sequence(self) -> bool {
        self.file.node(self.node).shape == Shape::Sequence
    }

    /// Whether the reader sees nothing: null, `~` or not written.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a scalar as written (escapes and folds undone), whatever its type.
    pub fn raw(self) -> Option<&'a str> {
        self.style().map(|_| self.file.scalar_text(self.node))
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
        let node = self.file.node(self.node);
        if node.shape != Shape::Mapping {
            return None;
        }
        let merges = node.flags & MERGES != 0 && depth < 16;
        let mut found = None;
        let mut children = self.file.children(self.node);
        while let (Some(at), Some(value)) = (children.next(), children.next()) {
            let key_node = self.file.node(at);
            let Some(style) = key_node.shape.style() else { continue };
            let text = self.file.scalar_text(at);
            if merges && scalar::is_merge_key(text, style, self.file.tag(at)) {
                let merged = self.child(None, value).merged(key, depth);
                // go-yaml v2 lets a merge overwrite what stands before it; v3 lets written keys win.
                if merged.is_some() && (found.is_none() || self.dialect == Dialect::Kubectl) {
                    found = merged;
                }
            } else if text == key {
                found = Some(self.child(Some(at), value));
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
        let mut entries = Vec::new();
        self.collect(&mut entries, 0);
        entries.into_iter()
    }

    fn collect(self, into: &mut Vec<(&'a str, Value<'a>)>, depth: usize) {
        let node = self.file.node(self.node);
        if node.shape != Shape::Mapping {
            return;
        }
        let mut children = self.file.children(self.node);
        let mut merged = Vec::new();
        while let (Some(at), Some(value)) = (children.next(), children.next()) {
            let Some(style) = self.file.node(at).shape.style() else { continue };
            let text = self.file.scalar_text(at);
            if node.flags & MERGES != 0 && depth < 16 && scalar::is_merge_key(text, style, self.file.tag(at)) {
                let source = self.child(None, value);
                if source.is_sequence() {
                    source.items().for_each(|item| item.collect(&mut merged, depth + 1));
                } else {
                    source.collect(&mut merged, depth + 1);
                }
            } else {
                into.push((text, self.child(Some(at), value)));
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
        let sequence = self.is_sequence();
        self.file.children(self.node).take_while(move |_| sequence).map(move |item| self.child(None, item))
    }

    /// How many children a collection has: items, or keys and values together.
    pub fn is_empty(self) -> bool {
        let node = self.file.node(self.node);
        matches!(node.shape, Shape::Sequence | Shape::Mapping) && node.first == 0
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

/// The first thing in `text` that something else replaces before the cluster sees it.
pub fn placeholder(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr3(b'$', b'{', b'<', &bytes[from..]).map(|at| at + from) {
        let rest = &text[at..];
        let end = match bytes[at] {
            b'$' if rest.starts_with("$${") => {
                from = at + 3;
                continue;
            }
            b'$' if rest.starts_with("${") => rest.find('}').map(|end| end + 1),
            b'{' if rest.starts_with("{{") => rest.find("}}").map(|end| end + 2),
            b'<' if rest.starts_with("<< ") || rest.starts_with("<<-") => rest.find(">>").map(|end| end + 2),
            _ => None,
        };
        if let Some(end) = end {
            return Some(&rest[..end]);
        }
        from = at + 1;
    }
    None
}

/// Whether something else replaces a part of `text` before the cluster sees it.
pub fn has_placeholder(text: &str) -> bool {
    placeholder(text).is_some()
}
