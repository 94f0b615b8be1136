//! Backups by the operator's own Barman Cloud code, which is on its way out.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster that backs up, or recovers, by `barmanObjectStore`, under an operator of 1.26 or later.
    ///
    /// ## Why it matters
    /// Barman Cloud in the operator itself is deprecated since CloudNativePG 1.26 (May 2025); the plugin barman-cloud
    /// replaces it. The operator warns at each admission, and a later version will drop the field: archiving stops with
    /// the upgrade that does so. The release notes of 1.30 name 1.31 for it; that date was put off three times before.
    ///
    /// ## Instead
    /// Install the plugin (it needs cert-manager), move the content of `barmanObjectStore` to `spec.configuration` of an
    /// ObjectStore and `retentionPolicy` beside it, and name that ObjectStore in `spec.plugins`. `serverName` becomes a
    /// parameter of the plugin; ScheduledBackups get `method: plugin`.
    ///
    /// ## Limits
    /// The operator's version is the one that the repo, the config or the command line says, else the newest known.
    /// Volume snapshots are not concerned.
    pub static RULE {
        id: "cnpg/in-tree-barman",
        summary: "backups are made by the operator's deprecated Barman Cloud code",
        scope: Resource(Cluster),
        codes: [
            "backup" => (Warning, High, Reliability),
            "source" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// The operator that deprecated it.
const SINCE: (u32, u32) = (1, 26);

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let operator = &context.versions().cnpg;
    if version(operator).is_none_or(|operator| operator < SINCE) {
        return;
    }
    let backup = cluster.spec(&["backup", "barmanObjectStore"]).filter(|store| !store.is_null());
    let sources: Vec<Value<'w>> = cluster
        .external_clusters()
        .filter_map(|external| external.get("barmanObjectStore"))
        .filter(|store| !store.is_null())
        .collect();
    let (code, does, primary, others) = match (backup, sources.as_slice()) {
        (Some(backup), sources) => ("backup", "backs up", backup, sources),
        (None, [first, rest @ ..]) => ("source", "reads from an archive", *first, rest),
        (None, []) => return,
    };
    let message = format!("{} {does} by `barmanObjectStore`, which the operator is going to drop", cluster.title());
    let mut finding = sink
        .finding(code, cluster.resource(), primary, message)
        .underline(primary.key_or_span())
        .label("deprecated since operator 1.26")
        .note(format!(
            "judged for operator {operator}; the release notes of 1.30 name 1.31 for the removal, after three delays"
        ));
    finding = finding.help(match code {
        "backup" => {
            "move it to an ObjectStore, and name that in `spec.plugins` under `barman-cloud.cloudnative-pg.io`, with \
             `isWALArchiver: true`"
        }
        _ => "move it to an ObjectStore, and name that in the external cluster's `plugin.parameters.barmanObjectName`",
    });
    for other in others {
        finding = finding.related(other.key_or_span(), "this external cluster uses it too");
    }
    if code == "backup" {
        if !others.is_empty() {
            finding =
                finding.help("name the ObjectStore of an external cluster in its `plugin.parameters.barmanObjectName`");
        }
        if cluster.spec(&["backup", "retentionPolicy"]).is_some() {
            finding = finding.help("`retentionPolicy` moves to the ObjectStore, too: in the Cluster it has no effect on a plugin's backups");
        }
        finding.help("what backs it up needs `method: plugin` and `pluginConfiguration.name` in the same change");
    }
}

/// Major and minor version of `1.26` or `1.26.3`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (text, deprecated) in
            [("1.25", false), ("1.26", true), ("1.30", true), ("1.9", false), ("2.0", true), ("1.26.1", true)]
        {
            assert_eq!(version(text).is_some_and(|version| version >= SINCE), deprecated, "{text}");
        }
        assert_eq!(version("main"), None);
    }
}
