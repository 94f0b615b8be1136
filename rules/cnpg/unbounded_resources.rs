//! Clusters without a word about memory.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster with neither a memory request nor a memory limit. With the option `both` it wants the two of them.
    ///
    /// ## Why it matters
    /// The scheduler then puts an instance on a node as if it needed nothing, and a node that runs short of memory ends
    /// such pods first: the primary goes while some other workload grows. PostgreSQL itself takes what it is
    /// configured for and does not see what the node has left.
    ///
    /// ## Instead
    /// A memory request that holds `shared_buffers` and the sessions; a limit of the same size makes the pods Guaranteed.
    ///
    /// ## Limits
    /// A namespace with a LimitRange gives memory to pods that ask for none and is left alone, as is a Cluster that a
    /// kustomization may still complete. Under `docs`, `examples` and the like the confidence is low.
    pub static RULE {
        id: "cnpg/unbounded-resources",
        summary: "a Cluster has neither a memory request nor a limit",
        scope: Resource(Cluster),
        codes: [
            "none" => (Warning, High, Reliability),
            "one-of-two" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Whether a Cluster must have both a memory request and a memory limit.
    pub both: bool,
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resources = cluster.spec(&["resources"]).filter(|resources| !resources.is_null());
    let memory = |key: &str| resources?.at(&[key, "memory"]).filter(|memory| !memory.is_null());
    let (request, limit) = (memory("requests"), memory("limits"));
    // A limit alone is the request too: the API server copies it.
    let missing = match (request, limit) {
        (None, None) => None,
        (Some(request), None) if context.options::<Options>().both => Some((request, "request", "limit")),
        (None, Some(limit)) if context.options::<Options>().both => Some((limit, "limit", "request")),
        _ => return,
    };
    let place = resources.unwrap_or_else(|| cluster.headline());
    let parts = resources.into_iter().flat_map(|all| [Some(all), all.get("requests"), all.get("limits")]).flatten();
    if let Some(reason) = parts.into_iter().find_map(Value::unknown) {
        sink.undecided(place.span(), reason);
        return;
    }
    if let Some(reason) = cluster.may_be_completed() {
        sink.undecided(place.span(), reason);
        return;
    }
    if context.world.graphs.iter().any(|graph| {
        let mut ranges = graph.of_kind("", "LimitRange").iter();
        ranges.any(|range| range.namespace.may_be(&cluster.namespace))
    }) {
        return;
    }
    let title = cluster.title();
    let finding = match missing {
        None => sink
            .finding(
                "none",
                cluster.resource(),
                place,
                format!("{title} asks for no memory: its instances go first when a node runs short"),
            )
            .underline(place.key_span().filter(|_| resources.is_some()).unwrap_or(place.span()))
            .label(if resources.is_some() { "says nothing of memory" } else { "no `resources`" })
            .help("set `resources.requests.memory` to what an instance needs"),
        Some((has, there, lacks)) => sink
            .finding(
                "one-of-two",
                cluster.resource(),
                has,
                format!("{title} has a memory {there} and no memory {lacks}, where the platform asks for both"),
            )
            .label(format!("the {there} alone"))
            .note("the config sets `both: true` for this rule")
            .help(format!("set `resources.{lacks}s.memory` too")),
    };
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}
