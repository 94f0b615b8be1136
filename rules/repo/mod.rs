//! The repo as a whole, and the habits of its platform.

pub mod duplicate_object;
pub mod unused_suppression;
