//! What others could reach, who are not in the repo: a pod in any namespace, and pods that a rule describes.

use super::Connections;
use super::clause::{Match, PlaceTest, Pods, Reached, Who};
use super::grants::namespace_label;
use super::parties::place_name;
use super::view::{Other, judge};
use crate::reach::METADATA_NAME;
use crate::reach::policy::Direction;
use crate::reach::selector::Selector;
use kube_core::Expression;

/// Somebody who is not in the repo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stranger {
    /// Any pod of any namespace.
    AnyPod,
    /// A pod with what a rule asks for.
    Described(String),
}

/// What a stranger reaches, or is reached on.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Whom, by number.
    pub party: usize,
    /// Whether the stranger comes in or is gone out to.
    pub direction: Direction,
    /// Who it is.
    pub stranger: Stranger,
    /// What passes on the party's side; the other side is not known.
    pub reached: Reached,
}

impl Connections<'_> {
    /// What strangers reach of each party, and each party of strangers.
    pub fn exposure(&self) -> Vec<Exposure> {
        let mut all = Vec::new();
        for group in &self.groups.all {
            for direction in Direction::ALL {
                let mut found: Vec<(Stranger, Reached)> = Vec::new();
                for class in &group.classes {
                    self.exposed(*class, direction, &mut found);
                }
                found.sort_by(|a, b| a.0.cmp(&b.0));
                found.dedup_by(|a, b| a == b);
                for party in &group.parties {
                    all.extend(found.iter().map(|(stranger, reached)| Exposure {
                        party: *party,
                        direction,
                        stranger: stranger.clone(),
                        reached: reached.clone(),
                    }));
                }
            }
        }
        all
    }

    fn exposed(&self, class: usize, direction: Direction, found: &mut Vec<(Stranger, Reached)>) {
        let own = &self.classes.all[class];
        if own.host_network {
            return;
        }
        let view = self.views.of(class, direction);
        let containers = if direction == Direction::Ingress { own.named.as_slice() } else { &[] };
        // A set may hold all pods that are in the repo, and not this one.
        let anybody = judge(&self.book, view, Other::Pods(&self.every_pod), containers);
        if !anybody.is_empty() {
            found.push((Stranger::AnyPod, anybody.clone()));
        }
        let is_special = |set: &usize| self.every_pod.binary_search_by_key(set, |(at, _)| *at).is_err();
        let mut sets: Vec<usize> = Vec::new();
        for ruling in &view.rulings {
            let clauses = &self.book.decrees[ruling.decree].side(direction).clauses;
            sets.extend(clauses.iter().flat_map(|clause| &clause.who).filter_map(|who| match who {
                Who::Pods(set) if is_special(set) => Some(*set),
                _ => None,
            }));
        }
        sets.sort_unstable();
        sets.dedup();
        for set in sets {
            let mut inside = self.every_pod.clone();
            inside.push((set, Match::Yes));
            inside.sort_unstable();
            let reached = judge(&self.book, view, Other::Pods(&inside), containers);
            if !reached.is_empty() && reached != anybody {
                found.push((Stranger::Described(description(&self.book.pods[set])), reached));
            }
        }
    }
}

/// How a report names the pods of a set.
pub(super) fn description(pods: &Pods<'_>) -> String {
    let own = |selector: &Selector<'_>| pod(&all(selector), selector.doubt.is_some());
    match pods {
        Pods::Plain(PlaceTest::Own(place), selector) => format!("{}/{}", place_name(*place), own(selector)),
        Pods::Plain(PlaceTest::Selected(places), selector) => {
            format!("{}/{}", namespace(&all(places), places.doubt.is_some()), own(selector))
        }
        Pods::Identity(place, selector) => {
            let (mut places, mut asked) = (Vec::new(), Vec::new());
            for requirement in &selector.requirements {
                match namespace_label(requirement.key()) {
                    // That there is a namespace is no more than that it is a pod.
                    Some(METADATA_NAME) if matches!(requirement.expression, Expression::Exists(_)) => {}
                    Some(key) => places.push(about(key, &requirement.expression)),
                    None => asked.push(requirement.expression.clone()),
                }
            }
            let place = place.map_or_else(|| namespace(&places, false), place_name);
            format!("{place}/{}", pod(&asked, selector.doubt.is_some()))
        }
    }
}

fn all(selector: &Selector<'_>) -> Vec<Expression> {
    selector.requirements.iter().map(|requirement| requirement.expression.clone()).collect()
}

/// The same, asked of another label.
fn about(key: &str, asked: &Expression) -> Expression {
    let key = key.to_owned();
    match asked.clone() {
        Expression::In(_, values) => Expression::In(key, values),
        Expression::NotIn(_, values) => Expression::NotIn(key, values),
        Expression::Equal(_, value) => Expression::Equal(key, value),
        Expression::NotEqual(_, value) => Expression::NotEqual(key, value),
        Expression::Exists(_) => Expression::Exists(key),
        Expression::DoesNotExist(_) => Expression::DoesNotExist(key),
    }
}

/// What is asked, as `kubectl get -l` would take it, and `...` for what is not known.
fn list(asked: &[Expression], more: bool) -> String {
    let more = more.then(|| "...".to_owned());
    asked.iter().map(Expression::to_string).chain(more).collect::<Vec<_>>().join(",")
}

fn pod(asked: &[Expression], more: bool) -> String {
    match asked {
        [] if !more => "[all pods]".to_owned(),
        _ => format!("[pod with {{{}}}]", list(asked, more)),
    }
}

fn namespace(asked: &[Expression], more: bool) -> String {
    match asked {
        [] if !more => "[all namespaces]".to_owned(),
        [Expression::Equal(key, name)] if key == METADATA_NAME && !more => name.clone(),
        _ => format!("[namespace with {{{}}}]", list(asked, more)),
    }
}
