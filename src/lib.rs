//! tidegate reads a GitOps repo, works out what each cluster would get, and says what will be
//! refused, leak, lock itself out, or quietly not do what it says.

pub mod finding;
pub mod source;
pub mod yaml;
