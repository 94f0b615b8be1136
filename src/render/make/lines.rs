//! Splits a Makefile into its statements: continuations, comments, conditionals, `define`. It expands nothing.

use super::traced::Traced;
use memchr::memchr;
use std::ops::Range;

/// A statement of a Makefile.
pub(super) enum Statement {
    Assign(Assign),
    Rule(Rule),
    Include {
        paths: Traced,
        optional: bool,
        conditional: bool,
    },
    Undefine(Traced),
    /// A line that make expands for its effects.
    Generated(Range<usize>),
}

/// A definition of a variable.
pub(super) struct Assign {
    /// The targets it is for, when it is not for all.
    pub(super) targets: Option<Traced>,
    pub(super) name: Traced,
    pub(super) operator: Operator,
    pub(super) value: Traced,
    /// Where the value stands.
    pub(super) range: Range<usize>,
    pub(super) guard: Guard,
}

/// How a definition sets its variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `=`
    Recursive,
    /// `:=`, `::=`, `:::=`
    Simple,
    /// `?=`
    Default,
    /// `+=`
    Append,
    /// `!=`
    Shell,
}

/// What a statement's conditionals say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// None.
    Always,
    /// Only one: the named variable has no value yet.
    Unset(String),
    /// Anything else.
    Maybe,
}

/// A rule and its recipe.
pub(super) struct Rule {
    pub(super) targets: Traced,
    pub(super) prerequisites: Traced,
    pub(super) recipe: Vec<Line>,
    pub(super) conditional: bool,
}

/// A line of a recipe, continuations included, without the prefix.
pub(super) struct Line {
    pub(super) text: Traced,
    pub(super) conditional: bool,
}

/// Where a statement's meaning is decided.
enum Mark {
    Assign { name_end: usize, value: usize, operator: Operator },
    Colon { end: usize, rest: usize },
}

/// The statements of a Makefile, in order.
pub(super) fn split(source: &str) -> Vec<Statement> {
    let mut splitter =
        Splitter { source, statements: Vec::new(), conditions: Vec::new(), prefix: '\t', in_rule: false };
    let mut start = 0;
    while start < source.len() {
        start = splitter.statement(start);
    }
    splitter.statements
}

struct Splitter<'s> {
    source: &'s str,
    statements: Vec<Statement>,
    /// The conditionals that are open; the variable that one asks to be unset.
    conditions: Vec<Option<String>>,
    /// What begins a recipe line.
    prefix: char,
    /// Whether a recipe line belongs to the last statement.
    in_rule: bool,
}

impl<'s> Splitter<'s> {
    /// Reads what begins at `start`; where the next begins.
    fn statement(&mut self, start: usize) -> usize {
        let end = logical_end(self.source, start);
        let next = (end + 1).min(self.source.len());
        let end = start.max(end - usize::from(self.source[start..end].ends_with('\r')));
        if self.in_rule && self.source[start..].starts_with(self.prefix) {
            self.recipe_line(start + self.prefix.len_utf8()..end);
            return next;
        }
        let line = self.joined(start..end).trimmed();
        if line.is_empty() {
            return next;
        }
        if self.condition(&line) {
            return next;
        }
        let line = without_modifiers(line);
        let word = first_word(line.as_str());
        let rest = || line.slice(word.len()..line.len()).trimmed();
        match word {
            "define" => return self.define(&rest(), next),
            "include" => self.include(rest(), false),
            "-include" | "sinclude" => self.include(rest(), true),
            "undefine" => self.statements.push(Statement::Undefine(rest())),
            "endef" | "vpath" | "unexport" => {}
            _ => self.plain(&line, start..end),
        }
        next
    }

    fn recipe_line(&mut self, range: Range<usize>) {
        let text = self.recipe_text(range);
        let conditional = !self.conditions.is_empty();
        if let Some(Statement::Rule(rule)) = self.statements.last_mut() {
            rule.recipe.push(Line { text, conditional });
        }
    }

    /// A recipe line as the shell gets it: the prefix goes after each continuation.
    fn recipe_text(&self, range: Range<usize>) -> Traced {
        let mut text = Traced::default();
        let mut from = range.start;
        while let Some(offset) = memchr(b'\n', &self.source.as_bytes()[from..range.end]) {
            let after = from + offset + 1;
            text.push_literal(self.source, from..after);
            from = after;
            if self.source[from..range.end].starts_with(self.prefix) {
                from += self.prefix.len_utf8();
            }
        }
        text.push_literal(self.source, from..range.end);
        text
    }

    /// A line that is no recipe: continuations become one space, comments go.
    fn joined(&self, range: Range<usize>) -> Traced {
        let mut text = Traced::default();
        let bytes = self.source.as_bytes();
        let (mut at, mut from, mut depth, mut assigns) = (range.start, range.start, 0_usize, false);
        while at < range.end {
            match bytes[at] {
                b'\\' if bytes[at + 1..range.end].first() == Some(&b'\n') => {
                    let kept = from + self.source[from..at].trim_end_matches([' ', '\t']).len();
                    text.push_literal(self.source, from..kept);
                    at += 2;
                    at += self.source[at..range.end].len()
                        - self.source[at..range.end].trim_start_matches([' ', '\t']).len();
                    text.push_block(" ", kept..at);
                    from = at;
                }
                b'\\' if bytes[at + 1..range.end].first() == Some(&b'#') => {
                    text.push_literal(self.source, from..at);
                    text.push_block("#", at..at + 2);
                    at += 2;
                    from = at;
                }
                b'#' if depth == 0 => {
                    text.push_literal(self.source, from..at);
                    return text;
                }
                b'$' if matches!(bytes[at + 1..range.end].first(), Some(b'(' | b'{')) => {
                    depth += 1;
                    at += 2;
                }
                b'(' | b'{' if depth > 0 => {
                    depth += 1;
                    at += 1;
                }
                b')' | b'}' if depth > 0 => {
                    depth -= 1;
                    at += 1;
                }
                b';' if depth == 0 && !assigns => {
                    // From here on it may be a recipe, in which `#` belongs to the shell.
                    break;
                }
                other => {
                    assigns |= other == b'=';
                    at += 1;
                }
            }
        }
        text.push_literal(self.source, from..range.end);
        text
    }

    /// Takes a conditional's line; whether it was one.
    fn condition(&mut self, line: &Traced) -> bool {
        let text = line.as_str();
        let word = first_word(text);
        let rest = text[word.len()..].trim();
        match word {
            "ifdef" | "ifneq" => self.conditions.push(None),
            "ifndef" => self.conditions.push(Some(rest.to_owned())),
            "ifeq" => self.conditions.push(asks_for_empty(rest).map(str::to_owned)),
            "else" => {
                if let Some(open) = self.conditions.last_mut() {
                    *open = None;
                }
            }
            "endif" => {
                self.conditions.pop();
            }
            _ => return false,
        }
        true
    }

    fn guard(&self) -> Guard {
        match &self.conditions[..] {
            [] => Guard::Always,
            [Some(name)] => Guard::Unset(name.clone()),
            _ => Guard::Maybe,
        }
    }

    fn include(&mut self, paths: Traced, optional: bool) {
        self.in_rule = false;
        let conditional = !self.conditions.is_empty();
        self.statements.push(Statement::Include { paths, optional, conditional });
    }

    /// Reads a `define` up to its end; where the next statement begins.
    fn define(&mut self, head: &Traced, body: usize) -> usize {
        let (name, operator) = match mark(head.as_str()) {
            Some(Mark::Assign { name_end, operator, .. }) => (head.slice(0..name_end).trimmed(), operator),
            _ => (head.clone(), Operator::Recursive),
        };
        let (mut start, mut depth) = (body, 1_usize);
        let mut end = body;
        while start < self.source.len() {
            end = start;
            let stop = start + memchr(b'\n', &self.source.as_bytes()[start..]).unwrap_or(self.source.len() - start);
            let line = self.source[start..stop].trim();
            start = (stop + 1).min(self.source.len());
            match first_word(line) {
                "define" => depth += 1,
                "endef" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            end = start;
        }
        let range = body..end.max(body);
        let range = range.start..range.start + self.source[range.clone()].trim_end_matches(['\n', '\r']).len();
        self.in_rule = false;
        self.statements.push(Statement::Assign(Assign {
            targets: None,
            name,
            operator,
            value: Traced::literal(self.source, range.clone()),
            range,
            guard: self.guard(),
        }));
        start
    }

    /// A definition, a rule, or something that is expanded for its effects.
    fn plain(&mut self, line: &Traced, place: Range<usize>) {
        self.in_rule = false;
        match mark(line.as_str()) {
            Some(Mark::Assign { name_end, value, operator }) => {
                self.assign(None, line.slice(0..name_end).trimmed(), line.slice(value..line.len()).trimmed(), operator);
            }
            Some(Mark::Colon { end, rest }) => {
                self.rule(line.slice(0..end).trimmed(), &line.slice(rest..line.len()).trimmed());
            }
            None => {
                let text = line.as_str();
                let silent = ["$(info", "$(warning", "$(error", "${info", "${warning", "${error"];
                if text.starts_with('$') && !silent.iter().any(|prefix| text.starts_with(prefix)) {
                    self.statements.push(Statement::Generated(place));
                }
            }
        }
    }

    fn assign(&mut self, targets: Option<Traced>, name: Traced, value: Traced, operator: Operator) {
        if name.is_empty() || name.words().len() > 1 {
            return;
        }
        if name.as_str() == ".RECIPEPREFIX" {
            self.prefix = value.as_str().chars().next().unwrap_or('\t');
        }
        let range = value.place();
        let guard = self.guard();
        self.statements.push(Statement::Assign(Assign { targets, name, operator, value, range, guard }));
    }

    fn rule(&mut self, targets: Traced, rest: &Traced) {
        let scoped = without_modifiers(rest.clone());
        let semicolon = find_outside(rest.as_str(), b';');
        let head = rest.slice(0..semicolon.unwrap_or(rest.len()));
        let prerequisites = match mark(scoped.as_str()) {
            Some(Mark::Assign { name_end, value, operator })
                if semicolon.is_none_or(|semicolon| name_end < semicolon) =>
            {
                let name = scoped.slice(0..name_end).trimmed();
                return self.assign(Some(targets), name, scoped.slice(value..scoped.len()).trimmed(), operator);
            }
            // A static pattern: what follows the second colon.
            Some(Mark::Colon { rest: after, .. }) if scoped.len() == rest.len() && after <= head.len() => {
                head.slice(after..head.len())
            }
            _ => head,
        };
        let conditional = !self.conditions.is_empty();
        let mut recipe = Vec::new();
        if let Some(semicolon) = semicolon {
            recipe.push(Line { text: rest.slice(semicolon + 1..rest.len()), conditional });
        }
        self.statements.push(Statement::Rule(Rule { targets, prerequisites, recipe, conditional }));
        self.in_rule = true;
    }
}

/// Where the logical line that begins at `start` ends: before a newline that no backslash takes away.
fn logical_end(source: &str, start: usize) -> usize {
    let bytes = source.as_bytes();
    let mut from = start;
    while let Some(offset) = memchr(b'\n', &bytes[from..]) {
        let end = from + offset;
        let slashes = bytes[start..end].iter().rev().take_while(|byte| **byte == b'\\').count();
        if slashes % 2 == 0 {
            return end;
        }
        from = end + 1;
    }
    source.len()
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t']).next().unwrap_or_default()
}

/// A line without `export`, `override` and `private`.
fn without_modifiers(mut line: Traced) -> Traced {
    // Each of the three counts once.
    for _ in 0..3 {
        let word @ ("export" | "override" | "private") = first_word(line.as_str()) else { break };
        let rest = line.slice(word.len()..line.len()).trimmed();
        if rest.as_str().starts_with(['=', ':', '?', '+']) {
            break;
        }
        line = rest;
    }
    line
}

/// The variable that `ifeq ($(NAME),)` asks about.
fn asks_for_empty(condition: &str) -> Option<&str> {
    let inner = condition.strip_prefix('(')?.strip_suffix(')')?;
    let (asked, wanted) = inner.rsplit_once(',')?;
    let asked = asked.trim();
    let asked = asked.strip_prefix("$(strip ").and_then(|rest| rest.strip_suffix(')')).unwrap_or(asked).trim();
    let name = asked.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    let name = name.or_else(|| asked.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')))?;
    (wanted.trim().is_empty() && !name.contains(['$', ' ', '('])).then_some(name)
}

/// The first byte of `text` that is `wanted` and stands in no reference.
fn find_outside(text: &str, wanted: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    bytes.iter().enumerate().find_map(|(at, byte)| {
        step(&mut depth, bytes, at);
        (depth == 0 && *byte == wanted).then_some(at)
    })
}

/// Follows the references of make: `$(` opens one, what is nested in it counts.
fn step(depth: &mut usize, bytes: &[u8], at: usize) {
    match bytes[at] {
        b'(' | b'{' if *depth > 0 || at > 0 && bytes[at - 1] == b'$' => *depth += 1,
        b')' | b'}' if *depth > 0 => *depth -= 1,
        _ => {}
    }
}

/// The operator or colon that decides what a line is.
fn mark(text: &str) -> Option<Mark> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate() {
        step(&mut depth, bytes, at);
        if depth > 0 {
            continue;
        }
        match byte {
            b'=' => {
                let (operator, width) = match at.checked_sub(1).map(|before| bytes[before]) {
                    Some(b'?') => (Operator::Default, 1),
                    Some(b'+') => (Operator::Append, 1),
                    Some(b'!') => (Operator::Shell, 1),
                    _ => (Operator::Recursive, 0),
                };
                return Some(Mark::Assign { name_end: at - width, value: at + 1, operator });
            }
            b':' => {
                let colons = bytes[at..].iter().take_while(|byte| **byte == b':').count();
                if colons <= 3 && bytes.get(at + colons) == Some(&b'=') {
                    let operator = Operator::Simple;
                    return Some(Mark::Assign { name_end: at, value: at + colons + 1, operator });
                }
                let end = at - usize::from(at > 0 && bytes[at - 1] == b'&');
                return Some(Mark::Colon { end, rest: at + colons.min(2) });
            }
            b';' => return None,
            _ => {}
        }
    }
    None
}
