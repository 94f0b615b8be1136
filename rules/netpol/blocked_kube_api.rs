//! Databases that policies keep from the API server.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters and Poolers whose pods surely cannot reach the API server: egress is isolated, and no rule opens 6443 to any
    /// address or, with Cilium, to the entity `kube-apiserver`. With Cilium the other way, too: policies that keep the API server
    /// from the webhooks of the operator on 9443.
    ///
    /// ## Why it matters
    /// Every instance manager, pooler and Job of CloudNativePG reads and writes objects. A rule for 443 to the address of the
    /// Service `kubernetes` does not help: it is replaced by the server's own address and port before policies look at a packet.
    /// Without the API server no instance starts, and a primary that is cut off stops itself.
    ///
    /// ## Instead
    /// An egress rule for 6443 to an `ipBlock` with the addresses of the control plane; with Cilium `toEntities: [kube-apiserver]`,
    /// which blocks of addresses do not match.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Undecided where 443 is open to private addresses or to nearly all, as the API servers of some providers listen there, and with Cilium where
    /// 6443 is open to addresses, which match an API server outside the cluster.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-kube-api",
        summary: "policies keep a database from the API server",
        scope: Target,
        codes: [
            "blocked" => (Error, High, Network),
            "webhook" => (Warning, Medium, Network),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::KubeApi).then_some("blocked"));
    report_blocked(context, sink, |kind| (kind == NeedKind::Webhook).then_some("webhook"));
}
