//! From the Applications and ApplicationSets that somebody applies to everything that Argo CD brings for them.

use super::applicationset::{self, expand};
use super::generators::Surroundings;
use super::parameters::Cluster;
use super::sources::{Reader, Sourced, take};
use super::{GROUP, HOME};
use crate::manifest::is_cluster_scoped;
use crate::render::flux::Told;
use crate::render::kustomize::Object;
use crate::source::{Origin, Span};
use crate::yaml::Value;
use crate::yaml::rendered::Rendered;
use foldhash::{HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The cluster that something goes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// The one that Argo CD runs in.
    Home,
    /// The one of this name or address.
    Named(String),
    /// One of those that are not written in this repo; the ApplicationSet or Application that goes there.
    Unknown(String),
}

/// An Application that was followed, and how that went.
#[derive(Clone, Debug)]
pub struct Followed<'w> {
    /// The object.
    pub object: Rendered<'w>,
    /// Its namespace.
    pub namespace: String,
    /// Its name as far as it is known.
    pub name: String,
    /// The ApplicationSet that made it, if one did.
    pub set: Option<String>,
    /// Whether nobody can tell from this repo if it exists at all, as what is made for clusters of Argo CD.
    pub unsure: bool,
    /// Where it goes.
    pub site: Site,
    /// The namespace of objects that name none, if that is known.
    pub destination: Option<String>,
    /// Its sources, in order.
    pub sources: Vec<Sourced>,
    /// What it brings.
    pub objects: Vec<Object<'w>>,
    /// What the builds told.
    pub told: Told,
}

/// How an ApplicationSet went.
#[derive(Clone, Debug)]
pub struct SetRun<'w> {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// The Applications it makes.
    pub applications: Vec<Object<'w>>,
    /// Why it may make others, if so.
    pub open: Option<String>,
    /// Whether all that is open is which clusters there are, for each of which an Application stands.
    pub clusters_only: bool,
    /// What Argo CD refuses, if it does: where, and why.
    pub refused: Option<(Span, String)>,
}

/// Everything that came of one start.
#[derive(Debug, Default)]
pub(in crate::render) struct Outcome<'w> {
    /// Applications, with the cluster that they live in.
    pub(in crate::render) followed: Vec<(Site, Followed<'w>)>,
    /// ApplicationSets, with the cluster that they live in.
    pub(in crate::render) sets: Vec<(Site, SetRun<'w>)>,
}

struct Task<'w> {
    object: Object<'w>,
    site: Site,
    /// The ApplicationSet that made it.
    set: Option<String>,
    cluster: Option<Cluster>,
    unsure: bool,
}

/// The namespace of Argo CD where nothing says another.
const NAMESPACE: &str = "argocd";

/// Whether an object is for Argo CD to follow.
pub(super) fn is_followed(object: &Object<'_>) -> bool {
    object.group() == GROUP && matches!(object.kind(), "Application" | "ApplicationSet")
}

/// Follows the Applications and ApplicationSets among `start`, which live in the cluster of Argo CD.
pub(super) fn run<'w>(reader: &Reader<'_, '_, 'w>, start: &[Object<'w>]) -> Outcome<'w> {
    let mut outcome = Outcome::default();
    let mut seen = HashSet::new();
    let task = |object: &Object<'w>, site: &Site, unsure: bool| Task {
        object: object.clone(),
        site: site.clone(),
        set: None,
        cluster: None,
        unsure,
    };
    let begin = start.iter().filter(|object| is_followed(object));
    let mut queue: VecDeque<Task<'w>> = begin.map(|object| task(object, &Site::Home, false)).collect();
    while let Some(next) = queue.pop_front() {
        let namespace = namespace_of(&next.object);
        let kind = next.object.kind().to_owned();
        if !seen.insert((next.site.clone(), kind.clone(), namespace.clone(), next.object.name().to_owned())) {
            continue;
        }
        if kind == "ApplicationSet" {
            let (told, made) = applications(reader, &next, namespace);
            queue.extend(made);
            outcome.sets.push((next.site, told));
            continue;
        }
        let followed = follow(reader, &next, namespace);
        let children = followed.objects.iter().filter(|object| is_followed(object));
        queue.extend(children.map(|object| task(object, &followed.site, followed.unsure)));
        outcome.followed.push((next.site, followed));
    }
    outcome
}

/// The files that an Application or ApplicationSet takes, and those that it is told to leave out.
pub(super) fn footprint<'w>(
    reader: &Reader<'_, '_, 'w>,
    object: &Object<'w>,
) -> (BTreeSet<Arc<str>>, BTreeSet<&'w str>) {
    let trees = match object.kind() {
        "ApplicationSet" => {
            expanded(reader, object, NAMESPACE).applications.into_iter().map(|made| made.tree).collect()
        }
        _ => vec![object.tree.clone()],
    };
    let sources: Vec<Rendered<'w>> = trees.iter().flat_map(sources).collect();
    let taken = sources.iter().flat_map(|source| reader.footprint(source)).collect();
    (taken, sources.iter().flat_map(|source| reader.left_out(source)).collect())
}

fn expanded<'w>(reader: &Reader<'_, '_, 'w>, object: &Object<'w>, namespace: &str) -> applicationset::Expanded<'w> {
    let mode = applicationset::mode(object);
    expand(object, namespace, &Surroundings { files: reader.files, repository: reader.repository, mode })
}

fn applications<'w>(reader: &Reader<'_, '_, 'w>, task: &Task<'w>, namespace: String) -> (SetRun<'w>, Vec<Task<'w>>) {
    let name = task.object.name().to_owned();
    let expanded = expanded(reader, &task.object, &namespace);
    let mut told = SetRun {
        namespace,
        span: applicationset::place(&task.object),
        applications: Vec::new(),
        clusters_only: expanded.open.as_deref().is_none_or(|why| why == super::CLUSTERS),
        open: expanded.open,
        refused: expanded.refused,
        name,
    };
    let mut tasks = Vec::new();
    for made in expanded.applications {
        let object = Object::new(made.tree, task.object.born);
        if made.open.is_some() {
            told.clusters_only = false;
            told.open = made.open;
        }
        told.applications.push(object.clone());
        let unsure = task.unsure || made.cluster.is_some();
        let set = Some(told.name.clone());
        tasks.push(Task { object, site: task.site.clone(), set, cluster: made.cluster, unsure });
    }
    (told, tasks)
}

fn follow<'w>(reader: &Reader<'_, '_, 'w>, task: &Task<'w>, namespace: String) -> Followed<'w> {
    let tree = &task.object.tree;
    let spec = tree.get("spec");
    let destination = spec.as_ref().and_then(|spec| spec.get("destination"));
    let fallback = destination.as_ref().and_then(|destination| destination.get("namespace"));
    let mut followed = Followed {
        object: tree.clone(),
        namespace,
        name: task.object.name().to_owned(),
        set: task.set.clone(),
        unsure: task.unsure,
        site: site(destination.as_ref().map(Rendered::view), task),
        destination: fallback.as_ref().and_then(|name| name.view().known()).map(str::to_owned),
        sources: Vec::new(),
        objects: Vec::new(),
        told: Told::default(),
    };
    let sources = sources(tree);
    let refs: BTreeMap<&str, Value<'_>> = sources
        .iter()
        .filter_map(|source| Some((source.view().get("ref").and_then(Value::as_str)?, source.view())))
        .collect();
    for source in &sources {
        let (sourced, brought) = reader.read(source, &refs);
        followed.sources.push(sourced);
        let Some(mut build) = brought.build else { continue };
        if let Some(fallback) = fallback.as_ref().filter(|name| is_name(name.view())) {
            build.objects.iter_mut().for_each(|object| settle(object, fallback));
        }
        take(&mut followed.objects, build.objects, sources.len() > 1);
        followed.told.gaps.extend(build.gaps);
        followed.told.idle.extend(build.idle);
        followed.told.used.extend(build.used);
    }
    followed
}

/// The sources of an Application; several hide the one.
fn sources<'w>(application: &Rendered<'w>) -> Vec<Rendered<'w>> {
    let mut several = application.at(&["spec", "sources"]);
    let several = several.as_mut().and_then(Rendered::list_mut);
    let several: Vec<Rendered<'w>> =
        several.map(|list| list.items.iter().map(|slot| slot.value.clone()).collect()).unwrap_or_default();
    if several.is_empty() { application.at(&["spec", "source"]).into_iter().collect() } else { several }
}

fn is_name(name: Value<'_>) -> bool {
    name.as_str().is_some_and(|text| !text.is_empty())
}

/// Puts an object that names no namespace into that of the destination.
fn settle<'w>(object: &mut Object<'w>, namespace: &Rendered<'w>) {
    if !object.namespace().is_empty() || is_cluster_scoped(object.group(), object.kind()) {
        return;
    }
    let made = Origin::Generated(namespace.view().span());
    object.set(&["metadata", "namespace"], namespace.clone(), &made);
}

fn namespace_of(object: &Object<'_>) -> String {
    let written = object.tree.view().at(&["metadata", "namespace"]).and_then(Value::known);
    written.filter(|namespace| !namespace.is_empty()).unwrap_or(NAMESPACE).to_owned()
}

fn site(destination: Option<Value<'_>>, task: &Task<'_>) -> Site {
    let field = |name: &str| destination?.get(name).filter(|value| is_name(*value));
    let named = |text: &str| if is_home(text) { task.site.clone() } else { Site::Named(bare(text).to_owned()) };
    match field("server").or_else(|| field("name")) {
        None => task.site.clone(),
        Some(value) => match (value.known(), &task.cluster) {
            (Some(text), _) => named(text),
            (None, Some(Cluster::Named(name))) => named(name),
            (None, _) => Site::Unknown(task.set.clone().unwrap_or_else(|| task.object.name().to_owned())),
        },
    }
}

fn bare(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    rest.trim_end_matches('/')
}

/// Whether a destination is the cluster of Argo CD itself.
fn is_home(text: &str) -> bool {
    let host = bare(text);
    let host = host.strip_suffix(":443").unwrap_or(host);
    text == HOME
        || matches!(host, "kubernetes.default.svc" | "kubernetes.default.svc.cluster.local" | "kubernetes.default")
}
