//! Which roles and databases the objects of a target declare for a cluster, where each is written, and
//! why there may be more. It does not judge what is missing.

use super::cnpg::{Bootstrap, Cluster, Database, DatabaseRole, cluster_reference};
use super::statements::{Created, created_roles, is_of_initializer};
use super::{Graph, View};
use crate::manifest::{Namespace, Resource};
use crate::source::Origin;
use crate::yaml::{Step, Value, Visit, walk};
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;

/// What declares a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleSource {
    /// An entry of `spec.managed.roles`.
    Managed,
    /// A `DatabaseRole` object.
    Object,
    /// The owner of the database that the cluster begins with, written or by default.
    Bootstrap,
    /// An import of a whole server that names it.
    Import,
    /// A statement that is run when the cluster is made.
    Statement,
}

/// A role that a cluster has or is given.
#[derive(Clone, Debug)]
pub struct DeclaredRole<'w> {
    /// Its name in PostgreSQL.
    pub name: Cow<'w, str>,
    /// What declares it.
    pub source: RoleSource,
    /// Where it is written.
    pub origin: Origin,
}

/// A database that a cluster begins with.
#[derive(Clone, Debug)]
pub struct BootstrapDatabase<'w> {
    /// Its name in PostgreSQL.
    pub name: &'w str,
    /// Where it is written.
    pub origin: Origin,
}

/// The roles of a cluster, as far as the target tells.
#[derive(Clone, Debug, Default)]
pub struct Declared<'w> {
    /// Those that are declared.
    pub roles: Vec<DeclaredRole<'w>>,
    /// Why there may be others; empty where these are all.
    pub gaps: Vec<String>,
}

impl<'w> Declared<'w> {
    /// Whether a role of that name is declared, or is there by itself.
    pub fn has(&self, name: &str) -> bool {
        is_built_in(name) || self.roles.iter().any(|role| role.name == name)
    }

    fn add(&mut self, name: impl Into<Cow<'w, str>>, source: RoleSource, origin: Origin) {
        self.roles.push(DeclaredRole { name: name.into(), source, origin });
    }
}

/// Whether every cluster has a role of that name without being told.
pub fn is_built_in(name: &str) -> bool {
    matches!(name, "postgres" | "streaming_replica") || name.starts_with("pg_")
}

/// `Database` and `DatabaseRole` objects of a target, by the cluster they name.
#[derive(Debug)]
pub struct Declarations<'w> {
    roles: HashMap<&'w str, Vec<DatabaseRole<'w>>>,
    databases: HashMap<&'w str, Vec<Database<'w>>>,
    stray: Vec<DatabaseRole<'w>>,
}

impl<'w> Declarations<'w> {
    /// Indexes the objects of `graph`.
    pub fn new(graph: &Graph<'w>) -> Declarations<'w> {
        let mut found = Declarations { roles: HashMap::new(), databases: HashMap::new(), stray: Vec::new() };
        for role in graph.all::<DatabaseRole<'w>>() {
            match cluster_reference(role.resource()).and_then(Value::known) {
                Some(cluster) => found.roles.entry(cluster).or_default().push(role),
                None => found.stray.push(role),
            }
        }
        for database in graph.all::<Database<'w>>() {
            if let Some(cluster) = cluster_reference(database.resource()).and_then(Value::known) {
                found.databases.entry(cluster).or_default().push(database);
            }
        }
        found
    }

    /// `Database` objects by the name of the cluster, in whatever namespace.
    pub fn databases(&self) -> &HashMap<&'w str, Vec<Database<'w>>> {
        &self.databases
    }

    /// Whether a `DatabaseRole` declares the role for a cluster of that name, which may be in `namespace`.
    pub fn has_object(&self, cluster: &str, role: &str, namespace: &Namespace<'_>) -> bool {
        self.roles.get(cluster).into_iter().flatten().any(|object| {
            object.namespace.may_be(namespace) && object.at(&["spec", "name"]).and_then(Value::known) == Some(role)
        })
    }

    /// The roles of a cluster.
    pub fn roles_of(&self, cluster: &Cluster<'w>) -> Declared<'w> {
        let mut declared = Declared::default();
        if let Some(reason) = cluster.may_be_completed() {
            declared.gaps.push(format!("{reason}, and may add roles to it"));
        }
        managed(cluster, &mut declared);
        bootstrap(cluster, &mut declared);
        self.objects(cluster, &mut declared);
        declared
    }

    fn objects(&self, cluster: &Cluster<'w>, declared: &mut Declared<'w>) {
        let own = cluster.written_name().and_then(|name| self.roles.get(name)).into_iter().flatten();
        for role in own.filter(|role| role.namespace.may_be(&cluster.namespace)) {
            match role.at(&["spec", "name"]).map(|name| (name, name.known())) {
                Some((name, Some(known))) => declared.add(known, RoleSource::Object, name.origin()),
                _ => declared.gaps.push(format!("the role of {} is not known", role.title())),
            }
        }
        let stray = self.stray.iter().find(|role| role.namespace.may_be(&cluster.namespace));
        if let Some(role) = stray {
            declared.gaps.push(format!("the cluster of {} is not known", role.title()));
        }
    }
}

fn managed<'w>(cluster: &Cluster<'w>, declared: &mut Declared<'w>) {
    if let Some(roles) = cluster.spec(&["managed", "roles"])
        && !roles.is_sequence()
        && !roles.is_null()
    {
        declared.gaps.push("`managed.roles` is no list that can be read here".into());
    }
    for role in cluster.managed_roles() {
        if role.get("ensure").and_then(Value::known) == Some("absent") {
            continue;
        }
        match role.get("name").map(|name| (name, name.known())) {
            Some((name, Some(known))) => declared.add(known, RoleSource::Managed, name.origin()),
            _ => declared.gaps.push("the name of a managed role is not known".into()),
        }
    }
}

fn bootstrap<'w>(cluster: &Cluster<'w>, declared: &mut Declared<'w>) {
    if cluster.is_replica() {
        declared.gaps.push("the cluster replicates another, roles and all".into());
    }
    let initdb = match cluster.bootstrap() {
        Bootstrap::Initdb(initdb) => initdb,
        Bootstrap::Recovery(from) => {
            owner(cluster, Some(from), declared);
            declared.gaps.push("the cluster is restored from a backup, roles and all".into());
            return;
        }
        Bootstrap::Basebackup(from) => {
            owner(cluster, Some(from), declared);
            declared.gaps.push("the cluster is a copy of another server, roles and all".into());
            return;
        }
    };
    let is_monolith = initdb
        .and_then(|initdb| initdb.at(&["import", "type"]))
        .is_some_and(|kind| kind.known() != Some("microservice"));
    let names_database = initdb.is_some_and(|initdb| initdb.get("database").is_some() || initdb.get("owner").is_some());
    // The operator makes no database of its own for an import of a whole server unless it is named.
    if !is_monolith || names_database {
        owner(cluster, initdb, declared);
    }
    let Some(initdb) = initdb else { return };
    for role in initdb.at(&["import", "roles"]).into_iter().flat_map(Value::items) {
        match role.known() {
            Some("*") | None => declared.gaps.push("the cluster imports roles of another server".into()),
            Some(name) => declared.add(name, RoleSource::Import, role.origin()),
        }
    }
    statements(initdb, declared);
}

fn owner<'w>(cluster: &Cluster<'w>, bootstrap: Option<Value<'w>>, declared: &mut Declared<'w>) {
    let written = |key: &str| bootstrap.and_then(|from| from.get(key)).filter(|value| !value.is_null());
    match written("owner").or_else(|| written("database")) {
        Some(value) => match value.known() {
            Some("") => {}
            Some(name) => declared.add(name, RoleSource::Bootstrap, value.origin()),
            None => declared.gaps.push("the owner of the cluster's first database is not known".into()),
        },
        None => {
            let beside = bootstrap.map_or_else(|| cluster.headline().span(), Value::key_or_span);
            declared.add("app", RoleSource::Bootstrap, Origin::Defaulted(beside));
        }
    }
}

/// The database that a cluster begins with: what is written, else `app`; none where it begins with a
/// whole server's databases or the name is not known.
pub fn bootstrap_database<'w>(cluster: &Cluster<'w>) -> Option<BootstrapDatabase<'w>> {
    let from = match cluster.bootstrap() {
        Bootstrap::Initdb(initdb) => initdb,
        Bootstrap::Recovery(from) | Bootstrap::Basebackup(from) => Some(from),
    };
    if let Some(database) = from.and_then(|from| from.get("database")).filter(|value| !value.is_null()) {
        return Some(BootstrapDatabase { name: database.known()?, origin: database.origin() });
    }
    if from.and_then(|from| from.at(&["import", "type"])).and_then(Value::known) == Some("monolith") {
        return None;
    }
    let beside = from.map_or_else(|| cluster.headline().span(), Value::key_or_span);
    Some(BootstrapDatabase { name: "app", origin: Origin::Defaulted(beside) })
}

fn statements<'w>(initdb: Value<'w>, declared: &mut Declared<'w>) {
    for key in ["postInitSQL", "postInitTemplateSQL", "postInitApplicationSQL"] {
        for statement in initdb.get(key).into_iter().flat_map(Value::items) {
            match statement.known().map(created_roles) {
                Some(Created::Roles(names)) => {
                    for name in names {
                        declared.add(name, RoleSource::Statement, statement.origin());
                    }
                }
                Some(Created::Unreadable) | None => {
                    declared.gaps.push(format!("a statement of `{key}` may create roles"));
                }
            }
        }
    }
    for key in ["postInitSQLRefs", "postInitTemplateSQLRefs", "postInitApplicationSQLRefs"] {
        if initdb.get(key).is_some_and(|refs| !refs.is_null() && !refs.is_empty()) {
            declared.gaps.push(format!("the statements of `{key}` may create roles"));
        }
    }
}

/// What else in a target may make roles: custom resources of other operators, and scripts in workloads and
/// ConfigMaps. The names that scripts create are read where they can be.
#[derive(Debug)]
pub struct Makers<'w> {
    objects: Vec<&'w Resource<'w>>,
    scripts: Vec<(&'w Resource<'w>, Created)>,
}

impl<'w> Makers<'w> {
    /// Looks at every object of `graph`.
    pub fn new(graph: &Graph<'w>) -> Makers<'w> {
        let mut makers = Makers { objects: Vec::new(), scripts: Vec::new() };
        for resource in graph.resources().iter().copied() {
            let is_role = resource.kind.ends_with("User") || resource.kind.ends_with("Role");
            if is_role && !["", super::cnpg::GROUP, "rbac.authorization.k8s.io"].contains(&resource.group) {
                makers.objects.push(resource);
            }
            let is_release = matches!(resource.kind, "HelmRelease" | "Secret");
            let runs = matches!(resource.kind, "Job" | "CronJob" | "Pod" | "Deployment" | "StatefulSet" | "ConfigMap");
            if !runs && !is_release {
                continue;
            }
            walk(resource.value, &mut |steps, value| {
                let is_key = matches!(steps.last(), Some(Step::Key(key)) if is_of_initializer(key));
                if is_key || value.raw().is_some_and(is_of_initializer) {
                    makers.scripts.push((resource, Created::Unreadable));
                    return Visit::Past;
                }
                if is_release {
                    return Visit::Into;
                }
                let created = value.raw().map_or(Created::Roles(Vec::new()), created_roles);
                if created != Created::Roles(Vec::new()) {
                    makers.scripts.push((resource, created));
                }
                Visit::Into
            });
        }
        makers
    }

    /// Why the role `name` may be made by one of them, if so.
    pub fn of(&self, name: &str) -> Option<String> {
        let names_it = |resource: &&&Resource<'w>| {
            let mut fields = resource.at(&["spec"]).into_iter().flat_map(Value::entries);
            resource.written_name() == Some(name) || fields.any(|(_, value)| value.known() == Some(name))
        };
        let object = self.objects.iter().find(names_it).copied();
        let script = self.scripts.iter().find(|(_, created)| match created {
            Created::Roles(names) => names.iter().any(|made| made == name),
            Created::Unreadable => true,
        });
        let maker = object.or(script.map(|(resource, _)| *resource))?;
        Some(format!("{} may make the role", maker.title()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifests, Parsed};
    use crate::render::Target;
    use crate::source::SourceId;
    use crate::yaml::parse;

    #[test]
    fn some_roles_need_no_declaration() {
        for (name, built_in) in
            [("postgres", true), ("streaming_replica", true), ("pg_monitor", true), ("pgadmin", false), ("app", false)]
        {
            assert_eq!(is_built_in(name), built_in, "{name}");
        }
    }

    fn with_graph<T>(text: &str, look: impl FnOnce(&Graph<'_>) -> T) -> T {
        let file = parse(SourceId(0), text.into());
        let manifests = Manifests::new(vec![Parsed { root: 0, path: "main.yaml", file: &file }]);
        let members = (0..manifests.resources.len()).collect();
        let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
        look(&Graph::new(&manifests.resources, &target, None))
    }

    /// What every Cluster of `text` declares: names of roles, and whether there may be others.
    fn declared(text: &str) -> Vec<(Vec<String>, bool)> {
        with_graph(text, |graph| {
            let declarations = Declarations::new(graph);
            let roles = graph.all::<Cluster<'_>>().map(|cluster| declarations.roles_of(&cluster));
            let names = |roles: &Declared<'_>| roles.roles.iter().map(|role| role.name.to_string()).collect();
            roles.map(|roles| (names(&roles), !roles.gaps.is_empty())).collect()
        })
    }

    fn cluster(spec: &str) -> String {
        format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: main, namespace: shop}}\nspec:\n  storage: {{size: 1Gi}}\n{spec}"
        )
    }

    #[test]
    fn a_cluster_declares_roles_in_many_places() {
        for (spec, names, open) in [
            ("", &["app"][..], false),
            ("  bootstrap: {initdb: {}}\n", &["app"], false),
            ("  bootstrap: {initdb: {database: orders}}\n", &["orders"], false),
            ("  bootstrap: {initdb: {database: orders, owner: clerk}}\n", &["clerk"], false),
            ("  bootstrap: {initdb: {owner: \"${OWNER}\"}}\n", &[], true),
            ("  bootstrap: {recovery: {source: old}}\n", &["app"], true),
            ("  bootstrap: {pg_basebackup: {source: old, owner: clerk}}\n", &["clerk"], true),
            ("  bootstrap: {initdb: {import: {type: monolith, roles: [clerk]}}}\n", &["clerk"], false),
            ("  bootstrap: {initdb: {import: {type: monolith, roles: [\"*\"]}}}\n", &[], true),
            ("  bootstrap: {initdb: {import: {type: microservice}}}\n", &["app"], false),
            ("  bootstrap: {initdb: {postInitSQL: [CREATE ROLE clerk]}}\n", &["app", "clerk"], false),
            ("  bootstrap: {initdb: {postInitSQL: [\"CREATE ROLE :'r'\"]}}\n", &["app"], true),
            ("  bootstrap: {initdb: {postInitSQLRefs: {secretRefs: [{name: x, key: y}]}}}\n", &["app"], true),
            ("  managed: {roles: [{name: clerk}, {name: old, ensure: absent}]}\n", &["clerk", "app"], false),
            ("  managed: {roles: \"${ROLES}\"}\n", &["app"], true),
            ("  managed: {roles: [{name: \"${ROLE}\"}]}\n", &["app"], true),
            ("  replica: {enabled: true, source: old}\n", &["app"], true),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(declared(&cluster(spec)), [(names, open)], "{spec}");
        }
    }

    #[test]
    fn role_objects_belong_to_the_cluster_they_name() {
        let role = |cluster: &str, namespace: &str, name: &str| {
            format!(
                "---\napiVersion: postgresql.cnpg.io/v1\nkind: DatabaseRole\nmetadata: {{name: r, namespace: {namespace}}}\nspec: {{name: {name}, cluster: {{name: {cluster}}}}}\n"
            )
        };
        for (object, names, open) in [
            (role("main", "shop", "clerk"), &["app", "clerk"][..], false),
            (role("main", "ledger", "clerk"), &["app"], false),
            (role("other", "shop", "clerk"), &["app"], false),
            (role("\"${CLUSTER}\"", "shop", "clerk"), &["app"], true),
            (role("main", "shop", "\"${NAME}\""), &["app"], true),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(declared(&format!("{}{object}", cluster(""))), [(names, open)], "{object}");
        }
    }

    #[test]
    fn other_makers_of_roles_are_known_by_what_they_name() {
        for (text, name, makes) in [
            ("apiVersion: db.example.org/v1\nkind: DatabaseUser\nmetadata: {name: clerk}\n", "clerk", true),
            ("apiVersion: db.example.org/v1\nkind: SqlRole\nmetadata: {name: x}\nspec: {role: clerk}\n", "clerk", true),
            ("apiVersion: db.example.org/v1\nkind: SqlRole\nmetadata: {name: x}\nspec: {role: clerk}\n", "x2", false),
            ("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: clerk}\n", "clerk", false),
            ("apiVersion: batch/v1\nkind: Job\nspec: {a: psql -c 'CREATE ROLE clerk LOGIN'}\n", "clerk", true),
            ("apiVersion: batch/v1\nkind: Job\nspec: {a: psql -c 'CREATE ROLE clerk LOGIN'}\n", "other", false),
            ("apiVersion: batch/v1\nkind: Job\nspec: {a: createuser $NAME}\n", "clerk", true),
            ("apiVersion: v1\nkind: ConfigMap\ndata: {a: CREATE ROLE clerk;}\n", "clerk", true),
            ("apiVersion: v1\nkind: Service\nspec: {a: CREATE ROLE clerk;}\n", "clerk", false),
        ] {
            let found = with_graph(text, |graph| Makers::new(graph).of(name).is_some());
            assert_eq!(found, makes, "{name} in {text}");
        }
    }

    #[test]
    fn a_cluster_begins_with_a_database() {
        for (spec, expected) in [
            ("", Some("app")),
            ("  bootstrap: {initdb: {owner: clerk}}\n", Some("app")),
            ("  bootstrap: {initdb: {database: orders}}\n", Some("orders")),
            ("  bootstrap: {initdb: {database: \"${DB}\"}}\n", None),
            ("  bootstrap: {recovery: {source: old, database: orders}}\n", Some("orders")),
            ("  bootstrap: {initdb: {import: {type: monolith}}}\n", None),
        ] {
            let found = with_graph(&cluster(spec), |graph| {
                let cluster = graph.all::<Cluster<'_>>().next().expect("a cluster");
                bootstrap_database(&cluster).map(|database| database.name.to_owned())
            });
            assert_eq!(found.as_deref(), expected, "{spec}");
        }
    }
}
