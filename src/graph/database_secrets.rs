//! The Secrets that let somebody in to a database: those that the operator makes for a Cluster, and those that hold the
//! passwords of its roles. Who else makes or copies Secrets is not worked out here.

use super::Graph;
use super::cnpg::{Bootstrap, Cluster, DatabaseRole};
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Step, Value, Visit, walk};
use std::collections::HashMap;

/// Annotations that name the Secret that one is a copy of, as `namespace/name`.
const COPIES: &[&str] = &["replicator.v1.mittwald.de/replicate-from", "reflector.v1.k8s.emberstack.com/reflects"];

/// Whom a Secret lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// The owner of the first database.
    App,
    /// `postgres`.
    Superuser,
    /// A role that is declared.
    Role,
}

/// A Secret with the password of a role.
#[derive(Clone, Debug)]
pub struct DatabaseSecret<'w> {
    /// Where it is.
    pub namespace: Namespace<'w>,
    /// Whom it lets in.
    pub login: Login,
    /// The Cluster, or the role's object.
    pub owner: &'w Resource<'w>,
}

/// A value that names such a Secret.
#[derive(Clone, Copy, Debug)]
pub struct Held<'s, 'w> {
    /// The Secret.
    pub secret: &'s DatabaseSecret<'w>,
    /// What names it.
    pub value: Value<'w>,
}

/// The Secrets of all Clusters of a target, by name.
#[derive(Debug)]
pub struct DatabaseSecrets<'w> {
    by_name: HashMap<String, Vec<DatabaseSecret<'w>>>,
}

impl<'w> DatabaseSecrets<'w> {
    /// The Secrets of the Clusters of `graph`.
    pub fn new(graph: &Graph<'w>) -> DatabaseSecrets<'w> {
        let mut found = DatabaseSecrets { by_name: HashMap::new() };
        for cluster in graph.all::<Cluster<'w>>() {
            found.of_cluster(&cluster);
        }
        for role in graph.all::<DatabaseRole<'w>>() {
            let owner: &'w Resource<'w> = super::View::resource(&role);
            if let Some(name) = owner.at(&["spec", "passwordSecret", "name"]).and_then(Value::known) {
                found.add(name, Login::Role, owner);
            }
        }
        found.copies(graph);
        found
    }

    fn add(&mut self, name: &str, login: Login, owner: &'w Resource<'w>) {
        let secret = DatabaseSecret { namespace: owner.namespace.clone(), login, owner };
        self.by_name.entry(name.to_owned()).or_default().push(secret);
    }

    fn of_cluster(&mut self, cluster: &Cluster<'w>) {
        let owner: &'w Resource<'w> = super::View::resource(cluster);
        let from = match cluster.bootstrap() {
            Bootstrap::Initdb(initdb) => initdb,
            Bootstrap::Recovery(from) | Bootstrap::Basebackup(from) => Some(from),
        };
        if let Some(name) = from.and_then(|from| from.at(&["secret", "name"])).and_then(Value::known) {
            self.add(name, Login::App, owner);
        }
        if let Some(name) = cluster.spec(&["superuserSecret", "name"]).and_then(Value::known) {
            self.add(name, Login::Superuser, owner);
        }
        if let Some(name) = cluster.name() {
            self.add(&format!("{name}-app"), Login::App, owner);
            self.add(&format!("{name}-superuser"), Login::Superuser, owner);
        }
        for role in cluster.managed_roles() {
            let is_superuser = role.get("superuser").and_then(Value::as_bool) == Some(true);
            if let Some(name) = role.at(&["passwordSecret", "name"]).and_then(Value::known) {
                self.add(name, if is_superuser { Login::Superuser } else { Login::Role }, owner);
            }
        }
    }

    fn copies(&mut self, graph: &Graph<'w>) {
        let mut more = Vec::new();
        for copy in graph.of_kind("", "Secret") {
            let source = COPIES.iter().find_map(|key| copy.annotation(key)).and_then(Value::known);
            let Some((namespace, name)) = source.and_then(|source| source.split_once('/')) else { continue };
            let originals = self.by_name.get(name).into_iter().flatten();
            let original = originals.clone().find(|secret| secret.namespace.known() == Some(namespace));
            if let (Some(original), Some(own)) = (original, copy.name()) {
                let secret = DatabaseSecret { namespace: copy.namespace.clone(), ..original.clone() };
                more.push((own.to_owned(), secret));
            }
        }
        for (name, secret) in more {
            self.by_name.entry(name).or_default().push(secret);
        }
    }

    /// The Secret of that name, where it is surely in that namespace.
    pub fn find(&self, namespace: &Namespace<'_>, name: &str) -> Option<&DatabaseSecret<'w>> {
        self.by_name.get(name)?.iter().find(|secret| secret.namespace.is_same(namespace))
    }

    /// The Secrets that a pod in `namespace` is given: by variables, by volumes.
    pub fn held<'s>(&'s self, namespace: &Namespace<'_>, pod: Value<'w>) -> Vec<Held<'s, 'w>> {
        let mut held = Vec::new();
        walk(pod, &mut |steps, value| {
            let names = matches!(
                steps,
                [.., Step::Key("secretKeyRef" | "secretRef"), Step::Key("name")]
                    | [.., Step::Key("secret"), Step::Key("secretName" | "name")]
            );
            if names
                && let Some(name) = value.known()
                && let Some(secret) = self.find(namespace, name)
            {
                held.push(Held { secret, value });
            }
            Visit::Into
        });
        held
    }
}
