//! The names that databases answer to.

use super::parties::{Party, PartyKind};
use crate::graph::cnpg::cluster_reference;
use crate::yaml::Value;

impl<'w> Party<'w> {
    /// The name of the Cluster whose data it serves: its own, or the one that a Pooler stands before.
    pub fn cluster(&self) -> Option<&'w str> {
        match self.kind {
            PartyKind::Pooler => cluster_reference(self.resource).and_then(Value::known),
            _ => self.resource.name(),
        }
    }

    /// The names of its services: none for what is no database.
    pub fn services(&self) -> Vec<String> {
        let ends: &[&str] = match self.kind {
            PartyKind::Database => &["-rw", "-ro", "-r"],
            PartyKind::Pooler => &[""],
            _ => &[],
        };
        ends.iter().map(|end| format!("{}{end}", self.name)).collect()
    }
}
