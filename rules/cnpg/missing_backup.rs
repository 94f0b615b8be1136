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
    /// where to. A copy made by `pg_basebackup` or an import is no exception: its source holds nothing of what is written
    /// to the copy afterwards.
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
    let title = cluster.title();
    let copied = copied_from(cluster);
    let message = match copied {
        Some(_) => format!("{title} is a copy with no backup of its own: what is written to it later can be lost"),
        None => format!("{title} has no backup of its own: what is lost there stays lost"),
    };
    let lost = cluster.lost(&["spec", "backup"]).or_else(|| cluster.lost(&["spec", "plugins"]));
    let mut finding = match (switched_off(cluster), lost) {
        (None, Some((by, was))) => sink
            .finding("none", cluster.resource(), headline, message)
            .underline(by)
            .label("takes the backup away")
            .related(headline.span(), "from this Cluster")
            .related(was, "the base sets it")
            .help("leave the base's backup in place, or set another one here"),
        (Some(switch), _) => sink
            .finding("none", cluster.resource(), switch, message)
            .label("the backup plugin is switched off")
            .help("set `enabled: true`, or remove the line: plugins are on by default"),
        (None, None) => sink
            .finding("none", cluster.resource(), headline, message)
            .label("no object store, volume snapshot or backup plugin")
            .help("add an ObjectStore and the plugin `barman-cloud.cloudnative-pg.io` with `isWALArchiver: true`"),
    };
    if let Some(source) = copied {
        finding = finding.related(source.key_or_span(), "copied once, when the Cluster is made");
    }
    if let Some(backup) = cluster.spec(&["backup"]).filter(|backup| backup.is_mapping() && !backup.is_empty()) {
        finding = finding.related(backup.key_or_span(), "names no place to back up to");
    }
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}

/// The field that fills the Cluster from a running server; a schema alone is no copy.
fn copied_from<'w>(cluster: &Cluster<'w>) -> Option<Value<'w>> {
    match cluster.bootstrap() {
        Bootstrap::Basebackup(source) => Some(source).filter(|source| !source.is_null()),
        Bootstrap::Initdb(initdb) => {
            initdb?.get("import").filter(|import| import.is_mapping() && import.get("schemaOnly").is_none_or(is_off))
        }
        Bootstrap::Recovery(_) => None,
    }
}

fn is_off(switch: Value<'_>) -> bool {
    switch.as_bool() == Some(false)
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
