//! Objects that are defined twice.

use crate::config::Role;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::manifest::{By, Namespace, Resource};
use crate::rule::{Context, Sink};
use crate::yaml::rendered::to_json;
use std::collections::{BTreeMap, BTreeSet};

declare_rule! {
    /// ## What it does
    /// Finds one object (group, kind, namespace and name) that is defined twice for the same target, or in two of the
    /// repos that are checked together. A HelmRelease is an object too.
    ///
    /// ## Why it matters
    /// Whatever is applied last wins, and the next run may turn it round. Two repos that hold one object undo each
    /// other's changes for as long as both are applied; with pruning the one that drops it deletes it for both.
    ///
    /// ## Instead
    /// Keep one definition. An object that moved to another repo leaves no copy behind.
    ///
    /// ## Limits
    /// Only what is applied as it stands: what kustomizations list is judged by its build. Only names and namespaces
    /// that are written out. Folders that hold alternatives (several duplicated objects, or one in more than two
    /// files), two files of the same objects whose names differ in one word, samples, tests and archives, and folders
    /// that differ in one step only, as environments do, are left undecided. Two places far apart get low confidence; so do two repos of which none has a role.
    pub static RULE {
        id: "repo/duplicate-object",
        summary: "one object is defined twice for the same target",
        scope: Repo,
        codes: [
            "same-file" => (Error, High, Gitops),
            "same-folder" => (Error, High, Gitops),
            "elsewhere" => (Error, Low, Gitops),
            "two-repos" => (Error, High, Gitops),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// More duplicated objects than this in one folder, and it holds alternatives.
const SLIPS: usize = 2;

/// Folders whose files are not meant to be applied together.
const APART: &[&str] = &[
    "example",
    "examples",
    "sample",
    "samples",
    "test",
    "tests",
    "testdata",
    "e2e",
    "fixtures",
    "demo",
    "demos",
    "docs",
    "archive",
    ".archive",
    "_archive",
    "archived",
    "_archived",
    "deprecated",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity<'w> {
    group: &'w str,
    kind: &'w str,
    namespace: Option<&'w str>,
    name: &'w str,
}

/// An object, and its index in the manifests.
type Definition<'w> = (usize, &'w Resource<'w>);

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut groups: BTreeMap<Identity<'w>, Vec<Definition<'w>>> = BTreeMap::new();
    for (at, resource) in context.world.resources.iter().enumerate() {
        if let Some(identity) = identity(resource) {
            groups.entry(identity).or_default().push((at, resource));
        }
    }
    groups.retain(|_, definitions| definitions.len() > 1);
    if groups.is_empty() {
        return;
    }
    let targets = targets(context);
    let crowded = crowded(&groups);
    for definitions in groups.values() {
        two_repos(context, definitions, sink);
        let mut rest = definitions.as_slice();
        while let Some((_, first)) = rest.first() {
            let (own, others) = rest.split_at(rest.iter().take_while(|(_, at)| at.root == first.root).count());
            one_repo(context, own, &targets, &crowded, sink);
            rest = others;
        }
    }
}

fn identity<'w>(resource: &'w Resource<'w>) -> Option<Identity<'w>> {
    if !resource.whole || resource.delivery.by != By::Hand {
        return None;
    }
    let namespace = match resource.namespace {
        Namespace::None => None,
        Namespace::Known(name) => Some(name),
        _ => return None,
    };
    Some(Identity { group: resource.group, kind: resource.kind, namespace, name: resource.name()? })
}

/// The targets of each object.
fn targets(context: &Context<'_, '_>) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (number, target) in context.world.targets.iter().enumerate() {
        for member in &target.members {
            found.entry(*member).or_default().insert(number);
        }
    }
    found
}

/// How many objects stand in several files of each folder.
fn crowded<'w>(groups: &BTreeMap<Identity<'w>, Vec<Definition<'w>>>) -> BTreeMap<(usize, &'w str), usize> {
    let mut counts: BTreeMap<(usize, &'w str), usize> = BTreeMap::new();
    for definitions in groups.values() {
        let files: BTreeSet<(usize, &str)> = definitions.iter().map(|(_, at)| (at.root, at.path)).collect();
        let folders: BTreeSet<(usize, &str)> = files.iter().map(|(root, path)| (*root, folder(path))).collect();
        for place in folders {
            if files.iter().filter(|(root, path)| (*root, folder(path)) == place).count() > 1 {
                *counts.entry(place).or_default() += 1;
            }
        }
    }
    counts
}

fn one_repo<'w>(
    context: &Context<'_, 'w>,
    definitions: &[Definition<'w>],
    targets: &BTreeMap<usize, BTreeSet<usize>>,
    crowded: &BTreeMap<(usize, &'w str), usize>,
    sink: &mut Sink<'_, 'w>,
) {
    let together = |a: usize, b: usize| match (targets.get(&a), targets.get(&b)) {
        (Some(a), Some(b)) => !a.is_disjoint(b),
        _ => false,
    };
    let mut files: Vec<Definition<'w>> = Vec::new();
    for &(at, resource) in definitions {
        match files.last() {
            Some((first, known)) if known.path == resource.path => {
                if together(*first, at) {
                    report("same-file", known, resource, sink);
                }
            }
            _ => files.push((at, resource)),
        }
    }
    let Some(&(first, known)) = files.first() else { return };
    let others: Vec<&'w Resource<'w>> =
        files[1..].iter().filter(|(at, _)| together(first, *at)).map(|(_, resource)| *resource).collect();
    if others.is_empty() {
        return;
    }
    let headline = known.headline().span();
    if files.iter().any(|(_, at)| is_apart(at.path)) {
        return;
    }
    let [other] = others.as_slice() else {
        let count = others.len() + 1;
        let reason = format!("{} is defined in {count} files, which look like alternatives", known.title());
        return sink.undecided(headline, reason);
    };
    if folder(known.path) == folder(other.path) {
        if crowded.get(&(known.root, folder(known.path))).is_some_and(|count| *count > SLIPS) {
            let reason =
                format!("the files of this folder look like alternatives; {} is in two of them", known.title());
            return sink.undecided(headline, reason);
        }
        if are_variants(known.path, other.path) && holds_the_same(context, known, other) {
            let reason = format!("{} is also in {}, which looks like an alternative", known.title(), other.path);
            return sink.undecided(headline, reason);
        }
        report("same-folder", known, other, sink);
    } else if are_parallel(known.path, other.path) {
        let reason = format!("{} is also in {}, which looks like another environment", known.title(), other.path);
        sink.undecided(headline, reason);
    } else {
        report("elsewhere", known, other, sink);
    }
}

fn two_repos<'w>(context: &Context<'_, 'w>, definitions: &[Definition<'w>], sink: &mut Sink<'_, 'w>) {
    let Some((_, first)) = definitions.first() else { return };
    let mut root = first.root;
    for (_, other) in definitions {
        if other.root == root || is_apart(first.path) || is_apart(other.path) {
            continue;
        }
        root = other.root;
        let role = |at: &Resource<'_>| -> Option<Role> {
            context.world.configs[at.root].role_of(at.path).map(|role| role.value)
        };
        let known = role(first).is_some() || role(other).is_some();
        let name = |at: &Resource<'_>| context.world.sources.name(at.source()).into_owned();
        let message = format!("{} is defined in two repos, which undo each other's changes", first.title());
        let finding = sink
            .finding("two-repos", other, other.headline(), message)
            .label("defined again")
            .related(first.headline().span(), "defined here")
            .help(format!("leave it to one of {} and {}", name(first), name(other)));
        if !known {
            finding.confidence(Confidence::Low);
        }
    }
}

fn report<'w>(code: &str, first: &'w Resource<'w>, again: &'w Resource<'w>, sink: &mut Sink<'_, 'w>) {
    let same = to_json(first.value) == to_json(again.value);
    let message = match same {
        true => format!("{} is defined twice, both times the same", again.title()),
        false => format!("{} is defined twice, and whichever is applied last wins", again.title()),
    };
    sink.finding(code, again, again.headline(), message)
        .label("defined again")
        .related(first.headline().span(), "defined here")
        .help("keep one of the two, or give one another name or namespace");
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_apart(path: &str) -> bool {
    folder(path).split('/').any(|step| APART.contains(&step))
}

/// Whether two paths differ in one folder only, as the same file for two environments does.
fn are_parallel(a: &str, b: &str) -> bool {
    let (left, right): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
    left.len() == right.len()
        && left.last() == right.last()
        && left.iter().zip(&right).filter(|(left, right)| left != right).count() == 1
}

/// Whether the names of two files differ in one word, as `monitor-gke` and `monitor-generic` do.
fn are_variants(a: &str, b: &str) -> bool {
    let words = |path: &str| -> Vec<String> {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.split(['-', '_', '.']).map(str::to_owned).collect()
    };
    let (left, right) = (words(a), words(b));
    left.len() == right.len() && left.iter().zip(&right).filter(|(left, right)| left != right).count() == 1
}

/// Whether the files of two objects define the same objects and nothing else.
fn holds_the_same(context: &Context<'_, '_>, a: &Resource<'_>, b: &Resource<'_>) -> bool {
    let resources = &context.world.resources;
    let all = |file: usize| -> BTreeSet<Option<Identity<'_>>> {
        let from = resources.partition_point(|resource| resource.file < file);
        resources[from..].iter().take_while(|resource| resource.file == file).map(identity).collect()
    };
    all(a.file) == all(b.file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_told_from_copies() {
        for (a, b, parallel) in [
            ("prod/db.yaml", "staging/db.yaml", true),
            ("apps/prod/db.yaml", "apps/staging/db.yaml", true),
            ("prod/db.yaml", "staging/database.yaml", false),
            ("prod/a/db.yaml", "staging/b/db.yaml", false),
            ("db.yaml", "old/db.yaml", false),
            ("a/one.yaml", "a/two.yaml", false),
        ] {
            assert_eq!(are_parallel(a, b), parallel, "{a} {b}");
        }
    }

    #[test]
    fn variants_differ_in_one_word() {
        for (a, b, variants) in [
            ("x/monitor-gke.yaml", "x/monitor-generic.yaml", true),
            ("cluster.yaml", "cluster-old.yaml", false),
            ("main-cluster-a.yaml", "other-cluster-b.yaml", false),
        ] {
            assert_eq!(are_variants(a, b), variants, "{a} {b}");
        }
    }

    #[test]
    fn samples_and_archives_go_by_whole_steps() {
        for (path, apart) in
            [("docs/db.yaml", true), ("a/examples/b/db.yaml", true), ("docs.yaml", false), ("documents/db.yaml", false)]
        {
            assert_eq!(is_apart(path), apart, "{path}");
        }
    }
}
