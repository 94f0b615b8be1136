//! Tables of makers and users, as manifests.

use super::*;
use crate::manifest::{Manifests, Parsed};
use crate::render::Target;
use crate::source::SourceId;
use crate::yaml::parse;

fn with_secrets<T>(text: &str, look: impl FnOnce(&Secrets<'_>) -> T) -> T {
    let file = parse(SourceId(0), text.into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "main.yaml", file: &file }]);
    let members = (0..manifests.resources.len()).collect();
    let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
    let graph = Graph::new(&manifests.resources, &target, None);
    look(&Secrets::new(&graph, "1.28"))
}

/// What is known of Secret `shop/web`: its keys and whether there may be others, or why nothing is.
fn answer(text: &str) -> String {
    with_secrets(text, |secrets| match secrets.find(&Namespace::Known("shop"), "web") {
        Found::Unseen => "unseen".into(),
        Found::Unknown(_) => "unknown".into(),
        Found::Made(made) => {
            let keys: Vec<&str> = made.iter().flat_map(|one| one.keys.known()).collect();
            let open = made.iter().any(|one| one.keys.gap().is_some());
            format!("{}{}", keys.join(","), if open { "+" } else { "" })
        }
    })
}

fn object(kind: &str, name: &str, rest: &str) -> String {
    let (group, kind) = kind.rsplit_once('/').map_or(("v1".to_owned(), kind), |(group, kind)| (group.into(), kind));
    format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n{rest}\n")
}

#[test]
fn many_things_make_a_secret() {
    let secret = |rest: &str| object("Secret", "web", rest);
    let annotated = |annotation: &str, rest: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {{{annotation}}}\n{rest}\n"
        )
    };
    let generated = |what: &str| format!("secret-generator.v1.mittwald.de/{what}");
    for (text, expected) in [
        (secret("data: {a: eA==}\nstringData: {b: x}"), "a,b"),
        (secret("data: {}"), "+"),
        (secret("stringData: {\"${KEY}\": x, b: x}"), "b+"),
        (secret("type: kubernetes.io/service-account-token"), "+"),
        (annotated(&generated("autogenerate: \"a, b\""), "stringData: {user: x}"), "user,a,b"),
        (annotated(&generated("type: ssh-keypair"), ""), "ssh-publickey,ssh-privatekey"),
        (annotated("replicator.v1.mittwald.de/replicate-from: a/b", "data: {x: \"\"}"), "x+"),
        (annotated("reflector.v1.k8s.emberstack.com/reflects: a/b", "data: {}"), "+"),
        (
            object(
                "bitnami.com/v1alpha1/SealedSecret",
                "web",
                "spec: {encryptedData: {a: x}, template: {data: {b: x}}}",
            ),
            "a,b",
        ),
        (
            object(
                "bitnami.com/v1alpha1/SealedSecret",
                "other",
                "spec: {template: {metadata: {name: web}}, encryptedData: {a: x}}",
            ),
            "a",
        ),
        (
            object(
                "isindir.github.com/v1alpha3/SopsSecret",
                "all",
                "spec: {secretTemplates: [{name: web, stringData: {a: x}}]}",
            ),
            "a",
        ),
        (
            object(
                "cert-manager.io/v1/Certificate",
                "c",
                "spec: {secretName: web, additionalOutputFormats: [{type: DER}]}",
            ),
            "tls.crt,tls.key,ca.crt,key.der",
        ),
        (object("secretgenerator.mittwald.de/v1alpha1/StringSecret", "web", "spec: {}"), "+"),
        (object("garage.rajsingh.info/v1beta1/GarageKey", "k", "spec: {secretTemplate: {name: web}}"), "+"),
        (object("garage.rajsingh.info/v1beta1/GarageKey", "web", "spec: {}"), "+"),
        // What nobody told us of may make it.
        (object("buckets.example.org/v1/User", "u", "spec: {target: {secret: web}}"), "unknown"),
        (object("buckets.example.org/v1/User", "web", "spec: {}"), "unknown"),
        (object("buckets.example.org/v1/User", "u", "spec: {secretName: \"${NAME}\"}"), "unknown"),
        (object("buckets.example.org/v1/User", "u", "spec: {secretName: \"${NAME}-db\"}"), "unseen"),
        (object("helm.toolkit.fluxcd.io/v2/HelmRelease", "web", "spec: {interval: 1h, chart: {}}"), "unknown"),
        (
            object(
                "helm.toolkit.fluxcd.io/v2/HelmRelease",
                "r",
                "spec: {interval: 1h, chart: {}, values: {auth: {existingSecret: web}}}",
            ),
            "unseen",
        ),
        (
            object(
                "helm.toolkit.fluxcd.io/v2/HelmRelease",
                "r",
                "spec: {interval: 1h, chart: {}, values: {auth: {create: web}}}",
            ),
            "unknown",
        ),
        (
            object(
                "batch/v1/Job",
                "j",
                "spec: {template: {spec: {containers: []}}, a: kubectl create secret generic web}",
            ),
            "unknown",
        ),
        (object("v1/ConfigMap", "c", "data: {a: web}"), "unseen"),
        (object("Secret", "\"web${X}\"", "data: {}"), "unknown"),
        (object("Secret", "other", "data: {}"), "unseen"),
        (secret("data: {a: eA==}").replace("namespace: shop", "namespace: ledger"), "unseen"),
        (secret("data: {a: eA==}").replace("namespace: shop", "namespace: \"${NS}\""), "unknown"),
    ] {
        assert_eq!(answer(&text), expected, "{text}");
    }
}

#[test]
fn an_external_secret_has_what_is_fetched_or_what_its_template_makes() {
    for (spec, expected) in [
        ("data: [{secretKey: a}, {secretKey: b}]", "a,b"),
        ("dataFrom: [{extract: {key: x}}]", "+"),
        ("data: [{secretKey: a}], dataFrom: [{find: {}}]", "a+"),
        ("target: {name: web}, data: [{secretKey: a}]", "a"),
        ("target: {name: other}, data: [{secretKey: a}]", "unseen"),
        ("target: {creationPolicy: None}, data: [{secretKey: a}]", "unseen"),
        ("target: {creationPolicy: Merge}, data: [{secretKey: a}]", "unseen"),
        ("target: {creationPolicy: Orphan}, data: [{secretKey: a}]", "a"),
        ("target: {template: {data: {b: x}}}, data: [{secretKey: a}]", "b"),
        ("target: {template: {mergePolicy: Merge, data: {b: x}}}, data: [{secretKey: a}]", "b,a"),
        ("target: {template: {type: Opaque}}, data: [{secretKey: a}]", "a"),
        ("target: {template: {templateFrom: [{literal: x}]}}, data: [{secretKey: a}]", "+"),
        ("target: {template: {templateFrom: [{target: Labels, literal: x}]}}, data: [{secretKey: a}]", "a"),
        ("target: {manifest: {kind: ConfigMap}}, data: [{secretKey: a}]", "unseen"),
    ] {
        let text = object("external-secrets.io/v1/ExternalSecret", "web", &format!("spec: {{{spec}}}"));
        assert_eq!(answer(&text), expected, "{spec}");
    }
}

#[test]
fn a_secret_for_many_namespaces_is_where_their_labels_ask_for_it() {
    let everywhere = |spec: &str| {
        format!(
            "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {{name: web}}\nspec: {{externalSecretSpec: {{data: [{{secretKey: a}}]}}, {spec}}}\n---\n"
        )
    };
    let space =
        |labels: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n");
    const TEAM: &str = "namespaceSelector: {matchLabels: {team: web}}";
    for (spec, namespace, expected) in [
        (TEAM, space("team: web"), "a"),
        (TEAM, space("team: mail"), "unseen"),
        (TEAM, space(""), "unseen"),
        (TEAM, space("team: \"${TEAM}\""), "unknown"),
        (TEAM, String::new(), "unknown"),
        ("namespaceSelector: {}", space(""), "a"),
        ("namespaceSelectors: [{matchLabels: {team: mail}}, {matchLabels: {team: web}}]", space("team: web"), "a"),
        ("namespaceSelectors: [{matchLabels: {kubernetes.io/metadata.name: shop}}]", space(""), "a"),
        ("namespaceSelectors: [{matchExpressions: [{key: team, operator: NotIn, values: [web]}]}]", space(""), "a"),
        ("namespaces: [shop]", space(""), "a"),
        ("namespaces: [ledger]", space(""), "unseen"),
        ("namespaces: [ledger], namespaceSelector: {matchLabels: {team: mail}}", space("team: web"), "unseen"),
    ] {
        assert_eq!(answer(&format!("{}{namespace}", everywhere(spec))), expected, "{spec} {namespace}");
    }
}

#[test]
fn what_is_pushed_to_a_store_of_the_cluster_is_a_secret_there() {
    let store = |provider: &str| {
        format!(
            "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {{name: local}}\nspec: {{provider: {{{provider}}}}}\n---\n"
        )
    };
    const PUSH: &str = "apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: p, namespace: vault}\nspec:\n  secretStoreRefs: [{kind: ClusterSecretStore, name: local}]\n  selector: {secret: {name: source}}\n  data: [{match: {secretKey: x, remoteRef: {remoteKey: web, property: a}}}]\n";
    for (provider, expected) in [
        (store("kubernetes: {remoteNamespace: shop}"), "a+"),
        (store("kubernetes: {remoteNamespace: shop, server: {url: \"https://kubernetes.default.svc:443\"}}"), "a+"),
        (store("kubernetes: {remoteNamespace: shop, server: {url: \"https://10.0.0.7:6443\"}}"), "unseen"),
        (store("kubernetes: {remoteNamespace: shop, server: {url: \"${URL}\"}}"), "unknown"),
        (store("kubernetes: {remoteNamespace: shop, authRef: {name: kubeconfig}}"), "unknown"),
        (store("kubernetes: {remoteNamespace: ledger}"), "unseen"),
        (store("kubernetes: {remoteNamespace: \"${NS}\"}"), "unknown"),
        (store("kubernetes: {}"), "unseen"),
        (store("vault: {server: x}"), "unseen"),
        (String::new(), "unknown"),
    ] {
        assert_eq!(answer(&format!("{provider}{PUSH}")), expected, "{provider}");
    }
    let bundle = PUSH.replace(", property: a", "");
    assert_eq!(answer(&format!("{}{bundle}", store("kubernetes: {remoteNamespace: shop}"))), "+");
    let to = PUSH.replace(
        "  data: [{match: {secretKey: x, remoteRef: {remoteKey: web, property: a}}}]",
        "  dataTo: [{remoteKey: web}]",
    );
    assert_eq!(answer(&format!("{}{to}", store("kubernetes: {remoteNamespace: shop}"))), "+");
}

#[test]
fn the_database_operator_makes_secrets_by_the_settings_of_a_cluster() {
    for (spec, app, superuser) in [
        ("instances: 1", "made", "unseen"),
        ("bootstrap: {initdb: {owner: clerk}}", "made", "unseen"),
        ("bootstrap: {initdb: {secret: {name: clerk}}}", "unseen", "unseen"),
        ("bootstrap: {initdb: {secret: {name: \"${S}\"}}}", "unknown", "unseen"),
        ("bootstrap: {recovery: {source: old}}", "unknown", "unseen"),
        ("bootstrap: {initdb: {import: {type: monolith}}}", "unknown", "unseen"),
        ("replica: {enabled: true, source: old}", "unknown", "unseen"),
        ("enableSuperuserAccess: true", "made", "made"),
        ("enableSuperuserAccess: false", "made", "unseen"),
        ("enableSuperuserAccess: \"${ON}\"", "made", "unknown"),
        ("enableSuperuserAccess: true, superuserSecret: {name: root}", "made", "unseen"),
    ] {
        let text =
            object("postgresql.cnpg.io/v1/Cluster", "main", &format!("spec: {{storage: {{size: 1Gi}}, {spec}}}"));
        let found = with_secrets(&text, |secrets| {
            ["main-app", "main-superuser", "main-ca"].map(|name| match secrets.find(&Namespace::Known("shop"), name) {
                Found::Made(_) => "made",
                Found::Unknown(_) => "unknown",
                Found::Unseen => "unseen",
            })
        });
        assert_eq!(found, [app, superuser, "made"], "{spec}");
    }
}

#[test]
fn a_pushed_copy_is_where_it_is_pushed_to() {
    let source = |annotation: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n  namespace: vault\n  annotations: {{{annotation}}}\nstringData: {{a: x}}\n"
        )
    };
    for (annotation, expected) in [
        ("replicator.v1.mittwald.de/replicate-to: \"ledger,shop\"", "a"),
        ("replicator.v1.mittwald.de/replicate-to: ledger", "unseen"),
        ("replicator.v1.mittwald.de/replicate-to: \"sh.*\"", "unknown"),
        ("replicator.v1.mittwald.de/replicate-to-matching: team=web", "unknown"),
        ("reflector.v1.k8s.emberstack.com/reflection-allowed: \"true\"", "unseen"),
        ("kubed.appscode.com/sync: \"\"", "unknown"),
    ] {
        assert_eq!(answer(&source(annotation)), expected, "{annotation}");
    }
}

#[test]
fn a_copy_has_the_keys_of_its_source() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: source, namespace: vault}\nstringData: {a: x}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {replicator.v1.mittwald.de/replicate-from: vault/source}\n";
    let found = with_secrets(text, |secrets| {
        let Found::Made(made) = secrets.find(&Namespace::Known("shop"), "web") else { panic!("made") };
        ["a", "b"].map(|key| secrets.has_key(made[0], key))
    });
    assert_eq!(found, [Some(true), Some(false)]);
}

#[test]
fn places_that_name_a_secret_are_found_with_what_they_need() {
    for (text, expected) in [
        (object("Pod", "p", "spec: {containers: [{env: [{valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}"), "s/k"),
        (object("Pod", "p", "spec: {containers: [{envFrom: [{secretRef: {name: s, optional: true}}]}]}"), "s?"),
        (object("Pod", "p", "spec: {volumes: [{secret: {secretName: s, items: [{key: k}, {key: l}]}}]}"), "s/k s/l"),
        (object("Pod", "p", "spec: {volumes: [{projected: {sources: [{secret: {name: s}}]}}]}"), "s"),
        (
            object(
                "apps/v1/Deployment",
                "d",
                "spec: {selector: {}, template: {spec: {containers: [], imagePullSecrets: [{name: s}]}}}",
            ),
            "s",
        ),
        (
            object(
                "postgresql.cnpg.io/v1/Cluster",
                "c",
                "spec: {storage: {size: 1Gi}, managed: {roles: [{name: r, passwordSecret: {name: s}}]}}",
            ),
            "s:r",
        ),
        (
            object(
                "postgresql.cnpg.io/v1/Cluster",
                "c",
                "spec: {storage: {size: 1Gi}, bootstrap: {initdb: {database: d, secret: {name: s}}}}",
            ),
            "s:d",
        ),
        (
            object(
                "postgresql.cnpg.io/v1/Cluster",
                "c",
                "spec: {storage: {size: 1Gi}, bootstrap: {initdb: {secret: {name: s}}}}",
            ),
            "s:app",
        ),
        (object("postgresql.cnpg.io/v1/Cluster", "c", "spec: {storage: {size: 1Gi}, superuserSecret: {name: s}}"), ""),
        (
            object(
                "postgresql.cnpg.io/v1/Cluster",
                "c",
                "spec: {storage: {size: 1Gi}, enableSuperuserAccess: true, superuserSecret: {name: s}}",
            ),
            "s:postgres",
        ),
        (
            object(
                "barmancloud.cnpg.io/v1/ObjectStore",
                "o",
                "spec: {configuration: {destinationPath: x, s3Credentials: {region: {name: s, key: k}}}}",
            ),
            "s/k",
        ),
        (object("networking.k8s.io/v1/Ingress", "i", "spec: {tls: [{secretName: s}]}"), "s"),
        (
            object(
                "helm.toolkit.fluxcd.io/v2/HelmRelease",
                "h",
                "spec: {interval: 1h, chart: {}, values: {env: {A: {valueFrom: {secretKeyRef: {name: s, key: k}}}}}}",
            ),
            "s/k",
        ),
        (
            object(
                "kustomize.toolkit.fluxcd.io/v1/Kustomization",
                "k",
                "spec: {interval: 1h, prune: true, sourceRef: {}, postBuild: {substituteFrom: [{kind: Secret, name: s}]}}",
            ),
            "s",
        ),
    ] {
        let found = with_secrets(&text, |secrets| {
            let one = |one: &Use<'_>| {
                let key = one.key.and_then(Value::known).map(|key| format!("/{key}")).unwrap_or_default();
                let role = one.login.as_ref().and_then(|login| login.role.as_deref()).map(|role| format!(":{role}"));
                let optional = if one.optional { "?" } else { "" };
                format!("{}{key}{}{optional}", one.name.known().unwrap_or_default(), role.unwrap_or_default())
            };
            secrets.uses().iter().map(one).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(found, expected, "{text}");
    }
}
