//! The values of Helm releases as Flux hands them to the chart: those of `valuesFrom` in their order, those of
//! the release over them, single paths last.

use super::files::Files;
use super::worlds::{Draft, Member, Source};
use crate::source::Origin;
use crate::yaml::rendered::{Key, Rendered};
use crate::yaml::{Dialect, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foldhash::HashMap;
use std::sync::Arc;

/// The values of a release.
#[derive(Clone, Debug)]
pub(super) struct Values<'w> {
    /// What is known of them.
    pub(super) tree: Rendered<'w>,
    /// Why there may be others, if so.
    pub(super) open: Option<String>,
}

/// ConfigMaps and Secrets by kind, namespace and name.
type Data<'w> = HashMap<(String, String, String), Rendered<'w>>;

/// Works out the values of every release of a target that takes some from elsewhere.
pub(super) fn complete<'w>(draft: &mut Draft<'w>, source: Source<'w>, files: &Files<'w>) {
    let takes = |member: &Member<'w>| {
        let Member::Rendered { tree, .. } = member else { return false };
        let view = tree.view();
        let is_release = view.get("kind").and_then(Value::as_str) == Some("HelmRelease");
        is_release && view.at(&["spec", "valuesFrom"]).is_some_and(|from| !from.is_null() && !from.is_empty())
    };
    if !draft.members.iter().any(takes) {
        return;
    }
    let data = data(draft, source);
    for member in draft.members.iter_mut().filter(|member| takes(member)) {
        if let Member::Rendered { tree, values, .. } = member {
            *values = Some(Arc::new(of_release(tree, &data, files)));
        }
    }
}

fn data<'w>(draft: &Draft<'w>, source: Source<'w>) -> Data<'w> {
    let mut found = Data::default();
    for member in &draft.members {
        let tree = match member {
            Member::Rendered { tree, .. } => Some(tree.clone()),
            Member::Written(at) => Rendered::written(source.manifests.resources[*at].value),
        };
        let Some(tree) = tree else { continue };
        let view = tree.view();
        let text = |path: &[&str]| view.at(path).and_then(Value::known).unwrap_or_default().to_owned();
        let kind = text(&["kind"]);
        if matches!(kind.as_str(), "ConfigMap" | "Secret") && view.get("apiVersion").and_then(Value::raw) == Some("v1")
        {
            found.insert((kind, text(&["metadata", "namespace"]), text(&["metadata", "name"])), tree);
        }
    }
    found
}

fn of_release<'w>(release: &Rendered<'w>, data: &Data<'w>, files: &Files<'w>) -> Values<'w> {
    let view = release.view();
    let namespace = view.at(&["metadata", "namespace"]).and_then(Value::known).unwrap_or_default();
    let made = Origin::Generated(view.at(&["spec", "valuesFrom"]).unwrap_or(view).span());
    let mut values = Values { tree: Rendered::map(made.clone()), open: None };
    let mut paths = Vec::new();
    for entry in view.at(&["spec", "valuesFrom"]).into_iter().flat_map(Value::items) {
        let text = |key: &str| entry.get(key).and_then(Value::known);
        let (Some(kind), Some(name)) = (text("kind"), text("name")) else {
            values.open = Some("what its values are taken from is not known".into());
            continue;
        };
        let optional = entry.get("optional").and_then(Value::as_bool) == Some(true);
        let key = text("valuesKey").unwrap_or("values.yaml");
        let object = data.get(&(kind.to_owned(), namespace.to_owned(), name.to_owned()));
        let Some(found) = object.and_then(|object| content(object, kind, key)) else {
            if !optional || object.is_some() {
                values.open = Some(format!("the {kind} `{name}` cannot be read here"));
            }
            continue;
        };
        match text("targetPath") {
            Some(path) => paths.push((path.to_owned(), found)),
            None => match parsed(&found, files) {
                Some(layer) => over(&mut values.tree, &layer),
                None => values.open = Some(format!("`{key}` of the {kind} `{name}` is not read")),
            },
        }
    }
    if let Some(own) = release.at(&["spec", "values"]) {
        over(&mut values.tree, &own);
    }
    for (path, value) in paths {
        if path.contains(['[', '\\']) || !put(&mut values.tree, &path, value, &made) {
            values.open = Some(format!("what is put at `{path}` is not worked out"));
        }
    }
    values
}

/// The text under a key; none where it is missing, encrypted or no text.
fn content<'w>(object: &Rendered<'w>, kind: &str, key: &str) -> Option<Rendered<'w>> {
    if kind == "ConfigMap" {
        let text = object.at(&["data", key])?;
        return text.view().known().is_some().then_some(text);
    }
    if let Some(text) = object.at(&["stringData", key]) {
        return text.view().known().is_some().then_some(text);
    }
    let packed = object.at(&["data", key])?;
    let view = packed.view();
    let bytes = STANDARD.decode(view.known()?.split_ascii_whitespace().collect::<String>()).ok()?;
    Some(Rendered::text(String::from_utf8(bytes).ok()?, Origin::Decoded(view.span())))
}

fn parsed<'w>(text: &Rendered<'w>, files: &Files<'w>) -> Option<Rendered<'w>> {
    let file = files.embedded(text.view())?;
    let document = file.documents().first()?;
    let root = document.root.filter(|_| document.is_readable())?;
    let value = Value::new(file, root, Dialect::Kubectl);
    value.is_mapping().then(|| Rendered::written(value)).flatten()
}

/// Lays a mapping over another: mappings join, everything else is replaced.
fn over<'w>(base: &mut Rendered<'w>, layer: &Rendered<'w>) {
    let mut layer = layer.clone();
    let Some(entries) = layer.map_mut() else { return };
    let Some(map) = base.map_mut() else { return };
    for entry in &entries.entries {
        match map.get_mut(entry.key.text()) {
            Some(slot) if slot.view().is_mapping() && entry.slot.view().is_mapping() => {
                over(&mut slot.value, &entry.slot.value);
            }
            _ => map.set(entry.key.clone(), entry.slot.value.clone()),
        }
    }
}

/// Puts a value at a dotted path; false where something other than a mapping is in the way.
fn put<'w>(tree: &mut Rendered<'w>, path: &str, value: Rendered<'w>, made: &Origin) -> bool {
    let steps: Vec<&str> = path.split('.').collect();
    let Some((last, parents)) = steps.split_last() else { return false };
    let mut map = tree.map_mut();
    for step in parents {
        map = map.and_then(|map| map.map_under(step, made));
    }
    match map {
        Some(map) => {
            map.set(Key::made(*last, made.clone()), value);
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceId, Sources};
    use crate::yaml::{parse, rendered::to_json};
    use elsa::sync::FrozenVec;
    use serde_json::json;

    #[test]
    fn layers_lie_over_each_other_and_paths_win() {
        let text = "kind: ConfigMap\ndata:\n  values.yaml: |\n    replicas: 1\n    image: {tag: a, name: x}\n  host: db.example.com\n---\n\
                    metadata: {namespace: shop}\nspec:\n  valuesFrom:\n  - {kind: ConfigMap, name: base}\n  \
                    - {kind: ConfigMap, name: base, valuesKey: host, targetPath: db.host}\n  \
                    - {kind: Secret, name: gone, optional: true}\n  - {kind: Secret, name: lost}\n  \
                    values: {image: {tag: b}, list: [1]}\n";
        let file = parse(SourceId(0), text.into());
        let tree = |at: usize| {
            let root = file.documents()[at].root.expect("a root");
            Rendered::written(Value::new(&file, root, Dialect::Kustomize)).expect("a written value")
        };
        let data = Data::from_iter([(("ConfigMap".into(), "shop".into(), "base".into()), tree(0))]);
        let (sources, embedded) = (Sources::default(), FrozenVec::new());
        let files = Files::new(0, &sources, [], [], &embedded);
        let values = of_release(&tree(1), &data, &files);
        assert_eq!(
            to_json(values.tree.view()),
            json!({"replicas": 1, "image": {"tag": "b", "name": "x"}, "list": [1], "db": {"host": "db.example.com"}})
        );
        assert_eq!(values.open.as_deref(), Some("the Secret `lost` cannot be read here"));
        let tag = values.tree.at(&["image", "tag"]).expect("a tag");
        assert_eq!(&text[tag.view().span().range()], "b");
        let replicas = values.tree.at(&["replicas"]).expect("replicas");
        assert_eq!(&text[replicas.view().span().range()], "1", "a text within a ConfigMap has places of its own");
    }
}
