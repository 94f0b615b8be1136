//! The pods and jobs around the database.

pub mod added_capabilities;
pub mod direct_connection;
pub mod install_at_start;
pub mod missing_pod_security_label;
pub mod privilege_escalation;
pub mod runs_as_root;
pub mod unpinned_image;
