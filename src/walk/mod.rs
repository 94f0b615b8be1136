//! t
/// A path that git ignores.
#[derive(Debug)]
pub struct Ignored;
