//! Goes through the commands of a recipe: working folder, variables of the shell, loops, pipes.
//! What single tools mean is known to `kubectl`, `helm` and `filters`.

use super::arguments::Argument;
use super::expand::{Automatic, Variables};
use super::lex::{self, Word};
use super::lines::Line;
use super::script::{self, Link, List, Node};
use super::tools::is_name;
use super::traced::Traced;
use super::{Call, Command, Input};
use foldhash::{HashMap, HashMapExt};
use std::ops::Range;

/// Shells within shells are followed this far.
const MAX_DEPTH: usize = 8;

/// What a recipe does.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) commands: Vec<Command>,
    pub(super) calls: Vec<Call>,
    /// Whether it was not read to its end.
    pub(super) cut: bool,
}

/// What flows through a pipe.
pub(super) type Flow = Vec<Input>;

/// Runs the lines of a recipe.
pub(super) fn recipe(lines: &[Line], one_shell: bool, variables: &mut Variables, automatic: Automatic<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut whole = Traced::default();
    for line in lines {
        if variables.is_spent() {
            outcome.cut = true;
            break;
        }
        let text = variables.expand(&line.text, automatic);
        if !variables.spend(text.len() + 1) {
            outcome.cut = true;
            break;
        }
        for range in shell_lines(text.as_str()) {
            let command = without_prefix(&text.slice(range));
            if one_shell {
                whole.push_slice(&command, 0..command.len());
                whole.push_block("\n", command.place_of(command.len()..command.len()));
            } else {
                Shell::new(variables, &mut outcome, line.conditional).text(&command, None);
            }
        }
    }
    if one_shell {
        let conditional = lines.iter().any(|line| line.conditional);
        Shell::new(variables, &mut outcome, conditional).text(&whole, None);
    }
    outcome
}

/// The variables that recipes replace when they call make again.
pub(super) fn replaced<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let calls = lines.filter(|line| line.contains("MAKE") || line.contains("make"));
    let names = calls.flat_map(str::split_whitespace).filter_map(|word| word.split_once('=').map(|(name, _)| name));
    names.filter(|name| is_name(name)).collect()
}

/// The lines that make would give to a shell each.
fn shell_lines(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let slashes = bytes[start..end].iter().rev().take_while(|byte| **byte == b'\\').count();
        if slashes % 2 == 0 {
            lines.push(start..end);
            start = end + 1;
        }
    }
    lines.push(start..text.len());
    lines
}

/// A line without `@`, `-`, `+`, and without a reference in their place: `$(Q)kubectl`.
fn without_prefix(line: &Traced) -> Traced {
    let text = line.as_str();
    let marks = |text: &str| text.len() - text.trim_start_matches([' ', '\t', '@', '-', '+']).len();
    let start = marks(text);
    let glued = line.unknown_parts().first().filter(|part| part.start == start).map(|part| part.end);
    let glued = glued.filter(|end| text[*end..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '@'));
    let start = glued.map_or(start, |end| end + marks(&text[end..]));
    line.slice(start..text.len())
}

/// A value of a variable of the shell.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) value: Traced,
    pub(super) glob: bool,
}

/// A shell that runs one text.
pub(super) struct Shell<'r> {
    pub(super) variables: &'r mut Variables,
    pub(super) outcome: &'r mut Outcome,
    pub(super) names: HashMap<String, Option<Held>>,
    /// The working folder, relative to the Makefile's; none where it is not known.
    pub(super) folder: Option<String>,
    /// Whether what is run may be passed over.
    pub(super) conditional: bool,
    /// Whether another command reads the output.
    pub(super) piped: bool,
    depth: usize,
}

impl<'r> Shell<'r> {
    fn new(variables: &'r mut Variables, outcome: &'r mut Outcome, conditional: bool) -> Shell<'r> {
        Shell {
            variables,
            outcome,
            names: HashMap::new(),
            folder: Some(String::new()),
            conditional,
            piped: false,
            depth: 0,
        }
    }

    /// Runs a text; what flows out of it.
    pub(super) fn text(&mut self, text: &Traced, input: Option<&[Input]>) -> Flow {
        if self.depth >= MAX_DEPTH || !self.variables.spend(text.len()) {
            self.outcome.cut = true;
            return Flow::new();
        }
        self.depth += 1;
        let (list, cut) = script::parse(text.as_str(), lex::tokens(text));
        self.outcome.cut |= cut;
        let flow = self.list(text, &list, input);
        self.depth -= 1;
        flow
    }

    fn list(&mut self, text: &Traced, list: &List, input: Option<&[Input]>) -> Flow {
        let mut flow = Flow::new();
        let outer = self.conditional;
        let mut tested = false;
        // The folder before commands that may be passed over.
        let mut sure_folder: Option<Option<String>> = None;
        for (link, node) in list {
            if *link == Link::Always {
                self.conditional = outer;
                self.rejoin(sure_folder.take());
            } else if *link == Link::Or || tested {
                self.conditional = true;
                sure_folder.get_or_insert_with(|| self.folder.clone());
            }
            flow.extend(self.node(text, node, input));
            tested = is_test(text, node);
        }
        self.conditional = outer;
        self.rejoin(sure_folder);
        flow
    }

    /// After commands that may have been passed over, a folder they changed is not known.
    fn rejoin(&mut self, before: Option<Option<String>>) {
        if before.is_some_and(|before| before != self.folder) {
            self.folder = None;
        }
    }

    fn node(&mut self, text: &Traced, node: &Node, input: Option<&[Input]>) -> Flow {
        let flow = self.unmetered(text, node, input);
        // Groups can double a stream at each step of a pipe.
        if self.affords(flow.len()) { flow } else { Flow::new() }
    }

    /// Whether so many inputs may be copied once more.
    pub(super) fn affords(&mut self, inputs: usize) -> bool {
        let left = inputs == 0 || self.variables.spend(64 * inputs);
        self.outcome.cut |= !left;
        left
    }

    fn unmetered(&mut self, text: &Traced, node: &Node, input: Option<&[Input]>) -> Flow {
        match node {
            Node::Simple(simple) => self.simple(text, simple, input),
            Node::Pipe(nodes) => self.pipe(text, nodes, input),
            Node::Group { body, subshell: false } => self.list(text, body, input),
            Node::Group { body, subshell: true } => self.apart(|shell| shell.list(text, body, input)),
            Node::Choice { tests, bodies } => {
                let mut flow = self.list(text, tests, input);
                let before = self.folder.clone();
                let outer = std::mem::replace(&mut self.conditional, true);
                flow.extend(self.list(text, bodies, input));
                self.conditional = outer;
                self.rejoin(Some(before));
                flow
            }
            Node::For { name, words, body } => self.each(text, name, words.as_deref(), body, input),
        }
    }

    /// Runs something whose folder and variables are its own.
    pub(super) fn apart<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        if !self.variables.spend(self.names.len()) {
            self.outcome.cut = true;
            self.names.clear();
        }
        let (folder, names) = (self.folder.clone(), self.names.clone());
        let result = run(self);
        (self.folder, self.names) = (folder, names);
        result
    }

    fn pipe(&mut self, text: &Traced, nodes: &[Node], input: Option<&[Input]>) -> Flow {
        let outer = self.piped;
        let mut flow: Option<Flow> = None;
        for (index, node) in nodes.iter().enumerate() {
            self.piped = outer || index + 1 < nodes.len();
            let before = flow.take();
            let from = if index == 0 { input } else { before.as_deref() };
            flow = Some(self.apart(|shell| shell.node(text, node, from)));
        }
        self.piped = outer;
        flow.unwrap_or_default()
    }

    fn each(
        &mut self,
        text: &Traced,
        name: &Word,
        words: Option<&[Word]>,
        body: &List,
        input: Option<&[Input]>,
    ) -> Flow {
        let name = text.as_str()[name.range.clone()].to_owned();
        let before = self.folder.clone();
        let items: Vec<Argument> = words.into_iter().flatten().flat_map(|word| self.resolve(text, word)).collect();
        let mut flow = Flow::new();
        if words.is_none() {
            self.names.insert(name.clone(), None);
            flow = self.list(text, body, input);
        }
        for item in items {
            if !self.variables.spend(64 + item.traced.len()) {
                self.outcome.cut = true;
                break;
            }
            let held = item.traced.is_known().then(|| Held { value: item.traced.clone(), glob: item.glob });
            self.names.insert(name.clone(), held);
            flow.extend(self.list(text, body, input));
            if self.folder != before {
                self.folder = None;
            }
        }
        self.names.insert(name, None);
        flow
    }
}

/// Whether what follows `&&` depends on an answer, not only on success.
fn is_test(text: &Traced, node: &Node) -> bool {
    let Node::Simple(simple) = node else { return false };
    let mut words = simple.words.iter().map(|word| &text.as_str()[word.range.clone()]);
    match words.next() {
        Some("[" | "[[" | "test" | "grep" | "command" | "which" | "type" | "diff" | "read" | "false" | "cmp") => true,
        Some("kubectl" | "oc") => words.any(|word| matches!(word, "get" | "diff" | "auth")),
        Some("helm") => words.any(|word| matches!(word, "status" | "list" | "ls" | "get")),
        _ => false,
    }
}
