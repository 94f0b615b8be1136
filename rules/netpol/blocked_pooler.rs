//! Poolers that policies keep from their instances.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Poolers whose pods surely cannot reach the instances of their Cluster on 5432: because policies close egress at the
    /// pooler, or ingress at the instances, and no rule opens it.
    ///
    /// ## Why it matters
    /// PgBouncer answers clients, and fails each query because it gets no connection to PostgreSQL. A rule that lets clients in does
    /// not let the pooler out.
    ///
    /// ## Instead
    /// Egress at the pods of the Pooler and ingress at the instances for 5432. Poolers carry `cnpg.io/cluster` as instances do,
    /// so that a rule between pods with that label is enough; `cnpg.io/podRole` tells them apart.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Whether clients reach the pooler is another question.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-pooler",
        summary: "policies keep a Pooler from its instances",
        scope: Target,
        codes: ["blocked" => (Error, High, Network)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::Pooler).then_some("blocked"));
}
