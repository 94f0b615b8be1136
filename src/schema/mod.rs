//! What the API server and the operators accept, decided offline and at the value that they would name.

pub mod builtin;
pub mod metadata;
mod problem;
#[cfg(test)]
mod testing;
pub mod value;

pub use problem::{Problem, Problems};
