//! What every object has: name, namespace, labels, annotations, finalizers and owners, as the API server checks them
//! for its own kinds and for custom ones; and the labels and annotations of Pod templates.

mod kinds;
mod maps;
mod name;
mod owners;
#[cfg(test)]
mod tests;

use super::Problems;
use super::value::{Fault, dns_label, field, items, qualified_name};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;

/// A name that breaks the syntax of its kind, or none at all.
pub const NAME: &str = "name";
/// A namespace that cannot exist.
pub const NAMESPACE: &str = "namespace";
/// A key or a value of a label.
pub const LABEL: &str = "label";
/// A key of an annotation, or too much in all of them.
pub const ANNOTATION: &str = "annotation";
/// A finalizer.
pub const FINALIZER: &str = "finalizer";
/// A reference to an owner.
pub const OWNER: &str = "owner";

/// Checks the metadata of a whole object, and those of the Pod template in it.
pub fn check<'w>(resource: &Resource<'w>, problems: &mut Problems<'w>) {
    // What is changed on its way is judged as it arrives.
    if resource.may_be_completed().is_some() || !kinds::is_served(resource) {
        return;
    }
    name::check(resource, problems);
    if let Some(metadata) = field(resource.value, "metadata") {
        // That of a cluster-scoped kind is dropped unread.
        if resource.namespace != Namespace::None {
            namespace(metadata, problems);
        }
        if let Some(labels) = field(metadata, "labels") {
            maps::labels(labels, problems);
            maps::pod_security(resource, labels, problems);
        }
        maps::annotations(metadata, problems);
        finalizers(resource, metadata, problems);
        owners::check(metadata, problems);
    }
    if let Some(metadata) = template(resource).and_then(|template| field(template, "metadata")) {
        if let Some(labels) = field(metadata, "labels") {
            maps::labels(labels, problems);
        }
        maps::annotations(metadata, problems);
    }
}

/// The Pod template of a built-in kind that has one.
fn template<'w>(resource: &Resource<'w>) -> Option<Value<'w>> {
    let path: &[&str] = match (resource.group, resource.kind) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job")
        | ("", "ReplicationController") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        ("", "PodTemplate") => &["template"],
        _ => return None,
    };
    resource.at(path)
}

fn namespace<'w>(metadata: Value<'w>, problems: &mut Problems<'w>) {
    let Some(namespace) = metadata.get("namespace") else { return };
    // An empty one is the default.
    if let Some(fault) = namespace.known().filter(|name| !name.is_empty()).and_then(dns_label) {
        problems.push(fault.problem(NAMESPACE, namespace, "namespace"));
    }
}

fn finalizers<'w>(resource: &Resource<'w>, metadata: Value<'w>, problems: &mut Problems<'w>) {
    for finalizer in items(metadata, "finalizers") {
        let Some(text) = finalizer.known() else { continue };
        let fault = qualified_name(text).or_else(|| {
            let standard = matches!(text, "kubernetes" | "orphan" | "foregroundDeletion");
            let without_domain = !text.contains('/') && !standard && kinds::wants_domain_in_finalizers(resource);
            without_domain.then(|| {
                Fault::new("one that Kubernetes knows", "no domain before a `/`", "write it as `example.org/name`")
            })
        });
        if let Some(fault) = fault {
            problems.push(fault.problem(FINALIZER, finalizer, "finalizer"));
        }
    }
}
