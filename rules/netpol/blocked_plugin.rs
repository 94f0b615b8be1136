//! Operators that cannot reach the backup plugin.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters with the barman-cloud plugin where policies keep the operator from the plugin on 9090: egress at the operator is
    /// isolated, or ingress at the plugin, and no rule opens it.
    ///
    /// ## Why it matters
    /// The operator asks the plugin by gRPC while it reconciles a Cluster. Without an answer it makes neither the Cluster nor a backup.
    ///
    /// ## Instead
    /// An egress rule at the operator and an ingress rule at the plugin for 9090. Both run in one namespace.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// The plugin is taken to run where the operator does, unless the repo shows it.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-plugin",
        summary: "policies keep the operator from the backup plugin",
        scope: Target,
        codes: ["blocked" => (Warning, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::Plugin).then_some("blocked"));
}
