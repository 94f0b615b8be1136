//! Secrets of the External Secrets operator.

use super::hints::Hints;
use super::written::{namespace_of, push};
use super::{Keys, Made, Maker};
use crate::graph::answer::{Answer, any};
use crate::graph::namespaces::Namespaces;
use crate::graph::selector::Selector;
use crate::graph::{Graph, Lookup};
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Value, Visit, walk};

const GROUP: &str = "external-secrets.io";

pub(super) fn add<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    match (resource.group, resource.kind) {
        (GROUP, "ExternalSecret") => {
            let Some(spec) = resource.at(&["spec"]) else { return };
            let own = resource.at(&["metadata", "annotations"]);
            one(resource, spec, resource.name_value(), None, own, made, hints);
        }
        (GROUP, "ClusterExternalSecret") => everywhere(graph, resource, made, hints),
        (GROUP, "PushSecret") => pushed(graph, resource, made, hints),
        _ => {}
    }
}

/// One ExternalSecret in each namespace that is named, or whose labels one of the selectors asks for.
fn everywhere<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let Some(spec) = resource.at(&["spec", "externalSecretSpec"]) else { return };
    let name = resource.at(&["spec", "externalSecretName"]).or_else(|| resource.name_value());
    let mut listed = Vec::new();
    for namespace in resource.at(&["spec", "namespaces"]).into_iter().flat_map(Value::items) {
        listed.extend(namespace.known());
        one(resource, spec, name, Some(namespace_of(namespace)), None, made, hints);
    }
    let selector = resource.at(&["spec", "namespaceSelector"]).filter(|selector| !selector.is_null());
    let more = resource.at(&["spec", "namespaceSelectors"]).into_iter().flat_map(Value::items);
    let selectors: Vec<Selector<'w>> = selector.into_iter().chain(more).map(|one| Selector::read(Some(one))).collect();
    if selectors.is_empty() {
        return;
    }
    let selector = resource.at(&["spec", "namespaceSelector"]);
    let is_by_controller =
        selector.into_iter().chain(resource.at(&["spec", "namespaceSelectors"])).any(names_controllers);
    let namespaces = Namespaces::new(graph);
    let mut except = Vec::new();
    for object in namespaces.all() {
        let Some(own) = object.name().filter(|own| !listed.contains(own)) else { continue };
        let labels = namespaces.labels(&Namespace::Known(own));
        let doubt = match any(selectors.iter().map(|selector| selector.matches(&labels))) {
            Answer::Yes => None,
            Answer::Unknown(reason) => Some(reason),
            Answer::No if is_by_controller => Some(format!("a controller may label the namespace `{own}`")),
            Answer::No => {
                except.push(own);
                continue;
            }
        };
        let before = made.len();
        one(resource, spec, name, Some(Namespace::Known(own)), None, made, hints);
        made[before..].iter_mut().for_each(|one| one.doubt = doubt.clone());
    }
    // Namespaces that others define may carry the labels.
    let target = spec.at(&["target", "name"]).or(name).and_then(Value::raw).unwrap_or_default();
    hints.anywhere(resource, "the namespaces of a ClusterExternalSecret are selected by labels", target, except);
}

/// Beginnings of the labels that controllers put on namespaces.
const BY_CONTROLLERS: &[&str] = &[
    "capsule.clastix.io/",
    "field.cattle.io/",
    "kubesphere.io/",
    "kustomize.toolkit.fluxcd.io/",
    "openshift.io/",
    "security.openshift.io/",
];

/// Whether selectors ask for a label that a controller puts on namespaces.
fn names_controllers(selectors: Value<'_>) -> bool {
    let mut found = false;
    walk(selectors, &mut |_, value| {
        let is_theirs = |text: &str| BY_CONTROLLERS.iter().any(|start| text.starts_with(start));
        found |= value.key().is_some_and(is_theirs) || value.raw().is_some_and(is_theirs);
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

/// Where what a PushSecret pushes to a store arrives.
enum Arrival<'w> {
    /// In a namespace of the same cluster.
    Here(Namespace<'w>),
    /// Nobody can tell.
    Unknown,
    /// Outside of the cluster.
    Outside,
}

/// What is pushed to stores of this cluster: Secrets, each entry one key of them.
fn pushed<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let Some(spec) = resource.at(&["spec"]) else { return };
    let entries =
        spec.get("data").into_iter().flat_map(Value::items).filter_map(|entry| entry.at(&["match", "remoteRef"]));
    let entries: Vec<Value<'w>> = entries.chain(spec.get("dataTo").into_iter().flat_map(Value::items)).collect();
    for store in spec.get("secretStoreRefs").into_iter().flat_map(Value::items) {
        let arrival = arrival(graph, resource, store);
        for entry in &entries {
            let Some(name) = entry.get("remoteKey").filter(|name| !name.is_null()) else { continue };
            match &arrival {
                Arrival::Here(namespace) => {
                    let mut keys = Keys::default();
                    keys.add_value(entry.get("property"));
                    keys.admit_more("others may push to it, too");
                    let namespace = Some(namespace.clone());
                    push(resource, Some(name), namespace, Maker::Controller, keys, Vec::new(), made, hints);
                }
                Arrival::Unknown => {
                    let any = Namespace::Unknown(format!("where {} pushes to is not known", resource.title()));
                    hints.unnamed(resource, any, name.raw().unwrap_or_default(), false);
                }
                Arrival::Outside => {}
            }
        }
    }
}

fn arrival<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, store: Value<'w>) -> Arrival<'w> {
    let kind = store.get("kind").map_or(Some("SecretStore"), Value::known);
    let (Some(kind), Some(name)) = (kind, store.get("name").and_then(Value::known)) else { return Arrival::Unknown };
    let namespace = if kind == "SecretStore" { resource.namespace.clone() } else { Namespace::None };
    let Lookup::Found(stores) = graph.find(GROUP, kind, &namespace, name) else { return Arrival::Unknown };
    let [store] = stores.as_slice() else { return Arrival::Unknown };
    let Some(provider) = store.at(&["spec", "provider"]).filter(|_| store.whole) else { return Arrival::Unknown };
    let Some(provider) = provider.get("kubernetes").filter(|provider| !provider.is_null()) else {
        return Arrival::Outside;
    };
    let is_own = match provider.at(&["server", "url"]).filter(|url| !url.is_null()) {
        None => Some(true),
        Some(url) => url.known().map(|url| {
            let host = url.split_once("://").map_or(url, |(_, host)| host);
            host.split([':', '/']).next().is_some_and(|host| {
                host == "kubernetes.default" || host == "kubernetes" || host.starts_with("kubernetes.default.")
            })
        }),
    };
    // A kubeconfig says itself which cluster it is for.
    match is_own.filter(|_| provider.get("authRef").is_none()) {
        Some(true) => Arrival::Here(provider.get("remoteNamespace").map_or(Namespace::Known("default"), namespace_of)),
        Some(false) => Arrival::Outside,
        None => Arrival::Unknown,
    }
}

fn one<'w>(
    by: &'w Resource<'w>,
    spec: Value<'w>,
    own_name: Option<Value<'w>>,
    namespace: Option<Namespace<'w>>,
    own_annotations: Option<Value<'w>>,
    made: &mut Vec<Made<'w>>,
    hints: &mut Hints<'w>,
) {
    let target = |path: &[&str]| spec.get("target").and_then(|target| target.at(path)).filter(|value| !value.is_null());
    if target(&["manifest"]).is_some() {
        return;
    }
    let policy = target(&["creationPolicy"]).map(Value::known);
    let maker = match policy {
        Some(Some("None")) => return,
        Some(Some("Merge")) => Maker::Adds,
        _ => Maker::Controller,
    };
    let mut keys = keys(spec);
    if let Some(reason) = by.may_be_completed() {
        keys.admit_more(reason);
    }
    if maker == Maker::Adds {
        keys.admit_more("something else has to make it");
    }
    // Without a template the operator copies what the ExternalSecret itself carries.
    let annotations = match target(&["template"]) {
        Some(template) => template.at(&["metadata", "annotations"]),
        None => own_annotations,
    };
    let name = target(&["name"]).or(own_name);
    push(by, name, namespace, maker, keys, annotations.into_iter().collect(), made, hints);
}

fn keys<'w>(spec: Value<'w>) -> Keys<'w> {
    let mut keys = Keys::default();
    let template = spec.at(&["target", "template"]).filter(|template| !template.is_null());
    let written = |key: &str| template.and_then(|template| template.get(key)).filter(|value| !value.is_null());
    let from =
        |entry: &Value<'w>| !matches!(entry.get("target").and_then(Value::known), Some("Annotations" | "Labels"));
    let is_open = written("templateFrom").is_some_and(|list| list.items().any(|entry| from(&entry)));
    let data = written("data").filter(|data| !data.is_empty());
    keys.add_entries(data);
    if is_open {
        keys.admit_more("a template from elsewhere makes its keys");
    }
    // What a template makes takes the place of what was fetched.
    let replaces = data.is_some() || is_open;
    if replaces && written("mergePolicy").is_none_or(|policy| policy.known() == Some("Replace")) {
        return keys;
    }
    for entry in spec.get("data").into_iter().flat_map(Value::items) {
        keys.add_value(entry.get("secretKey"));
    }
    if spec.get("dataFrom").is_some_and(|from| !from.is_null() && !from.is_empty()) {
        keys.admit_more("an external store says which keys it has");
    }
    keys
}
