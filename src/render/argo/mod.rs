//! What Argo CD makes of a repo: from the Applications and ApplicationSets that somebody applies, through every one
//! that is found on the way, to the objects of each cluster.

mod applicationset;
mod directory;
mod entries;
mod generators;
mod named;
mod overrides;
mod parameters;
mod repository;
mod run;
mod sources;
mod template;

pub(in crate::render) use entries::{Entry, entries};
pub(in crate::render) use named::{Named, fixed_part, matcher, may_name, named};
pub(in crate::render) use run::Outcome;
use run::run;
pub use run::{Followed, SetRun, Site};
pub use sources::{MissingFile, Sourced, Trouble};

#[cfg(test)]
mod tests;

/// The group of Argo CD's kinds.
pub const GROUP: &str = "argoproj.io";

/// What Argo CD calls the cluster it runs in.
pub const HOME: &str = "in-cluster";

/// Why an ApplicationSet over clusters is open.
const CLUSTERS: &str = "which clusters Argo CD knows is not written in this repo";
