//! What the API server would refuse.

pub mod failed_cel;
pub mod invalid_value;
pub mod unknown_field;
