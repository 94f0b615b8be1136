//! Databases whose owner is no role of their cluster.

use crate::contract::Answer;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg::{Cluster, Database, DatabaseRole, GROUP, cluster_reference};
use crate::graph::roles::{Declarations, Declared, DeclaredRole, Makers, is_built_in};
use crate::graph::{Lookup, View, is_near};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext, replace_name};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds a `Database` whose `owner` is no role that its Cluster declares: no entry of `managed.roles`, no
    /// `DatabaseRole` object, no owner of the database that the Cluster begins with (`app` where nothing else is
    /// written).
    ///
    /// ## Why it matters
    /// The operator runs `CREATE DATABASE … OWNER …` and PostgreSQL refuses it. The object is accepted, its status says
    /// that the role does not exist, and the application finds no database.
    ///
    /// ## Instead
    /// Declare the role in `managed.roles` of the Cluster or, from operator 1.30 on, as a `DatabaseRole`, or name one
    /// that is declared.
    ///
    /// ## Limits
    /// Nothing is said where roles may come from what is not seen: a patch, a backup or another server that the
    /// cluster is made from, SQL that cannot be read, a script that creates users, another operator's objects. Of
    /// several definitions of one Cluster any that declares the role is enough. With no DatabaseRole in the repo
    /// at all, one in another repo is possible: medium confidence. Of a Cluster in another repo that a contract
    /// describes, `boundary/broken-contract` tells the same.
    pub static RULE {
        id: "cnpg/database-owner-without-role",
        summary: "the owner of a Database is no role of its Cluster",
        scope: Target,
        codes: ["unknown-owner" => (Error, High, Reliability)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Roles shown beside the cluster.
const SHOWN: usize = 3;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let declarations = Declarations::new(context.graph);
    let mut known = Known { roles: HashMap::new(), makers: None };
    for database in context.graph.all::<Database<'w>>() {
        if let Some(missing) = owner_to_judge(&database, sink)
            && let Some(proof) = missing.prove(context, &declarations, &mut known, sink)
        {
            missing.report(&proof, context, sink);
        }
    }
}

/// What was worked out for the databases before.
struct Known<'w> {
    /// The roles of each definition of a cluster, by the address of the object.
    roles: HashMap<*const Resource<'w>, Declared<'w>>,
    makers: Option<Makers<'w>>,
}

struct Owner<'w> {
    database: Database<'w>,
    value: Value<'w>,
    name: &'w str,
    cluster: &'w str,
}

/// Where the role was looked for in vain.
struct Proof<'w> {
    clusters: Vec<&'w Resource<'w>>,
    roles: Vec<DeclaredRole<'w>>,
}

fn owner_to_judge<'w>(database: &Database<'w>, sink: &mut Sink<'_, 'w>) -> Option<Owner<'w>> {
    let value = database.at(&["spec", "owner"])?;
    let cluster = cluster_reference(database.resource())?;
    let ensure = database.at(&["spec", "ensure"]);
    if ensure.and_then(Value::known) == Some("absent") {
        return None;
    }
    if let Some(reason) = [Some(value), Some(cluster), ensure].into_iter().flatten().find_map(Value::unknown) {
        sink.undecided(value.span(), reason);
        return None;
    }
    let name = value.known().filter(|name| !name.is_empty() && !is_built_in(name))?;
    Some(Owner { database: *database, value, name, cluster: cluster.known()? })
}

impl<'w> Owner<'w> {
    fn prove(
        &self,
        context: &TargetContext<'_, 'w>,
        declarations: &Declarations<'w>,
        known: &mut Known<'w>,
        sink: &mut Sink<'_, 'w>,
    ) -> Option<Proof<'w>> {
        let graph = context.graph;
        let clusters = graph.named(GROUP, Cluster::KIND, self.cluster);
        let may_be = |resource: &&Resource<'w>| resource.namespace.may_be(&self.database.namespace);
        let mut gap = None;
        let mut roles = Vec::new();
        // Even a cluster that is not surely this one settles the matter if it has the role.
        for cluster in clusters.iter().copied().filter(may_be) {
            let declared = known
                .roles
                .entry(std::ptr::from_ref(cluster))
                .or_insert_with(|| declarations.roles_of(&Cluster::new(cluster)));
            if declared.has(self.name) {
                return None;
            }
            gap = gap.or_else(|| declared.gaps.first().cloned());
            roles.extend(declared.roles.iter().cloned());
        }
        if declarations.has_object(self.cluster, self.name, &self.database.namespace) {
            return None;
        }
        let found = match graph.find(GROUP, Cluster::KIND, &self.database.namespace, self.cluster) {
            Lookup::Found(found) => Ok(found),
            // A cluster that is surely not there is another rule's finding.
            Lookup::Absent(_) => return None,
            Lookup::Unknown(_) if self.is_promised(context) => return None,
            Lookup::Unknown(reason) => Err(reason),
        };
        let reason = match found {
            Err(reason) => Some(reason),
            Ok(_) if gap.is_some() => gap,
            Ok(_) => graph
                .licence(GROUP, Database::KIND, &self.database.namespace)
                .err()
                .or_else(|| known.makers.get_or_insert_with(|| Makers::new(graph)).of(self.name)),
        };
        match reason {
            Some(reason) => {
                sink.undecided(self.value.span(), reason);
                None
            }
            None => Some(Proof { clusters: clusters.into_iter().filter(may_be).collect(), roles }),
        }
    }

    /// Whether a contract says which roles the cluster has: an owner without one is then told by a rule of its own.
    fn is_promised(&self, context: &TargetContext<'_, 'w>) -> bool {
        let place = self.database.namespace.known();
        place.is_some_and(|place| !matches!(context.offers().cluster(place, self.cluster), Answer::Unknown(None)))
    }

    fn report(&self, proof: &Proof<'w>, context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
        let objects = context.graph.of_kind(GROUP, DatabaseRole::KIND).len();
        let cluster = proof.clusters.first().map_or_else(|| format!("Cluster `{}`", self.cluster), |one| one.title());
        let taken = proof.clusters.iter().find_map(|one| taken_away(one, self.name));
        let why = if taken.is_some() { "is to be absent from" } else { "no manifest declares for" };
        let message = format!("{} names owner `{}`, a role that {why} {cluster}", self.database.title(), self.name);
        let looked = match objects {
            0 => "looked in `managed.roles`, in the bootstrap, and for DatabaseRole objects: there is none".to_owned(),
            1 => "looked in `managed.roles`, in the bootstrap and in 1 DatabaseRole".to_owned(),
            count => format!("looked in `managed.roles`, in the bootstrap and in {count} DatabaseRole objects"),
        };
        let mut finding =
            sink.finding("unknown-owner", self.database.resource(), self.value, message).label("no role of that name");
        if taken.is_none() {
            finding = finding.note(looked);
        }
        if objects == 0 && serves_roles(&context.versions().cnpg) {
            finding = finding.confidence(Confidence::Medium);
        }
        if proof.clusters.len() > 1 {
            let count = proof.clusters.len();
            finding = finding.note(format!("none of {count} definitions of the Cluster declares it"));
        }
        let near =
            proof.roles.iter().filter_map(|role| is_near(self.name, &role.name).map(|distance| (distance, role)));
        match near.min_by_key(|(distance, role)| (*distance, role.name.clone())) {
            _ if taken.is_some() => {
                finding
                    .related(taken.map(Value::span), "takes the role away")
                    .help(format!("name another owner, or keep the role in {cluster}"));
            }
            Some((_, role)) => {
                finding = finding.related(role.origin.span(), format!("the cluster has role `{}`", role.name));
                match replace_name(self.value, &role.name) {
                    Some(edits) => finding.suggestion(format!("name role `{}`, if that is meant", role.name), edits),
                    None => finding.help(format!("did you mean `{}`?", role.name)),
                };
            }
            None => {
                if let [one] = proof.clusters.as_slice() {
                    finding = finding.related(one.headline().span(), "the Cluster");
                }
                finding = finding.note(format!("{cluster} {}", declares(&proof.roles)));
                finding.help(format!("declare the role in `managed.roles` of {cluster}, or as a DatabaseRole"));
            }
        }
    }
}

/// The switch of a managed role that is to be absent.
fn taken_away<'w>(cluster: &'w Resource<'w>, name: &str) -> Option<Value<'w>> {
    let roles = cluster.at(&["spec", "managed", "roles"]).into_iter().flat_map(Value::items);
    roles
        .filter(|role| role.get("name").and_then(Value::known) == Some(name))
        .find_map(|role| role.get("ensure").filter(|ensure| ensure.known() == Some("absent")))
}

/// Whether the operator has DatabaseRole objects; what is no version is taken for a new one.
fn serves_roles(operator: &str) -> bool {
    let minor = operator.strip_prefix("1.").and_then(|minor| minor.split('.').next()?.parse::<u32>().ok());
    minor.is_none_or(|minor| minor >= 30)
}

fn declares(roles: &[DeclaredRole<'_>]) -> String {
    let mut names: Vec<&str> = roles.iter().map(|role| role.name.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match (shown.is_empty(), names.len() > SHOWN) {
        (true, _) => "has no role".to_owned(),
        (false, false) => format!("has {}", shown.join(", ")),
        (false, true) => format!("has {} and {} more", shown.join(", "), names.len() - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::roles::RoleSource;
    use crate::source::{Origin, SourceId, Span};

    #[test]
    fn the_roles_of_a_cluster_are_named_up_to_three() {
        let origin = Origin::Written(Span::new(SourceId(0), 0..0));
        for (names, expected) in [
            (&[][..], "has no role"),
            (&["app"], "has `app`"),
            (&["b", "a", "b"], "has `a`, `b`"),
            (&["d", "c", "b", "a", "e"], "has `a`, `b`, `c` and 2 more"),
        ] {
            let roles: Vec<DeclaredRole<'_>> = names
                .iter()
                .map(|name| DeclaredRole { name: (*name).into(), source: RoleSource::Managed, origin: origin.clone() })
                .collect();
            assert_eq!(declares(&roles), expected);
        }
    }

    #[test]
    fn role_objects_came_with_an_operator_release() {
        for (operator, serves) in [("1.29", false), ("1.30", true), ("1.31", true), ("main", true)] {
            assert_eq!(serves_roles(operator), serves, "{operator}");
        }
    }
}
