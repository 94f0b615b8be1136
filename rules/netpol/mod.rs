//! Who may reach what, decided by computing it from the network policies.

pub mod blocked_backup;
pub mod blocked_dns;
pub mod blocked_kube_api;
pub mod blocked_metrics;
pub mod blocked_operator;
pub mod blocked_plugin;
pub mod blocked_pooler;
pub mod blocked_replication;
pub mod bypassed_pooler;
pub mod dead_selector;
pub mod hard_coded_clients;
pub mod ineffective_policy;
pub mod lost_default_deny;
pub mod missing_default_deny;
pub mod missing_namespace_label;
pub mod open_database;
pub mod self_granted_access;
pub mod unlabelled_client;
pub mod unused_opt_in;
pub mod widened_reachability;
