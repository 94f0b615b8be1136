//! Rendering of a made-up repo: one base of thirty objects under 1, 10 and 100 overlays, from parsed files to the
//! objects of all targets: overlays a second, and through the allocation profile the bytes held at the peak.

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use elsa::sync::FrozenVec;
use foldhash::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidegate::config::Config;
use tidegate::manifest::{Manifests, Parsed};
use tidegate::render::files::Extra;
use tidegate::render::gather::gather;
use tidegate::render::{self, Worlds};
use tidegate::source::{Source, SourceId, Sources};
use tidegate::tree::Memory;
use tidegate::{walk, yaml};

#[path = "text/mod.rs"]
mod text;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Files of the base, each of five objects.
const FILES: usize = 6;

/// Objects of an overlay: those of the base, and what its generator makes.
const OBJECTS: usize = FILES * 5 + 1;

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 10, 100])]
fn overlays(bencher: Bencher<'_, '_>, overlays: usize) {
    let read = Read::new(&repo(overlays));
    let files = read.parse();
    bencher.counter(ItemsCount::new(overlays)).bench(|| {
        let objects = read.render(divan::black_box(&files));
        assert_eq!(objects, overlays * OBJECTS);
    });
}

/// What the arenas hold beside, to set the bytes of rendering against.
#[divan::bench(args = [1, 10, 100])]
fn arenas(bencher: Bencher<'_, '_>, overlays: usize) {
    let read = Read::new(&repo(overlays));
    bencher.counter(ItemsCount::new(overlays)).bench(|| read.parse());
}

fn repo(overlays: usize) -> Memory {
    let mut tree = Memory::new();
    let mut put = |path: String, text: String| assert!(tree.insert(&path, text));
    let resources: String = (0..FILES).map(|number| format!("  - shop{number}.yaml\n")).collect();
    put("base/kustomization.yaml".to_owned(), format!("{KUSTOMIZATION}resources:\n{resources}"));
    for number in 0..FILES {
        put(format!("base/shop{number}.yaml"), text::manifests(number));
    }
    for number in 0..overlays {
        put(format!("harbours/h{number}/kustomization.yaml"), overlay(number));
        put(format!("harbours/h{number}/more-shops.yaml"), PATCH.to_owned());
    }
    tree
}

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

const PATCH: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: storefront-0\n  namespace: team-0\nspec:\n  replicas: 4\n  \
template:\n    spec:\n      containers:\n        - name: storefront\n          resources:\n            limits:\n              \
memory: 512Mi\n";

fn overlay(number: usize) -> String {
    format!(
        "{KUSTOMIZATION}namespace: harbour-{number}\nnamePrefix: h{number}-\nresources:\n  - ../../base\n\
         images:\n  - name: registry.example.org/storefront/server\n    newTag: 2.{number}.0\n\
         patches:\n  - path: more-shops.yaml\n  - target:\n      kind: Cluster\n    patch: |-\n      \
         - op: replace\n        path: /spec/instances\n        value: 5\n\
         configMapGenerator:\n  - name: place\n    literals:\n      - HARBOUR=h{number}\n"
    )
}

/// A repo as it was read.
struct Read {
    sources: Sources,
    files: Vec<SourceId>,
    extras: Vec<BTreeMap<String, Extra>>,
    configs: Vec<Config>,
}

impl Read {
    fn new(tree: &Memory) -> Read {
        let mut sources = Sources::new(vec![String::new()]);
        let known: BTreeMap<String, SourceId> = walk::walk(tree, &walk::Options::default())
            .files
            .into_iter()
            .map(|file| (file.path.clone(), sources.add(Source::new(0, file.path, Arc::clone(&file.text)))))
            .collect();
        let extras = gather(tree, &mut sources, 0, &known, &[], 1 << 20).extras;
        let files = known.into_values().collect();
        Read { sources, files, extras: vec![extras], configs: vec![Config::default()] }
    }

    fn parse(&self) -> Vec<yaml::File> {
        self.files.iter().map(|source| yaml::parse(*source, self.sources[*source].shared_text())).collect()
    }

    /// How many objects the overlays give.
    fn render(&self, files: &[yaml::File]) -> usize {
        let path = |file: &yaml::File| self.sources[file.source()].path();
        let manifests = Manifests::new(files.iter().map(|file| Parsed { root: 0, path: path(file), file }).collect());
        let (parsed, embedded) = (HashMap::default(), FrozenVec::new());
        let source = render::Source {
            sources: &self.sources,
            manifests: &manifests,
            extras: &self.extras,
            parsed: &parsed,
            charts: &[BTreeMap::new()],
            embedded: &embedded,
            configs: &self.configs,
        };
        let worlds = Worlds::new(source);
        let (_resources, targets) = worlds.resolve(source);
        targets.iter().map(|target| target.members.len()).sum()
    }
}
