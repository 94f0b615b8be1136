//! From the place where the grammar broke to what is wrong there, in words for people: the parser tells
//! where it stopped, and the cause often stands before that.

use super::arena::{SyntaxError, SyntaxKind};
use crate::source::Span;
use std::borrow::Cow;
use std::ops::Range;

/// What is wrong at a place, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes to look at.
    pub span: Span,
    /// What is wrong, lower-case, without a full stop.
    pub message: String,
    /// A few words to stand beside the bytes; may be empty.
    pub label: &'static str,
    /// What to do, verb first, where a usual cause is evident.
    pub help: Option<Cow<'static, str>>,
}

const QUOTE: &str = "put the whole value in quotes";
const SPACES: &str = "indent with spaces; YAML does not allow tabs there";
const CONFLICT: &str = "resolve the conflict and remove its markers";
const SPACE_BEHIND_COLON: &str = "put a space behind the colon";
/// How far back anchors are looked for: a file may hold any number of aliases without one.
const NEARBY: usize = 16 << 10;
const ALIGN: &str = "give the keys of one mapping the same indentation";

/// Says what is wrong where `text` broke.
pub fn mistake(text: &str, error: &SyntaxError) -> Mistake {
    let at = (error.span.start as usize).min(text.len());
    let place = Place { text, at, line: line_around(text, at), span: error.span };
    if error.kind == SyntaxKind::UndefinedAlias {
        return place.undefined_alias(error);
    }
    if error.kind != SyntaxKind::Grammar {
        return place.incompatible(error);
    }
    place
        .conflict()
        .or_else(|| place.tab(&error.message))
        .or_else(|| place.template())
        .or_else(|| place.start_of_value(&error.message))
        .or_else(|| place.quotes(&error.message))
        .or_else(|| place.brackets(&error.message))
        .or_else(|| place.colon(&error.message))
        .or_else(|| place.layout(&error.message))
        .unwrap_or_else(|| place.mistake(&error.message, "", None))
}

struct Place<'a> {
    text: &'a str,
    at: usize,
    /// The line that holds `at`, without its break.
    line: Range<usize>,
    span: Span,
}

impl<'a> Place<'a> {
    fn mistake(&self, message: impl Into<String>, label: &'static str, help: Option<&'static str>) -> Mistake {
        Mistake { span: self.span, message: message.into(), label, help: help.map(Cow::Borrowed) }
    }

    fn mistake_at(
        &self,
        range: Range<usize>,
        message: impl Into<String>,
        label: &'static str,
        help: Option<&'static str>,
    ) -> Mistake {
        let span = Span { source: self.span.source, start: range.start as u32, end: range.end as u32 };
        Mistake { span, ..self.mistake(message, label, help) }
    }

    fn before(&self) -> &'a str {
        &self.text[self.line.start..self.at]
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..self.line.end.max(self.at)]
    }

    /// The last line before this one that holds something beside a comment.
    fn previous(&self) -> Option<Range<usize>> {
        let mut end = self.line.start;
        while end > 0 {
            let line = line_around(self.text, end - 1);
            let words = self.text[line.clone()].trim_start();
            if !words.is_empty() && !words.starts_with('#') {
                return Some(line);
            }
            end = line.start;
        }
        None
    }

    fn next(&self) -> Option<Range<usize>> {
        let start = self.line.end + 1;
        (start < self.text.len()).then(|| line_around(self.text, start))
    }

    fn conflict(&self) -> Option<Mistake> {
        let marker = |line: &Range<usize>| {
            let text = &self.text[line.clone()];
            ["<<<<<<< ", ">>>>>>> ", "||||||| "].iter().any(|mark| text.starts_with(mark))
                || text.trim_end() == "======="
        };
        let lines = [Some(self.line.clone()), self.previous(), self.next()];
        let line = lines.into_iter().flatten().find(marker)?;
        Some(self.mistake_at(line, "an unresolved merge conflict", "left by git", Some(CONFLICT)))
    }

    fn tab(&self, message: &str) -> Option<Mistake> {
        if !message.contains("tab") {
            return None;
        }
        let lines = [Some(self.line.clone()), self.next(), self.previous()];
        let tab = lines.into_iter().flatten().find_map(|line| {
            let text = &self.text[line.clone()];
            let indent = text.len() - text.trim_start().len();
            text[..indent].find('\t').map(|at| line.start + at)
        })?;
        Some(self.mistake_at(tab..tab + 1, "a tab is used as indentation", "a tab", Some(SPACES)))
    }

    /// `{{ … }}` without quotes: braces open a mapping.
    fn template(&self) -> Option<Mistake> {
        let line = &self.text[self.line.clone()];
        let open = line.find("{{")?;
        let lead = line[..open].trim_end();
        let starts = lead.is_empty() || lead.ends_with([':', '-', '[', ',']);
        let close = line[open..].find("}}").map_or(line.len(), |at| open + at + 2);
        let range = self.line.start + open..self.line.start + close;
        if lead.is_empty() {
            let message = "a template directive, which is not YAML before the template is filled in";
            return Some(self.mistake_at(range, message, "braces open a mapping here", None));
        }
        starts.then(|| {
            let message = "a value that starts with `{{` has no quotes around it";
            self.mistake_at(range, message, "read as a mapping in a mapping", Some(QUOTE))
        })
    }

    fn start_of_value(&self, message: &str) -> Option<Mistake> {
        let first = self.rest().chars().next()?;
        let refused = message.starts_with("unexpected character") || message.contains("anchor or alias");
        if !refused || !matches!(first, '%' | '@' | '`' | '*' | '&') {
            return None;
        }
        let value = self.at..self.at + first.len_utf8();
        Some(self.mistake_at(
            value,
            format!("a value cannot start with {} unless it is quoted", sign(first)),
            "a sign with a meaning of its own",
            Some(QUOTE),
        ))
    }

    fn quotes(&self, message: &str) -> Option<Mistake> {
        if message == "unclosed quote" || message == "invalid indentation in multiline quoted scalar" {
            let lines = std::iter::once(self.line.start..self.at).chain(self.previous());
            let open = lines.into_iter().find_map(|line| opening_quote(self.text, line));
            let range = open.map_or(self.span.range(), |open| open..open + 1);
            return Some(self.mistake_at(
                range,
                "a quote is opened here and not closed",
                "never closed",
                Some("close the quote at the end of the value"),
            ));
        }
        if message.starts_with("invalid trailing content after") {
            let (help, quote) = if message.contains("single") {
                ("write a `'` inside single quotes twice, or use double quotes", "'")
            } else {
                ("write a `\"` inside double quotes as `\\\"`, or use single quotes", "\"")
            };
            let message = format!("text follows the closing `{quote}` of the value");
            return Some(self.mistake(message, "the value has already ended", Some(help)));
        }
        if message.contains("unknown escape character") {
            let at = self.unknown_escape();
            return Some(self.mistake_at(
                at,
                "a `\\` in double quotes starts an escape that YAML does not have",
                "no such escape",
                Some("use single quotes, or write the backslash twice"),
            ));
        }
        None
    }

    fn unknown_escape(&self) -> Range<usize> {
        const KNOWN: &[u8] = b"0abt\tnvfre \"/\\N_LPxuU\n\r";
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        while at + 1 < bytes.len() {
            match bytes[at] {
                b'\\' if !KNOWN.contains(&bytes[at + 1]) => return at..at + 1,
                b'\\' => at += 2,
                b'"' => break,
                _ => at += 1,
            }
        }
        self.span.range()
    }

    fn brackets(&self, message: &str) -> Option<Mistake> {
        if let Some(open) = message.strip_prefix("unclosed bracket '").and_then(|rest| rest.chars().next()) {
            let (message, help) = match open {
                '{' => ("a `{` is opened here and not closed", "add the missing `}`"),
                _ => ("a `[` is opened here and not closed", "add the missing `]`"),
            };
            return Some(self.mistake(message, "never closed", Some(help)));
        }
        if message == "misplaced bracket" {
            let label = "closes nothing";
            return Some(self.mistake(
                "a closing bracket without an opening one",
                label,
                Some("remove it, or quote the value"),
            ));
        }
        let in_flow = message.contains("while parsing a flow") || message.starts_with("illegal placement of ':'");
        if !in_flow {
            return None;
        }
        if self.rest().starts_with('{') && self.before().ends_with('$') {
            let message = "a `${…}` between brackets has no quotes around it";
            return Some(self.mistake(message, "this brace opens a mapping", Some("put the item in quotes")));
        }
        Some(self.mistake(
            "a bracket that was opened before this is not closed, or a comma is missing",
            "still inside the brackets",
            Some("close the bracket, or separate its items by commas"),
        ))
    }

    fn colon(&self, message: &str) -> Option<Mistake> {
        if message.starts_with("simple key expected") {
            return Some(self.no_key());
        }
        if !message.starts_with("mapping values are not allowed") {
            return None;
        }
        let before = self.before();
        let key = before.trim_start().trim_start_matches("- ");
        if let Some((first, _)) = key.split_once(": ").filter(|(first, _)| !first.contains(' ')) {
            let message = format!("the value of `{first}` holds a colon and a space and has no quotes around it");
            return Some(self.mistake(message, "read as a second key on one line", Some(QUOTE)));
        }
        let previous = self.previous()?;
        let above = self.text[previous.clone()].trim();
        let words = above.trim_start_matches("- ");
        if let Some(name) = glued_key(words) {
            let start = previous.start + self.text[previous.clone()].find(words)?;
            let colon = start + name.len();
            let message = format!("the key `{name}` has no space behind its colon, so the line is no key");
            let label = "a space is missing behind this colon";
            return Some(self.mistake_at(colon..colon + 1, message, label, Some(SPACE_BEHIND_COLON)));
        }
        let name = words.split_once(':').map_or(words, |(name, _)| name);
        if is_word(name) && indent(&self.text[previous]) < indent(&self.text[self.line.clone()]) {
            let start = self.line.start + indent(&self.text[self.line.clone()]);
            let message = format!("this key is indented below `{name}`, which already has a value");
            return Some(self.mistake_at(start..self.at.max(start), message, "indented too far", Some(ALIGN)));
        }
        Some(self.mistake("a colon stands where no key can be", "not a key here", Some(QUOTE)))
    }

    /// A line that is neither a key nor a part of the text before it.
    fn no_key(&self) -> Mistake {
        let words = self.text[self.line.clone()].trim();
        if let Some(name) = glued_key(words) {
            let colon = self.line.start + indent(&self.text[self.line.clone()]) + name.len();
            let message = format!("the key `{name}` has no space behind its colon, so the line is no key");
            let label = "a space is missing behind this colon";
            return self.mistake_at(colon..colon + 1, message, label, Some(SPACE_BEHIND_COLON));
        }
        let start = self.line.start + indent(&self.text[self.line.clone()]);
        let help = "write it as `key: value`, or indent it if it belongs to the text above";
        self.mistake_at(start..start + words.len(), "this line is no key: it has no colon", "no colon", Some(help))
    }

    fn layout(&self, message: &str) -> Option<Mistake> {
        if message.starts_with("block sequence entries are not allowed") {
            let help = "start the list on a line of its own";
            return Some(self.mistake("a list starts on the line of its key", "a list cannot start here", Some(help)));
        }
        if message.starts_with("comments must be separated") {
            let label = "no space before this";
            return Some(self.mistake(
                "a comment starts right behind a value",
                label,
                Some("put a space in front of the `#`"),
            ));
        }
        if message.contains("scanning a block scalar, did not find expected comment") {
            let label = "the text starts on the next line";
            return Some(self.mistake(
                "text follows the sign that opens a block of text",
                label,
                Some("put the text on the next line, indented, or quote the value"),
            ));
        }
        if message.contains("BOM") {
            let help = "save the file as UTF-8 without byte order marks";
            return Some(self.mistake("a byte order mark stands in the middle of a document", "", Some(help)));
        }
        if message.contains("did not find expected <document start>") {
            let message = "this does not belong to the mapping above it: the indentation is smaller than at its start";
            return Some(self.mistake(message, "a new document would have to start here", Some(ALIGN)));
        }
        if message.contains("did not find expected '-' indicator") {
            return Some(self.mistake(
                "a line at the level of a list does not fit into it",
                "not an item of the list above",
                Some("give the items of one list the same indentation, each with its own `-`"),
            ));
        }
        if !message.contains("did not find expected key") {
            return None;
        }
        if self.before().trim() == "-" || self.rest().starts_with("- ") {
            return Some(self.mistake(
                "a list item stands among the keys of a mapping",
                "an item where a key is expected",
                Some("give the items of one list the same indentation, below the key they belong to"),
            ));
        }
        if !self.before().trim().is_empty() {
            return Some(self.mistake("text follows a value that has already ended", "not expected here", Some(QUOTE)));
        }
        Some(self.mistake(
            "the indentation of this line fits none of the lines above",
            "indented differently",
            Some(ALIGN),
        ))
    }

    fn undefined_alias(&self, error: &SyntaxError) -> Mistake {
        let written = &self.text[error.span.range()];
        let name = written.trim_start_matches('*');
        if name.starts_with(|c: char| c.is_alphanumeric()) {
            let message =
                format!("`{written}` refers to an anchor `&{name}` that this document does not define before it");
            let help = Some(self.instead_of(name).into());
            return Mistake { help, ..self.mistake(message, "no such anchor", None) };
        }
        let message = "a value that starts with `*` and has no quotes is a reference to an anchor";
        self.mistake(message, "no such anchor", Some(QUOTE))
    }

    /// What to write where no anchor `name` is known: the nearest one that is, or the anchor itself.
    fn instead_of(&self, name: &str) -> String {
        let text = &self.text[self.text.floor_char_boundary(self.at.saturating_sub(NEARBY))..self.at];
        let (others, own) = text.split_at(document_start(text));
        let before = anchors(own).filter_map(|known| {
            let distance = strsim::osa_distance(name, known);
            (distance <= name.chars().count() / 3).then_some((distance, known))
        });
        if let Some((_, known)) = before.min() {
            return format!("write `*{known}`, if that is meant, or define `&{name}` before it is used");
        }
        if anchors(others).any(|known| known == name) {
            return format!("define `&{name}` in this document too: no alias reaches across `---`");
        }
        format!("define `&{name}` before it is used, or write the value out")
    }

    fn incompatible(&self, error: &SyntaxError) -> Mistake {
        if error.kind == SyntaxKind::ExcessiveAliases {
            let help = "write the contents out where they are needed, or generate the file";
            return self.mistake(error.message.as_str(), "an alias among them", Some(help));
        }
        let (label, help) = match &self.text[error.span.range()] {
            "\t" => ("a tab", Some("use spaces")),
            ":" => ("taken for the colon behind a key", Some("put the item in quotes")),
            _ => ("refused here", None),
        };
        self.mistake(error.message.as_str(), label, help)
    }
}

/// Where the last document of a text starts.
fn document_start(text: &str) -> usize {
    let mut end = text.len();
    while end > 0 {
        let line = line_around(text, end - 1);
        if text[line.clone()].strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r'])) {
            return line.end;
        }
        end = line.start;
    }
    0
}

/// The names of anchors as they are written: `&name` at the start of a value, comments left out.
fn anchors(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| {
        line.match_indices('&').filter_map(|(at, _)| {
            let opens = line[..at].is_empty() || line[..at].ends_with([' ', '[', '{', ',']);
            let name = &line[at + 1..];
            let end = name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(name.len());
            (opens && end > 0).then(|| &name[..end])
        })
    })
}

fn sign(first: char) -> String {
    if first == '`' { "a backtick".into() } else { format!("`{first}`") }
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    start..end.max(start)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 64
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

/// The name in front of a colon that nothing separates from its value.
fn glued_key(words: &str) -> Option<&str> {
    let (name, value) = words.split_once(':')?;
    let address = value.starts_with("//") || value.starts_with(|c: char| c.is_whitespace());
    (is_word(name) && !value.is_empty() && !address).then_some(name)
}

/// The last quote of a line that opens a value and has no partner on it.
fn opening_quote(text: &str, line: Range<usize>) -> Option<usize> {
    let bytes = text[line.clone()].as_bytes();
    let mut open: Option<(usize, u8)> = None;
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], open) {
            (b'\\', Some((_, b'"'))) => at += 1,
            (byte, Some((_, quote))) if byte == quote => open = None,
            (quote @ (b'"' | b'\''), None) if at == 0 || matches!(bytes[at - 1], b' ' | b'[' | b',' | b'{') => {
                open = Some((at, quote));
            }
            _ => {}
        }
        at += 1;
    }
    open.map(|(at, _)| line.start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn first(text: &str) -> Mistake {
        let file = parse(SourceId(0), text.into());
        let error = file.documents().iter().flat_map(|document| &document.errors).next().expect("a fault");
        mistake(text, error)
    }

    #[test]
    fn a_letter_of_several_bytes_before_an_alias_is_no_hindrance() {
        for text in ["\u{feff}*zz\n", "é: *zz\n", "a: é\n---\né *zz"] {
            let file = crate::yaml::parse(SourceId(0), text.into());
            for error in file.documents().iter().flat_map(|document| &document.errors) {
                assert!(!mistake(text, error).message.is_empty(), "{text}");
            }
        }
    }

    #[test]
    fn usual_mistakes_are_named_where_they_are() {
        for (text, place, message) in [
            ("metadata:\n\tname: x\n", "\t", "a tab is used"),
            ("name: x\n\tkind: y\n", "\t", "a tab is used"),
            ("image: shop: 1\n", ":", "the value of `image`"),
            ("host: {{ name }}/x\n", "{{ name }}", "a value that starts with `{{`"),
            ("a: b\n{{- end }}\n", "{{- end }}", "a template directive"),
            ("name: %x\n", "%", "a value cannot start with `%`"),
            ("name: `x`\n", "`", "a value cannot start with a backtick"),
            ("cron: * * * * *\n", "*", "a value cannot start with `*`"),
            ("host: *.shop\n", "*.shop", "a value that starts with `*`"),
            ("a: *base\n", "*base", "`*base` refers to an anchor `&base`"),
            ("a: \"x\nb: c\n", "\"", "a quote is opened here"),
            ("a:\n  b: \"x\n  c: \"y\"\n", "\"", "a quote is opened here"),
            ("a: 'it's'\n", "s", "text follows the closing `'`"),
            ("a: \"\\d+\"\n", "\\", "a `\\` in double quotes"),
            ("labels:\n  app:x\n  tier: y\n", ":", "the key `app` has no space"),
            ("tier: y\napp:x\n", ":", "the key `app` has no space"),
            ("a: b\n  c: d\n", "c", "this key is indented below `a`"),
            ("a:\n    b: c\n  d: e\n", "d", "the indentation of this line"),
            ("a:\n  b: c\n  - d\n", "d", "a list item stands among"),
            ("a:\n  - b\n  c: d\n", "c", "a line at the level of a list"),
            ("a: - b\n", "-", "a list starts on the line"),
            ("a: {b: c\n", "{", "a `{` is opened here"),
            ("a: [b, c\nd: e\n", ":", "a bracket that was opened"),
            ("a: [${B}, c]\n", "{", "a `${…}` between brackets"),
            ("a: {b: c}}\n", "}", "a closing bracket"),
            ("a: \"x\"# y\n", "#", "a comment starts right behind"),
            ("a: b\n<<<<<<< ours\nc: d\n", "<<<<<<< ours", "an unresolved merge conflict"),
            ("a: b\nword\nc: d\n", "word", "this line is no key"),
            ("a: >-text\n  b\n", ">", "text follows the sign"),
            ("a: b\n\u{feff}c: d\n", "\u{feff}", "a byte order mark"),
            ("  a: b\nc: d\n", "c", "this does not belong"),
        ] {
            let found = first(text);
            assert_eq!(&text[found.span.range()], place, "{text:?}: {found:?}");
            assert!(found.message.starts_with(message), "{text:?}: {found:?}");
        }
    }

    #[test]
    fn an_alias_without_anchor_gets_the_nearest_one() {
        for (text, help) in [
            ("a: &labels {}\nb: *label\n", "write `*labels`, if that is meant, or define `&label` before it is used"),
            (
                "a: &labels {}\n---\nb: *labels\n",
                "define `&labels` in this document too: no alias reaches across `---`",
            ),
            ("a: &labels {}\n--- # next\nb: *label\n", "define `&label` before it is used, or write the value out"),
            ("# &ports\na: x&port\nb: *ports\n", "define `&ports` before it is used, or write the value out"),
            ("b: *late\nc: &late 1\n", "define `&late` before it is used, or write the value out"),
        ] {
            assert_eq!(first(text).help.as_deref(), Some(help), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_known_keeps_the_words_of_the_parser() {
        let found = first("a: !!x!y z\n");
        assert!(found.message.contains("tag") && found.help.is_none(), "{found:?}");
    }

    #[test]
    fn no_value_stands_in_a_message() {
        for text in [
            "password:hunter2\nuser: x\n",
            "user: x\npassword:hunter2\n",
            "password: hunter2: x\n",
            "a: \"hunter2\\d\"\n",
        ] {
            assert!(!first(text).message.contains("hunter2"), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_place_lies_in_the_text(text in "[ab:\\-\\[\\]{}\"'\\\\\t\n %@*&#|>!?,0é\u{feff}\u{2028}]{0,40}") {
            let file = parse(SourceId(0), text.as_str().into());
            for error in file.documents().iter().flat_map(|document| &document.errors) {
                let found = mistake(&text, error);
                proptest::prop_assert!(text.get(found.span.range()).is_some(), "{:?}", found);
                proptest::prop_assert!(!found.message.is_empty() && !found.message.ends_with('.'));
            }
        }
    }
}
