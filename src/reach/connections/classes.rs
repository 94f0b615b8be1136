//! Pods that no policy tells apart, put together: the same policies select them, the same rules speak of them, and the
//! port names that rules ask for mean the same on them. Everything else is worked out once for each such class.

use super::book::Book;
use super::clause::{Identity, Match, PlaceTest, Pods};
use super::parties::{Endpoint, same_place};
use crate::graph::namespaces::Namespaces;
use crate::graph::workload::{ContainerPort, Labels};
use crate::manifest::Namespace;
use crate::reach::NamespaceKey;
use crate::reach::answer::Answer;
use crate::reach::selector::Selector;
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeSet;

/// Pods that are the same for all policies.
#[derive(Debug)]
pub(super) struct Class<'w> {
    /// The sets of pods it is in, or may be in, by number.
    pub(super) sets: Vec<(usize, Match)>,
    /// Ports that some rule asks for by name.
    pub(super) named: Vec<ContainerPort<'w>>,
    /// Whether policies for pods have no say.
    pub(super) host_network: bool,
    /// One of its kinds of pods.
    pub(super) example: usize,
}

/// All classes, and what is in which.
#[derive(Debug)]
pub(super) struct Classes<'w> {
    pub(super) all: Vec<Class<'w>>,
    /// The class of each kind of pod.
    pub(super) of: Vec<usize>,
    /// The classes of each set of pods.
    pub(super) members: Vec<Vec<usize>>,
    /// Whether a set surely holds every pod that policies have a say on.
    pub(super) holds_all: Vec<bool>,
    /// Those sets.
    pub(super) common: Vec<(usize, Match)>,
    places: Places<'w>,
}

/// The labels of each namespace that pods run in.
#[derive(Debug)]
pub(super) struct Places<'w> {
    labels: HashMap<NamespaceKey<'w>, Labels<'w>>,
}

impl<'w> Places<'w> {
    fn new(endpoints: &[Endpoint<'w>], namespaces: &Namespaces<'w>) -> Places<'w> {
        let mut labels = HashMap::new();
        for endpoint in endpoints {
            labels.entry(endpoint.place).or_insert_with(|| match endpoint.place {
                NamespaceKey::Known(name) => namespaces.labels(&Namespace::Known(name)),
                _ => namespaces.labels(&Namespace::Unknown("the namespace is not known".into())),
            });
        }
        Places { labels }
    }

    /// Whether a set holds `endpoint`, and why that is not known.
    pub(super) fn answer(&self, pods: &Pods<'w>, endpoint: &Endpoint<'w>) -> Answer {
        if endpoint.host_network {
            return Answer::No;
        }
        let Some(namespace_labels) = self.labels.get(&endpoint.place) else { return Answer::No };
        match pods {
            Pods::Plain(PlaceTest::Own(own), selector) => {
                same_place(*own, endpoint.place).and(selector.matches(&endpoint.labels))
            }
            Pods::Plain(PlaceTest::Selected(places), selector) => {
                places.matches(namespace_labels).and(selector.matches(&endpoint.labels))
            }
            Pods::Identity(own, selector) => {
                let labels = &endpoint.labels;
                let identity = Identity { place: endpoint.place, account: endpoint.account, labels, namespace_labels };
                let place = own.map_or(Answer::Yes, |own| same_place(own, endpoint.place));
                place.and(identity.is_selected(selector))
            }
        }
    }
}

impl<'w> Classes<'w> {
    pub(super) fn new(book: &Book<'w>, endpoints: &[Endpoint<'w>], namespaces: &Namespaces<'w>) -> Classes<'w> {
        let places = Places::new(endpoints, namespaces);
        let sets = sets(book, endpoints, &places);
        let asked: BTreeSet<&str> = book
            .decrees
            .iter()
            .flat_map(|decree| decree.ingress.clauses.iter().chain(&decree.egress.clauses))
            .flat_map(|clause| clause.ports.named.iter().map(|(_, name)| *name))
            .collect();
        let mut known: HashMap<ClassKey<'w>, usize> = HashMap::new();
        let mut all: Vec<Class<'w>> = Vec::new();
        let mut of = Vec::with_capacity(endpoints.len());
        for (at, (endpoint, sets)) in endpoints.iter().zip(sets).enumerate() {
            let named: Vec<ContainerPort<'w>> = endpoint
                .ports
                .iter()
                .filter(|port| port.name.is_some_and(|name| asked.contains(name)))
                .copied()
                .collect();
            let key = named.iter().map(|port| (port.name, port.number, port.protocol)).collect();
            let class =
                *known.entry((sets, key, endpoint.host_network)).or_insert_with_key(|(sets, _, host_network)| {
                    all.push(Class { sets: sets.clone(), named, host_network: *host_network, example: at });
                    all.len() - 1
                });
            of.push(class);
        }
        let mut members = vec![Vec::new(); book.pods.len()];
        let mut sure = vec![0; book.pods.len()];
        for (at, class) in all.iter().enumerate() {
            for (set, answer) in &class.sets {
                members[*set].push(at);
                sure[*set] += usize::from(*answer == Match::Yes);
            }
        }
        let reachable = all.iter().filter(|class| !class.host_network).count();
        let holds_all: Vec<bool> = sure.iter().map(|count| *count == reachable && reachable > 0).collect();
        let common = (0..holds_all.len()).filter(|set| holds_all[*set]).map(|set| (set, Match::Yes)).collect();
        Classes { all, of, members, holds_all, common, places }
    }

    /// Why it is not known whether a set holds `endpoint`, or whether it does.
    pub(super) fn answer(&self, book: &Book<'w>, set: usize, endpoint: &Endpoint<'w>) -> Answer {
        self.places.answer(&book.pods[set], endpoint)
    }
}

type PortKey<'w> = (Option<&'w str>, Option<u16>, &'w str);
/// The sets that pods are in, the ports that are asked for by name, and whether they share the network of their node.
type ClassKey<'w> = (Vec<(usize, Match)>, Vec<PortKey<'w>>, bool);

/// The sets that each kind of pod is in, or may be in.
fn sets<'w>(book: &Book<'w>, endpoints: &[Endpoint<'w>], places: &Places<'w>) -> Vec<Vec<(usize, Match)>> {
    let mut by_place: HashMap<NamespaceKey<'w>, Vec<usize>> = HashMap::new();
    for (at, endpoint) in endpoints.iter().enumerate() {
        by_place.entry(endpoint.place).or_default().push(at);
    }
    let mut order: Vec<NamespaceKey<'w>> = Vec::new();
    for endpoint in endpoints {
        if order.last() != Some(&endpoint.place) && !order.contains(&endpoint.place) {
            order.push(endpoint.place);
        }
    }
    let mut found = vec![Vec::new(); endpoints.len()];
    let mut answers: HashMap<String, HashMap<NamespaceKey<'w>, Match>> = HashMap::new();
    for (number, pods) in book.pods.iter().enumerate() {
        let own = match pods {
            Pods::Plain(PlaceTest::Own(own), _) | Pods::Identity(Some(own), _) => Some(*own),
            _ => None,
        };
        let candidates: Vec<NamespaceKey<'w>> = match (own, pods) {
            (Some(own), _) => order.iter().copied().filter(|place| !same_place(own, *place).is_no()).collect(),
            (None, Pods::Plain(PlaceTest::Selected(places_wanted), _)) => {
                let known = answers.entry(format!("{places_wanted} {:?}", places_wanted.doubt)).or_default();
                let fits = |place: &NamespaceKey<'w>| {
                    *known.entry(*place).or_insert_with(|| selected(places_wanted, places, *place)) != Match::No
                };
                order.iter().copied().filter(fits).collect()
            }
            _ => order.clone(),
        };
        for at in candidates.iter().filter_map(|place| by_place.get(place)).flatten() {
            let answer = places.answer(pods, &endpoints[*at]);
            if !answer.is_no() {
                found[*at].push((number, Match::from(&answer)));
            }
        }
    }
    found
}

fn selected<'w>(wanted: &Selector<'w>, places: &Places<'w>, place: NamespaceKey<'w>) -> Match {
    places.labels.get(&place).map_or(Match::No, |labels| Match::from(&wanted.matches(labels)))
}
