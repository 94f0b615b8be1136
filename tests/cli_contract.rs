//! `tidegate contract`: what a platform offers, as a file, and whether it still holds.

mod repo;

use repo::{Ran, Repo};
use std::ffi::OsString;
use tidegate::cli::{self, Io, Terminal};

const CONFIG: &str = "\
role: platform
databases:
  shared: [databases/main]
  operator: {namespace: cnpg-system, version: \"1.28\"}
";

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: main
  namespace: databases
spec:
  instances: 1
  imageName: ghcr.io/cloudnative-pg/postgresql:16.10
  bootstrap:
    initdb:
      database: meta
      owner: admin
      secret:
        name: main-credentials
  managed:
    services:
      disabledDefaultServices: [r]
    roles:
      - name: shop
  storage:
    size: 10Gi
    storageClass: fast
";

const REST: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: databases
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  name: main-pooler
  namespace: databases
spec:
  cluster: {name: main}
  type: rw
  pgbouncer: {poolMode: transaction}
---
apiVersion: v1
kind: Secret
metadata:
  name: main-credentials
  namespace: databases
stringData:
  username: admin
  password: s3cret-Words-9
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: clients
  namespace: databases
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              example.org/postgres-client: main
      ports:
        - {protocol: TCP, port: 5432}
";

const EXPORTED: &str = "\
# What this platform offers to its apps: hosts, opt-in labels, roles, names of Secrets.
# Written by `tidegate contract export --output tidegate-contract.yaml`; `tidegate contract check` compares it.
version: 1
operator:
  namespace: cnpg-system
  version: '1.28'
namespaces:
- name: cnpg-system
- name: databases
  databases: true
clusters:
- namespace: databases
  name: main
  shared: true
  postgresql: 16
  instances: 1
  services:
  - host: main-pooler.databases
    port: 5432
    access: read-write
    poolMode: transaction
  - host: main-ro.databases
    port: 5432
    access: read-only
  - host: main-rw.databases
    port: 5432
    access: read-write
  clients:
    labels:
      example.org/postgres-client: main
  roles:
  - admin
  - shop
  databases:
  - meta
  storageClass: fast
secrets:
- namespace: databases
  name: main-credentials
  keys:
  - password
  - username
  own: true
";

fn platform() -> Repo {
    Repo::new(&[("tidegate.yaml", CONFIG), ("cluster.yaml", CLUSTER), ("rest.yaml", REST)])
}

/// What somebody at a terminal of 80 columns sees.
fn at_a_terminal(repo: &Repo, words: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let terminal = Terminal { is_terminal: true, width: Some(80), colour: false, error_colour: false };
    let root = repo.root().to_str().expect("a path in UTF-8");
    let words = ["tidegate"].iter().chain(words).copied().chain([root]).map(OsString::from);
    let mut io = Io { input: &mut std::io::empty(), out: &mut out, err: &mut err, terminal };
    let code = i32::from(cli::run(words, &mut io).code());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code, out: text(out), err: text(err) }
}

#[test]
fn the_help_tells_the_exit_status() {
    let repo = Repo::new(&[]);
    let help = repo.run(&["contract", "check", "--help"]).exits(0).out;
    for word in ["tidegate-contract.yaml", "--strict", "Exit status", "something promised is gone or changed"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let help = repo.run(&["contract", "--help"]).exits(0).out;
    assert!(help.contains("export") && help.contains("check"), "{help}");
    repo.run(&["contract"]).exits(2);
}

#[test]
fn an_export_is_sorted_and_holds_no_value() {
    let repo = platform();
    let piped = repo.run(&["contract", "export"]).exits(0);
    assert_eq!((piped.out.as_str(), piped.err.as_str()), (EXPORTED, ""));
    assert_eq!(at_a_terminal(&repo, &["contract", "export"]).exits(0).out, EXPORTED);
    let json = repo.run(&["contract", "export", "--format", "json"]).exits(0).json();
    assert_eq!(json["clusters"][0]["services"][0]["poolMode"], "transaction");
    assert_eq!(json["secrets"][0]["keys"], serde_json::json!(["password", "username"]));
    assert!(!json.to_string().contains("s3cret"));
    repo.run(&["contract", "export", "--output", "tidegate-contract.yaml"]).exits(0);
    assert_eq!(repo.read("tidegate-contract.yaml"), EXPORTED);
    // The file is not a manifest, and lint has nothing to say of it.
    let report = repo.run(&["lint", "--format", "json", "--fail-on", "never"]).exits(0);
    assert!(!report.files().contains(&"tidegate-contract.yaml".to_owned()), "{report:?}");
}

#[test]
fn secrets_are_listed_where_they_arrive() {
    const LOGIN: &str = "\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: orders-login
  namespace: databases
  annotations:
    replicator.v1.mittwald.de/replicate-to: orders
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  data:
    - {secretKey: username, remoteRef: {key: orders, property: username}}
    - {secretKey: password, remoteRef: {key: orders, property: password}}
";
    const ANYWHERE: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: ca-bundle
  namespace: databases
  annotations:
    replicator.v1.mittwald.de/replicate-to: team-.*
stringData: {ca.crt: x}
";
    let repo = Repo::new(&[
        ("tidegate.yaml", CONFIG),
        ("cluster.yaml", CLUSTER),
        ("rest.yaml", REST),
        ("login.yaml", LOGIN),
        ("bundle.yaml", ANYWHERE),
    ]);
    let json = repo.run(&["contract", "export", "--format", "json"]).exits(0).json();
    let secrets: Vec<String> = json["secrets"]
        .as_array()
        .expect("secrets")
        .iter()
        .map(|one| format!("{}/{}", one["namespace"].as_str().unwrap_or("*"), one["name"].as_str().expect("a name")))
        .collect();
    assert_eq!(
        secrets,
        [
            "*/ca-bundle",
            "databases/ca-bundle",
            "databases/main-credentials",
            "databases/orders-login",
            "orders/orders-login"
        ]
    );
    assert_eq!(json["secrets"][0]["anywhere"], true);
    assert_eq!(json["secrets"][4]["keys"], serde_json::json!(["password", "username"]));
    assert_eq!(json["secretsIncomplete"], serde_json::Value::Null);
}

#[test]
fn secrets_in_the_namespaces_of_apps_are_listed_or_left_open() {
    const OWN: &str = "\
apiVersion: v1
kind: Secret
metadata: {name: written, namespace: orders}
stringData: {token: x}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: fetched, namespace: orders}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  data: [{secretKey: token, remoteRef: {key: orders}}]
";
    const RELEASE: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: search, namespace: shop}
spec:
  interval: 5m
  chart: {spec: {chart: search, version: 1.2.3, sourceRef: {kind: HelmRepository, name: charts}}}
";
    const POLICY: &str = "\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: copies}
spec:
  rules:
    - name: copy
      match: {any: [{resources: {kinds: [Namespace]}}]}
      generate:
        apiVersion: v1
        kind: Secret
        name: mesh
        namespace: \"{{request.object.metadata.name}}\"
        clone: {namespace: databases, name: mesh}
";
    const JOB: &str = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: registry, namespace: ops}
spec:
  schedule: \"0 * * * *\"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: login
              image: ghcr.io/example/kubectl:1.30
              command: [sh, -c, \"for ns in orders shop; do kubectl -n $ns create secret generic pull; done\"]
";
    let files = [("tidegate.yaml", CONFIG), ("cluster.yaml", CLUSTER), ("rest.yaml", REST), ("own.yaml", OWN)];
    for (text, incomplete) in [
        ("{}", None),
        (POLICY, Some("ClusterPolicy `copies` may generate Secrets")),
        (JOB, Some("a script of CronJob `ops/registry` may make Secrets")),
    ] {
        let repo = Repo::new(&files);
        repo.write("release.yaml", RELEASE.as_bytes());
        repo.write("more.yaml", text.as_bytes());
        let json = repo.run(&["contract", "export", "--format", "json"]).exits(0).json();
        let secrets: Vec<&str> =
            json["secrets"].as_array().expect("secrets").iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(secrets, ["main-credentials", "fetched", "written"], "{text}");
        assert_eq!(json["secretsIncomplete"].as_str(), incomplete, "{text}");
        let shop = json["namespaces"].as_array().expect("namespaces").iter().find(|one| one["name"] == "shop");
        let reason = shop.and_then(|shop| shop["incomplete"].as_str()).unwrap_or_default();
        assert!(reason.contains("`shop/search`"), "{reason}");
    }
}

#[test]
fn a_repo_without_a_cluster_says_so() {
    let repo = Repo::new(&[("settings.yaml", repo::HARMLESS)]);
    let ran = repo.run(&["contract", "export"]).exits(0);
    assert!(ran.err.contains("no PostgreSQL Cluster"), "{ran:?}");
    assert!(ran.out.ends_with("version: 1\n"), "{ran:?}");
}

#[test]
fn what_is_promised_and_there_passes() {
    let repo = platform();
    repo.write("tidegate-contract.yaml", EXPORTED.as_bytes());
    let ran = repo.run(&["contract", "check"]).exits(0);
    assert_eq!(ran.out, "tidegate-contract.yaml is what the repo offers: 1 cluster\n");
    repo.run(&["contract", "check", "--strict"]).exits(0);
}

#[test]
fn a_broken_promise_is_an_error_with_both_lines() {
    for (from, to, said) in [
        ("name: main\n", "name: mein\n", "Cluster `databases/main` is promised and is not there any more"),
        ("disabledDefaultServices: [r]", "disabledDefaultServices: [r, ro]", "host `main-ro.databases` is promised"),
        ("postgresql:16.10", "postgresql:17.6", "16 became 17"),
        ("- name: shop", "- name: desk", "role `shop` of Cluster `databases/main` is promised"),
        ("database: meta", "database: other", "database `meta` of Cluster `databases/main` is promised"),
    ] {
        let repo = platform();
        repo.write("tidegate-contract.yaml", EXPORTED.as_bytes());
        repo.write("cluster.yaml", CLUSTER.replacen(from, to, 1).as_bytes());
        let ran = repo.run(&["contract", "check"]).exits(1);
        let line = ran.out.lines().find(|line| line.contains(said)).unwrap_or_else(|| panic!("{said}: {}", ran.out));
        assert!(line.starts_with("tidegate-contract.yaml:") && line.contains(": error: "), "{line}");
        assert!(ran.out.contains("\n  cluster.yaml:"), "{}", ran.out);
        assert!(ran.out.contains("of tidegate-contract.yaml broken"), "{}", ran.out);
    }
    let repo = platform();
    repo.write("tidegate-contract.yaml", EXPORTED.as_bytes());
    repo.write("rest.yaml", REST.replace("postgres-client: main", "pg-client: main").as_bytes());
    let ran = repo.run(&["contract", "check"]).exits(1);
    assert!(ran.out.contains("\n  rest.yaml:37:"), "{}", ran.out);
    let shown = at_a_terminal(&repo, &["contract", "check"]).exits(1).out;
    assert!(shown.contains("error: who may reach Cluster `databases/main` is promised otherwise"), "{shown}");
    assert!(shown.contains("tidegate-contract.yaml:28:") && shown.contains("rest.yaml:37:"), "{shown}");
}

#[test]
fn a_stale_file_is_a_warning() {
    for (from, to, said) in [
        ("instances: 1", "instances: 3", "1 became 3"),
        ("- name: shop", "- name: shop\n      - name: desk", "role `desk` of Cluster `databases/main` is on offer"),
        ("storageClass: fast", "storageClass: slow", "fast became slow"),
    ] {
        let repo = platform();
        repo.write("promised.yaml", EXPORTED.as_bytes());
        repo.write("cluster.yaml", CLUSTER.replacen(from, to, 1).as_bytes());
        let words = ["contract", "check", "--contract", "promised.yaml"];
        let ran = repo.run(&words).exits(0);
        assert!(ran.out.contains(said) && ran.out.contains(": warning: "), "{said}: {}", ran.out);
        assert!(ran.out.contains("promised.yaml is stale"), "{}", ran.out);
        repo.run(&[&words[..], &["--strict"]].concat()).exits(1);
    }
}

#[test]
fn what_cannot_be_compared_is_no_success() {
    let repo = platform();
    let ran = repo.run(&["contract", "check"]).exits(2);
    assert!(ran.err.contains("there is no contract file") && ran.err.contains("contract export"), "{}", ran.err);
    for (text, said) in [
        ("version: 2\n", "this program reads version 1"),
        ("version: 1\nclusterz: []\n", "unknown field `clusterz`"),
        ("a: [\n", "cannot be read"),
        ("", "no contract"),
    ] {
        repo.write("tidegate-contract.yaml", text.as_bytes());
        let ran = repo.run(&["contract", "check"]).exits(2);
        assert!(ran.err.contains(said), "{text}: {}", ran.err);
    }
    for words in [
        &["contract", "export", "nowhere"][..],
        &["contract", "check", "nowhere"],
        &["contract", "check", "--contract", "nowhere.yaml"],
        &["contract", "check", "--contract", "."],
        &["contract", "export", "--target", "nowhere"],
        &["contract", "export", "--output", "no/folder/there.yaml"],
    ] {
        let ran = repo.run(words).exits(2);
        assert!(ran.err.starts_with("error: ") && ran.out.is_empty(), "{words:?}: {ran:?}");
    }
}

#[test]
fn several_targets_need_a_choice() {
    let flux = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: databases, namespace: flux-system}
spec: {interval: 10m, prune: true, path: ./databases, sourceRef: {kind: GitRepository, name: flux-system}}
";
    let config = "targets: {live: {roots: [clusters/live]}, dev: {roots: [clusters/dev]}}\n";
    let repo = Repo::new(&[
        ("tidegate.yaml", config),
        ("clusters/live/databases.yaml", flux),
        ("clusters/dev/databases.yaml", flux),
        ("databases/cluster.yaml", CLUSTER),
    ]);
    let ran = repo.run(&["contract", "export"]).exits(2);
    assert!(ran.err.contains("several targets") && ran.err.contains("--target"), "{}", ran.err);
    let ran = repo.run(&["contract", "export", "--target", "live"]).exits(0);
    assert!(ran.out.contains("host: main-rw.databases"), "{}", ran.out);
    let ran = repo.run(&["contract", "export", "--target", "lifе"]).exits(2);
    assert!(ran.err.contains("unknown target"), "{}", ran.err);
}

const APP: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Database
metadata:
  name: shop
  namespace: databases
spec:
  cluster:
    name: mein
  name: shop
  owner: shop
";

/// A folder with the platform and an app in it, each a repo; the app says what it relies on.
fn neighbours(config: &str) -> Repo {
    Repo::bare(&[
        ("platform/tidegate.yaml", CONFIG),
        ("platform/cluster.yaml", CLUSTER),
        ("platform/rest.yaml", REST),
        ("contract.yaml", EXPORTED),
        ("shop/tidegate.yaml", config),
        ("shop/deploy/database.yaml", APP),
    ])
}

const BROKEN: &[&str] = &["--select", "boundary/broken-contract,cnpg/dangling-reference", "--format", "json"];

/// The one finding: where it is, and the files of its related labels.
fn the_finding(repo: &Repo, words: &[&str]) -> (String, Vec<String>) {
    let report = repo.run(&[&["lint"], words, BROKEN].concat()).exits(1).json();
    let findings = report["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{report}");
    assert_eq!(findings[0]["rule"], "boundary/broken-contract");
    assert_eq!(report["undecided"], serde_json::json!([]), "{report}");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let related = findings[0]["related"].as_array().expect("related").iter().map(|label| text(&label["file"]));
    (text(&findings[0]["file"]), related.collect())
}

#[test]
fn a_repo_is_held_against_what_it_relies_on() {
    for (config, words, file, related) in [
        ("role: app\ncontracts: [../platform]\n", &["shop"][..], "deploy/database.yaml", "../platform/cluster.yaml"),
        ("role: app\ncontracts: [../contract.yaml]\n", &["shop"], "deploy/database.yaml", "../contract.yaml"),
        ("role: app\n", &["shop", "--contract", "platform"], "deploy/database.yaml", "../platform/cluster.yaml"),
        ("role: app\n", &["shop", "--contract", "contract.yaml"], "deploy/database.yaml", "../contract.yaml"),
        ("role: app\n", &["shop", "platform"], "shop/deploy/database.yaml", "platform/cluster.yaml"),
    ] {
        let repo = neighbours(config);
        let found = the_finding(&repo, words);
        assert_eq!(found, (file.to_owned(), vec![related.to_owned()]), "{config}{words:?}");
    }
}

#[test]
fn what_is_read_for_others_is_not_reported_on() {
    let repo = neighbours("role: app\ncontracts: [../platform]\n");
    repo.write("shop/deploy/database.yaml", APP.replace("mein", "main").as_bytes());
    repo.write("platform/faulty.yaml", repo::FAULTY.as_bytes());
    let report = repo.run(&["lint", "shop", "--format", "json"]).exits(0).json();
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!((&report["summary"]["files"], &report["summary"]["targets"]), (&1.into(), &serde_json::json!(["."])));
    // The repo itself is not asked to be in order, but it has to be read.
    repo.write("platform/tidegate.yaml", b"role: nothing\n");
    let ran = repo.run(&["lint", "shop"]).exits(2);
    assert!(ran.err.contains("platform/tidegate.yaml"), "{}", ran.err);
}

#[test]
fn another_state_relies_on_the_platform_of_today() {
    let repo = neighbours("role: app\ncontracts: [../platform]\n");
    repo.write("before/deploy/database.yaml", APP.as_bytes());
    let words = ["lint", "shop", "--base", "before", "--new-only", "--select", "boundary", "--format", "json"];
    assert_eq!(repo.run(&words).exits(0).json()["findings"], serde_json::json!([]));
    repo.write("before/deploy/database.yaml", APP.replace("mein", "main").as_bytes());
    assert_eq!(repo.run(&words).exits(1).files(), ["deploy/database.yaml"]);
}

#[test]
fn a_contract_that_cannot_be_read_ends_the_run() {
    for (config, words, said) in [
        ("role: app\ncontracts: [../nowhere]\n", &[][..], "the contract `../nowhere` is not there"),
        ("role: app\ncontracts: [deploy/database.yaml]\n", &[], "cannot be read"),
        ("role: app\ncontracts: [.]\n", &[], "is this repo itself"),
        ("role: app\n", &["--contract", "nowhere.yaml"], "--contract nowhere.yaml: is not there"),
    ] {
        let repo = neighbours(config);
        let ran = repo.run(&[&["lint", "shop"], words].concat()).exits(2);
        assert!(ran.err.contains(said), "{config}: {}", ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
    }
}
