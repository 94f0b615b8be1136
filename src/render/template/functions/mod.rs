//! The functions a template may call: what they take, who has them, where they are.

mod builtin;
mod cases;
mod defaults;
mod dicts;
mod encoding;
mod hashes;
mod json;
mod lists;
mod math;
mod opaque;
mod paths;
mod patterns;
mod slug;
mod strings;
mod urls;
mod yaml;

use super::Functions;
use super::budget::Outcome;
use super::evaluate::Machine;
use super::value::Value;
use foldhash::HashMap;
use std::sync::LazyLock;

/// What an argument has to be, as Go's types have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Param {
    /// A text that is known.
    Text,
    /// A text of which some may be unknown.
    Loose,
    /// An `int`: a literal, or what `int` gives; numbers from the inputs are of another type.
    Int,
    Float,
    Bool,
    /// A mapping that may hold anything.
    Map,
    /// Anything that is known.
    Any,
    /// Anything that is known, even a list in no certain order.
    Bag,
    /// Anything, known or not: it is handed on, or the function sees to it.
    Payload,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    Plain(Plain),
    Special(Special),
    And,
    Or,
}

pub(super) type Plain = for<'a, 'b> fn(&'b mut Machine<'a>, &'b [Value<'a>]) -> Outcome<Value<'a>>;

/// Functions that do not compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// The inputs of a ResourceSet.
    Inputs,
    /// Something that depends on time, chance or surroundings, or that is not worth doing here.
    Opaque,
}

/// Who has a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Both,
    Slim,
    Sprig,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    set: Set,
    pub(super) params: &'static [Param],
    /// What further arguments have to be; none where there may be none.
    pub(super) rest: Option<Param>,
    /// Whether everything inside its arguments has to be known.
    pub(super) deep: bool,
    pub(super) run: Run,
}

impl Function {
    const fn plain(name: &'static str, params: &'static [Param], run: Plain) -> Self {
        Self { name, set: Set::Both, params, rest: None, deep: true, run: Run::Plain(run) }
    }

    const fn opaque(name: &'static str) -> Self {
        Self {
            name,
            set: Set::Both,
            params: &[],
            rest: Some(Param::Payload),
            deep: false,
            run: Run::Special(Special::Opaque),
        }
    }

    /// With any number of further arguments.
    const fn rest(mut self, param: Param) -> Self {
        self.rest = Some(param);
        self
    }

    /// What its arguments hold need not be known.
    const fn shallow(mut self) -> Self {
        self.deep = false;
        self
    }

    const fn only(mut self, set: Set) -> Self {
        self.set = set;
        self
    }
}

const GROUPS: &[&[Function]] = &[
    builtin::FUNCTIONS,
    cases::FUNCTIONS,
    defaults::FUNCTIONS,
    dicts::FUNCTIONS,
    encoding::FUNCTIONS,
    hashes::FUNCTIONS,
    json::FUNCTIONS,
    lists::FUNCTIONS,
    math::FUNCTIONS,
    opaque::FUNCTIONS,
    paths::FUNCTIONS,
    patterns::FUNCTIONS,
    slug::FUNCTIONS,
    strings::FUNCTIONS,
    urls::FUNCTIONS,
    yaml::FUNCTIONS,
];

type Index = HashMap<&'static str, &'static Function>;

fn index(set: Set) -> Index {
    let all = GROUPS.iter().copied().flatten();
    all.filter(|function| function.set == Set::Both || function.set == set)
        .map(|function| (function.name, function))
        .collect()
}

static SLIM: LazyLock<Index> = LazyLock::new(|| index(Set::Slim));
static SPRIG: LazyLock<Index> = LazyLock::new(|| index(Set::Sprig));

/// The function of that name, where templates of this kind have one.
pub(super) fn find(name: &str, functions: Functions) -> Option<&'static Function> {
    match functions {
        Functions::Slim => SLIM.get(name).copied(),
        Functions::Sprig => SPRIG.get(name).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foldhash::{HashSet, HashSetExt};

    #[test]
    fn no_set_has_a_name_twice() {
        for set in [Set::Slim, Set::Sprig] {
            let mut names = HashSet::new();
            for function in GROUPS.iter().copied().flatten() {
                if function.set == Set::Both || function.set == set {
                    assert!(names.insert(function.name), "{} in {set:?}", function.name);
                }
            }
        }
    }

    #[test]
    fn each_set_has_its_own() {
        for (name, slim, sprig) in [
            ("upper", true, true),
            ("inputs", true, false),
            ("mustToYaml", true, false),
            ("merge", false, true),
            ("semverCompare", false, true),
            ("now", false, true),
            ("env", false, false),
            ("include", false, false),
        ] {
            assert_eq!(find(name, Functions::Slim).is_some(), slim, "{name} in slim-sprig");
            assert_eq!(find(name, Functions::Sprig).is_some(), sprig, "{name} in sprig");
        }
    }
}
