//! Rules about what Flux makes of a repo, and in which order.

pub mod dangling_reference;
pub mod dependency_cycle;
pub mod helm_repository_source;
pub mod missing_crd_policy;
pub mod missing_health_check;
pub mod missing_layer_selector;
pub mod missing_operator_dependency;
pub mod missing_remediation;
pub mod prunable_database;
pub mod undefined_variable;
pub mod unpinned_chart;
pub mod unusual_interval;
