//! One source of an Application: where it lies, which tool makes objects of it, and what they are.

use super::directory;
use super::overrides::overrides;
use super::repository::Repository;
use crate::render::files::{Content, Files};
use crate::render::kustomize::{Accumulated, Build, Builder, Built, Object, Order, Refusal};
use crate::source::Span;
use crate::tree;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Value, Visit, has_placeholder, walk};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// A source of an Application, and how that went.
#[derive(Clone, Debug)]
pub struct Sourced {
    /// The source.
    pub span: Span,
    /// The folder it takes, if that is known and in this repo.
    pub folder: Option<String>,
    /// Why what it brings is not seen, if so.
    pub trouble: Option<Trouble>,
    /// Value files that are not there.
    pub missing: Vec<MissingFile>,
    /// Why it may bring more or other than is seen, if so.
    pub open: Option<String>,
}

/// A value file that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFile {
    /// What names it.
    pub span: Span,
    /// The path in the repo; none where it is looked for in a source that no other one is called.
    pub path: Result<String, String>,
}

/// Why a source is not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Kustomize refuses.
    Refusal(Refusal),
    /// Its path is surely not in this repo, though its URL is that of this repo; the place of the path.
    NoFolder(Span, String),
    /// It takes its files from elsewhere, or it cannot be told from where: why.
    Elsewhere(String),
    /// A Helm chart, which is not rendered.
    Chart(String),
}

/// What a source brings.
#[derive(Debug, Default)]
pub(super) struct Brought<'w> {
    pub(super) build: Option<Build<'w>>,
}

/// What sources are read with.
pub(super) struct Reader<'r, 'f, 'w> {
    pub(super) builder: &'r Builder<'f, 'w>,
    pub(super) files: &'r Files<'w>,
    pub(super) repository: &'r Repository,
}

/// What makes objects of a folder.
enum Tool {
    Kustomize,
    Directory,
    Chart,
    Plugin,
}

impl<'w> Reader<'_, '_, 'w> {
    /// Reads one source; `refs` are the sources that others call by name.
    pub(super) fn read(&self, source: &Rendered<'w>, refs: &BTreeMap<&str, Value<'_>>) -> (Sourced, Brought<'w>) {
        let view = source.view();
        let mut sourced = Sourced { span: view.span(), folder: None, trouble: None, missing: Vec::new(), open: None };
        let mut brought = Brought::default();
        match self.folder(view) {
            Ok(Some(folder)) => {
                self.render(source, &folder, refs, &mut sourced, &mut brought);
                sourced.folder = Some(folder);
            }
            Ok(None) => {}
            Err(trouble) => {
                if matches!(trouble, Trouble::Chart(_)) {
                    sourced.missing = self.missing_values(view, None, refs);
                }
                sourced.trouble = Some(trouble);
            }
        }
        (sourced, brought)
    }

    /// The files that a source takes, before anything is made of them.
    pub(super) fn footprint(&self, source: &Rendered<'w>) -> BTreeSet<Arc<str>> {
        let view = source.view();
        let Ok(Some(folder)) = self.folder(view) else { return BTreeSet::new() };
        match self.tool(view, &folder) {
            Tool::Kustomize => match self.builder.folder(&folder, None, &mut Vec::new()) {
                Ok(all) => all.used.clone(),
                Err(_) => BTreeSet::new(),
            },
            Tool::Directory => {
                let paths = directory::paths(self.files, &folder, view.get("directory"));
                paths.into_iter().map(|(path, _)| Arc::from(path)).collect()
            }
            Tool::Chart | Tool::Plugin => BTreeSet::new(),
        }
    }

    /// The files that a source takes none of, though they lie where it looks.
    pub(super) fn left_out(&self, source: &Rendered<'w>) -> BTreeSet<&'w str> {
        let view = source.view();
        match self.folder(view) {
            Ok(Some(folder)) if matches!(self.tool(view, &folder), Tool::Directory) => {
                directory::left_out(self.files, &folder, view.get("directory"))
            }
            _ => BTreeSet::new(),
        }
    }

    /// The folder in this repo; none for a source that only lends its files.
    fn folder(&self, source: Value<'_>) -> Result<Option<String>, Trouble> {
        let chart = source.get("chart").filter(|chart| !chart.is_null());
        if let Some(chart) = chart {
            return Err(Trouble::Chart(chart.raw().unwrap_or_default().to_owned()));
        }
        let path = source.get("path").filter(|path| !path.is_null() && path.as_str() != Some(""));
        let Some(path) = path else {
            return match source.get("ref") {
                Some(_) => Ok(None),
                None => Err(Trouble::Elsewhere("its source names neither a path nor a chart".into())),
            };
        };
        let url = source.get("repoURL");
        let Some(known) = url.and_then(Value::known) else {
            let reason = url.and_then(Value::unknown).unwrap_or_else(|| "its source names no repo".into());
            return Err(Trouble::Elsewhere(reason));
        };
        if !self.repository.is_ours(known) {
            return Err(Trouble::Elsewhere(format!("its source is {known}")));
        }
        let Some(text) = path.known() else {
            let reason = path.unknown().unwrap_or_else(|| "its path is no text".into());
            return Err(Trouble::Elsewhere(reason));
        };
        let Some(folder) = tree::normalize(text.trim_start_matches('/')) else {
            return Err(Trouble::Elsewhere(format!("`{text}` leads out of the repo")));
        };
        match self.files.content(&folder) {
            Content::Folder => Ok(Some(folder)),
            Content::Unread(why) => Err(Trouble::Elsewhere(format!("`{folder}` is not read: {why}"))),
            _ => {
                let revision = source.get("targetRevision").filter(|revision| !revision.is_null());
                let here = revision.is_none_or(|revision| revision.known().is_some())
                    && self.repository.is_this_state(revision.and_then(Value::known));
                match here && self.files.is_surely_missing(&folder) {
                    true => Err(Trouble::NoFolder(path.span(), folder)),
                    false => {
                        Err(Trouble::Elsewhere(format!("there is no folder `{folder}` in this state of the repo")))
                    }
                }
            }
        }
    }

    fn tool(&self, source: Value<'_>, folder: &str) -> Tool {
        let has = |name: &str| source.get(name).is_some_and(|block| !block.is_null());
        if has("plugin") {
            Tool::Plugin
        } else if has("helm") {
            Tool::Chart
        } else if has("kustomize") {
            Tool::Kustomize
        } else if has("directory") {
            Tool::Directory
        } else if self.files.yaml(&tree::child(folder, "Chart.yaml")).is_some() {
            Tool::Chart
        } else if self.files.has_kustomization(folder) {
            Tool::Kustomize
        } else {
            Tool::Directory
        }
    }

    fn render(
        &self,
        source: &Rendered<'w>,
        folder: &str,
        refs: &BTreeMap<&str, Value<'_>>,
        sourced: &mut Sourced,
        brought: &mut Brought<'w>,
    ) {
        let view = source.view();
        match self.tool(view, folder) {
            Tool::Chart => {
                sourced.missing = self.missing_values(view, Some(folder), refs);
                sourced.trouble = Some(Trouble::Chart(folder.to_owned()));
            }
            Tool::Plugin => sourced.trouble = Some(Trouble::Elsewhere("a plugin makes its objects".into())),
            Tool::Directory => {
                let taken = directory::objects(self.files, folder, view.get("directory"));
                let nothing = || taken.used.is_empty().then(|| "its folder holds no YAML that is read here".to_owned());
                sourced.open = taken.open.clone().or_else(nothing);
                let used = taken.used.into_iter().map(Arc::from).collect();
                let (gaps, idle) = (BTreeSet::new(), BTreeSet::new());
                brought.build = Some(Build { objects: taken.objects, gaps, idle, used });
            }
            Tool::Kustomize => {
                let block = source.get("kustomize").filter(|block| block.view().is_mapping());
                if block.as_ref().is_some_and(|block| holds_placeholder(block.view())) {
                    sourced.open = Some("what is set in its kustomization is not known in full".into());
                }
                let asked = view.get("path").map(Value::span);
                match self.kustomize(folder, block.as_ref(), asked) {
                    Ok(build) => brought.build = Some(build),
                    Err(refusal) => sourced.trouble = Some(Trouble::Refusal(refusal)),
                }
            }
        }
    }

    fn kustomize(&self, folder: &str, block: Option<&Rendered<'w>>, asked: Option<Span>) -> Built<Build<'w>> {
        let settings = self.builder.settings(folder, asked)?;
        let spec = block.and_then(|block| overrides(block, settings.as_ref()));
        let order = settings.as_ref().map_or(Ok(Order::Fifo), Order::read)?;
        let all = match (spec, &settings) {
            (Some(spec), Some(settings)) => {
                let mut all = Accumulated::default();
                self.builder.run(settings, Some(&spec), &mut all, &mut vec![folder.to_owned()])?;
                Rc::new(all)
            }
            _ => self.builder.folder(folder, asked, &mut Vec::new())?,
        };
        self.builder.finish(Rc::unwrap_or_clone(all), &order)
    }

    /// The value files of a chart that are surely not there; `folder` is that of a chart in this repo.
    fn missing_values(
        &self,
        source: Value<'_>,
        folder: Option<&str>,
        refs: &BTreeMap<&str, Value<'_>>,
    ) -> Vec<MissingFile> {
        let Some(helm) = source.get("helm") else { return Vec::new() };
        if helm.get("ignoreMissingValueFiles").and_then(Value::as_bool) == Some(true) {
            return Vec::new();
        }
        let files = helm.get("valueFiles").into_iter().flat_map(Value::items);
        files.filter_map(|file| self.missing_file(file, source, folder, refs)).collect()
    }

    fn missing_file(
        &self,
        file: Value<'_>,
        source: Value<'_>,
        folder: Option<&str>,
        refs: &BTreeMap<&str, Value<'_>>,
    ) -> Option<MissingFile> {
        let text = file.known().filter(|text| !text.contains("://") && !text.contains(['*', '?', '[', '{']))?;
        let span = file.span();
        let (path, from) = match text.strip_prefix('$') {
            Some(rest) => {
                let (name, path) = rest.split_once('/')?;
                if name.starts_with("ARGOCD_") {
                    return None;
                }
                let Some(from) = refs.get(name) else { return Some(MissingFile { span, path: Err(name.to_owned()) }) };
                (tree::normalize(path)?, *from)
            }
            None if text.contains('$') => return None,
            None => {
                (tree::join(if text.starts_with('/') { "" } else { folder? }, text.trim_start_matches('/'))?, source)
            }
        };
        let revision = from.get("targetRevision").filter(|revision| !revision.is_null());
        let ours = from.get("repoURL").and_then(Value::known).is_some_and(|url| self.repository.is_ours(url))
            && (folder.is_some() || text.starts_with('$'))
            && revision.is_none_or(|revision| revision.known().is_some())
            && self.repository.is_this_state(revision.and_then(Value::known));
        (ours && self.files.is_surely_missing(&path)).then_some(MissingFile { span, path: Ok(path) })
    }
}

fn holds_placeholder(view: Value<'_>) -> bool {
    let mut found = false;
    walk(view, &mut |_, value| {
        found |= value.raw().is_some_and(has_placeholder);
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

/// Takes `object` in; of two with one identity the last one wins.
pub(super) fn take<'w>(objects: &mut Vec<Object<'w>>, new: Vec<Object<'w>>, several: bool) {
    if !several {
        objects.extend(new);
        return;
    }
    let key = |object: &Object<'w>| {
        let id = object.id();
        (id.group, id.kind, id.namespace, id.name)
    };
    let mut places: BTreeMap<_, usize> = objects.iter().enumerate().map(|(at, object)| (key(object), at)).collect();
    for object in new {
        match places.get(&key(&object)) {
            Some(at) => objects[*at] = object,
            None => {
                places.insert(key(&object), objects.len());
                objects.push(object);
            }
        }
    }
}
