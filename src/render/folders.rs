//! Folders as they are: the targets of the config, or the whole root as one.

use super::openings;
use super::recipes::Recipes;
use super::worlds::{Draft, Member, Opening, Source};
use crate::config::Config;
use crate::manifest::By;
use foldhash::HashSet;

/// The targets of root number `root` that hold what somebody applies as it is: those of the config, else one for
/// the whole root. What recipes deliver is no part of them: `taken`, by index, and what has a recipe by its place.
pub(super) fn drafts<'w>(
    source: Source<'w>,
    config: &Config,
    root: usize,
    recipes: Option<&Recipes>,
    taken: &HashSet<usize>,
) -> Vec<Draft<'w>> {
    let own = || source.manifests.resources.iter().enumerate().filter(move |(_, resource)| resource.root == root);
    let is_applied = |path: &str| recipes.is_some_and(|recipes| recipes.applies(path));
    let by_hand = || {
        own().filter(|(at, resource)| match resource.delivery.by {
            By::Hand => !taken.contains(at),
            // Beside kustomizations only what a recipe names is known to be applied.
            By::Nobody => is_applied(resource.path) && !taken.contains(at),
            By::Kustomize | By::Flux | By::Argo => false,
        })
    };
    if config.targets.is_empty() {
        let members: Vec<usize> = by_hand().map(|(at, _)| at).collect();
        return vec![draft(".", root, source, members)];
    }
    let of_target = |roots: &[&str]| {
        by_hand()
            .filter(|(_, resource)| roots.iter().any(|folder| lies_in(resource.path, folder)))
            .map(|(at, _)| at)
            .collect()
    };
    config
        .targets
        .iter()
        .map(|target| {
            let roots: Vec<&str> = target.roots.iter().map(|root| root.value.trim_matches('/')).collect();
            draft(target.name.value.as_str(), root, source, of_target(&roots))
        })
        .collect()
}

fn draft<'w>(name: &str, root: usize, source: Source<'w>, members: Vec<usize>) -> Draft<'w> {
    let openings = members.iter().filter_map(|at| opening(source, *at)).collect();
    Draft { name: name.into(), root, members: members.into_iter().map(Member::Written).collect(), openings }
}

fn opening(source: Source<'_>, at: usize) -> Option<Opening> {
    let resource = &source.manifests.resources[at];
    openings::of_object(resource.group, resource.kind, resource.value, &resource.namespace, &resource.title())
}

/// Whether `path` is `folder` or lies in it; the empty folder and `.` hold everything.
pub fn lies_in(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || folder == "."
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
