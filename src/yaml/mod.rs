//! YAML text to nodes with byte spans, comments, anchors and duplicate keys; scalars are kept as
//! raw text and style, and read by dialect. It knows nothing of Kubernetes.

mod arena;
mod budget;
mod comment;
mod compatibility;
mod embedded;
mod mistake;
mod parse;
mod placeholder;
mod pointer;
pub mod rendered;
pub mod scalar;
mod value;
mod walk;

pub use arena::{Document, File, NodeId, SyntaxError, SyntaxKind};
pub use comment::Comment;
pub use embedded::{parse_embedded, parse_embedded_trimmed, parse_pieces, parse_within};
pub use mistake::{Mistake, mistake};
pub use parse::parse;
pub use placeholder::{has_placeholder, placeholder};
pub use pointer::escape as escape_pointer;
pub use rendered::Rendered;
pub use scalar::{Dialect, Scalar, Style};
pub use value::{Identity, Kind, Text, Value};
pub use walk::{Step, Visit, walk};
