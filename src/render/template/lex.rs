//! Template text -> tokens. Faults become a last token, so that the parser meets them in their order.

use super::Delimiters;
use super::syntax::Span;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Left,
    Right,
    Space,
    Assign,
    Declare,
    Pipe,
    Comma,
    Quoted,
    Raw,
    Char,
    Number,
    /// A word that is no keyword.
    Word,
    Keyword(Keyword),
    Bool,
    Nil,
    Dot,
    /// With its dot.
    Field,
    /// With its dollar sign.
    Variable,
    Open,
    Close,
    Other,
    End,
    Broken(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// All tokens; the last is [`Kind::End`] or [`Kind::Broken`].
pub(super) fn lex(text: &str, delimiters: Delimiters<'_>) -> Vec<Token> {
    fn or<'t>(given: &'t str, usual: &'t str) -> &'t str {
        if given.is_empty() { usual } else { given }
    }
    let braces = Delimiters::BRACES;
    let delimiters = Delimiters { left: or(delimiters.left, braces.left), right: or(delimiters.right, braces.right) };
    let mut lexer = Lexer { text, delimiters, at: 0, parens: 0, tokens: Vec::new() };
    if let Err(token) = lexer.run() {
        lexer.tokens.push(token);
    }
    lexer.tokens
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphabetic() || c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric())
}

fn is_space_byte(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| is_space(char::from(*byte)))
}

struct Lexer<'t> {
    text: &'t str,
    delimiters: Delimiters<'t>,
    at: usize,
    parens: usize,
    tokens: Vec<Token>,
}

type Step = Result<(), Token>;

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn emit(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, span: start..self.at });
    }

    fn broken(&self, message: &'static str, start: usize) -> Token {
        Token { kind: Kind::Broken(message), span: start..self.at.max(start) }
    }

    fn run(&mut self) -> Step {
        while let Some(found) = self.rest().find(self.delimiters.left) {
            let left = self.at + found;
            let after = left + self.delimiters.left.len();
            let trims = self.trims_left(after);
            let before = &self.text[self.at..left];
            let kept = if trims { before.trim_end_matches(is_space) } else { before };
            if !kept.is_empty() {
                self.tokens.push(Token { kind: Kind::Text, span: self.at..self.at + kept.len() });
            }
            self.at = after + usize::from(trims);
            let inside = self.at + usize::from(trims);
            if self.text[inside..].starts_with("/*") {
                self.comment(left, inside)?;
            } else {
                self.emit(Kind::Left, left);
                self.at = inside;
                self.parens = 0;
                self.action(left)?;
            }
        }
        let start = self.at;
        self.at = self.text.len();
        if start < self.at {
            self.emit(Kind::Text, start);
        }
        self.emit(Kind::End, self.at);
        Ok(())
    }

    fn trims_left(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        bytes.get(at) == Some(&b'-') && is_space_byte(bytes.get(at + 1))
    }

    /// Length of the right delimiter that stands at `at`, with its trim marker, and whether it has one.
    fn right_at(&self, at: usize) -> Option<(usize, bool)> {
        let bytes = self.text.as_bytes();
        let right = self.delimiters.right;
        if is_space_byte(bytes.get(at))
            && bytes.get(at + 1) == Some(&b'-')
            && bytes[at + 2..].starts_with(right.as_bytes())
        {
            return Some((2 + right.len(), true));
        }
        bytes.get(at..)?.starts_with(right.as_bytes()).then_some((right.len(), false))
    }

    /// Steps over the spaces that a trim marker takes away.
    fn close(&mut self, length: usize, trims: bool) {
        self.at += length;
        if trims {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_space).len();
        }
    }

    fn comment(&mut self, left: usize, inside: usize) -> Step {
        let Some(length) = self.text[inside + 2..].find("*/") else {
            self.at = inside + 2;
            return Err(self.broken("this comment is never closed", left));
        };
        self.at = inside + 2 + length + 2;
        let Some((length, trims)) = self.right_at(self.at) else {
            return Err(self.broken("nothing may follow a comment in its action", left));
        };
        self.close(length, trims);
        Ok(())
    }

    fn action(&mut self, left: usize) -> Step {
        loop {
            let start = self.at;
            if let Some((length, trims)) = self.right_at(start) {
                if self.parens > 0 {
                    return Err(self.broken("this action ends inside a parenthesis", left));
                }
                let shown = start + usize::from(trims);
                self.tokens.push(Token { kind: Kind::Right, span: shown..start + length });
                self.close(length, trims);
                return Ok(());
            }
            let Some(c) = self.peek() else {
                self.at = left + self.delimiters.left.len();
                return Err(self.broken("this action is never closed", left));
            };
            if is_space(c) {
                self.spaces();
                self.emit(Kind::Space, start);
                continue;
            }
            self.item(c, start)?;
        }
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(is_space) && !self.right_at(self.at).is_some_and(|(_, trims)| trims) {
            self.at += 1;
        }
    }

    fn item(&mut self, c: char, start: usize) -> Step {
        let next = self.text.as_bytes().get(start + 1).copied();
        match c {
            '"' | '\'' => return self.quoted(c, start),
            '`' => return self.raw(start),
            '+' | '-' | '0'..='9' => return self.number(start),
            '.' if next.is_some_and(|byte| byte.is_ascii_digit()) => return self.number(start),
            '.' | '$' => return self.field(c, start),
            ':' if next != Some(b'=') => {
                self.at += 1;
                return Err(self.broken("a colon is only of use in `:=`", start));
            }
            _ if is_word(c) => return self.word(start),
            _ => {}
        }
        self.at += c.len_utf8();
        let kind = match c {
            ':' => {
                self.at += 1;
                Kind::Declare
            }
            '=' => Kind::Assign,
            '|' => Kind::Pipe,
            ',' => Kind::Comma,
            '(' => {
                self.parens += 1;
                Kind::Open
            }
            ')' if self.parens == 0 => return Err(self.broken("this parenthesis was never opened", start)),
            ')' => {
                self.parens -= 1;
                Kind::Close
            }
            _ if c.is_ascii_graphic() => Kind::Other,
            _ => return Err(self.broken("this character has no place in an action", start)),
        };
        self.emit(kind, start);
        Ok(())
    }

    fn quoted(&mut self, quote: char, start: usize) -> Step {
        self.at += 1;
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices() {
            if c == '\n' {
                break;
            }
            if !escaped && c == quote {
                self.at += offset + 1;
                self.emit(if quote == '"' { Kind::Quoted } else { Kind::Char }, start);
                return Ok(());
            }
            escaped = !escaped && c == '\\';
        }
        Err(self.broken("this quote is never closed", start))
    }

    fn raw(&mut self, start: usize) -> Step {
        self.at += 1;
        let Some(length) = self.rest().find('`') else {
            return Err(self.broken("this quote is never closed", start));
        };
        self.at += length + 1;
        self.emit(Kind::Raw, start);
        Ok(())
    }

    /// Whether what stands here may follow a name.
    fn at_terminator(&self) -> bool {
        self.peek().is_none_or(|c| is_space(c) || matches!(c, '.' | ',' | '|' | ':' | ')' | '('))
            || self.rest().starts_with(self.delimiters.right)
    }

    fn skip_word(&mut self) {
        let rest = self.rest();
        self.at += rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    }

    fn end_of_name(&self, start: usize) -> Step {
        if self.at_terminator() {
            return Ok(());
        }
        let length = self.peek().map_or(0, char::len_utf8);
        Err(Token { kind: Kind::Broken("this character cannot follow a name"), span: start..self.at + length })
    }

    fn field(&mut self, c: char, start: usize) -> Step {
        self.at += 1;
        let bare = self.at_terminator();
        if !bare {
            self.skip_word();
            self.end_of_name(start)?;
        }
        let kind = match c {
            '$' => Kind::Variable,
            _ if bare => Kind::Dot,
            _ => Kind::Field,
        };
        self.emit(kind, start);
        Ok(())
    }

    fn word(&mut self, start: usize) -> Step {
        self.skip_word();
        self.end_of_name(start)?;
        let kind = match &self.text[start..self.at] {
            "block" => Kind::Keyword(Keyword::Block),
            "break" => Kind::Keyword(Keyword::Break),
            "continue" => Kind::Keyword(Keyword::Continue),
            "define" => Kind::Keyword(Keyword::Define),
            "else" => Kind::Keyword(Keyword::Else),
            "end" => Kind::Keyword(Keyword::End),
            "if" => Kind::Keyword(Keyword::If),
            "range" => Kind::Keyword(Keyword::Range),
            "template" => Kind::Keyword(Keyword::Template),
            "with" => Kind::Keyword(Keyword::With),
            "true" | "false" => Kind::Bool,
            "nil" => Kind::Nil,
            _ => Kind::Word,
        };
        self.emit(kind, start);
        Ok(())
    }

    fn number(&mut self, start: usize) -> Step {
        let accepts = |lexer: &mut Self, set: &str| {
            let found = lexer.peek().is_some_and(|c| set.contains(c));
            lexer.at += usize::from(found);
            found
        };
        let run = |lexer: &mut Self, set: &str| while accepts(lexer, set) {};
        accepts(self, "+-");
        let mut digits = "0123456789_";
        if accepts(self, "0") {
            if accepts(self, "xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if accepts(self, "oO") {
                digits = "01234567_";
            } else if accepts(self, "bB") {
                digits = "01_";
            }
        }
        run(self, digits);
        if accepts(self, ".") {
            run(self, digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if accepts(self, exponent) {
            accepts(self, "+-");
            run(self, "0123456789_");
        }
        if self.peek().is_some_and(|c| is_word(c) || matches!(c, '+' | '-')) {
            self.skip_word();
            return Err(self.broken("this is not a number", start));
        }
        self.emit(Kind::Number, start);
        Ok(())
    }
}
