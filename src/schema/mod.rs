//! What the API server and the operators accept, decided offline and at the value that they would name.

pub mod compact;
pub mod custom;
pub mod format;
pub mod json_schema;
pub mod lifecycle;
pub mod node;
mod pattern;
mod problem;
pub mod rules;
pub mod shipped;
pub mod stated;
mod store;
pub mod structure;
mod validity;

pub use custom::{Given, GivenFile};
pub use problem::{Problem, Problems};
pub use store::{Kind, Schemas};
pub use validity::{Extent, Validity, judge};
