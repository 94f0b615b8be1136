//! Volume claims and volumes.

use super::amounts::{natural_amount, positive_amount};
use super::require::{filled, needs, unwanted};
use crate::schema::builtin::claim;
use crate::schema::value::{
    Fault, checked, code, dns_label, dns_subdomain, field, is_set, items, one_of, requirements, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const ACCESS: &[&str] = &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
const MODES: &[&str] = &["Block", "Filesystem"];

/// Where the data of a volume can lie.
const SOURCES: &[&str] = &[
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "hostPath",
    "glusterfs",
    "nfs",
    "rbd",
    "iscsi",
    "cinder",
    "cephfs",
    "fc",
    "flocker",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// Checks a PersistentVolumeClaim.
pub(super) fn claim<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    if !spec.is_mapping() {
        return;
    }
    claim::spec(spec, problems);
    attributes_class(spec, problems);
    let resources = field(spec, "resources");
    for (list, entries) in ["requests", "limits"].into_iter().filter_map(|key| Some((key, field(resources?, key)?))) {
        for (name, value) in entries.entries().filter(|(name, _)| (list, *name) != ("requests", "storage")) {
            natural_amount(value, &format!("`{list}.{name}`"), problems);
        }
    }
    if let Some(source) = field(spec, "dataSource").filter(|source| copies(*source)) {
        filled(source, "name", problems);
    }
    if let Some(source) = field(spec, "dataSourceRef").filter(|source| source.is_mapping()) {
        data_source(source, problems);
    }
}

fn access_modes<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let fact = "the volume does not say how it is accessed";
    needs(spec, "accessModes", fact, "write `accessModes: [ReadWriteOnce]`", problems);
    let modes: Vec<Value<'w>> = items(spec, "accessModes").collect();
    modes.iter().for_each(|mode| one_of(*mode, "accessModes", ACCESS, problems));
    let once = modes.iter().find(|mode| mode.known() == Some("ReadWriteOncePod"));
    if let Some(once) = once.filter(|_| modes.len() > 1) {
        let fact = "`ReadWriteOncePod` stands beside other modes";
        problems.push(Problem::new(code::CROSS_FIELD, *once, fact).help("keep it alone, or remove it"));
    }
}

fn class_and_mode<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(name) = field(spec, "storageClassName").filter(|name| name.known() != Some("")) {
        checked(name, code::NAME, "storage class name", dns_subdomain, problems);
    }
    if let Some(mode) = field(spec, "volumeMode") {
        one_of(mode, "volumeMode", MODES, problems);
    }
}

fn attributes_class<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(name) = field(spec, "volumeAttributesClassName").filter(|name| name.known() != Some("")) {
        checked(name, code::NAME, "attributes class name", dns_subdomain, problems);
    }
}

/// Whether a `dataSource` is of a kind that is not dropped on arrival.
fn copies(source: Value<'_>) -> bool {
    let group = text(source, "apiGroup");
    match text(source, "kind").known() {
        Some("PersistentVolumeClaim") => group.or("") == Some(""),
        Some("VolumeSnapshot") => group.is("snapshot.storage.k8s.io"),
        _ => false,
    }
}

fn data_source<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    filled(source, "name", problems);
    filled(source, "kind", problems);
    match text(source, "apiGroup").or("") {
        Some("") => {
            if let Some(kind) = field(source, "kind").filter(|kind| kind.known().is_some_and(|kind| !kind.is_empty()))
                && kind.known() != Some("PersistentVolumeClaim")
            {
                let fact = format!(
                    "`{}` is no kind of the core group that a volume is filled from",
                    kind.raw().unwrap_or_default()
                );
                problems.push(Problem::new(code::CROSS_FIELD, kind, fact).help("write `apiGroup` as well"));
            }
        }
        _ => {
            if let Some(group) = field(source, "apiGroup") {
                checked(group, code::NAME, "API group", dns_subdomain, problems);
            }
        }
    }
}

/// Checks a PersistentVolume.
pub(super) fn volume<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    if !spec.is_mapping() {
        return;
    }
    access_modes(spec, problems);
    capacity(spec, problems);
    class_and_mode(spec, problems);
    attributes_class(spec, problems);
    let policy = field(spec, "persistentVolumeReclaimPolicy").filter(|policy| policy.known() != Some(""));
    if let Some(policy) = policy {
        one_of(policy, "persistentVolumeReclaimPolicy", &["Retain", "Delete", "Recycle"], problems);
    }
    let sources: Vec<Value<'w>> = SOURCES.iter().filter_map(|key| field(spec, key)).collect();
    match &sources[..] {
        [] => problems.push(
            Problem::new(code::REQUIRED, spec, "the volume does not say where its data lies")
                .underline(spec.key_or_span())
                .help("write a source, such as `csi` or `nfs`"),
        ),
        [first, second, ..] => problems.push(
            Problem::new(code::CROSS_FIELD, *second, "the volume has two sources")
                .at_key()
                .related(first.key_or_span(), "the other one")
                .help("keep one of them"),
        ),
        [one] => source(spec, *one, policy, problems),
    }
    let required = field(spec, "nodeAffinity").and_then(|affinity| field(affinity, "required"));
    if let Some(required) = required.filter(|required| required.is_mapping()) {
        filled(required, "nodeSelectorTerms", problems);
        let operators = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
        items(required, "nodeSelectorTerms")
            .for_each(|term| requirements(term, "matchExpressions", operators, problems));
    }
}

fn capacity<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    if needs(spec, "capacity", "the volume does not say how large it is", "write `capacity.storage`", problems) {
        return;
    }
    let Some(capacity) = field(spec, "capacity").filter(|capacity| capacity.is_mapping()) else { return };
    let names: Vec<&str> = capacity.entries().map(|(name, _)| name).collect();
    if names != ["storage"] {
        let fact = "the capacity of a volume is its `storage`, and nothing else";
        problems.push(Problem::new(code::ENUM, capacity, fact).at_key().help("write `storage` alone"));
        return;
    }
    for (name, value) in capacity.entries() {
        positive_amount(value, &format!("`capacity.{name}`"), problems);
    }
}

fn source<'w>(spec: Value<'w>, source: Value<'w>, policy: Option<Value<'w>>, problems: &mut Problems<'w>) {
    let key = source.key().unwrap_or_default();
    if !source.is_mapping() {
        return;
    }
    match key {
        "local" => {
            filled(source, "path", problems);
            path(source, problems);
            if !is_set(spec, "nodeAffinity") {
                let fact = "a local volume is on one node, and `nodeAffinity` does not say on which";
                needs(spec, "nodeAffinity", fact, "write `nodeAffinity.required`", problems);
            }
        }
        "hostPath" => {
            filled(source, "path", problems);
            path(source, problems);
            let kinds =
                ["DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];
            if let Some(kind) = field(source, "type").filter(|kind| kind.known() != Some("")) {
                one_of(kind, "type", &kinds, problems);
            }
            if let Some(policy) = policy.filter(|policy| policy.known() == Some("Recycle"))
                && text(source, "path").known().is_some_and(|path| path.trim_end_matches('/').is_empty())
            {
                let fact = "recycling would empty the root folder of the node";
                problems.push(Problem::new(code::CROSS_FIELD, policy, fact).help("write `Retain`"));
            }
        }
        "nfs" => {
            filled(source, "server", problems);
            if filled(source, "path", problems)
                && let Some(path) = field(source, "path")
            {
                let absolute = |text: &str| {
                    let found = "does not start with `/`";
                    (!text.starts_with('/')).then(|| Fault::new("an absolute path", found, format!("write `/{text}`")))
                };
                checked(path, code::ADDRESS, "path", absolute, problems);
            }
        }
        "csi" => {
            if filled(source, "driver", problems)
                && let Some(driver) = field(source, "driver")
            {
                checked(driver, code::NAME, "driver", driver_name, problems);
            }
            filled(source, "volumeHandle", problems);
        }
        _ => {}
    }
    if let Some(class) = field(spec, "volumeAttributesClassName").filter(|_| key != "csi") {
        unwanted(class, "only a CSI volume has attributes", "remove it", problems);
    }
}

fn path<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(path) = field(source, "path") {
        let fault = |text: &str| {
            let found = "`..` in it";
            text.split('/').any(|step| step == "..").then(|| Fault::new("a plain path", found, "write it without `..`"))
        };
        checked(path, code::ADDRESS, "path", fault, problems);
    }
}

/// The name of a CSI driver: a DNS subdomain of at most 63 characters, in either case.
pub(super) fn driver_name(text: &str) -> Option<Fault> {
    let wanted = "the name of a CSI driver";
    if text.len() > 63 {
        let found = format!("{} characters, at most 63", text.len());
        return Some(Fault::new(wanted, found, "write the name that the driver registers"));
    }
    let fault =
        dns_subdomain(&text.to_ascii_lowercase()).or_else(|| if text.is_empty() { dns_label(text) } else { None });
    fault.map(|fault| Fault { wanted, ..fault })
}
