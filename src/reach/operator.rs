//! Where the CloudNativePG operator runs, as far as the repo shows it.

use crate::graph::{Graph, Lookup};
use crate::manifest::{Namespace, Resource};
use crate::tree;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

/// The last part of the operator's image and chart, and its label.
const OPERATOR: &str = "cloudnative-pg";
/// The chart of the plugin for backups.
const PLUGIN: &str = "plugin-barman-cloud";

/// What brings the operator into the cluster.
#[derive(Clone, Debug)]
pub struct Operator<'w> {
    /// Its Deployment, Helm release or Application.
    pub resource: &'w Resource<'w>,
    /// Where it runs.
    pub namespace: Namespace<'w>,
    /// Whether it is told to watch only a namespace or a few.
    pub watches_one: bool,
}

/// Namespaces into which no other Helm release installs than the operator and its plugin for backups. Their charts bring
/// no policy for other pods.
pub(super) fn namespaces_of_operators<'w>(graph: &Graph<'w>) -> HashSet<&'w str> {
    let own = operators(graph);
    let is_own = |release: &Resource<'w>| {
        own.iter().any(|operator| std::ptr::eq(operator.resource, release))
            || [&["spec", "chart", "spec", "chart"][..], &["spec", "chartRef", "name"]]
                .iter()
                .filter_map(|path| release.at(path)?.raw())
                .any(|chart| last_part(chart) == PLUGIN)
    };
    let mut found = HashSet::new();
    let mut shared = HashSet::new();
    for release in graph.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
        let target = release.at(&["spec", "targetNamespace"]).filter(|target| !target.is_null());
        let place = target.map_or_else(|| release.namespace.known(), |target| target.known());
        if let Some(place) = place {
            if is_own(release) {
                found.insert(place)
            } else {
                shared.insert(place)
            };
        }
    }
    found.retain(|place| !shared.contains(place));
    found
}

/// Every operator that the target runs, by Deployment, Flux or Argo CD.
pub fn operators<'w>(graph: &Graph<'w>) -> Vec<Operator<'w>> {
    let mut found = Vec::new();
    for deployment in graph.of_kind("apps", "Deployment").iter().filter(|resource| resource.whole) {
        if is_operator(deployment) {
            let namespace = deployment.namespace.clone();
            found.push(Operator { resource: deployment, namespace, watches_one: watches_one(deployment) });
        }
    }
    for release in graph.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").iter().filter(|resource| resource.whole) {
        if releases_operator(release, graph) {
            let target = release.at(&["spec", "targetNamespace"]).filter(|target| !target.is_null());
            // Where it may be said in values that are not read, nothing is claimed of it.
            let watches_one = match release.release_value(&["config", "clusterWide"]) {
                Ok(value) => value.and_then(Value::as_bool) == Some(false),
                Err(_) => true,
            };
            let namespace = target.map_or_else(|| release.namespace.clone(), named);
            found.push(Operator { resource: release, namespace, watches_one });
        }
    }
    for application in graph.of_kind("argoproj.io", "Application").iter().filter(|resource| resource.whole) {
        if let Some(destination) = application.at(&["spec", "destination", "namespace"])
            && installs_operator(application)
        {
            found.push(Operator { resource: application, namespace: named(destination), watches_one: false });
        }
    }
    found
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
    tree::name(path.trim_end_matches('/'))
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
