//! What somebody surely reaches who is described and may not be in the repo: a pod of a namespace, or one that a rule lets in.

use super::Connections;
use super::clause::{Action, Identity, Match, PlaceTest, Pods, Reached};
use super::grants::{Grant, namespace_label};
use super::parties::same_place;
use super::view::{Other, judge, spoken_of};
use crate::graph::workload::Labels;
use crate::reach::NamespaceKey;
use crate::reach::answer::Answer;
use crate::reach::policy::Direction;
use crate::reach::ports::Protocol;
use crate::reach::selector::Requirement;

/// A pod of which the namespace alone is known: the sets of pods that it is, or may be, in.
#[derive(Clone, Debug)]
pub struct Visitor {
    sets: Vec<(usize, Match)>,
}

impl Connections<'_> {
    /// A pod of the namespace `name`, which has `labels`. Of the pod's own labels nothing is known.
    pub fn visitor(&self, name: &str, labels: &Labels<'_>) -> Visitor {
        let mut own = Labels::none();
        own.admit_more("which pod it is is not known");
        let place = NamespaceKey::Known(name);
        let is_in = |pods: &Pods<'_>| match pods {
            Pods::Plain(PlaceTest::Own(home), selector) => same_place(*home, place).and(selector.matches(&own)),
            Pods::Plain(PlaceTest::Selected(places), selector) => places.matches(labels).and(selector.matches(&own)),
            Pods::Identity(home, selector) => {
                let inside = home.map_or(Answer::Yes, |home| same_place(home, place));
                let identity = Identity { place, account: None, labels: &own, namespace_labels: labels };
                inside.and(identity.is_selected(selector))
            }
        };
        let answers = self.book.pods.iter().map(|pods| Match::from(&is_in(pods))).enumerate();
        Visitor { sets: answers.filter(|(_, answer)| *answer != Match::No).collect() }
    }

    /// What gets in to a party from such a pod.
    pub fn reached_from(&self, party: usize, visitor: &Visitor) -> Reached {
        self.let_in(party, &visitor.sets)
    }

    /// What gets in to a party from a pod that a rule describes, where no other rule speaks of it.
    pub fn reached_by(&self, party: usize, grant: &Grant<'_, '_>) -> Reached {
        let mut sets = self.every_pod.clone();
        sets.extend(grant.set.map(|set| (set, Match::Yes)));
        sets.sort_unstable();
        sets.dedup();
        self.let_in(party, &sets)
    }

    /// What gets in to some pod of a party from pods that are in these sets.
    fn let_in(&self, party: usize, sets: &[(usize, Match)]) -> Reached {
        self.classes_of(party).into_iter().fold(Reached::default(), |all, class| {
            let view = self.views.of(class, Direction::Ingress);
            all.or(&judge(&self.book, view, Other::Pods(sets), &self.classes.all[class].named))
        })
    }
}

impl<'w> Connections<'w> {
    /// What policies ask of the labels of a namespace that let all its pods out to a TCP port of a party, and not on every
    /// port: those are for more than that.
    pub fn ways_out(&self, party: usize, port: u16) -> Vec<Vec<(&str, &Requirement<'w>)>> {
        let classes = self.classes_of(party);
        let opens = |at: usize| {
            let clauses = self.book.decrees[at].egress.clauses.iter().filter(|clause| clause.action == Action::Allow);
            clauses.into_iter().filter(|clause| !clause.ports.fixed.is_all()).any(|clause| {
                classes.iter().any(|class| {
                    let (other, named) = (self.classes.other(*class), &self.classes.all[*class].named);
                    spoken_of(clause, Match::Yes, other, named).sure.holds(Protocol::Tcp, port)
                })
            })
        };
        let asked = |at: usize| {
            let decree = &self.book.decrees[at];
            let Pods::Identity(None, selector) = &self.book.pods[decree.subject] else { return None };
            if decree.doubt.is_some() || selector.doubt.is_some() {
                return None;
            }
            let asked = selector.requirements.iter().map(|asked| Some((namespace_label(asked.key())?, asked)));
            asked.collect::<Option<Vec<_>>>().filter(|asked| !asked.is_empty())
        };
        (0..self.book.decrees.len()).filter(|at| opens(*at)).filter_map(asked).collect()
    }
}
