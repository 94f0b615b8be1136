//! What a recipe may read of one root: parsed manifests, other texts and bytes that a kustomization
//! names, and texts that stand within values. It opens nothing; what was not read beforehand is missing.

use super::charts::Charts;
use crate::manifest::{FILE_NAMES, own_paths};
use crate::source::{SourceId, Sources, Span};
use crate::tree;
use crate::yaml::{self, Value, parse_embedded, parse_embedded_trimmed, parse_within};
use elsa::sync::FrozenVec;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

/// What lies at a path that is read as it is.
#[derive(Clone, Debug)]
pub enum Content<'w> {
    /// A text.
    Text(SourceId, &'w str),
    /// Bytes that are no UTF-8.
    Binary(&'w [u8]),
    /// A folder.
    Folder,
    /// Nothing.
    Missing,
    /// Something that could not be read, and why.
    Unread(&'w str),
}

/// A file that only a recipe asks for: no manifest of the run.
#[derive(Clone, Debug)]
pub enum Extra {
    /// A text to be parsed.
    Yaml(SourceId),
    /// A text.
    Text(SourceId),
    /// Bytes that are no UTF-8.
    Binary(Arc<[u8]>),
    /// It could not be read, and why.
    Unread(String),
    /// A folder, whatever it holds.
    Folder {
        /// Whether every folder below it is here too.
        whole: bool,
    },
    /// Nothing lies there.
    Missing,
}

impl Extra {
    /// The text, if it is one to be parsed.
    pub fn yaml(&self) -> Option<SourceId> {
        match self {
            Extra::Yaml(source) => Some(*source),
            _ => None,
        }
    }
}

/// The files of one root.
pub struct Files<'w> {
    /// Number of the root.
    pub root: usize,
    sources: &'w Sources,
    /// By path, so that a folder's files stand together.
    yaml: BTreeMap<&'w str, &'w yaml::File>,
    extras: BTreeMap<&'w str, &'w Extra>,
    embedded: &'w FrozenVec<Box<yaml::File>>,
    charts: Option<&'w Charts>,
    /// Whether some kustomization holds the word `openapi`.
    names_schema: bool,
}

impl<'w> Files<'w> {
    /// The files of root number `root`: `yaml` by path, `extras` by path; texts within values are kept in `embedded`.
    pub fn new(
        root: usize,
        sources: &'w Sources,
        yaml: impl IntoIterator<Item = (&'w str, &'w yaml::File)>,
        extras: impl IntoIterator<Item = (&'w str, &'w Extra)>,
        embedded: &'w FrozenVec<Box<yaml::File>>,
    ) -> Files<'w> {
        let (yaml, extras): (BTreeMap<&str, &yaml::File>, _) =
            (yaml.into_iter().collect(), extras.into_iter().collect());
        let names_schema =
            yaml.iter().any(|(path, file)| FILE_NAMES.contains(&tree::name(path)) && file.text().contains("openapi"));
        Files { root, sources, yaml, extras, embedded, charts: None, names_schema }
    }

    /// The same with what charts render to.
    pub fn with_charts(self, charts: &'w Charts) -> Files<'w> {
        Files { charts: Some(charts), ..self }
    }

    /// What entry number `entry` among the charts of the kustomization at `path` renders to, its spans all `span`; none
    /// where nobody rendered it.
    pub fn chart(&self, path: &str, entry: usize, span: Span) -> Option<Result<&'w yaml::File, &'w str>> {
        let rendered = self.charts?.get(&(path.to_owned(), entry))?;
        Some(match rendered {
            Ok(text) => Ok(self.embedded.push_get(Box::new(parse_within(text, span)))),
            Err(why) => Err(why),
        })
    }

    /// Whether some kustomization may bring a schema of its own along.
    pub fn names_schema(&self) -> bool {
        self.names_schema
    }

    /// Whether a kustomization lies in `folder`.
    pub fn has_kustomization(&self, folder: &str) -> bool {
        own_paths(folder).any(|path| self.yaml(&path).is_some())
    }

    /// The parsed file at `path`.
    pub fn yaml(&self, path: &str) -> Option<&'w yaml::File> {
        self.yaml.get(path).copied()
    }

    /// The parsed file at `path` with its path.
    pub fn entry(&self, path: &str) -> Option<(&'w str, &'w yaml::File)> {
        self.yaml.get_key_value(path).map(|(path, file)| (*path, *file))
    }

    /// The text at `path` as YAML, whatever its name says.
    pub fn parsed(&self, path: &str) -> Option<&'w yaml::File> {
        if let Some(file) = self.yaml(path) {
            return Some(file);
        }
        let Some(Extra::Text(source)) = self.extras.get(path) else { return None };
        Some(self.keep(yaml::parse(*source, self.sources[*source].shared_text())))
    }

    /// What lies at `path`, as it is.
    pub fn content(&self, path: &str) -> Content<'w> {
        if let Some(file) = self.yaml(path) {
            let source = file.source();
            return Content::Text(source, self.sources[source].text());
        }
        match self.extras.get(path) {
            Some(Extra::Text(source) | Extra::Yaml(source)) => Content::Text(*source, self.sources[*source].text()),
            Some(Extra::Binary(bytes)) => Content::Binary(bytes),
            Some(Extra::Unread(why)) => Content::Unread(why),
            _ if self.is_folder(path) => Content::Folder,
            _ => Content::Missing,
        }
    }

    /// Whether `path` is a folder that holds something.
    pub fn is_folder(&self, path: &str) -> bool {
        if matches!(path, "" | ".") || matches!(self.extras.get(path), Some(Extra::Folder { .. })) {
            return true;
        }
        let below = format!("{path}/");
        let from = (Included(below.as_str()), Unbounded);
        let yaml = self.yaml.range::<str, _>(from).next().map(|(known, _)| *known);
        let there = |(known, extra): (&&'w str, &&Extra)| (!matches!(extra, Extra::Missing)).then_some(*known);
        let mut extras = self.extras.range::<str, _>(from).take_while(|(known, _)| known.starts_with(&below));
        let extra = extras.find_map(there);
        yaml.into_iter().chain(extra).any(|known| known.starts_with(&below))
    }

    /// Whether there is surely nothing at `path`: somebody looked there, or at all that its folder holds.
    pub fn is_surely_missing(&self, path: &str) -> bool {
        if !matches!(self.content(path), Content::Missing) {
            return false;
        }
        if matches!(self.extras.get(path), Some(Extra::Missing)) {
            return true;
        }
        let mut above = path;
        while let Some((folder, _)) = above.rsplit_once('/') {
            if self.is_folder(folder) {
                return matches!(self.extras.get(folder), Some(Extra::Folder { whole: true }));
            }
            above = folder;
        }
        matches!(self.extras.get(""), Some(Extra::Folder { whole: true }))
    }

    /// The folders that are known, the root left out.
    pub fn folders(&self) -> BTreeSet<&'w str> {
        let mut found = BTreeSet::new();
        let extras = self.extras.iter().filter(|(_, extra)| !matches!(extra, Extra::Missing));
        let of_extras = extras.map(|(path, extra)| match extra {
            Extra::Folder { .. } => *path,
            _ => tree::parent(path),
        });
        for mut folder in self.yaml.keys().map(|path| tree::parent(path)).chain(of_extras) {
            while !folder.is_empty() && found.insert(folder) {
                folder = tree::parent(folder);
            }
        }
        found
    }

    /// Paths of parsed files in `folder` and below, in order; the empty folder holds all.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&'w str, &'w yaml::File)> {
        let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.yaml
            .range::<str, _>((Included(below.as_str()), Unbounded))
            .map(|(path, file)| (*path, *file))
            .take_while(|(path, _)| path.starts_with(&below))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The YAML that stands in the text of `value`; none where it is no scalar.
    pub fn embedded(&self, value: Value<'_>) -> Option<&'w yaml::File> {
        Some(self.embedded.push_get(Box::new(parse_embedded(value)?)))
    }

    /// The same without the space at the end of the text.
    pub fn embedded_trimmed(&self, value: Value<'_>) -> Option<&'w yaml::File> {
        Some(self.embedded.push_get(Box::new(parse_embedded_trimmed(value)?)))
    }

    /// Keeps a text that was parsed on the way.
    pub fn keep(&self, file: yaml::File) -> &'w yaml::File {
        self.embedded.push_get(Box::new(file))
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'w str {
        self.sources.slice(span)
    }

    /// All texts.
    pub fn sources(&self) -> &'w Sources {
        self.sources
    }
}

impl std::fmt::Debug for Files<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Files({} of root {})", self.yaml.len() + self.extras.len(), self.root)
    }
}
