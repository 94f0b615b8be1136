//! What `helmCharts` of kustomizations install.

use super::{Install, Settings, last, values_file};
use crate::manifest::{Kustomization, Manifests};
use crate::render::charts::entries;
use crate::tree;
use crate::yaml::Value;

/// What the kustomizations of root number `root` install.
pub fn by_kustomizations<'w>(manifests: &'w Manifests<'w>, root: usize) -> Vec<Install<'w>> {
    let own = manifests.kustomizations.iter().filter(|kustomization| kustomization.root == root);
    let all = own.flat_map(|kustomization| entries(kustomization.value).map(move |entry| (kustomization, entry)));
    all.filter_map(|(kustomization, entry)| {
        let at = entry.get("name").or_else(|| entry.get("chartName"))?;
        let chart = last(at.known()?).to_owned();
        let source = entry.get("repo").or_else(|| entry.get("chartRepoUrl")).and_then(Value::known);
        Some(Install {
            object: None,
            title: format!("chart `{chart}` of `{}`", manifests.files[kustomization.file].path),
            chart,
            source: source.map(str::to_owned),
            span: at.span(),
            values: layers_of(kustomization, entry, manifests),
        })
    })
    .collect()
}

/// The values that one entry of `helmCharts` gives.
pub fn layers_of<'w>(
    kustomization: &Kustomization<'w>,
    entry: Value<'w>,
    manifests: &'w Manifests<'w>,
) -> Settings<'w> {
    let mut settings = Settings::default();
    let inline = entry.get("valuesInline").or_else(|| entry.get("valuesLocal"));
    let inline = inline.filter(|values| values.is_mapping() && !values.is_empty());
    let merge = entry.get("valuesMerge").map(Value::known);
    let given = [entry.get("valuesFile"), entry.get("values")].into_iter().flatten().next();
    let file = |path: Value<'w>, settings: &mut Settings<'w>| {
        let path = path.known().filter(|path| !path.is_empty());
        let read = path.and_then(|path| tree::join(kustomization.folder, path));
        match read.and_then(|path| values_file(&path, manifests, kustomization.root)) {
            Some(values) => settings.layers.push(values),
            None => settings.open = Some("a values file of the chart is not read".to_owned()),
        }
    };
    // Of two layers the later one has its way.
    let (before, behind) = match (merge, inline) {
        (Some(Some("replace")), Some(_)) => (None, None),
        (Some(Some("merge")), Some(_)) => (None, given),
        _ => (given, None),
    };
    before.into_iter().for_each(|path| file(path, &mut settings));
    settings.layers.extend(inline);
    let more = entry.get("additionalValuesFiles").into_iter().flat_map(Value::items);
    behind.into_iter().chain(more).for_each(|path| file(path, &mut settings));
    settings
}
