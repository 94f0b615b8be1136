//! What all databases of a repo have in common.

use super::{Habit, Poll, counted};
use crate::graph::backup::destinations;
use crate::graph::cnpg::{Cluster, Database, Pooler, spec};
use crate::graph::{Graph, View};
use crate::rules::{cnpg, repo};
use crate::yaml::Value;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn habits(graphs: &[Graph<'_>]) -> Vec<Habit> {
    let mut found = Vec::new();
    clusters(graphs, &mut found);
    labels(graphs, &mut found);
    backups(graphs, &mut found);
    let mut poolers = Poll::default();
    for pooler in graphs.iter().flat_map(Graph::all::<Pooler<'_>>) {
        let written = spec(pooler.resource(), &["instances"]).map_or(Some(1), Value::as_int);
        poolers.add(pooler.resource(), written.map(|count| count.to_string()));
    }
    if let Some(least) = poolers.least().filter(|least| *least > 1) {
        let why = format!("all {} have {least} instances or more", counted(poolers.count(), "Pooler"));
        found.push(Habit::new(&cnpg::thin_pooler::RULE, why).option("minimum", least));
    }
    let mut databases = Poll::default();
    for database in graphs.iter().flat_map(Graph::all::<Database<'_>>) {
        databases.add(database.resource(), Some(String::new()));
    }
    if databases.is_enough() {
        let why = format!("all {} outlive their object", counted(databases.count(), "Database"));
        found.push(Habit::new(&cnpg::disposable_database::RULE, why).told_by_rule());
    }
    found
}

fn clusters(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let (mut classes, mut instances) = (Poll::default(), Poll::default());
    let (mut digests, mut bounds) = (Poll::default(), Poll::default());
    for cluster in graphs.iter().flat_map(Graph::all::<Cluster<'_>>) {
        let resource = cluster.resource();
        let class = cluster.spec(&["storage", "storageClass"]).and_then(Value::known);
        classes.add(resource, class.map(str::to_owned));
        instances.add(resource, cluster.instances().map(|count| count.to_string()));
        let image = cluster.image_name().and_then(Value::known);
        digests.add(resource, image.map(|image| image.contains("@sha256:").to_string()));
        let has = |key: &str| cluster.spec(&["resources", key, "memory"]).is_some_and(|memory| !memory.is_null());
        bounds.add(resource, Some((has("requests") && has("limits")).to_string()));
    }
    let all = counted(classes.count(), "Cluster");
    if let Some(class) = classes.agreed() {
        let why = format!("all {all} have storage class `{class}`");
        found.push(Habit::new(&cnpg::foreign_storage_class::RULE, why).option("allowed", json!([class])));
    }
    if let Some(least) = instances.least().filter(|least| *least > 1) {
        let why = format!("all {all} have {least} instances or more");
        found.push(Habit::new(&cnpg::single_instance::RULE, why).option("minimum", least));
    }
    if digests.agreed() == Some("true") {
        let why = format!("the images of all {all} have a digest");
        found.push(Habit::new(&cnpg::floating_image::RULE, why).option("digest", true).told_by_rule());
    }
    if bounds.agreed() == Some("true") {
        let why = format!("all {all} have a memory request and a memory limit");
        found.push(Habit::new(&cnpg::unbounded_resources::RULE, why).option("both", true).told_by_rule());
    }
}

/// Labels that every Cluster carries; with the value, where that is the same for all.
fn labels(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let mut polls: BTreeMap<String, Poll> = BTreeMap::new();
    let mut all = Poll::default();
    for cluster in graphs.iter().flat_map(Graph::all::<Cluster<'_>>) {
        let resource = cluster.resource();
        all.add(resource, Some(String::new()));
        for (key, value) in resource.at(&["metadata", "labels"]).into_iter().flat_map(Value::entries) {
            polls.entry(key.to_owned()).or_default().add(resource, value.known().map(str::to_owned));
        }
    }
    let carried = polls.iter().filter(|(_, poll)| poll.is_enough() && poll.count() == all.count());
    let labels: Vec<String> = carried
        .map(|(key, poll)| match poll.agreed().filter(|_| key != "app.kubernetes.io/name") {
            Some(value) if !value.is_empty() => format!("{key}={value}"),
            _ => key.clone(),
        })
        .collect();
    if !labels.is_empty() {
        let what = if labels.len() == 1 { "this label" } else { "these labels" };
        let why = format!("all {} carry {what}", counted(all.count(), "Cluster"));
        let kinds = json!(["postgresql.cnpg.io/Cluster"]);
        found.push(Habit::new(&repo::missing_label::RULE, why).option("kinds", kinds).option("labels", json!(labels)));
    }
}

fn backups(graphs: &[Graph<'_>], found: &mut Vec<Habit>) {
    let mut days = Poll::default();
    for graph in graphs {
        for place in graph.all::<Cluster<'_>>().flat_map(|cluster| destinations(&cluster, graph)) {
            let kept = place.retention.and_then(Value::known).and_then(in_days);
            days.add(place.holder, kept.map(|days| days.to_string()));
        }
    }
    if !days.is_enough() {
        return;
    }
    let all = counted(days.count(), "backup store");
    if let Some(least) = days.least() {
        let why = format!("all {all} keep backups for {least} days or more");
        found.push(Habit::new(&cnpg::weak_backup_retention::RULE, why).option("days", least));
    }
    let why = format!("all {all} get compressed data and WAL");
    found.push(Habit::new(&cnpg::uncompressed_backup::RULE, why).told_by_rule());
}

fn in_days(policy: &str) -> Option<i64> {
    let days = |text: &str| text.parse::<i64>().ok();
    policy.strip_suffix('d').and_then(days).or_else(|| policy.strip_suffix('w').and_then(days).map(|weeks| weeks * 7))
}
