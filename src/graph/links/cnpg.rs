//! Links of CloudNativePG objects: what belongs to a Cluster, who owns a database, where backups go.

use super::{End, Presence, Relation, Site, distinct};
use crate::graph::backup::destinations;
use crate::graph::cnpg::{BARMAN_PLUGIN, Bootstrap, Cluster, Database, DatabaseRole, GROUP, ObjectStore, Pooler};
use crate::graph::cnpg::{Backup, SERVICE_ENDS, ScheduledBackup, cluster_reference};
use crate::graph::roles::{DeclaredRole, Makers, RoleSource, is_built_in};
use crate::graph::secrets::Found;
use crate::graph::{Lookup, View};
use crate::manifest::{Namespace, Resource};
use crate::source::Origin;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

/// The roles of each Cluster, by the address of the object.
type Roles<'w> = HashMap<*const Resource<'w>, (BTreeMap<String, End<'w>>, Vec<String>)>;

pub(super) fn add<'w>(site: &mut Site<'_, 'w>) {
    let graph = site.graph;
    let clusters: Vec<Cluster<'w>> = graph.all::<Cluster<'w>>().collect();
    let mut roles: Roles<'w> = HashMap::new();
    let objects = role_objects(site);
    for cluster in &clusters {
        let found = roles_of(cluster, &objects, site);
        roles.insert(std::ptr::from_ref(cluster.resource()), found);
        backups(cluster, site);
    }
    for database in graph.all::<Database<'w>>() {
        let homes = belongs(database.resource(), Relation::ClusterOf, true, site);
        owner(&database, &homes, &roles, site);
    }
    for role in graph.all::<DatabaseRole<'w>>() {
        belongs(role.resource(), Relation::ClusterOf, true, site);
        if let Some(secret) = role.at(&["spec", "passwordSecret", "name"]) {
            let to = site.secret_named(&role.namespace, secret);
            site.add(End::Object(role.resource()), Relation::AuthenticatesWith, to, Some(secret.span()));
        }
    }
    for pooler in graph.all::<Pooler<'w>>() {
        belongs(pooler.resource(), Relation::Pools, false, site);
        if let Some(secret) = pooler.at(&["spec", "pgbouncer", "authQuerySecret", "name"]) {
            let to = site.secret_named(&pooler.namespace, secret);
            site.add(End::Object(pooler.resource()), Relation::AuthenticatesWith, to, Some(secret.span()));
        }
    }
    let scheduled = graph.all::<ScheduledBackup<'w>>().map(|backup| backup.resource());
    let backups: Vec<&'w Resource<'w>> =
        scheduled.chain(graph.all::<Backup<'w>>().map(|backup| backup.resource())).collect();
    for backup in backups {
        belongs(backup, Relation::BacksUp, false, site);
    }
    for store in graph.all::<ObjectStore<'w>>() {
        if let Some(path) = store.at(&["spec", "configuration", "destinationPath"]) {
            bucket(store.resource(), path, site);
        }
    }
}

/// Links an object to the Cluster that it names; the Clusters that it may mean.
fn belongs<'w>(object: &'w Resource<'w>, relation: Relation, downwards: bool, site: &mut Site<'_, 'w>) -> Vec<End<'w>> {
    let Some(reference) = cluster_reference(object) else { return Vec::new() };
    let ends = site.named(GROUP, Cluster::KIND, &object.namespace, reference);
    for end in &ends {
        let (from, to) =
            if downwards { (end.clone(), End::Object(object)) } else { (End::Object(object), end.clone()) };
        site.add(from, relation, [to], Some(reference.span()));
    }
    ends
}

/// `DatabaseRole` objects with the name of the role, by the name of their Cluster.
type RoleObjects<'w> = HashMap<&'w str, Vec<(&'w str, &'w Resource<'w>)>>;

fn role_objects<'w>(site: &Site<'_, 'w>) -> RoleObjects<'w> {
    let mut objects: RoleObjects<'w> = HashMap::new();
    for role in site.graph.all::<DatabaseRole<'w>>() {
        let cluster = cluster_reference(role.resource()).and_then(Value::known);
        if let (Some(cluster), Some(name)) = (cluster, role.at(&["spec", "name"]).and_then(Value::known)) {
            objects.entry(cluster).or_default().push((name, role.resource()));
        }
    }
    objects
}

/// The roles of a Cluster by name, and why there may be others.
fn roles_of<'w>(
    cluster: &Cluster<'w>,
    objects: &RoleObjects<'w>,
    site: &mut Site<'_, 'w>,
) -> (BTreeMap<String, End<'w>>, Vec<String>) {
    let declared = site.declarations.roles_of(cluster);
    let mut by_name: BTreeMap<String, Vec<&DeclaredRole<'w>>> = BTreeMap::new();
    // Whatever is restored or copied has the owner that it had; only what is written is known of it.
    let is_new = matches!(cluster.bootstrap(), Bootstrap::Initdb(_));
    for role in declared.roles.iter().filter(|role| is_new || !matches!(role.origin, Origin::Defaulted(_))) {
        by_name.entry(role.name.to_string()).or_default().push(role);
    }
    let mut roles = BTreeMap::new();
    for (name, sources) in by_name {
        let named = cluster.written_name().and_then(|own| objects.get(own)).into_iter().flatten();
        let mut named = named.filter(|(known, object)| *known == name && object.namespace.may_be(&cluster.namespace));
        let is_object = sources.iter().any(|role| role.source == RoleSource::Object);
        if let Some(object) = named.next().map(|(_, object)| *object).filter(|_| is_object) {
            roles.insert(name, End::Object(object));
            continue;
        }
        let end = End::Role {
            cluster: cluster.resource(),
            at: sources.first().map(|role| role.origin.span()),
            facts: facts(cluster, &name, &sources),
            name: name.clone(),
            presence: None,
        };
        site.add(End::Object(cluster.resource()), Relation::ClusterOf, [end.clone()], None);
        roles.insert(name, end);
    }
    passwords(cluster, &roles, &declared.roles, site);
    (roles, declared.gaps)
}

fn facts(cluster: &Cluster<'_>, name: &str, sources: &[&DeclaredRole<'_>]) -> Vec<(&'static str, String)> {
    let mut words: Vec<&str> = sources
        .iter()
        .map(|role| match role.source {
            RoleSource::Managed => "managed.roles",
            RoleSource::Object => "a DatabaseRole",
            RoleSource::Bootstrap => "bootstrap",
            RoleSource::Import => "an import",
            RoleSource::Statement => "a statement of bootstrap",
        })
        .collect();
    words.dedup();
    let mut facts = vec![("declared by", words.join(", "))];
    let managed = cluster.managed_roles().find(|role| role.get("name").and_then(Value::known) == Some(name));
    let is_on = |key: &&str| managed.and_then(|role| role.get(key)).and_then(Value::as_bool) == Some(true);
    let flags: Vec<&str> = ["login", "superuser", "createdb", "createrole", "replication", "bypassrls"]
        .into_iter()
        .filter(is_on)
        .collect();
    if !flags.is_empty() {
        facts.push(("may", flags.join(", ")));
    }
    facts
}

/// Which Secret holds the password of which role.
fn passwords<'w>(
    cluster: &Cluster<'w>,
    roles: &BTreeMap<String, End<'w>>,
    declared: &[DeclaredRole<'w>],
    site: &mut Site<'_, 'w>,
) {
    for role in cluster.managed_roles() {
        let end = role.get("name").and_then(Value::known).and_then(|name| roles.get(name));
        if let (Some(end), Some(secret)) = (end, role.at(&["passwordSecret", "name"])) {
            let to = site.secret_named(&cluster.namespace, secret);
            site.add(end.clone(), Relation::AuthenticatesWith, to, Some(secret.span()));
        }
    }
    let owner = declared.iter().find(|role| role.source == RoleSource::Bootstrap);
    let Some(end) = owner.and_then(|role| roles.get(role.name.as_ref())) else { return };
    let from = match cluster.bootstrap() {
        Bootstrap::Initdb(initdb) => initdb,
        Bootstrap::Recovery(from) | Bootstrap::Basebackup(from) => Some(from),
    };
    if let Some(secret) = from.and_then(|from| from.at(&["secret", "name"])) {
        let to = site.secret_named(&cluster.namespace, secret);
        site.add(end.clone(), Relation::AuthenticatesWith, to, Some(secret.span()));
    } else if let Some(name) = cluster.name() {
        let name = format!("{name}-app");
        let made = |presence: Presence| {
            let (namespace, name) = (cluster.namespace.clone(), name.clone());
            vec![End::Named { group: "", kind: "Secret", namespace, name, presence }]
        };
        let to = match site.graph.find("", "Secret", &cluster.namespace, &name) {
            Lookup::Found(found) => found.into_iter().map(End::Object).collect(),
            _ => match site.secrets.find(&cluster.namespace, &name) {
                Found::Made(_) => made(Presence::Made),
                Found::Unknown(reason) => made(Presence::Unknown(reason)),
                Found::Unseen => return,
            },
        };
        site.add(end.clone(), Relation::AuthenticatesWith, to, None);
    }
}

/// The role that owns a database.
fn owner<'w>(database: &Database<'w>, homes: &[End<'w>], roles: &Roles<'w>, site: &mut Site<'_, 'w>) {
    let Some(value) = database.at(&["spec", "owner"]) else { return };
    let Some(name) = value.known().filter(|name| !name.is_empty() && !is_built_in(name)) else { return };
    for home in homes {
        let End::Object(cluster) = home else { continue };
        let Some((declared, gaps)) = roles.get(&std::ptr::from_ref(*cluster)) else { continue };
        let from = declared.get(name).cloned().unwrap_or_else(|| {
            let maker = || site.makers.get_or_init(|| Makers::new(site.graph)).of(name);
            let licence = || site.graph.licence(GROUP, DatabaseRole::KIND, &database.namespace).err();
            let presence = gaps.first().cloned().or_else(maker).or_else(licence);
            End::Role {
                cluster,
                name: name.to_owned(),
                at: None,
                facts: Vec::new(),
                presence: Some(presence.map_or(Presence::Missing, Presence::Unknown)),
            }
        });
        site.add(from, Relation::Owns, [End::Object(database.resource())], Some(value.span()));
    }
}

/// Where a Cluster writes its backups.
fn backups<'w>(cluster: &Cluster<'w>, site: &mut Site<'_, 'w>) {
    for destination in destinations(cluster, site.graph).iter().filter(|destination| destination.in_tree) {
        if let Some(path) = destination.configuration.get("destinationPath") {
            bucket(cluster.resource(), path, site);
        }
    }
    for plugin in cluster.plugins().filter(|plugin| plugin.get("name").and_then(Value::known) == Some(BARMAN_PLUGIN)) {
        if let Some(name) = plugin.at(&["parameters", "barmanObjectName"]) {
            let to = site.named(ObjectStore::GROUP, ObjectStore::KIND, &cluster.namespace, name);
            site.add(End::Object(cluster.resource()), Relation::BacksUpTo, to, Some(name.span()));
        }
    }
}

fn bucket<'w>(from: &'w Resource<'w>, path: Value<'w>, site: &mut Site<'_, 'w>) {
    if let Some(path_text) = path.raw().filter(|text| !text.is_empty()) {
        let to = End::Bucket(without_user(path_text.trim_end_matches('/')));
        site.add(End::Object(from), Relation::BacksUpTo, [to], Some(path.span()));
    }
}

/// An address without the user and password that may stand in it.
fn without_user(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host..])
        }
        None => address.to_owned(),
    }
}

/// Every Cluster and Pooler with the names of its Services.
pub(super) fn services<'w>(site: &Site<'_, 'w>) -> HashMap<String, Vec<&'w Resource<'w>>> {
    let mut services: HashMap<String, Vec<&'w Resource<'w>>> = HashMap::new();
    let mut all: Vec<(&'w Resource<'w>, &[&str])> = Vec::new();
    all.extend(site.graph.of_kind(GROUP, Cluster::KIND).iter().map(|one| (*one, SERVICE_ENDS)));
    all.extend(site.graph.of_kind(GROUP, Pooler::KIND).iter().map(|one| (*one, &[""][..])));
    for (resource, ends) in all.into_iter().filter(|(resource, _)| resource.whole) {
        let Some(name) = resource.name() else { continue };
        for end in ends {
            services.entry(format!("{name}{end}")).or_default().push(resource);
        }
    }
    services
}

/// The namespace in which what a release brings ends up.
pub(super) fn namespace_of<'w>(resource: &'w Resource<'w>) -> Namespace<'w> {
    let target = resource.at(&["spec", "targetNamespace"]).filter(|_| resource.kind == "HelmRelease");
    match target.and_then(Value::known) {
        Some(name) => Namespace::Known(name),
        None => resource.namespace.clone(),
    }
}

/// Objects of `kinds` that are whole, each once.
pub(super) fn whole<'w>(site: &Site<'_, 'w>, kinds: &[(&str, &str)]) -> Vec<&'w Resource<'w>> {
    let all = kinds.iter().flat_map(|(group, kind)| site.graph.of_kind(group, kind).iter().copied());
    let all: Vec<&'w Resource<'w>> = all.filter(|resource| resource.whole).collect();
    distinct(&all).collect()
}

#[cfg(test)]
mod tests {
    use super::without_user;

    #[test]
    fn a_user_in_an_address_is_left_out() {
        for (address, shown) in [
            ("s3://bucket/path", "s3://bucket/path"),
            ("https://key:word@host/a@b", "https://host/a@b"),
            ("gs://u@bucket", "gs://bucket"),
            ("/mnt/backups", "/mnt/backups"),
        ] {
            assert_eq!(without_user(address), shown, "{address}");
        }
    }
}
