//! Who may reach what, decided by computing it from the network policies.

pub mod dead_selector;
pub mod hard_coded_clients;
pub mod lost_default_deny;
pub mod missing_default_deny;
pub mod open_database;
