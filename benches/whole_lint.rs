//! `lint` over made-up repos of 1,000 and of 20,000 files, from bytes in memory to the sorted findings:
//! bytes a second, and through the allocation profile the bytes of memory held at the peak.

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use std::sync::Arc;
use tidegate::engine::{self, Request, Root, Selection};
use tidegate::source::{Source, Sources};
use tidegate::tree::{Memory, Tree};
use tidegate::walk;

#[path = "text/mod.rs"]
mod text;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = [1_000, 20_000], sample_count = 10)]
fn generated_repo(bencher: Bencher<'_, '_>, files: usize) {
    let mut tree = Memory::new();
    let mut bytes = 0;
    for number in 0..files {
        let text = text::manifests(number);
        bytes += text.len();
        assert!(tree.insert(&format!("apps/team{}/app{number}/manifests.yaml", number % 40), text));
    }
    bencher.counter(BytesCount::new(bytes)).bench(|| lint(divan::black_box(&tree)));
}

fn lint(tree: &dyn Tree) -> engine::Run {
    let walked = walk::walk(tree, &walk::Options::default());
    let mut sources = Sources::new(vec![String::new()]);
    let mut root = Root::default();
    for file in walked.files {
        root.files.push(sources.add(Source::new(0, file.path, Arc::clone(&file.text))));
    }
    let request = Request {
        selection: Selection::default(),
        scopes: Vec::new(),
        today: jiff::civil::date(2026, 11, 21),
        given: Default::default(),
        target: None,
        new_only: false,
        baseline: None,
        record: false,
    };
    engine::run(&sources, vec![root], None, &request)
}
