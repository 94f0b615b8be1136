//! Policies that open PostgreSQL to everybody.

use crate::declare_rule;
use crate::finding::{Confidence, Edit};
use crate::manifest::Resource;
use crate::reach::POSTGRES_PORT;
use crate::reach::connections::clause::bare_key;
use crate::reach::connections::{Breadth, Connections, Grant, PartyKind};
use crate::reach::ports::Protocol;
use crate::rule::opt_in::{self, OptIn};
use crate::rule::{MESH_NOTE, Sink, TargetContext, add_field, is_in_mesh};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::HashSet;
use kube_core::Expression;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds rules of network policies of any kind that let everyone, every namespace or every address reach port 5432 of the
    /// instances of a Cluster or of a Pooler. In a CiliumClusterwideNetworkPolicy an empty selector is every namespace.
    /// Finds, too, rules that let clients in by the opt-in label of the config (`databases.client-label`) and let them further than it says:
    /// to a Cluster other than the one that the label names, or to the ports of the operator and of metrics (8000, 9187, 9127).
    ///
    /// ## Why it matters
    /// Policies only add up: one rule that lets everyone in undoes every default-deny beside it. A password is then all that
    /// stands between any pod and the database. The usual cause is a dash too many: `- from:` and `- ports:` as two items
    /// are two rules, "these clients on every port" and "everyone on 5432". A rule that asks for the opt-in label and not for
    /// its value makes no difference between Clusters.
    ///
    /// ## Instead
    /// Name the clients: a `namespaceSelector` on a label that namespaces opt in by, or a `podSelector`. Keep `from`
    /// and `ports` in one item. Where labels have the names of Clusters as values, ask for the name.
    ///
    /// ## Limits
    /// Other rules for 9187 or 8000 and egress rules are not meant. Clients of another Cluster are told of where a namespace here
    /// carries its name, and nothing in it names this one; a list of Clusters of which one is a copy
    /// of the other is passed over. A block of all addresses counts even with exceptions:
    /// whether it covers pods depends on the network plugin, that it covers the world outside does not. Two half blocks
    /// are not added up. What a rule that denies takes back is passed over. Undecided where a policy's selector,
    /// ports or namespace is not known, and where policies of Calico or Antrea are in the repo. Where no policy selects the database at all,
    /// `netpol/missing-default-deny` says so. Confidence is low where a service mesh carries the traffic.
    pub static RULE {
        id: "netpol/open-database",
        summary: "a policy lets everyone reach PostgreSQL",
        scope: Target,
        codes: [
            "everyone" => (Error, High, Network),
            "every-namespace" => (Error, High, Network),
            "every-address" => (Error, High, Network),
            "every-client" => (Warning, High, Network),
            "every-port" => (Warning, High, Network),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// A rule or peer that opens databases, and which.
struct Opening<'c, 'w> {
    grant: Grant<'c, 'w>,
    breadth: Breadth,
    databases: Vec<&'w Resource<'w>>,
    /// Whether a mesh carries the traffic of all of them.
    mesh: bool,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(connections) = context.connections else { return };
    let mut openings: BTreeMap<Span, Opening<'_, 'w>> = BTreeMap::new();
    let mut doubts: BTreeMap<Span, String> = BTreeMap::new();
    for (at, party) in connections.parties().iter().enumerate() {
        if matches!(party.kind, PartyKind::Database | PartyKind::Pooler) {
            let mesh = is_in_mesh(context.reach, connections, at);
            collect(connections, at, mesh, &mut openings, &mut doubts);
        }
    }
    for (span, reason) in doubts {
        sink.undecided(span, reason);
    }
    for opening in openings.values() {
        match connections.unread() {
            Some(reason) => sink.undecided(place(&opening.grant, opening.breadth).span(), reason),
            None => report(opening, sink),
        }
    }
    let halves: HashSet<Span> =
        openings.values().filter_map(|opening| Some(split_from(&opening.grant)?.span())).collect();
    for opt_in in opt_in::rules(connections, context) {
        if opt_in.strangers.is_empty() && opt_in.ports.is_empty() {
            continue;
        }
        let mesh = opt_in.parties.iter().all(|at| is_in_mesh(context.reach, connections, *at));
        match connections.unread() {
            Some(reason) => sink.undecided(opt_in.grant.rule.span(), reason),
            None => {
                report_strangers(&opt_in, connections, mesh, sink);
                // A rule that a dash cut off from its ports is told with the other half.
                if !halves.contains(&opt_in.grant.rule.span()) {
                    report_ports(&opt_in, connections, mesh, sink);
                }
            }
        }
    }
}

fn collect<'c, 'w>(
    connections: &'c Connections<'w>,
    party: usize,
    mesh: bool,
    openings: &mut BTreeMap<Span, Opening<'c, 'w>>,
    doubts: &mut BTreeMap<Span, String>,
) {
    let database = connections.parties()[party].resource;
    for grant in connections.grants(party, POSTGRES_PORT) {
        if let Some(reason) = grant.doubt {
            doubts.entry(grant.policy.headline().span()).or_insert(reason);
            continue;
        }
        let breadth = grant.breadth();
        // A policy that denies, or one of another tier, may stop what this one lets through.
        if !connections.is_open_to(party, breadth, POSTGRES_PORT) {
            continue;
        }
        let place = place(&grant, breadth).span();
        let opening = openings.entry(place).or_insert_with(|| Opening { grant, breadth, databases: Vec::new(), mesh });
        opening.mesh &= mesh;
        if opening.databases.last().is_none_or(|last| !std::ptr::eq(*last, database)) {
            opening.databases.push(database);
        }
    }
}

/// What has to change: the block or the peer, or the whole rule that has none.
fn place<'w>(grant: &Grant<'_, 'w>, breadth: Breadth) -> Value<'w> {
    match breadth {
        Breadth::EveryAddress => grant.block().unwrap_or(grant.peer),
        _ => grant.peer,
    }
}

fn report<'w>(opening: &Opening<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Opening { grant, breadth, databases, mesh } = opening;
    let (code, who, label) = match breadth {
        Breadth::EveryNamespace => ("every-namespace", "every namespace".to_owned(), "selects every namespace"),
        Breadth::EveryAddress => ("every-address", addresses(grant), "holds every address"),
        Breadth::Everyone | Breadth::Limited => {
            let label = match grant.peer.span() == grant.rule.span() {
                true => "names no peer, so everyone is let in",
                false => "everybody, inside the cluster and outside",
            };
            ("everyone", "everyone".to_owned(), label)
        }
    };
    let what = titles(databases);
    let policy = grant.policy;
    let split = split_from(grant).filter(|_| *breadth == Breadth::Everyone);
    let message = match &split {
        Some(_) => format!("a dash too many lets everyone reach PostgreSQL of {what}"),
        None => format!("{} lets {who} reach PostgreSQL of {what}", policy.title()),
    };
    let mut finding = sink.finding(code, policy, place(grant, *breadth), message).label(match &split {
        Some(_) => "a rule of its own: everyone on these ports",
        None => label,
    });
    if let Some(other) = &split {
        finding = finding.related(other.span(), "a rule of its own: these peers on every port");
    }
    if grant.subject.span() != policy.headline().span() {
        finding = finding.related(grant.subject.span(), "selects the database");
    }
    let everywhere = *breadth == Breadth::EveryNamespace
        && policy.kind == "CiliumClusterwideNetworkPolicy"
        && grant.peer.is_mapping()
        && grant.peer.is_empty();
    if everywhere {
        finding = finding.note(
            "in a policy of the whole cluster an empty selector means the pods of every namespace, not those of the same one",
        );
    }
    if *mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    let (from, ports) = (split.and_then(peers).map_or("from", |(key, _)| key), ports_key(policy));
    let join_up = format!("put `{from}` and `{ports}` into one item of the list");
    match split.map(|other| join(grant.rule, other)) {
        Some(Some(edit)) => finding.suggestion(join_up, vec![edit]),
        Some(None) => finding.help(join_up),
        None if everywhere => finding.help(
            "allow traffic within a namespace by a CiliumNetworkPolicy of its own: an empty selector means its namespace there",
        ),
        None if code == "every-address" => {
            finding.help("select the clients by a label that their namespaces opt in with, or narrow the block")
        }
        None => finding.help("select the clients by a label that their namespaces opt in with"),
    };
}

fn titles(databases: &[&Resource<'_>]) -> String {
    match databases {
        [] => String::new(),
        [one] => one.title(),
        [one, other] => format!("{} and {}", one.title(), other.title()),
        [one, rest @ ..] => format!("{} and {} more", one.title(), rest.len()),
    }
}

/// How many namespaces are pointed at.
const SHOWN: usize = 3;

/// Reports that clients of another Cluster are let in, too.
fn report_strangers<'w>(opt_in: &OptIn<'_, 'w>, connections: &Connections<'w>, mesh: bool, sink: &mut Sink<'_, 'w>) {
    let Some(first) = opt_in.strangers.first() else { return };
    let (grant, asked) = (&opt_in.grant, opt_in.asked);
    let written = grant.written(asked);
    let listed = || written.get("values")?.items().find(|value| value.known() == first.cluster.name());
    let (place, label) = match asked.expression {
        Expression::In(..) => (listed().unwrap_or(written), "the name of another Cluster"),
        Expression::NotIn(..) => (written, "takes any other value, and none"),
        _ => (written, "takes the label with whatever value"),
    };
    let one = opt_in.strangers.iter().all(|stranger| std::ptr::eq(stranger.cluster, first.cluster));
    let whose = if one { first.cluster.title() } else { "other Clusters".to_owned() };
    let what = titles(&opt_in.strangers_at(connections));
    let message = format!("{} lets clients of {whose} reach PostgreSQL of {what}, too", grant.policy.title());
    let mut finding =
        sink.finding("every-client", grant.policy, place, message).underline(place.key_or_span()).label(label);
    for stranger in opt_in.strangers.iter().take(SHOWN) {
        let name = stranger.namespace.name().unwrap_or_default();
        let text = format!("namespace `{name}` opts in to {}", stranger.cluster.title());
        finding = finding.related(stranger.label.key_or_span(), text);
    }
    finding = finding.related(first.cluster.headline().span(), "another Cluster");
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    let key = opt_in.key;
    let help = match opt_in.cluster(connections) {
        Some(name) => format!("ask for the Cluster's name: `{key}: {name}`"),
        None => format!("give each Cluster a rule of its own, which asks for its name: `{key}: <name>`"),
    };
    // Somebody wrote the names down, and may have meant all of them.
    match asked.expression {
        Expression::In(..) => finding.confidence(Confidence::Medium).help(format!("if that is not meant, {help}")),
        _ => finding.help(help),
    };
}

/// Reports that clients reach more than PostgreSQL.
fn report_ports<'w>(opt_in: &OptIn<'_, 'w>, connections: &Connections<'w>, mesh: bool, sink: &mut Sink<'_, 'w>) {
    if opt_in.ports.is_empty() {
        return;
    }
    let (rule, policy) = (opt_in.grant.rule, opt_in.grant.policy);
    let key = ports_key(policy);
    let ports = rule.get(key).filter(|ports| !ports.is_null());
    let what = titles(&opt_in.databases(connections));
    let message = format!("{} lets clients reach {} of {what}, not PostgreSQL alone", policy.title(), opt_in.ports);
    let mut finding = sink.finding("every-port", policy, ports.unwrap_or(rule), message);
    finding = match (ports, peers(rule)) {
        (Some(ports), _) => finding.underline(ports.key_or_span()).label("more than 5432"),
        (None, Some((_, peers))) => finding.underline(peers.key_or_span()).label("no ports beside it, so all are open"),
        (None, None) => finding,
    };
    if opt_in.ports.holds(Protocol::Tcp, 8000) {
        finding = finding.note("8000 is where the operator asks an instance for its state");
    }
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    // Another peer of the same rule may need the other ports.
    let alone = peers(rule).is_some_and(|(_, list)| list.items().count() == 1);
    let lines: &[&str] = match policy.kind {
        "NetworkPolicy" => &["ports:", "  - {protocol: TCP, port: 5432}"],
        "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy" => {
            &["toPorts:", "  - ports:", "      - {port: \"5432\", protocol: TCP}"]
        }
        _ => &[],
    };
    // Nor is it known what serves on the ports of other pods.
    let databases_only = asks_for_databases(opt_in.grant.subject);
    let edits =
        (ports.is_none() && alone && databases_only && !lines.is_empty()).then(|| add_field(rule, lines)).flatten();
    match edits {
        Some(edits) => finding.suggestion("open 5432 alone", edits),
        None => finding.help("let clients in to 5432 alone, and whoever needs the others by a rule of their own"),
    };
}

/// Whether a selector asks for a label that the operator gives to nothing but the pods of Clusters and Poolers.
fn asks_for_databases(selector: Value<'_>) -> bool {
    let is_own = |key: &str| bare_key(key).starts_with("cnpg.io/");
    let asks = |asked: Value<'_>| {
        let operator = asked.get("operator").and_then(Value::known);
        asked.get("key").and_then(Value::known).is_some_and(is_own) && matches!(operator, Some("In" | "Exists"))
    };
    selector.get("matchLabels").is_some_and(|labels| labels.entries().any(|(key, _)| is_own(key)))
        || selector.get("matchExpressions").is_some_and(|list| list.items().any(asks))
}

/// Whom a block of all addresses lets in.
fn addresses(grant: &Grant<'_, '_>) -> String {
    match grant.exceptions().as_slice() {
        [] => "every address".to_owned(),
        [one] => match one.known() {
            Some(block) => format!("every address outside `{block}`"),
            None => "every address outside one block".to_owned(),
        },
        blocks => format!("every address outside {} blocks", blocks.len()),
    }
}

/// The peers of a rule that names some: the key and the list.
fn peers(rule: Value<'_>) -> Option<(&str, Value<'_>)> {
    rule.entries().find(|(key, list)| key.starts_with("from") && list.is_sequence() && !list.is_empty())
}

fn ports_key(policy: &Resource<'_>) -> &'static str {
    if policy.group == "cilium.io" { "toPorts" } else { "ports" }
}

/// The neighbour that has the peers which the rule lacks, where a stray dash seems to have split one rule in two.
fn split_from<'w>(grant: &Grant<'_, 'w>) -> Option<Value<'w>> {
    let (rule, ports) = (grant.rule, ports_key(grant.policy));
    if !rule.get(ports).is_some_and(Value::is_sequence) || rule.entries().any(|(key, _)| key.starts_with("from")) {
        return None;
    }
    let several = grant.policy.at(&["specs"]).into_iter().flat_map(Value::items);
    let specs = grant.policy.at(&["spec"]).into_iter().chain(several);
    let lists = specs.filter_map(|spec| spec.get("ingress")).map(|list| list.items().collect::<Vec<_>>());
    let rules = lists.into_iter().find(|rules| rules.iter().any(|other| other.span() == rule.span()))?;
    let at = rules.iter().position(|other| other.span() == rule.span())?;
    let neighbours = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
    let mut neighbours = neighbours.filter_map(|at| rules.get(at).copied());
    neighbours.find(|other| peers(*other).is_some() && other.get(ports).is_none())
}

/// Takes out the dash of the later one of two items in block style.
fn join(rule: Value<'_>, other: Value<'_>) -> Option<Edit> {
    let later = if rule.span().start > other.span().start { rule } else { other };
    let span = later.origin().editable()?;
    let text = later.file()?.text();
    let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let dash = line + text[line..span.start as usize].find('-')?;
    let indent_only = text[line..dash].trim().is_empty() && text[dash + 1..span.start as usize].trim().is_empty();
    let block = !text[span.range()].starts_with('{') && later.site() == later.span();
    (indent_only && block)
        .then(|| Edit { span: Span::new(span.source, dash as u32..dash as u32 + 1), text: " ".into() })
}
