use crate::manifest::{Manifests, Parsed};
use crate::schema::Problems;
use crate::source::SourceId;
use std::sync::Arc;

mod access;
mod admission;
mod crd;
mod data;
mod quota;
mod scaling;
mod storage;
mod traffic;

/// The codes of what is told against a text.
fn codes_of(text: &str) -> Vec<&'static str> {
    let file = crate::yaml::parse(SourceId(0), Arc::from(text));
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "object.yaml", file: &file }]);
    assert_eq!(manifests.resources.len(), 1, "one object:\n{text}");
    let mut problems = Problems::default();
    super::check(&manifests.resources[0], &mut problems);
    for problem in &problems.found {
        let message = &problem.message;
        assert!(!message.is_empty() && !message.ends_with('.'), "{message}");
        assert!(problem.label.split_whitespace().count() <= 12, "{message}: {}", problem.label);
        assert!(problem.helps.len() <= 2 && problem.notes.len() <= 2, "{message}");
    }
    problems.found.iter().map(|problem| problem.code).collect()
}

/// Checks a table of bodies with the codes that they are told under; none for what the API server takes.
fn table(api: &str, kind: &str, cases: &[(&str, &[&str])]) {
    for (body, expected) in cases {
        let metadata = if body.contains("metadata:") { "" } else { "metadata: {name: sample}\n" };
        let text = format!("apiVersion: {api}\nkind: {kind}\n{metadata}{body}\n");
        assert_eq!(codes_of(&text), *expected, "{kind}: {body}");
    }
}

#[test]
fn what_is_not_known_yet_is_not_told() {
    for (api, kind, body) in [
        ("v1", "Service", "spec: {type: '${TYPE}', ports: '${PORTS}', clusterIP: '${IP}', externalName: '${NAME}'}"),
        (
            "v1",
            "Service",
            "spec: {ports: [{port: '${PORT}', targetPort: '${PORT}', nodePort: '${NODE}', name: '${A}'}, {port: 2, name: a}]}",
        ),
        ("v1", "Secret", "type: kubernetes.io/tls\nstringData: {'${KEY}': x}"),
        (
            "v1",
            "Secret",
            "type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: 'ENC[AES256_GCM,data:xx,type:str]'}",
        ),
        (
            "v1",
            "Secret",
            "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\": ${AUTHS}}'}",
        ),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "spec: {ingress: [{from: [{ipBlock: {cidr: '${CIDR}', except: ['${PART}']}}], ports: [{port: '${PORT}', endPort: 5}]}]}",
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            "spec: {rules: [{host: '${HOST}', http: {paths: [{path: '${PATH}', pathType: Prefix, backend: {service: {name: '${NAME}', port: {number: '${PORT}'}}}}]}}]}",
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "spec: {minReplicas: '${MIN}', maxReplicas: 1, scaleTargetRef: {apiVersion: '${API}', kind: Deployment, name: '${NAME}'}}",
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            "spec: {accessModes: ['${MODE}'], resources: {requests: {storage: '${SIZE}'}}}",
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "roleRef: {kind: '${KIND}', name: '${NAME}'}\nsubjects: [{kind: '${KIND}', name: x}]",
        ),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "spec: {group: '${GROUP}', scope: '${SCOPE}', names: {plural: '${NAME}', kind: A}, versions: '${VERSIONS}'}",
        ),
    ] {
        table(api, kind, &[(body, &[])]);
    }
}
