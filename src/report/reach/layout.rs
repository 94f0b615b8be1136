//! Where things stand in the picture: two columns of boxes, and lines between them. Those that nothing tells apart are
//! told once, so that fifty workloads that all reach each other are one line a namespace.

use super::{Node, ReachReport, Verdict};
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Height of a card's title.
pub(super) const CARD: u32 = 24;
/// Height of a row of ports with the gap behind it.
pub(super) const CHIP: u32 = 18;
/// The gap behind a row of ports.
pub(super) const GAP: u32 = 3;
/// Height of a namespace's title.
pub(super) const HEAD: u32 = 26;
/// Room around cards.
pub(super) const PADDING: u32 = 10;
const BETWEEN_CARDS: u32 = 6;
const BETWEEN_GROUPS: u32 = 14;
/// More ranges of addresses than this tell nobody anything.
const MOST_ADDRESSES: usize = 12;

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Style {
    Allowed,
    Unknown,
    Blocked,
}

/// A row of ports on which somebody is reached.
#[derive(Clone, Debug)]
pub(super) struct Chip<'r> {
    pub(super) style: Style,
    pub(super) ports: &'r str,
    sources: BTreeSet<&'r str>,
}

/// Somebody.
#[derive(Clone, Debug)]
pub(super) struct Card<'r> {
    title: &'r str,
    pub(super) label: String,
    pub(super) database: bool,
    pub(super) chips: Vec<Chip<'r>>,
    pub(super) y: u32,
    pub(super) height: u32,
}

/// A namespace, or what is outside.
#[derive(Clone, Debug)]
pub(super) struct Group<'r> {
    pub(super) namespace: Option<&'r str>,
    /// What holds for each of its cards.
    pub(super) chips: Vec<Chip<'r>>,
    pub(super) cards: Vec<Card<'r>>,
    pub(super) y: u32,
    pub(super) height: u32,
}

/// A column of boxes.
#[derive(Clone, Debug, Default)]
pub(super) struct Column<'r> {
    pub(super) groups: Vec<Group<'r>>,
}

/// A line from the left to the right.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) style: Style,
    /// Whether it stands for everybody of a namespace.
    pub(super) bundle: bool,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// The whole picture.
#[derive(Debug)]
pub(super) struct Layout<'r> {
    pub(super) sources: Column<'r>,
    pub(super) targets: Column<'r>,
    pub(super) edges: Vec<Edge>,
}

struct Drawn<'r> {
    src: &'r str,
    dst: &'r str,
    ports: &'r str,
    style: Style,
}

/// Who reaches somebody, by ports.
type Reaching<'r> = BTreeMap<(Style, &'r str), BTreeSet<&'r str>>;

const MORE: &str = "more addresses[External]";

impl<'r> Layout<'r> {
    pub(super) fn new(report: &'r ReachReport) -> Layout<'r> {
        let drawn = drawn(report);
        let nodes: HashMap<&str, &Node> = report.nodes.iter().map(|node| (node.title.as_str(), node)).collect();
        let mut sources: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
        let mut targets: BTreeMap<Option<&str>, BTreeMap<&str, Reaching<'_>>> = BTreeMap::new();
        let namespace = |title: &str| nodes.get(title).map(|node| node.namespace.as_str());
        for row in &drawn {
            sources.entry(namespace(row.src)).or_default().insert(row.src);
            let chips = targets.entry(namespace(row.dst)).or_default().entry(row.dst).or_default();
            chips.entry((row.style, row.ports)).or_default().insert(row.src);
        }
        // Whoever sends nothing stands beside those who do, or a line for all of a namespace would say too much.
        for node in &report.nodes {
            if let Some(titles) = sources.get_mut(&Some(node.namespace.as_str())) {
                titles.insert(&node.title);
            }
            if let Some(titles) = targets.get_mut(&Some(node.namespace.as_str())) {
                titles.entry(&node.title).or_default();
            }
        }
        let card = |title: &'r str, chips: Vec<Chip<'r>>| Card {
            title,
            label: label(title, nodes.get(title).copied()),
            database: nodes.get(title).is_some_and(|node| node.database),
            chips,
            y: 0,
            height: 0,
        };
        let group = |namespace, cards| Group { namespace, chips: Vec::new(), cards, y: 0, height: 0 };
        let sources = sources.into_iter().map(|(namespace, titles)| {
            group(namespace, titles.into_iter().map(|title| card(title, Vec::new())).collect())
        });
        let targets = targets.into_iter().map(|(namespace, titles)| {
            let cards = titles.into_iter().map(|(title, chips)| {
                let chips = chips.into_iter().map(|((style, ports), sources)| Chip { style, ports, sources });
                card(title, chips.collect())
            });
            let mut group = group(namespace, cards.collect());
            hoist(&mut group);
            group
        });
        let mut layout = Layout {
            sources: Column { groups: sources.collect() },
            targets: Column { groups: targets.collect() },
            edges: Vec::new(),
        };
        layout.sources.place();
        layout.targets.place();
        layout.connect();
        layout
    }

    pub(super) fn is_empty(&self) -> bool {
        self.targets.groups.is_empty()
    }

    pub(super) fn height(&self) -> u32 {
        self.sources.height().max(self.targets.height()).max(40)
    }

    fn connect(&mut self) {
        let mut edges = Vec::new();
        for group in &self.targets.groups {
            let inside: BTreeSet<&str> = group.cards.iter().map(|card| card.title).collect();
            for (at, chip) in group.chips.iter().enumerate() {
                self.lead(chip, &inside, group.y + HEAD + at as u32 * CHIP, &mut edges);
            }
            for card in &group.cards {
                let own = BTreeSet::from([card.title]);
                for (at, chip) in card.chips.iter().enumerate() {
                    self.lead(chip, &own, card.y + CARD + at as u32 * CHIP, &mut edges);
                }
            }
        }
        self.edges = edges;
    }

    /// The lines to one row of ports: one for a namespace of which everybody else gets there.
    fn lead(&self, chip: &Chip<'r>, own: &BTreeSet<&str>, top: u32, edges: &mut Vec<Edge>) {
        let to = top + (CHIP - GAP) / 2;
        for group in &self.sources.groups {
            let there = |card: &&Card<'_>| chip.sources.contains(card.title);
            let all = group.cards.iter().all(|card| there(&card) || own.contains(card.title));
            let count = group.cards.iter().filter(there).count();
            if count == 0 {
                continue;
            }
            if all && count > 1 {
                edges.push(Edge { style: chip.style, bundle: true, from: group.y + HEAD / 2, to });
            } else {
                let each = group.cards.iter().filter(there);
                edges.extend(each.map(|card| Edge { style: chip.style, bundle: false, from: card.y + CARD / 2, to }));
            }
        }
    }
}

/// Every line that is to be drawn, with ranges of addresses that are too many put together.
fn drawn(report: &ReachReport) -> Vec<Drawn<'_>> {
    let rows = report.connections.iter().filter_map(|row| {
        let style = match row.verdict {
            Verdict::Allowed => Style::Allowed,
            Verdict::Unknown => Style::Unknown,
            Verdict::Denied => return None,
        };
        Some(Drawn { src: &row.src, dst: &row.dst, ports: &row.ports, style })
    });
    let blocked = report.blocked.iter();
    let blocked = blocked.map(|row| Drawn { src: &row.src, dst: &row.dst, ports: &row.ports, style: Style::Blocked });
    let mut all: Vec<Drawn<'_>> = rows.chain(blocked).collect();
    let addresses: BTreeSet<&str> =
        all.iter().flat_map(|row| [row.src, row.dst]).filter(|title| title.ends_with("[External]")).collect();
    if addresses.len() > MOST_ADDRESSES {
        let kept: BTreeSet<&str> = addresses.into_iter().take(MOST_ADDRESSES).collect();
        for row in &mut all {
            for end in [&mut row.src, &mut row.dst] {
                if end.ends_with("[External]") && !kept.contains(*end) {
                    *end = MORE;
                }
            }
        }
    }
    all
}

fn label(title: &str, node: Option<&Node>) -> String {
    match (node, title) {
        (Some(node), _) => format!("{} ({})", node.name, node.kind),
        (None, "0.0.0.0-255.255.255.255[External]") => "every address".to_owned(),
        (None, _) => match title.strip_suffix("[External]") {
            Some(range) => match range.split_once('-') {
                Some((first, last)) if first == last => first.to_owned(),
                _ => range.to_owned(),
            },
            None => title.strip_prefix("entity:").unwrap_or(title).to_owned(),
        },
    }
}

/// Rows of ports that all cards of a namespace have, with the same sources, become rows of the namespace.
fn hoist(group: &mut Group<'_>) {
    if group.cards.len() < 2 {
        return;
    }
    let with_self = |card: &Card<'_>, chip: &Chip<'_>| {
        let mut sources: BTreeSet<String> = chip.sources.iter().map(|source| (*source).to_owned()).collect();
        sources.insert(card.title.to_owned());
        sources
    };
    // Rows that all have, the first one has.
    let first = group.cards[0].clone();
    let inside: BTreeSet<&str> = group.cards.iter().map(|card| card.title).collect();
    for chip in &first.chips {
        let wanted = with_self(&first, chip);
        let within: BTreeSet<String> =
            wanted.iter().filter(|source| inside.contains(source.as_str())).cloned().collect();
        // Either all of the namespace reach each other, or none of it is meant.
        let same = |card: &Card<'_>| {
            card.chips.iter().any(|other| {
                let sources = with_self(card, other);
                let outer = |all: &BTreeSet<String>| -> BTreeSet<String> {
                    all.iter().filter(|source| !inside.contains(source.as_str())).cloned().collect()
                };
                let all_within = sources == wanted && within.len() == inside.len();
                let none_within = within.len() == 1
                    && !chip.sources.contains(first.title)
                    && other.sources.iter().all(|source| !inside.contains(source))
                    && outer(&sources) == outer(&wanted);
                other.style == chip.style && other.ports == chip.ports && (all_within || none_within)
            })
        };
        if group.cards.iter().all(same) {
            let sources = group
                .cards
                .iter()
                .flat_map(|card| {
                    card.chips.iter().filter(|other| other.style == chip.style && other.ports == chip.ports)
                })
                .flat_map(|other| other.sources.iter().copied())
                .collect();
            for card in &mut group.cards {
                card.chips.retain(|other| other.style != chip.style || other.ports != chip.ports);
            }
            group.chips.push(Chip { style: chip.style, ports: chip.ports, sources });
        }
    }
}

impl Column<'_> {
    fn place(&mut self) {
        let mut y = 0;
        for group in &mut self.groups {
            group.y = y;
            let mut inside = y + HEAD + group.chips.len() as u32 * CHIP;
            for card in &mut group.cards {
                card.y = inside;
                card.height = CARD + if card.chips.is_empty() { 0 } else { card.chips.len() as u32 * CHIP + GAP };
                inside += card.height + BETWEEN_CARDS;
            }
            group.height = inside - y + PADDING - BETWEEN_CARDS;
            y += group.height + BETWEEN_GROUPS;
        }
    }

    fn height(&self) -> u32 {
        self.groups.last().map_or(0, |group| group.y + group.height)
    }
}
