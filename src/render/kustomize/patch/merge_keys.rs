//! Which lists of the built-in kinds merge in a strategic merge patch, and by which keys: what the schema
//! of Kubernetes 1.21.2 says, the one that kustomize carries. Other kinds have no such lists.

use super::custom::{self, Schema};

/// What a patch has to know of a value to merge it, and where its kind can be looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'s> {
    form: Form<'s>,
    schema: Option<&'s Schema<'s>>,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
enum Form<'s> {
    /// Nothing: mappings merge, lists are replaced.
    Unknown,
    /// A mapping of a known type.
    Map(Known<'s>),
    /// A list of mappings that are the same where all keys are.
    List {
        /// The keys, the first one always written. A set of scalars has the empty one.
        keys: &'s [&'s str],
        /// What an item is.
        item: Known<'s>,
    },
}

/// A type of the built-in schema, or of one that a kustomization brings along.
#[derive(Clone, Copy, Debug)]
enum Known<'s> {
    Nothing,
    Builtin(&'s Type),
    Custom(usize),
}

/// The fields of a type that lead to lists which merge.
#[derive(Debug)]
pub(super) struct Type(&'static [(&'static str, Field)]);

/// The key of a set: what an item is itself.
const ITSELF: &[&str] = &[""];

impl<'s> Shape<'s> {
    /// The shape of the object that `api_version` and `kind` name, by the schema that a kustomization brings along,
    /// if there is one.
    pub(super) fn of_kind(schema: Option<&'s Schema<'s>>, api_version: &str, kind: &str) -> Shape<'s> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let own = schema.and_then(|own| own.of_kind(group, version, kind)).map(Known::Custom);
        let is_meant =
            |known: &&Kinds| known.group == group && known.versions.contains(&version) && known.kinds.contains(&kind);
        let carried = || KINDS.iter().find(is_meant).map(|known| Known::Builtin(known.shape));
        let known = match schema {
            Some(schema) if !schema.beside_carried => own,
            _ => own.or_else(carried),
        };
        Shape { form: known.map_or(Form::Unknown, Form::Map), schema }
    }

    /// The shape of an object of another kind, by the same schema.
    pub(super) fn of_other_kind(self, api_version: &str, kind: &str) -> Shape<'s> {
        Shape::of_kind(self.schema, api_version, kind)
    }

    /// Whether nothing is known.
    pub(super) fn is_unknown(self) -> bool {
        matches!(self.form, Form::Unknown)
    }

    /// The keys of a list that merges; none for one that is replaced. A set has the empty key.
    pub(super) fn keys(self) -> Option<&'s [&'s str]> {
        match self.form {
            Form::List { keys, .. } => Some(keys),
            Form::Unknown | Form::Map(_) => None,
        }
    }

    /// The shape of the value under `key`.
    pub(super) fn field(self, key: &str) -> Shape<'s> {
        let form = match (self.form, self.schema) {
            (Form::Map(Known::Builtin(Type(fields))), _) => {
                match fields.iter().find(|(name, _)| *name == key).map(|(_, field)| field) {
                    None => Form::Unknown,
                    Some(Field::Map(known)) => Form::Map(Known::Builtin(known)),
                    Some(Field::List { keys, item }) => Form::List { keys, item: Known::Builtin(item) },
                    Some(Field::Set) => Form::List { keys: ITSELF, item: Known::Nothing },
                }
            }
            (Form::Map(Known::Custom(at)), Some(schema)) => match schema.field(at, key) {
                custom::Form::Unknown => Form::Unknown,
                custom::Form::Map(at) => Form::Map(Known::Custom(at)),
                custom::Form::List { keys, item } => {
                    let keys = if keys.is_empty() { ITSELF } else { keys };
                    Form::List { keys, item: item.map_or(Known::Nothing, Known::Custom) }
                }
            },
            _ => Form::Unknown,
        };
        Shape { form, ..self }
    }

    /// The shape of an item.
    pub(super) fn item(self) -> Shape<'s> {
        let form = match self.form {
            Form::List { item: Known::Nothing, .. } | Form::Unknown | Form::Map(_) => Form::Unknown,
            Form::List { item, .. } => Form::Map(item),
        };
        Shape { form, ..self }
    }
}

/// What a field of a built-in type is.
#[derive(Debug)]
enum Field {
    Map(&'static Type),
    List {
        keys: &'static [&'static str],
        item: &'static Type,
    },
    /// A list of scalars in which each stands once.
    Set,
}

const fn list(keys: &'static [&'static str], item: &'static Type) -> Field {
    Field::List { keys, item }
}

static PLAIN: Type = Type(&[]);

static META: Type = Type(&[("finalizers", Field::Set), ("ownerReferences", list(&["uid"], &PLAIN))]);

static OBJECT: Type = Type(&[("metadata", Field::Map(&META))]);

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

static EPHEMERAL_VOLUME: Type = Type(&[("volumeClaimTemplate", Field::Map(&OBJECT))]);

static VOLUME: Type = Type(&[("ephemeral", Field::Map(&EPHEMERAL_VOLUME))]);

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
    Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&POD_SPEC)), ("status", Field::Map(&POD_STATUS))]);

static POD_TEMPLATE_SPEC: Type = Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&POD_SPEC))]);

static WITH_TEMPLATE: Type = Type(&[("template", Field::Map(&POD_TEMPLATE_SPEC))]);

static POD_TEMPLATE: Type = Type(&[("metadata", Field::Map(&META)), ("template", Field::Map(&POD_TEMPLATE_SPEC))]);

static CONDITIONS: Type = Type(&[("conditions", list(&["type"], &PLAIN))]);

static CONTROLLER: Type =
    Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&WITH_TEMPLATE)), ("status", Field::Map(&CONDITIONS))]);

static JOB_TEMPLATE: Type = Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&WITH_TEMPLATE))]);

static CRON_JOB_SPEC: Type = Type(&[("jobTemplate", Field::Map(&JOB_TEMPLATE))]);

static CRON_JOB: Type = Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&CRON_JOB_SPEC))]);

static SERVICE_SPEC: Type = Type(&[("ports", list(&["port", "protocol"], &PLAIN))]);

static SERVICE: Type =
    Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&SERVICE_SPEC)), ("status", Field::Map(&CONDITIONS))]);

static SERVICE_ACCOUNT: Type = Type(&[("metadata", Field::Map(&META)), ("secrets", list(&["name"], &PLAIN))]);

static WEBHOOKS: Type = Type(&[("metadata", Field::Map(&META)), ("webhooks", list(&["name"], &PLAIN))]);

static NODE_SPEC: Type = Type(&[("podCIDRs", Field::Set)]);

static NODE_STATUS: Type = Type(&[("addresses", list(&["type"], &PLAIN)), ("conditions", list(&["type"], &PLAIN))]);

static NODE: Type =
    Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&NODE_SPEC)), ("status", Field::Map(&NODE_STATUS))]);

static COMPONENT_STATUS: Type = Type(&[("metadata", Field::Map(&META)), ("conditions", list(&["type"], &PLAIN))]);

static WITH_CONDITIONS: Type = Type(&[("metadata", Field::Map(&META)), ("status", Field::Map(&CONDITIONS))]);

static CSI_NODE_SPEC: Type = Type(&[("drivers", list(&["name"], &PLAIN))]);

static CSI_NODE: Type = Type(&[("metadata", Field::Map(&META)), ("spec", Field::Map(&CSI_NODE_SPEC))]);

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
        let mut shape = Shape::of_kind(None, api_version, kind);
        for step in path {
            shape = if *step == "[]" { shape.item() } else { shape.field(step) };
        }
        match (shape.form, shape.keys()) {
            (Form::Unknown, _) => "unknown".into(),
            (_, None) => "map".into(),
            (_, Some([""])) => "set".into(),
            (_, Some(keys)) => keys.join("+"),
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
