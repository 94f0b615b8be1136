//! How the objects of a target hang together: who pools, owns, reads, makes, backs up and brings what. One file a kind
//! of object yields the links that start there; what is named and not seen is an end of its own. It judges nothing.

mod clients;
mod cnpg;
mod delivery;
mod resolve;
mod secrets;

#[cfg(test)]
mod tests;

use super::Graph;
use super::roles::{Declarations, Makers};
use super::secrets::Secrets;
use crate::manifest::{Namespace, Resource};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};
use std::cell::OnceCell;

pub use delivery::{Bringer, releases};
pub use secrets::is_reader;

/// What one end of a link is to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// A Cluster, of a database or role in it.
    ClusterOf,
    /// A role, of a database.
    Owns,
    /// A role, workload or Pooler, with the Secret that holds its password.
    AuthenticatesWith,
    /// Whatever makes a Secret.
    MakesSecret,
    /// Whoever takes something else from a Secret.
    ReadsSecret,
    /// A Cluster or ObjectStore, to where its backups lie.
    BacksUpTo,
    /// A schedule or a backup, of a Cluster.
    BacksUp,
    /// A Pooler, of a Cluster.
    Pools,
    /// A policy, of pods or of a namespace.
    Selects,
    /// A client, to a Cluster or Pooler.
    ConnectsTo,
    /// What brings an object into the cluster.
    Releases,
    /// What waits for another one.
    DependsOn,
    /// An object, in its namespace.
    InNamespace,
}

impl Relation {
    /// All of them.
    pub const ALL: [Relation; 13] = [
        Relation::ClusterOf,
        Relation::Owns,
        Relation::AuthenticatesWith,
        Relation::MakesSecret,
        Relation::ReadsSecret,
        Relation::BacksUpTo,
        Relation::BacksUp,
        Relation::Pools,
        Relation::Selects,
        Relation::ConnectsTo,
        Relation::Releases,
        Relation::DependsOn,
        Relation::InNamespace,
    ];

    /// As reports write it, between both ends.
    pub fn name(self) -> &'static str {
        match self {
            Relation::ClusterOf => "cluster of",
            Relation::Owns => "owns",
            Relation::AuthenticatesWith => "authenticates with",
            Relation::MakesSecret => "makes secret",
            Relation::ReadsSecret => "reads secret",
            Relation::BacksUpTo => "backs up to",
            Relation::BacksUp => "backs up",
            Relation::Pools => "pools",
            Relation::Selects => "selects",
            Relation::ConnectsTo => "connects to",
            Relation::Releases => "releases",
            Relation::DependsOn => "depends on",
            Relation::InNamespace => "in namespace",
        }
    }

    /// The same, seen from the other end.
    pub fn reverse(self) -> &'static str {
        match self {
            Relation::ClusterOf => "in cluster",
            Relation::Owns => "owned by",
            Relation::AuthenticatesWith => "password of",
            Relation::MakesSecret => "made by",
            Relation::ReadsSecret => "read by",
            Relation::BacksUpTo => "holds backups of",
            Relation::BacksUp => "backed up by",
            Relation::Pools => "pooled by",
            Relation::Selects => "selected by",
            Relation::ConnectsTo => "reached by",
            Relation::Releases => "released by",
            Relation::DependsOn => "waited for by",
            Relation::InNamespace => "holds",
        }
    }
}

/// Whether something that is named is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Something makes it that is there.
    Made,
    /// It surely is not.
    Missing,
    /// The repo does not tell, and why.
    Unknown(String),
}

/// One end of a link.
#[derive(Clone, Debug)]
pub enum End<'w> {
    /// An object of the target.
    Object(&'w Resource<'w>),
    /// A role of a Cluster that is no object by itself.
    Role {
        /// The Cluster.
        cluster: &'w Resource<'w>,
        /// Its name in PostgreSQL.
        name: String,
        /// Where it is written; none where it is only named.
        at: Option<Span>,
        /// What is told of it.
        facts: Vec<(&'static str, String)>,
        /// Whether it is there, where it is only named.
        presence: Option<Presence>,
    },
    /// An object that is named and not seen.
    Named {
        /// Its group.
        group: &'static str,
        /// Its kind.
        kind: &'static str,
        /// Its namespace.
        namespace: Namespace<'w>,
        /// Its name.
        name: String,
        /// Whether it is there.
        presence: Presence,
    },
    /// A place for backups outside the cluster.
    Bucket(String),
}

/// A link from one end to another.
#[derive(Clone, Debug)]
pub struct Link<'w> {
    /// Where it starts.
    pub from: End<'w>,
    /// What it says.
    pub relation: Relation,
    /// Where it ends.
    pub to: End<'w>,
    /// What says so.
    pub at: Option<Span>,
}

/// What is looked at to find links: a target, and what is worked out of it once.
pub(super) struct Site<'g, 'w> {
    graph: &'g Graph<'w>,
    declarations: Declarations<'w>,
    secrets: &'g Secrets<'w>,
    makers: OnceCell<Makers<'w>>,
    links: Vec<Link<'w>>,
}

impl<'w> Site<'_, 'w> {
    fn add(&mut self, from: End<'w>, relation: Relation, to: impl IntoIterator<Item = End<'w>>, at: Option<Span>) {
        for to in to {
            let (mut from, mut to) = (from.clone(), to);
            if from.is_example() || to.is_example() {
                from.admit();
                to.admit();
            }
            self.links.push(Link { from, relation, to, at });
        }
    }
}

impl End<'_> {
    /// Whether it stands in a folder of examples.
    fn is_example(&self) -> bool {
        match self {
            End::Object(resource) => resource.is_example(),
            End::Role { cluster, .. } => cluster.is_example(),
            End::Named { .. } | End::Bucket(_) => false,
        }
    }

    /// Takes back that it is missing: an example need not show everything.
    fn admit(&mut self) {
        let presence = match self {
            End::Role { presence: Some(presence), .. } | End::Named { presence, .. } => presence,
            _ => return,
        };
        if *presence == Presence::Missing {
            *presence = Presence::Unknown("an example need not show what it names".into());
        }
    }
}

/// Every link of a target that its objects tell of, and every role that is declared in it. Who selects whom stands in
/// [`crate::reach`], what brings what in [`releases`].
pub fn links<'w>(graph: &Graph<'w>, secrets: &Secrets<'w>) -> Vec<Link<'w>> {
    let mut site =
        Site { graph, declarations: Declarations::new(graph), secrets, makers: OnceCell::new(), links: Vec::new() };
    cnpg::add(&mut site);
    secrets::add(&mut site);
    clients::add(&mut site);
    delivery::add(&mut site);
    site.links
}

/// The entries of a list below `spec` that are mappings.
fn entries<'w>(resource: &'w Resource<'w>, path: &[&str]) -> impl Iterator<Item = Value<'w>> {
    resource.at(path).into_iter().flat_map(Value::items).filter(|entry| entry.is_mapping())
}

/// Each of `all` once.
fn distinct<'w>(all: &[&'w Resource<'w>]) -> impl Iterator<Item = &'w Resource<'w>> {
    let mut seen = HashSet::new();
    all.iter().copied().filter(move |resource| seen.insert(std::ptr::from_ref(*resource)))
}
