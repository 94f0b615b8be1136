//! CloudNativePG objects: clusters, poolers, databases, roles, backups, object stores, catalogs.

use super::View;
use super::view::view;
use crate::manifest::Resource;
use crate::yaml::Value;

/// The API group of the operator.
pub const GROUP: &str = "postgresql.cnpg.io";

view!(
    /// A PostgreSQL cluster.
    Cluster, "postgresql.cnpg.io", "Cluster"
);
view!(
    /// A connection pooler of a cluster.
    Pooler, "postgresql.cnpg.io", "Pooler"
);
view!(
    /// A database in a cluster.
    Database, "postgresql.cnpg.io", "Database"
);
view!(
    /// A role in a cluster, since operator 1.30.
    DatabaseRole, "postgresql.cnpg.io", "DatabaseRole"
);
view!(
    /// One backup of a cluster.
    Backup, "postgresql.cnpg.io", "Backup"
);
view!(
    /// Backups of a cluster on a schedule.
    ScheduledBackup, "postgresql.cnpg.io", "ScheduledBackup"
);
view!(
    /// A logical publication.
    Publication, "postgresql.cnpg.io", "Publication"
);
view!(
    /// A logical subscription.
    Subscription, "postgresql.cnpg.io", "Subscription"
);
view!(
    /// A catalog of images in a namespace.
    ImageCatalog, "postgresql.cnpg.io", "ImageCatalog"
);
view!(
    /// A catalog of images for all namespaces.
    ClusterImageCatalog, "postgresql.cnpg.io", "ClusterImageCatalog"
);
view!(
    /// A place for backups of the barman-cloud plugin.
    ObjectStore, "barmancloud.cnpg.io", "ObjectStore"
);

/// Name of the barman-cloud plugin in `spec.plugins`.
pub const BARMAN_PLUGIN: &str = "barman-cloud.cloudnative-pg.io";

/// How a cluster comes into being.
#[derive(Clone, Copy, Debug)]
pub enum Bootstrap<'w> {
    /// A new, empty cluster; the value of `initdb`, where it is written.
    Initdb(Option<Value<'w>>),
    /// From a backup.
    Recovery(Value<'w>),
    /// A physical copy of another server.
    Basebackup(Value<'w>),
}

impl<'w> Cluster<'w> {
    /// A field below `spec`.
    pub fn spec(&self, path: &[&str]) -> Option<Value<'w>> {
        spec(self.resource(), path)
    }

    /// `spec.instances`; 1 where it is not written, as the CRD defaults it.
    pub fn instances(&self) -> Option<i64> {
        match self.spec(&["instances"]) {
            None => Some(1),
            Some(value) if value.is_null() => Some(1),
            Some(value) => value.as_int(),
        }
    }

    /// How the cluster comes into being. Without a `bootstrap` it is an empty `initdb`.
    pub fn bootstrap(&self) -> Bootstrap<'w> {
        let written = |key: &str| self.spec(&["bootstrap", key]);
        if let Some(recovery) = written("recovery") {
            Bootstrap::Recovery(recovery)
        } else if let Some(copy) = written("pg_basebackup") {
            Bootstrap::Basebackup(copy)
        } else {
            Bootstrap::Initdb(written("initdb"))
        }
    }

    /// Whether it is a replica of another cluster: `spec.replica.enabled`, or a distributed topology
    /// in which another cluster is primary.
    pub fn is_replica(&self) -> bool {
        let Some(replica) = self.spec(&["replica"]) else { return false };
        match replica.get("enabled") {
            Some(enabled) => enabled.as_bool() != Some(false),
            None => match (replica.get("primary").and_then(Value::known), self.written_name()) {
                (Some(primary), Some(name)) => {
                    let own = replica.get("self").and_then(Value::known).unwrap_or(name);
                    primary != own
                }
                _ => true,
            },
        }
    }

    /// Entries of `spec.managed.roles`.
    pub fn managed_roles(&self) -> impl Iterator<Item = Value<'w>> {
        self.spec(&["managed", "roles"]).into_iter().flat_map(Value::items)
    }

    /// Entries of `spec.plugins` that are not switched off.
    pub fn plugins(&self) -> impl Iterator<Item = Value<'w>> {
        self.spec(&["plugins"])
            .into_iter()
            .flat_map(Value::items)
            .filter(|plugin| plugin.get("enabled").and_then(Value::as_bool) != Some(false))
    }

    /// Entries of `spec.externalClusters`.
    pub fn external_clusters(&self) -> impl Iterator<Item = Value<'w>> {
        self.spec(&["externalClusters"]).into_iter().flat_map(Value::items)
    }

    /// `spec.imageName`.
    pub fn image_name(&self) -> Option<Value<'w>> {
        self.spec(&["imageName"])
    }
}

/// What the names of a Cluster's own services end in: the primary, the replicas, and any instance.
pub const SERVICE_ENDS: &[&str] = &["-rw", "-ro", "-r"];

/// The name of the Cluster whose own service is called so, if it is called like one.
pub fn cluster_of_service(service: &str) -> Option<&str> {
    SERVICE_ENDS.iter().find_map(|end| service.strip_suffix(end)).filter(|cluster| !cluster.is_empty())
}

/// The reference of a Pooler, Database, role or backup to its cluster: `spec.cluster.name`.
pub fn cluster_reference<'w>(resource: &'w Resource<'w>) -> Option<Value<'w>> {
    resource.at(&["spec", "cluster", "name"])
}

/// A field below `spec`.
pub fn spec<'w>(resource: &'w Resource<'w>, path: &[&str]) -> Option<Value<'w>> {
    resource.at(&["spec"])?.at(path)
}
