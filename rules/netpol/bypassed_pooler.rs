//! Clients that may pass a Pooler by.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg::cluster_reference;
use crate::manifest::{Namespace, Resource};
use crate::reach::connections::{Breadth, Connections, Grant, Granted, PartyKind};
use crate::reach::{METADATA_NAME, POSTGRES_PORT, operators};
use crate::rule::{MESH_NOTE, Sink, TargetContext, is_in_mesh};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

declare_rule! {
    /// ## What it does
    /// Finds policies that let clients reach port 5432 of a Cluster's instances although they are meant to come to its Pooler:
    /// most often a rule for clients in a policy that selects `cnpg.io/cluster`.
    ///
    /// ## Why it matters
    /// The pods of a Pooler carry `cnpg.io/cluster`, too, so that one selector opens the Pooler and the instances. A client that
    /// takes the Cluster's service works, and every one of its connections is a process of PostgreSQL: the limit that the Pooler
    /// keeps holds for nobody.
    ///
    /// ## Instead
    /// Let clients in by a policy that selects `cnpg.io/poolerName` (or `cnpg.io/podRole: pooler`), and the Pooler, the operator
    /// and the instances themselves by one that selects `cnpg.io/cluster`.
    ///
    /// ## Limits
    /// That the Pooler is meant is known where the option `clusters` lists the Cluster, or where the policy that selects both is
    /// named after the Pooler; everything else is silent. Clients are pods
    /// of other namespaces, the operator's left out. Rules for everybody are `netpol/open-database`'s matter. Confidence is low
    /// where a service mesh carries the traffic of the namespace.
    pub static RULE {
        id: "netpol/bypassed-pooler",
        summary: "clients may reach instances that they are to reach through a Pooler",
        scope: Target,
        codes: [
            "opens-both" => (Warning, Medium, Network),
            "listed" => (Warning, High, Network),
        ],
        since: "0.1.0",
        options: Options,
        check: check,
    }
}

/// Options of `netpol/bypassed-pooler`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Clusters whose clients are to come to a Pooler, as `namespace/name`.
    pub clusters: Vec<String>,
}

/// Where the operator runs, unless somebody says otherwise.
const USUAL_OPERATOR: &str = "cnpg-system";

/// A Pooler and whom rules let in to it.
struct Front<'c, 'w> {
    pooler: &'w Resource<'w>,
    grants: Vec<Grant<'c, 'w>>,
}

/// What says that clients are to come to the Pooler.
#[derive(Clone, Copy)]
enum Evidence {
    Listed,
    Name,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(connections) = context.connections.filter(|_| !context.graph.is_of_app()) else { return };
    let known = operators(context.graph);
    let mut homes: BTreeSet<&str> = known.iter().filter_map(|operator| operator.namespace.known()).collect();
    homes.insert(USUAL_OPERATOR);
    homes.extend(context.config().databases.operator.namespace.as_ref().map(|namespace| namespace.value.as_str()));
    let listed = &context.options::<Options>().clusters;
    for (at, party) in connections.parties().iter().enumerate().filter(|(_, one)| one.kind == PartyKind::Database) {
        let fronts = fronts(party.resource, connections);
        if fronts.is_empty() || connections.unread().is_some() {
            continue;
        }
        let name = format!("{}/{}", party.namespace, party.name);
        let is_listed = listed.contains(&name);
        let grants = connections.grants(at, POSTGRES_PORT);
        let mut seen: HashSet<Span> = HashSet::new();
        for grant in grants.iter().filter(|grant| is_client(grant, &party.resource.namespace, &homes)) {
            let Some((front, evidence)) = evidence(grant, &fronts, is_listed) else { continue };
            if seen.insert(grant.subject.span()) {
                let mesh = is_in_mesh(context.reach, connections, at);
                report(party.resource, grant, (front, evidence), mesh, sink);
            }
        }
    }
}

/// The Poolers of a Cluster.
fn fronts<'c, 'w>(cluster: &Resource<'w>, connections: &'c Connections<'w>) -> Vec<Front<'c, 'w>> {
    let is_front = |pooler: &Resource<'w>| {
        pooler.namespace.is_same(&cluster.namespace)
            && cluster_reference(pooler).and_then(Value::known).is_some_and(|name| cluster.name() == Some(name))
    };
    let parties = connections.parties().iter().enumerate();
    let poolers = parties.filter(|(_, party)| party.kind == PartyKind::Pooler && is_front(party.resource));
    poolers.map(|(at, party)| Front { pooler: party.resource, grants: connections.grants(at, POSTGRES_PORT) }).collect()
}

fn key(grant: &Grant<'_, '_>) -> (Span, Span) {
    (grant.rule.span(), grant.peer.span())
}

/// Whether a rule lets in pods of other namespaces, who are neither everybody nor the operator.
fn is_client(grant: &Grant<'_, '_>, own: &Namespace<'_>, operators: &BTreeSet<&str>) -> bool {
    if !grant.sure || !matches!(grant.who, Granted::Pods(_)) || grant.breadth() != Breadth::Limited {
        return false;
    }
    let asked = grant.who.asked_of_namespace();
    let names = asked.iter().find(|(key, asked)| *key == METADATA_NAME && !asked.wanted().is_empty());
    match names {
        Some((_, asked)) => {
            asked.doubt.is_none()
                && asked.wanted().iter().any(|name| !operators.contains(name) && own.known() != Some(name))
        }
        None => !asked.is_empty(),
    }
}

/// What says that the clients of a rule are to come to a Pooler, and to which.
fn evidence<'e, 'c, 'w>(
    grant: &Grant<'c, 'w>,
    fronts: &'e [Front<'c, 'w>],
    is_listed: bool,
) -> Option<(&'e Front<'c, 'w>, Evidence)> {
    let opened = fronts.iter().find(|front| front.grants.iter().any(|other| key(other) == key(grant)));
    if is_listed {
        return Some((opened.or(fronts.first())?, Evidence::Listed));
    }
    let opened = opened?;
    let policy = grant.policy.name().unwrap_or_default();
    let named = fronts.iter().find(|front| front.pooler.name().is_some_and(|name| policy.contains(name)));
    let spoken_of = ["pooler", "pgbouncer"].iter().any(|word| policy.contains(word));
    named.or(spoken_of.then_some(opened)).map(|front| (front, Evidence::Name))
}

fn report<'w>(
    cluster: &'w Resource<'w>,
    grant: &Grant<'_, 'w>,
    (front, evidence): (&Front<'_, 'w>, Evidence),
    mesh: bool,
    sink: &mut Sink<'_, 'w>,
) {
    let both = front.grants.iter().any(|other| key(other) == key(grant));
    let code = if matches!(evidence, Evidence::Listed) { "listed" } else { "opens-both" };
    let message = format!(
        "{} lets clients reach the instances of {} past {}",
        grant.policy.title(),
        cluster.title(),
        front.pooler.title()
    );
    let mut finding = sink.finding(code, grant.policy, grant.subject, message);
    if grant.subject.span() != grant.policy.headline().span() {
        finding = finding.underline(grant.subject.key_or_span());
    }
    finding = finding
        .label(if both { "selects the instances and the Pooler's pods alike" } else { "selects the instances" })
        .related(grant.peer.span(), "these clients are let in")
        .related(front.pooler.headline().span(), "the Pooler that they are to come to");
    finding = match evidence {
        Evidence::Name => finding.note("the policy is named after the Pooler"),
        Evidence::Listed => finding.note("the config lists this Cluster in `clusters` of this rule"),
    };
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    let name = front.pooler.name().unwrap_or_default();
    finding.help(format!("let clients in by a policy that selects `cnpg.io/poolerName: {name}`"));
}
