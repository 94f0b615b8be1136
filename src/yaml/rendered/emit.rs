//! A value as YAML text, laid out as Go's writers do it: keys sorted, two spaces a level, dashes at the
//! column of their key, quotes only where they are needed. Each byte knows where it comes from.

use crate::source::{Origin, Part, Span};
use crate::yaml::scalar::{self, Dialect, Scalar, Style};
use crate::yaml::{Kind, Value};

/// A text under way.
struct Emitter {
    text: String,
    parts: Vec<Part>,
    whole: Span,
}

/// The text of a value, ended by a line break, and what its bytes are.
pub fn emit(value: Value<'_>) -> (String, Vec<Part>) {
    let mut emitter = Emitter { text: String::new(), parts: Vec::new(), whole: value.span() };
    match value.kind() {
        Kind::Mapping if !value.is_empty() => emitter.mapping(value, 0),
        Kind::Sequence if !value.is_empty() => emitter.sequence(value, 0),
        _ => {
            emitter.leaf(value, 0);
            emitter.layout("\n");
        }
    }
    (emitter.text, emitter.parts)
}

/// Whether a text is written without quotes.
pub fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let opens = match first {
        '-' | '?' | ':' => second.is_none_or(char::is_whitespace),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => true,
        first => first.is_whitespace(),
    };
    !opens
        && !text.ends_with([' ', ':', '\t'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.chars().any(|letter| letter.is_control() || letter == '\u{feff}')
        && matches!(scalar::resolve(text, Style::Plain, None, Dialect::Kubectl), Scalar::Text(_))
}

impl Emitter {
    fn push(&mut self, text: &str, origin: Origin) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.parts.push(Part { start, end: self.text.len() as u32, origin });
    }

    fn layout(&mut self, text: &str) {
        self.push(text, Origin::Generated(self.whole));
    }

    fn indent(&mut self, level: usize) {
        if level > 0 {
            self.layout(&"  ".repeat(level));
        }
    }

    fn mapping(&mut self, value: Value<'_>, level: usize) {
        let mut entries: Vec<(&str, Value<'_>)> = value.entries().collect();
        entries.sort_by_key(|(key, _)| *key);
        for (at, (key, child)) in entries.into_iter().enumerate() {
            if at > 0 {
                self.indent(level);
            }
            let origin = child.key_span().map_or(Origin::Generated(self.whole), Origin::Written);
            self.scalar(key, &|range| origin.part(key.len() as u32, range), level);
            self.layout(":");
            self.child(child, level);
        }
    }

    fn child(&mut self, child: Value<'_>, level: usize) {
        match child.kind() {
            Kind::Mapping if !child.is_empty() => {
                self.layout("\n");
                self.indent(level + 1);
                self.mapping(child, level + 1);
            }
            Kind::Sequence if !child.is_empty() => {
                self.layout("\n");
                self.indent(level);
                self.sequence(child, level);
            }
            _ => {
                self.layout(" ");
                self.leaf(child, level + 1);
                if !self.text.ends_with('\n') {
                    self.layout("\n");
                }
            }
        }
    }

    fn sequence(&mut self, value: Value<'_>, level: usize) {
        for (at, item) in value.items().enumerate() {
            if at > 0 {
                self.indent(level);
            }
            self.layout("- ");
            match item.kind() {
                Kind::Mapping if !item.is_empty() => self.mapping(item, level + 1),
                Kind::Sequence if !item.is_empty() => self.sequence(item, level + 1),
                _ => {
                    self.leaf(item, level + 1);
                    if !self.text.ends_with('\n') {
                        self.layout("\n");
                    }
                }
            }
        }
    }

    fn leaf(&mut self, value: Value<'_>, level: usize) {
        match value.kind() {
            Kind::Mapping => self.push("{}", value.origin()),
            Kind::Sequence => self.push("[]", value.origin()),
            _ => match value.scalar() {
                Some(Scalar::Text(text)) => self.scalar(&text, &|range| value.part(range), level),
                Some(Scalar::Null | Scalar::Invalid(_)) | None => self.push("null", value.origin()),
                Some(_) => {
                    let text = super::to_json(value).to_string();
                    self.push(&text, value.origin());
                }
            },
        }
    }

    fn scalar(&mut self, text: &str, part: &dyn Fn(std::ops::Range<u32>) -> Origin, level: usize) {
        let whole = 0..text.len() as u32;
        if is_plain(text) {
            self.push(text, part(whole));
        } else if text.contains('\n') && !text.starts_with([' ', '\n', '\t']) && !has_odd(text) {
            self.block(text, part, level);
        } else if !text.contains(['\'', '\n', '\t', '\r']) && !has_odd(text) {
            self.layout("'");
            self.push(text, part(whole));
            self.layout("'");
        } else if !has_odd(text) && !text.contains(['\n', '\t', '\r']) {
            self.push(&format!("'{}'", text.replace('\'', "''")), part(whole));
        } else {
            self.push(&serde_json::Value::from(text).to_string(), part(whole));
        }
    }

    fn block(&mut self, text: &str, part: &dyn Fn(std::ops::Range<u32>) -> Origin, level: usize) {
        let body = text.trim_end_matches('\n');
        self.layout(match text.len() - body.len() {
            0 => "|-\n",
            1 => "|\n",
            _ => "|+\n",
        });
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.indent(level);
            }
            self.push(line, part(start..start + line.len() as u32));
            start += line.len() as u32;
        }
        if !self.text.ends_with('\n') {
            self.layout("\n");
        }
    }
}

fn has_odd(text: &str) -> bool {
    text.chars().any(|letter| (letter.is_control() && letter != '\n' && letter != '\t') || letter == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{parse, rendered::to_json};
    use proptest::prelude::*;

    fn emitted(text: &str) -> (String, Vec<Part>) {
        let file = parse(SourceId(0), text.into());
        emit(Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kustomize))
    }

    #[test]
    fn the_layout_is_that_of_go() {
        for (text, expected) in [
            ("b: 1\na: {y: [], x: {}}\n", "a:\n  x: {}\n  \"y\": []\nb: 1\n"),
            ("l:\n  - a: 1\n    b:\n      - c\n  - d\n", "l:\n- a: 1\n  b:\n  - c\n- d\n"),
            ("t: '5'\nu: 'a: b'\nv: |\n  x\n  y\n", "t: '5'\nu: 'a: b'\nv: |\n  x\n  y\n"),
            ("n: null\nq: it's\n", "\"n\": null\nq: it's\n"),
        ] {
            // Go quotes by double quotes what would be of another type; both mean the same to a reader.
            assert_eq!(emitted(text).0.replace('"', "'"), expected.replace('"', "'"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same_and_parts_tile(
            texts in proptest::collection::vec("[ -~\\n]{0,12}", 1..6),
        ) {
            let object: serde_json::Value = texts.iter().enumerate()
                .map(|(at, text)| (format!("k{at}"), serde_json::Value::from(text.as_str())))
                .collect::<serde_json::Map<_, _>>().into();
            let source = object.to_string();
            let (text, parts) = emitted(&source);
            let mut end = 0;
            for part in &parts {
                prop_assert_eq!(part.start, end);
                end = part.end;
            }
            prop_assert_eq!(end as usize, text.len());
            let file = parse(SourceId(0), text.as_str().into());
            let again = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
            prop_assert_eq!(to_json(again), object, "{}", text);
        }
    }
}
