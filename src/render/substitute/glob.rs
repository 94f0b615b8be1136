//! The patterns of the trimming operators: what a pattern takes off one end of a value. They are those of Go's
//! `path.Match`, save that `*` and `?` take a `/` like anything else.

/// A pattern longer than this is not followed, for its cost is its length times that of the value.
const MAX_PATTERN: usize = 1024;

/// A pattern that can be matched; one that is malformed matches nothing.
#[derive(Debug)]
struct Glob {
    chunks: Vec<Chunk>,
    /// Whether it ends in a star.
    open: bool,
}

/// What stands between two stars. It is as long as what it matches.
#[derive(Debug, Default)]
struct Chunk {
    after_star: bool,
    elements: Vec<Element>,
}

#[derive(Debug)]
enum Element {
    One(char),
    Any,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// How many bytes of `value` the pattern takes off its end or its start. None where that is not worked out.
/// Flux counts bytes where this takes whole characters; to cut one in two would leave a text that nothing can read.
pub(super) fn trimmed(value: &str, pattern: &str, end: bool, longest: bool) -> Option<usize> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    // At the end, Flux matches the pattern read backwards, brackets and escapes included.
    let in_order =
        |text: &str| -> Vec<char> { if end { text.chars().rev().collect() } else { text.chars().collect() } };
    let taken = Glob::read(&in_order(pattern)).and_then(|glob| {
        let value = in_order(value);
        let taken = glob.end(&value, longest)?;
        Some(value.iter().take(taken).map(|one| one.len_utf8()).sum())
    });
    Some(taken.unwrap_or(0))
}

impl Glob {
    fn read(pattern: &[char]) -> Option<Glob> {
        let mut rest = pattern.iter().copied();
        let mut chunks = Vec::new();
        let mut chunk = Chunk::default();
        while let Some(next) = rest.next() {
            let element = match next {
                '*' => {
                    if !chunk.elements.is_empty() {
                        chunks.push(std::mem::take(&mut chunk));
                    }
                    chunk.after_star = true;
                    continue;
                }
                '?' => Element::Any,
                '\\' => Element::One(rest.next()?),
                '[' => class(&mut rest)?,
                one => Element::One(one),
            };
            chunk.elements.push(element);
        }
        let open = chunk.elements.is_empty() && chunk.after_star;
        if !chunk.elements.is_empty() {
            chunks.push(chunk);
        }
        Some(Glob { chunks, open })
    }

    /// Where the shortest or longest beginning of `text` that it matches ends; a beginning is never empty.
    fn end(&self, text: &[char], longest: bool) -> Option<usize> {
        let mut at = 0;
        for (number, chunk) in self.chunks.iter().enumerate() {
            let fits = |from: &usize| chunk.fits(&text[*from..]);
            let last_place = text.len().checked_sub(chunk.elements.len())?;
            let is_last = number + 1 == self.chunks.len() && !self.open;
            let found = match chunk.after_star {
                false => Some(at).filter(|at| *at <= last_place && fits(at)),
                true if is_last && longest => (at..=last_place).rev().find(fits),
                true => (at..=last_place).find(fits),
            };
            at = found? + chunk.elements.len();
        }
        if self.open {
            at = if longest { text.len() } else { at.max(1).min(text.len()) };
        }
        (at > 0).then_some(at)
    }
}

impl Chunk {
    fn fits(&self, text: &[char]) -> bool {
        self.elements.len() <= text.len()
            && self.elements.iter().zip(text).all(|(element, one)| match element {
                Element::One(wanted) => wanted == one,
                Element::Any => true,
                Element::Class { negated, ranges } => {
                    ranges.iter().any(|(low, high)| (low..=high).contains(&one)) != *negated
                }
            })
    }
}

/// The class whose bracket has been read; none where it is malformed.
fn class(rest: &mut (impl Iterator<Item = char> + Clone)) -> Option<Element> {
    let next_is = |rest: &mut _, wanted: char| {
        let mut ahead = Clone::clone(rest);
        let found = Iterator::next(&mut ahead) == Some(wanted);
        if found {
            *rest = ahead;
        }
        found
    };
    let negated = next_is(rest, '^');
    let mut ranges = Vec::new();
    loop {
        let low = bound(rest)?;
        let high = if next_is(rest, '-') { bound(rest)? } else { low };
        ranges.push((low, high));
        if next_is(rest, ']') {
            return Some(Element::Class { negated, ranges });
        }
    }
}

/// One end of a range in a class.
fn bound(rest: &mut impl Iterator<Item = char>) -> Option<char> {
    match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        one => Some(one),
    }
}
