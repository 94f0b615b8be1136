//! Clients of a database whose namespace is not let in.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::clients::Client;
use crate::graph::workload::Workload;
use crate::manifest::{Namespace, Resource};
use crate::reach::answer::{Answer, any};
use crate::reach::connections::{Connections, End, Grant, Need, NeedKind, Verdict};
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::{Direction, POSTGRES_PORT, Unseen};
use crate::rule::{MESH_NOTE, Sink, TargetContext, add_entry};
use crate::yaml::Value;
use std::collections::{HashMap, HashSet};

declare_rule! {
    /// ## What it does
    /// Finds workloads, ConfigMaps, Secrets, templates of Secrets and values of Helm releases that name the service of a
    /// Cluster or Pooler, in a namespace that no policy lets reach it. Workloads, too, that are let in and that policies of their
    /// own namespace do not let out to it.
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
    /// `orders-pg-rw.databases`, in a connection string or as the whole value. What a rule asks of pods is left out, and the way out
    /// of the client's namespace is judged for workloads only. Undecided where charts or kustomizations that are not built
    /// may bring policies, and where a rule lets in addresses. Confidence is low where a service mesh carries the traffic.
    pub static RULE {
        id: "netpol/unlabelled-client",
        summary: "a client's namespace may not reach its database",
        scope: Target,
        codes: [
            "not-let-in" => (Error, High, Network),
            "not-let-out" => (Error, High, Network),
        ],
        since: "0.1.0",
        fixable: Unsafe,
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
        for service in party.services() {
            services.insert((party.namespace.clone(), service), at);
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
    match (admitted, context.reach.unseen_policies_of_databases(context.graph, &database.namespace)) {
        (Answer::Yes, _) => let_out(resource, value, party, connections, context, sink),
        (Answer::Unknown(reason), _) => sink.undecided(value.span(), reason),
        (Answer::No, Unseen::Likely(reason) | Unseen::Possible(reason)) => sink.undecided(value.span(), reason),
        (Answer::No, Unseen::None) => {
            let home = context.reach.namespace_labels(&database.namespace);
            let mesh = labels.join_mesh() || home.join_mesh();
            report(&ShutOut { resource, value, object, database, mesh }, &grants, sink);
        }
    }
}

/// Reports a workload that is let in, and whose own namespace does not let it out.
fn let_out<'w>(
    resource: &'w Resource<'w>,
    value: Value<'w>,
    party: usize,
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let parties = connections.parties();
    let Some(own) = parties.iter().position(|own| std::ptr::eq(own.resource, resource)) else { return };
    let ports = PortSet::one(Protocol::Tcp, POSTGRES_PORT);
    let (from, to) = (End::Party(own), End::Party(party));
    let kind = NeedKind::Client;
    let need = Need { from, to, ports, why: "a client connects", kind, owner: own, others: Vec::new() };
    let lack = match connections.verdict(&need) {
        Verdict::Met => return,
        Verdict::Unknown(reason) => return sink.undecided(value.span(), reason),
        Verdict::Stopped(lack) => lack,
    };
    let mut out = lack.blocks.into_iter().filter(|block| block.direction == Direction::Egress);
    // What a namespace that lets nothing out at all is opened by is written elsewhere.
    let Some(block) = out.next().filter(|block| block.denies || connections.is_allowed_something(own)) else { return };
    if let Some(reason) = connections.unread() {
        return sink.undecided(value.span(), reason);
    }
    match context.reach.unseen_policies(context.graph, &resource.namespace) {
        Unseen::Likely(reason) | Unseen::Possible(reason) if !block.denies => {
            return sink.undecided(value.span(), reason);
        }
        _ => {}
    }
    let database = parties[party].resource;
    let message =
        format!("{} names {}, and its own policies do not let it out there", resource.title(), database.title());
    let mut finding = sink.finding("not-let-out", block.policy, block.value, message);
    if !block.denies {
        finding = finding.underline(block.value.key_or_span());
    }
    finding = finding.label(match block.denies {
        true => "denies it".to_owned(),
        false => format!("closes egress; no rule opens TCP {POSTGRES_PORT} for it"),
    });
    if let Some((span, text)) = block.near {
        finding = finding.related(span, text);
    }
    finding = finding.related(value.key_or_span(), format!("names a service of {}", database.title()));
    let place = parties[party].namespace.as_str();
    if context.reach.namespace_labels(&resource.namespace).join_mesh() {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    finding.help(format!("add an egress rule for TCP {POSTGRES_PORT} to namespace `{place}`"));
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
                // Without quotes some would be no text.
                Some(value) if matches!(*value, "true" | "false" | "yes" | "no" | "on" | "off") => {
                    Some(format!("`{key}: \"{value}\"`"))
                }
                Some(value) => Some(format!("`{key}: {value}`")),
                None => matches!(asked.expression, kube_core::Expression::Exists(_)).then(|| format!("`{key}`")),
            })
            .collect();
        let labels = labels.filter(|labels| !labels.is_empty())?;
        let only = match asked.as_slice() {
            [(key, asked)] => asked.wanted().first().map(|value| ((*key).to_owned(), (*value).to_owned())),
            _ => None,
        };
        Some((labels.join(" and "), grant.written(asked.first()?.1).span(), only))
    });
    finding = finding.related(
        object.headline().span(),
        match &opt_in {
            Some((labels, ..)) => format!("does not carry {labels}"),
            None => "this namespace is not let in".to_owned(),
        },
    );
    finding = match opt_in {
        Some((labels, span, only)) => {
            let finding = finding.related(span, "lets namespaces in by this label");
            let written = object.at(&["metadata", "labels"]);
            let edits = written.zip(only).and_then(|(written, (key, value))| {
                // A value that is there is another one on purpose, or not: that is for its owner to say.
                written.get(&key).is_none().then(|| add_entry(written, &key, &value)).flatten()
            });
            let title = format!("label Namespace `{place}` with {labels}");
            match edits {
                Some(edits) => finding.suggestion(title, edits),
                None => finding.help(title),
            }
        }
        None => finding
            .help(format!("allow namespace `{place}` to reach port {POSTGRES_PORT}, by a label that it opts in by")),
    };
    if *mesh {
        finding
            .note("a service mesh carries the traffic of these namespaces, and policies may see its ports only")
            .confidence(Confidence::Low);
    }
}
