//! Who owns what: needs a `role` in the config.

pub mod app_data_in_platform;
pub mod broken_contract;
pub mod bundled_database;
pub mod foreign_namespace;
pub mod platform_object_in_app;
pub mod renamed_published_object;
pub mod service_in_runtime;
