//! The picture: who sends on the left, who is reached on the right, each in the box of its namespace, and the ports at
//! the ends of the lines. Ports have rows of their own, so no text can come to lie over another one.

use super::ReachReport;
use super::layout::{CARD, CHIP, Chip, Column, GAP, HEAD, Layout, PADDING, Style};
use crate::report::escape::html as escaped;
use std::fmt::Write;

const LEFT: u32 = 24;
const SOURCE_WIDTH: u32 = 320;
const GUTTER: u32 = 420;
const TARGET_WIDTH: u32 = 400;
const TOP: u32 = 76;
const RIGHT: u32 = LEFT + SOURCE_WIDTH + GUTTER;
const WIDTH: u32 = RIGHT + TARGET_WIDTH + LEFT;
/// How wide a letter is, at most, in the fonts that browsers take, in hundredths of the font's size.
const LETTER: u32 = 62;

const STYLES: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1f2933}\
.ns{fill:#f3f5f7;stroke:#b8c2cc}.nst{font-size:13px;font-weight:600}\
.card{fill:#fff;stroke:#cbd2d9}.db{fill:#e8f1fb;stroke:#4a7fb5}.ct{font-size:12px}.kind{fill:#616e7c}\
.cyl{fill:#4a7fb5}.chip{font-size:11px}\
.ca{fill:#e3f4e8;stroke:#4f9e6b}.cu{fill:#f4f1e3;stroke:#a08d3c}.cb{fill:#fde8e8;stroke:#c53030}\
.e{fill:none;stroke-width:1.3;opacity:.62}.ea{stroke:#3c8a58}.eu{stroke:#a08d3c;stroke-dasharray:2 3}\
.eb{stroke:#c53030;stroke-dasharray:7 4;opacity:.95}.all{stroke-width:2.6}\
.head{font-size:16px;font-weight:600}.legend{font-size:12px}";

/// The picture as SVG, complete in itself.
pub(super) fn print(report: &ReachReport) -> String {
    let layout = Layout::new(report);
    let height = TOP + layout.height() + LEFT;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n<title>Who may reach whom</title>\n<style>{STYLES}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    legend(&mut out);
    if layout.is_empty() {
        text(&mut out, "ct", LEFT, TOP + 16, "Nothing may reach anything.", WIDTH);
    }
    edges(&layout, &mut out);
    column(&layout.sources, LEFT, SOURCE_WIDTH, false, &mut out);
    column(&layout.targets, RIGHT, TARGET_WIDTH, true, &mut out);
    out.push_str("</svg>\n");
    out
}

fn legend(out: &mut String) {
    text(out, "head", LEFT, 30, "may send", 200);
    text(out, "head", RIGHT, 30, "to", 200);
    let mut x = LEFT;
    let marks = [("ea", "allowed"), ("eu", "not known from this repo"), ("eb", "needed by a database, and stopped")];
    for (class, label) in marks {
        let _ = writeln!(out, "<path class=\"e {class}\" d=\"M{x} 50h28\"/>");
        text(out, "legend", x + 36, 54, label, 400);
        x += 60 + letters(label) * 8;
    }
    let _ = writeln!(out, "<path class=\"e ea all\" d=\"M{x} 50h28\"/>");
    text(out, "legend", x + 36, 54, "everybody of a namespace", 400);
    x += 60 + letters("everybody of a namespace") * 8;
    cylinder(out, x, 42);
    text(out, "legend", x + 18, 54, "database or pooler", 400);
}

fn letters(text: &str) -> u32 {
    text.chars().count() as u32
}

/// A line of text that is at most `room` wide: what does not fit is left out, and told when pointed at.
fn text(out: &mut String, class: &str, x: u32, y: u32, words: &str, room: u32) {
    let size = match class {
        "head" => 16,
        "nst" => 13,
        "chip" => 11,
        _ => 12,
    };
    let most = (room * 100 / (size * LETTER)).max(4);
    let shown = if letters(words) <= most {
        escaped(words)
    } else {
        let cut: String = words.chars().take(most as usize - 1).collect();
        format!("{}\u{2026}", escaped(&cut))
    };
    let _ = write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{shown}");
    if letters(words) > most {
        let _ = write!(out, "<title>{}</title>", escaped(words));
    }
    out.push_str("</text>\n");
}

fn cylinder(out: &mut String, x: u32, y: u32) {
    let _ = writeln!(
        out,
        "<path class=\"cyl\" d=\"M{x} {a}a6 2.5 0 0 1 12 0v8a6 2.5 0 0 1-12 0z\"/>\
         <ellipse cx=\"{cx}\" cy=\"{a}\" rx=\"6\" ry=\"2.5\" fill=\"#9cc0e6\"/>",
        a = y + 3,
        cx = x + 6
    );
}

fn column(column: &Column<'_>, x: u32, width: u32, chips: bool, out: &mut String) {
    for group in &column.groups {
        let y = TOP + group.y;
        let name = group.namespace.unwrap_or("outside the cluster");
        let _ = writeln!(
            out,
            "<rect class=\"ns\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"6\"/>",
            group.height
        );
        text(out, "nst", x + PADDING, y + 18, name, width - 2 * PADDING);
        if chips {
            each_chip(&group.chips, x + PADDING, y + HEAD, width - 2 * PADDING, out);
        }
        for card in &group.cards {
            let y = TOP + card.y;
            let (x, width) = (x + PADDING, width - 2 * PADDING);
            let class = if card.database { "card db" } else { "card" };
            let _ = writeln!(
                out,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"4\"/>",
                card.height
            );
            let start = if card.database {
                cylinder(out, x + 8, y + 4);
                x + 26
            } else {
                x + 8
            };
            text(out, "ct", start, y + 16, &card.label, width - 40);
            if chips {
                each_chip(&card.chips, x + 8, y + CARD, width - 16, out);
            }
        }
    }
}

fn each_chip(chips: &[Chip<'_>], x: u32, y: u32, width: u32, out: &mut String) {
    for (at, chip) in chips.iter().enumerate() {
        let y = y + at as u32 * CHIP;
        let (class, label) = match chip.style {
            Style::Allowed => ("ca", chip.ports.to_owned()),
            Style::Unknown => ("cu", format!("perhaps {}", chip.ports)),
            Style::Blocked => ("cb", format!("stopped: {}", chip.ports)),
        };
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"3\"/>",
            CHIP - GAP
        );
        text(out, "chip", x + 6, y + 11, &label, width - 12);
    }
}

/// Lines lie in the gutter between both columns, where no text is.
fn edges(layout: &Layout<'_>, out: &mut String) {
    let from_x = LEFT + SOURCE_WIDTH;
    for edge in &layout.edges {
        let class = match edge.style {
            Style::Allowed => "ea",
            Style::Unknown => "eu",
            Style::Blocked => "eb",
        };
        let all = if edge.bundle { " all" } else { "" };
        // A line starts at the card itself, or at the edge of the namespace.
        let x1 = if edge.bundle { from_x } else { from_x - PADDING };
        let (y1, y2) = (TOP + edge.from, TOP + edge.to);
        let (a, b) = (from_x + GUTTER / 2, RIGHT - GUTTER / 2);
        let x2 = RIGHT;
        let _ = writeln!(
            out,
            "<path class=\"e {class}{all}\" d=\"M{x1} {y1}L{from_x} {y1}C{a} {y1} {b} {y2} {x2} {y2}l-7 -3.5m7 3.5l-7 3.5\"/>"
        );
    }
}
