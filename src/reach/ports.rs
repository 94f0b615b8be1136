//! Sets of ports, for each protocol by itself.

use super::intervals::Intervals;
use std::fmt;

/// A protocol that policies speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

    /// As manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        }
    }

    /// The protocol of that name; manifests write it in capitals.
    pub fn parse(word: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.name() == word)
    }
}

/// First and last number of a port.
pub const PORTS: (u16, u16) = (1, u16::MAX);

/// Ports of each protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet {
    of: [Intervals<u16>; 3],
}

impl PortSet {
    /// No port.
    pub fn none() -> PortSet {
        PortSet::default()
    }

    /// Every port of every protocol.
    pub fn all() -> PortSet {
        PortSet { of: std::array::from_fn(|_| Intervals::range(PORTS.0, PORTS.1)) }
    }

    /// The ports from `first` to `last` of one protocol.
    pub fn range(protocol: Protocol, first: u16, last: u16) -> PortSet {
        let mut set = PortSet::none();
        set.of[protocol as usize] = Intervals::range(first.max(PORTS.0), last);
        set
    }

    /// One port.
    pub fn one(protocol: Protocol, port: u16) -> PortSet {
        PortSet::range(protocol, port, port)
    }

    /// The ports of one protocol.
    pub fn of(&self, protocol: Protocol) -> &Intervals<u16> {
        &self.of[protocol as usize]
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.of.iter().all(Intervals::is_empty)
    }

    /// Whether it holds everything.
    pub fn is_all(&self) -> bool {
        self.of.iter().all(|ports| ports.ranges() == [PORTS])
    }

    /// Whether it holds that port.
    pub fn holds(&self, protocol: Protocol, port: u16) -> bool {
        self.of(protocol).holds(port)
    }

    /// Whether it holds all of `other`.
    pub fn covers(&self, other: &PortSet) -> bool {
        self.of.iter().zip(&other.of).all(|(own, other)| own.covers(other))
    }

    /// The ports of both.
    pub fn union(&self, other: &PortSet) -> PortSet {
        self.zip(other, Intervals::union)
    }

    /// The ports that are in both.
    pub fn intersection(&self, other: &PortSet) -> PortSet {
        self.zip(other, Intervals::intersection)
    }

    /// The ports that are not in `other`.
    pub fn difference(&self, other: &PortSet) -> PortSet {
        self.zip(other, Intervals::difference)
    }

    /// Adds those of `other`.
    pub fn add(&mut self, other: &PortSet) {
        if self.is_empty() {
            *self = other.clone();
        } else if !self.covers(other) {
            *self = self.union(other);
        }
    }

    fn zip(&self, other: &PortSet, join: impl Fn(&Intervals<u16>, &Intervals<u16>) -> Intervals<u16>) -> PortSet {
        PortSet { of: std::array::from_fn(|at| join(&self.of[at], &other.of[at])) }
    }
}

/// As people who use analysers of network policies know it: `TCP 5432,8000-8010,UDP 53`, or `All Connections`.
impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return f.write_str("All Connections");
        }
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        let mut first = true;
        for protocol in Protocol::ALL {
            for (at, (low, high)) in self.of(protocol).ranges().iter().enumerate() {
                let before = match (first, at) {
                    (true, _) => "",
                    (false, _) => ",",
                };
                first = false;
                f.write_str(before)?;
                if at == 0 {
                    write!(f, "{} ", protocol.name())?;
                }
                if low == high { write!(f, "{low}")? } else { write!(f, "{low}-{high}")? }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_by_protocol() {
        let web = PortSet::one(Protocol::Tcp, 443).union(&PortSet::one(Protocol::Tcp, 80));
        let dns = PortSet::one(Protocol::Udp, 53);
        for (set, text) in [
            (PortSet::none(), "No Connections"),
            (PortSet::all(), "All Connections"),
            (web.clone(), "TCP 80,443"),
            (web.union(&dns), "TCP 80,443,UDP 53"),
            (PortSet::range(Protocol::Sctp, 8000, 8010), "SCTP 8000-8010"),
            (PortSet::range(Protocol::Tcp, 0, 9), "TCP 1-9"),
            (PortSet::all().difference(&dns), "TCP 1-65535,UDP 1-52,54-65535,SCTP 1-65535"),
        ] {
            assert_eq!(set.to_string(), text);
        }
        assert!(PortSet::all().covers(&web) && !web.covers(&dns) && web.holds(Protocol::Tcp, 80));
        assert!(web.intersection(&dns).is_empty());
    }
}
