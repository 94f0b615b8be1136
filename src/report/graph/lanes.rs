//! Where nodes stand in the picture: a band for each namespace, a lane for what has one part in the whole, so that
//! links run the same way everywhere. Within a cell those stand close that are linked with what is beside them.

use super::{Class, GraphReport, group};
use foldhash::{HashMap, HashMapExt};

/// The lanes from left to right: a title, and what stands in it.
const LANES: &[(&str, &[Class])] = &[
    ("Delivery", &[Class::Release]),
    ("Clients and policies", &[Class::Workload, Class::Policy]),
    ("Poolers and backups", &[Class::Pooler, Class::Backup]),
    ("Clusters", &[Class::Cluster]),
    ("Databases and roles", &[Class::Database, Class::Role]),
    ("Secrets", &[Class::Secret]),
    ("Makers and stores", &[Class::Maker, Class::Store]),
];

/// How often cells are put in order, there and back.
const SWEEPS: usize = 2;

/// A namespace, or what has none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Band<'r> {
    pub(super) title: &'r str,
    /// The Namespace itself.
    pub(super) namespace: Option<usize>,
    /// The nodes in each of the lanes, from top to bottom.
    pub(super) cells: Vec<Vec<usize>>,
}

/// The whole picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Board<'r> {
    /// The titles of the lanes that something stands in.
    pub(super) lanes: Vec<&'static str>,
    pub(super) bands: Vec<Band<'r>>,
}

impl<'r> Board<'r> {
    pub(super) fn new(report: &'r GraphReport) -> Board<'r> {
        let used: Vec<&(&str, &[Class])> =
            LANES.iter().filter(|(_, classes)| report.nodes.iter().any(|node| classes.contains(&node.class))).collect();
        let mut bands: Vec<Band<'r>> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (at, node) in report.nodes.iter().enumerate() {
            let title = group(node);
            let band = *known.entry(title).or_insert_with(|| {
                bands.push(Band { title, namespace: None, cells: vec![Vec::new(); used.len()] });
                bands.len() - 1
            });
            match used.iter().position(|(_, classes)| classes.contains(&node.class)) {
                Some(lane) => bands[band].cells[lane].push(at),
                None => bands[band].namespace = bands[band].namespace.or(Some(at)),
            }
        }
        let mut board = Board { lanes: used.iter().map(|(title, _)| *title).collect(), bands };
        board.order(report, &used);
        board
    }

    /// Puts every cell in the order of what its nodes are linked with in the other lanes of the band.
    fn order(&mut self, report: &GraphReport, used: &[&(&str, &[Class])]) {
        let mut place: Vec<(usize, usize, usize)> = vec![(usize::MAX, 0, 0); report.nodes.len()];
        for (number, band) in self.bands.iter().enumerate() {
            for (lane, cell) in band.cells.iter().enumerate() {
                for (row, node) in cell.iter().enumerate() {
                    place[*node] = (number, lane, row);
                }
            }
        }
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); report.nodes.len()];
        for edge in report.links() {
            let ((one, left, _), (other, right, _)) = (place[edge.from], place[edge.to]);
            if one == other && left != right {
                beside[edge.from].push(edge.to);
                beside[edge.to].push(edge.from);
            }
        }
        let class = |node: usize, lane: usize| used[lane].1.iter().position(|class| *class == report.nodes[node].class);
        for sweep in 0..SWEEPS * 2 {
            for band in &mut self.bands {
                let lanes: Vec<usize> = (0..band.cells.len()).collect();
                let lanes: Box<dyn Iterator<Item = usize>> =
                    if sweep % 2 == 0 { Box::new(lanes.into_iter()) } else { Box::new(lanes.into_iter().rev()) };
                for lane in lanes {
                    let cell = &mut band.cells[lane];
                    // A mean of rows, in thousandths, so that no rounding differs between machines.
                    let mean = |node: usize| match beside[node].len() {
                        0 => place[node].2 * 1000,
                        count => beside[node].iter().map(|other| place[*other].2 * 1000).sum::<usize>() / count,
                    };
                    cell.sort_by_cached_key(|node| (class(*node, lane), mean(*node), *node));
                    for (row, node) in cell.iter().enumerate() {
                        place[*node].2 = row;
                    }
                }
            }
        }
    }
}
