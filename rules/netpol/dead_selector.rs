//! Policies that select no pod.

use crate::config::Role;
use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::{Lookup, View, is_near};
use crate::manifest::{By, Resource};
use crate::reach::answer::Answer;
use crate::reach::selector::Requirement;
use crate::reach::{Peer, Policy, Reach};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use crate::yaml::scalar::{self, Scalar, Style};
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds NetworkPolicies whose `podSelector` selects no pod of their namespace: none of a workload, and none that the
    /// operator makes for a Cluster or Pooler. `cnpg.io/cluster` with the name of no Cluster there is the usual case.
    ///
    /// ## Why it matters
    /// A policy that selects nothing is valid, applied and without effect. What it was to allow is blocked by the
    /// default-deny beside it, or what it was to close stays open, and nothing reports either.
    ///
    /// ## Instead
    /// Use labels that the pods carry. Instances, poolers and Jobs of CloudNativePG carry `cnpg.io/cluster: <name>`;
    /// instances also `cnpg.io/podRole: instance`, poolers `cnpg.io/poolerName`. The label `postgresql` of old operators is gone.
    ///
    /// ## Limits
    /// `podSelector: {}` is never meant. Undecided where pods may run that the repo does not show: charts and kustomizations
    /// that are not built, custom resources for which some operator makes pods, and a namespace without any known pod unless
    /// the config says `role: platform`. Selectors of peers, in `from` and `to`, are not looked at: whom they
    /// mean may live in another repo.
    pub static RULE {
        id: "netpol/dead-selector",
        summary: "a network policy selects no pod",
        scope: Target,
        codes: [
            "no-such-pod" => (Warning, High, Network),
            "no-such-cluster" => (Warning, High, Network),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// The label by which everything of a Cluster is selected.
const CLUSTER_LABEL: &str = "cnpg.io/cluster";

/// Labels that operators of old gave, and what stands in their place.
const OBSOLETE: &[(&str, &str)] = &[("postgresql", CLUSTER_LABEL)];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let reach = context.reach;
    let delivered = |policy: &&Policy<'w>| policy.resource.whole && policy.resource.delivery.by != By::Nobody;
    for policy in reach.policies().iter().filter(delivered).filter(|policy| !policy.pod_selector.selects_all()) {
        let span = policy.pod_selector.value.map_or_else(|| policy.resource.headline().span(), Value::key_or_span);
        match judge(policy, reach, context, sink) {
            Answer::Unknown(reason) => sink.undecided(span, reason),
            Answer::Yes | Answer::No => {}
        }
    }
}

/// Whether the policy selects a pod; says so where it surely selects none.
fn judge<'w>(
    policy: &Policy<'w>,
    reach: &Reach<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) -> Answer {
    let namespace = &policy.resource.namespace;
    if let Some(reason) = policy.doubt {
        return Answer::Unknown(reason.into());
    }
    let selected = crate::reach::answer::any(reach.peers_of(policy).map(|peer| policy.selects(&peer.labels)));
    if selected.is_yes() {
        return selected;
    }
    // The name settles it, whatever else is not known of the pods.
    for requirement in policy.pod_selector.requirements.iter().filter(|asked| asked.key() == CLUSTER_LABEL) {
        match lost_cluster(policy, requirement, context) {
            Ok(None) => {}
            Ok(Some(near)) => {
                report_cluster(policy, requirement, near, sink);
                return Answer::No;
            }
            Err(reason) => return Answer::Unknown(reason),
        }
    }
    if !selected.is_no() {
        return selected;
    }
    let peers: Vec<&Peer<'w>> = reach.peers_in(namespace).collect();
    if let Some(reason) = unseen(policy, &peers, reach, context) {
        return Answer::Unknown(reason);
    }
    report(policy, &peers, sink);
    Answer::No
}

/// Why pods may be there that are not seen, if so.
fn unseen<'w>(
    policy: &Policy<'w>,
    peers: &[&Peer<'w>],
    reach: &Reach<'w>,
    context: &TargetContext<'_, 'w>,
) -> Option<String> {
    if policy.pod_selector.requirements.iter().any(|asked| asked.key() == "cnpg.io/jobRole") {
        return Some("which Jobs the operator will run is not known".into());
    }
    if policy.resource.namespace.known().is_none() {
        return Some("which namespace the policy is for is not known".into());
    }
    let role = context.config().role_of(policy.resource.path).map(|role| role.value);
    if peers.is_empty() && role != Some(Role::Platform) {
        return Some("no pod of this namespace is in this repo".into());
    }
    reach.unseen_pods(context.graph, &policy.resource.namespace)
}

/// The Cluster with a near name, if any, where `requirement` surely names none that is there.
type Near<'w> = Option<&'w Resource<'w>>;

fn lost_cluster<'w>(
    policy: &Policy<'w>,
    requirement: &Requirement<'w>,
    context: &TargetContext<'_, 'w>,
) -> Result<Option<Near<'w>>, String> {
    let mut lost = None;
    for name in requirement.wanted() {
        match context.graph.find(GROUP, Cluster::KIND, &policy.resource.namespace, name) {
            Lookup::Found(_) => return Ok(None),
            Lookup::Unknown(reason) => return Err(reason),
            Lookup::Absent(absence) => {
                let elsewhere = absence.elsewhere.first().copied();
                lost = Some(lost.flatten().or(absence.near).or(elsewhere));
            }
        }
    }
    match &requirement.doubt {
        Some(reason) => Err(reason.clone()),
        None => Ok(lost),
    }
}

fn report_cluster<'w>(policy: &Policy<'w>, requirement: &Requirement<'w>, near: Near<'w>, sink: &mut Sink<'_, 'w>) {
    let resource = policy.resource;
    let names = requirement.wanted().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    let place =
        resource.namespace.known().map_or_else(|| "its namespace".to_owned(), |name| format!("namespace `{name}`"));
    let primary = requirement.value.get("values").unwrap_or(requirement.value);
    let mut finding = sink
        .finding(
            "no-such-cluster",
            resource,
            primary,
            format!("{} selects no pod: there is no Cluster {names} in {place}", resource.title()),
        )
        .label("names no Cluster of this namespace");
    let Some(near) = near else {
        finding.help("name a Cluster of this namespace, or remove the policy");
        return;
    };
    let name = near.written_name().unwrap_or_default();
    if !near.namespace.is_same(&resource.namespace) {
        finding
            .related(near.headline().span(), "the nearest name is in another namespace")
            .help("move the policy to the namespace of its Cluster: it selects pods of its own namespace only");
        return;
    }
    finding = finding.related(near.headline().span(), "the nearest name here");
    match rename(requirement.value, name) {
        Some(edit) => finding.suggestion(format!("if you meant it, select Cluster `{name}`"), vec![edit]),
        None => finding.help(format!("if you meant it, select `{CLUSTER_LABEL}: {name}`")),
    };
}

/// Writes `name` in place of a scalar, in quotes where it would not be a text without.
fn rename(value: Value<'_>, name: &str) -> Option<Edit> {
    value.style()?;
    let span = value.origin().editable().filter(|span| *span == value.site())?;
    let plain = value.style() == Some(Style::Plain)
        && matches!(scalar::resolve(name, Style::Plain, None, value.dialect()), Scalar::Text(_));
    Some(Edit { span, text: if plain { name.to_owned() } else { format!("\"{name}\"") } })
}

fn report<'w>(policy: &Policy<'w>, peers: &[&Peer<'w>], sink: &mut Sink<'_, 'w>) {
    let resource = policy.resource;
    let selector = &policy.pod_selector;
    let failing = selector
        .requirements
        .iter()
        .find(|requirement| peers.iter().all(|peer| requirement.holds(&peer.labels).is_no()));
    let primary = match failing {
        Some(requirement) => requirement.value,
        None => selector.value.unwrap_or_else(|| resource.headline()),
    };
    let kinds =
        peers.iter().map(|peer| std::ptr::from_ref(peer.resource)).collect::<std::collections::BTreeSet<_>>().len();
    let message = match kinds {
        0 => format!("{} selects no pod: none is in its namespace", resource.title()),
        1 => format!("{} selects no pod: the only workload in its namespace has other labels", resource.title()),
        count => format!("{} selects no pod of the {count} workloads in its namespace", resource.title()),
    };
    let finding = sink.finding("no-such-pod", resource, primary, message).label(match failing {
        Some(_) => "no pod here carries this",
        None => "no pod here carries all of this",
    });
    match failing.and_then(|requirement| nearest(requirement, peers)) {
        Some((label, span)) => finding
            .related(span, "its pods carry the nearest label")
            .help(format!("if you meant these pods, select `{label}`")),
        None => finding.help("select labels of the pods' template, or remove the policy"),
    };
}

/// The label of a known pod that is nearest to what `requirement` asks for, and whose it is.
fn nearest(requirement: &Requirement<'_>, peers: &[&Peer<'_>]) -> Option<(String, Span)> {
    let wanted = requirement.wanted();
    let mut best: BTreeMap<(usize, usize, String), Span> = BTreeMap::new();
    for peer in peers {
        for (key, value) in peer.labels.known() {
            let Some(rank) = rank(requirement.key(), &wanted, key, value) else { continue };
            best.entry((rank.0, rank.1, format!("{key}: {value}"))).or_insert_with(|| peer.resource.headline().span());
        }
    }
    best.into_iter().next().map(|((_, _, label), span)| (label, span))
}

/// How near a label is to a key and the values asked for: the kind of nearness, the best first, and the distance.
fn rank(asked: &str, wanted: &[&str], key: &str, value: &str) -> Option<(usize, usize)> {
    let same_value = wanted.contains(&value);
    let near_value = wanted.iter().filter_map(|wanted| is_near(wanted, value)).min();
    if key == asked {
        return near_value.map(|distance| (0, distance)).or(Some((4, 0)));
    }
    if same_value && OBSOLETE.iter().any(|(old, new)| *old == asked && *new == key) {
        return Some((1, 0));
    }
    match is_near(asked, key) {
        Some(distance) if same_value => Some((1, distance)),
        _ if same_value => Some((2, 0)),
        Some(distance) if near_value.is_some() => Some((3, distance)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn a_slip_in_the_value_is_nearer_than_another_key() {
        for (asked, wanted, key, value, expected) in [
            ("app", "web", "app", "wev", Some((0, 1))),
            ("app", "web", "app", "ledger", Some((4, 0))),
            ("ap", "web", "app", "web", Some((1, 1))),
            ("postgresql", "orders", "cnpg.io/cluster", "orders", Some((1, 0))),
            ("app", "web", "app.kubernetes.io/name", "web", Some((2, 0))),
            ("app", "web", "app.kubernetes.io/name", "ledger", None),
            ("cnpg.io/clutser", "order", "cnpg.io/cluster", "orders", Some((3, 1))),
        ] {
            assert_eq!(rank(asked, &[wanted], key, value), expected, "{asked}: {wanted} and {key}: {value}");
        }
    }
}
