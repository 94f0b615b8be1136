//! Rules that a CustomResourceDefinition brings along.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Evaluates the rules in `x-kubernetes-validations` of CustomResourceDefinitions, those of a folder given with
    /// `--crds` and those among the objects of the repo, over every object of their kinds, with defaults filled in.
    ///
    /// ## Why it matters
    /// The API server evaluates the same rules on apply and refuses the object.
    ///
    /// ## Instead
    /// What the message of the rule asks for; its author wrote it.
    ///
    /// ## Limits
    /// Rules about a change (`oldSelf`) need a state to compare with and are passed over without one. A rule that uses
    /// something this program cannot evaluate is listed as undecided. An object that holds a `${VAR}` or an encrypted
    /// value is not judged by rules, for they may read any part of it. The schemas that are built in hold no rules.
    pub static RULE {
        id: "schema/failed-cel",
        summary: "a rule of the object's own definition does not hold",
        scope: Resource(Any),
        codes: ["failed" => (Error, High, Validity)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    let verdict = &context.validity(resource).rules;
    for problem in &verdict.failed {
        sink.problem(resource, problem);
    }
    for rule in &verdict.unevaluated {
        let rule = rule.split_whitespace().collect::<Vec<_>>().join(" ");
        sink.undecided(resource.headline().span(), format!("this rule of its definition cannot be evaluated: {rule}"));
    }
}
