//! What the CloudNativePG operator, or the definitions of its kinds, refuse.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::{Any, View};
use crate::manifest::Resource;
use crate::rule::{ChangeContext, Context, Sink};
use crate::schema::Problems;
use crate::schema::operator::{check_refusals, check_update};

declare_rule! {
    /// ## What it does
    /// Finds objects of CloudNativePG that are refused when they are applied: by the operator's admission webhooks,
    /// after the defaults that the operator fills in, or by what the definitions of its kinds say across fields.
    ///
    /// ## Why it matters
    /// A merge that looks fine stops at the cluster: Flux or Argo CD tells of a webhook that denied the request, and with it
    /// everything that was to be applied together waits. Where the webhook is not reached, the operator
    /// checks the same again and leaves the object alone.
    ///
    /// ## Instead
    /// Each finding says what to write. The facts are those of operator 1.30, and of the version that the repo, the config or
    /// `--cnpg-version` names where a check is younger than that. With `--base`, what may not change is told too: a volume
    /// that shrinks, a field that keeps its value, a PostgreSQL that goes back.
    ///
    /// ## Limits
    /// Fields that do not exist, wrong types and missing required fields are the matter of the schema. What needs the
    /// cluster is not judged: whether volume snapshots are there, the state of a running database, a patch of pods
    /// beyond its form. Values that are still a `${VAR}`, or encrypted, are taken for good. Whether a replica of a
    /// distributed topology is made anew, without its origin, or was demoted is left undecided. An object with
    /// `cnpg.io/validation: disabled` is judged by its definition alone, from operator 1.26 on.
    pub static RULE {
        id: "cnpg/rejected-at-admission",
        summary: "the operator refuses the object",
        scope: Resource(Any),
        codes: [
            "annotation-value" => (Error, High, Validity),
            "anti-affinity" => (Error, High, Validity),
            "backup-method" => (Error, High, Validity),
            "bootstrap-methods" => (Error, High, Validity),
            "catalog-major-twice" => (Error, High, Validity),
            "catalog-reference" => (Error, High, Validity),
            "certificate-authority" => (Error, High, Validity),
            "certificate-names" => (Error, High, Validity),
            "cluster-name" => (Error, High, Validity),
            "database-role" => (Error, High, Validity),
            "election-labels" => (Error, High, Validity),
            "empty-reference" => (Error, High, Validity),
            "extension-image" => (Error, High, Validity),
            "extension-path" => (Error, High, Validity),
            "extension-placeholder" => (Error, High, Validity),
            "extension-volume" => (Error, High, Validity),
            "external-cluster-twice" => (Error, High, Validity),
            "failover-quorum" => (Error, High, Validity),
            "failover-slots" => (Error, High, Validity),
            "fixed-field" => (Error, High, Validity),
            "host-rule" => (Error, High, Validity),
            "image-tag" => (Error, High, Validity),
            "image-twice" => (Error, High, Validity),
            "image-with-parameters" => (Error, High, Validity),
            "import-databases" => (Error, High, Validity),
            "import-roles" => (Error, High, Validity),
            "import-sql" => (Error, High, Validity),
            "ldap" => (Error, High, Validity),
            "listed-twice" => (Error, High, Validity),
            "locale-provider" => (Error, High, Validity),
            "lost-volume" => (Error, High, Validity),
            "major-version" => (Error, High, Validity),
            "managed-role" => (Error, High, Validity),
            "managed-service" => (Error, High, Validity),
            "old-postgres" => (Error, High, Validity),
            "operator-parameter" => (Error, High, Validity),
            "owner-without-database" => (Error, High, Validity),
            "parameter-boolean" => (Error, High, Validity),
            "parameter-name" => (Error, High, Validity),
            "parameter-size" => (Error, High, Validity),
            "pod-selector" => (Error, High, Validity),
            "pooler-authentication" => (Error, High, Validity),
            "pooler-certificate" => (Error, High, Validity),
            "pooler-instances" => (Error, High, Validity),
            "pooler-name" => (Error, High, Validity),
            "pooler-parameter" => (Error, High, Validity),
            "primary-lease" => (Error, High, Validity),
            "promotion-token" => (Error, High, Validity),
            "publication-target" => (Error, High, Validity),
            "pull-policy" => (Error, High, Validity),
            "recovery-point" => (Error, High, Validity),
            "recovery-snapshots" => (Error, High, Validity),
            "recovery-target" => (Error, High, Validity),
            "replica-mode" => (Error, High, Validity),
            "replica-origin" => (Error, High, Validity),
            "reserved-database" => (Error, High, Validity),
            "reserved-environment" => (Error, High, Validity),
            "resources" => (Error, High, Validity),
            "schedule" => (Error, High, Validity),
            "scratch-space-twice" => (Error, High, Validity),
            "service-account-twice" => (Error, High, Validity),
            "shrinking-volume" => (Error, High, Validity),
            "slot-pattern" => (Error, High, Validity),
            "slot-prefix" => (Error, High, Validity),
            "store-credentials" => (Error, High, Validity),
            "supervised-single" => (Error, High, Validity),
            "sync-bounds" => (Error, High, Validity),
            "synchronous-exclusive" => (Error, High, Validity),
            "synchronous-number" => (Error, High, Validity),
            "tablespace-name" => (Error, High, Validity),
            "toleration" => (Error, High, Validity),
            "unknown-external-cluster" => (Error, High, Validity),
            "unknown-tablespace" => (Error, High, Validity),
            "unknown-wrapper" => (Error, High, Validity),
            "unreachable-external-cluster" => (Error, High, Validity),
            "unsafe-path" => (Error, High, Validity),
            "volume-size" => (Error, High, Validity),
            "wal-archivers" => (Error, High, Validity),
            "wal-level" => (Error, High, Validity),
            "wal-segment-size" => (Error, High, Validity),
            "wal-size" => (Error, High, Validity),
        ],
        since: "0.1.0",
        check: check,
        change: change,
    }
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    let mut problems = Problems::default();
    if is_all_there_is(resource, context) {
        let whole = Resource { whole: true, ..resource.clone() };
        check_refusals(&whole, context.versions(), &mut problems);
    } else {
        check_refusals(resource, context.versions(), &mut problems);
    }
    for problem in &problems.found {
        sink.problem(resource, problem);
    }
    for (span, reason) in problems.undecided {
        sink.undecided(span, reason);
    }
}

/// What is refused of a change alone, with another state to compare with.
fn change<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pair in &context.changes.changed {
        let mut problems = Problems::default();
        check_update(pair.old, pair.new, &context.new.world.versions[pair.new.root], &mut problems);
        for problem in &problems.found {
            sink.problem(pair.new, problem);
        }
    }
}

/// Whether what looks like a part of a Cluster has nothing beside it that could be the rest.
fn is_all_there_is(resource: &Resource<'_>, context: &Context<'_, '_>) -> bool {
    let is_patch = resource.value.get("$patch").is_some() || resource.at(&["spec", "$patch"]).is_some();
    !resource.whole && !is_patch && resource.is(GROUP, Cluster::KIND) && context.world.lone[resource.root]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::operator::REFUSALS;

    #[test]
    fn the_codes_are_those_of_the_checks() {
        let codes: Vec<&str> = RULE.codes.iter().map(|code| code.name).collect();
        assert_eq!(codes, REFUSALS);
    }
}
