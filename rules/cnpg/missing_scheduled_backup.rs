//! Clusters with a place for backups and nothing that makes them.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::backup::BackupSetup;
use crate::graph::cnpg::{Cluster, GROUP, ScheduledBackup, cluster_reference, spec};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds a Cluster that can make backups and that no active ScheduledBackup of its namespace names.
    ///
    /// ## Why it matters
    /// `spec.backup` and a plugin only say where backups go. WAL is archived from then on, but WAL without a base backup
    /// restores nothing, and with an old one takes hours to replay. Base backups are made by ScheduledBackups; a suspended
    /// one makes none.
    ///
    /// ## Instead
    /// Add a ScheduledBackup in the Cluster's namespace, with the method that the Cluster is set up for and six fields in
    /// its schedule, or resume the one that is suspended.
    ///
    /// ## Limits
    /// A Cluster with no backup at all is the matter of `cnpg/missing-backup`; replica clusters are left alone. Where the
    /// target may hold more than is seen (kustomizations, charts, a role that does not own the Cluster), the rule is
    /// undecided. Where the repo holds no ScheduledBackup at all, the confidence is medium, and low under `docs`,
    /// `examples` and the like. Backups that a CronJob or a person starts are not seen.
    pub static RULE {
        id: "cnpg/missing-scheduled-backup",
        summary: "no active ScheduledBackup makes base backups of a Cluster",
        scope: Target,
        codes: [
            "none" => (Warning, High, Reliability),
            "suspended" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// The ScheduledBackups of one target, by the Cluster they name.
struct Schedules<'w> {
    by_cluster: HashMap<&'w str, Vec<ScheduledBackup<'w>>>,
    /// Those that name no Cluster, or one that something replaces later.
    open: Vec<ScheduledBackup<'w>>,
    count: usize,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut schedules = Schedules { by_cluster: HashMap::new(), open: Vec::new(), count: 0 };
    for backup in context.graph.all::<ScheduledBackup<'w>>() {
        schedules.count += 1;
        let name = cluster_reference(backup.resource());
        match name.and_then(Value::raw) {
            Some(text) => schedules.by_cluster.entry(text).or_default().push(backup),
            None => schedules.open.push(backup),
        }
        if name.is_some_and(|name| name.known().is_none()) {
            schedules.open.push(backup);
        }
    }
    for cluster in context.graph.all::<Cluster<'w>>() {
        judge(&cluster, &schedules, context, sink);
    }
}

fn judge<'w>(
    cluster: &Cluster<'w>,
    schedules: &Schedules<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    if cluster.is_replica() || !BackupSetup::of(cluster).is_configured() {
        return;
    }
    let headline = cluster.headline();
    let near = |backup: &&ScheduledBackup<'w>| backup.namespace.may_be(&cluster.namespace);
    let name = cluster.name_value().and_then(Value::raw);
    let named = name.and_then(|name| schedules.by_cluster.get(name)).map_or(&[][..], Vec::as_slice);
    // Words that are replaced later are replaced alike: the same text names the same Cluster.
    let naming: Vec<&ScheduledBackup<'w>> = named.iter().filter(near).collect();
    if naming.iter().any(|backup| suspension(backup).is_none()) {
        return;
    }
    if let Some(open) = schedules.open.iter().find(near) {
        sink.undecided(headline.span(), format!("which Cluster {} is for is not known", open.title()));
        return;
    }
    if cluster.name().is_none() {
        sink.undecided(headline.span(), "the name of the Cluster is not known in full");
        return;
    }
    // Whoever holds the Cluster holds its backups: the licence is asked for the kind that is there.
    if let Err(reason) = context.graph.licence(GROUP, "Cluster", &cluster.namespace) {
        sink.undecided(headline.span(), reason);
        return;
    }
    let title = cluster.title();
    let finding = match naming.as_slice() {
        [] => sink
            .finding("none", cluster.resource(), headline, format!("no ScheduledBackup makes base backups of {title}"))
            .label("archives WAL at best, which restores nothing alone")
            .note(looked_at(schedules.count)),
        [first, others @ ..] => {
            let Some(switch) = suspension(first) else { return };
            let mut finding = sink
                .finding("suspended", first.resource(), switch, format!("no ScheduledBackup of {title} is active"))
                .label("makes no backups while it is suspended");
            for switch in others.iter().filter_map(|backup| suspension(backup)) {
                finding = finding.related(switch.span(), "suspended too");
            }
            finding.related(headline.span(), "gets no base backups meanwhile")
        }
    };
    let finding = finding.help(match naming.is_empty() {
        true => "add a ScheduledBackup that names this Cluster, in the same namespace",
        false => "set `suspend: false`, or add another ScheduledBackup",
    });
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    } else if schedules.count == 0 {
        finding.confidence(Confidence::Medium);
    }
}

/// The switch that suspends a ScheduledBackup, if it surely does.
fn suspension<'w>(backup: &ScheduledBackup<'w>) -> Option<Value<'w>> {
    spec(backup.resource(), &["suspend"]).filter(|switch| switch.as_bool() == Some(true))
}

fn looked_at(count: usize) -> String {
    match count {
        0 => "this target has no ScheduledBackup".to_owned(),
        1 => "looked at 1 ScheduledBackup".to_owned(),
        count => format!("looked at {count} ScheduledBackups"),
    }
}
