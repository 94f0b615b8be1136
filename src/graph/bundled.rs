//! Which objects, charts and switches bring a database or a cache: short lists of what is sure.

use super::Graph;
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
    fn operators_are_no_services() {
        assert!(is_service_kind("postgresql.cnpg.io", "Cluster") && !is_service_kind("postgresql.cnpg.io", "Backup"));
        assert!(is_service_chart("valkey") && !is_service_chart("cloudnative-pg"));
    }
}
