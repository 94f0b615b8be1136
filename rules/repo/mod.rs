//! The repo as a whole, and the habits of its platform.

pub mod dead_make_path;
pub mod duplicate_object;
pub mod missing_file;
pub mod missing_label;
pub mod missing_make_target;
pub mod off_pattern_name;
pub mod unapplied_manifest;
pub mod unused_suppression;
