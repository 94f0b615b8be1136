//! Expands references to make's variables, within a budget. What make would ask a shell or the disk stays unknown.

use super::traced::Traced;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::ops::Range;
use std::rc::Rc;

/// References within references, and calls within calls, are followed this far.
const MAX_DEPTH: usize = 32;
/// A value longer than this is not worth knowing.
const MAX_VALUE: usize = 1 << 16;

/// A variable as it is defined.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) value: Bound,
    /// Where its name stands.
    pub(super) name: Range<usize>,
    /// Where its value stands.
    pub(super) range: Range<usize>,
    pub(super) overridable: bool,
    pub(super) conditional: bool,
}

/// The value of a variable.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    /// Expanded at each use.
    Recursive(Rc<Traced>),
    /// Expanded when it was defined.
    Simple(Rc<Traced>),
    /// One of several, or of none.
    Unknown,
}

/// Every variable of a Makefile.
pub(super) struct Variables {
    pub(super) bindings: HashMap<String, Binding>,
    /// Names that have a value of their own in some target.
    pub(super) specific: HashSet<String>,
    memo: HashMap<String, Rc<Traced>>,
    budget: usize,
}

/// What is known of the target whose recipe is expanded.
#[derive(Clone, Copy, Default)]
pub(super) struct Automatic<'a> {
    /// `$@`
    pub(super) target: Option<&'a Traced>,
    /// `$<`
    pub(super) first: Option<&'a Traced>,
    /// `$^`
    pub(super) all: Option<&'a Traced>,
    /// The variables it has of its own.
    pub(super) own: Option<&'a HashMap<String, Binding>>,
    /// Whether it may be made for a target that has variables of its own.
    pub(super) shaded: bool,
}

impl Variables {
    /// None yet, with a budget in proportion to the Makefile.
    pub(super) fn new(length: usize) -> Variables {
        Variables {
            bindings: HashMap::new(),
            specific: HashSet::new(),
            memo: HashMap::new(),
            budget: length.saturating_mul(16).saturating_add(1 << 20),
        }
    }

    /// Forgets computed values, for a definition has changed.
    pub(super) fn forget(&mut self) {
        // Clearing would go over the whole table each time.
        if !self.memo.is_empty() {
            self.memo = HashMap::new();
        }
    }

    /// Uses up some of the budget; whether any is left.
    pub(super) fn spend(&mut self, amount: usize) -> bool {
        self.budget = self.budget.saturating_sub(amount);
        self.budget > 0
    }

    /// Whether the budget is used up.
    pub(super) fn is_spent(&self) -> bool {
        self.budget == 0
    }

    /// A text with the values of its references.
    pub(super) fn expand(&mut self, raw: &Traced, automatic: Automatic<'_>) -> Traced {
        Expander::new(self, automatic).expand(raw)
    }
}

/// An expansion that is under way.
pub(super) struct Expander<'a> {
    pub(super) variables: &'a mut Variables,
    /// Arguments of `call` and names of `foreach`, the innermost last.
    pub(super) locals: Vec<(String, Rc<Traced>)>,
    automatic: Automatic<'a>,
    /// Values that hold for this target only.
    memo: HashMap<String, Rc<Traced>>,
    /// Variables whose values are being computed.
    active: Vec<String>,
    depth: usize,
    /// Whether something was used that differs from target to target.
    scoped: bool,
}

impl<'a> Expander<'a> {
    /// For the recipe of one target, or for none.
    pub(super) fn new(variables: &'a mut Variables, automatic: Automatic<'a>) -> Expander<'a> {
        Expander {
            variables,
            locals: Vec::new(),
            automatic,
            memo: HashMap::new(),
            active: Vec::new(),
            depth: 0,
            scoped: false,
        }
    }

    /// A text with the values of its references.
    pub(super) fn expand(&mut self, raw: &Traced) -> Traced {
        let mut out = Traced::default();
        self.depth += 1;
        self.expand_into(raw, &mut out);
        self.depth -= 1;
        out
    }

    fn expand_into(&mut self, raw: &Traced, out: &mut Traced) {
        let text = raw.as_str();
        let bytes = text.as_bytes();
        let mut from = 0;
        while let Some(offset) = memchr::memchr(b'$', &bytes[from..]) {
            let at = from + offset;
            out.push_slice(raw, from..at);
            from = match bytes.get(at + 1) {
                None => at + 1,
                Some(b'$') => {
                    out.push_block("$", raw.place_of(at..at + 2));
                    at + 2
                }
                Some(open @ (b'(' | b'{')) => {
                    let Some(close) = closing(bytes, at + 1, *open) else {
                        out.push_unknown(&text[at..], raw.place_of(at..text.len()));
                        return;
                    };
                    self.reference(raw, at..close + 1, at + 2..close, out);
                    close + 1
                }
                Some(_) => {
                    let end = at + 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
                    self.reference(raw, at..end, at + 1..end, out);
                    end
                }
            };
        }
        out.push_slice(raw, from..text.len());
    }

    /// Adds the value of the reference that stands at `whole`.
    fn reference(&mut self, raw: &Traced, whole: Range<usize>, inner: Range<usize>, out: &mut Traced) {
        let place = raw.place_of(whole.clone());
        let written = &raw.as_str()[whole.clone()];
        if self.depth > MAX_DEPTH || !self.variables.spend(8 + whole.len()) {
            return out.push_unknown(written, place);
        }
        let text = &raw.as_str()[inner.clone()];
        let word = text.bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'-').count();
        if text[word..].starts_with([' ', '\t']) {
            let arguments = raw.slice(inner.start + word..inner.end).trimmed();
            return match self.function(&text[..word], &arguments, &place) {
                Some(value) => self.insert(&value, &place, false, written, out),
                None => out.push_unknown(written, place),
            };
        }
        let colon = memchr::memchr(b':', text.as_bytes()).filter(|colon| text[*colon..].contains('='));
        let name = self.name(raw, inner.start..inner.start + colon.unwrap_or(text.len()));
        let value = name.and_then(|name| self.value(&name));
        let Some((value, overridable)) = value else { return out.push_unknown(written, place) };
        match colon {
            None => self.insert(&value, &place, overridable, written, out),
            Some(colon) => {
                let change = raw.slice(inner.start + colon + 1..inner.end);
                match self.substitution(&value, &change, &place) {
                    Some(changed) => self.insert(&changed, &place, overridable, written, out),
                    None => out.push_unknown(written, place),
                }
            }
        }
    }

    fn insert(&mut self, value: &Traced, place: &Range<usize>, overridable: bool, written: &str, out: &mut Traced) {
        let fits = value.len() <= MAX_VALUE && out.len() <= MAX_VALUE.max(value.len());
        if fits && self.variables.spend(value.len() + 1) {
            out.push_used(value, place, overridable);
        } else {
            out.push_unknown(written, place.clone());
        }
    }

    /// The name of a variable, which may itself be computed.
    fn name(&mut self, raw: &Traced, range: Range<usize>) -> Option<String> {
        let text = &raw.as_str()[range.clone()];
        if !text.contains('$') {
            return Some(text.trim().to_owned());
        }
        let name = self.expand(&raw.slice(range));
        name.is_known().then(|| name.as_str().trim().to_owned())
    }

    /// The value of a variable, and whether it may be replaced from outside.
    fn value(&mut self, name: &str) -> Option<(Rc<Traced>, bool)> {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return Some((Rc::clone(value), false));
        }
        if !self.locals.is_empty() && name.len() == 1 && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some((Rc::default(), false));
        }
        if let Some(value) = self.automatic(name) {
            self.scoped = true;
            return value.map(|value| (value, false));
        }
        let own = self.automatic.own.and_then(|own| own.get(name));
        if self.variables.specific.contains(name) {
            self.scoped = true;
            if own.is_none() && self.automatic.shaded {
                return None;
            }
        }
        let binding = match own {
            Some(binding) => binding.clone(),
            None => match self.variables.bindings.get(name) {
                Some(binding) => binding.clone(),
                None => return built_in(name).map(|value| (Rc::new(value), false)),
            },
        };
        match binding.value {
            Bound::Unknown => None,
            Bound::Simple(value) => Some((value, binding.overridable)),
            Bound::Recursive(raw) => self.recursive(name, &raw).map(|value| (value, binding.overridable)),
        }
    }

    /// The value of a variable that is expanded at each use; computed once.
    fn recursive(&mut self, name: &str, raw: &Traced) -> Option<Rc<Traced>> {
        if let Some(value) = self.memo.get(name) {
            self.scoped = true;
            return Some(Rc::clone(value));
        }
        if let Some(value) = self.variables.memo.get(name) {
            return Some(Rc::clone(value));
        }
        if self.active.iter().any(|active| active == name) || !self.variables.spend(raw.len()) {
            return None;
        }
        let scoped = std::mem::replace(&mut self.scoped, self.variables.specific.contains(name));
        self.active.push(name.to_owned());
        let value = Rc::new(self.expand(raw));
        self.active.pop();
        if self.locals.is_empty() {
            let memo = if self.scoped { &mut self.memo } else { &mut self.variables.memo };
            memo.insert(name.to_owned(), Rc::clone(&value));
        }
        self.scoped |= scoped;
        Some(value)
    }

    /// The value of an automatic variable; none inside where it has one that is not known.
    fn automatic(&self, name: &str) -> Option<Option<Rc<Traced>>> {
        let known = match name {
            "@" => self.automatic.target,
            "<" => self.automatic.first,
            "^" | "+" => self.automatic.all,
            "?" | "*" | "%" | "|" => None,
            _ => return None,
        };
        Some(known.filter(|value| value.len() <= MAX_VALUE).map(|value| Rc::new(value.clone())))
    }

    /// The raw text of a variable that `call` names.
    pub(super) fn body(&self, name: &str) -> Option<Rc<Traced>> {
        let own = self.automatic.own.and_then(|own| own.get(name));
        match &own.or_else(|| self.variables.bindings.get(name))?.value {
            Bound::Recursive(raw) => Some(Rc::clone(raw)),
            Bound::Simple(_) | Bound::Unknown => None,
        }
    }
}

/// What make sets by itself.
fn built_in(name: &str) -> Option<Traced> {
    let (text, root) = match name {
        "MAKE" => ("make", false),
        "CURDIR" | "PWD" => (".", true),
        "MAKEFILE_LIST" => ("Makefile", true),
        "SHELL" => ("/bin/sh", false),
        "RM" => ("rm -f", false),
        _ => return None,
    };
    let mut value = Traced::default();
    value.push_computed(text, 0..0, false, root);
    Some(value)
}

/// Where the bracket is closed that opens at `at`.
pub(super) fn closing(bytes: &[u8], at: usize, open: u8) -> Option<usize> {
    let close = if open == b'(' { b')' } else { b'}' };
    let mut depth = 0_usize;
    for (index, byte) in bytes.iter().enumerate().skip(at) {
        if *byte == open {
            depth += 1;
        } else if *byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}
