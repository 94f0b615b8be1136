//! Which policies of any kind isolate a pod, one that runs or one that may come: asked one by one, for it needs no more of
//! a target than its policies.

use super::book::{Book, Rejected, is_in};
use super::clause::{Decree, Identity, Match, POD_NAMESPACE, PlaceTest, Pods, Tier, bare_key};
use super::view::{Other, Ruling, View, judge};
use crate::graph::Graph;
use crate::graph::workload::Labels;
use crate::manifest::{Namespace, Resource};
use crate::reach::addresses::AddressRange;
use crate::reach::answer::{Answer, any};
use crate::reach::index::PolicyIndex;
use crate::reach::namespaces::selects_every_namespace;
use crate::reach::policy::Direction;
use crate::reach::{Isolation, NamespaceKey, Pod, same_namespace};
use kube_core::Expression;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};

/// The policies of a target, found by the pods that they are about.
#[derive(Debug)]
pub struct Decrees<'w> {
    book: Book<'w>,
    index: PolicyIndex<'w>,
    /// The sets of pods that hold every pod there is.
    every_pod: Vec<(usize, Match)>,
}

/// Some address outside the cluster, of those that documentation has for itself.
pub(super) const OUTSIDE: AddressRange = {
    let address = Ipv4Addr::new(203, 0, 113, 1).to_bits();
    AddressRange::V4(address, address)
};

/// What all targets share that hold nothing which policies are read from: the policies of their root that nothing is
/// seen to deliver.
pub type OfStrays<'w> = OnceLock<Arc<Decrees<'w>>>;

impl<'w> Decrees<'w> {
    /// Those of `graph` and of `strays`, which are the same for whoever comes with the same `shared`.
    pub(in crate::reach) fn of(
        graph: &Graph<'w>,
        strays: &[&'w Resource<'w>],
        shared: &OfStrays<'w>,
    ) -> Arc<Decrees<'w>> {
        let read = || Arc::new(Decrees::new(graph, strays));
        if is_in(graph) { read() } else { Arc::clone(shared.get_or_init(read)) }
    }

    fn new(graph: &Graph<'w>, strays: &[&'w Resource<'w>]) -> Decrees<'w> {
        let book = Book::new(graph, strays);
        let subjects =
            book.decrees.iter().map(|decree| (&decree.resource.namespace, book.pods[decree.subject].selector()));
        let index = PolicyIndex::new(subjects);
        let every_pod = book.sets_of_every_pod();
        Decrees { book, index, every_pod }
    }

    /// Where to find those of a namespace.
    pub(in crate::reach) fn index(&self) -> &PolicyIndex<'w> {
        &self.index
    }

    /// The sets of pods that they speak of.
    pub(in crate::reach) fn sets(&self) -> &[Pods<'w>] {
        &self.book.pods
    }

    /// All of them.
    pub(in crate::reach) fn all(&self) -> &[Decree<'w>] {
        &self.book.decrees
    }

    /// Whether there is none at all, and none that is not in force for what is wrong with it.
    pub(in crate::reach) fn is_empty(&self) -> bool {
        self.book.decrees.is_empty() && self.book.rejected.is_empty()
    }

    /// The pods that a policy is about.
    pub(in crate::reach) fn subject(&self, decree: &Decree<'w>) -> &Pods<'w> {
        &self.book.pods[decree.subject]
    }

    /// Whether a policy is about a pod.
    pub(in crate::reach) fn is_about(
        &self,
        decree: &Decree<'w>,
        pod: Pod<'_, 'w>,
        namespace_labels: &Labels<'_>,
    ) -> Answer {
        let inside = is_inside(decree.resource, pod.namespace);
        let selected = match self.subject(decree) {
            Pods::Plain(PlaceTest::Own(_), selector) => selector.matches(pod.labels),
            Pods::Plain(PlaceTest::Selected(places), selector) => {
                places.matches(namespace_labels).and(selector.matches(pod.labels))
            }
            Pods::Identity(_, selector) => identity(pod, namespace_labels).is_selected(selector),
        };
        inside.and(selected).doubted(decree.doubt.as_deref())
    }

    /// Whether `pod` is isolated.
    pub(in crate::reach) fn isolation<'r>(
        &'r self,
        pod: Pod<'_, 'w>,
        namespace_labels: &Labels<'_>,
        direction: Direction,
    ) -> Isolation<'r, 'w> {
        let mut isolating: Vec<&'r Decree<'w>> = Vec::new();
        let mut doubt = None;
        let mut view = View { direction: Some(direction), isolated: Some(Match::No), ..View::default() };
        for at in self.index.candidates(pod.namespace, pod.labels) {
            let decree = &self.book.decrees[at];
            let side = decree.side(direction);
            if side.is_silent() {
                continue;
            }
            let applies = self.is_about(decree, pod, namespace_labels);
            if decree.tier != Tier::Network && !applies.is_no() {
                view.rulings.push(Ruling { decree: at, applies: Match::from(&applies) });
            }
            match side.isolates.clone().and(applies) {
                Answer::Yes => isolating.push(decree),
                Answer::No => {}
                Answer::Unknown(reason) => doubt = doubt.or(Some(reason)),
            }
        }
        if isolating.is_empty() && !view.rulings.is_empty() {
            match self.is_closed_by_admin(&view, direction) {
                Match::Yes => isolating.extend(view.rulings.iter().map(|ruling| &self.book.decrees[ruling.decree])),
                Match::Maybe => {
                    doubt = doubt.or(Some("whether a policy of the cluster's admins closes it is not known".into()))
                }
                Match::No => {}
            }
        }
        if !isolating.is_empty() {
            return Isolation::Isolated(isolating);
        }
        let mut rejected = self.book.rejected.iter();
        let rejected = rejected.find(|rejected| may_be_about(rejected, pod, namespace_labels));
        let broken =
            || rejected.map(|rejected| format!("{} is not in force as it is written", rejected.resource.title()));
        doubt.or_else(broken).map_or(Isolation::Open, Isolation::Unknown)
    }

    /// Whether policies of admins stop all that others could send to a pod, or all that it could send to them: what they
    /// do not stop passes, for they isolate nothing by themselves.
    fn is_closed_by_admin(&self, view: &View, direction: Direction) -> Match {
        let mut others = vec![Other::Pods(&self.every_pod)];
        if direction == Direction::Egress {
            others.push(Other::Addresses(OUTSIDE));
        }
        let closed = |other: Other<'_>| {
            let reached = judge(&self.book, view, other, &[]);
            match (reached.maybe.is_empty(), reached.sure.is_empty()) {
                (true, _) => Match::Yes,
                (_, true) => Match::Maybe,
                _ => Match::No,
            }
        };
        others.into_iter().map(closed).min().unwrap_or(Match::No)
    }
}

/// Whether a policy reaches into a namespace at all.
fn is_inside(policy: &Resource<'_>, namespace: &Namespace<'_>) -> Answer {
    match &policy.namespace {
        Namespace::None => Answer::Yes,
        _ => same_namespace(policy, namespace),
    }
}

fn identity<'e>(pod: Pod<'e, '_>, namespace_labels: &'e Labels<'e>) -> Identity<'e> {
    Identity { place: NamespaceKey::of(pod.namespace), account: pod.account, labels: pod.labels, namespace_labels }
}

/// Whether a policy that is not in force was most likely to be about a pod.
fn may_be_about(rejected: &Rejected<'_>, pod: Pod<'_, '_>, namespace_labels: &Labels<'_>) -> bool {
    let subjects = rejected.subjects.iter().map(|selector| match rejected.resource.group {
        super::cilium::GROUP => identity(pod, namespace_labels).is_selected(selector),
        _ => selector.matches(pod.labels),
    });
    !is_inside(rejected.resource, pod.namespace).and(any(subjects)).is_no()
}

impl Book<'_> {
    /// The sets of pods that hold every pod there may be.
    pub(super) fn sets_of_every_pod(&self) -> Vec<(usize, Match)> {
        let sets = self.pods.iter().enumerate().filter(|(_, pods)| is_every_pod(pods));
        sets.map(|(set, _)| (set, Match::Yes)).collect()
    }
}

/// Whether a set of pods surely holds all there are.
pub(super) fn is_every_pod(pods: &Pods<'_>) -> bool {
    match pods {
        Pods::Plain(PlaceTest::Selected(places), selector) => selects_every_namespace(places) && selector.selects_all(),
        Pods::Identity(None, selector) => {
            let everywhere = |expression: &Expression| matches!(expression, Expression::Exists(key) if bare_key(key) == POD_NAMESPACE);
            selector.doubt.is_none() && selector.requirements.iter().all(|asked| everywhere(&asked.expression))
        }
        Pods::Plain(..) | Pods::Identity(Some(_), _) => false,
    }
}
