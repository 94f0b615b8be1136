//! Clients of a shared cluster that are listed by name.

use crate::config::{ObjectRef, Spanned};
use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Cluster, Pooler, cluster_reference};
use crate::manifest::{Namespace, Resource};
use crate::reach::selector::Requirement;
use crate::reach::{METADATA_NAME, POSTGRES_PORT, PeerKind, Reach, Source, operators};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use kube_core::Expression;
use std::collections::BTreeSet;

declare_rule! {
    /// ## What it does
    /// Finds rules that let a namespace reach port 5432 of a shared Cluster, or of a Pooler of it, by that namespace's name:
    /// `kubernetes.io/metadata.name` in `matchLabels`, or in `matchExpressions` with `In`.
    ///
    /// ## Why it matters
    /// A list of names ties the platform to its apps: each new client is a change of the platform's repo, and an app that
    /// moves or goes leaves its name behind, for whoever takes that name next.
    ///
    /// ## Instead
    /// Select namespaces by the opt-in label (`databases.client-label` in the config) with the Cluster's name as its value.
    /// An app then labels its own namespace.
    ///
    /// ## Limits
    /// Only Clusters that the config lists under `databases.shared`. The Cluster's own namespace and the operator's are let
    /// pass, and rules that do not cover 5432, as for metrics. The operator's namespace is that of the config, of a
    /// Deployment or HelmRelease of it in the repo, and `cnpg-system`.
    pub static RULE {
        id: "netpol/hard-coded-clients",
        summary: "clients of a shared cluster are listed by namespace name",
        scope: Target,
        codes: ["by-name" => (Error, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

/// Where the operator's own manifests put it.
const USUAL_OPERATOR: &str = "cnpg-system";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let databases = &context.config().databases;
    if databases.shared.is_empty() {
        return;
    }
    let reach = context.reach;
    let mut homes: BTreeSet<String> =
        operators(context.graph).iter().filter_map(|operator| operator.namespace.known().map(str::to_owned)).collect();
    homes.insert(USUAL_OPERATOR.to_owned());
    homes.extend(databases.operator.namespace.as_ref().map(|namespace| namespace.value.clone()));
    let mut seen = BTreeSet::new();
    for entry in &databases.shared {
        for cluster in context.graph.all::<Cluster<'w>>() {
            if is(cluster.resource(), &entry.value) {
                judge(&cluster, entry, &homes, reach, context, &mut seen, sink);
            }
        }
    }
}

fn is(resource: &Resource<'_>, entry: &ObjectRef) -> bool {
    resource.name() == Some(entry.name.as_str()) && resource.namespace.known() == Some(entry.namespace.as_str())
}

fn judge<'w>(
    cluster: &Cluster<'w>,
    entry: &Spanned<ObjectRef>,
    operators: &BTreeSet<String>,
    reach: &Reach<'w>,
    context: &TargetContext<'_, 'w>,
    seen: &mut BTreeSet<Span>,
    sink: &mut Sink<'_, 'w>,
) {
    let of_cluster = |resource: &'w Resource<'w>| {
        std::ptr::eq(resource, cluster.resource())
            || Pooler::of(resource)
                .is_some_and(|pooler| cluster_reference(pooler.resource()).and_then(Value::known) == cluster.name())
    };
    let namespace: &Namespace<'w> = &cluster.resource().namespace;
    for peer in reach.peers_in(namespace).filter(|peer| peer.serves_postgres() && of_cluster(peer.resource)) {
        let sources = reach.who_may_reach(peer.pod(), POSTGRES_PORT, "TCP");
        for (policy, reason) in sources.doubts {
            sink.undecided(policy.resource.headline().span(), reason);
        }
        for source in sources.known {
            let Some(requirement) = named(&source, context) else { continue };
            if let Some(reason) = &requirement.doubt {
                sink.undecided(requirement.value.span(), reason.clone());
            }
            let allowed = |name: &str| operators.contains(name) || namespace.known() == Some(name);
            let names: Vec<&str> = requirement.wanted().into_iter().filter(|name| !allowed(name)).collect();
            if !names.is_empty() && seen.insert(requirement.value.span()) {
                report(cluster, entry, &source, requirement, &names, context, sink);
            }
        }
    }
}

/// The requirement by which a rule names namespaces; none where clients have to opt in as well.
fn named<'r, 'w>(source: &Source<'r, 'w>, context: &TargetContext<'_, 'w>) -> Option<&'r Requirement<'w>> {
    let PeerKind::Pods { namespaces: Some(selector), .. } = &source.peer?.peer else { return None };
    let opt_in = context.config().databases.client_label.as_ref();
    if opt_in.is_some_and(|label| selector.requirements.iter().any(|asked| asked.key() == label.value)) {
        return None;
    }
    selector.requirements.iter().find(|requirement| {
        requirement.key() == METADATA_NAME
            && matches!(requirement.expression, Expression::Equal(..) | Expression::In(..))
    })
}

fn report<'w>(
    cluster: &Cluster<'w>,
    entry: &Spanned<ObjectRef>,
    source: &Source<'_, 'w>,
    requirement: &Requirement<'w>,
    names: &[&str],
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let noun = if names.len() == 1 { "namespace" } else { "namespaces" };
    let primary = requirement.value.get("values").unwrap_or(requirement.value);
    let name = &entry.value.name;
    let help = match &context.config().databases.client_label {
        Some(label) => format!("select namespaces by the opt-in label: `{}: {name}`", label.value),
        None => format!(
            "agree on a label by which namespaces opt in, set it as `databases.client-label`, and select `<label>: {name}`"
        ),
    };
    sink.finding(
        "by-name",
        source.policy.resource,
        primary,
        format!("{noun} {list} may reach shared {} by name, not by an opt-in label", cluster.title()),
    )
    .label("each new client needs a change here")
    .related(entry.span, "the config says that several apps share it")
    .help(help);
}
