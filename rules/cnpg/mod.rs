//! What the CloudNativePG operator refuses, and what it accepts and you regret.

pub mod dangling_reference;
pub mod database_owner_without_role;
pub mod duplicate_database;
pub mod five_field_schedule;
pub mod floating_image;
pub mod in_tree_barman;
pub mod ineffective_bootstrap_change;
pub mod ineffective_field;
pub mod leftover_switch;
pub mod legacy_sync_replicas;
pub mod missing_backup;
pub mod missing_scheduled_backup;
pub mod missing_wal_archiver;
pub mod operator_namespace;
pub mod rejected_at_admission;
pub mod shadowed_service;
pub mod shared_archive;
pub mod shared_node;
pub mod single_instance;
pub mod superuser_access;
pub mod unbounded_resources;
pub mod unsafe_transaction_pooling;
pub mod unsupported_postgres;
pub mod unusable_backup_method;
pub mod warned_at_admission;
pub mod weak_client_authentication;
