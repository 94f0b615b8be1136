//! The comments of a file. Hardly anybody asks for them, so they are read when somebody does and kept nowhere.

use super::arena::File;
use super::parse::parser;
use granit_parser::Event;

/// A comment, from its `#` to the end of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// First byte: the `#`.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl File {
    /// Every comment, in order. Reads the text anew.
    pub fn comments(&self) -> Vec<Comment> {
        let mut comments = Vec::new();
        let mut parser = parser(self.text(), true);
        while let Some(event) = parser.next_event() {
            match event {
                Ok((Event::Comment(..), span)) => {
                    let range = span.byte_range().unwrap_or(0..0);
                    comments.push(Comment { start: range.start as u32, end: range.end as u32 });
                }
                Ok((Event::StreamEnd, _)) => break,
                Ok(_) => {}
                Err(_) if matches!(parser.proceed_next_document(), Ok(true)) => {}
                Err(_) => break,
            }
        }
        comments
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::yaml::parse;

    #[test]
    fn comments_are_read_anew() {
        for (text, expected) in [
            ("# one\na: 'x # no' # two\nb: |\n  # text\n", vec!["# one", "# two"]),
            ("a: [1\n---\n# three\nb: 1 # four\n", vec!["# three", "# four"]),
            ("a: 1\n", vec![]),
        ] {
            let file = parse(SourceId(0), text.into());
            let comments = file.comments();
            let written: Vec<&str> = comments.iter().map(|at| &text[at.start as usize..at.end as usize]).collect();
            assert_eq!(written, expected, "{text}");
        }
    }
}
