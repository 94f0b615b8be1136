//! What a kustomization names, and what the objects name that configure its steps.

use crate::source::SourceId;
use crate::tree;
use crate::yaml::{self, Dialect, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a kustomization takes a path for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// YAML, or a folder with a kustomization.
    Manifest,
    /// Bytes.
    Data,
}

/// What a kustomization names.
#[derive(Default)]
pub(super) struct Needs {
    /// Everything.
    pub(super) paths: Vec<(String, Use)>,
    /// Of that, what holds objects for the build.
    pub(super) resources: Vec<String>,
    /// Of that, what holds objects that configure generators and transformers.
    pub(super) plugins: Vec<String>,
    /// Such objects that stand in the kustomization itself.
    pub(super) objects: Vec<Arc<str>>,
}

/// What a kustomization in `folder` names.
pub(super) fn needs(folder: &str, file: &yaml::File, climbs: &mut usize) -> Needs {
    let mut needs = Needs::default();
    let Some(root) = file.documents().first().and_then(|document| document.root) else { return needs };
    let value = Value::new(file, root, Dialect::Kubectl);
    let mut named: BTreeSet<(&str, bool)> = BTreeSet::new();
    for (key, list) in value.entries() {
        let key = key.to_ascii_lowercase();
        match key.as_str() {
            "resources"
            | "bases"
            | "components"
            | "crds"
            | "configurations"
            | "generators"
            | "transformers"
            | "validators"
            | "patchesstrategicmerge" => {
                for text in list.items().filter_map(Value::raw) {
                    let is_plugin = matches!(key.as_str(), "generators" | "transformers" | "validators");
                    if is_plugin && text.contains('\n') {
                        needs.objects.push(text.into());
                        continue;
                    }
                    let Some(path) = resolved(folder, text, climbs) else { continue };
                    match key.as_str() {
                        "resources" | "bases" => needs.resources.push(path.clone()),
                        _ if is_plugin => needs.plugins.push(path.clone()),
                        _ => {}
                    }
                    needs.paths.push((path, Use::Manifest));
                }
            }
            "patches" | "patchesjson6902" | "replacements" => {
                let paths = list.items().filter_map(|entry| entry.get("path")?.raw());
                named.extend(paths.map(|path| (path, true)));
            }
            "openapi" => named.extend(list.get("path").and_then(Value::raw).map(|path| (path, true))),
            "configmapgenerator" | "secretgenerator" => {
                list.items().for_each(|entry| named.extend(data(entry).map(|path| (path, false))));
            }
            _ => {}
        }
    }
    needs.paths.extend(uses(folder, named, climbs));
    needs
}

/// What the objects in `text` name that configure the steps of a kustomization in `folder`.
pub(super) fn object_needs(folder: &str, text: Arc<str>, climbs: &mut usize) -> Vec<(String, Use)> {
    let file = yaml::parse(SourceId(0), text);
    let mut named: BTreeSet<(&str, bool)> = BTreeSet::new();
    for root in file.documents().iter().filter_map(|document| document.root) {
        let object = Value::new(&file, root, Dialect::Kustomize);
        named.extend(data(object).map(|path| (path, false)));
        let entries = object.get("replacements").into_iter().flat_map(Value::items);
        named.extend(entries.chain([object]).filter_map(|entry| entry.get("path")?.raw()).map(|path| (path, true)));
        let patches = object.get("paths").into_iter().flat_map(Value::items);
        named.extend(patches.filter_map(Value::raw).map(|path| (path, true)));
    }
    uses(folder, named, climbs)
}

/// The files of a generator.
fn data<'w>(entry: Value<'w>) -> impl Iterator<Item = &'w str> {
    let lists = ["files", "envs"].into_iter().filter_map(move |key| entry.get(key)).flat_map(Value::items);
    let texts = lists.chain(entry.get("env")).filter_map(Value::raw);
    texts.map(|text| text.split_once('=').map_or(text, |(_, path)| path))
}

fn uses(folder: &str, named: BTreeSet<(&str, bool)>, climbs: &mut usize) -> Vec<(String, Use)> {
    let uses = |manifest| if manifest { Use::Manifest } else { Use::Data };
    let found = named.into_iter();
    found.filter_map(|(path, manifest)| Some((resolved(folder, path, climbs)?, uses(manifest)))).collect()
}

/// The path in the root that `path` means in `folder`; none for what is elsewhere.
fn resolved(folder: &str, path: &str, climbs: &mut usize) -> Option<String> {
    if path.contains('\n') || path.contains("://") || path.starts_with('/') {
        return None;
    }
    let full = tree::join(folder, path);
    if full.is_none() {
        let up = path.split('/').take_while(|part| *part == "..").count();
        *climbs = (*climbs).max(up.saturating_sub(folder.split('/').filter(|part| !part.is_empty()).count()));
    }
    full
}
