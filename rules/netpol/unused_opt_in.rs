//! Labels by which a namespace opts in to a database that nothing in it uses, or that is not there.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::workload::{Label, Workload};
use crate::graph::{Lookup, View};
use crate::manifest::{By, Namespace, Resource};
use crate::reach::answer::Answer;
use crate::reach::connections::{Connections, PartyKind};
use crate::reach::selector::Requirement;
use crate::reach::{NamespaceKey, POSTGRES_PORT};
use crate::rule::{Sink, TargetContext, remove_line, replace_name};
use crate::yaml::{Step, Value, Visit, walk};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds namespaces with the label by which clients of a database opt in that hold no client of one, and such labels
    /// whose value names no Cluster.
    ///
    /// ## Why it matters
    /// The label opens the database to every pod of the namespace, those of later apps among them. One that outlived its app is
    /// a way in that nobody remembers. One with the name of no Cluster opens nothing, and the connection of the app that it
    /// was written for times out.
    ///
    /// ## Instead
    /// Take the label away, or give it the Cluster's name.
    ///
    /// ## Limits
    /// The label is that of the config (`databases.client-label`), or one that a rule for port 5432 of a Cluster or Pooler asks
    /// of namespaces and that speaks of databases. That nothing uses it is said only of namespaces with workloads of which
    /// everything is seen: no chart, no Secret that is read, no word of PostgreSQL in any of its objects. Whether a value
    /// names a Cluster is asked where rules use the names of Clusters as values.
    pub static RULE {
        id: "netpol/unused-opt-in",
        summary: "a namespace opts in to a database that it does not use or that is not there",
        scope: Target,
        codes: [
            "no-client" => (Warning, Medium, Network),
            "no-such-cluster" => (Warning, High, Network),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// What a key or a value holds that speaks of databases.
const WORDS: &[&str] = &["postgres", "pgsql", "cnpg", "database", "pooler", "pg-", "-pg", "db-", "-db", "/pg", "/db"];

/// What may be the way to a database, wherever it is written.
const TRACES: &[&str] = &["postgres", "pgsql", "psql", "pgbouncer", "5432", "jdbc", "database", "cnpg", "pooler"];

/// Starts of the names of variables that tell of a database.
const VARIABLES: &[&str] = &["PG", "DB_", "DATABASE"];

/// A rule that asks for a label of namespaces.
struct Asked<'c, 'w> {
    requirement: &'c Requirement<'w>,
    database: &'w Resource<'w>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(connections) = context.connections.filter(|_| !context.graph.is_of_app()) else { return };
    if connections.unread().is_some() {
        return;
    }
    let asked = asked(connections);
    let mut residents: Option<HashMap<&'w str, Vec<&'w Resource<'w>>>> = None;
    for object in context.reach.namespace_objects().filter(|object| object.delivery.by != By::Nobody) {
        for (key, asked) in &asked {
            let Some(value) = object.label(key) else { continue };
            let Some(text) = value.known() else { continue };
            let opened = asked.iter().find(|asked| asked.requirement.holds_for(Label::Is(text)).is_yes());
            match opened {
                None => no_such_cluster(object, key, (value, text), asked, context, sink),
                Some(asked) if speaks_of_database(key, text, asked, context) => {
                    let residents = residents.get_or_insert_with(|| by_namespace(context));
                    let own = object.name().and_then(|name| residents.get(name)).map_or(&[][..], Vec::as_slice);
                    // Most apps come by charts and read Secrets: that is no question worth asking each time.
                    if uses_database(object, own, asked.database, context).is_no() {
                        report_unused(object, (key, value, text), asked, sink);
                    }
                }
                Some(_) => {}
            }
        }
    }
}

/// What rules for PostgreSQL ask of the labels of namespaces, by label.
fn asked<'c, 'w>(connections: &'c Connections<'w>) -> BTreeMap<String, Vec<Asked<'c, 'w>>> {
    let mut all: BTreeMap<String, Vec<Asked<'c, 'w>>> = BTreeMap::new();
    for (at, party) in connections.parties().iter().enumerate() {
        if !matches!(party.kind, PartyKind::Database | PartyKind::Pooler) {
            continue;
        }
        for grant in connections.grants(at, POSTGRES_PORT).into_iter().filter(|grant| grant.sure) {
            for (key, requirement) in grant.who.opt_in() {
                let asked = Asked { requirement, database: party.resource };
                all.entry(key.to_owned()).or_default().push(asked);
            }
        }
    }
    all
}

/// Reports a value that no rule asks for and no Cluster has as its name, where others are the names of Clusters.
fn no_such_cluster<'w>(
    object: &'w Resource<'w>,
    key: &str,
    (value, text): (Value<'w>, &str),
    asked: &[Asked<'_, 'w>],
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let exact = asked.iter().all(|asked| !asked.requirement.wanted().is_empty() && asked.requirement.doubt.is_none());
    let is_name = |asked: &&Asked<'_, 'w>| {
        let name = asked.database.name();
        name.is_some_and(|name| asked.requirement.wanted() == [name]) && Cluster::of(asked.database).is_some()
    };
    let Some(example) = asked.iter().find(is_name).filter(|_| exact) else { return };
    let namespace = &example.database.namespace;
    let absence = match context.graph.find(GROUP, Cluster::KIND, namespace, text) {
        Lookup::Found(_) => return,
        Lookup::Unknown(reason) => return sink.undecided(value.span(), reason),
        Lookup::Absent(absence) => absence,
    };
    if !absence.elsewhere.is_empty() {
        return;
    }
    // Where rules find nobody for it, `netpol/missing-namespace-label` says so.
    let finds = |other: &Resource<'w>| {
        let carried = other.label(key).and_then(Value::known);
        carried
            .is_some_and(|carried| asked.iter().any(|asked| asked.requirement.holds_for(Label::Is(carried)).is_yes()))
    };
    if absence.near.is_some() && !context.reach.namespace_objects().any(finds) {
        return;
    }
    let name = object.name().unwrap_or_default();
    let mut finding = sink
        .finding(
            "no-such-cluster",
            object,
            value,
            format!("namespace `{name}` opts in to Cluster `{text}`, which is not there"),
        )
        .label("names no Cluster")
        .related(example.requirement.value.span(), format!("rules ask for the name of a Cluster in `{key}`"));
    let Some(near) = absence.near else {
        finding.help("give the label the name of a Cluster, or take it away");
        return;
    };
    finding = finding.related(near.headline().span(), "the nearest name");
    let known = near.written_name().unwrap_or_default();
    match replace_name(value, known) {
        Some(edits) => finding.suggestion(format!("if you meant it, opt in to Cluster `{known}`"), edits),
        None => finding.help(format!("if you meant it, label the Namespace with `{key}: {known}`")),
    };
}

/// Whether a label is there for databases, and for nothing else.
fn speaks_of_database(key: &str, text: &str, asked: &Asked<'_, '_>, context: &TargetContext<'_, '_>) -> bool {
    let configured = context.config().databases.client_label.as_ref();
    configured.is_some_and(|label| label.value == key)
        || asked.database.name() == Some(text)
        || WORDS.iter().any(|word| key.contains(word))
}

/// The objects of each namespace that is known by name: what pods are told, and what brings pods.
fn by_namespace<'w>(context: &TargetContext<'_, 'w>) -> HashMap<&'w str, Vec<&'w Resource<'w>>> {
    let mut all: HashMap<&'w str, Vec<&'w Resource<'w>>> = HashMap::new();
    for resource in context.graph.resources() {
        let target = resource.at(&["spec", "targetNamespace"]).and_then(Value::known);
        let namespaces = [resource.namespace.known(), target];
        for name in namespaces.into_iter().flatten() {
            all.entry(name).or_default().push(resource);
        }
    }
    all
}

/// Whether something in a namespace uses a database; no only where everything in it is seen.
fn uses_database<'w>(
    object: &Resource<'w>,
    own: &[&'w Resource<'w>],
    database: &Resource<'w>,
    context: &TargetContext<'_, 'w>,
) -> Answer {
    let Some(name) = object.name() else { return Answer::Unknown("the name of the namespace is not known".into()) };
    let namespace = Namespace::Known(name);
    if NamespaceKey::of(&namespace) == NamespaceKey::of(&database.namespace) {
        return Answer::Yes;
    }
    if let Some(reason) = context.reach.unseen_pods(context.graph, &namespace) {
        return Answer::Unknown(reason);
    }
    if !own.iter().any(|resource| Workload::of(resource).is_some()) {
        return Answer::Unknown(format!("no workload of namespace `{name}` is in this repo"));
    }
    for resource in own {
        if !resource.whole {
            return Answer::Unknown(format!("a part of {} may be more elsewhere", resource.title()));
        }
        if resource.kind.ends_with("NetworkPolicy") {
            continue;
        }
        if matches!(resource.kind, "HelmRelease" | "Kustomization" | "Secret" | "ExternalSecret" | "SealedSecret") {
            return Answer::Unknown(format!("what {} holds may tell of a database", resource.title()));
        }
        if let Some(answer) = trace(resource, database) {
            return answer;
        }
    }
    Answer::No
}

/// What an object tells of a database, or of something that is not read and may tell of one.
fn trace(resource: &Resource<'_>, database: &Resource<'_>) -> Option<Answer> {
    let mut found = None;
    walk(resource.value, &mut |steps, value| {
        let key = match steps.last() {
            Some(Step::Key(key)) => *key,
            _ => "",
        };
        let text = value.raw().unwrap_or_default().to_ascii_lowercase();
        let words = [key.to_ascii_lowercase(), text];
        let told = words.iter().any(|word| TRACES.iter().any(|trace| word.contains(trace)))
            || VARIABLES
                .iter()
                .any(|start| key.starts_with(start) || value.raw().is_some_and(|raw| raw.starts_with(start)))
            || database.name().is_some_and(|name| value.raw().is_some_and(|raw| raw.contains(name)));
        if told {
            found = Some(Answer::Yes);
        } else if found.is_none() && (key.to_ascii_lowercase().contains("secret") || value.unknown().is_some()) {
            found = Some(Answer::Unknown(format!("{} is told things that are not read", resource.title())));
        }
        if matches!(found, Some(Answer::Yes)) { Visit::Past } else { Visit::Into }
    });
    found
}

fn report_unused<'w>(
    object: &'w Resource<'w>,
    (key, value, text): (&str, Value<'w>, &str),
    asked: &Asked<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let name = object.name().unwrap_or_default();
    let finding = sink
        .finding(
            "no-client",
            object,
            value,
            format!("namespace `{name}` may reach {}, and nothing in it does", asked.database.title()),
        )
        .underline(value.key_or_span())
        .label("opts in to the database")
        .related(asked.requirement.value.span(), "lets namespaces in by this label")
        .note("none of the workloads and ConfigMaps of the namespace tells of a database, and none reads a Secret");
    match remove_line(value) {
        Some(edits) => finding.suggestion(format!("take the label `{key}: {text}` away"), edits),
        None => finding.help(format!("take the label `{key}: {text}` away")),
    };
}
