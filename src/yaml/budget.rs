//! What the aliases of a document would expand to, measured without expanding anything.

use super::arena::{File, Shape, SyntaxError, SyntaxKind, UNRESOLVED};
use crate::source::Span;
use std::ops::Range;

/// Readers of manifests (go-yaml) refuse a document when, beyond this many expanded nodes, nearly all
/// of them come out of aliases; the share that is allowed shrinks from 99 % to 10 %.
const SMALL: f64 = 400_000.0;
const LARGE: f64 = 4_000_000.0;

pub(super) fn check(file: &File, nodes: Range<u32>) -> Option<SyntaxError> {
    let base = nodes.start as usize;
    let count = nodes.len();
    // size[i] = nodes of the subtree i with its aliases expanded. Children come after their parent and
    // alias targets before their alias, so a subtree is complete when the walk leaves it.
    let mut size = vec![0u64; count];
    let mut open: Vec<usize> = Vec::new();
    let mut from_aliases = 0u64;
    for at in 0..count {
        while let Some(top) = open.last().copied() {
            if (file.nodes[base + top].next as usize) > base + at {
                break;
            }
            leave(&mut open, &mut size, top);
        }
        let node = &file.nodes[base + at];
        match node.shape {
            Shape::Alias if node.flags & UNRESOLVED == 0 => {
                let target = node.first as usize - base;
                if open.contains(&target) {
                    return Some(fault(file, at + base, "the anchor contains itself through this alias"));
                }
                size[at] = size[target].max(1);
                from_aliases = from_aliases.saturating_add(size[at]);
                add(&mut size, &open, at);
            }
            Shape::Mapping | Shape::Sequence => {
                size[at] = 1;
                open.push(at);
            }
            _ => {
                size[at] = 1;
                add(&mut size, &open, at);
            }
        }
        if at == 0 && open.is_empty() {
            return None;
        }
    }
    while let Some(top) = open.last().copied() {
        leave(&mut open, &mut size, top);
    }
    let total = size.first().copied().unwrap_or(0) as f64;
    let share = from_aliases as f64 / total.max(1.0);
    let allowed = if total <= SMALL {
        0.99
    } else if total >= LARGE {
        0.10
    } else {
        0.99 - 0.89 * (total - SMALL) / (LARGE - SMALL)
    };
    if from_aliases > 100 && total > 1000.0 && share > allowed {
        let last = (0..count).rev().find(|at| file.nodes[base + at].shape == Shape::Alias)?;
        let words = format!("the aliases of this document expand to {} nodes, which readers refuse", rough(total));
        return Some(fault(file, base + last, &words));
    }
    None
}

fn leave(open: &mut Vec<usize>, size: &mut [u64], top: usize) {
    open.pop();
    add(size, open, top);
}

fn add(size: &mut [u64], open: &[usize], at: usize) {
    if let Some(parent) = open.last() {
        size[*parent] = size[*parent].saturating_add(size[at]);
    }
}

fn rough(total: f64) -> String {
    if total >= 1e9 { "more than a thousand million".into() } else { format!("{total}") }
}

fn fault(file: &File, at: usize, message: &str) -> SyntaxError {
    let node = &file.nodes[at];
    SyntaxError {
        kind: SyntaxKind::ExcessiveAliases,
        span: Span { source: file.source, start: node.start, end: node.end },
        message: message.into(),
    }
}
