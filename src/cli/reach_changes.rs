//! What passes in one state of a repo and not in another one.

use crate::reach::addresses::{AddressRange, pieces_between};
use crate::reach::connections::clause::Reached;
use crate::report::reach::Change;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One end of a flow, free of what was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// A party, an entity or an ingress controller.
    Title(Arc<str>),
    /// Addresses.
    Addresses(AddressRange),
}

/// A flow, free of what was read.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) target: Option<Arc<str>>,
    pub(super) from: Name,
    pub(super) to: Name,
    pub(super) reached: Arc<Reached>,
}

type Key<'l> = (Option<&'l str>, &'l str, &'l str);
type Rows = Vec<(AddressRange, Arc<Reached>)>;

/// What passes after a change and did not before, and the other way round.
pub(super) fn changes(before: &[Line], after: &[Line]) -> Vec<Change> {
    let mut pairs: BTreeMap<Key<'_>, [Arc<Reached>; 2]> = BTreeMap::new();
    let mut outside: BTreeMap<(Option<&str>, &str, bool), [Rows; 2]> = BTreeMap::new();
    for (state, lines) in [before, after].into_iter().enumerate() {
        for line in lines {
            let target = line.target.as_deref();
            match (&line.from, &line.to) {
                (Name::Title(from), Name::Title(to)) => {
                    pairs.entry((target, from, to)).or_default()[state] = line.reached.clone();
                }
                (Name::Addresses(range), Name::Title(own)) => {
                    outside.entry((target, own, true)).or_default()[state].push((*range, line.reached.clone()));
                }
                (Name::Title(own), Name::Addresses(range)) => {
                    outside.entry((target, own, false)).or_default()[state].push((*range, line.reached.clone()));
                }
                (Name::Addresses(_), Name::Addresses(_)) => {}
            }
        }
    }
    let mut found = Vec::new();
    for ((target, from, to), [old, new]) in &pairs {
        found.extend(change(*target, from.to_string(), to.to_string(), old, new));
    }
    for ((target, own, comes_in), [old, new]) in &outside {
        for (range, old, new) in compared(old, new) {
            let address = format!("{range}[External]");
            let (from, to) = if *comes_in { (address, own.to_string()) } else { (own.to_string(), address) };
            found.extend(change(*target, from, to, &old, &new));
        }
    }
    found.sort();
    found
}

/// The addresses of both states, cut so that each piece is one in both, and joined where nothing tells pieces apart.
fn compared(old: &Rows, new: &Rows) -> Vec<(AddressRange, Arc<Reached>, Arc<Reached>)> {
    let all: Vec<AddressRange> = old.iter().chain(new).map(|(range, _)| *range).collect();
    let of = |rows: &Rows, piece: AddressRange| {
        rows.iter().find(|(range, _)| range.covers(piece)).map(|(_, reached)| reached.clone()).unwrap_or_default()
    };
    let mut joined: Vec<(AddressRange, Arc<Reached>, Arc<Reached>)> = Vec::new();
    for piece in pieces_between(&all) {
        let (before, after) = (of(old, piece), of(new, piece));
        if let Some(last) = joined.last_mut()
            && last.1 == before
            && last.2 == after
            && let Some(both) = last.0.joined(piece)
        {
            last.0 = both;
        } else {
            joined.push((piece, before, after));
        }
    }
    joined
}

fn change(target: Option<&str>, src: String, dst: String, old: &Reached, new: &Reached) -> Option<Change> {
    let (before, after) = (told(old), told(new));
    if before == after {
        return None;
    }
    let change = match (old.is_empty(), new.is_empty()) {
        (true, _) => "added",
        (_, true) => "removed",
        _ => "changed",
    };
    Some(Change { target: target.map(str::to_owned), change, src, dst, before, after })
}

/// Ports that surely pass; where others may, those behind them.
fn told(reached: &Reached) -> String {
    let open = reached.open();
    match (reached.sure.is_empty(), open.is_empty()) {
        (_, true) => reached.sure.to_string(),
        (true, false) => format!("{open} (unknown)"),
        (false, false) => format!("{} (unknown: {open})", reached.sure),
    }
}
