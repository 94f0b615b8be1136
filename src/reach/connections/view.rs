//! What the policies on one class of pods let through, in one direction: to whomever, on which ports.

use super::book::Book;
use super::classes::Classes;
use super::clause::{Action, Clause, Entity, Match, Reached, Tier, Who};
use crate::graph::workload::ContainerPort;
use crate::reach::addresses::{AddressRange, AddressSet};
use crate::reach::policy::Direction;
use crate::reach::ports::PortSet;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// Somebody at the other end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Other<'c> {
    /// Pods that are in these sets.
    Pods(&'c [(usize, Match)]),
    /// Pods that share the network of their node.
    Node,
    /// Addresses outside the cluster.
    Addresses(AddressRange),
    /// An entity.
    Entity(Entity),
}

/// A policy with a say on a class, and whether it surely has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruling {
    pub(super) decree: usize,
    pub(super) applies: Match,
}

/// The policies with a say on one class in one direction, and what comes of it.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) direction: Option<Direction>,
    pub(super) rulings: Vec<Ruling>,
    /// Whether some policy isolates it.
    pub(super) isolated: Option<Match>,
    /// What pods reach that no rule singles out.
    pub(super) default: Reached,
    /// What the others reach, by class.
    pub(super) special: HashMap<usize, Arc<Reached>>,
}

impl View {
    /// What passes between the class and pods of another one.
    pub(super) fn with(&self, class: usize) -> &Reached {
        self.special.get(&class).map_or(&self.default, |reached| reached)
    }

    /// Whether some policy surely isolates it.
    pub(super) fn is_isolated(&self) -> Match {
        self.isolated.unwrap_or(Match::No)
    }
}

/// The views of all classes, for both directions.
#[derive(Debug)]
pub(super) struct Views {
    pub(super) ingress: Vec<View>,
    pub(super) egress: Vec<View>,
}

impl Views {
    pub(super) fn new(book: &Book<'_>, classes: &Classes<'_>) -> Views {
        let mut by_subject: Vec<Vec<usize>> = vec![Vec::new(); book.pods.len()];
        for (at, decree) in book.decrees.iter().enumerate() {
            by_subject[decree.subject].push(at);
        }
        let views = |direction: Direction| {
            (0..classes.all.len()).map(|class| view(book, classes, &by_subject, class, direction)).collect()
        };
        Views { ingress: views(Direction::Ingress), egress: views(Direction::Egress) }
    }

    pub(super) fn of(&self, class: usize, direction: Direction) -> &View {
        match direction {
            Direction::Ingress => &self.ingress[class],
            Direction::Egress => &self.egress[class],
        }
    }
}

fn view(book: &Book<'_>, classes: &Classes<'_>, by_subject: &[Vec<usize>], class: usize, direction: Direction) -> View {
    let own = &classes.all[class];
    let mut rulings: Vec<Ruling> = Vec::new();
    let mut isolated = Match::No;
    for (set, answer) in &own.sets {
        for decree in &by_subject[*set] {
            let side = book.decrees[*decree].side(direction);
            if side.is_silent() {
                continue;
            }
            let doubted = book.decrees[*decree].doubt.is_some() && *answer == Match::Yes;
            let applies = if doubted { Match::Maybe } else { *answer };
            isolated = isolated.max(Match::from(&side.isolates).min(applies));
            rulings.push(Ruling { decree: *decree, applies });
        }
    }
    // Policies of a tier are in the order of their priority in the book.
    rulings.sort_by_key(|ruling| ruling.decree);
    let mut view = View { direction: Some(direction), rulings, isolated: Some(isolated), ..View::default() };
    let containers = |other: usize| match direction {
        Direction::Ingress => own.named.as_slice(),
        Direction::Egress => classes.all[other].named.as_slice(),
    };
    let for_default = if direction == Direction::Ingress { own.named.as_slice() } else { &[] };
    view.default = judge(book, &view, Other::Pods(&classes.common), for_default);
    // What rules say of most of those they single out is the same.
    let asked = asked(book, &view);
    let mut known: HashMap<u64, Arc<Reached>> = HashMap::new();
    for other in singled_out(book, classes, &view) {
        let judged = || Arc::new(judge(book, &view, classes.other(other), containers(other)));
        let reached = match asked.as_ref().filter(|_| !classes.all[other].host_network) {
            Some(asked) => Arc::clone(known.entry(membership(&classes.all[other].sets, asked)).or_insert_with(judged)),
            None => judged(),
        };
        view.special.insert(other, reached);
    }
    view
}

/// As many sets as fit into a number with two bits each.
const MOST_ASKED: usize = 32;

/// The sets of pods that the rules of a view ask for, where nothing else of a pod counts: no name of a port, that is.
fn asked(book: &Book<'_>, view: &View) -> Option<Vec<usize>> {
    let direction = view.direction?;
    let mut sets: Vec<usize> = Vec::new();
    for ruling in &view.rulings {
        for clause in &book.decrees[ruling.decree].side(direction).clauses {
            if direction == Direction::Egress && !clause.ports.named.is_empty() {
                return None;
            }
            sets.extend(clause.who.iter().filter_map(|who| match who {
                Who::Pods(set) => Some(*set),
                _ => None,
            }));
        }
    }
    sets.sort_unstable();
    sets.dedup();
    (sets.len() <= MOST_ASKED).then_some(sets)
}

/// Whether pods are in each of the sets that are asked for, as one number.
fn membership(sets: &[(usize, Match)], asked: &[usize]) -> u64 {
    asked.iter().fold(0, |all, set| {
        let is_in = sets.binary_search_by_key(set, |(at, _)| *at).map_or(Match::No, |at| sets[at].1);
        (all << 2) | is_in as u64
    })
}

/// The classes for which something else may hold than for those that no rule speaks of.
fn singled_out(book: &Book<'_>, classes: &Classes<'_>, view: &View) -> Vec<usize> {
    let Some(direction) = view.direction else { return Vec::new() };
    if view.rulings.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<usize> = Vec::new();
    let mut names = false;
    for ruling in &view.rulings {
        for clause in &book.decrees[ruling.decree].side(direction).clauses {
            for who in &clause.who {
                match who {
                    Who::Pods(set) if !classes.holds_all[*set] => found.extend(&classes.members[*set]),
                    // Whoever is meant by the others, what a port's name means depends on who has it.
                    _ => names |= direction == Direction::Egress && !clause.ports.named.is_empty(),
                }
            }
        }
    }
    let others = classes.all.iter().enumerate();
    // Pods in the network of their node are no pods for policies.
    found.extend(others.filter(|(_, class)| class.host_network || names && !class.named.is_empty()).map(|(at, _)| at));
    found.sort_unstable();
    found.dedup();
    found
}

impl Classes<'_> {
    /// A class as somebody at the other end.
    pub(super) fn other(&self, class: usize) -> Other<'_> {
        let class = &self.all[class];
        if class.host_network { Other::Node } else { Other::Pods(&class.sets) }
    }
}

/// Whether a clause speaks of somebody.
pub(super) fn names(who: &Who, other: Other<'_>) -> Match {
    match (who, other) {
        (Who::Everyone, _) => Match::Yes,
        (Who::Pods(set), Other::Pods(sets)) => match sets.binary_search_by_key(set, |(at, _)| *at) {
            Ok(at) => sets[at].1,
            Err(_) => Match::No,
        },
        (Who::Addresses(set), Other::Addresses(range)) if set.holds(range) => Match::Yes,
        (Who::Entities(list), Other::Entity(entity)) if list.contains(&entity) => Match::Yes,
        (Who::Entities(list), Other::Node) => {
            match (list.contains(&Entity::Host), list.contains(&Entity::RemoteNode)) {
                (true, true) => Match::Yes,
                (false, false) => Match::No,
                _ => Match::Maybe,
            }
        }
        // Where the API server runs on a node of the cluster, it is that node, too.
        (Who::Entities(list), Other::Entity(Entity::KubeApiserver)) => {
            let nodes = list.contains(&Entity::Host) || list.contains(&Entity::RemoteNode);
            if nodes { Match::Maybe } else { Match::No }
        }
        (Who::Unsure { addresses, .. }, Other::Addresses(range)) if addresses.holds(range) => Match::Maybe,
        (Who::Unsure { pods: true, .. }, Other::Pods(_) | Other::Node | Other::Entity(_)) => Match::Maybe,
        _ => Match::No,
    }
}

/// What of the traffic with `other` a clause speaks of; `containers` are those of whoever is reached.
pub(super) fn spoken_of(
    clause: &Clause<'_>,
    applies: Match,
    other: Other<'_>,
    containers: &[ContainerPort<'_>],
) -> Reached {
    let mut best = Match::No;
    for who in &clause.who {
        best = best.max(names(who, other));
        if best == Match::Yes {
            break;
        }
    }
    match best.min(applies) {
        Match::No => Reached::default(),
        Match::Yes => clause.ports.on(containers),
        Match::Maybe => Reached { sure: PortSet::none(), maybe: clause.ports.on(containers).maybe },
    }
}

/// What comes of clauses of which the first that fits counts.
#[derive(Debug)]
struct InOrder {
    allowed: Reached,
    rest: Reached,
}

fn in_order(clauses: impl Iterator<Item = (Action, Reached)>) -> InOrder {
    let mut left = Reached::all();
    let (mut allowed, mut passed) = (Reached::default(), Reached::default());
    for (action, spoken) in clauses {
        let fits = left.and(&spoken);
        match action {
            Action::Allow => allowed = allowed.or(&fits),
            Action::Pass => passed = passed.or(&fits),
            Action::Deny => {}
        }
        left = left.without(&spoken);
    }
    InOrder { allowed, rest: left.or(&passed) }
}

/// What passes between a class and somebody.
pub(super) fn judge(book: &Book<'_>, view: &View, other: Other<'_>, containers: &[ContainerPort<'_>]) -> Reached {
    let Some(direction) = view.direction else { return Reached::all() };
    if view.rulings.is_empty() {
        return Reached::all();
    }
    // The node that a pod runs on always gets in: its probes come from there.
    if let (Other::Entity(Entity::Host), Direction::Ingress) = (other, direction) {
        return Reached::all();
    }
    if let (Other::Node, Direction::Ingress) = (other, direction) {
        // So does whoever shares its network, on that node.
        let judged = judged(book, view, direction, other, containers);
        return Reached { sure: judged.sure, maybe: PortSet::all() };
    }
    judged(book, view, direction, other, containers)
}

fn judged(
    book: &Book<'_>,
    view: &View,
    direction: Direction,
    other: Other<'_>,
    containers: &[ContainerPort<'_>],
) -> Reached {
    let clauses = |wanted: fn(Tier) -> bool| {
        let rulings = view.rulings.iter().filter(move |ruling| wanted(book.decrees[ruling.decree].tier));
        rulings.flat_map(move |ruling| {
            let clauses = book.decrees[ruling.decree].side(direction).clauses.iter();
            clauses.map(move |clause| (clause.action, spoken_of(clause, ruling.applies, other, containers)))
        })
    };
    let (mut allowed, mut denied) = (Reached::default(), Reached::default());
    for (action, spoken) in clauses(|tier| tier == Tier::Network) {
        match action {
            Action::Allow => allowed = allowed.or(&spoken),
            Action::Deny => denied = denied.or(&spoken),
            Action::Pass => {}
        }
    }
    let has_baseline = view.rulings.iter().any(|ruling| matches!(book.decrees[ruling.decree].tier, Tier::Baseline(_)));
    let baseline = || {
        if !has_baseline {
            return Reached::all().without(&denied);
        }
        let made = in_order(clauses(|tier| matches!(tier, Tier::Baseline(_))));
        made.allowed.or(&made.rest).without(&denied)
    };
    let network = match view.is_isolated() {
        Match::Yes => allowed.without(&denied),
        Match::No => baseline(),
        Match::Maybe => allowed.without(&denied).either(&baseline()),
    };
    let has_admin = view.rulings.iter().any(|ruling| matches!(book.decrees[ruling.decree].tier, Tier::Admin(_)));
    if !has_admin {
        return network;
    }
    let admin = in_order(clauses(|tier| matches!(tier, Tier::Admin(_))));
    admin.allowed.or(&admin.rest.and(&network))
}

/// Every set of addresses that the policies of a view speak of.
pub(super) fn addresses<'b>(book: &'b Book<'_>, view: &View) -> Vec<&'b AddressSet> {
    let Some(direction) = view.direction else { return Vec::new() };
    let mut found = Vec::new();
    for ruling in &view.rulings {
        for clause in &book.decrees[ruling.decree].side(direction).clauses {
            for who in &clause.who {
                match who {
                    Who::Addresses(set) => found.push(set),
                    Who::Unsure { addresses, .. } => found.push(addresses),
                    _ => {}
                }
            }
        }
    }
    found
}
