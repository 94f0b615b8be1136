//! Reads what kustomizations and Argo CD's Applications name and no walk brings: data of generators, files without
//! a manifest's name, folders that git ignores. It goes on from what it finds until nothing new is named.

mod needs;

use self::needs::{Needs, Use, needs, object_needs};
use super::argo::{self, Named};
use super::files::Extra;
use super::make;
use super::recipes::{self, JUSTFILES, MAKEFILES};
use crate::manifest::{FILE_NAMES, own_paths};
use crate::source::{Source, SourceId, Sources};
use crate::tree::{self, Entry, EntryKind, Tree};
use crate::walk;
use crate::yaml;
use foldhash::{HashMap, HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Nobody's repo has more folders that a pattern of Argo CD may mean.
const MOST_FOLDERS: usize = 50_000;

/// What was gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Files that are no part of the walk, by path.
    pub extras: BTreeMap<String, Extra>,
    /// Paths that were named, lead out of the root, and how many folders up that is at most.
    pub climbs: usize,
    /// The files that had to be parsed for that.
    pub parsed: HashMap<SourceId, yaml::File>,
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
    let mut gathering = Gathering {
        tree,
        sources,
        root,
        known,
        limit,
        seen: HashSet::new(),
        opened: Vec::new(),
        found: Gathered::default(),
    };
    let mut open: Vec<(String, SourceId)> = known
        .iter()
        .filter(|(path, _)| FILE_NAMES.contains(&tree::name(path)))
        .map(|(path, source)| (path.clone(), *source))
        .collect();
    open.extend(folders.iter().flat_map(|folder| gathering.take(folder, Use::Manifest)));
    if folders.is_empty() {
        open.extend(MAKEFILES.iter().flat_map(|name| gathering.take(name, Use::Data)));
        gathering.recipes();
        JUSTFILES.iter().for_each(|name| open.extend(gathering.take(name, Use::Data)));
    }
    open.extend(gathering.argo());
    while let Some((path, source)) = open.pop() {
        let folder = tree::parent(&path);
        let needs = gathering.needs(folder, source);
        for (named, what) in &needs.paths {
            open.extend(gathering.take(named, *what));
        }
        let mut objects = needs.objects;
        for named in &needs.plugins {
            gathering.objects(named, &mut objects, &mut HashSet::new());
        }
        open.append(&mut gathering.opened);
        for text in objects {
            for (named, what) in object_needs(folder, text, &mut gathering.found.climbs) {
                open.extend(gathering.take(&named, what));
            }
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
    /// Kustomizations that were read while objects were looked for.
    opened: Vec<(String, SourceId)>,
    found: Gathered,
}

impl Gathering<'_> {
    /// Reads `path` if nobody has; gives the kustomizations that this brings.
    fn take(&mut self, path: &str, what: Use) -> Vec<(String, SourceId)> {
        if self.known.contains_key(path) || !self.seen.insert(path.to_owned()) {
            return Vec::new();
        }
        let kind = match self.tree.kind(path) {
            Some(EntryKind::Symlink(Some(target))) => self.tree.kind(&target),
            kind => kind,
        };
        match kind {
            Some(EntryKind::File) => self.read(path, what),
            Some(EntryKind::Folder) if what == Use::Manifest => own_paths(path)
                .filter(|file| !self.known.contains_key(file) && self.tree.kind(file).is_some())
                .collect::<Vec<_>>()
                .into_iter()
                .flat_map(|file| self.read(&file, Use::Manifest))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The texts of the objects that `path` names: a file, or a folder with a kustomization.
    fn objects(&mut self, path: &str, texts: &mut Vec<Arc<str>>, seen: &mut HashSet<String>) {
        if !seen.insert(path.to_owned()) {
            return;
        }
        for open in self.take(path, Use::Manifest) {
            self.opened.push(open);
        }
        if let Some(source) = self.source(path) {
            texts.push(self.sources[source].shared_text());
            return;
        }
        for file in own_paths(path) {
            let Some(source) = self.source(&file) else { continue };
            for named in self.needs(path, source).resources {
                self.objects(&named, texts, seen);
            }
        }
    }

    fn source(&self, path: &str) -> Option<SourceId> {
        match self.found.extras.get(path) {
            Some(Extra::Yaml(source) | Extra::Text(source)) => Some(*source),
            Some(_) => None,
            None => self.known.get(path).copied(),
        }
    }

    /// What the kustomization `source` in `folder` names.
    fn needs(&mut self, folder: &str, source: SourceId) -> Needs {
        let text = &self.sources[source];
        let file = self.found.parsed.entry(source).or_insert_with(|| yaml::parse(source, text.shared_text()));
        needs(folder, file, &mut self.found.climbs)
    }

    /// Notes what the recipes of a Makefile name and nothing lies at. What git leaves out is made on the way.
    fn recipes(&mut self) {
        let Some(source) = MAKEFILES.iter().find_map(|name| self.source(name)) else { return };
        for path in recipes::named(&make::read(self.sources[source].text())) {
            let is_there = |path: &str| self.known.contains_key(path) || self.tree.kind(path).is_some();
            if !is_there(&path) && !walk::is_ignored(self.tree, &path) {
                self.found.extras.entry(path).or_insert(Extra::Missing);
            }
        }
    }

    /// Looks for what Argo CD is told to take; gives the kustomizations that this brings.
    fn argo(&mut self) -> Vec<(String, SourceId)> {
        let texts = self.known.values().map(|source| (*source, &self.sources[*source]));
        let mut named: BTreeSet<Named> = BTreeSet::new();
        for (source, text) in texts.filter(|(_, text)| argo::may_name(text.text())) {
            let file = self.found.parsed.entry(source).or_insert_with(|| yaml::parse(source, text.shared_text()));
            named.extend(argo::named(file));
        }
        let mut open = Vec::new();
        let mut listed = BTreeMap::new();
        for named in named {
            match named {
                Named::Folder(path) => open.extend(self.probe(&path, Use::Manifest)),
                Named::File(path) => open.extend(self.probe(&path, Use::Data)),
                Named::Folders(glob) => {
                    self.list(&glob, &mut listed);
                }
                Named::Files(glob) => {
                    self.list(&glob, &mut listed);
                    let Some(matcher) = argo::matcher(&glob) else { continue };
                    let files = listed.get(argo::fixed_part(&glob)).into_iter().flatten();
                    let wanted: Vec<String> = files.filter(|path| matcher.is_match(path)).cloned().collect();
                    open.extend(wanted.iter().flat_map(|path| self.take(path, Use::Manifest)));
                }
            }
        }
        open
    }

    /// Notes whether something lies at `path`, and reads it.
    fn probe(&mut self, path: &str, what: Use) -> Vec<(String, SourceId)> {
        let extra = match self.tree.kind(path) {
            None | Some(EntryKind::Special | EntryKind::Symlink(None)) => Some(Extra::Missing),
            Some(EntryKind::Folder) => Some(Extra::Folder { whole: false }),
            Some(EntryKind::Symlink(Some(target))) if self.tree.kind(&target) == Some(EntryKind::Folder) => {
                Some(Extra::Unread("it is a symbolic link to a folder".into()))
            }
            Some(EntryKind::File | EntryKind::Symlink(Some(_))) => None,
        };
        if let Some(extra) = extra {
            self.found.extras.entry(path.to_owned()).or_insert(extra);
        }
        self.take(path, what)
    }

    /// Notes every folder below the fixed part of a pattern, and gives the files there.
    fn list(&mut self, glob: &str, listed: &mut BTreeMap<String, Vec<String>>) {
        let start = argo::fixed_part(glob);
        if listed.contains_key(start) {
            return;
        }
        let mut files = Vec::new();
        let mut queue = vec![start.to_owned()];
        let mut count = 0;
        while let Some(folder) = queue.pop() {
            let entries = if count < MOST_FOLDERS { self.tree.list(&folder) } else { break };
            count += 1;
            let Ok(entries) = entries else { continue };
            self.found.extras.insert(folder.clone(), Extra::Folder { whole: true });
            for Entry { name, kind } in entries.iter() {
                match kind {
                    EntryKind::Folder if !matches!(name.as_str(), ".git" | "node_modules") => {
                        queue.push(tree::child(&folder, name));
                    }
                    EntryKind::File => files.push(tree::child(&folder, name)),
                    _ => {}
                }
            }
        }
        files.sort_unstable();
        listed.insert(start.to_owned(), files);
    }

    fn read(&mut self, path: &str, what: Use) -> Vec<(String, SourceId)> {
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
                        open.push((path.to_owned(), source));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Memory;

    #[test]
    fn what_objects_of_generators_name_is_read_beside_the_kustomization_that_uses_them() {
        let mut tree = Memory::new();
        let kustomization = "generators:\n- ../make\n- |\n  kind: G\n  files: [k=in.txt]\n";
        for (path, text) in [
            ("app/kustomization.yaml", kustomization),
            ("make/kustomization.yaml", "resources: [deep/g.yaml]\n"),
            ("make/deep/g.yaml", "kind: ConfigMapGenerator\nenvs: [x.env]\npaths: [p.yaml]\n"),
            ("make/x.env", "A=1\n"),
            ("app/x.env", "A=2\n"),
            ("app/in.txt", "text"),
            ("app/p.yaml", "kind: P\n"),
        ] {
            tree.insert(path, text.as_bytes().to_vec());
        }
        let mut sources = Sources::default();
        let source = sources.add(Source::new(0, "app/kustomization.yaml", kustomization.to_owned()));
        let known = BTreeMap::from([("app/kustomization.yaml".to_owned(), source)]);
        let gathered = gather(&tree, &mut sources, 0, &known, &[], 1000);
        let paths: Vec<&str> = gathered.extras.keys().map(String::as_str).collect();
        assert_eq!(paths, ["app/in.txt", "app/p.yaml", "app/x.env", "make/deep/g.yaml", "make/kustomization.yaml"]);
    }

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
                    Extra::Folder { .. } => "folder",
                    Extra::Missing => "missing",
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
