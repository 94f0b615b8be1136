//! What the API server and the operators accept, decided offline and at the value that they would name.

mod problem;

pub use problem::{Problem, Problems};
