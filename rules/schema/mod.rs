//! What the API server would refuse.

pub mod deprecated_api;
pub mod failed_cel;
pub mod invalid_metadata;
pub mod invalid_value;
pub mod not_yet_served;
pub mod removed_api;
pub mod unknown_field;
pub mod unknown_kind;
