//! Sets of addresses of both families, and blocks as manifests write them.

use super::intervals::{Intervals, Step};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses of both families.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressSet {
    v4: Intervals<u32>,
    v6: Intervals<u128>,
}

/// Addresses from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressRange {
    /// Of version 4.
    V4(u32, u32),
    /// Of version 6.
    V6(u128, u128),
}

impl AddressSet {
    /// All addresses of both families.
    pub fn all() -> AddressSet {
        AddressSet { v4: Intervals::range(0, u32::MAX), v6: Intervals::range(0, u128::MAX) }
    }

    /// The addresses of a block, as in `10.0.0.0/8`. Bits behind the prefix are passed over, as Kubernetes does.
    /// Nothing where the text is no block.
    pub fn block(text: &str) -> Option<AddressSet> {
        let (address, length) = text.split_once('/')?;
        let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u32 = length.parse().ok().filter(|_| plain && (length == "0" || !length.starts_with('0')))?;
        match address.parse().ok()? {
            IpAddr::V4(address) if length <= 32 => {
                let host = u32::MAX.checked_shr(length).unwrap_or(0);
                let first = u32::from(address) & !host;
                Some(AddressSet { v4: Intervals::range(first, first | host), ..AddressSet::default() })
            }
            IpAddr::V6(address) if length <= 128 => {
                let host = u128::MAX.checked_shr(length).unwrap_or(0);
                let first = u128::from(address) & !host;
                Some(AddressSet { v6: Intervals::range(first, first | host), ..AddressSet::default() })
            }
            _ => None,
        }
    }

    /// Whether it holds no address.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The addresses of both.
    pub fn union(&self, other: &AddressSet) -> AddressSet {
        AddressSet { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// The addresses that are not in `other`.
    pub fn difference(&self, other: &AddressSet) -> AddressSet {
        AddressSet { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// Whether all of `other` is in it.
    pub fn covers(&self, other: &AddressSet) -> bool {
        self.v4.covers(&other.v4) && self.v6.covers(&other.v6)
    }

    /// Whether it holds the first address of `range`. Ranges of [`pieces`] are in a set as a whole, or not at all.
    pub fn holds(&self, range: AddressRange) -> bool {
        match range {
            AddressRange::V4(first, _) => self.v4.holds(first),
            AddressRange::V6(first, _) => self.v6.holds(first),
        }
    }

    /// Whether it names addresses of version 6, and not simply all addresses there are.
    pub fn speaks_of_v6(&self) -> bool {
        !self.v6.is_empty() && *self != AddressSet::all()
    }
}

/// All addresses, cut at every edge of `sets`, so that each piece is in each set as a whole or not at all.
pub fn pieces<'a>(sets: impl IntoIterator<Item = &'a AddressSet>) -> Vec<AddressRange> {
    let (mut v4, mut v6) = (vec![0_u32], vec![0_u128]);
    for set in sets {
        edges(&set.v4, &mut v4);
        edges(&set.v6, &mut v6);
    }
    let v4 = spans(v4, u32::MAX).map(|(first, last)| AddressRange::V4(first, last));
    v4.chain(spans(v6, u128::MAX).map(|(first, last)| AddressRange::V6(first, last))).collect()
}

/// The addresses of `ranges`, cut at every edge of one of them, and nothing between them.
pub fn pieces_between(ranges: &[AddressRange]) -> Vec<AddressRange> {
    let sets: Vec<AddressSet> = ranges
        .iter()
        .map(|range| match *range {
            AddressRange::V4(first, last) => AddressSet { v4: Intervals::range(first, last), ..AddressSet::default() },
            AddressRange::V6(first, last) => AddressSet { v6: Intervals::range(first, last), ..AddressSet::default() },
        })
        .collect();
    pieces(&sets).into_iter().filter(|piece| ranges.iter().any(|range| range.covers(*piece))).collect()
}

fn edges<T: Step>(set: &Intervals<T>, into: &mut Vec<T>) {
    for (first, last) in set.ranges() {
        into.push(*first);
        into.extend(last.next());
    }
}

fn spans<T: Step>(mut starts: Vec<T>, end: T) -> impl Iterator<Item = (T, T)> {
    starts.sort_unstable();
    starts.dedup();
    let lasts: Vec<T> = starts.iter().skip(1).filter_map(|next| next.previous()).chain([end]).collect();
    starts.into_iter().zip(lasts)
}

impl AddressRange {
    /// Whether it is of version 6.
    pub fn is_v6(self) -> bool {
        matches!(self, AddressRange::V6(..))
    }

    /// Whether all of `other` is in it.
    pub fn covers(self, other: AddressRange) -> bool {
        match (self, other) {
            (AddressRange::V4(first, last), AddressRange::V4(from, to)) => first <= from && to <= last,
            (AddressRange::V6(first, last), AddressRange::V6(from, to)) => first <= from && to <= last,
            _ => false,
        }
    }

    /// This range and the one behind it as one, where they touch.
    pub fn joined(self, next: AddressRange) -> Option<AddressRange> {
        match (self, next) {
            (AddressRange::V4(first, last), AddressRange::V4(from, to)) if last.next() == Some(from) => {
                Some(AddressRange::V4(first, to))
            }
            (AddressRange::V6(first, last), AddressRange::V6(from, to)) if last.next() == Some(from) => {
                Some(AddressRange::V6(first, to))
            }
            _ => None,
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressRange::V4(first, last) => write!(f, "{}-{}", Ipv4Addr::from(*first), Ipv4Addr::from(*last)),
            AddressRange::V6(first, last) => write!(f, "{}-{}", Ipv6Addr::from(*first), Ipv6Addr::from(*last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(set: &AddressSet) -> Vec<String> {
        pieces([set]).into_iter().filter(|piece| set.holds(*piece)).map(|piece| piece.to_string()).collect()
    }

    #[test]
    fn blocks_are_read_as_ranges() {
        for (text, range) in [
            ("10.0.0.0/8", Some("10.0.0.0-10.255.255.255")),
            ("10.1.2.3/8", Some("10.0.0.0-10.255.255.255")),
            ("0.0.0.0/0", Some("0.0.0.0-255.255.255.255")),
            ("192.0.2.7/32", Some("192.0.2.7-192.0.2.7")),
            ("fd00::/8", Some("fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
            ("::/0", Some("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
            ("192.0.2.7", None),
            ("192.0.2.7/33", None),
            ("192.0.2.7/+8", None),
            ("192.0.2.7/08", None),
            ("192.0.2/24", None),
            ("::/129", None),
            ("text/8", None),
        ] {
            let set = AddressSet::block(text);
            assert_eq!(set.as_ref().map(told), range.map(|range| vec![range.to_owned()]), "{text}");
        }
    }

    #[test]
    fn exceptions_cut_a_block() {
        let block = |text: &str| AddressSet::block(text).expect("a block");
        let rest = block("10.0.0.0/8").difference(&block("10.1.0.0/16"));
        assert_eq!(told(&rest), ["10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255"]);
        assert!(block("10.0.0.0/8").covers(&rest) && !rest.covers(&block("10.1.0.0/24")));
        assert!(!rest.speaks_of_v6() && !AddressSet::all().speaks_of_v6() && block("fd00::/8").speaks_of_v6());
    }

    #[test]
    fn pieces_cover_everything_once_and_join_again() {
        let block = |text: &str| AddressSet::block(text).expect("a block");
        let sets = [block("10.0.0.0/8"), block("10.1.0.0/16"), block("fd00::/8")];
        let all = pieces(&sets);
        assert_eq!(all.len(), 5 + 3);
        let joined = all.iter().skip(1).fold(vec![all[0]], |mut joined: Vec<AddressRange>, piece| {
            let last = joined.last().copied().expect("there is one");
            match last.joined(*piece) {
                Some(one) => {
                    joined.pop();
                    joined.push(one);
                }
                None => joined.push(*piece),
            }
            joined
        });
        assert_eq!(joined, [AddressRange::V4(0, u32::MAX), AddressRange::V6(0, u128::MAX)]);
    }
}
