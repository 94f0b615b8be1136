//! The structure of a shell text: lists, pipelines, groups, conditionals and loops. What does not fit is passed over.

use super::lex::{Part, Token, Word};

/// Groups within groups are followed this far.
const MAX_DEPTH: usize = 32;

/// Commands in order, each with how it is joined to the one before.
pub(super) type List = Vec<(Link, Node)>;

/// How a command is joined to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Always,
    And,
    Or,
}

/// A command of the shell.
#[derive(Debug)]
pub(super) enum Node {
    Simple(Simple),
    Pipe(Vec<Node>),
    /// `( ... )` and `{ ... }`.
    Group {
        body: List,
        subshell: bool,
    },
    /// What is always looked at, and what may then be run: `if`, `case`, `while`.
    Choice {
        tests: List,
        bodies: List,
    },
    /// `for`; the words it goes through, if they are given.
    For {
        name: Word,
        words: Option<Vec<Word>>,
        body: List,
    },
}

/// A command with its words.
#[derive(Debug, Default)]
pub(super) struct Simple {
    pub(super) words: Vec<Word>,
    pub(super) from: Vec<Word>,
    pub(super) to: Vec<Word>,
    /// Whether a text is given in place.
    pub(super) here: bool,
}

/// The commands of a shell text; whether it was too deep to be read whole.
pub(super) fn parse(text: &str, tokens: Vec<Token>) -> (List, bool) {
    let mut parser = Parser { text, tokens: tokens.into_iter().peekable(), depth: 0, cut: false };
    let mut list = List::new();
    while parser.tokens.peek().is_some() {
        list.append(&mut parser.list(&[]));
        // Whatever stopped the list closes nothing here.
        parser.tokens.next();
    }
    (list, parser.cut)
}

struct Parser<'t> {
    text: &'t str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
    cut: bool,
}

impl Parser<'_> {
    /// The reserved word that comes next.
    fn reserved(&mut self) -> Option<&str> {
        let Some(Token::Word(Word { parts, quoted: false, .. })) = self.tokens.peek() else { return None };
        match &parts[..] {
            [Part::Literal(range)] => Some(&self.text[range.clone()]),
            _ => None,
        }
    }

    fn at_any(&mut self, words: &[&str]) -> bool {
        self.reserved().is_some_and(|word| words.contains(&word))
    }

    /// Takes a reserved word, if it comes next.
    fn takes(&mut self, word: &str) -> bool {
        let there = self.at_any(&[word]);
        if there {
            self.tokens.next();
        }
        there
    }

    /// Commands up to one of the words, a closing bracket or the end of a case.
    fn list(&mut self, until: &[&str]) -> List {
        let mut list = List::new();
        let mut link = Link::Always;
        loop {
            match self.tokens.peek() {
                None | Some(Token::Close | Token::EndOfCase) => return list,
                Some(Token::End) => {
                    // `a &&` may go on in the next line.
                    self.tokens.next();
                    continue;
                }
                Some(Token::And | Token::Or | Token::Pipe) => {
                    link = if self.tokens.next() == Some(Token::Or) { Link::Or } else { Link::And };
                    continue;
                }
                Some(_) => {}
            }
            if self.at_any(until) {
                return list;
            }
            let node = self.pipeline();
            list.push((link, node));
            link = match self.tokens.peek() {
                Some(Token::And) => Link::And,
                Some(Token::Or) => Link::Or,
                _ => Link::Always,
            };
            if link != Link::Always {
                self.tokens.next();
            }
        }
    }

    fn pipeline(&mut self) -> Node {
        let first = self.command();
        let mut nodes = vec![first];
        while self.tokens.peek() == Some(&Token::Pipe) {
            self.tokens.next();
            while self.tokens.peek() == Some(&Token::End) {
                self.tokens.next();
            }
            nodes.push(self.command());
        }
        if nodes.len() == 1 { nodes.remove(0) } else { Node::Pipe(nodes) }
    }

    fn command(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.cut = true;
            self.tokens.by_ref().for_each(drop);
            return Node::Simple(Simple::default());
        }
        self.depth += 1;
        let node = self.compound();
        self.depth -= 1;
        node
    }

    fn compound(&mut self) -> Node {
        if self.tokens.peek() == Some(&Token::Open) {
            self.tokens.next();
            let body = self.list(&[]);
            while self.tokens.next_if(|token| *token == Token::EndOfCase).is_some() {}
            self.tokens.next_if_eq(&Token::Close);
            return self.redirected(Node::Group { body, subshell: true });
        }
        let node = match self.reserved() {
            Some("{") => {
                self.tokens.next();
                let body = self.list(&["}"]);
                self.takes("}");
                Node::Group { body, subshell: false }
            }
            Some("if") => self.choice(),
            Some("while" | "until") => {
                self.tokens.next();
                let tests = self.list(&["do"]);
                self.takes("do");
                let bodies = self.list(&["done"]);
                self.takes("done");
                Node::Choice { tests, bodies }
            }
            Some("for") => self.each(),
            Some("case") => self.case(),
            Some("!" | "time") => {
                self.tokens.next();
                return self.command();
            }
            _ => return Node::Simple(self.simple()),
        };
        self.redirected(node)
    }

    /// A group as one pipeline with what its redirections say.
    fn redirected(&mut self, node: Node) -> Node {
        if !matches!(self.tokens.peek(), Some(Token::From | Token::To | Token::Duplicate | Token::Here)) {
            return node;
        }
        let mut simple = Simple::default();
        while self.redirection(&mut simple) {}
        let reads = !simple.from.is_empty() || simple.here;
        let mut nodes = Vec::new();
        if reads {
            nodes.push(Node::Simple(Simple {
                from: std::mem::take(&mut simple.from),
                here: simple.here,
                ..Simple::default()
            }));
        }
        nodes.push(node);
        if !simple.to.is_empty() {
            nodes.push(Node::Simple(Simple { to: simple.to, ..Simple::default() }));
        }
        if nodes.len() == 1 { nodes.remove(0) } else { Node::Pipe(nodes) }
    }

    fn choice(&mut self) -> Node {
        let (mut tests, mut bodies) = (List::new(), List::new());
        self.tokens.next();
        tests.append(&mut self.list(&["then"]));
        self.takes("then");
        loop {
            bodies.append(&mut self.list(&["elif", "else", "fi"]));
            if self.takes("elif") {
                bodies.append(&mut self.list(&["then"]));
                self.takes("then");
            } else if !self.takes("else") {
                self.takes("fi");
                return Node::Choice { tests, bodies };
            }
        }
    }

    fn each(&mut self) -> Node {
        self.tokens.next();
        let name = match self.tokens.peek() {
            Some(Token::Word(_)) => self.word().unwrap_or_default(),
            _ => Word::default(),
        };
        let mut words = None;
        if self.takes("in") {
            let mut list = Vec::new();
            while let Some(word) = self.word() {
                list.push(word);
            }
            words = Some(list);
        }
        while self.tokens.next_if_eq(&Token::End).is_some() {}
        self.takes("do");
        let body = self.list(&["done"]);
        self.takes("done");
        Node::For { name, words, body }
    }

    fn case(&mut self) -> Node {
        self.tokens.next();
        self.word();
        self.takes("in");
        let mut bodies = List::new();
        loop {
            while self.tokens.next_if(|token| matches!(token, Token::End | Token::EndOfCase | Token::Open)).is_some() {}
            if self.tokens.peek().is_none() || self.takes("esac") {
                return Node::Choice { tests: List::new(), bodies };
            }
            // The patterns up to the bracket.
            while self.tokens.next_if(|token| matches!(token, Token::Word(_) | Token::Pipe)).is_some() {}
            self.tokens.next_if_eq(&Token::Close);
            let before = self.tokens.len();
            bodies.append(&mut self.list(&["esac"]));
            if self.tokens.len() == before && matches!(self.tokens.peek(), Some(Token::Close | Token::And | Token::Or))
            {
                self.tokens.next();
            }
        }
    }

    fn word(&mut self) -> Option<Word> {
        match self.tokens.next_if(|token| matches!(token, Token::Word(_))) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn simple(&mut self) -> Simple {
        let mut simple = Simple::default();
        loop {
            if let Some(word) = self.word() {
                simple.words.push(word);
            } else if !self.redirection(&mut simple) {
                return simple;
            }
        }
    }

    /// Takes a redirection, if one comes next.
    fn redirection(&mut self, simple: &mut Simple) -> bool {
        let kinds = |token: &Token| matches!(token, Token::From | Token::To | Token::Duplicate | Token::Here);
        let Some(token) = self.tokens.next_if(kinds) else { return false };
        let word = self.word();
        match token {
            Token::From => simple.from.extend(word),
            Token::To => simple.to.extend(word),
            Token::Here => simple.here = true,
            _ => {}
        }
        true
    }
}
