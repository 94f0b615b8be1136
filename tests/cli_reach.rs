//! `tidegate reach`: what is printed in each form, what is chosen, compared and explained, and how a run ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with files, by path.
fn repo(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    folder
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

fn reach(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.arg("reach").args(arguments).current_dir(folder).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Standard output of a run that must succeed.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = reach(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = reach(folder, &[arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

const NAMESPACES: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: db}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {client: main}}
";

const WORKLOADS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: registry.example.org/web:1}]}
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: main, namespace: db}
spec: {instances: 2, storage: {size: 1Gi}}
";

const POLICIES: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: db}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: clients, namespace: db}
spec:
  podSelector: {matchLabels: {cnpg.io/cluster: main}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {client: main}}
      ports: [{port: 5432}]
";

fn triplet() -> TempDir {
    repo(&[("namespaces.yaml", NAMESPACES), ("workloads.yaml", WORKLOADS), ("policies.yaml", POLICIES)])
}

#[test]
fn lines_say_who_reaches_whom_and_what_is_stopped() {
    let folder = triplet();
    assert_eq!(
        printed(folder.path(), &["."]),
        "\
0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
shop/web[Deployment] => db/main-1-initdb[Job] : TCP 5432
shop/web[Deployment] => db/main-2-join[Job] : TCP 5432
shop/web[Deployment] => db/main[Cluster] : TCP 5432

Needed by CloudNativePG, and stopped by policies:
db/main-1-initdb[Job] => 0.0.0.0-255.255.255.255[External] : TCP 6443 (the instance manager talks to the API server)
db/main-2-join[Job] => 0.0.0.0-255.255.255.255[External] : TCP 6443 (the instance manager talks to the API server)
db/main-2-join[Job] => db/main[Cluster] : TCP 5432 (a new replica is copied from the primary)
db/main[Cluster] => 0.0.0.0-255.255.255.255[External] : TCP 6443 (the instance manager talks to the API server)
db/main[Cluster] => db/main[Cluster] : TCP 5432 (replicas stream from the primary)
db/main[Cluster] => db/main[Cluster] : TCP 8000 (the primary asks whether replicas see it, where the API server is gone)
"
    );
}

#[test]
fn workloads_peers_directions_and_ports_are_chosen() {
    let folder = triplet();
    let rows = |arguments: &[&str]| {
        let all = json(folder.path(), arguments);
        let row = |row: &serde_json::Value| format!("{} {} {}", row["src"], row["dst"], row["ports"]).replace('"', "");
        all["connections"].as_array().expect("a list").iter().map(row).collect::<Vec<_>>()
    };
    let client = "shop/web[Deployment] db/main[Cluster] TCP 5432";
    assert_eq!(rows(&["--workload", "main"]), [client]);
    assert_eq!(rows(&["--workload", "db/main", "--direction", "ingress"]), [client]);
    assert_eq!(rows(&["--workload", "db/main[Cluster]", "--direction", "egress"]), [""; 0]);
    assert_eq!(rows(&["--workload", "web", "--peer", "main"]), [client]);
    assert_eq!(rows(&["--workload", "web", "--peer", "external"]).len(), 2);
    assert_eq!(rows(&["--workload", "main", "--port", "9187"]), [""; 0]);
    assert_eq!(
        rows(&["--workload", "web", "--direction", "ingress", "--port", "udp/53"]),
        ["0.0.0.0-255.255.255.255[External] shop/web[Deployment] UDP 53"]
    );
}

#[test]
fn what_is_asked_for_in_vain_ends_with_2() {
    let folder = triplet();
    for (arguments, message, help) in [
        (["--workload", "mian"], "there is no workload `mian`", "did you mean `main`?"),
        (["--port", "0"], "`0` is no port", "write a number"),
        (["--base", "nothing-there"], "`nothing-there` is no path", ""),
        (["--target", "live"], "live", ""),
    ] {
        let output = reach(folder.path(), &arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(message) && error.contains(help), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let output = reach(folder.path(), &["--explain", "main", "kube-apiserver", "6443"]);
    assert!(text(&output.stderr).contains("is an entity of Cilium"), "{}", text(&output.stderr));
    let output = reach(folder.path(), &["no-folder"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn an_explanation_names_the_policy_and_its_line_on_both_sides() {
    let folder = triplet();
    assert_eq!(
        printed(folder.path(), &["--explain", "web", "main", "5432"]),
        "\
shop/web[Deployment] => db/main[Cluster] : TCP 5432 passes
  leaves shop/web[Deployment]: no policy for egress selects it, so everything passes
  enters db/main[Cluster]: TCP 5432 passes
    NetworkPolicy `db/default-deny` selects it: only what a rule allows passes  (policies.yaml:5)
    NetworkPolicy `db/clients` selects it: only what a rule allows passes  (policies.yaml:12)
    a rule of NetworkPolicy `db/clients` allows TCP 5432  (policies.yaml:14)
"
    );
    assert_eq!(
        printed(folder.path(), &["--explain", "main", "world", "443"]),
        "\
db/main[Cluster] => world : TCP 443 does not pass
  leaves db/main[Cluster]: TCP 443 does not pass
    NetworkPolicy `db/default-deny` selects it: only what a rule allows passes  (policies.yaml:5)
    no rule of these policies allows TCP 443
"
    );
}

#[test]
fn a_bad_policy_is_told_at_its_line_and_the_others_still_count() {
    let folder = triplet();
    let bad = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bad, namespace: shop}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/64}}]}]
";
    write(folder.path(), &[("bad.yaml", bad), ("broken.yaml", "apiVersion: v1\nkind: [\n")]);
    let output = reach(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problems = all["problems"].as_array().expect("a list");
    assert_eq!(problems[0]["file"], "bad.yaml");
    assert_eq!(problems[0]["line"], 6);
    let message =
        "`10.0.0.0/64` is no block of addresses, so the API server refuses the policy and it is left out here";
    assert_eq!(problems[0]["message"], message);
    assert_eq!(problems[1]["file"], "broken.yaml");
    assert_eq!(all["connections"].as_array().map(Vec::len), Some(5));
    assert!(text(&output.stderr).contains("bad.yaml:6: "), "{}", text(&output.stderr));
}

#[test]
fn another_state_is_a_folder_or_a_revision() {
    let folder = triplet();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    let before = triplet();
    let wider = POLICIES.replace("port: 5432", "port: 9187").replace("[Ingress, Egress]", "[Ingress]");
    write(folder.path(), &[("policies.yaml", &wider)]);
    let by_folder = printed(folder.path(), &["--base", before.path().to_str().expect("a path"), "--workload", "main"]);
    assert_eq!(
        by_folder.split("\n\n").next(),
        Some(
            "\
added   db/main[Cluster] => 0.0.0.0-255.255.255.255[External] : All Connections, was No Connections
added   db/main[Cluster] => shop/web[Deployment] : All Connections, was No Connections
changed shop/web[Deployment] => db/main[Cluster] : TCP 9187, was TCP 5432"
        )
    );
    let by_revision = printed(folder.path(), &["--base", "HEAD", "--workload", "main"]);
    assert_eq!(by_revision, by_folder);
    assert_eq!(printed(folder.path(), &["--base", "git:main", "--base-exact", "--workload", "main"]), by_folder);
    let changes = json(folder.path(), &["--base", "HEAD", "--workload", "main"]);
    assert_eq!(changes["changes"][2]["before"], "TCP 5432");
}

#[test]
fn exposure_tells_what_strangers_reach() {
    let folder = triplet();
    let told = printed(folder.path(), &["--exposure", "--workload", "main"]);
    assert!(
        told.contains(
            "
Exposure to pods that are not in this repo:
db/main[Cluster] <= [namespace with {client=main}]/[all pods] : TCP 5432
"
        ),
        "{told}"
    );
    let web = printed(folder.path(), &["--exposure", "--workload", "web"]);
    assert!(web.contains("Workloads that no policy isolates:\nshop/web[Deployment] on egress"), "{web}");
    assert!(web.contains("shop/web[Deployment] <= entire-cluster : All Connections"), "{web}");
}

#[test]
fn kustomizations_are_built_and_their_objects_looked_at() {
    let folder = repo(&[
        ("base/kustomization.yaml", "resources: [workloads.yaml, policies.yaml]\n"),
        ("base/workloads.yaml", WORKLOADS),
        ("base/policies.yaml", POLICIES),
        (
            "live/kustomization.yaml",
            "resources: [../base, namespaces.yaml]\npatches:\n  - target: {kind: NetworkPolicy, name: clients}\n    patch: |\n      - {op: replace, path: /spec/ingress/0/ports/0/port, value: 9187}\n",
        ),
        ("live/namespaces.yaml", NAMESPACES),
    ]);
    let told = printed(folder.path(), &[".", "--workload", "main", "--direction", "ingress"]);
    assert!(told.starts_with("shop/web[Deployment] => db/main[Cluster] : TCP 9187\n"), "{told}");
}

#[test]
fn every_format_goes_to_a_file_too() {
    let folder = triplet();
    for (format, start) in [
        ("text", "0.0.0.0-"),
        ("json", "{"),
        ("csv", "target,src,dst,ports,verdict\n"),
        ("dot", "digraph reach {"),
        ("mermaid", "graph LR\n"),
        ("svg", "<svg xmlns="),
        ("html", "<!DOCTYPE html>"),
    ] {
        let direct = printed(folder.path(), &["--format", format]);
        assert!(direct.starts_with(start), "{format}: {direct}");
        assert_eq!(printed(folder.path(), &["--format", format, "--output", "report"]), "");
        assert_eq!(fs::read_to_string(folder.path().join("report")).expect("a file"), direct, "{format}");
        fs::remove_file(folder.path().join("report")).expect("a file");
    }
}

#[test]
fn pods_of_one_controller_are_one_party() {
    let pod = |name: &str, labels: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {labels}, ownerReferences: \
             [{{apiVersion: apps/v1, kind: ReplicaSet, name: front, controller: true}}]}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
        )
    };
    let list = "---\napiVersion: v1\nkind: PodList\nitems:\n  - metadata: {name: lone, namespace: shop}\n    spec: {containers: []}\n";
    let deny = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {matchLabels: {a: b}}}\n";
    let even = [pod("front-1", "{a: b}"), pod("front-2", "{a: b}"), list.into(), deny.into()].concat();
    let folder = repo(&[("all.yaml", &even)]);
    let told = printed(folder.path(), &["--workload", "front", "--direction", "egress"]);
    assert_eq!(
        told,
        "shop/front[ReplicaSet] => 0.0.0.0-255.255.255.255[External] : All Connections\nshop/front[ReplicaSet] => shop/lone[Pod] : All Connections\n"
    );
    let uneven = [pod("front-1", "{a: b}"), pod("front-2", "{a: c}"), list.into(), deny.into()].concat();
    let folder = repo(&[("all.yaml", &uneven)]);
    let all = json(folder.path(), &["--workload", "front"]);
    assert_eq!(
        all["problems"][0]["message"],
        "a policy selects some of the pods of `shop/front[ReplicaSet]` and not others"
    );
    let row = all["connections"].as_array().expect("rows").iter().find(|row| row["src"] == "shop/lone[Pod]");
    assert_eq!(row.map(|row| row["verdict"].clone()), Some("unknown".into()));
}

#[test]
fn a_name_that_kubectl_reads_as_a_boolean_is_taken_as_meant_and_told() {
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: no, namespace: y, labels: {a: on}}\nspec: {containers: []}\n";
    let folder = repo(&[("pod.yaml", pod)]);
    let output = reach(folder.path(), &["--direction", "egress", "--workload", "no"]);
    assert_eq!(text(&output.stdout), "y/no[Pod] => 0.0.0.0-255.255.255.255[External] : All Connections\n");
    let told = "pod.yaml:3: `y` is a boolean to kubectl; it is taken as the name of a namespace here\n";
    assert_eq!(text(&output.stderr), told);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn under_cilium_no_address_stands_for_the_api_server() {
    let policy = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out, namespace: db}
spec:
  endpointSelector: {}
  egress: [{toEntities: [world], toPorts: [{ports: [{port: '6443', protocol: TCP}]}]}]
";
    let folder = repo(&[("namespaces.yaml", NAMESPACES), ("workloads.yaml", WORKLOADS), ("policy.yaml", policy)]);
    let told = printed(folder.path(), &["--workload", "main", "--direction", "egress"]);
    let lines: Vec<&str> = told.lines().take(2).collect();
    assert_eq!(
        lines,
        [
            "db/main[Cluster] => 0.0.0.0-255.255.255.255[External] : TCP 6443",
            "db/main[Cluster] => entity:kube-apiserver : No Connections",
        ]
    );
    assert!(
        told.contains("db/main[Cluster] => entity:kube-apiserver : TCP 6443 (the instance manager talks"),
        "{told}"
    );
    let all = json(folder.path(), &["--workload", "main", "--direction", "egress"]);
    assert_eq!(all["connections"][1]["verdict"], "denied");
}
