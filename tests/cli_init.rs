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
