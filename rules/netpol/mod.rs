//! Who may reach what, decided by computing it from the network policies.

pub mod dead_selector;
pub mod hard_coded_clients;
pub mod missing_default_deny;
pub mod open_database;

use crate::manifest::By;
use crate::reach::Reach;
use crate::rule::TargetContext;

/// The reach of a target. Policies that nothing is seen to deliver may be in force too.
fn reach<'w>(context: &TargetContext<'_, 'w>) -> Reach<'w> {
    let strays = context
        .world
        .resources
        .iter()
        .filter(|resource| resource.root == context.target.root && resource.delivery.by == By::Nobody);
    Reach::new(context.graph, strays)
}
