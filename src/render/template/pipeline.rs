//! Tokens -> pipelines: what stands inside an action.

use super::functions;
use super::lex::{Kind, Token};
use super::literal::{character, number, raw, unquote};
use super::parse::{Parsed, Parser, refusal};
use super::syntax::{Command, Name, Number, Operand, Pipeline, Term};

pub(super) fn pipeline<'t>(parser: &mut Parser<'t>, place: &str, end: &Kind) -> Parsed<Pipeline<'t>> {
    parser.skip_space();
    let start = parser.peek().span.start;
    let mut pipeline = Pipeline { span: start..start, variables: Vec::new(), assigns: false, commands: Vec::new() };
    declarations(parser, place, &mut pipeline)?;
    loop {
        parser.skip_space();
        let token = parser.peek().clone();
        if token.kind == *end {
            if pipeline.commands.is_empty() {
                return Err(refusal(token.span, format!("{place} needs a value")));
            }
            return Ok(pipeline);
        }
        if !starts_operand(&token.kind) {
            return parser.unexpected(&token, place);
        }
        let command = command(parser, place)?;
        if !pipeline.commands.is_empty() && is_plain(&command.operands[0].term) {
            return Err(refusal(command.operands[0].span.clone(), "a value cannot be piped into this"));
        }
        pipeline.span.end = command.span.end;
        pipeline.commands.push(command);
    }
}

fn starts_operand(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::Nil
            | Kind::Char
            | Kind::Dot
            | Kind::Field
            | Kind::Word
            | Kind::Number
            | Kind::Quoted
            | Kind::Raw
            | Kind::Variable
            | Kind::Open
    )
}

/// Whether a term can never take a piped value.
fn is_plain(term: &Term<'_>) -> bool {
    matches!(term, Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Text(_))
}

/// `$a :=`, `$a, $b :=`, `$a =`.
fn declarations<'t>(parser: &mut Parser<'t>, place: &str, pipeline: &mut Pipeline<'t>) -> Parsed<()> {
    while parser.peek().kind == Kind::Variable {
        let gap = usize::from(parser.peek_at(1).kind == Kind::Space);
        let after = parser.peek_at(1 + gap).kind.clone();
        if !matches!(after, Kind::Assign | Kind::Declare | Kind::Comma) {
            return Ok(());
        }
        let variable = parser.next();
        parser.skip_space();
        let sign = parser.next();
        let name = parser.slice(&variable.span);
        pipeline.variables.push(name);
        parser.variables.push(name);
        if after != Kind::Comma {
            pipeline.assigns = after == Kind::Assign;
            return Ok(());
        }
        parser.skip_space();
        if place != "`range`" || pipeline.variables.len() > 1 {
            return Err(refusal(sign.span, format!("{place} declares too many variables")));
        }
        if parser.peek().kind != Kind::Variable {
            return parser.unexpected(&parser.peek().clone(), "the variables of a `range`");
        }
    }
    if pipeline.variables.is_empty() {
        return Ok(());
    }
    parser.unexpected(&parser.peek().clone(), place)
}

fn command<'t>(parser: &mut Parser<'t>, place: &str) -> Parsed<Command<'t>> {
    let mut operands: Vec<Operand<'t>> = Vec::new();
    loop {
        parser.skip_space();
        if starts_operand(&parser.peek().kind) {
            operands.push(operand(parser)?);
        }
        let token = parser.peek().clone();
        match token.kind {
            Kind::Space => continue,
            Kind::Right | Kind::Close => {}
            Kind::Pipe => {
                parser.next();
            }
            _ => return parser.unexpected(&token, place),
        }
        let (Some(first), Some(last)) = (operands.first(), operands.last()) else {
            return parser.unexpected(&token, place);
        };
        return Ok(Command { span: first.span.start..last.span.end, operands });
    }
}

fn operand<'t>(parser: &mut Parser<'t>) -> Parsed<Operand<'t>> {
    let mut operand = term(parser)?;
    let mut names = Vec::new();
    while parser.peek().kind == Kind::Field {
        let token = parser.next();
        names.push(name(parser, &token));
    }
    let Some(last) = names.last() else { return Ok(operand) };
    let span = operand.span.start..last.span.end;
    if is_plain(&operand.term) {
        return Err(refusal(span, "only mappings have fields"));
    }
    operand = match operand.term {
        Term::Field(mut fields) => {
            fields.append(&mut names);
            Operand { span, term: Term::Field(fields) }
        }
        _ => Operand { span, term: Term::Chain(Box::new(operand), names) },
    };
    Ok(operand)
}

fn name<'t>(parser: &Parser<'t>, token: &Token) -> Name<'t> {
    Name { text: &parser.slice(&token.span)[1..], span: token.span.clone() }
}

fn term<'t>(parser: &mut Parser<'t>) -> Parsed<Operand<'t>> {
    let token = parser.next();
    let text = parser.slice(&token.span);
    let mut span = token.span.clone();
    let broken = |message: &str| Err(refusal(token.span.clone(), message));
    let term = match token.kind {
        Kind::Bool => Term::Bool(text == "true"),
        Kind::Nil => Term::Nil,
        Kind::Dot => Term::Dot,
        Kind::Field => Term::Field(vec![name(parser, &token)]),
        Kind::Variable if parser.declared(text) => Term::Variable(text),
        Kind::Variable => return broken(&format!("there is no variable `{text}` here")),
        Kind::Word => match functions::find(text, parser.functions) {
            Some(function) => Term::Function(function),
            None => return broken(&format!("there is no function `{text}`")),
        },
        Kind::Number => match number(text) {
            Some(number) => Term::Number(number),
            None => return broken("this is not a number"),
        },
        Kind::Char => match character(text) {
            #[expect(clippy::cast_precision_loss, reason = "a character has 21 bits")]
            Some(code) => Term::Number(Number { int: Some(code), float: code as f64, prefers_float: false }),
            None => return broken("this is not a character"),
        },
        Kind::Quoted => match unquote(text) {
            Some(text) => Term::Text(text),
            None => return broken("this text has an escape that does not exist"),
        },
        Kind::Raw => Term::Text(raw(text)),
        Kind::Open => {
            parser.enter(&span)?;
            let pipeline = parser.pipeline("a parenthesis", &Kind::Close)?;
            span.end = parser.next().span.end;
            parser.depth -= 1;
            Term::Pipeline(Box::new(pipeline))
        }
        _ => return parser.unexpected(&token, "an action"),
    };
    Ok(Operand { span, term })
}
