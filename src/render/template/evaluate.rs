//! Runs a parsed template: statements, pipelines, variables, fields.

use super::arguments;
use super::budget::{Budget, DEEPEST, Fault, Outcome};
use super::functions::Special;
use super::output::Rendered;
use super::show;
use super::syntax::{Branch, BranchKind, Command, Name, Named, Operand, Pipeline, Span, Statement, Term};
use super::text::TextBuilder;
use super::value::{Element, Heap, Shape, Value};
use super::{Datum, Functions, MissingKey, Refusal, Stop, Template};
use foldhash::{HashMap, HashMapExt};
use regex::Regex;
use std::rc::Rc;

/// What functions work with.
pub(super) struct Machine<'a> {
    pub(super) heap: Heap<'a>,
    pub(super) budget: Budget,
    pub(super) functions: Functions,
    pub(super) inputs: Option<Value<'a>>,
    /// Patterns that were compiled before.
    pub(super) patterns: HashMap<String, Regex>,
}

pub(super) fn render<'a, O: Clone>(
    template: &'a Template<'a>,
    dot: &'a Datum<O>,
    inputs: Option<&'a Datum<O>>,
    missing_key: MissingKey,
) -> Result<Rendered<O>, Stop> {
    let all = 0..template.text.len();
    let mut machine = Machine {
        heap: Heap::default(),
        budget: Budget::new(),
        functions: template.functions,
        inputs: None,
        patterns: HashMap::new(),
    };
    let mut origins = Vec::new();
    let mut dot = machine.heap.adopt(dot, &mut origins, DEEPEST).map_err(|fault| stop(fault, &all))?;
    if matches!(dot.shape, Shape::Nil) {
        dot.shape = Shape::Missing;
    }
    if let Some(inputs) = inputs {
        let value = machine.heap.adopt(inputs, &mut origins, DEEPEST).map_err(|fault| stop(fault, &all))?;
        machine.inputs = Some(value);
    }
    let mut walker = Walker {
        machine,
        text: template.text,
        named: &template.named,
        missing_key,
        variables: vec![("$", dot.clone())],
        depth: 0,
        output: Rendered::empty(),
        origins,
    };
    walker.list(&template.body, &dot)?;
    Ok(walker.output)
}

pub(super) fn stop(fault: Fault, range: &Span) -> Stop {
    match fault {
        Fault::Refused(message) => Stop::Refused(Refusal { range: range.clone(), message }),
        Fault::Undecided(reason) => Stop::Undecided { range: range.clone(), reason },
    }
}

fn refused<T>(range: &Span, message: impl Into<String>) -> Result<T, Stop> {
    Err(stop(Fault::refused(message), range))
}

/// Whether statements go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

pub(super) struct Walker<'a, 'o, O> {
    pub(super) machine: Machine<'a>,
    text: &'a str,
    named: &'a Named<'a>,
    missing_key: MissingKey,
    variables: Vec<(&'a str, Value<'a>)>,
    depth: usize,
    output: Rendered<O>,
    origins: Vec<&'o O>,
}

impl<'a, O: Clone> Walker<'a, '_, O> {
    fn list(&mut self, list: &'a [Statement<'a>], dot: &Value<'a>) -> Result<Flow, Stop> {
        for statement in list {
            let flow = self.statement(statement, dot)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn charge(&mut self, span: &Span, bytes: usize) -> Result<(), Stop> {
        let budget = &mut self.machine.budget;
        budget.steps(1).and_then(|()| budget.bytes(bytes)).map_err(|fault| stop(fault, span))
    }

    fn enter(&mut self, span: &Span) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > DEEPEST { refused(span, "templates call each other without end") } else { Ok(()) }
    }

    fn statement(&mut self, statement: &'a Statement<'a>, dot: &Value<'a>) -> Result<Flow, Stop> {
        match statement {
            Statement::Text(span) => {
                self.charge(span, span.len())?;
                self.limit(span, span.len())?;
                self.output.push(&self.text[span.clone()], super::Provenance::Template(span.clone()));
            }
            Statement::Action { span, pipeline } => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.print(&value, span)?;
                }
            }
            Statement::Branch(branch) => {
                self.enter(&branch.pipeline.span)?;
                let known = self.variables.len();
                let flow = match branch.kind {
                    BranchKind::Range => self.range(branch, dot)?,
                    _ => self.branch(branch, dot)?,
                };
                self.variables.truncate(known);
                self.depth -= 1;
                return Ok(flow);
            }
            Statement::Template { span, name, pipeline } => {
                let value = match pipeline {
                    Some(pipeline) => self.pipeline(pipeline, dot)?,
                    None => Value::new(Shape::Missing),
                };
                let Some(list) = self.named.get(name) else {
                    return refused(span, format!("there is no template `{name}`"));
                };
                self.charge(span, 0)?;
                self.enter(span)?;
                let variables = std::mem::replace(&mut self.variables, vec![("$", value.clone())]);
                self.list(list, &value)?;
                self.variables = variables;
                self.depth -= 1;
            }
            Statement::Break => return Ok(Flow::Break),
            Statement::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn limit(&self, span: &Span, more: usize) -> Result<(), Stop> {
        if self.output.text.len() + more > super::budget::LONGEST_TEXT {
            return refused(span, "the template makes a text of more than 16 MiB");
        }
        Ok(())
    }

    fn print(&mut self, value: &Value<'a>, span: &Span) -> Result<(), Stop> {
        let mut builder = TextBuilder::default();
        show::print(&mut self.machine, &mut builder, value).map_err(|fault| stop(fault, span))?;
        self.charge(span, builder.len())?;
        self.limit(span, builder.len())?;
        self.output.push_marked(builder.as_str(), builder.marks(), span, &self.origins);
        Ok(())
    }

    fn branch(&mut self, branch: &'a Branch<'a>, dot: &Value<'a>) -> Result<Flow, Stop> {
        let value = self.pipeline(&branch.pipeline, dot)?;
        let Some(truth) = self.machine.heap.truth(&value) else {
            return Err(stop(Fault::Undecided("whether this is true is not known here".into()), &branch.pipeline.span));
        };
        match (truth, branch.kind) {
            (true, BranchKind::With) => self.list(&branch.then, &value),
            (true, _) => self.list(&branch.then, dot),
            (false, _) => self.list(&branch.otherwise, dot),
        }
    }

    fn range(&mut self, branch: &'a Branch<'a>, dot: &Value<'a>) -> Result<Flow, Stop> {
        let pipeline = &branch.pipeline;
        let span = &pipeline.span;
        // The variables of a range hold its value first, and are set anew for every round.
        let value = self.pipeline(pipeline, dot)?;
        let rounds: Vec<(Value<'a>, Value<'a>)> = match &value.shape {
            Shape::List(id, _) => {
                let items = Rc::clone(self.machine.heap.list(*id));
                items.iter().enumerate().map(|(at, item)| (Value::int(count(at)), item.clone())).collect()
            }
            Shape::Map(id, _) => {
                let entries = self.machine.heap.map(*id);
                entries.iter().map(|(key, item)| (Value::text(key.as_ref()), item.clone())).collect()
            }
            Shape::Int(..) if pipeline.variables.len() > 1 => {
                return refused(span, "a number can only be ranged over with one variable");
            }
            Shape::Int(end, width) => {
                let end = usize::try_from(*end).unwrap_or(0);
                self.machine.budget.steps(end).map_err(|fault| stop(fault, span))?;
                let item = |at| Value::new(Shape::Int(count(at), *width));
                (0..end).map(|at| (Value::new(Shape::Missing), item(at))).collect()
            }
            Shape::Missing | Shape::Nil => Vec::new(),
            Shape::Unknown | Shape::Bag(..) => {
                let reason = "what this ranges over is not known here";
                return Err(stop(Fault::Undecided(reason.into()), span));
            }
            Shape::Bool(_) | Shape::Float(_) | Shape::Text(_) => {
                return refused(span, format!("`range` needs a list or a mapping, and this is {}", value.title()));
            }
        };
        if rounds.is_empty() {
            return self.list(&branch.otherwise, dot);
        }
        let mark = self.variables.len();
        for (index, item) in rounds {
            self.charge(span, 0)?;
            self.round(pipeline, index, &item, mark)?;
            let flow = self.list(&branch.then, &item)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn round(&mut self, pipeline: &Pipeline<'a>, index: Value<'a>, item: &Value<'a>, mark: usize) -> Result<(), Stop> {
        let both = [index, item.clone()];
        let values = &both[2 - pipeline.variables.len().min(2)..];
        let names = &pipeline.variables;
        for (offset, (name, value)) in names.iter().zip(values).enumerate() {
            if pipeline.assigns {
                self.assign(name, value.clone(), &pipeline.span)?;
            } else {
                self.variables[mark - names.len() + offset].1 = value.clone();
            }
        }
        Ok(())
    }

    fn assign(&mut self, name: &str, value: Value<'a>, span: &Span) -> Result<(), Stop> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some(variable) => {
                variable.1 = value;
                Ok(())
            }
            None => refused(span, format!("there is no variable `{name}` here")),
        }
    }

    pub(super) fn pipeline(&mut self, pipeline: &'a Pipeline<'a>, dot: &Value<'a>) -> Result<Value<'a>, Stop> {
        self.charge(&pipeline.span, 0)?;
        let mut value = None;
        for command in &pipeline.commands {
            let mut next = self.command(command, dot, value)?;
            // A null that comes out of a command has lost its type, and is like a key that is not there.
            if matches!(next.shape, Shape::Nil) {
                next.shape = Shape::Missing;
            }
            value = Some(next);
        }
        let value = value.expect("internal: the parser lets no empty pipeline through");
        for name in &pipeline.variables {
            if pipeline.assigns {
                self.assign(name, value.clone(), &pipeline.span)?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    fn command(
        &mut self,
        command: &'a Command<'a>,
        dot: &Value<'a>,
        piped: Option<Value<'a>>,
    ) -> Result<Value<'a>, Stop> {
        let (first, rest) = command.operands.split_first().expect("internal: a command has an operand");
        if let Term::Function(function) = first.term {
            return arguments::call(self, function, rest, &command.span, dot, piped);
        }
        if !rest.is_empty() || piped.is_some() {
            return refused(&first.span, "only functions take values, and this is none");
        }
        match &first.term {
            Term::Nil => refused(&first.span, "`nil` has no value of its own"),
            _ => self.operand(first, dot),
        }
    }

    /// The value of an operand where nothing asks for a certain type.
    pub(super) fn operand(&mut self, operand: &'a Operand<'a>, dot: &Value<'a>) -> Result<Value<'a>, Stop> {
        Ok(match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil => Value::new(Shape::Missing),
            Term::Bool(truth) => Value::bool(*truth),
            Term::Number(number) => match number.int {
                Some(int) if !number.prefers_float => Value::int(int),
                _ => Value::float(number.float),
            },
            Term::Text(text) => Value::given(text),
            Term::Field(names) => self.fields(dot.clone(), names)?,
            Term::Variable(name) => self.variable(name, &operand.span)?,
            Term::Function(function) => arguments::call(self, function, &[], &operand.span, dot, None)?,
            Term::Pipeline(pipeline) => {
                self.enter(&operand.span)?;
                let value = self.pipeline(pipeline, dot)?;
                self.depth -= 1;
                value
            }
            Term::Chain(of, names) => {
                if matches!(of.term, Term::Nil) {
                    return refused(&of.span, "`nil` has no fields");
                }
                let value = self.operand(of, dot)?;
                self.fields(value, names)?
            }
        })
    }

    fn variable(&mut self, name: &str, span: &Span) -> Result<Value<'a>, Stop> {
        match self.variables.iter().rev().find(|(known, _)| *known == name) {
            Some((_, value)) => Ok(value.clone()),
            None => refused(span, format!("there is no variable `{name}` here")),
        }
    }

    fn fields(&mut self, mut value: Value<'a>, names: &[Name<'a>]) -> Result<Value<'a>, Stop> {
        for name in names {
            value = self.field(value, name)?;
        }
        Ok(value)
    }

    fn field(&mut self, value: Value<'a>, name: &Name<'a>) -> Result<Value<'a>, Stop> {
        let key = name.text;
        match value.shape {
            Shape::Unknown => Ok(value),
            Shape::Map(id, element) => {
                if let Some(found) = self.machine.heap.map(id).get(key) {
                    return Ok(found.clone());
                }
                match self.missing_key {
                    MissingKey::Error => refused(&name.span, format!("there is no key `{key}`")),
                    MissingKey::Zero if element == Element::Text => Ok(Value::text("")),
                    MissingKey::Zero => Ok(Value::nil()),
                    MissingKey::Default => Ok(Value::new(Shape::Missing)),
                }
            }
            Shape::Missing if self.missing_key == MissingKey::Error => {
                refused(&name.span, format!("there is nothing that could have a key `{key}`"))
            }
            Shape::Missing => Ok(value),
            Shape::Nil => refused(&name.span, format!("`{key}` is asked of a value that is null")),
            _ => refused(&name.span, format!("`{key}` is asked of {}, which has no keys", value.title())),
        }
    }
}

impl<'a> Machine<'a> {
    /// The function that gives the inputs.
    pub(super) fn special(&self, special: Special) -> Outcome<Value<'a>> {
        match special {
            Special::Inputs => self.inputs.clone().ok_or_else(|| Fault::Undecided("there are no inputs here".into())),
            Special::Opaque => Ok(Value::unknown()),
        }
    }
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
