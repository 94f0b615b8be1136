//! Where each thing that a contract offers is written: in a manifest of a checkout, or in a line of the file.

use crate::source::Span;
use std::collections::BTreeMap;

/// One thing that a contract offers. Clusters and Secrets go by `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The operator.
    Operator,
    /// A namespace.
    Namespace(String),
    /// A cluster.
    Cluster(String),
    /// The PostgreSQL version of a cluster.
    Postgresql(String),
    /// How many instances a cluster has.
    Instances(String),
    /// The storage class of a cluster.
    Storage(String),
    /// The backup of a cluster.
    Backup(String),
    /// A host of a cluster.
    Service(String, String),
    /// Who may reach a cluster.
    Clients(String),
    /// Who may reach a host of it, where that differs.
    ServiceClients(String, String),
    /// A role of a cluster.
    Role(String, String),
    /// A database of a cluster.
    Database(String, String),
    /// A Secret.
    Secret(String),
    /// Whether the list of Secrets is whole.
    Secrets,
}

impl Key {
    /// What a report calls it.
    pub fn title(&self) -> String {
        match self {
            Key::Operator => "the operator".to_owned(),
            Key::Namespace(name) => format!("namespace `{name}`"),
            Key::Cluster(name) => format!("Cluster `{name}`"),
            Key::Postgresql(cluster) => format!("the PostgreSQL version of Cluster `{cluster}`"),
            Key::Instances(cluster) => format!("the number of instances of Cluster `{cluster}`"),
            Key::Storage(cluster) => format!("the storage class of Cluster `{cluster}`"),
            Key::Backup(cluster) => format!("the backup of Cluster `{cluster}`"),
            Key::Service(_, host) => format!("host `{host}`"),
            Key::Clients(cluster) => format!("who may reach Cluster `{cluster}`"),
            Key::ServiceClients(_, host) => format!("who may reach host `{host}`"),
            Key::Role(cluster, name) => format!("role `{name}` of Cluster `{cluster}`"),
            Key::Database(cluster, name) => format!("database `{name}` of Cluster `{cluster}`"),
            Key::Secret(name) => format!("Secret `{name}`"),
            Key::Secrets => "the list of Secrets".to_owned(),
        }
    }

    /// The cluster that it is a part of, if it is one.
    pub fn cluster(&self) -> Option<&str> {
        match self {
            Key::Postgresql(cluster)
            | Key::Instances(cluster)
            | Key::Storage(cluster)
            | Key::Backup(cluster)
            | Key::Service(cluster, _)
            | Key::Clients(cluster)
            | Key::ServiceClients(cluster, _)
            | Key::Role(cluster, _)
            | Key::Database(cluster, _) => Some(cluster),
            Key::Operator | Key::Namespace(_) | Key::Cluster(_) | Key::Secret(_) | Key::Secrets => None,
        }
    }
}

/// The place of each thing, as far as it has one.
#[derive(Clone, Debug, Default)]
pub struct Places {
    by_key: BTreeMap<Key, Span>,
}

impl Places {
    /// The place of `key`, else that of the cluster it is a part of.
    pub fn of(&self, key: &Key) -> Option<Span> {
        let whole = || self.by_key.get(&Key::Cluster(key.cluster()?.to_owned()));
        self.by_key.get(key).or_else(whole).copied()
    }

    /// Says where `key` is written; the first to say it is believed.
    pub(super) fn put(&mut self, key: Key, span: Span) {
        self.by_key.entry(key).or_insert(span);
    }
}
