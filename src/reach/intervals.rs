//! Sets of whole numbers as sorted, disjoint ranges that do not touch. What the numbers mean is said elsewhere.

/// A number that ranges are made of.
pub trait Step: Copy + Ord {
    /// The number behind this one, if there is one.
    fn next(self) -> Option<Self>;
    /// The number before this one, if there is one.
    fn previous(self) -> Option<Self>;
}

macro_rules! step {
    ($($number:ty),*) => {$(
        impl Step for $number {
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}

step!(u16, u32, u128);

/// A set of numbers. Both ends of a range belong to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Intervals<T> {
    ranges: Vec<(T, T)>,
}

impl<T> Default for Intervals<T> {
    fn default() -> Self {
        Intervals { ranges: Vec::new() }
    }
}

impl<T: Step> Intervals<T> {
    /// The numbers from `first` to `last`; none where `last` is smaller.
    pub fn range(first: T, last: T) -> Intervals<T> {
        Intervals { ranges: if first <= last { vec![(first, last)] } else { Vec::new() } }
    }

    /// The ranges, in order.
    pub fn ranges(&self) -> &[(T, T)] {
        &self.ranges
    }

    /// Whether no number is in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether `number` is in it.
    pub fn holds(&self, number: T) -> bool {
        let at = self.ranges.partition_point(|(_, last)| *last < number);
        self.ranges.get(at).is_some_and(|(first, _)| *first <= number)
    }

    /// Whether every number of `other` is in it.
    pub fn covers(&self, other: &Intervals<T>) -> bool {
        other.ranges.iter().all(|(first, last)| {
            let at = self.ranges.partition_point(|(_, end)| end < first);
            self.ranges.get(at).is_some_and(|(start, end)| start <= first && last <= end)
        })
    }

    /// The numbers of both.
    pub fn union(&self, other: &Intervals<T>) -> Intervals<T> {
        if self.is_empty() || other.covers(self) {
            return other.clone();
        }
        if other.is_empty() || self.covers(other) {
            return self.clone();
        }
        let mut all: Vec<(T, T)> = self.ranges.iter().chain(&other.ranges).copied().collect();
        all.sort_unstable();
        let mut ranges: Vec<(T, T)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match ranges.last_mut() {
                Some(before) if before.1.next().is_none_or(|next| first <= next) => before.1 = before.1.max(last),
                _ => ranges.push((first, last)),
            }
        }
        Intervals { ranges }
    }

    /// The numbers that are in both.
    pub fn intersection(&self, other: &Intervals<T>) -> Intervals<T> {
        let mut ranges = Vec::new();
        let (mut left, mut right) = (0, 0);
        while let (Some(a), Some(b)) = (self.ranges.get(left), other.ranges.get(right)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                ranges.push((first, last));
            }
            if a.1 < b.1 { left += 1 } else { right += 1 }
        }
        Intervals { ranges }
    }

    /// The numbers that are in this set and not in `other`.
    pub fn difference(&self, other: &Intervals<T>) -> Intervals<T> {
        let mut ranges = Vec::new();
        let mut from = 0;
        for &(first, last) in &self.ranges {
            while other.ranges.get(from).is_some_and(|(_, end)| *end < first) {
                from += 1;
            }
            let mut start = Some(first);
            for &(cut_first, cut_last) in &other.ranges[from..] {
                let Some(at) = start else { break };
                if cut_first > last {
                    break;
                }
                if let Some(before) = cut_first.previous().filter(|before| at <= *before) {
                    ranges.push((at, before));
                }
                start = cut_last.next().filter(|next| *next <= last);
            }
            if let Some(at) = start {
                ranges.push((at, last));
            }
        }
        Intervals { ranges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Ranges = Vec<(u16, u16)>;

    fn set(ranges: &Ranges) -> Intervals<u16> {
        ranges.iter().fold(Intervals::default(), |all, (first, length)| {
            all.union(&Intervals::range(*first, first.saturating_add(*length)))
        })
    }

    /// The same as a plain set of the numbers near the ends of the type and at its start.
    fn plain(ranges: &Ranges) -> BTreeSet<u16> {
        ranges.iter().flat_map(|(first, length)| *first..=first.saturating_add(*length)).collect()
    }

    fn numbers(set: &Intervals<u16>) -> BTreeSet<u16> {
        set.ranges().iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    fn is_tidy(set: &Intervals<u16>) -> bool {
        set.ranges().iter().all(|(first, last)| first <= last)
            && set.ranges().windows(2).all(|pair| pair[0].1.next().is_some_and(|next| next < pair[1].0))
    }

    fn some_ranges() -> impl Strategy<Value = Ranges> {
        let start = prop_oneof![0..40_u16, u16::MAX - 40..=u16::MAX];
        proptest::collection::vec((start, 0..12_u16), 0..6)
    }

    proptest! {
        #[test]
        fn sets_of_ranges_behave_as_sets_of_numbers(a in some_ranges(), b in some_ranges()) {
            let (left, right) = (set(&a), set(&b));
            let (plain_left, plain_right) = (plain(&a), plain(&b));
            for (made, expected) in [
                (left.union(&right), &plain_left | &plain_right),
                (left.intersection(&right), &plain_left & &plain_right),
                (left.difference(&right), &plain_left - &plain_right),
            ] {
                prop_assert!(is_tidy(&made), "{:?}", made);
                prop_assert_eq!(numbers(&made), expected);
            }
            prop_assert_eq!(left.covers(&right), plain_right.is_subset(&plain_left));
            prop_assert_eq!(left == right, plain_left == plain_right);
            for number in [0, 5, 20, 39, u16::MAX - 1, u16::MAX] {
                prop_assert_eq!(left.holds(number), plain_left.contains(&number));
            }
        }
    }
}
