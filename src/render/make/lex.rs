//! The words and operators of a shell text. It expands nothing: variables of the shell stay parts of their words.

use super::traced::Traced;
use std::ops::Range;

/// A token of the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `&`, a newline.
    End,
    /// `;;`
    EndOfCase,
    And,
    Or,
    Pipe,
    Open,
    Close,
    /// A redirection; its target is the next word.
    From,
    To,
    /// `2>&1`: the next word is no file.
    Duplicate,
    /// A text given in place: `<<EOF`, `<<<`; the next word is no file.
    Here,
}

/// A word, quotes taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    /// Where it stands in the text, quotes included.
    pub(super) range: Range<usize>,
    pub(super) quoted: bool,
    /// Whether it has `*`, `?` or `[` outside quotes.
    pub(super) glob: bool,
}

/// A part of a word; ranges are of the shell text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(Range<usize>),
    /// A variable of the shell, whose value may have a default.
    Variable {
        name: Range<usize>,
        default: Option<Range<usize>>,
        whole: Range<usize>,
        quoted: bool,
    },
    /// `$(pwd)`, `$PWD`.
    Here(Range<usize>),
    /// A value that cannot be known.
    Unknown(Range<usize>),
    /// `<(...)`: the commands in it.
    Process(Range<usize>),
}

/// The tokens of a shell text.
pub(super) fn tokens(text: &Traced) -> Vec<Token> {
    let mut lexer = Lexer {
        text: text.as_str(),
        bytes: text.as_str().as_bytes(),
        at: 0,
        unknown: text.unknown_parts().into_iter().peekable(),
        tokens: Vec::new(),
        here: Vec::new(),
        awaits_delimiter: false,
    };
    lexer.run();
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Parts that are not known to make, in order.
    unknown: std::iter::Peekable<std::vec::IntoIter<Range<usize>>>,
    tokens: Vec<Token>,
    /// Delimiters of heredocs whose text follows the line.
    here: Vec<Range<usize>>,
    awaits_delimiter: bool,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            if self.unknown_end().is_some() {
                self.word();
                continue;
            }
            match self.bytes[self.at] {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.next_is(b'\n') => self.at += 2,
                b'\n' => {
                    self.at += 1;
                    self.tokens.push(Token::End);
                    self.skip_heredocs();
                }
                b'#' => {
                    let left = &self.bytes[self.at..];
                    self.at += memchr::memchr(b'\n', left).unwrap_or(left.len());
                }
                b';' | b'&' | b'|' | b'(' | b')' => self.operator(),
                b'<' | b'>' => self.redirection(),
                _ => self.word(),
            }
        }
    }

    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at + 1) == Some(&byte)
    }

    /// Where the part ends that begins here and is not known.
    fn unknown_end(&mut self) -> Option<usize> {
        while self.unknown.peek().is_some_and(|part| part.end <= self.at) {
            self.unknown.next();
        }
        self.unknown.peek().filter(|part| part.start <= self.at).map(|part| part.end)
    }

    fn operator(&mut self) {
        let (token, width) = match (self.bytes[self.at], self.bytes.get(self.at + 1)) {
            (b';', Some(b';')) => (Token::EndOfCase, 2),
            (b'&', Some(b'&')) => (Token::And, 2),
            (b'|', Some(b'|')) => (Token::Or, 2),
            (b'|', Some(b'&')) => (Token::Pipe, 2),
            (b'|', _) => (Token::Pipe, 1),
            (b'(', _) => (Token::Open, 1),
            (b')', _) => (Token::Close, 1),
            (b'&', Some(b'>')) => {
                self.at += 1;
                return self.redirection();
            }
            _ => (Token::End, 1),
        };
        self.at += width;
        self.tokens.push(token);
    }

    fn redirection(&mut self) {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"<(") || rest.starts_with(b">(") {
            return self.word();
        }
        let (token, width) = match rest {
            [b'<', b'<', b'<', ..] => (Token::Here, 3),
            [b'<', b'<', b'-', ..] => (Token::Here, 3),
            [b'<', b'<', ..] => (Token::Here, 2),
            [b'<' | b'>', b'&', ..] => (Token::Duplicate, 2),
            [b'>', b'>' | b'|', ..] => (Token::To, 2),
            [b'>', ..] => (Token::To, 1),
            [b'<', b'>', ..] => (Token::From, 2),
            _ => (Token::From, 1),
        };
        self.awaits_delimiter = token == Token::Here && !rest.starts_with(b"<<<");
        // A number right before it is a descriptor, not a word.
        if let Some(Token::Word(word)) = self.tokens.last()
            && word.range.end == self.at
            && !word.quoted
            && self.bytes[word.range.clone()].iter().all(u8::is_ascii_digit)
        {
            let errors = self.bytes[word.range.clone()] == *b"2";
            self.tokens.pop();
            self.at += width;
            self.tokens.push(if errors { Token::Duplicate } else { token });
            return;
        }
        self.at += width;
        self.tokens.push(token);
    }

    /// Passes over the texts of heredocs after the end of their line.
    fn skip_heredocs(&mut self) {
        for delimiter in std::mem::take(&mut self.here) {
            let wanted = self.text[delimiter].trim_matches(['"', '\'', '\\']);
            while self.at < self.bytes.len() {
                let left = &self.bytes[self.at..];
                let end = self.at + memchr::memchr(b'\n', left).unwrap_or(left.len());
                let line = self.text[self.at..end].trim();
                self.at = (end + 1).min(self.bytes.len());
                if line == wanted {
                    break;
                }
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut word = Word::default();
        while self.at < self.bytes.len() {
            let at = self.at;
            if let Some(end) = self.unknown_end() {
                word.parts.push(Part::Unknown(at..end));
                self.at = end;
                continue;
            }
            match self.bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'(' => break,
                b'<' | b'>' => {
                    if !self.next_is(b'(') || at != start {
                        break;
                    }
                    let end = bracket_end(self.bytes, at + 1);
                    word.parts.push(match end {
                        Some(end) => Part::Process(at + 2..end),
                        None => Part::Unknown(at..self.bytes.len()),
                    });
                    self.at = end.map_or(self.bytes.len(), |end| end + 1);
                }
                b'\\' if self.next_is(b'\n') => self.at += 2,
                b'\\' => self.escaped(&mut word),
                b'\'' => self.single_quoted(&mut word),
                b'"' => self.double_quoted(&mut word),
                b'$' => self.dollar(&mut word, false),
                b'`' => self.backquoted(&mut word),
                byte => {
                    word.glob |= matches!(byte, b'*' | b'?' | b'[');
                    self.literal(&mut word, at + 1);
                }
            }
        }
        word.range = start..self.at;
        if std::mem::take(&mut self.awaits_delimiter) {
            self.here.push(word.range.clone());
        }
        self.tokens.push(Token::Word(word));
    }

    /// Adds the text up to `end` to a word.
    fn literal(&mut self, word: &mut Word, end: usize) {
        let start = self.at;
        self.at = end;
        match word.parts.last_mut() {
            Some(Part::Literal(last)) if last.end == start => last.end = end,
            _ => word.parts.push(Part::Literal(start..end)),
        }
    }

    fn escaped(&mut self, word: &mut Word) {
        self.at += 1;
        word.quoted = true;
        if self.at < self.bytes.len() && self.unknown_end().is_none() {
            let width = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
            self.literal(word, self.at + width);
        }
    }

    fn single_quoted(&mut self, word: &mut Word) {
        word.quoted = true;
        self.at += 1;
        while self.at < self.bytes.len() {
            if let Some(end) = self.unknown_end() {
                word.parts.push(Part::Unknown(self.at..end));
                self.at = end;
            } else if self.bytes[self.at] == b'\'' {
                self.at += 1;
                return;
            } else {
                self.literal(word, self.at + 1);
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) {
        word.quoted = true;
        self.at += 1;
        while self.at < self.bytes.len() {
            if let Some(end) = self.unknown_end() {
                word.parts.push(Part::Unknown(self.at..end));
                self.at = end;
                continue;
            }
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.next_is(b'\n') => self.at += 2,
                b'\\' if matches!(self.bytes.get(self.at + 1), Some(b'"' | b'\\' | b'$' | b'`')) => {
                    self.escaped(word);
                }
                b'$' => self.dollar(word, true),
                b'`' => self.backquoted(word),
                _ => self.literal(word, self.at + 1),
            }
        }
    }

    fn backquoted(&mut self, word: &mut Word) {
        let start = self.at;
        let end = memchr::memchr(b'`', &self.bytes[start + 1..]).map_or(self.bytes.len(), |end| start + end + 2);
        let folder = &self.text[start..end] == "`pwd`";
        word.parts.push(if folder { Part::Here(start..end) } else { Part::Unknown(start..end) });
        self.at = end;
    }

    /// What a `$` begins.
    fn dollar(&mut self, word: &mut Word, quoted: bool) {
        let start = self.at;
        let rest = &self.bytes[start + 1..];
        let (part, end) = match rest.first() {
            Some(b'(') => {
                let end = bracket_end(self.bytes, start + 1).map_or(self.bytes.len(), |end| end + 1);
                let folder = &self.text[start..end] == "$(pwd)";
                (if folder { Part::Here(start..end) } else { Part::Unknown(start..end) }, end)
            }
            Some(b'{') => {
                let end = memchr::memchr(b'}', rest).map_or(self.bytes.len(), |end| start + end + 2);
                (self.braced(start..end, quoted), end)
            }
            Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
                let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                let name = start + 1..start + 1 + length;
                let whole = start..name.end;
                let end = name.end;
                let part = if &self.text[name.clone()] == "PWD" {
                    Part::Here(whole)
                } else {
                    Part::Variable { name, default: None, whole, quoted }
                };
                (part, end)
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'!' | b'-' | b'$') => {
                (Part::Unknown(start..start + 2), start + 2)
            }
            _ => return self.literal(word, start + 1),
        };
        word.parts.push(part);
        self.at = end;
    }

    /// `${NAME}` and `${NAME:-default}`.
    fn braced(&self, whole: Range<usize>, quoted: bool) -> Part {
        let inner = whole.start + 2..whole.end.saturating_sub(1).max(whole.start + 2).min(whole.end);
        let Some(text) = self.text.get(inner.clone()) else { return Part::Unknown(whole) };
        let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = inner.start..inner.start + length;
        let rest = &text[length..];
        if length == 0 || text.as_bytes()[0].is_ascii_digit() {
            return Part::Unknown(whole);
        }
        if rest.is_empty() {
            return if &text[..length] == "PWD" {
                Part::Here(whole)
            } else {
                Part::Variable { name, default: None, whole, quoted }
            };
        }
        let width = if rest.starts_with(":-") { 2 } else { 1 };
        if !rest.starts_with([':', '-'])
            || rest.starts_with(':') && width == 1
            || rest.contains(['$', '`', '"', '\'', '\\'])
        {
            return Part::Unknown(whole);
        }
        Part::Variable { name, default: Some(inner.start + length + width..inner.end), whole, quoted }
    }
}

/// Where the bracket is closed that opens at `at`; quotes are honoured.
fn bracket_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    let mut index = at;
    while index < bytes.len() {
        match (quote, bytes[index]) {
            (None | Some(b'"'), b'\\') => index += 1,
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, byte @ (b'\'' | b'"')) => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
        index += 1;
    }
    None
}
