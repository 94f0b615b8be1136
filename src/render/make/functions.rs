//! The functions of make whose results follow from the Makefile alone.

use super::expand::Expander;
use super::traced::Traced;
use std::ops::Range;
use std::rc::Rc;

impl Expander<'_> {
    /// The result of a function; none where it cannot be known.
    pub(super) fn function(&mut self, name: &str, arguments: &Traced, place: &Range<usize>) -> Option<Traced> {
        match name {
            "call" => self.call(arguments),
            "foreach" => self.foreach(arguments, place),
            "strip" => {
                let list = self.list(arguments)?;
                Some(joined(&list, place))
            }
            "firstword" => self.list(arguments)?.into_iter().next(),
            "lastword" => self.list(arguments)?.pop(),
            "addprefix" | "addsuffix" => {
                let [affix, list] = self.arguments(arguments)?.try_into().ok()?;
                let list = self.list(&list)?;
                let affix = self.known(&affix)?;
                let add = |word: &Traced| {
                    let (first, last) = if name == "addprefix" { (&affix, word) } else { (word, &affix) };
                    let mut both = first.clone();
                    both.push_slice(last, 0..last.len());
                    both
                };
                // An affix such as `-f ` makes several words of one, as in make.
                Some(joined(&list.iter().map(add).collect::<Vec<_>>(), place))
            }
            "subst" | "patsubst" => {
                let [from, to, list] = self.arguments(arguments)?.try_into().ok()?;
                let (from, to) = (self.known(&from)?, self.known(&to)?);
                let list = self.list(&list)?;
                let change = |word: &str| match name {
                    "subst" if from.is_empty() => word.to_owned(),
                    "subst" => word.replace(from.as_str(), to.as_str()),
                    _ => patterned(word, from.as_str(), to.as_str()).unwrap_or_else(|| word.to_owned()),
                };
                Some(mapped(&list, place, change))
            }
            "dir" | "notdir" | "basename" | "suffix" | "abspath" | "realpath" => {
                let list = self.list(arguments)?;
                let absolute = matches!(name, "abspath" | "realpath");
                if absolute && list.iter().any(|word| word.as_str().starts_with('~')) {
                    return None;
                }
                let words: Vec<Traced> = list.iter().map(|word| of_path(name, word, place)).collect();
                Some(joined(&words, place))
            }
            _ => None,
        }
    }

    /// `$(VAR:.a=.b)` and `$(VAR:%.a=%.b)`.
    pub(super) fn substitution(&mut self, value: &Traced, change: &Traced, place: &Range<usize>) -> Option<Traced> {
        let change = self.known(change)?;
        let (from, to) = change.as_str().split_once('=')?;
        if !value.is_known() || !self.variables.spend(value.len()) {
            return None;
        }
        let words: Vec<Traced> = value.words().into_iter().map(|range| value.slice(range)).collect();
        let changed = mapped(&words, place, |word| {
            let new = if from.contains('%') {
                patterned(word, from, to)
            } else {
                word.strip_suffix(from).map(|stem| format!("{stem}{to}"))
            };
            new.unwrap_or_else(|| word.to_owned())
        });
        Some(changed)
    }

    /// A user's function: the text of a variable with `$(1)` and so on.
    fn call(&mut self, arguments: &Traced) -> Option<Traced> {
        let mut arguments = self.arguments(arguments)?.into_iter();
        let name = self.known(&arguments.next()?)?;
        let body = self.body(name.as_str().trim())?;
        let outer = self.locals.len();
        let values: Vec<Traced> = arguments.map(|argument| self.expand(&argument)).collect();
        self.locals.push(("0".to_owned(), Rc::new(name)));
        for (index, value) in values.into_iter().enumerate() {
            self.locals.push(((index + 1).to_string(), Rc::new(value)));
        }
        let value = self.expand(&body);
        self.locals.truncate(outer);
        Some(value)
    }

    fn foreach(&mut self, arguments: &Traced, place: &Range<usize>) -> Option<Traced> {
        let [name, list, body] = self.arguments_up_to(arguments, 3).try_into().ok()?;
        let name = self.known(&name)?.as_str().trim().to_owned();
        let mut results = Vec::new();
        for word in self.list(&list)? {
            self.locals.push((name.clone(), Rc::new(word)));
            let result = self.expand(&body);
            self.locals.pop();
            if !self.variables.spend(result.len() + 8) {
                return None;
            }
            results.push(result);
        }
        Some(joined(&results, place))
    }

    /// The words of an expanded list; none where one cannot be known.
    fn list(&mut self, raw: &Traced) -> Option<Vec<Traced>> {
        let list = self.known(raw)?;
        Some(list.words().into_iter().map(|range| list.slice(range)).collect())
    }

    /// An expanded text, if the whole of it is known.
    fn known(&mut self, raw: &Traced) -> Option<Traced> {
        let value = self.expand(raw);
        (value.is_known() && self.variables.spend(value.len())).then_some(value)
    }

    fn arguments(&self, raw: &Traced) -> Option<Vec<Traced>> {
        let arguments = self.arguments_up_to(raw, 12);
        (arguments.len() < 12).then_some(arguments)
    }

    /// The arguments of a function, split at commas outside brackets; the last one takes what is left.
    fn arguments_up_to(&self, raw: &Traced, most: usize) -> Vec<Traced> {
        let (mut depth, mut from) = (0_usize, 0);
        let mut arguments = Vec::new();
        for (at, byte) in raw.as_str().bytes().enumerate() {
            match byte {
                b'(' | b'{' => depth += 1,
                b')' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 && arguments.len() + 1 < most => {
                    arguments.push(raw.slice(from..at));
                    from = at + 1;
                }
                _ => {}
            }
        }
        arguments.push(raw.slice(from..raw.len()));
        arguments
    }
}

/// Words with a space between each two.
fn joined(words: &[Traced], place: &Range<usize>) -> Traced {
    let mut out = Traced::default();
    for word in words {
        if !out.is_empty() {
            out.push_computed(" ", place.clone(), false, false);
        }
        out.push_slice(word, 0..word.len());
    }
    out
}

/// Each word changed; a word that stays as it is keeps its origin.
fn mapped(words: &[Traced], place: &Range<usize>, change: impl Fn(&str) -> String) -> Traced {
    let change = |word: &Traced| {
        let new = change(word.as_str());
        if new == word.as_str() {
            return word.clone();
        }
        let mut changed = Traced::default();
        changed.push_computed(&new, place.clone(), word.is_overridable(), word.starts_at_root());
        changed
    };
    joined(&words.iter().map(change).collect::<Vec<_>>(), place)
}

/// A word that matches a pattern with `%`, by another one.
fn patterned(word: &str, from: &str, to: &str) -> Option<String> {
    let Some((before, after)) = from.split_once('%') else { return (word == from).then(|| to.to_owned()) };
    let stem = word.strip_prefix(before)?.strip_suffix(after)?;
    Some(to.replacen('%', stem, 1))
}

fn of_path(function: &str, word: &Traced, place: &Range<usize>) -> Traced {
    let text = word.as_str();
    let slash = text.rfind('/').map_or(0, |slash| slash + 1);
    let dot = text[slash..].rfind('.').map_or(text.len(), |dot| slash + dot);
    let new = match function {
        "dir" if slash == 0 => "./",
        "dir" => &text[..slash],
        "notdir" => &text[slash..],
        "basename" => &text[..dot],
        "suffix" => &text[dot..],
        _ => text,
    };
    let absolute = matches!(function, "abspath" | "realpath") && !text.starts_with('/');
    let keeps_folder = !matches!(function, "notdir" | "suffix");
    let mut changed = Traced::default();
    changed.push_computed(new, place.clone(), word.is_overridable(), absolute || keeps_folder && word.starts_at_root());
    changed
}
