//! Secrets that the CloudNativePG operator makes by itself, and when.

use super::hints::Hints;
use super::{Keys, Made, Maker};
use crate::graph::cnpg::{Bootstrap, Cluster, DatabaseRole};
use crate::graph::{Graph, Lookup, View};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use std::borrow::Cow;

/// Keys of the Secret of the first database's owner.
const APP_KEYS: [&str; 11] = [
    "username",
    "user",
    "password",
    "host",
    "port",
    "dbname",
    "pgpass",
    "uri",
    "jdbc-uri",
    "fqdn-uri",
    "fqdn-jdbc-uri",
];

/// Secrets that every cluster has, in some version or setting.
const OTHERS: [&str; 5] = ["-ca", "-server", "-replication", "-pooler", "-pull-secret"];

/// The first operator, 1.x, that gives the superuser no password unless asked.
const SUPERUSER_OFF: u32 = 21;

pub(super) fn add<'w>(resource: &'w Resource<'w>, operator: &str, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    if let Some(cluster) = Cluster::of(resource) {
        of_cluster(&cluster, operator, made, hints);
    } else if let Some(role) = DatabaseRole::of(resource) {
        let keys = Keys::open("the operator fills it");
        push(role.resource(), "-client-cert", keys, None, None, made, hints);
    }
}

fn of_cluster<'w>(cluster: &Cluster<'w>, operator: &str, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let annotations = cluster.spec(&["inheritedMetadata", "annotations"]);
    let mut one = |suffix: &str, keys: Keys<'w>, doubt: Option<String>| {
        push(cluster.resource(), suffix, keys, doubt, annotations, made, hints);
    };
    match owner(cluster) {
        State::Made => one("-app", Keys::exactly(APP_KEYS), None),
        State::Doubtful(reason) => one("-app", Keys::exactly(APP_KEYS), Some(reason)),
        State::Unmade(_) => {}
    }
    match superuser(cluster, operator) {
        State::Made => one("-superuser", Keys::open("the operator fills it"), None),
        State::Doubtful(reason) => one("-superuser", Keys::open("the operator fills it"), Some(reason)),
        State::Unmade(_) => {}
    }
    for suffix in OTHERS {
        one(suffix, Keys::open("the operator fills it"), None);
    }
}

fn push<'w>(
    by: &'w Resource<'w>,
    suffix: &str,
    keys: Keys<'w>,
    doubt: Option<String>,
    annotations: Option<Value<'w>>,
    made: &mut Vec<Made<'w>>,
    hints: &mut Hints<'w>,
) {
    let Some(at) = by.name_value() else { return };
    match by.name() {
        Some(name) => made.push(Made {
            name: Cow::Owned(format!("{name}{suffix}")),
            namespace: by.namespace.clone(),
            by,
            at,
            maker: Maker::Operator,
            keys,
            doubt,
            annotations: annotations.into_iter().collect(),
        }),
        None => {
            let name = format!("{}{suffix}", at.raw().unwrap_or_default());
            hints.unnamed(by, by.namespace.clone(), &name, by.delivery.renames);
        }
    }
}

/// Whether the operator makes a Secret.
enum State<'w> {
    Made,
    Doubtful(String),
    /// It does not, and what says so; nothing where a field is left out.
    Unmade(Option<Value<'w>>),
}

fn owner<'w>(cluster: &Cluster<'w>) -> State<'w> {
    if let Some(reason) = cluster.may_be_completed() {
        return State::Doubtful(reason.to_owned());
    }
    let initdb = match cluster.bootstrap() {
        Bootstrap::Initdb(initdb) => initdb,
        Bootstrap::Recovery(_) | Bootstrap::Basebackup(_) => {
            return State::Doubtful(format!("{} begins as a copy of another server", cluster.title()));
        }
    };
    if cluster.is_replica() {
        return State::Doubtful(format!("{} replicates another", cluster.title()));
    }
    let written = |key: &str| initdb.and_then(|initdb| initdb.get(key)).filter(|value| !value.is_null());
    let secret = written("secret").and_then(|secret| secret.get("name")).filter(|name| name.known() != Some(""));
    match secret {
        Some(name) if name.known().is_none() => State::Doubtful("the Secret of the owner is not known".into()),
        Some(name) => State::Unmade(Some(name)),
        None if written("import").is_some() => State::Doubtful(format!("{} imports another server", cluster.title())),
        None => State::Made,
    }
}

fn superuser<'w>(cluster: &Cluster<'w>, operator: &str) -> State<'w> {
    if let Some(reason) = cluster.may_be_completed() {
        return State::Doubtful(reason.to_owned());
    }
    let minor = operator.strip_prefix("1.").and_then(|minor| minor.split('.').next()?.parse::<u32>().ok());
    let by_default = minor.is_some_and(|minor| minor < SUPERUSER_OFF);
    let switch = cluster.spec(&["enableSuperuserAccess"]).filter(|value| !value.is_null());
    let secret = cluster.spec(&["superuserSecret", "name"]).filter(|name| !name.is_null());
    match (switch.map(Value::as_bool), secret) {
        (_, Some(name)) if name.known().is_none() => State::Doubtful("the Secret of the superuser is not known".into()),
        (_, Some(name)) => State::Unmade(Some(name)),
        (Some(Some(true)), None) => State::Made,
        (Some(None), None) => State::Doubtful("whether the superuser has a password is not known".into()),
        (Some(Some(false)), None) => State::Unmade(switch),
        (None, None) if by_default => State::Made,
        (None, None) => State::Unmade(None),
    }
}

/// A Secret that is called as the operator calls those it makes for a cluster, and that it does not make.
#[derive(Debug)]
pub struct Unmade<'w> {
    /// The cluster.
    pub cluster: Cluster<'w>,
    /// What says that it is not made; nothing where a field is left out.
    pub because: Option<Value<'w>>,
    /// Whether it is the superuser's, else the owner's.
    pub superuser: bool,
}

/// The cluster of `namespace` whose operator would make the Secret `name`, and does not.
pub fn unmade<'w>(graph: &Graph<'w>, operator: &str, namespace: &Namespace<'_>, name: &str) -> Option<Unmade<'w>> {
    let (stem, is_superuser) = match name.strip_suffix("-superuser") {
        Some(stem) => (stem, true),
        None => (name.strip_suffix("-app")?, false),
    };
    let Lookup::Found(clusters) = graph.find(Cluster::GROUP, Cluster::KIND, namespace, stem) else { return None };
    let [cluster] = clusters.as_slice() else { return None };
    let cluster = Cluster::of(cluster)?;
    let state = if is_superuser { superuser(&cluster, operator) } else { owner(&cluster) };
    let State::Unmade(because) = state else { return None };
    // Somebody who names it himself means to bring it.
    let names_it = because.is_some_and(|value| value.known() == Some(name));
    (!names_it).then_some(Unmade { cluster, because, superuser: is_superuser })
}
