//! Secrets that other operators make from their own objects, where their name can be told.

use super::hints::Hints;
use super::written::{namespace_of, push};
use super::{Keys, Made, Maker};
use crate::manifest::Resource;
use crate::yaml::Value;
use std::borrow::Cow;

/// A kind whose objects each make one Secret.
struct Kind {
    group: &'static str,
    kind: &'static str,
    /// Where the Secret's name is written; without it the Secret is called like the object.
    name: &'static [&'static str],
    /// Whether nothing is made where the name is not written.
    only_named: bool,
    /// Where its namespace is written, if it may be another one.
    namespace: &'static [&'static str],
    /// Where annotations for it are written.
    annotations: &'static [&'static str],
}

const fn own_name(group: &'static str, kind: &'static str) -> Kind {
    Kind { group, kind, name: &[], only_named: false, namespace: &[], annotations: &[] }
}

const fn named(
    group: &'static str,
    kind: &'static str,
    name: &'static [&'static str],
    namespace: &'static [&'static str],
) -> Kind {
    Kind { group, kind, name, only_named: true, namespace, annotations: &[] }
}

const KINDS: &[Kind] = &[
    Kind {
        group: "garage.rajsingh.info",
        kind: "GarageKey",
        name: &["secretTemplate", "name"],
        only_named: false,
        namespace: &["secretTemplate", "namespace"],
        annotations: &["secretTemplate", "annotations"],
    },
    own_name("secretgenerator.mittwald.de", "StringSecret"),
    own_name("secretgenerator.mittwald.de", "SSHKeyPair"),
    own_name("secretgenerator.mittwald.de", "BasicAuth"),
    own_name("onepassword.com", "OnePasswordItem"),
    own_name("objectbucket.io", "ObjectBucketClaim"),
    own_name("kafka.strimzi.io", "KafkaUser"),
    own_name("ricoberger.de", "VaultSecret"),
    named("k8s.bitwarden.com", "BitwardenSecret", &["secretName"], &[]),
    named(
        "secrets.infisical.com",
        "InfisicalSecret",
        &["managedSecretReference", "secretName"],
        &["managedSecretReference", "secretNamespace"],
    ),
    named("secrets.doppler.com", "DopplerSecret", &["managedSecret", "name"], &["managedSecret", "namespace"]),
    named("secrets.hashicorp.com", "VaultStaticSecret", &["destination", "name"], &[]),
    named("secrets.hashicorp.com", "VaultDynamicSecret", &["destination", "name"], &[]),
    named("secrets.hashicorp.com", "VaultPKISecret", &["destination", "name"], &[]),
    named("secrets.hashicorp.com", "HCPVaultSecretsApp", &["destination", "name"], &[]),
    named("infra.contrib.fluxcd.io", "Terraform", &["writeOutputsToSecret", "name"], &[]),
];

pub(super) fn add<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    match (resource.group, resource.kind) {
        ("rabbitmq.com", "RabbitmqCluster") => derived(resource, &["", "-default-user"], made),
        ("ceph.rook.io", "CephObjectStoreUser") => {
            if let Some(store) = resource.at(&["spec", "store"]).and_then(Value::known) {
                derived(resource, &[&format!("rook-ceph-object-user-{store}-"), ""], made);
            }
        }
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
            for object in resource.at(&["spec", "secretObjects"]).into_iter().flat_map(Value::items) {
                push(
                    resource,
                    object.get("secretName"),
                    None,
                    Maker::Operator,
                    keys(resource),
                    Vec::new(),
                    made,
                    hints,
                );
            }
        }
        _ => {
            let known = KINDS.iter().find(|kind| resource.is(kind.group, kind.kind));
            if let Some(kind) = known.or_else(|| template(resource)) {
                one(resource, kind, made, hints);
            }
        }
    }
}

/// Objects of custom kinds that say with a template what Secret they make, or where to write what they have.
const TEMPLATES: [Kind; 2] = [
    Kind {
        group: "",
        kind: "",
        name: &["secretTemplate", "name"],
        only_named: false,
        namespace: &["secretTemplate", "namespace"],
        annotations: &["secretTemplate", "annotations"],
    },
    named("", "", &["writeConnectionSecretToRef", "name"], &["writeConnectionSecretToRef", "namespace"]),
];

/// By which field an object of a custom kind that nobody told us of makes a Secret.
fn template(resource: &Resource<'_>) -> Option<&'static Kind> {
    let is_told = ["cert-manager.io", "external-secrets.io", "isindir.github.com"].contains(&resource.group);
    let spec = resource.at(&["spec"]).filter(|_| resource.group.contains('.') && !is_told)?;
    let has = |key: &str| spec.get(key).is_some_and(|value| value.is_mapping());
    TEMPLATES.iter().find(|kind| kind.name.first().is_some_and(|field| has(field)))
}

/// Whether the operator of an object makes a Secret of it, and that is what the object is for.
pub(super) fn is_maker(resource: &Resource<'_>) -> bool {
    KINDS.iter().any(|kind| resource.is(kind.group, kind.kind)) || template(resource).is_some()
}

fn keys<'w>(resource: &Resource<'_>) -> Keys<'w> {
    Keys::open(format!("{} fills it", resource.title()))
}

fn one<'w>(resource: &'w Resource<'w>, kind: &Kind, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let spec = |path: &[&str]| {
        let found = resource.at(&["spec"])?.at(path)?;
        (!path.is_empty() && !found.is_null()).then_some(found)
    };
    let name = match spec(kind.name) {
        None if kind.only_named => return,
        found => found.or_else(|| resource.name_value()),
    };
    let namespace = spec(kind.namespace).map(namespace_of);
    let annotations = spec(kind.annotations).into_iter().collect();
    push(resource, name, namespace, Maker::Operator, keys(resource), annotations, made, hints);
}

/// A Secret called like the object, with a prefix and a suffix.
fn derived<'w>(resource: &'w Resource<'w>, around: &[&str; 2], made: &mut Vec<Made<'w>>) {
    let (Some(name), Some(at)) = (resource.name(), resource.name_value()) else { return };
    made.push(Made {
        name: Cow::Owned(format!("{}{name}{}", around[0], around[1])),
        namespace: resource.namespace.clone(),
        by: resource,
        at,
        maker: Maker::Operator,
        keys: keys(resource),
        doubt: None,
        annotations: Vec::new(),
    });
}
