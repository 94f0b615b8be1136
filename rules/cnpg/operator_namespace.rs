//! Databases in the namespace of the operator.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, Pooler};
use crate::graph::{Graph, Lookup, View};
use crate::manifest::{Namespace, Resource};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
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

/// The last part of the operator's image and chart.
const OPERATOR: &str = "cloudnative-pg";

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
    let mut homes = Vec::new();
    for deployment in graph.of_kind("apps", "Deployment").iter().filter(|resource| resource.whole) {
        if is_operator(deployment) && !watches_one(deployment) {
            homes.push(home(deployment, deployment.namespace.clone()));
        }
    }
    for release in graph.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").iter().filter(|resource| resource.whole) {
        let clusterwide = release.at(&["spec", "values", "config", "clusterWide"]);
        if releases_operator(release, graph) && clusterwide.and_then(Value::as_bool) != Some(false) {
            let target = release.at(&["spec", "targetNamespace"]).filter(|target| !target.is_null());
            homes.push(home(release, target.map_or_else(|| release.namespace.clone(), named)));
        }
    }
    for application in graph.of_kind("argoproj.io", "Application").iter().filter(|resource| resource.whole) {
        if let Some(destination) = application.at(&["spec", "destination", "namespace"])
            && installs_operator(application)
        {
            homes.push(home(application, named(destination)));
        }
    }
    homes
}

fn home<'w>(resource: &'w Resource<'w>, namespace: Namespace<'w>) -> Home<'w> {
    Home { namespace, evidence: Some(resource.headline().span()), says: "the operator runs here" }
}

fn named(value: Value<'_>) -> Namespace<'_> {
    match value.known() {
        Some(name) => Namespace::Known(name),
        None => Namespace::Unknown(value.unknown().unwrap_or_else(|| "the namespace is no text".into())),
    }
}

fn containers<'w>(deployment: &'w Resource<'w>) -> impl Iterator<Item = Value<'w>> {
    deployment.at(&["spec", "template", "spec", "containers"]).into_iter().flat_map(Value::items)
}

fn is_operator<'w>(deployment: &'w Resource<'w>) -> bool {
    let labelled = deployment.label("app.kubernetes.io/name").and_then(Value::known) == Some(OPERATOR);
    labelled
        || containers(deployment)
            .filter_map(|container| container.get("image")?.raw())
            .any(|image| repository(image) == OPERATOR)
}

fn watches_one<'w>(deployment: &'w Resource<'w>) -> bool {
    containers(deployment)
        .flat_map(|container| container.get("env").into_iter().flat_map(Value::items))
        .filter(|variable| variable.get("name").and_then(Value::known) == Some("WATCH_NAMESPACE"))
        // Written and empty, it means every namespace.
        .any(|variable| variable.get("value").and_then(Value::raw) != Some(""))
}

fn releases_operator<'w>(release: &'w Resource<'w>, graph: &Graph<'w>) -> bool {
    if let Some(chart) = release.at(&["spec", "chart", "spec", "chart"]) {
        return chart.raw().is_some_and(|chart| last_part(chart) == OPERATOR);
    }
    let Some(reference) = release.at(&["spec", "chartRef"]) else { return false };
    let Some(name) = reference.get("name").and_then(Value::known) else { return false };
    if name == OPERATOR {
        return true;
    }
    let namespace = reference.get("namespace").map_or_else(|| release.namespace.clone(), named);
    match graph.find("source.toolkit.fluxcd.io", "OCIRepository", &namespace, name) {
        Lookup::Found(sources) => sources.iter().all(|source| {
            source.at(&["spec", "url"]).and_then(Value::raw).is_some_and(|url| last_part(url) == OPERATOR)
        }),
        Lookup::Absent(_) | Lookup::Unknown(_) => false,
    }
}

fn installs_operator<'w>(application: &'w Resource<'w>) -> bool {
    let one = application.at(&["spec", "source"]);
    let several = application.at(&["spec", "sources"]).into_iter().flat_map(Value::items);
    one.into_iter()
        .chain(several)
        .any(|source| source.get("chart").and_then(Value::raw).is_some_and(|chart| last_part(chart) == OPERATOR))
}

fn last_part(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The last part of an image's repository, without tag and digest.
fn repository(image: &str) -> &str {
    let name = last_part(image.split_once('@').map_or(image, |(name, _)| name));
    name.split_once(':').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_told_by_the_last_part_of_its_image() {
        for (image, name) in [
            ("ghcr.io/cloudnative-pg/cloudnative-pg:1.28.0", OPERATOR),
            ("registry.example.org:5000/mirror/cloudnative-pg@sha256:00", OPERATOR),
            ("ghcr.io/cloudnative-pg/plugin-barman-cloud:v0.9.0", "plugin-barman-cloud"),
            ("ghcr.io/cloudnative-pg/postgresql:17.6", "postgresql"),
            ("cloudnative-pg", OPERATOR),
        ] {
            assert_eq!(repository(image), name, "{image}");
        }
    }
}
