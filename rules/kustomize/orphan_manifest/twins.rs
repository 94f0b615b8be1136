//! Objects of orphans that another file holds, too.

use super::{Orphan, is_encrypted};
use crate::manifest::Resource;
use crate::rule::World;
use crate::tree;
use foldhash::HashMap;

/// What tells one object of a root from the others.
pub(super) type Identity<'w> = (usize, &'w str, &'w str, Option<&'w str>, &'w str);

pub(super) fn identity<'w>(object: &'w Resource<'w>) -> Option<Identity<'w>> {
    Some((object.root, object.group, object.kind, object.namespace.known(), object.written_name()?))
}

/// The encrypted objects of orphans that another file holds, too. Other manifests have a twin in the folder of each
/// cluster; a Secret is encrypted for one.
pub(super) fn twins<'w>(world: &World<'w>, orphans: &[Orphan<'_, 'w>]) -> HashMap<Identity<'w>, Vec<&'w Resource<'w>>> {
    let own = orphans.iter().filter(|orphan| is_encrypted(orphan)).flat_map(|orphan| &orphan.objects);
    let own = own.filter_map(|object| identity(object));
    let mut found: HashMap<Identity<'w>, Vec<&'w Resource<'w>>> = own.map(|own| (own, Vec::new())).collect();
    if found.is_empty() {
        return found;
    }
    for resource in world.resources {
        if let Some(known) = identity(resource).and_then(|own| found.get_mut(&own)) {
            known.push(resource);
        }
    }
    found
}

/// Whether two files lie in folders that go side by side, as those of two clusters do: each then has its own.
pub(super) fn is_parallel(one: &str, other: &str) -> bool {
    let (folder, beside) = (tree::parent(one), tree::parent(other));
    let depth = |path: &str| path.split('/').count();
    let same_name = tree::name(one) == tree::name(other) && depth(one) == depth(other);
    let siblings = !folder.is_empty() && !beside.is_empty() && tree::parent(folder) == tree::parent(beside);
    folder != beside && (same_name || siblings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_two_clusters_go_side_by_side() {
        for (one, other, expected) in [
            ("staging/secret.yaml", "prod/secret.yaml", true),
            ("staging/secret.yaml", "prod/login.yaml", true),
            ("clusters/a/shop/secret.yaml", "clusters/b/shop/secret.yaml", true),
            ("apps/shop/session.yaml", "bootstrap/secrets.yaml", false),
            ("apps/shop/session.yaml", "apps/shop/secrets.yaml", false),
            ("apps/shop/session.yaml", "apps/secrets.yaml", false),
        ] {
            assert_eq!(is_parallel(one, other), expected, "{one} {other}");
            assert_eq!(is_parallel(other, one), expected, "{other} {one}");
        }
    }
}
