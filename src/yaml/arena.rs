//! The arena: all nodes of one file in pre-order, 24 bytes each, scalars borrowed from the text
//! wherever the text holds them unchanged.

use super::embedded::Embedding;
use super::scalar::Style;
use crate::source::{Origin, SourceId, Span};
use std::ops::Range;
use std::sync::Arc;

/// A node of one [`File`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
    Sequence,
    Mapping,
    Alias,
}

/// Flow notation: `[…]` or `{…}`.
pub(super) const FLOW: u8 = 1;
/// A mapping with a plain `<<` key.
pub(super) const MERGES: u8 = 2;
/// A scalar whose text lies in the side buffer, because the source holds it in another form.
pub(super) const DECODED: u8 = 4;
/// An alias to an anchor that does not exist.
pub(super) const UNRESOLVED: u8 = 8;
/// A value that is not written at all, as in `key:`.
pub(super) const ABSENT: u8 = 16;

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// One past the last node of this subtree.
    pub(super) next: u32,
    /// Scalar: offset of its text. Collection: number of children. Alias: its target.
    pub(super) first: u32,
    /// Scalar: length of its text.
    pub(super) length: u32,
    pub(super) tag: u16,
    pub(super) shape: Shape,
    pub(super) flags: u8,
}

const _: () = assert!(size_of::<Node>() <= 32);

/// Why a document was not read, or not read in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxKind {
    /// The grammar is broken; what follows in the document is lost.
    Grammar,
    /// An alias without an anchor before it.
    UndefinedAlias,
    /// An anchor that contains itself, or aliases that expand beyond all measure.
    ExcessiveAliases,
    /// Accepted by YAML 1.2 and refused by the YAML 1.1 readers that apply manifests.
    Incompatible,
    /// A value that starts with `{{` and has no quotes: something has to fill it in before anybody can
    /// read it, and until then it looks like a mapping in a mapping.
    Template,
}

/// A place where a document does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What kind of fault it is.
    pub kind: SyntaxKind,
    /// Where; may be empty at the end of the text.
    pub span: Span,
    /// What is wrong, lower-case, without a full stop.
    pub message: String,
}

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Bytes from the end of the document before (or the start of the file) to the end of this one.
    pub range: Range<u32>,
    /// The root node; none for an empty document and for one that broke before its first node.
    pub root: Option<NodeId>,
    /// Faults, in order. With a [`SyntaxKind::Grammar`] fault the nodes are only a part.
    pub errors: Vec<SyntaxError>,
}

impl Document {
    /// Whether nothing is wrong with the document.
    pub fn is_whole(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether everything that is written in the document was read. What is only
    /// [incompatible](SyntaxKind::Incompatible) was.
    pub fn is_readable(&self) -> bool {
        self.errors.iter().all(|error| error.kind == SyntaxKind::Incompatible)
    }
}

/// One parsed file: nodes and documents.
#[derive(Clone, Debug)]
pub struct File {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<Node>,
    pub(super) decoded: String,
    pub(super) tags: Vec<Box<str>>,
    pub(super) documents: Vec<Document>,
    pub(super) duplicates: Vec<(NodeId, NodeId)>,
    /// Where the text stands, if it is a value of another file.
    pub(super) embedding: Option<Box<Embedding>>,
}

impl File {
    /// The source this file was read from.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The documents in order. Empty ones (only comments, or nothing between two `---`) are kept.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Keys that stand twice in one mapping: the earlier and the later key node.
    pub fn duplicates(&self) -> &[(NodeId, NodeId)] {
        &self.duplicates
    }

    /// The span of a node. An absent value has an empty one, behind its key.
    pub fn span(&self, id: NodeId) -> Span {
        let node = self.node(id);
        let span = Span { source: self.source, start: node.start, end: node.end };
        match &self.embedding {
            None => span,
            Some(embedding) => embedding.outer(span),
        }
    }

    /// Where a node comes from: written in this text, or read out of the value that holds this text in
    /// another form.
    pub(super) fn origin(&self, id: NodeId) -> Origin {
        let node = self.node(id);
        match &self.embedding {
            None => Origin::Written(self.span(id)),
            Some(embedding) => {
                let quotes = u32::from(matches!(node.shape, Shape::SingleQuoted | Shape::DoubleQuoted));
                let inner = Span { source: self.source, start: node.start + quotes, end: node.end - quotes };
                match embedding.is_exact() || node.shape.style().is_none() {
                    true => Origin::Written(self.span(id)),
                    false => embedding.origin(inner),
                }
            }
        }
    }

    /// The value of a key of a mapping.
    pub fn value_of(&self, key: NodeId) -> NodeId {
        NodeId(self.node(key).next)
    }

    /// Memory held for this file beyond its text, in bytes.
    pub fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.decoded.capacity()
            + self.documents.capacity() * size_of::<Document>()
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn scalar_text(&self, id: NodeId) -> &str {
        let node = self.node(id);
        let range = node.first as usize..(node.first + node.length) as usize;
        if node.flags & DECODED != 0 { &self.decoded[range] } else { &self.text[range] }
    }

    /// The key node and the value node of the entry that is written under `key` in a mapping; of several the last one,
    /// none in anything else than a mapping.
    pub(super) fn entry(&self, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let mut found = None;
        let mut children = self.children(mapping);
        if self.node(mapping).shape != Shape::Mapping {
            return None;
        }
        while let (Some(at), Some(value)) = (children.next(), children.next()) {
            let node = self.node(at);
            if node.length as usize == key.len()
                && node.shape.style().is_some()
                && self.scalar_bytes(node) == key.as_bytes()
            {
                found = Some((at, value));
                if self.duplicates.is_empty() {
                    break;
                }
            }
        }
        found
    }

    /// The bytes of a scalar's text, for comparing: no look at where characters start.
    fn scalar_bytes(&self, node: &Node) -> &[u8] {
        let range = node.first as usize..(node.first + node.length) as usize;
        if node.flags & DECODED != 0 { &self.decoded.as_bytes()[range] } else { &self.text.as_bytes()[range] }
    }

    pub(super) fn tag(&self, id: NodeId) -> Option<&str> {
        match self.node(id).tag {
            0 => None,
            tag => Some(&self.tags[tag as usize - 1]),
        }
    }

    pub(super) fn children(&self, id: NodeId) -> Children<'_> {
        let node = self.node(id);
        let (at, end) = match node.shape {
            Shape::Sequence | Shape::Mapping => (id.0 + 1, node.next),
            _ => (0, 0),
        };
        Children { file: self, at, end }
    }
}

impl Shape {
    pub(super) fn style(self) -> Option<Style> {
        match self {
            Shape::Plain => Some(Style::Plain),
            Shape::SingleQuoted => Some(Style::SingleQuoted),
            Shape::DoubleQuoted => Some(Style::DoubleQuoted),
            Shape::Literal => Some(Style::Literal),
            Shape::Folded => Some(Style::Folded),
            Shape::Sequence | Shape::Mapping | Shape::Alias => None,
        }
    }
}

/// Direct children of a collection, keys and values alternating in a mapping.
pub(super) struct Children<'a> {
    file: &'a File,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.at >= self.end {
            return None;
        }
        let id = NodeId(self.at);
        self.at = self.file.nodes[self.at as usize].next;
        Some(id)
    }
}
