//! Backups by a method that their Cluster is not set up for.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::backup::BackupSetup;
use crate::graph::cnpg::{BARMAN_PLUGIN, Backup, Cluster, GROUP, ScheduledBackup, cluster_reference, spec};
use crate::graph::{Lookup, View};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Backup or ScheduledBackup whose method its Cluster cannot do: `barmanObjectStore` (which is the default)
    /// without `spec.backup.barmanObjectStore`, `volumeSnapshot` without `spec.backup.volumeSnapshot`, or a plugin that
    /// the Cluster does not have or has switched off.
    ///
    /// ## Why it matters
    /// Admission looks at one object at a time and lets it pass; each backup then fails at its hour. The usual way there
    /// is a Cluster that moved to the barman-cloud plugin while its ScheduledBackup kept the default method: WAL is still
    /// archived, so everything looks well until somebody needs a base backup.
    ///
    /// ## Instead
    /// For the plugin, `method: plugin` with `pluginConfiguration.name: barman-cloud.cloudnative-pg.io`; for the others,
    /// the section of the Cluster that the method needs.
    ///
    /// ## Limits
    /// The Cluster must be found for certain; one that is not there is the matter of `cnpg/dangling-reference`. Where the
    /// repo holds several definitions of it, all of them must lack the method. A Cluster that a kustomization changes on
    /// its way is left undecided. A Backup by a plugin without a name is refused at admission and not repeated here.
    pub static RULE {
        id: "cnpg/unusable-backup-method",
        summary: "a backup asks for a method that its Cluster is not set up for",
        scope: Target,
        codes: [
            "in-tree" => (Error, High, Reliability),
            "snapshot" => (Error, High, Reliability),
            "plugin" => (Error, High, Reliability),
            "unnamed-plugin" => (Error, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// What a backup asks its Cluster for.
enum Method<'w> {
    InTree,
    Snapshot,
    /// The plugin of this name, and where it is named.
    Plugin(&'w str, Value<'w>),
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for backup in context.graph.all::<Backup<'w>>() {
        judge(backup.resource(), context, sink);
    }
    for backup in context.graph.all::<ScheduledBackup<'w>>() {
        judge(backup.resource(), context, sink);
    }
}

fn judge<'w>(backup: &'w Resource<'w>, context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let written = spec(backup, &["method"]).filter(|method| !method.is_null());
    let primary = written.unwrap_or_else(|| backup.headline());
    if let Some(reason) = written.and_then(Value::unknown) {
        sink.undecided(primary.span(), reason);
        return;
    }
    let method = match written.map(|method| method.known()) {
        None | Some(Some("barmanObjectStore")) => Method::InTree,
        Some(Some("volumeSnapshot")) => Method::Snapshot,
        Some(Some("plugin")) => match plugin(backup, primary, sink) {
            Some((name, value)) => Method::Plugin(name, value),
            None => return,
        },
        Some(_) => return,
    };
    let Some(reference) = cluster_reference(backup) else { return };
    let Some(name) = reference.known() else {
        sink.undecided(reference.span(), reference.unknown().unwrap_or_else(|| "the Cluster is not named".into()));
        return;
    };
    let clusters: Vec<Cluster<'w>> = match context.graph.find(GROUP, "Cluster", &backup.namespace, name) {
        Lookup::Found(found) => found.into_iter().filter_map(Cluster::of).collect(),
        Lookup::Absent(_) => return,
        Lookup::Unknown(reason) => {
            sink.undecided(reference.span(), reason);
            return;
        }
    };
    let Some(cluster) = clusters.first() else { return };
    if clusters.iter().any(|cluster| can(cluster, &method)) {
        return;
    }
    if let Some(reason) = backup.may_be_completed().filter(|_| written.is_none()) {
        sink.undecided(primary.span(), reason);
        return;
    }
    if let Some(reason) = clusters.iter().find_map(|cluster| doubt(cluster)) {
        sink.undecided(primary.span(), reason);
        return;
    }
    report(backup, cluster, &method, written, sink);
}

/// The plugin that the backup names.
fn plugin<'w>(backup: &'w Resource<'w>, method: Value<'w>, sink: &mut Sink<'_, 'w>) -> Option<(&'w str, Value<'w>)> {
    let name =
        spec(backup, &["pluginConfiguration", "name"]).filter(|name| name.raw().is_some_and(|name| !name.is_empty()));
    if let Some(name) = name {
        if let Some(reason) = name.unknown() {
            sink.undecided(name.span(), reason);
        }
        return name.known().map(|known| (known, name));
    }
    if backup.kind == ScheduledBackup::KIND {
        if let Some(reason) = backup.may_be_completed() {
            sink.undecided(method.span(), reason);
            return None;
        }
        let message = format!("{} asks for a plugin and names none: every backup fails", backup.title());
        sink.finding("unnamed-plugin", backup, method, message)
            .label("needs `pluginConfiguration.name`")
            .help(format!("add `pluginConfiguration.name: {BARMAN_PLUGIN}`, if that is the plugin meant"));
    }
    None
}

/// Whether the Cluster can do it, or may.
fn can(cluster: &Cluster<'_>, method: &Method<'_>) -> bool {
    let present = |key: &str| cluster.spec(&["backup", key]).is_some_and(|value| !value.is_null());
    match method {
        Method::InTree => present("barmanObjectStore"),
        Method::Snapshot => present("volumeSnapshot"),
        Method::Plugin(wanted, _) => cluster
            .plugins()
            .any(|plugin| plugin.get("name").is_none_or(|name| name.known().is_none_or(|name| name == *wanted))),
    }
}

/// Why the Cluster may be able to do what its manifest does not say.
fn doubt(cluster: &Cluster<'_>) -> Option<String> {
    let open = [cluster.spec(&["backup"]), cluster.spec(&["plugins"])].into_iter().flatten().find_map(Value::unknown);
    open.or_else(|| cluster.may_be_completed().map(str::to_owned))
}

fn report<'w>(
    backup: &'w Resource<'w>,
    cluster: &Cluster<'w>,
    method: &Method<'w>,
    written: Option<Value<'w>>,
    sink: &mut Sink<'_, 'w>,
) {
    let (title, target) = (backup.title(), cluster.title());
    let asks = if written.is_some() { "asks for" } else { "takes the default method," };
    let (code, primary, message) = match method {
        Method::InTree => (
            "in-tree",
            written,
            format!("{title} {asks} barmanObjectStore, which {target} does not configure: every backup fails"),
        ),
        Method::Snapshot => (
            "snapshot",
            written,
            format!("{title} asks for volume snapshots, which {target} does not configure: every backup fails"),
        ),
        Method::Plugin(name, value) => (
            "plugin",
            Some(*value),
            format!("{title} asks for the plugin `{name}`, which {target} does not run: every backup fails"),
        ),
    };
    let (span, says) = evidence(cluster, method);
    let label = if primary.is_some() { "not set up on its Cluster" } else { "no `method`, so barmanObjectStore" };
    let finding = sink
        .finding(code, backup, primary.unwrap_or_else(|| backup.headline()), message)
        .label(label)
        .related(span, says)
        .help(help(cluster, method));
    if backup.is_example() {
        finding.confidence(Confidence::Low);
    }
}

/// What the Cluster does instead.
fn evidence(cluster: &Cluster<'_>, method: &Method<'_>) -> (Span, &'static str) {
    if let Method::Plugin(wanted, _) = method {
        let all = cluster.spec(&["plugins"]).into_iter().flat_map(Value::items);
        let same = all.into_iter().find(|plugin| plugin.get("name").and_then(Value::known) == Some(*wanted));
        if let Some(switch) = same.and_then(|plugin| plugin.get("enabled")) {
            return (switch.span(), "the plugin is switched off here");
        }
    }
    let setup = BackupSetup::of(cluster);
    if let Some(plugin) = setup.plugins.first() {
        (plugin.get("name").unwrap_or(*plugin).site(), "the Cluster backs up by this plugin")
    } else if let Some(store) = setup.in_tree {
        (store.key_or_span(), "the Cluster backs up by this")
    } else if let Some(snapshot) = setup.snapshot {
        (snapshot.key_or_span(), "the Cluster backs up by this")
    } else {
        (cluster.headline().span(), "the Cluster has no backup at all")
    }
}

fn help(cluster: &Cluster<'_>, method: &Method<'_>) -> String {
    let setup = BackupSetup::of(cluster);
    let plugin = setup.plugins.first().and_then(|plugin| plugin.get("name")?.known());
    match (plugin, method) {
        (Some(name), Method::Plugin(..)) => format!("write `pluginConfiguration.name: {name}`"),
        (Some(name), Method::InTree) => format!("write `method: plugin` and `pluginConfiguration.name: {name}`"),
        (Some(name), Method::Snapshot) => format!(
            "write `method: plugin` and `pluginConfiguration.name: {name}`, or add `backup.volumeSnapshot` to the Cluster"
        ),
        (None, Method::InTree | Method::Plugin(..)) if setup.snapshot.is_some() => {
            "write `method: volumeSnapshot`, or give the Cluster an object store".to_owned()
        }
        (None, Method::InTree) => "give the Cluster a place for its backups".to_owned(),
        (None, Method::Snapshot) => "add `backup.volumeSnapshot` to the Cluster, or take another method".to_owned(),
        (None, Method::Plugin(name, _)) => format!("add the plugin `{name}` to `spec.plugins` of the Cluster"),
    }
}
