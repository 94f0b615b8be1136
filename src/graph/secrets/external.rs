//! Secrets of the External Secrets operator.

use super::hints::Hints;
use super::written::push;
use super::{Keys, Made, Maker};
use crate::graph::Graph;
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;

const GROUP: &str = "external-secrets.io";

pub(super) fn add<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    match (resource.group, resource.kind) {
        (GROUP, "ExternalSecret") => {
            let Some(spec) = resource.at(&["spec"]) else { return };
            let own = resource.at(&["metadata", "annotations"]);
            one(resource, spec, resource.name_value(), None, own, made, hints);
        }
        (GROUP, "ClusterExternalSecret") => everywhere(graph, resource, made, hints),
        _ => {}
    }
}

/// One ExternalSecret in each namespace that is selected. Which these are depends on labels; the ones that are
/// named are sure.
fn everywhere<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let Some(spec) = resource.at(&["spec", "externalSecretSpec"]) else { return };
    let name = resource.at(&["spec", "externalSecretName"]).or_else(|| resource.name_value());
    for namespace in resource.at(&["spec", "namespaces"]).into_iter().flat_map(Value::items) {
        one(resource, spec, name, Some(super::written::namespace_of(namespace)), None, made, hints);
    }
    let selects = ["namespaceSelector", "namespaceSelectors"].iter().any(|key| resource.at(&["spec", key]).is_some());
    if selects || graph.of_kind("", "Namespace").is_empty() {
        let target = spec.at(&["target", "name"]).or(name);
        let any = Namespace::Unknown("the namespaces of a ClusterExternalSecret are selected by labels".into());
        hints.unnamed(resource, any, target.and_then(Value::raw).unwrap_or_default(), false);
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
