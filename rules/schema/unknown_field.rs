//! Fields that a type does not have.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Finds fields that the type of the object does not have, in Kubernetes' own kinds and in every custom kind whose
    /// schema is known.
    ///
    /// ## Why it matters
    /// The API server drops such a field, or refuses the object where validation is strict, as Flux and `kubectl apply`
    /// ask for it. Dropped, the setting that somebody wrote does nothing, and nobody is told.
    ///
    /// ## Instead
    /// The field of the nearest name, or the same field where it belongs; often it is only indented wrongly.
    ///
    /// ## Limits
    /// Kinds without a known schema are not looked at; `--crds` names a folder with theirs, and definitions in the repo
    /// itself are read. Documents that are only a part of an object are left alone. Where a schema lets any field
    /// through, as for the values of a Helm release, any is fine.
    pub static RULE {
        id: "schema/unknown-field",
        summary: "a field that the type of the object does not have",
        scope: Resource(Any),
        codes: ["unknown" => (Error, High, Validity)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    for problem in &context.validity(resource).unknown_fields {
        sink.problem(resource, problem);
    }
}
