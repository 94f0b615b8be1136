//! Names that the operator takes for the Services of a Cluster.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::cnpg::{Cluster, Pooler, cluster_reference};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds a Pooler or a Service named like a Service that the operator makes for a Cluster of the namespace:
    /// `<cluster>-rw`, `-ro`, `-r`, or one of `managed.services.additional`; and a Pooler named like a Cluster.
    ///
    /// ## Why it matters
    /// A Pooler makes a Service of its own name, the operator makes those of the Cluster, and GitOps applies yours:
    /// two writers for one object. Clients that ask for the primary reach the pooler, or whatever was written last,
    /// and replication may go the wrong way.
    ///
    /// ## Instead
    /// Give it a name of its own, such as `<cluster>-pooler-rw`.
    ///
    /// ## Limits
    /// `-ro` and `-r` are free where `managed.services.disabledDefaultServices` names them. `-any` is only kept for
    /// the operator, so a name like that has low confidence. A Pooler named like its own Cluster is refused at
    /// admission and said there.
    pub static RULE {
        id: "cnpg/shadowed-service",
        summary: "a Pooler or Service has the name of a Service that the operator makes",
        scope: Target,
        codes: [
            "pooler" => (Error, High, Reliability),
            "service" => (Error, High, Reliability),
            "named-like-cluster" => (Error, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// Endings of the names of a Cluster's own Services, and what each leads to.
const ENDINGS: [(&str, &str); 4] = [
    ("rw", "the Service of the primary"),
    ("ro", "the Service of the replicas"),
    ("r", "the Service of all instances"),
    ("any", "a Service of all pods"),
];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut clusters: HashMap<&str, Vec<Cluster<'w>>> = HashMap::new();
    let mut additional: HashMap<&str, Vec<(Cluster<'w>, Value<'w>)>> = HashMap::new();
    for cluster in context.graph.all::<Cluster<'w>>() {
        if let Some(name) = cluster.written_name() {
            clusters.entry(name).or_default().push(cluster);
        }
        let services = cluster.spec(&["managed", "services", "additional"]).into_iter().flat_map(Value::items);
        for name in services.filter_map(|service| service.at(&["serviceTemplate", "metadata", "name"])) {
            if let Some(known) = name.known() {
                additional.entry(known).or_default().push((cluster, name));
            }
        }
    }
    let poolers = context.graph.all::<Pooler<'w>>().map(|pooler| pooler.resource());
    let services =
        context.graph.of_kind("", "Service").iter().copied().filter(|service| service.at(&["spec"]).is_some());
    for resource in poolers.chain(services) {
        let Some(name) = resource.written_name() else { continue };
        for (ending, what) in ENDINGS {
            let cluster = name.strip_suffix(ending).and_then(|start| start.strip_suffix('-'));
            let named = cluster.and_then(|cluster| clusters.get(cluster)).into_iter().flatten();
            if let Some(cluster) = named.into_iter().find(|cluster| meets(resource, cluster)) {
                own_service(resource, cluster, ending, what, sink);
            }
        }
        let added = additional.get(name).into_iter().flatten();
        if let Some((cluster, written)) = added.into_iter().find(|(cluster, _)| meets(resource, cluster)) {
            let what = "a Service of `managed.services`";
            Clash { resource, cluster, what, related: written.span(), confidence: Confidence::High }.report(sink);
        }
        if resource.kind == Pooler::KIND {
            named_like_cluster(resource, clusters.get(name).map_or(&[], Vec::as_slice), sink);
        }
    }
}

/// Whether both are in one namespace, at least as they are written.
fn meets(resource: &Resource<'_>, cluster: &Cluster<'_>) -> bool {
    resource.namespace.is_same(&cluster.namespace)
}

/// Why it is not certain that both stand side by side under the names that are written, if so.
fn doubt(resource: &Resource<'_>, cluster: &Cluster<'_>) -> Option<&'static str> {
    if resource.delivery.renames || cluster.delivery.renames {
        Some("names are changed on the way")
    } else if resource.delivery.scope != cluster.delivery.scope {
        Some("whether both reach the same cluster is not known")
    } else {
        None
    }
}

fn own_service<'w>(
    resource: &'w Resource<'w>,
    cluster: &Cluster<'w>,
    ending: &str,
    what: &'static str,
    sink: &mut Sink<'_, 'w>,
) {
    if matches!(ending, "ro" | "r") {
        let disabled = cluster.spec(&["managed", "services", "disabledDefaultServices"]);
        let mut names = disabled.into_iter().flat_map(Value::items);
        if names.any(|name| name.known().is_none_or(|name| name == ending)) {
            return;
        }
        if let Some(reason) = cluster.may_be_completed() {
            sink.undecided(resource.headline().span(), reason);
            return;
        }
    }
    let confidence = if ending == "any" { Confidence::Low } else { Confidence::High };
    Clash { resource, cluster, what, related: cluster.headline().span(), confidence }.report(sink);
}

/// An object that has the name of a Service which the operator makes.
struct Clash<'c, 'w> {
    resource: &'w Resource<'w>,
    cluster: &'c Cluster<'w>,
    what: &'static str,
    related: Span,
    confidence: Confidence,
}

impl<'w> Clash<'_, 'w> {
    fn report(&self, sink: &mut Sink<'_, 'w>) {
        let place = self.resource.headline();
        if let Some(reason) = doubt(self.resource, self.cluster) {
            sink.undecided(place.span(), reason);
            return;
        }
        let code = if self.resource.kind == Pooler::KIND { "pooler" } else { "service" };
        let title = self.cluster.title();
        let message =
            format!("{} has the name of a Service that the operator makes for {title}", self.resource.title());
        let help = match code {
            "pooler" => "rename the Pooler, and let its clients follow",
            _ => "remove this Service, or give it a name of its own",
        };
        sink.finding(code, self.resource, place, message)
            .label(format!("also {}", self.what))
            .related(self.related, "the operator makes that Service for this Cluster")
            .confidence(self.confidence)
            .help(help);
    }
}

fn named_like_cluster<'w>(pooler: &'w Resource<'w>, clusters: &[Cluster<'w>], sink: &mut Sink<'_, 'w>) {
    let Some(cluster) = clusters.iter().find(|cluster| meets(pooler, cluster)) else { return };
    let own = cluster_reference(pooler).and_then(Value::known);
    // Its own cluster's name is refused at admission; an unknown one might be that.
    if own.is_none() || own == cluster.written_name() {
        return;
    }
    let place = pooler.headline();
    if let Some(reason) = doubt(pooler, cluster) {
        sink.undecided(place.span(), reason);
        return;
    }
    let message = format!("{} has the name of {}, which it does not serve", pooler.title(), cluster.title());
    sink.finding("named-like-cluster", pooler, place, message)
        .label("a Pooler must differ from every Cluster of its namespace")
        .related(cluster.headline().span(), "the Cluster of that name")
        .help("rename the Pooler; its Service and Deployment take the name with it");
}
