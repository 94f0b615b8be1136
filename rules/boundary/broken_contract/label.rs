//! The label by which a namespace opts in.

use super::Told;
use super::host::Connection;
use crate::contract::{Key, Rented, ServiceOffer};
use crate::finding::Confidence;
use crate::graph::workload::MESH_LABELS;
use crate::rule::{Sink, TargetContext};

/// Tells of a client whose namespace the platform's policies do not let in.
pub(super) fn let_in<'w>(
    connection: &Connection<'w>,
    rented: Rented<'_>,
    offered: &ServiceOffer,
    context: &TargetContext<'_, 'w>,
    told: &mut Told,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(rule) = rented.clients_of(offered).filter(|rule| !rule.others) else { return };
    let objects = context.graph.of_kind("", "Namespace");
    let object = match (&connection.place, objects) {
        (Some(place), _) => objects.iter().find(|object| object.name() == Some(place.as_str())),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let Some(object) = object.copied().filter(|object| object.whole) else { return };
    let Some(name) = object.name().filter(|name| *name != rented.cluster.namespace) else { return };
    if rule.namespaces.iter().any(|known| known == name) || !told.insert((name.to_owned(), rented.cluster.id())) {
        return;
    }
    let value_of = |key: &str| object.label(key);
    if rule
        .labels
        .iter()
        .any(|(key, value)| value_of(key).is_some_and(|own| own.known().is_none_or(|own| own == value)))
    {
        return;
    }
    if let Some(reason) = object.may_be_completed() {
        return sink.undecided(object.headline().span(), reason);
    }
    let cluster = rented.cluster.id();
    let wrong = rule.labels.keys().find_map(|key| value_of(key));
    let primary = wrong.unwrap_or_else(|| object.headline());
    let message = format!("{} is not let in to Cluster `{cluster}`, which is used from it", object.title());
    let asked = rule.labels.iter().next().map(|(key, value)| format!("`{key}: {value}`"));
    let mut finding = sink.finding("label", object, primary, message);
    finding = match (&asked, wrong.is_some()) {
        (Some(asked), false) => finding.label(format!("does not carry {asked}")),
        (Some(_), true) => finding.label("not the cluster that is used"),
        (None, _) => finding.label("not among the namespaces that are let in"),
    };
    let key = match offered.clients {
        Some(_) => Key::ServiceClients(cluster.clone(), offered.host.clone()),
        None => Key::Clients(cluster.clone()),
    };
    if MESH_LABELS.iter().any(|label| object.label(label).is_some()) {
        let note = "a service mesh carries the traffic of this namespace, and policies may see its ports only";
        finding = finding.note(note).confidence(Confidence::Low);
    }
    let help = match asked {
        Some(asked) => format!("label Namespace `{name}` with {asked}"),
        None => format!("ask the platform to let namespace `{name}` in"),
    };
    finding
        .related(connection.at.span, "connects from here")
        .related(rented.offer.place(&key), "the platform lets these in")
        .help(help);
}
