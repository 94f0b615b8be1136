//! What a node of `graph` is and what is told of it. Of Secrets that is the type and the keys, never a value.

use crate::graph::cnpg::{self, Cluster};
use crate::graph::roles::bootstrap_database;
use crate::graph::secrets::is_maker;
use crate::graph::sops::Block;
use crate::graph::workload::Workload;
use crate::graph::{Graph, View, operators};
use crate::manifest::Resource;
use crate::report::graph::Class;
use crate::yaml::Value;

/// Kinds with a class of their own; those that make pods or Secrets are told by what they do.
const CLASSES: &[(&str, &str, Class)] = &[
    ("", "Namespace", Class::Namespace),
    ("", "Secret", Class::Secret),
    (cnpg::GROUP, "Cluster", Class::Cluster),
    (cnpg::GROUP, "Pooler", Class::Pooler),
    (cnpg::GROUP, "Database", Class::Database),
    (cnpg::GROUP, "DatabaseRole", Class::Role),
    (cnpg::GROUP, "Backup", Class::Backup),
    (cnpg::GROUP, "ScheduledBackup", Class::Backup),
    ("barmancloud.cnpg.io", "ObjectStore", Class::Store),
    ("networking.k8s.io", "NetworkPolicy", Class::Policy),
    ("cilium.io", "CiliumNetworkPolicy", Class::Policy),
    ("cilium.io", "CiliumClusterwideNetworkPolicy", Class::Policy),
    ("policy.networking.k8s.io", "AdminNetworkPolicy", Class::Policy),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy", Class::Policy),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy", Class::Policy),
    ("helm.toolkit.fluxcd.io", "HelmRelease", Class::Release),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", Class::Release),
    ("fluxcd.controlplane.io", "ResourceSet", Class::Release),
    ("argoproj.io", "Application", Class::Release),
    ("argoproj.io", "ApplicationSet", Class::Release),
];

/// What an object is in the graph, if it has a place there.
pub(super) fn class(resource: &Resource<'_>) -> Option<Class> {
    let listed = CLASSES.iter().find(|(group, kind, _)| resource.is(group, kind)).map(|(.., class)| *class);
    listed
        .or_else(|| is_maker(resource).then_some(Class::Maker))
        .or_else(|| Workload::of(resource).is_some().then_some(Class::Workload))
}

/// Names and values, in the order in which they are told.
pub(super) type Facts = Vec<(&'static str, String)>;

/// What is told of an object.
pub(super) fn facts<'w>(resource: &'w Resource<'w>, graph: Option<&Graph<'w>>) -> Facts {
    let mut facts = Facts::new();
    let mut tell = |name: &'static str, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value)));
    };
    let text = |path: &[&str]| resource.at(path).and_then(Value::raw).map(str::to_owned);
    match class(resource) {
        Some(Class::Cluster) => {
            if let Some(cluster) = Cluster::of(resource) {
                tell("PostgreSQL", major(&cluster));
                tell("instances", text(&["spec", "instances"]).or_else(|| Some("1".into())));
                tell("storage", text(&["spec", "storage", "size"]));
                tell("begins with", begins(&cluster));
            }
        }
        Some(Class::Pooler) => {
            tell("type", text(&["spec", "type"]).or_else(|| Some("rw".into())));
            tell("instances", text(&["spec", "instances"]).or_else(|| Some("1".into())));
            tell("mode", text(&["spec", "pgbouncer", "poolMode"]));
        }
        Some(Class::Database) => {
            tell("name", text(&["spec", "name"]));
            tell("owner", text(&["spec", "owner"]));
            tell("on deletion", text(&["spec", "databaseReclaimPolicy"]));
        }
        Some(Class::Role) => tell("name", text(&["spec", "name"])),
        Some(Class::Backup) => {
            tell("schedule", text(&["spec", "schedule"]));
            tell("method", text(&["spec", "method"]));
        }
        Some(Class::Store) => tell("kept", text(&["spec", "retentionPolicy"])),
        Some(Class::Secret) => {
            tell("type", text(&["type"]));
            tell("keys", keys(resource));
            tell("encrypted", Block::of(resource.value).map(|_| "by SOPS".to_owned()));
        }
        Some(Class::Maker) => {
            let store = ["secretStoreRef", "issuerRef"].iter().find_map(|key| text(&["spec", key, "name"]));
            tell("from", store);
            tell("renewed", text(&["spec", "refreshInterval"]));
        }
        Some(Class::Policy) => {
            let types = resource.at(&["spec", "policyTypes"]).into_iter().flat_map(Value::items);
            let types: Vec<&str> = types.filter_map(Value::raw).collect();
            tell("types", Some(types.join(", ")));
        }
        Some(Class::Workload) => tell("replicas", text(&["spec", "replicas"])),
        Some(Class::Release) => {
            tell("chart", text(&["spec", "chart", "spec", "chart"]));
            tell("version", text(&["spec", "chart", "spec", "version"]));
            tell("path", text(&["spec", "path"]).or_else(|| text(&["spec", "source", "path"])));
            tell("installs", graph.map(|graph| operators::installs(resource, graph).join(", ")));
        }
        Some(Class::Namespace) | None => {}
    }
    facts
}

/// The major version of a Cluster, as its image or its catalog says.
fn major(cluster: &Cluster<'_>) -> Option<String> {
    if let Some(major) = cluster.spec(&["imageCatalogRef", "major"]).and_then(Value::raw) {
        return Some(major.to_owned());
    }
    let image = cluster.image_name()?.known()?;
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let (_, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
    let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

fn begins(cluster: &Cluster<'_>) -> Option<String> {
    match cluster.bootstrap() {
        cnpg::Bootstrap::Initdb(_) => bootstrap_database(cluster).map(|database| format!("database {}", database.name)),
        cnpg::Bootstrap::Recovery(_) => Some("a backup".into()),
        cnpg::Bootstrap::Basebackup(_) => Some("a copy of another server".into()),
    }
}

fn keys(secret: &Resource<'_>) -> Option<String> {
    let mut keys: Vec<&str> = ["data", "stringData"]
        .iter()
        .filter_map(|field| secret.at(&[field]))
        .flat_map(Value::entries)
        .map(|(key, _)| key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    Some(keys.join(", "))
}
