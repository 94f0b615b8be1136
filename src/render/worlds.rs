//! All targets of a run and the objects they hold. What several targets share is held once.

use super::argo::{Followed, SetRun};
use super::charts::Charts;
use super::files::{Extra, Files};
use super::flux::Applied;
use super::kustomize::{Gap, Idle, Object, Refusal};
use super::recipes::Recipes;
use super::releases::Values;
use super::{releases, roots};
use crate::config::Config;
use crate::manifest::{
    By, Delivery, Manifests, Namespace, ReleaseValues, Resource, is_cluster_scoped, split_api_version,
};
use crate::source::{SourceId, Sources, Span};
use crate::yaml::rendered::Rendered;
use crate::yaml::{self, Identity, Value};
use elsa::sync::FrozenVec;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A world of its own: what one cluster gets.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name: from the config, else the folder, `.` for the root.
    pub name: Arc<str>,
    /// Number of the root it comes from.
    pub root: usize,
    /// Its objects, as indexes into the resources of the world, in order.
    pub members: Vec<usize>,
    /// Why objects that are not seen may exist all the same; empty where everything is seen.
    pub openings: Vec<Opening>,
}

/// Something that may bring objects which are not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The namespace it brings them into; none for any.
    pub namespace: Option<String>,
    /// What it is, as a sentence.
    pub reason: String,
    /// Whether it is a Helm chart: those bring workloads, and hardly ever what Flux itself is told by.
    pub chart: bool,
}

/// What a run renders from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'w> {
    /// All texts.
    pub sources: &'w Sources,
    /// All documents.
    pub manifests: &'w Manifests<'w>,
    /// The files of each root that only recipes ask for, by path.
    pub extras: &'w [BTreeMap<String, Extra>],
    /// Those of them that are YAML, parsed.
    pub parsed: &'w HashMap<SourceId, yaml::File>,
    /// What the charts of kustomizations render to, of each root.
    pub charts: &'w [Charts],
    /// Where texts within values are kept.
    pub embedded: &'w FrozenVec<Box<yaml::File>>,
    /// The config of each root.
    pub configs: &'w [Config],
}

/// An object of a target.
#[derive(Clone, Debug)]
pub(super) enum Member<'w> {
    /// As it is written: an index into the manifests.
    Written(usize),
    /// As a recipe made it.
    Rendered {
        /// The object.
        tree: Rendered<'w>,
        /// Where it comes into being.
        born: Span,
        /// Who hands it over.
        by: By,
        /// Objects of one scope that name no namespace end up in the same one.
        scope: u32,
        /// For a Helm release that takes values from elsewhere: all of them together.
        values: Option<Arc<Values<'w>>>,
    },
}

/// A target on its way.
#[derive(Clone, Debug)]
pub(super) struct Draft<'w> {
    pub(super) name: Arc<str>,
    pub(super) root: usize,
    pub(super) members: Vec<Member<'w>>,
    pub(super) openings: Vec<Opening>,
}

/// A build that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Number of the root.
    pub root: usize,
    /// The name of the target it belongs to.
    pub target: Arc<str>,
    /// The folder that does not build.
    pub folder: String,
    /// Why.
    pub refusal: Refusal,
}

/// What the recipes tell beside the objects.
#[derive(Clone, Debug, Default)]
pub struct Told<'w> {
    /// Flux Kustomizations that were followed, with the target they belong to.
    pub applied: Vec<(Arc<str>, Applied<'w>)>,
    /// The Makefile of each root that has one.
    pub recipes: BTreeMap<usize, Recipes>,
    /// Kustomizations that were built for themselves.
    pub roots: Vec<Root>,
    /// Applications of Argo CD that were followed, with the target that they live in.
    pub followed: Vec<(Arc<str>, Followed<'w>)>,
    /// ApplicationSets of Argo CD that were run, with the target that they live in.
    pub sets: Vec<(Arc<str>, SetRun<'w>)>,
    /// Builds that failed.
    pub failed: Vec<Failed>,
    /// Patches without effect, wherever they are used.
    pub idle: BTreeSet<Idle>,
    /// What is not seen.
    pub gaps: BTreeSet<Gap>,
    /// Files that some build used.
    pub used: Used,
}

/// Files that some build used, by root and path.
#[derive(Clone, Debug, Default)]
pub struct Used(BTreeMap<usize, HashSet<Arc<str>>>);

impl Used {
    /// Whether the file at `path` of root number `root` is one of them.
    pub fn contains(&self, root: usize, path: &str) -> bool {
        self.0.get(&root).is_some_and(|paths| paths.contains(path))
    }

    pub(super) fn extend(&mut self, root: usize, paths: impl IntoIterator<Item = Arc<str>>) {
        self.0.entry(root).or_default().extend(paths);
    }
}

/// A kustomization that was built for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Number of the root.
    pub root: usize,
    /// Its folder.
    pub folder: String,
    /// Whether all that it names was seen; none where it does not build.
    pub whole: Option<bool>,
}

impl Told<'_> {
    /// How many Flux Kustomizations and how many kustomizations were built wholly, in part, and not at all and why.
    pub fn census(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = |what: String| *counts.entry(what).or_default() += 1;
        for (_, applied) in &self.applied {
            if applied.object.is_some() {
                count(format!("Flux Kustomizations {}", applied.state()));
            }
        }
        for root in &self.roots {
            count(format!(
                "kustomizations {}",
                match root.whole {
                    Some(true) => "built wholly",
                    Some(false) => "built in part: something is taken from elsewhere",
                    None => "not built: refused",
                }
            ));
        }
        counts.into_iter().collect()
    }
}

/// All targets of a run.
#[derive(Debug)]
pub struct Worlds<'w> {
    drafts: Vec<Draft<'w>>,
    /// Objects that no target holds, as indexes into the manifests.
    alone: Vec<usize>,
    /// What the recipes tell beside the objects.
    pub told: Told<'w>,
}

impl<'w> Worlds<'w> {
    /// Works out the targets of every root.
    pub fn new(source: Source<'w>) -> Worlds<'w> {
        let mut worlds = Worlds { drafts: Vec::new(), alone: Vec::new(), told: Told::default() };
        for (root, config) in source.configs.iter().enumerate() {
            let files = files(source, root);
            let mut drafts = roots::drafts(source, &files, config, root, &mut worlds.told);
            drafts.iter_mut().for_each(|draft| releases::complete(draft, source, &files));
            worlds.drafts.extend(drafts);
        }
        let mut held = vec![false; source.manifests.resources.len()];
        for member in worlds.drafts.iter().flat_map(|draft| &draft.members) {
            if let Member::Written(at) = member {
                held[*at] = true;
            }
        }
        let used = |resource: &Resource<'_>| worlds.told.used.contains(resource.root, resource.path);
        for (at, resource) in source.manifests.resources.iter().enumerate() {
            if !held[at] && !used(resource) {
                worlds.alone.push(at);
            }
        }
        worlds
    }

    /// The objects and the targets that hold them.
    pub fn resolve(&'w self, source: Source<'w>) -> (Vec<Resource<'w>>, Vec<Target>) {
        let manifests = source.manifests;
        let places: HashMap<SourceId, usize> =
            manifests.files.iter().enumerate().map(|(at, parsed)| (parsed.file.source(), at)).collect();
        let mut resources: Vec<Resource<'w>> = Vec::new();
        let mut written: HashMap<usize, usize> = HashMap::new();
        let mut rendered: HashMap<(Identity, u32), usize> = HashMap::new();
        let mut targets = Vec::new();
        for draft in &self.drafts {
            let mut members = Vec::with_capacity(draft.members.len());
            for member in &draft.members {
                let at = match member {
                    Member::Written(at) => *written.entry(*at).or_insert_with(|| {
                        let mut resource = manifests.resources[*at].clone();
                        if let Namespace::Unspecified(_) = resource.namespace
                            && let Some(recipes) = self.told.recipes.get(&resource.root)
                            && let Some(name) = recipes.namespace_of(resource.path)
                        {
                            resource.namespace = Namespace::Known(name);
                        }
                        resources.push(resource);
                        resources.len() - 1
                    }),
                    Member::Rendered { tree, born, by, scope, values } => {
                        let value = tree.view();
                        *rendered.entry((value.identity(), *scope)).or_insert_with(|| {
                            let file = places.get(&born.source).copied().unwrap_or(usize::MAX);
                            let path = source.sources[born.source].path();
                            let mut made = resource(value, file, path, draft.root, *by, *scope);
                            made.values = values.as_deref().map(|values| ReleaseValues {
                                value: values.tree.view(),
                                open: values.open.as_deref(),
                            });
                            resources.push(made);
                            resources.len() - 1
                        })
                    }
                };
                members.push(at);
            }
            targets.push(Target {
                name: Arc::clone(&draft.name),
                root: draft.root,
                members,
                openings: draft.openings.clone(),
            });
        }
        resources.extend(self.alone.iter().map(|at| manifests.resources[*at].clone()));
        (resources, targets)
    }
}

fn files<'w>(source: Source<'w>, root: usize) -> Files<'w> {
    let own = source.manifests.files.iter().filter(|parsed| parsed.root == root);
    let extras = &source.extras[root];
    let more = extras.iter().filter_map(|(path, extra)| match extra {
        Extra::Yaml(id) => source.parsed.get(id).map(|file| (path.as_str(), file)),
        _ => None,
    });
    let yaml = own.map(|parsed| (parsed.path, parsed.file)).chain(more);
    let extras = extras.iter().map(|(path, extra)| (path.as_str(), extra));
    Files::new(root, source.sources, yaml, extras, source.embedded).with_charts(&source.charts[root])
}

fn resource<'w>(value: Value<'w>, file: usize, path: &'w str, root: usize, by: By, scope: u32) -> Resource<'w> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, _) = split_api_version(api_version);
    let written = value.at(&["metadata", "namespace"]).filter(|namespace| !namespace.is_null());
    let namespace = match written {
        _ if is_cluster_scoped(group, kind) => Namespace::None,
        None => Namespace::Unspecified(scope),
        Some(namespace) => match (namespace.known(), namespace.unknown()) {
            (Some("") | None, None) => Namespace::Unspecified(scope),
            (Some(name), _) => Namespace::Known(name),
            (None, Some(reason)) => Namespace::Unknown(reason),
        },
    };
    let delivery = Delivery { by, sets_namespace: false, renames: false, changes: false, scope };
    Resource {
        file,
        root,
        path,
        document: 0,
        api_version,
        group,
        kind,
        namespace,
        delivery,
        whole: true,
        value,
        values: None,
    }
}

/// The objects of a build as members.
pub(super) fn members<'w>(objects: &[Object<'w>], by: By, scope: u32) -> impl Iterator<Item = Member<'w>> {
    objects.iter().map(move |object| Member::Rendered {
        tree: object.tree.clone(),
        born: object.born,
        by,
        scope,
        values: None,
    })
}
