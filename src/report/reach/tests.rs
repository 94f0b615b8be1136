//! Texts of reports, and that nothing lies over anything in the picture.

use super::*;

fn connection(src: &str, dst: &str, ports: &str, verdict: Verdict) -> Connection {
    let reason = (verdict == Verdict::Unknown).then(|| "labels are not known".into());
    Connection { target: None, src: src.into(), dst: dst.into(), verdict, ports: ports.into(), reason }
}

fn node(namespace: &str, name: &str, kind: &str) -> Node {
    Node {
        title: format!("{namespace}/{name}[{kind}]"),
        namespace: namespace.into(),
        name: name.into(),
        kind: kind.into(),
        database: kind == "Cluster",
    }
}

fn small() -> ReachReport {
    ReachReport {
        connections: vec![
            connection(
                "0.0.0.0-255.255.255.255[External]",
                "shop/web[Deployment]",
                "All Connections",
                Verdict::Allowed,
            ),
            connection("shop/web[Deployment]", "databases/main[Cluster]", "TCP 5432,9187", Verdict::Allowed),
            connection("other/\"x\"[Pod]", "databases/main[Cluster]", "TCP 5432", Verdict::Unknown),
        ],
        blocked: vec![Blocked {
            target: None,
            src: "databases/main[Cluster]".into(),
            dst: "databases/main[Cluster]".into(),
            ports: "TCP 8000".into(),
            why: "the primary asks its replicas",
        }],
        nodes: vec![
            node("databases", "main", "Cluster"),
            node("other", "\"x\"", "Pod"),
            node("shop", "web", "Deployment"),
        ],
        ..ReachReport::default()
    }
}

#[test]
fn lines_have_the_form_that_people_know() {
    assert_eq!(
        print_reach(ReachFormat::Text, &small()),
        "0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
shop/web[Deployment] => databases/main[Cluster] : TCP 5432,9187
other/\"x\"[Pod] => databases/main[Cluster] : TCP 5432  (unknown: labels are not known)

Needed by CloudNativePG, and stopped by policies:
databases/main[Cluster] => databases/main[Cluster] : TCP 8000 (the primary asks its replicas)
"
    );
}

#[test]
fn tables_and_graphs_quote_what_they_must() {
    let report = small();
    let csv = print_reach(ReachFormat::Csv, &report);
    assert_eq!(csv.lines().nth(2), Some(",shop/web[Deployment],databases/main[Cluster],\"TCP 5432,9187\",allowed"));
    assert!(csv.contains(",\"other/\"\"x\"\"[Pod]\",databases/main[Cluster],TCP 5432,unknown"), "{csv}");
    let dot = print_reach(ReachFormat::Dot, &report);
    assert!(dot.contains("subgraph cluster_1 {\n    label=\"databases\";"), "{dot}");
    assert!(
        dot.contains("\"other/\\\"x\\\"[Pod]\" -> \"databases/main[Cluster]\" [label=\"TCP 5432\", style=dotted];")
    );
    assert!(dot.contains("shape=cylinder"), "{dot}");
    let mermaid = print_reach(ReachFormat::Mermaid, &report);
    assert!(mermaid.starts_with("graph LR\n"), "{mermaid}");
    assert!(mermaid.contains("[(\"main[Cluster]\")]") && mermaid.contains("--x|\"blocked: TCP 8000\"|"), "{mermaid}");
    let json: serde_json::Value = serde_json::from_str(&print_reach(ReachFormat::Json, &report)).expect("JSON");
    assert_eq!(json["connections"][1]["ports"], "TCP 5432,9187");
    assert_eq!(json["blocked"][0]["dst"], "databases/main[Cluster]");
    assert_eq!(json["changes"], serde_json::json!([]));
}

/// The box around each text of a picture, as wide as the widest letters make it.
fn boxes(svg: &str) -> Vec<(u32, u32, u32, u32, String)> {
    let attribute = |tag: &str, name: &str| -> u32 {
        let start = tag.find(&format!(" {name}=\"")).expect("an attribute") + name.len() + 3;
        let end = tag[start..].find('"').expect("an end") + start;
        tag[start..end].parse().expect("a number")
    };
    svg.lines()
        .filter(|line| line.starts_with("<text"))
        .map(|line| {
            let (tag, rest) = line.split_once('>').expect("a tag");
            let shown = rest.split('<').next().unwrap_or_default().replace("&quot;", "\"").replace("&amp;", "&");
            let size = match () {
                () if tag.contains("\"head\"") => 16,
                () if tag.contains("\"nst\"") => 13,
                () if tag.contains("\"chip\"") => 11,
                () => 12,
            };
            let (x, y) = (attribute(tag, "x"), attribute(tag, "y"));
            (x, y - size + 2, x + shown.chars().count() as u32 * size * 62 / 100, y + 2, shown)
        })
        .collect()
}

#[test]
fn no_text_lies_over_another_one() {
    let names = ["databases", "a-namespace-with-a-name-that-is-rather-long-and-does-not-end", "shop", "monitoring"];
    let mut report = ReachReport::default();
    for at in 0..50 {
        let kind = if at % 7 == 0 { "Cluster" } else { "Deployment" };
        report.nodes.push(node(names[at % 4], &format!("workload-number-{at}-of-fifty-with-a-long-name"), kind));
    }
    for from in 0..50 {
        for to in 0..50 {
            if (from * 7 + to * 3) % 5 != 0 {
                continue;
            }
            let ports = ["TCP 5432", "All Connections", "TCP 1-79,81-65535,UDP 1-65535,SCTP 1-65535"][(from + to) % 3];
            let verdict = if to % 11 == 0 { Verdict::Unknown } else { Verdict::Allowed };
            let (from, to) = (report.nodes[from].title.clone(), report.nodes[to].title.clone());
            report.connections.push(connection(&from, &to, ports, verdict));
        }
        report.connections.push(connection(
            &format!("10.0.{from}.0-10.0.{from}.255[External]"),
            &report.nodes[from].title.clone(),
            "TCP 443",
            Verdict::Allowed,
        ));
    }
    let svg = print_reach(ReachFormat::Svg, &report);
    let boxes = boxes(&svg);
    assert!(boxes.len() > 150, "{}", boxes.len());
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[at + 1..] {
            let apart = a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
            assert!(apart, "{a:?} lies over {b:?}");
        }
    }
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = print_reach(ReachFormat::Html, &small());
    let outside = page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "");
    for word in ["http", "src=", "href", "url(", "@import"] {
        assert!(!outside.replace("script-src", "").replace("default-src", "").contains(word), "{word}");
    }
    assert!(page.contains("Content-Security-Policy") && page.contains("stopped: TCP 8000"), "{page}");
    assert!(page.contains("other/&quot;x&quot;[Pod]"), "{page}");
}

#[test]
fn those_that_nothing_tells_apart_are_drawn_once() {
    let mut report = ReachReport::default();
    for name in ["a", "b", "c"] {
        report.nodes.push(node("one", name, "Deployment"));
        report.nodes.push(node("two", name, "Deployment"));
    }
    let titles: Vec<String> = report.nodes.iter().map(|node| node.title.clone()).collect();
    for from in &titles {
        for to in titles.iter().filter(|to| *to != from) {
            report.connections.push(connection(from, to, "All Connections", Verdict::Allowed));
        }
    }
    let svg = print_reach(ReachFormat::Svg, &report);
    let lines = svg.lines().filter(|line| line.starts_with("<path class=\"e ea all\"")).count();
    assert_eq!(lines, 4 + 1, "two namespaces to two, and the one of the legend:\n{svg}");
}
