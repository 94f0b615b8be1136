//! Poolers, backups, databases, roles, publications, catalogs.

use super::{check_objects, object, refusals, warnings};

#[test]
fn poolers() {
    let pooler = |bouncer: &str| format!("cluster: {{name: orders}}\npgbouncer: {{{bouncer}}}");
    let key = "{name: a}";
    for (lines, expected) in [
        (pooler("poolMode: session, parameters: {max_client_conn: '10'}"), vec![]),
        (pooler("parameters: {max_client_con: '10'}"), vec!["pooler-parameter /spec/pgbouncer/parameters"]),
        (pooler("parameters: {'${KEY}': '10'}"), vec![]),
        (pooler(&format!("authQuery: SELECT 1, authQuerySecret: {key}")), vec![]),
        (pooler(&format!("authQuerySecret: {key}")), vec!["pooler-authentication /spec/pgbouncer"]),
        (pooler("authQuery: SELECT 1"), vec!["pooler-authentication /spec/pgbouncer"]),
        ("cluster: {name: one}\npgbouncer: {}".to_owned(), vec!["pooler-name /metadata/name"]),
        ("cluster: {name: ''}\npgbouncer: {}".to_owned(), vec!["empty-reference /spec/cluster/name"]),
        (format!("{}\ninstances: 0", pooler("")), vec![]),
        (format!("{}\ninstances: -1", pooler("")), vec!["pooler-instances /spec/instances"]),
        (format!("{}\nmonitoring: {{tls: {{enabled: true}}}}", pooler("")), vec![]),
        (
            format!("{}\nmonitoring: {{enablePodMonitor: true, tls: {{enabled: true}}}}", pooler("")),
            vec!["pooler-certificate /spec/pgbouncer"],
        ),
        (
            pooler("image: x:1, imageCatalogRef: {apiGroup: postgresql.cnpg.io, kind: ImageCatalog, name: a, key: b}"),
            vec!["image-twice /spec/pgbouncer/image"],
        ),
    ] {
        assert_eq!(refusals(&object("Pooler", &lines), "1.30"), expected, "{lines}");
    }
    let both = pooler(&format!("authQuery: SELECT 1, authQuerySecret: {key}"));
    for (lines, operator, expected) in [
        (&both, "1.30", vec!["deprecated-secret /spec/pgbouncer/authQuerySecret"]),
        (&both, "1.27", vec!["manual-authentication /spec/pgbouncer/authQuery"]),
        (
            &pooler("authQuery: SELECT 1, serverTLSSecret: {name: a}"),
            "1.30",
            vec!["manual-authentication /spec/pgbouncer/authQuery"],
        ),
        (&pooler("serverTLSSecret: {name: a}"), "1.30", vec![]),
        (&pooler(""), "1.30", vec![]),
    ] {
        assert_eq!(warnings(&object("Pooler", lines), operator), expected, "{lines}");
    }
}

#[test]
fn backups() {
    check_objects(
        "Backup",
        &[
            ("cluster: {name: a}", &[]),
            ("cluster: {name: a}\nonline: true", &["backup-method /spec/online"]),
            ("cluster: {name: a}\nmethod: volumeSnapshot\nonline: true", &[]),
            ("cluster: {name: a}\nmethod: '${METHOD}'\nonline: true", &[]),
            ("cluster: {name: a}\nmethod: plugin", &["backup-method /spec"]),
            ("cluster: {name: a}\nmethod: plugin\npluginConfiguration: {name: x}", &[]),
        ],
    );
    let deadline = |text: &str| {
        let note = format!("name: one, annotations: {{cnpg.io/volumeSnapshotDeadline: '{text}'}},");
        object("Backup", "cluster: {name: a}").replace("name: one,", &note)
    };
    assert_eq!(refusals(&deadline("60"), "1.30"), [] as [&str; 0]);
    assert_eq!(
        refusals(&deadline("60m"), "1.30"),
        ["annotation-value /metadata/annotations/cnpg.io~1volumeSnapshotDeadline"]
    );
}

#[test]
fn scheduled_backups() {
    let schedule = |text: &str| format!("cluster: {{name: a}}\nschedule: '{text}'");
    for (text, refused, warned) in [
        ("0 0 3 * * *", false, None),
        ("0 0 3 * *", false, None),
        ("@daily", false, Some("descriptor /spec/schedule")),
        ("30 30 * * *", false, Some("five-fields /spec/schedule")),
        ("@reboot", true, None),
        ("0 0 3 *", true, None),
        ("0 0 3 * * 7", true, None),
        ("0 2 * * 0", false, None),
        ("0 0 31 2 *", true, None),
        ("", true, None),
        ("0 0 ${HOUR} * * *", false, None),
    ] {
        let text = object("ScheduledBackup", &schedule(text));
        let expected: &[&str] = if refused { &["schedule /spec/schedule"] } else { &[] };
        assert_eq!(refusals(&text, "1.30"), expected, "{text}");
        assert_eq!(warnings(&text, "1.30"), warned.into_iter().collect::<Vec<_>>(), "{text}");
    }
    check_objects(
        "ScheduledBackup",
        &[
            ("cluster: {name: a}\nschedule: '@daily'\nmethod: plugin", &[]),
            (
                "cluster: {name: a}\nschedule: '@daily'\nonlineConfiguration: {}",
                &["backup-method /spec/onlineConfiguration"],
            ),
        ],
    );
}

#[test]
fn databases() {
    let database = |lines: &str| format!("cluster: {{name: a}}\nowner: shop\nname: shop\n{lines}");
    for (lines, expected) in [
        ("", vec![]),
        ("extensions: [{name: a}, {name: a, ensure: absent}]", vec!["listed-twice /spec/extensions/1/name"]),
        ("schemas: [{name: a}, {name: A}]", vec![]),
        (
            "fdws: [{name: a, options: [{name: x, value: y}, {name: x, value: z}]}]",
            vec!["listed-twice /spec/fdws/0/options/1/name"],
        ),
        ("fdws: [{name: a, usage: [{name: ''}]}]", vec!["empty-reference /spec/fdws/0/usage/0/name"]),
        ("fdws: [{name: a}]\nservers: [{name: s, fdw: a}]", vec![]),
        ("fdws: [{name: a}]\nservers: [{name: s, fdw: b}]", vec!["unknown-wrapper /spec/servers/0/fdw"]),
        ("servers: [{name: s, fdw: b, ensure: absent}]", vec![]),
        ("fdws: [{name: '${FDW}'}]\nservers: [{name: s, fdw: b}]", vec![]),
        ("servers: [{name: s, fdw: ''}]", vec!["empty-reference /spec/servers/0/fdw"]),
        ("icuRules: x\nlocaleProvider: libc", vec!["locale-provider /spec/icuRules"]),
    ] {
        assert_eq!(refusals(&object("Database", &database(lines)), "1.30"), expected, "{lines}");
    }
    check_objects(
        "Database",
        &[("cluster: {name: a}\nowner: shop\nname: template0", &["reserved-database /spec/name"])],
    );
}

#[test]
fn roles_publications_and_catalogs() {
    check_objects(
        "DatabaseRole",
        &[
            ("cluster: {name: a}\nname: shop\nlogin: true\nclientCertificate: {}", &[]),
            ("cluster: {name: a}\nname: shop\nclientCertificate: {}", &["database-role /spec/clientCertificate"]),
            ("cluster: {name: a}\nname: shop\nclientCertificate: {enabled: false}", &[]),
            ("cluster: {name: a}\nname: pg_shop", &["database-role /spec/name"]),
            ("cluster: {name: a}\nname: ''", &["database-role /spec/name"]),
            ("cluster: {name: a}\nname: shop\nensure: absent", &["database-role /spec/ensure"]),
            (
                "cluster: {name: a}\nname: shop\ndisablePassword: true\npasswordSecret: {name: x}",
                &["database-role /spec/disablePassword"],
            ),
        ],
    );
    check_objects(
        "Publication",
        &[
            ("target: {allTables: true}", &[]),
            ("target: {}", &["publication-target /spec/target"]),
            ("target: {allTables: false, objects: [{table: {name: a}}]}", &["publication-target /spec/target/objects"]),
            ("target: {objects: [{}]}", &["publication-target /spec/target/objects/0"]),
            (
                "target: {objects: [{table: {name: a}, tablesInSchema: b}]}",
                &["publication-target /spec/target/objects/0"],
            ),
            (
                "target: {objects: [{table: {name: a, columns: [b]}}, {tablesInSchema: c}]}",
                &["publication-target /spec/target/objects/0/table/columns"],
            ),
            ("target: {objects: [{table: {name: a}}, {tablesInSchema: c}]}", &[]),
        ],
    );
    for kind in ["ImageCatalog", "ClusterImageCatalog"] {
        check_objects(
            kind,
            &[
                ("images: [{major: 16, image: a:latest}, {major: 17, image: b}]", &[]),
                (
                    "images: [{major: 16, image: a}, {major: 16, image: b}]",
                    &["catalog-major-twice /spec/images/1/major"],
                ),
            ],
        );
    }
}

#[test]
fn other_kinds_and_parts_are_left_alone() {
    let text = "apiVersion: example.org/v1\nkind: Cluster\nmetadata: {name: a}\nspec: {imageName: x}\n";
    assert_eq!(refusals(text, "1.30"), [] as [&str; 0]);
    let part = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: a}\nspec: {imageName: x}\n";
    assert_eq!(refusals(part, "1.30"), [] as [&str; 0]);
}
