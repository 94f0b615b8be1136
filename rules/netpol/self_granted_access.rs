//! Access to a database that every author of a pod can give himself.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg;
use crate::reach::POSTGRES_PORT;
use crate::reach::connections::PartyKind;
use crate::rule::{MESH_NOTE, Sink, TargetContext, is_in_mesh};
use crate::source::Span;
use std::collections::BTreeSet;

declare_rule! {
    /// ## What it does
    /// Finds rules that let pods of every namespace reach PostgreSQL if they carry a label.
    ///
    /// ## Why it matters
    /// Whoever may make a pod writes its labels. Such a rule keeps out mistakes, and nobody who wants in. The labels of a
    /// namespace belong to whoever runs the platform.
    ///
    /// ## Instead
    /// Select namespaces by a label that they opt in by; a `podSelector` beside it may narrow that further.
    ///
    /// ## Limits
    /// NetworkPolicies and policies of Cilium alike. Selectors that exclude labels only are `netpol/open-database`'s matter.
    /// Where admission control watches over the label, allow the finding with that as the reason. Confidence is low where a
    /// service mesh carries the traffic of the database's namespace.
    pub static RULE {
        id: "netpol/self-granted-access",
        summary: "every pod can give itself access to a database by a label",
        scope: Target,
        codes: ["by-pod-label" => (Warning, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(connections) = context.connections.filter(|_| !context.graph.is_of_app()) else { return };
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for (at, party) in connections.parties().iter().enumerate() {
        if !matches!(party.kind, PartyKind::Database | PartyKind::Pooler) || party.resource.group != cnpg::GROUP {
            continue;
        }
        for grant in connections.grants(at, POSTGRES_PORT).into_iter().filter(|grant| grant.sure) {
            let Some(asked) = grant.who.by_pod_labels_alone() else { continue };
            let Some(place) = asked.first().map(|first| grant.written(first)) else { continue };
            if !seen.insert(place.span()) {
                continue;
            }
            let labels: Vec<String> = asked.iter().map(|asked| format!("`{}`", asked.expression)).collect();
            let noun = if labels.len() == 1 { "label" } else { "labels" };
            let finding = sink.finding(
                "by-pod-label",
                grant.policy,
                grant.rule,
                format!(
                    "every pod with {noun} {} may reach PostgreSQL of {}",
                    labels.join(" and "),
                    party.resource.title()
                ),
            );
            let finding = match is_in_mesh(context.reach, connections, at) {
                true => finding.note(MESH_NOTE).confidence(Confidence::Low),
                false => finding,
            };
            finding
                .underline(place.key_or_span())
                .label("whoever makes a pod writes its labels")
                .related(party.resource.headline().span(), "this can be reached from any namespace")
                .help("select namespaces by a label that they opt in by, beside the label of the pod");
        }
    }
}
