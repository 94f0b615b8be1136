//! Databases about which nobody is woken.

use crate::declare_rule;
use crate::graph::Lookup;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::yaml::{Visit, walk};

declare_rule! {
    /// ## What it does
    /// Finds targets with Clusters in which no rule of Prometheus looks at a metric of CloudNativePG: none whose
    /// expression names one that begins with a prefix of the option `prefixes`.
    ///
    /// ## Why it matters
    /// A replica that lags, WAL that is not archived and a disk that fills are visible for hours before the database
    /// stops, to whoever looks at the right moment.
    ///
    /// ## Instead
    /// A PrometheusRule with the alerts that the operator's project publishes, or a handful of one's own.
    ///
    /// ## Limits
    /// Alerts may be kept elsewhere (a monitoring repo, a dashboard), so the rule is off until the config names it.
    /// PrometheusRules, VMRules, alert groups of Grafana, and Helm values and ConfigMaps that speak of alerts are read.
    /// Undecided where another repo or what is not built may bring a PrometheusRule.
    pub static RULE {
        id: "cnpg/missing-alerts",
        summary: "no alert looks at the metrics of the databases",
        scope: Target,
        codes: ["none" => (Warning, High, Reliability)],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// What the names of metrics begin with that an alert has to look at, one of them at least.
    pub prefixes: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { prefixes: vec!["cnpg_".to_owned()] }
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let prefixes = &context.options::<Options>().prefixes;
    let mut clusters = context.graph.all::<Cluster<'w>>().filter(|cluster| !cluster.is_example());
    let Some(first) = clusters.next() else { return };
    if context.graph.resources().iter().any(|resource| watches(resource, prefixes)) {
        return;
    }
    let at = first.headline();
    let unseen = context.graph.find_beside_charts("monitoring.coreos.com", "PrometheusRule", &first.namespace, "");
    if let Lookup::Unknown(reason) = unseen {
        return sink.undecided(at.span(), reason);
    }
    let rules = context.graph.of_kind("monitoring.coreos.com", "PrometheusRule").len();
    let message = format!("no alert looks at the metrics of {}", first.title());
    let mut finding = sink
        .finding("none", first.resource(), at, message)
        .label("nobody is told when it lags, fails to archive or fills its disk")
        .note(match rules {
            0 => "this target has no PrometheusRule".to_owned(),
            1 => "the one PrometheusRule of this target looks at other metrics".to_owned(),
            count => format!("the {count} PrometheusRules of this target look at other metrics"),
        })
        .help("add a PrometheusRule on `cnpg_pg_replication_lag`, `cnpg_pg_stat_archiver_failed_count` and the like");
    for cluster in clusters.take(3) {
        finding = finding.related(cluster.headline().span(), "nor at those of this one");
    }
}

/// Whether an object has an alert on one of the metrics.
fn watches(resource: &Resource<'_>, prefixes: &[String]) -> bool {
    let is_rule = resource.kind.contains("Rule");
    let may_hold = matches!(resource.kind, "HelmRelease" | "Application" | "HelmChart" | "ConfigMap");
    if !is_rule && !may_hold {
        return false;
    }
    let (mut named, mut alerts) = (false, is_rule);
    walk(resource.value, &mut |_, value| {
        alerts |= value.key() == Some("alert");
        if let Some(text) = value.raw() {
            named |= prefixes.iter().any(|prefix| text.contains(prefix.as_str()));
            alerts |= text.contains("alert:");
        }
        if named && alerts { Visit::Past } else { Visit::Into }
    });
    named && alerts
}
