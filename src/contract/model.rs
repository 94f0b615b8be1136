//! The types of a contract, as they are written to its file. Lists are sorted, so that a file changes only where
//! the platform does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format.
pub const VERSION: u32 = 1;

/// What a platform offers to the apps that use its databases. No value of a Secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Contract {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The CloudNativePG operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorOffer>,
    /// Namespaces that belong to the platform, and those into which it may bring what is not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<NamespaceOffer>,
    /// PostgreSQL clusters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<ClusterOffer>,
    /// Secrets that the platform makes, beside its clusters and in other namespaces: names and keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretOffer>,
    /// Why the platform may bring Secrets that are not listed; absent where the list is whole but for what is made by
    /// hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets_incomplete: Option<String>,
}

impl Default for Contract {
    fn default() -> Contract {
        Contract {
            version: VERSION,
            operator: None,
            namespaces: Vec::new(),
            clusters: Vec::new(),
            secrets: Vec::new(),
            secrets_incomplete: None,
        }
    }
}

/// The CloudNativePG operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OperatorOffer {
    /// The namespace it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its version, `major.minor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A namespace of the platform, or one into which it brings something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NamespaceOffer {
    /// Its name.
    pub name: String,
    /// Whether the platform's databases live here, and nobody else's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub databases: bool,
    /// Why it may hold clusters, services or Secrets that are not listed; absent where the lists are whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
}

/// A PostgreSQL cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClusterOffer {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether several apps are meant to use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// The PostgreSQL major version, where it is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgresql: Option<u32>,
    /// How many instances it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<i64>,
    /// Hosts by which apps reach it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceOffer>,
    /// Which namespaces may reach it; absent where no policy limits that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<ClientRule>,
    /// Login roles and owners that the platform declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Why there may be roles that are not listed; absent where the list is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles_incomplete: Option<String>,
    /// Databases that the platform declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    /// Why there may be databases and roles that nobody declares; absent where they are made by what is declared only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub databases_incomplete: Option<String>,
    /// The storage class of its volumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// How it is backed up; absent where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupPolicy>,
}

impl ClusterOffer {
    /// `namespace/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// What a service leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// The primary.
    ReadWrite,
    /// Replicas.
    ReadOnly,
    /// Any instance.
    Read,
    /// What its selector says.
    Custom,
}

impl Access {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Access::ReadWrite => "read-write",
            Access::ReadOnly => "read-only",
            Access::Read => "read",
            Access::Custom => "custom",
        }
    }
}

/// A host by which apps reach a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ServiceOffer {
    /// Service and namespace, as in `main-rw.databases`.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What it leads to.
    pub access: Access,
    /// The pool mode, where it is a Pooler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_mode: Option<String>,
    /// Which namespaces may reach it, where that is not what holds for the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<ClientRule>,
}

/// Which namespaces may reach a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClientRule {
    /// Labels by which a namespace opts in; one of them is enough.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Namespaces that are let in by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Whether others may be let in by means that this list cannot say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
}

/// How a cluster is backed up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BackupPolicy {
    /// `plugin`, `barmanObjectStore` or `volumeSnapshot`.
    pub method: String,
    /// How long backups are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
    /// When base backups are taken, as the operator reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<String>,
}

/// A Secret by name and keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecretOffer {
    /// Its namespace; absent where the platform may bring it to any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Whether it may have other keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more_keys: bool,
    /// Whether objects of the platform use it themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Whether the platform may bring one of that name to any other namespace, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anywhere: bool,
}

impl SecretOffer {
    /// `namespace/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}
