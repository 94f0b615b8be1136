//! The graph as a page, complete in itself: it asks nobody for anything. What it holds is data, which the scripts
//! beside this file show as texts and never as markup.

use super::json::{self, Found, Problem, Vertex};
use super::lanes::Board;
use super::{At, Class, GraphReport};
use crate::graph::links::Relation;
use crate::report::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = concat!(
    "'use strict';\n(function () {\n",
    include_str!("page/state.js"),
    include_str!("page/board.js"),
    include_str!("page/wires.js"),
    include_str!("page/panel.js"),
    include_str!("page/search.js"),
    include_str!("page/start.js"),
    "}());\n"
);

#[derive(Serialize)]
struct Data<'r> {
    judged: bool,
    targets: &'r [String],
    classes: Vec<&'static str>,
    relations: Vec<(&'static str, &'static str)>,
    nodes: Vec<Vertex<'r>>,
    /// From, relation, to, whether it is sure, and where it is written.
    edges: Vec<(usize, usize, usize, bool, Option<String>)>,
    lanes: Vec<&'static str>,
    bands: Vec<Row<'r>>,
    elsewhere: Vec<Found<'r>>,
    problems: Vec<Problem<'r>>,
}

#[derive(Serialize)]
struct Row<'r> {
    title: &'r str,
    namespace: Option<usize>,
    cells: &'r [Vec<usize>],
}

pub(super) fn print(report: &GraphReport) -> String {
    let board = Board::new(report);
    let data = Data {
        judged: report.judged,
        targets: &report.targets,
        classes: Class::ALL.into_iter().map(Class::name).collect(),
        relations: Relation::ALL.into_iter().map(|relation| (relation.name(), relation.reverse())).collect(),
        nodes: report.nodes.iter().map(json::vertex).collect(),
        edges: report
            .links()
            .map(|edge| {
                let relation = Relation::ALL.iter().position(|relation| *relation == edge.relation);
                (edge.from, relation.unwrap_or_default(), edge.to, edge.sure, edge.at.as_ref().map(place))
            })
            .collect(),
        lanes: board.lanes.clone(),
        bands: board
            .bands
            .iter()
            .map(|band| Row { title: band.title, namespace: band.namespace, cells: &band.cells })
            .collect(),
        elsewhere: report.elsewhere.iter().map(json::found).collect(),
        problems: json::problems(report),
    };
    let text = serde_json::to_string(&data).expect("internal: texts and numbers are JSON");
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    // What comes last may hold any text; nothing is filled in behind it.
    PAGE.replace("{{style-hash}}", &hash(STYLE))
        .replace("{{script-hash}}", &hash(SCRIPT))
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT)
        .replace("{{counts}}", &escape::html(&report.counts()))
        .replacen("{{data}}", &escape::script(&text), 1)
}

fn place(at: &At) -> String {
    format!("{}:{}", at.file, at.line)
}
