//! What the config says of databases: which clusters are shared, where the operator runs, which label
//! marks a client.

use super::Spanned;
use std::fmt;

/// An object by namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The CloudNativePG operator as the config describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// The namespace it runs in.
    pub namespace: Option<Spanned<String>>,
    /// Its version as written, `major.minor` or with a patch number.
    pub version: Option<Spanned<String>>,
}

/// What the config says of databases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Databases {
    /// Clusters that several apps use.
    pub shared: Vec<Spanned<ObjectRef>>,
    /// Namespaces that hold databases.
    pub namespaces: Vec<Spanned<String>>,
    /// The operator.
    pub operator: Operator,
    /// The label key that marks Pods which may reach a database.
    pub client_label: Option<Spanned<String>>,
}

impl Databases {
    /// The entry that says that several apps share this cluster.
    pub fn shared_entry(&self, namespace: &str, name: &str) -> Option<&Spanned<ObjectRef>> {
        self.shared.iter().find(|entry| entry.value.namespace == namespace && entry.value.name == name)
    }
}
