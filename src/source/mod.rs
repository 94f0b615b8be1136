//! Texts that were read, and places in them: source ids, byte spans, line tables, masks.
//! It opens no file and knows nothing of YAML.

mod masks;
mod origin;

use std::borrow::Cow;
use std::ops::{Index, Range};
use std::sync::{Arc, OnceLock};

pub use masks::{MASK, Masks};
pub use origin::{Composition, Origin, Part};

/// Which text a span lies in. Valid for the [`Sources`] that handed it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes of one source. `start <= end`, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text the range lies in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `range` in `source`.
    pub fn new(source: SourceId, range: Range<u32>) -> Span {
        Span { source, start: range.start, end: range.end }
    }

    /// The bytes, as a range that indexes a text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The empty span at the start of this one: where text would be put in front of it.
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty span at the end of this one.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// Whether every byte of `other` lies in this span.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// A line and a column, both counted from 1; the column in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
}

/// One text with its identity (root and path in it) and its line table.
#[derive(Clone, Debug)]
pub struct Source {
    root: usize,
    path: Box<str>,
    text: Arc<str>,
    /// Made when somebody first asks for a line: most texts have nothing to be told of.
    lines: OnceLock<Box<[u32]>>,
    revision: Option<Arc<str>>,
}

impl Source {
    /// A source of root number `root`, under `path` (relative to that root, with `/`).
    /// A leading byte order mark counts as part of the text.
    pub fn new(root: usize, path: impl Into<Box<str>>, text: impl Into<Arc<str>>) -> Source {
        Source { root, path: path.into(), text: text.into(), lines: OnceLock::new(), revision: None }
    }

    /// What the other state is called that this text belongs to; none for the state that is checked.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// The number of the root this source belongs to.
    pub fn root(&self) -> usize {
        self.root
    }

    /// The path in its root, with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Byte offset of the start of each line.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        })
    }

    /// The line, counted from 0, that holds byte `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|start| *start <= offset) - 1
    }

    /// The bytes of line number `line` (from 0), without its line break.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_starts()[line] as usize;
        let end = self.line_starts().get(line + 1).map_or(self.text.len(), |next| *next as usize);
        let text = self.text[start..end].trim_end_matches(['\n', '\r']);
        start..start + text.len()
    }

    /// Line and column of byte `offset`. A byte order mark at the start takes no column.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts()[line] as usize;
        let before = &self.text[start..(offset as usize).min(self.text.len())];
        let before = if start == 0 { before.trim_start_matches('\u{feff}') } else { before };
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }
}

/// All sources of a run, and how each root is named in reports.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
    prefixes: Vec<String>,
}

impl Sources {
    /// No sources, with a prefix for each root: empty for a single root, else the root's
    /// path in the folder that holds all roots, with a final `/`.
    pub fn new(prefixes: Vec<String>) -> Sources {
        Sources { sources: Vec::new(), prefixes }
    }

    /// Adds a root, whose files reports name with `prefix`, and hands out its number.
    pub fn add_root(&mut self, prefix: String) -> usize {
        self.prefixes.push(prefix);
        self.prefixes.len() - 1
    }

    /// Adds a source and hands out its id.
    pub fn add(&mut self, source: Source) -> SourceId {
        self.sources.push(source);
        SourceId(self.sources.len() as u32 - 1)
    }

    /// Says of every source from number `from` on that it belongs to another state of its root, which reports call
    /// `revision`.
    pub fn mark(&mut self, from: usize, revision: &Arc<str>) {
        for source in &mut self.sources[from..] {
            source.revision = Some(Arc::clone(revision));
        }
    }

    /// The path a report shows: relative to the root of the world, or to the folder that holds all roots.
    pub fn name(&self, id: SourceId) -> Cow<'_, str> {
        let source = &self[id];
        match self.prefixes.get(source.root) {
            Some(prefix) if !prefix.is_empty() => Cow::Owned(format!("{prefix}{}", source.path)),
            _ => Cow::Borrowed(&source.path),
        }
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        &self[span.source].text[span.range()]
    }

    /// Every source with its id, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().enumerate().map(|(at, source)| (SourceId(at as u32), source))
    }

    /// How many sources there are.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is no source.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

impl Index<SourceId> for Sources {
    type Output = Source;

    fn index(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_not_bytes() {
        let source = Source::new(0, "a.yaml", "a: é\r\nb: x\n");
        for (offset, line, column) in [(0, 1, 1), (3, 1, 4), (5, 1, 5), (7, 2, 1), (10, 2, 4), (12, 3, 1)] {
            assert_eq!(source.position(offset), Position { line, column }, "offset {offset}");
        }
        assert_eq!(&source.text()[source.line_range(0)], "a: é");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let source = Source::new(0, "a.yaml", "\u{feff}a: 1\n");
        assert_eq!(source.position(3), Position { line: 1, column: 1 });
    }

    #[test]
    fn names_carry_the_root_prefix() {
        let mut sources = Sources::new(vec!["platform/".into(), "app/".into()]);
        let id = sources.add(Source::new(1, "a.yaml", ""));
        assert_eq!(sources.name(id), "app/a.yaml");
    }
}
