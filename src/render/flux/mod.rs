//! What Flux makes of a repo: from the path that a cluster starts from, through every Kustomization
//! that is found on the way, with its variables.

mod apply;
mod entries;
mod generated;
mod resourceset;
mod run;
mod variables;

pub use apply::{Refused, Undefined};
pub(in crate::render) use entries::names as short_names;
pub use entries::{Entry, entries, sync};
pub use generated::build as build_folder;
pub(in crate::render) use run::bare_url;
pub use run::{Applied, Set, Told, Trouble, is_strict, run};
pub use variables::Reference;

/// The group of Flux's Kustomization.
pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";
