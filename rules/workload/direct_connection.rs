//! Apps that connect to a Cluster where a Pooler stands before it.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::clients::{Client, How};
use crate::graph::cnpg::{Cluster, Pooler, cluster_reference, spec};
use crate::graph::services::{Access, Services};
use crate::manifest::Namespace;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds apps whose connection names the service of a Cluster, `main-rw` or `main-ro`, where a Pooler stands before
    /// the same instances.
    ///
    /// ## Why it matters
    /// Every connection that passes by the Pooler is a server process of PostgreSQL, held as long as the app likes. One
    /// app with a pool of its own on each replica uses up `max_connections`, and those behind the Pooler are refused
    /// with it.
    ///
    /// ## Instead
    /// The Pooler's name as host. What needs a session of its own (`LISTEN`, advisory locks, prepared statements
    /// without `max_prepared_statements`) may stay: say so in a comment beside the host that names the Pooler, or allow
    /// it here.
    ///
    /// ## Limits
    /// Left alone are Jobs, CronJobs, init containers, superusers, and whatever is called after migrations, backups,
    /// exporters or administration; objects that name a Pooler too, as where only migrations pass it by; Secrets and
    /// ConfigMaps beside the Cluster; a Pooler that is named after one app, for all other apps; a Pooler that is paused
    /// or has no instances. Whether an app needs a session of its own cannot be told.
    pub static RULE {
        id: "workload/direct-connection",
        summary: "an app connects to a Cluster where a Pooler stands before it",
        scope: Target,
        codes: ["past-pooler" => (Warning, Medium, Workload)],
        since: "0.1.0",
        check: check,
    }
}

/// Parts of names of what has a reason to reach the server itself.
const EXEMPT: &[&str] = &[
    "admin",
    "backup",
    "cdc",
    "debezium",
    "direct",
    "dump",
    "exporter",
    "init",
    "listen",
    "lock",
    "migrat",
    "replicat",
    "restore",
    "schema",
    "shadow",
    "superuser",
];

/// Words of a Pooler's name that name no app.
const COMMON: &[&str] = &[
    "cluster",
    "database",
    "databases",
    "db",
    "main",
    "pg",
    "pgbouncer",
    "pool",
    "pooler",
    "postgres",
    "postgresql",
    "ro",
    "rw",
    "shared",
];

/// Poolers by the name of their cluster.
type Poolers<'w> = HashMap<&'w str, Vec<Pooler<'w>>>;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut poolers: Poolers<'w> = HashMap::new();
    for pooler in context.graph.all::<Pooler<'w>>().filter(is_open) {
        if let Some(cluster) = cluster_reference(pooler.resource()).and_then(Value::known) {
            poolers.entry(cluster).or_default().push(pooler);
        }
    }
    if poolers.is_empty() {
        return;
    }
    let services = Services::new(context.graph);
    let pooled: HashSet<*const crate::manifest::Resource<'_>> = context
        .clients
        .iter()
        .filter(|client| services.of(client).is_some_and(|service| service.access == Access::Pooler))
        .map(|client| std::ptr::from_ref(client.resource))
        .collect();
    let mut told = HashSet::new();
    for client in context.clients.iter() {
        let Some(service) = services.of(client) else { continue };
        let Some(cluster) = Cluster::of(service.owner) else { continue };
        let role = match service.access {
            Access::ReadWrite => "rw",
            Access::ReadOnly => "ro",
            _ => continue,
        };
        let exempt = is_exempt(client, &cluster) || pooled.contains(&std::ptr::from_ref(client.resource));
        let Some(name) = cluster.written_name().filter(|_| !exempt) else { continue };
        let before = poolers.get(name).into_iter().flatten();
        let mut before = before.filter(|pooler| pooler.namespace.is_same(&cluster.namespace) && serves(pooler) == role);
        let Some(pooler) = before.find(|pooler| is_for(pooler, name, client)) else { continue };
        if told.insert((std::ptr::from_ref(client.resource), client.value.span())) && !is_explained(client, context) {
            report(client, client.span(context.world.sources), &cluster, pooler, sink);
        }
    }
}

fn is_open(pooler: &Pooler<'_>) -> bool {
    let paused = spec(pooler.resource(), &["pgbouncer", "paused"]);
    let instances = spec(pooler.resource(), &["instances"]).and_then(Value::as_int);
    paused.and_then(Value::as_bool) != Some(true) && instances != Some(0) && pooler.name().is_some()
}

/// Which instances a Pooler leads to; the primary unless it says otherwise.
fn serves<'w>(pooler: &Pooler<'w>) -> &'w str {
    spec(pooler.resource(), &["type"]).and_then(Value::known).unwrap_or("rw")
}

fn is_exempt(client: &Client<'_>, cluster: &Cluster<'_>) -> bool {
    let resource = client.resource;
    let user = client.user.as_ref().and_then(|user| user.text.as_deref()).unwrap_or_default();
    let holds_data = matches!(resource.kind, "ConfigMap" | "Secret" | "ExternalSecret" | "SealedSecret");
    let names = [client.key, resource.name_value().and_then(Value::raw).unwrap_or_default()];
    client.is_initial
        || client.how == How::Word
        || user == "postgres"
        || matches!(resource.kind, "Job" | "CronJob" | "Pod")
        || (holds_data && resource.namespace.is_same(&cluster.namespace))
        || resource.is_example()
        || names.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            EXEMPT.iter().any(|word| name.contains(word))
        })
}

/// Whether a Pooler is there for this client: for everybody, or for an app whose name it bears.
fn is_for(pooler: &Pooler<'_>, cluster: &str, client: &Client<'_>) -> bool {
    let name = pooler.written_name().unwrap_or_default();
    let of_cluster: Vec<&str> = cluster.split('-').collect();
    let apps: Vec<&str> = name.split('-').filter(|word| !COMMON.contains(word) && !of_cluster.contains(word)).collect();
    if apps.is_empty() {
        return true;
    }
    let text = |part: &Option<crate::graph::clients::Part<'_>>| part.as_ref().and_then(|part| part.text.clone());
    let place = match &client.place {
        Namespace::Known(name) => Some((*name).to_owned()),
        _ => None,
    };
    let own = client.resource.name_value().and_then(Value::raw).map(str::to_owned);
    let known = [own, place, text(&client.user), text(&client.database)];
    known
        .iter()
        .flatten()
        .any(|name| apps.iter().any(|app| name == app || name.split(['-', '_']).any(|word| word == *app)))
}

/// Whether a comment beside the host says why it is not the Pooler.
fn is_explained(client: &Client<'_>, context: &TargetContext<'_, '_>) -> bool {
    let span = client.span(context.world.sources);
    let text = context.world.sources[span.source].text();
    let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let own = text[start..].lines().next().unwrap_or_default();
    let speaks = |comment: &str| {
        let comment = comment.to_ascii_lowercase();
        comment.contains("pooler") || comment.contains("pgbouncer")
    };
    let above = text[..start].lines().rev().take_while(|line| line.trim_start().starts_with('#'));
    own.split_once('#').is_some_and(|(_, comment)| speaks(comment)) || above.into_iter().any(speaks)
}

fn report<'w>(client: &Client<'w>, span: Span, cluster: &Cluster<'w>, pooler: &Pooler<'w>, sink: &mut Sink<'_, 'w>) {
    let message = format!("{} connects to {} past {}", client.resource.title(), cluster.title(), pooler.title());
    let home = pooler.namespace.known().map(|home| format!(".{home}")).unwrap_or_default();
    let most = cluster.spec(&["postgresql", "parameters", "max_connections"]).and_then(Value::known).unwrap_or("100");
    let mode = spec(pooler.resource(), &["pgbouncer", "poolMode"]).and_then(Value::known).unwrap_or("session");
    let unless = match mode {
        "session" => "",
        _ => ", where the app keeps nothing in its session: no prepared statements by name, advisory locks or `LISTEN`",
    };
    sink.finding("past-pooler", client.resource, client.value, message)
        .underline(span)
        .label("the instances themselves")
        .related(pooler.headline().span(), format!("stands before the same instances, in mode `{mode}`"))
        .note(format!("the cluster takes {most} connections in all"))
        .help(format!("name `{}{home}`{unless}", pooler.written_name().unwrap_or("it")));
}
