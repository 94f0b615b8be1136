//! The contracts that a run relies on: checkouts, which are read like any repo, and exported files.

use super::args::Lint;
use super::load::{Loaded, Place, read_config, read_root};
use crate::config::{Config, ConfigError, RuleShape, Spanned};
use crate::contract::{self, Contract, Offer, Places};
use crate::engine::{Reliance, Root};
use crate::finding::Failure;
use crate::source::Source;
use crate::tree::{self, Disk, Tree};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Reads what the roots of `loaded` rely on, as their configs and the command line say, and adds it to them.
pub(super) fn load(arguments: &Lint, shapes: &[RuleShape<'_>], bases: &mut Vec<Root>, loaded: &mut Loaded) {
    let own = loaded.roots.len();
    let mut wanted: Vec<(usize, PathBuf, Spanned<String>)> = Vec::new();
    for (root, one) in loaded.roots.iter().enumerate() {
        for entry in &one.config.contracts {
            wanted.push((root, loaded.folders[root].join(&entry.value), entry.clone()));
        }
        for path in &arguments.contract {
            wanted.push((root, path.clone(), Spanned::said(path.display().to_string())));
        }
    }
    let mut reader = Reader { arguments: for_others(arguments), shapes, bases, loaded, own, files: Vec::new() };
    for (root, path, entry) in wanted {
        match reader.reliance(&path) {
            Ok(Some(Reliance::Root(other))) if other == root => {
                refuse(reader.loaded, &entry, "is this repo itself, which cannot rely on its own contract".to_owned());
            }
            Ok(Some(reliance)) => {
                reader.loaded.roots[root].relies.push(reliance.clone());
                if let Some(base) = reader.bases.get_mut(root) {
                    base.relies.push(reliance);
                }
            }
            // What is wrong with its config is told already.
            Ok(None) => {}
            Err(message) => refuse(reader.loaded, &entry, message),
        }
    }
}

/// The options by which somebody else's repo is read.
fn for_others(arguments: &Lint) -> Lint {
    Lint {
        config: None,
        no_config: false,
        isolated: false,
        staged: false,
        base: None,
        contract: Vec::new(),
        ..arguments.clone()
    }
}

fn refuse(loaded: &mut Loaded, entry: &Spanned<String>, message: String) {
    match entry.span {
        Some(span) => {
            let message = format!("the contract `{}` {message}", entry.value);
            let help = Some("name a checkout, or a file that `tidegate contract export` wrote".to_owned());
            loaded.config_errors.push(ConfigError { message, span, label: "relied on here".to_owned(), help });
        }
        None => {
            let failure = Failure { path: format!("--contract {}", entry.value), message };
            if !loaded.refusals.contains(&failure) {
                loaded.refusals.push(failure);
            }
        }
    }
}

struct Reader<'r, 'a> {
    arguments: Lint,
    shapes: &'r [RuleShape<'a>],
    bases: &'r mut Vec<Root>,
    loaded: &'r mut Loaded,
    /// How many roots the run itself has.
    own: usize,
    files: Vec<(PathBuf, Arc<Offer>)>,
}

impl Reader<'_, '_> {
    /// What is at `path`; nothing where that is refused elsewhere.
    fn reliance(&mut self, path: &Path) -> Result<Option<Reliance>, String> {
        let real = path.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => "is not there".to_owned(),
            _ => format!("cannot be read: {error}"),
        })?;
        if real.is_file() { self.file(&real).map(Some) } else { self.checkout(&real) }
    }

    fn file(&mut self, real: &Path) -> Result<Reliance, String> {
        if let Some((_, offer)) = self.files.iter().find(|(known, _)| known == real) {
            return Ok(Reliance::File(Arc::clone(offer)));
        }
        let (text, name) = text(real, self.arguments.max_file_size)?;
        let folder = real.parent().map(Path::to_path_buf).unwrap_or_default();
        let root = self.add_root(folder);
        let source = self.loaded.sources.add(Source::new(root, name, text));
        let read = contract::read(source, self.loaded.sources[source].shared_text());
        let (contract, places) = read.map_err(|error| format!("cannot be read: {error}"))?;
        let offer = Arc::new(Offer { root: None, contract, places });
        self.files.push((real.to_path_buf(), Arc::clone(&offer)));
        self.loaded.roots.push(Root { reference: true, ..Root::default() });
        if self.arguments_compare() {
            self.bases.push(Root { reference: true, ..Root::default() });
        }
        Ok(Reliance::File(offer))
    }

    fn checkout(&mut self, real: &Path) -> Result<Option<Reliance>, String> {
        let found = tree::enclosing_root(real).map_err(|error| format!("cannot be read: {}", error.cause()))?;
        if let Some(known) = self.loaded.folders.iter().position(|folder| *folder == found.folder) {
            let reads_all = known < self.own || self.loaded.roots.get(known).is_some_and(|root| !root.files.is_empty());
            if reads_all {
                return Ok(Some(Reliance::Root(known)));
            }
        }
        let disk = Disk::new(&found.folder).map_err(|error| format!("cannot be read: {}", error.cause()))?;
        let number = self.add_root(found.folder.clone());
        let errors = self.loaded.config_errors.len();
        let config = read_config(&self.arguments, &disk, number, self.shapes, self.loaded);
        if self.loaded.config_errors.len() > errors {
            return Ok(None);
        }
        let root = self.read(&disk, &found.folder, number, config.clone());
        self.loaded.roots.push(root);
        if self.arguments_compare() {
            // The other state of the app relies on the platform as it is now.
            let name: Arc<str> =
                self.loaded.sources.iter().filter_map(|(_, source)| source.revision()).next().unwrap_or("base").into();
            let from = self.loaded.sources.len();
            let root = self.read(&disk, &found.folder, number, config);
            self.loaded.sources.mark(from, &name);
            self.bases.push(root);
        }
        Ok(Some(Reliance::Root(number)))
    }

    /// Whether another state of the roots was read.
    fn arguments_compare(&self) -> bool {
        self.bases.len() >= self.own
    }

    fn read(&mut self, disk: &dyn Tree, folder: &Path, number: usize, config: Config) -> Root {
        let place = Place { folder: folder.to_path_buf(), only: None, scopes: Vec::new(), overlay: Vec::new() };
        let mut root = read_root(&self.arguments, disk, &place, number, config, self.loaded);
        root.reference = true;
        let shown = |path: &str| folder.join(path).display().to_string();
        for failure in &mut root.failures {
            failure.path = shown(&failure.path);
        }
        root
    }

    fn add_root(&mut self, folder: PathBuf) -> usize {
        let prefix = prefix(&self.loaded.folders[..self.own], &folder);
        self.loaded.folders.push(folder);
        self.loaded.sources.add_root(prefix)
    }
}

/// The text of a contract file, and its name.
pub(super) fn text(real: &Path, limit: u64) -> Result<(String, String), String> {
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
        return Err("is a folder, not a file".to_owned());
    };
    let name = name.to_string_lossy().into_owned();
    let read = Disk::new(folder).and_then(|disk| disk.read(&name, limit));
    let bytes = read.map_err(|error| format!("cannot be read: {}", error.cause()))?;
    let text = String::from_utf8(bytes).map_err(|_| "cannot be read: not UTF-8".to_owned())?;
    Ok((text, name))
}

/// The parts of a contract file that are compared.
pub(super) fn read_file(
    loaded: &mut Loaded,
    root: usize,
    real: &Path,
    limit: u64,
) -> Result<(Contract, Places), String> {
    let (text, _) = text(real, limit)?;
    let inside = real.strip_prefix(&loaded.folders[root]).unwrap_or(real);
    let source = loaded.sources.add(Source::new(root, inside.display().to_string(), text));
    contract::read(source, loaded.sources[source].shared_text()).map_err(|error| format!("cannot be read: {error}"))
}

/// How files below `folder` are named beside those of the run's own roots: from the folder that holds all of these.
fn prefix(own: &[PathBuf], folder: &Path) -> String {
    let mut common = own.first().cloned().unwrap_or_default();
    while !own.iter().all(|one| one.starts_with(&common)) {
        common.pop();
    }
    let mut up = String::new();
    loop {
        if let Ok(rest) = folder.strip_prefix(&common) {
            let parts: Vec<String> = rest
                .components()
                .filter(|part| matches!(part, Component::Normal(_)))
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            return parts.iter().fold(up, |path, part| format!("{path}{part}/"));
        }
        if !common.pop() {
            return format!("{}/", folder.display());
        }
        up.push_str("../");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_repos_are_named_from_this_one() {
        for (own, folder, expected) in [
            (&["/a/shop"][..], "/a/platform", "../platform/"),
            (&["/a/shop"], "/a/shop/contracts", "contracts/"),
            (&["/a/shop"], "/a/shop", ""),
            (&["/a/shop", "/a/desk"], "/a/platform", "platform/"),
            (&["/a/b/shop"], "/c/platform", "../../../c/platform/"),
        ] {
            let own: Vec<PathBuf> = own.iter().map(PathBuf::from).collect();
            assert_eq!(prefix(&own, Path::new(folder)), expected, "{folder}");
        }
    }
}
