//! Whom rules let in to a port, one by one, with the place of each: what rules of the catalogue point at.

use super::Connections;
use super::clause::{Action, Match, NAMESPACE_LABELS, POD_NAMESPACE, PlaceTest, Pods, SERVICE_ACCOUNT, Who, bare_key};
use super::exposure::description;
use super::parties::same_place;
use crate::graph::workload::{Label, Labels};
use crate::manifest::Resource;
use crate::reach::answer::{Answer, all};
use crate::reach::namespaces::selects_every_namespace;
use crate::reach::policy::Direction;
use crate::reach::ports::Protocol;
use crate::reach::selector::{Requirement, Selector};
use crate::reach::{METADATA_NAME, NamespaceKey};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};
use kube_core::Expression;

/// Somebody whom a rule lets in.
#[derive(Clone, Copy, Debug)]
pub enum Granted<'c, 'w> {
    /// Everybody, inside the cluster and outside.
    Everyone,
    /// Pods.
    Pods(&'c Pods<'w>),
    /// Addresses or what is no pod; whether it covers pods is not known.
    Others,
}

/// One peer of a rule that lets traffic in.
#[derive(Clone, Debug)]
pub struct Grant<'c, 'w> {
    /// The policy.
    pub policy: &'w Resource<'w>,
    /// Its rule.
    pub rule: Value<'w>,
    /// Where the peer is written: the rule itself where it names nobody.
    pub peer: Value<'w>,
    /// Whether it surely is in force for the pods and the port in question.
    pub sure: bool,
    /// Why it may not be in force, if so.
    pub doubt: Option<String>,
    /// Who is let in.
    pub who: Granted<'c, 'w>,
    /// Where the pods are selected to which they are let in.
    pub subject: Value<'w>,
    /// The set of the pods that are let in, by number.
    pub(super) set: Option<usize>,
}

impl<'w> Grant<'_, 'w> {
    /// Where this rule writes what it asks for. Selectors that ask for the same are one, so the place of a requirement may be
    /// that of another policy.
    pub fn written(&self, asked: &Requirement<'w>) -> Value<'w> {
        let (peer, own) = (self.peer.span(), asked.value.span());
        if peer.source == own.source && peer.start <= own.start && own.end <= peer.end {
            return asked.value;
        }
        let parts = ["podSelector", "namespaceSelector", "pods", "namespaces"].map(|key| self.peer.get(key));
        let of_pods = parts[2].and_then(|pods| pods.get("podSelector"));
        let selectors = || [Some(self.peer), of_pods].into_iter().chain(parts).flatten();
        let is_meant = |key: &str| key.ends_with(asked.key()) || asked.key().ends_with(key);
        let labels = selectors().filter_map(|selector| selector.get("matchLabels")).flat_map(Value::entries);
        let label = labels.into_iter().find(|(key, _)| is_meant(key)).map(|(_, value)| value);
        let listed = || {
            let items = selectors().filter_map(|selector| selector.get("matchExpressions")).flat_map(Value::items);
            items.into_iter().find(|item| item.get("key").and_then(Value::known).is_some_and(is_meant))
        };
        label.or_else(listed).unwrap_or(self.peer)
    }
}

/// A selector of namespaces in a rule.
#[derive(Clone, Debug)]
pub struct NamespaceTest<'c, 'w> {
    /// The first policy that has it.
    pub policy: &'w Resource<'w>,
    /// What it asks of a namespace: the label, without what Cilium puts before it, and the requirement.
    pub requirements: Vec<(&'c str, &'c Requirement<'w>)>,
}

/// The label of a namespace that a key of Cilium asks about.
pub(super) fn namespace_label(key: &str) -> Option<&str> {
    let key = bare_key(key);
    if key == POD_NAMESPACE { Some(METADATA_NAME) } else { key.strip_prefix(NAMESPACE_LABELS) }
}

impl<'w> Connections<'w> {
    /// Whom rules let in to a TCP port of a party, whether or not other rules stop it. Nothing is said of parties that no
    /// policy isolates.
    pub fn grants(&self, party: usize, port: u16) -> Vec<Grant<'_, 'w>> {
        let mut grants = Vec::new();
        let mut seen: HashSet<(Span, usize)> = HashSet::new();
        for class in self.classes_of(party) {
            let containers = self.classes.all[class].named.as_slice();
            let view = self.views.of(class, Direction::Ingress);
            if view.is_isolated() == Match::No {
                continue;
            }
            for ruling in &view.rulings {
                let decree = &self.book.decrees[ruling.decree];
                let allowing = decree.ingress.clauses.iter().filter(|clause| clause.action == Action::Allow);
                for clause in allowing {
                    let ports = clause.ports.on(containers);
                    if !ports.maybe.holds(Protocol::Tcp, port) {
                        continue;
                    }
                    let known = ports.sure.holds(Protocol::Tcp, port);
                    let in_force = || {
                        let example = &self.parties.endpoints[self.classes.all[class].example];
                        let open = match &decree.ingress.isolates {
                            Answer::Unknown(reason) => Some(reason.clone()),
                            _ => None,
                        };
                        let about = || self.subject_doubt(ruling.decree, ruling.applies, example);
                        let maybe =
                            || (ruling.applies != Match::Yes).then(|| "which pods it selects is not known".into());
                        open.or_else(about).or_else(maybe)
                    };
                    let unsure = in_force().or_else(|| {
                        let reason = clause.ports.doubt.as_ref().map(|(_, reason)| reason.clone());
                        (!known).then(|| reason.unwrap_or_else(|| "a port of a container is not known".into()))
                    });
                    for (at, (who, peer)) in clause.who.iter().zip(&clause.places).enumerate() {
                        if !seen.insert((clause.value.span(), at)) {
                            continue;
                        }
                        let set = match who {
                            Who::Pods(set) => Some(*set),
                            _ => None,
                        };
                        let (who, doubt) = match who {
                            Who::Everyone => (Granted::Everyone, unsure.clone()),
                            Who::Pods(set) => (Granted::Pods(&self.book.pods[*set]), unsure.clone()),
                            Who::Addresses(_) | Who::Entities(_) => (Granted::Others, unsure.clone()),
                            Who::Unsure { reason, .. } => (Granted::Others, Some(reason.clone())),
                        };
                        let (policy, rule, peer) = (decree.resource, clause.value, *peer);
                        let (subject, sure) = (decree.place, doubt.is_none());
                        grants.push(Grant { policy, rule, peer, sure, doubt, who, subject, set });
                    }
                }
            }
        }
        grants
    }

    /// Every selector of namespaces by which some rule finds its peers.
    pub fn namespace_tests(&self) -> Vec<NamespaceTest<'_, 'w>> {
        let mut seen: HashSet<usize> = HashSet::new();
        let mut tests = Vec::new();
        for decree in self.book.decrees.iter().filter(|decree| decree.doubt.is_none()) {
            let clauses = decree.ingress.clauses.iter().chain(&decree.egress.clauses);
            for who in clauses.flat_map(|clause| &clause.who) {
                let Who::Pods(set) = who else { continue };
                if !seen.insert(*set) {
                    continue;
                }
                let (selector, plain) = match &self.book.pods[*set] {
                    Pods::Plain(PlaceTest::Selected(places), _) => (places, true),
                    Pods::Identity(_, selector) => (selector, false),
                    Pods::Plain(PlaceTest::Own(_), _) => continue,
                };
                let named = selector.requirements.iter().filter_map(|requirement| {
                    let key = requirement.key();
                    Some((if plain { key } else { namespace_label(key)? }, requirement))
                });
                let requirements: Vec<_> = named.collect();
                let doubtful = requirements.iter().any(|(_, requirement)| requirement.doubt.is_some());
                if selector.doubt.is_none() && !doubtful && !requirements.is_empty() {
                    tests.push(NamespaceTest { policy: decree.resource, requirements });
                }
            }
        }
        tests
    }
}

impl<'w> Pods<'w> {
    /// What is asked of the labels of a namespace, its name among them: the label, and the requirement.
    pub fn asked_of_namespace(&self) -> Vec<(&str, &Requirement<'w>)> {
        match self {
            Pods::Plain(PlaceTest::Selected(places), _) => {
                places.requirements.iter().map(|requirement| (requirement.key(), requirement)).collect()
            }
            Pods::Identity(_, selector) => {
                let named = selector.requirements.iter();
                named.filter_map(|asked| Some((namespace_label(asked.key())?, asked))).collect()
            }
            Pods::Plain(..) => Vec::new(),
        }
    }
}

impl Granted<'_, '_> {
    /// Whether some pod of the namespace `name`, which has `labels`, may be meant: what is asked of pods is left out.
    pub fn admits(&self, name: &str, labels: &Labels<'_>) -> Answer {
        let pods = match self {
            Granted::Everyone => return Answer::Yes,
            Granted::Others => return Answer::Unknown("whether addresses that are let in are those of pods".into()),
            Granted::Pods(pods) => pods,
        };
        let place = NamespaceKey::Known(name);
        match pods {
            Pods::Plain(PlaceTest::Own(own), _) => same_place(*own, place),
            Pods::Plain(PlaceTest::Selected(places), _) => places.matches(labels),
            Pods::Identity(own, selector) => {
                let inside = own.map_or(Answer::Yes, |own| same_place(own, place));
                let asked = selector.requirements.iter().filter_map(|requirement| {
                    let label = match namespace_label(requirement.key())? {
                        METADATA_NAME => Label::Is(name),
                        key => labels.get(key),
                    };
                    Some(requirement.holds_for(label))
                });
                inside.and(all(asked)).doubted(selector.doubt.as_deref())
            }
        }
    }

    /// The labels of pods that are all that is asked for, whatever the namespace.
    pub fn by_pod_labels_alone(&self) -> Option<Vec<&Requirement<'_>>> {
        let Granted::Pods(pods) = self else { return None };
        let is_positive = |requirement: &&Requirement<'_>| {
            matches!(requirement.expression, Expression::Equal(..) | Expression::In(..) | Expression::Exists(_))
        };
        let (selector, asked): (&Selector<'_>, Vec<&Requirement<'_>>) = match pods {
            Pods::Plain(PlaceTest::Selected(places), selector) if selects_every_namespace(places) => {
                (selector, selector.requirements.iter().collect())
            }
            Pods::Identity(None, selector) => {
                let of_place = |requirement: &&Requirement<'_>| namespace_label(requirement.key()).is_some();
                let every = Expression::Exists(String::new());
                let bound = selector.requirements.iter().filter(of_place).any(|requirement| {
                    std::mem::discriminant(&requirement.expression) != std::mem::discriminant(&every)
                        || namespace_label(requirement.key()) != Some(METADATA_NAME)
                });
                let accounts = selector.requirements.iter().any(|asked| bare_key(asked.key()) == SERVICE_ACCOUNT);
                if bound || accounts {
                    return None;
                }
                (selector, selector.requirements.iter().filter(|requirement| !of_place(requirement)).collect())
            }
            Pods::Plain(..) | Pods::Identity(Some(_), _) => return None,
        };
        let known = selector.doubt.is_none() && asked.iter().all(|requirement| requirement.doubt.is_none());
        (known && asked.iter().any(is_positive)).then_some(asked)
    }
}

impl<'c, 'w> Granted<'c, 'w> {
    /// What is asked of the labels of a namespace by which it can opt in: without its name.
    pub fn opt_in(&self) -> Vec<(&'c str, &'c Requirement<'w>)> {
        let mut asked = self.asked_of_namespace();
        // That there is a namespace is how Cilium's rules say that any will do.
        asked.retain(|(key, asked)| *key != METADATA_NAME || !matches!(asked.expression, Expression::Exists(_)));
        if asked.iter().any(|(key, _)| *key == METADATA_NAME) { Vec::new() } else { asked }
    }

    /// What is asked of the labels of a namespace, its name among them: the label, and the requirement.
    pub fn asked_of_namespace(&self) -> Vec<(&'c str, &'c Requirement<'w>)> {
        match *self {
            Granted::Pods(pods) => pods.asked_of_namespace(),
            Granted::Everyone | Granted::Others => Vec::new(),
        }
    }
}

impl<'w> Granted<'_, 'w> {
    /// What it asks of pods of the policy's own namespace, where it lets in those alone.
    pub fn asked_of_neighbours(&self) -> &[Requirement<'w>] {
        match self {
            Granted::Pods(Pods::Plain(PlaceTest::Own(_), own) | Pods::Identity(Some(_), own)) => &own.requirements,
            _ => &[],
        }
    }
}

impl Granted<'_, '_> {
    /// The namespaces that it names, where it lets in pods of those alone; nothing for pods beside the policy.
    pub fn named_places(&self) -> Option<Vec<&str>> {
        let Granted::Pods(pods) = self else { return None };
        let asked: Vec<&Requirement<'_>> = match pods {
            Pods::Plain(PlaceTest::Own(_), _) | Pods::Identity(Some(_), _) => return Some(Vec::new()),
            Pods::Plain(PlaceTest::Selected(places), _) => {
                places.requirements.iter().filter(|requirement| requirement.key() == METADATA_NAME).collect()
            }
            Pods::Identity(None, selector) => {
                let is_name = |asked: &&Requirement<'_>| namespace_label(asked.key()) == Some(METADATA_NAME);
                selector.requirements.iter().filter(is_name).collect()
            }
        };
        let is_list = |asked: &&Requirement<'_>| {
            asked.doubt.is_none() && matches!(asked.expression, Expression::Equal(..) | Expression::In(..))
        };
        asked.into_iter().find(is_list).map(Requirement::wanted)
    }

    /// Whether all that it means is surely meant by `other` too.
    pub fn is_within(&self, other: &Granted<'_, '_>) -> bool {
        let (Granted::Pods(own), Granted::Pods(wider)) = (self, other) else {
            return matches!(other, Granted::Everyone);
        };
        match (own, wider) {
            (Pods::Plain(PlaceTest::Own(a), pods), Pods::Plain(PlaceTest::Own(b), more)) => {
                a == b && is_narrower(pods, more)
            }
            (Pods::Plain(PlaceTest::Selected(a), pods), Pods::Plain(PlaceTest::Selected(b), more)) => {
                is_narrower(a, b) && is_narrower(pods, more)
            }
            (Pods::Identity(a, pods), Pods::Identity(b, more)) => (b.is_none() || a == b) && is_narrower(pods, more),
            (Pods::Plain(PlaceTest::Own(_), pods), Pods::Plain(PlaceTest::Selected(b), more)) => {
                b.selects_all() && is_narrower(pods, more)
            }
            _ => false,
        }
    }

    /// How a report names whom it lets in, as [`super::Stranger`] does.
    pub fn description(&self) -> Option<String> {
        match self {
            Granted::Pods(pods) => Some(description(pods)),
            Granted::Everyone | Granted::Others => None,
        }
    }
}

/// Whether `wide` surely selects all that `narrow` does: each of its requirements follows from one of the other.
fn is_narrower(narrow: &Selector<'_>, wide: &Selector<'_>) -> bool {
    wide.doubt.is_none()
        && wide.requirements.iter().all(|wide| narrow.requirements.iter().any(|own| follows(own, wide)))
}

fn follows(own: &Requirement<'_>, wide: &Requirement<'_>) -> bool {
    if own.key() != wide.key() || wide.doubt.is_some() {
        return false;
    }
    let (narrow, wanted) = (own.wanted(), wide.wanted());
    match &wide.expression {
        Expression::Exists(_) => matches!(own.expression, Expression::Exists(_)) || !narrow.is_empty(),
        Expression::Equal(..) | Expression::In(..) => {
            !narrow.is_empty() && narrow.iter().all(|value| wanted.contains(value))
        }
        other => own.expression == *other,
    }
}
