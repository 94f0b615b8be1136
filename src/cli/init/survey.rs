//! What a repo holds, as far as a first config depends on it. It judges nothing.

use super::trial;
use crate::config::Role;
use crate::engine::{self, Seen};
use crate::graph::cnpg::{self, Cluster, Database, cluster_reference};
use crate::graph::release::HelmRelease;
use crate::graph::{Graph, View};
use crate::habits::{Habit, habits};
use crate::manifest::{Parsed, Resource};
use crate::tree::ReadError;
use crate::yaml::{Dialect, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The chart, and the Deployment, of the operator.
const CHART: &str = "cloudnative-pg";
const DEPLOYMENT: &str = "cnpg-controller-manager";

/// A Cluster with so many Databases of its own is shared.
const SHARED: usize = 3;

/// What a repo holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::cli) struct Survey {
    /// How many there are of what is worth telling, in the order to tell it; nothing that is not there.
    pub(in crate::cli) counts: Vec<(&'static str, usize)>,
    /// Namespaces of CloudNativePG Clusters.
    pub(in crate::cli) namespaces: BTreeSet<String>,
    /// Clusters as `namespace/name`.
    pub(in crate::cli) clusters: BTreeSet<String>,
    /// Those that several apps use, and what says so.
    pub(in crate::cli) shared: BTreeMap<String, String>,
    /// The label by which clients opt in, if there is one, and what says so.
    pub(in crate::cli) client_label: Option<(String, String)>,
    /// Namespaces the operator is installed in.
    pub(in crate::cli) operators: BTreeSet<String>,
    /// Clusters of Kubernetes that are delivered to, where the repo says which.
    pub(in crate::cli) targets: Vec<String>,
    /// What the repo does throughout.
    pub(in crate::cli) habits: Vec<Habit>,
    /// Whether a Cluster or the operator is there.
    pub(in crate::cli) holds_platform: bool,
    /// Whether a Database or a DatabaseRole is there.
    pub(in crate::cli) holds_app: bool,
    /// How many findings come with the role that it seems to have, where it is left unset for their sake.
    pub(in crate::cli) withheld: Option<usize>,
    /// Files that could not be read.
    pub(in crate::cli) unread: usize,
    /// What runs checks on this repo.
    pub(in crate::cli) pipelines: Pipelines,
    /// Whether hooks of pre-commit are there already.
    pub(in crate::cli) has_hooks: bool,
}

/// What runs checks on a repo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum Pipelines {
    /// GitHub Actions, or one that reads the same files.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Woodpecker.
    Woodpecker,
    /// Nothing that is known.
    #[default]
    Other,
}

impl Survey {
    /// What the repo is for, and what says so; none where nothing does.
    pub(in crate::cli) fn role(&self) -> Option<(Role, &'static str)> {
        match (self.holds_platform, self.holds_app) {
            (true, _) => Some((Role::Platform, "it holds the operator or Clusters of CloudNativePG")),
            (false, true) => Some((Role::App, "it holds Databases or roles, and no Cluster")),
            (false, false) => None,
        }
    }
}

/// Looks through the folder.
pub(in crate::cli) fn survey(folder: &Path) -> Result<Survey, ReadError> {
    let mut loaded = trial::read(folder)?;
    let roots = std::mem::take(&mut loaded.roots);
    let beside: BTreeSet<String> = roots.iter().flat_map(|root| root.beside.iter().cloned()).collect();
    let survey = Survey {
        unread: roots.iter().map(|root| root.failures.len()).sum(),
        pipelines: pipelines(&beside),
        has_hooks: beside.contains(".pre-commit-config.yaml"),
        ..Survey::default()
    };
    Ok(engine::see(&loaded.sources, roots, |seen| survey.look(seen, &beside)))
}

const KUSTOMIZATIONS: &str = "kustomization";
const ENCRYPTED: &str = "file encrypted with SOPS";

/// Kinds worth telling, by what they are called; a name may stand for several kinds.
const COUNTED: &[(&str, &str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "Flux Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease", "Helm release"),
    ("argoproj.io", "Application", "Argo CD Application"),
    ("argoproj.io", "ApplicationSet", "Argo CD ApplicationSet"),
    (cnpg::GROUP, "Cluster", "CloudNativePG Cluster"),
    (cnpg::GROUP, "Pooler", "Pooler"),
    (cnpg::GROUP, "Database", "Database"),
    (cnpg::GROUP, "DatabaseRole", "DatabaseRole"),
    ("networking.k8s.io", "NetworkPolicy", "NetworkPolicy"),
    ("cilium.io", "CiliumNetworkPolicy", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy", "CiliumClusterwideNetworkPolicy"),
];

impl Survey {
    fn look(mut self, seen: Seen<'_, '_>, beside: &BTreeSet<String>) -> Survey {
        self.count(seen);
        for resource in seen.resources {
            if resource.whole && !resource.is_example() {
                self.platform(resource);
            }
        }
        let graphs: Vec<Graph<'_>> =
            seen.targets.iter().map(|target| Graph::new(seen.resources, target, None)).collect();
        for graph in &graphs {
            for release in graph.all::<HelmRelease<'_>>() {
                let url = release.source(graph).and_then(|source| source.at(&["spec", "url"])?.known());
                if url.is_some_and(|url| url.trim_end_matches('/').ends_with("/cloudnative-pg")) {
                    self.operator(release.resource());
                }
            }
        }
        // A Cluster beside the operator is no reason to call that namespace one of databases.
        self.namespaces = self.namespaces.difference(&self.operators).cloned().collect();
        self.sharing(&graphs);
        self.targets = seen.targets.iter().map(|target| target.name.to_string()).filter(|name| name != ".").collect();
        self.targets.sort();
        self.targets.dedup();
        self.habits = habits(&graphs, seen.manifests, seen.told, beside);
        self
    }

    fn count(&mut self, seen: Seen<'_, '_>) {
        let mut counted: BTreeMap<&'static str, usize> = BTreeMap::new();
        for resource in seen.manifests.resources.iter().filter(|resource| resource.whole) {
            if let Some((.., what)) = COUNTED.iter().find(|(group, kind, _)| resource.is(group, kind)) {
                *counted.entry(what).or_default() += 1;
            }
        }
        counted.insert(KUSTOMIZATIONS, seen.manifests.kustomizations.len());
        counted.insert(ENCRYPTED, seen.manifests.files.iter().filter(|file| is_encrypted(file)).count());
        let order = [KUSTOMIZATIONS].into_iter().chain(COUNTED.iter().map(|(.., what)| *what)).chain([ENCRYPTED]);
        for what in order {
            if let Some(count) = counted.remove(what).filter(|count| *count > 0) {
                self.counts.push((what, count));
            }
        }
    }

    fn platform(&mut self, resource: &Resource<'_>) {
        if resource.is(cnpg::GROUP, "Cluster") {
            self.holds_platform = true;
            if let Some(namespace) = resource.namespace.known().filter(|name| is_label(name)) {
                if let Some(name) = resource.name().filter(|name| is_label(name)) {
                    self.clusters.insert(format!("{namespace}/{name}"));
                }
                self.namespaces.insert(namespace.to_owned());
            }
        }
        self.holds_app |= resource.is(cnpg::GROUP, "Database") || resource.is(cnpg::GROUP, "DatabaseRole");
        if is_operator(resource) {
            self.operator(resource);
        }
    }

    /// What installs the operator.
    fn operator(&mut self, resource: &Resource<'_>) {
        self.holds_platform = true;
        let installed = ["targetNamespace", "destination"].iter().find_map(|key| {
            let value = resource.at(&["spec", key])?;
            value.get("namespace").unwrap_or(value).known()
        });
        self.operators
            .extend(installed.or_else(|| resource.namespace.known()).filter(|name| is_label(name)).map(str::to_owned));
    }

    /// Which Clusters several apps use, and by which label they opt in.
    fn sharing(&mut self, graphs: &[Graph<'_>]) {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut opened: BTreeMap<String, String> = BTreeMap::new();
        let mut databases: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for graph in graphs {
            let policies = graph.resources().iter().filter(|one| one.whole && one.kind.ends_with("NetworkPolicy"));
            for policy in policies {
                for (key, value) in opt_ins(policy) {
                    keys.entry(key.to_owned()).or_default().insert(policy.title());
                    opened.insert(value.to_owned(), format!("{} opens it by label", policy.title()));
                }
            }
            for database in graph.all::<Database<'_>>() {
                let resource = database.resource();
                let cluster = cluster_reference(resource).and_then(Value::known);
                if let (Some(namespace), Some(cluster)) = (resource.namespace.known(), cluster) {
                    let names = databases.entry((namespace.to_owned(), cluster.to_owned())).or_default();
                    names.extend(resource.written_name().map(str::to_owned));
                }
            }
            for cluster in graph.all::<Cluster<'_>>() {
                let resource = cluster.resource();
                let Some((namespace, name)) = resource.namespace.known().zip(resource.name()) else { continue };
                let many = databases.get(&(namespace.to_owned(), name.to_owned())).map_or(0, BTreeSet::len);
                let why = opened.get(name).cloned();
                let why = why.or_else(|| (many >= SHARED).then(|| format!("it holds {many} Databases")));
                if let Some(why) = why.filter(|_| is_label(namespace) && is_label(name)) {
                    self.shared.insert(format!("{namespace}/{name}"), why);
                }
            }
        }
        if let (1, Some((key, policies))) = (keys.len(), keys.pop_first()) {
            let first = policies.first().cloned().unwrap_or_default();
            let why = match policies.len() {
                1 => format!("{first} lets in who carries it"),
                more => format!("{first} and {} more let in who carries it", more - 1),
            };
            self.client_label = Some((key, why));
        }
    }
}

/// The labels of namespaces by which a policy on the pods of a Cluster lets clients in.
fn opt_ins<'w>(policy: &Resource<'w>) -> Vec<(&'w str, &'w str)> {
    const CILIUM: &str = "k8s:io.cilium.k8s.namespace.labels.";
    let selects = |path: &[&str]| {
        let labels = policy.at(path).into_iter().flat_map(Value::entries);
        labels.into_iter().any(|(key, _)| key.ends_with("cnpg.io/cluster"))
    };
    if !selects(&["spec", "podSelector", "matchLabels"]) && !selects(&["spec", "endpointSelector", "matchLabels"]) {
        return Vec::new();
    }
    let rules = policy.at(&["spec", "ingress"]).into_iter().flat_map(Value::items);
    let mut found = Vec::new();
    for rule in rules {
        let peers = rule.get("from").into_iter().flat_map(Value::items);
        let selectors = peers.filter_map(|peer| peer.at(&["namespaceSelector", "matchLabels"]));
        found.extend(selectors.flat_map(Value::entries).filter_map(|(key, value)| Some((key, value.known()?))));
        let endpoints = rule.get("fromEndpoints").into_iter().flat_map(Value::items);
        let labels = endpoints.filter_map(|one| one.get("matchLabels")).flat_map(Value::entries);
        found.extend(labels.filter_map(|(key, value)| Some((key.strip_prefix(CILIUM)?, value.known()?))));
    }
    // A namespace by its name, or by what Kubernetes makes of it, is a list of clients.
    found.retain(|(key, _)| key.split_once('/').is_some_and(|(prefix, _)| !prefix.ends_with("kubernetes.io")));
    found
}

/// Whether an object installs the operator.
fn is_operator(resource: &Resource<'_>) -> bool {
    let is = |value: Option<Value<'_>>, wanted: &str| value.and_then(Value::known) == Some(wanted);
    if resource.is("helm.toolkit.fluxcd.io", "HelmRelease") {
        is(resource.at(&["spec", "chart", "spec", "chart"]), CHART)
    } else if resource.is("argoproj.io", "Application") {
        let mut several = resource.at(&["spec", "sources"]).into_iter().flat_map(Value::items);
        is(resource.at(&["spec", "source", "chart"]), CHART) || several.any(|source| is(source.get("chart"), CHART))
    } else {
        resource.is("apps", "Deployment") && is(resource.name_value(), DEPLOYMENT)
    }
}

/// Whether the API server takes `name` for a namespace.
fn is_label(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_encrypted(parsed: &Parsed<'_>) -> bool {
    let roots = parsed.file.documents().iter().filter_map(|document| document.root);
    roots.into_iter().any(|root| Value::new(parsed.file, root, Dialect::Kubectl).at(&["sops", "mac"]).is_some())
}

fn pipelines(beside: &BTreeSet<String>) -> Pipelines {
    // Hidden files and folders are left out of the walk, and stand among what lies beside it.
    let has = |path: &str| {
        let first = beside.range(path.to_owned()..).next();
        first.is_some_and(|found| found == path || found.starts_with(&format!("{path}/")))
    };
    if has(".github") || has(".forgejo") || has(".gitea") {
        Pipelines::Github
    } else if has(".gitlab-ci.yml") {
        Pipelines::Gitlab
    } else if has(".woodpecker") || has(".woodpecker.yaml") || has(".woodpecker.yml") {
        Pipelines::Woodpecker
    } else {
        Pipelines::Other
    }
}
