//! `kustomize build` in this process, with the origin of every value. Facts: kustomize 5.5, as
//! `kubectl kustomize` of Kubernetes 1.32 has it.

pub mod accumulate;
mod builtin;
mod components;
mod crds;
mod fields;
mod finish;
pub mod generate;
pub mod hash;
mod label_selector;
pub mod load;
mod notes;
mod object;
pub mod order;
pub mod patch;
mod reread;
pub mod settings;
mod steps;
pub mod transform;

#[cfg(test)]
mod tests;

use crate::source::Span;

pub use accumulate::{Accumulated, Build, Builder, Gap, GapKind};
pub use generate::Restrict;
pub use notes::Told;
pub use object::{Generated, Id, Object};
pub use order::Order;
pub use patch::{Idle, Misfit, Near};

/// Why kustomize does not build: what it refuses, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The place that causes it.
    pub span: Span,
    /// What is wrong, lower-case, without a full stop.
    pub message: String,
    /// Other places that say why.
    pub related: Vec<(Span, String)>,
    /// Why it may build all the same, if so: something that takes part is not seen.
    pub open: Option<String>,
}

impl Refusal {
    /// A refusal at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Refusal {
        Refusal { span, message: message.into(), related: Vec::new(), open: None }
    }

    /// The same with another place that says why.
    pub fn with(mut self, span: Span, text: impl Into<String>) -> Refusal {
        self.related.push((span, text.into()));
        self
    }

    /// The same, unless something that is not seen makes it right.
    pub fn unless(mut self, open: impl Into<Option<String>>) -> Refusal {
        self.open = self.open.or(open.into());
        self
    }
}

/// What a step of a build gives.
pub type Built<T> = Result<T, Refusal>;

/// The value at the end of a field path, by group, version and kind: where a transformer has to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The group; none for any.
    pub group: Option<String>,
    /// The version; none for any.
    pub version: Option<String>,
    /// The kind; none for any.
    pub kind: Option<String>,
    /// The path as kustomize writes it, `spec/template/metadata/labels`; a step that ends in `[]` goes into
    /// every item of a sequence; `\/` is a slash within a step.
    pub path: String,
    /// Whether what is missing on the way is put there.
    pub create: bool,
}
