//! Who owns what: needs a `role` in the config.

pub mod app_data_in_platform;
pub mod platform_object_in_app;
pub mod renamed_published_object;
