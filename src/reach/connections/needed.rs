//! The flows that a CloudNativePG Cluster cannot do without, as the Cluster itself tells (operator 1.25 to 1.30), and
//! which of them policies stop.

use super::clause::{Entity, Reached};
use super::parties::{Parties, PartyKind};
use super::{Connections, End};
use crate::graph::workload::Label;
use crate::graph::{Graph, cnpg};
use crate::manifest::Resource;
use crate::reach::addresses::AddressRange;
use crate::reach::policy::Direction;
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::{POSTGRES_PORT, operators};
use crate::yaml::Value;

/// The port of the instance manager: its state, and the question whether others are alive.
const STATUS_PORT: u16 = 8000;
/// The usual port of the API server, behind its Service.
const API_PORT: u16 = 6443;
const DNS_PORT: u16 = 53;

/// A flow that somebody cannot do without.
#[derive(Clone, Debug)]
pub struct Need {
    /// Where it starts.
    pub from: End,
    /// Where it goes.
    pub to: End,
    /// On which ports.
    pub ports: PortSet,
    /// What it is for.
    pub why: &'static str,
}

/// Everything that the Clusters of `graph` need.
pub(super) fn needs<'w>(graph: &Graph<'w>, parties: &Parties<'w>, cilium: bool) -> Vec<Need> {
    let mut needs = Vec::new();
    let of = |resource: &Resource<'_>| {
        let same = |at: &usize| std::ptr::eq(parties.parties[*at].resource, resource);
        (0..parties.parties.len()).find(same)
    };
    let operators: Vec<usize> = operators(graph).iter().filter_map(|operator| of(operator.resource)).collect();
    let name_servers: Vec<usize> = (0..parties.endpoints.len())
        .filter(|at| parties.endpoints[*at].labels.get("k8s-app") == Label::Is("kube-dns"))
        .map(|at| parties.endpoints[at].party)
        .collect();
    let tcp = |port: u16| PortSet::one(Protocol::Tcp, port);
    for (at, party) in parties.parties.iter().enumerate() {
        let mut need =
            |from: End, to: End, ports: PortSet, why: &'static str| needs.push(Need { from, to, ports, why });
        let own = End::Party(at);
        let databases = || {
            let name = match party.kind {
                PartyKind::Pooler => cnpg::cluster_reference(party.resource).and_then(Value::known),
                _ => party.resource.name(),
            };
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
                for operator in &operators {
                    let why = "the operator asks each instance for its state and connects to it";
                    need(End::Party(*operator), own, tcp(STATUS_PORT).union(&tcp(POSTGRES_PORT)), why);
                }
                if party.several {
                    need(own, own, tcp(POSTGRES_PORT), "replicas stream from the primary");
                    need(
                        own,
                        own,
                        tcp(STATUS_PORT),
                        "the primary asks whether replicas see it, where the API server is gone",
                    );
                }
            }
            PartyKind::Pooler => databases().for_each(|to| {
                need(own, to, tcp(POSTGRES_PORT), "the pooler connects to the instances");
            }),
            PartyKind::Job if party.name.ends_with("-join") => databases().for_each(|to| {
                need(own, to, tcp(POSTGRES_PORT), "a new replica is copied from the primary");
            }),
            PartyKind::Job => {}
            PartyKind::Workload | PartyKind::Operator => continue,
        }
        let dns = tcp(DNS_PORT).union(&PortSet::one(Protocol::Udp, DNS_PORT));
        for server in &name_servers {
            need(own, End::Party(*server), dns.clone(), "names of Services are asked for");
        }
        let api = match cilium {
            true => End::Entity(Entity::KubeApiserver),
            false => End::Addresses(AddressRange::V4(0, u32::MAX)),
        };
        need(own, api, tcp(API_PORT), "the instance manager talks to the API server");
    }
    needs
}

impl Connections<'_> {
    /// The flows that are needed, with what of each is surely stopped.
    pub fn needs(&self) -> impl Iterator<Item = (&Need, PortSet)> {
        self.needs.iter().map(|need| {
            let reached = match (need.from, need.to) {
                (End::Party(from), End::Party(to)) => self.reached(from, to),
                // Which address the API server has is not known: it takes some that is open.
                (End::Party(from), End::Addresses(_)) => self.somewhere(from),
                (End::Party(from), end) => self.reached_beyond(from, end, Direction::Egress),
                _ => Reached::all(),
            };
            (need, need.ports.difference(&reached.maybe))
        })
    }

    /// What a party may send to one address or another.
    fn somewhere(&self, party: usize) -> Reached {
        let beyond = self.beyond(&self.classes_of(party), Direction::Egress, false);
        beyond.into_iter().fold(Reached::default(), |all, (_, reached)| all.or(&reached))
    }
}
