//! Rules of policies that let clients in to databases by the opt-in label of the config, and how far they let them.

use super::TargetContext;
use crate::graph::View;
use crate::graph::clients::Client;
use crate::graph::cnpg::{Cluster, cluster_of_service};
use crate::graph::workload::Labels;
use crate::manifest::{By, Namespace, Resource};
use crate::reach::POSTGRES_PORT;
use crate::reach::connections::{Connections, Grant, Party, PartyKind, Visitor};
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::selector::Requirement;
use crate::source::Span;
use crate::yaml::Value;
use crate::yaml::rendered::is_plain;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use kube_core::Expression;
use std::cell::OnceCell;
use std::collections::BTreeMap;

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
    // Without quotes some would be no text.
    if is_plain(value) { format!("`{key}: {value}`") } else { format!("`{key}: \"{value}\"`") }
}

/// What opts in to a Cluster by name, and what is known of the namespace.
struct Candidate<'w> {
    name: &'w str,
    labels: Labels<'w>,
    stranger: Stranger<'w>,
    /// Its pods, once a rule asks.
    pods: OnceCell<Visitor>,
}

/// The namespace that a client is in, and that of the Cluster whose service it names, with the Cluster's name.
type Use<'s> = (&'s str, &'s str, &'s str);

/// Every rule by which namespaces with the configured label get in to a database, by its place; none without such a label.
pub fn rules<'c, 'w>(connections: &'c Connections<'w>, context: &TargetContext<'c, 'w>) -> Vec<OptIn<'c, 'w>> {
    let Some(key) = context.config().databases.client_label.as_ref().map(|label| label.value.as_str()) else {
        return Vec::new();
    };
    let candidates = candidates(key, connections, context);
    let clusters: HashMap<(&str, &str), &Resource<'w>> = clusters(connections).collect();
    let uses = if candidates.is_empty() { HashSet::new() } else { uses(connections, context) };
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
                    is_let_in(one, (&grant, asked), (at, &clusters), connections) && !is_client(one, party, &uses)
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
            let stranger = Stranger { namespace, label, cluster };
            Some(Candidate { name, labels, stranger, pods: OnceCell::new() })
        })
        .collect()
}

fn uses<'s, 'w>(connections: &'s Connections<'w>, context: &'s TargetContext<'_, 'w>) -> HashSet<Use<'s>> {
    let mut clusters: HashMap<(&str, String), &str> = HashMap::new();
    for party in connections.parties() {
        let Some(cluster) = party.cluster() else { continue };
        clusters.extend(party.services().into_iter().map(|service| ((party.namespace.as_str(), service), cluster)));
    }
    let told = |client: &'s Client<'w>| {
        let (place, host) = (client.place.known()?, &client.host);
        let home = host.namespace.as_deref().unwrap_or(place);
        Some((place, home, *clusters.get(&(home, host.service.clone()))?))
    };
    context.clients.iter().filter_map(told).collect()
}

/// Every Cluster, by namespace and name.
fn clusters<'s, 'w>(connections: &'s Connections<'w>) -> impl Iterator<Item = ((&'s str, &'s str), &'w Resource<'w>)> {
    let databases = connections.parties().iter().filter(|party| party.kind == PartyKind::Database);
    databases.filter_map(|party| Some(((party.namespace.as_str(), party.resource.name()?), party.resource)))
}

/// Whether a Cluster names another one as a source of its data, by its name or a host of it.
fn is_copy(cluster: &Resource<'_>, source: &Resource<'_>) -> bool {
    let (Some(cluster), Some(name)) = (Cluster::of(cluster), source.name()) else { return false };
    cluster.external_clusters().any(|entry| {
        let host = entry.at(&["connectionParameters", "host"]).and_then(Value::known);
        let host = host.and_then(|host| cluster_of_service(host.split('.').next()?));
        let named =
            [&["name"] as &[&str], &["plugin", "parameters", "serverName"], &["barmanObjectStore", "serverName"]];
        named.into_iter().any(|path| entry.at(path).and_then(Value::known) == Some(name)) || host == Some(name)
    })
}

/// Whether a client of another Cluster surely gets in by a rule that does not ask for one value.
fn is_let_in<'w>(
    candidate: &Candidate<'w>,
    (grant, asked): (&Grant<'_, 'w>, &Requirement<'w>),
    (party, clusters): (usize, &HashMap<(&str, &str), &'w Resource<'w>>),
    connections: &Connections<'w>,
) -> bool {
    let Candidate { name, labels, stranger, pods } = candidate;
    let database = &connections.parties()[party];
    database.cluster().is_some()
        && stranger.cluster.name() != database.cluster()
        && database.namespace != **name
        && match &asked.expression {
            Expression::Exists(_) | Expression::NotIn(..) | Expression::NotEqual(..) => true,
            // Who moves from one Cluster to another one is let in to both on purpose.
            Expression::In(_, values) => {
                let own = clusters.get(&(database.namespace.as_str(), database.cluster().unwrap_or_default()));
                values.len() > 1
                    && !own.is_some_and(|own| is_copy(own, stranger.cluster) || is_copy(stranger.cluster, own))
            }
            _ => false,
        }
        && grant.who.admits(name, labels).is_yes()
        && connections
            .reached_from(party, pods.get_or_init(|| connections.visitor(name, labels)))
            .sure
            .holds(Protocol::Tcp, POSTGRES_PORT)
}

/// Whether something in a namespace names a service of the same Cluster: it is a client of both, then.
fn is_client(candidate: &Candidate<'_>, database: &Party<'_>, uses: &HashSet<Use<'_>>) -> bool {
    let cluster = database.cluster();
    cluster.is_some_and(|cluster| uses.contains(&(candidate.name, database.namespace.as_str(), cluster)))
}

#[cfg(test)]
mod tests {
    use super::written_label;

    #[test]
    fn what_would_be_no_text_is_quoted() {
        for (value, expected) in [
            ("orders-pg", "`k: orders-pg`"),
            ("true", "`k: \"true\"`"),
            ("off", "`k: \"off\"`"),
            ("1", "`k: \"1\"`"),
            ("1.5", "`k: \"1.5\"`"),
            ("null", "`k: \"null\"`"),
            ("", "`k: \"\"`"),
        ] {
            assert_eq!(written_label("k", value), expected);
        }
    }
}
