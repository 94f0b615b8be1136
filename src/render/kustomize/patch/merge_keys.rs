//! Which lists of the built-in kinds merge in a strategic merge patch, and by which keys: what the schema
//! of Kubernetes 1.21.2 says, the one that kustomize carries. Other kinds have no such lists.

/// What a patch has to know of a value to merge it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Nothing: mappings merge, lists are replaced.
    Unknown,
    /// A mapping of a known type.
    Map(&'static Type),
    /// A list of mappings that are the same where all keys are.
    List {
        /// The keys, the first one always written.
        keys: &'static [&'static str],
        /// What an item is.
        item: &'static Type,
    },
    /// A list of scalars in which each stands once.
    Set,
}

/// The fields of a type that lead to lists which merge.
#[derive(Debug)]
pub(super) struct Type(&'static [(&'static str, Shape)]);

impl Shape {
    /// The shape of the object that `api_version` and `kind` name.
    pub(super) fn of_kind(api_version: &str, kind: &str) -> Shape {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let known = KINDS
            .iter()
            .find(|known| known.group == group && known.versions.contains(&version) && known.kinds.contains(&kind));
        known.map_or(Shape::Unknown, |known| Shape::Map(known.shape))
    }

    /// The shape of the value under `key`.
    pub(super) fn field(self, key: &str) -> Shape {
        match self {
            Shape::Map(Type(fields)) => {
                fields.iter().find(|(name, _)| *name == key).map_or(Shape::Unknown, |(_, shape)| *shape)
            }
            _ => Shape::Unknown,
        }
    }

    /// The shape of an item.
    pub(super) fn item(self) -> Shape {
        match self {
            Shape::List { item, .. } => Shape::Map(item),
            _ => Shape::Unknown,
        }
    }
}

const fn list(keys: &'static [&'static str], item: &'static Type) -> Shape {
    Shape::List { keys, item }
}

static PLAIN: Type = Type(&[]);

static META: Type = Type(&[("finalizers", Shape::Set), ("ownerReferences", list(&["uid"], &PLAIN))]);

static OBJECT: Type = Type(&[("metadata", Shape::Map(&META))]);

static CONTAINER: Type = Type(&[
    ("env", list(&["name"], &PLAIN)),
    ("ports", list(&["containerPort", "protocol"], &PLAIN)),
    ("volumeDevices", list(&["devicePath"], &PLAIN)),
    ("volumeMounts", list(&["mountPath"], &PLAIN)),
]);

static EPHEMERAL_CONTAINER: Type = Type(&[
    ("env", list(&["name"], &PLAIN)),
    ("volumeDevices", list(&["devicePath"], &PLAIN)),
    ("volumeMounts", list(&["mountPath"], &PLAIN)),
]);

static EPHEMERAL_VOLUME: Type = Type(&[("volumeClaimTemplate", Shape::Map(&OBJECT))]);

static VOLUME: Type = Type(&[("ephemeral", Shape::Map(&EPHEMERAL_VOLUME))]);

static POD_SPEC: Type = Type(&[
    ("containers", list(&["name"], &CONTAINER)),
    ("ephemeralContainers", list(&["name"], &EPHEMERAL_CONTAINER)),
    ("hostAliases", list(&["ip"], &PLAIN)),
    ("imagePullSecrets", list(&["name"], &PLAIN)),
    ("initContainers", list(&["name"], &CONTAINER)),
    ("topologySpreadConstraints", list(&["topologyKey", "whenUnsatisfiable"], &PLAIN)),
    ("volumes", list(&["name"], &VOLUME)),
]);

static POD_STATUS: Type = Type(&[("conditions", list(&["type"], &PLAIN)), ("podIPs", list(&["ip"], &PLAIN))]);

static POD: Type =
    Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&POD_SPEC)), ("status", Shape::Map(&POD_STATUS))]);

static POD_TEMPLATE_SPEC: Type = Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&POD_SPEC))]);

static WITH_TEMPLATE: Type = Type(&[("template", Shape::Map(&POD_TEMPLATE_SPEC))]);

static POD_TEMPLATE: Type = Type(&[("metadata", Shape::Map(&META)), ("template", Shape::Map(&POD_TEMPLATE_SPEC))]);

static CONDITIONS: Type = Type(&[("conditions", list(&["type"], &PLAIN))]);

static CONTROLLER: Type =
    Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&WITH_TEMPLATE)), ("status", Shape::Map(&CONDITIONS))]);

static JOB_TEMPLATE: Type = Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&WITH_TEMPLATE))]);

static CRON_JOB_SPEC: Type = Type(&[("jobTemplate", Shape::Map(&JOB_TEMPLATE))]);

static CRON_JOB: Type = Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&CRON_JOB_SPEC))]);

static SERVICE_SPEC: Type = Type(&[("ports", list(&["port", "protocol"], &PLAIN))]);

static SERVICE: Type =
    Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&SERVICE_SPEC)), ("status", Shape::Map(&CONDITIONS))]);

static SERVICE_ACCOUNT: Type = Type(&[("metadata", Shape::Map(&META)), ("secrets", list(&["name"], &PLAIN))]);

static WEBHOOKS: Type = Type(&[("metadata", Shape::Map(&META)), ("webhooks", list(&["name"], &PLAIN))]);

static NODE_SPEC: Type = Type(&[("podCIDRs", Shape::Set)]);

static NODE_STATUS: Type = Type(&[("addresses", list(&["type"], &PLAIN)), ("conditions", list(&["type"], &PLAIN))]);

static NODE: Type =
    Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&NODE_SPEC)), ("status", Shape::Map(&NODE_STATUS))]);

static COMPONENT_STATUS: Type = Type(&[("metadata", Shape::Map(&META)), ("conditions", list(&["type"], &PLAIN))]);

static WITH_CONDITIONS: Type = Type(&[("metadata", Shape::Map(&META)), ("status", Shape::Map(&CONDITIONS))]);

static CSI_NODE_SPEC: Type = Type(&[("drivers", list(&["name"], &PLAIN))]);

static CSI_NODE: Type = Type(&[("metadata", Shape::Map(&META)), ("spec", Shape::Map(&CSI_NODE_SPEC))]);

/// Kinds of one group that have one shape.
struct Kinds {
    group: &'static str,
    versions: &'static [&'static str],
    kinds: &'static [&'static str],
    shape: &'static Type,
}

const fn kinds(
    group: &'static str,
    versions: &'static [&'static str],
    kinds: &'static [&'static str],
    shape: &'static Type,
) -> Kinds {
    Kinds { group, versions, kinds, shape }
}

static KINDS: &[Kinds] = &[
    kinds("apps", &["v1"], &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], &CONTROLLER),
    kinds("batch", &["v1"], &["Job"], &CONTROLLER),
    kinds("batch", &["v1", "v1beta1"], &["CronJob"], &CRON_JOB),
    kinds("", &["v1"], &["Service"], &SERVICE),
    kinds("", &["v1"], &["ServiceAccount"], &SERVICE_ACCOUNT),
    kinds("", &["v1"], &["Pod"], &POD),
    kinds("", &["v1"], &["PodTemplate"], &POD_TEMPLATE),
    kinds("", &["v1"], &["ReplicationController"], &CONTROLLER),
    kinds("", &["v1"], &["Node"], &NODE),
    kinds("", &["v1"], &["ComponentStatus"], &COMPONENT_STATUS),
    kinds("", &["v1"], &["Namespace", "PersistentVolumeClaim"], &WITH_CONDITIONS),
    kinds(
        "",
        &["v1"],
        &["Binding", "ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolume", "ResourceQuota", "Secret"],
        &OBJECT,
    ),
    kinds(
        "admissionregistration.k8s.io",
        &["v1", "v1beta1"],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        &WEBHOOKS,
    ),
    kinds("apiextensions.k8s.io", &["v1", "v1beta1"], &["CustomResourceDefinition"], &OBJECT),
    kinds("apiregistration.k8s.io", &["v1", "v1beta1"], &["APIService"], &WITH_CONDITIONS),
    kinds("apps", &["v1"], &["ControllerRevision"], &OBJECT),
    kinds("authentication.k8s.io", &["v1", "v1beta1"], &["TokenReview"], &OBJECT),
    kinds("authentication.k8s.io", &["v1"], &["TokenRequest"], &OBJECT),
    kinds(
        "authorization.k8s.io",
        &["v1", "v1beta1"],
        &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
        &OBJECT,
    ),
    kinds("autoscaling", &["v1"], &["Scale"], &OBJECT),
    kinds("autoscaling", &["v1", "v2beta1", "v2beta2"], &["HorizontalPodAutoscaler"], &OBJECT),
    kinds("certificates.k8s.io", &["v1", "v1beta1"], &["CertificateSigningRequest"], &OBJECT),
    kinds("coordination.k8s.io", &["v1", "v1beta1"], &["Lease"], &OBJECT),
    kinds("discovery.k8s.io", &["v1", "v1beta1"], &["EndpointSlice"], &OBJECT),
    kinds("events.k8s.io", &["v1", "v1beta1"], &["Event"], &OBJECT),
    kinds("extensions", &["v1beta1"], &["Ingress"], &OBJECT),
    kinds("flowcontrol.apiserver.k8s.io", &["v1beta1"], &["FlowSchema", "PriorityLevelConfiguration"], &OBJECT),
    kinds("networking.k8s.io", &["v1", "v1beta1"], &["Ingress", "IngressClass"], &OBJECT),
    kinds("networking.k8s.io", &["v1"], &["NetworkPolicy"], &OBJECT),
    kinds("node.k8s.io", &["v1", "v1beta1"], &["RuntimeClass"], &OBJECT),
    kinds("policy", &["v1", "v1beta1"], &["PodDisruptionBudget"], &WITH_CONDITIONS),
    kinds("policy", &["v1beta1"], &["Eviction", "PodSecurityPolicy"], &OBJECT),
    kinds(
        "rbac.authorization.k8s.io",
        &["v1", "v1beta1"],
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        &OBJECT,
    ),
    kinds("scheduling.k8s.io", &["v1", "v1beta1"], &["PriorityClass"], &OBJECT),
    kinds("storage.k8s.io", &["v1", "v1beta1"], &["CSINode"], &CSI_NODE),
    kinds("storage.k8s.io", &["v1", "v1beta1"], &["CSIDriver", "StorageClass"], &OBJECT),
    kinds("storage.k8s.io", &["v1", "v1beta1"], &["VolumeAttachment"], &OBJECT),
    kinds("storage.k8s.io", &["v1beta1"], &["CSIStorageCapacity"], &OBJECT),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(api_version: &str, kind: &str, path: &[&str]) -> String {
        let mut shape = Shape::of_kind(api_version, kind);
        for step in path {
            shape = if *step == "[]" { shape.item() } else { shape.field(step) };
        }
        match shape {
            Shape::Unknown => "unknown".into(),
            Shape::Map(_) => "map".into(),
            Shape::Set => "set".into(),
            Shape::List { keys, .. } => keys.join("+"),
        }
    }

    #[test]
    fn lists_merge_by_the_keys_of_their_type() {
        let pod = ["spec", "template", "spec"];
        for (api_version, kind, path, expected) in [
            ("apps/v1", "Deployment", [&pod[..], &["containers"]].concat(), "name"),
            ("apps/v1", "StatefulSet", [&pod[..], &["containers", "[]", "ports"]].concat(), "containerPort+protocol"),
            ("apps/v1", "DaemonSet", [&pod[..], &["initContainers", "[]", "volumeMounts"]].concat(), "mountPath"),
            ("batch/v1", "Job", [&pod[..], &["volumes"]].concat(), "name"),
            ("batch/v1beta1", "CronJob", [&["spec", "jobTemplate"], &pod[..], &["hostAliases"]].concat(), "ip"),
            ("v1", "Pod", vec!["spec", "topologySpreadConstraints"], "topologyKey+whenUnsatisfiable"),
            ("v1", "Pod", vec!["spec", "tolerations"], "unknown"),
            ("v1", "Pod", vec!["spec", "ephemeralContainers", "[]", "ports"], "unknown"),
            ("v1", "Service", vec!["spec", "ports"], "port+protocol"),
            ("v1", "ServiceAccount", vec!["secrets"], "name"),
            ("v1", "ServiceAccount", vec!["imagePullSecrets"], "unknown"),
            ("v1", "ConfigMap", vec!["metadata", "finalizers"], "set"),
            ("networking.k8s.io/v1", "Ingress", vec!["spec", "rules"], "unknown"),
            ("autoscaling/v2", "HorizontalPodAutoscaler", vec!["metadata", "finalizers"], "unknown"),
            ("autoscaling/v1", "HorizontalPodAutoscaler", vec!["metadata", "ownerReferences"], "uid"),
            ("apps/v1beta1", "Deployment", [&pod[..], &["containers"]].concat(), "unknown"),
            ("storage.k8s.io/v1", "CSINode", vec!["spec", "drivers"], "name"),
        ] {
            assert_eq!(keys(api_version, kind, &path), expected, "{api_version} {kind} {path:?}");
        }
    }
}
