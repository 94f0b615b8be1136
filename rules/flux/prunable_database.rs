//! Databases that go with their file.

use crate::declare_rule;
use crate::graph::Graph;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::flux::{Flux, Node};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds CloudNativePG Clusters, and namespaces that hold one, that a Flux Kustomization with `prune: true` applies
    /// and that nothing exempts from pruning.
    ///
    /// ## Why it matters
    /// Flux deletes what it applied before and does not find any more. A renamed Cluster, a file that moves to another
    /// Kustomization or an entry that somebody comments out deletes the Cluster, and the operator's volume claims belong
    /// to it: they go as well, the backups being all that is left. A deleted namespace takes everything in it along.
    ///
    /// ## Instead
    /// Put the annotation or label `kustomize.toolkit.fluxcd.io/prune: disabled` on the Cluster and on its namespace.
    /// Whoever means to delete the database then does so by hand.
    ///
    /// ## Limits
    /// A Cluster whose storage class keeps its volumes (`reclaimPolicy: Retain`, where the class is in the target) and a
    /// Kustomization with `deletionPolicy: Orphan` count as protected, though the Cluster itself would still go. What a
    /// ResourceSet brings is not looked at. Whether a database is worth keeping is not known: suppress the finding where
    /// it is not.
    pub static RULE {
        id: "flux/prunable-database",
        summary: "a database is deleted as soon as its Kustomization no longer brings it",
        scope: Target,
        codes: [
            "cluster" => (Warning, Medium, Reliability),
            "namespace" => (Warning, Medium, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

const MARK: &str = "kustomize.toolkit.fluxcd.io/prune";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let flux = context.flux_as_seen();
    let mut homes: HashMap<&str, &'w Resource<'w>> = HashMap::new();
    for cluster in context.graph.of_kind(GROUP, "Cluster").iter().filter(|cluster| cluster.whole) {
        if let Some(namespace) = namespace(&flux, cluster)
            && !keeps_volumes(context.graph, cluster)
        {
            homes.entry(namespace).or_insert(cluster);
        }
    }
    for node in flux.nodes.iter().filter(|node| node.is_on("prune")) {
        let orphans = node.spec(&["deletionPolicy"]).and_then(Value::raw) == Some("Orphan");
        for object in node.objects.iter().copied().filter(|object| !orphans && !is_exempt(object)) {
            if object.is(GROUP, "Cluster") && !keeps_volumes(context.graph, object) {
                report_cluster(object, node, sink);
            } else if object.is("", "Namespace")
                && let Some(cluster) = object.name().and_then(|name| homes.get(name))
            {
                report_namespace(object, cluster, node, sink);
            }
        }
    }
}

/// The namespace that a Cluster ends up in.
fn namespace<'v>(flux: &'v Flux<'_, '_>, cluster: &'v Resource<'_>) -> Option<&'v str> {
    cluster.namespace.known().or_else(|| {
        let node = flux.nodes.iter().find(|node| node.applied.scope == cluster.delivery.scope)?;
        (cluster.at(&["metadata", "namespace"]).is_none()).then_some(node.applied.namespace.as_str())
    })
}

/// Whether Flux leaves an object alone, or whether it does cannot be told.
fn is_exempt(object: &Resource<'_>) -> bool {
    let told = |key: &str| object.annotation(key).or_else(|| object.label(key)).map(|value| (value.raw(), value));
    let off =
        |key: &str, word: &str| told(key).is_some_and(|(raw, value)| raw == Some(word) || value.unknown().is_some());
    off(MARK, "disabled")
        || off("kustomize.toolkit.fluxcd.io/reconcile", "disabled")
        || off("kustomize.toolkit.fluxcd.io/ssa", "Ignore")
}

/// Whether the storage class of a Cluster is known to keep volumes whose claims are gone.
fn keeps_volumes(graph: &Graph<'_>, cluster: &Resource<'_>) -> bool {
    let class = cluster.at(&["spec", "storage", "storageClass"]).and_then(Value::known);
    class.is_some_and(|class| {
        let found = graph.named("storage.k8s.io", "StorageClass", class);
        found.iter().any(|class| class.at(&["reclaimPolicy"]).and_then(Value::raw) == Some("Retain"))
    })
}

fn report_cluster<'w>(object: &'w Resource<'w>, node: &Node<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let view = <Cluster<'w> as crate::graph::View<'w>>::of(object);
    if view.is_none() {
        return;
    }
    let message = format!("{} is deleted with its volumes once its Kustomization no longer brings it", object.title());
    let kustomization = format!("{}/{}", node.applied.namespace, node.applied.name);
    sink.finding("cluster", object, object.headline(), message)
        .label("nothing exempts it from pruning")
        .related(
            node.spec(&["prune"]).map(Value::key_or_span),
            format!("Kustomization `{kustomization}` deletes what it no longer finds"),
        )
        .note("the volume claims belong to the Cluster; only the backups stay")
        .help(format!("add the annotation `{MARK}: disabled` to the Cluster"));
}

fn report_namespace<'w>(
    object: &'w Resource<'w>,
    cluster: &'w Resource<'w>,
    node: &Node<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let message =
        format!("{} is deleted with all its databases once its Kustomization no longer brings it", object.title());
    let kustomization = format!("{}/{}", node.applied.namespace, node.applied.name);
    sink.finding("namespace", object, object.headline(), message)
        .label("nothing exempts it from pruning")
        .related(
            node.spec(&["prune"]).map(Value::key_or_span),
            format!("Kustomization `{kustomization}` deletes what it no longer finds"),
        )
        .related(cluster.headline().span(), format!("{} is in it", cluster.title()))
        .help(format!("add the annotation `{MARK}: disabled` to the Namespace"));
}
