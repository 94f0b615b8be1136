//! What all Flux objects and kustomizations of a repo have in common.

use super::{ENOUGH, Habit, Poll, counted};
use crate::graph::release::{HelmRelease, SOURCES};
use crate::graph::{Graph, View};
use crate::manifest::Manifests;
use crate::rules::{flux, kustomize};
use crate::schema::schedule::go_duration;
use crate::tree;
use crate::yaml::Value;
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// The kinds of Flux that are looked at every so often, with their groups.
const WITH_INTERVAL: &[(&str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    (SOURCES, "OCIRepository"),
    (SOURCES, "HelmRepository"),
    (SOURCES, "GitRepository"),
];

pub(super) fn habits(graphs: &[Graph<'_>], manifests: &Manifests<'_>) -> Vec<Habit> {
    let mut found = Vec::new();
    intervals(graphs, &mut found);
    remediation(graphs, &mut found);
    definitions(graphs, &mut found);
    charts(graphs, &mut found);
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for kustomization in &manifests.kustomizations {
        *names.entry(tree::name(manifests.files[kustomization.file].path)).or_default() += 1;
    }
    names.retain(|name, _| crate::manifest::FILE_NAMES.contains(name));
    if let Some((name, count)) = names.first_key_value().filter(|(_, count)| names.len() == 1 && **count >= ENOUGH) {
        let why = format!("all {} are called `{name}`", counted(*count, "kustomization"));
        found.push(Habit::new(&kustomize::wrong_filename::RULE, why).option("name", *name));
    }
    found
}

fn intervals(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let (mut table, mut why) = (Map::new(), Vec::new());
    for (group, kind) in WITH_INTERVAL {
        let (mut lengths, mut texts) = (Poll::default(), BTreeMap::new());
        for resource in graphs.iter().flat_map(|graph| graph.of_kind(group, kind)).filter(|one| one.whole) {
            let text = resource.at(&["spec", "interval"]).and_then(Value::known);
            let length = text.and_then(go_duration);
            lengths.add(resource, length.map(|length| length.to_string()));
            *texts.entry(text.unwrap_or_default()).or_insert(0) += 1;
        }
        // `1h` and `60m` are one: the one that is written most often is taken.
        let common = texts.into_iter().max_by_key(|(_, count)| *count);
        if let Some((text, _)) = common.filter(|_| lengths.agreed().is_some()) {
            table.insert((*kind).to_owned(), json!(text));
            why.push(format!("all {} have interval {text}", counted(lengths.count(), kind)));
        }
    }
    if !table.is_empty() {
        found.push(Habit::new(&flux::unusual_interval::RULE, why.join(", ")).option("intervals", table));
    }
}

fn releases<'g, 'w>(graphs: &'g [Graph<'w>]) -> impl Iterator<Item = (&'g Graph<'w>, HelmRelease<'w>)> {
    graphs.iter().flat_map(|graph| graph.all::<HelmRelease<'w>>().map(move |release| (graph, release)))
}

fn remediation(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let (mut all, mut strategies) = (Poll::default(), Poll::default());
    let mut retries =
        [("install", "install-retries", Poll::default()), ("upgrade", "upgrade-retries", Poll::default())];
    for (_, release) in releases(graphs).filter(|(_, release)| !release.is_suspended()) {
        let resource = release.resource();
        all.add(resource, Some(String::new()));
        for (action, _, poll) in &mut retries {
            let repeats = release.spec(&[action, "strategy", "name"]).and_then(Value::known) == Some("RetryOnFailure");
            if !repeats {
                let count = release.spec(&[action, "remediation", "retries"]).map_or(Some(0), Value::as_int);
                // Without limit is more than any number.
                let count = count.map(|count| if count < 0 { i64::MAX } else { count });
                poll.add(resource, count.map(|count| count.to_string()));
            }
        }
        let strategy = release.spec(&["upgrade", "remediation", "strategy"]).and_then(Value::known);
        strategies.add(resource, strategy.map(str::to_owned));
    }
    if !all.is_enough() {
        return;
    }
    let why = format!("all {} try again what failed", counted(all.count(), "HelmRelease"));
    let mut habit = Habit::new(&flux::missing_remediation::RULE, why).told_by_rule();
    for (_, key, poll) in &retries {
        match poll.least() {
            Some(i64::MAX) => habit = habit.option(key, -1),
            Some(least) if least > 1 => habit = habit.option(key, least),
            _ => {}
        }
    }
    if let Some(strategy) = strategies.agreed() {
        habit = habit.option("upgrade-strategy", strategy);
    }
    found.push(habit);
}

fn definitions(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let (mut upgrade, mut install) = (Poll::default(), Poll::default());
    for (_, release) in releases(graphs).filter(|(_, release)| !release.is_suspended()) {
        let policy = |action: &str| release.spec(&[action, "crds"]).and_then(Value::known).map(str::to_owned);
        upgrade.add(release.resource(), policy("upgrade"));
        install.add(release.resource(), policy("install"));
    }
    let Some(policy) = upgrade.agreed() else { return };
    let all = counted(upgrade.count(), "HelmRelease");
    let why = format!("all {all} have CRD policy {policy} on upgrade");
    let habit = match install.agreed() {
        Some(other) if other == policy => {
            Habit::new(&flux::missing_crd_policy::RULE, format!("{why} and on install")).option("install", other)
        }
        _ => Habit::new(&flux::missing_crd_policy::RULE, why),
    };
    found.push(habit.option("upgrade", policy));
}

fn charts(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let (mut known, mut artifacts, mut digests) = (Poll::default(), Poll::default(), Poll::default());
    for (graph, release) in releases(graphs).filter(|(_, release)| !release.is_suspended()) {
        let source = release.source(graph);
        if source.is_some() || release.source_kind() == Some("HelmRepository") {
            known.add(release.resource(), release.source_kind().map(str::to_owned));
        }
        let Some(source) = source.filter(|source| source.kind == "OCIRepository") else { continue };
        artifacts.add(source, Some(String::new()));
        let digest = source.at(&["spec", "ref", "digest"]).is_some();
        let tag = source.at(&["spec", "ref", "tag"]).and_then(Value::raw).unwrap_or_default();
        digests.add(source, Some((digest || tag.contains("@sha256:")).to_string()));
    }
    if known.is_enough() {
        let all = counted(known.count(), "HelmRelease");
        let pinned =
            Habit::new(&flux::unpinned_chart::RULE, format!("the charts of all {all} are pinned")).told_by_rule();
        let by_digest = digests.agreed() == Some("true") && known.agreed() == Some("OCIRepository");
        found.push(if by_digest { pinned.option("digest", true) } else { pinned });
        let why = format!("none of {all} takes its chart from a HelmRepository");
        found.push(Habit::new(&flux::helm_repository_source::RULE, why).told_by_rule());
    }
    if artifacts.is_enough() {
        let all = counted(artifacts.count(), "OCIRepository");
        let why = format!("all {all} with charts pick the layer with the chart's content");
        found.push(Habit::new(&flux::missing_layer_selector::RULE, why).told_by_rule());
    }
}
