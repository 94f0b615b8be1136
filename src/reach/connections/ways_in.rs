//! Ways from outside that lead past addresses: Ingresses and routes hand traffic to pods by an ingress controller, which
//! is some pod of the cluster that the repo need not show.

use super::Connections;
use super::clause::Reached;
use super::parties::{Parties, place};
use crate::graph::Graph;
use crate::graph::workload::ContainerPort;
use crate::manifest::Resource;
use crate::reach::NamespaceKey;
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::selector::Selector;
use crate::yaml::Value;

/// A way in.
#[derive(Clone, Debug)]
pub struct WayIn<'w> {
    /// The Ingress or route.
    pub by: &'w Resource<'w>,
    /// Whom it leads to, by number.
    pub party: usize,
    /// The ports it leads to.
    pub ports: PortSet,
}

/// Objects that hand traffic on to Services, and where they name them.
const ROUTES: &[(&str, &str)] = &[
    ("networking.k8s.io", "Ingress"),
    ("extensions", "Ingress"),
    ("route.openshift.io", "Route"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("gateway.networking.k8s.io", "GRPCRoute"),
    ("gateway.networking.k8s.io", "TLSRoute"),
    ("gateway.networking.k8s.io", "TCPRoute"),
    ("traefik.io", "IngressRoute"),
    ("traefik.io", "IngressRouteTCP"),
];

/// A Service that is named somewhere, and its port.
struct Backend<'w> {
    place: NamespaceKey<'w>,
    service: &'w str,
    port: Option<Value<'w>>,
}

/// Every way in that the objects of `graph` make.
pub(super) fn ways_in<'w>(graph: &Graph<'w>, parties: &Parties<'w>) -> Vec<WayIn<'w>> {
    let mut found = Vec::new();
    for (group, kind) in ROUTES {
        for route in graph.of_kind(group, kind).iter().filter(|route| route.whole) {
            for backend in backends(route) {
                let services = graph.of_kind("", "Service").iter().filter(|service| {
                    service.name() == Some(backend.service) && place(&service.namespace) == backend.place
                });
                for service in services {
                    behind(route, service, &backend, parties, &mut found);
                }
            }
        }
    }
    found.sort_by(|a: &WayIn<'_>, b: &WayIn<'_>| (a.party, &a.ports).cmp(&(b.party, &b.ports)));
    found.dedup_by(|a, b| a.party == b.party && a.ports == b.ports);
    found
}

fn backends<'w>(route: &'w Resource<'w>) -> Vec<Backend<'w>> {
    let own = place(&route.namespace);
    let Some(spec) = route.at(&["spec"]) else { return Vec::new() };
    let list = |value: Value<'w>, key: &str| value.get(key).into_iter().flat_map(Value::items).collect::<Vec<_>>();
    let named = |value: Value<'w>, port: Option<Value<'w>>| {
        let service = value.get("name").or_else(|| value.get("serviceName")).and_then(Value::known)?;
        let place = value.get("namespace").and_then(Value::known).map_or(own, NamespaceKey::Known);
        Some(Backend { place, service, port })
    };
    // networking.k8s.io/v1, and the form before it.
    let of_ingress = |backend: Value<'w>| match backend.get("service") {
        Some(service) => {
            let port = service.get("port").and_then(|port| port.get("number").or_else(|| port.get("name")));
            named(service, port)
        }
        None => named(backend, backend.get("servicePort")),
    };
    let mut found: Vec<Option<Backend<'w>>> = Vec::new();
    match route.kind {
        "Ingress" => {
            let fallback = spec.get("defaultBackend").or_else(|| spec.get("backend"));
            found.extend(fallback.map(of_ingress));
            for path in list(spec, "rules").into_iter().filter_map(|rule| rule.at(&["http", "paths"])) {
                found.extend(path.items().filter_map(|path| path.get("backend")).map(of_ingress));
            }
        }
        "Route" => {
            let port = spec.at(&["port", "targetPort"]);
            let more = list(spec, "alternateBackends");
            found.extend(spec.get("to").into_iter().chain(more).map(|to| named(to, port)));
        }
        "IngressRoute" | "IngressRouteTCP" => {
            let services = list(spec, "routes").into_iter().flat_map(|route| list(route, "services"));
            found.extend(services.map(|service| named(service, service.get("port"))));
        }
        _ => {
            let backends = list(spec, "rules").into_iter().flat_map(|rule| list(rule, "backendRefs"));
            found.extend(backends.map(|backend| named(backend, backend.get("port"))));
        }
    }
    found.into_iter().flatten().collect()
}

/// The parties behind a Service.
fn behind<'w>(
    route: &'w Resource<'w>,
    service: &'w Resource<'w>,
    backend: &Backend<'w>,
    parties: &Parties<'w>,
    found: &mut Vec<WayIn<'w>>,
) {
    let Some(selector) = service.at(&["spec", "selector"]).filter(|selector| !selector.is_empty()) else { return };
    let selector = Selector::of_labels(selector);
    for endpoint in &parties.endpoints {
        if endpoint.place != backend.place || !selector.matches(&endpoint.labels).is_yes() {
            continue;
        }
        let ports = service.at(&["spec", "ports"]).into_iter().flat_map(Value::items);
        let ports = ports.filter(|port| backend.port.is_none_or(|wanted| is_port(*port, wanted)));
        let mut open = PortSet::none();
        for port in ports {
            open.add(&target(port, &endpoint.ports));
        }
        if !open.is_empty() {
            found.push(WayIn { by: route, party: endpoint.party, ports: open });
        }
    }
}

/// Whether a port of a Service is the one that is named: by number, by name, or by the port of the pod.
fn is_port(port: Value<'_>, wanted: Value<'_>) -> bool {
    ["port", "name", "targetPort"].iter().any(|key| port.get(key).and_then(Value::raw) == wanted.raw())
}

/// The port of a pod that a port of a Service leads to.
fn target(port: Value<'_>, containers: &[ContainerPort<'_>]) -> PortSet {
    let protocol = port.get("protocol").and_then(Value::known).and_then(Protocol::parse).unwrap_or(Protocol::Tcp);
    let number = |value: Value<'_>| value.as_int().and_then(|number| u16::try_from(number).ok());
    let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { return PortSet::none() };
    if let Some(number) = number(target) {
        return PortSet::one(protocol, number);
    }
    let named = containers.iter().filter(|port| port.name.is_some() && port.name == target.known());
    named.filter_map(|port| port.number).fold(PortSet::none(), |all, number| all.union(&PortSet::one(protocol, number)))
}

impl<'w> Connections<'w> {
    /// Ways in by an ingress controller, with what policies let some pod of the cluster reach there.
    pub fn ways_in(&self) -> impl Iterator<Item = (&WayIn<'w>, Reached)> {
        self.ways_in.iter().map(|way| {
            let open = Reached::exactly(way.ports.clone());
            let classes = self.classes_of(way.party);
            let let_in = classes.iter().fold(open, |all, class| all.and(&self.views.ingress[*class].default));
            (way, let_in)
        })
    }
}
