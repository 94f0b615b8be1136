//! That everything has a place of its own, that nothing depends on the order of what comes in, and that no name can
//! break out of what it stands in.

use super::lanes::Board;
use super::*;
use foldhash::{HashSet, HashSetExt};
use proptest::prelude::*;

fn node(class: Class, namespace: &str, name: &str) -> Node {
    let kind = format!("{class:?}");
    Node {
        id: format!("{namespace}/{kind}/{name}"),
        class,
        kind,
        namespace: (class != Class::Namespace && !namespace.is_empty()).then(|| namespace.to_owned()),
        cluster_wide: namespace.is_empty(),
        name: if class == Class::Namespace { namespace.to_owned() } else { name.to_owned() },
        presence: Presence::Written,
        targets: BTreeSet::new(),
        places: vec![At { file: "a.yaml".into(), line: 1 }],
        facts: Vec::new(),
        findings: Vec::new(),
    }
}

fn edge(from: usize, to: usize) -> Edge {
    Edge { from, relation: Relation::ReadsSecret, to, sure: true, targets: BTreeSet::new(), at: None }
}

/// The row of every node of a board, by band and lane.
fn places(board: &Board<'_>) -> Vec<(usize, usize, usize, usize)> {
    let bands = board.bands.iter().enumerate();
    bands
        .flat_map(|(band, held)| {
            let cells = held.cells.iter().enumerate();
            let cells = cells.flat_map(move |(lane, cell)| {
                cell.iter().enumerate().map(move |(row, node)| (*node, band, lane, row)).collect::<Vec<_>>()
            });
            // A Namespace is the head of its band.
            cells.chain(held.namespace.map(|node| (node, band, usize::MAX, 0)))
        })
        .collect()
}

fn graphs() -> impl Strategy<Value = GraphReport> {
    let node = (0..Class::ALL.len(), 0..5usize).prop_map(|(class, namespace)| (Class::ALL[class], namespace));
    (proptest::collection::vec(node, 0..60), proptest::collection::vec((0..60usize, 0..60usize), 0..120)).prop_map(
        |(kinds, links)| {
            let mut named = HashSet::new();
            let mut nodes: Vec<Node> = Vec::new();
            for (at, (class, namespace)) in kinds.into_iter().enumerate() {
                let namespace = ["", "a", "b", "c", "d"][namespace];
                let is_head = class == Class::Namespace;
                if is_head && (namespace.is_empty() || !named.insert(namespace)) {
                    continue;
                }
                nodes.push(self::node(class, namespace, &format!("n{at}")));
            }
            let count = nodes.len();
            let links = links.into_iter().filter(|(from, to)| *from < count && *to < count && from != to);
            GraphReport { nodes, edges: links.map(|(from, to)| edge(from, to)).collect(), ..GraphReport::default() }
        },
    )
}

proptest! {
    #[test]
    fn every_node_has_one_place_and_no_two_share_one(report in graphs()) {
        let board = Board::new(&report);
        let places = places(&board);
        let nodes: HashSet<usize> = places.iter().map(|place| place.0).collect();
        prop_assert_eq!(places.len(), report.nodes.len());
        prop_assert_eq!(nodes.len(), report.nodes.len());
        let spots: HashSet<_> = places.iter().map(|(_, band, lane, row)| (*band, *lane, *row)).collect();
        prop_assert_eq!(spots.len(), places.len());
        for (node, band, ..) in &places {
            prop_assert_eq!(board.bands[*band].title, group(&report.nodes[*node]));
        }
        for band in &board.bands {
            for cell in &band.cells {
                let classes: Vec<Class> = cell.iter().map(|node| report.nodes[*node].class).collect();
                let mut grouped = classes.clone();
                grouped.dedup();
                let distinct: HashSet<&Class> = classes.iter().collect();
                prop_assert_eq!(grouped.len(), distinct.len(), "kinds stay together: {:?}", classes);
            }
        }
    }

    #[test]
    fn the_order_of_links_does_not_matter(report in graphs()) {
        let mut turned = report.clone();
        turned.edges.reverse();
        prop_assert_eq!(Board::new(&report), Board::new(&turned));
    }
}

#[test]
fn what_is_linked_stands_side_by_side() {
    let names = ["a", "b", "c", "d"];
    let mut nodes: Vec<Node> = names.iter().map(|name| node(Class::Role, "db", name)).collect();
    nodes.extend(names.iter().map(|name| node(Class::Secret, "db", name)));
    let edges = vec![edge(0, 7), edge(1, 6), edge(2, 5), edge(3, 4)];
    let report = GraphReport { nodes, edges, ..GraphReport::default() };
    let board = Board::new(&report);
    assert_eq!(board.lanes, ["Databases and roles", "Secrets"]);
    let [roles, secrets] = &*board.bands[0].cells else { panic!("two lanes") };
    let beside: Vec<bool> = roles.iter().zip(secrets).map(|(role, secret)| role + secret == 7).collect();
    assert_eq!(beside, [true; 4], "{roles:?} {secrets:?}");
}

fn hostile() -> GraphReport {
    let name = "</script><script>alert(1)</script>\"'`<!--{{data}}\\";
    let mut nodes = vec![node(Class::Secret, "a\"b", name), node(Class::Cluster, "a\"b", name)];
    nodes[0].presence = Presence::Unknown(name.into());
    nodes[1].facts = vec![("PostgreSQL", name.into())];
    let problems = vec![(name.into(), Some(3), name.into())];
    GraphReport { nodes, edges: vec![edge(1, 0)], problems, ..GraphReport::default() }
}

#[test]
fn no_name_breaks_out_of_the_page() {
    let page = print_graph(GraphFormat::Html, &hostile());
    assert_eq!(page.matches("</script>").count(), 2, "one ends the data, one the script");
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.contains("alert(1)</"), "markup stays a text");
    let (_, rest) = page.split_once("id=\"data\">").expect("data");
    let (json, _) = rest.split_once("</script>").expect("an end");
    let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(data["nodes"][0]["name"], hostile().nodes[0].name);
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = print_graph(GraphFormat::Html, &hostile());
    let outside = page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "");
    for word in ["http:", "https:", "//cdn", "src=", "url(http", "@import", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!outside.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'; style-src 'sha256-") && page.contains("script-src 'sha256-"));
    for hole in ["{{style", "{{script", "{{counts"] {
        assert!(!page.contains(hole), "{hole} is filled in");
    }
}

#[test]
fn ids_of_the_page_are_there_once() {
    let page = print_graph(GraphFormat::Html, &GraphReport::default());
    let (markup, _) = page.split_once("id=\"data\"").expect("data");
    let ids: Vec<&str> = markup.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: HashSet<&&str> = ids.iter().collect();
    assert!(ids.len() > 20, "{ids:?}");
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
}

#[test]
fn graphs_quote_what_they_must() {
    let dot = print_graph(GraphFormat::Dot, &hostile());
    assert!(dot.contains("label=\"a\\\"b\";"), "{dot}");
    for line in dot.lines() {
        let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        assert_eq!(quotes % 2, 0, "{line}");
    }
    let mermaid = print_graph(GraphFormat::Mermaid, &hostile());
    for line in mermaid.lines().filter(|line| line.contains('[')) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(!line.contains('<') && !line.contains('`'), "{line}");
    }
}

#[test]
fn words_of_the_command_line_mean_classes() {
    for (word, class) in [
        ("cluster", Some(Class::Cluster)),
        ("Clusters", Some(Class::Cluster)),
        ("policies", Some(Class::Policy)),
        ("secret-maker", Some(Class::Maker)),
        ("secret_makers", Some(Class::Maker)),
        ("service", None),
    ] {
        assert_eq!(Class::parse(word), class, "{word}");
    }
}
