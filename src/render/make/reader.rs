//! From statements to the result: defines variables in order, then expands and runs each recipe.

use super::expand::{Automatic, Binding, Bound, Variables};
use super::lines::{self, Assign, Guard, Line, Operator, Rule, Statement};
use super::run;
use super::traced::Traced;
use super::{Include, Makefile, Target, Text, Value, Variable};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::ops::Range;
use std::rc::Rc;

/// Reads a Makefile.
pub(super) fn read(source: &str) -> Makefile {
    let mut reader = Reader {
        source,
        variables: Variables::new(source.len()),
        own: HashMap::new(),
        rules: Vec::new(),
        phony: HashSet::new(),
        one_shell: false,
        makefile: Makefile::default(),
    };
    for statement in lines::split(source) {
        reader.take(statement);
    }
    reader.finish()
}

/// A rule whose names are expanded.
struct Known {
    targets: Vec<Traced>,
    prerequisites: Vec<Traced>,
    recipe: Vec<Line>,
    conditional: bool,
}

struct Reader<'s> {
    source: &'s str,
    variables: Variables,
    /// The variables that targets have of their own.
    own: HashMap<String, HashMap<String, Binding>>,
    rules: Vec<Known>,
    phony: HashSet<String>,
    one_shell: bool,
    makefile: Makefile,
}

impl Reader<'_> {
    fn take(&mut self, statement: Statement) {
        match statement {
            Statement::Assign(assign) => self.assign(assign),
            Statement::Rule(rule) => self.rule(rule),
            Statement::Include { paths, optional, conditional } => {
                let paths = self.words(&paths);
                let includes = paths.iter().map(|path| Include { path: path.to_text(), optional, conditional });
                self.makefile.includes.extend(includes);
            }
            Statement::Undefine(name) => {
                self.variables.bindings.remove(name.as_str());
                self.variables.forget();
            }
            Statement::Generated(range) => self.makefile.generated.push(range),
        }
    }

    fn words(&mut self, raw: &Traced) -> Vec<Traced> {
        let list = self.variables.expand(raw, Automatic::default());
        list.words().into_iter().map(|range| list.slice(range)).collect()
    }

    fn assign(&mut self, assign: Assign) {
        let name = self.variables.expand(&assign.name, Automatic::default());
        if !name.is_known() {
            return self.makefile.generated.push(assign.name.place());
        }
        self.variables.forget();
        let targets = assign.targets.as_ref().map(|targets| self.words(targets));
        let key = name.as_str().to_owned();
        let Some(targets) = targets else {
            let before = self.variables.bindings.get(&key).cloned();
            if let Some(binding) = self.binding(&assign, &name, before.as_ref()) {
                self.variables.bindings.insert(key, binding);
            }
            return;
        };
        self.variables.specific.insert(key.clone());
        for target in targets {
            let of_target = self.own.get(target.as_str()).and_then(|own| own.get(&key));
            let before = of_target.or_else(|| self.variables.bindings.get(&key)).cloned();
            if let Some(binding) = self.binding(&assign, &name, before.as_ref()) {
                self.own.entry(target.as_str().to_owned()).or_default().insert(key.clone(), binding);
            }
        }
    }

    /// What a definition makes of a variable; none where it changes nothing.
    fn binding(&mut self, assign: &Assign, name: &Traced, before: Option<&Binding>) -> Option<Binding> {
        let operator = match (&assign.guard, assign.operator) {
            (Guard::Unset(guarded), Operator::Recursive | Operator::Simple) if guarded == name.as_str() => {
                Operator::Default
            }
            (_, operator) => operator,
        };
        let sure = assign.guard == Guard::Always || matches!(&assign.guard, Guard::Unset(of) if of == name.as_str());
        let sure = self.variables.spend(assign.value.len() + 8) && sure;
        if operator == Operator::Default && before.is_some() {
            return None;
        }
        let mut overridable = operator == Operator::Default;
        let value = match operator {
            _ if !sure => Bound::Unknown,
            Operator::Shell => Bound::Unknown,
            Operator::Simple => Bound::Simple(self.expanded(&assign.value)),
            Operator::Recursive | Operator::Default => Bound::Recursive(Rc::new(assign.value.clone())),
            Operator::Append => {
                overridable = before.is_some_and(|before| before.overridable);
                match before.map(|before| &before.value) {
                    None => Bound::Recursive(Rc::new(assign.value.clone())),
                    Some(Bound::Unknown) => Bound::Unknown,
                    Some(Bound::Recursive(raw)) => {
                        let both = self.appended(raw, &assign.value);
                        both.map_or(Bound::Unknown, |value| Bound::Recursive(Rc::new(value)))
                    }
                    Some(Bound::Simple(old)) => {
                        let new = self.expanded(&assign.value);
                        self.appended(old, &new).map_or(Bound::Unknown, |value| Bound::Simple(Rc::new(value)))
                    }
                }
            }
        };
        Some(Binding {
            value,
            name: name.place(),
            range: assign.range.clone(),
            overridable,
            conditional: assign.guard != Guard::Always || before.is_some_and(|before| before.conditional),
        })
    }

    fn expanded(&mut self, raw: &Traced) -> Rc<Traced> {
        Rc::new(self.variables.expand(raw, Automatic::default()))
    }

    /// A value with another behind it, within the budget.
    fn appended(&mut self, old: &Traced, new: &Traced) -> Option<Traced> {
        if !self.variables.spend(old.len() + new.len()) {
            return None;
        }
        let mut both = old.clone();
        if !both.is_empty() {
            both.push_block(" ", new.place_of(0..0));
        }
        both.push_slice(new, 0..new.len());
        Some(both)
    }

    fn rule(&mut self, rule: Rule) {
        let targets = self.words(&rule.targets);
        let prerequisites = self.words(&rule.prerequisites);
        match targets.first().map(Traced::as_str) {
            Some(".PHONY") => {
                self.phony.extend(prerequisites.iter().map(|target| target.as_str().to_owned()));
                return;
            }
            Some(".ONESHELL") => self.one_shell = true,
            _ => {}
        }
        let Rule { recipe, conditional, .. } = rule;
        self.rules.push(Known { targets, prerequisites, recipe, conditional });
    }

    fn finish(mut self) -> Makefile {
        for name in run::replaced(self.rules.iter().flat_map(|rule| &rule.recipe).map(|line| line.text.as_str())) {
            if let Some(binding) = self.variables.bindings.get_mut(name) {
                binding.overridable = true;
            }
        }
        self.variables.forget();
        let shaded = self.shaded();
        let mut places: HashMap<(bool, String), usize> = HashMap::new();
        for rule in std::mem::take(&mut self.rules) {
            for name in &rule.targets {
                if is_special(name.as_str()) {
                    continue;
                }
                self.target(name, &rule, &shaded, &mut places);
            }
        }
        self.makefile.variables = self.final_variables();
        self.makefile.cut |= self.variables.is_spent();
        self.makefile
    }

    /// Adds what a rule says of one of its targets.
    fn target(
        &mut self,
        name: &Traced,
        rule: &Known,
        shaded: &HashSet<String>,
        places: &mut HashMap<(bool, String), usize>,
    ) {
        let pattern = name.as_str().contains('%') && name.is_known();
        let list = if pattern { &mut self.makefile.patterns } else { &mut self.makefile.targets };
        let index = *places.entry((pattern, name.as_str().to_owned())).or_insert_with(|| {
            list.push(Target {
                name: name.to_text(),
                phony: self.phony.contains(name.as_str()),
                conditional: true,
                prerequisites: Vec::new(),
                recipe: Vec::new(),
                calls: Vec::new(),
            });
            list.len() - 1
        });
        let target = &mut list[index];
        target.conditional &= rule.conditional;
        let words: usize = rule.prerequisites.iter().map(|word| word.len() + 32).sum();
        if !self.variables.spend(words + 8) {
            return;
        }
        let needed = rule.prerequisites.iter().filter(|word| word.as_str() != "|");
        target.prerequisites.extend(needed.clone().map(Traced::to_text));
        if rule.recipe.is_empty() {
            return;
        }
        let sure = name.is_known() && !pattern;
        let mut all = Traced::default();
        for word in rule.prerequisites.iter().take_while(|word| word.as_str() != "|") {
            if !all.is_empty() {
                all.push_block(" ", word.place_of(0..0));
            }
            all.push_slice(word, 0..word.len());
        }
        let automatic = Automatic {
            target: sure.then_some(name),
            first: rule.prerequisites.first().filter(|word| !word.as_str().contains(['%', '|'])),
            all: Some(&all).filter(|all| !all.as_str().contains('%')),
            own: self.own.get(name.as_str()),
            shaded: !sure || shaded.contains(name.as_str()),
        };
        let outcome = run::recipe(&rule.recipe, self.one_shell, &mut self.variables, automatic);
        let list = if pattern { &mut self.makefile.patterns } else { &mut self.makefile.targets };
        list[index].recipe.extend(outcome.commands);
        list[index].calls.extend(outcome.calls);
        self.makefile.cut |= outcome.cut;
    }

    /// The targets that may be made for one that has variables of its own, and so see them.
    fn shaded(&self) -> HashSet<String> {
        let mut needs: HashMap<&str, Vec<&Known>> = HashMap::new();
        if !self.own.is_empty() {
            for rule in &self.rules {
                for target in &rule.targets {
                    needs.entry(target.as_str()).or_default().push(rule);
                }
            }
        }
        let mut shaded: HashSet<String> = HashSet::new();
        let mut followed: HashSet<*const Known> = HashSet::new();
        let mut queue: Vec<&str> = self.own.keys().map(String::as_str).collect();
        while let Some(name) = queue.pop() {
            for rule in needs.get(name).into_iter().flatten() {
                if followed.insert(std::ptr::from_ref(*rule)) {
                    for word in &rule.prerequisites {
                        if shaded.insert(word.as_str().to_owned()) {
                            queue.push(word.as_str());
                        }
                    }
                }
            }
        }
        shaded
    }

    fn final_variables(&mut self) -> Vec<Variable> {
        let mut names: Vec<(Range<usize>, String)> =
            self.variables.bindings.iter().map(|(name, binding)| (binding.name.clone(), name.clone())).collect();
        names.sort_by(|a, b| (a.0.start, &a.1).cmp(&(b.0.start, &b.1)));
        let mut variables = Vec::with_capacity(names.len());
        for (name_range, name) in names {
            let binding = self.variables.bindings[&name].clone();
            let written = || self.source[binding.range.clone()].to_owned();
            let value = match &binding.value {
                Bound::Unknown => Value::Unknown(written()),
                Bound::Simple(value) => value_of(value),
                Bound::Recursive(raw) => value_of(&self.variables.expand(raw, Automatic::default())),
            };
            let overridable = binding.overridable;
            let value = Text { value, range: binding.range, defined: None, overridable, glob: false };
            variables.push(Variable { name, name_range, value, overridable, conditional: binding.conditional });
        }
        variables
    }
}

fn value_of(value: &Traced) -> Value {
    let text = value.as_str().to_owned();
    if value.is_known() { Value::Known(text) } else { Value::Unknown(text) }
}

/// Targets that are settings of make.
fn is_special(name: &str) -> bool {
    name.strip_prefix('.')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
}
