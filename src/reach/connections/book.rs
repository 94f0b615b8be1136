//! All policies of a target as clauses, whatever their kind, and what is wrong with those that cannot be in force.

use super::clause::{Decree, Entity, PlaceTest, Pods, Who};
use super::parties::place;
use super::{admin, cilium, network_policy};
use crate::graph::{Graph, cnpg};
use crate::manifest::Resource;
use crate::reach::NamespaceKey;
use crate::reach::selector::Selector;
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::BTreeSet;

/// Something that is wrong with a policy or with what it speaks of, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What, and what it makes of the policy.
    pub message: String,
    /// Whether something is left out for it.
    pub left_out: bool,
}

/// A policy that is not in force for what is wrong with it, and the pods that it was to be about.
#[derive(Debug)]
pub(super) struct Rejected<'w> {
    pub(super) resource: &'w Resource<'w>,
    pub(super) subjects: Vec<Selector<'w>>,
}

/// Policies.
#[derive(Debug, Default)]
pub(super) struct Book<'w> {
    /// Every policy that is in force.
    pub(super) decrees: Vec<Decree<'w>>,
    /// The sets of pods that they speak of, each once.
    pub(super) pods: Vec<Pods<'w>>,
    /// Those that are not in force.
    pub(super) rejected: Vec<Rejected<'w>>,
    /// What is wrong.
    pub(super) faults: Vec<Fault>,
    /// Whether Cilium enforces them.
    pub(super) cilium: bool,
    known: HashMap<String, usize>,
}

/// Whether a book can hold anything of `graph` itself: policies, objects that policies name, or a sign of Cilium.
pub(super) fn is_in(graph: &Graph<'_>) -> bool {
    let speaks = |resource: &Resource<'_>| match resource.group {
        "" => resource.kind == "Service",
        "networking.k8s.io" => resource.kind == "NetworkPolicy",
        cnpg::GROUP => matches!(resource.kind, "Cluster" | "Pooler"),
        group => matches!(group, admin::GROUP | cilium::GROUP),
    };
    graph.resources().iter().any(|resource| speaks(resource))
}

impl<'w> Book<'w> {
    /// Reads every policy of `graph`, and those among `strays`, which nothing is seen to deliver.
    pub(super) fn new(graph: &Graph<'w>, strays: &[&'w Resource<'w>]) -> Book<'w> {
        let mut book = Book::default();
        let all = || graph.resources().iter().chain(strays).copied().filter(|resource| resource.whole);
        let of = |group: &str, kinds: &[&str]| -> Vec<&'w Resource<'w>> {
            all().filter(|resource| resource.group == group && kinds.contains(&resource.kind)).collect()
        };
        book.cilium = all().any(|resource| resource.group == "cilium.io");
        network_policy::read(&mut book, of("networking.k8s.io", &["NetworkPolicy"]));
        admin::read(&mut book, &of(admin::GROUP, admin::KINDS));
        cilium::read(&mut book, &of(cilium::GROUP, cilium::KINDS), graph);
        let strays: HashSet<*const Resource<'w>> = strays.iter().map(|stray| std::ptr::from_ref(*stray)).collect();
        for decree in &mut book.decrees {
            if strays.contains(&std::ptr::from_ref(decree.resource)) {
                decree.doubt = Some("nothing in this repo is seen to deliver this policy".into());
            }
        }
        book.faults.sort();
        book.faults.dedup();
        book
    }

    /// Notes that something is wrong.
    pub(super) fn fault(&mut self, value: Value<'_>, message: impl Into<String>) {
        self.faults.push(Fault { span: value.span(), message: message.into(), left_out: false });
    }

    /// Notes that something is wrong, and that a policy is left out for it.
    pub(super) fn fatal(&mut self, value: Value<'_>, message: String) {
        self.faults.push(Fault { span: value.span(), message, left_out: true });
    }

    /// The number of a set of pods.
    pub(super) fn pods(&mut self, pods: Pods<'w>) -> usize {
        let key = match &pods {
            Pods::Plain(PlaceTest::Own(own), selector) => format!("own {own:?} {}", Key(selector)),
            Pods::Plain(PlaceTest::Selected(places), selector) => format!("in {} {}", Key(places), Key(selector)),
            Pods::Identity(own, selector) => format!("identity {own:?} {}", Key(selector)),
        };
        *self.known.entry(key).or_insert_with(|| {
            self.pods.push(pods);
            self.pods.len() - 1
        })
    }

    /// Pods of the policy's own namespace.
    pub(super) fn own_pods(&mut self, policy: &'w Resource<'w>, selector: Selector<'w>) -> usize {
        self.pods(Pods::Plain(PlaceTest::Own(place(&policy.namespace)), selector))
    }

    /// Pods of namespaces that are selected.
    pub(super) fn selected_pods(&mut self, places: Selector<'w>, selector: Selector<'w>) -> usize {
        self.pods(Pods::Plain(PlaceTest::Selected(places), selector))
    }

    /// Every pod.
    pub(super) fn every_pod(&mut self) -> usize {
        self.selected_pods(Selector::read(None), Selector::read(None))
    }

    /// Entities that some rule names by themselves.
    pub(super) fn named_entities(&self) -> Vec<Entity> {
        let clauses =
            self.decrees.iter().flat_map(|decree| decree.ingress.clauses.iter().chain(&decree.egress.clauses));
        let named = clauses.flat_map(|clause| &clause.who).flat_map(|who| match who {
            // All of them are the cluster.
            Who::Entities(list) if list.len() < Entity::ALL.len() => list.as_slice(),
            _ => &[],
        });
        named.copied().collect::<BTreeSet<Entity>>().into_iter().collect()
    }

    /// Leaves all but the last of objects with one name, as the last one that is applied stays; says so of the others.
    pub(super) fn last_of_each(&mut self, all: &[&'w Resource<'w>]) -> Vec<&'w Resource<'w>> {
        let key = |resource: &Resource<'w>| Some((resource.kind, place(&resource.namespace), resource.name()?));
        let keys: Vec<Option<(&str, NamespaceKey<'w>, &str)>> = all.iter().map(|resource| key(resource)).collect();
        let mut last: HashMap<(&str, NamespaceKey<'w>, &str), usize> = HashMap::with_capacity(all.len());
        for (at, resource) in all.iter().enumerate() {
            let Some(key) = keys[at] else { continue };
            if last.insert(key, at).is_some() {
                self.fault(
                    resource.headline(),
                    format!("{} is there twice: the one that is applied last stays", resource.title()),
                );
            }
        }
        let stays = |at: &usize| keys[*at].is_none_or(|key| last.get(&key) == Some(at));
        (0..all.len()).filter(stays).map(|at| all[at]).collect()
    }
}

/// What makes a selector differ from others.
struct Key<'s, 'w>(&'s Selector<'w>);

impl std::fmt::Display for Key<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Key(selector) = self;
        let doubts = selector.requirements.iter().filter_map(|requirement| requirement.doubt.as_deref());
        let doubts: Vec<&str> = doubts.chain(selector.doubt.as_deref()).collect();
        if doubts.is_empty() { selector.fmt(f) } else { write!(f, "{selector} ? {doubts:?}") }
    }
}
