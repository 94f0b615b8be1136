//! Which databases a cluster holds, where all of them are surely known: what its bootstrap makes and Database objects.

use super::cnpg::{Bootstrap, Cluster, Database};
use super::roles::{Declarations, bootstrap_database};
use super::statements::{creates_database, is_of_initializer};
use super::{Graph, View};
use crate::manifest::Resource;
use crate::yaml::{Step, Value, Visit, walk};
use std::borrow::Cow;

/// Databases that every cluster has.
pub const BUILT_IN: &[&str] = &["postgres", "template0", "template1"];

/// What may make databases in a target beside what declares them.
#[derive(Debug)]
pub struct DatabaseMakers<'w> {
    first: Option<&'w Resource<'w>>,
}

impl<'w> DatabaseMakers<'w> {
    /// Looks at every object of `graph`.
    pub fn new(graph: &Graph<'w>) -> DatabaseMakers<'w> {
        let first = graph.resources().iter().copied().find(|resource| {
            let is_database = resource.kind.contains("Database") && resource.group != super::cnpg::GROUP;
            is_database || runs_statements(resource) && may_make(resource)
        });
        DatabaseMakers { first }
    }

    /// Why there may be databases that nothing declares, if so.
    pub fn reason(&self) -> Option<String> {
        self.first.map(|maker| format!("{} may make databases", maker.title()))
    }
}

fn runs_statements(resource: &Resource<'_>) -> bool {
    matches!(
        resource.kind,
        "Job" | "CronJob" | "Pod" | "Deployment" | "StatefulSet" | "ConfigMap" | "Secret" | "HelmRelease"
    )
}

fn may_make(resource: &Resource<'_>) -> bool {
    let mut makes = false;
    walk(resource.value, &mut |steps, value| {
        makes |= value.raw().is_some_and(|text| creates_database(text) || is_of_initializer(text));
        makes |= matches!(steps.last(), Some(Step::Key(key)) if is_of_initializer(key));
        if makes { Visit::Past } else { Visit::Into }
    });
    makes
}

/// The databases of `cluster`.
///
/// # Errors
/// Why it may hold others.
pub fn databases_of<'w>(
    cluster: &Cluster<'w>,
    graph: &Graph<'w>,
    declarations: &Declarations<'w>,
    makers: &DatabaseMakers<'w>,
) -> Result<Vec<Cow<'w, str>>, String> {
    only_by_declaration(cluster)?;
    graph.licence(Database::GROUP, Database::KIND, &cluster.namespace)?;
    if let Some(reason) = makers.reason() {
        return Err(reason);
    }
    let first = bootstrap_database(cluster).ok_or("the cluster's first database is not known")?;
    let mut names: Vec<Cow<'w, str>> = BUILT_IN.iter().copied().map(Cow::Borrowed).collect();
    names.push(Cow::Borrowed(first.name));
    let own = cluster.written_name().and_then(|name| declarations.databases().get(name)).into_iter().flatten();
    for database in own.filter(|database| database.namespace.may_be(&cluster.namespace)) {
        let name = database.at(&["spec", "name"]).and_then(Value::known);
        names.push(Cow::Borrowed(name.ok_or_else(|| format!("the database of {} is not known", database.title()))?));
    }
    let written = graph.all::<Database<'w>>();
    for database in written.filter(|database| database.namespace.may_be(&cluster.namespace)) {
        if super::cnpg::cluster_reference(database.resource()).and_then(Value::known).is_none() {
            return Err(format!("the cluster of {} is not known", database.title()));
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Whether nobody makes databases or roles in the cluster but the operator, by what is declared.
///
/// # Errors
/// Who else may.
pub fn only_by_declaration(cluster: &Cluster<'_>) -> Result<(), String> {
    if let Some(reason) = cluster.may_be_completed() {
        return Err(reason.to_owned());
    }
    if cluster.is_replica() || !matches!(cluster.bootstrap(), Bootstrap::Initdb(_)) {
        return Err("the cluster begins as a copy of another".into());
    }
    if cluster.spec(&["enableSuperuserAccess"]).is_some_and(|switch| switch.as_bool() != Some(false)) {
        return Err("the superuser of the cluster can log in and make others".into());
    }
    let may = |role: Value<'_>, key: &str| role.get(key).is_some_and(|switch| switch.as_bool() != Some(false));
    if cluster.managed_roles().any(|role| ["createdb", "createrole", "superuser"].iter().any(|key| may(role, key))) {
        return Err("a role of the cluster may make others".into());
    }
    let Bootstrap::Initdb(Some(initdb)) = cluster.bootstrap() else { return Ok(()) };
    if initdb.get("import").is_some() {
        return Err("the cluster imports another".into());
    }
    for key in ["postInitSQL", "postInitTemplateSQL", "postInitApplicationSQL"] {
        let mut statements = initdb.get(key).into_iter().flat_map(Value::items);
        if statements.any(|statement| statement.known().is_none_or(creates_database)) {
            return Err(format!("a statement of `{key}` may make databases"));
        }
        if initdb.get(&format!("{key}Refs")).is_some() {
            return Err(format!("the statements of `{key}Refs` may make databases"));
        }
    }
    Ok(())
}
