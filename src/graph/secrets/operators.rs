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
        // Its own name is put behind the one that it states.
        ("db.movetokube.com", "PostgresUser") => {
            let stated = resource.at(&["spec", "secretName"]).and_then(Value::raw).unwrap_or_default();
            hints.unnamed(resource, resource.namespace.clone(), stated, true);
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
            match (known, template(resource)) {
                (Some(kind), _) => one(resource, kind, made, hints),
                (None, Some(Template::Secret)) => guessed(resource, made, hints),
                (None, Some(Template::Connection)) => one(resource, &CONNECTION, made, hints),
                (None, None) => {}
            }
        }
    }
}

/// Objects of custom kinds that say where to write how to connect to what they make.
const CONNECTION: Kind =
    named("", "", &["writeConnectionSecretToRef", "name"], &["writeConnectionSecretToRef", "namespace"]);

/// By which field an object of a custom kind that nobody told us of makes a Secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Template {
    /// By what the Secret shall look like; where its name is written is a guess.
    Secret,
    /// By where to write to.
    Connection,
}

fn template(resource: &Resource<'_>) -> Option<Template> {
    let is_told = ["cert-manager.io", "external-secrets.io", "isindir.github.com", "db.movetokube.com"];
    let spec = resource.at(&["spec"]).filter(|_| resource.group.contains('.') && !is_told.contains(&resource.group))?;
    let has = |key: &str| spec.get(key).is_some_and(|value| value.is_mapping());
    match has("secretTemplate") {
        true => Some(Template::Secret),
        false => has("writeConnectionSecretToRef").then_some(Template::Connection),
    }
}

/// Whether the name of the Secret that the object makes is a guess.
pub(super) fn is_guess(resource: &Resource<'_>) -> bool {
    template(resource) == Some(Template::Secret) && !is_known(resource)
}

/// The Secret of an object with a template for it, by where kinds that have one use to write its name.
fn guessed<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let spec = |path: &[&str]| resource.at(&["spec"])?.at(path).filter(|value| !value.is_null());
    let names: [&[&str]; 3] = [&["secretTemplate", "name"], &["secretTemplate", "metadata", "name"], &["secretName"]];
    let name = names.into_iter().find_map(spec).or_else(|| resource.name_value());
    let namespaces: [&[&str]; 2] = [&["secretTemplate", "namespace"], &["secretTemplate", "metadata", "namespace"]];
    let namespace = namespaces.into_iter().find_map(spec).map(namespace_of);
    let annotations: [&[&str]; 2] =
        [&["secretTemplate", "annotations"], &["secretTemplate", "metadata", "annotations"]];
    let annotations = annotations.into_iter().filter_map(spec).collect();
    push(resource, name, namespace, Maker::Operator, keys(resource), annotations, made, hints);
}

fn is_known(resource: &Resource<'_>) -> bool {
    KINDS.iter().any(|kind| resource.is(kind.group, kind.kind))
}

/// Whether the operator of an object makes a Secret of it, and that is what the object is for.
pub(super) fn is_maker(resource: &Resource<'_>) -> bool {
    is_known(resource) || template(resource).is_some()
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
