//! Works out one state of the files: what each target gets, and what its objects mean to each other.

use super::{Request, Root, Statistics, offers, settings, validity};
use crate::finding::{Failure, Versions};
use crate::graph::clients::Clients;
use crate::graph::cnpg::{Cluster, Pooler};
use crate::graph::helm::ValuesTexts;
use crate::graph::secrets::Secrets;
use crate::graph::sops::CreationRules;
use crate::graph::values::values_files;
use crate::graph::{Graph, flux, operator_version};
use crate::manifest::{By, Manifests, Parsed, Resource};
use crate::reach::Reach;
use crate::reach::connections::{Connections, OfStrays};
use crate::render::files::Extra;
use crate::render::{self, Worlds};
use crate::rule::World;
use crate::schema::stated::Stated;
use crate::source::{SourceId, Sources};
use crate::yaml;
use elsa::sync::FrozenVec;
use foldhash::{HashMap, HashMapExt};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::time::Instant;

/// One state of the files, with everything worked out that rules look at.
pub(super) struct Stage<'w> {
    pub(super) world: World<'w>,
    pub(super) failures: Vec<Failure>,
    pub(super) left_alone: BTreeMap<&'static str, usize>,
    /// The name of every target that was found, asked for or not.
    pub(super) names: Vec<String>,
    /// What the summary names as the versions of all roots.
    pub(super) versions: Versions,
}

/// Parses all files of `roots`, works out what each target gets and what its objects mean to each other, and hands that
/// to `look`.
pub(super) fn stage<T>(
    sources: &Sources,
    mut roots: Vec<Root>,
    request: &Request,
    statistics: &mut Statistics,
    look: impl FnOnce(&Stage<'_>) -> T,
) -> T {
    let mut clock = Instant::now();
    let mut phase = |statistics: &mut Statistics, name: &'static str| {
        statistics.phases.push((name, clock.elapsed()));
        clock = Instant::now();
    };
    let (files, mut known) = parse_roots(sources, &mut roots);
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
    let (mut relies, mut references) = (Vec::new(), Vec::new());
    for root in roots {
        beside.push(root.beside);
        relies.push(root.relies);
        references.push(root.reference);
        failures.extend(root.failures);
        extras.push(root.extras);
        charts.push(root.charts);
        for (what, count) in root.left_alone {
            *left_alone.entry(what).or_default() += count;
        }
        configs.push(root.config);
        lone.push(root.lone);
    }
    failures.sort();
    let parsed = parse_extras(sources, &extras, &mut known);
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
    let clients = clients(&graphs, request);
    let together = targets.par_iter().zip(&graphs);
    let secrets: Vec<Secrets<'_>> =
        together.map(|(target, graph)| Secrets::new(graph, &versions[target.root].cnpg)).collect();
    let by_root = by_root(&resources, configs.len(), |_| true);
    let strays = self::by_root(&resources, configs.len(), |resource| resource.delivery.by == By::Nobody);
    let together = targets.par_iter().zip(&graphs);
    let shared: Vec<OfStrays<'_>> = configs.iter().map(|_| OfStrays::default()).collect();
    let reaches =
        together.map(|(target, graph)| Reach::new(graph, &strays[target.root], &shared[target.root])).collect();
    let connections = connections(&strays, &targets, &graphs, request);
    phase(statistics, "graph");
    let (validity, schemas) =
        validity::of(&manifests, &resources, &by_root, &targets, &worlds.told, &versions, request);
    let values = (0..configs.len()).map(|root| values_files(&manifests, &worlds.told, root)).collect();
    let own = by_root.iter().zip(&versions).zip(&configs);
    let stated = own.enumerate().map(|(root, ((own, assumed), config))| {
        let kustomizations = manifests.kustomizations.iter().filter(|one| one.root == root);
        Stated::of(own, kustomizations.map(|one| (manifests.files[one.file].path, one)), assumed, config)
    });
    let stated = stated.collect();
    phase(statistics, "validity");
    let options = configs.iter().map(settings::options).collect();
    let (offers, relies) = offers::of(&targets, &graphs, &connections, &secrets, &configs, &references, &relies);
    let world = World {
        sources,
        manifests: &manifests,
        resources: &resources,
        told: &worlds.told,
        lone,
        beside,
        targets: &targets,
        graphs,
        clients,
        secrets,
        reaches,
        connections,
        starts: flux::starts(&manifests.resources),
        substituted: by_root.iter().map(|own| flux::substituted(own)).collect(),
        creation_rules: CreationRules::new(&manifests),
        configs: &configs,
        offers,
        relies,
        references,
        options,
        versions: &versions,
        values,
        values_texts: ValuesTexts::read(&resources, &embedded),
        stated,
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

/// A file as the manifests take it.
pub(super) fn parsed<'w>(sources: &'w Sources, file: &'w yaml::File) -> Parsed<'w> {
    let source = &sources[file.source()];
    Parsed { root: source.root(), path: source.path(), file }
}

/// Parses the files of the roots; gives with them what else was parsed already.
pub(super) fn parse_roots(sources: &Sources, roots: &mut [Root]) -> (Vec<yaml::File>, HashMap<SourceId, yaml::File>) {
    let mut known = HashMap::new();
    roots.iter_mut().for_each(|root| known.extend(std::mem::take(&mut root.parsed)));
    let wanted: Vec<SourceId> = roots.iter().flat_map(|root| root.files.iter().copied()).collect();
    (parse(sources, &wanted, &mut known), known)
}

/// Parses what is wanted, but for what is `known` already.
fn parse(sources: &Sources, wanted: &[SourceId], known: &mut HashMap<SourceId, yaml::File>) -> Vec<yaml::File> {
    let wanted: Vec<(SourceId, Option<yaml::File>)> =
        wanted.iter().map(|source| (*source, known.remove(source))).collect();
    let parse = |source| yaml::parse(source, sources[source].shared_text());
    wanted.into_par_iter().map(|(source, file)| file.unwrap_or_else(|| parse(source))).collect()
}

/// Parses what only kustomizations name, but for what is `known` already.
pub(super) fn parse_extras(
    sources: &Sources,
    extras: &[BTreeMap<String, Extra>],
    known: &mut HashMap<SourceId, yaml::File>,
) -> HashMap<SourceId, yaml::File> {
    let wanted: Vec<SourceId> = extras
        .iter()
        .flat_map(BTreeMap::values)
        .filter_map(|extra| match extra {
            Extra::Yaml(source) => Some(*source),
            _ => None,
        })
        .collect();
    parse(sources, &wanted, known).into_iter().map(|file| (file.source(), file)).collect()
}

/// The objects of each root that are wanted.
fn by_root<'w>(
    resources: &'w [Resource<'w>],
    roots: usize,
    wanted: impl Fn(&Resource<'w>) -> bool,
) -> Vec<Vec<&'w Resource<'w>>> {
    let mut by_root = vec![Vec::new(); roots];
    for resource in resources.iter().filter(|resource| wanted(resource)) {
        by_root[resource.root].push(resource);
    }
    by_root
}

/// Who names which database service in each target, where a rule asks.
fn clients<'w>(graphs: &[Graph<'w>], request: &Request) -> Vec<Clients<'w>> {
    let asks = |family: &&str| settings::wants_family(&request.selection, family);
    if !["boundary", "cnpg", "netpol", "workload"].iter().any(asks) {
        return graphs.iter().map(|_| Clients::default()).collect();
    }
    graphs.par_iter().map(Clients::new).collect()
}

/// Who may reach whom in each target that holds a database, where a rule asks. Policies of `strays`, that nothing is seen
/// to deliver, may be in force in every target of their root.
fn connections<'w>(
    strays: &[Vec<&'w Resource<'w>>],
    targets: &[render::Target],
    graphs: &[Graph<'w>],
    request: &Request,
) -> Vec<Option<Connections<'w>>> {
    // Who may reach a database is a part of what a platform offers.
    if !["netpol", "boundary"].iter().any(|family| settings::wants_family(&request.selection, family)) {
        return targets.iter().map(|_| None).collect();
    }
    let holds_database =
        |graph: &Graph<'w>| graph.all::<Cluster<'w>>().next().is_some() || graph.all::<Pooler<'w>>().next().is_some();
    let together = targets.par_iter().zip(graphs);
    let work = together.map(|(target, graph)| {
        let own = &strays[target.root];
        // Without any policy everybody reaches everybody, which other rules tell.
        let is_policy = |resource: &&'w Resource<'w>| resource.kind.contains("NetworkPolicy");
        let has_policy = graph.resources().iter().any(is_policy) || own.iter().any(is_policy);
        (has_policy && holds_database(graph)).then(|| Connections::with_unseen(graph, own))
    });
    work.collect()
}
