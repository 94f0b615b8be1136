//! What is wrong beside the policies: two objects where there is one, pods of one controller that policies tell apart,
//! networks that cannot be made.

use super::book::Book;
use super::classes::Classes;
use super::clause::Action;
use super::parties::{Parties, place};
use super::{admin, cilium};
use crate::graph::Graph;
use crate::manifest::Resource;
use crate::reach::NamespaceKey;
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::unread::unread;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet};

/// Adds to `book` what is found.
pub(super) fn add<'w>(graph: &Graph<'w>, parties: &Parties<'w>, classes: &Classes<'w>, book: &mut Book<'w>) {
    namespaces(graph, book);
    uneven(parties, classes, book);
    networks(graph, book);
    on_nodes(parties, classes, book);
    others(graph, book);
    mesh(book);
    book.faults.sort();
    book.faults.dedup();
}

fn namespaces<'w>(graph: &Graph<'w>, book: &mut Book<'w>) {
    let mut known: HashMap<&str, &Resource<'_>> = HashMap::new();
    for namespace in graph.of_kind("", "Namespace").iter().filter(|namespace| namespace.whole) {
        let Some(name) = namespace.name() else { continue };
        if known.insert(name, namespace).is_some() {
            let message = format!("Namespace `{name}` is there twice: the labels of the one that is applied last stay");
            book.fault(namespace.headline(), message);
        }
    }
}

/// Pods that one controller made from one template have the same labels.
fn uneven<'w>(parties: &Parties<'w>, classes: &Classes<'w>, book: &mut Book<'w>) {
    for party in parties.uneven() {
        let first = classes.of[party.endpoints[0]];
        let other = party.endpoints.iter().find(|endpoint| classes.of[**endpoint] != first);
        if let Some(other) = other {
            let pod = parties.endpoints[*other].resource;
            let message = format!("a policy selects some of the pods of `{}` and not others", party.title);
            book.fault(pod.at(&["metadata", "labels"]).unwrap_or(pod.headline()), message);
        }
    }
}

/// Pods in the network of their node that some policy is meant for.
fn on_nodes<'w>(parties: &Parties<'w>, classes: &Classes<'w>, book: &mut Book<'w>) {
    let subjects: HashSet<usize> = book.decrees.iter().map(|decree| decree.subject).collect();
    for at in &parties.on_nodes {
        let sets = &classes.all[classes.of[*at]].sets;
        if sets.iter().any(|(set, _)| subjects.contains(set)) {
            let endpoint = &parties.endpoints[*at];
            let title = &parties.parties[endpoint.party].title;
            let message = format!(
                "`{title}` shares the network of its node, where most network plugins enforce no policy: what is listed \
                 for it is what the policies say"
            );
            book.fault(endpoint.resource.headline(), message);
        }
    }
}

/// Policies of makers whose policies are not worked out.
fn others<'w>(graph: &Graph<'w>, book: &mut Book<'w>) {
    for resource in graph.resources().iter().filter(|resource| ![admin::GROUP, cilium::GROUP].contains(&resource.group))
    {
        if let Some(reason) = unread(resource) {
            book.fault(resource.headline(), format!("{reason}: less may pass than is listed"));
        }
    }
}

/// The port on which Istio's ambient mesh carries what its members say to each other.
const MESH_PORT: u16 = 15008;

/// Rules that let a mesh through: what goes within it, no policy for ports sees.
fn mesh(book: &mut Book<'_>) {
    let carried = PortSet::one(Protocol::Tcp, MESH_PORT);
    let open = book.decrees.iter().filter_map(|decree| {
        let mut clauses = decree.ingress.clauses.iter();
        let clause = clauses.find(|clause| clause.action == Action::Allow && clause.ports.fixed == carried)?;
        Some((clause.value, decree.resource.title()))
    });
    let open: Vec<_> = open.collect();
    for (value, title) in open {
        let message = format!(
            "{title} lets in TCP {MESH_PORT}, on which a mesh carries everything: between its members more passes than the \
             ports that are listed"
        );
        book.fault(value, message);
    }
}

/// The label by which a namespace says that its pods are in a network of their own (OVN-Kubernetes).
const PRIMARY_LABEL: &str = "k8s.ovn.org/primary-user-defined-network";

/// User-defined networks of OVN-Kubernetes (k8s.ovn.org/v1).
fn networks<'w>(graph: &Graph<'w>, book: &mut Book<'w>) {
    let mut primary: HashMap<NamespaceKey<'w>, &'w Resource<'w>> = HashMap::new();
    for network in graph.of_kind("k8s.ovn.org", "ClusterUserDefinedNetwork") {
        if let Some(spec) = network.at(&["spec", "network"]) {
            settings(spec, book);
        }
    }
    for network in graph.of_kind("k8s.ovn.org", "UserDefinedNetwork") {
        let Some(settings) = network.at(&["spec"]).and_then(|spec| settings(spec, book)) else { continue };
        if settings.get("role").and_then(Value::known) != Some("Primary") {
            continue;
        }
        let place = place(&network.namespace);
        if let NamespaceKey::Known(name) = place
            && (name == "default" || name.starts_with("openshift-") || name.starts_with("kube-"))
        {
            let message = format!("a primary network cannot be made in namespace `{name}`");
            book.fault(network.at(&["metadata", "namespace"]).unwrap_or(network.headline()), message);
        }
        if let NamespaceKey::Known(name) = place
            && let Some(object) = graph.of_kind("", "Namespace").iter().find(|object| object.name() == Some(name))
            && object.label(PRIMARY_LABEL).is_none()
            && object.may_be_completed().is_none()
        {
            let message =
                format!("Namespace `{name}` has no label `{PRIMARY_LABEL}`, so its pods do not join the network");
            book.fault(network.headline(), message);
        }
        if let Some(other) = primary.insert(place, network) {
            book.fault(network.headline(), format!("its namespace has a primary network, {}", other.title()));
        }
    }
}

/// The settings of a network for its topology, unless it cannot be made.
fn settings<'w>(spec: Value<'w>, book: &mut Book<'w>) -> Option<Value<'w>> {
    let topology = spec.get("topology");
    let (layer, other) = match topology.and_then(Value::known) {
        Some("Layer2") => ("layer2", "layer3"),
        Some("Layer3") => ("layer3", "layer2"),
        Some("Localnet") => return None,
        Some(word) => {
            book.fault(topology.unwrap_or(spec), format!("`{word}` is no topology of a network: it is not made"));
            return None;
        }
        None => {
            if topology.is_none_or(|topology| topology.unknown().is_none()) {
                book.fault(spec, "the network has no topology: it is not made");
            }
            return None;
        }
    };
    let Some(settings) = spec.get(layer) else {
        book.fault(
            topology.unwrap_or(spec),
            format!("the network has no `{layer}`, which is its topology: it is not made"),
        );
        return None;
    };
    if let Some(stray) = spec.get(other) {
        book.fault(stray, format!("`{other}` is not the topology of the network: it is not made"));
    }
    match settings.get("role").map(|role| (role, role.known())) {
        Some((_, Some("Primary" | "Secondary"))) => Some(settings),
        Some((role, Some(_))) => {
            book.fault(role, "the role of a network is neither Primary nor Secondary: it is not made");
            None
        }
        Some((role, None)) if role.unknown().is_some() => None,
        _ => {
            book.fault(settings, "the network has no role: it is not made");
            None
        }
    }
}
