//! Which documents are objects of an API server, and which syntax their names have.

use crate::manifest::{Resource, split_api_version};
use crate::schema::value::{Fault, dns_label, dns_subdomain, path_segment};

/// Kinds of the core group; other documents with `apiVersion: v1`, such as a kubeconfig, go to no API server.
const CORE: &[&str] = &[
    "Binding",
    "ConfigMap",
    "Endpoints",
    "Event",
    "LimitRange",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
];

/// Groups of the API server itself besides the core.
const BUILT_IN: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Groups of well-known operators, of which every document is an object: `x` stands for `x` and `*.x`.
const OPERATORS: &[&str] = &[
    "argoproj.io",
    "barmancloud.cnpg.io",
    "bitnami.com",
    "cert-manager.io",
    "cilium.io",
    "external-secrets.io",
    "fluxcd.controlplane.io",
    "fluxcd.io",
    "gateway.networking.k8s.io",
    "monitoring.coreos.com",
    "policy.networking.k8s.io",
    "postgresql.cnpg.io",
    "snapshot.storage.k8s.io",
];

/// Groups of files that tools read themselves and hand to no API server: `x` stands for `x` and `*.x`.
const TOOLS: &[&str] = &[
    "apiserver.k8s.io",
    "audit.k8s.io",
    "backstage.io",
    "chainsaw.kyverno.io",
    "cli.kyverno.io",
    "client.authentication.k8s.io",
    "config.k8s.io",
    "eksctl.io",
    "imgpkg.carvel.dev",
    "k0sctl.k0sproject.io",
    "k14s.io",
    "k3d.io",
    "kind.x-k8s.io",
    "kpt.dev",
    "kubeadm.k8s.io",
    "kuttl.dev",
    "tanka.dev",
    "viaduct.ai",
];

/// Whether a group is one of `known`, or below one.
fn is_below(group: &str, known: &[&str]) -> bool {
    known.iter().any(|known| group.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether the kind is one of the API server's own.
pub(super) fn is_built_in(resource: &Resource<'_>) -> bool {
    match resource.group {
        "" => resource.api_version == "v1" && CORE.contains(&resource.kind),
        group => BUILT_IN.contains(&group),
    }
}

/// Whether a document may be handed to an API server: not the configuration of a tool, which looks like an object.
pub(super) fn is_served(resource: &Resource<'_>) -> bool {
    let group = split_api_version(resource.api_version).0;
    let of_a_tool = is_below(group, TOOLS)
        || group.contains(".config.")
        || resource.annotation("config.kubernetes.io/function").is_some()
        || resource.annotation("config.k8s.io/function").is_some();
    match group {
        _ if resource.kind.ends_with("List") => false,
        "" => is_built_in(resource),
        group => is_built_in(resource) || (group.contains('.') && !of_a_tool),
    }
}

/// Whether a document of this kind is an object for sure, so that a missing name is a fault.
pub(super) fn is_surely_served(resource: &Resource<'_>) -> bool {
    is_built_in(resource) || is_below(resource.group, OPERATORS)
}

/// Whether finalizers without a domain are refused, beside the standard ones.
pub(super) fn wants_domain_in_finalizers(resource: &Resource<'_>) -> bool {
    is_built_in(resource)
        && !matches!(
            resource.group,
            "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" | "policy"
        )
}

/// What is wrong with a name of this kind, beside its length; see [`most`].
pub(super) fn name_fault(resource: &Resource<'_>, name: &str) -> Option<Fault> {
    match (resource.group, resource.kind) {
        // Digits may come first in the name of a Service from Kubernetes 1.36 on.
        ("", "Namespace" | "Service") => dns_label(name),
        ("rbac.authorization.k8s.io", _)
        | ("policy", "PodDisruptionBudget")
        | ("certificates.k8s.io", _)
        // These have to be made of other fields of the object, which is checked there.
        | ("apiextensions.k8s.io", "CustomResourceDefinition")
        | ("apiregistration.k8s.io", "APIService")
        | ("networking.k8s.io", "IPAddress")
        | ("storage.k8s.io", "VolumeAttachment" | "CSINode") => path_segment(name),
        ("storage.k8s.io", "CSIDriver") => dns_subdomain(&name.to_ascii_lowercase()),
        _ => dns_subdomain(name),
    }
}

/// The greatest length of a name, where it is less than its syntax allows, and why.
pub(super) fn most(resource: &Resource<'_>) -> Option<(usize, &'static str)> {
    match (resource.group, resource.kind) {
        ("batch", "CronJob") => Some((52, "the names of its Jobs get 11 more characters, and 63 fit")),
        ("batch", "Job") => Some((63, "it becomes the value of a label of its Pods")),
        ("storage.k8s.io", "CSIDriver") => Some((63, "it names a driver on each node")),
        _ => None,
    }
}
