//! Which objects, charts and switches bring a database or a cache: short lists of what is sure.

use super::Graph;
use super::helm::Set;
use super::operators::chart;
use crate::manifest::Resource;
use crate::yaml::Value;

/// Kinds whose objects are databases or caches, by group; all kinds of a group where none is named.
const KINDS: &[(&str, &[&str])] = &[
    ("postgresql.cnpg.io", &["Cluster", "Pooler", "Database"]),
    ("acid.zalan.do", &["postgresql"]),
    ("postgres-operator.crunchydata.com", &["PostgresCluster"]),
    ("pgv2.percona.com", &["PerconaPGCluster"]),
    ("pxc.percona.com", &["PerconaXtraDBCluster"]),
    ("psmdb.percona.com", &["PerconaServerMongoDB"]),
    ("mysql.oracle.com", &["InnoDBCluster"]),
    ("k8s.mariadb.com", &["MariaDB"]),
    ("mongodbcommunity.mongodb.com", &["MongoDBCommunity"]),
    ("redis.redis.opstreelabs.in", &["Redis", "RedisCluster", "RedisReplication", "RedisSentinel"]),
    ("databases.spotahome.com", &["RedisFailover"]),
    ("dragonflydb.io", &["Dragonfly"]),
    ("hyperspike.io", &["Valkey"]),
    ("clickhouse.altinity.com", &["ClickHouseInstallation"]),
];

/// Charts that are a database or a cache, and the keys under which other charts switch them on as parts of their own.
const CHARTS: &[&str] = &[
    "postgresql",
    "postgresql-ha",
    "postgres",
    "mysql",
    "mariadb",
    "mariadb-galera",
    "mongodb",
    "mongodb-sharded",
    "redis",
    "redis-cluster",
    "redis-ha",
    "valkey",
    "valkey-cluster",
    "keydb",
    "dragonfly",
    "memcached",
    "cassandra",
    "clickhouse",
    "cockroachdb",
    "couchdb",
];

/// Fields by which a part says that it is somebody else's server.
const ELSEWHERE: &[&str] = &[
    "host",
    "hostname",
    "url",
    "uri",
    "externalHost",
    "existingHost",
    "address",
    "hosts",
    "server",
    "connectionString",
];

/// Whether a chart of that name is a database or a cache.
pub fn is_service_chart(name: &str) -> bool {
    CHARTS.contains(&name)
}

/// Whether objects of that kind are databases or caches.
pub fn is_service_kind(group: &str, kind: &str) -> bool {
    KINDS.iter().any(|(known, kinds)| *known == group && kinds.contains(&kind))
}

/// The name of the chart of a HelmRelease, or of an Application of Argo CD with one source.
pub fn chart_of<'w>(resource: &'w Resource<'w>, graph: &Graph<'w>) -> Option<&'w str> {
    match (resource.group, resource.kind) {
        ("helm.toolkit.fluxcd.io", "HelmRelease") => chart(resource, graph),
        ("argoproj.io", "Application") => resource.at(&["spec", "source", "chart"])?.known(),
        _ => None,
    }
}

/// A part of a chart that brings a database or a cache, switched on in its values.
#[derive(Clone, Copy, Debug)]
pub struct Bundled<'w> {
    /// The key of the part.
    pub part: &'w str,
    /// The switch.
    pub switch: Value<'w>,
}

fn says_something(value: Value<'_>) -> bool {
    match value.raw() {
        Some(text) => !text.is_empty() && !value.is_null(),
        None => !value.is_empty(),
    }
}

/// The parts that `values` switch on. What the chart does without being told is not seen.
pub fn bundled<'w>(values: Value<'w>) -> Vec<Bundled<'w>> {
    let parts = values.entries().filter(|(part, _)| is_service_chart(part));
    parts
        .filter(|(_, settings)| settings.is_mapping())
        .filter(|(_, settings)| !ELSEWHERE.iter().any(|key| settings.get(key).is_some_and(says_something)))
        .filter_map(|(part, settings)| {
            let switches = ["enabled", "install"].iter().filter_map(|key| settings.get(key));
            let switch = switches.into_iter().find(|switch| switch.as_bool() == Some(true))?;
            Some(Bundled { part, switch })
        })
        .collect()
}

/// A part that a path set by itself switches on.
#[derive(Clone, Debug)]
pub struct BundledBySet<'s, 'w> {
    /// The key of the part.
    pub part: &'s str,
    /// The path that is set.
    pub set: &'s Set<'w>,
}

/// The parts that `sets`, paths set one by one, switch on.
pub fn bundled_by_sets<'s, 'w>(sets: &'s [Set<'w>]) -> Vec<BundledBySet<'s, 'w>> {
    let names_server = |part: &str| {
        sets.iter().any(|set| {
            let key = set.path.strip_prefix(part).and_then(|rest| rest.strip_prefix('.'));
            key.is_some_and(|key| ELSEWHERE.contains(&key)) && set.text.as_deref() != Some("")
        })
    };
    let switched = sets.iter().filter(|set| set.text.as_deref() == Some("true"));
    switched
        .filter_map(|set| {
            let (part, key) = set.path.split_once('.')?;
            let is_switch = matches!(key, "enabled" | "install") && is_service_chart(part) && !names_server(part);
            is_switch.then_some(BundledBySet { part, set })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn only_what_is_switched_on_here_is_bundled() {
        for (text, parts) in [
            ("postgresql: {enabled: true}", &["postgresql"][..]),
            ("postgresql: {install: true}", &["postgresql"]),
            ("postgresql: {enabled: false}\nredis: {enabled: true}", &["redis"]),
            ("postgresql-ha: {enabled: true, persistence: {size: 1Gi}}", &["postgresql-ha"]),
            ("postgresql: {persistence: {size: 1Gi}}", &[]),
            ("postgresql: {enabled: true, host: main-rw.databases}", &[]),
            ("redis: {enabled: true, host: ''}", &["redis"]),
            ("redis: {enabled: \"ENC[AES256_GCM,data:x]\"}", &[]),
            ("redis: true", &[]),
            ("metrics: {redis: {enabled: true}}", &[]),
            ("redisExporter: {enabled: true}", &[]),
        ] {
            let file = parse(SourceId(0), text.into());
            let root = file.documents()[0].root.expect("a document");
            let found = bundled(Value::new(&file, root, Dialect::Kubectl));
            assert_eq!(found.iter().map(|part| part.part).collect::<Vec<_>>(), parts, "{text}");
        }
    }

    #[test]
    fn paths_set_one_by_one_switch_parts_on() {
        for (sets, parts) in [
            (&[("postgresql.enabled", Some("true"))][..], &["postgresql"][..]),
            (&[("redis.install", Some("true")), ("replicas", Some("2"))], &["redis"]),
            (&[("postgresql.enabled", Some("false"))], &[]),
            (&[("postgresql.enabled", None)], &[]),
            (&[("postgresql.primary.enabled", Some("true"))], &[]),
            (&[("metrics.redis.enabled", Some("true"))], &[]),
            (&[("postgresql.enabled", Some("true")), ("postgresql.host", Some("main-rw.databases"))], &[]),
        ] {
            let span = crate::source::Span::new(SourceId(0), 0..1);
            let sets: Vec<Set<'_>> = sets
                .iter()
                .map(|(path, text)| Set { path: (*path).into(), value: None, text: text.map(str::to_owned), span })
                .collect();
            let found = bundled_by_sets(&sets);
            assert_eq!(found.iter().map(|part| part.part).collect::<Vec<_>>(), parts, "{sets:?}");
        }
    }

    #[test]
    fn operators_are_no_services() {
        assert!(is_service_kind("postgresql.cnpg.io", "Cluster") && !is_service_kind("postgresql.cnpg.io", "Backup"));
        assert!(is_service_chart("valkey") && !is_service_chart("cloudnative-pg"));
    }
}
