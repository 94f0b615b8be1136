//! Synchronous replication in the old form.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds `minSyncReplicas` and `maxSyncReplicas` where the operator has `postgresql.synchronous`, from 1.24 on.
    ///
    /// ## Why it matters
    /// The old pair lets the operator lower the number of replicas that a commit waits for while some are away, to
    /// `minSyncReplicas`, and below that where fewer are ready. The new stanza says what is meant: `dataDurability:
    /// required` stops writes when too few replicas answer, `preferred` goes on without them (from 1.25 on). The two
    /// forms cannot stand together, and what came later, such as quorum failover, needs the new one.
    ///
    /// ## Instead
    /// `postgresql.synchronous` with `method: any`, a `number` and a `dataDurability`.
    ///
    /// ## Limits
    /// Both forms at once, and bounds that cannot hold, are refused at admission and said there. Values that are still a `${VAR}` are left
    /// undecided.
    pub static RULE {
        id: "cnpg/legacy-sync-replicas",
        summary: "synchronous replication is set in the old form",
        scope: Resource(Cluster),
        codes: ["legacy" => (Warning, High, Reliability)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(operator) = minor(&context.versions().cnpg).filter(|minor| *minor >= 24) else { return };
    let min = cluster.spec(&["minSyncReplicas"]);
    let max = cluster.spec(&["maxSyncReplicas"]);
    for value in [min, max].into_iter().flatten() {
        if let Some(reason) = value.unknown() {
            sink.undecided(value.span(), reason);
            return;
        }
    }
    let number = |value: Option<Value<'w>>| {
        value.map_or(Some(0), |value| if value.is_null() { Some(0) } else { value.as_int() })
    };
    let (Some(least), Some(most)) = (number(min), number(max)) else { return };
    // The new form beside the old one, a lower bound above the upper one, and an upper one that the replicas do not
    // reach are refused at admission.
    let too_many = cluster.instances().is_some_and(|instances| most >= instances);
    let refused = least < 0 || most < least || too_many || cluster.spec(&["postgresql", "synchronous"]).is_some();
    let Some(place) = max.filter(|_| most > 0 && !refused) else { return };
    let message = format!("{} sets synchronous replication in a form that is superseded", cluster.title());
    let mut finding = sink
        .finding("legacy", cluster.resource(), place, message)
        .underline(place.key_or_span())
        .label("`postgresql.synchronous` replaces it");
    if let Some(min) = min {
        finding = finding.related(min.key_or_span(), "the lower bound of the same setting");
    }
    finding = finding.note(today(least, most));
    let zones = cluster.spec(&["postgresql", "syncReplicaElectionConstraint", "enabled"]);
    if let Some(zones) = zones.filter(|value| value.as_bool() == Some(true)) {
        // The operator reads it for the old form alone.
        finding = finding.related(zones.key_or_span(), "the new form does not heed this: replicas of any zone count");
    }
    let finding =
        finding.help(format!("write `postgresql.synchronous: {}` instead", replacement(least, most, operator)));
    if operator >= 25 {
        finding.help(
            "`preferred` waits for as many replicas as are there; with `required` commits stop while they are too few",
        );
    }
}

/// What a commit waits for in the old form, as operator 1.30 counts: the upper bound where as many replicas are ready, else
/// the lower one, and never more than are ready.
fn today(least: i64, most: i64) -> String {
    let replicas = if most == 1 { "replica" } else { "replicas" };
    let (fewer, below) = match least {
        _ if most == 1 => ("none".to_owned(), ""),
        0 => ("none".to_owned(), ""),
        _ if least == most => ("as many as are ready".to_owned(), ""),
        1 => ("1".to_owned(), ", and for none where none is"),
        _ => (least.to_string(), ", and for as many as are ready below that"),
    };
    let and = if below.is_empty() { ", and for" } else { ", for" };
    format!("today a commit waits for {most} {replicas}{and} {fewer} where fewer are ready{below}")
}

/// The new form that does what the old one did; before operator 1.25 one that gives way does not exist, and the lower
/// bound is what was asked for at least.
fn replacement(least: i64, most: i64, operator: u32) -> String {
    match operator {
        25.. => format!("{{method: any, number: {most}, dataDurability: preferred}}"),
        _ => format!("{{method: any, number: {}}}", if least > 0 { least } else { most }),
    }
}

fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_form_does_what_the_old_one_did() {
        for (least, most, operator, expected) in [
            (0, 1, 30, "{method: any, number: 1, dataDurability: preferred}"),
            (1, 1, 30, "{method: any, number: 1, dataDurability: preferred}"),
            (1, 3, 30, "{method: any, number: 3, dataDurability: preferred}"),
            (1, 3, 24, "{method: any, number: 1}"),
            (2, 2, 24, "{method: any, number: 2}"),
        ] {
            assert_eq!(replacement(least, most, operator), expected, "{least}..{most} on 1.{operator}");
        }
    }

    #[test]
    fn what_holds_today_is_told() {
        for (least, most, expected) in [
            (0, 1, "today a commit waits for 1 replica, and for none where fewer are ready"),
            (1, 1, "today a commit waits for 1 replica, and for none where fewer are ready"),
            (0, 3, "today a commit waits for 3 replicas, and for none where fewer are ready"),
            (1, 3, "today a commit waits for 3 replicas, for 1 where fewer are ready, and for none where none is"),
            (
                2,
                4,
                "today a commit waits for 4 replicas, for 2 where fewer are ready, and for as many as are ready below that",
            ),
            (2, 2, "today a commit waits for 2 replicas, and for as many as are ready where fewer are ready"),
        ] {
            assert_eq!(today(least, most), expected, "{least}..{most}");
        }
    }

    #[test]
    fn the_minor_is_read_from_a_version() {
        for (version, expected) in [("1.24", Some(24)), ("1.30.1", Some(30)), ("2.0", None), ("main", None)] {
            assert_eq!(minor(version), expected, "{version}");
        }
    }
}
