//! Reads what kustomizations name and no walk brings: data of generators, files without a manifest's
//! name, folders that git ignores. It goes on from what it finds until nothing new is named.

use super::files::Extra;
use super::kustomize::FILE_NAMES;
use crate::source::{Source, SourceId, Sources};
use crate::tree::{self, EntryKind, Tree};
use crate::yaml::{self, Dialect, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What a kustomization takes a path for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// YAML, or a folder with a kustomization.
    Manifest,
    /// Bytes.
    Data,
}

/// What was gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Files that are no part of the walk, by path.
    pub extras: BTreeMap<String, Extra>,
    /// Paths that were named, lead out of the root, and how many folders up that is at most.
    pub climbs: usize,
}

/// Reads what the kustomizations among `known` and in `folders` name, and what those name in turn. `known` holds
/// the paths that were read already, by which texts are found in `sources`; `limit` is the largest file that is
/// read, in bytes.
pub fn gather(
    tree: &dyn Tree,
    sources: &mut Sources,
    root: usize,
    known: &BTreeMap<String, SourceId>,
    folders: &[&str],
    limit: u64,
) -> Gathered {
    let mut gathering =
        Gathering { tree, sources, root, known, limit, seen: HashSet::new(), found: Gathered::default() };
    let mut open: Vec<(String, Arc<str>)> = known
        .iter()
        .filter(|(path, _)| FILE_NAMES.contains(&tree::name(path)))
        .map(|(path, source)| (path.clone(), gathering.sources[*source].shared_text()))
        .collect();
    open.extend(folders.iter().flat_map(|folder| gathering.take(folder, Use::Manifest)));
    while let Some((path, text)) = open.pop() {
        for (named, what) in needs(tree::parent(&path), text, &mut gathering.found.climbs) {
            open.extend(gathering.take(&named, what));
        }
    }
    gathering.found
}

struct Gathering<'g> {
    tree: &'g dyn Tree,
    sources: &'g mut Sources,
    root: usize,
    known: &'g BTreeMap<String, SourceId>,
    limit: u64,
    seen: HashSet<String>,
    found: Gathered,
}

impl Gathering<'_> {
    /// Reads `path` if nobody has; gives the kustomizations that this brings.
    fn take(&mut self, path: &str, what: Use) -> Vec<(String, Arc<str>)> {
        if self.known.contains_key(path) || !self.seen.insert(path.to_owned()) {
            return Vec::new();
        }
        let kind = match self.tree.kind(path) {
            Some(EntryKind::Symlink(Some(target))) => self.tree.kind(&target),
            kind => kind,
        };
        match kind {
            Some(EntryKind::File) => self.read(path, what),
            Some(EntryKind::Folder) if what == Use::Manifest => FILE_NAMES
                .iter()
                .map(|name| if path.is_empty() { (*name).to_owned() } else { format!("{path}/{name}") })
                .filter(|file| !self.known.contains_key(file) && self.tree.kind(file).is_some())
                .collect::<Vec<_>>()
                .into_iter()
                .flat_map(|file| self.read(&file, Use::Manifest))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn read(&mut self, path: &str, what: Use) -> Vec<(String, Arc<str>)> {
        if self.found.extras.contains_key(path) {
            return Vec::new();
        }
        let mut open = Vec::new();
        let extra = match self.tree.read(path, self.limit) {
            Err(error) => Extra::Unread(error.cause()),
            Ok(bytes) => match String::from_utf8(bytes) {
                Err(error) => Extra::Binary(error.into_bytes().into()),
                Ok(text) => {
                    let source = self.sources.add(Source::new(self.root, path, text));
                    if FILE_NAMES.contains(&tree::name(path)) {
                        open.push((path.to_owned(), self.sources[source].shared_text()));
                    }
                    match what {
                        Use::Manifest => Extra::Yaml(source),
                        Use::Data => Extra::Text(source),
                    }
                }
            },
        };
        self.found.extras.insert(path.to_owned(), extra);
        open
    }
}

/// What a kustomization in `folder` names.
fn needs(folder: &str, text: Arc<str>, climbs: &mut usize) -> Vec<(String, Use)> {
    let file = yaml::parse(SourceId(0), text);
    let Some(root) = file.documents().first().and_then(|document| document.root) else { return Vec::new() };
    let value = Value::new(&file, root, Dialect::Kubectl);
    let mut named: BTreeSet<(&str, bool)> = BTreeSet::new();
    let texts = |list: Value<'_>| list.items().filter_map(Value::raw).map(str::to_owned).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (key, list) in value.entries() {
        match key.to_ascii_lowercase().as_str() {
            "resources"
            | "bases"
            | "components"
            | "crds"
            | "configurations"
            | "generators"
            | "transformers"
            | "validators"
            | "patchesstrategicmerge" => {
                found.extend(texts(list).into_iter().map(|text| (text, Use::Manifest)));
            }
            "patches" | "patchesjson6902" | "replacements" => {
                let paths = list.items().filter_map(|entry| entry.get("path")?.raw());
                named.extend(paths.map(|path| (path, true)));
            }
            "openapi" => named.extend(list.get("path").and_then(Value::raw).map(|path| (path, true))),
            "configmapgenerator" | "secretgenerator" => {
                for entry in list.items() {
                    let lists = ["files", "envs"].into_iter().filter_map(|key| entry.get(key)).flat_map(Value::items);
                    for text in lists.chain(entry.get("env")).filter_map(Value::raw) {
                        named.insert((text.split_once('=').map_or(text, |(_, path)| path), false));
                    }
                }
            }
            _ => {}
        }
    }
    let uses = |manifest| if manifest { Use::Manifest } else { Use::Data };
    found.extend(named.into_iter().map(|(path, manifest)| (path.to_owned(), uses(manifest))));
    found
        .into_iter()
        .filter(|(path, _)| !path.contains('\n') && !path.contains("://") && !path.starts_with('/'))
        .filter_map(|(path, what)| match tree::join(folder, &path) {
            Some(full) => Some((full, what)),
            None => {
                let up = path.split('/').take_while(|part| *part == "..").count();
                *climbs = (*climbs).max(up.saturating_sub(folder.split('/').filter(|part| !part.is_empty()).count()));
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Memory;

    #[test]
    fn what_is_named_is_read_and_what_that_names_too() {
        let mut tree = Memory::new();
        for (path, text) in [
            (
                "app/kustomization.yaml",
                "resources: [../base, part]\nconfigMapGenerator: [{files: [k=a.ini], envs: [x.env]}]\n",
            ),
            ("app/part", "kind: A\n"),
            ("app/a.ini", "x"),
            ("base/Kustomization", "patches: [{path: p.yaml}]\nresources: [../../out, https://example.org/x]\n"),
            ("base/p.yaml", "kind: B\n"),
            ("base/unnamed.yaml", "kind: C\n"),
        ] {
            tree.insert(path, text.as_bytes().to_vec());
        }
        tree.insert("app/x.env", vec![0xff, 0xfe]);
        let mut sources = Sources::default();
        let text = String::from_utf8(tree.read("app/kustomization.yaml", 1000).expect("there")).expect("text");
        let source = sources.add(Source::new(0, "app/kustomization.yaml", text));
        let known = BTreeMap::from([("app/kustomization.yaml".to_owned(), source)]);
        let gathered = gather(&tree, &mut sources, 0, &known, &[], 1000);
        let kinds: Vec<(&str, &str)> = gathered
            .extras
            .iter()
            .map(|(path, extra)| {
                let kind = match extra {
                    Extra::Yaml(_) => "yaml",
                    Extra::Text(_) => "text",
                    Extra::Binary(_) => "binary",
                    Extra::Unread(_) => "unread",
                };
                (path.as_str(), kind)
            })
            .collect();
        let expected = [
            ("app/a.ini", "text"),
            ("app/part", "yaml"),
            ("app/x.env", "binary"),
            ("base/Kustomization", "yaml"),
            ("base/p.yaml", "yaml"),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(gathered.climbs, 1);
    }
}
