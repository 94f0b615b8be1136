//! The flows that a CloudNativePG Cluster cannot do without, as the Cluster itself tells (operator 1.25 to 1.30), and
//! which of them policies stop.

use super::clause::{Entity, Reached};
use super::parties::{Parties, Party, PartyKind};
use super::sources::Services;
use super::unseen::{Unseen, uses_plugin};
use super::{Connections, End};
use crate::graph::Graph;
use crate::graph::workload::Label;
use crate::manifest::Resource;
use crate::reach::addresses::AddressRange;
use crate::reach::policy::Direction;
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::{POSTGRES_PORT, operators, scraped};
use crate::source::Span;
use crate::yaml::Value;

/// The port of the instance manager: its state, and the question whether others are alive.
const STATUS_PORT: u16 = 8000;
/// The usual port of the API server, behind its Service.
const API_PORT: u16 = 6443;
const DNS_PORT: u16 = 53;
/// Where the name servers of OpenShift listen behind their Service.
const OPENSHIFT_DNS_PORT: u16 = 5353;
const INSTANCE_METRICS_PORT: u16 = 9187;
const POOLER_METRICS_PORT: u16 = 9127;
const PLUGIN_PORT: u16 = 9090;
const WEBHOOK_PORT: u16 = 9443;
/// Ports on which a store of backups is not.
const NO_STORE_PORTS: &[u16] = &[
    DNS_PORT,
    OPENSHIFT_DNS_PORT,
    POSTGRES_PORT,
    STATUS_PORT,
    API_PORT,
    INSTANCE_METRICS_PORT,
    POOLER_METRICS_PORT,
    PLUGIN_PORT,
];

/// What a flow is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// The operator and an instance.
    Operator,
    /// Replicas stream from the primary.
    Replication,
    /// A new replica is copied from the primary.
    Join,
    /// The primary asks whether replicas see it; operator 1.27 and later.
    IsolationCheck,
    /// A pooler and its instances.
    Pooler,
    /// The API server.
    KubeApi,
    /// Names.
    Dns,
    /// The store of the backups.
    Backup,
    /// Whoever scrapes metrics.
    Metrics,
    /// The operator and a plugin.
    Plugin,
    /// A Cluster and another one that it copies.
    Source,
    /// The API server and the operator's webhooks.
    Webhook,
    /// A client and its database; asked for by the rule that knows the clients.
    Client,
}

/// Another way in which a need may be met.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where it starts.
    pub from: End,
    /// Where it goes.
    pub to: End,
    /// Ports of which one that may be open leaves it open whether the need is met.
    pub ports: PortSet,
}

/// A flow that somebody cannot do without.
#[derive(Clone, Debug)]
pub struct Need {
    /// Where it starts.
    pub from: End,
    /// Where it goes.
    pub to: End,
    /// On which ports.
    pub ports: PortSet,
    /// What it is for, in words.
    pub why: &'static str,
    /// What it is for.
    pub kind: NeedKind,
    /// Whose need it is, by number.
    pub owner: usize,
    /// Others who could stand for one of the ends.
    pub others: Vec<Way>,
    /// What in the repo asks for it, beside the object whose need it is, and what that is, in words.
    pub asked: Asked,
}

type Asked = Option<(Span, &'static str)>;

fn tcp(port: u16) -> PortSet {
    PortSet::one(Protocol::Tcp, port)
}

/// Everything that the Clusters of `graph` need; what those need who are not in the repo, only where `unseen` tells of them.
pub(super) fn needs<'w>(
    graph: &Graph<'w>,
    parties: &Parties<'w>,
    cilium: bool,
    unseen: Option<&Unseen<'w>>,
) -> Vec<Need> {
    let mut needs = Vec::new();
    let sources = unseen.map(|_| Services::new(parties)).unwrap_or_default();
    let of = |resource: &Resource<'_>| {
        let same = |at: &usize| std::ptr::eq(parties.parties[*at].resource, resource);
        (0..parties.parties.len()).find(same)
    };
    let operators: Vec<usize> = operators(graph).iter().filter_map(|operator| of(operator.resource)).collect();
    let name_servers: Vec<usize> = (0..parties.endpoints.len())
        .filter(|at| parties.endpoints[*at].labels.get("k8s-app") == Label::Is("kube-dns"))
        .map(|at| parties.endpoints[at].party)
        .collect();
    for (at, party) in parties.parties.iter().enumerate() {
        let mut need = |from: End, to: End, ports: PortSet, kind: NeedKind, why: &'static str| {
            needs.push(Need { from, to, ports, why, kind, owner: at, others: Vec::new(), asked: None });
        };
        let own = End::Party(at);
        let databases = || {
            let name = party.cluster();
            let fits = move |other: &usize| {
                let other = &parties.parties[*other];
                other.kind == PartyKind::Database
                    && other.namespace == party.namespace
                    && Some(other.name.as_str()) == name
            };
            (0..parties.parties.len()).filter(fits).map(End::Party)
        };
        match party.kind {
            PartyKind::Database => {
                if unseen.is_none() {
                    for operator in &operators {
                        need(End::Party(*operator), own, operator_ports(), NeedKind::Operator, OPERATOR_WHY);
                    }
                }
                if party.several {
                    need(own, own, tcp(POSTGRES_PORT), NeedKind::Replication, "replicas stream from the primary");
                    let check = party.resource.at(&["spec", "probes", "liveness", "isolationCheck", "enabled"]);
                    // What is not known to be on is not missed.
                    if unseen.is_none() || check.is_none_or(|check| check.as_bool() == Some(true)) {
                        let why = "the primary asks whether replicas see it, where the API server is gone";
                        need(own, own, tcp(STATUS_PORT), NeedKind::IsolationCheck, why);
                    }
                }
            }
            PartyKind::Pooler => databases().for_each(|to| {
                need(own, to, tcp(POSTGRES_PORT), NeedKind::Pooler, "the pooler connects to the instances");
            }),
            PartyKind::Job if party.name.ends_with("-join") => databases().for_each(|to| {
                need(own, to, tcp(POSTGRES_PORT), NeedKind::Join, "a new replica is copied from the primary");
            }),
            PartyKind::Job => {}
            PartyKind::Workload | PartyKind::Operator | PartyKind::Unseen => continue,
        }
        if unseen.is_none() {
            let dns = tcp(DNS_PORT).union(&PortSet::one(Protocol::Udp, DNS_PORT));
            for server in &name_servers {
                need(own, End::Party(*server), dns.clone(), NeedKind::Dns, DNS_WHY);
            }
        }
        let api = match cilium {
            true => End::Entity(Entity::KubeApiserver),
            false => EVERY_ADDRESS,
        };
        need(own, api, tcp(API_PORT), NeedKind::KubeApi, "the instance manager talks to the API server");
        if let Some(unseen) = unseen {
            add_unseen(graph, parties, at, party, (unseen, &name_servers), &mut needs);
            let to = sources.source(party).filter(|to| *to != at);
            needs
                .extend(to.map(|to| single(own, End::Party(to), tcp(POSTGRES_PORT), NeedKind::Source, SOURCE_WHY, at)));
        }
    }
    if let Some(unseen) = unseen.filter(|_| cilium) {
        // Where packets of the API server come from, only Cilium knows.
        let operators = unseen.operators.iter().filter(|at| has_usual_webhook(&parties.parties[**at]));
        let api = End::Entity(Entity::KubeApiserver);
        needs.extend(operators.map(|at| {
            single(api, End::Party(*at), tcp(WEBHOOK_PORT), NeedKind::Webhook, "the API server asks the webhooks", *at)
        }));
    }
    needs
}

fn single(from: End, to: End, ports: PortSet, kind: NeedKind, why: &'static str, owner: usize) -> Need {
    Need { from, to, ports, why, kind, owner, others: Vec::new(), asked: None }
}

/// Whether the webhooks of an operator surely listen on their usual port, in the network of pods.
fn has_usual_webhook(party: &Party<'_>) -> bool {
    let resource = party.resource;
    match resource.kind {
        "Deployment" => {
            let pod = resource.at(&["spec", "template", "spec"]);
            let containers = pod.and_then(|pod| pod.get("containers")).into_iter().flat_map(Value::items);
            let mut ports = containers.filter_map(|container| container.get("ports")).flat_map(Value::items);
            pod.is_some_and(|pod| pod.get("hostNetwork").is_none())
                && ports.any(|port| port.get("containerPort").and_then(Value::as_int) == Some(i64::from(WEBHOOK_PORT)))
        }
        "HelmRelease" => {
            let unset = |path: &[&str]| matches!(resource.release_value(path), Ok(None));
            unset(&["webhook", "port"]) && unset(&["hostNetwork"])
        }
        _ => false,
    }
}

const SOURCE_WHY: &str = "data is copied and streamed from the other Cluster";

const OPERATOR_WHY: &str = "the operator asks each instance for its state and connects to it";
const DNS_WHY: &str = "names of Services are asked for";
const EVERY_ADDRESS: End = End::Addresses(AddressRange::V4(0, u32::MAX));

fn operator_ports() -> PortSet {
    tcp(STATUS_PORT).union(&tcp(POSTGRES_PORT))
}

/// What `party` needs of those who are not in the repo, or may not be.
fn add_unseen<'w>(
    graph: &Graph<'w>,
    parties: &Parties<'w>,
    at: usize,
    party: &Party<'w>,
    (unseen, name_servers): (&Unseen<'w>, &[usize]),
    needs: &mut Vec<Need>,
) {
    let own = End::Party(at);
    let from_each = |from: &[usize], to: End, ports: &PortSet| {
        let ways = from.iter().map(|from| Way { from: End::Party(*from), to, ports: ports.clone() });
        ways.collect::<Vec<Way>>()
    };
    let mut add = |mut ways: Vec<Way>, ports: PortSet, kind: NeedKind, why: &'static str, asked: Asked| {
        if ways.is_empty() {
            return;
        }
        let Way { from, to, .. } = ways.remove(0);
        needs.push(Need { from, to, ports, why, kind, owner: at, others: ways, asked });
    };
    if party.kind == PartyKind::Database {
        let ports = operator_ports();
        add(from_each(&unseen.operators, own, &ports), ports, NeedKind::Operator, OPERATOR_WHY, None);
        if uses_plugin(party.resource) {
            let both = unseen.operators.iter().flat_map(|from| unseen.plugins.iter().map(move |to| (*from, *to)));
            let port = tcp(PLUGIN_PORT);
            let way = |(from, to)| Way { from: End::Party(from), to: End::Party(to), ports: port.clone() };
            let ways = both.map(way).collect();
            add(ways, tcp(PLUGIN_PORT), NeedKind::Plugin, "the operator asks the plugin for backups", None);
        }
    }
    // TCP is only the fallback for long answers.
    let dns = PortSet::one(Protocol::Udp, DNS_PORT);
    let servers = name_servers.iter().copied().chain(unseen.name_server);
    let mut ways: Vec<Way> =
        servers.map(|server| Way { from: own, to: End::Party(server), ports: dns.clone() }).collect();
    // A cache on the node answers at an address of its own.
    ways.push(Way { from: own, to: EVERY_ADDRESS, ports: dns.clone() });
    ways.push(Way { from: own, to: End::Entity(Entity::Host), ports: dns.clone() });
    if let Some(anybody) = unseen.anybody {
        let ports = dns.union(&PortSet::one(Protocol::Udp, OPENSHIFT_DNS_PORT));
        ways.push(Way { from: own, to: End::Party(anybody), ports });
    }
    add(ways, dns, NeedKind::Dns, DNS_WHY, None);
    let recovers = party.kind == PartyKind::Job && party.name.ends_with("-full-recovery");
    if party.kind == PartyKind::Database || recovers {
        for store in unseen.stores.iter().filter(|store| std::ptr::eq(store.cluster, party.resource)) {
            let mut ways = match &store.pods {
                Some((pods, ports)) => vec![Way { from: own, to: End::Party(*pods), ports: ports.clone() }],
                None => vec![Way { from: own, to: EVERY_ADDRESS, ports: tcp(store.port) }],
            };
            if let Some((pods, ports)) = &store.pods {
                // The first way stands for the port that is named; this one for the port behind the Service.
                ways.push(Way { from: own, to: End::Party(*pods), ports: ports.clone() });
            } else if let Some(anybody) = unseen.anybody.filter(|_| store.may_be_inside) {
                let other = NO_STORE_PORTS.iter().fold(PortSet::none(), |all, port| all.union(&tcp(*port)));
                let ports = PortSet::range(Protocol::Tcp, 1, u16::MAX).difference(&other);
                ways.push(Way { from: own, to: End::Party(anybody), ports });
            }
            add(ways, tcp(store.port), NeedKind::Backup, "WAL and backups go to the object store", None);
        }
    }
    let metrics = match party.kind {
        PartyKind::Database => INSTANCE_METRICS_PORT,
        PartyKind::Pooler => POOLER_METRICS_PORT,
        _ => return,
    };
    let labels = party.endpoints.first().map(|at| &parties.endpoints[*at].labels);
    if let Some(asked) = labels.and_then(|labels| scraped::asked(graph, party.resource, labels)) {
        let ports = tcp(metrics);
        let ways = from_each(&unseen.scrapers, own, &ports);
        add(ways, ports, NeedKind::Metrics, "a PodMonitor has it scraped", Some(asked));
    }
}

impl Connections<'_> {
    /// The flows that are needed, with what of each is surely stopped.
    pub fn needs(&self) -> impl Iterator<Item = (&Need, PortSet)> {
        self.needs.iter().map(|need| {
            let reached = self.passing(need.from, need.to);
            (need, need.ports.difference(&reached.maybe))
        })
    }

    /// What passes from one end to the other.
    pub(super) fn passing(&self, from: End, to: End) -> Reached {
        match (from, to) {
            (End::Party(from), End::Party(to)) => self.reached(from, to),
            // Which address the API server has is not known: it takes some that is open.
            (End::Party(from), End::Addresses(_)) => self.somewhere(from),
            (End::Party(from), end) => self.reached_beyond(from, end, Direction::Egress),
            (from @ End::Entity(_), End::Party(to)) => self.reached_beyond(to, from, Direction::Ingress),
            _ => Reached::all(),
        }
    }

    /// What a party may send to one address or another.
    pub(super) fn somewhere(&self, party: usize) -> Reached {
        let beyond = self.beyond(&self.classes_of(party), Direction::Egress, true);
        beyond
            .into_iter()
            .filter(|(end, _)| matches!(end, End::Addresses(_)))
            .fold(Reached::default(), |all, (_, reached)| all.or(&reached))
    }
}
