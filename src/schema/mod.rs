//! What the API server and the operators accept, decided offline and at the value that they would name.

pub mod image;
pub mod operator;
mod problem;
pub mod schedule;

pub use problem::{Problem, Problems};
