//! Small repos in memory, and what Argo CD makes of them.

mod following;
mod generating;

use crate::config::Config;
use crate::manifest::{Manifests, Parsed, Resource};
use crate::render::gather::gather;
use crate::render::{Source, Target, Told, Worlds};
use crate::source::{SourceId, Sources};
use crate::tree::{Memory, Tree};
use crate::yaml;
use elsa::sync::FrozenVec;
use foldhash::HashMap;
use std::collections::BTreeMap;

/// What came of a repo.
struct Seen<'s, 'w> {
    sources: &'s Sources,
    resources: &'s [Resource<'w>],
    targets: &'s [Target],
    told: &'s Told<'w>,
}

/// Renders `texts`, paths with their contents; `HERE` in them is the address of the repo.
fn render(texts: &[(&str, &str)], check: impl FnOnce(&Seen<'_, '_>)) {
    let mut tree = Memory::new();
    let mut sources = Sources::default();
    let mut known = BTreeMap::new();
    for (path, text) in texts {
        tree.insert(path, text.replace("HERE", "https://git.example.org/shop/platform").into_bytes());
    }
    for (path, _) in texts.iter().filter(|(path, _)| path.ends_with(".yaml")) {
        let text = String::from_utf8(tree.read(path, 1 << 20).expect("there")).expect("text");
        known.insert((*path).to_owned(), sources.add(crate::source::Source::new(0, *path, text)));
    }
    let extras = vec![gather(&tree, &mut sources, 0, &known, &[], 1 << 20).extras];
    let parse = |source: SourceId| yaml::parse(source, sources[source].shared_text());
    let files: BTreeMap<&str, yaml::File> =
        known.iter().map(|(path, source)| (path.as_str(), parse(*source))).collect();
    let more = extras[0].values().filter_map(|extra| match extra {
        crate::render::files::Extra::Yaml(source) => Some((*source, parse(*source))),
        _ => None,
    });
    let more: HashMap<SourceId, yaml::File> = more.collect();
    let manifests = Manifests::new(files.iter().map(|(path, file)| Parsed { root: 0, path, file }).collect());
    let embedded = FrozenVec::new();
    let configs = [Config::default()];
    let source = Source {
        sources: &sources,
        manifests: &manifests,
        extras: &extras,
        parsed: &more,
        charts: &[BTreeMap::new()],
        embedded: &embedded,
        configs: &configs,
    };
    let worlds = Worlds::new(source);
    let (resources, targets) = worlds.resolve(source);
    check(&Seen { sources: &sources, resources: &resources, targets: &targets, told: &worlds.told });
}

impl Seen<'_, '_> {
    /// The objects of a target as `Kind namespace/name`, sorted.
    fn objects(&self, target: &str) -> Vec<String> {
        let target = self.targets.iter().find(|known| *known.name == *target).expect("a target of that name");
        let title = |at: &usize| {
            let object = self.resources[*at].object_name();
            format!("{} {}/{}", object.kind, object.namespace.unwrap_or_default(), object.name)
        };
        let mut found: Vec<String> = target.members.iter().map(title).collect();
        found.sort();
        found
    }

    fn names(&self) -> Vec<&str> {
        self.targets.iter().map(|target| &*target.name).collect()
    }
}
