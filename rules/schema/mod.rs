//! What the API server would refuse.

pub mod invalid_value;
pub mod unknown_field;
