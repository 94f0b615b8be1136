//! Storage classes that the platform has not for databases.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::graph::is_near;
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds the storage classes of a Cluster's volumes (data, WAL, tablespaces) that are not among those the option
    /// `allowed` lists.
    ///
    /// ## Why it matters
    /// A class decides whether a volume is replicated twice, survives its node, can grow and is encrypted. One that is
    /// not meant for databases costs speed or data, one that is not there at all leaves the instances pending, and a
    /// volume's class cannot be changed afterwards.
    ///
    /// ## Instead
    /// One of the allowed classes. A Cluster that exists already moves by way of a new one.
    ///
    /// ## Limits
    /// Off until the config lists classes. A volume that names no class gets the default of the Kubernetes cluster, which
    /// cannot be seen: it is left undecided, as is a `${VAR}`.
    pub static RULE {
        id: "cnpg/foreign-storage-class",
        summary: "a volume of a Cluster has a storage class that is not for databases",
        scope: Resource(Cluster),
        codes: ["foreign" => (Error, High, Reliability)],
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
    /// The storage classes that volumes of databases may have; any where empty.
    pub allowed: Vec<String>,
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let allowed = &context.options::<Options>().allowed;
    if allowed.is_empty() {
        return;
    }
    let tablespaces = cluster.spec(&["tablespaces"]).into_iter().flat_map(Value::items);
    let volumes = [(cluster.spec(&["storage"]), "data"), (cluster.spec(&["walStorage"]), "WAL")]
        .into_iter()
        .chain(tablespaces.map(|tablespace| (tablespace.get("storage"), "tablespace")));
    for (volume, holds) in volumes {
        let Some(volume) = volume.filter(|volume| !volume.is_null()) else { continue };
        let written = volume.get("storageClass").filter(|class| !class.is_null());
        let Some(class) = written.or_else(|| volume.at(&["pvcTemplate", "storageClassName"])) else {
            sink.undecided(volume.span(), "the default storage class of the Kubernetes cluster is not known");
            continue;
        };
        if let Some(reason) = class.unknown() {
            sink.undecided(class.span(), reason);
            continue;
        }
        let Some(name) = class.known().filter(|name| !allowed.iter().any(|one| one == name)) else { continue };
        let list = allowed.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        let near = allowed.iter().filter_map(|one| Some((is_near(name, one)?, one))).min();
        let message =
            format!("the {holds} volumes of {} have storage class `{name}`, not one for databases", cluster.title());
        sink.finding("foreign", cluster.resource(), class, message)
            .label("not allowed for databases")
            .note(format!("the config allows {list}"))
            .help(match (near, allowed.as_slice()) {
                (Some((_, near)), _) => format!("write `{near}`, if that is meant"),
                (None, [only]) => format!("write `{only}`"),
                (None, _) => "write one of the allowed classes".to_owned(),
            });
    }
}
