//! Those whom databases need and the repo need not show: the operator, name servers, whoever scrapes metrics, the plugin
//! for backups and the store they go to. Where one of them runs is known as far as something in the repo says so.

use super::parties::{CLUSTER_LABELS, Parties, PartyKind, place};
use crate::graph::backup::Archive;
use crate::graph::cnpg::{BARMAN_PLUGIN, Cluster, Pooler};
use crate::graph::workload::{LabelValue, Labels};
use crate::graph::{Graph, View};
use crate::manifest::Resource;
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::{NamespaceKey, operators};
use crate::yaml::Value;

/// Where the backups of a Cluster go.
#[derive(Debug)]
pub(super) struct Store<'w> {
    /// The Cluster.
    pub(super) cluster: &'w Resource<'w>,
    /// The pods behind a Service, by number, and the ports that may be theirs; none for an address.
    pub(super) pods: Option<(usize, PortSet)>,
    /// The port that the endpoint names.
    pub(super) port: u16,
    /// Whether it is a host that some pod of the cluster may stand behind.
    pub(super) may_be_inside: bool,
}

/// The numbers of those who are not in the repo, or may not be.
#[derive(Debug)]
pub(super) struct Unseen<'w> {
    pub(super) operators: Vec<usize>,
    /// The name servers that every distribution has, in `kube-system`.
    pub(super) name_server: Option<usize>,
    /// Some pod of some namespace.
    pub(super) anybody: Option<usize>,
    pub(super) scrapers: Vec<usize>,
    /// The barman-cloud plugin.
    pub(super) plugins: Vec<usize>,
    pub(super) stores: Vec<Store<'w>>,
}

/// Charts that bring somebody who scrapes what a PodMonitor selects.
const SCRAPER_CHARTS: &[&str] = &[
    "kube-prometheus-stack",
    "prometheus-operator",
    "victoria-metrics-k8s-stack",
    "victoria-metrics-agent",
    "alloy",
    "grafana-agent",
    "grafana-agent-operator",
    "k8s-monitoring",
];

/// Objects for which an operator runs somebody who scrapes, and the name among the labels of those pods.
const SCRAPERS: &[(&str, &str, &str)] = &[
    ("monitoring.coreos.com", "Prometheus", "prometheus"),
    ("monitoring.coreos.com", "PrometheusAgent", "prometheus-agent"),
    ("operator.victoriametrics.com", "VMAgent", "vmagent"),
    ("operator.victoriametrics.com", "VMSingle", "vmagent"),
];

const PLUGIN: &str = "plugin-barman-cloud";

fn open(reason: &str) -> Labels<'static> {
    let mut labels = Labels::none();
    labels.admit_more(reason.to_owned());
    // Whoever it is, it is no pod of a Cluster.
    for key in CLUSTER_LABELS {
        labels.insert(*key, LabelValue::Missing);
    }
    labels
}

impl<'w> Unseen<'w> {
    /// Adds them to `parties`.
    pub(super) fn add(graph: &Graph<'w>, parties: &mut Parties<'w>) -> Unseen<'w> {
        let clusters: Vec<Cluster<'w>> = graph.all::<Cluster<'w>>().collect();
        let poolers = graph.all::<Pooler<'w>>().map(|pooler| pooler.resource());
        let anchor = clusters.iter().map(Cluster::resource).chain(poolers).next();
        let Some(anchor) = anchor else {
            let (operators, scrapers, plugins, stores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            return Unseen { operators, name_server: None, anybody: None, scrapers, plugins, stores };
        };
        let mut operators: Vec<usize> =
            operators(graph).iter().filter_map(|operator| number(parties, operator.resource)).collect();
        if operators.is_empty() {
            let mut labels = open("the operator is not in this repo");
            labels.set("app.kubernetes.io/name", "cloudnative-pg");
            operators.push(parties.add_unseen(anchor, "operator", NamespaceKey::Nothing, labels));
        }
        let mut labels = open("the name servers are not in this repo");
        labels.set("k8s-app", "kube-dns");
        let name_server = parties.add_unseen(anchor, "kube-dns", NamespaceKey::Known("kube-system"), labels);
        let labels = open("it is not known which pod that is");
        let anybody = parties.add_unseen(anchor, "anybody", NamespaceKey::Nothing, labels);
        let scrapers = scrapers(graph, anchor, parties);
        let mut plugins: Vec<usize> = (0..parties.parties.len()).filter(|at| is_plugin(parties, *at)).collect();
        if plugins.is_empty() {
            // The operator looks for plugins in its own namespace.
            for operator in &operators {
                let endpoint = parties.parties[*operator].endpoints.first().copied();
                let place = endpoint.map_or(NamespaceKey::Nothing, |at| parties.endpoints[at].place);
                plugins.push(parties.add_unseen(anchor, PLUGIN, place, open("the plugin is not in this repo")));
            }
        }
        let stores = clusters.iter().filter_map(|cluster| store(graph, cluster, parties)).collect();
        Unseen { operators, name_server: Some(name_server), anybody: Some(anybody), scrapers, plugins, stores }
    }
}

fn number(parties: &Parties<'_>, resource: &Resource<'_>) -> Option<usize> {
    (0..parties.parties.len()).find(|at| std::ptr::eq(parties.parties[*at].resource, resource))
}

fn is_plugin(parties: &Parties<'_>, at: usize) -> bool {
    let party = &parties.parties[at];
    let images = || {
        let containers = party.resource.at(&["spec", "template", "spec", "containers"]);
        containers.into_iter().flat_map(Value::items).filter_map(|container| container.get("image")?.raw())
    };
    match party.kind {
        PartyKind::Operator => chart(party.resource).is_some_and(|chart| chart == PLUGIN),
        PartyKind::Workload => images().any(|image| {
            let name = image.rsplit('/').next().unwrap_or(image);
            name.split([':', '@']).next() == Some(PLUGIN)
        }),
        _ => false,
    }
}

/// The last part of the name of the chart that a Helm release or an Application installs.
fn chart<'w>(resource: &'w Resource<'w>) -> Option<&'w str> {
    let paths: [&[&str]; 3] =
        [&["spec", "chart", "spec", "chart"], &["spec", "chartRef", "name"], &["spec", "source", "chart"]];
    let written = paths.iter().find_map(|path| resource.at(path))?.raw()?;
    Some(written.trim_end_matches('/').rsplit('/').next().unwrap_or(written))
}

/// Where the pods of a Helm release or an Application run.
fn chart_place<'w>(resource: &'w Resource<'w>) -> NamespaceKey<'w> {
    let paths: [&[&str]; 2] = [&["spec", "targetNamespace"], &["spec", "destination", "namespace"]];
    match paths.iter().find_map(|path| resource.at(path)) {
        Some(written) => written.known().map_or(NamespaceKey::Nothing, NamespaceKey::Known),
        None if resource.kind == "HelmRelease" => place(&resource.namespace),
        None => NamespaceKey::Nothing,
    }
}

fn scrapers<'w>(graph: &Graph<'w>, anchor: &'w Resource<'w>, parties: &mut Parties<'w>) -> Vec<usize> {
    let mut found = Vec::new();
    let kinds = [("helm.toolkit.fluxcd.io", "HelmRelease"), ("argoproj.io", "Application")];
    for release in kinds.iter().flat_map(|(group, kind)| graph.of_kind(group, kind)) {
        if release.whole && chart(release).is_some_and(|chart| SCRAPER_CHARTS.contains(&chart)) {
            let labels = open("the chart of whoever scrapes is not rendered");
            found.push(parties.add_unseen(anchor, "scraper", chart_place(release), labels));
        }
    }
    for (group, kind, name) in SCRAPERS {
        for object in graph.of_kind(group, kind).iter().filter(|object| object.whole) {
            let mut labels = open("an operator makes the pods that scrape");
            labels.insert("app.kubernetes.io/name", LabelValue::Is((*name).into()));
            found.push(parties.add_unseen(anchor, name, place(&object.namespace), labels));
        }
    }
    if found.is_empty() {
        let labels = open("who scrapes metrics is not in this repo");
        found.push(parties.add_unseen(anchor, "scraper", NamespaceKey::Nothing, labels));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Where the backups of `cluster` go, where it is known.
fn store<'w>(graph: &Graph<'w>, cluster: &Cluster<'w>, parties: &mut Parties<'w>) -> Option<Store<'w>> {
    let archive = Archive::written_by(cluster).or_else(|| Archive::recovered_by(cluster))?;
    let place = archive.place(graph).ok()?;
    let proxied = cluster.spec(&["env"]).into_iter().flat_map(Value::items).any(|variable| {
        let name = variable.get("name").and_then(Value::raw).unwrap_or_default();
        name.to_ascii_uppercase().ends_with("_PROXY")
    });
    if proxied {
        return None;
    }
    let resource = cluster.resource();
    let inside = place.is_in_cluster();
    let Some(endpoint) = place.endpoint else {
        return Some(Store { cluster: resource, pods: None, port: 443, may_be_inside: false });
    };
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    let authority = rest.split('/').next().unwrap_or(rest);
    // A variable that is written in another way than Flux's is no host.
    if authority.contains(['[', '@', '$', '{']) {
        return None;
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, if scheme == "http" { 80 } else { 443 }),
    };
    if !inside {
        return Some(Store { cluster: resource, pods: None, port, may_be_inside: true });
    }
    let mut parts = host.split('.');
    let service = parts.next()?;
    let home = match parts.next() {
        Some(namespace) => NamespaceKey::Known(namespace),
        None => super::parties::place(&resource.namespace),
    };
    let pods = parties.add_unseen(resource, &format!("store-{service}"), home, open("the store's pods are not known"));
    let ports = target_ports(graph, service, home, port).unwrap_or_else(|| PortSet::range(Protocol::Tcp, 1, u16::MAX));
    Some(Store { cluster: resource, pods: Some((pods, ports)), port, may_be_inside: true })
}

/// The port of the pods behind a port of a Service, where the Service is in the repo and tells.
fn target_ports(graph: &Graph<'_>, name: &str, home: NamespaceKey<'_>, port: u16) -> Option<PortSet> {
    let number = |value: Value<'_>| value.as_int().and_then(|number| u16::try_from(number).ok());
    let same = |service: &&&Resource<'_>| service.name() == Some(name) && place(&service.namespace) == home;
    let service = graph.of_kind("", "Service").iter().find(same)?;
    let ports = service.at(&["spec", "ports"])?;
    let own = ports.items().find(|own| own.get("port").and_then(number) == Some(port))?;
    let target = own.get("targetPort").map_or(Some(port), number)?;
    Some(PortSet::one(Protocol::Tcp, target))
}

/// Whether the Cluster backs up by the barman-cloud plugin.
pub(super) fn uses_plugin(resource: &Resource<'_>) -> bool {
    resource.at(&["spec", "plugins"]).into_iter().flat_map(Value::items).any(|plugin| {
        plugin.get("name").and_then(Value::known) == Some(BARMAN_PLUGIN)
            && plugin.get("enabled").and_then(Value::as_bool) != Some(false)
    })
}
