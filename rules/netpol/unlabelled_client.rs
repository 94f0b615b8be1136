//! Clients of a database whose namespace is not let in.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::clients::Client;
use crate::graph::workload::{Label, Workload};
use crate::manifest::{Namespace, Resource};
use crate::reach::answer::{Answer, any};
use crate::reach::connections::{Block, Connections, End, Grant, Need, NeedKind, Party, Verdict};
use crate::reach::ports::{PortSet, Protocol};
use crate::reach::selector::Requirement;
use crate::reach::{Direction, POSTGRES_PORT, Unseen};
use crate::rule::admission::{self, OfNamespace};
use crate::rule::{MESH_NOTE, Sink, TargetContext, is_in_mesh, surely_closed};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds workloads, ConfigMaps, Secrets, templates of Secrets and values of Helm releases that name the service of a
    /// Cluster or Pooler, in a namespace that no policy lets reach it. Workloads, too, that are let in and that policies of their
    /// own namespace do not let out to it. And workloads beside their database whose pods no rule lets in.
    ///
    /// ## Why it matters
    /// The connection times out. The app is rolled out, its pods never get ready, and no message speaks of a policy.
    /// The label by which a namespace opts in is easy to forget, for it is written in another file than the connection.
    ///
    /// ## Instead
    /// Give the Namespace the label that the policy asks for, or the pods, where the database is beside them.
    ///
    /// ## Limits
    /// Only namespaces whose Namespace object is in the repo, and names of services in a connection string or as the whole value,
    /// as `orders-pg-rw.databases`; one without a namespace is that of the pod. What a rule asks of pods of other namespaces is left
    /// out. The way out of the client's namespace, and clients in the database's own, are judged for workloads only. Undecided where charts or kustomizations that are not built
    /// may bring policies, where a rule opens the port to addresses that pods may have, and where Kyverno labels pods. A label is offered
    /// only where it is not what another namespace or workload is known by. Confidence is low where a service mesh carries the traffic.
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
    let parties = connections.parties().iter().enumerate();
    let workloads: HashMap<*const Resource<'w>, usize> =
        parties.map(|(at, party)| (std::ptr::from_ref(party.resource), at)).collect();
    let mut let_in: HashMap<(&str, usize), bool> = HashMap::new();
    let mut seen: HashSet<(usize, usize)> = HashSet::new();
    let mut unlabelled: HashSet<(&str, usize)> = HashSet::new();
    for client in context.clients.iter() {
        let Some(place) = client.place.known() else { continue };
        // A name without a namespace is one of the pod's own.
        let namespace = client.host.namespace.clone().unwrap_or_else(|| place.to_owned());
        let Some(party) = services.get(&(namespace, client.host.service.clone())).copied() else { continue };
        // Policies say nothing of what shares the network of its node.
        if Workload::of(client.resource).is_some_and(|workload| workload.host_network) {
            continue;
        }
        let own = connections.parties()[party].namespace == place;
        // A Secret beside its Cluster is read by others elsewhere: there, it is the pods that count.
        let is_let_in = own
            || *let_in.entry((place, party)).or_insert_with(|| judge(client, place, party, connections, context, sink));
        let pods = workloads.get(&std::ptr::from_ref(client.resource)).copied();
        if let Some(pods) = pods.filter(|pods| is_let_in && seen.insert((*pods, party))) {
            // The label of a namespace is told once.
            let by_label = unlabelled.contains(&(place, party));
            if judge_pods(client, (own, by_label), (pods, party), connections, context, sink) {
                unlabelled.insert((place, party));
            }
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

/// Whether the namespace of a client is let in, as far as that is sure; reports it where it is not.
fn judge<'w>(
    client: &Client<'w>,
    place: &str,
    party: usize,
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) -> bool {
    if !connections.is_isolated(party, Direction::Ingress) {
        return false;
    }
    let (resource, value) = (client.resource, client.value);
    let database = connections.parties()[party].resource;
    let objects = context.graph.named("", "Namespace", place);
    let Some(object) = objects.first().filter(|object| object.whole) else {
        sink.undecided(value.span(), format!("the Namespace `{place}` is not in this repo"));
        return false;
    };
    let Some(name) = object.name() else { return false };
    let labels = context.reach.namespace_labels(&Namespace::Known(name));
    let grants = connections.grants(party, POSTGRES_PORT);
    let admitted = any(grants.iter().map(|grant| grant.who.admits(place, &labels)));
    match (admitted, context.reach.unseen_policies_of_databases(context.graph, &database.namespace)) {
        (Answer::Yes, _) => return true,
        (Answer::Unknown(reason), _) => sink.undecided(value.span(), reason),
        (Answer::No, Unseen::Likely(reason) | Unseen::Possible(reason)) => sink.undecided(value.span(), reason),
        (Answer::No, Unseen::None) => {
            let home = context.reach.namespace_labels(&database.namespace);
            let mesh = labels.join_mesh() || home.join_mesh() || is_in_mesh(context.reach, connections, party);
            report(&ShutOut { resource, value, object, database, mesh }, &grants, context, sink);
        }
    }
    false
}

/// Reports a workload whose pods do not get out of their namespace to the database; where it is in that namespace, too
/// (`own`), also one whose pods are not let in. Says whether a label of the namespace is what lacks; where that is told
/// (`by_label`), nothing more is.
fn judge_pods<'w>(
    client: &Client<'w>,
    (own, by_label): (bool, bool),
    (pods, party): (usize, usize),
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) -> bool {
    let ports = PortSet::one(Protocol::Tcp, POSTGRES_PORT);
    let (from, to) = (End::Party(pods), End::Party(party));
    let kind = NeedKind::Client;
    let need = Need { from, to, ports, why: "a client connects", kind, owner: pods, others: Vec::new(), asked: None };
    let value = client.value;
    let mut lack = match connections.verdict(&need) {
        Verdict::Met => return false,
        Verdict::Unknown(reason) => {
            sink.undecided(value.span(), reason);
            return false;
        }
        Verdict::Stopped(lack) => lack,
    };
    lack.blocks.retain(|block| own || block.direction == Direction::Egress);
    if lack.blocks.is_empty() {
        return false;
    }
    if let Some(reason) = context.reach.relabelled_pods() {
        sink.undecided(value.span(), reason.to_owned());
        return false;
    }
    let lack = match surely_closed(lack, connections, context) {
        Ok(Some(lack)) => lack,
        Ok(None) => return false,
        Err(reason) => {
            sink.undecided(value.span(), reason);
            return false;
        }
    };
    let labels = context.reach.namespace_labels(&client.resource.namespace);
    let mesh = labels.join_mesh() || [pods, party].into_iter().any(|at| is_in_mesh(context.reach, connections, at));
    let database = &connections.parties()[party];
    if let Some(block) = lack.blocks.iter().find(|block| block.direction == Direction::Ingress) {
        let grants = connections.grants(party, POSTGRES_PORT);
        let grants = grants.iter().filter(|grant| grant.sure);
        let mut labels =
            grants.filter_map(|grant| Some((grant.peer, admission::of_pods(grant, client.resource, context)?)));
        report_pods(client, database, (block, &lack.blocks), labels.next(), mesh, sink);
        return false;
    }
    let Some(block) = lack.blocks.first() else { return false };
    // A namespace that has the label with another value has it for something else.
    let lacks = |asked: &&Vec<(&str, &Requirement<'w>)>| {
        let held = |key: &str, asked: &Requirement<'w>| asked.holds_for(labels.get(key)).is_yes();
        asked.iter().all(|(key, asked)| labels.get(key) == Label::Absent || held(key, asked))
            && asked.iter().any(|(key, asked)| !held(key, asked))
    };
    let ways = connections.ways_out(party, POSTGRES_PORT);
    let mut way = ways.iter().filter(|_| !block.denies).filter(lacks);
    let place = client.resource.namespace.known().unwrap_or_default();
    let way = way.find_map(|asked| OfNamespace::asked(asked, None, place, context));
    let object = context.reach.namespace_object(&client.resource.namespace);
    match way.zip(object) {
        Some(_) if by_label => {}
        Some(way) => report_label(client, database, block, way, mesh, sink),
        None => {
            report_way_out(client, database, block, mesh, sink);
            return false;
        }
    }
    true
}

/// What closes a side, in words.
fn closes(block: &Block<'_>) -> String {
    match block.denies {
        true => "denies it".to_owned(),
        false => format!("closes {}; no rule opens TCP {POSTGRES_PORT} for it", block.direction.name()),
    }
}

fn report_way_out<'w>(
    client: &Client<'w>,
    database: &Party<'w>,
    block: &Block<'w>,
    mesh: bool,
    sink: &mut Sink<'_, 'w>,
) {
    let (resource, served) = (client.resource, database.resource.title());
    let message = format!("{} names {served}, and its own policies do not let it out there", resource.title());
    let mut finding = sink.finding("not-let-out", block.policy, block.value, message).label(closes(block));
    if !block.denies {
        finding = finding.underline(block.value.key_or_span());
    }
    if let Some((span, text)) = &block.near {
        finding = finding.related(*span, text.clone());
    }
    finding = finding.related(client.value.key_or_span(), format!("names a service of {served}"));
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    finding.help(format!("add an egress rule for TCP {POSTGRES_PORT} to namespace `{}`", database.namespace));
}

/// Reports a workload whose namespace lacks the label by which others get out to the database.
fn report_label<'w>(
    client: &Client<'w>,
    database: &Party<'w>,
    block: &Block<'w>,
    (way, object): (OfNamespace, &'w Resource<'w>),
    mesh: bool,
    sink: &mut Sink<'_, 'w>,
) {
    let (resource, served) = (client.resource, database.resource.title());
    let place = object.name().unwrap_or_default();
    let message = format!("{} names {served}, and no policy lets namespace `{place}` out there", resource.title());
    let mut finding = sink
        .finding("not-let-out", resource, client.value, message)
        .underline(client.value.key_or_span())
        .label(format!("names a service of {served}"))
        .related(block.value.key_or_span(), closes(block))
        .related(object.headline().span(), format!("does not carry {}", way.labels))
        .related(way.span, "lets namespaces out by this label");
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    way.offer(object, finding);
}

/// Reports a workload beside its database whose pods are not let in.
fn report_pods<'w>(
    client: &Client<'w>,
    database: &Party<'w>,
    (block, blocks): (&Block<'w>, &[Block<'w>]),
    labels: Option<(Value<'w>, String)>,
    mesh: bool,
    sink: &mut Sink<'_, 'w>,
) {
    let (resource, value, served) = (client.resource, client.value, database.resource.title());
    let message = format!("{} names {served}, and no policy lets its pods reach it", resource.title());
    let mut finding = sink
        .finding("not-let-in", resource, value, message)
        .underline(value.key_or_span())
        .label(format!("names a service of {served}, beside it"));
    for other in blocks {
        finding = finding.related(other.value.key_or_span(), closes(other));
    }
    finding = match (&labels, &block.near) {
        (Some((peer, _)), _) => finding.related(peer.span(), "lets in pods of this namespace by their labels"),
        (None, Some((span, text))) => finding.related(*span, text.clone()),
        (None, None) => finding,
    };
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    let out = blocks.iter().any(|block| block.direction == Direction::Egress);
    let rules = if out { "an ingress and an egress rule" } else { "an ingress rule" };
    finding.help(match labels {
        Some((_, labels)) if out => format!("give the pods {labels}, and add an egress rule for TCP {POSTGRES_PORT}"),
        Some((_, labels)) => format!("give the pods {labels}, or add an ingress rule for TCP {POSTGRES_PORT} for them"),
        None => {
            format!("add {rules} for TCP {POSTGRES_PORT} between the pods of {} and the database", resource.title())
        }
    });
}

/// Who names a database and may not reach it.
struct ShutOut<'w> {
    resource: &'w Resource<'w>,
    value: Value<'w>,
    object: &'w Resource<'w>,
    database: &'w Resource<'w>,
    mesh: bool,
}

fn report<'w>(
    client: &ShutOut<'w>,
    grants: &[Grant<'_, 'w>],
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let ShutOut { resource, value, object, database, mesh } = client;
    let place = object.name().unwrap_or_default();
    let message =
        format!("{} names {}, and no policy lets namespace `{place}` reach it", resource.title(), database.title());
    let mut finding = sink
        .finding("not-let-in", resource, *value, message)
        .underline(value.key_or_span())
        .label(format!("names a service of {}", database.title()));
    let mut sure = grants.iter().filter(|grant| grant.sure);
    let opt_in = sure.find_map(|grant| OfNamespace::asked(&grant.who.opt_in(), Some(grant), place, context));
    finding = finding.related(
        object.headline().span(),
        match &opt_in {
            Some(opt_in) => format!("does not carry {}", opt_in.labels),
            None => "this namespace is not let in".to_owned(),
        },
    );
    finding = match opt_in {
        Some(opt_in) => {
            let finding = finding.related(opt_in.span, "lets namespaces in by this label");
            opt_in.offer(object, finding)
        }
        None => finding
            .help(format!("allow namespace `{place}` to reach port {POSTGRES_PORT}, by a label that it opts in by")),
    };
    if *mesh {
        finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
}
