//! What a repo keeps for each of its Clusters beside manifests: pages, and targets of the Makefile.

use super::{ENOUGH, Habit, counted};
use crate::graph::cnpg::Cluster;
use crate::graph::{Graph, View};
use crate::manifest::{By, Manifests};
use crate::render::Told;
use crate::render::make::Command;
use crate::rules::repo;
use serde_json::json;
use std::collections::BTreeSet;

/// More than this for each Cluster, and it is the Makefile's business.
const MOST: usize = 8;

pub(super) fn habits(
    graphs: &[Graph<'_>],
    manifests: &Manifests<'_>,
    told: &Told<'_>,
    beside: &BTreeSet<String>,
) -> Vec<Habit> {
    let mut found = Vec::new();
    let clusters: BTreeSet<&str> = graphs
        .iter()
        .flat_map(Graph::all::<Cluster<'_>>)
        .filter(|cluster| !cluster.resource().is_example())
        .filter_map(|cluster| cluster.resource().name())
        .collect();
    let all = counted(clusters.len(), "Cluster");
    let pages = beside.iter().map(String::as_str).filter(|path| path.ends_with(".md"));
    let pages = shared(&clusters, pages);
    if !pages.is_empty() {
        let why = format!("all {all} have such a page");
        found.push(Habit::new(&repo::missing_file::RULE, why).option("files", json!(pages)));
    }
    let Some(recipes) = told.recipes.values().next() else { return found };
    let targets = recipes.makefile.targets.iter().filter_map(|target| target.name.known());
    let targets = shared(&clusters, targets);
    if !targets.is_empty() {
        let why = format!("the Makefile has these targets for all {all}");
        found.push(Habit::new(&repo::missing_make_target::RULE, why).option("targets", json!(targets)));
    }
    let applies = recipes.makefile.commands().any(|(_, command)| matches!(command, Command::Apply(_)));
    let by_hand: BTreeSet<&str> = manifests
        .resources
        .iter()
        .filter(|one| one.whole && one.delivery.by == By::Hand && recipes.applies(one.path))
        .map(|one| one.path)
        .collect();
    if applies && by_hand.len() >= ENOUGH {
        let why = format!("the recipes of the Makefile apply every manifest, {} files", by_hand.len());
        found.push(Habit::new(&repo::unapplied_manifest::RULE, why).told_by_rule());
    }
    found
}

/// The names that are there for every Cluster, with `{cluster}` in place of its name.
fn shared<'n>(clusters: &BTreeSet<&str>, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    if clusters.len() < ENOUGH {
        return Vec::new();
    }
    let names: Vec<&str> = names.collect();
    let of = |cluster: &str| -> BTreeSet<String> {
        let named = names.iter().filter(|name| holds_word(name, cluster));
        named.map(|name| name.replacen(cluster, "{cluster}", 1)).collect()
    };
    let mut each = clusters.iter().map(|cluster| of(cluster));
    let first = each.next().unwrap_or_default();
    let common = each.fold(first, |common, own| common.intersection(&own).cloned().collect());
    if common.len() > MOST { Vec::new() } else { common.into_iter().collect() }
}

/// Whether a name holds another one, and not as a part of a longer word.
fn holds_word(name: &str, word: &str) -> bool {
    let Some((before, after)) = name.split_once(word) else { return false };
    !before.ends_with(|last: char| last.is_alphanumeric()) && !after.starts_with(|first: char| first.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_for_all_is_found() {
        let clusters = BTreeSet::from(["apps-pg", "gitea-db", "net-pg"]);
        let names = ["apps-pg-deploy", "gitea-db-deploy", "net-pg-deploy", "apps-pg-shell", "all", "apps-pgx-deploy"];
        assert_eq!(shared(&clusters, names.into_iter()), ["{cluster}-deploy"]);
        assert!(shared(&BTreeSet::from(["apps-pg", "gitea-db"]), names.into_iter()).is_empty());
    }
}
