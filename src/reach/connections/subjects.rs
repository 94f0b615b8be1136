//! Whom each policy selects, whatever its kind.

use super::Connections;
use super::clause::{Match, PlaceTest, Pods};
use super::parties::PartyKind;
use crate::manifest::Resource;
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, BTreeSet};

/// A policy, and whom it selects.
#[derive(Clone, Debug)]
pub struct Subject<'w> {
    /// The policy.
    pub policy: &'w Resource<'w>,
    /// The parties that it selects, by number, and whether it surely does.
    pub parties: BTreeMap<usize, Match>,
    /// Whether it selects every pod of its own namespace, those among them that are not in the repo.
    pub whole_namespace: bool,
}

impl<'w> Connections<'w> {
    /// Every policy that is in force with those that it selects, in the order in which the policies are read.
    pub fn subjects(&self) -> Vec<Subject<'w>> {
        let mut of_class: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.classes.all.len()];
        for (endpoint, class) in self.parties.endpoints.iter().zip(&self.classes.of) {
            let seen = !matches!(self.parties.parties[endpoint.party].kind, PartyKind::Unseen);
            of_class[*class].extend(seen.then_some(endpoint.party));
        }
        let mut places: HashMap<*const Resource<'w>, usize> = HashMap::new();
        let mut subjects: Vec<Subject<'w>> = Vec::new();
        for decree in &self.book.decrees {
            let place = *places.entry(std::ptr::from_ref(decree.resource)).or_insert_with(|| {
                subjects.push(Subject { policy: decree.resource, parties: BTreeMap::new(), whole_namespace: false });
                subjects.len() - 1
            });
            let subject = &mut subjects[place];
            subject.whole_namespace |= match &self.book.pods[decree.subject] {
                Pods::Plain(PlaceTest::Own(_), selector) | Pods::Identity(Some(_), selector) => selector.selects_all(),
                _ => false,
            };
            for class in &self.classes.members[decree.subject] {
                let set = self.classes.all[*class].sets.iter().find(|(set, _)| *set == decree.subject);
                let sure = set.map_or(Match::No, |(_, answer)| *answer);
                let sure = if decree.doubt.is_some() { sure.min(Match::Maybe) } else { sure };
                for party in &of_class[*class] {
                    let known = subject.parties.entry(*party).or_insert(sure);
                    *known = (*known).max(sure);
                }
            }
        }
        subjects
    }
}
