//! A change that lets somebody new reach a database.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::manifest::Resource;
use crate::reach::connections::{Grant, Granted, PartyKind};
use crate::reach::{Direction, POSTGRES_PORT};
use crate::rule::{ChangeContext, MESH_NOTE, Sink, is_in_mesh};
use crate::source::Span;
use foldhash::HashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

declare_rule! {
    /// ## What it does
    /// Compares two states (`--base`) and finds rules of policies that let somebody reach port 5432 of a Cluster or Pooler
    /// who could not before: other namespaces, pods with other labels, everybody.
    ///
    /// ## Why it matters
    /// One more line in a policy is easily read over in review, and nothing breaks by it. Who may reach a
    /// database is worth a look whenever it gets more.
    ///
    /// ## Instead
    /// Nothing, where it is meant. Else let in fewer.
    ///
    /// ## Limits
    /// Works with `--base`, for databases and targets that both states have. What is told is whom rules describe: a namespace
    /// that takes the label which a rule asks for is not told. A rule that says the same in other words is. Blocks of
    /// addresses are not compared, and rules that deny are left out. Where the namespace is not closed any more, `netpol/lost-default-deny` says so. Confidence
    /// is low where a service mesh carries the traffic of the database's namespace.
    pub static RULE {
        id: "netpol/widened-reachability",
        summary: "a change lets somebody new reach a database",
        scope: Change,
        codes: ["new-client" => (Warning, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for (before, after) in context.targets() {
        let (old, new) = (&context.old.world.connections[before], &context.new.world.connections[after]);
        let (Some(old), Some(new)) = (old, new) else { continue };
        let known: HashMap<&str, usize> =
            old.parties().iter().enumerate().map(|(at, party)| (party.title.as_str(), at)).collect();
        let mut seen: BTreeSet<(Span, String)> = BTreeSet::new();
        for (at, party) in new.parties().iter().enumerate() {
            let is_database = matches!(party.kind, PartyKind::Database | PartyKind::Pooler);
            let Some(then) = known.get(party.title.as_str()).filter(|_| is_database) else { continue };
            // A database that nothing closes is told elsewhere.
            if !old.is_isolated(*then, Direction::Ingress) || !new.is_isolated(at, Direction::Ingress) {
                continue;
            }
            let grants = old.grants(*then, POSTGRES_PORT);
            let before: BTreeSet<String> = grants.iter().filter_map(who).collect();
            // Who may reach it in any case cannot be let in once more.
            if before.contains(EVERYONE) || before.contains(ALL_PODS) {
                continue;
            }
            let is_new = |grant: &&Grant<'_, 'w>| grant.sure && !grants.iter().any(|old| grant.who.is_within(&old.who));
            for grant in new.grants(at, POSTGRES_PORT).iter().filter(is_new) {
                let Some(who) = who(grant).filter(|who| !before.contains(who)) else { continue };
                if seen.insert((grant.rule.span(), who.clone())) {
                    let mesh = is_in_mesh(&context.new.world.reaches[after], new, at);
                    let target = &context.new.world.targets[after].name;
                    report(party.resource, grant, (&who, mesh), target, sink);
                }
            }
        }
    }
}

/// How everybody is described, and every pod.
const EVERYONE: &str = "everyone";
const ALL_PODS: &str = "[all namespaces]/[all pods]";

/// Whom a rule lets in, in words; none for addresses.
fn who(grant: &Grant<'_, '_>) -> Option<String> {
    match grant.who {
        Granted::Everyone => Some(EVERYONE.to_owned()),
        Granted::Pods(_) => grant.who.description(),
        Granted::Others => None,
    }
}

fn report<'w>(
    database: &'w Resource<'w>,
    grant: &Grant<'_, 'w>,
    (who, mesh): (&str, bool),
    target: &Arc<str>,
    sink: &mut Sink<'_, 'w>,
) {
    let who = if who == EVERYONE { who.to_owned() } else { format!("`{who}`") };
    let targets = std::slice::from_ref(target);
    let finding = sink.finding(
        "new-client",
        grant.policy,
        grant.rule,
        format!("{who} may reach PostgreSQL of {} now", database.title()),
    );
    let finding = if mesh { finding.note(MESH_NOTE).confidence(Confidence::Low) } else { finding };
    finding
        .label("lets them in; the state before did not")
        .related(database.headline().span(), "this can be reached")
        .in_targets(targets, &grant.policy.object_name())
        .help("let in fewer, if it is not meant");
}
