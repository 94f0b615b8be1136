//! Hosts and ports in connection strings, variables and Helm values.

use super::{Missing, Use, begin, has_own, subject};
use crate::contract::{Answer, Key, Offers, Rented, ServiceOffer};
use crate::graph::clients::{Mention, is_cluster_like, mentions_of_values};
use crate::graph::cnpg::{Cluster, Pooler, cluster_of_service};
use crate::graph::{View, is_near};
use crate::rule::{Sink, TargetContext};

/// A host that is named in a namespace.
pub(super) struct Connection<'w> {
    pub(super) at: Use<'w>,
    pub(super) mention: Mention<'w>,
    /// Where the pods run.
    pub(super) place: Option<String>,
}

/// Everything that names a host: objects, and values files that recipes hand to Helm.
pub(super) fn connections<'w>(context: &TargetContext<'_, 'w>) -> Vec<Connection<'w>> {
    let mut found = Vec::new();
    for client in context.clients.iter().filter(|client| !client.resource.is_example()) {
        let mention = client.mention.clone();
        found.push(Connection {
            at: Use {
                resource: Some(client.resource),
                value: mention.value,
                span: mention.span(context.world.sources),
                host: Some(mention.host.text.clone()),
            },
            place: client.place.known().map(str::to_owned),
            mention,
        });
    }
    let files = context.values_files();
    for (file, mention) in
        files.iter().flat_map(|file| mentions_of_values(file.value).into_iter().map(move |m| (file, m)))
    {
        found.push(Connection {
            at: Use {
                resource: None,
                value: mention.value,
                span: mention.span(context.world.sources),
                host: Some(mention.host.text.clone()),
            },
            place: file.namespace.map(str::to_owned),
            mention,
        });
    }
    found
}

/// Looks for the host that is named. One that is on offer is handed back, with what offers it.
pub(super) fn check<'w, 'a>(
    connection: Connection<'w>,
    context: &TargetContext<'_, 'w>,
    offers: &Offers<'a>,
    missing: &mut Missing<'w>,
    sink: &mut Sink<'_, 'w>,
) -> Option<(Connection<'w>, Rented<'a>, &'a ServiceOffer)> {
    let host = &connection.mention.host;
    let namespace = host.namespace.clone().or_else(|| connection.place.clone())?;
    let service = host.service.clone();
    let base = cluster_of_service(&service).map(str::to_owned);
    let own = |kind: &str, name: &str| has_own(context, kind, &namespace, name);
    if own("Service", &service)
        || own(Pooler::KIND, &service)
        || base.as_deref().is_some_and(|base| own(Cluster::KIND, base))
    {
        return None;
    }
    match offers.service(&namespace, &service) {
        Answer::There((rented, offered)) => return Some((connection, rented, offered)),
        Answer::Absent(_) => match base.filter(|_| is_cluster_like(&service)) {
            Some(base) => match offers.cluster(&namespace, &base) {
                Answer::There(rented) => report(&connection, &namespace, Some(rented), offers, sink),
                _ => missing.entry((namespace, base)).or_default().push(connection.at),
            },
            None => report(&connection, &namespace, None, offers, sink),
        },
        Answer::Unknown(Some(reason)) if base.is_some() => sink.undecided(connection.at.span, reason),
        Answer::Unknown(None) if !own_namespace(context, &namespace) => {
            report(&connection, &namespace, None, offers, sink);
        }
        Answer::Unknown(_) => {}
    }
    None
}

fn own_namespace(context: &TargetContext<'_, '_>, name: &str) -> bool {
    !context.graph.named("", "Namespace", name).is_empty()
}

/// Tells of a host that is not on offer although its cluster is, or that is near to one that is.
fn report<'w>(
    connection: &Connection<'w>,
    namespace: &str,
    rented: Option<Rented<'_>>,
    offers: &Offers<'_>,
    sink: &mut Sink<'_, 'w>,
) {
    let asked = format!("{}.{namespace}", connection.mention.host.service);
    let all = offers.clusters().flat_map(|one| one.cluster.services.iter().map(move |service| (one, service)));
    let beside = all.filter(|(one, _)| rented.is_none_or(|rented| std::ptr::eq(one.cluster, rented.cluster)));
    let near = beside.filter_map(|(one, service)| Some((is_near(&asked, &service.host)?, one, service)));
    let near = near.min_by_key(|(far, _, service)| (*far, service.host.clone()));
    let (one, meant) = match (near, rented) {
        (Some((_, one, service)), _) => (one, Some(service)),
        (None, Some(rented)) => (rented, None),
        // A name that is like none of theirs is not theirs.
        (None, None) => return,
    };
    let message = format!("{} connects to `{asked}`, a host that the platform does not offer", subject(&connection.at));
    let finding = begin("host", &connection.at, message, sink).label("not on offer");
    match meant {
        Some(meant) => {
            let key = Key::Service(one.cluster.id(), meant.host.clone());
            finding
                .related(one.offer.place(&key), format!("the platform offers `{}`", meant.host))
                .help(format!("did you mean `{}`?", meant.host));
        }
        None => {
            finding.related(one.place(), "the platform's cluster").help("name one of the hosts that are on offer");
        }
    }
}

/// Tells of a port that is another than the one on offer.
pub(super) fn port<'w>(
    connection: &Connection<'w>,
    rented: Rented<'_>,
    offered: &ServiceOffer,
    sink: &mut Sink<'_, 'w>,
) -> bool {
    let Some(part) = &connection.mention.port else { return false };
    let Some(asked) = part.text.as_deref().and_then(|text| text.parse::<u16>().ok()) else { return false };
    if asked == offered.port {
        return false;
    }
    let message = format!(
        "{} connects to `{}` on port {asked}, and the platform offers {}",
        subject(&connection.at),
        offered.host,
        offered.port
    );
    let span =
        if part.value.span() == connection.mention.value.span() { connection.at.span } else { part.value.span() };
    let key = Key::Service(rented.cluster.id(), offered.host.clone());
    begin("port", &connection.at, message, sink)
        .underline(span)
        .label("nobody listens there")
        .related(rented.offer.place(&key), format!("answers on port {}", offered.port))
        .help(format!("connect to port {}", offered.port));
    true
}
