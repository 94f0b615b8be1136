//! Where Argo CD starts: Applications and ApplicationSets that no other one brings, alone or as a kustomization
//! hands them over.

use super::repository::Repository;
use super::run::{footprint, is_followed};
use super::sources::Reader;
use super::{GROUP, Outcome, run};
use crate::manifest::{Manifests, Resource};
use crate::render::Used;
use crate::render::files::Files;
use crate::render::kustomize::{Build, Builder, Object};
use crate::yaml::rendered::Rendered;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was found in a repo.
#[derive(Debug, Default)]
pub(in crate::render) struct Found<'w> {
    /// Where Argo CD starts.
    pub(in crate::render) entries: Vec<Entry<'w>>,
    /// Files of Applications that somebody took out of what is applied.
    pub(in crate::render) left_out: BTreeSet<&'w str>,
}

/// What somebody applies by hand, and what Argo CD makes of it.
#[derive(Debug)]
pub(in crate::render) struct Entry<'w> {
    /// The name of the object, or the folder of the kustomization.
    pub(in crate::render) name: String,
    /// The folder it stands in.
    pub(in crate::render) folder: String,
    /// The file it stands in; none where a kustomization is applied.
    pub(in crate::render) path: Option<&'w str>,
    /// The build of the kustomization.
    pub(in crate::render) build: Option<Build<'w>>,
    /// What Argo CD makes of it.
    pub(in crate::render) outcome: Outcome<'w>,
}

/// An Application or ApplicationSet as it is written.
struct Candidate<'w> {
    path: &'w str,
    object: Object<'w>,
    /// Which others it brings.
    brings: BTreeSet<usize>,
    /// Whether one that looks at its folder is told to leave it out.
    left_out: bool,
}

/// The entries among what lies in `within` and no recipe used before, with what comes of them.
pub(in crate::render) fn entries<'w>(
    builder: &Builder<'_, 'w>,
    files: &Files<'w>,
    manifests: &Manifests<'w>,
    within: &str,
    used: &Used,
) -> Found<'w> {
    let root = files.root;
    let is_ours = |resource: &&Resource<'w>| {
        resource.root == root
            && resource.group == GROUP
            && matches!(resource.kind, "Application" | "ApplicationSet")
            && !resource.is_example()
            && !used.contains(root, resource.path)
    };
    let written: Vec<&Resource<'w>> = manifests.resources.iter().filter(is_ours).collect();
    if written.is_empty() {
        return Found::default();
    }
    let repository = Repository::find(&written, files);
    let reader = Reader { builder, files, repository: &repository };
    let mut candidates: Vec<Candidate<'w>> = written
        .iter()
        .filter(|resource| resource.whole && crate::render::lies_in(resource.path, within))
        .filter_map(|resource| {
            let object = Object::new(Rendered::written(resource.value)?, resource.span());
            Some(Candidate { path: resource.path, object, brings: BTreeSet::new(), left_out: false })
        })
        .collect();
    let unlisted = drop_unlisted(manifests, root, &mut candidates);
    let covered = cover(&reader, &mut candidates);
    let mut entries = wrapped(&reader, manifests, root, within, &candidates, &covered);
    let listed = listed(manifests, root);
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    for (at, candidate) in candidates.iter().enumerate() {
        // What a kustomization lists goes where that goes, or nowhere.
        if candidate.left_out
            || listed.contains(candidate.path)
            || entries.iter().any(|entry| uses(entry, candidate.path))
        {
            reach(&candidates, at, &mut reached);
        }
    }
    let mut starts = starts(&candidates, reached);
    starts.sort_unstable();
    entries.extend(starts.into_iter().map(|at| {
        let Candidate { path, object, .. } = &candidates[at];
        Entry {
            name: object.name().to_owned(),
            folder: crate::tree::parent(path).to_owned(),
            path: Some(path),
            build: None,
            outcome: run(&reader, std::slice::from_ref(object)),
        }
    }));
    let left_out = candidates.iter().filter(|candidate| candidate.left_out).map(|candidate| candidate.path);
    Found { left_out: left_out.chain(unlisted).collect(), entries }
}

/// Those that no other one brings, `reached` left out.
fn starts(candidates: &[Candidate<'_>], mut reached: BTreeSet<usize>) -> Vec<usize> {
    let brought: BTreeSet<usize> = candidates.iter().flat_map(|candidate| candidate.brings.iter().copied()).collect();
    let mut starts: Vec<usize> =
        (0..candidates.len()).filter(|at| !brought.contains(at) && !reached.contains(at)).collect();
    starts.iter().for_each(|at| reach(candidates, *at, &mut reached));
    // What is left brings each other in a circle: the one that brings the most is where it starts.
    while reached.len() < candidates.len() {
        let width = |at: &usize| {
            let mut seen = BTreeSet::new();
            reach(candidates, *at, &mut seen);
            (seen.len(), std::cmp::Reverse(*at))
        };
        let Some(best) = (0..candidates.len()).filter(|at| !reached.contains(at)).max_by_key(width) else { break };
        starts.push(best);
        reach(candidates, best, &mut reached);
    }
    starts
}

/// Files and folders that kustomizations list.
fn listed<'k>(manifests: &'k Manifests<'_>, root: usize) -> BTreeSet<&'k str> {
    let own = manifests.kustomizations.iter().filter(|one| one.root == root);
    own.flat_map(|one| one.includes.iter().map(|(path, _)| path.as_str())).collect()
}

/// The folders of the kustomizations that name one of `paths` or each other on the way there: no other one can take it in.
fn leading_to<'k>(manifests: &'k Manifests<'_>, root: usize, paths: &BTreeSet<&'k str>) -> HashSet<&'k str> {
    let mut by_named: HashMap<&str, Vec<&str>> = HashMap::new();
    for one in manifests.kustomizations.iter().filter(|one| one.root == root) {
        let included = one.includes.iter().map(|(path, _)| path);
        for named in included.chain(&one.patches).chain(&one.data) {
            by_named.entry(named).or_default().push(one.folder);
        }
    }
    let mut found = HashSet::new();
    let mut queue: Vec<&str> = paths.iter().copied().collect();
    while let Some(named) = queue.pop() {
        queue.extend(by_named.get(named).into_iter().flatten().copied().filter(|folder| found.insert(*folder)));
    }
    found
}

/// Whether an entry takes a file, itself or by what Argo CD brings for it.
fn uses(entry: &Entry<'_>, path: &str) -> bool {
    entry.build.as_ref().is_some_and(|build| build.used.contains(path)) || brings(entry, path)
}

fn brings(entry: &Entry<'_>, path: &str) -> bool {
    entry.outcome.followed.iter().any(|(_, followed)| followed.told.used.contains(path))
}

fn reach(candidates: &[Candidate<'_>], from: usize, reached: &mut BTreeSet<usize>) {
    let mut queue = vec![from];
    while let Some(at) = queue.pop() {
        if reached.insert(at) {
            queue.extend(&candidates[at].brings);
        }
    }
}

/// Notes who brings whom; gives the files that any of them takes.
fn cover<'w>(reader: &Reader<'_, '_, 'w>, candidates: &mut [Candidate<'w>]) -> BTreeSet<Arc<str>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        places.entry(candidate.path).or_default().push(at);
    }
    let mut covered = BTreeSet::new();
    let mut brings = Vec::with_capacity(candidates.len());
    let mut left_out = BTreeSet::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let (files, out) = footprint(reader, &candidate.object);
        left_out.extend(out);
        let found = files.iter().filter_map(|path| places.get(&**path)).flatten().copied();
        brings.push(found.filter(|other| *other != at).collect::<BTreeSet<usize>>());
        covered.extend(files);
    }
    for (candidate, brings) in candidates.iter_mut().zip(brings) {
        candidate.brings = brings;
    }
    for candidate in candidates.iter_mut() {
        candidate.left_out = left_out.contains(candidate.path) && !covered.contains(candidate.path);
    }
    covered
}

/// Leaves out what a kustomization that lists others of its kind does not list: somebody took it out.
fn drop_unlisted<'w>(manifests: &Manifests<'w>, root: usize, candidates: &mut Vec<Candidate<'w>>) -> BTreeSet<&'w str> {
    let own = || manifests.kustomizations.iter().filter(|one| one.root == root);
    let listed = listed(manifests, root);
    let paths: BTreeSet<&str> = candidates.iter().map(|candidate| candidate.path).collect();
    let lists: BTreeMap<&str, bool> =
        own().map(|one| (one.folder, one.includes.iter().any(|(path, _)| paths.contains(path.as_str())))).collect();
    let mut dropped = BTreeSet::new();
    candidates.retain(|candidate| {
        let kept = listed.contains(candidate.path) || lists.get(crate::tree::parent(candidate.path)) != Some(&true);
        if !kept {
            dropped.insert(candidate.path);
        }
        kept
    });
    dropped
}

/// Kustomizations that somebody applies and that hand over Applications.
fn wrapped<'w>(
    reader: &Reader<'_, '_, 'w>,
    manifests: &Manifests<'w>,
    root: usize,
    within: &str,
    candidates: &[Candidate<'w>],
    covered: &BTreeSet<Arc<str>>,
) -> Vec<Entry<'w>> {
    let included = listed(manifests, root);
    let paths: BTreeSet<&str> = candidates.iter().map(|candidate| candidate.path).collect();
    let leading = leading_to(manifests, root, &paths);
    let mut found: BTreeMap<&str, Entry<'w>> = BTreeMap::new();
    for one in manifests.kustomizations.iter().filter(|one| one.root == root) {
        let path = manifests.files[one.file].path;
        let top = !one.component && !included.contains(one.folder) && !covered.contains(path);
        if !top || !leading.contains(one.folder) || !crate::render::lies_in(one.folder, within) {
            continue;
        }
        let Ok(all) = reader.builder.folder(one.folder, None, &mut Vec::new()) else { continue };
        if !all.used.iter().any(|used| paths.contains(&**used)) {
            continue;
        }
        let Ok(build) = reader.builder.build(one.folder) else { continue };
        let starts: Vec<Object<'w>> = build.objects.iter().filter(|object| is_followed(object)).cloned().collect();
        let outcome = run(reader, &starts);
        let (name, folder) = (one.folder.to_owned(), one.folder.to_owned());
        found.insert(path, Entry { name, folder, path: None, build: Some(build), outcome });
    }
    // What patches make of an Application may lead to another one of them.
    let inner: Vec<&str> = found
        .keys()
        .filter(|path| found.iter().any(|(other, entry)| other != *path && brings(entry, path)))
        .copied()
        .collect();
    if inner.len() < found.len() {
        inner.iter().for_each(|path| drop(found.remove(path)));
    }
    found.into_values().collect()
}
