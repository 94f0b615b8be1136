//! From a name to what it means: an object, something that is made by another one, something that is not there.

use super::{End, Presence, Site};
use crate::graph::cnpg::{Bootstrap, Cluster};
use crate::graph::links::secrets::{is_maker, names_of_made};
use crate::graph::{Graph, Lookup, View};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use std::collections::HashMap;

/// Groups of which it is known which Secrets come of their objects.
const KNOWN: &[&str] = &[
    "postgresql.cnpg.io",
    "barmancloud.cnpg.io",
    "cilium.io",
    "external-secrets.io",
    "bitnami.com",
    "cert-manager.io",
    "monitoring.coreos.com",
    "argoproj.io",
    ".toolkit.fluxcd.io",
];

/// Secrets that are not written and that something makes, by name.
#[derive(Debug, Default)]
pub struct Made<'w> {
    by_name: HashMap<String, Vec<(Namespace<'w>, &'w Resource<'w>)>>,
}

impl<'w> Made<'w> {
    pub(super) fn new(graph: &Graph<'w>) -> Made<'w> {
        let mut made = Made::default();
        for maker in graph.resources().iter().copied().filter(|resource| resource.whole && is_maker(resource)) {
            for name in names_of_made(maker) {
                made.by_name.entry(name.to_owned()).or_default().push((maker.namespace.clone(), maker));
            }
        }
        for cluster in graph.all::<Cluster<'w>>() {
            for name in of_cluster(&cluster) {
                made.by_name.entry(name).or_default().push((cluster.namespace.clone(), cluster.resource()));
            }
        }
        made
    }

    /// Whoever makes the Secret `name` in `namespace`.
    pub fn makers(&self, namespace: &Namespace<'_>, name: &str) -> Vec<&'w Resource<'w>> {
        let all = self.by_name.get(name).into_iter().flatten();
        all.filter(|(place, _)| place.is_same(namespace)).map(|(_, maker)| *maker).collect()
    }

    /// Whoever may make it, if nobody surely does.
    fn perhaps(&self, namespace: &Namespace<'_>, name: &str) -> Option<&'w Resource<'w>> {
        let all = self.by_name.get(name).into_iter().flatten();
        all.filter(|(place, _)| place.may_be(namespace)).map(|(_, maker)| *maker).next()
    }
}

/// The Secrets that the operator makes for a Cluster.
fn of_cluster(cluster: &Cluster<'_>) -> Vec<String> {
    let Some(name) = cluster.name() else { return Vec::new() };
    let mut ends = vec!["ca", "server", "replication"];
    ends.extend(makes_app_secret(cluster).then_some("app"));
    let superuser = cluster.spec(&["enableSuperuserAccess"]).and_then(Value::as_bool) == Some(true);
    ends.extend((superuser && cluster.spec(&["superuserSecret"]).is_none()).then_some("superuser"));
    ends.into_iter().map(|end| format!("{name}-{end}")).collect()
}

/// Whether the operator makes the Secret of the owner of the first database.
pub(super) fn makes_app_secret(cluster: &Cluster<'_>) -> bool {
    match cluster.bootstrap() {
        Bootstrap::Initdb(initdb) => initdb.is_none_or(|initdb| initdb.get("secret").is_none()),
        // Of what is restored or copied only a database that is named gets a new password.
        Bootstrap::Recovery(from) | Bootstrap::Basebackup(from) => {
            from.get("secret").is_none() && from.get("database").is_some() && from.get("owner").is_some()
        }
    }
}

impl<'w> Site<'_, 'w> {
    /// What a field means that names an object.
    pub(super) fn named(
        &self,
        group: &'static str,
        kind: &'static str,
        namespace: &Namespace<'w>,
        value: Value<'w>,
    ) -> Vec<End<'w>> {
        let Some(name) = value.known() else {
            let Some(raw) = value.raw() else { return Vec::new() };
            let reason = value.unknown().unwrap_or_else(|| "the name is no text".into());
            return vec![named(group, kind, namespace, raw, Presence::Unknown(reason))];
        };
        if name.is_empty() {
            return Vec::new();
        }
        let presence = match self.graph.find(group, kind, namespace, name) {
            Lookup::Found(found) => return found.into_iter().map(End::Object).collect(),
            Lookup::Absent(_) => Presence::Missing,
            Lookup::Unknown(reason) => Presence::Unknown(reason),
        };
        let presence = if kind == "Secret" { self.secret(namespace, name, presence) } else { presence };
        vec![named(group, kind, namespace, name, presence)]
    }

    /// What a field means that names a Secret.
    pub(super) fn secret_named(&self, namespace: &Namespace<'w>, value: Value<'w>) -> Vec<End<'w>> {
        self.named("", "Secret", namespace, value)
    }

    /// Whether a Secret that is not written is there all the same.
    fn secret(&self, namespace: &Namespace<'w>, name: &str, written: Presence) -> Presence {
        if !self.made.makers(namespace, name).is_empty() {
            return Presence::Made;
        }
        if let Some(maker) = self.made.perhaps(namespace, name) {
            return Presence::Unknown(format!("{} may make it", maker.title()));
        }
        match self.operated(namespace, name) {
            Some(maker) if written == Presence::Missing => {
                Presence::Unknown(format!("the operator of {} may make it", maker.title()))
            }
            _ => written,
        }
    }

    /// An object whose operator may make a Secret of this name: operators take the name of the object, or put words
    /// behind it.
    fn operated(&self, namespace: &Namespace<'w>, name: &str) -> Option<&'w Resource<'w>> {
        let starts = name.match_indices('-').map(|(at, _)| &name[..at]).chain([name]);
        starts.flat_map(|start| self.graph.all_named(start)).copied().find(|resource| {
            let builtin = !resource.group.contains('.') || resource.group.ends_with(".k8s.io");
            let known = KNOWN.iter().any(|group| resource.group == *group || resource.group.ends_with(group));
            !builtin && !known && resource.namespace.may_be(namespace)
        })
    }
}

fn named<'w>(
    group: &'static str,
    kind: &'static str,
    namespace: &Namespace<'w>,
    name: &str,
    presence: Presence,
) -> End<'w> {
    End::Named { group, kind, namespace: namespace.clone(), name: name.to_owned(), presence }
}
