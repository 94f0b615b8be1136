//! The algebra over small repos in memory.

use super::connections::{Breadth, Connections};
use super::*;
use crate::graph::workload::ContainerPort;
use crate::manifest::{Manifests, Parsed};
use crate::render::Target;
use crate::source::SourceId;
use crate::yaml::{File, parse};

/// Targets that hold nothing of their own read what nothing delivers once; one that holds a policy reads both.
#[test]
fn targets_without_policies_share_those_that_nothing_delivers() {
    let policy = |name: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: a}}\n\
             spec: {{podSelector: {{}}}}\n---\n"
        )
    };
    let text = format!("{}{}apiVersion: v1\nkind: Namespace\nmetadata: {{name: a}}\n", policy("own"), policy("stray"));
    let file: File = parse(SourceId(0), text.into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "all.yaml", file: &file }]);
    let strays = [&manifests.resources[1]];
    let shared = OfStrays::default();
    let reach = |members: &[usize]| {
        let target = Target { name: ".".into(), root: 0, members: members.to_vec(), openings: Vec::new() };
        Reach::new(&Graph::new(&manifests.resources, &target, None), &strays, &shared)
    };
    let names = |reach: &Reach<'_>| -> Vec<(String, bool)> {
        let all = reach.decrees().iter();
        all.map(|decree| (decree.resource.object_name().name, decree.doubt.is_some())).collect()
    };
    let (own, first, second) = (reach(&[0, 2]), reach(&[]), reach(&[2]));
    assert_eq!(names(&own), [("own".to_owned(), false), ("stray".to_owned(), true)]);
    assert_eq!(names(&first), [("stray".to_owned(), true)]);
    assert!(std::ptr::eq(first.decrees(), second.decrees()));
}

/// Hands the reach of the documents in `text` to `ask`.
fn with_reach(text: &str, ask: impl FnOnce(&Graph<'_>, &Reach<'_>)) {
    let file: File = parse(SourceId(0), text.to_owned().into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "all.yaml", file: &file }]);
    let members = (0..manifests.resources.len()).collect();
    let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
    let graph = Graph::new(&manifests.resources, &target, None);
    ask(&graph, &Reach::new(&graph, &[], &OfStrays::default()));
}

/// Hands the connections of the documents in `text` to `ask`.
fn with_connections(text: &str, ask: impl FnOnce(&Connections<'_>)) {
    with_reach(text, |graph, _| ask(&Connections::new(graph, &[])));
}

fn policy(spec: &str) -> String {
    let spec = spec.lines().map(|line| format!("  {line}\n")).collect::<String>();
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: one, namespace: shop}}\nspec:\n{spec}"
    )
}

const CLUSTER: &str = "---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders, namespace: shop, labels: {team: orders}}
spec:
  instances: 2
  storage: {size: 1Gi}
  inheritedMetadata: {labels: {tier: data, cnpg.io/cluster: fake}}
";

const POOLER: &str = "---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: orders-pool, namespace: shop}
spec:
  cluster: {name: orders}
  pgbouncer: {poolMode: session}
  template: {metadata: {labels: {front: door}}, spec: {containers: []}}
";

fn word(isolation: &Isolation<'_, '_>) -> &'static str {
    match isolation {
        Isolation::Isolated(_) => "isolated",
        Isolation::Open => "open",
        Isolation::Unknown(_) => "unknown",
    }
}

#[test]
fn policy_types_have_defaults() {
    for (spec, ingress, egress) in [
        ("podSelector: {}", "isolated", "open"),
        ("{}", "isolated", "open"),
        ("podSelector:", "isolated", "open"),
        ("podSelector: {}\negress: []", "isolated", "open"),
        ("podSelector: {}\negress: [{}]", "isolated", "isolated"),
        ("podSelector: {}\npolicyTypes: []", "isolated", "open"),
        ("podSelector: {}\npolicyTypes: []\negress: [{}]", "isolated", "isolated"),
        ("podSelector: {}\npolicyTypes: [Ingress]\negress: [{}]", "isolated", "open"),
        ("podSelector: {}\npolicyTypes: [Egress]", "open", "isolated"),
        ("podSelector: {}\npolicyTypes: [Egress]\ningress: [{}]", "open", "isolated"),
        ("podSelector: {}\npolicyTypes: [Egress, Ingress]", "isolated", "isolated"),
        ("podSelector: {}\npolicyTypes: ['${TYPE}']", "unknown", "unknown"),
        ("podSelector: {}\npolicyTypes: Ingress", "unknown", "unknown"),
        ("podSelector: {matchLabels: {app: web}}", "open", "open"),
        ("podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}", "isolated", "open"),
        ("podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", "isolated", "open"),
        ("podSelector: '${SELECTOR}'", "unknown", "open"),
    ] {
        with_reach(&policy(spec), |_, reach| {
            let (namespace, labels) = (Namespace::Known("shop"), Labels::none());
            let pod = Pod { namespace: &namespace, labels: &labels, ports: &[], account: None };
            let answers = Direction::ALL.map(|direction| word(&reach.isolation(pod, direction)));
            assert_eq!(answers, [ingress, egress], "{spec}");
        });
    }
}

#[test]
fn a_policy_counts_in_its_own_namespace_only() {
    with_reach(&policy("podSelector: {}"), |_, reach| {
        let labels = Labels::none();
        for (namespace, expected) in [
            (Namespace::Known("shop"), "isolated"),
            (Namespace::Known("ledger"), "open"),
            (Namespace::Unspecified(0), "unknown"),
            (Namespace::Set(1, None), "unknown"),
        ] {
            let pod = Pod { namespace: &namespace, labels: &labels, ports: &[], account: None };
            assert_eq!(word(&reach.isolation(pod, Direction::Ingress)), expected, "{namespace:?}");
        }
    });
}

#[test]
fn kinds_that_are_not_read_make_isolation_unknown() {
    let kyverno = |kind: &str| {
        format!(
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: a}}\nspec: {{rules: [{{generate: {{kind: {kind}}}}}]}}\n"
        )
    };
    let calico = "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: a}\n".to_owned();
    let pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: a}\n".to_owned();
    for (text, expected) in [
        (calico, "unknown"),
        (pool, "isolated"),
        (kyverno("NetworkPolicy"), "unknown"),
        (kyverno("Secret"), "isolated"),
    ] {
        with_reach(&format!("{text}{}", policy("podSelector: {}")), |_, reach| {
            let (namespace, labels) = (Namespace::Known("shop"), Labels::none());
            let pod = Pod { namespace: &namespace, labels: &labels, ports: &[], account: None };
            assert_eq!(word(&reach.isolation(pod, Direction::Ingress)), expected, "{text}");
        });
    }
}

#[test]
fn policies_of_every_kind_isolate_together() {
    let cilium = |kind: &str, spec: &str| {
        format!("---\napiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n")
    };
    let own = |spec: &str| cilium("CiliumNetworkPolicy", spec);
    let all = |spec: &str| cilium("CiliumClusterwideNetworkPolicy", spec).replace(", namespace: shop", "");
    let admin = |spec: &str| {
        format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {{name: default}}\nspec: {spec}\n"
        )
    };
    let place = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {profile: closed}}\n";
    let label = "io.cilium.k8s.namespace.labels.profile";
    for (text, ingress, egress) in [
        (own("{endpointSelector: {}, ingress: [{}]}"), "isolated", "open"),
        (own("{endpointSelector: {}, ingress: [{}], egress: [{}]}"), "isolated", "isolated"),
        (own("{endpointSelector: {}, ingress: [{}], egress: []}"), "isolated", "open"),
        (own("{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}"), "isolated", "open"),
        (own("{endpointSelector: {}, ingress: [{}], enableDefaultDeny: {ingress: false}}"), "open", "open"),
        (own("{endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}"), "open", "open"),
        // Cilium rejects it: whether it was to close the namespace is told elsewhere.
        (own("{endpointSelector: {}, ingress: []}"), "unknown", "unknown"),
        (own("{endpointSelector: {matchLabels: {app: web}}, ingress: []}"), "open", "open"),
        (all("{endpointSelector: {}, egress: [{}]}"), "open", "isolated"),
        (
            all(&format!("{{endpointSelector: {{matchLabels: {{{label}: closed}}}}, ingress: [{{}}]}}")),
            "isolated",
            "open",
        ),
        (all(&format!("{{endpointSelector: {{matchLabels: {{{label}: open}}}}, ingress: [{{}}]}}")), "open", "open"),
        (
            all(
                "{endpointSelector: {matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: NotIn, values: [shop]}]}, ingress: [{}]}",
            ),
            "open",
            "open",
        ),
        (admin("{subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}"), "isolated", "open"),
        (
            admin(
                "{subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 5432, protocol: TCP}}]}]}",
            ),
            "open",
            "open",
        ),
        (admin("{subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}]}]}"), "open", "open"),
        (
            admin(
                "{subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}, {networks: [0.0.0.0/0, '::/0']}]}]}",
            ),
            "open",
            "isolated",
        ),
    ] {
        with_reach(&format!("{place}{text}"), |_, reach| {
            let (namespace, labels) = (Namespace::Known("shop"), Labels::none());
            let pod = Pod { namespace: &namespace, labels: &labels, ports: &[], account: Some("default") };
            let answers = Direction::ALL.map(|direction| word(&reach.isolation(pod, direction)));
            assert_eq!(answers, [ingress, egress], "{text}");
        });
    }
}

#[test]
fn the_operators_pods_have_their_labels() {
    with_reach(&format!("{CLUSTER}{POOLER}"), |_, reach| {
        let roles: Vec<PeerRole> = reach.peers_in(&Namespace::Known("shop")).map(|peer| peer.role).collect();
        use PeerRole::{Instance, Job, Pooler};
        assert_eq!(roles, [Instance, Instance, Job, Job, Pooler]);
        for (selector, selected) in [
            ("{cnpg.io/cluster: orders}", "yyyyy"),
            ("{cnpg.io/cluster: fake}", "nnnnn"),
            ("{cnpg.io/podRole: instance}", "yynnn"),
            ("{cnpg.io/podRole: pooler}", "nnnny"),
            ("{cnpg.io/instanceRole: primary}", "ynnnn"),
            ("{cnpg.io/instanceRole: replica}", "nynnn"),
            ("{cnpg.io/jobRole: join}", "nnnyn"),
            ("{cnpg.io/poolerName: orders-pool}", "nnnny"),
            ("{app.kubernetes.io/component: database}", "yyyyn"),
            ("{tier: data}", "yyyyn"),
            ("{front: door}", "nnnny"),
            ("{team: orders}", "????n"),
            ("{cnpg.io/instanceName: orders-1}", "????n"),
        ] {
            with_reach(&policy(&format!("podSelector: {{matchLabels: {selector}}}")), |_, policies| {
                let answers: String = reach
                    .peers_in(&Namespace::Known("shop"))
                    .map(|peer| match policies.policies()[0].selects(&peer.labels) {
                        Answer::Yes => 'y',
                        Answer::No => 'n',
                        Answer::Unknown(_) => '?',
                    })
                    .collect();
                assert_eq!(answers, selected, "{selector}");
            });
        }
    });
}

#[test]
fn ports_are_read_with_their_defaults() {
    for (ports, port, protocol, expected) in [
        ("[]", 5432, "UDP", "yes"),
        ("", 5432, "TCP", "yes"),
        ("[{}]", 5432, "TCP", "yes"),
        ("[{}]", 5432, "UDP", "no"),
        ("[{protocol: UDP}]", 5432, "TCP", "no"),
        ("[{port: 5432}]", 5432, "TCP", "yes"),
        ("[{port: 5432, protocol: UDP}]", 5432, "TCP", "no"),
        ("[{port: 9187}, {port: 5432}]", 5432, "TCP", "yes"),
        ("[{port: 5000, endPort: 6000}]", 5432, "TCP", "yes"),
        ("[{port: 5000, endPort: 5431}]", 5432, "TCP", "no"),
        ("[{port: 6000, endPort: 5000}]", 5432, "TCP", "unknown"),
        ("[{port: postgresql}]", 5432, "TCP", "yes"),
        ("[{port: metrics}]", 5432, "TCP", "no"),
        ("[{port: postgresql, protocol: UDP}]", 5432, "TCP", "no"),
        ("[{port: pgbouncer}]", 5432, "TCP", "no"),
        ("[{port: \"5432\"}]", 5432, "TCP", "unknown"),
        ("[{port: '${PORT}'}]", 5432, "TCP", "unknown"),
        ("[{port: '${PORT}', protocol: UDP}]", 5432, "TCP", "no"),
        ("[{port: 0}]", 5432, "TCP", "unknown"),
        ("[{endPort: 6000}]", 5432, "TCP", "unknown"),
        ("'${PORTS}'", 5432, "TCP", "unknown"),
    ] {
        with_reach(&policy(&format!("ingress:\n  - ports: {ports}")), |_, reach| {
            let instance = [
                ContainerPort { name: Some("postgresql"), number: Some(5432), protocol: "TCP" },
                ContainerPort { name: Some("metrics"), number: Some(9187), protocol: "TCP" },
            ];
            let answer = match reach.policies()[0].rules(Direction::Ingress)[0].covers(port, protocol, &instance) {
                Answer::Yes => "yes",
                Answer::No => "no",
                Answer::Unknown(_) => "unknown",
            };
            assert_eq!(answer, expected, "{ports} {port}/{protocol}");
        });
    }
}

#[test]
fn sources_say_how_many_they_let_in() {
    use Breadth::{EveryAddress, EveryNamespace, Everyone, Limited};
    for (rule, expected, doubts) in [
        ("{}", vec![Everyone], 0),
        ("from: []", vec![Everyone], 0),
        ("from:", vec![Everyone], 0),
        ("ports: [{port: 5432}]", vec![Everyone], 0),
        ("ports: [{port: 9187}]", vec![], 0),
        ("{from: [{namespaceSelector: {}}], ports: [{port: 8000}]}", vec![], 0),
        ("from: [{namespaceSelector: {}}]", vec![EveryNamespace], 0),
        ("from: [{namespaceSelector: {}, podSelector: {}}]", vec![EveryNamespace], 0),
        ("from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]", vec![Limited], 0),
        (
            "from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}]",
            vec![EveryNamespace],
            0,
        ),
        ("from: [{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}]", vec![Limited], 0),
        ("from: [{podSelector: {}}]", vec![Limited], 0),
        ("from: [{ipBlock: {cidr: 0.0.0.0/0}}]", vec![EveryAddress], 0),
        ("from: [{ipBlock: {cidr: \"::/0\"}}, {podSelector: {}}]", vec![EveryAddress, Limited], 0),
        ("from: [{ipBlock: {cidr: 10.0.0.0/8}}]", vec![Limited], 0),
        ("from: [{ipBlock: {cidr: '${CIDR}'}}]", vec![], 1),
        ("ports: [{port: '${PORT}'}]", vec![], 1),
    ] {
        let text = format!("{CLUSTER}{}", policy(&format!("podSelector: {{}}\ningress:\n  - {rule}")));
        with_connections(&text, |connections| {
            let grants = connections.grants(0, POSTGRES_PORT);
            let (sure, unsure): (Vec<_>, Vec<_>) = grants.iter().partition(|grant| grant.sure);
            let breadths: Vec<Breadth> = sure.iter().map(|grant| grant.breadth()).collect();
            assert_eq!((breadths, unsure.len()), (expected, doubts), "{rule}");
            assert!(unsure.iter().all(|grant| grant.doubt.is_some()), "{rule}");
        });
    }
}

#[test]
fn a_rule_of_a_direction_that_is_not_in_force_lets_nobody_in() {
    let text = format!("{CLUSTER}{}", policy("podSelector: {}\npolicyTypes: [Egress]\ningress: [{}]"));
    with_connections(&text, |connections| assert!(connections.grants(0, POSTGRES_PORT).is_empty()));
}

#[test]
fn peers_of_a_rule_admit_pods_by_namespace_and_labels() {
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {client: orders}}\n";
    for (peer, namespace_name, expected) in [
        ("{podSelector: {}}", "shop", Answer::Yes),
        ("{podSelector: {}}", "web", Answer::No),
        ("{namespaceSelector: {}}", "web", Answer::Yes),
        ("{namespaceSelector: {matchLabels: {client: orders}}}", "web", Answer::Yes),
        ("{namespaceSelector: {matchLabels: {client: ledger}}}", "web", Answer::No),
        ("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}", "web", Answer::Yes),
        ("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}", "api", Answer::No),
        (
            "{namespaceSelector: {matchLabels: {client: orders}}, podSelector: {matchLabels: {app: x}}}",
            "web",
            Answer::No,
        ),
    ] {
        let text = format!("{namespace}{}", policy(&format!("ingress:\n  - from: [{peer}]")));
        with_reach(&text, |_, reach| {
            let Peers::Listed(list) = &reach.policies()[0].rules(Direction::Ingress)[0].peers else {
                panic!("a list of peers: {peer}");
            };
            let there = Namespace::Known(namespace_name);
            let own = Answer::sure(namespace_name == "shop");
            let answer = list[0].admits(&own, &reach.namespace_labels(&there), &Labels::none());
            assert_eq!(answer, expected, "{peer} {namespace_name}");
        });
    }
    with_reach(namespace, |_, reach| {
        let labels = reach.namespace_labels(&Namespace::Known("elsewhere"));
        assert!(matches!(labels.get("client"), crate::graph::workload::Label::Perhaps(_)));
    });
}

#[test]
fn pods_that_are_not_seen_are_owned_up_to() {
    let dragonfly =
        "---\napiVersion: dragonflydb.io/v1alpha1\nkind: Dragonfly\nmetadata: {name: cache, namespace: shop}\n";
    let monitor = "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m, namespace: shop}\n";
    let loose = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: loose}\nspec: {containers: []}\n";
    for (text, unseen) in [(dragonfly, true), (monitor, false), (loose, true), ("", false)] {
        with_reach(&format!("{CLUSTER}{text}"), |graph, reach| {
            assert_eq!(reach.unseen_pods(graph, &Namespace::Known("shop")).is_some(), unseen, "{text}");
        });
    }
}

#[test]
fn the_index_leaves_out_only_what_surely_does_not_select() {
    let selectors = [
        "{}",
        "{matchLabels: {app: web}}",
        "{matchLabels: {zone: a, app: web}}",
        "{matchLabels: {app: '${APP}'}}",
        "{matchExpressions: [{key: app, operator: In, values: [web, api]}]}",
        "{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
        "{matchExpressions: [{key: app, operator: Exists}]}",
        "{matchLabels: {tier: data}}",
    ];
    let text: String = selectors.iter().map(|selector| policy(&format!("podSelector: {selector}"))).collect();
    let mut web = Labels::none();
    web.set("app", "web");
    let mut hidden = Labels::none();
    hidden.insert("app", crate::graph::workload::LabelValue::Hidden("later".into()));
    let mut open = Labels::none();
    open.admit_more("a patch");
    with_reach(&text, |_, reach| {
        let named = reach.policies().iter().map(|policy| (&policy.resource.namespace, &policy.pod_selector));
        let index = index::PolicyIndex::new(named);
        for labels in [&Labels::none(), &web, &hidden, &open] {
            let found = index.candidates(&Namespace::Known("shop"), labels);
            for (at, policy) in reach.policies().iter().enumerate() {
                let selects = !policy.selects(labels).is_no();
                assert!(!selects || found.contains(&at), "{} {labels:?}", selectors[at]);
            }
            assert!(found.is_sorted(), "{found:?}");
        }
        assert_eq!(index.candidates(&Namespace::Known("ledger"), &open), [0_usize; 0]);
        assert_eq!(index.candidates(&Namespace::Known("shop"), &Labels::none()), [0, 3, 5, 6]);
    });
}

#[test]
fn a_policy_is_asked_only_for_peers_that_it_may_select() {
    let pod = |name: &str, labels: &str| {
        format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {labels}}}\n")
    };
    let pods = [
        pod("a", "{app: shop, tier: web}"),
        pod("b", "{app: other}"),
        pod("c", "{app: \"${APP}\"}"),
        pod("d", "{\"${KEY}\": x}"),
        pod("e", "{}"),
    ];
    for (selector, asked) in [
        ("{matchLabels: {app: shop}}", vec!["a", "c", "d"]),
        ("{matchLabels: {app: none}}", vec!["c", "d"]),
        ("{matchExpressions: [{key: app, operator: In, values: [other, shop]}]}", vec!["a", "b", "c", "d"]),
        ("{matchExpressions: [{key: app, operator: Exists}]}", vec!["a", "b", "c", "d", "e"]),
        ("{}", vec!["a", "b", "c", "d", "e"]),
    ] {
        let text = format!("{}{}", pods.concat(), policy(&format!("podSelector: {selector}")));
        with_reach(&text, |_, reach| {
            let policy = &reach.policies()[0];
            let names: Vec<_> = reach
                .peers_of(&policy.resource.namespace, &policy.pod_selector)
                .filter_map(|peer| peer.resource.name())
                .collect();
            assert_eq!(names, asked, "{selector}");
            let all = reach.peers_in(&policy.resource.namespace);
            let selected: Vec<_> = all.filter(|peer| !policy.selects(&peer.labels).is_no()).collect();
            assert!(selected.iter().all(|peer| peer.resource.name().is_some_and(|name| names.contains(&name))));
        });
    }
}

#[test]
fn labels_of_pods_that_kyverno_writes_are_not_known() {
    let policy = |kind: &str, mutate: &str| {
        format!(
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\nspec:\n  rules:\n    - name: r\n      \
             match: {{any: [{{resources: {{kinds: [{kind}]}}}}]}}\n      mutate: {mutate}\n"
        )
    };
    let labels = "{patchStrategicMerge: {metadata: {+(labels): {a: b}}}}";
    let template = "{patchStrategicMerge: {spec: {template: {metadata: {labels: {a: b}}}}}}";
    let json = "{patchesJson6902: '[{\"op\": \"add\", \"path\": \"/metadata/labels/a\", \"value\": \"b\"}]'}";
    let annotations = "{patchStrategicMerge: {metadata: {annotations: {a: b}}}}";
    for (kind, mutate, expected) in [
        ("Pod", labels, true),
        ("apps/v1/Deployment", template, true),
        ("\"*\"", json, true),
        ("Namespace", labels, false),
        ("Pod", annotations, false),
    ] {
        with_reach(&policy(kind, mutate), |_, reach| {
            assert_eq!(reach.relabelled_pods().is_some(), expected, "{kind} {mutate}");
        });
    }
}
