//! Objects of orphans that another file holds, too.

use super::{Orphan, is_encrypted};
use crate::manifest::Resource;
use crate::rule::World;
use std::collections::HashMap;

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
