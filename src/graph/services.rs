//! The services under which databases are reached: those that the operator makes for Clusters and Poolers. Which one a
//! client means is worked out here; whether it should is not.

use super::clients::Client;
use super::cnpg::{Cluster, GROUP, Pooler, cluster_reference, spec};
use super::{Graph, Lookup, View, is_near, operators};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

/// Charts that bring no Clusters, whatever else they bring.
const CHARTS_WITHOUT_CLUSTERS: &[&str] = &[
    "cloudnative-pg",
    "plugin-barman-cloud",
    "external-secrets",
    "cert-manager",
    "kube-prometheus-stack",
    "prometheus-operator-crds",
];

/// What a service leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The primary.
    ReadWrite,
    /// The replicas.
    ReadOnly,
    /// Any instance.
    Any,
    /// The pods of a Pooler.
    Pooler,
    /// What an entry of `managed.services.additional` says.
    Additional,
}

/// A service that the operator makes.
#[derive(Clone, Debug)]
pub struct Service<'w> {
    /// Its name.
    pub name: String,
    /// The Cluster or Pooler that it is made for.
    pub owner: &'w Resource<'w>,
    /// What it leads to.
    pub access: Access,
    /// The entry that switches it off.
    pub disabled: Option<Value<'w>>,
}

impl<'w> Service<'w> {
    /// The Pooler it is made for, if it is one.
    pub fn pooler(&self) -> Option<Pooler<'w>> {
        Pooler::of(self.owner)
    }

    /// The name of the Cluster behind it.
    pub fn cluster_name(&self) -> Option<&'w str> {
        match self.access {
            Access::Pooler => cluster_reference(self.owner).and_then(Value::known),
            _ => self.owner.written_name(),
        }
    }
}

/// Whom a client names.
#[derive(Debug)]
pub enum Named<'s, 'w> {
    /// A service that the operator makes.
    Database(&'s Service<'w>),
    /// A Service of the repo.
    Other,
    /// Nobody: no Cluster, Pooler or Service of that name is there.
    Nobody(Nobody<'s, 'w>),
    /// The repo does not tell, and why.
    Unknown(String),
}

/// What there is where a client names nobody.
#[derive(Debug)]
pub struct Nobody<'s, 'w> {
    /// The namespace that was looked in.
    pub namespace: String,
    /// Services of that name in other namespaces.
    pub elsewhere: Vec<&'s Service<'w>>,
    /// The service of that namespace with the nearest name.
    pub near: Option<&'s Service<'w>>,
    /// Clusters and Poolers that were looked at.
    pub looked_at: usize,
}

/// The services of a target, by name.
#[derive(Debug)]
pub struct Services<'w> {
    all: Vec<Service<'w>>,
    by_name: HashMap<String, Vec<usize>>,
    /// A Cluster or Pooler whose name is changed on the way.
    unnamed: Option<&'w Resource<'w>>,
}

impl<'w> Services<'w> {
    /// The services of the Clusters and Poolers of `graph`.
    pub fn new(graph: &Graph<'w>) -> Services<'w> {
        let mut all = Vec::new();
        let mut unnamed = None;
        for cluster in graph.all::<Cluster<'w>>() {
            match cluster.name() {
                Some(name) => of_cluster(&cluster, name, &mut all),
                None => unnamed = unnamed.or(Some(cluster.resource())),
            }
        }
        for pooler in graph.all::<Pooler<'w>>() {
            let owner = pooler.resource();
            let template = spec(owner, &["serviceTemplate", "metadata", "name"]).and_then(Value::known);
            match template.or(pooler.name()) {
                Some(name) => {
                    all.push(Service { name: name.to_owned(), owner, access: Access::Pooler, disabled: None });
                }
                None => unnamed = unnamed.or(Some(owner)),
            }
        }
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, service) in all.iter().enumerate() {
            by_name.entry(service.name.clone()).or_default().push(at);
        }
        Services { all, by_name, unnamed }
    }

    /// All of them, in the order of their owners.
    pub fn iter(&self) -> impl Iterator<Item = &Service<'w>> {
        self.all.iter()
    }

    fn named<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s Service<'w>> {
        self.by_name.get(name).into_iter().flatten().map(|at| &self.all[*at])
    }

    /// The service that a client means, if it is one of these.
    pub fn of(&self, client: &Client<'w>) -> Option<&Service<'w>> {
        let namespace = match &client.host.namespace {
            Some(name) => Namespace::Known(name),
            None => client.place.clone(),
        };
        self.named(&client.host.service).find(|service| service.owner.namespace.is_same(&namespace))
    }

    /// Whom a client names.
    pub fn resolve(&self, client: &Client<'w>, graph: &Graph<'w>) -> Named<'_, 'w> {
        if let Some(service) = self.of(client) {
            return Named::Database(service);
        }
        let namespace = match &client.host.namespace {
            Some(name) => Namespace::Known(name),
            None => client.place.clone(),
        };
        let name = &client.host.service;
        if let Some(service) = self.named(name).find(|service| service.owner.namespace.may_be(&namespace)) {
            let title = service.owner.title();
            return Named::Unknown(format!("whether {title} is in the same namespace is not known"));
        }
        let same_name = graph.named("", "Service", name);
        if same_name.iter().any(|service| service.namespace.may_be(&namespace)) {
            return Named::Other;
        }
        if let Some(unnamed) = self.unnamed {
            return Named::Unknown(format!("the name of {} is not known in full", unnamed.title()));
        }
        if let Err(reason) = licence(graph, &namespace) {
            return Named::Unknown(reason);
        }
        let Some(place) = namespace.known() else { return Named::Unknown("the namespace is not known".into()) };
        let here = || self.all.iter().filter(|service| service.owner.namespace.is_same(&namespace));
        let near = here()
            .filter(|service| service.disabled.is_none())
            .filter_map(|service| is_near(name, &service.name).map(|distance| (distance, service)))
            .min_by_key(|(distance, service)| (*distance, &service.name));
        Named::Nobody(Nobody {
            namespace: place.to_owned(),
            elsewhere: self.named(name).collect(),
            near: near.map(|(_, service)| service),
            looked_at: graph.of_kind(GROUP, Cluster::KIND).len() + graph.of_kind(GROUP, Pooler::KIND).len(),
        })
    }
}

fn of_cluster<'w>(cluster: &Cluster<'w>, name: &str, into: &mut Vec<Service<'w>>) {
    let owner = cluster.resource();
    let switched_off = |which: &str| {
        let list = cluster.spec(&["managed", "services", "disabledDefaultServices"]);
        list.into_iter().flat_map(Value::items).find(|entry| entry.known() == Some(which))
    };
    for (end, access) in [("rw", Access::ReadWrite), ("ro", Access::ReadOnly), ("r", Access::Any)] {
        let disabled = switched_off(end);
        into.push(Service { name: format!("{name}-{end}"), owner, access, disabled });
    }
    let additional = cluster.spec(&["managed", "services", "additional"]).into_iter().flat_map(Value::items);
    for entry in additional {
        if let Some(name) = entry.at(&["serviceTemplate", "metadata", "name"]).and_then(Value::known) {
            into.push(Service { name: name.to_owned(), owner, access: Access::Additional, disabled: None });
        }
    }
}

/// Whether a Cluster, Pooler or Service that is not seen in `namespace` is surely not there.
fn licence(graph: &Graph<'_>, namespace: &Namespace<'_>) -> Result<(), String> {
    if let Lookup::Unknown(reason) = graph.find_beside_charts(GROUP, Cluster::KIND, namespace, "") {
        return Err(reason);
    }
    let Some(place) = namespace.known() else { return Err("the namespace is not known".into()) };
    let releases = graph.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").iter();
    let charts = graph.of_kind("helm.cattle.io", "HelmChart").iter();
    for release in releases.chain(charts) {
        let target = release.at(&["spec", "targetNamespace"]).filter(|target| !target.is_null());
        let is_there = match target {
            Some(target) => target.known().is_none_or(|target| target == place),
            None => release.namespace.may_be(namespace),
        };
        let chart = operators::chart(release, graph);
        if is_there && !chart.is_some_and(|chart| CHARTS_WITHOUT_CLUSTERS.contains(&chart)) {
            return Err(format!("{} may bring it", release.title()));
        }
    }
    // What the namespace holds may all be in another repo.
    let holds = |kind: &str| graph.of_kind(GROUP, kind).iter().any(|one| one.namespace.is_same(namespace));
    if !holds(Cluster::KIND) && graph.named("", "Namespace", place).is_empty() {
        return Err(format!("no Namespace `{place}` is in this repo, so another one may fill it"));
    }
    Ok(())
}
