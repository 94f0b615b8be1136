//! Rules of policies that let clients in to databases by the opt-in label of the config, and how far they let them.

use super::TargetContext;
use crate::graph::workload::Labels;
use crate::manifest::{By, Namespace, Resource};
use crate::reach::POSTGRES_PORT;
use crate::reach::connections::{Connections, Grant, Party, PartyKind};
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::selector::Requirement;
use crate::source::Span;
use crate::yaml::Value;
use kube_core::Expression;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A namespace that opts in to another Cluster.
#[derive(Clone, Debug)]
pub struct Stranger<'w> {
    /// The namespace.
    pub namespace: &'w Resource<'w>,
    /// Its label.
    pub label: Value<'w>,
    /// The Cluster that the label names.
    pub cluster: &'w Resource<'w>,
}

/// A rule that lets namespaces in to databases by the opt-in label.
#[derive(Clone, Debug)]
pub struct OptIn<'c, 'w> {
    /// The label.
    pub key: &'c str,
    /// The rule.
    pub grant: Grant<'c, 'w>,
    /// What it asks of the label.
    pub asked: &'c Requirement<'w>,
    /// The databases that it opens, by number.
    pub parties: Vec<usize>,
    /// Clients of other Clusters whom it lets in, and which of the databases that holds for.
    pub strangers: Vec<Stranger<'w>>,
    /// The databases that those reach, by number.
    reached: Vec<usize>,
    /// Ports that it opens to clients and that are not PostgreSQL's.
    pub ports: PortSet,
    /// The databases on which it does, by number.
    wide: Vec<usize>,
}

impl<'w> OptIn<'_, 'w> {
    /// The databases on which it opens more than PostgreSQL.
    pub fn databases(&self, connections: &Connections<'w>) -> Vec<&'w Resource<'w>> {
        self.wide.iter().map(|at| connections.parties()[*at].resource).collect()
    }

    /// The databases that clients of other Clusters reach by it.
    pub fn strangers_at(&self, connections: &Connections<'w>) -> Vec<&'w Resource<'w>> {
        self.reached.iter().map(|at| connections.parties()[*at].resource).collect()
    }

    /// The Cluster to which it lets clients in, where it is one.
    pub fn cluster(&self, connections: &Connections<'w>) -> Option<&'w str> {
        let mut names = self.parties.iter().map(|at| connections.parties()[*at].cluster());
        let first = names.next().flatten()?;
        names.all(|name| name == Some(first)).then_some(first)
    }
}

/// A label as it is written in a manifest, between backticks.
pub fn written_label(key: &str, value: &str) -> String {
    match value {
        // Without quotes they would be no text.
        "true" | "false" | "yes" | "no" | "on" | "off" => format!("`{key}: \"{value}\"`"),
        _ => format!("`{key}: {value}`"),
    }
}

/// What opts in to a Cluster by name, and what is known of the namespace.
struct Candidate<'w> {
    name: &'w str,
    labels: Labels<'w>,
    stranger: Stranger<'w>,
}

/// The namespace that a client is in, and that of the service it names, with the service.
type Use = (String, String, String);

/// Every rule by which namespaces with the configured label get in to a database, by its place; none without such a label.
pub fn rules<'c, 'w>(connections: &'c Connections<'w>, context: &TargetContext<'c, 'w>) -> Vec<OptIn<'c, 'w>> {
    let Some(key) = context.config().databases.client_label.as_ref().map(|label| label.value.as_str()) else {
        return Vec::new();
    };
    let candidates = candidates(key, connections, context);
    let uses = if candidates.is_empty() { HashSet::new() } else { uses(context) };
    let mut found: BTreeMap<Span, OptIn<'c, 'w>> = BTreeMap::new();
    for (at, party) in connections.parties().iter().enumerate() {
        let private: &[u16] = match party.kind {
            PartyKind::Database => &[8000, 9187],
            PartyKind::Pooler => &[9127],
            _ => continue,
        };
        let others: Vec<(u16, Vec<Grant<'_, '_>>)> =
            private.iter().map(|port| (*port, connections.grants(at, *port))).collect();
        for grant in connections.grants(at, POSTGRES_PORT).into_iter().filter(|grant| grant.sure) {
            let asked = grant.who.asked_of_namespace().into_iter().find(|(label, _)| *label == key);
            let Some((_, asked)) = asked.filter(|(_, asked)| is_opt_in(asked)) else { continue };
            let mut ports = PortSet::none();
            let passes = connections.reached_by(at, &grant).sure;
            for (port, grants) in &others {
                let same = |other: &Grant<'_, '_>| {
                    other.sure && other.rule.span() == grant.rule.span() && other.peer.span() == grant.peer.span()
                };
                if passes.holds(Protocol::Tcp, *port) && grants.iter().any(same) {
                    ports.add(&PortSet::one(Protocol::Tcp, *port));
                }
            }
            let strangers: Vec<Stranger<'w>> = candidates
                .iter()
                .filter(|one| {
                    is_let_in(one, &grant, asked, at, connections) && !is_client(one, party, connections, &uses)
                })
                .map(|one| one.stranger.clone())
                .collect();
            let place = grant.written(asked).span();
            let opt_in = found.entry(place).or_insert_with(|| OptIn {
                key,
                grant,
                asked,
                parties: Vec::new(),
                strangers: Vec::new(),
                reached: Vec::new(),
                ports: PortSet::none(),
                wide: Vec::new(),
            });
            opt_in.parties.push(at);
            if !ports.is_empty() {
                opt_in.wide.push(at);
                opt_in.ports.add(&ports);
            }
            if !strangers.is_empty() {
                opt_in.reached.push(at);
            }
            for stranger in strangers {
                if !opt_in.strangers.iter().any(|known| std::ptr::eq(known.namespace, stranger.namespace)) {
                    opt_in.strangers.push(stranger);
                }
            }
        }
    }
    found.into_values().collect()
}

/// Whether it is the label by which somebody gets in, not one that keeps him out.
fn is_opt_in(asked: &Requirement<'_>) -> bool {
    asked.doubt.is_none() && !matches!(asked.expression, Expression::DoesNotExist(_))
}

/// The namespaces whose label names a Cluster.
fn candidates<'w>(key: &str, connections: &Connections<'w>, context: &TargetContext<'_, 'w>) -> Vec<Candidate<'w>> {
    let databases = connections.parties().iter().filter(|party| party.kind == PartyKind::Database);
    let clusters: HashMap<&str, &'w Resource<'w>> =
        databases.filter_map(|party| Some((party.resource.name()?, party.resource))).collect();
    if clusters.len() < 2 {
        return Vec::new();
    }
    let objects = context.reach.namespace_objects().filter(|object| object.delivery.by != By::Nobody);
    objects
        .filter_map(|namespace| {
            let (name, label) = (namespace.name()?, namespace.label(key)?);
            let cluster = clusters.get(label.known()?).copied()?;
            let labels = context.reach.namespace_labels(&Namespace::Known(name));
            Some(Candidate { name, labels, stranger: Stranger { namespace, label, cluster } })
        })
        .collect()
}

fn uses(context: &TargetContext<'_, '_>) -> HashSet<Use> {
    let told = |client: &crate::graph::clients::Client<'_>| {
        let (place, host) = (client.place.known()?.to_owned(), &client.host);
        Some((place.clone(), host.namespace.clone().unwrap_or(place), host.service.clone()))
    };
    context.clients.iter().filter_map(told).collect()
}

/// Whether a client of another Cluster surely gets in by a rule that does not ask for one value.
fn is_let_in(
    candidate: &Candidate<'_>,
    grant: &Grant<'_, '_>,
    asked: &Requirement<'_>,
    party: usize,
    connections: &Connections<'_>,
) -> bool {
    let Candidate { name, labels, stranger } = candidate;
    let database = &connections.parties()[party];
    database.cluster().is_some()
        && stranger.cluster.name() != database.cluster()
        && database.namespace != **name
        && match &asked.expression {
            Expression::Exists(_) | Expression::NotIn(..) | Expression::NotEqual(..) => true,
            Expression::In(_, values) => values.len() > 1,
            _ => false,
        }
        && grant.who.admits(name, labels).is_yes()
        && connections.reached_from(party, name, labels).sure.holds(Protocol::Tcp, POSTGRES_PORT)
}

/// Whether something in a namespace names a service of the same Cluster: it is a client of both, then.
fn is_client(
    candidate: &Candidate<'_>,
    database: &Party<'_>,
    connections: &Connections<'_>,
    uses: &HashSet<Use>,
) -> bool {
    let same = |party: &&Party<'_>| {
        party.cluster() == database.cluster() && party.namespace == database.namespace && !party.services().is_empty()
    };
    connections.parties().iter().filter(same).any(|party| {
        let mut services = party.services().into_iter();
        services.any(|service| uses.contains(&(candidate.name.to_owned(), party.namespace.clone(), service)))
    })
}
