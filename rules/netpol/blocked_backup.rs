//! Clusters that cannot reach the store of their backups.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters with an object store for WAL and backups, in the Cluster or in an ObjectStore of the barman-cloud plugin, that no
    /// egress rule lets reach it: the port of `endpointURL`, 443 without one, or any port of the namespace of a Service.
    ///
    /// ## Why it matters
    /// WAL that cannot be archived is kept on the volume of the primary until it is full and PostgreSQL stops. There is no backup in the
    /// meantime, and a restore Job fails the same way.
    ///
    /// ## Instead
    /// An egress rule at the instances: 443 to the provider's addresses, or the port of the pods behind the Service, which need
    /// not be the port of the Service.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Undecided for a host of which a pod of another namespace may be the server, where a rule opens some other port to such
    /// pods. Proxies set by `.spec.env` and volume snapshots are passed over.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-backup",
        summary: "policies keep a Cluster from its backup store",
        scope: Target,
        codes: ["blocked" => (Warning, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    report_blocked(context, sink, |kind| (kind == NeedKind::Backup).then_some("blocked"));
}
