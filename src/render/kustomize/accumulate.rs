//! Takes in what a kustomization names, folder by folder, in the order kustomize does it.

use super::fields::field;
use super::generate::{self, Restrict};
use super::notes::Notes;
use super::order::Order;
use super::patch::{Idle, Schema};
use super::settings::Settings;
use super::steps::{Steps, named};
use super::{Built, Id, Object, Refusal, load};
use crate::manifest::{FILE_NAMES, is_remote, own_paths};
use crate::render::files::{Content, Files};
use crate::source::Span;
use crate::tree;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Dialect, Value};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// Something that a kustomization takes from where this program does not look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What names it.
    pub span: Span,
    /// What it is.
    pub kind: GapKind,
    /// What is written there.
    pub text: String,
}

/// Why something is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// A base or a resource of another repo or of the web.
    Remote,
    /// A Helm chart.
    Chart,
    /// A generator, transformer or validator that is a program of its own.
    Plugin,
    /// A path that leads out of this repo.
    Outside,
}

/// What a folder gives before the last steps of a build.
#[derive(Clone, Debug, Default)]
pub struct Accumulated<'w> {
    /// The objects so far.
    pub objects: Vec<Object<'w>>,
    /// What is missing among them.
    pub gaps: BTreeSet<Gap>,
    /// Patches without effect.
    pub idle: BTreeSet<Idle>,
    /// What the transformers and the last steps need to know.
    pub steps: Steps<'w>,
    /// Files and kustomizations that took part, by path.
    pub used: BTreeSet<Arc<str>>,
    /// Who is among the objects, while nothing is done but taking more of them in.
    known: Option<HashMap<Id, Span>>,
}

impl Accumulated<'_> {
    /// Runs `take`, which does nothing to the objects but take more of them in, so that those that are there
    /// need not be looked at again for each.
    pub fn taking<T>(&mut self, take: impl FnOnce(&mut Self) -> T) -> T {
        self.known = Some(identities(&self.objects));
        let done = take(self);
        self.known = None;
        done
    }

    /// Why there may be more objects than are seen, if so.
    pub(super) fn unseen(&self) -> Option<String> {
        let gap = self.gaps.first()?;
        let what = match gap.kind {
            GapKind::Remote | GapKind::Outside => "is taken from elsewhere",
            GapKind::Chart => "is a Helm chart, which is not rendered",
            GapKind::Plugin => "is a plugin, which is not run",
        };
        Some(format!("`{}` {what}", gap.text))
    }
}

/// Builds the folders of one root; what several folders share is built once.
pub struct Builder<'f, 'w> {
    pub(super) files: &'f Files<'w>,
    pub(super) restrict: Restrict,
    /// What the root asks for that is built.
    pub(super) notes: Option<Notes>,
    done: RefCell<HashMap<String, Built<Rc<Accumulated<'w>>>>>,
    /// Targets of patches that matched something in some build, a failed one among them.
    pub(super) matched: RefCell<HashSet<Span>>,
    /// Which lists merge.
    schema: Lists<'w>,
}

/// By which schema lists merge. The first kustomization of a build that names one decides for what comes after it, in
/// bases that others share too; so a build in which that may be is one of its own.
enum Lists<'w> {
    /// By the schema that kustomize carries, in every build of this builder, as long as nothing names another one.
    Carried,
    /// By what this build finds, once it does; a version that is named settles it as well.
    OfBuild {
        found: OnceCell<Option<Rc<Schema<'w>>>>,
        /// Whether something was merged before: what kustomize carries is read by then, and stays beside the other.
        merged: Cell<bool>,
    },
}

/// The version of the Kubernetes schema that kustomize has.
const SCHEMA_VERSION: &str = "v1.21.2";

impl<'f, 'w> Builder<'f, 'w> {
    /// A builder over `files`.
    pub fn new(files: &'f Files<'w>, restrict: Restrict) -> Builder<'f, 'w> {
        let (done, matched) = (RefCell::default(), RefCell::default());
        Builder { files, restrict, notes: None, done, matched, schema: Lists::Carried }
    }

    /// A builder that shares nothing with others, for one build.
    fn alone(&self) -> Builder<'f, 'w> {
        let schema = Lists::OfBuild { found: OnceCell::new(), merged: Cell::new(false) };
        Builder { schema, ..Builder::new(self.files, self.restrict) }
    }

    /// The schema that some kustomization of this build brought along so far.
    pub(super) fn schema(&self) -> Option<&Schema<'w>> {
        match &self.schema {
            Lists::Carried => None,
            Lists::OfBuild { found, .. } => found.get()?.as_deref(),
        }
    }

    /// Notes that a patch was merged into an object.
    pub(super) fn note_merge(&self) {
        if let Lists::OfBuild { merged, .. } = &self.schema {
            merged.set(true);
        }
    }

    /// Keeps no longer what `folder` gives, which nobody else is to ask for.
    pub fn forget(&self, folder: &str) {
        self.done.borrow_mut().remove(folder);
    }

    /// Whether the patch with this target matched something in any build so far.
    pub fn has_matched(&self, target: Span) -> bool {
        self.matched.borrow().contains(&target)
    }

    /// The kustomization of `folder`; none where there is none. `asked` is what names the folder.
    pub fn settings(&self, folder: &str, asked: Option<Span>) -> Built<Option<Settings<'w>>> {
        self.read_settings(folder, asked, false)
    }

    /// The kustomization of `folder` as Flux fills it in: one that names nothing will do.
    pub fn settings_for_flux(&self, folder: &str, asked: Option<Span>) -> Built<Option<Settings<'w>>> {
        self.read_settings(folder, asked, true)
    }

    fn read_settings(&self, folder: &str, asked: Option<Span>, flux: bool) -> Built<Option<Settings<'w>>> {
        let mut found = None;
        for path in own_paths(folder) {
            let Some((path, file)) = self.files.entry(&path) else { continue };
            if let Some((_, first)) = found {
                let first: &crate::yaml::File = first;
                let place = Span { source: file.source(), start: 0, end: 0 };
                let other = Span { source: first.source(), start: 0, end: 0 };
                let refusal = Refusal::new(asked.unwrap_or(place), "this folder holds two kustomizations");
                return Err(refusal.with(other, "the first one").with(place, "the second one"));
            }
            found = Some((path, file));
        }
        found.map(|(path, file)| Settings::read(file, path, flux)).transpose()
    }

    /// What the kustomization in `folder` gives, before the last steps.
    pub fn folder(&self, folder: &str, asked: Option<Span>, trail: &mut Vec<String>) -> Built<Rc<Accumulated<'w>>> {
        if let Some(at) = trail.iter().position(|open| open == folder) {
            let place = asked.unwrap_or_else(|| self.start_of(folder));
            let circle: Vec<&str> = trail[at..].iter().map(String::as_str).chain([folder]).collect();
            let message = format!("kustomizations include each other in a circle: {}", circle.join(" -> "));
            return Err(Refusal::new(place, message));
        }
        if let Some(done) = self.done.borrow().get(folder) {
            return done.clone();
        }
        trail.push(folder.to_owned());
        let result = self.build_folder(folder, asked, trail).map(Rc::new);
        trail.pop();
        self.done.borrow_mut().insert(folder.to_owned(), result.clone());
        result
    }

    fn start_of(&self, folder: &str) -> Span {
        let file = own_paths(folder).find_map(|path| self.files.yaml(&path));
        let source = file.map_or(crate::source::SourceId(0), |file| file.source());
        Span { source, start: 0, end: 0 }
    }

    fn build_folder(&self, folder: &str, asked: Option<Span>, trail: &mut Vec<String>) -> Built<Accumulated<'w>> {
        let Some(settings) = self.settings(folder, asked)? else {
            let place = asked.unwrap_or_else(|| self.start_of(folder));
            return Err(Refusal::new(place, format!("there is no kustomization in the folder `{folder}`")));
        };
        let mut all = Accumulated::default();
        self.run(&settings, None, &mut all, trail)?;
        Ok(all)
    }

    /// Runs one kustomization over what was accumulated: nothing for a kustomization of its own, all so far for a
    /// Component.
    pub fn run(
        &self,
        settings: &Settings<'w>,
        spec: Option<&Rendered<'w>>,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<()> {
        if trail.len() <= 1 && matches!(self.schema, Lists::Carried) && self.files.names_schema() {
            let own = self.alone();
            let done = own.run(settings, spec, all, trail);
            self.matched.borrow_mut().extend(own.matched.into_inner());
            return done;
        }
        all.used.insert(settings.path.into());
        self.choose_schema(settings, all)?;
        let mut entries = settings.list("resources").chain(settings.list("bases"));
        all.taking(|all| entries.try_for_each(|entry| self.take_in(settings, entry, all, trail)))?;
        all.steps.configure(settings, self.files, &mut all.used)?;
        generate::generate(settings, self.files, self.restrict, &mut all.objects)
            .map_err(|refusal| refusal.unless(all.unseen()))?;
        if let Some(notes) = &self.notes {
            notes.generated(settings.path, None, &mut all.objects);
        }
        self.note_data(settings, all);
        self.charts(settings, all)?;
        self.generators(settings, all, trail)?;
        for entry in settings.list("components") {
            self.component(settings.folder, entry, all, trail)?;
        }
        self.components_of(spec, settings.folder, all, trail)?;
        self.transform(Some(settings), settings.folder, spec, all, trail)
            .map_err(|refusal| refusal.unless(all.unseen()))
    }

    /// Runs what the spec of a Flux Kustomization says over what was accumulated from a folder without a
    /// kustomization.
    pub fn run_spec(&self, folder: &str, spec: &Rendered<'w>, all: &mut Accumulated<'w>) -> Built<()> {
        let mut trail = vec![folder.to_owned()];
        self.components_of(Some(spec), folder, all, &mut trail)?;
        self.transform(None, folder, Some(spec), all, &mut trail).map_err(|refusal| refusal.unless(all.unseen()))
    }

    /// Takes objects in beside those that are there.
    pub fn take_objects(&self, all: &mut Accumulated<'w>, objects: Vec<Object<'w>>, entry: Span) -> Built<()> {
        append(all, objects, entry)
    }

    /// Takes over what another folder gives.
    pub fn take_over(&self, all: &mut Accumulated<'w>, sub: &Accumulated<'w>, entry: Span) -> Built<()> {
        merge(all, sub, entry)
    }

    /// The files that are read.
    pub fn files(&self) -> &'f Files<'w> {
        self.files
    }

    /// Checks `openapi`, and takes the schema that it names.
    fn choose_schema(&self, settings: &Settings<'w>, all: &mut Accumulated<'w>) -> Built<()> {
        let Some(schema) = settings.field("openapi") else { return Ok(()) };
        let path = field(schema, "path");
        let version = field(schema, "version").filter(|version| version.as_str() != Some(""));
        if let (Some(path), Some(version)) = (path, version) {
            let refusal = Refusal::new(path.span(), "`openapi` has a `version` or a `path`, not both");
            return Err(refusal.with(version.span(), "the version"));
        }
        if let Some(version) = version.filter(|version| version.as_str() != Some(SCHEMA_VERSION)) {
            let message = format!("the schema that kustomize brings along is that of `{SCHEMA_VERSION}` alone");
            return Err(Refusal::new(version.span(), message));
        }
        if let Some(path) = path {
            let (path, file) = named(settings.folder, path, self.files)?;
            all.used.insert(path.into());
            self.decide(|merged| {
                let root = file.documents().first()?.root?;
                Some(Rc::new(Schema::read(Value::new(file, root, Dialect::Kubectl), merged)))
            });
        } else if version.is_some() {
            self.decide(|_| None);
        }
        Ok(())
    }

    /// The first one that says something decides.
    fn decide(&self, schema: impl FnOnce(bool) -> Option<Rc<Schema<'w>>>) {
        if let Lists::OfBuild { found, merged } = &self.schema {
            found.get_or_init(|| schema(merged.get()));
        }
    }

    /// Takes in what charts render to; what nobody rendered is missing.
    fn charts(&self, settings: &Settings<'w>, all: &mut Accumulated<'w>) -> Built<()> {
        let entries = settings.list("helmCharts").chain(settings.list("helmChartInflationGenerator"));
        for (number, chart) in entries.enumerate() {
            let span = chart.span();
            match self.files.chart(settings.path, number, span) {
                Some(Ok(file)) => {
                    let mut objects = load::objects(file, span)?;
                    if let Some(notes) = &self.notes {
                        notes.generated(settings.path, None, &mut objects);
                    }
                    append(all, objects, span)?;
                }
                Some(Err(why)) => return Err(Refusal::new(span, why)),
                None => {
                    let name = chart.get("name").or_else(|| chart.get("chartName")).and_then(Value::raw);
                    let text = name.unwrap_or_default().to_owned();
                    all.gaps.insert(Gap { span, kind: GapKind::Chart, text });
                }
            }
        }
        Ok(())
    }

    fn note_data(&self, settings: &Settings<'w>, all: &mut Accumulated<'w>) {
        for list in ["configMapGenerator", "secretGenerator"] {
            for entry in settings.list(list) {
                let files = ["files", "envs"].into_iter().filter_map(|key| entry.get(key)).flat_map(Value::items);
                for text in files.chain(entry.get("env")).filter_map(Value::raw) {
                    let path = text.split_once('=').map_or(text, |(_, path)| path);
                    all.used.extend(tree::join(settings.folder, path).map(Arc::from));
                }
            }
        }
    }

    pub(super) fn take_in(
        &self,
        settings: &Settings<'w>,
        entry: Value<'w>,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<()> {
        let text = entry.as_str().unwrap_or_default();
        if text.is_empty() {
            return Err(Refusal::new(entry.span(), "an empty path"));
        }
        let Some(path) = self.resolve(settings.folder, text, entry, all) else { return Ok(()) };
        match self.files.content(&path) {
            Content::Text(..) => {
                self.may_read(settings.folder, &path, text, entry)?;
                if FILE_NAMES.contains(&tree::name(&path)) && self.is_kustomization(&path) {
                    let message = format!("`{text}` is a kustomization; name its folder instead");
                    return Err(Refusal::new(entry.span(), message));
                }
                let Some(file) = self.files.yaml(&path) else {
                    return Err(Refusal::new(entry.span(), format!("`{text}` was not read as YAML"))
                        .unless("it was taken for data".to_owned()));
                };
                all.used.insert(path.as_str().into());
                let mut objects = load::objects(file, entry.span())?;
                if let Some(notes) = &self.notes {
                    notes.read_from(&path, &mut objects);
                }
                append(all, objects, entry.span())
            }
            Content::Folder => {
                let sub = self.folder(&path, Some(entry.span()), trail)?;
                if self.settings(&path, Some(entry.span()))?.is_some_and(|settings| settings.component) {
                    let message = format!("`{text}` is a Component; it belongs under `components`");
                    return Err(Refusal::new(entry.span(), message));
                }
                merge(all, &sub, entry.span())
            }
            Content::Binary(_) => Err(Refusal::new(entry.span(), format!("`{text}` is no YAML"))),
            Content::Unread(why) => Err(load::unread(entry.span(), text, why)),
            Content::Missing => Err(Refusal::new(entry.span(), format!("there is no file or folder `{text}`"))),
        }
    }

    /// The path of an entry in the root; none, with a gap noted, where it leads elsewhere.
    pub(super) fn resolve(
        &self,
        folder: &str,
        text: &str,
        entry: Value<'w>,
        all: &mut Accumulated<'w>,
    ) -> Option<String> {
        let path = tree::join(folder, text);
        let here = path.as_deref().is_some_and(|path| !matches!(self.files.content(path), Content::Missing));
        let kind = if !here && is_remote(text) { GapKind::Remote } else { GapKind::Outside };
        if kind == GapKind::Outside && path.is_some() {
            return path;
        }
        all.gaps.insert(Gap { span: entry.span(), kind, text: text.to_owned() });
        None
    }

    fn is_kustomization(&self, path: &str) -> bool {
        self.files.yaml(path).is_some_and(|file| Settings::read(file, "", false).is_ok())
    }

    pub(super) fn may_read(&self, folder: &str, path: &str, text: &str, entry: Value<'w>) -> Built<()> {
        if generate::is_allowed(folder, path, self.restrict) {
            return Ok(());
        }
        let message =
            format!("`{text}` is a file outside the folder of its kustomization, where `kustomize build` reads none");
        Err(Refusal::new(entry.span(), message))
    }
}

fn identities(objects: &[Object<'_>]) -> HashMap<Id, Span> {
    objects.iter().map(|object| (object.id().effective(), object.born)).collect()
}

/// Adds `new` behind what is there; two with one identity cannot be.
fn append<'w>(all: &mut Accumulated<'w>, new: Vec<Object<'w>>, entry: Span) -> Built<()> {
    let mut own = HashMap::new();
    let known = match &mut all.known {
        Some(known) => known,
        None => {
            own.extend(identities(&all.objects));
            &mut own
        }
    };
    for object in new {
        if let Some(first) = known.insert(object.id().effective(), object.born) {
            let message = format!("{} is taken in twice", object.id());
            return Err(Refusal::new(entry, message).with(first, "the first one").with(object.born, "the second one"));
        }
        all.objects.push(object);
    }
    Ok(())
}

fn merge<'w>(all: &mut Accumulated<'w>, sub: &Accumulated<'w>, entry: Span) -> Built<()> {
    append(all, sub.objects.clone(), entry)?;
    all.gaps.extend(sub.gaps.iter().cloned());
    all.idle.extend(sub.idle.iter().cloned());
    all.used.extend(sub.used.iter().cloned());
    all.steps.merge(&sub.steps, entry)
}

/// A finished build.
#[derive(Clone, Debug)]
pub struct Build<'w> {
    /// The objects, in order.
    pub objects: Vec<Object<'w>>,
    /// What is missing among them.
    pub gaps: BTreeSet<Gap>,
    /// Patches without effect.
    pub idle: BTreeSet<Idle>,
    /// Files and kustomizations that took part.
    pub used: BTreeSet<Arc<str>>,
}

impl<'w> Builder<'_, 'w> {
    /// Builds the kustomization in `folder` to the end.
    pub fn build(&self, folder: &str) -> Built<Build<'w>> {
        let Some(settings) = self.settings(folder, None)? else {
            let all = self.folder(folder, None, &mut Vec::new())?;
            return self.finish(Rc::unwrap_or_clone(all), &Order::Fifo);
        };
        let order = || Order::read(&settings);
        let Some(notes) = Notes::read(&settings) else {
            let all = self.folder(folder, None, &mut Vec::new())?;
            return self.finish(Rc::unwrap_or_clone(all), &order()?);
        };
        // Notes are for this root alone, so nothing is shared with the others.
        let own = Builder { notes: Some(notes), ..self.alone() };
        let all = own.folder(folder, None, &mut Vec::new())?;
        own.finish(Rc::unwrap_or_clone(all), &order()?)
    }

    /// The last steps: hashes, references, variables, order.
    pub fn finish(&self, mut all: Accumulated<'w>, order: &Order) -> Built<Build<'w>> {
        super::finish::run(&mut all).map_err(|refusal| refusal.unless(all.unseen()))?;
        if let Some(notes) = &self.notes {
            notes.write(&mut all.objects)?;
        }
        order.sort(&mut all.objects);
        all.objects.iter_mut().for_each(Object::settle);
        Ok(Build { objects: all.objects, gaps: all.gaps, idle: all.idle, used: all.used })
    }
}
