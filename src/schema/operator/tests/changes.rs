//! Changes of objects that are there.

use super::{changes, cluster, object};

#[test]
fn volumes_only_grow_and_stay() {
    for (old, new, expected) in [
        ("storage: {size: 1Gi}", "storage: {size: 2Gi}", None),
        ("storage: {size: 1Gi}", "storage: {size: 1024Mi}", None),
        ("storage: {size: 1Gi}", "storage: {size: 1G}", Some("shrinking-volume /spec/storage/size")),
        ("storage: {size: 1Gi}", "storage: {size: '${SIZE}'}", None),
        (
            "storage: {size: 2Gi}",
            "storage: {pvcTemplate: {resources: {requests: {storage: 1Gi}}}}",
            Some("shrinking-volume /spec/storage/pvcTemplate/resources/requests/storage"),
        ),
        ("", "walStorage: {size: 1Gi}", None),
        ("walStorage: {size: 1Gi}", "", Some("lost-volume /spec")),
        ("tablespaces: [{name: a, storage: {size: 1Gi}}]", "", Some("lost-volume /spec")),
        (
            "tablespaces: [{name: a, storage: {size: 1Gi}}, {name: b, storage: {size: 1Gi}}]",
            "tablespaces: [{name: b, storage: {size: 1Gi}}, {name: a, storage: {size: 2Gi}}]",
            None,
        ),
        (
            "tablespaces: [{name: a, storage: {size: 1Gi}}, {name: b, storage: {size: 1Gi}}]",
            "tablespaces: [{name: b, storage: {size: 1Mi}}, {name: a, storage: {size: 1Gi}}]",
            Some("shrinking-volume /spec/tablespaces/0/storage/size"),
        ),
        (
            "tablespaces: [{name: a, storage: {size: 1Gi}}, {name: b, storage: {size: 1Gi}}]",
            "tablespaces: [{name: b, storage: {size: 1Gi}}]",
            Some("lost-volume /spec/tablespaces"),
        ),
    ] {
        let found = changes(&cluster(old), &cluster(new), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{old} -> {new}");
    }
}

#[test]
fn a_cluster_keeps_what_its_data_was_made_with() {
    let both = "imageName: a:17.2\nprimaryUpdateMethod: switchover\npostgresql: {parameters: {work_mem: 8MB}}";
    for (old, new, expected) in [
        ("", "postgresUID: 26", None),
        ("", "postgresUID: 27", Some("fixed-field /spec/postgresUID")),
        ("imageName: a:17.1", "imageName: a:17.2", None),
        ("imageName: a:17.1", "imageName: a:18.0", None),
        ("imageName: a:17.1", "imageName: a:16.4", Some("major-version /spec/imageName")),
        ("imageName: a:13.1", "imageName: a:15.4", Some("major-version /spec/imageName")),
        ("", "imageName: a:16.4", None),
        ("imageName: a:17.1", both, Some("image-with-parameters /spec/imageName")),
        ("imageName: a:17.2", both, None),
        ("imageName: a:17.1", "imageName: a:17.2\npostgresql: {parameters: {work_mem: 8MB}}", None),
        ("imageName: a:17.1", "imageName: a:17.2\nprimaryUpdateMethod: switchover", None),
        (
            "",
            "replicationSlots: {highAvailability: {enabled: true, slotPrefix: x_}}",
            Some("slot-prefix /spec/replicationSlots/highAvailability/slotPrefix"),
        ),
        (
            "replicationSlots: {highAvailability: {enabled: false}}",
            "replicationSlots: {highAvailability: {enabled: true, slotPrefix: x_}}",
            None,
        ),
        ("replicationSlots: {highAvailability: {enabled: true}}", "", None),
        ("", "postgresql: {parameters: {wal_level: minimal}}", Some("wal-level /spec/postgresql/parameters/wal_level")),
        ("serviceAccountName: a", "serviceAccountName: b", Some("fixed-field /spec/serviceAccountName")),
        ("", "serviceAccountName: b", None),
    ] {
        let found = changes(&cluster(old), &cluster(new), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{old} -> {new}");
    }
    let (old, new) = (cluster("imageName: a:17.1"), cluster("imageName: a:16.4"));
    assert_eq!(changes(&old, &new, "1.25"), [] as [&str; 0]);
    let skipping = new.replace("name: orders,", "name: orders, annotations: {cnpg.io/validation: disabled},");
    assert_eq!(changes(&old, &skipping, "1.30"), [] as [&str; 0]);
    // What the object says of its running state counts more than what was written before.
    let running = format!("{}status: {{pgDataImageInfo: {{majorVersion: 16}}}}\n", cluster("imageName: a:17.1"));
    assert_eq!(changes(&running, &new, "1.30"), [] as [&str; 0]);
}

#[test]
fn fixed_fields_of_other_kinds() {
    let database = "cluster: {name: a}\nowner: shop\nname: shop";
    for (kind, old, new, operator, expected) in [
        ("Database", database, "cluster: {name: a}\nowner: till\nname: shop", "1.30", None),
        ("Database", database, "cluster: {name: a}\nowner: shop\nname: till", "1.30", Some("fixed-field /spec/name")),
        (
            "Database",
            database,
            "cluster: {name: b}\nowner: shop\nname: shop",
            "1.30",
            Some("fixed-field /spec/cluster"),
        ),
        ("Database", database, "cluster: {name: b}\nowner: shop\nname: shop", "1.29", None),
        ("Database", database, "cluster: {name: '${A}'}\nowner: shop\nname: shop", "1.30", None),
        ("Backup", "cluster: {name: a}", "cluster: {name: a}\ntarget: primary", "1.30", Some("fixed-field /spec")),
        ("Backup", "cluster: {name: a}", "cluster: {name: a}\ntarget: null", "1.30", None),
        ("Backup", "cluster: {name: a}", "cluster: {name: a}\ntarget: primary", "1.26", None),
        (
            "ScheduledBackup",
            "cluster: {name: a}\nschedule: '@daily'",
            "cluster: {name: a}\nschedule: '@weekly'",
            "1.30",
            None,
        ),
        (
            "Publication",
            "cluster: {name: a}\ntarget: {allTables: true}",
            "cluster: {name: a}\ntarget: {allTables: false}",
            "1.30",
            Some("fixed-field /spec/target/allTables"),
        ),
        (
            "Subscription",
            "cluster: {name: a}\nname: a",
            "cluster: {name: a}\nname: b",
            "1.30",
            Some("fixed-field /spec/name"),
        ),
    ] {
        let found = changes(&object(kind, old), &object(kind, new), operator);
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{kind}: {old} -> {new}");
    }
}
