//! Applies the fixes of findings: which edits go together, what a text becomes, what a diff shows,
//! and the writing of files. It does not decide what a fix is, nor print anything.

mod changes;
mod plan;
mod write;

pub use changes::{Hunk, diff, hunks};
pub use plan::{Applied, FilePlan, Plan, Reason, Skipped, apply};
pub use write::{FixReport, WriteError, replace_file};

#[cfg(test)]
mod tests;
