//! Clusters that policies hide from the operator.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters whose instances the CloudNativePG operator surely cannot reach on 8000 or on 5432: because policies close ingress
    /// at the instances, or egress at the operator, and no rule opens it.
    ///
    /// ## Why it matters
    /// The operator asks the instance manager of each instance for its state on 8000 and connects to PostgreSQL on 5432. Without an
    /// answer it can neither finish the Cluster nor fail over, and says only that it cannot extract the status of an instance.
    ///
    /// ## Instead
    /// An ingress rule for 5432 and 8000 from the operator's pods (`app.kubernetes.io/name: cloudnative-pg` in the namespace it
    /// runs in, often `cnpg-system`) in a policy that selects `cnpg.io/cluster`; and the same as egress where the operator is isolated.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Where the repo does not show where the operator runs, it tells only of ports that no rule may open to it.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-operator",
        summary: "policies keep the operator from a Cluster's instances",
        scope: Target,
        codes: ["blocked" => (Error, High, Network)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::Operator).then_some("blocked"));
}
