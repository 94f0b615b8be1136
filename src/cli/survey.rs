//! What a repo holds, as far as a first config depends on it. It judges nothing.

use crate::config::Role;
use crate::graph::cnpg;
use crate::manifest::{Kustomization, Manifests, Namespace, Parsed, Resource};
use crate::source::SourceId;
use crate::tree::{Disk, ReadError, Tree};
use crate::walk;
use crate::yaml::{self, Dialect, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The chart, and the Deployment, of the operator.
const CHART: &str = "cloudnative-pg";
const DEPLOYMENT: &str = "cnpg-controller-manager";

/// What a repo holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// How many there are of what is worth telling, in the order to tell it; nothing that is not there.
    pub(super) counts: Vec<(&'static str, usize)>,
    /// Namespaces of CloudNativePG Clusters.
    pub(super) namespaces: BTreeSet<String>,
    /// Clusters as `namespace/name`.
    pub(super) clusters: BTreeSet<String>,
    /// Namespaces the operator is installed in.
    pub(super) operators: BTreeSet<String>,
    /// Whether a Cluster or the operator is there.
    pub(super) holds_platform: bool,
    /// Whether a Database or a DatabaseRole is there.
    pub(super) holds_app: bool,
    /// Files that could not be read.
    pub(super) unread: usize,
    /// What runs checks on this repo.
    pub(super) pipelines: Pipelines,
}

/// What runs checks on a repo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pipelines {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Nothing that is known.
    #[default]
    Other,
}

impl Survey {
    /// What the repo is for, and what says so; none where nothing does.
    pub(super) fn role(&self) -> Option<(Role, &'static str)> {
        match (self.holds_platform, self.holds_app) {
            (true, _) => Some((Role::Platform, "it holds the operator or Clusters of CloudNativePG")),
            (false, true) => Some((Role::App, "it holds Databases or roles, and no Cluster")),
            (false, false) => None,
        }
    }
}

/// Looks through the folder.
pub(super) fn survey(folder: &Path) -> Result<Survey, ReadError> {
    let tree = Disk::new(folder)?;
    let walked = walk::walk(&tree, &walk::Options::default());
    let mut survey = Survey { unread: walked.failures.len(), pipelines: pipelines(&tree), ..Survey::default() };
    let files: Vec<yaml::File> =
        walked.files.iter().map(|file| yaml::parse(SourceId(0), Arc::clone(&file.text))).collect();
    let parsed: Vec<Parsed<'_>> =
        walked.files.iter().zip(&files).map(|(taken, file)| Parsed { root: 0, path: &taken.path, file }).collect();
    let encrypted = files.iter().filter(|file| is_encrypted(file)).count();
    let manifests = Manifests::new(parsed);
    let mut counted: BTreeMap<&'static str, usize> = BTreeMap::new();
    for resource in manifests.resources.iter().filter(|resource| resource.whole) {
        if let Some((.., what)) = COUNTED.iter().find(|(group, kind, _)| resource.is(group, kind)) {
            *counted.entry(what).or_default() += 1;
        }
        survey.look(resource, &manifests.kustomizations);
    }
    counted.insert(KUSTOMIZATIONS, manifests.kustomizations.len());
    counted.insert(ENCRYPTED, encrypted);
    let order = [KUSTOMIZATIONS].into_iter().chain(COUNTED.iter().map(|(.., what)| *what)).chain([ENCRYPTED]);
    // A Cluster beside the operator is no reason to call that namespace one of databases.
    survey.namespaces = survey.namespaces.difference(&survey.operators).cloned().collect();
    for what in order {
        if let Some(count) = counted.remove(what).filter(|count| *count > 0) {
            survey.counts.push((what, count));
        }
    }
    Ok(survey)
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
    fn look(&mut self, resource: &Resource<'_>, kustomizations: &[Kustomization<'_>]) {
        if resource.is(cnpg::GROUP, "Cluster") {
            self.holds_platform = true;
            if let Some(namespace) = namespace(resource, kustomizations) {
                if let Some(name) = resource.name().filter(|name| is_label(name)) {
                    self.clusters.insert(format!("{namespace}/{name}"));
                }
                self.namespaces.insert(namespace);
            }
        }
        self.holds_app |= resource.is(cnpg::GROUP, "Database") || resource.is(cnpg::GROUP, "DatabaseRole");
        if is_operator(resource) {
            self.holds_platform = true;
            let installed = ["targetNamespace", "destination"].iter().find_map(|key| {
                let value = resource.at(&["spec", key])?;
                value.get("namespace").unwrap_or(value).known().map(str::to_owned)
            });
            self.operators
                .extend(installed.filter(|name| is_label(name)).or_else(|| namespace(resource, kustomizations)));
        }
    }
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

/// The namespace of an object, if it can be told: its own, or the one that the kustomization beside it sets.
fn namespace(resource: &Resource<'_>, kustomizations: &[Kustomization<'_>]) -> Option<String> {
    let name = match &resource.namespace {
        Namespace::Known(name) => Some(*name),
        Namespace::Set(_, written) => kustomizations
            .iter()
            .filter(|kustomization| kustomization.includes.iter().any(|(path, _)| path == resource.path))
            .find_map(|kustomization| kustomization.value.get("namespace")?.known())
            .or(*written),
        _ => None,
    };
    name.filter(|name| is_label(name)).map(str::to_owned)
}

/// Whether the API server takes `name` for a namespace.
fn is_label(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_encrypted(file: &yaml::File) -> bool {
    file.documents()
        .iter()
        .filter_map(|document| document.root)
        .any(|root| Value::new(file, root, Dialect::Kubectl).at(&["sops", "mac"]).is_some())
}

fn pipelines(tree: &Disk) -> Pipelines {
    if tree.kind(".github").is_some() {
        Pipelines::Github
    } else if tree.kind(".gitlab-ci.yml").is_some() {
        Pipelines::Gitlab
    } else {
        Pipelines::Other
    }
}
