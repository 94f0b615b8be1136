//! Which labels the operator hands down from a Cluster or Pooler to its pods.

use crate::graph::Graph;
use crate::graph::workload::{Label, LabelValue};
use crate::reach::{Peer, PeerRole, operators};
use crate::yaml::Value;

/// Which labels of a Cluster or Pooler the operator hands down to pods: those that its setting lists.
pub(super) struct Inherited<'w> {
    patterns: Option<Vec<&'w str>>,
}

impl<'w> Inherited<'w> {
    /// The setting, where the operator's ConfigMap or Deployment is in the repo and says it.
    pub(super) fn new(graph: &Graph<'w>) -> Inherited<'w> {
        let maps = graph.of_kind("", "ConfigMap").iter().filter_map(|map| map.at(&["data", INHERITED_LABELS]));
        let deployments = operators(graph).into_iter().filter(|operator| operator.resource.kind == "Deployment");
        let variables = deployments
            .filter_map(|operator| operator.resource.at(&["spec", "template", "spec", "containers"]))
            .flat_map(Value::items)
            .filter_map(|container| container.get("env"))
            .flat_map(Value::items)
            .filter(|variable| variable.get("name").and_then(Value::known) == Some(INHERITED_LABELS))
            .filter_map(|variable| variable.get("value"));
        let known = maps.chain(variables).find_map(Value::known);
        Inherited { patterns: known.map(|list| list.split(',').map(str::trim).collect()) }
    }

    /// Decides about the labels that a peer may have from its Cluster or Pooler.
    pub(super) fn settle(&self, peer: &mut Peer<'w>) {
        let Some(patterns) = &self.patterns else { return };
        if peer.role == PeerRole::Workload {
            return;
        }
        let own = peer.resource.at(&["metadata", "labels"]).into_iter().flat_map(Value::entries);
        let own: Vec<(&'w str, Value<'w>)> = own.collect();
        for (key, value) in own {
            if !matches!(peer.labels.get(key), Label::Perhaps(_)) {
                continue;
            }
            let handed_down = patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => key.starts_with(start),
                None => *pattern == key,
            });
            match (handed_down, value.known()) {
                (true, Some(text)) => peer.labels.insert(key, LabelValue::Is(text.into())),
                (true, None) => {}
                (false, _) => peer.labels.remove(key),
            }
        }
    }
}

/// The operator's setting, in its ConfigMap or environment: names, or starts of names with a `*`.
const INHERITED_LABELS: &str = "INHERITED_LABELS";
