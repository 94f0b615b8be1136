//! Secrets of cert-manager and trust-manager.

use super::hints::Hints;
use super::written::push;
use super::{Keys, Made, Maker};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;

pub(super) fn add<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    match (resource.group, resource.kind) {
        ("cert-manager.io", "Certificate") => certificate(resource, made, hints),
        ("cert-manager.io", "Issuer") => account(resource, None, made, hints),
        ("cert-manager.io", "ClusterIssuer") => {
            let namespace =
                Namespace::Unknown("the namespace of cluster resources is a setting of cert-manager".into());
            account(resource, Some(namespace), made, hints);
        }
        ("trust.cert-manager.io", "Bundle" | "ClusterBundle")
            if resource.at(&["spec", "target", "secret"]).is_some() =>
        {
            let any = Namespace::Unknown("a Bundle goes to the namespaces it selects".into());
            hints.unnamed(resource, any, resource.written_name().unwrap_or_default(), false);
        }
        ("networking.k8s.io", "Ingress") if is_annotated(resource) => {
            for entry in resource.at(&["spec", "tls"]).into_iter().flat_map(Value::items) {
                push_pair(resource, entry.get("secretName"), made, hints);
            }
        }
        ("gateway.networking.k8s.io", "Gateway") if is_annotated(resource) => {
            for listener in resource.at(&["spec", "listeners"]).into_iter().flat_map(Value::items) {
                for reference in listener.at(&["tls", "certificateRefs"]).into_iter().flat_map(Value::items) {
                    push_pair(resource, reference.get("name"), made, hints);
                }
            }
        }
        _ => {}
    }
}

fn is_annotated(resource: &Resource<'_>) -> bool {
    let annotations = resource.at(&["metadata", "annotations"]);
    annotations.is_some_and(|annotations| {
        annotations.entries().any(|(key, _)| {
            matches!(key, "cert-manager.io/issuer" | "cert-manager.io/cluster-issuer" | "kubernetes.io/tls-acme")
        })
    })
}

fn push_pair<'w>(by: &'w Resource<'w>, name: Option<Value<'w>>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    push(by, name, None, Maker::Controller, pair(), Vec::new(), made, hints);
}

/// Keys that every certificate has; whether the issuer gives its own is up to it.
fn pair<'w>() -> Keys<'w> {
    Keys::exactly(["tls.crt", "tls.key", "ca.crt"])
}

fn certificate<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let spec = |path: &[&str]| resource.at(&["spec"]).and_then(|spec| spec.at(path)).filter(|value| !value.is_null());
    let mut keys = pair();
    for format in spec(&["additionalOutputFormats"]).into_iter().flat_map(Value::items) {
        match format.get("type").and_then(Value::known) {
            Some("DER") => keys.add("key.der"),
            Some("CombinedPEM") => keys.add("tls-combined.pem"),
            _ => keys.admit_more("an output format that is not known adds keys"),
        }
    }
    for (store, names) in [("jks", ["keystore.jks", "truststore.jks"]), ("pkcs12", ["keystore.p12", "truststore.p12"])]
    {
        if spec(&["keystores", store]).is_some() {
            names.into_iter().for_each(|name| keys.add(name));
        }
    }
    if let Some(reason) = resource.may_be_completed() {
        keys.admit_more(reason);
    }
    let annotations = spec(&["secretTemplate", "annotations"]).into_iter().collect();
    push(resource, spec(&["secretName"]), None, Maker::Controller, keys, annotations, made, hints);
}

/// The key of an ACME account, which the controller makes.
fn account<'w>(
    resource: &'w Resource<'w>,
    namespace: Option<Namespace<'w>>,
    made: &mut Vec<Made<'w>>,
    hints: &mut Hints<'w>,
) {
    let name = resource.at(&["spec", "acme", "privateKeySecretRef", "name"]);
    push(resource, name, namespace, Maker::Controller, Keys::open("cert-manager fills it"), Vec::new(), made, hints);
}
