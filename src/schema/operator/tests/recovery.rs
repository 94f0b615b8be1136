//! Recovery: where from, and up to where.

use super::{check_clusters, cluster, refusals};

const AT: &str = "/spec/bootstrap/recovery";

fn check(table: &[(&str, &str, Option<&str>)]) {
    for (recovery, more, expected) in table {
        let text = cluster(&format!("bootstrap: {{recovery: {{{recovery}}}}}\n{more}"));
        let expected: Vec<String> = expected.iter().map(|problem| problem.replace("AT", AT)).collect();
        assert_eq!(refusals(&text, "1.30"), expected, "{recovery} {more}");
    }
}

#[test]
fn sources_and_snapshots() {
    let snapshot = "{apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: a}";
    check(&[
        ("source: a", "externalClusters: [{name: a, plugin: {name: x}}]", None),
        ("source: a", "externalClusters: [{name: b, plugin: {name: x}}]", Some("unknown-external-cluster AT/source")),
        ("backup: {name: a}", "", None),
    ]);
    for (recovery, more, expected) in [
        (format!("volumeSnapshots: {{storage: {snapshot}}}"), "", None),
        ("volumeSnapshots: {storage: {kind: PersistentVolumeClaim, name: a}}".to_owned(), "", None),
        (
            "volumeSnapshots: {storage: {kind: VolumeSnapshot, name: a}}".to_owned(),
            "",
            Some("recovery-snapshots AT/volumeSnapshots/storage"),
        ),
        (
            "volumeSnapshots: {storage: {kind: Disk, name: a}}".to_owned(),
            "",
            Some("recovery-snapshots AT/volumeSnapshots/storage"),
        ),
        (
            format!("volumeSnapshots: {{storage: {snapshot}}}, backup: {{name: a}}"),
            "",
            Some("recovery-snapshots AT/backup"),
        ),
        (
            format!("volumeSnapshots: {{storage: {snapshot}}}, recoveryTarget: {{backupID: a}}"),
            "",
            Some("recovery-snapshots AT/recoveryTarget/backupID"),
        ),
        (
            format!("volumeSnapshots: {{storage: {snapshot}, walStorage: {snapshot}}}"),
            "",
            Some("recovery-snapshots AT/volumeSnapshots/walStorage"),
        ),
        (format!("volumeSnapshots: {{storage: {snapshot}, walStorage: {snapshot}}}"), "walStorage: {size: 1Gi}", None),
    ] {
        check(&[(recovery.as_str(), more, expected)]);
    }
}

#[test]
fn one_point_that_can_be_read() {
    check(&[
        ("recoveryTarget: {targetTime: '2026-03-01T12:00:00Z'}", "", None),
        ("recoveryTarget: {targetTime: noon}", "", Some("recovery-point AT/recoveryTarget/targetTime")),
        ("recoveryTarget: {targetTime: '${WHEN}'}", "", None),
        ("recoveryTarget: {targetLSN: 0/1}", "", None),
        ("recoveryTarget: {targetLSN: first}", "", Some("recovery-point AT/recoveryTarget/targetLSN")),
        ("recoveryTarget: {targetXID: '7', backupID: a}", "", None),
        ("recoveryTarget: {targetXID: '7'}", "", Some("recovery-target AT/recoveryTarget")),
        ("recoveryTarget: {targetXID: '-7', backupID: a}", "", Some("recovery-point AT/recoveryTarget/targetXID")),
        ("recoveryTarget: {targetName: fix}", "", Some("recovery-target AT/recoveryTarget")),
        ("recoveryTarget: {targetTLI: latest}", "", None),
        ("recoveryTarget: {targetTLI: '0'}", "", Some("recovery-point AT/recoveryTarget/targetTLI")),
        ("recoveryTarget: {targetImmediate: false, targetLSN: 0/1}", "", Some("recovery-target AT/recoveryTarget")),
        ("recoveryTarget: {targetName: '', targetLSN: 0/1}", "", None),
    ]);
    check_clusters(&[("bootstrap: {recovery: {source: a}}\nexternalClusters: ${LIST}", &[])]);
}
