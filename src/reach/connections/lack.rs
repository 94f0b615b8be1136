//! Whether a need is met and, where policies surely stop it, which policy on which side lacks a rule for it.

use super::clause::{Action, Clause, Match, Who};
use super::needed::{Need, NeedKind};
use super::parties::PartyKind;
use super::view::{Other, spoken_of};
use super::{Connections, End};
use crate::graph::workload::ContainerPort;
use crate::manifest::Resource;
use crate::reach::addresses::{AddressRange, AddressSet, pieces};
use crate::reach::policy::Direction;
use crate::reach::ports::{PortSet, Protocol};
use crate::source::Span;
use crate::yaml::Value;
use std::net::Ipv4Addr;

/// Whether a need is met.
#[derive(Debug)]
pub enum Verdict<'w> {
    /// It is, as far as the repo shows whom it is about.
    Met,
    /// The repo does not tell, and why.
    Unknown(String),
    /// It surely is not.
    Stopped(Lack<'w>),
}

/// What stops a flow.
#[derive(Debug)]
pub struct Lack<'w> {
    /// The ports that are closed.
    pub stopped: PortSet,
    /// One for each side that is closed.
    pub blocks: Vec<Block<'w>>,
    /// What may make it pass all the same, in words.
    pub hedge: Option<&'static str>,
}

/// The policy that closes one side.
#[derive(Debug)]
pub struct Block<'w> {
    /// Seen from the pods that it selects.
    pub direction: Direction,
    /// Whose pods these are, by number.
    pub party: usize,
    /// The policy.
    pub policy: &'w Resource<'w>,
    /// Its selector, or the rule that denies.
    pub value: Value<'w>,
    /// Whether a rule of it denies the traffic.
    pub denies: bool,
    /// A rule that comes near: where, and what it opens.
    pub near: Option<(Span, String)>,
}

/// The usual addresses of the API server's Service. They are replaced before policies look at a packet.
const SERVICE_ADDRESSES: &[Ipv4Addr] = &[
    Ipv4Addr::new(10, 96, 0, 1),
    Ipv4Addr::new(10, 43, 0, 1),
    Ipv4Addr::new(10, 152, 183, 1),
    Ipv4Addr::new(172, 20, 0, 1),
];

impl<'w> Connections<'w> {
    /// Every need of the databases, in the order of the parties.
    pub fn all_needs(&self) -> &[Need] {
        &self.needs
    }

    /// Whether a need is met.
    pub fn verdict(&self, need: &Need) -> Verdict<'w> {
        let mut reached = self.passing(need.from, need.to);
        let (plain, other): (Vec<_>, Vec<_>) = need.others.iter().partition(|way| way.ports == need.ports);
        for way in plain {
            reached = reached.or(&self.passing(way.from, way.to));
        }
        let stopped = need.ports.difference(&reached.maybe);
        if stopped.is_empty() {
            if reached.sure.covers(&need.ports) || self.is_open_where_seen(need) {
                return Verdict::Met;
            }
            // Some rule may be meant for somebody who is not in the repo: nothing speaks against it.
            let ends = [need.from, need.to];
            if ends.into_iter().any(|end| matches!(end, End::Party(party) if self.is_unseen(party))) {
                return Verdict::Met;
            }
            // Which addresses a store has is known at run time; a rule for its port is most likely meant for it.
            if need.kind == NeedKind::Backup && matches!(need.to, End::Addresses(_)) {
                return Verdict::Met;
            }
            let reason = self.doubt(need.from, need.to);
            return Verdict::Unknown(reason.unwrap_or_else(|| "the repo does not tell whether that passes".into()));
        }
        for way in other {
            if !self.passing(way.from, way.to).maybe.intersection(&way.ports).is_empty() {
                let place = "where it runs, and on which port behind its Service, is not known";
                return Verdict::Unknown(format!("{}: {place}", name(need.kind)));
            }
        }
        let sides = [(need.from, need.to, Direction::Egress), (need.to, need.from, Direction::Ingress)];
        let mut blocks: Vec<Block<'w>> = sides
            .into_iter()
            .filter_map(|(own, other, direction)| match own {
                End::Party(own) => self.block(own, other, direction, &stopped),
                _ => None,
            })
            .collect();
        if blocks.is_empty() {
            return Verdict::Unknown("several policies together close it".into());
        }
        let mut hedge = (need.kind == NeedKind::KubeApi).then(|| self.api_hedge(need)).flatten();
        if matches!((need.from, need.to), (End::Party(_), End::Party(_))) {
            let (by_addresses, sure): (Vec<_>, Vec<_>) =
                blocks.into_iter().partition(|block| !block.denies && self.opens_to_addresses(block, &stopped));
            // A side that no block of addresses opens closes the flow, whatever the other one does.
            blocks = if sure.is_empty() {
                hedge = Some("whether a block of addresses covers pods depends on the network plugin");
                by_addresses
            } else {
                sure
            };
        }
        Verdict::Stopped(Lack { stopped, blocks, hedge })
    }

    /// Whether the sides of a flow that the repo shows are surely open. What isolates somebody who is not in the repo is
    /// not there either.
    fn is_open_where_seen(&self, need: &Need) -> bool {
        let sides = [(need.from, need.to, Direction::Egress), (need.to, need.from, Direction::Ingress)];
        sides.into_iter().all(|(own, other, direction)| {
            let End::Party(party) = own else { return true };
            self.is_unseen(party)
                || self.classes_of(party).into_iter().all(|class| {
                    self.seen(other).into_iter().all(|(seen, other_class)| {
                        let containers = self.containers(class, direction, other_class);
                        self.reached_on(class, seen, direction, containers).sure.covers(&need.ports)
                    })
                })
        })
    }

    fn is_unseen(&self, party: usize) -> bool {
        self.parties.parties[party].kind == PartyKind::Unseen
    }

    /// The containers whose port names count.
    fn containers(&self, class: usize, direction: Direction, other: Option<usize>) -> &[ContainerPort<'w>] {
        match (direction, other) {
            (Direction::Ingress, _) => self.classes.all[class].named.as_slice(),
            (Direction::Egress, Some(class)) => self.classes.all[class].named.as_slice(),
            (Direction::Egress, None) => &[],
        }
    }

    /// What closes one side of a flow on `stopped`.
    fn block(&self, own: usize, other: End, direction: Direction, stopped: &PortSet) -> Option<Block<'w>> {
        for class in self.classes_of(own) {
            for (seen, other_class) in self.seen(other) {
                let containers = self.containers(class, direction, other_class);
                let passes = self.reached_on(class, seen, direction, containers);
                let missing = stopped.difference(&passes.maybe);
                if !missing.is_empty()
                    && let Some(block) = self.closing(class, seen, direction, containers, &missing)
                {
                    return Some(Block { party: own, ..block });
                }
            }
        }
        None
    }

    /// The policy that closes `missing` for a class.
    fn closing(
        &self,
        class: usize,
        seen: Other<'_>,
        direction: Direction,
        containers: &[ContainerPort<'w>],
        missing: &PortSet,
    ) -> Option<Block<'w>> {
        let mut best: Option<(u8, Block<'w>)> = None;
        for ruling in &self.views.of(class, direction).rulings {
            let decree = &self.book.decrees[ruling.decree];
            let side = decree.side(direction);
            let mut near: Option<(u8, Span, String)> = None;
            for clause in &side.clauses {
                let spoken = spoken_of(clause, ruling.applies, seen, containers);
                let hits = !spoken.sure.intersection(missing).is_empty();
                if clause.action == Action::Deny && hits {
                    let policy = decree.resource;
                    return Some(Block { direction, party: 0, policy, value: clause.value, denies: true, near: None });
                }
                if clause.action != Action::Allow {
                    continue;
                }
                let open = clause.ports.on(containers).maybe;
                let opens = open.intersection(missing);
                let found = if !spoken.sure.is_empty() {
                    Some((2, clause.value.span(), format!("lets this through on {} only", spoken.sure)))
                } else if spoken.maybe.is_empty() && !opens.is_empty() && !open.is_all() {
                    Some((1, clause.value.span(), format!("opens {opens}, for others")))
                } else {
                    None
                };
                if let Some(found) = found.filter(|found| near.as_ref().is_none_or(|known| known.0 < found.0)) {
                    near = Some(found);
                }
            }
            if ruling.applies != Match::Yes || !side.isolates.is_yes() {
                continue;
            }
            // One that is about these pods is easier to change than one for all.
            let rank = match &near {
                Some((rank, ..)) => 2 + rank,
                None => u8::from(!decree.place.is_empty()),
            };
            if best.as_ref().is_none_or(|(known, _)| *known < rank) {
                let near = near.map(|(_, span, text)| (span, text));
                let (policy, value) = (decree.resource, decree.place);
                best = Some((rank, Block { direction, party: 0, policy, value, denies: false, near }));
            }
        }
        best.map(|(_, block)| block)
    }

    /// Whether a rule of a NetworkPolicy opens `missing` on a closed side to addresses that pods may have. Cilium knows pods
    /// by their identity alone; others match their addresses.
    fn opens_to_addresses(&self, block: &Block<'w>, missing: &PortSet) -> bool {
        if self.has_cilium() {
            return false;
        }
        self.classes_of(block.party).into_iter().any(|class| {
            let rulings = self.views.of(class, block.direction).rulings.iter();
            let decrees = rulings.map(|ruling| &self.book.decrees[ruling.decree]);
            let policies = decrees.filter(|decree| decree.resource.is("networking.k8s.io", "NetworkPolicy"));
            policies.flat_map(|decree| &decree.side(block.direction).clauses).any(|clause| {
                let named = !clause.ports.named.is_empty() || clause.ports.doubt.is_some();
                let opens = named || !clause.ports.fixed.intersection(missing).is_empty();
                opens
                    && clause.who.iter().any(|who| match who {
                        Who::Addresses(set) | Who::Unsure { addresses: set, .. } => may_hold_pods(set),
                        _ => false,
                    })
            })
        })
    }

    /// What may let traffic to the API server through on a port or address that is not the usual one.
    fn api_hedge(&self, need: &Need) -> Option<&'static str> {
        let End::Party(from) = need.from else { return None };
        let https = |ports: &PortSet| ports.holds(Protocol::Tcp, 443);
        if self.has_cilium() && https(&self.passing(need.from, need.to).maybe) {
            return Some("TCP 443 is open: enough where the API server itself listens there");
        }
        let beyond = self.beyond(&self.classes_of(from), Direction::Egress, false);
        let mut open = beyond.iter().filter_map(|(end, reached)| match end {
            End::Addresses(range) if !is_service_address(*range) => Some((*range, &reached.maybe)),
            _ => None,
        });
        if self.has_cilium() {
            let mut any = open.filter(|(_, ports)| https(ports) || ports.holds(Protocol::Tcp, 6443));
            let text = "Cilium matches the API server by blocks of addresses only where it runs outside the cluster";
            return any.next().map(|_| text);
        }
        let text = "TCP 443 is open to some addresses: enough where the API server itself listens there";
        open.any(|(range, ports)| https(ports) && (is_wide(range) || is_private(range))).then_some(text)
    }

    /// Whether the rules on a party open the port by which a mesh carries the traffic of pods (HBONE).
    pub fn opens_mesh(&self, party: usize) -> bool {
        const HBONE: u16 = 15008;
        let mut clauses = self.clauses_of(party).filter(|clause| clause.action == Action::Allow);
        let own = |ports: &PortSet| ports.holds(Protocol::Tcp, HBONE) && !ports.holds(Protocol::Tcp, HBONE - 1);
        clauses.any(|clause| own(&clause.ports.fixed))
    }

    /// Whether some rule that is written allows the pods of a party anything. Where none does, they are closed off from
    /// everything, and the rules they work by are most likely written elsewhere.
    pub fn is_allowed_something(&self, party: usize) -> bool {
        self.clauses_of(party).any(|clause| clause.action == Action::Allow)
    }

    /// Whether a policy surely selects all pods of a party, and has a say on that direction.
    pub fn selects_all_of(&self, party: usize, policy: &Resource<'_>, direction: Direction) -> bool {
        self.classes_of(party).into_iter().all(|class| {
            let mut rulings = self.views.of(class, direction).rulings.iter();
            rulings.any(|ruling| {
                std::ptr::eq(self.book.decrees[ruling.decree].resource, policy) && ruling.applies == Match::Yes
            })
        })
    }

    fn clauses_of(&self, party: usize) -> impl Iterator<Item = &Clause<'w>> {
        self.classes_of(party).into_iter().flat_map(move |class| {
            Direction::ALL.into_iter().flat_map(move |direction| {
                let rulings = self.views.of(class, direction).rulings.iter();
                rulings.flat_map(move |ruling| &self.book.decrees[ruling.decree].side(direction).clauses)
            })
        })
    }
}

fn name(kind: NeedKind) -> &'static str {
    match kind {
        NeedKind::Dns => "the name server",
        NeedKind::Backup => "the object store",
        _ => "the other end",
    }
}

fn is_service_address(range: AddressRange) -> bool {
    matches!(range, AddressRange::V4(first, last) if first == last && SERVICE_ADDRESSES.contains(&Ipv4Addr::from(first)))
}

/// Whether a range holds more addresses than a provider's service has.
fn is_wide(range: AddressRange) -> bool {
    match range {
        AddressRange::V4(first, last) => last - first >= 1 << 24,
        AddressRange::V6(..) => true,
    }
}

/// Whether pods may have addresses of a set: private ones, and more than one of them. Blocks of providers' networks count
/// only where they are named by themselves, not as a part of the internet.
fn may_hold_pods(set: &AddressSet) -> bool {
    const PRIVATE: &[(Ipv4Addr, Ipv4Addr)] = &[
        (Ipv4Addr::new(10, 0, 0, 0), Ipv4Addr::new(10, 255, 255, 255)),
        (Ipv4Addr::new(172, 16, 0, 0), Ipv4Addr::new(172, 31, 255, 255)),
        (Ipv4Addr::new(192, 168, 0, 0), Ipv4Addr::new(192, 168, 255, 255)),
    ];
    const SHARED: AddressRange =
        AddressRange::V4(Ipv4Addr::new(100, 64, 0, 0).to_bits(), Ipv4Addr::new(100, 127, 255, 255).to_bits());
    const LOCAL: (u128, u128) = (0xfc00 << 112, (0xfe00 << 112) - 1);
    pieces([set]).into_iter().filter(|range| set.holds(*range)).any(|range| match range {
        AddressRange::V4(first, last) => {
            let private = |(from, to): &(Ipv4Addr, Ipv4Addr)| first <= to.to_bits() && from.to_bits() <= last;
            first < last && (PRIVATE.iter().any(private) || SHARED.covers(range))
        }
        AddressRange::V6(first, last) => first < last && first <= LOCAL.1 && LOCAL.0 <= last,
    })
}

fn is_private(range: AddressRange) -> bool {
    match range {
        AddressRange::V4(first, _) => {
            let first = Ipv4Addr::from(first);
            let [a, b, ..] = first.octets();
            first.is_private() || a == 100 && (64..128).contains(&b)
        }
        AddressRange::V6(..) => true,
    }
}
