//! Databases in the namespace of the operator.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, Pooler};
use crate::graph::{Graph, View};
use crate::manifest::{Namespace, Resource};
use crate::reach::operators;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use schemars::JsonSchema;
use serde::Deserialize;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster or Pooler in the namespace that the operator runs in, as its Deployment, its HelmRelease, its Argo CD
    /// Application or `databases.operator.namespace` says.
    ///
    /// ## Why it matters
    /// The operator may read every Secret and change every Pod of the Clusters it serves. Grants, quotas, network policies and
    /// Pod Security that are made for databases then cover it too, and who may exec into a database Pod there is one step from
    /// its service account. Deleting the namespace takes the operator away before it has stopped its databases.
    ///
    /// ## Instead
    /// Keep the operator alone in its namespace (`cnpg-system`), and Clusters and their Poolers in one for databases. A move
    /// needs a new Cluster that recovers from the old one's backup.
    ///
    /// ## Limits
    /// A note, for small platforms do so on purpose. It is silent where `databases.namespaces` lists the operator's
    /// namespace; it warns where that list names only others, or with the option `forbidden`. An operator that watches only
    /// its own namespace has its databases there of need and is left alone. Where a namespace is set on the way and not
    /// worked out, the rule is undecided.
    pub static RULE {
        id: "cnpg/operator-namespace",
        summary: "databases share the namespace of the operator",
        scope: Target,
        codes: [
            "shared" => (Note, High, Boundary),
            "forbidden" => (Warning, High, Boundary),
        ],
        since: "0.1.0",
        options: Options,
        check: check,
    }
}

/// Options of `cnpg/operator-namespace`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Whether databases in the operator's namespace are a warning, not a note.
    pub forbidden: bool,
}

/// A namespace in which the operator runs, and what says so.
struct Home<'w> {
    namespace: Namespace<'w>,
    evidence: Option<Span>,
    says: &'static str,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let databases = &context.config().databases;
    let mut homes = homes(context.graph);
    // What the repo shows comes first, for it is the better evidence.
    if let Some(named) = &databases.operator.namespace {
        homes.push(Home {
            namespace: Namespace::Known(named.value.as_str()),
            evidence: named.span,
            says: "the config says that the operator runs here",
        });
    }
    if homes.is_empty() {
        return;
    }
    let clusters = context.graph.all::<Cluster<'w>>().map(|cluster| cluster.resource());
    let poolers = context.graph.all::<Pooler<'w>>().map(|pooler| pooler.resource());
    for resource in clusters.chain(poolers) {
        judge(resource, &homes, context, sink);
    }
}

fn judge<'w>(resource: &'w Resource<'w>, homes: &[Home<'_>], context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let allowed = &context.config().databases.namespaces;
    if allowed.iter().any(|namespace| resource.namespace.known() == Some(namespace.value.as_str())) {
        return;
    }
    let written = resource.at(&["metadata", "namespace"]).filter(|namespace| !namespace.is_null());
    let primary = written.unwrap_or_else(|| resource.headline());
    let Some(home) = homes.iter().find(|home| home.namespace.is_same(&resource.namespace)) else {
        if homes.iter().any(|home| home.namespace.may_be(&resource.namespace)) {
            sink.undecided(primary.span(), "whether this is the namespace of the operator is not known");
        }
        return;
    };
    let forbidden = context.options::<Options>().forbidden;
    let elsewhere = allowed.first().filter(|_| resource.namespace.known().is_some());
    let code = if forbidden || elsewhere.is_some() { "forbidden" } else { "shared" };
    let mut finding = sink
        .finding(code, resource, primary, format!("{} shares the namespace of the operator", resource.title()))
        .label("databases and their operator in one namespace")
        .related(home.evidence, home.says)
        .note(
            "what is granted or opened for databases here reaches the operator too, and it may read all their Secrets",
        );
    if let Some(elsewhere) = elsewhere {
        finding = finding.related(elsewhere.span, "the config keeps databases here");
    }
    finding.help("keep databases in a namespace of their own; an existing Cluster moves by recovery from its backup");
}

/// Where the operators of a target run, those that watch only their own namespace left out.
fn homes<'w>(graph: &Graph<'w>) -> Vec<Home<'w>> {
    let everywhere = operators(graph).into_iter().filter(|operator| !operator.watches_one);
    everywhere
        .map(|operator| Home {
            namespace: operator.namespace,
            evidence: Some(operator.resource.headline().span()),
            says: "the operator runs here",
        })
        .collect()
}
