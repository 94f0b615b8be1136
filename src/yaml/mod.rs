//! YAML text to nodes with byte spans, comments, anchors and duplicate keys; scalars are kept as
//! raw text and style, and read by dialect. It knows nothing of Kubernetes.

mod arena;
mod budget;
mod compatibility;
mod mistake;
mod parse;
mod pointer;
pub mod scalar;
mod value;
mod walk;

pub use arena::{Comment, Document, File, NodeId, SyntaxError, SyntaxKind};
pub use mistake::{Mistake, mistake};
pub use parse::parse;
pub use pointer::escape as escape_pointer;
pub use scalar::{Dialect, Scalar, Style};
pub use value::{Kind, Text, Value, has_placeholder, placeholder};
pub use walk::{Step, Visit, walk};
