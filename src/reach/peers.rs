//! Who takes part in the traffic of a target: pods of workloads, and the pods that the CloudNativePG operator makes for
//! Clusters and Poolers, although no manifest of theirs is in the repo.

use crate::graph::cnpg::{self, Bootstrap, Cluster, Pooler};
use crate::graph::workload::{ContainerPort, LabelValue, Labels, Workload};
use crate::graph::{Graph, View};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;

/// What a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerRole {
    /// A pod of a workload that is written in the repo.
    Workload,
    /// A PostgreSQL instance of a Cluster; one peer each for the primary and for its replicas.
    Instance,
    /// A PgBouncer pod of a Pooler.
    Pooler,
    /// A Job that the operator runs to make, copy or restore an instance.
    Job,
}

/// A pod that takes part in traffic.
#[derive(Clone, Debug)]
pub struct Peer<'w> {
    /// The object that it belongs to.
    pub resource: &'w Resource<'w>,
    /// What it is.
    pub role: PeerRole,
    /// Its labels.
    pub labels: Labels<'w>,
    /// Ports of its containers.
    pub ports: Vec<ContainerPort<'w>>,
}

/// A pod as policies see it.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'p, 'w> {
    /// Where it runs.
    pub namespace: &'p Namespace<'w>,
    /// Its labels.
    pub labels: &'p Labels<'w>,
    /// Ports of its containers.
    pub ports: &'p [ContainerPort<'w>],
    /// Its service account.
    pub account: Option<&'p str>,
}

impl<'w> Peer<'w> {
    /// The peer as policies see it.
    pub fn pod(&self) -> Pod<'_, 'w> {
        let account = account(self.resource);
        Pod { namespace: &self.resource.namespace, labels: &self.labels, ports: &self.ports, account }
    }

    /// Whether PostgreSQL is reached through it: an instance or a pooler.
    pub fn serves_postgres(&self) -> bool {
        matches!(self.role, PeerRole::Instance | PeerRole::Pooler)
    }
}

/// The port of PostgreSQL and PgBouncer.
pub const POSTGRES_PORT: u16 = 5432;

const INSTANCE_PORTS: &[ContainerPort<'static>] =
    &[port("postgresql", 5432), port("metrics", 9187), port("status", 8000)];
const POOLER_PORTS: &[ContainerPort<'static>] = &[port("pgbouncer", 5432), port("metrics", 9127)];

const fn port(name: &'static str, number: u16) -> ContainerPort<'static> {
    ContainerPort { name: Some(name), number: Some(number), protocol: "TCP" }
}

/// Every peer of a target. Pods in the network of their node are left out: policies have no say there.
pub fn peers<'w>(graph: &Graph<'w>) -> Vec<Peer<'w>> {
    let mut peers: Vec<Peer<'w>> = graph
        .workloads()
        .filter(|workload| !workload.host_network)
        .map(|Workload { resource, labels, ports, .. }| Peer { resource, role: PeerRole::Workload, labels, ports })
        .collect();
    for cluster in graph.all::<Cluster<'w>>() {
        instances(&cluster, &mut peers);
        jobs(&cluster, &mut peers);
    }
    peers.extend(graph.all::<Pooler<'w>>().map(|pooler| pooler_peer(&pooler)));
    peers
}

/// Labels that everything of a cluster has: instances, poolers and jobs.
fn cluster_labels<'w>(owner: &'w Resource<'w>, name: LabelValue<'w>, component: &'static str) -> Labels<'w> {
    let mut labels = Labels::none();
    if let Some(reason) = owner.may_be_completed() {
        labels.admit_more(reason);
    }
    // The operator hands these down only where its INHERITED_LABELS says so.
    for (key, _) in owner.at(&["metadata", "labels"]).into_iter().flat_map(Value::entries) {
        labels.insert(key, LabelValue::Perhaps("whether the operator hands down labels is its own setting".into()));
    }
    labels.set("app.kubernetes.io/name", "postgresql");
    labels.set("app.kubernetes.io/component", component);
    labels.set("app.kubernetes.io/managed-by", "cloudnative-pg");
    labels.insert("app.kubernetes.io/instance", name.clone());
    labels.insert("cnpg.io/cluster", name);
    labels
}

fn name_of<'w>(name: Option<&'w str>) -> LabelValue<'w> {
    match name {
        Some(name) => LabelValue::Is(name.into()),
        None => LabelValue::Hidden("the name of the Cluster is not known in full".into()),
    }
}

fn instance_labels<'w>(cluster: &Cluster<'w>) -> Labels<'w> {
    let mut labels = Labels::none();
    labels.read(cluster.spec(&["inheritedMetadata", "labels"]));
    let own = cluster_labels(cluster.resource(), name_of(cluster.name()), "database");
    labels.overlay(own);
    labels.insert("app.kubernetes.io/version", LabelValue::Hidden("the major version of the image that runs".into()));
    labels.insert("cnpg.io/instanceName", LabelValue::Hidden("the operator numbers the instances".into()));
    if cluster.annotation("cnpg.io/podPatch").is_some() {
        labels.admit_more("the annotation `cnpg.io/podPatch` may change the pods");
    }
    labels
}

fn instances<'w>(cluster: &Cluster<'w>, peers: &mut Vec<Peer<'w>>) {
    let roles: &[&str] = if cluster.instances() == Some(1) { &["primary"] } else { &["primary", "replica"] };
    for role in roles {
        let mut labels = instance_labels(cluster);
        labels.set("cnpg.io/podRole", "instance");
        labels.set("cnpg.io/instanceRole", *role);
        // Deprecated, and still set beside the new one.
        labels.set("role", *role);
        peers.push(Peer {
            resource: cluster.resource(),
            role: PeerRole::Instance,
            labels,
            ports: INSTANCE_PORTS.to_vec(),
        });
    }
}

fn jobs<'w>(cluster: &Cluster<'w>, peers: &mut Vec<Peer<'w>>) {
    let first = match cluster.bootstrap() {
        Bootstrap::Initdb(Some(initdb)) if initdb.get("import").is_some() => "import",
        Bootstrap::Initdb(_) => "initdb",
        Bootstrap::Recovery(recovery) if recovery.get("volumeSnapshots").is_some() => "snapshot-recovery",
        Bootstrap::Recovery(_) => "full-recovery",
        Bootstrap::Basebackup(_) => "pgbasebackup",
    };
    let join = (cluster.instances() != Some(1)).then_some("join");
    for role in std::iter::once(first).chain(join) {
        let mut labels = instance_labels(cluster);
        labels.set("cnpg.io/jobRole", role);
        peers.push(Peer { resource: cluster.resource(), role: PeerRole::Job, labels, ports: Vec::new() });
    }
}

fn pooler_peer<'w>(pooler: &Pooler<'w>) -> Peer<'w> {
    let resource = pooler.resource();
    let mut labels = Labels::none();
    labels.read(cnpg::spec(resource, &["template", "metadata", "labels"]));
    let renamed = resource.delivery.renames;
    let cluster = cnpg::cluster_reference(resource).and_then(Value::known).filter(|_| !renamed);
    labels.overlay(cluster_labels(resource, name_of(cluster), "pooler"));
    labels.insert("cnpg.io/poolerName", name_of(resource.name()));
    labels.set("cnpg.io/podRole", "pooler");
    labels.insert("pod-template-hash", LabelValue::Hidden("the controller gives it its value".into()));
    Peer { resource, role: PeerRole::Pooler, labels, ports: POOLER_PORTS.to_vec() }
}

/// The service account of the pods of an object.
pub(super) fn account<'w>(resource: &'w Resource<'w>) -> Option<&'w str> {
    let paths: [&[&str]; 3] = [
        &["spec", "serviceAccountName"],
        &["spec", "template", "spec", "serviceAccountName"],
        &["spec", "jobTemplate", "spec", "template", "spec", "serviceAccountName"],
    ];
    let written = paths.iter().find_map(|path| resource.at(path)).and_then(Value::known);
    match resource.group {
        // The operator makes a service account with the Cluster's name.
        cnpg::GROUP if resource.kind == "Cluster" || resource.kind == "Pooler" => resource.name(),
        _ => written.or(Some("default")),
    }
}
