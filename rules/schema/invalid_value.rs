//! Values that the API server refuses.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::rule::{ChangeContext, Context, Sink};
use crate::schema::Problems;
use crate::schema::builtin::check_update;

declare_rule! {
    /// ## What it does
    /// Finds values that the API server refuses: a wrong type, a required field that is missing, a word that is not one
    /// of those allowed, a number out of bounds, a text of the wrong form or length, the same key twice in a list. With
    /// `--base` also changes of what keeps its value: selectors, claim templates, a Job's template, sealed Secrets.
    ///
    /// ## Why it matters
    /// The object is refused on apply, after the merge. With Flux, all else in the same Kustomization waits for it.
    ///
    /// ## Instead
    /// What the finding says that the field takes.
    ///
    /// ## Limits
    /// Kinds without a known schema are not looked at; `--crds` names a folder with theirs. Documents that are only a
    /// part of an object are left alone, and missing fields are not told where a kustomization that is not worked out
    /// may add them. Values that are a `${VAR}` or encrypted are left alone.
    pub static RULE {
        id: "schema/invalid-value",
        summary: "a value that the API server refuses",
        scope: Resource(Any),
        codes: [
            "type" => (Error, High, Validity),
            "missing" => (Error, High, Validity),
            "enum" => (Error, High, Validity),
            "pattern" => (Error, High, Validity),
            "format" => (Error, High, Validity),
            "bound" => (Error, High, Validity),
            "length" => (Error, High, Validity),
            "count" => (Error, High, Validity),
            "combination" => (Error, High, Validity),
            "null" => (Error, High, Validity),
            "schema" => (Error, High, Validity),
            "server-side-apply" => (Warning, High, Validity),
            "cross-field" => (Error, High, Validity),
            "duplicate" => (Error, High, Validity),
            "reference" => (Error, High, Validity),
            "quantity" => (Error, High, Validity),
            "duration" => (Error, High, Validity),
            "port" => (Error, High, Validity),
            "address" => (Error, High, Validity),
            "selector" => (Error, High, Validity),
            "cron" => (Error, High, Validity),
            "expression" => (Error, High, Validity),
            "size" => (Error, High, Validity),
            "name" => (Error, High, Validity),
            "immutable" => (Error, High, Validity),
        ],
        since: "0.1.0",
        check: check,
        change: change,
    }
}

/// What may not change once an object is there, with another state to compare with.
fn change<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resources = context.new.world.resources.iter();
    let forced = resources.filter(|one| one.is("kustomize.toolkit.fluxcd.io", "Kustomization"));
    let forced = forced.filter_map(|one| one.at(&["spec", "force"])).any(|force| force.as_bool() == Some(true));
    for pair in &context.changes.changed {
        let mut problems = Problems::default();
        check_update(pair.old, pair.new, &mut problems);
        for problem in &problems.found {
            if forced {
                let reason = "a Flux Kustomization with `force: true` may make the object anew";
                sink.undecided(problem.at.span(), reason);
            } else {
                sink.problem(pair.new, problem);
            }
        }
    }
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    let values = &context.validity(resource).values;
    for problem in &values.found {
        sink.problem(resource, problem);
    }
    for (span, reason) in &values.undecided {
        sink.undecided(*span, reason.clone());
    }
}
