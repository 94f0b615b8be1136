//! Clients of a shared cluster that are listed by name.

use crate::config::{ObjectRef, Spanned};
use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Cluster, Pooler, cluster_reference};
use crate::manifest::{Namespace, Resource};
use crate::reach::connections::{Connections, Grant, PartyKind};
use crate::reach::selector::Requirement;
use crate::reach::{METADATA_NAME, POSTGRES_PORT, operators};
use crate::rule::opt_in::written_label;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use kube_core::Expression;
use std::collections::BTreeSet;

declare_rule! {
    /// ## What it does
    /// Finds rules that let a namespace reach port 5432 of a shared Cluster, or of a Pooler of it, by that namespace's name:
    /// `kubernetes.io/metadata.name` or, in policies of Cilium, `io.kubernetes.pod.namespace` in `matchLabels`, or in
    /// `matchExpressions` with `In`.
    ///
    /// ## Why it matters
    /// A list of names ties the platform to its apps: each new client is a change of the platform's repo, and an app that
    /// moves or goes leaves its name behind, for whoever takes that name next.
    ///
    /// ## Instead
    /// Select namespaces by the opt-in label (`databases.client-label` in the config) with the Cluster's name as its value, or
    /// with whatever value namespaces carry.
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
    let mut homes: BTreeSet<String> =
        operators(context.graph).iter().filter_map(|operator| operator.namespace.known().map(str::to_owned)).collect();
    homes.insert(USUAL_OPERATOR.to_owned());
    homes.extend(databases.operator.namespace.as_ref().map(|namespace| namespace.value.clone()));
    let mut seen = BTreeSet::new();
    for entry in &databases.shared {
        for cluster in context.graph.all::<Cluster<'w>>() {
            if is(cluster.resource(), &entry.value) {
                judge(&cluster, entry, &homes, context, &mut seen, sink);
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
    let Some(connections) = context.connections else { return };
    for (at, party) in connections.parties().iter().enumerate() {
        let serves = matches!(party.kind, PartyKind::Database | PartyKind::Pooler);
        if !serves || !party.resource.namespace.is_same(namespace) || !of_cluster(party.resource) {
            continue;
        }
        for grant in connections.grants(at, POSTGRES_PORT) {
            if let Some(reason) = grant.doubt {
                sink.undecided(grant.policy.headline().span(), reason);
                continue;
            }
            let Some(requirement) = named(&grant, context) else { continue };
            if let Some(reason) = &requirement.doubt {
                sink.undecided(requirement.value.span(), reason.clone());
            }
            let allowed = |name: &str| operators.contains(name) || namespace.known() == Some(name);
            let names: Vec<&str> = requirement.wanted().into_iter().filter(|name| !allowed(name)).collect();
            if !names.is_empty() && seen.insert(grant.written(requirement).span()) {
                let label = context.config().databases.client_label.as_ref().map(|label| label.value.as_str());
                let opt_in = label.map(|key| written_label(key, &value_in_use(key, at, entry, connections, context)));
                report(cluster, entry, &grant, requirement, &names, opt_in, sink);
            }
        }
    }
}

/// What of a peer names namespaces, where the opt-in label of the config does not narrow it.
fn named<'c, 'w>(grant: &Grant<'c, 'w>, context: &TargetContext<'_, 'w>) -> Option<&'c Requirement<'w>> {
    let asked = grant.who.asked_of_namespace();
    let opt_in = context.config().databases.client_label.as_ref();
    if opt_in.is_some_and(|label| asked.iter().any(|(key, _)| *key == label.value)) {
        return None;
    }
    let mut by_name = asked.into_iter().filter(|(key, _)| *key == METADATA_NAME).map(|(_, requirement)| requirement);
    by_name.find(|requirement| matches!(requirement.expression, Expression::Equal(..) | Expression::In(..)))
}

/// The value that the opt-in label has where it is in use: in rules for the same database, else on namespaces; the name of
/// the Cluster where that is one of them, or nothing tells.
fn value_in_use<'w>(
    key: &str,
    party: usize,
    entry: &Spanned<ObjectRef>,
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
) -> String {
    let name = entry.value.name.as_str();
    let grants = connections.grants(party, POSTGRES_PORT);
    let asked = grants.iter().flat_map(|grant| grant.who.asked_of_namespace()).filter(|(label, _)| *label == key);
    let mut values: Vec<&str> = asked.flat_map(|(_, asked)| asked.wanted()).collect();
    if values.is_empty() {
        values.extend(context.reach.namespace_objects().filter_map(|object| object.label(key)?.known()));
    }
    // Where it has the names of Clusters as values, this one's is the right one.
    let names_cluster = |value: &str| context.graph.all::<Cluster<'w>>().any(|cluster| cluster.name() == Some(value));
    match values.first() {
        Some(first) if values.iter().all(|value| value == first) && !names_cluster(first) => (*first).to_owned(),
        _ => name.to_owned(),
    }
}

fn report<'w>(
    cluster: &Cluster<'w>,
    entry: &Spanned<ObjectRef>,
    grant: &Grant<'_, 'w>,
    requirement: &Requirement<'w>,
    names: &[&str],
    opt_in: Option<String>,
    sink: &mut Sink<'_, 'w>,
) {
    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let noun = if names.len() == 1 { "namespace" } else { "namespaces" };
    let primary = requirement.value.get("values").unwrap_or(requirement.value);
    let name = &entry.value.name;
    let help = match opt_in {
        Some(label) => format!("select namespaces by the opt-in label: {label}"),
        None => format!(
            "agree on a label by which namespaces opt in, set it as `databases.client-label`, and select `<label>: {name}`"
        ),
    };
    sink.finding(
        "by-name",
        grant.policy,
        primary,
        format!("{noun} {list} may reach shared {} by name, not by an opt-in label", cluster.title()),
    )
    .label("each new client needs a change here")
    .related(entry.span, "the config says that several apps share it")
    .help(help);
}
