//! Policies that select no pod.

use crate::config::Role;
use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::workload::Labels;
use crate::graph::{Lookup, View, is_near};
use crate::manifest::{By, Namespace, Resource};
use crate::reach::answer::{Answer, any};
use crate::reach::connections::clause::{Decree, POD_NAMESPACE, bare_key};
use crate::reach::selector::{Requirement, Selector};
use crate::reach::{METADATA_NAME, Peer, Reach};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use crate::yaml::scalar::{self, Scalar, Style};
use kube_core::Expression;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds NetworkPolicies whose `podSelector` selects no pod of their namespace: none of a workload, and none that the
    /// operator makes for a Cluster or Pooler. `cnpg.io/cluster` with the name of no Cluster there is the usual case.
    /// The same for the `endpointSelector` of Cilium's policies, and for those of the whole cluster that name a namespace
    /// or ask for a label of namespaces which none carries, but for a slip.
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
    /// A selector of all pods is never meant, nor are Cilium's `reserved:` labels. Undecided where pods may run that the repo does not show: charts and kustomizations
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
            "no-such-namespace" => (Warning, High, Network),
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

/// A policy's selector of pods.
struct Subject<'r, 'w> {
    resource: &'w Resource<'w>,
    selector: &'r Selector<'w>,
    /// Where it is written; none where its field is missing.
    written: Option<Value<'w>>,
    /// The namespace that the pods have to be in.
    place: Namespace<'w>,
    /// Why the policy may be another one in the cluster, if so.
    doubt: Option<&'r str>,
    /// Where it is one of another kind than NetworkPolicy.
    decree: Option<&'r Decree<'w>>,
}

impl<'w> Subject<'_, 'w> {
    fn selects(&self, peer: &Peer<'w>, reach: &Reach<'w>) -> Answer {
        match self.decree {
            Some(decree) => reach.is_about(decree, peer.pod()),
            None => self.selector.matches(&peer.labels),
        }
    }

    /// What it asks of the labels of pods.
    fn asked(&self) -> impl Iterator<Item = &Requirement<'w>> {
        self.selector.requirements.iter().filter(|asked| !is_of_place(asked))
    }
}

/// Whether a requirement asks for something else than a label of the pod: its namespace, its service account.
fn is_of_place(requirement: &Requirement<'_>) -> bool {
    let key = bare_key(requirement.key());
    key.starts_with("io.kubernetes.pod.") || key.starts_with("io.cilium.")
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let reach = context.reach;
    let delivered = |resource: &Resource<'w>| resource.whole && resource.delivery.by != By::Nobody;
    let plain = reach.policies().iter().map(|policy| Subject {
        resource: policy.resource,
        selector: &policy.pod_selector,
        written: policy.pod_selector.value,
        place: policy.resource.namespace.clone(),
        doubt: policy.doubt,
        decree: None,
    });
    let cilium = reach.decrees().iter().filter_map(|decree| of_cilium(decree, reach));
    for subject in plain.chain(cilium) {
        if !delivered(subject.resource) || subject.selector.selects_all() {
            continue;
        }
        let span = subject.written.map_or_else(|| subject.resource.headline().span(), Value::key_or_span);
        match judge(&subject, reach, context, sink) {
            Answer::Unknown(reason) => sink.undecided(span, reason),
            Answer::Yes | Answer::No => {}
        }
    }
    no_such_namespace(reach, sink);
}

/// The pods of a policy of Cilium, where it is one for pods of one namespace.
fn of_cilium<'r, 'w>(decree: &'r Decree<'w>, reach: &'r Reach<'w>) -> Option<Subject<'r, 'w>> {
    if decree.resource.group != "cilium.io" {
        return None;
    }
    let selector = reach.subject(decree).selector();
    // Entities are no pods of the repo.
    if selector.requirements.iter().any(|asked| asked.key().starts_with("reserved:")) {
        return None;
    }
    let place = match &decree.resource.namespace {
        Namespace::None => {
            Namespace::Known(selector.requirements.iter().find_map(|asked| match &asked.expression {
                Expression::Equal(key, _) if bare_key(key) == POD_NAMESPACE => asked.value.known(),
                _ => None,
            })?)
        }
        own => own.clone(),
    };
    let (resource, doubt) = (decree.resource, decree.doubt.as_deref());
    Some(Subject { resource, selector, written: Some(decree.place), place, doubt, decree: Some(decree) })
}

/// Whether the policy selects a pod; says so where it surely selects none.
fn judge<'w>(
    subject: &Subject<'_, 'w>,
    reach: &Reach<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) -> Answer {
    if let Some(reason) = subject.doubt {
        return Answer::Unknown(reason.into());
    }
    let candidates = reach.peers_of(&subject.place, subject.selector);
    let selected = any(candidates.map(|peer| subject.selects(peer, reach)));
    if selected.is_yes() {
        return selected;
    }
    // The name settles it, whatever else is not known of the pods.
    for requirement in subject.asked().filter(|asked| bare_key(asked.key()) == CLUSTER_LABEL) {
        match lost_cluster(subject, requirement, context) {
            Ok(None) => {}
            Ok(Some(near)) => {
                report_cluster(subject, requirement, near, sink);
                return Answer::No;
            }
            Err(reason) => return Answer::Unknown(reason),
        }
    }
    if !selected.is_no() {
        return selected;
    }
    let peers: Vec<&Peer<'w>> = reach.peers_in(&subject.place).collect();
    if let Some(reason) = unseen(subject, &peers, reach, context) {
        return Answer::Unknown(reason);
    }
    report(subject, &peers, sink);
    Answer::No
}

/// Why pods may be there that are not seen, if so.
fn unseen<'w>(
    subject: &Subject<'_, 'w>,
    peers: &[&Peer<'w>],
    reach: &Reach<'w>,
    context: &TargetContext<'_, 'w>,
) -> Option<String> {
    if subject.asked().any(|asked| bare_key(asked.key()) == "cnpg.io/jobRole") {
        return Some("which Jobs the operator will run is not known".into());
    }
    if subject.place.known().is_none() {
        return Some("which namespace the policy is for is not known".into());
    }
    let role = context.config().role_of(subject.resource.path).map(|role| role.value);
    if peers.is_empty() && role != Some(Role::Platform) {
        return Some("no pod of this namespace is in this repo".into());
    }
    reach.unseen_pods(context.graph, &subject.place)
}

/// Finds policies of the whole cluster that look for pods by a label of their namespace which no namespace carries but
/// for a slip.
fn no_such_namespace<'w>(reach: &Reach<'w>, sink: &mut Sink<'_, 'w>) {
    let places: Vec<(&'w Resource<'w>, Labels<'w>)> = reach
        .namespace_objects()
        .filter_map(|object| Some((object, reach.namespace_labels(&Namespace::Known(object.name()?)))))
        .collect();
    let delivered = |resource: &Resource<'w>| resource.delivery.by != By::Nobody;
    for decree in reach.decrees().iter().filter(|decree| delivered(decree.resource) && decree.doubt.is_none()) {
        let Some(asked) = reach.subject(decree).asked_of_namespace().into_iter().find(|(key, asked)| {
            *key != METADATA_NAME
                && asked.doubt.is_none()
                && matches!(asked.expression, Expression::Equal(..) | Expression::In(..) | Expression::Exists(_))
                && places.iter().all(|(_, labels)| asked.holds_for(labels.get(key)).is_no())
        }) else {
            continue;
        };
        let (key, requirement) = asked;
        let mut best: Option<(usize, &'w Resource<'w>, String)> = None;
        for (object, labels) in &places {
            for (known, value) in labels.known() {
                let wanted = requirement.wanted();
                let same = wanted.is_empty() || wanted.contains(&value);
                let distance = match known == key {
                    true => wanted.iter().filter_map(|wanted| is_near(wanted, value)).min(),
                    false => is_near(key, known).filter(|_| same),
                };
                if let Some(distance) = distance
                    && best.as_ref().is_none_or(|(least, ..)| distance < *least)
                    && !reach.is_asked_of_namespace(known, value)
                {
                    best = Some((distance, object, format!("{known}: {value}")));
                }
            }
        }
        let Some((_, object, carried)) = best else { continue };
        let label = match requirement.wanted().as_slice() {
            [] => key.to_owned(),
            [one] => format!("{key}: {one}"),
            several => format!("{key} in ({})", several.join(", ")),
        };
        let message = format!("{} selects no pod: no namespace carries label `{label}`", decree.resource.title());
        sink.finding("no-such-namespace", decree.resource, requirement.value, message)
            .label("no namespace here carries it")
            .related(object.headline().span(), format!("carries the nearest one, `{carried}`"))
            .help("mend the label here or on the Namespace");
    }
}

/// The Cluster with a near name, if any, where `requirement` surely names none that is there.
type Near<'w> = Option<&'w Resource<'w>>;

fn lost_cluster<'w>(
    subject: &Subject<'_, 'w>,
    requirement: &Requirement<'w>,
    context: &TargetContext<'_, 'w>,
) -> Result<Option<Near<'w>>, String> {
    let mut lost = None;
    for name in requirement.wanted() {
        match context.graph.find(GROUP, Cluster::KIND, &subject.place, name) {
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

fn report_cluster<'w>(
    subject: &Subject<'_, 'w>,
    requirement: &Requirement<'w>,
    near: Near<'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let resource = subject.resource;
    let names = requirement.wanted().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    let place = subject.place.known().map_or_else(|| "its namespace".to_owned(), |name| format!("namespace `{name}`"));
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
    if !near.namespace.is_same(&subject.place) {
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

fn report<'w>(subject: &Subject<'_, 'w>, peers: &[&Peer<'w>], sink: &mut Sink<'_, 'w>) {
    let resource = subject.resource;
    let holds = |asked: &Requirement<'w>, peer: &Peer<'w>| asked.holds_for(peer.labels.get(bare_key(asked.key())));
    let failing = subject.asked().find(|asked| peers.iter().all(|peer| holds(asked, peer).is_no()));
    let primary = match failing {
        Some(requirement) => requirement.value,
        None => subject.written.unwrap_or_else(|| resource.headline()),
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
            let Some(rank) = rank(bare_key(requirement.key()), &wanted, key, value) else { continue };
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
