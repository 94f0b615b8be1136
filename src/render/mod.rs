//! What each cluster would get: targets, and the recipes that make them. A plain folder is one target.

pub mod argo;
pub mod charts;
pub mod files;
pub mod flux;
mod folders;
pub mod gather;
pub mod kustomize;
pub mod make;
mod openings;
pub mod pattern;
pub mod recipes;
mod releases;
mod roots;
pub mod substitute;
pub mod template;
mod worlds;

pub use folders::lies_in;
pub use worlds::{Failed, Opening, Root, Source, Target, Told, Used, Worlds};
