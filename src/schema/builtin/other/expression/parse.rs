//! The syntax of CEL, with the optional fields and entries that Kubernetes switches on. The parsers at hand know
//! neither, and a text that they refuse may be right.

/// An expression.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    /// A value as written.
    Literal(Literal),
    /// A name.
    Name(String),
    /// A field of a value.
    Select(Box<Node>, String),
    /// An element of a list or a map.
    Index(Box<Node>, Box<Node>),
    /// A function, or a method of a value.
    Call(Option<Box<Node>>, String, Vec<Node>),
    /// A list.
    List(Vec<Node>),
    /// A map, keys and values in turn.
    Map(Vec<Node>),
    /// An object of a named type.
    Object(Vec<Node>),
    /// `!` or `-`.
    Unary(char, Box<Node>),
    /// Two operands.
    Binary(&'static str, Box<Node>, Box<Node>),
    /// `a ? b : c`.
    Choice(Box<Node>, Box<Node>, Box<Node>),
}

/// What a literal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum Literal {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Null,
}

/// What is wrong, and where: the number of the character, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxFault {
    /// What stands there, or what does not.
    pub(super) found: String,
    /// Which character.
    pub(super) at: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Quoted(String),
    Value(Literal),
    Sign(&'static str),
    End,
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: &[&str] = &[
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

/// Deeper nesting than any real expression has.
const DEEPEST: usize = 200;

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxFault> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let node = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(node),
        _ => Err(parser.unexpected()),
    }
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, SyntaxFault> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let start = at;
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        if c == '/' && characters.get(at + 1) == Some(&'/') {
            at += characters[at..].iter().position(|c| *c == '\n').unwrap_or(characters.len() - at);
            continue;
        }
        let token = if let Some(end) = quoted(&characters, at)? {
            let bytes =
                characters[at..end].iter().take_while(|c| !matches!(c, '"' | '\'')).any(|c| matches!(c, 'b' | 'B'));
            at = end;
            Token::Value(if bytes { Literal::Bytes } else { Literal::Text })
        } else if c == '`' {
            let end = characters[at + 1..].iter().position(|c| *c == '`');
            let Some(end) = end else {
                return Err(SyntaxFault { found: "a quote that is not closed".into(), at: at + 1 });
            };
            let name = characters[at + 1..at + 1 + end].iter().collect();
            at += end + 2;
            Token::Quoted(name)
        } else if c.is_ascii_alphabetic() || c == '_' {
            while characters.get(at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
                at += 1;
            }
            match characters[start..at].iter().collect::<String>() {
                word if matches!(word.as_str(), "true" | "false") => Token::Value(Literal::Bool),
                word if word == "null" => Token::Value(Literal::Null),
                word if word == "in" => Token::Sign("in"),
                word => Token::Name(word),
            }
        } else if c.is_ascii_digit() || c == '.' && characters.get(at + 1).is_some_and(char::is_ascii_digit) {
            let (literal, end) = number(&characters, at);
            at = end;
            Token::Value(literal)
        } else {
            let rest = &characters[at..];
            let fits = |sign: &&&str| sign.chars().zip(rest).filter(|(a, b)| a == *b).count() == sign.len();
            let Some(sign) = SIGNS.iter().find(fits) else {
                return Err(SyntaxFault { found: format!("unexpected `{c}`"), at: at + 1 });
            };
            at += sign.len();
            Token::Sign(sign)
        };
        tokens.push((token, start + 1));
    }
    tokens.push((Token::End, characters.len() + 1));
    Ok(tokens)
}

/// Where a text that starts here ends, if one does.
fn quoted(characters: &[char], start: usize) -> Result<Option<usize>, SyntaxFault> {
    let prefix = characters[start..].iter().take(3).take_while(|c| matches!(c, 'r' | 'R' | 'b' | 'B')).count();
    let open = start + prefix;
    let Some(&quote) = characters.get(open).filter(|c| matches!(c, '"' | '\'')) else { return Ok(None) };
    let raw = characters[start..open].iter().any(|c| matches!(c, 'r' | 'R'));
    let long = characters.get(open + 1) == Some(&quote) && characters.get(open + 2) == Some(&quote);
    let mut at = open + if long { 3 } else { 1 };
    while let Some(&c) = characters.get(at) {
        if c == '\\' && !raw {
            at += 2;
        } else if c == quote && !long {
            return Ok(Some(at + 1));
        } else if c == quote && characters.get(at + 1) == Some(&quote) && characters.get(at + 2) == Some(&quote) {
            return Ok(Some(at + 3));
        } else if c == '\n' && !long {
            break;
        } else {
            at += 1;
        }
    }
    Err(SyntaxFault { found: "a text that is not closed".into(), at: start + 1 })
}

fn number(characters: &[char], start: usize) -> (Literal, usize) {
    let digits = |mut at: usize, hex: bool| {
        while characters.get(at).is_some_and(|c| c.is_ascii_digit() || hex && c.is_ascii_hexdigit()) {
            at += 1;
        }
        at
    };
    if characters[start] == '0' && matches!(characters.get(start + 1), Some('x' | 'X')) {
        let end = digits(start + 2, true);
        return if matches!(characters.get(end), Some('u' | 'U')) {
            (Literal::Uint, end + 1)
        } else {
            (Literal::Int, end)
        };
    }
    let mut at = digits(start, false);
    let mut literal = Literal::Int;
    if characters.get(at) == Some(&'.') && characters.get(at + 1).is_some_and(char::is_ascii_digit) {
        at = digits(at + 1, false);
        literal = Literal::Double;
    }
    if matches!(characters.get(at), Some('e' | 'E')) {
        let sign = usize::from(matches!(characters.get(at + 1), Some('+' | '-')));
        let end = digits(at + 1 + sign, false);
        if end > at + 1 + sign {
            return (Literal::Double, end);
        }
    }
    if literal == Literal::Int && matches!(characters.get(at), Some('u' | 'U')) {
        return (Literal::Uint, at + 1);
    }
    (literal, at)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(found) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn wants(&mut self, sign: &str) -> Result<(), SyntaxFault> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> SyntaxFault {
        let at = self.tokens.get(self.at).map_or(0, |(_, at)| *at);
        let found = match self.peek() {
            Token::End => "it ends too early".to_owned(),
            Token::Sign(sign) => format!("unexpected `{sign}`"),
            Token::Name(name) | Token::Quoted(name) => format!("unexpected `{name}`"),
            Token::Value(_) => "unexpected value".to_owned(),
        };
        SyntaxFault { found, at }
    }

    fn expression(&mut self) -> Result<Node, SyntaxFault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxFault { found: "nested too deeply".into(), at: self.at });
        }
        let condition = self.binary(0)?;
        let node = if self.takes("?") {
            let yes = self.binary(0)?;
            self.wants(":")?;
            let no = self.expression()?;
            Node::Choice(Box::new(condition), Box::new(yes), Box::new(no))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(node)
    }

    fn binary(&mut self, level: usize) -> Result<Node, SyntaxFault> {
        const LEVELS: &[&[&str]] =
            &[&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["*", "/", "%"]];
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Token::Sign(sign) = *self.peek() {
            let Some(sign) = signs.iter().find(|known| **known == sign) else { break };
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Node::Binary(sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, SyntaxFault> {
        let mut signs = Vec::new();
        loop {
            if self.takes("!") {
                signs.push('!');
            } else if self.takes("-") {
                signs.push('-');
            } else {
                break;
            }
        }
        let member = self.member()?;
        Ok(signs.into_iter().rev().fold(member, |node, sign| Node::Unary(sign, Box::new(node))))
    }

    fn member(&mut self) -> Result<Node, SyntaxFault> {
        let mut node = self.primary()?;
        loop {
            if self.takes(".") {
                self.takes("?");
                let name = match self.next() {
                    Token::Name(name) | Token::Quoted(name) => name,
                    _ => {
                        self.at -= 1;
                        return Err(self.unexpected());
                    }
                };
                node = if self.takes("(") {
                    Node::Call(Some(Box::new(node)), name, self.list(")")?)
                } else if matches!(self.peek(), Token::Sign("{")) && is_path(&node) {
                    self.at += 1;
                    Node::Object(self.entries()?)
                } else {
                    Node::Select(Box::new(node), name)
                };
            } else if self.takes("[") {
                self.takes("?");
                let index = self.expression()?;
                self.wants("]")?;
                node = Node::Index(Box::new(node), Box::new(index));
            } else {
                return Ok(node);
            }
        }
    }

    fn primary(&mut self) -> Result<Node, SyntaxFault> {
        self.takes(".");
        match self.next() {
            Token::Value(literal) => Ok(Node::Literal(literal)),
            Token::Name(name) => {
                if self.takes("(") {
                    Ok(Node::Call(None, name, self.list(")")?))
                } else if self.takes("{") {
                    Ok(Node::Object(self.entries()?))
                } else {
                    Ok(Node::Name(name))
                }
            }
            Token::Sign("(") => {
                let node = self.expression()?;
                self.wants(")")?;
                Ok(node)
            }
            Token::Sign("[") => Ok(Node::List(self.list("]")?)),
            Token::Sign("{") => Ok(Node::Map(self.entries()?)),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Node>, SyntaxFault> {
        let mut nodes = Vec::new();
        while !self.takes(end) {
            self.takes("?");
            nodes.push(self.expression()?);
            if !self.takes(",") {
                self.wants(end)?;
                break;
            }
        }
        Ok(nodes)
    }

    /// Keys and values up to the closing brace.
    fn entries(&mut self) -> Result<Vec<Node>, SyntaxFault> {
        let mut nodes = Vec::new();
        while !self.takes("}") {
            self.takes("?");
            let key = match self.peek() {
                // The name of a field of an object; in a map, a key.
                Token::Quoted(_) => {
                    self.at += 1;
                    Node::Literal(Literal::Text)
                }
                _ => self.expression()?,
            };
            self.wants(":")?;
            nodes.push(key);
            nodes.push(self.expression()?);
            if !self.takes(",") {
                self.wants("}")?;
                break;
            }
        }
        Ok(nodes)
    }
}

/// Whether a node may be the start of the name of a type.
fn is_path(node: &Node) -> bool {
    match node {
        Node::Name(_) => true,
        Node::Select(of, _) => is_path(of),
        _ => false,
    }
}
