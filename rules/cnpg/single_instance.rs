//! Clusters with fewer instances than they need.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Notes a Cluster with one instance. With the option `minimum` it warns of every Cluster with fewer instances
    /// than that.
    ///
    /// ## Why it matters
    /// A single instance has nobody to take over: a drained node, a restart for a new image or a lost volume is
    /// downtime for every database in it. The operator's disruption budget also keeps the drain of that node
    /// from finishing.
    ///
    /// ## Instead
    /// `instances: 3` survives the loss of one and still has a replica; `instances: 2` survives the loss of one.
    ///
    /// ## Limits
    /// Replica clusters, whose primary is elsewhere, get no note; with `minimum` they count like any other. A number
    /// that is still a `${VAR}` is left undecided.
    pub static RULE {
        id: "cnpg/single-instance",
        summary: "a Cluster has too few instances to survive the loss of one",
        scope: Resource(Cluster),
        codes: [
            "single" => (Note, High, Reliability),
            "below-minimum" => (Warning, High, Reliability),
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
    /// How many instances a Cluster must have at least.
    pub minimum: Option<u32>,
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let written = cluster.spec(&["instances"]).filter(|value| !value.is_null());
    if let Some(reason) = written.and_then(|value| value.unknown()) {
        sink.undecided(cluster.spec(&["instances"]).unwrap_or(cluster.headline()).span(), reason);
        return;
    }
    let Some(instances) = cluster.instances().filter(|instances| *instances >= 1) else { return };
    let minimum = context.options::<Options>().minimum;
    let too_few = minimum.is_some_and(|minimum| instances < i64::from(minimum));
    if !too_few && (instances > 1 || minimum.is_some() || cluster.is_replica()) {
        return;
    }
    if written.is_none()
        && let Some(reason) = cluster.may_be_completed()
    {
        sink.undecided(cluster.headline().span(), reason);
        return;
    }
    let place = written.unwrap_or(cluster.headline());
    let title = cluster.title();
    let label = if written.is_some() { "no other to take over" } else { "`instances` is not set and defaults to 1" };
    match minimum.filter(|_| too_few) {
        Some(minimum) => {
            let plural = if instances == 1 { "instance" } else { "instances" };
            let message = format!("{title} has {instances} {plural} where the platform asks for {minimum}");
            let finding = sink
                .finding("below-minimum", cluster.resource(), place, message)
                .note(format!("the config sets `minimum: {minimum}` for this rule"))
                .help(format!("set `instances: {minimum}`"));
            finding.label(if instances == 1 { label } else { "below the platform's minimum" });
        }
        None => {
            sink.finding(
                "single",
                cluster.resource(),
                place,
                format!("{title} has one instance: its loss is downtime"),
            )
            .label(label)
            .help(match place.as_written().is_some_and(|text| text == place.raw().unwrap_or_default()) {
                true => "set `instances: 3`, or 2 at least",
                // A variable may serve other fields, too.
                false => "give it 3 instances, or 2 at least, where a loss of it matters",
            });
        }
    }
}
