//! Clusters whose instances may all stand on one node.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster of several instances with `affinity.enablePodAntiAffinity: false` and nothing in its place. With
    /// the option `required` it also finds those that keep their instances apart only where there is room, which is the
    /// operator's default.
    ///
    /// ## Why it matters
    /// Replicas are there for the loss of a node. With all of them on one node its loss takes the primary and whatever
    /// would take over, and so does every drain.
    ///
    /// ## Instead
    /// Leave `enablePodAntiAffinity` out: it is on by default. `podAntiAffinityType: required` rather leaves an instance
    /// pending than puts two of them together.
    ///
    /// ## Limits
    /// `additionalPodAntiAffinity` and `topologySpreadConstraints` are taken for another way to the same end and not
    /// weighed. A Cluster of one instance has nothing to keep apart. Poolers are not looked at. Values that are still a
    /// `${VAR}` are left undecided.
    pub static RULE {
        id: "cnpg/shared-node",
        summary: "the instances of a Cluster may share a node",
        scope: Resource(Cluster),
        codes: [
            "off" => (Warning, High, Reliability),
            "preferred" => (Warning, High, Reliability),
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
    /// Whether anti-affinity has to be required, not just preferred.
    pub required: bool,
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let required = context.options::<Options>().required;
    let affinity = cluster.spec(&["affinity"]);
    let field = |key: &str| affinity?.get(key).filter(|value| !value.is_null());
    let (switch, kind) = (field("enablePodAntiAffinity"), field("podAntiAffinityType"));
    let off = switch.filter(|switch| switch.as_bool() == Some(false));
    let written = |value: Option<Value<'w>>| value.is_some_and(|value| !value.is_null() && !value.is_empty());
    let otherwise =
        written(field("additionalPodAntiAffinity")) || written(cluster.spec(&["topologySpreadConstraints"]));
    let several = cluster.instances().is_none_or(|instances| instances > 1);
    if otherwise || !several || (off.is_none() && !required) {
        return;
    }
    let open = [affinity, switch, kind.filter(|_| off.is_none()), cluster.spec(&["instances"])];
    if let Some((value, reason)) = open.into_iter().flatten().find_map(|value| Some((value, value.unknown()?))) {
        sink.undecided(value.span(), reason);
        return;
    }
    if cluster.instances().is_none() {
        return;
    }
    let title = cluster.title();
    let resource = cluster.resource();
    // That it does nothing beside the switch is the matter of `cnpg/ineffective-field`.
    if off.is_some() && (kind.is_some() || field("topologyKey").is_some()) {
        return;
    }
    let finding = match off {
        Some(switch) => sink
            .finding("off", resource, switch, format!("nothing keeps the instances of {title} on different nodes"))
            .label("switches it off")
            .help("take the line away: instances are kept apart by default"),
        None => {
            // What is none of the two words is told by the schema.
            if kind.is_some_and(|kind| kind.known() != Some("preferred")) {
                return;
            }
            if let Some(reason) = cluster.may_be_completed().filter(|_| kind.is_none()) {
                sink.undecided(cluster.headline().span(), reason);
                return;
            }
            let message = format!("the instances of {title} share a node where there is no room on others");
            sink.finding("preferred", resource, kind.unwrap_or_else(|| cluster.headline()), message)
                .label(match kind {
                    Some(_) => "not kept",
                    None => "no `podAntiAffinityType`, so it is `preferred`",
                })
                .note("the config sets `required: true` for this rule")
                .help("set `affinity.podAntiAffinityType: required`")
        }
    };
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}
