//! From text to arena: CRD-like and repo-like files, in bytes a second.

use divan::Bencher;
use divan::counter::BytesCount;
use std::sync::Arc;
use tidegate::source::SourceId;
use tidegate::yaml;

#[path = "text/mod.rs"]
mod text;

fn main() {
    divan::main();
}

#[divan::bench]
fn crd_like(bencher: Bencher<'_, '_>) {
    measure(bencher, text::schema_like(400));
}

#[divan::bench]
fn repo_like(bencher: Bencher<'_, '_>) {
    let files: Vec<String> = (0..200).map(text::manifests).collect();
    measure(bencher, files.join("---\n"));
}

fn measure(bencher: Bencher<'_, '_>, text: String) {
    let text: Arc<str> = text.into();
    bencher
        .counter(BytesCount::new(text.len()))
        .bench(|| yaml::parse(SourceId(0), divan::black_box(Arc::clone(&text))));
}
