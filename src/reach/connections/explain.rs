//! Why traffic passes or does not: on both sides the policies that isolate, and the rules that let it through or stop it.

use super::clause::{Action, Match, Reached, Tier, Who};
use super::view::{names, spoken_of};
use super::{Connections, End};
use crate::manifest::Resource;
use crate::reach::answer::Answer;
use crate::reach::policy::Direction;
use crate::reach::ports::PortSet;
use crate::source::Span;
use crate::yaml::Value;

/// What a policy, or a rule of it, does with traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The policy isolates the pods: only what some rule allows passes.
    Isolates,
    /// The rule lets it through.
    Allows,
    /// The rule stops it.
    Denies,
    /// The rule leaves it to the policies of the next tier.
    Passes,
    /// The rule may let it through, or not.
    Unknown,
}

/// A policy or a rule with a say.
#[derive(Clone, Debug)]
pub struct Finding<'w> {
    /// The policy.
    pub policy: &'w Resource<'w>,
    /// What it does.
    pub decision: Decision,
    /// Where that is written.
    pub span: Span,
    /// On which ports.
    pub ports: PortSet,
    /// Why it is not known, where it is not; else what is worth knowing beside.
    pub note: Option<String>,
}

/// One side of a flow.
#[derive(Clone, Debug)]
pub struct Half<'w> {
    /// Seen from the pods that the policies are about.
    pub direction: Direction,
    /// Those pods.
    pub end: End,
    /// What policies there have to say, in order; nothing where none has a say.
    pub findings: Vec<Finding<'w>>,
    /// What passes on this side.
    pub reached: Reached,
}

/// Why traffic passes or does not.
#[derive(Clone, Debug)]
pub struct Explanation<'w> {
    /// The side it leaves, then the side it enters.
    pub halves: Vec<Half<'w>>,
    /// What passes both.
    pub reached: Reached,
}

impl<'w> Connections<'w> {
    /// Why traffic from one end to the other on `ports` passes or does not.
    pub fn explain(&self, from: End, to: End, ports: &PortSet) -> Explanation<'w> {
        let mut halves = Vec::new();
        let sides = [(from, to, Direction::Egress), (to, from, Direction::Ingress)];
        for (own, other, direction) in sides {
            if let End::Party(party) = own {
                halves.push(self.half(party, other, direction, ports));
            }
        }
        let asked = Reached::exactly(ports.clone());
        let reached = halves.iter().fold(asked, |all, half| all.and(&half.reached));
        Explanation { halves, reached }
    }

    fn half(&self, party: usize, other: End, direction: Direction, ports: &PortSet) -> Half<'w> {
        let class = self.classes_of(party)[0];
        let view = self.views.of(class, direction);
        let other_class = match other {
            End::Party(at) => self.classes_of(at).last().copied(),
            _ => None,
        };
        let seen = match (other, other_class) {
            (_, Some(class)) => self.classes.other(class),
            (End::Addresses(range), _) => super::view::Other::Addresses(range),
            (End::Entity(entity), _) => super::view::Other::Entity(entity),
            (End::Party(_), None) => super::view::Other::Node,
        };
        let containers = match (direction, other_class) {
            (Direction::Ingress, _) => self.classes.all[class].named.as_slice(),
            (Direction::Egress, Some(class)) => self.classes.all[class].named.as_slice(),
            (Direction::Egress, None) => &[],
        };
        let mut findings = Vec::new();
        for ruling in &view.rulings {
            let decree = &self.book.decrees[ruling.decree];
            let side = decree.side(direction);
            if Match::from(&side.isolates) != Match::No {
                let doubt = self.subject_doubt(ruling.decree, ruling.applies, class);
                let decision = if doubt.is_none() { Decision::Isolates } else { Decision::Unknown };
                findings.push(self.finding(decree.resource, decision, decree.place, PortSet::all(), doubt));
            }
            for clause in &side.clauses {
                let spoken = spoken_of(clause, ruling.applies, seen, containers);
                let fits = spoken.maybe.intersection(ports);
                if fits.is_empty() {
                    continue;
                }
                let sure = spoken.sure.covers(&fits);
                let decision = match (sure, clause.action) {
                    (false, _) => Decision::Unknown,
                    (_, Action::Allow) => Decision::Allows,
                    (_, Action::Deny) => Decision::Denies,
                    (_, Action::Pass) => Decision::Passes,
                };
                let note = if sure {
                    clause.limited.then(|| "rules for HTTP or Kafka narrow what may be said there".to_owned())
                } else {
                    self.clause_doubt(ruling.decree, clause, ruling.applies, class, other_class)
                };
                findings.push(self.finding(decree.resource, decision, clause.value, fits, note));
            }
        }
        let order = |tier: Tier| match tier {
            Tier::Admin(_) => 0,
            Tier::Network => 1,
            Tier::Baseline(_) => 2,
        };
        debug_assert!(view.rulings.is_sorted_by_key(|ruling| order(self.book.decrees[ruling.decree].tier)));
        let reached = self.reached_on(class, seen, direction, containers).and(&Reached::exactly(ports.clone()));
        Half { direction, end: End::Party(party), findings, reached }
    }

    fn reached_on(
        &self,
        class: usize,
        other: super::view::Other<'_>,
        direction: Direction,
        containers: &[crate::graph::workload::ContainerPort<'_>],
    ) -> Reached {
        super::view::judge(&self.book, self.views.of(class, direction), other, containers)
    }

    fn finding(
        &self,
        policy: &'w Resource<'w>,
        decision: Decision,
        value: Value<'w>,
        ports: PortSet,
        note: Option<String>,
    ) -> Finding<'w> {
        Finding { policy, decision, span: value.span(), ports, note }
    }

    /// Why it is not sure that a policy is about pods of a class.
    fn subject_doubt(&self, decree: usize, applies: Match, class: usize) -> Option<String> {
        if applies == Match::Yes {
            return None;
        }
        let decree = &self.book.decrees[decree];
        let endpoint = &self.parties.endpoints[self.classes.all[class].example];
        match self.classes.answer(&self.book, decree.subject, endpoint) {
            Answer::Unknown(reason) => Some(reason),
            _ => decree.doubt.clone(),
        }
    }

    fn clause_doubt(
        &self,
        decree: usize,
        clause: &super::clause::Clause<'w>,
        applies: Match,
        class: usize,
        other: Option<usize>,
    ) -> Option<String> {
        if let Some(reason) = self.subject_doubt(decree, applies, class) {
            return Some(reason);
        }
        for who in &clause.who {
            match (who, other) {
                (Who::Unsure { reason, .. }, _) => return Some(reason.clone()),
                (Who::Pods(set), Some(other)) if names(who, self.classes.other(other)) == Match::Maybe => {
                    let endpoint = &self.parties.endpoints[self.classes.all[other].example];
                    if let Answer::Unknown(reason) = self.classes.answer(&self.book, *set, endpoint) {
                        return Some(reason);
                    }
                }
                _ => {}
            }
        }
        clause.ports.doubt.as_ref().map(|(_, reason)| reason.clone())
    }

    /// Why it is not known what passes between two ends, where it is not.
    pub fn doubt(&self, from: End, to: End) -> Option<String> {
        let explanation = self.explain(from, to, &PortSet::all());
        let mut findings = explanation.halves.into_iter().flat_map(|half| half.findings);
        let unknown = findings.find(|finding| finding.decision == Decision::Unknown);
        unknown.map(|finding| finding.note.unwrap_or_else(|| "the repo does not tell".into())).or_else(|| {
            let several = [from, to].into_iter().any(|end| match end {
                End::Party(party) => self.classes_of(party).len() > 1,
                _ => false,
            });
            several.then(|| "it holds for some of the pods and not for others".to_owned())
        })
    }
}
