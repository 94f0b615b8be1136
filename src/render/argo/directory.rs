//! A source that is a folder of manifests: which of its files Argo CD takes, and the objects in them.

use crate::render::files::Files;
use crate::render::kustomize::Object;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Dialect, File, Value};
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeSet;

/// What a folder gives.
#[derive(Debug, Default)]
pub(super) struct Taken<'w> {
    pub(super) objects: Vec<Object<'w>>,
    /// The files that were taken.
    pub(super) used: Vec<&'w str>,
    /// Why there may be more, if so.
    pub(super) open: Option<String>,
}

/// The mark of a file that Argo CD leaves alone.
const SKIP: &str = "+argocd:skip-file-rendering";

/// The objects of `folder`; `block` is the `directory` block of the source.
pub(super) fn objects<'w>(files: &Files<'w>, folder: &str, block: Option<Value<'_>>) -> Taken<'w> {
    let mut taken = Taken::default();
    if block.is_some_and(|block| block.get("jsonnet").is_some_and(|jsonnet| !jsonnet.is_null())) {
        taken.open = Some("its Jsonnet is not run".into());
    }
    for (path, file) in paths(files, folder, block) {
        if file.text().contains(SKIP) {
            continue;
        }
        if file.documents().iter().any(|document| !document.is_readable()) {
            taken.open = Some(format!("`{path}` is no YAML"));
            continue;
        }
        taken.used.push(path);
        for root in file.documents().iter().filter_map(|document| document.root) {
            take(Value::new(file, root, Dialect::Kubectl), &mut taken.objects);
        }
    }
    taken
}

/// The files of `folder` that a source takes.
pub(super) fn paths<'w>(files: &Files<'w>, folder: &str, block: Option<Value<'_>>) -> Vec<(&'w str, &'w File)> {
    let choice = Choice::read(block);
    let all = files.below(folder).filter(|(path, _)| choice.looks_at(inside(path, folder)));
    all.filter(|(path, _)| choice.takes(inside(path, folder))).collect()
}

/// The files of `folder` that its patterns leave out.
pub(super) fn left_out<'w>(files: &Files<'w>, folder: &str, block: Option<Value<'_>>) -> BTreeSet<&'w str> {
    let choice = Choice::read(block);
    let all = files.below(folder).map(|(path, _)| path).filter(|path| choice.looks_at(inside(path, folder)));
    all.filter(|path| !choice.takes(inside(path, folder))).collect()
}

fn inside<'p>(path: &'p str, folder: &str) -> &'p str {
    path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/')
}

/// What the `directory` block of a source says of its files. A pattern that is none fits nothing.
struct Choice {
    recurse: bool,
    include: Option<Option<GlobMatcher>>,
    exclude: Option<Option<GlobMatcher>>,
}

impl Choice {
    fn read(block: Option<Value<'_>>) -> Choice {
        let field = |name: &str| block.and_then(|block| block.get(name));
        let pattern = |name: &str| field(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(glob);
        let recurse = field("recurse").and_then(Value::as_bool) == Some(true);
        Choice { recurse, include: pattern("include"), exclude: pattern("exclude") }
    }

    fn looks_at(&self, inner: &str) -> bool {
        [".yaml", ".yml", ".json"].iter().any(|ending| inner.ends_with(ending))
            && (self.recurse || !inner.contains('/'))
    }

    fn takes(&self, inner: &str) -> bool {
        let fits = |glob: &Option<GlobMatcher>| glob.as_ref().is_some_and(|glob| glob.is_match(inner));
        !self.exclude.as_ref().is_some_and(fits) && self.include.as_ref().is_none_or(fits)
    }
}

/// Wildcards cross folders.
fn glob(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build();
    glob.ok().map(|glob| glob.compile_matcher())
}

fn take<'w>(value: Value<'w>, found: &mut Vec<Object<'w>>) {
    let text = |key: &str| value.get(key).and_then(Value::raw).unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    if api.is_empty() || kind.is_empty() || api.starts_with("kustomize.config.k8s.io/") {
        return;
    }
    if kind.ends_with("List")
        && let Some(items) = value.get("items").filter(|items| items.is_sequence())
    {
        items.items().for_each(|item| take(item, found));
        return;
    }
    if let Some(tree) = Rendered::written(value) {
        found.push(Object::new(tree, value.span()));
    }
}
