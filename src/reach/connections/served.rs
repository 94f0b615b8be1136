//! The names that databases answer to.

use super::parties::{Party, PartyKind};
use crate::graph::cnpg::{SERVICE_ENDS, cluster_reference};
use crate::yaml::Value;

impl<'w> Party<'w> {
    /// The name of the Cluster whose data it serves: its own, or the one that a Pooler stands before.
    pub fn cluster(&self) -> Option<&'w str> {
        match self.kind {
            PartyKind::Pooler => cluster_reference(self.resource).and_then(Value::known),
            _ => self.resource.name(),
        }
    }

    /// The names of its services, those that its Cluster asks for beside the usual ones among them: none for what is no
    /// database.
    pub fn services(&self) -> Vec<String> {
        let ends: &[&str] = match self.kind {
            PartyKind::Database => SERVICE_ENDS,
            PartyKind::Pooler => &[""],
            _ => &[],
        };
        let own = ends.iter().map(|end| format!("{}{end}", self.name));
        let added = (self.kind == PartyKind::Database)
            .then(|| self.resource.at(&["spec", "managed", "services", "additional"]))
            .flatten();
        let added = added.into_iter().flat_map(Value::items);
        let named = added.filter_map(|service| service.at(&["serviceTemplate", "metadata", "name"])?.known());
        own.chain(named.map(str::to_owned)).collect()
    }
}
