//! Metadata that the API server refuses.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Finds names, namespaces, labels, annotations, finalizers and owner references that break the syntax of
    /// Kubernetes, in objects of all kinds and in Pod templates.
    ///
    /// ## Why it matters
    /// The API server refuses the object. Flux and Argo CD then stop at it, and what stands behind it in the same
    /// Kustomization or sync wave is not applied either.
    ///
    /// ## Instead
    /// Names: lower-case letters, digits, `-` and `.`; labels: letters, digits, `-`, `_` and `.`, at most 63 of them,
    /// with an optional domain and `/` before a key. Each finding says which character is in the way.
    ///
    /// ## Limits
    /// A custom kind is held to what the API server asks of all kinds; its operator may ask for more. Values that are
    /// no text are told by `schema/invalid-value`. Objects that something changes on their way are judged as they
    /// arrive, and a `${VAR}` that nothing defines is left alone. Files that look like objects and that only a tool
    /// reads, such as those of kpt or Backstage, are not looked at.
    pub static RULE {
        id: "schema/invalid-metadata",
        summary: "a name, label, annotation or other metadata breaks Kubernetes' syntax",
        scope: Resource(Any),
        codes: [
            "name" => (Error, High, Validity),
            "namespace" => (Error, High, Validity),
            "label" => (Error, High, Validity),
            "annotation" => (Error, High, Validity),
            "finalizer" => (Error, High, Validity),
            "owner" => (Error, High, Validity),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(object: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = object.resource();
    let metadata = &context.validity(resource).metadata;
    for problem in &metadata.found {
        sink.problem(resource, problem);
    }
    for (span, reason) in &metadata.undecided {
        sink.undecided(*span, reason.clone());
    }
}
