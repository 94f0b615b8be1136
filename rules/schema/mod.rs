//! What the API server refuses.

pub mod invalid_metadata;
