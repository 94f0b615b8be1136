//! Rules about the charts that a repo installs, whoever hands them to Helm.

pub mod deprecated_chart;
pub mod missing_required_value;

use crate::graph::helm::{Install, by_argo, by_flux, by_kustomizations, by_recipes};
use crate::rule::TargetContext;

/// Everything that a target installs, the kustomizations and recipes of its root included.
fn installs<'w>(context: &TargetContext<'_, 'w>) -> Vec<Install<'w>> {
    let root = context.target.root;
    let mut found = by_flux(context.graph);
    found.extend(by_argo(context.graph, &context.world.values_texts));
    found.extend(by_kustomizations(context.world.manifests, root));
    if let Some(recipes) = context.world.told.recipes.get(&root) {
        found.extend(by_recipes(recipes, context.world.manifests, root));
    }
    found
}
