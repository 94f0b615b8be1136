//! From classes of pods to flows between parties, and between parties and what is outside.

use super::classes::Classes;
use super::clause::{Entity, Reached};
use super::parties::Parties;
use super::view::{Other, addresses, judge};
use super::{Connections, End, Flow};
use crate::reach::addresses::{AddressRange, pieces};
use crate::reach::policy::Direction;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// Parties whose pods are of the same classes.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) classes: Vec<usize>,
    pub(super) parties: Vec<usize>,
}

/// All groups.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) all: Vec<Group>,
    /// The groups that a class is in.
    of_class: Vec<Vec<usize>>,
    /// The group of each party.
    pub(super) of_party: Vec<usize>,
}

impl Groups {
    pub(super) fn new(parties: &Parties<'_>, classes: &Classes<'_>) -> Groups {
        let mut known: HashMap<Vec<usize>, usize> = HashMap::new();
        let mut groups =
            Groups { all: Vec::new(), of_class: vec![Vec::new(); classes.all.len()], of_party: Vec::new() };
        for (at, party) in parties.parties.iter().enumerate() {
            let mut own: Vec<usize> = party.endpoints.iter().map(|endpoint| classes.of[*endpoint]).collect();
            own.sort_unstable();
            own.dedup();
            let group = *known.entry(own).or_insert_with_key(|own| {
                for class in own {
                    groups.of_class[*class].push(groups.all.len());
                }
                groups.all.push(Group { classes: own.clone(), parties: Vec::new() });
                groups.all.len() - 1
            });
            groups.all[group].parties.push(at);
            groups.of_party.push(group);
        }
        groups
    }
}

/// What holds of every one, and what holds of some.
fn combined(mut each: impl Iterator<Item = Reached>) -> Reached {
    let first = each.next().unwrap_or_default();
    each.fold(first, |all, one| all.either(&one))
}

impl<'w> Connections<'w> {
    /// What passes from pods of one class to pods of another one.
    pub(super) fn between(&self, from: usize, to: usize) -> Reached {
        let out = self.views.egress[from].with(to);
        let into = self.views.ingress[to].with(from);
        out.and(into)
    }

    /// What passes from one party to another one, or between two pods of one.
    pub fn reached(&self, from: usize, to: usize) -> Reached {
        if from == to {
            return self.within(from);
        }
        let (from, to) = (&self.groups.all[self.groups.of_party[from]], &self.groups.all[self.groups.of_party[to]]);
        combined(from.classes.iter().flat_map(|from| to.classes.iter().map(|to| self.between(*from, *to))))
    }

    /// What passes between two pods of a party; nothing where it has one.
    fn within(&self, party: usize) -> Reached {
        let party = &self.parties.parties[party];
        if !party.several {
            return Reached::default();
        }
        let own = &party.endpoints;
        let both = own.iter().flat_map(|from| own.iter().map(move |to| (*from, *to)));
        // A pod reaches itself whatever policies say; it takes two of a kind for a flow.
        let both = both.filter(|(from, to)| from != to || !self.parties.endpoints[*from].single || own.len() == 1);
        combined(both.map(|(from, to)| self.between(self.classes.of[from], self.classes.of[to])))
    }

    /// Calls `each` with every two groups of parties between which something may pass. Parties of one group reach each
    /// other as the group reaches itself; a party and itself are another question.
    pub fn each_pair(&self, mut each: impl FnMut(&[usize], &[usize], &Reached)) {
        let groups_of = |class: &usize| self.groups.of_class[*class].iter().copied();
        // Those who may send to pods that nothing singles out, and those who may send to a certain class.
        let mut anywhere: Vec<usize> = Vec::new();
        let mut to_class: Vec<Vec<usize>> = vec![Vec::new(); self.classes.all.len()];
        for (from, view) in self.views.egress.iter().enumerate() {
            if !view.default.is_empty() {
                anywhere.extend(groups_of(&from));
            }
            for (to, _) in view.special.iter().filter(|(_, reached)| !reached.is_empty()) {
                to_class[*to].extend(groups_of(&from));
            }
        }
        for to in &self.groups.all {
            let mut sources: Vec<usize> = Vec::new();
            for class in &to.classes {
                let view = &self.views.ingress[*class];
                if view.default.is_empty() {
                    let special = view.special.iter().filter(|(_, reached)| !reached.is_empty());
                    sources.extend(special.flat_map(|(class, _)| groups_of(class)));
                } else {
                    sources.extend(anywhere.iter().chain(&to_class[*class]));
                }
            }
            sources.sort_unstable();
            sources.dedup();
            for from in sources {
                let from = &self.groups.all[from];
                let combos = from.classes.iter().flat_map(|from| to.classes.iter().map(|to| self.between(*from, *to)));
                let reached = combined(combos);
                if !reached.is_empty() {
                    each(&from.parties, &to.parties, &reached);
                }
            }
        }
    }

    /// A number that parties have in common whose pods policies do not tell apart.
    pub fn group_of(&self, party: usize) -> usize {
        self.groups.of_party[party]
    }

    /// Calls `each` with every flow between parties, in no order that means anything. There may be millions.
    pub fn each_flow(&self, mut each: impl FnMut(Flow)) {
        self.each_pair(|from, to, reached| {
            let reached = Arc::new(reached.clone());
            for from in from {
                for to in to.iter().filter(|to| *to != from) {
                    each(Flow { from: End::Party(*from), to: End::Party(*to), reached: Arc::clone(&reached) });
                }
            }
        });
        for party in 0..self.parties.parties.len() {
            let reached = self.within(party);
            if !reached.is_empty() {
                each(Flow { from: End::Party(party), to: End::Party(party), reached: Arc::new(reached) });
            }
        }
    }

    /// Every flow between parties and what is no pod: addresses outside and, where Cilium is there, its entities. The
    /// API server is listed with nothing where a party has addresses to talk to and not it.
    pub fn outside(&self) -> Vec<Flow> {
        let mut flows = Vec::new();
        let with_v6 = self.speaks_of_v6();
        for group in &self.groups.all {
            for direction in Direction::ALL {
                for (end, reached) in self.beyond(&group.classes, direction, with_v6) {
                    let reached = Arc::new(reached);
                    for party in &group.parties {
                        let party = End::Party(*party);
                        let (from, to) = match direction {
                            Direction::Ingress => (end, party),
                            Direction::Egress => (party, end),
                        };
                        flows.push(Flow { from, to, reached: Arc::clone(&reached) });
                    }
                }
            }
        }
        flows
    }

    /// Whether some policy names addresses of version 6. Where none does they fare as those that no block names, and
    /// are not listed.
    fn speaks_of_v6(&self) -> bool {
        let views = self.views.ingress.iter().chain(&self.views.egress);
        views.flat_map(|view| addresses(&self.book, view)).any(|set| set.speaks_of_v6())
    }

    pub(super) fn beyond(&self, classes: &[usize], direction: Direction, with_v6: bool) -> Vec<(End, Reached)> {
        let views: Vec<_> = classes.iter().map(|class| self.views.of(*class, direction)).collect();
        let with = |other: Other<'_>| {
            combined(classes.iter().zip(&views).map(|(class, view)| {
                let containers = match direction {
                    Direction::Ingress => self.classes.all[*class].named.as_slice(),
                    Direction::Egress => &[],
                };
                judge(&self.book, view, other, containers)
            }))
        };
        let sets = views.iter().flat_map(|view| addresses(&self.book, view));
        let mut joined: Vec<(AddressRange, Reached)> = Vec::new();
        for piece in pieces(sets).into_iter().filter(|piece| with_v6 || !piece.is_v6()) {
            let reached = with(Other::Addresses(piece));
            if let Some(last) = joined.last_mut()
                && last.1 == reached
                && let Some(both) = last.0.joined(piece)
            {
                last.0 = both;
            } else {
                joined.push((piece, reached));
            }
        }
        let mut found: Vec<(End, Reached)> =
            joined.into_iter().map(|(range, reached)| (End::Addresses(range), reached)).collect();
        found.retain(|(_, reached)| !reached.is_empty());
        if self.book.cilium {
            for entity in Entity::ALL.into_iter().filter(|entity| self.is_spoken_of(*entity)) {
                let reached = with(Other::Entity(entity));
                if !reached.is_empty() {
                    found.push((End::Entity(entity), reached));
                }
            }
            // No address stands for the API server. Where some is open, it is told that it is not.
            let reached = with(Other::Entity(Entity::KubeApiserver));
            if !reached.is_empty() || found.iter().any(|(end, _)| matches!(end, End::Addresses(_))) {
                found.push((End::Entity(Entity::KubeApiserver), reached));
            }
        }
        found
    }

    /// Whether an entity is listed: the nodes always are, others where a policy names them by themselves.
    fn is_spoken_of(&self, entity: Entity) -> bool {
        match entity {
            Entity::Host | Entity::RemoteNode => true,
            // It has a way of its own.
            Entity::KubeApiserver => false,
            _ => self.named_entities.contains(&entity),
        }
    }

    /// What passes between the pods of a party and an address or an entity.
    pub fn reached_beyond(&self, party: usize, end: End, direction: Direction) -> Reached {
        let other = match end {
            End::Addresses(range) => Other::Addresses(range),
            End::Entity(entity) => Other::Entity(entity),
            End::Party(other) => {
                return match direction {
                    Direction::Ingress => self.reached(other, party),
                    Direction::Egress => self.reached(party, other),
                };
            }
        };
        combined(self.classes_of(party).iter().map(|class| {
            let containers = match direction {
                Direction::Ingress => self.classes.all[*class].named.as_slice(),
                Direction::Egress => &[],
            };
            judge(&self.book, self.views.of(*class, direction), other, containers)
        }))
    }
}
