//! References: found, absent with a licence, or unknown and why.

use super::Graph;
use crate::config::Role;
use crate::manifest::{Namespace, Resource};

/// The answer to a reference.
#[derive(Debug)]
pub enum Lookup<'w> {
    /// It is there; several where the repo holds alternatives of one object.
    Found(Vec<&'w Resource<'w>>),
    /// It is surely not there.
    Absent(Absence<'w>),
    /// Nobody can tell from this repo, and why.
    Unknown(String),
}

/// What was seen instead of what was looked for.
#[derive(Debug)]
pub struct Absence<'w> {
    /// How many objects of the kind were looked at.
    pub looked_at: usize,
    /// Objects of that name in other namespaces.
    pub elsewhere: Vec<&'w Resource<'w>>,
    /// The object of that kind and namespace with the nearest name, if one is near.
    pub near: Option<&'w Resource<'w>>,
}

impl<'w> Graph<'w> {
    /// Looks for an object by group, kind, namespace and name.
    pub fn find(&self, group: &str, kind: &str, namespace: &Namespace<'_>, name: &str) -> Lookup<'w> {
        self.find_with(group, kind, namespace, name, false)
    }

    /// Looks for an object of a kind that charts do not bring: see [`crate::render::Opening::chart`].
    pub fn find_beside_charts(&self, group: &str, kind: &str, namespace: &Namespace<'_>, name: &str) -> Lookup<'w> {
        self.find_with(group, kind, namespace, name, true)
    }

    fn find_with(
        &self,
        group: &str,
        kind: &str,
        namespace: &Namespace<'_>,
        name: &str,
        beside_charts: bool,
    ) -> Lookup<'w> {
        let named = self.named(group, kind, name);
        let same: Vec<&'w Resource<'w>> = named
            .iter()
            .copied()
            .filter(|resource| !resource.delivery.renames && resource.namespace.is_same(namespace))
            .collect();
        if !same.is_empty() {
            return Lookup::Found(same);
        }
        if let Some(near) = named.iter().find(|resource| resource.namespace.may_be(namespace)) {
            return Lookup::Unknown(format!("whether {} is in the same namespace is not known", near.title()));
        }
        if let Some(renamed) = self.one_kind(group, kind).and_then(|of_kind| of_kind.unnamed) {
            return Lookup::Unknown(format!("the name of {} is not known in full", renamed.title()));
        }
        if let Err(reason) = self.licence_with(group, kind, namespace, beside_charts) {
            return Lookup::Unknown(reason);
        }
        let all = self.of_kind(group, kind);
        let near = near_name(name, all.iter().copied().filter(|resource| resource.namespace.may_be(namespace)));
        Lookup::Absent(Absence { looked_at: all.len(), elsewhere: named, near })
    }

    /// Objects of a kind with this written name, in whatever namespace.
    pub fn named(&self, group: &str, kind: &str, name: &str) -> Vec<&'w Resource<'w>> {
        self.all_named(name).iter().copied().filter(|resource| resource.is(group, kind)).collect()
    }

    /// Objects of whatever kind with this written name, in whatever namespace.
    pub fn all_named(&self, name: &str) -> &[&'w Resource<'w>] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether what is not seen is surely not there; if not, why.
    ///
    /// # Errors
    /// The reason why absence may not be claimed for this kind and namespace.
    pub fn licence(&self, group: &str, kind: &str, namespace: &Namespace<'_>) -> Result<(), String> {
        self.licence_with(group, kind, namespace, false)
    }

    fn licence_with(
        &self,
        group: &str,
        kind: &str,
        namespace: &Namespace<'_>,
        beside_charts: bool,
    ) -> Result<(), String> {
        let mut openings = self.openings.iter().filter(|opening| !(beside_charts && opening.chart));
        let opening = openings.find(|opening| match (&opening.namespace, namespace.known()) {
            (Some(opened), Some(asked)) => opened == asked,
            _ => true,
        });
        if let Some(opening) = opening {
            return Err(opening.reason.clone());
        }
        if let Namespace::Unknown(reason) = namespace {
            return Err(reason.clone());
        }
        if self.role != Some(Role::Platform) && self.of_kind(group, kind).is_empty() {
            return Err(format!("this repo holds no {kind}; another one may"));
        }
        if self.role == Some(Role::App) {
            return Err(format!("a {kind} may be in the platform's repo, and no contract says what that offers"));
        }
        Ok(())
    }
}

/// The resource with the name nearest to `name`, if it is near enough to be a slip.
pub fn near_name<'w>(name: &str, resources: impl Iterator<Item = &'w Resource<'w>>) -> Option<&'w Resource<'w>> {
    resources
        .filter_map(|resource| {
            let known = resource.written_name()?;
            is_near(name, known).map(|distance| (distance, resource))
        })
        .min_by_key(|(distance, resource)| (*distance, resource.path))
        .map(|(_, resource)| resource)
}

/// The edit distance of two names, if one may be a slip of the other.
pub fn is_near(a: &str, b: &str) -> Option<usize> {
    let (a_length, b_length) = (a.chars().count(), b.chars().count());
    let most = (a_length.max(b_length) / 3).clamp(1, 3);
    // What differs that much in length needs no closer look.
    if a_length.abs_diff(b_length) > most {
        return None;
    }
    let distance = strsim::damerau_levenshtein(a, b);
    (distance > 0 && distance <= most).then_some(distance)
}
