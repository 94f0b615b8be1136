//! Clusters: how they come into being, images, volumes, placement, names, warnings.

use super::{check_clusters, cluster, refusals, warnings};

#[test]
fn a_cluster_comes_into_being_in_one_way() {
    check_clusters(&[
        ("bootstrap: {initdb: {database: app}}", &[]),
        ("bootstrap: {initdb: {database: app}, recovery: null}", &[]),
        (
            "bootstrap: {initdb: {}, pg_basebackup: {source: a}}\nexternalClusters: [{name: a, plugin: {name: x}}]",
            &["bootstrap-methods /spec/bootstrap"],
        ),
        ("bootstrap: {initdb: {owner: shop}}", &[]),
        ("bootstrap: {initdb: {walSegmentSize: 32}}", &[]),
        ("bootstrap: {initdb: {walSegmentSize: 33}}", &["wal-segment-size /spec/bootstrap/initdb/walSegmentSize"]),
        (
            "bootstrap: {initdb: {postInitApplicationSQLRefs: {secretRefs: [{name: '', key: a}]}}}",
            &["empty-reference /spec/bootstrap/initdb/postInitApplicationSQLRefs/secretRefs/0/name"],
        ),
        ("bootstrap: {initdb: {postInitTemplateSQLRefs: {secretRefs: [{name: '', key: a}]}}}", &[]),
        ("bootstrap: {initdb: {icuLocale: en, localeProvider: icu}}", &[]),
        ("bootstrap: {initdb: {icuLocale: en}}", &["locale-provider /spec/bootstrap/initdb/icuLocale"]),
        (
            "bootstrap: {initdb: {builtinLocale: C, localeProvider: icu}}",
            &["locale-provider /spec/bootstrap/initdb/builtinLocale"],
        ),
        ("bootstrap: {initdb: {icuLocale: en, localeProvider: '${PROVIDER}'}}", &[]),
    ]);
}

#[test]
fn imports_take_one_database_or_all() {
    let import =
        |lines: &str| format!("bootstrap: {{initdb: {{import: {{source: {{externalCluster: a}}, {lines}}}}}}}");
    let at = "/spec/bootstrap/initdb/import";
    for (lines, expected) in [
        ("type: microservice, databases: [shop]", None),
        ("type: microservice, databases: [shop, till]", Some(format!("import-databases {at}/databases"))),
        ("type: microservice, databases: ['sh*']", Some(format!("import-databases {at}/databases/0"))),
        ("type: microservice, databases: [shop], roles: [a]", Some(format!("import-roles {at}/roles"))),
        ("type: monolith, databases: ['*'], roles: ['*']", None),
        ("type: monolith, databases: []", Some(format!("import-databases {at}/databases"))),
        ("type: monolith, databases: ['*', shop]", Some(format!("import-databases {at}/databases/0"))),
        ("type: monolith, databases: [shop], roles: [a, '*']", Some(format!("import-roles {at}/roles/1"))),
        (
            "type: monolith, databases: [shop], postImportApplicationSQL: [SELECT 1]",
            Some(format!("import-sql {at}/postImportApplicationSQL")),
        ),
        ("type: microservice, databases: [shop], postImportApplicationSQL: [SELECT 1]", None),
        ("type: '${TYPE}', databases: []", None),
        ("type: monolith", None),
    ] {
        let found = refusals(&cluster(&import(lines)), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{lines}");
    }
    let owner =
        "bootstrap: {initdb: {owner: shop, import: {type: monolith, databases: [a], source: {externalCluster: a}}}}";
    assert_eq!(refusals(&cluster(owner), "1.30"), ["owner-without-database /spec/bootstrap/initdb"]);
}

#[test]
fn images_tell_their_version() {
    check_clusters(&[
        ("imageName: postgres:17", &[]),
        ("imageName: localhost:5000/pg:17.2-1", &[]),
        ("imageName: postgres:17@sha256:0123", &[]),
        ("imageName: postgres", &["image-tag /spec/imageName"]),
        ("imageName: postgres:latest", &["image-tag /spec/imageName"]),
        ("imageName: postgres:v17", &["image-tag /spec/imageName"]),
        ("imageName: postgres@sha256:0123", &["image-tag /spec/imageName"]),
        ("imageName: postgres:12.9", &["old-postgres /spec/imageName"]),
        ("imageName: postgres:13", &[]),
        ("imageName: postgres:${TAG}", &[]),
        ("imageCatalogRef: {apiGroup: postgresql.cnpg.io, kind: ImageCatalog, name: a, major: 17}", &[]),
        (
            "imageCatalogRef: {apiGroup: postgresql.cnpg.io, kind: ImageCatalog, name: a, major: 12}",
            &["old-postgres /spec"],
        ),
        ("imageCatalogRef: {kind: ImageCatalog, name: a, major: 17}", &["catalog-reference /spec/imageCatalogRef"]),
        (
            "imageCatalogRef: {apiGroup: postgresql.cnpg.io, kind: Catalog, name: a, major: 17}",
            &["catalog-reference /spec/imageCatalogRef/kind"],
        ),
        (
            "imageName: postgres:17\nimageCatalogRef: {apiGroup: postgresql.cnpg.io, kind: ImageCatalog, name: a, major: 17}",
            &["image-twice /spec/imageName"],
        ),
        ("imagePullPolicy: Never", &[]),
        ("imagePullPolicy: never", &["pull-policy /spec/imagePullPolicy"]),
    ]);
    assert_eq!(refusals(&cluster("imageName: postgres:12"), "1.24"), [] as [&str; 0]);
}

#[test]
fn extensions_have_images_paths_and_variables() {
    let extension = |lines: &str| format!("postgresql: {{extensions: [{{name: vector, {lines}}}]}}");
    let at = "/spec/postgresql/extensions/0";
    for (lines, expected) in [
        ("image: {reference: a}", None),
        ("image: {reference: ''}", Some(format!("extension-image {at}/image"))),
        ("image: {reference: a}, ld_library_path: [lib, /lib]", Some(format!("extension-path {at}/ld_library_path/1"))),
        ("image: {reference: a}, bin_path: [../bin]", Some(format!("extension-path {at}/bin_path/0"))),
        ("image: {reference: a}, bin_path: ['']", Some(format!("extension-path {at}/bin_path/0"))),
        ("image: {reference: a}, env: [{name: GDAL, value: '${image_root}/x'}]", None),
        ("image: {reference: a}, env: [{name: GDAL, value: '$${other}/x'}]", None),
        ("image: {reference: a}, env: [{name: GDAL, value: '${OTHER}/x'}]", None),
        (
            "image: {reference: a}, env: [{name: GDAL, value: '${other}/x'}]",
            Some(format!("extension-placeholder {at}/env/0/value")),
        ),
        ("image: {reference: a}, env: [{name: PATH, value: x}]", Some(format!("reserved-environment {at}/env/0/name"))),
    ] {
        let found = refusals(&cluster(&extension(lines)), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{lines}");
    }
    check_clusters(&[
        (
            "postgresql: {extensions: [{name: a_b, image: {reference: x}}, {name: a-b, image: {reference: x}}]}",
            &["extension-volume /spec/postgresql/extensions/1/name"],
        ),
        ("env: [{name: TZ, value: UTC}]", &[]),
        ("env: [{name: pgdata, value: x}]", &["reserved-environment /spec/env/0/name"]),
        ("env: [{name: POD_NAME, value: x}]", &["reserved-environment /spec/env/0/name"]),
    ]);
}

#[test]
fn volumes_have_sizes() {
    check_clusters(&[
        ("storage: {size: '1073741824'}", &[]),
        ("storage: {}", &["volume-size /spec/storage"]),
        ("storage: {size: 10GB}", &["volume-size /spec/storage/size"]),
        ("storage: {size: '${SIZE}'}", &[]),
        ("storage: {pvcTemplate: {resources: {requests: {storage: 1Gi}}}}", &[]),
        ("walStorage: {}", &["volume-size /spec/walStorage"]),
        ("walStorage: {size: 1Gi}", &[]),
        ("ephemeralVolumeSource: {}\nephemeralVolumesSizeLimit: {shm: 1Gi}", &[]),
        (
            "ephemeralVolumeSource: {volumeClaimTemplate: {}}\nephemeralVolumesSizeLimit: {temporaryData: 1Gi}",
            &["scratch-space-twice /spec/ephemeralVolumeSource"],
        ),
        ("tablespaces: [{name: _a, storage: {size: 1Gi}}, {name: b, storage: {size: 1Gi}}]", &[]),
        ("tablespaces: [{name: a, storage: {size: x}}]", &["volume-size /spec/tablespaces/0/storage/size"]),
        ("tablespaces: [{name: pg_a, storage: {size: 1Gi}}]", &["tablespace-name /spec/tablespaces/0/name"]),
        ("tablespaces: [{name: 1a, storage: {size: 1Gi}}]", &["tablespace-name /spec/tablespaces/0/name"]),
        (
            "tablespaces: [{name: a, storage: {size: 1Gi}}, {name: A, storage: {size: 1Gi}}]",
            &["tablespace-name /spec/tablespaces/1/name"],
        ),
        (
            "tablespaces: [{name: a_b, storage: {size: 1Gi}}, {name: a$b, storage: {size: 1Gi}}]",
            &["tablespace-name /spec/tablespaces/1/name"],
        ),
        (
            "tablespaces: [{name: a, storage: {size: 1Gi}}]\nbackup: {volumeSnapshot: {tablespaceClassName: {a: x, b: x}}}",
            &["unknown-tablespace /spec/backup/volumeSnapshot/tablespaceClassName/b"],
        ),
    ]);
}

#[test]
fn tolerations_and_resources_are_possible() {
    let toleration = |lines: &str| format!("affinity: {{tolerations: [{{{lines}}}]}}");
    let at = "toleration /spec/affinity/tolerations/0";
    for (lines, expected) in [
        ("key: a, operator: Exists", None),
        ("operator: Exists", None),
        ("operator: Equal", Some(at.to_owned())),
        ("key: a b, operator: Exists", Some(format!("{at}/key"))),
        ("key: a, operator: Gt, value: '1'", Some(format!("{at}/operator"))),
        ("key: a, operator: Exists, value: b", Some(at.to_owned())),
        ("key: a, value: b c", Some(at.to_owned())),
        ("key: a, value: b, effect: NoExecute, tolerationSeconds: 5", None),
        ("key: a, value: b, effect: NoSchedule, tolerationSeconds: 5", Some(format!("{at}/effect"))),
        ("key: a, value: b, effect: Never", Some(format!("{at}/effect"))),
    ] {
        let found = refusals(&cluster(&toleration(lines)), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{lines}");
    }
    check_clusters(&[
        ("affinity: {podAntiAffinityType: required}", &[]),
        ("affinity: {podAntiAffinityType: Required}", &["anti-affinity /spec/affinity/podAntiAffinityType"]),
        ("resources: {requests: {cpu: 0.5}, limits: {cpu: 500m}}", &[]),
        ("resources: {requests: {cpu: 2}, limits: {cpu: 500m}}", &["resources /spec/resources/requests/cpu"]),
        (
            "resources: {requests: {ephemeral-storage: 2Gi}, limits: {ephemeral-storage: 1Gi}}",
            &["resources /spec/resources/requests"],
        ),
        (
            "resources: {requests: {cpu: 1, hugepages-2Mi: 1Gi}, limits: {hugepages-2Mi: 2Gi}}",
            &["resources /spec/resources/requests/hugepages-2Mi"],
        ),
        ("resources: {requests: {hugepages-2Mi: 1Gi}, limits: {hugepages-2Mi: 1Gi}}", &["resources /spec/resources"]),
        (
            "resources: {requests: {memory: 512Mi}}\npostgresql: {parameters: {shared_buffers: 1GB}}",
            &["resources /spec/resources/requests/memory"],
        ),
        (
            "resources: {requests: {memory: 512Mi, hugepages-1Gi: 1Gi}}\npostgresql: {parameters: {shared_buffers: 1GB}}",
            &[],
        ),
    ]);
}

#[test]
fn names_and_annotations_are_read() {
    let named = |name: &str, annotations: &str| {
        cluster("").replace("name: orders,", &format!("name: {name}, annotations: {{{annotations}}},"))
    };
    let long = "a".repeat(51);
    let note = "annotation-value /metadata/annotations";
    for (name, annotations, expected) in [
        ("orders", "", None),
        ("Orders", "", None),
        ("1orders", "", Some("cluster-name /metadata/name".to_owned())),
        ("or.ders", "", Some("cluster-name /metadata/name".to_owned())),
        (&long[..50], "", None),
        (&long, "", Some("cluster-name /metadata/name".to_owned())),
        ("orders", "cnpg.io/hibernation: 'off'", None),
        ("orders", "cnpg.io/hibernation: 'true'", Some(format!("{note}/cnpg.io~1hibernation"))),
        ("orders", "cnpg.io/podPatch: '[]'", None),
        ("orders", "cnpg.io/podPatch: '{}'", Some(format!("{note}/cnpg.io~1podPatch"))),
        ("orders", "alpha.cnpg.io/livenessPinger: '{\"enabled\": true}'", None),
        ("orders", "alpha.cnpg.io/livenessPinger: '{}'", Some(format!("{note}/alpha.cnpg.io~1livenessPinger"))),
    ] {
        let found = refusals(&named(name, annotations), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{name} {annotations}");
    }
}

#[test]
fn who_switches_validation_off_meets_the_definition_alone() {
    let skip = |lines: &str, word: &str| {
        cluster(lines).replace("name: orders,", &format!("name: orders, annotations: {{cnpg.io/validation: {word}}},"))
    };
    let catalog = "imageCatalogRef: {kind: ImageCatalog, name: a, major: 17}";
    for (lines, word, operator, expected) in [
        ("imageName: postgres", "disabled", "1.30", 0),
        ("imageName: postgres", "disabled", "1.25", 1),
        ("imageName: postgres", "enabled", "1.30", 1),
        ("imageName: postgres", "'${SKIP}'", "1.30", 0),
        (catalog, "disabled", "1.30", 1),
    ] {
        assert_eq!(refusals(&skip(lines, word), operator).len(), expected, "{lines} {word} {operator}");
    }
    assert_eq!(warnings(&skip("", "'off'"), "1.30"), ["validation-value /metadata/annotations/cnpg.io~1validation"]);
    assert_eq!(warnings(&skip("", "disabled"), "1.30"), [] as [&str; 0]);
}

#[test]
fn what_is_accepted_with_a_warning() {
    let sync = "postgresql: {synchronous: {method: any, number: 1}}";
    for (lines, operator, expected) in [
        ("instances: 3", "1.30", vec!["asynchronous /spec/instances"]),
        (&*format!("instances: 3\n{sync}"), "1.30", vec![]),
        ("instances: 3\nminSyncReplicas: 1\nmaxSyncReplicas: 1", "1.30", vec![]),
        ("instances: 3\nmaxSyncReplicas: 1", "1.30", vec![]),
        ("instances: 3\nmaxSyncReplicas: 0", "1.30", vec!["asynchronous /spec/instances"]),
        ("instances: 3\nreplica: {enabled: true, source: a}", "1.30", vec![]),
        ("instances: ${COUNT}", "1.30", vec![]),
        ("nodeMaintenanceWindow: {inProgress: false}", "1.30", vec!["maintenance-window /spec/nodeMaintenanceWindow"]),
        (
            "backup: {retentionPolicy: 30d, volumeSnapshot: {}}",
            "1.30",
            vec!["retention-without-store /spec/backup/retentionPolicy"],
        ),
        ("backup: {retentionPolicy: 30d, barmanObjectStore: {}}", "1.30", vec![]),
        (
            "storage: {size: 1Gi, storageClass: a, pvcTemplate: {storageClassName: b}}",
            "1.30",
            vec!["volume-twice /spec/storage/storageClass"],
        ),
        (
            "walStorage: {size: 1Gi, pvcTemplate: {resources: {requests: {storage: 2Gi}}}}",
            "1.30",
            vec!["volume-twice /spec/walStorage/size"],
        ),
        (
            "postgresql: {parameters: {shared_buffers: '256'}}",
            "1.30",
            vec!["bare-size /spec/postgresql/parameters/shared_buffers"],
        ),
        ("postgresql: {parameters: {shared_buffers: 256MB}}", "1.30", vec![]),
        ("postgresql: {parameters: {shared_buffers: '256'}}", "1.25", vec![]),
        (
            "monitoring: {metricsQueriesTTL: 0s}",
            "1.30",
            vec!["metrics-without-cache /spec/monitoring/metricsQueriesTTL"],
        ),
        ("monitoring: {metricsQueriesTTL: 30s}", "1.30", vec![]),
        ("monitoring: {enablePodMonitor: true}", "1.30", vec!["deprecated-monitor /spec/monitoring/enablePodMonitor"]),
        ("monitoring: {enablePodMonitor: true}", "1.27", vec![]),
        ("monitoring: {enablePodMonitor: false}", "1.30", vec![]),
    ] {
        assert_eq!(warnings(&cluster(lines), operator), expected, "{lines} on {operator}");
    }
}
