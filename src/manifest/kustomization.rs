//! Kustomizations and Components as far as they say which files belong to them and what they will
//! change; they are not built here.

use super::Parsed;
use crate::tree::{self, join};
use crate::yaml::{Dialect, Value};

/// A kustomization file, or an object of kind Component.
#[derive(Debug)]
pub struct Kustomization<'w> {
    /// Index of its file.
    pub file: usize,
    /// Number of its root.
    pub root: usize,
    /// The folder it lies in; empty for the root.
    pub folder: &'w str,
    /// Whether it is a Component.
    pub component: bool,
    /// The document.
    pub value: Value<'w>,
    /// Files and folders it includes, as paths in the root.
    pub includes: Vec<(String, Value<'w>)>,
    /// Files it uses as patches, replacements or configurations, as paths in the root.
    pub patches: Vec<String>,
    /// Files it takes as data.
    pub data: Vec<String>,
    /// Whether it sets a namespace.
    pub sets_namespace: bool,
    /// Whether it renames objects: prefix, suffix.
    pub renames: bool,
    /// Whether it changes fields in ways that are not worked out here: patches, replacements,
    /// transformers, components, vars.
    pub changes: bool,
    /// Whether it takes objects from elsewhere: remote bases, Helm charts, generators that are programs.
    pub remote: bool,
}

/// The names a kustomization may have.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The paths that a kustomization of `folder` may have.
pub fn own_paths(folder: &str) -> impl Iterator<Item = String> {
    FILE_NAMES.iter().map(move |name| tree::child(folder, name))
}

impl<'w> Kustomization<'w> {
    /// The kustomization in `parsed`, if its name or its kind says that it is one.
    pub fn read(file: usize, parsed: &Parsed<'w>) -> Option<Kustomization<'w>> {
        let root = parsed.file.documents().iter().find_map(|document| document.root)?;
        let value = Value::new(parsed.file, root, Dialect::Kubectl);
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let by_kind = || {
            text("apiVersion").is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"))
                && matches!(text("kind"), Some("Kustomization" | "Component"))
        };
        if !FILE_NAMES.contains(&tree::name(parsed.path)) && !by_kind() {
            return None;
        }
        let mut found = Kustomization {
            file,
            root: parsed.root,
            folder: tree::parent(parsed.path),
            component: text("kind") == Some("Component"),
            value,
            includes: Vec::new(),
            patches: Vec::new(),
            data: Vec::new(),
            sets_namespace: value.get("namespace").is_some_and(|namespace| !namespace.is_null()),
            renames: ["namePrefix", "nameSuffix"].iter().any(|key| value.get(key).is_some_and(|text| !text.is_null())),
            changes: false,
            remote: value.get("helmCharts").is_some() || value.get("helmChartInflationGenerator").is_some(),
        };
        found.read_lists(value);
        Some(found)
    }

    fn read_lists(&mut self, value: Value<'w>) {
        for key in ["resources", "bases", "components", "crds"] {
            let Some(list) = value.get(key) else { continue };
            for entry in list.items() {
                match entry.raw() {
                    Some(text) if is_remote(text) => self.remote = true,
                    Some(text) => match join(self.folder, text) {
                        Some(path) => self.includes.push((path, entry)),
                        None => self.remote = true,
                    },
                    None => {}
                }
            }
            self.changes |= key == "components" && !list.is_empty();
        }
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers", "vars"] {
            let Some(list) = value.get(key) else { continue };
            self.changes |= list.items().next().is_some();
            for entry in list.items() {
                let path = if entry.is_mapping() { entry.get("path") } else { Some(entry) };
                self.push_patch(path);
            }
        }
        for key in ["configurations", "generators", "validators"] {
            for entry in value.get(key).into_iter().flat_map(Value::items) {
                self.push_patch(Some(entry));
            }
            self.remote |= key == "generators" && value.get(key).is_some();
        }
        self.push_patch(value.at(&["openapi", "path"]));
        for key in ["configMapGenerator", "secretGenerator"] {
            for generator in value.get(key).into_iter().flat_map(Value::items) {
                self.read_data(generator);
            }
        }
    }

    fn push_patch(&mut self, path: Option<Value<'w>>) {
        if let Some(text) = path.and_then(Value::raw)
            && !text.contains('\n')
            && let Some(path) = join(self.folder, text)
        {
            self.patches.push(path);
        }
    }

    fn read_data(&mut self, generator: Value<'w>) {
        let lists = ["files", "envs"].iter().filter_map(|key| generator.get(key)).flat_map(Value::items);
        for entry in lists.chain(generator.get("env")) {
            let Some(text) = entry.raw() else { continue };
            let file = text.split_once('=').map_or(text, |(_, file)| file);
            if let Some(path) = join(self.folder, file) {
                self.data.push(path);
            }
        }
    }
}

/// Whether a `resources` entry names something outside this repo (URL, `host/repo//path?ref=…`,
/// `git@host:…`).
pub fn is_remote(text: &str) -> bool {
    text.contains("://")
        || text.contains("?ref=")
        || text.starts_with("git@")
        || text.contains("//")
        || text.split('/').next().is_some_and(|host| {
            host.contains('.') && host.len() > 2 && host != ".." && text.contains('/') && host.starts_with("github.")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_entries_are_told_from_folders() {
        for (text, remote) in [
            ("https://example.org/x.yaml", true),
            ("github.com/example/repo/deploy?ref=v1", true),
            ("git@example.org:repo.git", true),
            ("../base", false),
            ("app.yaml", false),
            ("v1.2/app.yaml", false),
        ] {
            assert_eq!(is_remote(text), remote, "{text}");
        }
    }
}
