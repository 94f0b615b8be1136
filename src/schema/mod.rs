//! What the API server and the operators accept, decided offline and at the value that they would name.

pub mod builtin;
pub mod image;
pub mod metadata;
pub mod operator;
mod problem;
pub mod schedule;
#[cfg(test)]
mod testing;
pub mod value;

pub use problem::{Problem, Problems};
