//! Rules about what Flux makes of a repo, and in which order.

pub mod dangling_reference;
pub mod dependency_cycle;
pub mod missing_health_check;
pub mod missing_operator_dependency;
pub mod prunable_database;
pub mod undefined_variable;
