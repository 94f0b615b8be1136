//! Policies, or parts of them, that do nothing or the opposite of what they look like.

use crate::declare_rule;
use crate::manifest::{By, Namespace, Resource};
use crate::reach::answer::{Answer, any};
use crate::reach::connections::clause::Decree;
use crate::reach::{Direction, Isolation, POSTGRES_PORT, Peers, Policy, PolicyRule, Ports, Reach};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds parts of network policies that are valid YAML and not in force as they look: rules of a direction that
    /// `policyTypes` leaves out; a dash too many that makes two rules of one; in policies of Cilium `ingress: []`,
    /// and two kinds of peers in one rule.
    ///
    /// ## Why it matters
    /// Nothing reports it. Kubernetes leaves out the rules of a direction that is not among `policyTypes`. After a stray dash
    /// the peers may use every port and everybody the ports. For Cilium an empty list is no list: it isolates nothing, and a
    /// policy without any other rule is rejected. Two kinds of peers in one rule, as `fromEndpoints` and
    /// `fromEntities`, make Cilium reject the whole policy, and what it was to close stays open.
    ///
    /// ## Instead
    /// List each direction that has rules in `policyTypes`. Keep peers and ports in one item. For Cilium
    /// write `ingress: [{}]` to let nobody in, and a rule of its own for each kind of peers.
    ///
    /// ## Limits
    /// A dash too many is told where one item has peers alone, the very next one ports alone, and nothing stands between; not
    /// for DNS; `netpol/open-database` tells it where it opens PostgreSQL. Of Cilium an empty
    /// list is let pass where `enableDefaultDeny` speaks of its direction or a rule that denies stands beside it; it is a
    /// note where another policy closes the direction for the same pods. Policies that something may change on
    /// the way are left undecided.
    pub static RULE {
        id: "netpol/ineffective-policy",
        summary: "a network policy is not in force as it looks",
        scope: Target,
        codes: [
            "left-out-direction" => (Error, High, Network),
            "split-rule" => (Warning, Medium, Network),
            "empty-list" => (Error, High, Network),
            "empty-list-beside-others" => (Note, Medium, Network),
            "no-rules" => (Error, High, Network),
            "combined-peers" => (Error, High, Network),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// Where Cilium writes who a rule is about: one kind a rule.
const PEER_KINDS: &[&str] = &["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes", "Groups", "FQDNs", "Services"];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let delivered = |resource: &Resource<'w>| resource.whole && resource.delivery.by != By::Nobody;
    for policy in context.reach.policies().iter().filter(|policy| delivered(policy.resource)) {
        if let Some(reason) = policy.doubt {
            sink.undecided(policy.resource.headline().span(), reason);
            continue;
        }
        for direction in Direction::ALL {
            left_out(policy, direction, sink);
            split(policy, direction, context.reach, sink);
        }
    }
    for kind in ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"] {
        for policy in context.graph.of_kind("cilium.io", kind).iter().filter(|policy| delivered(policy)) {
            if let Some(reason) = policy.may_be_completed() {
                sink.undecided(policy.headline().span(), reason);
                continue;
            }
            let several = policy.at(&["specs"]).into_iter().flat_map(Value::items);
            for spec in policy.at(&["spec"]).into_iter().chain(several).filter(|spec| spec.is_mapping()) {
                of_cilium(policy, spec, context.reach, sink);
            }
        }
    }
}

fn left_out<'w>(policy: &Policy<'w>, direction: Direction, sink: &mut Sink<'_, 'w>) {
    let Some(first) = policy.rules(direction).first() else { return };
    if !policy.isolates(direction).is_no() {
        return;
    }
    let Some(types) = policy.resource.at(&["spec", "policyTypes"]).filter(|types| !types.is_empty()) else { return };
    let name = direction.name();
    let list = policy.resource.at(&["spec", name]).unwrap_or(first.value);
    let count = policy.rules(direction).len();
    let rules = if count == 1 { format!("the {name} rule") } else { format!("the {count} {name} rules") };
    let verb = if count == 1 { "does" } else { "do" };
    sink.finding(
        "left-out-direction",
        policy.resource,
        list,
        format!("{rules} of {} {verb} nothing: `policyTypes` leaves {name} out", policy.resource.title()),
    )
    .underline(list.key_or_span())
    .label("not in force")
    .related(types.key_or_span(), format!("does not list `{}`", direction.policy_type()))
    .help(format!("add `{}` to `policyTypes`, or take the rules out", direction.policy_type()));
}

/// Two rules, one behind the other, of which one has peers alone and the next one ports alone.
fn split<'w>(policy: &Policy<'w>, direction: Direction, reach: &Reach<'w>, sink: &mut Sink<'_, 'w>) {
    if !policy.isolates(direction).is_yes() {
        return;
    }
    let key = if direction == Direction::Ingress { "from" } else { "to" };
    for pair in policy.rules(direction).windows(2) {
        let [first, second] = pair else { continue };
        let halves = matches!(first.peers, Peers::Listed(_))
            && matches!(second.ports, Ports::Listed(_))
            && first.value.get("ports").is_none()
            && second.value.get(key).is_none();
        if !halves || !is_adjacent(first, second) || second.covers(53, "UDP", &[]).is_yes() {
            continue;
        }
        if direction == Direction::Ingress && opens_database(policy, second, reach) {
            continue;
        }
        let (who, all) = match direction {
            Direction::Ingress => ("lets everyone in on these ports", "these peers are let in on every port"),
            Direction::Egress => {
                ("lets the pods out to everywhere on these ports", "these peers are reached on every port")
            }
        };
        sink.finding(
            "split-rule",
            policy.resource,
            second.value,
            format!("a dash too many makes two rules of one in {}: the second {who}", policy.resource.title()),
        )
        .label("a rule of its own, for everyone")
        .related(first.value.span(), format!("a rule of its own: {all}"))
        .help(format!("put `{key}` and `ports` into one item of the list"));
    }
}

/// Whether nothing but the end of the line and a dash stands between two items: who means two rules says so.
fn is_adjacent(first: &PolicyRule<'_>, second: &PolicyRule<'_>) -> bool {
    let (before, after) = (first.value.span(), second.value.span());
    if before.source != after.source || before.end > after.start {
        return false;
    }
    let between = second.value.file().and_then(|file| file.text().get(before.end as usize..after.start as usize));
    between.is_some_and(|text| text.trim() == "-" && text.chars().filter(|c| *c == '\n').count() <= 1)
}

/// Whether a rule may open PostgreSQL of a database, which another rule of the catalogue tells.
fn opens_database<'w>(policy: &Policy<'w>, rule: &PolicyRule<'w>, reach: &Reach<'w>) -> bool {
    let databases =
        reach.peers_of(&policy.resource.namespace, &policy.pod_selector).filter(|peer| peer.serves_postgres());
    let opened = any(databases.map(|peer| {
        let covers: Answer = rule.covers(POSTGRES_PORT, "TCP", &peer.ports);
        covers.and(policy.selects(&peer.labels))
    }));
    !opened.is_no()
}

fn of_cilium<'w>(policy: &'w Resource<'w>, spec: Value<'w>, reach: &Reach<'w>, sink: &mut Sink<'_, 'w>) {
    let filled = |key: &str| spec.get(key).is_some_and(|list| !list.is_null() && !list.is_empty());
    let empty = |key: &str| spec.get(key).filter(|list| list.is_null() || list.is_sequence() && list.is_empty());
    let nothing = !["ingress", "ingressDeny", "egress", "egressDeny"].into_iter().any(filled);
    let written: Vec<(Direction, Value<'w>)> =
        Direction::ALL.into_iter().filter_map(|direction| Some((direction, empty(direction.name())?))).collect();
    if nothing {
        let Some((_, list)) = written.first() else { return };
        let cures: Vec<String> =
            written.iter().map(|(direction, _)| format!("`{}: [{{}}]`", direction.name())).collect();
        sink.finding(
            "no-rules",
            policy,
            *list,
            format!("{} has no rule and closes nothing: Cilium rejects it", policy.title()),
        )
        .underline(list.key_or_span())
        .label("an empty list is the same as none")
        .help(format!("write {} to let nothing through", cures.join(" and ")));
        return;
    }
    for (direction, list) in written {
        let name = direction.name();
        if filled(if direction == Direction::Ingress { "ingressDeny" } else { "egressDeny" })
            || spec.at(&["enableDefaultDeny", name]).is_some()
        {
            continue;
        }
        let other = closed_by(policy, spec, direction, reach);
        let code = if other.is_some() { "empty-list-beside-others" } else { "empty-list" };
        let finding = sink
            .finding(code, policy, list, format!("the empty `{name}` of {} closes nothing", policy.title()))
            .underline(list.key_or_span())
            .label("for Cilium the same as no list")
            .help(format!("write `{name}: [{{}}]` to let nothing through, or take the list out"));
        // Another part of the same policy is in sight.
        if let Some(other) = other.filter(|other| other.span() != policy.span()) {
            finding.related(other.headline().span(), format!("closes {name} of these pods all the same"));
        }
    }
    for direction in Direction::ALL {
        combined(policy, spec, direction, sink);
    }
}

/// Another policy, or another part of this one, that closes a direction for the pods that `spec` of `policy` is about, as far
/// as they are known.
fn closed_by<'w>(
    policy: &'w Resource<'w>,
    spec: Value<'w>,
    direction: Direction,
    reach: &Reach<'w>,
) -> Option<&'w Resource<'w>> {
    let mut parts = reach.decrees().iter().filter(|decree| decree.resource.span() == policy.span());
    let first = parts.next()?;
    let own = std::iter::once(first).chain(parts).find(|part| holds(spec, part.place)).unwrap_or(first);
    let everyone = matches!(policy.namespace, Namespace::None);
    let everyone = reach.all_peers().iter().filter(|_| everyone);
    let namespaced = (!matches!(policy.namespace, Namespace::None))
        .then(|| reach.peers_of(&policy.namespace, reach.subject(own).selector()));
    let peers = everyone.chain(namespaced.into_iter().flatten());
    let mut closing: Option<&'w Resource<'w>> = None;
    for peer in peers.filter(|peer| !reach.is_about(own, peer.pod()).is_no()) {
        match reach.isolation(peer.pod(), direction) {
            Isolation::Isolated(by) => {
                let other = by.iter().find(|decree| decree.resource.span() != policy.span()).or(by.first());
                closing = closing.or(other.map(|decree| decree.resource));
            }
            Isolation::Open | Isolation::Unknown(_) => return None,
        }
    }
    closing.or_else(|| {
        // Pods that are not seen are closed by what closes every pod, or every pod of the namespace.
        let everywhere = |decree: &&Decree<'w>| {
            let (subject, home) = (reach.subject(decree), &decree.resource.namespace);
            (matches!(home, Namespace::None) || home.is_same(&policy.namespace))
                && decree.doubt.is_none()
                && decree.side(direction).isolates.is_yes()
                && subject.selector().selects_all()
                && subject.asked_of_namespace().is_empty()
        };
        reach.decrees().iter().find(everywhere).map(|decree| decree.resource)
    })
}

/// Whether a value is written within another.
fn holds(outer: Value<'_>, inner: Value<'_>) -> bool {
    let (outer, inner) = (outer.span(), inner.span());
    outer.source == inner.source && outer.start <= inner.start && inner.end <= outer.end
}

/// Two kinds of peers in one rule of Cilium.
fn combined<'w>(policy: &'w Resource<'w>, spec: Value<'w>, direction: Direction, sink: &mut Sink<'_, 'w>) {
    let (prefix, lists) = match direction {
        Direction::Ingress => ("from", ["ingress", "ingressDeny"]),
        Direction::Egress => ("to", ["egress", "egressDeny"]),
    };
    for rule in lists.into_iter().filter_map(|key| spec.get(key)).flat_map(Value::items) {
        let mut kinds = rule.entries().filter(|(key, list)| {
            let known = key.strip_prefix(prefix).is_some_and(|kind| PEER_KINDS.contains(&kind));
            known && list.is_sequence() && !list.is_empty()
        });
        let (Some((first, one)), Some((second, other))) = (kinds.next(), kinds.next()) else { continue };
        sink.finding(
            "combined-peers",
            policy,
            other,
            format!("Cilium rejects {}: one rule has `{first}` and `{second}`", policy.title()),
        )
        .underline(other.key_or_span())
        .label("a second kind of peers in the same rule")
        .related(one.key_or_span(), "the first kind")
        .note("nothing of the policy is in force, and what it was to close is open")
        .help(format!("make a rule of its own for `{second}`, with the same `toPorts`"));
    }
}
