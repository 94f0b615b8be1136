//! Links of small worlds, written as `from -relation-> to`.

use super::*;
use crate::manifest::{Manifests, Parsed};
use crate::render::Target;
use crate::source::SourceId;
use crate::yaml::parse;

fn shown(end: &End<'_>) -> String {
    match end {
        End::Object(resource) => format!("{} {}", resource.kind, resource.written_name().unwrap_or("?")),
        End::Role { name, presence, .. } => format!("role {name}{}", told(presence.as_ref())),
        End::Named { kind, name, presence, .. } => format!("{kind} {name}{}", told(Some(presence))),
        End::Bucket(path) => path.clone(),
    }
}

fn told(presence: Option<&Presence>) -> &'static str {
    match presence {
        None => "",
        Some(Presence::Made) => " (made)",
        Some(Presence::Missing) => " (missing)",
        Some(Presence::Unknown(_)) => " (unknown)",
    }
}

fn links_of(role: Option<crate::config::Role>, text: &str) -> Vec<String> {
    let file = parse(SourceId(0), text.into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "main.yaml", file: &file }]);
    let members = (0..manifests.resources.len()).collect();
    let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
    let graph = Graph::new(&manifests.resources, &target, role);
    let mut all: Vec<String> = links(&graph, &Secrets::new(&graph, "1.28"))
        .iter()
        .map(|link| format!("{} -{}-> {}", shown(&link.from), link.relation.name(), shown(&link.to)))
        .collect();
    all.sort();
    all.dedup();
    all
}

fn cluster(spec: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: main, namespace: db}}\nspec:\n  storage: {{size: 1Gi}}\n{spec}"
    )
}

#[test]
fn a_cluster_makes_what_it_is_not_given() {
    assert_eq!(
        links_of(None, &cluster("")),
        [
            "Cluster main -cluster of-> role app",
            "Cluster main -makes secret-> Secret main-app (made)",
            "role app -authenticates with-> Secret main-app (made)",
        ]
    );
}

#[test]
fn what_is_named_is_there_or_not_or_nobody_can_tell() {
    let platform = Some(crate::config::Role::Platform);
    let given = "  bootstrap: {initdb: {owner: shop, secret: {name: shop-credentials}}}\n";
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: shop-credentials, namespace: db}\nstringData: {username: shop}\n";
    let external = "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x, namespace: db}\nspec: {target: {name: shop-credentials}}\n";
    let template = "---\napiVersion: garage.example.io/v1\nkind: GarageKey\nmetadata: {name: x, namespace: db}\nspec: {secretTemplate: {name: shop-credentials}}\n";
    let other = "---\napiVersion: garage.example.io/v1\nkind: GarageKey\nmetadata: {name: shop-credentials, namespace: db}\nspec: {}\n";
    let before = "---\napiVersion: garage.example.io/v1\nkind: Shop\nmetadata: {name: shop, namespace: db}\nspec: {}\n";
    let known = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: shop, namespace: db}\nspec: {endpointSelector: {}}\n";
    for (role, more, expected) in [
        (platform, "", "role shop -authenticates with-> Secret shop-credentials (missing)"),
        (None, "", "role shop -authenticates with-> Secret shop-credentials (unknown)"),
        (platform, secret, "role shop -authenticates with-> Secret shop-credentials"),
        (platform, external, "role shop -authenticates with-> Secret shop-credentials (made)"),
        (platform, template, "role shop -authenticates with-> Secret shop-credentials (made)"),
        (platform, other, "role shop -authenticates with-> Secret shop-credentials (unknown)"),
        (platform, before, "role shop -authenticates with-> Secret shop-credentials (unknown)"),
        (platform, known, "role shop -authenticates with-> Secret shop-credentials (missing)"),
    ] {
        let all = links_of(role, &format!("{}{more}", cluster(given)));
        assert!(all.contains(&expected.to_owned()), "{expected}\n{all:#?}");
    }
}

#[test]
fn a_database_has_a_cluster_and_an_owner() {
    let database = |owner: &str, cluster: &str| {
        format!(
            "---\napiVersion: postgresql.cnpg.io/v1\nkind: Database\nmetadata: {{name: orders, namespace: db}}\nspec: {{name: orders, owner: {owner}, cluster: {{name: {cluster}}}}}\n"
        )
    };
    let platform = Some(crate::config::Role::Platform);
    for (owner, home, expected) in [
        ("app", "main", &["Cluster main -cluster of-> Database orders", "role app -owns-> Database orders"][..]),
        ("clerk", "main", &["role clerk (missing) -owns-> Database orders"]),
        ("app", "mian", &["Cluster mian (missing) -cluster of-> Database orders"]),
        ("postgres", "main", &["Cluster main -cluster of-> Database orders"]),
    ] {
        let all = links_of(platform, &format!("{}{}", cluster(""), database(owner, home)));
        for line in expected {
            assert!(all.contains(&(*line).to_owned()), "{line}\n{all:#?}");
        }
    }
    let all = links_of(platform, &format!("{}{}", cluster(""), database("postgres", "main")));
    assert!(!all.iter().any(|line| line.contains("-owns->")), "a built-in role needs no declaration: {all:#?}");
}

#[test]
fn clients_name_services_and_read_secrets() {
    let client = "\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:1
          env:
            - {name: DSN, value: postgres://app@main-rw.db.svc:5432/app}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: web-db, key: password}}}
            - {name: EXTRA, valueFrom: {secretKeyRef: {name: not-needed, key: x, optional: true}}}
      volumes:
        - {name: tls, secret: {secretName: web-tls}}
";
    let all = links_of(Some(crate::config::Role::Platform), &format!("{}{client}", cluster("")));
    for line in [
        "Deployment web -connects to-> Cluster main",
        "Deployment web -authenticates with-> Secret web-db (missing)",
        "Deployment web -reads secret-> Secret web-tls (missing)",
    ] {
        assert!(all.contains(&line.to_owned()), "{line}\n{all:#?}");
    }
    assert!(!all.iter().any(|line| line.contains("not-needed")), "{all:#?}");
}

#[test]
fn a_pooler_is_a_host_only_where_a_host_is_meant() {
    let pooler = "---\napiVersion: postgresql.cnpg.io/v1\nkind: Pooler\nmetadata: {name: web, namespace: db}\nspec: {cluster: {name: main}, type: rw}\n";
    let job = |env: &str| {
        format!(
            "---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: load, namespace: db}}\nspec: {{template: {{spec: {{containers: [{{name: web, env: [{env}]}}]}}}}}}\n"
        )
    };
    for (env, expected) in [
        ("{name: APP, value: web}", false),
        ("{name: DB_HOST, value: web}", true),
        ("{name: URL, value: 'postgres://u@web/x'}", true),
        ("{name: APP, value: web.db}", true),
        ("{name: APP, value: web.other}", false),
    ] {
        let all = links_of(None, &format!("{}{pooler}{}", cluster(""), job(env)));
        let found = all.contains(&"Job load -connects to-> Pooler web".to_owned());
        assert_eq!(found, expected, "{env}\n{all:#?}");
    }
}
