//! Databases that cannot be scraped.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters and Poolers that a PodMonitor selects, or whose `enablePodMonitor` is set, while policies let nobody who scrapes in
    /// on 9187 or, for a Pooler, on 9127.
    ///
    /// ## Why it matters
    /// The operator does not read these ports: Prometheus does, from another namespace. A rule for the operator's namespace leaves
    /// every alert on the database without data.
    ///
    /// ## Instead
    /// An ingress rule for 9187 (9127 at poolers) from the namespace of Prometheus.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Whoever scrapes is found by Prometheus and VMAgent objects and by well-known charts. Where the repo shows none of them, it
    /// tells only of ports that no rule may open to it.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-metrics",
        summary: "policies keep a database from being scraped",
        scope: Target,
        codes: ["blocked" => (Warning, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::Metrics).then_some("blocked"));
}
