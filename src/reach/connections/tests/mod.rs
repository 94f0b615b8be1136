//! Tables of cases: who reaches whom, in small worlds in memory, for policies of every kind.

mod lack;
mod notes;

use super::*;
use crate::manifest::{Manifests, Parsed};
use crate::reach::ports::{PortSet, Protocol};
use crate::render::Target;
use crate::source::SourceId;
use crate::yaml::{File, parse};
use proptest::prelude::*;

/// Hands the connections of the documents in `text` to `ask`.
fn with<T>(text: &str, ask: impl FnOnce(&Connections<'_>) -> T) -> T {
    let file: File = parse(SourceId(0), text.to_owned().into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "all.yaml", file: &file }]);
    let members = (0..manifests.resources.len()).collect();
    let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
    let graph = Graph::new(&manifests.resources, &target, None);
    ask(&Connections::new(&graph, &[]))
}

const WORLD: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: db}
---
apiVersion: v1
kind: Namespace
metadata: {name: app, labels: {client: main}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {client: ledger}}
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: main, namespace: db}
spec: {instances: 3, storage: {size: 1Gi}}
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: pool, namespace: db}
spec: {cluster: {name: main}, instances: 2, pgbouncer: {poolMode: session}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: app, labels: {tier: web}}
spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}, {name: http-u, containerPort: 8081, protocol: UDP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: app}
spec: {serviceAccountName: batch, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: other, labels: {tier: web}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stray, namespace: unseen, labels: {tier: web}}
spec: {containers: [{name: c, image: i}]}
";

fn end(connections: &Connections<'_>, word: &str) -> End {
    match word {
        "world" => End::Addresses(AddressRange::V4(0xC000_0201, 0xC000_0201)),
        "inside" => End::Addresses(AddressRange::V4(0x0A01_0000, 0x0A01_0000)),
        "v6" => End::Addresses(AddressRange::V6(1 << 127, 1 << 127)),
        _ => match Entity::ALL.into_iter().find(|entity| entity.name() == word) {
            Some(entity) => End::Entity(entity),
            None => match connections.named(word).as_slice() {
                [one] => End::Party(*one),
                found => panic!("{word}: {found:?}"),
            },
        },
    }
}

/// `yes`, `no` or `perhaps`: whether `from` reaches `to` on a port, as in `db/main app/web 8080`.
fn verdict(connections: &Connections<'_>, flow: &str) -> &'static str {
    let words: Vec<&str> = flow.split(' ').collect();
    let [from, to, port] = words.as_slice() else { panic!("{flow}") };
    let (protocol, number) = port.split_once('/').unwrap_or(("TCP", port));
    let protocol = Protocol::parse(protocol).expect("a protocol");
    let number: u16 = number.parse().expect("a port");
    let reached = match (end(connections, from), end(connections, to)) {
        (End::Party(from), to) => connections.reached_beyond(from, to, Direction::Egress),
        (from, End::Party(to)) => connections.reached_beyond(to, from, Direction::Ingress),
        _ => panic!("{flow}"),
    };
    match (reached.sure.holds(protocol, number), reached.maybe.holds(protocol, number)) {
        (true, true) => "yes",
        (false, true) => "perhaps",
        (false, false) => "no",
        (true, false) => panic!("what is sure may be: {flow}"),
    }
}

fn check(policies: &str, flows: &[(&str, &str)]) {
    with(&format!("{WORLD}---\n{policies}"), |connections| {
        for (flow, expected) in flows {
            assert_eq!(verdict(connections, flow), *expected, "{flow}\n{policies}\n{:?}", connections.faults());
        }
    });
}

fn policy(group: &str, kind: &str, namespace: &str, spec: &str) -> String {
    let spec = spec.lines().map(|line| format!("  {line}\n")).collect::<String>();
    let namespace = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
    format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: one{namespace}}}\nspec:\n{spec}")
}

fn plain(spec: &str) -> String {
    policy("networking.k8s.io/v1", "NetworkPolicy", "db", spec)
}

fn cilium(spec: &str) -> String {
    policy("cilium.io/v2", "CiliumNetworkPolicy", "db", spec)
}

fn clusterwide(spec: &str) -> String {
    policy("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "", spec)
}

fn admin(priority: u32, spec: &str) -> String {
    policy("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "", &format!("priority: {priority}\n{spec}"))
        .replace("name: one", &format!("name: at-{priority}"))
}

#[test]
fn the_pods_of_a_job_bear_its_name_and_those_of_a_schedule_one_that_is_to_come() {
    let template = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}";
    let meta = |name: &str| format!("metadata: {{name: {name}, namespace: app}}");
    let jobs = format!(
        "apiVersion: batch/v1\nkind: Job\n{}\nspec: {{{template}}}\n---\napiVersion: batch/v1\nkind: CronJob\n{}\nspec: \
         {{schedule: '@daily', jobTemplate: {{spec: {{{template}}}}}}}",
        meta("load"),
        meta("nightly")
    );
    for label in ["job-name", "batch.kubernetes.io/job-name"] {
        let rules = format!(
            "podSelector: {{}}\ningress:\n- from:\n  - namespaceSelector: {{}}\n    podSelector: {{matchLabels: {{{label}: load}}}}"
        );
        check(
            &format!("{jobs}\n---\n{}", plain(&rules)),
            &[
                ("app/load db/main 5432", "yes"),
                ("app/nightly db/main 5432", "perhaps"),
                ("app/web db/main 5432", "no"),
            ],
        );
    }
}

#[test]
fn without_policies_everything_passes() {
    check(
        "",
        &[
            ("app/web db/main 5432", "yes"),
            ("db/main db/main UDP/53", "yes"),
            ("world db/main 1", "yes"),
            ("db/main world SCTP/65535", "yes"),
            ("db/main-2-join db/main 5432", "yes"),
        ],
    );
}

#[test]
fn network_policies() {
    for (spec, flows) in [
        (
            "podSelector: {}\npolicyTypes: [Ingress, Egress]",
            &[("app/web db/main 5432", "no"), ("db/main world 443", "no"), ("db/main db/main 5432", "no")][..],
        ),
        ("podSelector: {}\negress: []", &[("db/main world 443", "yes"), ("world db/main 443", "no")]),
        (
            "podSelector: {matchLabels: {cnpg.io/podRole: instance}}\ningress: [{from: [{podSelector: {}}], ports: [{port: postgresql}]}]",
            &[
                ("db/pool db/main 5432", "yes"),
                ("db/pool db/main 8000", "no"),
                ("db/main db/main 5432", "yes"),
                ("app/web db/main 5432", "no"),
                ("app/web db/pool 5432", "yes"),
            ],
        ),
        (
            "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {client: main}}}], ports: [{port: 5432}]}]",
            &[
                ("app/web db/main 5432", "yes"),
                ("app/web db/pool 5432", "yes"),
                ("app/web db/main UDP/5432", "no"),
                ("other/web db/main 5432", "no"),
                ("unseen/stray db/main 5432", "perhaps"),
                ("unseen/stray db/main 5433", "no"),
                ("world db/main 5432", "no"),
            ],
        ),
        (
            "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: unseen}}}]}]",
            &[("unseen/stray db/main 5432", "yes"), ("app/web db/main 5432", "no")],
        ),
        (
            "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]",
            &[
                ("world db/main 5432", "yes"),
                ("inside db/main 5432", "no"),
                ("v6 db/main 5432", "no"),
                ("app/web db/main 5432", "no"),
            ],
        ),
        (
            "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: '::/0'}}]}]",
            &[("v6 db/main 1", "yes"), ("world db/main 1", "no")],
        ),
        (
            "podSelector: {}\ningress: [{ports: [{port: 5000, endPort: 5999, protocol: UDP}]}]",
            &[("app/web db/main UDP/5432", "yes"), ("app/web db/main UDP/6000", "no"), ("world db/main 5432", "no")],
        ),
        (
            "podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {}}], ports: [{port: http}, {port: http-u, protocol: UDP}]}]",
            &[
                ("db/main app/web 8080", "yes"),
                ("db/main app/web UDP/8081", "yes"),
                ("db/main app/web 8081", "no"),
                ("db/main app/job 8080", "no"),
                ("db/main world 8080", "no"),
            ],
        ),
        (
            "podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {'${KEY}': x}}}], ports: [{port: 5432}]}]",
            &[("db/pool db/main 5432", "perhaps"), ("db/pool db/main 8000", "no"), ("app/web db/main 5432", "no")],
        ),
        // The labels of a primary and of a replica are not the same.
        (
            "podSelector: {matchLabels: {cnpg.io/instanceRole: primary}}\npolicyTypes: [Ingress]",
            &[("app/web db/main 5432", "perhaps"), ("app/web db/pool 5432", "yes")],
        ),
    ] {
        check(&plain(spec), flows);
    }
}

#[test]
fn what_the_api_server_refuses_is_told_and_left_out() {
    for (spec, line) in [
        ("podSelector: {matchLabels: {'a b': c}}", 5),
        ("podSelector: {matchLabels: {a: 'b c'}}", 5),
        ("podSelector: {matchExpressions: [{key: a, operator: In}]}", 5),
        ("podSelector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}", 5),
        ("podSelector: {}\npolicyTypes: [ingress]", 6),
        ("podSelector: {}\ningress: [{from: [{}]}]", 6),
        ("podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]", 6),
        ("podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]", 6),
        ("podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]", 6),
        ("podSelector: {}\ningress: [{ports: [{port: '5432'}]}]", 6),
        ("podSelector: {}\ningress: [{ports: [{port: 0}]}]", 6),
        ("podSelector: {}\ningress: [{ports: [{port: http, endPort: 90}]}]", 6),
        ("podSelector: {}\ningress: [{ports: [{port: 100, endPort: 90}]}]", 6),
        ("podSelector: {}\ningress: [{ports: [{endPort: 90}]}]", 6),
        ("podSelector: {}\ningress: [{ports: [{port: 90, protocol: tcp}]}]", 6),
        ("podSelector: {}\ningress: [{form: []}]", 6),
    ] {
        let text = plain(spec);
        with(&format!("{WORLD}---\n{text}"), |connections| {
            let faults = connections.faults();
            assert_eq!(faults.len(), 1, "{spec}: {faults:?}");
            assert!(faults[0].left_out, "{spec}: {faults:?}");
            let before = &format!("{WORLD}---\n{text}")[WORLD.len() + 4..faults[0].span.start as usize];
            assert_eq!(before.matches('\n').count() + 1, line, "{spec}");
            assert_eq!(verdict(connections, "app/web db/main 5432"), "yes", "{spec}");
        });
    }
}

#[test]
fn admin_policies_come_before_and_behind_the_others() {
    let from = |label: &str| format!("from: [{{namespaces: {{matchLabels: {{client: {label}}}}}}}]");
    let ingress = |rules: &str| {
        format!("subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: db}}}}}}\ningress: [{rules}]")
    };
    let deny = format!("{{action: Deny, {}, ports: [{{portNumber: {{port: 5432}}}}]}}", from("main"));
    let allow = format!("{{action: Allow, {}}}", from("main"));
    let pass = format!("{{action: Pass, {}, ports: [{{portRange: {{start: 1, end: 6000}}}}]}}", from("main"));
    let everybody = plain("podSelector: {}\ningress: [{from: [{namespaceSelector: {}}]}]");
    let nobody = plain("podSelector: {}\npolicyTypes: [Ingress]");
    let baseline = policy(
        "policy.networking.k8s.io/v1alpha1",
        "BaselineAdminNetworkPolicy",
        "",
        "subject: {namespaces: {}}\ningress: [{action: Deny, from: [{namespaces: {}}]}]",
    )
    .replace("name: one", "name: default");
    let cluster = |tier: &str, action: &str, protocols: &str| {
        policy(
            "policy.networking.k8s.io/v1alpha2",
            "ClusterNetworkPolicy",
            "",
            &format!(
                "tier: {tier}\npriority: 10\nsubject: {{namespaces: {{}}}}\ningress: [{{action: {action}, {}{protocols}}}]",
                from("main")
            ),
        )
    };
    for (policies, flows) in [
        (
            vec![admin(5, &ingress(&deny)), everybody.clone()],
            &[("app/web db/main 5432", "no"), ("app/web db/main 8000", "yes"), ("other/web db/main 5432", "yes")][..],
        ),
        (
            vec![admin(5, &ingress(&allow)), nobody.clone()],
            &[("app/web db/main 5432", "yes"), ("other/web db/main 5432", "no"), ("world db/main 5432", "no")],
        ),
        // The stronger one counts, port by port.
        (
            vec![admin(7, &ingress(&allow)), admin(3, &ingress(&deny)), nobody.clone()],
            &[("app/web db/main 5432", "no"), ("app/web db/main 8000", "yes")],
        ),
        (
            vec![admin(3, &ingress(&allow)), admin(7, &ingress(&deny)), nobody.clone()],
            &[("app/web db/main 5432", "yes")],
        ),
        (
            vec![admin(3, &ingress(&pass)), admin(7, &ingress(&allow)), nobody.clone()],
            &[("app/web db/main 5432", "no"), ("app/web db/main 8000", "yes")],
        ),
        // A baseline is asked only where nothing isolates.
        (
            vec![baseline.clone()],
            &[("app/web db/main 5432", "no"), ("world db/main 5432", "yes"), ("db/main db/main 5432", "no")],
        ),
        (vec![baseline.clone(), everybody.clone()], &[("app/web db/main 5432", "yes"), ("db/main app/web 80", "no")]),
        (vec![baseline, admin(3, &ingress(&allow))], &[("app/web db/main 5432", "yes"), ("other/web db/main 1", "no")]),
        (
            vec![cluster("Admin", "Deny", ", protocols: [{tcp: {destinationPort: {number: 5432}}}]")],
            &[("app/web db/main 5432", "no"), ("app/web db/main 5433", "yes")],
        ),
        (
            vec![cluster("Admin", "Deny", ", protocols: [{destinationNamedPort: status}]")],
            &[("app/web db/main 8000", "no"), ("app/web db/main 5432", "yes")],
        ),
        (vec![cluster("Baseline", "Deny", "")], &[("app/web db/main 1", "no"), ("other/web db/main 1", "yes")]),
        (vec![cluster("Admin", "Accept", ""), nobody], &[("app/web db/main 1", "yes"), ("other/web db/main 1", "no")]),
    ] {
        check(&policies.join("---\n"), flows);
    }
}

#[test]
fn cilium_policies() {
    let own = "endpointSelector: {matchLabels: {cnpg.io/podRole: instance}}\n";
    for (spec, flows) in [
        // An empty list is no list; a list with an empty rule closes.
        (
            "ingress: [{}]",
            &[("app/web db/main 5432", "no"), ("db/main world 443", "yes"), ("host db/main 8000", "yes")][..],
        ),
        ("ingress: []\negress: [{}]", &[("app/web db/main 5432", "yes"), ("db/main world 443", "no")]),
        (
            "ingress: [{fromEndpoints: [{}]}]",
            &[("db/pool db/main 5432", "yes"), ("app/web db/main 5432", "no"), ("world db/main 1", "no")],
        ),
        ("ingress: [{fromEndpoints: []}]", &[("db/pool db/main 5432", "no"), ("app/web db/main 5432", "no")]),
        (
            "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': app, 'k8s:tier': web}}], toPorts: [{ports: [{port: '5432'}]}]}]",
            &[
                ("app/web db/main 5432", "yes"),
                ("app/web db/main UDP/5432", "yes"),
                ("app/web db/main 5433", "no"),
                ("app/job db/main 5432", "no"),
                ("other/web db/main 5432", "no"),
            ],
        ),
        (
            "ingress: [{fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: Exists}]}]}]",
            &[
                ("app/web db/main 1", "yes"),
                ("unseen/stray db/main 1", "yes"),
                ("world db/main 1", "no"),
                ("kube-apiserver db/main 1", "no"),
            ],
        ),
        (
            "ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.namespace.labels.client: main}}]}]",
            &[("app/web db/main 1", "yes"), ("other/web db/main 1", "no"), ("unseen/stray db/main 1", "perhaps")],
        ),
        (
            "ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: app, io.cilium.k8s.policy.serviceaccount: batch}}]}]",
            &[("app/job db/main 1", "yes"), ("app/web db/main 1", "no")],
        ),
        (
            "ingress: [{fromEntities: [cluster]}]",
            &[
                ("app/web db/main 1", "yes"),
                ("kube-apiserver db/main 1", "yes"),
                ("remote-node db/main 1", "yes"),
                ("world db/main 1", "no"),
            ],
        ),
        (
            "egress: [{toEntities: [world], toPorts: [{ports: [{port: '443', protocol: TCP}]}]}]",
            &[("db/main world 443", "yes"), ("db/main kube-apiserver 443", "no"), ("db/main app/web 443", "no")],
        ),
        (
            "egress: [{toEntities: [kube-apiserver]}]",
            &[("db/main kube-apiserver 6443", "yes"), ("db/main world 6443", "no")],
        ),
        (
            "egress: [{toCIDR: [10.0.0.0/8]}]",
            &[("db/main inside 1", "yes"), ("db/main world 1", "no"), ("db/main app/web 1", "no")],
        ),
        (
            "egress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}]",
            &[("db/main inside 1", "no"), ("db/main world 1", "yes"), ("db/main kube-apiserver 1", "no")],
        ),
        (
            "egress: [{toFQDNs: [{matchName: example.org}], toPorts: [{ports: [{port: '443'}]}]}]",
            &[("db/main world 443", "perhaps"), ("db/main world 80", "no"), ("db/main app/web 443", "no")],
        ),
        (
            "egress: [{toPorts: [{ports: [{port: http, protocol: TCP}, {port: '0', protocol: SCTP}]}]}]",
            &[
                ("db/main app/web 8080", "yes"),
                ("db/main app/web 8081", "no"),
                ("db/main world SCTP/9", "yes"),
                ("db/main world 8080", "no"),
            ],
        ),
        ("ingressDeny: [{fromEntities: [world]}]", &[("world db/main 1", "no"), ("app/web db/main 1", "no")]),
        (
            "enableDefaultDeny: {ingress: false}\ningressDeny: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: app}}]}]",
            &[("app/web db/main 1", "no"), ("other/web db/main 1", "yes")],
        ),
        (
            "ingress: [{fromEntities: [all]}]\ningressDeny: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: app}}], toPorts: [{ports: [{port: '8000'}]}]}]",
            &[("app/web db/main 8000", "no"), ("app/web db/main 5432", "yes"), ("kube-apiserver db/main 8000", "yes")],
        ),
        ("ingress: [{icmps: [{fields: [{type: 8}]}]}]", &[("app/web db/main 5432", "no")]),
        (
            "egress: [{toServices: [{k8sService: {serviceName: pool, namespace: db}}]}]",
            &[("db/main db/pool 5432", "yes"), ("db/main app/web 80", "no")],
        ),
        ("egress: [{toServices: [{k8sService: {serviceName: nobody}}]}]", &[("db/main db/pool 5432", "perhaps")]),
    ] {
        check(&cilium(&format!("{own}{spec}")), flows);
    }
    check(
        &clusterwide("endpointSelector: {matchLabels: {cnpg.io/podRole: instance}}\negress: [{toEndpoints: [{}]}]"),
        &[("db/main app/web 1", "yes"), ("db/main world 1", "no"), ("db/main kube-apiserver 1", "no")],
    );
    // All kinds together are one set of rules.
    let both = format!(
        "{}---\n{}",
        plain("podSelector: {}\npolicyTypes: [Ingress]"),
        cilium(&format!("{own}ingress: [{{fromEntities: [world]}}]"))
    );
    check(&both, &[("world db/main 1", "yes"), ("app/web db/main 1", "no"), ("world db/pool 1", "no")]);
}

#[test]
fn what_cilium_rejects_closes_nothing() {
    for spec in [
        "endpointSelector: {}\ningress: []",
        "endpointSelector: {}\nenableDefaultDeny: {ingress: true}",
        "ingress: [{}]",
        "endpointSelector: {}\ningress: [{fromEndpoints: [{}], fromEntities: [host]}]",
        "endpointSelector: {}\negress: [{toCIDR: [10.0.0.0/8], toFQDNs: [{matchName: example.org}]}]",
        "endpointSelector: {}\ningress: [{fromEntities: [everybody]}]",
        "endpointSelector: {}\ningress: [{fromEndpoints: [{labelSelector: {}}]}]",
        "endpointSelector: {}\ningress: [{toPorts: [{ports: [{port: 5432}]}]}]",
        "endpointSelector: {}\ningressDeny: [{toPorts: [{ports: [{port: '80'}], rules: {http: [{}]}}]}]",
        "endpointSelector: {}\nnodeSelector: {}\ningress: [{}]",
        "endpointSelector: {matchLabels: {a: 5}}\ningress: [{}]",
        "endpointSelector: {}\ningress: [{fromEndpoint: [{}]}]",
        "endpointSelector: {}\ningress: [{fromEntities: host}]",
        "endpointSelector: {}\ningress: [{toPorts: {ports: []}}]",
        "endpointSelector: {}\ningress: [{fromCIDRSet: [{except: [10.0.0.0/8]}]}]",
        "endpointSelector: {}\ndefaultDeny: true\ningress: [{}]",
    ] {
        with(&format!("{WORLD}---\n{}", cilium(spec)), |connections| {
            assert_eq!(connections.faults().len(), 1, "{spec}: {:?}", connections.faults());
            assert_eq!(verdict(connections, "app/web db/main 5432"), "yes", "{spec}");
        });
    }
}

#[test]
fn needs_of_a_cluster_are_told_where_policies_stop_them() {
    let stopped = |policies: &str| {
        with(&format!("{WORLD}---\n{policies}"), |connections| {
            let needs = connections.needs().filter(|(_, stopped)| !stopped.is_empty());
            let mut told: Vec<String> = needs
                .map(|(need, stopped)| {
                    format!("{} {} {stopped}", connections.title(need.from), connections.title(need.to))
                })
                .collect();
            told.sort();
            told.dedup();
            told
        })
    };
    assert_eq!(stopped(""), [""; 0]);
    let triplet = "podSelector: {matchLabels: {cnpg.io/cluster: main}}\npolicyTypes: [Ingress, Egress]\negress: [{ports: [{port: 6443}]}]";
    assert_eq!(
        stopped(&plain(triplet)),
        [
            "db/main-2-join[Job] db/main[Cluster] TCP 5432",
            "db/main[Cluster] db/main[Cluster] TCP 5432",
            "db/main[Cluster] db/main[Cluster] TCP 8000",
            "db/pool[Pooler] db/main[Cluster] TCP 5432",
        ]
    );
    let no_api = stopped(&cilium("endpointSelector: {}\negress: [{toCIDR: [0.0.0.0/0]}, {toEndpoints: [{}]}]"));
    assert_eq!(no_api.len(), 4, "{no_api:?}");
    assert!(no_api.contains(&"db/main[Cluster] entity:kube-apiserver TCP 6443".to_owned()), "{no_api:?}");
}

#[test]
fn strangers_are_described_by_what_rules_ask_for() {
    let policies = plain(
        "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {client: main}}, podSelector: {matchLabels: {a: b}}}], ports: [{port: 5432}]}, {ports: [{port: 9187}]}]",
    );
    with(&format!("{WORLD}---\n{policies}"), |connections| {
        let database = connections.named("db/main")[0];
        let all = connections.exposure();
        let told: Vec<String> = all
            .iter()
            .filter(|one| one.party == database && one.direction == Direction::Ingress)
            .map(|one| format!("{:?} {}", one.stranger, one.reached.sure))
            .collect();
        assert_eq!(
            told,
            ["AnyPod TCP 9187", "Described(\"[namespace with {client=main}]/[pod with {a=b}]\") TCP 5432,9187"]
        );
        assert!(connections.is_isolated(database, Direction::Ingress));
        assert!(!connections.is_isolated(database, Direction::Egress));
    });
}

#[test]
fn an_ingress_leads_past_addresses() {
    let text = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: app}
spec: {selector: {tier: web}, ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 9000}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: app}
spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}]}}]}
";
    with(&format!("{WORLD}---{text}"), |connections| {
        let ways: Vec<String> = connections
            .ways_in()
            .map(|(way, reached)| format!("{} {}", connections.title(End::Party(way.party)), reached.sure))
            .collect();
        assert_eq!(ways, ["app/web[Pod] TCP 8080"]);
    });
}

#[test]
fn explanations_name_policies_and_places() {
    let policies = format!(
        "{}---\n{}",
        plain("podSelector: {}\npolicyTypes: [Ingress]"),
        plain("podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {client: main}}}], ports: [{port: 5432}]}]")
            .replace("name: one", "name: two")
    );
    with(&format!("{WORLD}---\n{policies}"), |connections| {
        let ports = PortSet::one(Protocol::Tcp, 5432);
        let explain = |from: &str| connections.explain(end(connections, from), end(connections, "db/main"), &ports);
        let told = |explanation: &Explanation<'_>| -> Vec<Decision> {
            explanation.halves[1].findings.iter().map(|finding| finding.decision).collect()
        };
        let open = explain("app/web");
        assert!(open.reached.sure.holds(Protocol::Tcp, 5432));
        assert!(open.halves[0].findings.is_empty());
        assert_eq!(told(&open), [Decision::Isolates, Decision::Isolates, Decision::Allows]);
        let closed = explain("other/web");
        assert!(closed.reached.is_empty());
        assert_eq!(told(&closed), [Decision::Isolates, Decision::Isolates]);
        let unknown = explain("unseen/stray");
        assert_eq!(told(&unknown).last(), Some(&Decision::Unknown));
        assert!(unknown.halves[1].findings[2].note.as_ref().is_some_and(|note| note.contains("`unseen`")));
    });
}

#[test]
fn pods_that_policies_tell_apart_are_explained_apart() {
    let policies = plain("podSelector: {matchLabels: {cnpg.io/instanceRole: primary}}\npolicyTypes: [Ingress]");
    with(&format!("{WORLD}---\n{policies}"), |connections| {
        let ports = PortSet::one(Protocol::Tcp, 5432);
        let told = connections.explain(end(connections, "app/web"), end(connections, "db/main"), &ports);
        let halves: Vec<_> = told.halves.iter().map(|half| (half.which.as_deref(), half.findings.len())).collect();
        assert_eq!(halves, [(None, 0), (Some("the primary"), 1), (Some("the replica"), 0)]);
        assert!(told.reached.sure.is_empty() && !told.reached.is_empty());
    });
}

/// What is worked out for each class alone is the same as what is looked up.
#[test]
fn what_is_looked_up_is_what_would_be_judged() {
    use super::view::judge;
    let policies = [
        plain(
            "podSelector: {}\ningress: [{from: [{namespaceSelector: {}}], ports: [{port: status}]}]\negress: [{to: [{podSelector: {}}], ports: [{port: postgresql}, {port: http}]}]",
        ),
        policy(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "app",
            "podSelector: {matchLabels: {tier: web}}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {}}], ports: [{port: pgbouncer}]}]",
        ),
        admin(
            5,
            "subject: {namespaces: {}}\negress: [{action: Deny, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: web}}}}], ports: [{namedPort: http}]}]",
        ),
        cilium(
            "endpointSelector: {}\negress: [{toEntities: [cluster], toPorts: [{ports: [{port: metrics}]}]}]\ningressDeny: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: other}}]}]",
        ),
    ];
    let node = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: node, namespace: app}\nspec: {hostNetwork: true, containers: []}\n";
    for some in 0..1 << policies.len() {
        let chosen: Vec<&str> = policies
            .iter()
            .enumerate()
            .filter(|(at, _)| some & (1 << at) != 0)
            .map(|(_, text)| text.as_str())
            .collect();
        with(&format!("{WORLD}{node}---\n{}", chosen.join("---\n")), |connections| {
            assert_eq!(connections.faults().iter().filter(|fault| fault.left_out).count(), 0);
            let classes = &connections.classes;
            for own in 0..classes.all.len() {
                for other in 0..classes.all.len() {
                    for direction in Direction::ALL {
                        let view = connections.views.of(own, direction);
                        let reached = if direction == Direction::Ingress { own } else { other };
                        let named = &classes.all[reached].named;
                        let judged = judge(&connections.book, view, classes.other(other), named);
                        assert_eq!(*view.with(other), judged, "{direction:?} {own} {other} {chosen:?}");
                    }
                }
            }
        });
    }
}

const RULES: [&str; 8] = [
    "{}",
    "{from: [{podSelector: {}}]}",
    "{from: [{namespaceSelector: {}}], ports: [{port: 5432}]}",
    "{from: [{namespaceSelector: {matchLabels: {client: main}}}]}",
    "{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80, endPort: 9000}]}",
    "{from: [{podSelector: {matchLabels: {tier: web}}, namespaceSelector: {}}], ports: [{port: status}]}",
    "{from: [{namespaceSelector: {matchLabels: {client: '${X}'}}}]}",
    "{ports: [{port: 53, protocol: UDP}]}",
];

fn ingress_of_all(connections: &Connections<'_>) -> Vec<Reached> {
    let ends = ["app/web", "app/job", "other/web", "unseen/stray", "db/pool", "world", "inside"];
    let database = connections.named("db/main")[0];
    ends.iter().map(|from| connections.reached_beyond(database, end(connections, from), Direction::Ingress)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn another_rule_never_closes_anything_in_an_isolated_pod(
        rules in proptest::collection::vec(0..RULES.len(), 0..4),
        more in 0..RULES.len(),
    ) {
        let text = |rules: &[usize]| {
            let list: Vec<&str> = rules.iter().map(|at| RULES[*at]).collect();
            format!("{WORLD}---\n{}", plain(&format!("podSelector: {{}}\npolicyTypes: [Ingress]\ningress: [{}]", list.join(", "))))
        };
        let before = with(&text(&rules), ingress_of_all);
        let after = with(&text(&[rules.as_slice(), &[more]].concat()), ingress_of_all);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(after.sure.covers(&before.sure) && after.maybe.covers(&before.maybe));
            prop_assert!(before.maybe.covers(&before.sure));
        }
    }

    #[test]
    fn neither_the_order_of_documents_nor_the_names_of_namespaces_matter(
        rules in proptest::collection::vec(0..RULES.len(), 1..4),
        turn in 0..8_usize,
    ) {
        let policies: Vec<String> = rules
            .iter()
            .enumerate()
            .map(|(at, rule)| {
                plain(&format!("podSelector: {{}}\ningress: [{}]", RULES[*rule])).replace("name: one", &format!("name: p{at}"))
            })
            .collect();
        let mut documents: Vec<String> = WORLD.split("---").map(str::to_owned).chain(policies).collect();
        let straight = with(&documents.join("---\n"), ingress_of_all);
        documents.rotate_left(turn);
        let turned = with(&documents.join("---\n"), ingress_of_all);
        prop_assert_eq!(&straight, &turned);
        let renamed = documents.join("---\n").replace("namespace: db", "namespace: data").replace("name: db", "name: data");
        let renamed = with(&renamed, |connections| {
            let database = connections.named("data/main")[0];
            let ends = ["app/web", "app/job", "other/web", "unseen/stray", "data/pool", "world", "inside"];
            let reached = |from: &&str| connections.reached_beyond(database, end(connections, from), Direction::Ingress);
            ends.iter().map(reached).collect::<Vec<Reached>>()
        });
        prop_assert_eq!(&straight, &renamed);
    }

    #[test]
    fn what_is_denied_is_not_allowed(allow in 0..4_usize, deny in 0..4_usize) {
        const PEERS: [&str; 4] = [
            "{fromEntities: [all]}",
            "{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: app}}], toPorts: [{ports: [{port: '5432'}]}]}",
            "{fromEndpoints: [{}]}",
            "{toPorts: [{ports: [{port: '8000', protocol: TCP}]}]}",
        ];
        let spec = |rules: &str| format!("endpointSelector: {{}}\n{rules}");
        let both = cilium(&spec(&format!("ingress: [{}]\ningressDeny: [{}]", PEERS[allow], PEERS[deny])));
        let only = cilium(&spec(&format!("ingress: [{}]", PEERS[deny])));
        let open = with(&format!("{WORLD}---\n{both}"), ingress_of_all);
        let denied = with(&format!("{WORLD}---\n{only}"), ingress_of_all);
        for (open, denied) in open.iter().zip(&denied) {
            prop_assert!(open.maybe.intersection(&denied.sure).is_empty());
        }
    }
}
