//! tidegate reads a GitOps repo, works out what each cluster would get, and says what will be
//! refused, leak, lock itself out, or quietly not do what it says.

pub mod cli;
pub mod config;
pub mod contract;
pub mod engine;
pub mod finding;
pub mod fix;
pub mod graph;
pub mod habits;
pub mod manifest;
pub mod reach;
pub mod render;
pub mod report;
pub mod rule;
pub mod schema;
pub mod source;
pub mod tree;
pub mod walk;
pub mod yaml;

#[path = "../rules/mod.rs"]
pub mod rules;
