//! Two objects for one database.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, Database, GROUP};
use crate::graph::roles::Declarations;
use crate::graph::{Lookup, View};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds two `Database` objects that describe one database of one Cluster.
    ///
    /// ## Why it matters
    /// The operator lets the first one it meets manage the database; the other stays failed, with whatever owner,
    /// extensions and schemas it asks for. Which one is first is not written anywhere. With
    /// `databaseReclaimPolicy: delete`, taking the wrong one away drops the database.
    ///
    /// ## Instead
    /// Keep one object, with what both ask for.
    ///
    /// ## Limits
    /// Objects of the same name are alternatives of one object and not compared. Nothing is said where it is not
    /// certain that both reach the same Cluster, and of objects with `ensure: absent`.
    pub static RULE {
        id: "cnpg/duplicate-database",
        summary: "two Database objects describe one database",
        scope: Target,
        codes: ["duplicate" => (Error, High, Reliability)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let declarations = Declarations::new(context.graph);
    let mut clusters: Vec<_> = declarations.databases().iter().collect();
    clusters.sort_unstable_by_key(|(name, _)| **name);
    for (cluster, databases) in clusters {
        let mut firsts: HashMap<&str, Vec<(&Database<'w>, Value<'w>)>> = HashMap::new();
        for database in databases {
            let Some(value) = described(database) else { continue };
            let Some(name) = value.known() else { continue };
            let firsts = firsts.entry(name).or_default();
            let same = |(first, _): &&(&Database<'w>, Value<'w>)| first.namespace.is_same(&database.namespace);
            match firsts.iter().find(same) {
                Some((first, written)) => judge(cluster, database, value, (first, *written), context, sink),
                None => firsts.push((database, value)),
            }
        }
    }
}

/// The field with the name of the database that an object keeps.
fn described<'w>(database: &Database<'w>) -> Option<Value<'w>> {
    let ensure = database.at(&["spec", "ensure"]);
    if ensure.is_some_and(|ensure| ensure.known() != Some("present")) {
        return None;
    }
    database.at(&["spec", "name"]).filter(|name| name.known().is_some_and(|name| !name.is_empty()))
}

fn judge<'w>(
    cluster: &str,
    database: &Database<'w>,
    value: Value<'w>,
    (first, written): (&Database<'w>, Value<'w>),
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    if first.written_name() == database.written_name() {
        return;
    }
    if first.delivery.scope != database.delivery.scope {
        sink.undecided(value.span(), "whether both objects reach the same cluster is not known");
        return;
    }
    let alternatives = match context.graph.find(GROUP, Cluster::KIND, &database.namespace, cluster) {
        Lookup::Found(found) => found.len() > 1,
        Lookup::Absent(_) | Lookup::Unknown(_) => false,
    };
    if alternatives {
        sink.undecided(value.span(), "the repo holds several definitions of the Cluster");
        return;
    }
    let message = format!("{} and {} describe the same database", database.title(), first.title());
    sink.finding("duplicate", database.resource(), value, message)
        .label(format!("described twice for Cluster `{cluster}`"))
        .related(written.span(), "the first object for it")
        .note("the operator follows the object that it meets first, and the other one stays failed")
        .help("keep one of the two objects, with what both ask for");
}
