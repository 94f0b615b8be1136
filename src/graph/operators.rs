//! Which release installs which custom resources: a short list of what is sure.

use super::Graph;
use crate::manifest::{Manifests, Resource};
use crate::yaml::{Dialect, Value};
use foldhash::HashSet;

/// An operator that everyone installs from the same charts.
struct Operator {
    /// The groups of its custom resources.
    groups: &'static [&'static str],
    /// The names of the charts that install their definitions.
    charts: &'static [&'static str],
}

const OPERATORS: &[Operator] = &[
    Operator { groups: &["postgresql.cnpg.io"], charts: &["cloudnative-pg"] },
    Operator { groups: &["barmancloud.cnpg.io"], charts: &["plugin-barman-cloud"] },
    Operator { groups: &["external-secrets.io", "generators.external-secrets.io"], charts: &["external-secrets"] },
    Operator { groups: &["cert-manager.io", "acme.cert-manager.io"], charts: &["cert-manager"] },
    Operator { groups: &["monitoring.coreos.com"], charts: &["kube-prometheus-stack", "prometheus-operator-crds"] },
];

/// The name of the chart of a HelmRelease: what it names, else the end of the URL that it is fetched from.
pub fn chart<'w>(release: &'w Resource<'w>, graph: &Graph<'w>) -> Option<&'w str> {
    let last = |path: &'w str| path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    if let Some(chart) = release.at(&["spec", "chart", "spec", "chart"]) {
        return chart.known().map(last);
    }
    let name = release.at(&["spec", "chartRef", "name"])?.known()?;
    let sources = graph.named("source.toolkit.fluxcd.io", "OCIRepository", name);
    let written = release.at(&["spec", "chartRef", "namespace"]).and_then(Value::known);
    let source = sources.iter().find(|source| match written {
        Some(namespace) => source.namespace.known() == Some(namespace),
        None => source.namespace.may_be(&release.namespace),
    });
    let url = source.and_then(|source| source.at(&["spec", "url"])).and_then(Value::known);
    Some(url.map_or(name, last))
}

/// The groups whose definitions an object brings: a definition itself, or the release of an operator.
pub fn installs<'w>(object: &'w Resource<'w>, graph: &Graph<'w>) -> Vec<&'w str> {
    if object.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        return object.at(&["spec", "group"]).and_then(Value::known).into_iter().collect();
    }
    if !object.is("helm.toolkit.fluxcd.io", "HelmRelease") {
        return Vec::new();
    }
    let Some(chart) = chart(object, graph) else { return Vec::new() };
    let operators = OPERATORS.iter().filter(|operator| operator.charts.contains(&chart));
    operators.flat_map(|operator| operator.groups.iter().copied()).collect()
}

/// The groups whose operators a helmfile below `root` installs: that runs before Flux is there.
pub fn bootstrapped(manifests: &Manifests<'_>, root: usize) -> Vec<&'static str> {
    let files = manifests.files.iter().filter(|parsed| parsed.root == root);
    let documents = files.flat_map(|parsed| {
        let roots = parsed.file.documents().iter().filter_map(|document| document.root);
        roots.map(|root| Value::new(parsed.file, root, Dialect::Kubectl))
    });
    let releases = documents.filter(|root| root.get("apiVersion").is_none()).filter_map(|root| root.get("releases"));
    let charts: HashSet<&str> = releases
        .flat_map(Value::items)
        .filter_map(|release| release.get("chart")?.raw())
        .map(|chart| chart.trim_end_matches('/').rsplit('/').next().unwrap_or(chart))
        .collect();
    let operators = OPERATORS.iter().filter(|operator| operator.charts.iter().any(|chart| charts.contains(chart)));
    operators.flat_map(|operator| operator.groups.iter().copied()).collect()
}
