//! Runs the rules over what was read, applies suppressions and severities, merges and sorts.

mod baseline;
mod identity;
mod masks;
mod merge;
mod offers;
mod run;
mod see;
mod settings;
mod stage;
mod suppress;
mod validity;

use self::stage::{Stage, stage};
use crate::config::Config;
use crate::contract::Offer;
use crate::finding::{Failure, HeldBack, Outcome, Summary, Undecided};
use crate::render;
use crate::render::charts::Charts;
use crate::render::files::Extra;
use crate::rule::World;
use crate::schema::GivenFile;
use crate::source::{Masks, SourceId, Sources};
use crate::yaml;
use foldhash::HashMap;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use baseline::{Baseline, BaselineError, FILE_NAME as BASELINE_NAME};
pub use offers::export;
pub use see::{Seen, look, see};
pub use settings::{Selection, names, shapes};

/// A contract that a root relies on.
#[derive(Clone, Debug)]
pub enum Reliance {
    /// What another root of the run offers, by its number.
    Root(usize),
    /// What an exported file says.
    File(Arc<Offer>),
}

/// One root as it was read.
#[derive(Debug, Default)]
pub struct Root {
    /// Its config; the default one where it has none.
    pub config: Config,
    /// Its files, by path.
    pub files: Vec<SourceId>,
    /// Whether it is one file by itself, whatever may lie beside it.
    pub lone: bool,
    /// Files beside them that kustomizations name, by path.
    pub extras: BTreeMap<String, Extra>,
    /// Those of both that were parsed on the way.
    pub parsed: HashMap<SourceId, yaml::File>,
    /// What the charts of kustomizations render to.
    pub charts: Charts,
    /// What lies there and is not looked into.
    pub beside: BTreeSet<String>,
    /// Files recognised as no manifests, by what they are.
    pub left_alone: BTreeMap<&'static str, usize>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// The contracts that it relies on.
    pub relies: Vec<Reliance>,
    /// Whether it is read only for what others rely on.
    pub reference: bool,
}

/// What to report on: a root and a path in it; the empty path is the whole root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Number of the root.
    pub root: usize,
    /// File or folder in it.
    pub path: String,
}

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which rules run.
    pub selection: Selection,
    /// What is reported; empty for everything.
    pub scopes: Vec<Scope>,
    /// The day of the run, UTC.
    pub today: Date,
    /// Only this target.
    pub target: Option<String>,
    /// With another state to compare with: only what that state did not have.
    pub new_only: bool,
    /// Findings that are known: they are held back.
    pub baseline: Option<Arc<Baseline>>,
    /// Whether all findings are to be known from this run on.
    pub record: bool,
    /// Schemas that the user gave.
    pub given: Arc<[GivenFile]>,
}

/// The newest versions this program knows.
pub const NEWEST_KUBERNETES: &str = "1.36";
/// The newest operator this program knows.
pub const NEWEST_CNPG: &str = "1.30";

/// What a run gives.
#[derive(Debug)]
pub struct Run {
    /// What it says.
    pub outcome: Outcome,
    /// What must not be shown of the texts that it speaks of.
    pub masks: Masks,
    /// What it cost.
    pub statistics: Statistics,
    /// The name of every target that was found, asked for or not.
    pub targets: Vec<String>,
    /// What is known from this run on, if that was asked.
    pub baseline: Option<Baseline>,
}

/// What a run cost.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Nodes of all files.
    pub nodes: usize,
    /// Memory held beside the texts, in bytes.
    pub node_bytes: usize,
    /// What was built, and how that went: a text and how often.
    pub builds: Vec<(String, usize)>,
    /// Wall time of each phase, in order.
    pub phases: Vec<(&'static str, Duration)>,
    /// Time of each rule over all its tasks, the dearest first.
    pub rules: Vec<(&'static str, Duration)>,
}

/// Parses all files of `roots` and runs the rules. `base` is another state of the same roots, with which this one is
/// compared: what changed is for the rules that look at changes.
pub fn run(sources: &Sources, roots: Vec<Root>, base: Option<Vec<Root>>, request: &Request) -> Run {
    let mut statistics = Statistics::default();
    let Some(base) = base else { return run_on(sources, roots, None, request, statistics, |_, _| ()).0 };
    let start = Instant::now();
    stage(sources, base, request, &mut Statistics::default(), |old| {
        let known = request.new_only.then(|| known(old, request));
        statistics.phases.push(("base", start.elapsed()));
        run_on(sources, roots, Some((old, known)), request, statistics, |_, _| ()).0
    })
}

/// As [`run`] without another state; what the rules saw and what they say of it is handed to `look`.
pub fn run_and_look<T>(
    sources: &Sources,
    roots: Vec<Root>,
    request: &Request,
    look: impl FnOnce(&World<'_>, &Outcome) -> T,
) -> (Run, T) {
    run_on(sources, roots, None, request, Statistics::default(), look)
}

/// What the rules say of the state that this one is compared with.
fn known(old: &Stage<'_>, request: &Request) -> Baseline {
    let outcome = judge(old, None, request, &mut Statistics::default());
    Baseline::of(old.world.sources, &outcome.findings)
}

fn run_on<T>(
    sources: &Sources,
    roots: Vec<Root>,
    base: Option<(&Stage<'_>, Option<Baseline>)>,
    request: &Request,
    mut statistics: Statistics,
    look: impl FnOnce(&World<'_>, &Outcome) -> T,
) -> (Run, T) {
    let (mut done, looked) = stage(sources, roots, request, &mut statistics, |new| {
        let mut own = Statistics::default();
        let mut clock = Instant::now();
        let mut phase = |own: &mut Statistics, name| {
            own.phases.push((name, clock.elapsed()));
            clock = Instant::now();
        };
        let (old, known) = base.unzip();
        let mut outcome = judge(new, old.map(|old| &old.world), request, &mut own);
        let (held_back, renewed) = match request.record {
            true => {
                let renewed = baseline::renew(&new.world, request, &outcome.findings);
                let findings = std::mem::take(&mut outcome.findings).len();
                (Some(HeldBack { findings, outdated: Vec::new() }), Some(renewed))
            }
            false => (baseline::hold_back(&new.world, request, &mut outcome.findings), None),
        };
        outcome.summary.held_back = held_back;
        if let Some(known) = known.flatten() {
            let mut is_known = known.recognise(sources, &outcome.findings).known.into_iter();
            outcome.findings.retain(|_| !is_known.next().unwrap_or_default());
            // Questions have no fingerprints, and are the same as before as a rule.
            outcome.undecided.clear();
        }
        phase(&mut own, "judge");
        let masks = masks::of(sources, [Some(&new.world), old.map(|old| &old.world)], &outcome);
        phase(&mut own, "mask");
        outcome.failures = new.failures.clone();
        outcome.failures.extend(old.into_iter().flat_map(|old| old.failures.iter().cloned()));
        let is_own = |root: usize| !new.world.references[root];
        let files = new.world.manifests.files.iter().filter(|parsed| is_own(parsed.root));
        outcome.summary.files = files.clone().count();
        outcome.summary.documents = files.map(|parsed| parsed.file.documents().len()).sum();
        outcome.summary.resources = new.world.resources.iter().filter(|resource| is_own(resource.root)).count();
        outcome.summary.left_alone = new.left_alone.iter().map(|(what, count)| (*what, *count)).collect();
        let looked = look(&new.world, &outcome);
        (Run { outcome, masks, statistics: own, targets: new.names.clone(), baseline: renewed }, looked)
    });
    statistics.phases.append(&mut done.statistics.phases);
    statistics.rules = done.statistics.rules;
    (Run { statistics, ..done }, looked)
}

/// Runs the rules over one state, and over what changed since `base`.
fn judge(stage: &Stage<'_>, base: Option<&World<'_>>, request: &Request, statistics: &mut Statistics) -> Outcome {
    let world = &stage.world;
    let active = settings::active(world.configs, &request.selection);
    let (mut found, mut undecided) = run::rules(world, &active, &mut statistics.rules);
    if let Some(base) = base {
        let (more, questions) = run::changes(base, world, &active);
        found.extend(more);
        undecided.extend(questions);
    }
    let (found, suppressed, faults) = suppress::apply(world, found, &undecided, &active);
    let more = run::suppressions(world, &active, &faults);
    let findings = merge::finish(world, found.into_iter().chain(more), request);
    let undecided = finish_undecided(world.sources, undecided, request);
    let own = world.targets.iter().filter(|target| !world.references[target.root]);
    let mut names: Vec<String> = own.map(|target| target.name.to_string()).collect();
    names.sort();
    names.dedup();
    Outcome {
        findings,
        undecided,
        failures: Vec::new(),
        summary: Summary {
            files: 0,
            documents: 0,
            resources: 0,
            targets: names,
            suppressed,
            held_back: None,
            versions: stage.versions.clone(),
            left_alone: Vec::new(),
        },
    }
}

fn finish_undecided(sources: &Sources, undecided: Vec<Undecided>, request: &Request) -> Vec<Undecided> {
    let mut undecided: Vec<Undecided> =
        undecided.into_iter().filter(|question| request.reports_on(sources, question.span.source)).collect();
    undecided.sort_by(|a, b| {
        let key = |question: &Undecided| (sources.name(question.span.source).into_owned(), question.span.start);
        key(a).cmp(&key(b)).then_with(|| (a.rule, &a.reason).cmp(&(b.rule, &b.reason)))
    });
    undecided.dedup();
    undecided
}

impl Request {
    /// Whether something in `source` is to be reported.
    pub fn reports_on(&self, sources: &Sources, source: SourceId) -> bool {
        if self.scopes.is_empty() {
            return true;
        }
        let source = &sources[source];
        self.scopes.iter().any(|scope| scope.root == source.root() && render::lies_in(source.path(), &scope.path))
    }
}
