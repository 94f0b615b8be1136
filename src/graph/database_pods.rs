//! Pods around databases: those of Jobs and the like that hold a password of a Cluster or run in a namespace of
//! databases, with what each of their containers is allowed.

use super::Graph;
use super::database_secrets::DatabaseSecrets;
use super::secrets::{LoginKind, Secrets};
use super::workload::{Workload, pod_spec};
use crate::config::Config;
use crate::manifest::{By, Resource};
use crate::source::Span;
use crate::yaml::Value;

/// Kinds whose pods do a task and end, or stand for themselves.
const KINDS: &[(&str, &str)] = &[("", "Pod"), ("batch", "Job"), ("batch", "CronJob")];

/// A pod around a database.
#[derive(Clone, Debug)]
pub struct DatabasePod<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// Its pod's `spec`.
    pub spec: Value<'w>,
    /// Why it counts.
    pub because: Because,
}

/// Why a pod counts as one around a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// It is given a password; where it is named, and of which object it is.
    Holds(Span, LoginKind, String),
    /// It runs beside databases, as the config says.
    Namespace(String),
}

impl Because {
    /// Why, for a note.
    pub fn text(&self) -> String {
        match self {
            Because::Holds(_, LoginKind::Superuser, owner) => {
                format!("its pods hold the superuser's password of {owner}")
            }
            Because::Holds(_, _, owner) => format!("its pods hold a password of {owner}"),
            Because::Namespace(name) => format!("the config lists `{name}` among the namespaces of databases"),
        }
    }
}

/// A container with what holds for it.
#[derive(Clone, Copy, Debug)]
pub struct Container<'w> {
    /// The container.
    pub value: Value<'w>,
    pod: Value<'w>,
}

impl<'w> Container<'w> {
    /// Its name.
    pub fn name(&self) -> &'w str {
        self.value.get("name").and_then(Value::raw).unwrap_or("?")
    }

    /// A setting of its own `securityContext`.
    pub fn own(&self, key: &str) -> Option<Value<'w>> {
        self.value.at(&["securityContext", key]).filter(|value| !value.is_null())
    }

    /// A setting of its `securityContext`, or of the pod's where it has none.
    pub fn merged(&self, key: &str) -> Option<Value<'w>> {
        self.own(key).or_else(|| self.pod.at(&["securityContext", key]).filter(|value| !value.is_null()))
    }
}

impl<'w> DatabasePod<'w> {
    /// The pods of a target that count.
    pub fn all(graph: &Graph<'w>, secrets: &Secrets<'w>, config: &Config) -> Vec<DatabasePod<'w>> {
        let secrets = DatabaseSecrets::new(secrets);
        let objects = KINDS.iter().flat_map(|(group, kind)| graph.of_kind(group, kind));
        let mut pods = Vec::new();
        for resource in objects.copied().filter(|resource| resource.delivery.by != By::Nobody) {
            if Workload::of(resource).is_none() {
                continue;
            }
            let Some(spec) = pod_spec(resource) else { continue };
            let held = secrets.held(&resource.namespace, spec);
            let superuser = held.iter().find(|one| one.secret.login == LoginKind::Superuser);
            let because = match superuser.or(held.first()) {
                Some(one) => Because::Holds(one.value.span(), one.secret.login, one.secret.owner.title()),
                None => {
                    let place = resource.namespace.known();
                    let listed = config.databases.namespaces.iter().find(|name| Some(name.value.as_str()) == place);
                    match listed {
                        Some(name) => Because::Namespace(name.value.clone()),
                        None => continue,
                    }
                }
            };
            pods.push(DatabasePod { resource, spec, because });
        }
        pods
    }

    /// Its containers, those that prepare among them. None of a pod for Windows, which knows no such settings.
    pub fn containers(&self) -> Vec<Container<'w>> {
        if self.spec.at(&["os", "name"]).and_then(Value::known) == Some("windows") {
            return Vec::new();
        }
        let pod = self.spec;
        let lists = ["initContainers", "containers"].into_iter().filter_map(|key| pod.get(key));
        lists.flat_map(Value::items).map(|value| Container { value, pod }).collect()
    }
}

/// The names of containers, for a message: ``container `a` ``, ``containers `a` and `b` ``.
pub fn container_names(containers: &[Container<'_>]) -> String {
    let names: Vec<String> = containers.iter().map(|container| format!("`{}`", container.name())).collect();
    match names.as_slice() {
        [one] => format!("container {one}"),
        [first @ .., last] => format!("containers {} and {last}", first.join(", ")),
        [] => String::new(),
    }
}
