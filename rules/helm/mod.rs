//! Rules about the charts that a repo installs, whoever hands them to Helm.

pub mod deprecated_chart;
pub mod missing_required_value;

use crate::graph::helm::{Install, by_argo, by_flux, by_kustomizations, by_recipes};
use crate::rule::TargetContext;

/// Everything that a target installs; the first one of a root stands for its kustomizations and recipes, which are of no
/// target.
fn installs<'w>(context: &TargetContext<'_, 'w>) -> Vec<Install<'w>> {
    let root = context.target.root;
    let mut found = by_flux(context.graph);
    found.extend(by_argo(context.graph, &context.world.values_texts));
    let first = context.world.targets.iter().find(|target| target.root == root);
    if !first.is_some_and(|first| std::ptr::eq(first, context.target)) {
        return found;
    }
    found.extend(by_kustomizations(context.world.manifests, root));
    if let Some(recipes) = context.world.told.recipes.get(&root) {
        found.extend(by_recipes(recipes, context.world.manifests, root));
    }
    found
}
