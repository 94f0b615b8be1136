//! Who takes part in the traffic of a target, by the names that reports use, and the kinds of pods that each one runs.
//! What policies make of them is not judged here.

use super::inherited::Inherited;
use crate::graph::Graph;
use crate::graph::workload::{ContainerPort, LabelValue, Labels, Workload};
use crate::manifest::{Namespace, Resource};
use crate::reach::answer::Answer;
use crate::reach::peers::account;
use crate::reach::{NamespaceKey, Peer, PeerRole, operators, peers};
use crate::yaml::Value;
use foldhash::{HashMap, HashSet};

/// What somebody is who takes part in traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartyKind {
    /// A workload that is written in the repo.
    Workload,
    /// A CloudNativePG Cluster: its instances.
    Database,
    /// A CloudNativePG Pooler.
    Pooler,
    /// A Job that the operator runs for a Cluster.
    Job,
    /// The CloudNativePG operator or one of its plugins, where a chart brings it.
    Operator,
    /// Somebody whom databases need and the repo does not show; asked for by rules only.
    Unseen,
}

/// Somebody who takes part in traffic: a workload with all its pods, a Cluster, a Pooler.
#[derive(Clone, Debug)]
pub struct Party<'w> {
    /// `namespace/name[Kind]`.
    pub title: String,
    /// Its namespace, as far as it is known.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: PartyKind,
    /// The object it stands for.
    pub resource: &'w Resource<'w>,
    /// The kinds of pods it runs.
    pub endpoints: Vec<usize>,
    /// Whether two of its pods may run at the same time.
    pub several: bool,
}

/// One kind of pod: all that policies can tell from others.
#[derive(Clone, Debug)]
pub struct Endpoint<'w> {
    /// Whose it is.
    pub party: usize,
    /// The object that describes it.
    pub resource: &'w Resource<'w>,
    /// Where it runs.
    pub place: NamespaceKey<'w>,
    /// Its labels.
    pub labels: Labels<'w>,
    /// Ports of its containers.
    pub ports: Vec<ContainerPort<'w>>,
    /// Its service account.
    pub account: Option<&'w str>,
    /// Whether it shares the network of its node, where Cilium's policies for pods have no say.
    pub host_network: bool,
    /// Whether there can be only one pod of this kind.
    pub single: bool,
}

/// Where an object ends up. Where nobody says, that is `default`: nothing lies around what is looked at.
pub(super) fn place<'w>(namespace: &Namespace<'w>) -> NamespaceKey<'w> {
    match namespace {
        Namespace::Unspecified(_) => NamespaceKey::Known("default"),
        other => NamespaceKey::of(other),
    }
}

/// Whether both are the same namespace.
pub(super) fn same_place(a: NamespaceKey<'_>, b: NamespaceKey<'_>) -> Answer {
    match (a, b) {
        (NamespaceKey::Known(a), NamespaceKey::Known(b)) => Answer::sure(a == b),
        _ if a == b && a != NamespaceKey::Nothing => Answer::Yes,
        _ => Answer::Unknown("the namespace is not known".into()),
    }
}

/// How a report names a place.
pub(super) fn place_name(place: NamespaceKey<'_>) -> String {
    match place {
        NamespaceKey::Known(name) | NamespaceKey::Set(_, Some(name)) => name.to_owned(),
        NamespaceKey::Unspecified(_) | NamespaceKey::Set(_, None) | NamespaceKey::Nothing => "?".to_owned(),
    }
}

/// Everybody of a target.
#[derive(Debug, Default)]
pub(super) struct Parties<'w> {
    pub(super) parties: Vec<Party<'w>>,
    pub(super) endpoints: Vec<Endpoint<'w>>,
    /// Those in the network of their node that are taken as pods all the same.
    pub(super) on_nodes: Vec<usize>,
    by_title: HashMap<String, usize>,
}

/// Labels that only pods of a Cluster have.
pub(super) const CLUSTER_LABELS: &[&str] = &[
    "cnpg.io/cluster",
    "cnpg.io/instanceName",
    "cnpg.io/instanceRole",
    "cnpg.io/jobRole",
    "cnpg.io/podRole",
    "cnpg.io/poolerName",
];

/// What stands for the kind of somebody who is not in the repo.
const UNSEEN_KIND: &str = "unseen";

/// What is to be added.
struct Newcomer<'w> {
    resource: &'w Resource<'w>,
    name: String,
    shown_kind: String,
    kind: PartyKind,
    several: bool,
    single: bool,
    labels: Labels<'w>,
    ports: Vec<ContainerPort<'w>>,
    host_network: bool,
    place: NamespaceKey<'w>,
}

impl<'w> Parties<'w> {
    /// `cilium`: whether Cilium enforces the policies. What they do to pods in the network of their node is not defined
    /// elsewhere; they are taken as pods there.
    pub(super) fn new(graph: &Graph<'w>, cilium: bool) -> Parties<'w> {
        let mut all = Parties::default();
        for workload in graph.workloads() {
            all.add_workload(workload);
        }
        let written: HashSet<String> = all.by_title.keys().cloned().collect();
        let inherited = Inherited::new(graph);
        for mut peer in peers(graph) {
            inherited.settle(&mut peer);
            all.add_peer(peer, &written);
        }
        all.add_operators(graph);
        all.add_plugins(graph);
        for (at, endpoint) in all.endpoints.iter_mut().enumerate() {
            if endpoint.host_network && !cilium {
                endpoint.host_network = false;
                all.on_nodes.push(at);
            }
        }
        all
    }

    fn add_workload(&mut self, workload: Workload<'w>) {
        let Workload { resource, labels, ports, host_network } = workload;
        let owner = controller(resource);
        let (name, shown_kind) = match owner {
            Some(owner) => (text(owner.get("name")), owner.get("kind").and_then(Value::as_str).unwrap_or("Pod")),
            None => (resource.name_value().and_then(Value::raw).unwrap_or("?").to_owned(), resource.kind),
        };
        let several = match resource.kind {
            "Pod" | "CronJob" => false,
            "DaemonSet" => true,
            "Job" => more_than_one(resource, &["spec", "parallelism"]),
            _ => more_than_one(resource, &["spec", "replicas"]),
        };
        self.add(Newcomer {
            resource,
            name,
            shown_kind: shown_kind.to_owned(),
            kind: PartyKind::Workload,
            several,
            single: resource.kind == "Pod",
            labels,
            ports,
            host_network,
            place: place(&resource.namespace),
        });
    }

    fn add_peer(&mut self, peer: Peer<'w>, written: &HashSet<String>) {
        let Peer { resource, role, labels, ports } = peer;
        let own = resource.name_value().and_then(Value::raw).unwrap_or("?");
        let (name, kind, several, single) = match role {
            PeerRole::Workload => return,
            PeerRole::Instance => {
                let several = more_than_one(resource, &["spec", "instances"]);
                let primary = labels.known().any(|(key, value)| key == "cnpg.io/instanceRole" && value == "primary");
                let one_replica = resource.at(&["spec", "instances"]).and_then(Value::as_int) == Some(2);
                (own.to_owned(), PartyKind::Database, several, primary || one_replica)
            }
            PeerRole::Pooler => {
                (own.to_owned(), PartyKind::Pooler, more_than_one(resource, &["spec", "instances"]), false)
            }
            PeerRole::Job => {
                let job = labels.known().find(|(key, _)| *key == "cnpg.io/jobRole").map_or("", |(_, role)| role);
                // The operator numbers the instances from 1; only a copy is made for a later one.
                let number = if job == "join" { 2 } else { 1 };
                (format!("{own}-{number}-{job}"), PartyKind::Job, false, true)
            }
        };
        let shown_kind = if role == PeerRole::Job { "Job".to_owned() } else { resource.kind.to_owned() };
        let place = place(&resource.namespace);
        if role == PeerRole::Job && written.contains(&title(place, &name, &shown_kind)) {
            return;
        }
        let host_network = false;
        self.add(Newcomer { resource, name, shown_kind, kind, several, single, labels, ports, host_network, place });
    }

    /// The operator, where a chart brings it: its Deployment is not in the repo.
    fn add_operators(&mut self, graph: &Graph<'w>) {
        for operator in operators(graph).into_iter().filter(|operator| operator.resource.kind != "Deployment") {
            let ports = vec![port("webhook-server", 9443), port("metrics", 8080)];
            self.add_chart(operator.resource, place(&operator.namespace), "cloudnative-pg", ports);
        }
    }

    /// The barman-cloud plugin, where a chart brings it.
    fn add_plugins(&mut self, graph: &Graph<'w>) {
        let releases = graph.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").iter();
        for release in releases.filter(|release| release.whole) {
            let chart = release.at(&["spec", "chart", "spec", "chart"]).and_then(Value::raw);
            if chart.is_some_and(|chart| chart.ends_with("plugin-barman-cloud")) {
                let target = release.at(&["spec", "targetNamespace"]).and_then(Value::known);
                let place = target.map_or_else(|| place(&release.namespace), NamespaceKey::Known);
                self.add_chart(release, place, "plugin-barman-cloud", vec![port("grpc", 9090)]);
            }
        }
    }

    fn add_chart(
        &mut self,
        resource: &'w Resource<'w>,
        place: NamespaceKey<'w>,
        chart: &'static str,
        ports: Vec<ContainerPort<'w>>,
    ) {
        let mut labels = Labels::none();
        labels.set("app.kubernetes.io/name", chart);
        if let Some(name) = resource.name() {
            labels.insert("app.kubernetes.io/instance", LabelValue::Perhaps(format!("the chart of `{name}` gives it")));
        }
        labels.admit_more(format!("the chart of {} is not rendered", resource.title()));
        for key in CLUSTER_LABELS {
            labels.insert(*key, LabelValue::Missing);
        }
        self.add(Newcomer {
            resource,
            name: resource.name_value().and_then(Value::raw).unwrap_or(chart).to_owned(),
            shown_kind: resource.kind.to_owned(),
            kind: PartyKind::Operator,
            several: false,
            single: true,
            labels,
            ports,
            host_network: false,
            place,
        });
    }

    fn add(&mut self, new: Newcomer<'w>) {
        let endpoint = self.endpoints.len();
        let title = title(new.place, &new.name, &new.shown_kind);
        let party = match self.by_title.get(&title) {
            Some(at) => {
                let party = &mut self.parties[*at];
                party.several |= new.several || new.resource.kind == "Pod";
                party.endpoints.push(endpoint);
                *at
            }
            None => {
                self.by_title.insert(title.clone(), self.parties.len());
                self.parties.push(Party {
                    title,
                    namespace: place_name(new.place),
                    name: new.name,
                    kind: new.kind,
                    resource: new.resource,
                    endpoints: vec![endpoint],
                    several: new.several,
                });
                self.parties.len() - 1
            }
        };
        let account = account(new.resource);
        self.endpoints.push(Endpoint {
            party,
            resource: new.resource,
            place: new.place,
            labels: new.labels,
            ports: new.ports,
            account,
            host_network: new.host_network,
            single: new.single,
        });
    }

    /// Somebody who is not in the repo, for what `resource` needs; gives the number of the party.
    pub(super) fn add_unseen(
        &mut self,
        resource: &'w Resource<'w>,
        name: &str,
        place: NamespaceKey<'w>,
        labels: Labels<'w>,
    ) -> usize {
        let title = title(place, name, UNSEEN_KIND);
        if let Some(at) = self.by_title.get(&title) {
            return *at;
        }
        self.add(Newcomer {
            resource,
            name: name.to_owned(),
            shown_kind: UNSEEN_KIND.to_owned(),
            kind: PartyKind::Unseen,
            several: false,
            single: true,
            labels,
            ports: Vec::new(),
            host_network: false,
            place,
        });
        self.parties.len() - 1
    }

    /// Parties of one controller whose pods have different labels, with the pods: labels that a policy may tell apart
    /// without anybody meaning it.
    pub(super) fn uneven(&self) -> impl Iterator<Item = &Party<'w>> {
        self.parties.iter().filter(|party| party.kind == PartyKind::Workload && party.endpoints.len() > 1)
    }
}

fn title(place: NamespaceKey<'_>, name: &str, kind: &str) -> String {
    format!("{}/{name}[{kind}]", place_name(place))
}

fn text(value: Option<Value<'_>>) -> String {
    value.and_then(Value::raw).unwrap_or("?").to_owned()
}

/// The controller that a Pod names as its owner.
fn controller<'w>(resource: &'w Resource<'w>) -> Option<Value<'w>> {
    if resource.kind != "Pod" {
        return None;
    }
    let mut owners = resource.at(&["metadata", "ownerReferences"]).into_iter().flat_map(Value::items);
    // The pods that a node runs by itself name the node.
    owners.find(|owner| {
        owner.get("controller").and_then(Value::as_bool) == Some(true)
            && owner.get("kind").and_then(Value::as_str) != Some("Node")
    })
}

/// Whether a count is more than one, or not known; 1 where it is not written.
fn more_than_one(resource: &Resource<'_>, path: &[&str]) -> bool {
    match resource.at(path).filter(|count| !count.is_null()) {
        None => false,
        Some(count) => count.as_int() != Some(1) && count.as_int() != Some(0),
    }
}

const fn port(name: &'static str, number: u16) -> ContainerPort<'static> {
    ContainerPort { name: Some(name), number: Some(number), protocol: "TCP" }
}
