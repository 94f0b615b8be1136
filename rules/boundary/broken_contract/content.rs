//! The users and databases that connections to a cluster of the platform ask for.

use super::host::Connection;
use super::role::{listed, made_by_hand};
use super::{begin, subject};
use crate::contract::{Key, Offers, Rented};
use crate::finding::Confidence;
use crate::graph::clients::Part;
use crate::graph::cnpg::{GROUP, cluster_reference};
use crate::graph::contents::{BUILT_IN, DatabaseMakers};
use crate::graph::credential::{is_placeholder, is_reference};
use crate::graph::is_near;
use crate::graph::roles::{Makers, is_built_in};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet};

/// What a connection asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Database,
    Role,
}

/// Something that an object of an app declares.
#[derive(Clone)]
struct Declared {
    name: String,
    place: Span,
    /// Whether it is in the repo that is judged.
    own: bool,
}

/// Names that are declared, and where.
type Names = BTreeMap<String, Option<Span>>;

/// What apps declare for the clusters of platforms, in all repos of the run.
pub(super) struct Contents<'c, 'a, 'w> {
    context: &'c TargetContext<'a, 'w>,
    /// By kind, namespace and name of the cluster.
    declared: HashMap<(What, String, String), Vec<Declared>>,
    /// Why something may be declared that is not known, if so.
    gap: Option<String>,
    makers: Option<(DatabaseMakers<'w>, Makers<'w>)>,
    told: HashSet<(What, Span)>,
}

impl<'c, 'a, 'w> Contents<'c, 'a, 'w> {
    pub(super) fn new(context: &'c TargetContext<'a, 'w>, offers: &Offers<'_>) -> Contents<'c, 'a, 'w> {
        let mut contents =
            Contents { context, declared: HashMap::new(), gap: None, makers: None, told: HashSet::new() };
        let homes: HashSet<&str> = offers.clusters().map(|rented| rented.cluster.namespace.as_str()).collect();
        for graph in &context.world.graphs {
            for (what, kind, field) in [
                (What::Database, "Database", "name"),
                (What::Database, "Database", "owner"),
                (What::Role, "DatabaseRole", "name"),
            ] {
                let objects = graph.of_kind(GROUP, kind).iter().filter(|object| object.whole);
                let here = objects.filter(|object| object.namespace.known().is_none_or(|name| homes.contains(name)));
                // An owner that is no role is told at the Database.
                let what = if field == "owner" { What::Role } else { what };
                here.for_each(|object| contents.enter(what, object, field));
            }
        }
        contents
    }

    fn enter(&mut self, what: What, object: &Resource<'w>, field: &str) {
        let name = object.at(&["spec", field]).and_then(|value| Some((value.known()?.to_owned(), value.span())));
        let cluster = cluster_reference(object).and_then(Value::known);
        let (Some((name, place)), Some(cluster), Some(namespace)) = (name, cluster, object.namespace.known()) else {
            self.gap.get_or_insert_with(|| format!("what {} declares is not known in full", object.title()));
            return;
        };
        let own = object.root == self.context.root;
        let key = (what, namespace.to_owned(), cluster.to_owned());
        self.declared.entry(key).or_default().push(Declared { name, place, own });
    }

    /// Compares what one connection asks for with what its cluster has.
    pub(super) fn check(
        &mut self,
        connection: &Connection<'w>,
        rented: Rented<'_>,
        offers: &Offers<'_>,
        sink: &mut Sink<'_, 'w>,
    ) {
        let alike = offers.alike(rented.cluster);
        let mention = &connection.mention;
        for (what, part) in [(What::Database, &mention.database), (What::Role, &mention.user)] {
            if let Some(part) = part
                && let Some(wanted) = part.text.as_deref().filter(|wanted| is_name(wanted))
            {
                self.one(what, (part, wanted), connection, (rented, &alike), sink);
            }
        }
    }

    fn one(
        &mut self,
        what: What,
        (part, wanted): (&Part<'w>, &str),
        connection: &Connection<'w>,
        (rented, alike): (Rented<'_>, &[Rented<'_>]),
        sink: &mut Sink<'_, 'w>,
    ) {
        let cluster = rented.cluster;
        let built_in = match what {
            What::Database => BUILT_IN.contains(&wanted),
            What::Role => is_built_in(wanted),
        };
        let promised = alike.iter().flat_map(|one| match what {
            What::Database => &one.cluster.databases,
            What::Role => &one.cluster.roles,
        });
        let promised: BTreeSet<&String> = promised.collect();
        let key = (what, cluster.namespace.clone(), cluster.name.clone());
        let declared = self.declared.get(&key).map(Vec::as_slice).unwrap_or_default();
        let is_there = promised.iter().any(|name| *name == wanted) || declared.iter().any(|one| one.name == wanted);
        let span = connection.mention.part_span(part, self.context.world.sources);
        if built_in || is_there || !self.told.insert((what, span)) {
            return;
        }
        let declared = declared.to_vec();
        if let Some(reason) = self.open(what, wanted, rented, alike) {
            return sink.undecided(span, reason);
        }
        let id = cluster.id();
        let place = |name: &String| {
            let key = match what {
                What::Database => Key::Database(id.clone(), name.clone()),
                What::Role => Key::Role(id.clone(), name.clone()),
            };
            (name.clone(), rented.offer.place(&key))
        };
        let own = declared.iter().any(|one| one.own);
        let names: Names = promised
            .iter()
            .copied()
            .map(place)
            .chain(declared.into_iter().map(|one| (one.name, Some(one.place))))
            .collect();
        let near = names.iter().filter_map(|(name, place)| Some((is_near(wanted, name)?, name, *place)));
        let near = near.min_by_key(|(far, name, _)| (*far, name.as_str())).map(|(_, name, place)| (name, place));
        // One that the platform starts with says nothing of those of apps.
        let told_of = own || promised.len() > 1;
        if near.is_none() && !told_of {
            let kind = if what == What::Database { "database" } else { "role" };
            return sink.undecided(span, format!("neither this repo nor the platform declares a {kind} for apps"));
        }
        report(what, (part, wanted, span), connection, rented, (&names, near), sink);
    }

    /// Why what is not declared may be there all the same, if so.
    fn open(&mut self, what: What, wanted: &str, rented: Rented<'_>, alike: &[Rented<'_>]) -> Option<String> {
        let graph = self.context.graph;
        let (databases, roles) = self.makers.get_or_insert_with(|| (DatabaseMakers::new(graph), Makers::new(graph)));
        let stated = alike.iter().find_map(|one| one.cluster.databases_incomplete.clone()).or_else(|| self.gap.clone());
        let roles_stated = || alike.iter().find_map(|one| one.cluster.roles_incomplete.clone());
        match what {
            What::Database => stated.or_else(|| databases.reason()),
            What::Role => {
                let by_hand =
                    graph.of_kind(GROUP, "DatabaseRole").is_empty() && made_by_hand(rented.offer, rented, self.context);
                let by_hand = by_hand.then(|| "the platform manages no role for apps".to_owned());
                stated.or_else(roles_stated).or_else(|| roles.of(wanted)).or(by_hand)
            }
        }
    }
}

/// Whether a text is the name of a role or a database, not where to take one from, an example, or a list.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // `_USER_` is put in by whoever applies it.
    let is_wrapped = text.starts_with('_') && text.ends_with('_');
    text.bytes().all(is_plain) && !is_wrapped && !is_reference(text) && !is_placeholder(text)
}

fn report<'w>(
    what: What,
    (part, wanted, span): (&Part<'w>, &str, Span),
    connection: &Connection<'w>,
    rented: Rented<'_>,
    (names, near): (&Names, Option<(&String, Option<Span>)>),
    sink: &mut Sink<'_, 'w>,
) {
    let id = rented.cluster.id();
    let is_secret = connection.at.resource.is_some_and(|resource| resource.is("", "Secret"));
    let subject = subject(&connection.at);
    let named = |kind: &str| match is_secret {
        true => format!("a {kind} that"),
        false => format!("{kind} `{wanted}`, which"),
    };
    let (code, message, label) = match what {
        What::Database => {
            let message = format!("{subject} connects to {} Cluster `{id}` does not have", named("database"));
            ("database", message, "nobody declares this database")
        }
        What::Role => {
            let message = format!("{subject} logs in as {} Cluster `{id}` does not have", named("role"));
            ("role", message, "nobody declares this role")
        }
    };
    let mut at = connection.at.clone();
    at.value = part.value;
    let finding = begin(code, &at, message, sink).underline(span).label(label);
    match near.filter(|_| !is_secret) {
        Some((name, place)) => {
            let elsewhere = rented.place().filter(|whole| place.is_none_or(|place| place.source != whole.source));
            finding
                .related(place, format!("`{name}` is declared here"))
                .related(elsewhere, "the platform's cluster")
                .help(format!("did you mean `{name}`?"));
        }
        None => {
            // The repo of another app may declare it.
            let finding = if near.is_none() { finding.confidence(Confidence::Medium) } else { finding };
            let names: Vec<String> = names.keys().cloned().collect();
            finding
                .related(rented.place(), "the platform's cluster")
                .note(format!("declared for it: {}", listed(&names)))
                .help(match what {
                    What::Database => "name a database that is declared, or add a Database object for it",
                    What::Role => "name a role that is declared, or add a DatabaseRole object for it",
                });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_compared() {
        for (text, expected) in [
            ("shop", true),
            ("shop_main-2.old", true),
            ("env://PGUSER", false),
            ("$__file{/etc/secrets/user}", false),
            ("file:///run/user", false),
            ("YOURUSER", false),
            ("_USER_", false),
            ("_user", true),
            ("radarr_main radarr_log", false),
            ("<user>", false),
            ("vault:secret/data/db#user", false),
        ] {
            assert_eq!(is_name(text), expected, "{text}");
        }
    }
}
