//! Where the CloudNativePG operator runs, as far as the repo shows it.

use crate::graph::Graph;
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;

/// The last part of the operator's image and chart, and its label.
const OPERATOR: &str = "cloudnative-pg";

/// The namespaces in which the target runs the operator: those of its Deployments and Helm releases.
pub fn operator_namespaces<'w>(graph: &Graph<'w>) -> Vec<Namespace<'w>> {
    let mut found = Vec::new();
    for deployment in graph.of_kind("apps", "Deployment").iter().filter(|resource| resource.whole) {
        if is_operator(deployment) {
            found.push(deployment.namespace.clone());
        }
    }
    for release in graph.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").iter().filter(|resource| resource.whole) {
        let chart = release.at(&["spec", "chart", "spec", "chart"]);
        let chart = chart.or_else(|| release.at(&["spec", "chartRef", "name"])).and_then(Value::raw);
        if chart.is_some_and(|chart| last_part(chart) == OPERATOR) {
            found.push(match release.at(&["spec", "targetNamespace"]).filter(|target| !target.is_null()) {
                None => release.namespace.clone(),
                Some(target) => match target.known() {
                    Some(name) => Namespace::Known(name),
                    None => Namespace::Unknown("where the operator's release goes is not known".into()),
                },
            });
        }
    }
    found
}

fn is_operator<'w>(deployment: &'w Resource<'w>) -> bool {
    let containers = deployment.at(&["spec", "template", "spec", "containers"]);
    deployment.label("app.kubernetes.io/name").and_then(Value::known) == Some(OPERATOR)
        || containers
            .into_iter()
            .flat_map(Value::items)
            .filter_map(|container| container.get("image")?.raw())
            .any(|image| last_part(image).split([':', '@']).next() == Some(OPERATOR))
}

fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}
