//! One app's database, role, credentials or connection string, written where the platform's objects belong.

mod connection;
mod promised;

use self::connection::connection;
use crate::config::Role;
use crate::declare_rule;
use crate::graph::clients::{Mention, mentions_of_values};
use crate::graph::cnpg::{self, Bootstrap, Cluster, Database, DatabaseRole};
use crate::graph::platform_names::{is_platform_name, is_platform_role};
use crate::graph::{Graph, View};
use crate::manifest::{Namespace, Resource};
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::{Sources, Span};
use crate::yaml::{self, Value, Visit};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds in a repo or path whose role is `platform` what belongs to one app: the kinds that `ownership.app` lists
    /// (`Database`, `DatabaseRole`), the Secret with the password of such a role or a copy of it, a Secret to log in
    /// with in a namespace that an app defines, and connection strings to a database of a Cluster other than the one it
    /// was made with. In an app's repo that relies on a contract: a role whose password Secret the platform makes.
    ///
    /// ## Why it matters
    /// The platform then has to change for every app: a new app needs a change in the platform's repo, a deleted app
    /// leaves its database and its password behind, and who may read the platform's repo reads the credentials of all.
    ///
    /// ## Instead
    /// Move it to the repo that deploys the app. The `Database` names the shared cluster, which stays in the platform.
    ///
    /// ## Limits
    /// Works where the config gives the path the role `platform`; a platform that keeps databases by design says so in
    /// `ownership`. The database that a Cluster is bootstrapped with, its superuser and its managed roles are the
    /// platform's own, and so are roles and databases called after it (`meta`, `admin`, `platform`) and roles that
    /// administer. A connection string counts only where its host is a service of a Cluster or a Pooler of the target,
    /// and with `databases.shared` only where it is one of those.
    pub static RULE {
        id: "boundary/app-data-in-platform",
        summary: "an app's database, credentials or connection string in the platform's repo",
        scope: Target,
        codes: [
            "object" => (Error, High, Boundary),
            "secret" => (Error, High, Boundary),
            "promised-secret" => (Error, Medium, Boundary),
            "dsn" => (Error, High, Boundary),
        ],
        since: "0.1.0",
        check: check,
    }
}

const MOVE: &str = "move it to the repo that deploys the app";

/// Databases that every server has.
const COMMON: &[&str] = &["postgres", "template0", "template1"];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let config = context.config();
    let mut own: Option<Own<'w>> = None;
    for resource in context.graph.resources() {
        let Some(role) = config.role_of(resource.path).filter(|role| role.value == Role::Platform) else { continue };
        if !resource.whole {
            continue;
        }
        let role = role.span;
        let own = own.get_or_insert_with(|| Own::new(context));
        let of_app = config.owns(Role::App, resource.group, resource.kind)
            && !config.owns(Role::Platform, resource.group, resource.kind);
        if of_app {
            object(own, resource, role, sink);
        } else if let Some((holder, why)) = own.app_of_secret(resource) {
            let message = format!("{} holds {} but lives in the platform's path", resource.title(), why.what());
            let finding = sink
                .finding("secret", resource, resource.headline(), message)
                .label("an app's credential")
                .related(holder, why.label());
            // Other kinds fetch the password from elsewhere.
            let help = match resource.kind {
                "Secret" => "move it to the repo that deploys the app, and change the password",
                _ => MOVE,
            };
            finish(finding, role, help);
        } else if resource.group != cnpg::GROUP {
            connection_strings(own, resource, role, sink);
        }
    }
    promised::check(context, sink);
    for file in context.values_files() {
        let Some(role) = config.role_of(file.path).filter(|role| role.value == Role::Platform) else { continue };
        let own = own.get_or_insert_with(|| Own::new(context));
        for mention in mentions_of_values(file.value) {
            value_of_app(own, &mention, role.span, context.world.sources, sink);
        }
    }
}

/// A values file that names an app's database.
fn value_of_app<'w>(
    own: &Own<'w>,
    mention: &Mention<'w>,
    role: Option<Span>,
    sources: &Sources,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(namespace) = mention.host.namespace.as_deref() else { return };
    let Some(database) = mention.database.as_ref().and_then(|part| part.text.as_deref()) else { return };
    let Some((cluster, meta)) = own.cluster_at(&mention.host.service, namespace) else { return };
    let name = cluster.name().unwrap_or_default();
    if COMMON.contains(&database) || meta.is_none_or(|meta| meta == database) || is_platform_name(database, name) {
        return;
    }
    let message = format!("these values connect to an app's database of {}", cluster.title());
    let finding = sink
        .file_finding("dsn", mention.span(sources), format!("/{}", mention.key), message)
        .label("an app's database")
        .related(cluster.headline().span(), "the cluster it connects to");
    finish(finding, role, "move the app's values to the repo that deploys it");
}

fn object<'w>(own: &Own<'w>, resource: &'w Resource<'w>, role: Option<Span>, sink: &mut Sink<'_, 'w>) {
    if own.is_of_platform(resource) {
        return;
    }
    let title = resource.title();
    let finding = sink
        .finding(
            "object",
            resource,
            resource.headline(),
            format!("{title} belongs to one app but lives in the platform's path"),
        )
        .label("one app's data")
        .note("the app cannot change it without a change here, and it stays behind when the app goes");
    match cnpg::cluster_reference(resource).and_then(Value::known) {
        Some(name) => {
            let cluster = resource.namespace.known().map_or_else(|| name.to_owned(), |known| format!("{known}/{name}"));
            finish(finding, role, &format!("{MOVE}; Cluster `{cluster}` stays here"));
        }
        None => finish(finding, role, MOVE),
    }
}

fn finish(finding: Builder<'_>, role: Option<Span>, help: &str) {
    let finding = match role {
        Some(role) => finding.related(role, "this path is declared `platform`"),
        None => finding,
    };
    finding.help(help);
}

fn connection_strings<'w>(own: &Own<'w>, resource: &'w Resource<'w>, role: Option<Span>, sink: &mut Sink<'_, 'w>) {
    yaml::walk(resource.value, &mut |_, value| {
        let Some((host, database)) = connection(value) else { return Visit::Into };
        let Some((cluster, meta)) = own.cluster_behind(host, resource) else { return Visit::Into };
        if COMMON.contains(&database) || meta.is_none_or(|meta| meta == database) {
            return Visit::Into;
        }
        let message = format!("{} connects to an app's database of {}", resource.title(), cluster.title());
        let finding = sink
            .finding("dsn", resource, value, message)
            .label("an app's database")
            .related(cluster.headline().span(), "the cluster it connects to");
        finish(finding, role, "move the app's settings to the repo that deploys it");
        Visit::Past
    });
}

/// What the platform's clusters have of their own.
struct Own<'w> {
    clusters: Vec<Cluster<'w>>,
    poolers: Vec<&'w Resource<'w>>,
    /// Password Secrets of roles that are objects: namespace and name to where the role is written.
    passwords: HashMap<(&'w str, &'w str), Span>,
    /// Namespaces that apps define.
    homes: HashMap<&'w str, Span>,
}

/// Why a Secret is an app's.
#[derive(Clone, Copy)]
enum Why {
    /// A role logs in with it.
    Password,
    /// It is copied from such a one.
    Copy,
    /// It is in the namespace of an app.
    Home,
}

impl Why {
    fn what(self) -> &'static str {
        match self {
            Why::Password => "the password of an app's role",
            Why::Copy => "a copy of the password of an app's role",
            Why::Home => "a credential in an app's namespace",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Why::Password | Why::Copy => "the role that logs in with it",
            Why::Home => "the app defines this namespace",
        }
    }
}

/// By which a Secret is filled from another one.
const COPIED_FROM: &[&str] = &["replicator.v1.mittwald.de/replicate-from", "reflector.v1.k8s.emberstack.com/reflects"];

/// Keys of a Secret that somebody logs in with.
const LOGIN_KEYS: &[&str] = &["password", "DB_PASSWORD", "POSTGRES_PASSWORD", "PGPASSWORD", "DATABASE_URL", "uri"];

impl<'w> Own<'w> {
    fn new(context: &TargetContext<'_, 'w>) -> Own<'w> {
        let shared = &context.config().databases.shared;
        let clusters = context
            .graph
            .all::<Cluster<'w>>()
            .filter(|cluster| {
                shared.is_empty()
                    || shared.iter().any(|known| {
                        cluster.name() == Some(known.value.name.as_str())
                            && cluster.namespace.known() == Some(known.value.namespace.as_str())
                    })
            })
            .collect();
        let poolers = context.graph.of_kind(cnpg::GROUP, "Pooler").to_vec();
        let config = context.config();
        let mut passwords = HashMap::new();
        let by_design =
            |group: &str, kind: &str| config.owns(Role::Platform, group, kind) || !config.owns(Role::App, group, kind);
        let mut homes = HashMap::new();
        let objects = context.world.resources.iter().filter(|object| object.whole && object.is("", "Namespace"));
        for object in objects.filter(|_| !by_design(cnpg::GROUP, Database::KIND)) {
            let role = context.world.configs[object.root].role_of(object.path).map(|role| role.value);
            if let Some(name) = object.name().filter(|_| role == Some(Role::App)) {
                homes.entry(name).or_insert_with(|| object.headline().span());
            }
        }
        // Roles may be declared in the repos of the apps, which are checked in the same run.
        for role in context.world.graphs.iter().flat_map(Graph::all::<DatabaseRole<'w>>) {
            let ours = !by_design(role.group, role.kind);
            let secret = role.at(&["spec", "passwordSecret", "name"]).and_then(Value::known);
            let cluster = cnpg::cluster_reference(role.resource()).and_then(Value::known).unwrap_or_default();
            let name = role.at(&["spec", "name"]).and_then(Value::known);
            let administers = role.at(&["spec"]).is_some_and(is_platform_role)
                || name.is_some_and(|name| is_platform_name(name, cluster));
            let ours = ours && !administers;
            if let (true, Namespace::Known(namespace), Some(secret)) = (ours, &role.resource().namespace, secret) {
                passwords.insert((*namespace, secret), role.resource().headline().span());
            }
        }
        for cluster in context.graph.all::<Cluster<'w>>() {
            let Namespace::Known(namespace) = &cluster.resource().namespace else { continue };
            let bootstrap = cluster.spec(&["bootstrap"]).into_iter().flat_map(Value::entries);
            let secrets = bootstrap
                .filter_map(|(_, method)| method.at(&["secret", "name"]))
                .chain(cluster.spec(&["superuserSecret", "name"]))
                .chain(cluster.managed_roles().filter_map(|role| role.at(&["passwordSecret", "name"])));
            for secret in secrets.filter_map(Value::known) {
                passwords.remove(&(*namespace, secret));
            }
        }
        Own { clusters, poolers, passwords, homes }
    }

    /// The app whose credential `resource` makes, if it makes one: what shows it, and why.
    fn app_of_secret(&self, resource: &'w Resource<'w>) -> Option<(Span, Why)> {
        let target = match (resource.group, resource.kind) {
            ("", "Secret") | ("bitnami.com", "SealedSecret") => None,
            ("external-secrets.io", "ExternalSecret") => resource.at(&["spec", "target", "name"]),
            _ => return None,
        };
        let name = target.map_or_else(|| resource.name(), Value::known)?;
        let namespace = resource.namespace.known()?;
        if let Some(role) = self.passwords.get(&(namespace, name)) {
            return Some((*role, Why::Password));
        }
        let source = COPIED_FROM.iter().find_map(|key| resource.annotation(key)?.known());
        if let Some(role) = source.and_then(|source| self.passwords.get(&source.split_once('/')?)) {
            return Some((*role, Why::Copy));
        }
        let home = self.homes.get(namespace).filter(|_| is_login(resource))?;
        Some((*home, Why::Home))
    }

    /// Whether a database or role is the platform's own: the one that its Cluster begins with, an administrator.
    fn is_of_platform(&self, resource: &'w Resource<'w>) -> bool {
        let cluster = cnpg::cluster_reference(resource).and_then(Value::known).unwrap_or_default();
        let is_named_so = |field: &[&str]| {
            resource.at(field).and_then(Value::known).is_some_and(|name| is_platform_name(name, cluster))
        };
        if let Some(database) = Database::of(resource) {
            return self.is_meta_database(&database) || is_named_so(&["spec", "name"]);
        }
        DatabaseRole::of(resource).is_some()
            && (is_named_so(&["spec", "name"]) || resource.at(&["spec"]).is_some_and(is_platform_role))
    }

    fn is_meta_database(&self, database: &Database<'w>) -> bool {
        let resource = database.resource();
        let (Some(reference), Some(name)) = (cnpg::cluster_reference(resource), database.at(&["spec", "name"])) else {
            return false;
        };
        let (Some(reference), Some(name)) = (reference.known(), name.known()) else { return false };
        self.clusters
            .iter()
            .filter(|cluster| cluster.name() == Some(reference) && cluster.namespace.is_same(&resource.namespace))
            .any(|cluster| meta_database(cluster) == Some(name))
    }

    /// The cluster that answers at `host`, and the database it was made with.
    fn cluster_behind(&self, host: &str, from: &Resource<'_>) -> Option<(&Cluster<'w>, Option<&'w str>)> {
        let mut steps = host.split('.');
        let service = steps.next()?;
        let namespace = steps.next().or_else(|| from.namespace.known())?;
        self.cluster_at(service, namespace)
    }

    /// The cluster that answers at a service, and the database it was made with.
    fn cluster_at(&self, service: &str, namespace: &str) -> Option<(&Cluster<'w>, Option<&'w str>)> {
        let there = |resource: &Resource<'_>| resource.namespace.known() == Some(namespace);
        let pooler = self.poolers.iter().find(|pooler| pooler.name() == Some(service) && there(pooler));
        let name = match pooler {
            Some(pooler) => cnpg::cluster_reference(pooler)?.known()?,
            None => cnpg::cluster_of_service(service)?,
        };
        let cluster = self.clusters.iter().find(|cluster| cluster.name() == Some(name) && there(cluster))?;
        Some((cluster, meta_database(cluster)))
    }
}

/// Whether somebody logs in with what a Secret holds.
fn is_login(resource: &Resource<'_>) -> bool {
    let typed = [&["type"][..], &["spec", "target", "template", "type"], &["spec", "template", "type"]];
    let basic =
        typed.iter().filter_map(|path| resource.at(path)).any(|kind| kind.known() == Some("kubernetes.io/basic-auth"));
    let keys = ["data", "stringData"].iter().filter_map(|key| resource.at(&[key])).flat_map(Value::entries);
    let sealed = resource.at(&["spec", "encryptedData"]).into_iter().flat_map(Value::entries);
    let fetched = resource.at(&["spec", "data"]).into_iter().flat_map(Value::items);
    let fetched = fetched.filter_map(|item| item.get("secretKey")?.known());
    basic || keys.chain(sealed).map(|(key, _)| key).chain(fetched).any(|key| LOGIN_KEYS.contains(&key))
}

/// The database a cluster is made with; none where that cannot be told.
fn meta_database<'w>(cluster: &Cluster<'w>) -> Option<&'w str> {
    let method = match cluster.bootstrap() {
        Bootstrap::Initdb(method) => method,
        Bootstrap::Recovery(method) | Bootstrap::Basebackup(method) => Some(method),
    };
    match method.and_then(|method| method.get("database")) {
        Some(database) => database.known(),
        None => Some("app"),
    }
}
