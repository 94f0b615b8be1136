//! What an app uses of a platform that does not offer it.

use crate::contract::{Answer, Key, Offer, Offers, Rented, ServiceOffer};
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::clients::{Mention, is_cluster_like, mentions_of_values};
use crate::graph::cnpg::{Cluster, Database, DatabaseRole, GROUP, Pooler, cluster_reference};
use crate::graph::roles::{Declarations, Makers, is_built_in};
use crate::graph::workload::MESH_LABELS;
use crate::graph::{View, is_near};
use crate::manifest::Resource;
use crate::rule::{Builder, Sink, TargetContext, replace_name};
use crate::source::Span;
use crate::yaml::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

declare_rule! {
    /// ## What it does
    /// Holds what a repo uses against the contract of the platform it relies on: the Clusters that its Databases, roles
    /// and poolers name, the hosts and ports in connection strings, environment variables and Helm values, the label by
    /// which its namespace opts in, and the owners of its Databases. A contract is a checkout or an exported file that
    /// `contracts` or `--contract` names, or a repo of role `platform` that is checked in the same run.
    ///
    /// ## Why it matters
    /// Each repo is right by itself, and nothing works: the Database waits for ever, the name does not resolve, the policy
    /// drops the connection. It shows when both are applied, in the logs of the app.
    ///
    /// ## Instead
    /// Name what is on offer, or ask the platform for what is missing.
    ///
    /// ## Limits
    /// Nothing is said of namespaces that hold no database of the platform, nor where the platform's own lists are not whole: a chart, a
    /// base that is not built, a role that a script makes. Operators before 1.30 have no DatabaseRole; where the platform
    /// manages no role for apps either, logins are made by hand, and owners are not judged.
    pub static RULE {
        id: "boundary/broken-contract",
        summary: "an app uses what the platform does not offer",
        scope: Target,
        codes: [
            "cluster" => (Error, High, Boundary),
            "host" => (Error, High, Boundary),
            "port" => (Error, High, Boundary),
            "label" => (Error, High, Boundary),
            "role" => (Error, High, Boundary),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Kinds that name their Cluster in `spec.cluster.name`.
const DEPENDANTS: [&str; 7] =
    ["Database", "DatabaseRole", "Pooler", "ScheduledBackup", "Backup", "Publication", "Subscription"];

/// Places that are shown beside the first one.
const SHOWN: usize = 3;

/// A place that uses something of a platform.
struct Use<'w> {
    /// The object; none for a values file.
    resource: Option<&'w Resource<'w>>,
    value: Value<'w>,
    span: Span,
    /// The host that is named, where it is one.
    host: Option<String>,
}

/// A host that is named in a namespace.
struct Connection<'w> {
    at: Use<'w>,
    mention: Mention<'w>,
    /// Where the pods run.
    place: Option<String>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let offers = context.offers();
    if offers.is_empty() || context.world.references[context.root] {
        return;
    }
    let mut missing: BTreeMap<(String, String), Vec<Use<'w>>> = BTreeMap::new();
    references(context, &offers, &mut missing);
    let mut told: HashSet<(String, String)> = HashSet::new();
    for connection in connections(context) {
        host(connection, context, &offers, &mut missing, &mut told, sink);
    }
    for ((namespace, name), uses) in missing {
        report_cluster(&namespace, &name, uses, context, &offers, sink);
    }
    owners(context, &offers, sink);
}

/// Objects that name a Cluster of another repo.
fn references<'w>(
    context: &TargetContext<'_, 'w>,
    offers: &Offers<'_>,
    missing: &mut BTreeMap<(String, String), Vec<Use<'w>>>,
) {
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

/// Whether the repo may hold the object itself.
fn has_own(context: &TargetContext<'_, '_>, kind: &str, namespace: &str, name: &str) -> bool {
    let group = if kind == "Service" { "" } else { GROUP };
    let named = context.graph.named(group, kind, name);
    named.iter().any(|one| one.namespace.known().is_none_or(|known| known == namespace))
}

/// Everything that names a host: objects, and values files that recipes hand to Helm.
fn connections<'w>(context: &TargetContext<'_, 'w>) -> Vec<Connection<'w>> {
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

fn host<'w>(
    connection: Connection<'w>,
    context: &TargetContext<'_, 'w>,
    offers: &Offers<'_>,
    missing: &mut BTreeMap<(String, String), Vec<Use<'w>>>,
    told: &mut HashSet<(String, String)>,
    sink: &mut Sink<'_, 'w>,
) {
    let host = &connection.mention.host;
    let Some(namespace) = host.namespace.clone().or_else(|| connection.place.clone()) else { return };
    let service = host.service.clone();
    let base = ["-rw", "-ro", "-r"].iter().find_map(|end| service.strip_suffix(end)).map(str::to_owned);
    let own = |kind: &str, name: &str| has_own(context, kind, &namespace, name);
    if own("Service", &service)
        || own(Pooler::KIND, &service)
        || base.as_deref().is_some_and(|base| own(Cluster::KIND, base))
    {
        return;
    }
    match offers.service(&namespace, &service) {
        Answer::There((rented, offered)) => {
            if !port(&connection, rented, offered, sink) {
                let_in(&connection, rented, offered, context, told, sink);
            }
        }
        Answer::Absent(_) => match base.filter(|_| is_cluster_like(&service)) {
            Some(base) => match offers.cluster(&namespace, &base) {
                Answer::There(rented) => report_host(&connection, &namespace, Some(rented), offers, sink),
                _ => missing.entry((namespace, base)).or_default().push(connection.at),
            },
            None => report_host(&connection, &namespace, None, offers, sink),
        },
        Answer::Unknown(Some(reason)) if base.is_some() => sink.undecided(connection.at.span, reason),
        Answer::Unknown(None) if !own_namespace(context, &namespace) => {
            report_host(&connection, &namespace, None, offers, sink);
        }
        Answer::Unknown(_) => {}
    }
}

fn own_namespace(context: &TargetContext<'_, '_>, name: &str) -> bool {
    !context.graph.named("", "Namespace", name).is_empty()
}

fn begin<'s, 'w>(code: &str, at: &Use<'w>, message: String, sink: &'s mut Sink<'_, 'w>) -> Builder<'s> {
    match at.resource {
        Some(resource) => sink.finding(code, resource, at.value, message).underline(at.span),
        None => sink.file_finding(code, at.span, pointer(at.value), message),
    }
}

fn pointer(value: Value<'_>) -> String {
    value.key().map(|key| format!("/{key}")).unwrap_or_default()
}

fn subject(at: &Use<'_>) -> String {
    at.resource.map_or_else(|| "this values file".to_owned(), Resource::title)
}

/// Tells of a Cluster that is not on offer, with everything that names it.
fn report_cluster<'w>(
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

/// Tells of a host that is not on offer although its cluster is, or that is near to one that is.
fn report_host<'w>(
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
fn port<'w>(connection: &Connection<'w>, rented: Rented<'_>, offered: &ServiceOffer, sink: &mut Sink<'_, 'w>) -> bool {
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

/// Tells of a client whose namespace the platform's policies do not let in.
fn let_in<'w>(
    connection: &Connection<'w>,
    rented: Rented<'_>,
    offered: &ServiceOffer,
    context: &TargetContext<'_, 'w>,
    told: &mut HashSet<(String, String)>,
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

/// Owners of Databases that nobody declares a role for.
fn owners<'w>(context: &TargetContext<'_, 'w>, offers: &Offers<'_>, sink: &mut Sink<'_, 'w>) {
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
        let declared = rented.cluster.roles.iter().any(|role| role == owner)
            || declarations.has_object(cluster, owner, &database.namespace)
            || declared_beside(context, cluster, owner, namespace);
        if declared {
            continue;
        }
        let objects = context.graph.of_kind(GROUP, DatabaseRole::KIND).len();
        let by_script = makers.get_or_insert_with(|| Makers::new(context.graph)).of(owner);
        if let Some(reason) = rented.cluster.roles_incomplete.clone().or(by_script) {
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
fn made_by_hand(offer: &Offer, rented: Rented<'_>, context: &TargetContext<'_, '_>) -> bool {
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

fn listed(roles: &[String]) -> String {
    let shown: Vec<String> = roles.iter().take(SHOWN).map(|role| format!("`{role}`")).collect();
    match roles.len() {
        0 => "no role".to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
