//! Runs helm for the charts that kustomizations name.

use crate::manifest::FILE_NAMES;
use crate::render::charts::{Charts, calls};
use crate::source::{SourceId, Sources};
use crate::tree::{self, Helm, Tree};
use crate::yaml;
use rayon::prelude::*;
use std::path::Path;

/// What the charts of the kustomizations among `texts` render to; `folder` is the root on disk, and `tree` the same.
pub(super) fn render(
    helm: &Path,
    folder: &Path,
    tree: &dyn Tree,
    sources: &Sources,
    texts: impl Iterator<Item = SourceId>,
) -> Charts {
    // Helm runs in the folder of each kustomization, where a path from here leads elsewhere.
    let here = helm.canonicalize().ok().filter(|_| helm.components().count() > 1);
    let helm = Helm::new(here.as_deref().unwrap_or(helm));
    let kustomizations = texts.filter(|source| FILE_NAMES.contains(&tree::name(sources[*source].path())));
    let named = kustomizations.filter(|source| sources[*source].text().contains("helmChart"));
    let calls: Vec<_> = named
        .flat_map(|source| {
            let file = yaml::parse(source, sources[source].shared_text());
            calls(&file, sources[source].path(), &|path| tree.kind(path).is_some())
        })
        .collect();
    let rendered = calls.into_par_iter().map(|call| {
        let text = helm.template(&folder.join(&call.folder), &call.arguments, &call.values);
        (call.entry, text)
    });
    rendered.collect::<Vec<_>>().into_iter().collect()
}
