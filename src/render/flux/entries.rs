//! Where Flux starts: the paths that FluxInstances and bootstrap folders name, and where nothing names one,
//! the folders that look like it.

use crate::manifest::{Manifests, Resource};
use crate::tree;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, BTreeSet};

/// A path from which one cluster gets everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name of the target.
    pub name: String,
    /// The folder.
    pub folder: String,
    /// The URL that this repo is fetched from, where it is written.
    pub url: Option<String>,
}

/// A Flux Kustomization as it is written.
struct Written<'w> {
    folder: Option<String>,
    path: &'w str,
}

/// The entries of root number `root`, by folder.
pub fn entries(manifests: &Manifests<'_>, root: usize) -> Vec<Entry> {
    let own: Vec<&Resource<'_>> = manifests.resources.iter().filter(|resource| resource.root == root).collect();
    let folders = folders(manifests.files.iter().filter(|parsed| parsed.root == root).map(|parsed| parsed.path));
    let written: Vec<Written<'_>> = own
        .iter()
        .filter(|resource| resource.is(super::GROUP, "Kustomization"))
        .map(|resource| Written {
            folder: match resource.at(&["spec", "path"]) {
                None => Some(String::new()),
                Some(path) => path.known().and_then(|path| tree::normalize(path.trim_start_matches('/'))),
            },
            path: resource.path,
        })
        .collect();
    let mut found = declared(&own, &folders);
    if found.is_empty() && !written.is_empty() {
        found = including_itself(&written, &folders, |one| tree::parent(one.path).ends_with("flux-system"));
    }
    if found.is_empty() {
        found = within_clusters(&written, &folders);
    }
    if found.is_empty() {
        found = including_itself(&written, &folders, |_| true);
    }
    if found.is_empty() {
        found.extend(widest(&written));
    }
    let names = names(&found.keys().map(String::as_str).collect::<Vec<_>>());
    found.into_iter().zip(names).map(|((folder, url), name)| Entry { name, folder, url }).collect()
}

/// The folders of files and all that those lie in, the root left out.
fn folders<'w>(paths: impl Iterator<Item = &'w str>) -> BTreeSet<&'w str> {
    let mut folders = BTreeSet::new();
    for path in paths {
        let mut folder = tree::parent(path);
        // What is above a known folder is known, too.
        while !folder.is_empty() && folders.insert(folder) {
            folder = tree::parent(folder);
        }
    }
    folders
}

type Found = BTreeMap<String, Option<String>>;

/// What an object says of where Flux starts: a FluxInstance, or the release of a chart that makes one.
pub fn sync<'w>(resource: &Resource<'w>) -> Option<Value<'w>> {
    match (resource.group, resource.kind) {
        ("fluxcd.controlplane.io", "FluxInstance") => resource.at(&["spec", "sync"]),
        ("helm.toolkit.fluxcd.io", "HelmRelease") => resource.at(&["spec", "values", "instance", "sync"]),
        _ => None,
    }
}

fn declared(own: &[&Resource<'_>], folders: &BTreeSet<&str>) -> Found {
    let mut found = Found::new();
    for resource in own {
        let Some(sync) = sync(resource) else { continue };
        let Some(path) = sync.get("path").and_then(Value::as_str) else { continue };
        let url = sync.get("url").and_then(Value::known).map(str::to_owned);
        for folder in matching(path, folders) {
            found.entry(folder).or_insert_with(|| url.clone());
        }
    }
    found
}

/// The folders that a path names; a variable in it stands for one step of any name.
fn matching(path: &str, folders: &BTreeSet<&str>) -> Vec<String> {
    let Some(path) = tree::normalize(path.trim_start_matches('/')) else { return Vec::new() };
    if !path.contains("${") {
        return if path.is_empty() || folders.contains(path.as_str()) { vec![path] } else { Vec::new() };
    }
    let wanted: Vec<&str> = path.split('/').collect();
    let fits = |folder: &&&str| {
        let steps: Vec<&str> = folder.split('/').collect();
        steps.len() == wanted.len() && steps.iter().zip(&wanted).all(|(have, want)| want.contains("${") || have == want)
    };
    folders.iter().filter(fits).map(|folder| (*folder).to_owned()).collect()
}

/// Kustomizations whose path holds their own file, which only a bootstrap makes.
fn including_itself(written: &[Written<'_>], folders: &BTreeSet<&str>, fits: impl Fn(&Written<'_>) -> bool) -> Found {
    let within = |path: &str, folder: &str| crate::render::lies_in(path, folder);
    let mut found = Found::new();
    for one in written.iter().filter(|one| fits(one)) {
        let Some(folder) = one.folder.as_deref().filter(|folder| folders.contains(folder)) else { continue };
        if within(one.path, folder) && others_below(written, folder) > 1 {
            found.insert(folder.to_owned(), None);
        }
    }
    // Of two that hold each other the outer one is where it starts.
    let outer: Vec<String> = found.keys().cloned().collect();
    found.retain(|folder, _| !outer.iter().any(|other| other != folder && within(folder, other)));
    found
}

/// How many Kustomizations stand in files below `folder`.
fn others_below(written: &[Written<'_>], folder: &str) -> usize {
    written.iter().filter(|one| crate::render::lies_in(one.path, folder)).count()
}

/// The folders of clusters; of each only what a Kustomization in there takes that takes itself, where one does.
fn within_clusters(written: &[Written<'_>], folders: &BTreeSet<&str>) -> Found {
    let lies_in = |inner: &str, outer: &str| inner != outer && crate::render::lies_in(inner, outer);
    let mut inner = including_itself(written, folders, |_| true);
    let clusters = cluster_folders(written).into_iter();
    let (narrowed, mut found): (Found, Found) =
        clusters.partition(|(outer, _)| inner.keys().any(|inner| lies_in(inner, outer)));
    inner.retain(|inner, _| narrowed.keys().any(|outer| lies_in(inner, outer)));
    found.extend(inner);
    found
}

/// Folders in a folder `clusters` that hold Kustomizations.
fn cluster_folders(written: &[Written<'_>]) -> Found {
    let mut found = Found::new();
    for one in written {
        let steps: Vec<&str> = one.path.split('/').collect();
        if let Some(at) = steps.iter().position(|step| *step == "clusters")
            && at + 2 < steps.len()
        {
            found.insert(steps[..at + 2].join("/"), None);
        }
    }
    // A cluster that another one's Kustomizations build is a part of that.
    let applied: BTreeSet<&str> = written.iter().filter_map(|one| one.folder.as_deref()).collect();
    found.retain(|folder, _| !applied.contains(folder.as_str()));
    found
}

/// The folder of the Kustomization that nothing includes and that leads to the most others.
fn widest(written: &[Written<'_>]) -> Option<(String, Option<String>)> {
    let mut by_folder: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, one) in written.iter().enumerate() {
        if let Some(folder) = one.folder.as_deref() {
            by_folder.entry(if folder == "." { "" } else { folder }).or_default().push(at);
        }
    }
    // What each of them includes: those that are written in its folder or below.
    let mut included: Vec<Vec<usize>> = vec![Vec::new(); written.len()];
    let mut orphans = Vec::new();
    for (at, one) in written.iter().enumerate() {
        let above = std::iter::successors(Some(one.path), |path| (!path.is_empty()).then(|| tree::parent(path)));
        let mut alone = true;
        for &outer in above.filter_map(|folder| by_folder.get(folder)).flatten() {
            included[outer].push(at);
            alone &= outer == at;
        }
        if alone {
            orphans.push(at);
        }
    }
    let mut best: Option<(usize, &str)> = None;
    for orphan in orphans {
        let mut seen = BTreeSet::from([orphan]);
        let mut queue = vec![orphan];
        while let Some(at) = queue.pop() {
            queue.extend(included[at].iter().copied().filter(|other| seen.insert(*other)));
        }
        let folder = tree::parent(written[orphan].path);
        if best.is_none_or(|(size, known)| (seen.len(), known) > (size, folder)) {
            best = Some((seen.len(), folder));
        }
    }
    best.map(|(_, folder)| (folder.to_owned(), None))
}

/// A short name for each folder: the step that tells it from the others; alone, its last step.
pub(in crate::render) fn names(folders: &[&str]) -> Vec<String> {
    let steps: Vec<Vec<&str>> = folders.iter().map(|folder| folder.split('/').collect()).collect();
    let longest = steps.iter().map(Vec::len).max().unwrap_or(0);
    let telling = (0..longest).find(|at| {
        let at: BTreeSet<Option<&&str>> = steps.iter().map(|steps| steps.get(*at)).collect();
        at.len() == steps.len() && !at.contains(&None)
    });
    folders
        .iter()
        .zip(&steps)
        .map(|(folder, steps)| match (folders.len(), telling) {
            (_, _) if folder.is_empty() => ".".to_owned(),
            (1, _) => steps.last().map_or_else(|| ".".to_owned(), |step| (*step).to_owned()),
            (_, Some(at)) => steps[at].to_owned(),
            (_, None) => (*folder).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_step_that_differs() {
        for (folders, expected) in [
            (&["kubernetes/clusters/live", "kubernetes/clusters/dev"] as &[&str], &["live", "dev"] as &[&str]),
            (&["kubernetes/flux/cluster"], &["cluster"]),
            (&["kubernetes/main/flux", "kubernetes/utility/flux"], &["main", "utility"]),
            (&["a", "a/b"], &["a", "a/b"]),
            (&[""], &["."]),
        ] {
            assert_eq!(names(folders), expected, "{folders:?}");
        }
    }

    #[test]
    fn a_variable_in_a_path_stands_for_any_step() {
        let folders = BTreeSet::from(["c", "c/a", "c/b", "c/a/x"]);
        assert_eq!(matching("./c/${NAME}", &folders), ["c/a", "c/b"]);
        assert_eq!(matching("c/a", &folders), ["c/a"]);
        assert!(matching("c/z", &folders).is_empty());
    }
}
