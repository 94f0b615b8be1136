//! What a Cluster is connected with: certificates, host rules, external clusters, stores, roles, services.

use super::{check_clusters, cluster, refusals};

#[test]
fn certificates_accounts_and_host_rules_go_together() {
    check_clusters(&[
        ("certificates: {serverTLSSecret: a, serverCASecret: b}", &[]),
        ("certificates: {serverTLSSecret: a}", &["certificate-authority /spec/certificates"]),
        ("certificates: {replicationTLSSecret: a}", &["certificate-authority /spec/certificates"]),
        ("certificates: {serverAltDNSNames: [a.example]}", &[]),
        (
            "certificates: {serverTLSSecret: a, serverCASecret: b, serverAltDNSNames: [a.example]}",
            &["certificate-names /spec/certificates/serverAltDNSNames"],
        ),
        ("superuserSecret: {name: a}", &[]),
        ("superuserSecret: {name: ''}", &["empty-reference /spec/superuserSecret/name"]),
        ("serviceAccountName: a", &[]),
        (
            "serviceAccountName: a\nserviceAccountTemplate: {metadata: {}}",
            &["service-account-twice /spec/serviceAccountName"],
        ),
        ("postgresql: {ldap: {server: a, bindAsAuth: {prefix: x}}}", &[]),
        ("postgresql: {ldap: {bindAsAuth: {prefix: x}}}", &["ldap /spec/postgresql/ldap"]),
        (
            "postgresql: {ldap: {server: a, bindAsAuth: {prefix: x}, bindSearchAuth: {baseDN: y}}}",
            &["ldap /spec/postgresql/ldap/bindSearchAuth"],
        ),
        ("postgresql: {pg_hba: ['host all all 10.0.0.0/8 trust']}", &[]),
        (
            "postgresql: {pg_hba: ['host all all ${podselector:shop} md5']}\npodSelectorRefs: [{name: shop, selector: {}}]",
            &[],
        ),
        ("postgresql: {pg_hba: ['host all all ${podselector:shop} md5']}", &["host-rule /spec/postgresql/pg_hba/0"]),
        ("postgresql: {pg_hba: ['host all all ${NETWORK:-10.0.0.0/8} md5']}", &[]),
        ("postgresql: {pg_hba: ['host all all ${node:shop} md5']}", &["host-rule /spec/postgresql/pg_hba/0"]),
        (
            "postgresql: {pg_hba: ['host all all ${podselector:a} ${podselector:b}']}",
            &["host-rule /spec/postgresql/pg_hba/0"],
        ),
        (
            "podSelectorRefs: [{name: a, selector: {matchExpressions: [{key: x, operator: In}]}}]",
            &["pod-selector /spec/podSelectorRefs/0/selector/matchExpressions/0"],
        ),
        ("podSelectorRefs: [{name: a, selector: {matchExpressions: [{key: x, operator: Exists}]}}]", &[]),
        (
            "podSelectorRefs: [{name: a, selector: {matchLabels: {x: 'a b'}}}]",
            &["pod-selector /spec/podSelectorRefs/0/selector/matchLabels/x"],
        ),
    ]);
}

#[test]
fn external_clusters_are_reachable_and_have_safe_names() {
    check_clusters(&[
        ("externalClusters: [{name: a, connectionParameters: {}}]", &[]),
        ("externalClusters: [{name: a}]", &["unreachable-external-cluster /spec/externalClusters/0"]),
        ("externalClusters: [{name: ., plugin: {name: x}}]", &["unsafe-path /spec/externalClusters/0/name"]),
        (
            "externalClusters: [{name: a, plugin: {name: x}, sslCert: {name: a, key: ../b}}]",
            &["unsafe-path /spec/externalClusters/0/sslCert/key"],
        ),
        ("externalClusters: [{name: a, plugin: {name: x}, password: {name: a, key: b/c}}]", &[]),
        (
            "externalClusters: [{name: a, plugin: {name: x}}, {name: a, plugin: {name: x}}]",
            &["external-cluster-twice /spec/externalClusters/1/name"],
        ),
        (
            "bootstrap: {pg_basebackup: {source: b}}\nexternalClusters: [{name: a, plugin: {name: x}}]",
            &["unknown-external-cluster /spec/bootstrap/pg_basebackup/source"],
        ),
        ("bootstrap: {pg_basebackup: {source: b}}\nexternalClusters: [{name: '${NAME}', plugin: {name: x}}]", &[]),
    ]);
}

#[test]
fn backups_have_one_place_and_its_credentials() {
    let store = |lines: &str| format!("backup: {{barmanObjectStore: {{destinationPath: s3://a/, {lines}}}}}");
    let at = "store-credentials /spec/backup/barmanObjectStore";
    let key = "{name: a, key: b}";
    for (lines, expected) in [
        ("s3Credentials: {inheritFromIAMRole: true}".to_owned(), None),
        (format!("s3Credentials: {{accessKeyId: {key}, secretAccessKey: {key}}}"), None),
        (format!("s3Credentials: {{accessKeyId: {key}}}"), Some(format!("{at}/s3Credentials/accessKeyId"))),
        ("s3Credentials: {}".to_owned(), Some(format!("{at}/s3Credentials"))),
        (
            format!("s3Credentials: {{accessKeyId: {key}, secretAccessKey: {key}, inheritFromIAMRole: true}}"),
            Some(format!("{at}/s3Credentials")),
        ),
        ("wal: {}".to_owned(), Some(at.to_owned())),
        (
            "s3Credentials: {inheritFromIAMRole: true}, googleCredentials: {gkeEnvironment: true}".to_owned(),
            Some(at.to_owned()),
        ),
        (
            format!("googleCredentials: {{gkeEnvironment: true, applicationCredentials: {key}}}"),
            Some(format!("{at}/googleCredentials")),
        ),
        ("googleCredentials: {}".to_owned(), Some(format!("{at}/googleCredentials"))),
        ("azureCredentials: {inheritFromAzureAD: true}".to_owned(), None),
        (format!("azureCredentials: {{connectionString: {key}, storageAccount: {key}}}"), None),
        (format!("azureCredentials: {{storageAccount: {key}, storageKey: {key}}}"), None),
        (format!("azureCredentials: {{storageKey: {key}}}"), Some(format!("{at}/azureCredentials"))),
        (
            format!("azureCredentials: {{connectionString: {key}, storageKey: {key}}}"),
            Some(format!("{at}/azureCredentials")),
        ),
        (
            format!("azureCredentials: {{inheritFromAzureAD: true, storageKey: {key}}}"),
            Some(format!("{at}/azureCredentials")),
        ),
        ("azureCredentials: {}".to_owned(), Some(format!("{at}/azureCredentials"))),
    ] {
        let found = refusals(&cluster(&store(&lines)), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{lines}");
    }
    check_clusters(&[
        ("plugins: [{name: a, isWALArchiver: true}, {name: b}]", &[]),
        ("plugins: [{name: a, isWALArchiver: true}, {name: b, isWALArchiver: true, enabled: false}]", &[]),
        (
            "plugins: [{name: a, isWALArchiver: true}, {name: b, isWALArchiver: true}]",
            &["wal-archivers /spec/plugins/1/isWALArchiver"],
        ),
        (
            "plugins: [{name: a, isWALArchiver: true}]\nbackup: {barmanObjectStore: {destinationPath: s3://a/, s3Credentials: {inheritFromIAMRole: true}}}",
            &["wal-archivers /spec/plugins/0/isWALArchiver"],
        ),
    ]);
}

#[test]
fn roles_and_services_are_told_apart() {
    let service = |name: &str| format!("{{selectorType: rw, serviceTemplate: {{metadata: {{name: {name}}}}}}}");
    let services = |list: String| format!("managed: {{services: {{additional: [{list}]}}}}");
    let at = "managed-service /spec/managed/services/additional";
    let template = "serviceTemplate";
    for (list, expected) in [
        (service("lb"), None),
        (service("orders-rw"), Some(format!("{at}/0/{template}/metadata/name"))),
        (service("''"), Some(format!("{at}/0/{template}/metadata/name"))),
        (format!("{}, {}", service("lb"), service("lb")), Some(format!("{at}/1/{template}/metadata/name"))),
        (
            "{selectorType: rw, serviceTemplate: {metadata: {name: lb}, spec: {selector: {a: b}}}}".to_owned(),
            Some(format!("{at}/0/{template}/spec/selector")),
        ),
    ] {
        let found = refusals(&cluster(&services(list.clone())), "1.30");
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{list}");
    }
    check_clusters(&[
        ("managed: {services: {disabledDefaultServices: [ro, r]}}", &[]),
        (
            "managed: {services: {disabledDefaultServices: [rw]}}",
            &["managed-service /spec/managed/services/disabledDefaultServices/0"],
        ),
        ("managed: {roles: [{name: a, connectionLimit: -1}, {name: A}]}", &[]),
        ("managed: {roles: [{name: a}, {name: a}]}", &["managed-role /spec/managed/roles/1/name"]),
        ("managed: {roles: [{name: pg_monitor}]}", &["managed-role /spec/managed/roles/0/name"]),
        ("managed: {roles: [{name: a, connectionLimit: -2}]}", &["managed-role /spec/managed/roles/0/connectionLimit"]),
        (
            "managed: {roles: [{name: a, disablePassword: true, passwordSecret: {name: x}}]}",
            &["managed-role /spec/managed/roles/0/disablePassword"],
        ),
    ]);
}
