//! Hands the rules their scopes, in parallel; results come back in the order of the work list, so the
//! number of threads never shows.

use crate::finding::Undecided;
use crate::render::Target;
use crate::rule::{
    ChangeContext, Changes, Check, Context, FileContext, Found, Rule, Sink, Suppression, TargetContext, World,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Objects or files one task looks at.
const CHUNK: usize = 256;

enum Task<'t> {
    Files(&'static Rule, Range<usize>),
    Resources(&'static Rule, Range<usize>),
    Target(&'static Rule, usize, &'t Target),
    Repo(&'static Rule),
}

impl Task<'_> {
    fn rule(&self) -> &'static Rule {
        match self {
            Task::Files(rule, _) | Task::Resources(rule, _) | Task::Target(rule, ..) | Task::Repo(rule) => rule,
        }
    }
}

type Results<'w> = (Vec<Found<'w>>, Vec<Undecided>);

/// Runs every rule of `active` over its scope.
pub(super) fn rules<'w>(
    world: &World<'w>,
    active: &[&'static Rule],
    times: &mut Vec<(&'static str, Duration)>,
) -> Results<'w> {
    let tasks: Vec<Task<'_>> = active.iter().flat_map(|rule| tasks(world, rule)).collect();
    let results: Vec<(Results<'w>, Duration)> = tasks
        .par_iter()
        .map(|task| {
            let start = Instant::now();
            (work(world, task), start.elapsed())
        })
        .collect();
    let mut all: Results<'w> = (Vec::new(), Vec::new());
    let mut spent: BTreeMap<&'static str, Duration> = BTreeMap::new();
    for (task, ((found, undecided), time)) in tasks.iter().zip(results) {
        *spent.entry(task.rule().id).or_default() += time;
        all.0.extend(found);
        all.1.extend(undecided);
    }
    times.extend(spent);
    times.sort_by_key(|(id, time)| (std::cmp::Reverse(*time), *id));
    all
}

fn tasks<'t>(world: &'t World<'_>, rule: &'static Rule) -> Vec<Task<'t>> {
    let chunks = |count: usize| (0..count).step_by(CHUNK).map(move |at| at..(at + CHUNK).min(count));
    match rule.check {
        Check::File(_) => chunks(world.manifests.files.len()).map(|range| Task::Files(rule, range)).collect(),
        Check::Resource(_) => chunks(world.resources.len()).map(|range| Task::Resources(rule, range)).collect(),
        Check::Target(_) => {
            world.targets.iter().enumerate().map(|(at, target)| Task::Target(rule, at, target)).collect()
        }
        Check::Repo(_) => vec![Task::Repo(rule)],
        // Suppressions come last.
        Check::Suppression(_) | Check::Nothing => Vec::new(),
    }
}

fn work<'w>(world: &World<'w>, task: &Task<'_>) -> Results<'w> {
    let mut found = Vec::new();
    let mut undecided = Vec::new();
    match task {
        Task::Files(rule, range) => {
            let Check::File(check) = rule.check else { return (found, undecided) };
            for index in range.clone() {
                let parsed = world.manifests.files[index];
                let context = Context::new(world, parsed.root, rule);
                let file = FileContext { context, parsed, index, role: world.manifests.roles[index] };
                check(&file, &mut Sink::new(rule, None, &mut found, &mut undecided));
            }
        }
        Task::Resources(rule, range) => {
            let Check::Resource(check) = rule.check else { return (found, undecided) };
            for resource in &world.resources[range.clone()] {
                let context = Context::new(world, resource.root, rule);
                check(resource, &context, &mut Sink::new(rule, None, &mut found, &mut undecided));
            }
        }
        Task::Target(rule, at, target) => {
            let Check::Target(check) = rule.check else { return (found, undecided) };
            let context = Context::new(world, target.root, rule);
            let context = TargetContext {
                context,
                target,
                graph: &world.graphs[*at],
                clients: &world.clients[*at],
                secrets: &world.secrets[*at],
                reach: &world.reaches[*at],
                connections: world.connections[*at].as_ref(),
            };
            check(&context, &mut Sink::new(rule, Some(target.name.clone()), &mut found, &mut undecided));
        }
        Task::Repo(rule) => {
            let Check::Repo(check) = rule.check else { return (found, undecided) };
            check(&Context::new(world, 0, rule), &mut Sink::new(rule, None, &mut found, &mut undecided));
        }
    }
    (found, undecided)
}

/// Runs the rules that look at what changed between two states.
pub(super) fn changes<'w>(old: &World<'w>, new: &World<'w>, active: &[&'static Rule]) -> Results<'w> {
    let (mut found, mut undecided) = (Vec::new(), Vec::new());
    let changes = Changes::new(old, new);
    for rule in active {
        let Some(check) = rule.change else { continue };
        let context =
            ChangeContext { old: Context::new(old, 0, rule), new: Context::new(new, 0, rule), changes: &changes };
        check(&context, &mut Sink::new(rule, None, &mut found, &mut undecided));
    }
    (found, undecided)
}

/// Runs the rules that judge suppressions.
pub(super) fn suppressions<'w>(world: &World<'w>, active: &[&'static Rule], faults: &[Suppression]) -> Vec<Found<'w>> {
    let mut found = Vec::new();
    let mut undecided = Vec::new();
    for rule in active {
        let Check::Suppression(check) = rule.check else { continue };
        for fault in faults {
            let context = Context::new(world, world.sources[fault.span.source].root(), rule);
            check(fault, &context, &mut Sink::new(rule, None, &mut found, &mut undecided));
        }
    }
    found
}
