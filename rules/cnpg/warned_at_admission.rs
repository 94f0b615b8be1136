//! What the CloudNativePG operator accepts with a warning.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::rule::{Context, Sink};
use crate::schema::Problems;
use crate::schema::operator::check_warnings;

declare_rule! {
    /// ## What it does
    /// Finds what the operator accepts with a warning. A warning that nearly every cluster gets is a note.
    ///
    /// ## Why it matters
    /// The operator says at admission what it is going to drop, what it passes over and what may lose data. Under GitOps the
    /// one who reads that is a controller: nobody sees it.
    ///
    /// ## Instead
    /// Each finding says what to write. Commits that wait for a replica need `postgresql.synchronous`; what is
    /// deprecated has a successor.
    ///
    /// ## Limits
    /// Backups by `barmanObjectStore` and schedules with five fields have rules of their own. What the operator
    /// warns of by the state of a running cluster is not judged. The operator's version is the one that the repo, the config
    /// or the command line says, else the newest known.
    pub static RULE {
        id: "cnpg/warned-at-admission",
        summary: "the operator accepts the object with a warning",
        scope: Resource(Any),
        codes: [
            "asynchronous" => (Note, High, Validity),
            "bare-size" => (Warning, High, Validity),
            "deprecated-monitor" => (Warning, High, Validity),
            "deprecated-secret" => (Warning, High, Validity),
            "descriptor" => (Note, High, Validity),
            "five-fields" => (Warning, High, Validity),
            "maintenance-window" => (Warning, High, Validity),
            "manual-authentication" => (Note, High, Validity),
            "metrics-without-cache" => (Warning, High, Validity),
            "retention-without-store" => (Warning, High, Validity),
            "validation-value" => (Warning, High, Validity),
            "volume-twice" => (Warning, High, Validity),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    // What the API server refuses for its structure never comes before the operator.
    let validity = context.validity(any.resource());
    if !validity.unknown_fields.is_empty() || !validity.values.found.is_empty() {
        return;
    }
    let mut problems = Problems::default();
    check_warnings(any.resource(), context.versions(), &mut problems);
    for problem in &problems.found {
        sink.problem(any.resource(), problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::operator::WARNINGS;

    #[test]
    fn the_codes_are_those_of_the_checks() {
        let codes: Vec<&str> = RULE.codes.iter().map(|code| code.name).collect();
        assert_eq!(codes, WARNINGS);
    }
}
