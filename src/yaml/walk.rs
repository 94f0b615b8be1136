//! Every scalar of a value with the keys that lead to it, without recursion and without expanding
//! aliases: what an alias names is visited where it is written.

use super::arena::{File, NodeId, Shape};
use super::value::Value;

/// A step from a collection to its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a mapping, by key.
    Key(&'a str),
    /// Into a sequence, by index.
    Index(usize),
}

/// What a visitor wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Go on, into the children.
    Into,
    /// Go on behind this value.
    Past,
}

/// Calls `visit` for `root` and everything below it in the order it is written, with the steps that lead there.
pub fn walk<'a>(root: Value<'a>, visit: &mut dyn FnMut(&[Step<'a>], Value<'a>) -> Visit) {
    let mut steps = Vec::with_capacity(USUAL_DEPTH);
    walk_below(root, &mut steps, visit);
}

/// Values that were made nest no deeper than the texts they come from, whose depth the parser bounds.
fn walk_below<'a>(at: Value<'a>, steps: &mut Vec<Step<'a>>, visit: &mut dyn FnMut(&[Step<'a>], Value<'a>) -> Visit) {
    if let Some((file, _)) = at.written_site() {
        walk_written(file, at, steps, visit);
        return;
    }
    if visit(steps, at) == Visit::Past {
        return;
    }
    let keys = at.entries().map(|(key, child)| (Step::Key(key), child));
    let places = at.items().enumerate().map(|(index, child)| (Step::Index(index), child));
    for (step, child) in keys.chain(places) {
        steps.push(step);
        walk_below(child, steps, visit);
        steps.pop();
    }
}

/// Most values nest no deeper.
const USUAL_DEPTH: usize = 16;

struct Open {
    end: u32,
    mapping: bool,
    index: usize,
}

fn walk_written<'a>(
    file: &'a File,
    root: Value<'a>,
    steps: &mut Vec<Step<'a>>,
    visit: &mut dyn FnMut(&[Step<'a>], Value<'a>) -> Visit,
) {
    let above = steps.len();
    let Some((_, site)) = root.written_site() else { return };
    let mut open: Vec<Open> = Vec::with_capacity(USUAL_DEPTH);
    let mut at = site.0;
    let stop = file.node(site).next;
    let mut key: Option<NodeId> = None;
    while at < stop {
        while open.last().is_some_and(|last| last.end <= at) {
            open.pop();
            steps.pop();
        }
        let id = NodeId(at);
        let node = file.node(id);
        if let Some(parent) = open.last_mut() {
            if parent.mapping && key.is_none() {
                key = Some(id);
                at = node.next;
                continue;
            }
            steps.pop();
            steps.push(match key {
                Some(key) if file.node(key).shape.style().is_some() => Step::Key(file.scalar_text(key)),
                Some(_) => Step::Key(""),
                None => Step::Index(parent.index),
            });
            parent.index += 1;
        }
        let value = if at == site.0 { root } else { root.sibling(file, key.take(), id) };
        let into = visit(steps, value) == Visit::Into;
        if into && matches!(node.shape, Shape::Sequence | Shape::Mapping) && node.next > at + 1 {
            open.push(Open { end: node.next, mapping: node.shape == Shape::Mapping, index: 0 });
            steps.push(Step::Index(0));
            at += 1;
        } else {
            at = node.next;
        }
    }
    steps.truncate(above);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn every_scalar_is_met_once_with_its_path() {
        let text = "a: 1\nb:\n  - x\n  - {c: [y, z]}\n  - []\nd: {}\ne: &k w\nf: *k\n";
        let file = parse(SourceId(0), text.into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let mut seen = Vec::new();
        walk(root, &mut |steps, value| {
            if value.style().is_some() {
                let path: Vec<String> = steps
                    .iter()
                    .map(|step| match step {
                        Step::Key(key) => (*key).to_owned(),
                        Step::Index(index) => index.to_string(),
                    })
                    .collect();
                seen.push(format!("{}={}", path.join("."), value.raw().expect("a scalar")));
            }
            Visit::Into
        });
        assert_eq!(seen, ["a=1", "b.0=x", "b.1.c.0=y", "b.1.c.1=z", "e=w", "f=w"]);
    }
}
