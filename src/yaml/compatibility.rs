//! What YAML 1.2 allows and the readers that apply manifests (go-yaml, a YAML 1.1 reader) refuse. Only
//! what they surely refuse; the document stays readable all the same.

use super::arena::{ABSENT, FLOW, File, Node, Shape, SyntaxError, SyntaxKind};
use crate::source::Span;
use std::ops::Range;

const TAB: &str = "a tab stands where indentation is expected, and the YAML readers of Kubernetes refuse that";
const LIST_TAB: &str = "a tab stands between a `-` and its item, and the YAML readers of Kubernetes refuse that";
const VERSION: &str = "a `%YAML` directive for another version than 1.1, which the YAML readers of Kubernetes refuse";
const DIRECTIVE: &str = "a directive that the YAML readers of Kubernetes do not know and refuse";
const COLON: &str = "text that starts with `:` between brackets, which the YAML readers of Kubernetes refuse";
const NAME: &str = "an anchor name with other characters than letters, digits, `_` and `-`, which the YAML readers of Kubernetes refuse";
const BREAK: &str =
    "a Unicode line break in the middle of a line, where the YAML readers of Kubernetes start a new one";

/// What few documents have, noted while they are read: there is no need to look for it in the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rare {
    /// An alias.
    pub(super) aliases: bool,
    /// A plain text that starts with `:`.
    pub(super) colons: bool,
}

/// The first thing in a document that go-yaml refuses. `text` is the document's part of the file.
pub(super) fn check(file: &File, range: Range<u32>, nodes: Range<u32>, rare: Rare) -> Option<SyntaxError> {
    let root = file.nodes.get(nodes.start as usize)?;
    // What starts with a brace is handed to a JSON reader first.
    let block = matches!(root.shape, Shape::Mapping | Shape::Sequence) && root.flags & FLOW == 0;
    if nodes.is_empty() || !block {
        return None;
    }
    let document = Part { file, range, nodes: nodes.start as usize..nodes.end as usize };
    let found = [
        document.directive(root),
        document.tab(),
        if rare.aliases { document.alias_name() } else { None },
        if rare.colons { document.leading_colon() } else { None },
        document.line_break(),
    ];
    found.into_iter().flatten().min_by_key(|error| error.span.start)
}

struct Part<'a> {
    file: &'a File,
    range: Range<u32>,
    nodes: Range<usize>,
}

impl Part<'_> {
    fn bytes(&self) -> &[u8] {
        &self.file.text.as_bytes()[..self.range.end as usize]
    }

    fn fault(&self, range: Range<usize>, message: &str) -> SyntaxError {
        SyntaxError {
            kind: SyntaxKind::Incompatible,
            span: Span { source: self.file.source, start: range.start as u32, end: range.end as u32 },
            message: message.into(),
        }
    }

    /// Directives stand before the `---` of their document.
    fn directive(&self, root: &Node) -> Option<SyntaxError> {
        let head = &self.file.text[self.range.start as usize..(root.start as usize).max(self.range.start as usize)];
        if !head.contains('%') {
            return None;
        }
        let mut at = self.range.start as usize;
        for line in head.split_inclusive('\n') {
            let text = line.trim_end();
            if text.starts_with("---") {
                return None;
            }
            if let Some(rest) = text.strip_prefix('%') {
                let mut words = rest.split_whitespace();
                let message = match (words.next(), words.next()) {
                    (Some("YAML"), version) if version != Some("1.1") => Some(VERSION),
                    (Some("YAML" | "TAG"), _) => None,
                    _ => Some(DIRECTIVE),
                };
                if let Some(message) = message {
                    return Some(self.fault(at..at + text.len(), message));
                }
            }
            at += line.len();
        }
        None
    }

    /// A tab in front of the first token of a line, or between a `-` and its item.
    fn tab(&self) -> Option<SyntaxError> {
        let bytes = self.bytes();
        let start = self.content_start();
        let mut flows: Option<Vec<Range<usize>>> = None;
        let mut from = start;
        while let Some(tab) = memchr::memchr(b'\t', &bytes[from..]).map(|at| at + from) {
            from = tab + 1;
            let before = bytes[..tab].iter().rposition(|byte| *byte != b' ');
            let leading = before.is_none_or(|at| bytes[at] == b'\n');
            if leading {
                let column = tab - before.map_or(0, |at| at + 1);
                let flows = flows.get_or_insert_with(|| self.flows());
                if self.breaks_indentation(tab, column, flows) {
                    return Some(self.fault(tab..tab + 1, TAB));
                }
                // The rest of the line says nothing new.
                from = memchr::memchr(b'\n', &bytes[tab..]).map_or(bytes.len(), |at| tab + at);
            } else if let Some(dash) = before.filter(|at| bytes[*at] == b'-')
                && self.is_list_item(dash, tab)
            {
                return Some(self.fault(tab..tab + 1, LIST_TAB));
            }
        }
        None
    }

    /// Behind the `---`: what stands before it may be the end of the document before.
    fn content_start(&self) -> usize {
        let start = self.range.start as usize;
        let root = self.file.nodes[self.nodes.start].start as usize;
        let head = &self.file.text[start..root.max(start)];
        if head.starts_with("---") { start } else { head.find("\n---").map_or(start, |at| start + at + 1) }
    }

    fn breaks_indentation(&self, tab: usize, column: usize, flows: &[Range<usize>]) -> bool {
        let Some(mut at) = self.last_starting_at_or_before(tab) else { return true };
        while self.file.nodes[at].flags & ABSENT != 0 && at > self.nodes.start {
            at -= 1;
        }
        let node = &self.file.nodes[at];
        let end = node.end as usize;
        match node.shape {
            Shape::SingleQuoted | Shape::DoubleQuoted if tab < end => false,
            Shape::Literal | Shape::Folded => self.breaks_block(node, tab, column),
            // A plain text ends only with the line that follows it: a tab in the first column is refused there, one
            // further in is taken for a part of the text.
            Shape::Plain if tab < end || self.file.text[end..tab].bytes().all(|byte| byte.is_ascii_whitespace()) => {
                column == 0
            }
            _ => {
                let after = flows.partition_point(|flow| flow.start <= tab);
                flows[..after].last().is_none_or(|flow| tab >= flow.end)
            }
        }
    }

    /// In a block text a tab is content from the text's own indentation on.
    fn breaks_block(&self, node: &Node, tab: usize, column: usize) -> bool {
        let rest = &self.file.text[node.start as usize..self.range.end as usize];
        let Some((header, body)) = rest.split_once('\n') else { return false };
        if header.split_whitespace().next().is_some_and(|word| word.contains(|c: char| c.is_ascii_digit())) {
            return false;
        }
        let mut at = node.start as usize + header.len() + 1;
        for line in body.split_inclusive('\n') {
            let indent = line.len() - line.trim_start_matches(' ').len();
            if at + indent >= tab {
                // The text has not begun: this tab would have to be its indentation.
                return true;
            }
            if !line.trim().is_empty() {
                return column < indent;
            }
            at += line.len();
        }
        false
    }

    fn is_list_item(&self, dash: usize, tab: usize) -> bool {
        let next =
            self.nodes.start + self.file.nodes[self.nodes.clone()].partition_point(|node| (node.start as usize) <= tab);
        let Some(item) = self.file.nodes[self.nodes.start..self.nodes.end].get(next - self.nodes.start) else {
            return false;
        };
        let blank = self.file.text[tab..item.start as usize].bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        let free = self.last_starting_at_or_before(dash).is_none_or(|at| {
            let node = &self.file.nodes[at];
            node.shape.style().is_none() || (node.end as usize) <= dash
        });
        // Behind a text on the same line the dash would be a part of it.
        let line = self.file.text[..dash].rfind('\n').map_or(0, |at| at + 1);
        blank && free && self.file.text[line..dash].bytes().all(|byte| matches!(byte, b' ' | b'-'))
    }

    fn last_starting_at_or_before(&self, at: usize) -> Option<usize> {
        let behind = self.file.nodes[self.nodes.clone()].partition_point(|node| (node.start as usize) <= at);
        behind.checked_sub(1).map(|last| self.nodes.start + last)
    }

    /// The outermost flow collections, in order.
    fn flows(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = self.nodes.start;
        while at < self.nodes.end {
            let node = &self.file.nodes[at];
            if matches!(node.shape, Shape::Mapping | Shape::Sequence) && node.flags & FLOW != 0 {
                found.push(node.start as usize..node.end as usize);
                at = node.next as usize;
            } else {
                at += 1;
            }
        }
        found
    }

    fn alias_name(&self) -> Option<SyntaxError> {
        let odd = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        self.file.nodes[self.nodes.clone()].iter().filter(|node| node.shape == Shape::Alias).find_map(|node| {
            let range = node.start as usize..node.end as usize;
            let name = self.file.text.as_bytes().get(range.start + 1..range.end)?;
            name.iter().copied().any(odd).then(|| self.fault(range, NAME))
        })
    }

    /// Between brackets go-yaml takes every `:` that starts a token for the sign behind a key.
    fn leading_colon(&self) -> Option<SyntaxError> {
        let bytes = self.bytes();
        let start = self.range.start as usize;
        memchr::memchr3_iter(b'[', b',', b'{', &bytes[start..]).map(|at| at + start).find_map(|before| {
            let colon = bytes[before + 1..].iter().position(|byte| !byte.is_ascii_whitespace())? + before + 1;
            if bytes[colon] != b':' {
                return None;
            }
            let at = self.last_starting_at_or_before(colon)?;
            let node = &self.file.nodes[at];
            let ours = node.shape == Shape::Plain && node.start as usize == colon && (node.end as usize) > colon;
            // Plain text may end with a bracket or a comma, too.
            let between = || self.flows().iter().any(|flow| flow.contains(&colon));
            (ours && between()).then(|| self.fault(colon..colon + 1, COLON))
        })
    }

    /// U+0085, U+2028 and U+2029 end a line for go-yaml. What follows them in a plain text or a comment
    /// then stands in the first column, where a word without a colon is refused.
    fn line_break(&self) -> Option<SyntaxError> {
        let text = &self.file.text[self.range.start as usize..self.range.end as usize];
        memchr::memchr2_iter(0xC2, 0xE2, text.as_bytes()).find_map(|at| {
            let found = ["\u{85}", "\u{2028}", "\u{2029}"].into_iter().find(|mark| text[at..].starts_with(mark))?;
            let at = self.range.start as usize + at;
            let rest = self.file.text[at + found.len()..].lines().next().unwrap_or_default().trim_end();
            let word = rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && !rest.contains([':', '\u{85}']);
            let node = &self.file.nodes[self.last_starting_at_or_before(at)?];
            let plain = node.shape == Shape::Plain && at < node.end as usize;
            let root = &self.file.nodes[self.nodes.start];
            (plain && word && root.shape == Shape::Mapping).then(|| self.fault(at..at + found.len(), BREAK))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::yaml::{SyntaxKind, parse};

    /// The texts at the places that are told as incompatible.
    fn told(text: &str) -> Vec<(u32, String)> {
        let file = parse(SourceId(0), text.into());
        let mut found = Vec::new();
        for document in file.documents() {
            assert!(document.is_readable(), "{text:?}: {:?}", document.errors);
            for error in &document.errors {
                assert_eq!(error.kind, SyntaxKind::Incompatible, "{text:?}");
                found.push((error.span.start, text[error.span.range()].to_owned()));
            }
        }
        found
    }

    #[test]
    fn tabs_as_indentation_are_told() {
        for (text, at) in [
            ("name: \"x\"\n\t\nkind: y\n", 10),
            ("name: \"x\"\n  \t\nkind: y\n", 12),
            ("list:\n\t\n  - b\n", 6),
            ("# head\n\t# more\nname: x\n", 7),
            ("name: x # why\n \t\nkind: y\n", 15),
            ("text: |-\n \tcode\n", 10),
            ("text: |\n  code\n\n\t\nkind: y\n", 16),
            ("list:\n  -\tx\n", 9),
            ("list:\n  - \tx\n", 10),
        ] {
            assert_eq!(told(text), [(at, "\t".to_owned())], "{text:?}");
        }
    }

    #[test]
    fn tabs_that_every_reader_takes_are_not_told() {
        for text in [
            "name:\tx\n",
            "name: \"x\"\t\nkind: y\n",
            "name: x\n  \t\nkind: y\n",
            "text: |\n  run\n  \tdeep\n\n  \tdeeper\nkind: y\n",
            "text: |\n\n  run\n    \tdeep\n",
            "text: |2\n  \trun\n",
            "text: \"one\n  \ttwo\"\n",
            "list: [\n \t\"a\",\n \t\"b\"\n \t]\n",
            "{\n\t\"a\": 1,\n\t\"b\": 2\n}\n",
            "text: a - \tb\n",
            "# - \tx\nname: x\n",
            "script: >\n  - \tx\n",
        ] {
            assert_eq!(told(text), [], "{text:?}");
        }
    }

    #[test]
    fn other_things_that_go_yaml_refuses_are_told() {
        for (text, place) in [
            ("%YAML 1.2\n---\na: b\n", "%YAML 1.2"),
            ("args: [--listen, :8080]\n", ":"),
            ("a: &base.one {x: \"y\"}\nb: *base.one\n", "*base.one"),
            ("a: one\u{2028}two\nb: c\n", "\u{2028}"),
            ("[a, b]: c\n", "[a, b]"),
        ] {
            let found = told(text);
            assert_eq!(found.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), [place], "{text:?}");
        }
    }

    #[test]
    fn what_go_yaml_takes_is_not_told() {
        for text in [
            "%YAML 1.1\n---\na: b\n",
            "args: [\"--listen\", \":8080\", a:b, {c: d}]\n",
            "a: &base_one-1 {x: \"y\"}\nb: *base_one-1\n",
            "a: \"one\u{2028}two\"\nb: c\n",
            "host: \"{{ domain }}\"\n",
            "a: [b, # why: this\n  c]\n",
            "a: x,\n:8080: y\n",
            "a: 0{\n:0: y\nb: [c]\n",
            "? a\n: b\n",
        ] {
            assert_eq!(told(text), [], "{text:?}");
        }
    }

    #[test]
    fn only_the_first_fault_of_a_document_is_told_and_each_document_counts() {
        let text = "a: \"x\"\n\t\nb: [:1]\n---\nc: [:2]\n---\nd: e\n";
        assert_eq!(told(text).iter().map(|(at, _)| *at).collect::<Vec<_>>(), [7, 25]);
    }

    #[test]
    fn a_template_is_not_taken_for_what_it_looks_like() {
        let file = parse(SourceId(0), "host: {{ domain }}\nport: 1\n---\nhost: \"{{ domain }}\"\n".into());
        let readable: Vec<bool> = file.documents().iter().map(crate::yaml::Document::is_readable).collect();
        assert_eq!(readable, [false, true]);
        assert_eq!(file.documents()[0].errors[0].kind, SyntaxKind::Template);
    }

    #[test]
    fn a_byte_order_mark_behind_a_separator_is_passed_over() {
        let text = "\u{feff}a: 1\n---\n\u{feff}b: 2\nc: 3\n";
        let file = parse(SourceId(0), text.into());
        assert!(file.documents().iter().all(crate::yaml::Document::is_whole));
        let last = file.documents()[1].root.expect("a root");
        assert_eq!(&text[file.span(last).range()], "b: 2\nc: 3");
    }
}
