//! Tokens -> statements: text, actions, branches, named templates.

use super::budget::DEEPEST;
use super::lex::{Keyword, Kind, Token, lex};
use super::literal::{raw, unquote};
use super::syntax::{Branch, BranchKind, Named, Pipeline, Span, Statement};
use super::{Delimiters, Functions, Refusal};
use std::borrow::Cow;

pub(super) type Parsed<T> = Result<T, Refusal>;

pub(super) fn parse<'t>(
    text: &'t str,
    delimiters: Delimiters<'_>,
    functions: Functions,
) -> Parsed<(Vec<Statement<'t>>, Named<'t>)> {
    let mut parser = Parser {
        text,
        tokens: lex(text, delimiters),
        at: 0,
        functions,
        variables: vec!["$"],
        ranges: 0,
        depth: 0,
        named: Named::new(),
    };
    let mut body = Vec::new();
    loop {
        if parser.peek().kind == Kind::End {
            return Ok((body, parser.named));
        }
        if parser.peek().kind == Kind::Left && parser.keyword_ahead() == Some(Keyword::Define) {
            parser.define()?;
            continue;
        }
        match parser.statement()? {
            Next::Statement(statement) => body.push(statement),
            Next::End(span) => return Err(refusal(span, "there is nothing here for this `end` to close")),
            Next::Else { span, .. } => return Err(refusal(span, "this `else` belongs to nothing")),
        }
    }
}

pub(super) fn refusal(range: Span, message: impl Into<String>) -> Refusal {
    Refusal { range, message: message.into() }
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    pub(super) functions: Functions,
    pub(super) variables: Vec<&'t str>,
    /// How many ranges surround this place.
    ranges: usize,
    pub(super) depth: usize,
    named: Named<'t>,
}

/// What a stretch of template turned out to be.
enum Next<'t> {
    Statement(Statement<'t>),
    End(Span),
    /// `chained` where an `if` or `with` follows in the same action.
    Else {
        span: Span,
        chained: Option<Keyword>,
    },
}

/// How a list of statements ended.
enum Tail {
    End,
    Else(Option<Keyword>),
}

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + offset).min(last)]
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    pub(super) fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
    }

    pub(super) fn slice(&self, span: &Span) -> &'t str {
        &self.text[span.clone()]
    }

    pub(super) fn unexpected<T>(&self, token: &Token, place: &str) -> Parsed<T> {
        Err(match &token.kind {
            Kind::Broken(message) => refusal(token.span.clone(), *message),
            Kind::End => refusal(token.span.clone(), format!("the template ends in {place}")),
            Kind::Right => refusal(token.span.clone(), format!("something is missing in {place}")),
            _ => refusal(token.span.clone(), format!("`{}` has no place in {place}", self.slice(&token.span))),
        })
    }

    /// Goes one level deeper.
    pub(super) fn enter(&mut self, span: &Span) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(refusal(span.clone(), "this is nested too deep"));
        }
        Ok(())
    }

    fn keyword_ahead(&self) -> Option<Keyword> {
        let mut offset = 1;
        while self.peek_at(offset).kind == Kind::Space {
            offset += 1;
        }
        match self.peek_at(offset).kind {
            Kind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    /// Takes the right delimiter; gives its end.
    fn close(&mut self, place: &str) -> Parsed<usize> {
        self.skip_space();
        let token = self.next();
        if token.kind == Kind::Right { Ok(token.span.end) } else { self.unexpected(&token, place) }
    }

    fn statement(&mut self) -> Parsed<Next<'t>> {
        let token = self.next();
        match token.kind {
            Kind::Text => Ok(Next::Statement(Statement::Text(token.span))),
            Kind::Left => self.action(token.span.start),
            _ => self.unexpected(&token, "a template"),
        }
    }

    fn action(&mut self, start: usize) -> Parsed<Next<'t>> {
        self.skip_space();
        let Kind::Keyword(keyword) = self.peek().kind else {
            // What an action declares stays until the end of the statements around it.
            let pipeline = self.pipeline("an action", &Kind::Right)?;
            let end = self.close("an action")?;
            return Ok(Next::Statement(Statement::Action { span: start..end, pipeline }));
        };
        let word = self.next().span;
        match keyword {
            Keyword::If => self.branch(BranchKind::If, start).map(Next::Statement),
            Keyword::With => self.branch(BranchKind::With, start).map(Next::Statement),
            Keyword::Range => self.branch(BranchKind::Range, start).map(Next::Statement),
            Keyword::End => Ok(Next::End(start..self.close("`end`")?)),
            Keyword::Else => self.other(start),
            Keyword::Break | Keyword::Continue => {
                let end = self.close("`break` or `continue`")?;
                if self.ranges == 0 {
                    return Err(refusal(start..end, format!("`{}` outside of any `range`", self.slice(&word))));
                }
                let statement = if keyword == Keyword::Break { Statement::Break } else { Statement::Continue };
                Ok(Next::Statement(statement))
            }
            Keyword::Template => self.template(start).map(Next::Statement),
            Keyword::Block => self.block(start).map(Next::Statement),
            Keyword::Define => Err(refusal(word, "`define` is only allowed outside of everything else")),
        }
    }

    fn other(&mut self, start: usize) -> Parsed<Next<'t>> {
        self.skip_space();
        let chained = match self.peek().kind {
            Kind::Keyword(keyword @ (Keyword::If | Keyword::With)) => Some(keyword),
            _ => None,
        };
        let end = match chained {
            Some(_) => self.next().span.end,
            None => self.close("`else`")?,
        };
        Ok(Next::Else { span: start..end, chained })
    }

    /// Statements up to an `end` or, where `else` may follow, that.
    fn list(&mut self, opened: &Span, with_else: bool, what: &str) -> Parsed<(Vec<Statement<'t>>, Tail)> {
        self.enter(opened)?;
        let mut list = Vec::new();
        let tail = loop {
            match self.peek().kind {
                Kind::End => return Err(refusal(opened.clone(), format!("this {what} has no `end`"))),
                Kind::Text | Kind::Left => {}
                _ => return self.unexpected(&self.peek().clone(), "a template"),
            }
            match self.statement()? {
                Next::Statement(statement) => list.push(statement),
                Next::End(_) => break Tail::End,
                Next::Else { chained, .. } if with_else => break Tail::Else(chained),
                Next::Else { span, .. } => return Err(refusal(span, format!("this {what} has its `else` already"))),
            }
        };
        self.depth -= 1;
        Ok((list, tail))
    }

    fn branch(&mut self, kind: BranchKind, start: usize) -> Parsed<Statement<'t>> {
        let (what, own) = match kind {
            BranchKind::If => ("`if`", Some(Keyword::If)),
            BranchKind::With => ("`with`", Some(Keyword::With)),
            BranchKind::Range => ("`range`", None),
        };
        let known = self.variables.len();
        let pipeline = self.pipeline(what, &Kind::Right)?;
        let opened = start..self.close(what)?;
        let inner = usize::from(kind == BranchKind::Range);
        self.ranges += inner;
        let (then, tail) = self.list(&opened, true, what)?;
        self.ranges -= inner;
        let otherwise = match tail {
            Tail::End => Vec::new(),
            Tail::Else(None) => self.list(&opened, false, what)?.0,
            Tail::Else(Some(keyword)) if Some(keyword) == own => {
                self.enter(&opened)?;
                let chained = self.branch(kind, self.peek().span.start)?;
                self.depth -= 1;
                vec![chained]
            }
            Tail::Else(Some(_)) => {
                return Err(refusal(opened, format!("the `else` of this {what} can only be followed by {what}")));
            }
        };
        self.variables.truncate(known);
        Ok(Statement::Branch(Branch { kind, pipeline, then, otherwise }))
    }

    fn name(&mut self, what: &str) -> Parsed<(Cow<'t, str>, Span)> {
        self.skip_space();
        let token = self.next();
        let literal = self.slice(&token.span);
        let name = match token.kind {
            Kind::Quoted => unquote(literal),
            Kind::Raw => Some(raw(literal)),
            _ => return self.unexpected(&token, what),
        };
        match name {
            Some(name) => Ok((name, token.span)),
            None => Err(refusal(token.span, "this text has an escape that does not exist")),
        }
    }

    fn template(&mut self, start: usize) -> Parsed<Statement<'t>> {
        let (name, _) = self.name("`template`")?;
        self.skip_space();
        let pipeline = match self.peek().kind {
            Kind::Right => None,
            _ => Some(self.pipeline("`template`", &Kind::Right)?),
        };
        let end = self.close("`template`")?;
        Ok(Statement::Template { span: start..end, name, pipeline })
    }

    fn block(&mut self, start: usize) -> Parsed<Statement<'t>> {
        let (name, span) = self.name("`block`")?;
        let pipeline = self.pipeline("`block`", &Kind::Right)?;
        let end = self.close("`block`")?;
        self.body(name.clone(), &span, &(start..end), "`block`")?;
        Ok(Statement::Template { span: start..end, name, pipeline: Some(pipeline) })
    }

    fn define(&mut self) -> Parsed<()> {
        let start = self.next().span.start;
        self.skip_space();
        self.next();
        let (name, span) = self.name("`define`")?;
        let opened = start..self.close("`define`")?;
        self.body(name, &span, &opened, "`define`")
    }

    /// The statements of a named template, which see no variables from around.
    fn body(&mut self, name: Cow<'t, str>, named: &Span, opened: &Span, what: &str) -> Parsed<()> {
        let variables = std::mem::replace(&mut self.variables, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        let (list, tail) = self.list(opened, true, what)?;
        if matches!(tail, Tail::Else(_)) {
            return Err(refusal(opened.clone(), format!("a {what} has no `else`")));
        }
        self.variables = variables;
        self.ranges = ranges;
        if self.is_empty(&list) {
            self.named.entry(name).or_default();
            return Ok(());
        }
        match self.named.get(&name) {
            Some(other) if !self.is_empty(other) => {
                Err(refusal(named.clone(), format!("there is another template of the name `{name}`")))
            }
            _ => {
                self.named.insert(name, list);
                Ok(())
            }
        }
    }

    fn is_empty(&self, list: &[Statement<'t>]) -> bool {
        list.iter().all(|statement| match statement {
            Statement::Text(span) => self.slice(span).trim().is_empty(),
            _ => false,
        })
    }

    pub(super) fn declared(&self, name: &str) -> bool {
        self.variables.contains(&name)
    }

    /// The pipeline of an action; the token that ends it is left.
    pub(super) fn pipeline(&mut self, place: &str, end: &Kind) -> Parsed<Pipeline<'t>> {
        super::pipeline::pipeline(self, place, end)
    }
}
