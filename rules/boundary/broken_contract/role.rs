//! Owners of Databases.

use super::{SHOWN, has_own};
use crate::contract::{Answer, Key, Offer, Offers, Rented};
use crate::finding::Confidence;
use crate::graph::cnpg::{Cluster, Database, DatabaseRole, GROUP, cluster_reference};
use crate::graph::roles::{Declarations, Makers, is_built_in};
use crate::graph::{View, is_near};
use crate::rule::{Sink, TargetContext, replace_name};
use crate::source::Span;
use crate::yaml::Value;
use std::collections::BTreeMap;

/// Owners of Databases that nobody declares a role for.
pub(super) fn owners<'w>(context: &TargetContext<'_, 'w>, offers: &Offers<'_>, sink: &mut Sink<'_, 'w>) {
    let declarations = Declarations::new(context.graph);
    let mut makers = None;
    for database in context.graph.all::<Database<'w>>() {
        let owner = database.at(&["spec", "owner"]).and_then(|value| Some((value, value.known()?)));
        let cluster = cluster_reference(database.resource()).and_then(Value::known);
        let (Some((value, owner)), Some(cluster), Some(namespace)) = (owner, cluster, database.namespace.known())
        else {
            continue;
        };
        let absent = database.at(&["spec", "ensure"]).and_then(Value::known) == Some("absent");
        if absent || is_built_in(owner) || has_own(context, Cluster::KIND, namespace, cluster) {
            continue;
        }
        let Answer::There(rented) = offers.cluster(namespace, cluster) else { continue };
        let alike = offers.alike(rented.cluster);
        let declared = alike.iter().any(|one| one.cluster.roles.iter().any(|role| role == owner))
            || declarations.has_object(cluster, owner, &database.namespace)
            || declared_beside(context, cluster, owner, namespace);
        if declared {
            continue;
        }
        let objects = context.graph.of_kind(GROUP, DatabaseRole::KIND).len();
        let by_script = makers.get_or_insert_with(|| Makers::new(context.graph)).of(owner);
        let stated = alike.iter().find_map(|one| one.cluster.roles_incomplete.clone());
        if let Some(reason) = stated.or(by_script) {
            sink.undecided(value.span(), reason);
        } else if objects == 0 && made_by_hand(rented.offer, rented, context) {
            sink.undecided(value.span(), "the platform manages no role for apps, so logins are made by hand");
        } else {
            report_owner(&database, (value, owner), rented, context, sink);
        }
    }
}

/// Whether another repo of the run holds a DatabaseRole for it.
fn declared_beside(context: &TargetContext<'_, '_>, cluster: &str, owner: &str, namespace: &str) -> bool {
    context.world.graphs.iter().flat_map(|graph| graph.of_kind(GROUP, DatabaseRole::KIND)).any(|role| {
        role.at(&["spec", "name"]).and_then(Value::known) == Some(owner)
            && cluster_reference(role).and_then(Value::known) == Some(cluster)
            && role.namespace.known() == Some(namespace)
    })
}

/// Whether the operator has no objects for roles, and the Cluster lists none but that of its own database.
pub(super) fn made_by_hand(offer: &Offer, rented: Rented<'_>, context: &TargetContext<'_, '_>) -> bool {
    let stated = offer.contract.operator.as_ref().and_then(|operator| operator.version.as_deref());
    let version = stated.unwrap_or(&context.versions().cnpg);
    let minor = version.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    rented.cluster.roles.len() < 2 && minor.is_some_and(|minor| minor < 30)
}

fn report_owner<'w>(
    database: &Database<'w>,
    (value, owner): (Value<'w>, &str),
    rented: Rented<'_>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let id = rented.cluster.id();
    let objects = context.graph.of_kind(GROUP, DatabaseRole::KIND);
    let of_cluster = objects
        .iter()
        .filter(|role| cluster_reference(role).and_then(Value::known) == Some(rented.cluster.name.as_str()))
        .filter_map(|role| role.at(&["spec", "name"]))
        .filter_map(|name| Some((name.known()?.to_owned(), Some(name.span()))));
    let promised = rented
        .cluster
        .roles
        .iter()
        .map(|role| (role.clone(), rented.offer.place(&Key::Role(id.clone(), role.clone()))));
    let roles: BTreeMap<String, Option<Span>> = promised.chain(of_cluster).collect();
    let message = format!("{} names owner `{owner}`, a role that Cluster `{id}` does not have", database.title());
    let mut finding = sink.finding("role", database.resource(), value, message).label("nobody declares this role");
    if objects.is_empty() {
        // One that a third repo declares is possible.
        finding = finding.confidence(Confidence::Medium);
    }
    let near = roles.iter().filter_map(|(role, place)| Some((is_near(owner, role)?, role, *place)));
    match near.min_by_key(|(far, role, _)| (*far, role.as_str())) {
        Some((_, role, place)) => {
            finding = finding.related(place, format!("`{role}` is declared here"));
            if place.is_none_or(|place| rented.place().is_none_or(|whole| whole.source != place.source)) {
                finding = finding.related(rented.place(), "the platform's cluster");
            }
            match replace_name(value, role) {
                Some(edits) => finding.suggestion(format!("name role `{role}`, if that is meant"), edits),
                None => finding.help(format!("did you mean `{role}`?")),
            };
        }
        None => {
            finding
                .related(rented.place(), "the platform's cluster")
                .note(format!("declared for it: {}", listed(&roles.into_keys().collect::<Vec<_>>())))
                .help("declare the role as a DatabaseRole beside the Database, or ask the platform for it");
        }
    }
}

pub(super) fn listed(roles: &[String]) -> String {
    let shown: Vec<String> = roles.iter().take(SHOWN).map(|role| format!("`{role}`")).collect();
    match roles.len() {
        0 => "no role".to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
