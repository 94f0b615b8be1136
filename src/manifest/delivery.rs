//! Who hands a file to the cluster, and what is changed on the way: which kustomizations include it
//! and which Flux Kustomizations apply its folder.

use super::{Kustomization, Parsed};
use crate::tree;
use crate::yaml::{Dialect, Value};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use memchr::memmem::Finder;
use std::borrow::Cow;

/// Who hands a file to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody applies the folder as it is.
    Hand,
    /// A kustomization lists it.
    Kustomize,
    /// A Flux Kustomization applies its folder.
    Flux,
    /// An Application of Argo CD applies its folder.
    Argo,
    /// Nothing in a repo that is delivered by kustomizations reaches it.
    Nobody,
}

/// What happens to a file's objects on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Who hands it over.
    pub by: By,
    /// Whether a namespace is set on the way.
    pub sets_namespace: bool,
    /// Whether names get a prefix or a suffix on the way.
    pub renames: bool,
    /// Whether fields may be changed on the way.
    pub changes: bool,
    /// Objects of one scope go the same way, so what is set is the same for both.
    pub scope: u32,
}

/// Root and path in it.
type Place<'w> = (usize, Cow<'w, str>);

pub(super) struct Deliveries<'w, 'k> {
    kustomizations: &'k [Kustomization<'w>],
    files: &'k [Parsed<'w>],
    /// Which kustomizations list a file or a folder.
    listed: HashMap<Place<'w>, Vec<usize>>,
    patches: HashSet<Place<'w>>,
    data: HashSet<Place<'w>>,
    flux: Vec<FluxPath>,
    /// Which Flux Kustomizations apply a folder; those whose path is not known apart.
    applied: HashMap<Place<'w>, Vec<usize>>,
    anywhere: Vec<usize>,
    /// Folders that have a kustomization.
    built: HashSet<Place<'w>>,
    /// Roots in which kustomizations or Flux deliver.
    rendered: HashSet<usize>,
    reached: HashMap<usize, Flags>,
}

struct FluxPath {
    root: usize,
    folder: Option<String>,
    flags: Flags,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    sets_namespace: bool,
    renames: bool,
    changes: bool,
}

impl Flags {
    fn or(self, other: Flags) -> Flags {
        Flags {
            sets_namespace: self.sets_namespace || other.sets_namespace,
            renames: self.renames || other.renames,
            changes: self.changes || other.changes,
        }
    }
}

impl<'w, 'k> Deliveries<'w, 'k> {
    pub(super) fn new(files: &'k [Parsed<'w>], kustomizations: &'k [Kustomization<'w>]) -> Deliveries<'w, 'k> {
        let mut listed: HashMap<Place<'w>, Vec<usize>> = HashMap::new();
        let mut patches = HashSet::new();
        let mut data = HashSet::new();
        for (at, kustomization) in kustomizations.iter().enumerate() {
            for (path, _) in &kustomization.includes {
                listed.entry((kustomization.root, Cow::Owned(path.clone()))).or_default().push(at);
            }
            patches.extend(kustomization.patches.iter().map(|path| (kustomization.root, Cow::Owned(path.clone()))));
            data.extend(kustomization.data.iter().map(|path| (kustomization.root, Cow::Owned(path.clone()))));
        }
        let group = Finder::new("kustomize.toolkit.fluxcd.io/");
        let flux: Vec<FluxPath> = files
            .iter()
            .filter(|parsed| group.find(parsed.file.text().as_bytes()).is_some())
            .flat_map(flux_paths)
            .collect();
        let rendered = kustomizations.iter().map(|at| at.root).chain(flux.iter().map(|at| at.root)).collect();
        let mut applied: HashMap<Place<'w>, Vec<usize>> = HashMap::new();
        let mut anywhere = Vec::new();
        for (at, path) in flux.iter().enumerate() {
            match &path.folder {
                Some(folder) => applied.entry((path.root, Cow::Owned(folder.clone()))).or_default().push(at),
                None => anywhere.push(at),
            }
        }
        let built = kustomizations.iter().map(|at| (at.root, Cow::Borrowed(at.folder))).collect();
        let mut found = Deliveries {
            kustomizations,
            files,
            listed,
            patches,
            data,
            flux,
            applied,
            anywhere,
            built,
            rendered,
            reached: HashMap::new(),
        };
        found.reached = (0..kustomizations.len()).map(|at| (at, found.flags(at))).collect();
        found
    }

    /// What the kustomization and everything that includes it change.
    fn flags(&self, start: usize) -> Flags {
        let mut seen = HashSet::from_iter([start]);
        let mut queue = vec![start];
        let mut flags = Flags::default();
        while let Some(at) = queue.pop() {
            let kustomization = &self.kustomizations[at];
            flags = flags.or(Flags {
                sets_namespace: kustomization.sets_namespace,
                renames: kustomization.renames,
                changes: kustomization.changes,
            });
            let folder = (kustomization.root, Cow::Borrowed(kustomization.folder));
            for parent in self.listed.get(&folder).into_iter().flatten() {
                if seen.insert(*parent) {
                    queue.push(*parent);
                }
            }
            flags = self.flux_flags(&folder).fold(flags, Flags::or);
        }
        flags
    }

    /// Flux Kustomizations that apply `folder`; one whose path is not known might apply any.
    fn flux_flags<'s>(&'s self, folder: &Place<'w>) -> impl Iterator<Item = Flags> + 's {
        let root = folder.0;
        let exact = self.applied.get(folder).into_iter().flatten();
        exact
            .chain(&self.anywhere)
            .map(|at| &self.flux[*at])
            .filter(move |flux| flux.root == root)
            .map(|flux| flux.flags)
    }

    pub(super) fn is_patch(&self, parsed: &Parsed<'w>) -> bool {
        let place = (parsed.root, Cow::Borrowed(parsed.path));
        self.patches.contains(&place) && !self.listed.contains_key(&place)
    }

    pub(super) fn is_data(&self, parsed: &Parsed<'w>) -> bool {
        let place = (parsed.root, Cow::Borrowed(parsed.path));
        self.data.contains(&place) && !self.listed.contains_key(&place)
    }

    pub(super) fn of(&self, file: usize) -> Delivery {
        let parsed = self.files[file];
        if !self.rendered.contains(&parsed.root) {
            return plain(By::Hand, parsed.root as u32);
        }
        let parents = self.listed.get(&(parsed.root, Cow::Borrowed(parsed.path)));
        if let Some(parents) = parents {
            let flags = parents.iter().filter_map(|at| self.reached.get(at)).fold(Flags::default(), |a, b| a.or(*b));
            // One parent: whoever shares it goes the same way. Several: nobody else is known to.
            let scope = match parents.as_slice() {
                [one] => SCOPES + *one as u32,
                _ => SCOPES * 2 + file as u32,
            };
            return delivery(By::Kustomize, flags, scope);
        }
        self.by_flux(file, parsed)
    }

    /// A folder that Flux applies and that has no kustomization gets one that lists all its files.
    fn by_flux(&self, file: usize, parsed: Parsed<'w>) -> Delivery {
        let mut folder = tree::parent(parsed.path);
        let nobody = || plain(By::Nobody, SCOPES * 2 + file as u32);
        loop {
            let place = (parsed.root, Cow::Borrowed(folder));
            if self.built.contains(&place) {
                return nobody();
            }
            if let Some(exact @ [first, ..]) = self.applied.get(&place).map(Vec::as_slice) {
                let flags = exact.iter().fold(Flags::default(), |flags, at| flags.or(self.flux[*at].flags));
                return delivery(By::Flux, flags, SCOPES * 3 + *first as u32);
            }
            match folder.rsplit_once('/') {
                Some((parent, _)) => folder = parent,
                None if !folder.is_empty() => folder = "",
                None => return nobody(),
            }
        }
    }
}

/// Scopes of different makings must not meet; a repo has fewer files than this.
const SCOPES: u32 = 1 << 28;

fn plain(by: By, scope: u32) -> Delivery {
    Delivery { by, sets_namespace: false, renames: false, changes: false, scope }
}

fn delivery(by: By, flags: Flags, scope: u32) -> Delivery {
    Delivery { by, sets_namespace: flags.sets_namespace, renames: flags.renames, changes: flags.changes, scope }
}

fn flux_paths(parsed: &Parsed<'_>) -> Vec<FluxPath> {
    let mut found = Vec::new();
    for document in parsed.file.documents() {
        let Some(root) = document.root else { continue };
        let value = Value::new(parsed.file, root, Dialect::Kubectl);
        let group = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        if value.get("kind").and_then(Value::as_str) != Some("Kustomization")
            || !group.starts_with("kustomize.toolkit.fluxcd.io/")
        {
            continue;
        }
        let Some(spec) = value.get("spec") else { continue };
        let set = |key: &str| spec.get(key).is_some_and(|value| !value.is_null() && !value.is_empty());
        let folder = match spec.get("path") {
            None => Some(String::new()),
            Some(path) => path.known().and_then(|path| tree::normalize(path.trim_start_matches('/'))),
        };
        found.push(FluxPath {
            root: parsed.root,
            folder,
            flags: Flags {
                sets_namespace: set("targetNamespace"),
                renames: set("namePrefix") || set("nameSuffix"),
                changes: set("patches") || set("components"),
            },
        });
    }
    found
}
