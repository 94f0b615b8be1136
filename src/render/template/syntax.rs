//! The tree a template is parsed into. Ranges are bytes of the template.

use super::functions::Function;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

pub(super) type Span = Range<usize>;

/// The templates that have a name.
pub(super) type Named<'t> = BTreeMap<Cow<'t, str>, Vec<Statement<'t>>>;

#[derive(Clone, Debug)]
pub(super) enum Statement<'t> {
    Text(Span),
    Action { span: Span, pipeline: Pipeline<'t> },
    Branch(Branch<'t>),
    Template { span: Span, name: Cow<'t, str>, pipeline: Option<Pipeline<'t>> },
    Break,
    Continue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BranchKind {
    If,
    With,
    Range,
}

#[derive(Clone, Debug)]
pub(super) struct Branch<'t> {
    pub(super) kind: BranchKind,
    pub(super) pipeline: Pipeline<'t>,
    pub(super) then: Vec<Statement<'t>>,
    pub(super) otherwise: Vec<Statement<'t>>,
}

#[derive(Clone, Debug)]
pub(super) struct Pipeline<'t> {
    pub(super) span: Span,
    /// Variables that get the value, with the `$`.
    pub(super) variables: Vec<&'t str>,
    /// Whether they existed before: `=`, not `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command<'t>>,
}

#[derive(Clone, Debug)]
pub(super) struct Command<'t> {
    pub(super) span: Span,
    /// At least one.
    pub(super) operands: Vec<Operand<'t>>,
}

#[derive(Clone, Debug)]
pub(super) struct Operand<'t> {
    pub(super) span: Span,
    pub(super) term: Term<'t>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// Its value as an integer, where it has one.
    pub(super) int: Option<i64>,
    pub(super) float: f64,
    /// Whether it is a `float64` where nothing asks for another type.
    pub(super) prefers_float: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Term<'t> {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
    /// Fields of `.`, at least one.
    Field(Vec<Name<'t>>),
    Variable(&'t str),
    Function(&'static Function),
    Pipeline(Box<Pipeline<'t>>),
    /// Fields of something else, at least one.
    Chain(Box<Operand<'t>>, Vec<Name<'t>>),
}

/// The name of a field, without its dot, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Name<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}
