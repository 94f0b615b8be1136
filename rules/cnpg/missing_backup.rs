//! Clusters that nothing backs up.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::backup::BackupSetup;
use crate::graph::cnpg::{BARMAN_PLUGIN, Bootstrap, Cluster};
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster with no way to make backups: no `spec.backup.barmanObjectStore`, no `spec.backup.volumeSnapshot`
    /// and no plugin that archives WAL or is barman-cloud.
    ///
    /// ## Why it matters
    /// Replicas guard against a lost node, not against a dropped table, a lost storage backend or a deleted Cluster: what
    /// is gone on the primary is gone on all of them within a second. The operator makes no backup unless it is told
    /// where to.
    ///
    /// ## Instead
    /// Add an ObjectStore and the plugin `barman-cloud.cloudnative-pg.io` with `isWALArchiver: true`, or volume snapshots
    /// where the storage class has them. Where backups are made by other means, allow the rule for that Cluster and give
    /// the means as the reason.
    ///
    /// ## Limits
    /// Replica clusters are left alone, for their source has the data. So is a Cluster that bootstraps from a backup: most
    /// are drills and copies. Under `docs`, `examples` and the like the confidence is low. A plugin that is not known is
    /// left undecided, as is a Cluster that a kustomization changes on its way. Dumps by a CronJob and backups of whole
    /// volumes (Velero and its like) are not seen.
    pub static RULE {
        id: "cnpg/missing-backup",
        summary: "a Cluster has no way to make backups",
        scope: Resource(Cluster),
        codes: ["none" => (Warning, High, Reliability)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(cluster: &Cluster<'w>, _: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let setup = BackupSetup::of(cluster);
    if setup.is_configured() || cluster.is_replica() {
        return;
    }
    if matches!(cluster.bootstrap(), Bootstrap::Recovery(recovery) if !recovery.is_null()) {
        return;
    }
    let headline = cluster.headline();
    if let Some((span, reason)) = setup.doubt {
        sink.undecided(span, reason);
        return;
    }
    if let Some(reason) = cluster.may_be_completed() {
        sink.undecided(headline.span(), reason);
        return;
    }
    let mut finding = sink
        .finding(
            "none",
            cluster.resource(),
            headline,
            format!("{} has no backup of its own: what is lost there stays lost", cluster.title()),
        )
        .label("no object store, volume snapshot or backup plugin")
        .help("add an ObjectStore and the plugin `barman-cloud.cloudnative-pg.io` with `isWALArchiver: true`");
    if let Some(backup) = cluster.spec(&["backup"]).filter(|backup| backup.is_mapping() && !backup.is_empty()) {
        finding = finding.related(backup.key_or_span(), "names no place to back up to");
    }
    if let Some(switch) = switched_off(cluster) {
        finding = finding.related(switch.span(), "the plugin is switched off here");
    }
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}

/// The switch of a backup plugin that is off.
fn switched_off<'w>(cluster: &Cluster<'w>) -> Option<Value<'w>> {
    let plugins = cluster.spec(&["plugins"]).into_iter().flat_map(Value::items);
    plugins
        .filter(|plugin| {
            let archives = plugin.get("isWALArchiver").and_then(Value::as_bool) == Some(true);
            archives || plugin.get("name").and_then(Value::known) == Some(BARMAN_PLUGIN)
        })
        .find_map(|plugin| plugin.get("enabled"))
}
