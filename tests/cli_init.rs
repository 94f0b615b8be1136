//! `tidegate init`: what it finds, what it writes, and that it writes over nothing.

mod repo;

use repo::{FAULTY, HARMLESS, Ran, Repo, program, run};
use std::fs;

const OPERATOR: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: operator
  namespace: flux-system
spec:
  interval: 1h
  targetNamespace: postgres-operator
  chart:
    spec:
      chart: cloudnative-pg
      version: 0.26.0
      sourceRef:
        kind: HelmRepository
        name: cnpg
";

const DATABASE: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Database
metadata:
  name: orders
  namespace: shop
spec:
  name: orders
  owner: orders
  cluster:
    name: main
";

const CLUSTER_WITHOUT_NAMESPACE: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: ledger
spec:
  instances: 3
  storage:
    size: 10Gi
";

const KUSTOMIZATION: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ledger-data
resources:
  - ledger.yaml
";

fn platform() -> Repo {
    Repo::new(&[
        ("operator/release.yaml", OPERATOR),
        ("databases/orders.yaml", FAULTY),
        ("ledger/ledger.yaml", CLUSTER_WITHOUT_NAMESPACE),
        ("ledger/kustomization.yaml", KUSTOMIZATION),
        ("secrets/db.sops.yaml", "kind: Secret\napiVersion: v1\nsops:\n  mac: ENC[AES256_GCM,data:x]\n"),
    ])
}

/// What is written is a config that `lint` takes.
#[track_caller]
fn is_taken(repo: &Repo) {
    let ran = repo.run(&["lint", "--fail-on", "never"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", repo.read("tidegate.yaml"));
}

#[test]
fn a_platform_is_recognised_and_described() {
    let repo = platform();
    let ran = repo.run(&["init"]).exits(0);
    let found = "found: 1 kustomization, 1 Helm release, 2 CloudNativePG Clusters, 1 file encrypted with SOPS\n";
    assert!(ran.err.starts_with(found), "{}", ran.err);
    assert!(ran.err.contains("role: platform, a guess: ") && ran.err.ends_with("wrote tidegate.yaml\n"), "{}", ran.err);
    let text = repo.read("tidegate.yaml");
    for line in [
        "role: platform",
        "  namespaces: [ledger-data, shop-data]",
        "    namespace: postgres-operator",
        "#  shared: [ledger-data/ledger, shop-data/orders]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
    }
    is_taken(&repo);
}

#[test]
fn an_app_is_recognised_and_anything_else_is_asked() {
    let app = Repo::new(&[("database.yaml", DATABASE)]);
    assert!(app.run(&["init"]).exits(0).err.contains("role: app, a guess: "));
    assert!(app.read("tidegate.yaml").contains("\nrole: app\n"));
    is_taken(&app);
    let other = Repo::new(&[("a.yaml", HARMLESS)]);
    let ran = other.run(&["init"]).exits(0);
    assert!(ran.err.contains("found: nothing that tidegate knows\nrole: not known; "), "{}", ran.err);
    assert!(other.read("tidegate.yaml").contains("\n#role: platform\n"));
    is_taken(&other);
    let said = Repo::new(&[("database.yaml", DATABASE)]);
    assert!(said.run(&["init", "--role", "runtime"]).exits(0).err.contains("role: runtime, as you said\n"));
    assert!(said.read("tidegate.yaml").contains("\nrole: runtime\n"));
    is_taken(&said);
}

#[test]
fn nothing_is_written_over_unless_forced() {
    for name in ["tidegate.yaml", ".tidegate.yaml"] {
        let repo = platform();
        repo.write(name, b"role: app\n");
        let ran = repo.run(&["init"]).exits(2);
        assert_eq!(ran.err, format!("error: {name} is there already\n  help: --force writes over it\n"));
        assert_eq!((ran.out.as_str(), repo.read(name).as_str()), ("", "role: app\n"));
        repo.run(&["init", "--force"]).exits(0);
        assert!(repo.read(name).contains("role: platform"));
        let configs = ["tidegate.yaml", ".tidegate.yaml"].into_iter().filter(|name| repo.path(name).exists());
        assert_eq!(configs.count(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_out_of_the_repo() {
    let outside = Repo::bare(&[("precious.yaml", "keep: me\n")]);
    let repo = platform();
    std::os::unix::fs::symlink(outside.path("precious.yaml"), repo.path("tidegate.yaml")).expect("a link");
    for arguments in [&["init"][..], &["init", "--force"]] {
        let ran = repo.run(arguments).exits(2);
        assert_eq!(ran.err, "error: tidegate.yaml is there and no regular file\n");
    }
    assert_eq!(outside.read("precious.yaml"), "keep: me\n");
}

#[test]
fn the_config_goes_to_the_root_or_where_it_is_told() {
    let repo = platform();
    let ran: Ran = run(program(&repo.path("ledger")).arg("init"), b"").exits(0);
    assert!(ran.err.ends_with("wrote ../tidegate.yaml\n"), "{}", ran.err);
    assert!(repo.path("tidegate.yaml").is_file() && !repo.path("ledger/tidegate.yaml").exists());
    repo.run(&["init", "ledger"]).exits(0);
    assert!(repo.read("ledger/tidegate.yaml").contains("namespaces: [ledger-data]"));
    for (path, message) in [("none", "error: none: not found\n"), ("databases/orders.yaml", "not a folder\n")] {
        let ran = repo.run(&["init", path]).exits(2);
        assert!(ran.out.is_empty() && ran.err.ends_with(message), "{}", ran.err);
    }
}

#[test]
fn what_is_to_be_pasted_fits_the_forge() {
    let steps = |add: &dyn Fn(&Repo)| {
        let repo = platform();
        add(&repo);
        let out = repo.run(&["init"]).exits(0).out;
        assert!(out.contains("      - id: tidegate\n") && out.contains("        pass_filenames: false\n"), "{out}");
        out
    };
    let github = steps(&|repo| fs::create_dir(repo.path(".github")).expect("a folder"));
    assert!(github.contains("run: tidegate lint . --format github\n"), "{github}");
    let gitlab = steps(&|repo| repo.write(".gitlab-ci.yml", b"stages: [test]\n"));
    assert!(gitlab.contains("\ntidegate:\n  script:\n"), "{gitlab}");
    assert!(steps(&|_| {}).ends_with("\ntidegate lint .\n"));
}

/// A Cluster that does as the others do, but for its storage class.
fn cluster(name: &str, class: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {name}\n  namespace: databases\n  labels:\n    \
         app.kubernetes.io/name: {name}\n    example.com/layer: platform\nspec:\n  instances: 3\n  storage:\n    \
         size: 10Gi\n    storageClass: {class}\n"
    )
}

const OPT_IN: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: clients
  namespace: databases
spec:
  podSelector:
    matchLabels:
      cnpg.io/cluster: orders
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              example.com/postgres-client: orders
      ports:
        - port: 5432
";

/// Three Clusters that agree in everything but the class of the last one, with pages and targets of a Makefile.
fn alike(last_class: &str) -> Repo {
    let mut makefile = String::new();
    let mut files = vec![("policies.yaml".to_owned(), OPT_IN.to_owned())];
    makefile.push_str("policies:\n\tkubectl apply -f policies.yaml\n");
    for (name, class) in [("orders", "fast"), ("billing", "fast"), ("ledger", last_class)] {
        files.push((format!("clusters/{name}.yaml"), cluster(name, class)));
        files.push((format!("docs/{name}.md"), format!("# {name}\n")));
        makefile
            .push_str(&format!("{name}-deploy:\n\tkubectl apply -f clusters/{name}.yaml\n{name}-status:\n\ttrue\n"));
    }
    files.push(("Makefile".to_owned(), makefile));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Repo::new(&files)
}

/// What all findings are about. How bad a database without a policy is depends on what its namespace is said to hold.
fn findings(repo: &Repo) -> Vec<String> {
    let arguments =
        ["lint", "--format", "json", "--severity-from", "note", "--confidence", "low", "--fail-on", "never"];
    let report: serde_json::Value = serde_json::from_str(&repo.run(&arguments).exits(0).out).expect("a report");
    let found = report["findings"].as_array().expect("findings").iter();
    found.map(|finding| format!("{} {} {}", finding["rule"], finding["file"], finding["pointer"])).collect()
}

#[test]
fn what_a_repo_does_throughout_is_held_on_to() {
    let repo = alike("fast");
    repo.run(&["init"]).exits(0);
    let text = repo.read("tidegate.yaml");
    for lines in [
        "  # All 3 Clusters have storage class `fast`.\n  cnpg/foreign-storage-class: {allowed: [fast]}\n",
        "  # All 3 Clusters have 3 instances or more.\n  cnpg/single-instance: {minimum: 3}\n",
        "  # All 3 Clusters have such a page.\n  repo/missing-file: {files: [\"docs/{cluster}.md\"]}\n",
        "    labels: [app.kubernetes.io/name, example.com/layer=platform]\n",
        "  repo/missing-make-target: {targets: [\"{cluster}-deploy\", \"{cluster}-status\"]}\n",
        "  # NetworkPolicy `databases/clients` lets in who carries it.\n  client-label: example.com/postgres-client\n",
        "  # databases/orders: NetworkPolicy `databases/clients` opens it by label.\n  shared: [databases/orders]\n",
    ] {
        assert!(text.contains(lines), "{lines}:\n{text}");
    }
    is_taken(&repo);
}

#[test]
fn what_only_some_do_is_not_proposed() {
    let repo = alike("slow");
    repo.run(&["init"]).exits(0);
    let text = repo.read("tidegate.yaml");
    assert!(!text.contains("cnpg/foreign-storage-class"), "{text}");
    assert!(text.contains("cnpg/single-instance: {minimum: 3}"), "{text}");
    let few = Repo::new(&[("a.yaml", cluster("a", "fast").as_str()), ("b.yaml", cluster("b", "fast").as_str())]);
    few.run(&["init"]).exits(0);
    assert!(few.read("tidegate.yaml").contains("\n#rules: {}\n"), "{}", few.read("tidegate.yaml"));
}

#[test]
fn a_proposal_brings_no_finding() {
    for repo in [alike("fast"), alike("slow")] {
        let before = findings(&repo);
        repo.run(&["init"]).exits(0);
        let after = findings(&repo);
        let new: Vec<&String> = after.iter().filter(|finding| !before.contains(finding)).collect();
        assert!(new.is_empty(), "{new:?}\n{}", repo.read("tidegate.yaml"));
    }
}

#[test]
fn what_is_written_fits_the_published_schema() {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/config.schema.json"));
    let schema: serde_json::Value = serde_json::from_str(&schema.expect("the schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for repo in [alike("fast"), platform(), Repo::new(&[("a.yaml", HARMLESS)])] {
        repo.run(&["init"]).exits(0);
        let text = repo.read("tidegate.yaml");
        let config: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
        let config = if config.is_null() { serde_json::json!({}) } else { config };
        let errors: Vec<String> = validator.iter_errors(&config).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
    }
}

#[test]
fn a_role_that_brings_findings_is_left_to_whoever_knows() {
    let cluster = cluster("main", "fast");
    let database = DATABASE.replace("namespace: shop", "namespace: databases");
    let repo = Repo::new(&[("cluster.yaml", cluster.as_str()), ("database.yaml", database.as_str())]);
    let ran = repo.run(&["init"]).exits(0);
    assert!(ran.err.contains("role: not set; it looks like platform, and the config says why not\n"), "{}", ran.err);
    let text = repo.read("tidegate.yaml");
    assert!(text.contains("\n#role: platform\n#paths:\n#  apps/**: {role: app}\n"), "{text}");
    is_taken(&repo);
    repo.run(&["init", "--force", "--role", "platform"]).exits(0);
    assert!(repo.read("tidegate.yaml").contains("\nrole: platform\n"));
}
