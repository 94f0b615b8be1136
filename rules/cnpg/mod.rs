//! What the CloudNativePG operator refuses, and what it accepts and you regret.

pub mod five_field_schedule;
pub mod in_tree_barman;
pub mod missing_backup;
pub mod missing_scheduled_backup;
pub mod operator_namespace;
pub mod shared_archive;
pub mod superuser_access;
pub mod unusable_backup_method;
