//! Rules that a CustomResourceDefinition brings along.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::rule::{ChangeContext, Context, Sink};
use crate::schema::Kind;
use crate::schema::operator::is_known;

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
    /// Rules about a change (`oldSelf`) need a state to compare with, `--base`, and are passed over without one. A rule that uses
    /// something this program cannot evaluate is listed as undecided. An object that holds a `${VAR}` or an encrypted
    /// value is not judged by rules, for they may read any part of it. The schemas that are built in hold no rules.
    pub static RULE {
        id: "schema/failed-cel",
        summary: "a rule of the object's own definition does not hold",
        scope: Resource(Any),
        codes: ["failed" => (Error, High, Validity)],
        since: "0.1.0",
        check: check,
        change: change,
    }
}

/// Rules about a change, with another state to compare with.
fn change<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pair in &context.changes.changed {
        let (old, new) = (pair.old, pair.new);
        let known = context.new.world.schemas.get(new.root).and_then(|own| own.kind(new.api_version, new.kind));
        let Some(Kind::Structural { rules: Some(rules), .. }) = known else { continue };
        if new.delivery.changes || !new.whole || is_known(new.group, new.kind) {
            continue;
        }
        for problem in &rules.check(new, Some(old.value)).failed {
            sink.problem(new, problem);
        }
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
