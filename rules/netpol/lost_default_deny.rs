//! A change that opens a namespace.

use crate::declare_rule;
use crate::graph::workload::Labels;
use crate::manifest::{Namespace, Resource};
use crate::reach::connections::clause::Decree;
use crate::reach::{Direction, Isolation, NamespaceKey, Pod, Reach, Unseen};
use crate::rule::{ChangeContext, Sink};
use foldhash::{HashSet, HashSetExt};
use std::sync::Arc;

declare_rule! {
    /// ## What it does
    /// Compares two states (`--base`) and finds namespaces in which a pod without labels was isolated for ingress or for
    /// egress, and is not any more.
    ///
    /// ## Why it matters
    /// A default-deny policy is lost in passing: a file that is no longer listed, a selector that got a label, a
    /// `policyTypes` that lost an entry, a namespace that was renamed on one side. Nothing breaks then. Everything that was
    /// refused before is let through, for the pods of today and for each one that comes.
    ///
    /// ## Instead
    /// Keep a policy with `podSelector: {}`, `policyTypes: [Ingress, Egress]` and no rules in the namespace, and change the
    /// policies beside it.
    ///
    /// ## Limits
    /// Works with `--base`. Only namespaces that still hold a workload or are still defined are looked at, and only targets
    /// that both states have. Undecided where policies are in force that are not worked out, or may come from what is not
    /// built.
    pub static RULE {
        id: "netpol/lost-default-deny",
        summary: "a change opens a namespace that was closed by default",
        scope: Change,
        codes: ["lost" => (Error, High, Network)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for (before, after) in context.targets() {
        let (old, new) = (&context.old.world.reaches[before], &context.new.world.reaches[after]);
        for namespace in &closed(old, new) {
            let object = new.namespace_object(namespace);
            let subject = object.or_else(|| new.peers_in(namespace).next().map(|peer| peer.resource));
            let Some(subject) = subject else { continue };
            let lost: Vec<Lost<'_, 'w>> =
                Direction::ALL.into_iter().filter_map(|way| Lost::find(old, new, namespace, way)).collect();
            let Some(first) = lost.first() else { continue };
            match new.unseen_policies(&context.new.world.graphs[after], namespace) {
                Unseen::Likely(reason) | Unseen::Possible(reason) => {
                    sink.undecided(subject.headline().span(), reason);
                    continue;
                }
                Unseen::None => {}
            }
            let target = &context.new.world.targets[after].name;
            report(subject, namespace, &lost, first, new, target, sink);
        }
    }
}

/// The namespaces that policies of the old state may close: their own and, for those of the whole cluster, each that is
/// still defined.
fn closed<'w>(old: &Reach<'w>, new: &Reach<'w>) -> Vec<Namespace<'w>> {
    let own = old.decrees().iter().map(|decree| &decree.resource.namespace);
    let everywhere = old.decrees().iter().any(|decree| matches!(decree.resource.namespace, Namespace::None));
    let defined = new.namespace_objects().filter(|_| everywhere).filter_map(|object| object.name());
    let mut seen: HashSet<NamespaceKey<'w>> = HashSet::new();
    own.cloned()
        .chain(defined.map(Namespace::Known))
        .filter(|namespace| !matches!(namespace, Namespace::Unknown(_) | Namespace::None))
        .filter(|namespace| seen.insert(NamespaceKey::of(namespace)))
        .collect()
}

/// A direction in which a namespace was closed and is not any more.
struct Lost<'r, 'w> {
    direction: Direction,
    /// What closed it.
    by: &'r Decree<'w>,
}

impl<'r, 'w> Lost<'r, 'w> {
    fn find(
        old: &'r Reach<'w>,
        new: &Reach<'w>,
        namespace: &Namespace<'w>,
        direction: Direction,
    ) -> Option<Lost<'r, 'w>> {
        let none = Labels::none();
        let pod = Pod { namespace, labels: &none, ports: &[], account: Some("default") };
        let Isolation::Isolated(policies) = old.isolation(pod, direction) else { return None };
        let is_open = matches!(new.isolation(pod, direction), Isolation::Open);
        is_open.then_some(Lost { direction, by: policies.first().copied()? })
    }
}

fn report<'w>(
    subject: &'w Resource<'w>,
    namespace: &Namespace<'w>,
    lost: &[Lost<'_, 'w>],
    first: &Lost<'_, 'w>,
    new: &Reach<'w>,
    target: &Arc<str>,
    sink: &mut Sink<'_, 'w>,
) {
    let closed_by = first.by.resource;
    let kept = new.decrees().iter().find(|decree| {
        let own = decree.resource;
        let there = matches!(own.namespace, Namespace::None) || own.namespace.is_same(&closed_by.namespace);
        own.is(closed_by.group, closed_by.kind) && own.name() == closed_by.name() && there
    });
    let directions: Vec<&str> = lost.iter().map(|one| one.direction.name()).collect();
    let named = namespace.known().map_or_else(|| "the namespace".to_owned(), |name| format!("namespace `{name}`"));
    let message = format!("{named} is no longer closed by default for {}", directions.join(" and "));
    let types: Vec<&str> = lost.iter().map(|one| one.direction.policy_type()).collect();
    let (old, why) = (closed_by.headline().span(), format!("{} closed it", closed_by.title()));
    let targets = std::slice::from_ref(target);
    let cure = match closed_by.kind {
        "NetworkPolicy" => {
            format!("keep a policy with `podSelector: {{}}`, `policyTypes: [{}]` and no rules", types.join(", "))
        }
        kind => format!("keep a {kind} that closes {} for every pod", directions.join(" and ")),
    };
    match kept {
        Some(policy) => {
            let selects = new.subject(policy).selector();
            let selector = Some(policy.place).filter(|_| !selects.selects_all());
            let at = selector
                .or_else(|| policy.resource.at(&["spec", "policyTypes"]))
                .unwrap_or_else(|| policy.resource.headline());
            let label = match selector {
                Some(_) => format!("selects only `{selects}` now"),
                None => format!("does not close {} now", directions.join(" and ")),
            };
            sink.finding("lost", policy.resource, at, message)
                .label(label)
                .related(old, why)
                .in_targets(targets, &policy.resource.object_name())
                .help(cure);
        }
        None => {
            sink.finding("lost", subject, subject.headline(), message)
                .label("a pod without labels is open here now")
                .related(old, why)
                .note(format!("{} is not in this state any more", closed_by.title()))
                .in_targets(targets, &subject.object_name())
                .help(cure);
        }
    }
}
