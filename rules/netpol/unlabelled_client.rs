//! Clients of a database whose namespace is not let in.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::clients::Client;
use crate::graph::workload::Workload;
use crate::manifest::{Namespace, Resource};
use crate::reach::answer::{Answer, any};
use crate::reach::connections::{Connections, Grant, PartyKind};
use crate::reach::{Direction, POSTGRES_PORT, Unseen};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use std::collections::{HashMap, HashSet};

declare_rule! {
    /// ## What it does
    /// Finds workloads, ConfigMaps, Secrets, templates of Secrets and values of Helm releases that name the service of
    /// a Cluster or Pooler, in a namespace that no policy lets reach it.
    ///
    /// ## Why it matters
    /// The connection times out. The app is rolled out, its pods never get ready, and no message speaks of a policy.
    /// The label by which a namespace opts in is easy to forget, for it is written in another file than the connection.
    ///
    /// ## Instead
    /// Give the Namespace the label that the policy asks for.
    ///
    /// ## Limits
    /// Only namespaces whose Namespace object is in the repo, and names of services with the namespace in them, as
    /// `orders-pg-rw.databases`, in a connection string or as the whole value. What a rule asks of pods is left out,
    /// and so is the way out of the client's namespace. Undecided where charts or kustomizations that are not built may
    /// bring policies, and where a rule lets in addresses. Confidence is low where a service mesh carries the traffic.
    pub static RULE {
        id: "netpol/unlabelled-client",
        summary: "a client's namespace may not reach its database",
        scope: Target,
        codes: ["not-let-in" => (Error, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

/// The services of Clusters and Poolers, by namespace and name.
type Services<'w> = HashMap<(String, String), usize>;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(connections) = context.connections.filter(|_| !context.graph.is_of_app()) else { return };
    let services = services(connections);
    let mut seen: HashSet<(String, usize)> = HashSet::new();
    for client in context.clients.iter() {
        let (Some(place), Some(namespace)) = (client.place.known(), client.host.namespace.clone()) else { continue };
        let Some(party) = services.get(&(namespace, client.host.service.clone())).copied() else { continue };
        // A Secret beside its Cluster is read by others elsewhere.
        let own = connections.parties()[party].namespace == place;
        // Policies say nothing of what shares the network of its node.
        let on_node = || Workload::of(client.resource).is_some_and(|workload| workload.host_network);
        if !own && !on_node() && seen.insert((place.to_owned(), party)) {
            judge(client, place, party, connections, context, sink);
        }
    }
}

fn services<'w>(connections: &Connections<'w>) -> Services<'w> {
    let mut services = HashMap::new();
    for (at, party) in connections.parties().iter().enumerate() {
        if party.resource.name().is_none() || party.resource.namespace.known().is_none() {
            continue;
        }
        let ends: &[&str] = match party.kind {
            PartyKind::Database => &["-rw", "-ro", "-r"],
            PartyKind::Pooler => &[""],
            _ => &[],
        };
        for end in ends {
            services.insert((party.namespace.clone(), format!("{}{end}", party.name)), at);
        }
    }
    services
}

fn judge<'w>(
    client: &Client<'w>,
    place: &str,
    party: usize,
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    if !connections.is_isolated(party, Direction::Ingress) {
        return;
    }
    let (resource, value) = (client.resource, client.value);
    let database = connections.parties()[party].resource;
    let objects = context.graph.named("", "Namespace", place);
    let Some(object) = objects.first().filter(|object| object.whole) else {
        sink.undecided(value.span(), format!("the Namespace `{place}` is not in this repo"));
        return;
    };
    let Some(name) = object.name() else { return };
    let labels = context.reach.namespace_labels(&Namespace::Known(name));
    let grants = connections.grants(party, POSTGRES_PORT);
    let admitted = any(grants.iter().map(|grant| grant.who.admits(place, &labels)));
    match (admitted, context.reach.unseen_policies(context.graph, &database.namespace)) {
        (Answer::Yes, _) => {}
        (Answer::Unknown(reason), _) => sink.undecided(value.span(), reason),
        (Answer::No, Unseen::Likely(reason) | Unseen::Possible(reason)) => sink.undecided(value.span(), reason),
        (Answer::No, Unseen::None) => {
            let home = context.reach.namespace_labels(&database.namespace);
            let mesh = labels.join_mesh() || home.join_mesh();
            report(&ShutOut { resource, value, object, database, mesh }, &grants, sink);
        }
    }
}

/// Who names a database and may not reach it.
struct ShutOut<'w> {
    resource: &'w Resource<'w>,
    value: Value<'w>,
    object: &'w Resource<'w>,
    database: &'w Resource<'w>,
    mesh: bool,
}

fn report<'w>(client: &ShutOut<'w>, grants: &[Grant<'_, 'w>], sink: &mut Sink<'_, 'w>) {
    let ShutOut { resource, value, object, database, mesh } = client;
    let place = object.name().unwrap_or_default();
    let message =
        format!("{} names {}, and no policy lets namespace `{place}` reach it", resource.title(), database.title());
    let mut finding = sink
        .finding("not-let-in", resource, *value, message)
        .underline(value.key_or_span())
        .label(format!("names a service of {}", database.title()));
    let opt_in = grants.iter().filter(|grant| grant.sure).find_map(|grant| {
        let asked = grant.who.opt_in();
        let labels: Option<Vec<String>> = asked
            .iter()
            .map(|(key, asked)| match asked.wanted().first() {
                Some(value) => Some(format!("`{key}: {value}`")),
                None => matches!(asked.expression, kube_core::Expression::Exists(_)).then(|| format!("`{key}`")),
            })
            .collect();
        let labels = labels.filter(|labels| !labels.is_empty())?;
        Some((labels.join(" and "), asked.first()?.1.value.span()))
    });
    finding = finding.related(
        object.headline().span(),
        match &opt_in {
            Some((labels, _)) => format!("does not carry {labels}"),
            None => "this namespace is not let in".to_owned(),
        },
    );
    finding = match opt_in {
        Some((labels, span)) => finding
            .related(span, "lets namespaces in by this label")
            .help(format!("label Namespace `{place}` with {labels}")),
        None => finding
            .help(format!("allow namespace `{place}` to reach port {POSTGRES_PORT}, by a label that it opts in by")),
    };
    if *mesh {
        finding
            .note("a service mesh carries the traffic of these namespaces, and policies may see its ports only")
            .confidence(Confidence::Low);
    }
}
