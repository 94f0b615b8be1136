//! What each cluster would get: targets, and the recipes that make them. A plain folder is one target.

pub mod files;
pub mod kustomize;

use crate::config::Config;
use crate::manifest::{By, Manifests};
use std::sync::Arc;

/// A world of its own: what one cluster gets.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name: from the config, else the folder, `.` for the root.
    pub name: Arc<str>,
    /// Number of the root it comes from.
    pub root: usize,
    /// Its objects, as indexes into the manifests, in order.
    pub members: Vec<usize>,
    /// Why objects that are not seen may exist all the same; empty where everything is seen.
    pub openings: Vec<Opening>,
}

/// Something that may bring objects which are not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The namespace it brings them into; none for any.
    pub namespace: Option<String>,
    /// What it is, as a sentence.
    pub reason: String,
}

/// A way in which a repo says what a cluster gets.
pub trait Recipe {
    /// The targets this recipe finds in root number `root`.
    fn targets(&self, manifests: &Manifests<'_>, config: &Config, root: usize) -> Vec<Target>;
}

/// Folders as they are: the targets of the config, or the whole root as one.
#[derive(Clone, Copy, Debug)]
pub struct Folders;

/// The targets of one root, by every recipe that is known.
pub fn targets(manifests: &Manifests<'_>, config: &Config, root: usize) -> Vec<Target> {
    let recipes: [&dyn Recipe; 1] = [&Folders];
    recipes.iter().flat_map(|recipe| recipe.targets(manifests, config, root)).collect()
}

impl Recipe for Folders {
    fn targets(&self, manifests: &Manifests<'_>, config: &Config, root: usize) -> Vec<Target> {
        let own = || manifests.resources.iter().enumerate().filter(move |(_, resource)| resource.root == root);
        let openings = openings(manifests, root);
        if config.targets.is_empty() {
            let members: Vec<usize> =
                own().filter(|(_, resource)| resource.delivery.by != By::Nobody).map(|(at, _)| at).collect();
            return vec![Target { name: ".".into(), root, members, openings }];
        }
        let mut targets = Vec::new();
        for target in &config.targets {
            let roots: Vec<&str> = target.roots.iter().map(|root| root.value.trim_matches('/')).collect();
            let members = own()
                .filter(|(_, resource)| roots.iter().any(|folder| lies_in(resource.path, folder)))
                .map(|(at, _)| at)
                .collect();
            targets.push(Target { name: target.name.value.as_str().into(), root, members, openings: openings.clone() });
        }
        targets
    }
}

/// Whether `path` is `folder` or lies in it; the empty folder and `.` hold everything.
pub fn lies_in(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || folder == "."
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Kinds that bring objects which are written nowhere in the repo.
const BRINGERS: &[(&str, &str, &str)] = &[
    ("helm.toolkit.fluxcd.io", "HelmRelease", "a Helm release"),
    ("helm.cattle.io", "HelmChart", "a Helm chart"),
    ("argoproj.io", "Application", "an Argo CD application"),
    ("argoproj.io", "ApplicationSet", "an Argo CD application set"),
    ("fluxcd.controlplane.io", "ResourceSet", "a ResourceSet"),
    ("infra.contrib.fluxcd.io", "Terraform", "a Terraform object"),
];

fn openings(manifests: &Manifests<'_>, root: usize) -> Vec<Opening> {
    let mut openings = Vec::new();
    let rendered = manifests.kustomizations.iter().any(|kustomization| kustomization.root == root)
        || manifests.resources.iter().any(|resource| resource.root == root && resource.delivery.by == By::Flux);
    if rendered {
        openings.push(Opening {
            namespace: None,
            reason: "this repo is delivered by kustomizations, which are not built yet at this point".into(),
        });
    }
    for resource in manifests.resources.iter().filter(|resource| resource.root == root) {
        let Some((.., what)) = BRINGERS.iter().find(|(group, kind, _)| resource.is(group, kind)) else { continue };
        let elsewhere = resource.at(&["spec", "targetNamespace"]).or_else(|| resource.at(&["spec", "destination"]));
        let namespace = resource.namespace.known().filter(|_| elsewhere.is_none() && !what.contains("Argo"));
        openings.push(Opening {
            namespace: namespace.map(str::to_owned),
            reason: format!("{what}, {}, may bring it", resource.title()),
        });
    }
    openings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_compared_by_whole_steps() {
        for (path, folder, inside) in [
            ("a/b/c.yaml", "a/b", true),
            ("a/bc.yaml", "a/b", false),
            ("a", "a", true),
            ("x", "", true),
            ("x", ".", true),
        ] {
            assert_eq!(lies_in(path, folder), inside, "{path} {folder}");
        }
    }
}
