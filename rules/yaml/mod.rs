//! What the files say, before anything is known of Kubernetes.

pub mod ambiguous_scalar;
pub mod duplicate_key;
pub mod syntax;
pub mod wrong_substitution_syntax;
