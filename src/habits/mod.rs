//! What a repo already does throughout, as options of rules that hold it to that. No rule itself: it proposes, for a
//! first config, and whether a proposal is silent on the repo as it is, is tried out elsewhere.

mod databases;
mod delivery;
mod files;

use crate::graph::Graph;
use crate::manifest::{Manifests, Resource};
use crate::render::Told;
use crate::rule::Rule;
use foldhash::HashSet;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Fewer objects than this may agree by chance.
const ENOUGH: usize = 3;

/// A rule with the options under which it says nothing of the repo as it is, and what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Habit {
    /// The rule.
    pub rule: &'static str,
    /// Its options, in order.
    pub options: Vec<(&'static str, Json)>,
    /// What all objects have in common, with their number.
    pub why: String,
    /// Whether it is the rule itself that knows whether all of them do: then it must be sure of each.
    pub told_by_rule: bool,
}

impl Habit {
    fn new(rule: &'static Rule, why: String) -> Habit {
        Habit { rule: rule.id, options: Vec::new(), why, told_by_rule: false }
    }

    fn option(mut self, key: &'static str, value: impl Into<Json>) -> Habit {
        self.options.push((key, value.into()));
        self
    }

    fn told_by_rule(self) -> Habit {
        Habit { told_by_rule: true, ..self }
    }
}

/// Everything that a repo does throughout, in the order of the rules' ids. `graphs` are those of its targets, `beside` is
/// what lies in it and is not looked into.
pub fn habits(
    graphs: &[Graph<'_>],
    manifests: &Manifests<'_>,
    told: &Told<'_>,
    beside: &BTreeSet<String>,
) -> Vec<Habit> {
    let mut found = databases::habits(graphs);
    found.extend(delivery::habits(graphs, manifests));
    found.extend(files::habits(graphs, manifests, told, beside));
    found.sort_by_key(|habit| habit.rule);
    found
}

/// What objects of one kind say, each once however many clusters get it.
#[derive(Debug, Default)]
struct Poll {
    asked: HashSet<(String, Option<String>)>,
    answers: Vec<Option<String>>,
}

impl Poll {
    /// Notes what an object says; none where that is not known, or nothing.
    fn add(&mut self, resource: &Resource<'_>, answer: Option<String>) {
        if !resource.is_example() && self.asked.insert((resource.title(), answer.clone())) {
            self.answers.push(answer);
        }
    }

    fn count(&self) -> usize {
        self.answers.len()
    }

    fn is_enough(&self) -> bool {
        self.count() >= ENOUGH
    }

    /// What all of them say, where enough of them say the same.
    fn agreed(&self) -> Option<&str> {
        let first = self.answers.first()?.as_deref()?;
        (self.is_enough() && self.answers.iter().all(|answer| answer.as_deref() == Some(first))).then_some(first)
    }

    /// The least of what they say, where all of enough say a number.
    fn least(&self) -> Option<i64> {
        let numbers: Option<Vec<i64>> = self.answers.iter().map(|answer| answer.as_deref()?.parse().ok()).collect();
        numbers.filter(|_| self.is_enough())?.into_iter().min()
    }
}

/// `1 Cluster`, `3 Clusters`, `3 OCIRepositories`.
fn counted(count: usize, kind: &str) -> String {
    match kind.strip_suffix('y') {
        _ if count == 1 => format!("1 {kind}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{count} {stem}ies"),
        _ => format!("{count} {kind}s"),
    }
}
