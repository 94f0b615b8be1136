//! From one entry path to everything that Flux applies from it.

use super::apply::{self, Refused, Undefined};
use super::variables::{Index, Reference, Variables, namespace_of, references};
use super::{generated, resourceset};
use crate::render::files::{Content, Files};
use crate::render::kustomize::{Build, Builder, Object, Order, Refusal};
use crate::render::substitute::is_valid_name;
use crate::source::{Origin, Span};
use crate::tree;
use crate::yaml::Value;
use crate::yaml::rendered::{Key, Rendered};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// A Flux Kustomization that was followed, and how that went.
#[derive(Clone, Debug)]
pub struct Applied<'w> {
    /// The object; none for the path that a cluster starts from.
    pub object: Option<Rendered<'w>>,
    /// Its namespace.
    pub namespace: String,
    /// Its name; the path for the one that a cluster starts from.
    pub name: String,
    /// The folder that it builds, if that is known and in this repo.
    pub folder: Option<String>,
    /// What it brings, ResourceSets and what they bring included.
    pub objects: Vec<Object<'w>>,
    /// How many of these it applies itself; the others come from ResourceSets among them.
    pub own: usize,
    /// Why it is not built, or not wholly.
    pub trouble: Option<Trouble>,
    /// References to variables that nothing defines.
    pub undefined: Vec<Undefined>,
    /// The variables that it has, in order of name, with the places that define them.
    pub variables: Vec<(String, Span)>,
    /// Whether it substitutes at all.
    pub substitutes: bool,
    /// ConfigMaps and Secrets that it takes variables from and that are nowhere.
    pub missing: Vec<Reference>,
    /// ResourceSets among what it brings.
    pub sets: Vec<Set>,
    /// What a build told.
    pub told: Told,
    /// Number of its root.
    pub root: usize,
    /// The scope that its objects have in common as resources.
    pub scope: u32,
}

/// How a ResourceSet went, whose objects are among those of its Kustomization.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Why it may bring more than is seen, if so.
    pub open: Option<String>,
    /// What the operator refuses, if it does.
    pub refused: Option<(Span, String)>,
    /// The set of inputs for which it refuses, where it is written.
    pub refused_for: Option<Span>,
}

impl Applied<'_> {
    /// How it went, in words that complete "it is".
    pub fn state(&self) -> &'static str {
        match &self.trouble {
            Some(Trouble::Refusal(_)) => "not built: kustomize refuses",
            Some(Trouble::Substitution(_)) => "not built: substitution refuses",
            Some(Trouble::NoFolder(..)) => "not built: the folder is missing",
            Some(Trouble::Elsewhere(_)) => "not built: the files are elsewhere",
            None if !self.told.gaps.is_empty() => "built in part: something is taken from elsewhere",
            None if self.sets.iter().any(|set| set.refused.is_some()) => "built in part: a ResourceSet is refused",
            None if self.sets.iter().any(|set| set.open.is_some()) => {
                "built in part: inputs of a ResourceSet are elsewhere"
            }
            None if !self.missing.is_empty() => "built in part: variables are defined elsewhere",
            None => "built wholly",
        }
    }
}

/// Why a Kustomization is not built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Kustomize refuses.
    Refusal(Refusal),
    /// Substitution refuses.
    Substitution(Refused),
    /// Its path is not in this repo, though its source is; the place of the path.
    NoFolder(Span, String),
    /// It takes its files from elsewhere, or it cannot be told from where: why.
    Elsewhere(String),
}

/// What a build tells beside its objects.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What is not seen.
    pub gaps: BTreeSet<crate::render::kustomize::Gap>,
    /// Patches without effect.
    pub idle: BTreeSet<crate::render::kustomize::Idle>,
    /// Files that took part.
    pub used: BTreeSet<std::sync::Arc<str>>,
}

/// The switch of the controller that makes undefined variables an error.
const STRICT: &str = "StrictPostBuildSubstitutions=true";

struct Task<'w> {
    object: Option<Rendered<'w>>,
    namespace: String,
    name: String,
    /// The folder, if it is given and not read from the object.
    folder: Option<String>,
}

struct Run<'r, 'f, 'w> {
    builder: &'r Builder<'f, 'w>,
    files: &'r Files<'w>,
    index: Index<'w>,
    queue: VecDeque<Task<'w>>,
    seen: HashSet<(String, String)>,
    done: Vec<Applied<'w>>,
    /// URLs of sources by kind, namespace and name.
    sources: HashMap<(String, String, String), Option<String>>,
    /// The URL that this repo is fetched from, where an entry says it.
    own: Option<String>,
    /// The URL of the source that a bootstrap makes, once it was seen.
    bootstrap: Option<String>,
    /// Whether the controller is told to refuse variables that nothing defines.
    strict: bool,
}

/// Follows everything from `folder`; `own` is the URL that this repo is fetched from, if it is known, and `strict`
/// whether [undefined variables are refused](is_strict).
pub fn run<'w>(
    builder: &Builder<'_, 'w>,
    files: &Files<'w>,
    folder: &str,
    own: Option<&str>,
    strict: bool,
) -> Vec<Applied<'w>> {
    let mut run = Run {
        builder,
        files,
        index: Index::default(),
        queue: VecDeque::new(),
        seen: HashSet::new(),
        done: Vec::new(),
        sources: HashMap::new(),
        own: own.map(str::to_owned),
        bootstrap: None,
        strict,
    };
    run.queue.push_back(Task {
        object: None,
        namespace: "flux-system".into(),
        name: folder.to_owned(),
        folder: Some(folder.to_owned()),
    });
    // A Kustomization waits as long as others may still bring the variables that it needs.
    let mut idle = 0;
    while let Some(task) = run.queue.pop_front() {
        let patient = idle <= run.queue.len();
        match run.apply(task, patient) {
            Some(task) => {
                run.queue.push_back(task);
                idle += 1;
            }
            None => idle = 0,
        }
    }
    run.done
}

impl<'w> Run<'_, '_, 'w> {
    /// Applies one Kustomization; hands it back if it has to wait.
    fn apply(&mut self, task: Task<'w>, patient: bool) -> Option<Task<'w>> {
        let spec = task.object.as_ref().and_then(|object| object.at(&["spec"]));
        let (variables, missing, waits) = self.variables(&task, spec.as_ref());
        if waits && patient {
            return Some(task);
        }
        let mut applied = Applied {
            object: task.object.clone(),
            namespace: task.namespace.clone(),
            name: task.name.clone(),
            folder: None,
            objects: Vec::new(),
            own: 0,
            trouble: None,
            undefined: Vec::new(),
            variables: variables.names(),
            substitutes: variables.active,
            missing,
            sets: Vec::new(),
            told: Told::default(),
            root: self.files.root,
            scope: 0,
        };
        let folder = match (&task.folder, &spec) {
            (Some(folder), _) => Ok(folder.clone()),
            (None, Some(spec)) => self.folder(spec, &task),
            (None, None) => Err(Trouble::Elsewhere("it has no spec".into())),
        };
        match folder {
            Ok(folder) => {
                self.build(&folder, &task, variables, &mut applied);
                applied.folder = Some(folder);
            }
            Err(trouble) => applied.trouble = Some(trouble),
        }
        if let Some(object) = Self::bootstrap_of(&applied) {
            applied.objects = vec![object];
            // Only what it needs to be followed; its own build brings everything, itself among it.
            self.follow(&applied);
            applied.objects.clear();
            applied.own = 0;
            applied.sets.clear();
            self.done.push(applied);
            return None;
        }
        self.follow(&applied);
        self.done.push(applied);
        None
    }

    fn build(&self, folder: &str, task: &Task<'w>, variables: Variables, applied: &mut Applied<'w>) {
        let asked = task.object.as_ref().and_then(|object| object.at(&["spec", "path"]));
        let asked = asked.map(|path| path.view().span());
        let built = generated::build(self.builder, folder, task.object.as_ref(), asked)
            .and_then(|all| self.builder.finish(Rc::unwrap_or_clone(all), &Order::Fifo));
        let build: Build<'w> = match built {
            Ok(build) => build,
            Err(refusal) => {
                applied.trouble = Some(Trouble::Refusal(refusal));
                return;
            }
        };
        applied.told = Told { gaps: build.gaps, idle: build.idle, used: build.used };
        let mut objects = build.objects;
        let names = variables.names();
        if let Some((name, span)) = names.iter().find(|(name, _)| !is_valid_name(name)) {
            let message = format!("`{name}` is no name of a variable: letters, digits and `_`, no digit first");
            applied.trouble = Some(Trouble::Substitution(Refused {
                span: *span,
                message,
                strict: false,
                unreadable: false,
                object: String::new(),
            }));
            return;
        }
        if variables.active {
            for (at, object) in objects.iter_mut().enumerate() {
                if let Err(refused) = apply::object(&mut object.tree, at, &variables, &mut applied.undefined) {
                    let refused = Refused { object: object.id().to_string(), ..refused };
                    applied.trouble = Some(Trouble::Substitution(refused));
                    // What does not arrive has no faults of its own.
                    applied.undefined.clear();
                    return;
                }
            }
        }
        if let Some(metadata) = task.object.as_ref().and_then(|object| object.at(&["spec", "commonMetadata"])) {
            objects.iter_mut().for_each(|object| add_metadata(object, &metadata));
        }
        applied.own = objects.len();
        let sets: Vec<usize> = (0..objects.len())
            .filter(|at| objects[*at].group() == resourceset::GROUP && objects[*at].kind() == "ResourceSet")
            .collect();
        for at in sets {
            let namespace = namespace_of(&objects[at].tree, &task.namespace);
            let expanded = resourceset::expand(&objects[at], &namespace, &self.index, self.files);
            applied.sets.push(Set {
                name: objects[at].name().to_owned(),
                namespace,
                open: expanded.open,
                refused: expanded.refused,
                refused_for: expanded.refused_for,
            });
            objects.extend(expanded.objects);
        }
        applied.objects = objects;
    }

    /// The folder that a Kustomization builds.
    fn folder(&self, spec: &Rendered<'w>, task: &Task<'w>) -> Result<String, Trouble> {
        let view = spec.view();
        let source = view.get("sourceRef");
        let foreign = source.and_then(|source| self.is_foreign(source, task));
        let path = view.get("path");
        let text = match path {
            None => "",
            Some(value) if value.is_null() => "",
            Some(value) => match value.known() {
                Some(text) => text,
                None => {
                    let reason = value.unknown().unwrap_or_else(|| "its path is no text".into());
                    return Err(Trouble::Elsewhere(reason));
                }
            },
        };
        // Flux never lets a path climb out of what it fetched.
        let folder = tree::normalize(text.trim_start_matches('/')).unwrap_or_default();
        let there = matches!(self.files.content(&folder), Content::Folder);
        match foreign {
            Some(reason) if !(there && reason.may_be_ours) => Err(Trouble::Elsewhere(reason.text)),
            _ if there => Ok(folder),
            _ => {
                let place = path.or(source).unwrap_or(view);
                let certain = source.is_some_and(|source| self.is_ours(source, task));
                match certain {
                    true => Err(Trouble::NoFolder(place.span(), folder)),
                    false => Err(Trouble::Elsewhere(format!("there is no folder `{folder}` in this repo"))),
                }
            }
        }
    }

    fn source_key(source: Value<'_>, task: &Task<'w>) -> Option<(String, String, String)> {
        let text = |key: &str| source.get(key).and_then(Value::known);
        let namespace = text("namespace").unwrap_or(&task.namespace);
        Some((text("kind")?.to_owned(), namespace.to_owned(), text("name")?.to_owned()))
    }

    /// Whether a source is surely this repo.
    fn is_ours(&self, source: Value<'_>, task: &Task<'w>) -> bool {
        let Some(key) = Self::source_key(source, task) else { return false };
        match (self.sources.get(&key), self.own.as_ref().or(self.bootstrap.as_ref())) {
            (Some(Some(url)), Some(own)) => same_repo(url, own),
            (None, _) => key.0 == "GitRepository" && key.2 == "flux-system",
            _ => false,
        }
    }

    /// Why a source is not this repo, if it is not or may not be.
    fn is_foreign(&self, source: Value<'_>, task: &Task<'w>) -> Option<Foreign> {
        let Some(key) = Self::source_key(source, task) else {
            return Some(Foreign { text: "its source is not known".into(), may_be_ours: true });
        };
        match (self.sources.get(&key), &self.own) {
            (Some(Some(url)), Some(own)) if !same_repo(url, own) => {
                Some(Foreign { text: format!("its source is {url}"), may_be_ours: false })
            }
            (Some(Some(url)), None) if self.bootstrap.as_ref().is_some_and(|own| same_repo(url, own)) => None,
            (Some(Some(url)), None) if key.2 != "flux-system" => {
                Some(Foreign { text: format!("its source is {url}"), may_be_ours: true })
            }
            _ if key.0 == "ExternalArtifact" => Some(Foreign {
                text: "its source is an artifact that something puts together".into(),
                may_be_ours: true,
            }),
            _ => None,
        }
    }

    fn variables(&self, task: &Task<'w>, spec: Option<&Rendered<'w>>) -> (Variables, Vec<Reference>, bool) {
        let mut variables = Variables::default();
        let mut missing = Vec::new();
        let mut waits = false;
        let Some(spec) = spec.map(Rendered::view) else { return (variables, missing, waits) };
        let (references, open) = references(spec);
        variables.open = open;
        for reference in references {
            match self.index.get(&reference.kind, &task.namespace, &reference.name) {
                Some(object) => variables.take(object.view()),
                None if reference.kind == "Secret" && self.index.makes_secret(&task.namespace, &reference.name) => {
                    variables.open = Some(format!("the keys of the Secret `{}` are made elsewhere", reference.name));
                }
                None => {
                    waits = true;
                    let text = format!("the {} `{}` is not in this repo", reference.kind, reference.name);
                    variables.open.get_or_insert(text);
                    if !reference.optional {
                        missing.push(reference);
                    }
                }
            }
        }
        variables.take_inline(spec);
        let always = spec.at(&["postBuild", "substituteStrategy"]).and_then(Value::as_str) == Some("Always");
        // Without a single variable Flux does not substitute at all.
        variables.active = !variables.is_empty() || always || variables.open.is_some();
        variables.strict = self.strict;
        (variables, missing, waits)
    }

    /// The Kustomization among the objects of an entry that applies the entry itself, as a bootstrap makes it: then
    /// all of it comes through that one, with what it changes.
    fn bootstrap_of(entry: &Applied<'w>) -> Option<Object<'w>> {
        let folder = entry.folder.as_deref().filter(|_| entry.object.is_none())?;
        let is_self = |object: &&Object<'w>| {
            let path = object.tree.view().at(&["spec", "path"]).and_then(Value::known);
            let path = path.and_then(|path| tree::normalize(path.trim_start_matches('/')));
            object.group() == super::GROUP && object.kind() == "Kustomization" && path.as_deref() == Some(folder)
        };
        entry.objects.iter().find(is_self).cloned()
    }

    /// Remembers what was brought, and queues the Kustomizations among it.
    fn follow(&mut self, applied: &Applied<'w>) {
        for object in &applied.objects {
            self.index.add(&object.tree, &applied.namespace);
            let view = object.tree.view();
            let (group, kind) = (object.group().to_owned(), object.kind().to_owned());
            let namespace = namespace_of(&object.tree, &applied.namespace);
            let name = object.name().to_owned();
            if group == "source.toolkit.fluxcd.io" {
                let url = view.at(&["spec", "url"]).and_then(Value::known).map(str::to_owned);
                // What a bootstrap calls `flux-system` is the repo that it stands in.
                if self.bootstrap.is_none() && kind == "GitRepository" && name == "flux-system" {
                    self.bootstrap.clone_from(&url);
                }
                self.sources.insert((kind, namespace, name), url);
            } else if group == super::GROUP && kind == "Kustomization" {
                let elsewhere = view.at(&["spec", "kubeConfig"]).is_some_and(|config| !config.is_null());
                if !elsewhere && self.seen.insert((namespace.clone(), name.clone())) {
                    let object = Some(object.tree.clone());
                    self.queue.push_back(Task { object, namespace, name, folder: None });
                }
            }
        }
    }
}

struct Foreign {
    text: String,
    may_be_ours: bool,
}

/// Whether some text of the root switches strict substitution on, be it in an argument or in a patch.
pub fn is_strict(files: &Files<'_>) -> bool {
    files.below("").any(|(_, file)| holds_switch(file.text()))
}

fn holds_switch(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), STRICT.as_bytes()).is_some()
        && text.lines().any(|line| line.contains(STRICT) && !line.trim_start().starts_with('#'))
}

/// Whether two URLs name one repo, whatever their scheme.
fn same_repo(a: &str, b: &str) -> bool {
    bare_url(a) == bare_url(b)
}

/// A URL without scheme, user and ending: what all ways to one repo have in common.
pub(in crate::render) fn bare_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.replace(':', "/").trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase()
}

fn add_metadata<'w>(object: &mut Object<'w>, metadata: &Rendered<'w>) {
    for list in ["labels", "annotations"] {
        let mut source = metadata.get(list);
        let Some(entries) = source.as_mut().and_then(Rendered::map_mut) else { continue };
        for entry in &entries.entries {
            let made = Origin::Generated(entry.key.origin().span());
            let Some(target) = object.metadata_mut(&made).and_then(|map| map.map_under(list, &made)) else { continue };
            target.set(Key::made(entry.key.text(), entry.key.origin()), entry.slot.value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::same_repo;

    #[test]
    fn urls_of_one_repo_are_told() {
        for (a, b, same) in [
            ("https://github.com/x/y", "ssh://git@github.com/x/y.git", true),
            ("git@github.com:x/y.git", "https://github.com/X/y/", true),
            ("https://github.com/x/y", "https://github.com/x/z", false),
        ] {
            assert_eq!(same_repo(a, b), same, "{a} {b}");
        }
    }
}
