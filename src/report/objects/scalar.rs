//! Scalars as `kubectl kustomize` prints them: plain where the reader of YAML 1.1 sees the same text
//! again, else in quotes; texts of several lines as literal blocks. Long texts are folded at spaces.

use crate::yaml::{Dialect, Scalar, Style, scalar};
use std::borrow::Cow;

/// The column behind which a text goes on in the next line.
const WIDTH: usize = 80;

/// Where a scalar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Before a colon, or wherever else it has one line.
    Line,
    /// A value.
    Value {
        /// How many spaces its further lines begin with.
        indent: usize,
        /// How many characters stand before it in its line.
        column: usize,
    },
}

/// A printed scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Printed<'t> {
    /// What begins on the line of the key; a comment may stand behind it.
    pub(super) head: Cow<'t, str>,
    /// The lines of a block, with a line break at their end; none where it is no block.
    pub(super) block: Option<String>,
}

/// Prints what a reader sees.
pub(super) fn print<'t>(scalar: Option<&'t Scalar<'_>>, spot: Spot) -> Printed<'t> {
    let head = match scalar {
        Some(Scalar::Text(text)) => return print_text(text, spot),
        Some(Scalar::Bool(value)) => Cow::Borrowed(if *value { "true" } else { "false" }),
        Some(Scalar::Int(value)) => Cow::Owned(value.to_string()),
        Some(Scalar::UInt(value)) => Cow::Owned(value.to_string()),
        Some(Scalar::Float(value)) => Cow::Owned(float(*value)),
        Some(Scalar::Null | Scalar::Invalid(_)) | None => Cow::Borrowed("null"),
    };
    Printed { head, block: None }
}

/// Prints a text.
pub(super) fn print_text(text: &str, spot: Spot) -> Printed<'_> {
    let facts = Facts::of(text);
    let lines = text.contains('\n');
    if let Spot::Value { indent, .. } = spot
        && lines
        && facts.block
    {
        let (head, block) = literal(text, indent);
        return Printed { head: Cow::Owned(head), block: Some(block) };
    }
    let head = if lines || !reads_as_text(text) {
        Pen::new(spot).double_quoted(text)
    } else if facts.plain {
        return Printed { head: plain(text, spot), block: None };
    } else if facts.single_quoted && !(spot == Spot::Line && facts.breaks) {
        Pen::new(spot).single_quoted(text)
    } else {
        Pen::new(spot).double_quoted(text)
    };
    Printed { head: Cow::Owned(head), block: None }
}

fn plain(text: &str, spot: Spot) -> Cow<'_, str> {
    match spot {
        Spot::Value { column, .. } if column + text.len() > WIDTH && text.contains(' ') => {
            Cow::Owned(Pen::new(spot).plain(text))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Whether go-yaml v2 reads the plain text as a text, and not as a number, a boolean, a date or nothing.
fn reads_as_text(text: &str) -> bool {
    let read = |dialect| scalar::resolve(text, Style::Plain, None, dialect);
    // The other dialect rewrites dates, which tells them from texts.
    matches!(read(Dialect::Kubectl), Scalar::Text(_))
        && !matches!(read(Dialect::Kustomize), Scalar::Text(Cow::Owned(_)) | Scalar::Invalid(_))
        && !is_base_60(text)
}

/// Numbers such as `12:30`, which YAML 1.1 reads to the base of 60.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !first.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return false;
    }
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let is_sixtieth = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
        _ => false,
    };
    let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
    middle.iter().all(|part| is_sixtieth(part))
        && is_sixtieth(whole)
        && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// What the emitter of go-yaml knows of a text before it chooses how to write it.
struct Facts {
    plain: bool,
    single_quoted: bool,
    block: bool,
    breaks: bool,
}

impl Facts {
    fn of(text: &str) -> Facts {
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut breaks, mut space_break, mut break_space) = (false, false, false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut characters = text.chars().peekable();
        let mut first = true;
        let mut after_blank = true;
        while let Some(c) = characters.next() {
            let before_blank = characters.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            indicators |= match c {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
                '#' => first || after_blank,
                ':' => before_blank,
                '?' | '-' => first && before_blank,
                _ => false,
            };
            special |= !is_printable(c);
            let (space, line_break) = (c == ' ', is_break(c));
            break_space |= space && after_break;
            space_break |= line_break && after_space;
            breaks |= line_break;
            (after_space, after_break) = (space, line_break);
            after_blank = matches!(c, ' ' | '\t') || line_break;
            first = false;
        }
        let at_edge = |is: fn(char) -> bool| text.starts_with(is) || text.ends_with(is);
        let quotable = !break_space && !space_break && !special;
        Facts {
            plain: quotable && !breaks && !indicators && !at_edge(|c| c == ' ') && !text.is_empty(),
            single_quoted: quotable,
            block: !text.ends_with(' ') && !space_break && !special,
            breaks,
        }
    }
}

/// What go-yaml v2 prints as it is. Tabs and what lies beyond the basic plane are not among it.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Writes a text and folds it where it gets too wide.
struct Pen {
    out: String,
    column: usize,
    /// How further lines begin; none where there must not be any.
    indent: Option<usize>,
    after_space: bool,
}

impl Pen {
    fn new(spot: Spot) -> Pen {
        let (indent, column) = match spot {
            Spot::Line => (None, 0),
            Spot::Value { indent, column } => (Some(indent), column),
        };
        Pen { out: String::new(), column, indent, after_space: false }
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    /// Goes to the next line in place of a space, if that is due. Of several spaces only the first may be replaced.
    fn folds(&mut self) -> bool {
        match self.indent {
            Some(indent) if self.column > WIDTH && !self.after_space => {
                self.out.push('\n');
                self.begin(indent);
                true
            }
            _ => false,
        }
    }

    fn begin(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn plain(mut self, text: &str) -> String {
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let folded = c == ' ' && !rest.as_str().starts_with(' ') && self.folds();
            if !folded {
                self.put(c);
            }
            self.after_space = c == ' ';
        }
        self.out
    }

    fn single_quoted(mut self, text: &str) -> String {
        self.put('\'');
        let mut after_break = false;
        let mut rest = text.chars();
        let mut first = true;
        while let Some(c) = rest.next() {
            let single = !first && !rest.as_str().is_empty() && !rest.as_str().starts_with(' ');
            if c == ' ' && single && self.folds() {
                self.after_space = true;
                continue;
            }
            if after_break
                && c != ' '
                && !is_break(c)
                && let Some(indent) = self.indent
            {
                self.begin(indent);
            }
            if c == '\'' {
                self.put(c);
            }
            self.put(c);
            if is_break(c) {
                self.column = 0;
            }
            after_break = is_break(c);
            self.after_space = c == ' ';
            first = false;
        }
        self.put('\'');
        self.out
    }

    fn double_quoted(mut self, text: &str) -> String {
        self.put('"');
        // Behind a byte order mark go-yaml v2 takes every character for one.
        let marked = text.starts_with('\u{feff}');
        let mut rest = text.chars();
        let mut first = true;
        while let Some(c) = rest.next() {
            if is_printable(c) && !is_break(c) && !matches!(c, '"' | '\\') && !marked {
                let inside = !first && !rest.as_str().is_empty();
                if c == ' ' && inside && self.folds() {
                    if rest.as_str().starts_with(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
            } else {
                self.escape(c);
            }
            self.after_space = c == ' ' && !marked;
            first = false;
        }
        self.put('"');
        self.out
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                let written = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.column += written.len();
                self.out.push_str(&written);
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }
}

/// The head of a literal block and its lines.
fn literal(text: &str, indent: usize) -> (String, String) {
    let mut head = "|".to_owned();
    if text.starts_with([' ', '\n', '\u{2028}', '\u{2029}']) {
        head.push('2');
    }
    let mut from_end = text.chars().rev();
    let (last, before) = (from_end.next(), from_end.next());
    if !last.is_some_and(is_break) {
        head.push('-');
    } else if before.is_none_or(is_break) {
        head.push('+');
    }
    let mut block = String::with_capacity(text.len() + 16);
    let mut breaks = true;
    for c in text.chars() {
        if !is_break(c) && breaks {
            block.extend(std::iter::repeat_n(' ', indent));
        }
        breaks = is_break(c);
        block.push(c);
    }
    if !block.ends_with('\n') {
        block.push('\n');
    }
    (head, block)
}

/// A float as it comes out of Go: written as JSON, read again, and printed by go-yaml.
fn float(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e21 {
        // Display writes the shortest digits and fills up with zeros, as Go does.
        let digits = format!("{value}");
        if digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok() {
            return if digits == "-0" { "0".to_owned() } else { digits };
        }
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').expect("internal: {:e} always writes an exponent");
    let exponent: i32 = exponent.parse().expect("internal: {:e} writes a decimal exponent");
    // The bounds of Go's `%g` without a precision, beyond which the digits do not count.
    match exponent {
        -4..=5 => format!("{value}"),
        _ => format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let printed = print_text(text, Spot::Value { indent: 2, column: 3 });
        match printed.block {
            Some(block) => format!("{}\n{block}", printed.head),
            None => printed.head.into_owned(),
        }
    }

    #[test]
    fn texts_are_quoted_where_they_would_read_otherwise() {
        for (text, expected) in [
            ("nginx:1.27", "nginx:1.27"),
            ("", "\"\""),
            ("on", "\"on\""),
            ("tRue", "tRue"),
            ("0x1f", "\"0x1f\""),
            ("1_000", "\"1_000\""),
            ("100m", "100m"),
            ("12:30", "\"12:30\""),
            ("12:75", "12:75"),
            ("2024-02-30", "2024-02-30"),
            ("2024-02-28", "\"2024-02-28\""),
            ("<<", "<<"),
            ("a: b", "'a: b'"),
            ("it's: so", "'it''s: so'"),
            ("say \"hi\"", "say \"hi\""),
            ("\"hi\"", "'\"hi\"'"),
            ("a #b", "'a #b'"),
            ("a#b", "a#b"),
            ("-", "'-'"),
            ("-x", "-x"),
            ("---", "'---'"),
            ("*", "'*'"),
            (" x", "' x'"),
            ("a\tb", "\"a\\tb\""),
            ("\u{1f600}", "\"\\U0001F600\""),
            ("caf\u{e9}", "caf\u{e9}"),
            ("\u{feff}a", "\"\\uFEFF\\x61\""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_of_several_lines_are_blocks_where_they_can_be() {
        for (text, expected) in [
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\nb\n", "|\n  a\n  b\n"),
            ("a\n\n", "|+\n  a\n\n"),
            ("\n", "|2+\n\n"),
            (" a\nb\n", "|2\n   a\n  b\n"),
            ("a\n b", "|-\n  a\n   b\n"),
            ("a \nb", "\"a \\nb\""),
            ("a\nb ", "\"a\\nb \""),
            ("a\r\nb", "\"a\\r\\nb\""),
            ("a\n\tb", "\"a\\n\\tb\""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        assert_eq!(print_text("a\nb", Spot::Line).head, "\"a\\nb\"");
    }

    #[test]
    fn numbers_come_out_as_go_prints_them() {
        for (value, expected) in [
            (1.5, "1.5"),
            (2.0, "2"),
            (-0.0, "0"),
            (1e19, "10000000000000000000"),
            (1e20, "1e+20"),
            (-1e19, "-1e+19"),
            (123456.7, "123456.7"),
            (1234567.8, "1.2345678e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(float(value), expected);
        }
    }
}
