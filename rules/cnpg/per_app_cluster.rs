//! Clusters beside the one that apps share.

use crate::config::Role;
use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Finds a Cluster that is not one of `databases.shared`, where the config names one there.
    ///
    /// ## Why it matters
    /// Each Cluster has its own backups, policies, upgrades and memory to look after. A platform that runs one for all
    /// pays for each exception for as long as it lives.
    ///
    /// ## Instead
    /// Declare a `Database` in the shared Cluster. What needs a Cluster of its own goes into `allowed`.
    ///
    /// ## Limits
    /// Off until the config speaks of the rule. Replicas of other Clusters are let pass, and a Cluster in an app's path is
    /// told by `boundary/platform-object-in-app`.
    pub static RULE {
        id: "cnpg/per-app-cluster",
        summary: "a Cluster of its own where apps share one",
        scope: Resource(Cluster),
        codes: ["beside-shared" => (Warning, High, Boundary)],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Clusters that may be there beside the shared ones, by `namespace/name` or by name.
    pub allowed: Vec<String>,
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let config = context.config();
    let Some(shared) = config.databases.shared.first() else { return };
    let resource = cluster.resource();
    if resource.is_example()
        || cluster.is_replica()
        || config.role_of(resource.path).is_some_and(|role| role.value == Role::App)
    {
        return;
    }
    let (Some(name), Some(namespace)) = (resource.name(), resource.namespace.known()) else {
        return sink.undecided(resource.headline().span(), "whether it is a shared Cluster is not known");
    };
    let whole = format!("{namespace}/{name}");
    let allowed = &context.options::<Options>().allowed;
    if config.databases.shared_entry(namespace, name).is_some()
        || allowed.iter().any(|one| *one == whole || one == name)
    {
        return;
    }
    sink.finding(
        "beside-shared",
        resource,
        resource.headline(),
        format!("{} stands beside Cluster `{}`, which apps are to share", resource.title(), shared.value),
    )
    .label("a cluster of its own")
    .related(shared.span, "the config names the shared one")
    .help(format!("declare a `Database` in `{}`, or list `{whole}` under `allowed` of this rule", shared.value));
}
