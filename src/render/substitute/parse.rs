//! The grammar of substitution as Flux reads it, oddities included: text to tokens. Nothing is looked up here.

use super::MAX_DEPTH;
use super::refusal::Refusal;
use regex::Regex;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// A part of a text.
#[derive(Debug)]
pub(super) enum Token<'i> {
    /// Bytes that stay.
    Text(Range<usize>),
    /// `$$`, which becomes `$`.
    Dollar(Range<usize>),
    /// `${...}`.
    Reference(Reference<'i>),
}

/// A `${...}`.
#[derive(Debug)]
pub(super) struct Reference<'i> {
    pub(super) site: Range<usize>,
    pub(super) name: Range<usize>,
    pub(super) operator: Operator,
    pub(super) arguments: Vec<Argument<'i>>,
}

/// A word of an operator, or one part of a default.
#[derive(Debug)]
pub(super) enum Argument<'i> {
    /// Bytes of the input with their escapes undone.
    Text(Range<usize>, Cow<'i, str>),
    /// A reference of its own.
    Reference(Reference<'i>),
}

/// What is done with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Nothing.
    Plain,
    /// All arguments in a row instead of an empty value.
    Default,
    /// Its length in bytes.
    Length,
    /// Other letters, in the first character only or in all.
    Case { upper: bool, all: bool },
    /// From an offset, up to a length.
    Slice,
    /// Without what a pattern matches at the start or the end.
    Trim { end: bool, longest: bool },
    /// One text for another.
    Replace(Replace),
}

/// Which occurrences are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replace {
    First,
    All,
    Start,
    End,
}

/// Reads a text without NUL.
pub(super) fn parse(input: &str) -> Result<Vec<Token<'_>>, Refusal> {
    let bytes = input.as_bytes();
    let mut parser = Parser { input, at: 0 };
    let mut tokens = Vec::new();
    let mut written = 0;
    while let Some(found) = memchr::memchr(b'$', &bytes[parser.at..]) {
        let dollar = parser.at + found;
        parser.at = dollar + 2;
        let token = match bytes.get(dollar + 1) {
            Some(b'{') => Token::Reference(parser.reference(dollar, 1)?),
            Some(b'$') => Token::Dollar(dollar..parser.at),
            _ => {
                parser.at = dollar + 1;
                continue;
            }
        };
        if written < dollar {
            tokens.push(Token::Text(written..dollar));
        }
        tokens.push(token);
        written = parser.at;
    }
    if written < input.len() {
        tokens.push(Token::Text(written..input.len()));
    }
    Ok(tokens)
}

struct Parser<'i> {
    input: &'i str,
    at: usize,
}

/// Where a reference begins and where its name ends, for what is said of a broken one.
#[derive(Clone, Copy)]
struct Head {
    start: usize,
    near: usize,
    depth: usize,
}

impl<'i> Parser<'i> {
    /// The reference whose `${` at `start` has been read.
    fn reference(&mut self, start: usize, depth: usize) -> Result<Reference<'i>, Refusal> {
        if depth > MAX_DEPTH {
            return Err(Refusal::depth(start));
        }
        let length = self.take(b'#');
        let name = self.at..self.name_end();
        if name.is_empty() {
            return Err(Refusal::name(self.input, start, self.at));
        }
        self.at = name.end;
        let head = Head { start, near: name.end, depth };
        let (operator, arguments) = if length {
            self.close(head)?;
            (Operator::Length, Vec::new())
        } else {
            self.operator(head)?
        };
        Ok(Reference { site: start..self.at, name, operator, arguments })
    }

    /// What follows the name, the closing brace included.
    fn operator(&mut self, head: Head) -> Result<(Operator, Vec<Argument<'i>>), Refusal> {
        match self.peek() {
            Some(b':') if matches!(self.byte(self.at + 1), Some(b'=' | b'-' | b'?' | b'+')) => self.default(head, 2),
            Some(b'=') => self.default(head, 1),
            Some(b':') => self.slice(head),
            Some(b'^' | b',') => self.case(head),
            Some(mark @ (b'#' | b'%')) => self.trim(head, mark),
            Some(b'/') => self.replace(head),
            _ => {
                self.close(head)?;
                Ok((Operator::Plain, Vec::new()))
            }
        }
    }

    fn default(&mut self, head: Head, mark: usize) -> Result<(Operator, Vec<Argument<'i>>), Refusal> {
        self.at += mark;
        let mut parts = Vec::new();
        while !self.take(b'}') {
            let part = self.argument(head, [b'}'; 2], "have no closing `}`")?;
            parts.push(part);
        }
        Ok((Operator::Default, parts))
    }

    fn slice(&mut self, head: Head) -> Result<(Operator, Vec<Argument<'i>>), Refusal> {
        self.at += 1;
        // Flux steps back over the colon by the width of what follows it and fails where that is not one byte.
        if self.peek().is_some_and(|next| !next.is_ascii()) {
            return Err(Refusal::operator(self.input, head.start, head.near, "need an offset"));
        }
        let mut arguments = vec![self.argument(head, [b':', b'}'], "need an offset")?];
        if self.take(b':') {
            while self.take(b':') {}
            arguments.push(self.argument(head, [b'}'; 2], "need a length behind the second `:`")?);
        }
        self.end(head)?;
        Ok((Operator::Slice, arguments))
    }

    fn case(&mut self, head: Head) -> Result<(Operator, Vec<Argument<'i>>), Refusal> {
        let marks = (self.byte(self.at), self.byte(self.at + 1));
        let operator = match marks {
            (Some(b'^'), Some(b'^')) => Operator::Case { upper: true, all: true },
            (Some(b','), Some(b',')) => Operator::Case { upper: false, all: true },
            // Flux reads the two marks together, knows no such operator and gives the value.
            (_, Some(b'^' | b',')) => Operator::Plain,
            (first, _) => Operator::Case { upper: first == Some(b'^'), all: false },
        };
        self.at += if matches!(marks.1, Some(b'^' | b',')) { 2 } else { 1 };
        self.end(head)?;
        Ok((operator, Vec::new()))
    }

    fn trim(&mut self, head: Head, mark: u8) -> Result<(Operator, Vec<Argument<'i>>), Refusal> {
        self.at += 1;
        let longest = self.take(mark);
        let pattern = self.argument(head, [b'}'; 2], "need a pattern")?;
        self.end(head)?;
        Ok((Operator::Trim { end: mark == b'%', longest }, vec![pattern]))
    }

    fn replace(&mut self, head: Head) -> Result<(Operator, Vec<Argument<'i>>), Refusal> {
        const NEEDS: &str = "need a pattern, `/` and a replacement";
        self.at += 1;
        let which = match self.peek() {
            Some(b'/') => Replace::All,
            Some(b'#') => Replace::Start,
            Some(b'%') => Replace::End,
            _ => Replace::First,
        };
        self.at += usize::from(which != Replace::First);
        let pattern = if self.peek() == Some(b'/') {
            Argument::Text(self.at..self.at, Cow::Borrowed(""))
        } else {
            // Only a slash ends the pattern: the brace that was meant to close the reference is part of it.
            self.escaped(head, b'/', NEEDS)?
        };
        if !self.take(b'/') {
            return Err(Refusal::operator(self.input, head.start, head.near, NEEDS));
        }
        while self.take(b'/') {}
        let mut arguments = vec![pattern];
        if self.peek() != Some(b'}') {
            arguments.push(self.escaped(head, b'}', NEEDS)?);
        }
        self.end(head)?;
        Ok((Operator::Replace(which), arguments))
    }

    /// A reference, or a text that ends before one or before one of `stops`; never nothing.
    fn argument(&mut self, head: Head, stops: [u8; 2], needs: &str) -> Result<Argument<'i>, Refusal> {
        if let Some(nested) = self.nested(head)? {
            return Ok(nested);
        }
        let from = self.at;
        let rest = &self.input.as_bytes()[from..];
        let ends = |at: &usize| rest[*at] != b'$' || rest.get(at + 1) == Some(&b'{');
        let end = memchr::memchr3_iter(stops[0], stops[1], b'$', rest).find(ends).unwrap_or(rest.len());
        if end == 0 {
            return Err(Refusal::operator(self.input, head.start, head.near, needs));
        }
        self.at += end;
        Ok(Argument::Text(from..self.at, Cow::Borrowed(&self.input[from..self.at])))
    }

    /// A reference, or a text with escapes that ends before one or before `stop`; never nothing.
    fn escaped(&mut self, head: Head, stop: u8, needs: &str) -> Result<Argument<'i>, Refusal> {
        if let Some(nested) = self.nested(head)? {
            return Ok(nested);
        }
        let (from, input) = (self.at, self.input);
        let mut text = String::new();
        let mut written = from;
        loop {
            let Some(found) = memchr::memchr3(stop, b'$', b'\\', &input.as_bytes()[self.at..]) else {
                self.at = input.len();
                break;
            };
            self.at += found;
            match (self.byte(self.at), self.byte(self.at + 1)) {
                (Some(b'$'), Some(b'{')) => break,
                (Some(b'$'), Some(b'$')) | (Some(b'\\'), Some(b'/' | b'\\')) => {
                    text.push_str(&input[written..self.at]);
                    written = self.at + 1;
                    self.at += 2;
                }
                (Some(byte), _) if byte == stop => break,
                _ => self.at += 1,
            }
        }
        if self.at == from {
            return Err(Refusal::operator(input, head.start, head.near, needs));
        }
        if written == from {
            return Ok(Argument::Text(from..self.at, Cow::Borrowed(&input[from..self.at])));
        }
        text.push_str(&input[written..self.at]);
        Ok(Argument::Text(from..self.at, Cow::Owned(text)))
    }

    fn nested(&mut self, head: Head) -> Result<Option<Argument<'i>>, Refusal> {
        if (self.peek(), self.byte(self.at + 1)) != (Some(b'$'), Some(b'{')) {
            return Ok(None);
        }
        let start = self.at;
        self.at += 2;
        Ok(Some(Argument::Reference(self.reference(start, head.depth + 1)?)))
    }

    /// The brace right behind a name.
    fn close(&mut self, head: Head) -> Result<(), Refusal> {
        if self.take(b'}') { Ok(()) } else { Err(Refusal::after_name(self.input, head.start, head.near)) }
    }

    /// The brace behind the words of an operator.
    fn end(&mut self, head: Head) -> Result<(), Refusal> {
        if self.take(b'}') {
            return Ok(());
        }
        Err(Refusal::operator(self.input, head.start, head.near, "are not followed by `}` where they end"))
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.input.as_bytes().get(at).copied()
    }

    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Where the name that begins here ends. A name may begin with a digit and hold letters of any script.
    fn name_end(&self) -> usize {
        static WIDE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]$").expect("internal: a regex that compiles"));
        let mut buffer = [0; 4];
        let mut in_name = |next: char| match next.is_ascii() {
            true => next == '_' || next.is_ascii_alphanumeric(),
            false => WIDE.is_match(next.encode_utf8(&mut buffer)),
        };
        let rest = &self.input[self.at..];
        self.at + rest.find(|next| !in_name(next)).unwrap_or(rest.len())
    }
}
