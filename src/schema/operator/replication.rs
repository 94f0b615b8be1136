//! Replication: synchronous replicas in both forms, slots, elections, the lease of the primary and its updates.

use super::cluster::Cluster;
use super::parameters::boolean;
use super::read::{Check, Read};
use regex::Regex;

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    bounds(check, cluster);
    if check.operator >= 24 {
        synchronous(check, cluster);
    }
    let constraint = ["postgresql", "syncReplicaElectionConstraint"];
    if let Some(election) = check.spec.part(&constraint)
        && election.flag(&["enabled"]) == Read::Is(true)
        && election.count(&["nodeLabelsAntiAffinity"]) == Read::Is(0)
    {
        let fact = "replicas are to be elected by labels of nodes, and no label is named";
        let help = "name the labels in `nodeLabelsAntiAffinity`, such as `topology.kubernetes.io/zone`";
        check.refuse("election-labels", election.nearest(&["nodeLabelsAntiAffinity"]), fact, "no labels", help);
    }
    update_strategy(check, cluster);
    slots(check, cluster);
    if check.operator >= 30 {
        lease(check);
    }
}

/// What the CRD itself refuses.
pub(super) fn check_exclusive(check: &mut Check<'_, '_>) {
    let Some(postgresql) = check.spec.part(&["postgresql"]) else { return };
    let filled =
        |key: &str| postgresql.written(&["synchronous", key]).filter(|list| list.is_sequence() && !list.is_empty());
    let (pods, nodes) = (filled("podFailureDomainKeys"), filled("nodeFailureDomainKeys"));
    let code = "synchronous-exclusive";
    if let (Some(pods), Some(nodes)) = (pods, nodes) {
        let fact = "failure domains are told by labels of pods and by labels of nodes at once";
        let problem = check.refusal(code, nodes, fact).at_key().label("beside `podFailureDomainKeys`");
        let problem = problem.related(pods.key_or_span(), "the labels of pods");
        check.push(problem.help("keep one of `podFailureDomainKeys` and `nodeFailureDomainKeys`"));
    } else if let Some(keys) = pods.or(nodes)
        && postgresql.flag(&["syncReplicaElectionConstraint", "enabled"]) == Read::Is(true)
    {
        let election = postgresql.nearest(&["syncReplicaElectionConstraint"]);
        let fact = "an election by labels of nodes and failure domains of `synchronous` stand together";
        let problem = check.refusal(code, keys, fact).at_key().label("beside `syncReplicaElectionConstraint`");
        let problem = problem.related(election.key_or_span(), "the election");
        check.push(problem.help("keep one of the two"));
    }
    if postgresql.text(&["synchronous", "dataDurability"]) == Read::Is("preferred")
        && let Some(names) = filled("standbyNamesPre").or_else(|| filled("standbyNamesPost"))
    {
        let durability = postgresql.nearest(&["synchronous", "dataDurability"]);
        let fact = "`dataDurability: preferred` lets the operator choose the standbys, and some are named";
        let problem = check.refusal(code, names, fact).at_key().label("not with `preferred`");
        let problem = problem.related(durability.span(), "the durability");
        check.push(problem.help("take the names away, or write `dataDurability: required`"));
    }
    if let Read::Is(number) = postgresql.int(&["synchronous", "number"])
        && number <= 0
    {
        let value = postgresql.nearest(&["synchronous", "number"]);
        let fact = format!("`synchronous` waits for {number} replicas");
        check.refuse("synchronous-number", value, fact, "1 at least", "write 1 or more, or take `synchronous` away");
    }
}

fn bounds<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let least = check.spec.int(&["minSyncReplicas"]).or(0);
    let most = check.spec.int(&["maxSyncReplicas"]).or(0);
    let (Read::Is(least), Read::Is(most)) = (least, most) else { return };
    if least < 0 || most < 0 {
        return;
    }
    let code = "sync-bounds";
    if let Some(synchronous) = check.spec.part(&["postgresql", "synchronous"])
        && check.operator >= 24
        && (least > 0 || most > 0)
    {
        let field = if most > 0 { "maxSyncReplicas" } else { "minSyncReplicas" };
        let old = check.spec.nearest(&[field]);
        let fact = format!("synchronous replication is set by `synchronous` and by `{field}`");
        let problem = check.refusal(code, synchronous.value, fact).at_key().label(format!("beside `{field}`"));
        let problem = problem.related(old.key_or_span(), "the old form");
        check.push(problem.help("take `minSyncReplicas` and `maxSyncReplicas` away"));
        return;
    }
    if least > most {
        let value = check.spec.nearest(&["minSyncReplicas"]);
        let shown = if check.spec.written(&["maxSyncReplicas"]).is_some() {
            format!("{most}")
        } else {
            "0 by default".to_owned()
        };
        let fact = format!("`minSyncReplicas` is {least}, above `maxSyncReplicas`, which is {shown}");
        check.refuse(code, value, fact, "above the upper bound", format!("write `maxSyncReplicas: {least}` or more"));
    }
    if let Read::Is(instances) = cluster.instances
        && instances >= 1
        && most >= instances
        && most > 0
    {
        let value = check.spec.nearest(&["maxSyncReplicas"]);
        let replicas = instances - 1;
        let fact = format!("`maxSyncReplicas` is {most}, and {} stand by", counted(replicas));
        let help = if replicas > 0 {
            format!("write {replicas} or less, or add instances")
        } else {
            "take it away, or add instances".to_owned()
        };
        check.refuse(code, value, fact, "more than there are", help);
    }
}

fn counted(replicas: i64) -> String {
    match replicas {
        0 => "no replicas".to_owned(),
        1 => "1 replica".to_owned(),
        count => format!("{count} replicas"),
    }
}

fn synchronous<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    const ANNOTATION: &str = "alpha.cnpg.io/failoverQuorum";
    let by_annotation = match check.annotation(ANNOTATION) {
        Read::Is(text) => match go_bool(text) {
            Some(on) => Read::Is(on),
            None => {
                if let Some(value) = check.annotation_value(ANNOTATION) {
                    let fact = format!("the annotation `{ANNOTATION}` holds no boolean");
                    check.refuse("annotation-value", value, fact, "no boolean", "write `\"true\"` or `\"false\"`");
                }
                Read::Unknown
            }
        },
        other => other.map(|_| false),
    };
    let Some(synchronous) = check.spec.part(&["postgresql", "synchronous"]) else {
        if by_annotation == Read::Is(true)
            && check.spec.get(&["postgresql", "synchronous"]).is_absent()
            && let Some(value) = check.annotation_value(ANNOTATION)
        {
            let problem = check
                .refusal(
                    "failover-quorum",
                    check.spec.value,
                    "failover by quorum is asked for without synchronous replication",
                )
                .underline(value.span())
                .label("needs `postgresql.synchronous`");
            check.push(problem.help("describe synchronous replication in `postgresql.synchronous`, or take it away"));
        }
        return;
    };
    let (Read::Is(number), Read::Is(instances)) = (synchronous.int(&["number"]), cluster.instances) else { return };
    let (Read::Is(before), Read::Is(after)) =
        (synchronous.count(&["standbyNamesPre"]), synchronous.count(&["standbyNamesPost"]))
    else {
        return;
    };
    if number < 1 || instances < 1 {
        return;
    }
    let value = synchronous.nearest(&["number"]);
    let named = before + after;
    if number >= instances + named {
        let standbys = instances - 1 + named;
        let fact = format!("`synchronous` waits for {number}, and {} can answer", counted(standbys));
        let help = if standbys > 0 {
            format!("write {standbys} or less, or add instances")
        } else {
            "add instances, or take `synchronous` away".to_owned()
        };
        check.refuse("synchronous-number", value, fact, "more than can answer", help);
        return;
    }
    let quorum = match by_annotation {
        Read::Absent => synchronous.flag(&["failoverQuorum"]).or(false),
        other => other,
    };
    if quorum == Read::Is(true) && check.operator >= 27 && number <= named {
        let fact =
            format!("failover by quorum needs more answers than the {named} standbys named, and `number` is {number}");
        let problem = check.refusal("failover-quorum", value, fact).label(format!("{} at least", named + 1));
        check.push(problem.help("write a larger `number`, or take names of standbys away"));
    }
}

/// What Go reads as a boolean.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn update_strategy<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    if check.spec.text(&["primaryUpdateStrategy"]) == Read::Is("supervised") && cluster.instances == Read::Is(1) {
        let value = check.spec.nearest(&["primaryUpdateStrategy"]);
        let fact = "a supervised update waits for a switchover by hand, and one instance has nobody to switch to";
        check.refuse("supervised-single", value, fact, "needs two instances", "write `unsupervised`, or add instances");
    }
}

fn slots<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let high = check.spec.flag(&["replicationSlots", "highAvailability", "enabled"]).or(true);
    let synchronize = check.spec.flag(&["replicationSlots", "synchronizeReplicas", "enabled"]).or(true);
    let patterns = check.spec.written(&["replicationSlots", "synchronizeReplicas", "excludePatterns"]);
    if high == Read::Is(true) || synchronize == Read::Is(true) {
        for pattern in patterns.into_iter().flat_map(|list| list.items()) {
            if let Some(text) = pattern.known()
                && is_no_pattern(text)
            {
                let help = "write a regular expression of the RE2 syntax, such as `^debezium_`";
                check.refuse(
                    "slot-pattern",
                    pattern,
                    "a pattern for slots is no regular expression",
                    "cannot be read",
                    help,
                );
            }
        }
    }
    let extension = cluster.failover_slots();
    if let Some(parameter) = extension {
        failover_slots(check, cluster, parameter, high);
    } else if check.operator >= 27
        && check.spec.flag(&["replicationSlots", "highAvailability", "synchronizeLogicalDecoding"]) == Read::Is(true)
        && check.spec.is_complete()
    {
        logical_decoding(check, cluster);
    }
}

/// Whether Go refuses a regular expression. What the two dialects read differently is taken for good.
fn is_no_pattern(text: &str) -> bool {
    let differs = text.contains('{') || text.contains(r"\Q") || text.matches('[').count() > 1;
    !differs && Regex::new(text).is_err_and(|error| matches!(error, regex::Error::Syntax(_)))
}

fn failover_slots<'w>(
    check: &mut Check<'_, 'w>,
    cluster: &Cluster<'w>,
    parameter: crate::yaml::Value<'w>,
    high: Read<bool>,
) {
    let code = "failover-slots";
    feedback(check, cluster, "hot_standby_feedback", parameter, "`pg_failover_slots` needs it on the standbys");
    if high == Read::Is(false) {
        let value = check.spec.nearest(&["replicationSlots", "highAvailability", "enabled"]);
        let fact = "`pg_failover_slots` needs replication slots for the standbys, and they are switched off";
        let problem = check.refusal(code, value, fact).label("switched off");
        let problem = problem.related(parameter.key_or_span(), "the extension is configured here");
        check.push(problem.help("write `enabled: true`, or take the extension's parameters away"));
    }
}

fn logical_decoding<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let Read::Is(major) = cluster.major else { return };
    let switch = check.spec.nearest(&["replicationSlots", "highAvailability", "synchronizeLogicalDecoding"]);
    if major < 17 {
        let fact = format!("PostgreSQL {major} cannot keep logical slots on standbys by itself");
        let help =
            "configure the extension by parameters that begin with `pg_failover_slots.`, or move to PostgreSQL 17";
        check.refuse("failover-slots", switch, fact, "since PostgreSQL 17", help);
        return;
    }
    for name in ["hot_standby_feedback", "sync_replication_slots"] {
        feedback(check, cluster, name, switch, "`synchronizeLogicalDecoding` needs it");
    }
}

/// A parameter has to be on. A text that is no boolean at all is told as such.
fn feedback<'w>(
    check: &mut Check<'_, 'w>,
    cluster: &Cluster<'w>,
    name: &'static str,
    because: crate::yaml::Value<'w>,
    reason: &'static str,
) {
    let off = match cluster.parameter(name) {
        Read::Absent => true,
        Read::Is(text) => boolean(text) == Some(false),
        Read::Unknown => false,
    };
    if !off {
        return;
    }
    let at = check.spec.nearest(&["postgresql", "parameters", name]);
    let written = cluster.parameter_value(name);
    let place = written.map_or(because.key_or_span(), |value| value.span());
    let fact = format!("`{name}` is off, and {reason}");
    let problem = check.refusal("failover-slots", at, fact).underline(place);
    let problem = match written {
        Some(_) => problem.label("off").related(because.key_or_span(), "asked for by this"),
        None => problem.label(format!("needs `{name}`")),
    };
    check.push(problem.help(format!("write `{name}: \"on\"` in `postgresql.parameters`")));
}

fn lease(check: &mut Check<'_, '_>) {
    let Some(lease) = check.spec.part(&["primaryLease"]) else { return };
    let number = |key: &str, default: i64| lease.int(&[key]).or(default);
    let (Read::Is(duration), Read::Is(renew), Read::Is(retry)) =
        (number("leaseDurationSeconds", 15), number("renewDeadlineSeconds", 10), number("retryPeriodSeconds", 2))
    else {
        return;
    };
    if duration < 1 || renew < 1 || retry < 1 {
        return;
    }
    let code = "primary-lease";
    if duration <= renew {
        let value = lease.nearest(&["leaseDurationSeconds"]);
        let fact =
            format!("the primary's lease of {duration} s ends before its holder gives up renewing it, after {renew} s");
        let problem = check.refusal(code, value, fact).label("too short");
        check.push(problem.help(format!("write `leaseDurationSeconds: {}` or more", renew + 1)));
    }
    if 5 * renew <= 6 * retry {
        let value = lease.nearest(&["renewDeadlineSeconds"]);
        let fact = format!("renewing the primary's lease is given {renew} s and tried every {retry} s");
        let problem = check.refusal(code, value, fact).label("has to be more than 1.2 times the period");
        check.push(problem.help(format!("write `renewDeadlineSeconds: {}` or more", 6 * retry / 5 + 1)));
    }
}
