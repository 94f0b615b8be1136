//! Clusters whose backup plugin archives no WAL.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::cnpg::{BARMAN_PLUGIN, Bootstrap, Cluster};
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster that has the barman-cloud plugin, while no entry of `spec.plugins` is marked `isWALArchiver: true`
    /// and no in-tree object store takes the WAL.
    ///
    /// ## Why it matters
    /// The plugin then makes base backups and nothing else. A backup can be restored only with the WAL that was written
    /// while it was taken, and to a later moment only with all WAL since: what was committed after the last backup is lost
    /// with the Cluster. Backups are shown as done all the while.
    ///
    /// ## Instead
    /// `isWALArchiver: true` on the plugin's entry.
    ///
    /// ## Limits
    /// Replica clusters, Clusters that bootstrap from a backup (mostly drills) and Clusters that carry
    /// `cnpg.io/skipWalArchiving` are left alone. A switch that is still a `${VAR}`, and a Cluster that a kustomization
    /// changes on its way, are left undecided.
    pub static RULE {
        id: "cnpg/missing-wal-archiver",
        summary: "a Cluster has a backup plugin that archives no WAL",
        scope: Resource(Cluster),
        codes: ["none" => (Warning, High, Reliability)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(cluster: &Cluster<'w>, _: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let named = |plugin: &Value<'w>| plugin.get("name").and_then(Value::known) == Some(BARMAN_PLUGIN);
    let Some(plugin) = cluster.plugins().find(named) else { return };
    let in_tree = cluster.spec(&["backup", "barmanObjectStore"]).is_some_and(|store| !store.is_null());
    let skips = cluster.annotation("cnpg.io/skipWalArchiving").is_some();
    let recovers = matches!(cluster.bootstrap(), Bootstrap::Recovery(recovery) if !recovery.is_null());
    if in_tree || skips || recovers || cluster.is_replica() {
        return;
    }
    for entry in cluster.plugins() {
        for switch in [entry.get("isWALArchiver"), entry.get("enabled")].into_iter().flatten() {
            if let Some(reason) = switch.unknown() {
                sink.undecided(switch.span(), reason);
                return;
            }
        }
    }
    let archives = |plugin: Value<'w>| plugin.get("isWALArchiver").is_some_and(|switch| !is_off(switch));
    if cluster.plugins().any(archives) {
        return;
    }
    if let Some(reason) = cluster.may_be_completed() {
        sink.undecided(plugin.span(), reason);
        return;
    }
    let title = cluster.title();
    let message = format!("{title} archives no WAL: its backups cannot be restored to a point in time");
    let switch = plugin.get("isWALArchiver");
    let place = switch.or_else(|| plugin.get("name")).unwrap_or(plugin);
    let finding = sink
        .finding("none", cluster.resource(), place, message)
        .label(if switch.is_some() { "the plugin is told not to" } else { "no `isWALArchiver: true` beside it" })
        .help("set `isWALArchiver: true` on this plugin");
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}

/// Whether it is off for sure; what is no boolean is told elsewhere.
fn is_off(switch: Value<'_>) -> bool {
    switch.is_null() || switch.as_bool() == Some(false)
}
