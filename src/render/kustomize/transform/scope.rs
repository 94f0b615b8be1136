//! What kustomize knows of namespaces: kinds that have none, and names that mean the same one.

use crate::render::kustomize::Object;

/// Cluster-scoped kinds as the schema of Kubernetes 1.21 has them, by group and version.
const CLUSTER_SCOPED: &[(&str, &[&str], &[&str])] = &[
    ("", &["v1"], &["ComponentStatus", "Namespace", "Node", "PersistentVolume"]),
    (
        "admissionregistration.k8s.io",
        &["v1", "v1beta1"],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("apiextensions.k8s.io", &["v1", "v1beta1"], &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["v1", "v1beta1"], &["APIService"]),
    ("certificates.k8s.io", &["v1", "v1beta1"], &["CertificateSigningRequest"]),
    ("flowcontrol.apiserver.k8s.io", &["v1beta1"], &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["v1", "v1beta1"], &["IngressClass"]),
    ("node.k8s.io", &["v1", "v1beta1"], &["RuntimeClass"]),
    ("policy", &["v1beta1"], &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["v1", "v1beta1"], &["ClusterRole", "ClusterRoleBinding"]),
    ("scheduling.k8s.io", &["v1", "v1beta1"], &["PriorityClass"]),
    ("storage.k8s.io", &["v1", "v1beta1"], &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
];

/// Whether kustomize counts objects of this kind as having no namespace; it knows Kubernetes 1.21 and
/// nothing else.
pub fn is_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    CLUSTER_SCOPED
        .iter()
        .any(|(known, versions, kinds)| *known == group && versions.contains(&version) && kinds.contains(&kind))
}

/// Whether an object is of a kind without a namespace.
pub(super) fn is_without_namespace(object: &Object<'_>) -> bool {
    let (group, version) = object.api();
    is_cluster_scoped(group, version, object.kind())
}

/// The namespace that counts when identities are compared: none written means `default`. None for an object
/// of a kind without namespaces.
pub fn effective_namespace<'a>(object: &'a Object<'_>) -> Option<&'a str> {
    let (group, version) = object.api();
    effective(group, version, object.kind(), object.namespace())
}

/// The same of an identity by its parts.
pub fn effective<'a>(group: &str, version: &str, kind: &str, namespace: &'a str) -> Option<&'a str> {
    match namespace {
        _ if is_cluster_scoped(group, version, kind) => None,
        "" => Some("default"),
        namespace => Some(namespace),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::object;
    use super::*;

    #[test]
    fn scope_goes_by_group_version_and_kind() {
        for (group, version, kind, expected) in [
            ("", "v1", "Namespace", true),
            ("example.org", "v1", "Namespace", false),
            ("flowcontrol.apiserver.k8s.io", "v1beta1", "FlowSchema", true),
            ("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", false),
            ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", false),
        ] {
            assert_eq!(is_cluster_scoped(group, version, kind), expected, "{group}/{version} {kind}");
        }
    }

    #[test]
    fn no_namespace_is_the_default_one() {
        for (text, expected) in [
            ("{apiVersion: v1, kind: Secret, metadata: {name: a}}", Some("default")),
            ("{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: x}}", Some("x")),
            ("{apiVersion: v1, kind: Node, metadata: {name: a, namespace: x}}", None),
        ] {
            object(text, |object| assert_eq!(effective_namespace(object), expected, "{text}"));
        }
    }
}
