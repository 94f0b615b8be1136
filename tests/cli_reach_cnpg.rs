//! `tidegate reach` on questions about databases that no rule asks: what a way out to the API server opens beside it,
//! and whether nodes reach the instance manager, as `kubectl cnpg status` does.

mod repo;

use repo::Repo;

const DATABASE: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: db}
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: main, namespace: db}
spec: {instances: 1, storage: {size: 1Gi}}
";

const CLOSED: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: db}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api-server, namespace: db}
spec:
  podSelector: {matchLabels: {cnpg.io/cluster: main}}
  policyTypes: [Egress]
  egress:
";

const CILIUM: &str = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: instances, namespace: db}
spec:
  endpointSelector: {}
  ingress:
    - fromEndpoints: [{matchLabels: {cnpg.io/cluster: main}}]
";

const NODES: &str = "    - fromEntities: [kube-apiserver, remote-node, host]
      toPorts: [{ports: [{port: \"8000\", protocol: TCP}]}]
";

fn database(policies: &str) -> Repo {
    Repo::bare(&[("database.yaml", DATABASE), ("policies.yaml", policies)])
}

fn told(repo: &Repo, arguments: &[&str]) -> String {
    repo.run(&[&["reach"], arguments].concat()).exits(0).out
}

const OUTWARDS: &[&str] = &["--workload", "main", "--direction", "egress", "--exposure"];

#[test]
fn a_port_without_an_address_opens_the_whole_world_on_it() {
    let repo = database(&format!("{CLOSED}    - ports: [{{port: 6443}}]\n"));
    assert_eq!(
        told(&repo, OUTWARDS),
        "\
db/main[Cluster] => 0.0.0.0-255.255.255.255[External] : TCP 6443

Exposure to pods that are not in this repo:
db/main[Cluster] => entire-cluster : TCP 6443
"
    );
    assert_eq!(
        told(&repo, &["--explain", "main", "203.0.113.7", "6443"]),
        "\
db/main[Cluster] => 203.0.113.7-203.0.113.7[External] : TCP 6443 passes
  leaves db/main[Cluster]: TCP 6443 passes
    NetworkPolicy `db/default-deny` selects it: only what a rule allows passes  (policies.yaml:5)
    NetworkPolicy `db/api-server` selects it: only what a rule allows passes  (policies.yaml:12)
    a rule of NetworkPolicy `db/api-server` allows TCP 6443  (policies.yaml:15)
"
    );
}

#[test]
fn a_block_of_the_api_server_opens_nothing_else() {
    let block = "    - to: [{ipBlock: {cidr: 198.51.100.10/32}}]\n      ports: [{port: 6443}]\n";
    let repo = database(&format!("{CLOSED}{block}"));
    assert_eq!(
        told(&repo, OUTWARDS),
        "\
db/main[Cluster] => 198.51.100.10-198.51.100.10[External] : TCP 6443

Exposure to pods that are not in this repo:
"
    );
    assert_eq!(
        told(&repo, &["--explain", "main", "203.0.113.7", "6443"]),
        "\
db/main[Cluster] => 203.0.113.7-203.0.113.7[External] : TCP 6443 does not pass
  leaves db/main[Cluster]: TCP 6443 does not pass
    NetworkPolicy `db/default-deny` selects it: only what a rule allows passes  (policies.yaml:5)
    NetworkPolicy `db/api-server` selects it: only what a rule allows passes  (policies.yaml:12)
    no rule of these policies allows TCP 6443
"
    );
}

#[test]
fn with_cilium_a_port_without_an_entity_opens_everything_on_it() {
    let closed =
        CILIUM.replace("  ingress:\n    - fromEndpoints: [{matchLabels: {cnpg.io/cluster: main}}]\n", "  egress:\n");
    let port = "toPorts: [{ports: [{port: \"6443\", protocol: TCP}]}]\n";
    let repo = database(&format!("{closed}    - {port}"));
    assert_eq!(
        told(&repo, OUTWARDS),
        "\
db/main[Cluster] => 0.0.0.0-255.255.255.255[External] : TCP 6443
db/main[Cluster] => db/main-1-initdb[Job] : TCP 6443
db/main[Cluster] => entity:host : TCP 6443
db/main[Cluster] => entity:kube-apiserver : TCP 6443
db/main[Cluster] => entity:remote-node : TCP 6443

Exposure to pods that are not in this repo:
db/main[Cluster] => entire-cluster : TCP 6443
"
    );
    let repo = database(&format!("{closed}    - toEntities: [kube-apiserver]\n      {port}"));
    assert_eq!(
        told(&repo, OUTWARDS),
        "\
db/main[Cluster] => entity:kube-apiserver : TCP 6443

Exposure to pods that are not in this repo:
"
    );
}

const INWARDS: &[&str] = &["--workload", "main", "--direction", "ingress", "--exposure"];

#[test]
fn cilium_lets_the_api_server_and_nodes_ask_for_the_status() {
    let repo = database(&format!("{CILIUM}{NODES}"));
    assert_eq!(
        told(&repo, INWARDS),
        "\
db/main-1-initdb[Job] => db/main[Cluster] : All Connections
entity:host => db/main[Cluster] : All Connections
entity:kube-apiserver => db/main[Cluster] : TCP 8000
entity:remote-node => db/main[Cluster] : TCP 8000

Exposure to pods that are not in this repo:
db/main[Cluster] <= db/[pod with {cnpg.io/cluster=main}] : All Connections
"
    );
    for entity in ["kube-apiserver", "remote-node", "host"] {
        assert_eq!(
            told(&repo, &["--explain", entity, "main", "8000"]),
            format!(
                "\
entity:{entity} => db/main[Cluster] : TCP 8000 passes
  enters db/main[Cluster]: TCP 8000 passes
    CiliumNetworkPolicy `db/instances` selects it: only what a rule allows passes  (policies.yaml:5)
    a rule of CiliumNetworkPolicy `db/instances` allows TCP 8000  (policies.yaml:8)
"
            )
        );
    }
}

#[test]
fn cilium_keeps_them_out_where_no_rule_names_them_but_for_the_own_node() {
    let repo = database(CILIUM);
    assert_eq!(
        told(&repo, INWARDS),
        "\
db/main-1-initdb[Job] => db/main[Cluster] : All Connections
entity:host => db/main[Cluster] : All Connections

Exposure to pods that are not in this repo:
db/main[Cluster] <= db/[pod with {cnpg.io/cluster=main}] : All Connections
"
    );
    let explained = |entity: &str, verdict: &str, rule: &str| {
        format!(
            "\
entity:{entity} => db/main[Cluster] : TCP 8000 {verdict}
  enters db/main[Cluster]: TCP 8000 {verdict}
    CiliumNetworkPolicy `db/instances` selects it: only what a rule allows passes  (policies.yaml:5)
    no rule of these policies allows TCP 8000{rule}
"
        )
    };
    for (entity, verdict, rule) in [
        ("kube-apiserver", "does not pass", ""),
        ("remote-node", "does not pass", ""),
        ("host", "passes", ", but the node that the pod runs on always gets in"),
    ] {
        assert_eq!(told(&repo, &["--explain", entity, "main", "8000"]), explained(entity, verdict, rule));
    }
}

#[test]
fn a_network_policy_knows_the_api_server_by_its_address_alone() {
    let rule = "    - from: [{ipBlock: {cidr: 198.51.100.0/24}}]\n      ports: [{port: 8000}]\n";
    let closed = CLOSED.replace("[Egress]", "[Ingress]").replace("egress:", "ingress:");
    let repo = database(&format!("{closed}{rule}"));
    assert_eq!(
        told(&repo, &["--explain", "198.51.100.10", "main", "8000"]),
        "\
198.51.100.10-198.51.100.10[External] => db/main[Cluster] : TCP 8000 passes
  enters db/main[Cluster]: TCP 8000 passes
    NetworkPolicy `db/default-deny` selects it: only what a rule allows passes  (policies.yaml:5)
    NetworkPolicy `db/api-server` selects it: only what a rule allows passes  (policies.yaml:12)
    a rule of NetworkPolicy `db/api-server` allows TCP 8000  (policies.yaml:15)
"
    );
    // Which addresses it has, no policy of this kind tells.
    let unknown = repo.run(&["reach", "--explain", "kube-apiserver", "main", "8000"]).exits(2);
    assert_eq!(
        (unknown.out.as_str(), unknown.err.as_str()),
        (
            "",
            "\
error: `kube-apiserver` is an entity of Cilium, and nothing here says that Cilium enforces policies
  help: write `world`, or an address
"
        )
    );
}
