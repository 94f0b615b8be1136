//! What the API server and the operators accept, decided offline and at the value that they would name.

pub mod builtin;
pub mod compact;
pub mod compile;
pub mod custom;
pub mod format;
pub mod image;
pub mod json_schema;
pub mod lifecycle;
pub mod metadata;
pub mod node;
pub mod operator;
mod problem;
pub mod rules;
pub mod schedule;
pub mod shipped;
pub mod stated;
mod store;
pub mod structure;
#[cfg(test)]
mod testing;
mod validity;
pub mod value;

pub use custom::{Given, GivenFile};
pub use problem::{Problem, Problems};
pub use store::{Kind, Schemas};
pub use validity::{Extent, Validity, judge};
