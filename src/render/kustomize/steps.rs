//! The transformers of a kustomization in the order kustomize runs them, and what they hand up to
//! the kustomizations that include it.

use super::accumulate::{Accumulated, Builder};
use super::patch::{self, List, Patch};
use super::settings::Settings;
use super::transform::{self, Configuration, Var};
use super::{Built, Object, Refusal, builtin, crds, load};
use crate::render::files::{Content, Files};
use crate::source::Span;
use crate::tree;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Dialect, File, Value, parse_within};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is handed up: field specs, variables.
#[derive(Clone, Debug, Default)]
pub struct Steps<'w> {
    /// None as long as nothing but the defaults is asked for.
    configuration: Option<Arc<Configuration>>,
    vars: Vec<Var<'w>>,
}

impl<'w> Steps<'w> {
    /// The field specs to go by.
    pub(super) fn configuration(&self) -> Arc<Configuration> {
        self.configuration.clone().unwrap_or_else(Configuration::default_fields)
    }

    /// Takes in `configurations` and `crds`.
    pub(super) fn configure(
        &mut self,
        settings: &Settings<'w>,
        files: &Files<'w>,
        used: &mut BTreeSet<Arc<str>>,
    ) -> Built<()> {
        if let Some(first) = settings.list("configurations").next() {
            self.add_configurations(settings, first.span(), files, used)?;
        }
        for entry in settings.list("crds") {
            let (path, file) = named(settings.folder, entry, files)?;
            used.insert(path.into());
            for root in file.documents().iter().take(1).filter_map(|document| document.root) {
                let found = crds::read(Value::new(file, root, Dialect::Kubectl), entry.span())?;
                let known = self.configuration.get_or_insert_with(Configuration::default_fields);
                Arc::make_mut(known).merge(found, entry.span())?;
            }
        }
        Ok(())
    }

    fn add_configurations(
        &mut self,
        settings: &Settings<'w>,
        first: Span,
        files: &Files<'w>,
        used: &mut BTreeSet<Arc<str>>,
    ) -> Built<()> {
        let mut own = Arc::unwrap_or_clone(Configuration::default_fields());
        for entry in settings.list("configurations") {
            let (path, file) = named(settings.folder, entry, files)?;
            used.insert(path.into());
            for root in file.documents().iter().take(1).filter_map(|document| document.root) {
                own.merge_file(Value::new(file, root, Dialect::Kubectl))?;
            }
        }
        // What was taken in comes first, so that its specs keep their say.
        let mut all = self.configuration.take().map(Arc::unwrap_or_clone).unwrap_or_default();
        all.merge(own, first)?;
        self.configuration = Some(Arc::new(all));
        Ok(())
    }

    /// The steps that only the root takes.
    pub(super) fn finish(&self, objects: &mut Vec<Object<'w>>) -> Built<()> {
        let configuration = self.configuration();
        transform::fix_references(objects, &configuration)?;
        if !self.vars.is_empty() {
            transform::resolve_vars(objects, &self.vars, &configuration)?;
        }
        Ok(())
    }

    /// Takes over what a kustomization hands up that is included at `entry`.
    pub(super) fn merge(&mut self, other: &Steps<'w>, entry: Span) -> Built<()> {
        if let Some(theirs) = &other.configuration {
            match &mut self.configuration {
                Some(mine) => Arc::make_mut(mine).merge((**theirs).clone(), entry)?,
                None => self.configuration = Some(Arc::clone(theirs)),
            }
        }
        transform::merge_vars(&mut self.vars, &other.vars)
    }
}

/// The YAML file that an entry names.
pub(super) fn named<'w>(folder: &str, entry: Value<'w>, files: &Files<'w>) -> Built<(&'w str, &'w File)> {
    let text = entry.as_str().unwrap_or_default();
    let path = load::path_of(folder, text);
    let found = path.as_deref().and_then(|path| files.entry(path));
    let Some((path, file)) = found else {
        let message = match path.map(|path| files.content(&path)) {
            None => return Err(load::outside(entry.span(), text)),
            Some(Content::Folder) => format!("`{text}` is a folder; a file belongs here"),
            Some(Content::Unread(why)) => return Err(load::unread(entry.span(), text, why)),
            Some(Content::Binary(_) | Content::Text(..)) => format!("`{text}` is no YAML"),
            Some(Content::Missing) => format!("there is no file `{text}`"),
        };
        return Err(Refusal::new(entry.span(), message));
    };
    if let Some(error) = file.documents().iter().find_map(|document| document.errors.first()) {
        return Err(Refusal::new(error.span, error.message.clone()).with(entry.span(), "a kustomization names it here"));
    }
    Ok((path, file))
}

/// A setting as it is written; one that was made on the way stands in a text of its own, whose place is that
/// of the setting.
pub(super) fn setting<'w>(files: &Files<'w>, tree: &Rendered<'w>) -> Option<Value<'w>> {
    read_as(files, tree, Dialect::Kubectl)
}

/// The same of an object that configures a step: objects know the words of YAML 1.2 alone.
pub(super) fn object_setting<'w>(files: &Files<'w>, tree: &Rendered<'w>) -> Option<Value<'w>> {
    read_as(files, tree, Dialect::Kustomize)
}

fn read_as<'w>(files: &Files<'w>, tree: &Rendered<'w>, dialect: Dialect) -> Option<Value<'w>> {
    if let Rendered::Written(written) = tree {
        return Some(written.value().read_by(dialect));
    }
    let view = tree.view();
    let text = crate::yaml::rendered::to_json(view).to_string();
    let file = files.keep(parse_within(&text, view.span()));
    let root = file.documents().first()?.root?;
    Some(Value::new(file, root, dialect))
}

/// One for a text that is not empty.
fn is_said(text: Value<'_>) -> usize {
    usize::from(text.as_str().is_some_and(|text| !text.is_empty()))
}

impl<'w> Builder<'_, 'w> {
    /// Runs `generators:`.
    pub(super) fn generators(
        &self,
        settings: &Settings<'w>,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<()> {
        for (entry, object) in self.plugins(settings, "generators", all, trail)? {
            builtin::generate(self, settings.folder, entry, &object, all)?;
            if let Some(notes) = &self.notes {
                notes.generated(self.place_of(&object), Some(&object), &mut all.objects);
            }
        }
        Ok(())
    }

    /// Runs the transformers: those of `settings`, with what the spec of a Flux Kustomization, or a source of Argo CD in
    /// the same words, puts in their place or behind them.
    pub(super) fn transform(
        &self,
        settings: Option<&Settings<'w>>,
        folder: &str,
        spec: Option<&Rendered<'w>>,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<()> {
        let own = |name: &str| settings.and_then(|settings| settings.field(name));
        let of_spec = |name: &str| {
            let tree = spec?.get(name)?;
            setting(self.files, &tree).filter(|value| !value.is_null() && value.as_str() != Some(""))
        };
        let config = all.steps.configuration();
        self.patches(settings, folder, spec, all)?;
        if let Some(namespace) = of_spec("targetNamespace").or_else(|| own("namespace")) {
            transform::namespace(&mut all.objects, namespace, &config)?;
            transform::part_annotations(&mut all.objects);
            self.passed(settings, "NamespaceTransformer", is_said(namespace), all);
        }
        if let Some(prefix) = of_spec("namePrefix").or_else(|| own("namePrefix")) {
            transform::name_prefix(&mut all.objects, prefix, &config)?;
            transform::part_annotations(&mut all.objects);
            self.passed(settings, "PrefixTransformer", is_said(prefix), all);
        }
        if let Some(suffix) = of_spec("nameSuffix").or_else(|| own("nameSuffix")) {
            transform::name_suffix(&mut all.objects, suffix, &config)?;
            transform::part_annotations(&mut all.objects);
            self.passed(settings, "SuffixTransformer", is_said(suffix), all);
        }
        let labels = [own("labels"), of_spec("labels")];
        for labels in labels.into_iter().flatten() {
            transform::labels(&mut all.objects, labels, &config)?;
        }
        let common = [own("commonLabels"), of_spec("commonLabels")];
        for labels in common.into_iter().flatten() {
            transform::common_labels(&mut all.objects, labels, &config)?;
        }
        let entries: usize = labels.iter().flatten().map(|labels| labels.items().count()).sum();
        let is_any = entries > 0 || common.iter().flatten().any(|common| !common.is_empty());
        self.passed(settings, "LabelTransformer", if is_any { entries + 1 } else { 0 }, all);
        for annotations in [own("commonAnnotations"), of_spec("commonAnnotations")].into_iter().flatten() {
            transform::common_annotations(&mut all.objects, annotations, &config)?;
            self.passed(settings, "AnnotationsTransformer", usize::from(!annotations.is_empty()), all);
        }
        self.json_patches(settings, folder, all)?;
        for replicas in [own("replicas"), of_spec("replicas")].into_iter().flatten() {
            transform::replicas(&mut all.objects, replicas, &config)?;
            self.passed(settings, "ReplicaCountTransformer", replicas.items().count(), all);
        }
        // Flux takes its images into the list of the kustomization.
        for images in [own("images"), own("imageTags"), of_spec("images")].into_iter().flatten() {
            transform::images(&mut all.objects, images, &config)?;
            self.passed(settings, "ImageTagTransformer", images.items().count(), all);
        }
        if let Some(replacements) = own("replacements") {
            transform::replacements(&mut all.objects, replacements, &mut |path| self.file_of(folder, path))?;
            transform::settle(&mut all.objects);
            self.passed(settings, "ReplacementTransformer", usize::from(!replacements.is_empty()), all);
        }
        let Some(settings) = settings else { return Ok(()) };
        for (entry, object) in self.plugins(settings, "transformers", all, trail)? {
            builtin::transform(self, settings.folder, entry, &object, all)?;
            if let Some(notes) = &self.notes {
                notes.passed(self.place_of(&object), object.kind(), Some(&object), all);
            }
        }
        // What checks a build changes nothing about it, and is not run here.
        for (entry, object) in self.plugins(settings, "validators", all, trail)? {
            builtin::gap(entry, &object, all);
        }
        match settings.field("vars") {
            Some(vars) => transform::read_vars(&mut all.steps.vars, vars, &all.objects),
            None => Ok(()),
        }
    }

    /// Notes that the objects went `times` times through a transformer that `settings` asks for.
    fn passed(&self, settings: Option<&Settings<'w>>, kind: &str, times: usize, all: &mut Accumulated<'w>) {
        let Some((notes, settings)) = self.notes.as_ref().zip(settings) else { return };
        for _ in 0..times {
            notes.passed(settings.path, kind, None, all);
        }
    }

    /// The path of the file that holds an object.
    fn place_of(&self, object: &Object<'w>) -> &'w str {
        self.files.sources()[object.born.source].path()
    }

    /// What stands in the YAML file that `path` names.
    pub(super) fn file_of(&self, folder: &str, path: Value<'w>) -> Built<Value<'w>> {
        let (_, file) = named(folder, path, self.files)?;
        let root = file.documents().first().and_then(|document| document.root);
        root.map(|root| Value::new(file, root, Dialect::Kubectl))
            .ok_or_else(|| Refusal::new(path.span(), "this file is empty"))
    }

    /// Runs `patchesStrategicMerge` and `patches`, and those of a Flux Kustomization behind them.
    fn patches(
        &self,
        settings: Option<&Settings<'w>>,
        folder: &str,
        spec: Option<&Rendered<'w>>,
        all: &mut Accumulated<'w>,
    ) -> Built<()> {
        if let Some(settings) = settings {
            for (name, list) in [("patchesStrategicMerge", List::StrategicMerge), ("patches", List::Patches)] {
                let mut times = 0;
                for entry in settings.list(name) {
                    self.patch(entry, list, folder, all)?;
                    times += 1;
                }
                match list {
                    List::StrategicMerge => {
                        self.passed(Some(settings), "PatchStrategicMergeTransformer", times.min(1), all);
                    }
                    List::Patches | List::Json6902 => self.passed(Some(settings), "PatchTransformer", times, all),
                }
            }
        }
        let mut of_spec = spec.and_then(|spec| spec.get("patches"));
        if let Some(entries) = of_spec.as_mut().and_then(Rendered::list_mut) {
            for entry in entries.items.iter().filter_map(|slot| setting(self.files, &slot.value)) {
                self.patch(entry, List::Patches, folder, all)?;
            }
        }
        Ok(())
    }

    fn json_patches(&self, settings: Option<&Settings<'w>>, folder: &str, all: &mut Accumulated<'w>) -> Built<()> {
        for entry in settings.into_iter().flat_map(|settings| settings.list("patchesJson6902")) {
            self.patch(entry, List::Json6902, folder, all)?;
            self.passed(settings, "PatchJson6902Transformer", 1, all);
        }
        Ok(())
    }

    pub(super) fn patch(&self, entry: Value<'w>, list: List, folder: &str, all: &mut Accumulated<'w>) -> Built<()> {
        let path = if entry.is_mapping() { entry.get("path") } else { Some(entry) };
        if let Some((path, text)) = path.and_then(|path| Some((path, path.as_str()?)))
            && let Some(full) = tree::join(folder, text)
            && let Content::Text(..) = self.files.content(&full)
        {
            self.may_read(folder, &full, text, path)?;
            all.used.insert(full.into());
        }
        let patches = patch::read(entry, list, folder, self.files)?;
        self.apply(&patches, all)
    }

    /// Applies patches and notes those that match nothing.
    pub(super) fn apply(&self, patches: &[Patch<'w>], all: &mut Accumulated<'w>) -> Built<()> {
        for patch in patches {
            let unseen = all.unseen();
            let applied = patch::apply(patch, &mut all.objects, unseen.is_some(), self.schema())?;
            transform::settle(&mut all.objects);
            if patch.merges() && applied.matched > 0 {
                self.note_merge();
            }
            let Some(target) = &patch.target else { continue };
            if applied.matched == 0 {
                all.idle.insert(target.idle(&all.objects, unseen));
            } else {
                self.matched.borrow_mut().insert(target.span);
            }
        }
        Ok(())
    }

    /// The objects that configure generators or transformers, each with the entry that brings it: those that stand
    /// in the list itself come before those of files and folders.
    fn plugins(
        &self,
        settings: &Settings<'w>,
        list: &str,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<Vec<(Value<'w>, Object<'w>)>> {
        let is_inline = |entry: &Value<'w>| {
            let text = entry.as_str().unwrap_or_default();
            text.contains('\n') || text.trim_start().starts_with('{')
        };
        let (inline, named): (Vec<Value<'w>>, Vec<Value<'w>>) = settings.list(list).partition(is_inline);
        let mut found = Accumulated::default();
        let mut entries = Vec::new();
        for entry in inline {
            let Some(file) = self.files.embedded(entry) else { continue };
            let objects = super::load::objects(file, entry.span())?;
            self.take_objects(&mut found, objects, entry.span())?;
            entries.resize(found.objects.len(), entry);
        }
        for entry in named {
            self.take_in(settings, entry, &mut found, trail)?;
            entries.resize(found.objects.len(), entry);
        }
        all.gaps.append(&mut found.gaps);
        all.used.append(&mut found.used);
        Ok(entries.into_iter().zip(found.objects).collect())
    }
}
