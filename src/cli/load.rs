//! From the paths of the command line to roots with their configs and texts.

use super::args::Lint;
use super::base::{self, Asked, State};
use super::baseline;
use super::charts;
use super::contracts;
use super::given;
use crate::config::{self, Config, ConfigError, RuleShape};
use crate::engine::{self, Baseline, Root, Scope};
use crate::finding::Failure;
use crate::render::files::Extra;
use crate::render::gather::gather;
use crate::schema::GivenFile;
use crate::source::{Source, SourceId, Sources};
use crate::tree::{self, Disk, EntryKind, Memory, Tree};
use crate::walk;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything a run starts from.
pub(super) struct Loaded {
    /// All texts, configs among them.
    pub(super) sources: Sources,
    /// The roots in the order they were named.
    pub(super) roots: Vec<Root>,
    /// Where each root lies.
    pub(super) folders: Vec<PathBuf>,
    /// The same roots in the state that they are compared with; nothing where it cannot be read.
    pub(super) base: Option<Vec<Root>>,
    /// What to report on.
    pub(super) scopes: Vec<Scope>,
    /// What is wrong with the configs; then nothing is run.
    pub(super) config_errors: Vec<ConfigError>,
    /// Configs that cannot be read; then nothing is run.
    pub(super) refusals: Vec<Failure>,
    /// Paths that were named and cannot be looked at; the others still can.
    pub(super) missing: Vec<Failure>,
    /// Files that were named and do not belong to the run.
    pub(super) passed_over: Vec<PathBuf>,
    /// The files of the folders of schemas.
    pub(super) given: Vec<GivenFile>,
    /// What came in on standard input.
    pub(super) incoming: Option<Placed>,
    /// The findings that are known.
    pub(super) baseline: Option<Baseline>,
}

/// Where the text from standard input stands.
pub(super) struct Placed {
    /// Number of the root.
    pub(super) root: usize,
    /// Path in it.
    pub(super) path: String,
    /// The bytes.
    pub(super) bytes: Vec<u8>,
}

/// Text that comes in on standard input, in place of a file.
pub(super) struct Incoming {
    /// The file it stands for.
    pub(super) path: PathBuf,
    /// The bytes.
    pub(super) bytes: Vec<u8>,
}

/// A root on disk and what is asked of it.
pub(super) struct Place {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// With `--isolated`, the one file that is the world.
    pub(super) only: Option<String>,
    /// What is reported on, in the root.
    pub(super) scopes: Vec<String>,
    /// What stands in place of files on disk.
    pub(super) overlay: Vec<(String, Vec<u8>)>,
}

/// Reads the worlds around the paths of `arguments`.
pub(super) fn load(arguments: &Lint, incoming: Option<&Incoming>) -> Loaded {
    let mut missing = Vec::new();
    let places = places(arguments, incoming, &mut missing);
    let prefixes = prefixes(&places.iter().map(|place| place.folder.as_path()).collect::<Vec<_>>());
    let mut loaded = Loaded {
        sources: Sources::new(prefixes),
        roots: Vec::new(),
        base: None,
        folders: places.iter().map(|place| place.folder.clone()).collect(),
        scopes: Vec::new(),
        config_errors: Vec::new(),
        refusals: Vec::new(),
        missing,
        passed_over: Vec::new(),
        given: Vec::new(),
        incoming: None,
        baseline: None,
    };
    for folder in &arguments.crds {
        given::read(folder, arguments.max_file_size, &mut loaded);
    }
    baseline::read(arguments, &mut loaded);
    let shapes = engine::shapes();
    let mut bases = Vec::new();
    for (number, place) in places.into_iter().enumerate() {
        let root = match open(arguments, &place) {
            Ok(tree) => {
                let config = read_config(arguments, tree.as_ref(), number, &shapes, &mut loaded);
                for folder in &config.crds {
                    given::read(&place.folder.join(&folder.value), arguments.max_file_size, &mut loaded);
                }
                bases.extend(read_base(arguments, &tree, &place, number, &config, &mut loaded));
                let mut root = read_root(arguments, tree.as_ref(), &place, number, config, &mut loaded);
                // Charts are rendered from what lies on the disk.
                if let (Some(helm), false) = (&arguments.helm, arguments.staged) {
                    let texts = root.files.iter().copied().chain(root.extras.values().filter_map(Extra::yaml));
                    root.charts = charts::render(helm, &place.folder, tree.as_ref(), &loaded.sources, texts);
                }
                root
            }
            Err(failure) => Root { failures: vec![failure], ..Root::default() },
        };
        loaded.roots.push(root);
        if let Some((path, bytes)) = place.overlay.into_iter().next() {
            loaded.incoming = Some(Placed { root: number, path, bytes });
        }
        let whole = place.scopes.iter().any(String::is_empty);
        let paths = if whole { vec![String::new()] } else { place.scopes };
        loaded.scopes.extend(paths.into_iter().map(|path| Scope { root: number, path }));
    }
    let complete = bases.len() == loaded.roots.len();
    contracts::load(arguments, &shapes, &mut bases, &mut loaded);
    // Half a comparison would take what it does not see for something that is new.
    loaded.base = (arguments.base.is_some() && complete).then_some(bases);
    loaded
}

/// The root in the state that it is compared with, under the config of today.
fn read_base(
    arguments: &Lint,
    tree: &Arc<dyn Tree>,
    place: &Place,
    number: usize,
    config: &Config,
    loaded: &mut Loaded,
) -> Option<Root> {
    let word = arguments.base.as_deref()?;
    let asked = Asked { folder: &place.folder, tree, only: place.only.as_deref(), scopes: &place.scopes };
    let State { tree, name } = match base::state(arguments, word, &asked) {
        Ok(state) => state,
        Err(failure) => {
            loaded.missing.push(failure);
            return None;
        }
    };
    let (from, named) = (loaded.sources.len(), loaded.passed_over.len());
    let mut root = read_root(arguments, tree.as_ref(), place, number, config.clone(), loaded);
    loaded.passed_over.truncate(named);
    loaded.sources.mark(from, &name);
    for failure in &mut root.failures {
        failure.message = format!("{} (in {name})", failure.message);
    }
    Some(root)
}

/// Reads a tree that stands for `folder` in another state, and nothing around it.
pub(super) fn load_tree(arguments: &Lint, tree: &dyn Tree, folder: &Path) -> Loaded {
    let place = Place { folder: folder.to_path_buf(), only: None, scopes: Vec::new(), overlay: Vec::new() };
    let mut loaded = Loaded {
        sources: Sources::new(vec![String::new()]),
        roots: Vec::new(),
        base: None,
        given: Vec::new(),
        folders: vec![place.folder.clone()],
        scopes: Vec::new(),
        config_errors: Vec::new(),
        refusals: Vec::new(),
        missing: Vec::new(),
        passed_over: Vec::new(),
        incoming: None,
        baseline: None,
    };
    let root = read_root(arguments, tree, &place, 0, Config::default(), &mut loaded);
    loaded.roots.push(root);
    loaded
}

fn places(arguments: &Lint, incoming: Option<&Incoming>, missing: &mut Vec<Failure>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let here = [PathBuf::from(".")];
    let paths: &[PathBuf] = if arguments.paths.is_empty() { &here } else { &arguments.paths };
    for path in paths {
        let (path, bytes) = match incoming {
            Some(incoming) if path.as_os_str() == "-" => (incoming.path.as_path(), Some(incoming.bytes.clone())),
            _ => (path.as_path(), None),
        };
        match locate(arguments, path, bytes.is_some()) {
            Ok((folder, inside, only)) => {
                let at = places.iter().position(|place| place.folder == folder && place.only == only);
                let place = match at {
                    Some(at) => &mut places[at],
                    None => {
                        places.push(Place { folder, only, scopes: Vec::new(), overlay: Vec::new() });
                        places.last_mut().expect("internal: a place was just pushed")
                    }
                };
                if let Some(bytes) = bytes {
                    place.overlay.push((inside.clone(), bytes));
                }
                place.scopes.push(inside);
            }
            Err(failure) => missing.push(failure),
        }
    }
    places
}

/// The root around `path`, the path in it, and the one file to look at, if the world is one file.
fn locate(arguments: &Lint, path: &Path, incoming: bool) -> Result<(PathBuf, String, Option<String>), Failure> {
    let refuse = |message: String| Failure { path: path.display().to_string(), message };
    // What comes in need not exist on disk; its folder has to.
    let (existing, name) = if incoming && !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refuse("names no file".into()))?;
        (folder, Some(name))
    } else {
        (path, None)
    };
    let found = tree::enclosing_root(existing).map_err(|error| refuse(error.cause()))?;
    let join = |inside: &str| tree::child(inside, name.unwrap_or_default());
    if !arguments.isolated {
        return Ok((found.folder, join(&found.inside), None));
    }
    let whole = found.folder.join(&found.inside);
    if whole.is_dir() {
        return Ok((whole, join(""), name.map(str::to_owned)));
    }
    let file = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let folder = whole.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok((folder, file.clone(), Some(file)))
}

/// Reads the config that is named on the command line, wherever it lies: the path to call it by, and its bytes.
pub(super) fn read_named(path: &Path, root: &Path, limit: u64) -> Result<(String, Vec<u8>), Failure> {
    let refuse = |message: String| Failure { path: path.display().to_string(), message };
    let real = path.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => refuse("not found".into()),
        _ => refuse(error.to_string()),
    })?;
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
        return Err(refuse("a folder, not a file".into()));
    };
    let read = Disk::new(folder).and_then(|disk| disk.read(&name.to_string_lossy(), limit));
    let bytes = read.map_err(|error| refuse(error.cause()))?;
    let inside = real.strip_prefix(root).unwrap_or(&real);
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Ok((if inside.is_absolute() { real.display().to_string() } else { parts.join("/") }, bytes))
}

fn open(arguments: &Lint, place: &Place) -> Result<Arc<dyn Tree>, Failure> {
    let limit = arguments.max_file_size;
    let disk: Arc<dyn Tree> = match arguments.staged {
        true => base::staged(&place.folder)?,
        false => Arc::new(Disk::new(&place.folder).map_err(Failure::from)?),
    };
    if let (Some(only), true) = (&place.only, place.overlay.is_empty()) {
        let mut memory = Memory::new();
        memory.insert(only, disk.read(only, limit).map_err(Failure::from)?);
        return Ok(Arc::new(memory));
    }
    if place.overlay.is_empty() {
        return Ok(disk);
    }
    let mut memory = if place.only.is_some() { Memory::new() } else { Memory::over(disk) };
    for (path, bytes) in &place.overlay {
        memory.insert(path, bytes.clone());
    }
    Ok(Arc::new(memory))
}

pub(super) fn read_config(
    arguments: &Lint,
    tree: &dyn Tree,
    root: usize,
    shapes: &[RuleShape<'_>],
    loaded: &mut Loaded,
) -> Config {
    if arguments.isolated || arguments.no_config {
        return Config::default();
    }
    let found = match &arguments.config {
        Some(path) => match read_named(path, &loaded.folders[root], arguments.max_file_size) {
            Ok(read) => Some(read),
            Err(failure) => {
                loaded.refusals.push(failure);
                None
            }
        },
        None => tree::CONFIG_NAMES.iter().find_map(|name| {
            tree.kind(name)?;
            match tree.read(name, arguments.max_file_size) {
                Ok(bytes) => Some(((*name).to_owned(), bytes)),
                Err(error) => {
                    loaded.refusals.push(error.into());
                    None
                }
            }
        }),
    };
    let Some((path, bytes)) = found else { return Config::default() };
    let Ok(text) = String::from_utf8(bytes) else {
        loaded.refusals.push(Failure { path, message: "not UTF-8".into() });
        return Config::default();
    };
    let source = loaded.sources.add(Source::new(root, path, text));
    match config::read(source, loaded.sources[source].shared_text(), shapes) {
        Ok(config) => config,
        Err(errors) => {
            loaded.config_errors.extend(errors);
            Config::default()
        }
    }
}

pub(super) fn read_root(
    arguments: &Lint,
    tree: &dyn Tree,
    place: &Place,
    number: usize,
    config: Config,
    loaded: &mut Loaded,
) -> Root {
    let options = walk::Options {
        no_ignore: arguments.no_ignore,
        hidden: arguments.hidden,
        max_file_size: arguments.max_file_size,
        exclude: config.exclude.iter().map(|glob| glob.value.clone()).collect(),
        named: place.scopes.iter().filter(|path| !path.is_empty()).cloned().collect(),
    };
    let walked = walk::walk(tree, &options);
    let configs: Vec<SourceId> = config.source.into_iter().collect();
    let mut root = Root {
        left_alone: walked.left_alone,
        failures: walked.failures,
        config,
        files: Vec::with_capacity(walked.files.len()),
        lone: place.only.is_some(),
        beside: walked.beside,
        ..Root::default()
    };
    for path in &options.named {
        let is_failure = root.failures.iter().any(|failure| failure.path == *path);
        let is_taken = walked.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
        if tree.kind(path) == Some(EntryKind::File) && !is_failure && !is_taken {
            loaded.passed_over.push(place.folder.join(path));
        }
    }
    let is_baseline = baseline::recogniser(arguments, &place.folder);
    for file in walked.files {
        let is_config = configs.iter().any(|config| loaded.sources[*config].path() == file.path);
        if !is_config && !is_baseline(&file.path) {
            root.files.push(loaded.sources.add(Source::new(number, file.path, file.text)));
        }
    }
    let known = root.files.iter().map(|source| (loaded.sources[*source].path().to_owned(), *source)).collect();
    let gathered = gather(tree, &mut loaded.sources, number, &known, &[], arguments.max_file_size);
    (root.extras, root.parsed) = (gathered.extras, gathered.parsed);
    root
}

/// How the files of each root are named: for a single root by their path in it, for several by their path
/// in the folder that holds all roots.
fn prefixes(folders: &[&Path]) -> Vec<String> {
    if folders.len() < 2 {
        return vec![String::new(); folders.len()];
    }
    let mut common: PathBuf = folders[0].to_path_buf();
    while !folders.iter().all(|folder| folder.starts_with(&common)) {
        common.pop();
    }
    folders
        .iter()
        .map(|folder| {
            let rest = folder.strip_prefix(&common).unwrap_or(folder);
            let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            if parts.is_empty() { String::new() } else { format!("{}/", parts.join("/")) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_roots_are_named_in_their_common_folder() {
        let folders = [Path::new("/a/b/platform"), Path::new("/a/b/apps/shop")];
        assert_eq!(prefixes(&folders), ["platform/", "apps/shop/"]);
        assert_eq!(prefixes(&[Path::new("/a")]), [""]);
        assert_eq!(prefixes(&[Path::new("/a"), Path::new("/a/b")]), ["", "b/"]);
    }
}
