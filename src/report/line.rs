//! One line of a source as a person sees it: masked, printable, cut to the width around what is marked.

use super::Texts;
use super::wording::{columns, visible};
use crate::source::{MASK, Source, SourceId};
use std::ops::Range;

/// A tab fills up to the next multiple of this many columns.
const TAB: usize = 4;
/// Columns in front of a label that a cut line keeps, if there is room.
const LEAD: usize = 12;

/// How large and with which characters a snippet is cut.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) unicode: bool,
}

impl Frame {
    pub(super) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// The bytes of a line that can be printed: no line break, no byte order mark.
pub(super) fn printed_line(source: &Source, line: usize) -> Range<usize> {
    let range = source.line_range(line);
    if line == 0 && source.text().starts_with('\u{feff}') && range.len() >= 3 { 3..range.end } else { range }
}

/// Columns for source text on a line, beside ` 12 | `.
pub(super) fn room(frame: Frame, line: usize) -> usize {
    frame.width.max(40) - gutter(line)
}

pub(super) fn gutter(line: usize) -> usize {
    (line + 2).to_string().len() + 4
}

/// A line as printed, and where marks lie in it.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) marks: Vec<Placed>,
}

pub(super) struct Placed {
    pub(super) bytes: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Shown {
    pub(super) fn new(texts: &Texts<'_>, id: SourceId, line: usize, marks: &[Range<usize>], frame: Frame) -> Shown {
        let room = room(frame, line);
        let cells = Cells::new(texts, id, line, marks, room);
        let window = cells.window(room, frame.ellipsis().len());
        let mut text = String::new();
        if window.start > 0 || cells.more_before {
            text.push_str(frame.ellipsis());
        }
        let lead = text.len();
        text.extend(&cells.chars[window.clone()]);
        let body = text[lead..].len();
        if window.end < cells.chars.len() || cells.more_after {
            text.push_str(frame.ellipsis());
        }
        let byte_at = |cell: usize| {
            let cell = cell.clamp(window.start, window.end);
            let before: usize = cells.chars[window.start..cell].iter().map(|c| c.len_utf8()).sum();
            lead + before.min(body)
        };
        let lead_columns = text[..lead].chars().count();
        let column_at = |cell: usize| {
            let cell = cell.clamp(window.start, window.end);
            lead_columns + cells.columns[cell] - cells.columns[window.start]
        };
        let marks = cells
            .marks
            .iter()
            .map(|mark| Placed {
                bytes: byte_at(mark.start)..byte_at(mark.end),
                columns: column_at(mark.start)..column_at(mark.end),
            })
            .collect();
        Shown { text, marks }
    }
}

/// The printable characters near the marks of a line: the whole line, or of a long one as much as a window
/// could need, so that a huge line costs no more than a short one.
struct Cells {
    chars: Vec<char>,
    /// Columns in front of each character, and of all.
    columns: Vec<usize>,
    marks: Vec<Range<usize>>,
    more_before: bool,
    more_after: bool,
}

impl Cells {
    fn new(texts: &Texts<'_>, id: SourceId, line: usize, marks: &[Range<usize>], room: usize) -> Cells {
        let source = &texts.sources[id];
        let range = printed_line(source, line);
        let near = near(source, &range, marks, room);
        let mut cells = Cells {
            chars: Vec::new(),
            columns: vec![0],
            marks: Vec::new(),
            more_before: near.start > range.start,
            more_after: near.end < range.end,
        };
        let mut at = near.start;
        let mut bounds = Bounds::new(marks);
        for mask in texts.masks.within(id, near.clone()) {
            let mask = (mask.start as usize).max(near.start)..(mask.end as usize).min(near.end);
            cells.copy(source, at..mask.start, &mut bounds);
            bounds.reach(mask.start, cells.chars.len());
            MASK.chars().for_each(|c| cells.push(c));
            at = mask.end;
        }
        cells.copy(source, at..near.end, &mut bounds);
        cells.marks = bounds.finish(cells.chars.len());
        cells
    }

    fn copy(&mut self, source: &Source, range: Range<usize>, bounds: &mut Bounds) {
        for (at, c) in source.text()[range.clone()].char_indices() {
            bounds.reach(range.start + at, self.chars.len());
            if c == '\t' {
                let column = self.columns.last().copied().unwrap_or(0);
                (0..TAB - column % TAB).for_each(|_| self.push(' '));
            } else {
                self.push(visible(c));
            }
        }
        bounds.reach(range.end, self.chars.len());
    }

    fn push(&mut self, c: char) {
        let column = self.columns.last().copied().unwrap_or(0);
        self.chars.push(c);
        self.columns.push(column + columns(c));
    }

    /// The characters to print: all that fit, else those around the marks.
    fn window(&self, room: usize, ellipsis: usize) -> Range<usize> {
        let all = self.chars.len();
        if self.columns[all] <= room && !self.more_before && !self.more_after {
            return 0..all;
        }
        let room = room.saturating_sub(2 * ellipsis).max(1);
        let first = self.marks.iter().map(|mark| mark.start).min().unwrap_or(0);
        let last = self.marks.iter().map(|mark| mark.end).max().unwrap_or(0);
        let wanted = self.columns[last] - self.columns[first];
        // A label that does not fit is cut anyway, so what stands in front of it costs nothing.
        let spare = room.checked_sub(wanted).unwrap_or(LEAD);
        let earliest = self.columns[all].saturating_sub(room);
        let from = self.columns[first].saturating_sub(LEAD.min(spare)).min(earliest);
        let start = if self.columns[last] <= room && !self.more_before { 0 } else { self.at_column(from) };
        let end = self.columns.partition_point(|column| *column <= self.columns[start] + room) - 1;
        start..end.max(start)
    }

    fn at_column(&self, column: usize) -> usize {
        self.columns.partition_point(|start| *start < column).min(self.chars.len())
    }
}

/// The part of a line that is looked at.
fn near(source: &Source, line: &Range<usize>, marks: &[Range<usize>], room: usize) -> Range<usize> {
    let first = marks.iter().map(|mark| mark.start).min().unwrap_or(line.start);
    let last = marks.iter().map(|mark| mark.end).max().unwrap_or(line.start);
    let text = source.text();
    let start = text.floor_char_boundary(first.saturating_sub(2 * room)).max(line.start);
    let end = text.ceil_char_boundary((last.min(first + 4 * room) + 4 * room).min(line.end));
    start..end
}

/// Turns the ends of marks into numbers of characters, as the characters go by.
struct Bounds {
    /// Byte offset, mark, whether it is the mark's end; by offset.
    pending: Vec<(usize, usize, bool)>,
    next: usize,
    found: Vec<Range<usize>>,
}

impl Bounds {
    fn new(marks: &[Range<usize>]) -> Bounds {
        let mut pending: Vec<(usize, usize, bool)> =
            marks.iter().enumerate().flat_map(|(at, mark)| [(mark.start, at, false), (mark.end, at, true)]).collect();
        pending.sort_unstable();
        Bounds { pending, next: 0, found: vec![0..0; marks.len()] }
    }

    fn reach(&mut self, offset: usize, cell: usize) {
        while let Some((_, mark, end)) = self.pending.get(self.next).filter(|(at, ..)| *at <= offset) {
            if *end {
                self.found[*mark].end = cell;
            } else {
                self.found[*mark].start = cell;
            }
            self.next += 1;
        }
    }

    fn finish(mut self, cells: usize) -> Vec<Range<usize>> {
        self.reach(usize::MAX, cells);
        self.found
    }
}
