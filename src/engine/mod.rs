//! Runs the rules over what was read, applies suppressions and severities, merges and sorts.

mod masks;
mod merge;
mod run;
mod settings;
mod suppress;
mod validity;

use crate::config::Config;
use crate::finding::{Failure, Outcome, Summary, Undecided, Versions};
use crate::graph::cnpg::{Cluster, Pooler};
use crate::graph::sops::CreationRules;
use crate::graph::{Graph, operator_version};
use crate::manifest::{By, Manifests, Parsed, Resource};
use crate::reach::Reach;
use crate::reach::connections::Connections;
use crate::render::charts::Charts;
use crate::render::files::Extra;
use crate::render::{self, Worlds};
use crate::rule::World;
use crate::schema::GivenFile;
use crate::source::{Masks, SourceId, Sources};
use crate::yaml;
use elsa::sync::FrozenVec;
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use settings::{Selection, names, shapes};

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
    /// What the charts of kustomizations render to.
    pub charts: Charts,
    /// What lies there and is not looked into.
    pub beside: BTreeSet<String>,
    /// Files recognised as no manifests, by what they are.
    pub left_alone: BTreeMap<&'static str, usize>,
    /// What could not be read.
    pub failures: Vec<Failure>,
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

/// Parses all files of `roots`, works out what each target gets, and hands that to `look`. No rule runs.
pub fn look<T>(
    sources: &Sources,
    roots: Vec<Root>,
    look: impl FnOnce(&[Resource<'_>], &[render::Target], &render::Told<'_>) -> T,
) -> T {
    self::see(sources, roots, |seen| look(seen.resources, seen.targets, seen.told))
}

/// What each target gets, and what it is made from.
#[derive(Clone, Copy)]
pub struct Seen<'s, 'w> {
    /// All documents.
    pub manifests: &'s Manifests<'w>,
    /// Every object.
    pub resources: &'s [Resource<'w>],
    /// Every target.
    pub targets: &'s [render::Target],
    /// How building them went.
    pub told: &'s render::Told<'w>,
}

/// The same with the documents that were read.
pub fn see<T>(sources: &Sources, roots: Vec<Root>, see: impl FnOnce(Seen<'_, '_>) -> T) -> T {
    let wanted: Vec<SourceId> = roots.iter().flat_map(|root| root.files.iter().copied()).collect();
    let files: Vec<yaml::File> =
        wanted.par_iter().map(|source| yaml::parse(*source, sources[*source].shared_text())).collect();
    let manifests = Manifests::new(files.iter().map(|file| parsed(sources, file)).collect());
    let (mut extras, mut configs, mut charts) = (Vec::new(), Vec::new(), Vec::new());
    for root in roots {
        extras.push(root.extras);
        configs.push(root.config);
        charts.push(root.charts);
    }
    let more = parse_extras(sources, &extras);
    let embedded = FrozenVec::new();
    let source = render::Source {
        sources,
        manifests: &manifests,
        extras: &extras,
        charts: &charts,
        parsed: &more,
        embedded: &embedded,
        configs: &configs,
    };
    let worlds = Worlds::new(source);
    let (resources, targets) = worlds.resolve(source);
    see(Seen { manifests: &manifests, resources: &resources, targets: &targets, told: &worlds.told })
}

fn parsed<'w>(sources: &'w Sources, file: &'w yaml::File) -> Parsed<'w> {
    let source = &sources[file.source()];
    Parsed { root: source.root(), path: source.path(), file }
}

/// Parses all files of `roots` and runs the rules. `base` is another state of the same roots, with which this one is
/// compared: what changed is for the rules that look at changes.
pub fn run(sources: &Sources, roots: Vec<Root>, base: Option<Vec<Root>>, request: &Request) -> Run {
    let mut statistics = Statistics::default();
    let Some(base) = base else { return run_on(sources, roots, None, request, statistics) };
    let start = Instant::now();
    stage(sources, base, request, &mut Statistics::default(), |old| {
        let known = request.new_only.then(|| known(old, request));
        statistics.phases.push(("base", start.elapsed()));
        run_on(sources, roots, Some((old, known)), request, statistics)
    })
}

/// What the rules say of the state that this one is compared with: the fingerprints.
fn known(old: &Stage<'_>, request: &Request) -> HashSet<String> {
    let outcome = judge(old, None, request, &mut Statistics::default());
    outcome.findings.into_iter().map(|finding| finding.fingerprint).collect()
}

fn run_on(
    sources: &Sources,
    roots: Vec<Root>,
    base: Option<(&Stage<'_>, Option<HashSet<String>>)>,
    request: &Request,
    mut statistics: Statistics,
) -> Run {
    let mut done = stage(sources, roots, request, &mut statistics, |new| {
        let mut own = Statistics::default();
        let mut clock = Instant::now();
        let mut phase = |own: &mut Statistics, name| {
            own.phases.push((name, clock.elapsed()));
            clock = Instant::now();
        };
        let (old, known) = base.unzip();
        let mut outcome = judge(new, old.map(|old| &old.world), request, &mut own);
        if let Some(known) = known.flatten() {
            outcome.findings.retain(|finding| !known.contains(&finding.fingerprint));
            // Questions have no fingerprints, and are the same as before as a rule.
            outcome.undecided.clear();
        }
        phase(&mut own, "judge");
        let masks = masks::of(sources, [Some(&new.world), old.map(|old| &old.world)], &outcome);
        phase(&mut own, "mask");
        outcome.failures = new.failures.clone();
        outcome.failures.extend(old.into_iter().flat_map(|old| old.failures.iter().cloned()));
        outcome.summary.files = new.world.manifests.files.len();
        outcome.summary.documents = new.world.manifests.documents;
        outcome.summary.resources = new.world.resources.len();
        outcome.summary.left_alone = new.left_alone.iter().map(|(what, count)| (*what, *count)).collect();
        Run { outcome, masks, statistics: own, targets: new.names.clone() }
    });
    statistics.phases.append(&mut done.statistics.phases);
    statistics.rules = done.statistics.rules;
    Run { statistics, ..done }
}

/// One state of the files, with everything worked out that rules look at.
struct Stage<'w> {
    world: World<'w>,
    failures: Vec<Failure>,
    left_alone: BTreeMap<&'static str, usize>,
    /// The name of every target that was found, asked for or not.
    names: Vec<String>,
    /// What the summary names as the versions of all roots.
    versions: Versions,
}

/// Parses all files of `roots`, works out what each target gets and what its objects mean to each other, and hands that
/// to `look`.
fn stage<T>(
    sources: &Sources,
    roots: Vec<Root>,
    request: &Request,
    statistics: &mut Statistics,
    look: impl FnOnce(&Stage<'_>) -> T,
) -> T {
    let mut clock = Instant::now();
    let mut phase = |statistics: &mut Statistics, name: &'static str| {
        statistics.phases.push((name, clock.elapsed()));
        clock = Instant::now();
    };
    let wanted: Vec<SourceId> = roots.iter().flat_map(|root| root.files.iter().copied()).collect();
    let files: Vec<yaml::File> =
        wanted.par_iter().map(|source| yaml::parse(*source, sources[*source].shared_text())).collect();
    statistics.nodes = files.iter().map(yaml::File::node_count).sum();
    statistics.node_bytes = files.iter().map(yaml::File::memory).sum();
    phase(statistics, "parse");
    let manifests = Manifests::new(files.iter().map(|file| parsed(sources, file)).collect());
    phase(statistics, "manifests");
    let mut failures = Vec::new();
    let mut left_alone: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut configs = Vec::new();
    let mut lone = Vec::new();
    let (mut extras, mut charts, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for root in roots {
        failures.extend(root.failures);
        extras.push(root.extras);
        charts.push(root.charts);
        beside.push(root.beside);
        for (what, count) in root.left_alone {
            *left_alone.entry(what).or_default() += count;
        }
        configs.push(root.config);
        lone.push(root.lone);
    }
    failures.sort();
    let parsed = parse_extras(sources, &extras);
    let embedded = FrozenVec::new();
    let source = render::Source {
        sources,
        manifests: &manifests,
        extras: &extras,
        charts: &charts,
        parsed: &parsed,
        embedded: &embedded,
        configs: &configs,
    };
    let worlds = Worlds::new(source);
    let (mut resources, mut targets) = worlds.resolve(source);
    let names: Vec<String> = targets.iter().map(|target| target.name.to_string()).collect();
    if let Some(wanted) = &request.target {
        targets.retain(|target| *target.name == **wanted);
        (resources, targets) = only(&resources, targets);
    }
    statistics.builds = worlds.told.census();
    phase(statistics, "render");
    let installed = |root: usize| operator_version(&resources, &manifests, root);
    let (versions, summary_versions) = settings::versions(&configs, installed);
    let graphs: Vec<Graph<'_>> = targets
        .par_iter()
        .map(|target| Graph::new(&resources, target, configs[target.root].role.as_ref().map(|role| role.value)))
        .collect();
    let reaches = reaches(&resources, &targets, &graphs, configs.len());
    let connections = connections(&resources, &targets, &graphs, request);
    phase(statistics, "graph");
    let (validity, schemas) = validity::of(&manifests, &resources, &targets, &worlds.told, &versions, request);
    phase(statistics, "validity");
    let options = configs.iter().map(settings::options).collect();
    let world = World {
        sources,
        manifests: &manifests,
        resources: &resources,
        told: &worlds.told,
        lone,
        beside,
        targets: &targets,
        graphs,
        reaches,
        connections,
        creation_rules: CreationRules::new(&manifests),
        configs: &configs,
        options,
        versions: &versions,
        validity,
        schemas,
        today: request.today,
        revision: files.first().and_then(|file| sources[file.source()].revision()).map(str::to_owned),
    };
    look(&Stage { world, failures, left_alone, names, versions: summary_versions })
}

/// The objects that some of `targets` holds, and the targets over those.
fn only<'w>(resources: &[Resource<'w>], mut targets: Vec<render::Target>) -> (Vec<Resource<'w>>, Vec<render::Target>) {
    let mut kept = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    for member in targets.iter_mut().flat_map(|target| &mut target.members) {
        *member = *places.entry(*member).or_insert_with(|| {
            kept.push(resources[*member].clone());
            kept.len() - 1
        });
    }
    (kept, targets)
}

fn parse_extras(sources: &Sources, extras: &[BTreeMap<String, Extra>]) -> HashMap<SourceId, yaml::File> {
    let wanted: Vec<SourceId> = extras
        .iter()
        .flat_map(BTreeMap::values)
        .filter_map(|extra| match extra {
            Extra::Yaml(source) => Some(*source),
            _ => None,
        })
        .collect();
    wanted.par_iter().map(|source| (*source, yaml::parse(*source, sources[*source].shared_text()))).collect()
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
    let mut names: Vec<String> = world.targets.iter().map(|target| target.name.to_string()).collect();
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
            versions: stage.versions.clone(),
            left_alone: Vec::new(),
        },
    }
}

/// Who reaches whom in each target. Policies that nothing is seen to deliver may be in force in every target of a root.
fn reaches<'w>(
    resources: &'w [Resource<'w>],
    targets: &[render::Target],
    graphs: &[Graph<'w>],
    roots: usize,
) -> Vec<Reach<'w>> {
    let mut strays: Vec<Vec<&'w Resource<'w>>> = vec![Vec::new(); roots];
    for resource in resources.iter().filter(|resource| resource.delivery.by == By::Nobody) {
        strays[resource.root].push(resource);
    }
    let together = targets.par_iter().zip(graphs);
    together.map(|(target, graph)| Reach::new(graph, strays[target.root].iter().copied())).collect()
}

/// Who may reach whom in each target that holds a database, where a rule asks.
fn connections<'w>(
    resources: &'w [Resource<'w>],
    targets: &[render::Target],
    graphs: &[Graph<'w>],
    request: &Request,
) -> Vec<Option<Connections<'w>>> {
    if !settings::wants_family(&request.selection, "netpol") {
        return targets.iter().map(|_| None).collect();
    }
    let holds_database =
        |graph: &Graph<'w>| graph.all::<Cluster<'w>>().next().is_some() || graph.all::<Pooler<'w>>().next().is_some();
    let strays: Vec<&'w Resource<'w>> =
        resources.iter().filter(|resource| resource.delivery.by == By::Nobody).collect();
    let together = targets.par_iter().zip(graphs);
    let work = together.map(|(target, graph)| {
        let own: Vec<&'w Resource<'w>> =
            strays.iter().copied().filter(|resource| resource.root == target.root).collect();
        // Without any policy everybody reaches everybody, which other rules tell.
        let is_policy = |resource: &&'w Resource<'w>| resource.kind.contains("NetworkPolicy");
        let has_policy = graph.resources().iter().any(is_policy) || own.iter().any(is_policy);
        (has_policy && holds_database(graph)).then(|| Connections::with_unseen(graph, &own))
    });
    work.collect()
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
