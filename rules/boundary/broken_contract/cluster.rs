//! Clusters that Databases, roles, poolers and connections name.

use super::{Missing, SHOWN, Use, begin, has_own, subject};
use crate::contract::{Answer, Key, Offers};
use crate::graph::View;
use crate::graph::cnpg::{Cluster, GROUP, cluster_reference};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext, replace_name};
use crate::source::Span;
use crate::yaml::Value;
use std::collections::BTreeSet;

/// Kinds that name their Cluster in `spec.cluster.name`.
const DEPENDANTS: [&str; 7] =
    ["Database", "DatabaseRole", "Pooler", "ScheduledBackup", "Backup", "Publication", "Subscription"];

/// Objects that name a Cluster of another repo.
pub(super) fn references<'w>(context: &TargetContext<'_, 'w>, offers: &Offers<'_>, missing: &mut Missing<'w>) {
    for kind in DEPENDANTS {
        for from in context.graph.of_kind(GROUP, kind).iter().copied().filter(|resource| resource.whole) {
            let Some(value) = cluster_reference(from) else { continue };
            let (Some(name), Some(namespace)) = (value.known(), from.namespace.known()) else { continue };
            if name.is_empty() || from.is_example() || has_own(context, Cluster::KIND, namespace, name) {
                continue;
            }
            let elsewhere =
                || offers.owner(namespace).is_none() && offers.clusters().any(|one| one.cluster.name == name);
            let is_missing = match offers.cluster(namespace, name) {
                Answer::Absent(_) => true,
                Answer::Unknown(None) => elsewhere(),
                _ => false,
            };
            if is_missing {
                let at = Use { resource: Some(from), value, span: value.span(), host: None };
                missing.entry((namespace.to_owned(), name.to_owned())).or_default().push(at);
            }
        }
    }
}

/// Tells of a Cluster that is not on offer, with everything that names it.
pub(super) fn report<'w>(
    namespace: &str,
    name: &str,
    uses: Vec<Use<'w>>,
    context: &TargetContext<'_, 'w>,
    offers: &Offers<'_>,
    sink: &mut Sink<'_, 'w>,
) {
    let mut uses = uses.into_iter();
    let Some(first) = uses.next() else { return };
    let rest: Vec<Use<'w>> = uses.collect();
    let whole = format!("{namespace}/{name}");
    let (code, message) = match &first.host {
        None => {
            ("cluster", format!("{} waits for Cluster `{whole}`, which the platform does not offer", subject(&first)))
        }
        Some(_) => {
            ("host", format!("{} connects to Cluster `{whole}`, which the platform does not offer", subject(&first)))
        }
    };
    let near = offers.near_cluster(namespace, name);
    let away = offers.clusters().find(|rented| rented.cluster.name == name);
    let mut finding = begin(code, &first, message, sink).label("not on offer");
    for other in rest.iter().filter(|other| other.span != first.span).take(SHOWN) {
        finding = finding.related(other.span, "names it, too");
    }
    if rest.is_empty() || rest.len() < SHOWN {
        let labels = context.graph.of_kind("", "Namespace").iter().flat_map(|place| labels_naming(place, name, offers));
        for span in labels {
            finding = finding.related(span, "opts in to it");
        }
    }
    match (near, away) {
        (Some(rented), _) => {
            let cluster = &rented.cluster.name;
            let host = first.host.as_deref().map(|host| host.replacen(name, cluster, 1));
            let meant = host.as_ref().unwrap_or(cluster);
            finding = finding.related(rented.place(), format!("the platform offers Cluster `{cluster}`"));
            match replace_name(first.value, meant).filter(|_| host.is_none()) {
                Some(edits) => finding.suggestion(format!("name Cluster `{meant}`, if that is meant"), edits),
                None => finding.help(format!("did you mean `{meant}`?")),
            };
        }
        (None, Some(rented)) => {
            let home = &rented.cluster.namespace;
            finding.related(rented.place(), format!("the platform offers it in namespace `{home}`")).help(match first
                .host
            {
                Some(_) => format!("name the host with namespace `{home}`"),
                None => format!("move this object to namespace `{home}`; references never leave theirs"),
            });
        }
        (None, None) => {
            if let Some(owner) = offers.owner(namespace) {
                let count = owner.contract.clusters.iter().filter(|cluster| cluster.namespace == namespace).count();
                finding = finding
                    .related(
                        owner.place(&Key::Namespace(namespace.to_owned())),
                        "the platform's databases live in this namespace",
                    )
                    .note(format!("looked at {}", counted(count, "cluster on offer", "clusters on offer")));
            }
            finding.help("name a cluster that is on offer, or ask the platform for this one");
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// The opt-in labels of a Namespace that name a cluster.
fn labels_naming(place: &Resource<'_>, name: &str, offers: &Offers<'_>) -> Vec<Span> {
    let keys: BTreeSet<&str> = offers
        .clusters()
        .filter_map(|rented| rented.cluster.clients.as_ref())
        .flat_map(|rule| rule.labels.keys().map(String::as_str))
        .collect();
    let labels = keys.into_iter().filter_map(|key| place.label(key));
    labels.filter(|value| value.known() == Some(name)).map(Value::span).collect()
}
