//! From parser events to the arena, one document after the other; a broken document does not lose
//! the others.

use super::arena::{
    ABSENT, DECODED, Document, FLOW, File, MERGES, Node, NodeId, Shape, SyntaxError, SyntaxKind, UNRESOLVED,
};
use super::budget;
use super::compatibility::{self, Rare};
use super::scalar;
use crate::source::{SourceId, Span};
use foldhash::{HashMap, HashMapExt};
use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle, Tag, options};
use std::borrow::Cow;
use std::sync::Arc;

/// Nesting deeper than this is a fault: no manifest comes near it, and every reader has some limit.
const DEPTH: usize = 1000;

/// Most files nest no deeper.
const USUAL_DEPTH: usize = 16;

/// Mappings longer than this look up duplicate keys through a table.
const FEW: usize = 12;

/// Most files have more bytes than this to a node, so the room for their nodes is made only once.
const BYTES_PER_NODE: usize = 16;

/// Reads `text`. Never fails: what does not parse is told by the errors of the documents.
pub fn parse(source: SourceId, text: Arc<str>) -> File {
    let text = without_inner_marks(text);
    let mut builder = Builder {
        file: File {
            source,
            text: Arc::clone(&text),
            nodes: Vec::with_capacity(text.len() / BYTES_PER_NODE + 4),
            decoded: String::new(),
            tags: Vec::new(),
            documents: Vec::new(),
            duplicates: Vec::new(),
            embedding: None,
        },
        stack: Vec::with_capacity(USUAL_DEPTH),
        anchors: HashMap::new(),
        first: 0,
        start: 0,
        errors: Vec::new(),
        seen: 0,
        rare: Rare::default(),
        keys: Vec::with_capacity(FEW),
    };
    builder.run(&text);
    let mut file = builder.file;
    file.nodes.shrink_to_fit();
    file
}

/// The parser of a text, with its comments or without.
pub(super) fn parser(text: &str, comments: bool) -> Parser<'_, StrInput<'_>> {
    Parser::new_from_str_with_options(
        text,
        options! {
            emit_unresolved_aliases: true,
            block_nesting_limit: DEPTH,
            flow_nesting_limit: DEPTH,
            emit_comments: comments,
            max_buffered_comment_events: usize::MAX,
        },
    )
}

struct Open {
    id: u32,
    children: u32,
    block: bool,
}

struct Builder {
    file: File,
    stack: Vec<Open>,
    anchors: HashMap<usize, u32>,
    /// First node of the current document.
    first: u32,
    /// First byte of the current document.
    start: u32,
    errors: Vec<SyntaxError>,
    /// End of the last token that was seen, to look for what stands between two events.
    seen: u32,
    /// What the current document has of what few have.
    rare: Rare,
    /// The keys of the mapping that is closed, kept for their room.
    keys: Vec<NodeId>,
}

impl Builder {
    fn run(&mut self, text: &str) {
        let mut parser = parser(text, false);
        while let Some(event) = parser.next_event() {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    self.fail(text, at, &error.info());
                    match parser.proceed_next_document() {
                        Ok(true) => continue,
                        _ => break,
                    }
                }
            };
            let range = span.byte_range().unwrap_or(0..0);
            let (start, end) = (range.start as u32, range.end as u32);
            match event {
                Event::StreamEnd => break,
                Event::DocumentEnd => self.end_document(end.max(self.seen)),
                Event::Scalar(value, style, anchor, tag) => self.scalar(text, value, style, anchor, tag, start, end),
                Event::Alias(anchor) => self.alias(self.anchors.get(&anchor).copied(), start, end),
                Event::UnresolvedAlias(name) => {
                    self.errors.push(SyntaxError {
                        kind: SyntaxKind::UndefinedAlias,
                        span: Span { source: self.file.source, start, end },
                        message: format!("alias `*{name}` names no anchor in this document"),
                    });
                    self.alias(None, start, end);
                }
                Event::SequenceStart(style, anchor, tag) => {
                    self.open(Shape::Sequence, style, anchor, tag, start, end);
                }
                Event::MappingStart(style, anchor, tag) => self.open(Shape::Mapping, style, anchor, tag, start, end),
                Event::SequenceEnd | Event::MappingEnd => self.close(end),
                _ => {}
            }
        }
        let end = text.len() as u32;
        if self.first < self.file.nodes.len() as u32 || !self.errors.is_empty() {
            self.end_document(end);
        }
    }

    #[inline]
    fn tag(&mut self, tag: Option<Cow<'_, Tag>>) -> u16 {
        tag.map_or(0, |tag| self.known_tag(&tag))
    }

    fn known_tag(&mut self, tag: &Tag) -> u16 {
        let name = format!("{}{}", tag.handle(), tag.suffix());
        let at = match self.file.tags.iter().position(|known| **known == *name) {
            Some(at) => at,
            None if self.file.tags.len() < u16::MAX as usize - 1 => {
                self.file.tags.push(name.into());
                self.file.tags.len() - 1
            }
            // More kinds of tags than anybody has: the last one stands for the rest.
            None => self.file.tags.len() - 1,
        };
        at as u16 + 1
    }

    #[inline]
    fn push(&mut self, node: Node, anchor: usize) -> u32 {
        let id = self.file.nodes.len() as u32;
        self.file.nodes.push(node);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        if let Some(parent) = self.stack.last_mut() {
            parent.children += 1;
        }
        id
    }

    #[allow(clippy::too_many_arguments, reason = "these are the parts of one event")]
    fn scalar(
        &mut self,
        text: &str,
        value: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        start: u32,
        end: u32,
    ) {
        let tag = self.tag(tag);
        let shape = match style {
            ScalarStyle::Plain => Shape::Plain,
            ScalarStyle::SingleQuoted => Shape::SingleQuoted,
            ScalarStyle::DoubleQuoted => Shape::DoubleQuoted,
            ScalarStyle::Literal => Shape::Literal,
            ScalarStyle::Folded => Shape::Folded,
        };
        // An absent node comes as a plain `~` with an empty span.
        if start == end && shape == Shape::Plain {
            let colon = text[self.seen as usize..].starts_with(':');
            let at = self.seen + u32::from(colon);
            let flags = ABSENT | self.flow();
            let node = Node { start: at, end: at, next: self.next(), first: 0, length: 0, tag, shape, flags };
            self.push(node, anchor);
            return;
        }
        self.rare.colons |= shape == Shape::Plain && text.as_bytes()[start as usize] == b':';
        let value = match shape {
            Shape::Literal | Shape::Folded => without_made_break(text, end, value),
            _ => value,
        };
        let borrowed = match value {
            Cow::Borrowed(value) => borrowed_at(text, value),
            Cow::Owned(_) => None,
        };
        let (first, flags) = match borrowed {
            Some(at) => (at, 0),
            None => {
                let at = self.file.decoded.len() as u32;
                self.file.decoded.push_str(&value);
                (at, DECODED)
            }
        };
        let (from, to) = match shape {
            Shape::Literal | Shape::Folded => self.block_span(text, shape, start, end),
            _ => (start, end),
        };
        let length = value.len() as u32;
        let flags = flags | self.flow();
        self.push(Node { start: from, end: to, next: self.next(), first, length, tag, shape, flags }, anchor);
        self.seen = to.max(self.seen);
    }

    /// A block scalar's event starts at its text and ends after blank lines: take in the header and
    /// leave the blank lines out.
    fn block_span(&self, text: &str, shape: Shape, start: u32, end: u32) -> (u32, u32) {
        let indicator = if shape == Shape::Literal { '|' } else { '>' };
        let from = (self.seen as usize).min(start as usize);
        let header = text[from..start as usize].find(indicator).map_or(start, |at| (from + at) as u32);
        let body = text[header as usize..end as usize].trim_end();
        (header, (header as usize + body.len().max(1)).min(text.len()) as u32)
    }

    /// Marks what stands between brackets.
    fn flow(&self) -> u8 {
        if self.stack.last().is_some_and(|open| !open.block) { FLOW } else { 0 }
    }

    fn next(&self) -> u32 {
        self.file.nodes.len() as u32 + 1
    }

    fn alias(&mut self, target: Option<u32>, start: u32, end: u32) {
        self.rare.aliases = true;
        let flags = if target.is_some() { 0 } else { UNRESOLVED };
        let node = Node {
            start,
            end,
            next: self.next(),
            first: target.unwrap_or(u32::MAX),
            length: 0,
            tag: 0,
            shape: Shape::Alias,
            flags,
        };
        self.push(node, 0);
        self.seen = end.max(self.seen);
    }

    fn open(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        start: u32,
        end: u32,
    ) {
        let tag = self.tag(tag);
        let block = style == StructureStyle::Block;
        let flags = if block { 0 } else { FLOW };
        let id = self.push(Node { start, end, next: 0, first: 0, length: 0, tag, shape, flags }, anchor);
        self.stack.push(Open { id, children: 0, block });
        self.seen = end.max(self.seen);
    }

    fn close(&mut self, end: u32) {
        let Some(open) = self.stack.pop() else { return };
        let next = self.file.nodes.len() as u32;
        // The end of a block collection comes with the next token: take the end of what it holds.
        let end = if open.block { self.last_end(open.id, next) } else { end };
        let node = &mut self.file.nodes[open.id as usize];
        node.next = next;
        node.first = open.children;
        node.end = end.max(node.start);
        self.seen = node.end.max(self.seen);
        if node.shape == Shape::Mapping {
            self.check_keys(NodeId(open.id), open.children as usize / 2);
        }
    }

    fn last_end(&self, id: u32, next: u32) -> u32 {
        self.file.nodes[id as usize + 1..next as usize].last().map_or(self.file.nodes[id as usize].end, |last| {
            // The last node in pre-order may be a child of a flow collection that closes after it.
            last.end.max(self.seen)
        })
    }

    fn check_keys(&mut self, id: NodeId, entries: usize) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        keys.reserve(entries);
        let mut merges = false;
        let mut odd = None;
        {
            let mut children = self.file.children(id);
            while let Some(key) = children.next() {
                children.next();
                let node = self.file.node(key);
                let Some(style) = node.shape.style() else {
                    odd = odd.or(Some(key).filter(|_| node.shape != Shape::Alias));
                    continue;
                };
                // A merge key is `<<`.
                if node.length == 2 && scalar::is_merge_key(self.file.scalar_text(key), style, self.file.tag(key)) {
                    merges = true;
                } else {
                    keys.push(key);
                }
            }
        }
        if merges {
            self.file.nodes[id.0 as usize].flags |= MERGES;
        }
        if let Some(key) = odd {
            self.errors.push(self.odd_key(key));
        }
        let found = duplicates(&self.file, &keys);
        self.file.duplicates.extend(found);
        self.keys = keys;
    }

    /// A key that is a collection: a template without quotes, or nothing that anybody can use.
    fn odd_key(&self, key: NodeId) -> SyntaxError {
        let span = self.file.span(key);
        let text = &self.file.text[..span.end as usize];
        let braces = text[..span.start as usize].ends_with('{') && text[span.start as usize..].starts_with('{');
        let (kind, message) = match braces {
            true => (SyntaxKind::Template, "a template that has to be filled in first"),
            false => (SyntaxKind::Incompatible, "a key that is a mapping or a list, which no JSON can hold"),
        };
        SyntaxError { kind, span, message: message.into() }
    }

    fn fail(&mut self, text: &str, at: usize, info: &str) {
        let mut at = at;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let end =
            text[at..].chars().next().filter(|next| *next != '\n' && *next != '\r').map_or(at, |c| at + c.len_utf8());
        self.errors.push(SyntaxError {
            kind: SyntaxKind::Grammar,
            span: Span { source: self.file.source, start: at as u32, end: end as u32 },
            message: plain_words(info),
        });
        self.seen = self.seen.max(at as u32);
        self.end_document(at as u32);
    }

    fn end_document(&mut self, end: u32) {
        while !self.stack.is_empty() {
            self.close(self.seen);
        }
        let nodes = self.first..self.file.nodes.len() as u32;
        let root = (!nodes.is_empty() && self.file.nodes[nodes.start as usize].flags & ABSENT == 0)
            .then_some(NodeId(nodes.start));
        let mut errors = std::mem::take(&mut self.errors);
        let rare = std::mem::take(&mut self.rare);
        if rare.aliases {
            errors.extend(budget::check(&self.file, nodes.clone()));
        }
        let range = self.start..end.max(self.start);
        if errors.iter().any(|error| error.kind == SyntaxKind::Grammar) {
            errors.retain(|error| !matches!(error.kind, SyntaxKind::Incompatible | SyntaxKind::Template));
        } else if errors.is_empty() {
            errors.extend(compatibility::check(&self.file, range.clone(), nodes, rare));
        }
        errors.sort_by_key(|error| error.span.start);
        self.file.documents.push(Document { range, root, errors });
        self.first = self.file.nodes.len() as u32;
        self.start = end.max(self.start);
        self.anchors.clear();
    }
}

/// Files that were put together from others carry a byte order mark behind a `---`, where readers that split
/// the documents first pass over it. Empty lines of the same length keep every other byte in place.
fn without_inner_marks(text: Arc<str>) -> Arc<str> {
    const MARK: &str = "---\n\u{feff}";
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(MARK) {
        let (before, after) = rest.split_at(at);
        clean.push_str(before);
        let separator = clean.is_empty() || clean.ends_with(['\n', '\u{feff}']);
        clean.push_str(if separator { "---\n\n\n\n" } else { MARK });
        rest = &after[MARK.len()..];
    }
    clean.push_str(rest);
    clean.into()
}

/// The text of a block scalar that ends with the file, the file's last line having no break: readers of
/// manifests do not make up that break.
fn without_made_break<'a>(text: &str, end: u32, value: Cow<'a, str>) -> Cow<'a, str> {
    if (end as usize) < text.len() || text.ends_with(['\n', '\r']) {
        return value;
    }
    let Some(kept) = value.strip_suffix('\n') else { return value };
    let line = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    let (words, last) = (line.trim_start_matches(' '), kept.rsplit('\n').next().unwrap_or_default());
    let is_made = match words {
        "" => last.chars().all(|c| c == ' ') && (!last.is_empty() || kept.is_empty()),
        words => kept.ends_with(words),
    };
    if !is_made {
        return value;
    }
    let length = kept.len();
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(&value[..length]),
        Cow::Owned(mut value) => {
            value.truncate(length);
            Cow::Owned(value)
        }
    }
}

fn borrowed_at(text: &str, value: &str) -> Option<u32> {
    let at = (value.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let found = text.get(at..at + value.len())?;
    std::ptr::eq(found.as_ptr(), value.as_ptr()).then_some(at as u32)
}

fn duplicates(file: &File, keys: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    let mut found = Vec::new();
    if keys.len() <= FEW {
        for (at, key) in keys.iter().enumerate() {
            let same = |other: &&NodeId| {
                file.node(**other).length == file.node(*key).length
                    && file.scalar_text(**other) == file.scalar_text(*key)
            };
            if let Some(earlier) = keys[..at].iter().rev().find(same) {
                found.push((*earlier, *key));
            }
        }
        return found;
    }
    let mut seen: HashMap<&str, NodeId> = HashMap::with_capacity(keys.len());
    for key in keys {
        if let Some(earlier) = seen.insert(file.scalar_text(*key), *key) {
            found.push((earlier, *key));
        }
    }
    found
}

/// The parser's own words, in the form of our messages.
fn plain_words(info: &str) -> String {
    let info = info.trim().trim_end_matches('.');
    let mut chars = info.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "not YAML".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Dialect, Kind, Value};

    fn file(text: &str) -> File {
        parse(SourceId(0), text.into())
    }

    fn root(file: &File, document: usize) -> Value<'_> {
        Value::new(file, file.documents()[document].root.expect("a root"), Dialect::Kubectl)
    }

    fn slice(file: &File, value: Value<'_>) -> String {
        file.text()[value.span().range()].to_owned()
    }

    #[test]
    fn spans_are_the_bytes_of_each_value() {
        let file =
            file("a: é x\nb:\n  - 'q'\n  - {c: \"d\\n\"}\n\n# end\nz: |-\n  one\n  two\n\n\ny: >\n  folded\nx:\n");
        let root = root(&file, 0);
        let at = |path: &[&str]| slice(&file, root.at(path).expect("a value"));
        assert_eq!(at(&["a"]), "é x");
        assert_eq!(at(&["b"]), "- 'q'\n  - {c: \"d\\n\"}");
        assert_eq!(at(&["z"]), "|-\n  one\n  two");
        assert_eq!(at(&["y"]), ">\n  folded");
        let absent = root.get("x").expect("x");
        assert!(absent.is_absent() && absent.is_null() && absent.span().start == file.text().len() as u32 - 1);
        assert_eq!(root.get("z").and_then(Value::raw), Some("one\ntwo"));
        assert_eq!(&file.text()[root.get("z").and_then(Value::key_span).expect("a key").range()], "z");
        let last = root.get("b").and_then(|list| list.items().nth(1)).and_then(|item| item.get("c")).expect("c");
        assert_eq!((last.raw(), slice(&file, last)), (Some("d\n"), "\"d\\n\"".into()));
    }

    #[test]
    fn a_block_text_that_ends_with_the_file_gets_no_break() {
        for (text, expected) in [
            ("a: |\n  x", "x"),
            ("a: |\n  x\n", "x\n"),
            ("a: |+\n  x\n  y", "x\ny"),
            ("a: |+\n  x\n  ", "x\n"),
            ("a: |\n  x\n  ", "x\n"),
            ("a: |+\n  ", ""),
            ("a: |1\n   ", "  "),
            ("a: >\n  x\n  y", "x y"),
            ("a: |-\n  x", "x"),
            ("a: |\n  x\nb: 1", "x\n"),
            ("a: |\n  x\n...", "x\n"),
        ] {
            let file = file(text);
            assert_eq!(root(&file, 0).get("a").and_then(Value::raw), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn a_broken_document_does_not_lose_the_others() {
        let file = file("a: 1\n---\nb: [1\n---\nc: 3\n");
        let whole: Vec<bool> = file.documents().iter().map(Document::is_whole).collect();
        assert_eq!(whole, [true, false, true]);
        assert_eq!(root(&file, 2).get("c").and_then(Value::raw), Some("3"));
    }

    #[test]
    fn duplicate_keys_name_both_places() {
        for text in
            ["a: 1\nb: 2\na: 3\n", &(0..40).map(|n| format!("k{n}: 1\n")).collect::<String>().replace("k30:", "k3:")]
        {
            let file = file(text);
            let [(first, again)] = file.duplicates() else { panic!("one duplicate in {text}") };
            assert_eq!(file.scalar_text(*first), file.scalar_text(*again));
            assert!(file.span(*first).start < file.span(*again).start);
        }
        assert!(file("a: {x: 1}\nb: {x: 1}\n<<: {}\n").duplicates().is_empty());
    }

    #[test]
    fn aliases_and_merges_are_looked_through() {
        let file = file("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nsame: *b\n");
        let root = root(&file, 0);
        assert_eq!(root.at(&["use", "x"]).and_then(Value::raw), Some("1"));
        assert_eq!(root.at(&["use", "y"]).and_then(Value::raw), Some("3"));
        assert_eq!(root.at(&["same", "y"]).and_then(Value::raw), Some("2"));
        let keys: Vec<&str> = root.get("use").expect("use").entries().map(|(key, _)| key).collect();
        assert_eq!(keys, ["y", "x"]);
        assert_eq!(&file.text()[root.get("same").expect("same").site().range()], "*b");
    }

    #[test]
    fn an_undefined_alias_is_told_and_the_rest_is_read() {
        let file = file("a: *nope\nb: 1\n");
        assert_eq!(file.documents()[0].errors[0].kind, SyntaxKind::UndefinedAlias);
        assert_eq!(root(&file, 0).get("a").map(Value::kind), Some(Kind::Broken));
    }

    #[test]
    fn bombs_and_loops_are_told_and_not_expanded() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let refs = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        for text in [bomb.as_str(), "a: &a [1, *a]\n"] {
            let file = file(text);
            assert_eq!(file.documents()[0].errors[0].kind, SyntaxKind::ExcessiveAliases, "{text:.40}");
        }
        let harmless: String =
            std::iter::once("b: &b {x: 1}\n".to_owned()).chain((0..300).map(|n| format!("k{n}: *b\n"))).collect();
        assert!(file(&harmless).documents()[0].is_whole());
    }

    #[test]
    fn deep_nesting_is_a_fault_and_no_overflow() {
        let file = file(&"[".repeat(10_000));
        assert!(!file.documents()[0].is_whole());
    }

    #[test]
    fn line_breaks_marks_and_comments_keep_their_bytes() {
        let text = "\u{feff}a: 1\r\n# one\r\nb: 2 # two\r\n---\r\nc: 3\r\n";
        let file = file(text);
        let comments: Vec<&str> = file.comments().iter().map(|c| &text[c.start as usize..c.end as usize]).collect();
        assert_eq!(comments, ["# one", "# two"]);
        assert_eq!(slice(&file, root(&file, 1).get("c").expect("c")), "3");
        assert_eq!(slice(&file, root(&file, 0).get("a").expect("a")), "1");
    }
}
