//! Databases that cannot resolve names.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters and Poolers whose pods are isolated for egress and have no rule that could let them ask a name server: port 53
    /// by UDP is closed to `kube-dns`, to every address and to the node.
    ///
    /// ## Why it matters
    /// Replicas find the primary, poolers the instances and backups their store by name. What fails tells of a timeout, not of a
    /// policy.
    ///
    /// ## Instead
    /// One egress rule for the whole namespace: 53 by UDP and TCP to the pods labelled `k8s-app: kube-dns` in `kube-system`.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Undecided where 53 is open to some pods that could be name servers of another kind. TCP alone is not missed: it is the
    /// fallback for long answers.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-dns",
        summary: "policies keep a database from the name server",
        scope: Target,
        codes: ["blocked" => (Warning, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::Dns).then_some("blocked"));
}
