//! The fields kustomize 5.5 looks at without being told, in a notation of our own: an object is written
//! `Kind`, `group/Kind` or `group/version/Kind`, the core group as an empty word; a pod's fields are written once for
//! all kinds that hold a pod.

use super::{Configuration, NameReference};
use crate::render::kustomize::FieldSpec;

/// Kinds whose pods hold references to ConfigMaps and Secrets, and where the pod's spec is.
const PODS: &[(&str, &str)] = &[
    ("/v1/Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// Kinds whose pods name accounts, claims and priorities.
const WORKLOADS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

const CONFIG_MAP_IN_POD: &[&str] = &[
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET_IN_POD: &[&str] = &[
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

/// Kinds that are named, in the order in which kustomize mends their names; each with the fields of
/// objects that hold no pod.
const REFERENCES: &[(&str, &[(&str, &str)])] = &[
    (
        "storage.k8s.io/v1/StorageClass",
        &[
            ("PersistentVolume", "spec/storageClassName"),
            ("PersistentVolumeClaim", "spec/storageClassName"),
            ("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ],
    ),
    (
        "/v1/ServiceAccount",
        &[
            ("rbac.authorization.k8s.io/RoleBinding", "subjects"),
            ("rbac.authorization.k8s.io/ClusterRoleBinding", "subjects"),
        ],
    ),
    ("rbac.authorization.k8s.io/Role", &[("rbac.authorization.k8s.io/RoleBinding", "roleRef/name")]),
    (
        "rbac.authorization.k8s.io/ClusterRole",
        &[
            ("rbac.authorization.k8s.io/RoleBinding", "roleRef/name"),
            ("rbac.authorization.k8s.io/ClusterRoleBinding", "roleRef/name"),
        ],
    ),
    (
        "/v1/ConfigMap",
        &[
            ("Node", "spec/configSource/configMap"),
            ("Role", "rules/resourceNames"),
            ("ClusterRole", "rules/resourceNames"),
            ("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"),
        ],
    ),
    (
        "/v1/Secret",
        &[
            ("Ingress", "spec/tls/secretName"),
            ("Ingress", r"metadata/annotations/ingress.kubernetes.io\/auth-secret"),
            ("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret"),
            ("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret"),
            ("ServiceAccount", "imagePullSecrets/name"),
            ("StorageClass", "parameters/secretName"),
            ("StorageClass", "parameters/adminSecretName"),
            ("StorageClass", "parameters/userSecretName"),
            ("StorageClass", "parameters/secretRef"),
            ("Role", "rules/resourceNames"),
            ("ClusterRole", "rules/resourceNames"),
            ("serving.knative.dev/v1/Service", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"),
            ("PersistentVolume", "spec/azureFile/secretName"),
        ],
    ),
    (
        "/v1/Service",
        &[
            ("apps/StatefulSet", "spec/serviceName"),
            ("Ingress", "spec/rules/http/paths/backend/serviceName"),
            ("Ingress", "spec/backend/serviceName"),
            ("Ingress", "spec/rules/http/paths/backend/service/name"),
            ("Ingress", "spec/defaultBackend/service/name"),
            ("apiregistration.k8s.io/APIService", "spec/service/name"),
            ("admissionregistration.k8s.io/ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
            ("admissionregistration.k8s.io/MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
        ],
    ),
    ("scheduling.k8s.io/v1/PriorityClass", &[]),
    ("/v1/PersistentVolume", &[("PersistentVolumeClaim", "spec/volumeName"), ("ClusterRole", "rules/resourceNames")]),
    ("/v1/PersistentVolumeClaim", &[]),
    ("Deployment", &[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]),
    ("StatefulSet", &[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]),
    ("ReplicaSet", &[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]),
    ("ReplicationController", &[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]),
    (
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
        &[("admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding", "spec/policyName")],
    ),
    // IngressClass is in kustomize's list with a group that no object has, so its names are never mended.
];

/// Fields of pods that name the objects of a kind.
fn in_pods(named: &str) -> (&'static [(&'static str, &'static str)], &'static [&'static str]) {
    match named {
        "/v1/ConfigMap" => (PODS, CONFIG_MAP_IN_POD),
        "/v1/Secret" => (PODS, SECRET_IN_POD),
        "/v1/ServiceAccount" => (WORKLOADS, &["serviceAccountName"]),
        "/v1/PersistentVolumeClaim" => (WORKLOADS, &["volumes/persistentVolumeClaim/claimName"]),
        "scheduling.k8s.io/v1/PriorityClass" => (WORKLOADS, &["priorityClassName"]),
        _ => (&[], &[]),
    }
}

const SELECTORS: &[(&str, &str, bool)] = &[
    ("/v1/Service", "spec/selector", true),
    ("/v1/ReplicationController", "spec/selector", true),
    ("Deployment", "spec/selector/matchLabels", true),
    ("ReplicaSet", "spec/selector/matchLabels", true),
    ("DaemonSet", "spec/selector/matchLabels", true),
    ("apps/StatefulSet", "spec/selector/matchLabels", true),
    ("batch/Job", "spec/selector/matchLabels", false),
    ("batch/CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    ("policy/PodDisruptionBudget", "spec/selector/matchLabels", false),
    ("networking.k8s.io/NetworkPolicy", "spec/podSelector/matchLabels", false),
    ("networking.k8s.io/NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false),
    ("networking.k8s.io/NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false),
];

/// Selectors within the pods of Deployments and StatefulSets.
const POD_SELECTORS: &[&str] = &[
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

const TEMPLATE_LABELS: &[(&str, &str)] = &[
    ("", "metadata/labels"),
    ("/v1/ReplicationController", "spec/template/metadata/labels"),
    ("Deployment", "spec/template/metadata/labels"),
    ("ReplicaSet", "spec/template/metadata/labels"),
    ("DaemonSet", "spec/template/metadata/labels"),
    ("apps/StatefulSet", "spec/template/metadata/labels"),
    ("apps/StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels"),
    ("batch/Job", "spec/template/metadata/labels"),
    ("batch/CronJob", "spec/jobTemplate/metadata/labels"),
    ("batch/CronJob", "spec/jobTemplate/spec/template/metadata/labels"),
];

const ANNOTATIONS: &[(&str, &str)] = &[
    ("", "metadata/annotations"),
    ("/v1/ReplicationController", "spec/template/metadata/annotations"),
    ("Deployment", "spec/template/metadata/annotations"),
    ("ReplicaSet", "spec/template/metadata/annotations"),
    ("DaemonSet", "spec/template/metadata/annotations"),
    ("StatefulSet", "spec/template/metadata/annotations"),
    ("batch/Job", "spec/template/metadata/annotations"),
    ("batch/CronJob", "spec/jobTemplate/metadata/annotations"),
    ("batch/CronJob", "spec/jobTemplate/spec/template/metadata/annotations"),
];

/// Fields of pods in which variables are looked for, and the kinds that hold them.
const VARS_IN_POD: &[&str] = &["args", "command", "env/value", "volumeMounts/mountPath"];

const VAR_PODS: &[(&str, &str)] = &[
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("Pod", "spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
];

const OTHER_VARS: &[(&str, &str)] = &[
    // Neither of the next two is where the API has it; so kustomize says.
    ("CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"),
    ("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
    ("DaemonSet", "spec/template/spec/volumes/nfs/server"),
    ("Deployment", "spec/template/spec/volumes/nfs/server"),
    ("Job", "spec/template/spec/volumes/nfs/server"),
    ("Pod", "spec/volumes/nfs/server"),
    ("ReplicaSet", "spec/template/spec/volumes/nfs/server"),
    ("PersistentVolume", "spec/nfs/server"),
    ("Deployment", "spec/template/metadata/annotations"),
    ("Ingress", "spec/rules/host"),
    ("Ingress", "spec/tls/hosts"),
    ("Ingress", "spec/tls/secretName"),
    ("Service", "spec/ports/port"),
    ("Service", "spec/ports/targetPort"),
    ("", "metadata/labels"),
    ("", "metadata/annotations"),
];

const IMAGES: &[&str] = &[
    "spec/containers[]/image",
    "spec/initContainers[]/image",
    "spec/template/spec/containers[]/image",
    "spec/template/spec/initContainers[]/image",
];

const REPLICAS: &[&str] = &["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"];

pub(super) fn configuration() -> Configuration {
    let create = |(object, path): &(&str, &str)| spec(object, path, true);
    let template_labels: Vec<FieldSpec> = TEMPLATE_LABELS.iter().map(create).collect();
    Configuration {
        name_prefix: vec![spec("", "metadata/name", false)],
        name_suffix: vec![spec("", "metadata/name", false)],
        namespace: vec![
            spec("Namespace", "metadata/name", true),
            spec("apiregistration.k8s.io/APIService", "spec/service/namespace", true),
            spec(
                "apiextensions.k8s.io/CustomResourceDefinition",
                "spec/conversion/webhook/clientConfig/service/namespace",
                false,
            ),
        ],
        common_labels: selectors().into_iter().chain(template_labels.iter().cloned()).collect(),
        labels: vec![spec("", "metadata/labels", true)],
        template_labels,
        annotations: ANNOTATIONS.iter().map(create).collect(),
        name_reference: REFERENCES.iter().map(|(named, others)| reference(named, others)).collect(),
        var_reference: vars(),
        images: IMAGES.iter().map(|path| spec("", path, true)).collect(),
        replicas: REPLICAS.iter().map(|kind| spec(kind, "spec/replicas", true)).collect(),
    }
}

fn selectors() -> Vec<FieldSpec> {
    let mut specs: Vec<FieldSpec> =
        SELECTORS.iter().map(|(object, path, create)| spec(object, path, *create)).collect();
    for kind in ["apps/Deployment", "apps/StatefulSet"] {
        specs.extend(POD_SELECTORS.iter().map(|path| spec(kind, &format!("spec/template/spec/{path}"), false)));
    }
    specs
}

fn vars() -> Vec<FieldSpec> {
    let mut specs = Vec::new();
    for (object, pod) in VAR_PODS {
        for containers in ["containers", "initContainers"] {
            specs.extend(VARS_IN_POD.iter().map(|path| spec(object, &format!("{pod}/{containers}/{path}"), false)));
        }
    }
    specs.extend(OTHER_VARS.iter().map(|(object, path)| spec(object, path, false)));
    specs
}

fn reference(named: &str, others: &[(&str, &str)]) -> NameReference {
    let (pods, paths) = in_pods(named);
    let in_pods = pods
        .iter()
        .flat_map(|(object, pod)| paths.iter().map(move |path| spec(object, &format!("{pod}/{path}"), false)));
    let others = others.iter().map(|(object, path)| spec(object, path, false));
    let FieldSpec { group, version, kind, .. } = spec(named, "", false);
    NameReference { group, version, kind, referrers: in_pods.chain(others).collect() }
}

/// A spec of an object in the notation of this file; empty words stand for any.
fn spec(object: &str, path: &str, create: bool) -> FieldSpec {
    let word = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    let words: Vec<&str> = object.split('/').collect();
    let (group, version, kind) = match words.as_slice() {
        [group, version, kind] => (*group, *version, *kind),
        [group, kind] => (*group, "", *kind),
        [kind] => ("", "", *kind),
        _ => unreachable!("internal: an object is written in at most three words"),
    };
    FieldSpec { group: word(group), version: word(version), kind: word(kind), path: path.to_owned(), create }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_written_in_one_to_three_words() {
        for (object, expected) in [
            ("", (None, None, None)),
            ("Job", (None, None, Some("Job"))),
            ("batch/Job", (Some("batch"), None, Some("Job"))),
            ("/v1/Secret", (None, Some("v1"), Some("Secret"))),
        ] {
            let spec = spec(object, "", false);
            assert_eq!((spec.group.as_deref(), spec.version.as_deref(), spec.kind.as_deref()), expected, "{object}");
        }
    }

    #[test]
    fn no_field_stands_twice() {
        let config = configuration();
        let lists = [&config.common_labels, &config.annotations, &config.var_reference, &config.images];
        let references = config.name_reference.iter().map(|reference| &reference.referrers);
        for specs in lists.into_iter().chain(references) {
            for (at, spec) in specs.iter().enumerate() {
                assert!(!specs[..at].contains(spec), "{spec:?}");
            }
        }
    }
}
