//! Replication within a cluster, and clusters that follow others.

use super::{check_clusters, cluster, refusals};

#[test]
fn bounds_of_the_old_form() {
    check_clusters(&[
        ("instances: 3\nminSyncReplicas: 1\nmaxSyncReplicas: 2", &[]),
        ("instances: 3\nminSyncReplicas: 2\nmaxSyncReplicas: 1", &["sync-bounds /spec/minSyncReplicas"]),
        ("instances: 3\nmaxSyncReplicas: 3", &["sync-bounds /spec/maxSyncReplicas"]),
        ("instances: ${COUNT}\nmaxSyncReplicas: 3", &[]),
        (
            "instances: 3\nmaxSyncReplicas: 1\npostgresql: {synchronous: {method: any, number: 1}}",
            &["sync-bounds /spec/postgresql/synchronous"],
        ),
    ]);
}

#[test]
fn synchronous_replicas_that_can_answer() {
    let at = "/spec/postgresql/synchronous";
    for (lines, expected) in [
        ("number: 2", None),
        ("number: 0", Some(format!("synchronous-number {at}/number"))),
        ("number: 3", Some(format!("synchronous-number {at}/number"))),
        ("number: 3, standbyNamesPost: [a]", None),
        (
            "number: 1, standbyNamesPre: [a], dataDurability: preferred",
            Some(format!("synchronous-exclusive {at}/standbyNamesPre")),
        ),
        ("number: 1, standbyNamesPre: [], dataDurability: preferred", None),
        ("number: 1, standbyNamesPre: [a], failoverQuorum: true", Some(format!("failover-quorum {at}/number"))),
        ("number: 2, standbyNamesPre: [a], failoverQuorum: true", None),
        (
            "number: 1, podFailureDomainKeys: [a], nodeFailureDomainKeys: [b]",
            Some(format!("synchronous-exclusive {at}/nodeFailureDomainKeys")),
        ),
    ] {
        let text = cluster(&format!("instances: 3\npostgresql: {{synchronous: {{method: any, {lines}}}}}"));
        assert_eq!(refusals(&text, "1.30"), expected.into_iter().collect::<Vec<_>>(), "{lines}");
    }
    let quorum = |word: &str| {
        cluster("").replace(
            "name: orders,",
            &format!("name: orders, annotations: {{alpha.cnpg.io/failoverQuorum: '{word}'}},"),
        )
    };
    for (word, expected) in [
        ("false", None),
        ("true", Some("failover-quorum /spec")),
        ("yes", Some("annotation-value /metadata/annotations/alpha.cnpg.io~1failoverQuorum")),
    ] {
        assert_eq!(refusals(&quorum(word), "1.30"), expected.into_iter().collect::<Vec<_>>(), "{word}");
    }
}

#[test]
fn elections_updates_and_leases() {
    check_clusters(&[
        ("postgresql: {syncReplicaElectionConstraint: {enabled: true, nodeLabelsAntiAffinity: [zone]}}", &[]),
        ("postgresql: {syncReplicaElectionConstraint: {enabled: false}}", &[]),
        (
            "postgresql: {syncReplicaElectionConstraint: {enabled: true}}",
            &["election-labels /spec/postgresql/syncReplicaElectionConstraint"],
        ),
        (
            "instances: 3\npostgresql: {syncReplicaElectionConstraint: {enabled: true, nodeLabelsAntiAffinity: [zone]}, synchronous: {method: any, number: 1, nodeFailureDomainKeys: [zone]}}",
            &["synchronous-exclusive /spec/postgresql/synchronous/nodeFailureDomainKeys"],
        ),
        ("instances: 2\nprimaryUpdateStrategy: supervised", &[]),
        ("primaryUpdateStrategy: supervised", &["supervised-single /spec/primaryUpdateStrategy"]),
        ("primaryLease: {leaseDurationSeconds: 30, renewDeadlineSeconds: 20, retryPeriodSeconds: 4}", &[]),
        ("primaryLease: {leaseDurationSeconds: 10}", &["primary-lease /spec/primaryLease/leaseDurationSeconds"]),
        (
            "primaryLease: {renewDeadlineSeconds: 12, retryPeriodSeconds: 10}",
            &["primary-lease /spec/primaryLease/renewDeadlineSeconds"],
        ),
        ("primaryLease: {renewDeadlineSeconds: 13, retryPeriodSeconds: 10}", &[]),
    ]);
    assert_eq!(refusals(&cluster("primaryLease: {leaseDurationSeconds: 10}"), "1.29"), [] as [&str; 0]);
}

#[test]
fn slots_and_what_keeps_them_on_standbys() {
    let slots = "replicationSlots: {highAvailability: {enabled: true, synchronizeLogicalDecoding: true}}";
    let parameters = |list: &str| format!("postgresql: {{parameters: {{{list}}}}}");
    let at = "/spec/postgresql/parameters";
    for (lines, expected) in [
        (
            format!(
                "imageName: a:17\n{slots}\n{}",
                parameters("hot_standby_feedback: 'on', sync_replication_slots: 'on'")
            ),
            vec![],
        ),
        (
            format!(
                "imageName: a:17\n{slots}\n{}",
                parameters("hot_standby_feedback: 'off', sync_replication_slots: 'on'")
            ),
            vec![format!("failover-slots {at}/hot_standby_feedback")],
        ),
        (
            format!("imageName: a:16\n{slots}"),
            vec!["failover-slots /spec/replicationSlots/highAvailability/synchronizeLogicalDecoding".to_owned()],
        ),
        (
            format!("imageName: a:16\n{slots}\n{}", parameters("hot_standby_feedback: 'on', pg_failover_slots.x: y")),
            vec![],
        ),
        (parameters("pg_failover_slots.x: y"), vec![format!("failover-slots {at}")]),
        (
            format!(
                "replicationSlots: {{highAvailability: {{enabled: false}}}}\n{}",
                parameters("pg_failover_slots.x: y, hot_standby_feedback: 'on'")
            ),
            vec!["failover-slots /spec/replicationSlots/highAvailability/enabled".to_owned()],
        ),
        ("replicationSlots: {synchronizeReplicas: {enabled: true, excludePatterns: ['^a_']}}".to_owned(), vec![]),
        (
            "replicationSlots: {synchronizeReplicas: {enabled: true, excludePatterns: ['(a']}}".to_owned(),
            vec!["slot-pattern /spec/replicationSlots/synchronizeReplicas/excludePatterns/0".to_owned()],
        ),
    ] {
        assert_eq!(refusals(&cluster(&lines), "1.30"), expected, "{lines}");
    }
}

#[test]
fn clusters_that_follow_another() {
    let origin = "externalClusters: [{name: a, plugin: {name: x}}]";
    let copy = format!("bootstrap: {{pg_basebackup: {{source: a}}}}\n{origin}");
    for (lines, expected) in [
        (format!("replica: {{enabled: true, source: a}}\n{copy}"), vec![]),
        (format!("replica: {{enabled: true, source: a}}\n{origin}"), vec!["replica-origin /spec/replica"]),
        (format!("replica: {{enabled: false, source: a}}\n{origin}"), vec![]),
        (format!("replica: {{enabled: false, source: b}}\n{origin}"), vec!["unknown-external-cluster /spec/replica"]),
        (format!("replica: {{primary: b, source: a}}\n{copy}"), vec!["unknown-external-cluster /spec/replica/primary"]),
        (format!("replica: {{primary: a, source: a}}\n{origin}"), vec![]),
        (
            format!("replica: {{enabled: true, primary: a, source: a}}\n{copy}"),
            vec!["replica-mode /spec/replica/enabled"],
        ),
        (
            format!("replica: {{enabled: true, source: a, promotionToken: e30=}}\n{copy}"),
            vec!["promotion-token /spec/replica"],
        ),
        (
            format!("replica: {{enabled: false, source: a, promotionToken: e30=, minApplyDelay: 1h}}\n{copy}"),
            vec!["promotion-token /spec/replica", "promotion-token /spec/replica/minApplyDelay"],
        ),
    ] {
        assert_eq!(refusals(&cluster(&lines), "1.30"), expected, "{lines}");
    }
}
