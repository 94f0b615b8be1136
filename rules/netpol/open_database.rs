//! Policies that open PostgreSQL to everybody.

use crate::declare_rule;
use crate::finding::Edit;
use crate::manifest::Resource;
use crate::reach::{
    Breadth, Direction, POSTGRES_PORT, Peer, PeerKind, Peers, Policy, PolicyPeer, PolicyRule, Ports, Reach, Source,
};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds rules of NetworkPolicies that let everyone, every namespace or every address reach port 5432 of the instances of
    /// a Cluster or of a Pooler.
    ///
    /// ## Why it matters
    /// Policies only add up: one rule that lets everyone in undoes every default-deny beside it. A password is then all that
    /// stands between any pod and the database. The usual cause is a dash too many: `- from:` and `- ports:` as two items
    /// are two rules, "these clients on every port" and "everyone on 5432".
    ///
    /// ## Instead
    /// Name the clients: a `namespaceSelector` on a label that namespaces opt in by, or a `podSelector`. Keep `from`
    /// and `ports` in one item.
    ///
    /// ## Limits
    /// Rules for other ports (9187, 8000) and egress rules are not meant. A block of all addresses counts even with exceptions:
    /// whether it covers pods depends on the network plugin, that it covers the world outside does not. Two half blocks
    /// are not added up. Undecided where a policy's selector, ports or namespace is not known, and where policies of Cilium,
    /// Calico, Antrea or of cluster admins, which can deny, are in the repo. Where no policy selects the database at all,
    /// `netpol/missing-default-deny` says so.
    pub static RULE {
        id: "netpol/open-database",
        summary: "a policy lets everyone reach PostgreSQL",
        scope: Target,
        codes: [
            "everyone" => (Error, High, Network),
            "every-namespace" => (Error, High, Network),
            "every-address" => (Error, High, Network),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// A rule or peer that opens databases, and which.
struct Opening<'r, 'w> {
    source: Source<'r, 'w>,
    databases: Vec<&'w Resource<'w>>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let reach = context.reach;
    let mut openings: BTreeMap<Span, Opening<'_, 'w>> = BTreeMap::new();
    let mut doubts: BTreeMap<Span, String> = BTreeMap::new();
    for peer in reach.all_peers().iter().filter(|peer| peer.serves_postgres()) {
        collect(reach, peer, &mut openings, &mut doubts);
    }
    for (span, reason) in doubts {
        sink.undecided(span, reason);
    }
    for opening in openings.values() {
        match reach.unread() {
            Some(reason) => sink.undecided(place(&opening.source).span(), reason),
            None => report(opening, sink),
        }
    }
}

fn collect<'r, 'w>(
    reach: &'r Reach<'w>,
    peer: &'r Peer<'w>,
    openings: &mut BTreeMap<Span, Opening<'r, 'w>>,
    doubts: &mut BTreeMap<Span, String>,
) {
    let sources = reach.who_may_reach(peer.pod(), POSTGRES_PORT, "TCP");
    for (policy, reason) in sources.doubts {
        doubts.entry(policy.resource.headline().span()).or_insert(reason);
    }
    for source in sources.known.into_iter().filter(|source| source.breadth != Breadth::Limited) {
        let opening =
            openings.entry(place(&source).span()).or_insert_with(|| Opening { source, databases: Vec::new() });
        // The peers of one object come one behind the other.
        if opening.databases.last().is_none_or(|last| !std::ptr::eq(*last, peer.resource)) {
            opening.databases.push(peer.resource);
        }
    }
}

/// What has to change: the block or the peer, or the whole rule that has none.
fn place<'w>(source: &Source<'_, 'w>) -> Value<'w> {
    match source.peer {
        Some(PolicyPeer { peer: PeerKind::Addresses { cidr, .. }, .. }) => *cidr,
        Some(peer) => peer.value,
        None => source.rule.value,
    }
}

fn report<'w>(opening: &Opening<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Opening { source, databases } = opening;
    let (code, who, label) = match source.breadth {
        Breadth::EveryNamespace => ("every-namespace", "every namespace".to_owned(), "selects every namespace"),
        Breadth::EveryAddress => ("every-address", addresses(source), "holds every address"),
        Breadth::Everyone | Breadth::Limited => {
            ("everyone", "everyone".to_owned(), "names no peer, so everyone is let in")
        }
    };
    let what = match databases.as_slice() {
        [one] => one.title(),
        [one, other] => format!("{} and {}", one.title(), other.title()),
        [one, rest @ ..] => format!("{} and {} more", one.title(), rest.len()),
        [] => return,
    };
    let policy = source.policy.resource;
    let split = split_from(source.policy, source.rule).filter(|_| source.peer.is_none());
    let message = match &split {
        Some(_) => format!("a dash too many lets everyone reach PostgreSQL of {what}"),
        None => format!("{} lets {who} reach PostgreSQL of {what}", policy.title()),
    };
    let mut finding = sink.finding(code, policy, place(source), message).label(match &split {
        Some(_) => "a rule of its own: everyone on these ports",
        None => label,
    });
    if let Some(other) = &split {
        finding = finding.related(other.value.span(), "a rule of its own: these peers on every port");
    }
    if let Some(selector) = source.policy.pod_selector.value {
        finding = finding.related(selector.span(), "selects the database");
    }
    match split.map(|other| join(source.rule, other)) {
        Some(Some(edit)) => finding.suggestion("put `from` and `ports` into one item of the list", vec![edit]),
        Some(None) => finding.help("put `from` and `ports` into one item of the list"),
        None if code == "every-address" => {
            finding.help("select the clients by a label that their namespaces opt in with, or narrow the block")
        }
        None => finding.help("select the clients by a label that their namespaces opt in with"),
    };
}

/// Whom a block of all addresses lets in.
fn addresses(source: &Source<'_, '_>) -> String {
    let except = match source.peer {
        Some(PolicyPeer { peer: PeerKind::Addresses { except, .. }, .. }) => *except,
        _ => None,
    };
    let taken: Vec<Value<'_>> = except.into_iter().flat_map(Value::items).collect();
    match taken.as_slice() {
        [] => "every address".to_owned(),
        [one] => match one.known() {
            Some(block) => format!("every address outside `{block}`"),
            None => "every address outside one block".to_owned(),
        },
        blocks => format!("every address outside {} blocks", blocks.len()),
    }
}

/// The neighbour that has the peers which `rule` lacks, where a stray dash seems to have split one rule in two.
fn split_from<'r, 'w>(policy: &'r Policy<'w>, rule: &PolicyRule<'w>) -> Option<&'r PolicyRule<'w>> {
    if !matches!(rule.ports, Ports::Listed(_)) || rule.value.get("from").is_some() {
        return None;
    }
    let rules = policy.rules(Direction::Ingress);
    let at = rules.iter().position(|other| other.value.span() == rule.value.span())?;
    let neighbours = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
    neighbours
        .filter_map(|at| rules.get(at))
        .find(|other| matches!(other.peers, Peers::Listed(_)) && other.value.get("ports").is_none())
}

/// Takes out the dash of the later one of two items in block style.
fn join(rule: &PolicyRule<'_>, other: &PolicyRule<'_>) -> Option<Edit> {
    let later = if rule.value.span().start > other.value.span().start { rule.value } else { other.value };
    let span = later.origin().editable()?;
    let text = later.file()?.text();
    let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let dash = line + text[line..span.start as usize].find('-')?;
    let indent_only = text[line..dash].trim().is_empty() && text[dash + 1..span.start as usize].trim().is_empty();
    let block = !text[span.range()].starts_with('{') && later.site() == later.span();
    (indent_only && block)
        .then(|| Edit { span: Span::new(span.source, dash as u32..dash as u32 + 1), text: " ".into() })
}
