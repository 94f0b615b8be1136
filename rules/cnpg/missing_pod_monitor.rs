//! Clusters and Poolers that nothing scrapes.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg::{Cluster, GROUP, cluster_reference};
use crate::graph::{Graph, Lookup, View};
use crate::reach::answer::Answer;
use crate::reach::scraped::Scrapers;
use crate::reach::{Peer, PeerRole};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds Clusters and Poolers that no PodMonitor selects, in targets where objects of the Prometheus operator are
    /// in use.
    ///
    /// ## Why it matters
    /// Every instance counts its replication lag, its failed archivings and the age of its last backup, and PgBouncer
    /// its waiting clients. Nobody reads it, and an alert on a metric that nobody collects never fires.
    ///
    /// ## Instead
    /// A PodMonitor that selects `cnpg.io/cluster` (and `cnpg.io/podRole: pooler` or `cnpg.io/poolerName` for a Pooler)
    /// with port `metrics`. `enablePodMonitor` does the same and is deprecated since operator 1.26.
    ///
    /// ## Limits
    /// Counted are PodMonitors, their like of VictoriaMetrics, `enablePodMonitor`, and annotations whose key speaks of
    /// scraping. Undecided where scrape configs are written out in Helm values, ConfigMaps or ScrapeConfigs, where a
    /// Service selects the instances, and where another repo or what is not built may bring a PodMonitor. Samples have
    /// low confidence.
    pub static RULE {
        id: "cnpg/missing-pod-monitor",
        summary: "nothing scrapes the metrics of a Cluster or Pooler",
        scope: Target,
        codes: [
            "cluster" => (Note, High, Reliability),
            "pooler" => (Note, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let is_scraped_kind = |peer: &&Peer<'w>| matches!(peer.role, PeerRole::Instance | PeerRole::Pooler);
    if !context.reach.all_peers().iter().any(|peer| is_scraped_kind(&peer)) {
        return;
    }
    let scrapers = Scrapers::new(context.graph);
    if !scrapers.in_use() {
        return;
    }
    let mut seen = HashSet::new();
    for peer in context.reach.all_peers().iter().filter(is_scraped_kind) {
        let resource = peer.resource;
        if !seen.insert(std::ptr::from_ref(resource)) || stands_alone(peer, context.graph) {
            continue;
        }
        let at = resource.headline();
        if let Answer::Unknown(reason) = scrapers.scrape(peer) {
            sink.undecided(at.span(), reason);
            continue;
        }
        if scrapers.scrape(peer) == Answer::Yes {
            continue;
        }
        let unseen = context.graph.find_beside_charts("monitoring.coreos.com", "PodMonitor", &resource.namespace, "");
        let open = match unseen {
            Lookup::Unknown(reason) => Some(reason),
            Lookup::Found(_) | Lookup::Absent(_) => resource.may_be_completed().map(str::to_owned),
        };
        if let Some(reason) = open {
            sink.undecided(at.span(), reason);
            continue;
        }
        let (code, label, key) = match peer.role {
            PeerRole::Pooler => ("pooler", "cnpg.io/poolerName", "PgBouncer"),
            _ => ("cluster", "cnpg.io/cluster", "its instances"),
        };
        let name = resource.written_name().unwrap_or_default();
        let message = format!("nothing scrapes the metrics of {}", resource.title());
        let finding = sink
            .finding(code, resource, at, message)
            .label(format!("no PodMonitor selects {key}"))
            .help(format!("add a PodMonitor that selects `{label}: {name}`, with port `metrics`"));
        if resource.is_example() {
            finding.confidence(Confidence::Low);
        }
    }
}

/// Whether a Pooler's Cluster is not there, which says enough of it.
fn stands_alone<'w>(peer: &Peer<'w>, graph: &Graph<'w>) -> bool {
    let cluster = cluster_reference(peer.resource).and_then(Value::known);
    let of_pooler = peer.role == PeerRole::Pooler;
    let found = |name: &str| graph.find(GROUP, Cluster::KIND, &peer.resource.namespace, name);
    of_pooler && cluster.is_some_and(|name| matches!(found(name), Lookup::Absent(_)))
}
