//! The kinds that run no Pods.

mod address;
mod admission;
mod amounts;
mod autoscaling;
mod cluster;
mod crd;
mod data;
mod devices;
mod endpoints;
mod expression;
mod flow;
mod ingress;
mod network;
mod policy;
mod quota;
mod rbac;
mod require;
mod service;
mod storage;
mod volumes;

use crate::manifest::Resource;
use crate::schema::Problems;

/// Checks an object of a kind that runs no Pods.
pub(super) fn check<'w>(resource: &Resource<'w>, problems: &mut Problems<'w>) {
    let object = resource.value;
    match (resource.group, resource.kind) {
        ("", "ConfigMap") => data::config_map(object, problems),
        ("", "Secret") => data::secret(object, problems),
        ("", "Service") => service::check(object, problems),
        ("", "Endpoints") => endpoints::endpoints(object, problems),
        ("discovery.k8s.io", "EndpointSlice") => endpoints::slice(object, problems),
        ("", "PersistentVolumeClaim") => volumes::claim(object, problems),
        ("", "PersistentVolume") => volumes::volume(object, problems),
        ("", "ResourceQuota") => quota::quota(object, problems),
        ("", "LimitRange") => quota::limits(object, problems),
        ("", "Namespace") => cluster::namespace(object, problems),
        ("", "Node") => cluster::node(object, problems),
        ("networking.k8s.io", "NetworkPolicy") => network::policy(object, problems),
        ("networking.k8s.io", "ServiceCIDR") => network::service_cidr(object, problems),
        ("networking.k8s.io", "IPAddress") => network::ip_address(object, problems),
        ("networking.k8s.io", "Ingress") if resource.api_version.ends_with("/v1") => {
            ingress::ingress(object, problems);
        }
        ("networking.k8s.io", "IngressClass") => ingress::ingress_class(object, problems),
        ("autoscaling", "HorizontalPodAutoscaler") if !resource.api_version.contains("beta") => {
            autoscaling::check(object, problems);
        }
        ("policy", "PodDisruptionBudget") => cluster::disruption_budget(object, problems),
        ("rbac.authorization.k8s.io", kind) => match kind {
            "Role" => rbac::role(object, true, problems),
            "ClusterRole" => rbac::role(object, false, problems),
            "RoleBinding" => rbac::binding(object, true, problems),
            "ClusterRoleBinding" => rbac::binding(object, false, problems),
            _ => {}
        },
        ("storage.k8s.io", kind) => match kind {
            "StorageClass" => storage::class(object, problems),
            "VolumeAttributesClass" => storage::attributes_class(object, problems),
            "CSIDriver" => storage::driver(object, problems),
            "CSINode" => storage::node(object, problems),
            _ => {}
        },
        ("scheduling.k8s.io", "PriorityClass") => cluster::priority_class(object, problems),
        ("node.k8s.io", "RuntimeClass") => cluster::runtime_class(object, problems),
        ("coordination.k8s.io", "Lease") => cluster::lease(object, problems),
        ("certificates.k8s.io", "CertificateSigningRequest") if resource.api_version.ends_with("/v1") => {
            cluster::signing_request(object, problems);
        }
        ("apiregistration.k8s.io", "APIService") => cluster::api_service(object, problems),
        ("admissionregistration.k8s.io", kind) => match kind {
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => admission::webhooks(object, problems),
            "ValidatingAdmissionPolicy" => policy::validating(object, problems),
            "ValidatingAdmissionPolicyBinding" => policy::binding(object, true, problems),
            "MutatingAdmissionPolicy" => policy::mutating(object, problems),
            "MutatingAdmissionPolicyBinding" => policy::binding(object, false, problems),
            _ => {}
        },
        ("apiextensions.k8s.io", "CustomResourceDefinition") if resource.api_version.ends_with("/v1") => {
            crd::check(object, problems);
        }
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => flow::schema(object, problems),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => flow::level(object, problems),
        ("resource.k8s.io", "ResourceClaim") => devices::claim(object, problems),
        ("resource.k8s.io", "ResourceClaimTemplate") => devices::template(object, problems),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
