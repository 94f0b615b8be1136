//! From the paths of the command line to roots with their configs and texts.

mod places;

pub(in crate::cli) use self::places::{Incoming, Place};
use self::places::{open, places, prefixes};
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
use crate::tree::{self, Disk, EntryKind, Tree};
use crate::walk;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything a run starts from.
pub(in crate::cli) struct Loaded {
    /// All texts, configs among them.
    pub(in crate::cli) sources: Sources,
    /// The roots in the order they were named.
    pub(in crate::cli) roots: Vec<Root>,
    /// Where each root lies.
    pub(in crate::cli) folders: Vec<PathBuf>,
    /// The same roots in the state that they are compared with; nothing where it cannot be read.
    pub(in crate::cli) base: Option<Vec<Root>>,
    /// What to report on.
    pub(in crate::cli) scopes: Vec<Scope>,
    /// What is wrong with the configs; then nothing is run.
    pub(in crate::cli) config_errors: Vec<ConfigError>,
    /// Configs that cannot be read; then nothing is run.
    pub(in crate::cli) refusals: Vec<Failure>,
    /// Paths that were named and cannot be looked at; the others still can.
    pub(in crate::cli) missing: Vec<Failure>,
    /// Files that were named and do not belong to the run.
    pub(in crate::cli) passed_over: Vec<PathBuf>,
    /// The files of the folders of schemas.
    pub(in crate::cli) given: Vec<GivenFile>,
    /// What came in on standard input.
    pub(in crate::cli) incoming: Option<Placed>,
    /// The findings that are known.
    pub(in crate::cli) baseline: Option<Baseline>,
}

/// Where the text from standard input stands.
pub(in crate::cli) struct Placed {
    /// Number of the root.
    pub(in crate::cli) root: usize,
    /// Path in it.
    pub(in crate::cli) path: String,
    /// The bytes.
    pub(in crate::cli) bytes: Vec<u8>,
}

/// Reads the worlds around the paths of `arguments`.
pub(in crate::cli) fn load(arguments: &Lint, incoming: Option<&Incoming>) -> Loaded {
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
pub(in crate::cli) fn load_tree(arguments: &Lint, tree: &dyn Tree, folder: &Path) -> Loaded {
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

/// Reads the config that is named on the command line, wherever it lies: the path to call it by, and its bytes.
pub(in crate::cli) fn read_named(path: &Path, root: &Path, limit: u64) -> Result<(String, Vec<u8>), Failure> {
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

pub(in crate::cli) fn read_config(
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

pub(in crate::cli) fn read_root(
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
