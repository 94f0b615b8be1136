//! Who may reach whom on which ports, from every policy of a target: the whole picture. What pods policies cannot tell
//! apart is worked out once, and what the repo does not tell stays open.

mod admin;
mod book;
mod breadth;
mod checks;
mod cilium;
mod cilium_peers;
mod cilium_ports;
mod classes;
pub mod clause;
mod explain;
mod exposure;
mod faults;
mod grants;
mod inherited;
mod isolation;
mod lack;
mod needed;
mod network_policy;
mod pairs;
mod parties;
mod served;
mod sources;
mod subjects;
mod unseen;
mod view;
mod visitors;
mod ways_in;

#[cfg(test)]
mod tests;

use crate::graph::Graph;
use crate::graph::namespaces::Namespaces;
use crate::manifest::Resource;
use crate::reach::addresses::AddressRange;
use crate::reach::policy::Direction;
use classes::Classes;
use clause::{Entity, Reached};
use parties::Parties;
use std::sync::Arc;
use view::Views;

pub use book::Fault;
pub use breadth::Breadth;
pub use explain::{Decision, Explanation, Finding, Half};
pub use exposure::{Exposure, Stranger};
pub use grants::{Grant, Granted, NamespaceTest};
pub use isolation::{Decrees, OfStrays};
pub use lack::{Block, Lack, Verdict};
pub use needed::{Need, NeedKind, Way};
pub use parties::{Endpoint, Party, PartyKind};
pub use subjects::Subject;
pub use visitors::Visitor;
pub use ways_in::WayIn;

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A party, by number.
    Party(usize),
    /// Addresses outside the cluster.
    Addresses(AddressRange),
    /// An entity of Cilium.
    Entity(Entity),
}

/// What passes from one end to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Where it starts.
    pub from: End,
    /// Where it goes.
    pub to: End,
    /// What passes; shared by all parties that nothing tells apart.
    pub reached: Arc<Reached>,
}

/// Who may reach whom in one target.
#[derive(Debug)]
pub struct Connections<'w> {
    parties: Parties<'w>,
    book: book::Book<'w>,
    classes: Classes<'w>,
    views: Views,
    groups: pairs::Groups,
    named_entities: Vec<Entity>,
    needs: Vec<Need>,
    ways_in: Vec<WayIn<'w>>,
    unread: Option<String>,
    /// The sets of pods that surely hold every pod there may be.
    every_pod: Vec<(usize, clause::Match)>,
}

impl<'w> Connections<'w> {
    /// Works out the connections of `graph`. `strays` are objects that nothing is seen to deliver: policies among them may
    /// be in force.
    pub fn new(graph: &Graph<'w>, strays: &[&'w Resource<'w>]) -> Connections<'w> {
        Connections::build(graph, strays, false)
    }

    /// As [`Connections::new`], and with those whom databases need and the repo does not show: the operator, the cluster's
    /// name servers, whoever scrapes metrics, the store of the backups. They are parties of kind [`PartyKind::Unseen`].
    pub fn with_unseen(graph: &Graph<'w>, strays: &[&'w Resource<'w>]) -> Connections<'w> {
        Connections::build(graph, strays, true)
    }

    fn build(graph: &Graph<'w>, strays: &[&'w Resource<'w>], with_unseen: bool) -> Connections<'w> {
        let mut book = book::Book::new(graph, strays);
        let mut parties = Parties::new(graph, book.cilium);
        let unseen = with_unseen.then(|| unseen::Unseen::add(graph, &mut parties));
        let namespaces = Namespaces::new(graph);
        let classes = Classes::new(&book, &parties.endpoints, &namespaces);
        let views = Views::new(&book, &classes);
        let groups = pairs::Groups::new(&parties, &classes);
        faults::add(graph, &parties, &classes, &mut book);
        let needs = needed::needs(graph, &parties, book.cilium, unseen.as_ref());
        let ways_in = ways_in::ways_in(graph, &parties);
        let named_entities = book.named_entities();
        let strays = strays.iter().copied();
        let unread = graph.resources().iter().copied().chain(strays).find_map(crate::reach::unread::unread);
        let every_pod = book.sets_of_every_pod();
        Connections { parties, book, classes, views, groups, named_entities, needs, ways_in, unread, every_pod }
    }

    /// Everybody who takes part.
    pub fn parties(&self) -> &[Party<'w>] {
        &self.parties.parties
    }

    /// What is wrong with policies, by place.
    pub fn faults(&self) -> &[Fault] {
        &self.book.faults
    }

    /// Whether Cilium enforces the policies: an object of its own is there.
    pub fn has_cilium(&self) -> bool {
        self.book.cilium
    }

    /// Why there may be policies that are not worked out: of a kind that is not read, or made by a generator.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// How a report names an end.
    pub fn title(&self, end: End) -> String {
        match end {
            End::Party(at) => self.parties.parties[at].title.clone(),
            End::Addresses(range) => format!("{range}[External]"),
            End::Entity(entity) => format!("entity:{}", entity.name()),
        }
    }

    /// The parties that a word of the command line means: `name`, `namespace/name`, or the title itself.
    pub fn named(&self, word: &str) -> Vec<usize> {
        let fits = |party: &Party<'_>| {
            party.title == word
                || party.name == word
                || word.split_once('/').is_some_and(|(namespace, name)| {
                    party.namespace == namespace && (party.name == name || party.title == word)
                })
        };
        (0..self.parties.parties.len()).filter(|at| fits(&self.parties.parties[*at])).collect()
    }

    /// The classes of the pods of a party.
    fn classes_of(&self, party: usize) -> Vec<usize> {
        let mut classes: Vec<usize> =
            self.parties.parties[party].endpoints.iter().map(|endpoint| self.classes.of[*endpoint]).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// Whether every pod of a party is surely isolated in `direction` by some policy.
    pub fn is_isolated(&self, party: usize, direction: Direction) -> bool {
        self.classes_of(party).iter().all(|class| self.views.of(*class, direction).is_isolated() == clause::Match::Yes)
    }
}
