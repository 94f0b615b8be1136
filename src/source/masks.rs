//! Which bytes of the sources are secret. Everything that prints a piece of a source asks here.

use super::{Source, SourceId, Sources, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// What is printed in place of a secret, whatever its length.
pub const MASK: &str = "********";

/// The secret ranges of all sources, sorted and free of overlaps; no range crosses a line break.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    ranges: BTreeMap<SourceId, Vec<Range<u32>>>,
}

impl Masks {
    /// Masks for `spans`, which may overlap and cross lines.
    pub fn new(sources: &Sources, spans: impl IntoIterator<Item = Span>) -> Masks {
        let mut ranges: BTreeMap<SourceId, Vec<Range<u32>>> = BTreeMap::new();
        for span in spans {
            let list = ranges.entry(span.source).or_default();
            split_at_lines(&sources[span.source], span, list);
        }
        for list in ranges.values_mut() {
            list.sort_by_key(|range| (range.start, range.end));
            let mut merged: Vec<Range<u32>> = Vec::with_capacity(list.len());
            for range in list.drain(..) {
                match merged.last_mut() {
                    Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                    _ => merged.push(range),
                }
            }
            *list = merged;
        }
        Masks { ranges }
    }

    /// The secret ranges of one source, in order.
    pub fn of(&self, source: SourceId) -> &[Range<u32>] {
        self.ranges.get(&source).map_or(&[], Vec::as_slice)
    }

    /// The secret ranges of one source that share a byte with `range`, in order.
    pub fn within(&self, source: SourceId, range: Range<usize>) -> &[Range<u32>] {
        let all = self.of(source);
        let from = all.partition_point(|mask| mask.end as usize <= range.start);
        let to = all.partition_point(|mask| (mask.start as usize) < range.end);
        &all[from..to.max(from)]
    }

    /// The bytes `range` of a source with every secret in it replaced by [`MASK`].
    pub fn apply<'a>(&self, sources: &'a Sources, source: SourceId, range: Range<usize>) -> Cow<'a, str> {
        let text = &sources[source].text()[range.clone()];
        let hits: Vec<&Range<u32>> = self
            .of(source)
            .iter()
            .filter(|mask| (mask.start as usize) < range.end && (mask.end as usize) > range.start)
            .collect();
        if hits.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = range.start;
        let whole = sources[source].text();
        for hit in hits {
            let (start, end) = ((hit.start as usize).max(range.start), (hit.end as usize).min(range.end));
            out.push_str(&whole[at..start]);
            out.push_str(MASK);
            at = end;
        }
        out.push_str(&whole[at..range.end]);
        Cow::Owned(out)
    }
}

fn split_at_lines(source: &Source, span: Span, into: &mut Vec<Range<u32>>) {
    if span.start >= span.end {
        return;
    }
    for line in source.line_of(span.start)..=source.line_of(span.end - 1) {
        let range = source.line_range(line);
        let text = &source.text()[range.clone()];
        let indent = text.len() - text.trim_start().len();
        let start = (span.start as usize).max(range.start + indent);
        let end = (span.end as usize).min(range.end);
        if start < end {
            into.push(start as u32..end as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, spans: &[Range<u32>]) -> String {
        let mut sources = Sources::new(vec![String::new()]);
        let id = sources.add(Source::new(0, "a", text));
        let masks = Masks::new(&sources, spans.iter().map(|range| Span::new(id, range.clone())));
        masks.apply(&sources, id, 0..text.len()).into_owned()
    }

    #[test]
    fn lines_and_indentation_stay() {
        assert_eq!(
            masked("a: |\n  one\n  two\nb: 1\n", std::slice::from_ref(&(5..17))),
            "a: |\n  ********\n  ********\nb: 1\n"
        );
    }

    #[test]
    fn overlapping_spans_become_one_mask() {
        assert_eq!(masked("a: secret", &[3..6, 5..9]), "a: ********");
    }

    #[test]
    fn masks_within_a_range_share_a_byte_with_it() {
        let mut sources = Sources::new(vec![String::new()]);
        let id = sources.add(Source::new(0, "a", "abcdefghij"));
        let masks = Masks::new(&sources, [1..3, 5..7].map(|range| Span::new(id, range)));
        for (range, count) in [(0..1, 0), (0..2, 1), (2..5, 1), (2..6, 2), (3..5, 0), (7..10, 0), (4..4, 0)] {
            assert_eq!(masks.within(id, range.clone()).len(), count, "{range:?}");
        }
    }

    #[test]
    fn nothing_secret_borrows() {
        assert_eq!(masked("a: plain", &[]), "a: plain");
    }
}
