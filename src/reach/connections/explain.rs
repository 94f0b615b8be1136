//! Why traffic passes or does not: on both sides the policies that isolate, and the rules that let it through or stop it.

use super::clause::{Action, Clause, Match, Reached, Who};
use super::view::{Other, judge, names, spoken_of};
use super::{Connections, End, Endpoint};
use crate::graph::workload::{ContainerPort, Label};
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
    /// Which of them, where policies tell them apart.
    pub which: Option<String>,
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

/// Pods of one class and whoever is at the other end.
struct Pair<'p, 'w> {
    own: &'p Endpoint<'w>,
    class: usize,
    there: Option<&'p Endpoint<'w>>,
    other_class: Option<usize>,
    seen: Other<'p>,
}

impl<'w> Connections<'w> {
    /// Why traffic from one end to the other on `ports` passes or does not. Where policies tell pods of a party apart, each
    /// kind of pod has a half of its own.
    pub fn explain(&self, from: End, to: End, ports: &PortSet) -> Explanation<'w> {
        let mut halves = Vec::new();
        let sides = [(from, to, Direction::Egress), (to, from, Direction::Ingress)];
        for (own, other, direction) in sides {
            let End::Party(party) = own else { continue };
            let mut classes: Vec<usize> = Vec::new();
            for endpoint in &self.parties.parties[party].endpoints {
                if !classes.contains(&self.classes.of[*endpoint]) {
                    classes.push(self.classes.of[*endpoint]);
                }
            }
            let several = classes.len() > 1;
            for class in classes {
                let which = several.then(|| self.which(self.endpoint(party, class))).flatten();
                for (seen, other_class) in self.seen(other) {
                    let there = match (other, other_class) {
                        (End::Party(at), Some(class)) => Some(self.endpoint(at, class)),
                        _ => None,
                    };
                    let pair = Pair { own: self.endpoint(party, class), class, there, other_class, seen };
                    let half = self.half(party, &pair, direction, ports);
                    let known = |half: &Half<'w>, other: &Half<'w>| {
                        half.which == other.which && half.direction == other.direction && half.reached == other.reached
                    };
                    let half = Half { which: which.clone(), ..half };
                    // Pods at the other end that make no difference are told once.
                    if !halves.iter().any(|other| known(&half, other)) {
                        halves.push(half);
                    }
                }
            }
        }
        let asked = Reached::exactly(ports.clone());
        let reached = match (from, to) {
            (End::Party(from), to) => self.reached_beyond(from, to, Direction::Egress),
            (from, End::Party(to)) => self.reached_beyond(to, from, Direction::Ingress),
            _ => Reached::all(),
        };
        // Two pods of one party are asked about even where it has only one.
        let one = from == to && !matches!(from, End::Party(party) if self.parties.parties[party].several);
        let reached = if one { halves.iter().fold(asked.clone(), |all, half| all.and(&half.reached)) } else { reached };
        Explanation { halves, reached: reached.and(&asked) }
    }

    /// The kind of pod of a party that is of a class.
    fn endpoint(&self, party: usize, class: usize) -> &Endpoint<'w> {
        let mut own = self.parties.parties[party].endpoints.iter();
        let at = own.find(|at| self.classes.of[**at] == class).copied().unwrap_or(self.classes.all[class].example);
        &self.parties.endpoints[at]
    }

    /// What sets the pods of a class apart from others of their party.
    fn which(&self, endpoint: &Endpoint<'w>) -> Option<String> {
        match endpoint.labels.get("cnpg.io/instanceRole") {
            Label::Is(role) => Some(format!("the {role}")),
            _ if endpoint.resource.kind == "Pod" => endpoint.resource.name().map(|name| format!("Pod {name}")),
            _ => None,
        }
    }

    /// An end as the other one sees it: by class, where it is pods.
    pub(super) fn seen(&self, end: End) -> Vec<(Other<'_>, Option<usize>)> {
        match end {
            End::Party(at) => {
                self.classes_of(at).into_iter().map(|class| (self.classes.other(class), Some(class))).collect()
            }
            End::Addresses(range) => vec![(Other::Addresses(range), None)],
            End::Entity(entity) => vec![(Other::Entity(entity), None)],
        }
    }

    fn half(&self, party: usize, pair: &Pair<'_, 'w>, direction: Direction, ports: &PortSet) -> Half<'w> {
        let Pair { class, other_class, seen, .. } = *pair;
        let view = self.views.of(class, direction);
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
                let doubt = self.subject_doubt(ruling.decree, ruling.applies, pair.own);
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
                    self.clause_doubt(ruling.decree, clause, ruling.applies, pair)
                };
                findings.push(self.finding(decree.resource, decision, clause.value, fits, note));
            }
        }
        let reached = self.reached_on(class, seen, direction, containers).and(&Reached::exactly(ports.clone()));
        Half { direction, end: End::Party(party), which: None, findings, reached }
    }

    pub(super) fn reached_on(
        &self,
        class: usize,
        other: Other<'_>,
        direction: Direction,
        containers: &[ContainerPort<'_>],
    ) -> Reached {
        judge(&self.book, self.views.of(class, direction), other, containers)
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
    pub(super) fn subject_doubt(&self, decree: usize, applies: Match, endpoint: &Endpoint<'w>) -> Option<String> {
        if applies == Match::Yes {
            return None;
        }
        let decree = &self.book.decrees[decree];
        match self.classes.answer(&self.book, decree.subject, endpoint) {
            Answer::Unknown(reason) => Some(reason),
            _ => decree.doubt.clone(),
        }
    }

    fn clause_doubt(&self, decree: usize, clause: &Clause<'w>, applies: Match, pair: &Pair<'_, 'w>) -> Option<String> {
        if let Some(reason) = self.subject_doubt(decree, applies, pair.own) {
            return Some(reason);
        }
        for who in &clause.who {
            match (who, pair.there) {
                (Who::Unsure { reason, .. }, _) => return Some(reason.clone()),
                (Who::Pods(set), Some(endpoint)) if names(who, pair.seen) == Match::Maybe => {
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
