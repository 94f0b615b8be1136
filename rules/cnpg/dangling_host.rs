//! Connections to database services that nothing makes, or that ask them for what they do not have.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::clients::{Client, How, Part, is_cluster_like};
use crate::graph::cnpg::Cluster;
use crate::graph::contents::{DatabaseMakers, databases_of, only_by_declaration};
use crate::graph::roles::{Declarations, Makers, RoleSource};
use crate::graph::services::{Access, Named, Nobody, Service, Services};
use crate::graph::{Lookup, View, is_near};
use crate::manifest::Resource;
use crate::reach::POSTGRES_PORT;
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::{Sources, Span};
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds connections (DSNs, `PGHOST` and the like, Helm values) whose host is called as the operator calls the
    /// services of a Cluster, `main-rw`, `main-ro` or `main-r`, and is made by no Cluster, Pooler or Service. For a
    /// host that is there it looks at the port, the database and the user beside it.
    ///
    /// ## Why it matters
    /// The name does not resolve, or the server refuses the login, when the app starts. The name of a service stands in
    /// every consumer, and nothing ties it to the Cluster that gives it its name: a rename or a slip shows at run time.
    ///
    /// ## Instead
    /// The name of a Cluster with `-rw`, `-ro` or `-r`, or that of a Pooler, with the namespace behind it.
    ///
    /// ## Limits
    /// Undecided where charts, kustomizations that are not built or another repo may bring the service, and for a
    /// namespace that this repo neither defines nor puts a Cluster in. Databases and users are compared only where some
    /// of a cluster's are declared here, and nobody else makes any: no superuser that logs in, no role that may make
    /// others, no import, no statements that cannot be read. What `externalClusters` name is not looked at.
    pub static RULE {
        id: "cnpg/dangling-host",
        summary: "a connection names a database service that nothing makes",
        scope: Target,
        codes: [
            "missing-service" => (Error, High, Reliability),
            "wrong-port" => (Error, High, Reliability),
            "wrong-database" => (Error, Medium, Reliability),
            "wrong-user" => (Error, Medium, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let services = Services::new(context.graph);
    let sources = context.world.sources;
    let mut known = Known { context, declarations: None, databases: None, makers: None };
    let mut told: HashSet<(*const Resource<'_>, Span, String)> = HashSet::new();
    for client in context.clients.iter() {
        if !told.insert((client.resource, client.value.span(), client.host.text.clone())) {
            continue;
        }
        // A bare name in a text may be the name of anything.
        let is_meant = is_cluster_like(&client.host.service) && client.how != How::Word;
        // What a contract describes is told by what compares with it.
        let is_offered = client.host.namespace.as_deref().is_some_and(|name| context.offers().owner(name).is_some());
        let is_meant = is_meant && !is_offered;
        match services.resolve(client, context.graph) {
            Named::Database(service) if service.disabled.is_some() => switched_off(client, service, sources, sink),
            Named::Database(service) => beside(client, service, &mut known, sink),
            Named::Nobody(nobody) if is_meant && client.resource.is_example() => {
                let reason = format!("an example need not show the Cluster behind `{}`", nobody.namespace);
                sink.undecided(client.value.span(), reason);
            }
            Named::Nobody(nobody) if is_meant => missing(client, &nobody, sources, sink),
            Named::Unknown(reason) if is_meant => sink.undecided(client.value.span(), reason),
            Named::Nobody(_) | Named::Unknown(_) | Named::Other => {}
        }
    }
}

/// How a message names the host; what a Secret holds is not repeated.
fn host(client: &Client<'_>) -> String {
    match client.is_secret() {
        true => "a database service".to_owned(),
        false => format!("`{}`", client.host.text),
    }
}

fn missing<'w>(client: &Client<'w>, nobody: &Nobody<'_, 'w>, sources: &Sources, sink: &mut Sink<'_, 'w>) {
    let place = &nobody.namespace;
    let message = match client.is_secret() {
        true => format!("{} names a database service that nothing makes in `{place}`", client.resource.title()),
        false => format!(
            "{} connects to `{}`, and nothing makes service `{}` in namespace `{place}`",
            client.resource.title(),
            client.host.text,
            client.host.service
        ),
    };
    let finding = sink
        .finding("missing-service", client.resource, client.value, message)
        .underline(client.span(sources))
        .label("no Cluster, Pooler or Service makes this name")
        .note(match nobody.looked_at {
            1 => "looked at 1 Cluster or Pooler of this target".to_owned(),
            count => format!("looked at {count} Clusters and Poolers of this target"),
        });
    let wanted = match (&nobody.near, nobody.elsewhere.first()) {
        (_, Some(service)) => Some(*service),
        (Some(near), None) => Some(*near),
        (None, None) => None,
    };
    match wanted {
        Some(service) => {
            let home = service.owner.namespace.known().map(|home| format!(".{home}")).unwrap_or_default();
            let where_it_is =
                if nobody.elsewhere.is_empty() { "has a similar name" } else { "is in another namespace" };
            finding
                .related(service.owner.headline().span(), format!("this {} {where_it_is}", service.owner.kind))
                .help(format!("write `{}{home}`, if that is meant", service.name));
        }
        None => {
            finding.help("name a Cluster of this repo with `-rw`, `-ro` or `-r`, or a Pooler");
        }
    }
}

fn switched_off<'w>(client: &Client<'w>, service: &Service<'w>, sources: &Sources, sink: &mut Sink<'_, 'w>) {
    let title = service.owner.title();
    let message =
        format!("{} connects to {}, a service that {title} switches off", client.resource.title(), host(client));
    sink.finding("missing-service", client.resource, client.value, message)
        .underline(client.span(sources))
        .label("this service is not made")
        .related(service.disabled.map(|entry| entry.span()), "switched off here")
        .help("name another service of the Cluster, or take the entry away");
}

/// What is known of clusters, worked out when it is first asked.
struct Known<'c, 'a, 'w> {
    context: &'c TargetContext<'a, 'w>,
    declarations: Option<Declarations<'w>>,
    databases: Option<DatabaseMakers<'w>>,
    makers: Option<Makers<'w>>,
}

fn beside<'w>(client: &Client<'w>, service: &Service<'w>, known: &mut Known<'_, '_, 'w>, sink: &mut Sink<'_, 'w>) {
    port(client, service, known.context.world.sources, sink);
    if client.database.is_none() && client.user.is_none() {
        return;
    }
    let (graph, sources) = (known.context.graph, known.context.world.sources);
    let Some(name) = service.cluster_name() else { return };
    let Lookup::Found(found) = graph.find(Cluster::GROUP, Cluster::KIND, &service.owner.namespace, name) else {
        return;
    };
    let [cluster] = found.as_slice() else { return };
    let Some(cluster) = Cluster::of(cluster) else { return };
    let declarations = known.declarations.get_or_insert_with(|| Declarations::new(graph));
    // Where no app has its database or role declared here, they are declared elsewhere.
    let declares = declarations.databases().get(name).is_some_and(|all| !all.is_empty());
    if let Some((part, wanted)) = said(client.database.as_ref()).filter(|_| declares) {
        let makers = known.databases.get_or_insert_with(|| DatabaseMakers::new(graph));
        match databases_of(&cluster, graph, declarations, makers) {
            Ok(names) if names.iter().any(|name| name == wanted) => {}
            Ok(names) => {
                let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
                let finding = report("wrong-database", client, part, (&cluster, sources), sink);
                list(finding, client, part, &names, "database");
            }
            // Who restored or imported a cluster knows what it holds, and no manifest can say it.
            Err(_) => {}
        }
    }
    let Some((part, wanted)) = said(client.user.as_ref()) else { return };
    // That the owner of a Database is no role is told there.
    let own = declarations.databases().get(name).into_iter().flatten();
    if own.filter_map(|database| database.at(&["spec", "owner"])).any(|owner| owner.known() == Some(wanted)) {
        return;
    }
    let roles = declarations.roles_of(&cluster);
    if roles.has(wanted) {
        return;
    }
    let makers = known.makers.get_or_insert_with(|| Makers::new(graph));
    let open =
        roles.gaps.first().cloned().or_else(|| makers.of(wanted)).or_else(|| only_by_declaration(&cluster).err());
    let declares = roles.roles.iter().any(|role| matches!(role.source, RoleSource::Managed | RoleSource::Object));
    if declares && open.is_none() {
        let names: Vec<&str> = roles.roles.iter().map(|role| role.name.as_ref()).collect();
        let finding = report("wrong-user", client, part, (&cluster, sources), sink);
        list(finding, client, part, &names, "role");
    }
}

fn said<'p, 'w>(part: Option<&'p Part<'w>>) -> Option<(&'p Part<'w>, &'p str)> {
    part.and_then(|part| Some((part, part.text.as_deref()?)))
}

fn port<'w>(client: &Client<'w>, service: &Service<'w>, sources: &Sources, sink: &mut Sink<'_, 'w>) {
    let Some((part, text)) = said(client.port.as_ref()) else { return };
    let Ok(number) = text.parse::<u16>() else { return };
    let templated = crate::graph::cnpg::spec(service.owner, &["serviceTemplate", "spec", "ports"]).is_some();
    if number == POSTGRES_PORT || service.access == Access::Additional || templated {
        return;
    }
    let title = service.owner.title();
    let message =
        format!("{} connects to port {number} of {title}, which listens on {POSTGRES_PORT}", client.resource.title());
    sink.finding("wrong-port", client.resource, part.value, message)
        .underline(client.part_span(part, sources))
        .label("nobody listens here")
        .related(service.owner.headline().span(), format!("its service has port {POSTGRES_PORT}"))
        .help(format!("write {POSTGRES_PORT}"));
}

fn report<'b, 'w>(
    code: &'static str,
    client: &Client<'w>,
    part: &Part<'w>,
    (cluster, sources): (&Cluster<'w>, &Sources),
    sink: &'b mut Sink<'_, 'w>,
) -> Builder<'b> {
    let (what, effect) = match code {
        "wrong-database" => ("database", "nothing makes in"),
        _ => ("user", "is no role of"),
    };
    let named = match (&part.text, client.is_secret()) {
        (Some(text), false) => format!("{what} `{text}`"),
        _ => format!("a {what}"),
    };
    let message = format!("{} asks for {named}, which {effect} {}", client.resource.title(), cluster.title());
    let finding = sink
        .finding(code, client.resource, part.value, message)
        .underline(client.part_span(part, sources))
        .label(match code {
            "wrong-database" => "no such database",
            _ => "no such role",
        })
        .related(cluster.headline().span(), "the cluster it connects to");
    if client.resource.is_example() { finding.confidence(Confidence::Low) } else { finding }
}

fn list(finding: Builder<'_>, client: &Client<'_>, part: &Part<'_>, names: &[&str], what: &str) {
    let text = part.text.as_deref().unwrap_or_default();
    let near = names.iter().filter_map(|name| is_near(text, name).map(|distance| (distance, *name))).min();
    let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(6);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let finding = finding.note(format!("the cluster has {}{more}", shown.join(", ")));
    match near.filter(|_| !client.is_secret()) {
        Some((_, near)) => finding.help(format!("write `{near}`, if that is meant")),
        None => finding.help(format!("declare the {what}, or name one that the cluster has")),
    };
}
