//! Clusters whose instances cannot reach each other.

use crate::declare_rule;
use crate::reach::connections::NeedKind;
use crate::rule::{Sink, TargetContext, report_blocked};

declare_rule! {
    /// ## What it does
    /// Finds Clusters with several instances that policies keep from reaching each other on 5432, the Jobs that add an instance
    /// among them, or on 8000. Replica clusters and copies that cannot reach the Cluster which they copy, too, where
    /// `externalClusters` names its service.
    ///
    /// ## Why it matters
    /// A policy holds among the pods of one Cluster, too: a rule for clients and one for the operator do not let a replica copy the
    /// primary or stream from it. It is noticed late, when an instance is added or fails over. Since operator 1.27 a primary that
    /// has lost the API server asks the others on 8000 whether it is alone, and stops itself where none answers.
    ///
    /// ## Instead
    /// Ingress and egress rules for 5432 and 8000 between pods with the same `cnpg.io/cluster`. Jobs carry that label and no
    /// `cnpg.io/podRole`.
    ///
    /// ## Limits
    /// NetworkPolicies, admin network policies and those of Cilium are worked out together. Undecided where a selector, a label or
    /// a port is not known, where a chart or kustomization that is not built could bring a policy that opens it, and where
    /// policies of Calico or Antrea or a generator are in the repo. Confidence is low for samples, and where a service mesh
    /// carries the traffic of the namespace. Pods that no rule allows anything at all are passed over: nobody runs a database
    /// that is closed off from everything, so what opens it is elsewhere.
    /// Port 8000 alone is a warning, and counts only for operators from 1.27 and where `.spec.probes.liveness.isolationCheck` is
    /// not switched off. Clusters with one instance are passed over.
    /// Repos of the role `app` are passed over: their policies are the platform's.
    pub static RULE {
        id: "netpol/blocked-replication",
        summary: "policies keep the instances of a Cluster from each other",
        scope: Target,
        codes: [
            "replication" => (Error, High, Network),
            "join" => (Error, High, Network),
            "isolation-check" => (Warning, High, Network),
            "source" => (Warning, High, Network),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let version =
        context.versions().cnpg.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    let asks = version.is_some_and(|minor| minor >= 27);
    report_blocked(context, sink, |kind| match kind {
        NeedKind::Replication => Some("replication"),
        NeedKind::Join => Some("join"),
        NeedKind::IsolationCheck if asks => Some("isolation-check"),
        _ => None,
    });
    report_blocked(context, sink, |kind| (kind == NeedKind::Source).then_some("source"));
}
