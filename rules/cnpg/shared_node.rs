//! Clusters and Poolers whose instances may all stand on one node.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg::{Cluster, Pooler, spec};
use crate::graph::{Any, View};
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster of several instances with `affinity.enablePodAntiAffinity: false` and nothing in its place. With
    /// the option `required` it also finds those that keep their instances apart only where there is room, which is the
    /// operator's default. With the option `poolers` it finds Poolers of several instances whose `template` keeps no
    /// two of them apart.
    ///
    /// ## Why it matters
    /// Replicas are there for the loss of a node. With all of them on one node its loss takes the primary and whatever
    /// would take over, and so does every drain.
    ///
    /// ## Instead
    /// Leave `enablePodAntiAffinity` out: it is on by default. `podAntiAffinityType: required` rather leaves an
    /// instance pending than puts two of them together. A Pooler has no such default: give its `template` a
    /// `podAntiAffinity` or `topologySpreadConstraints` on `cnpg.io/poolerName`.
    ///
    /// ## Limits
    /// `additionalPodAntiAffinity` and `topologySpreadConstraints` are taken for another way to the same end and not
    /// weighed. A Cluster or Pooler of one instance has nothing to keep apart. The scheduler spreads a Pooler's pods
    /// where there is room, whatever the template says, so these are told only where the config asks. Values that are
    /// still a `${VAR}` are left undecided.
    pub static RULE {
        id: "cnpg/shared-node",
        summary: "the instances of a Cluster or Pooler may share a node",
        scope: Resource(Any),
        codes: [
            "off" => (Warning, High, Reliability),
            "preferred" => (Warning, High, Reliability),
            "pooler" => (Warning, High, Reliability),
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
    /// Whether Poolers have to keep their pods apart too.
    pub poolers: bool,
}

fn check<'w>(object: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    if let Some(cluster) = Cluster::of(object.resource()) {
        of_cluster(&cluster, context, sink);
    } else if let Some(pooler) = Pooler::of(object.resource())
        && context.options::<Options>().poolers
    {
        of_pooler(&pooler, sink);
    }
}

fn of_pooler<'w>(pooler: &Pooler<'w>, sink: &mut Sink<'_, 'w>) {
    let resource = pooler.resource();
    let pod = spec(resource, &["template", "spec"]);
    let field = |path: &[&str]| pod.and_then(|pod| pod.at(path)).filter(|value| !value.is_null());
    let spread = field(&["topologySpreadConstraints"]);
    let apart = field(&["affinity", "podAntiAffinity"]);
    let instances = spec(resource, &["instances"]).filter(|value| !value.is_null());
    let open = [spec(resource, &["template"]), pod, field(&["affinity"]), spread, apart, instances];
    if let Some((value, reason)) = open.into_iter().flatten().find_map(|value| Some((value, value.unknown()?))) {
        return sink.undecided(value.span(), reason);
    }
    // The CRD's default is 1.
    let Some((instances, count)) = instances.and_then(|value| Some((value, value.as_int()?))) else { return };
    if count < 2 || spread.or(apart).is_some_and(|value| !value.is_empty()) {
        return;
    }
    if let Some(reason) = pooler.may_be_completed() {
        return sink.undecided(instances.span(), reason);
    }
    let name = pooler.written_name().unwrap_or("its name");
    let message = format!("nothing keeps the {count} instances of {} on different nodes", pooler.title());
    let template = spec(resource, &["template"]);
    let at = template.unwrap_or_else(|| resource.headline());
    let finding = sink
        .finding("pooler", resource, at, message)
        .underline(template.map_or(at.span(), Value::key_or_span))
        .label(if template.is_some() { "has no anti-affinity" } else { "no `template` with an anti-affinity" })
        .related(instances.span(), "as many instances")
        .help(format!("add a `podAntiAffinity` on `cnpg.io/poolerName: {name}` to `template.spec.affinity`"));
    if pooler.is_example() {
        finding.confidence(Confidence::Low);
    }
}

fn of_cluster<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
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
