//! Charts that a repo installs, by Flux, Argo CD, kustomizations or the recipes of its Makefile, with the values that
//! they get.

mod argo;
mod commands;
mod kustomize;
mod recipes;

use super::release::HelmRelease;
use super::{Graph, View};
use crate::manifest::{Manifests, Resource};
use crate::source::Span;
use crate::yaml::{Dialect, Value};

pub use argo::{ValuesTexts, by_argo, charts_of};
pub use commands::{is_command_file, sets_in_text};
pub use kustomize::{by_kustomizations, layers_of};
pub use recipes::{by_recipes, sets_of};

/// A chart that something installs.
#[derive(Clone, Debug)]
pub struct Install<'w> {
    /// The object that says so, with the value that names the chart; none for a recipe.
    pub object: Option<(&'w Resource<'w>, Value<'w>)>,
    /// What installs it, for a message: ``HelmRelease `a/b` `` or ``release `b` ``.
    pub title: String,
    /// The chart's own name.
    pub chart: String,
    /// The address that it comes from, as far as the repo says.
    pub source: Option<String>,
    /// Where the chart is named.
    pub span: Span,
    /// The values it gets.
    pub values: Settings<'w>,
}

/// The values of an install beside the chart's own.
#[derive(Clone, Debug, Default)]
pub struct Settings<'w> {
    /// The layers, the weakest first.
    layers: Vec<Value<'w>>,
    /// Paths that are set one by one, over the layers.
    sets: Vec<Set<'w>>,
    /// Why there may be others, if so.
    pub open: Option<String>,
}

/// A path that is set by itself: a parameter, or a flag of a command.
#[derive(Clone, Debug)]
pub struct Set<'w> {
    /// The dotted path.
    pub path: String,
    /// What it is set to, where that is a value of a manifest.
    pub value: Option<Value<'w>>,
    /// What it is set to, where that is known.
    pub text: Option<String>,
    /// Where that is written.
    pub span: Span,
}

/// What is known of one value.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'w> {
    /// It is this.
    Value(Value<'w>),
    /// A flag sets it.
    Flag,
    /// A flag switches it off or empties it.
    Off,
    /// Nothing that is seen sets it.
    None,
}

impl<'w> Settings<'w> {
    /// What is set at a dotted path.
    pub fn get(&self, path: &str) -> Setting<'w> {
        let at =
            |set: &&Set<'w>| set.path == path || set.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        if let Some(set) = self.sets.iter().rev().find(at) {
            let is_whole = set.path == path;
            let is_off = is_whole && matches!(set.text.as_deref(), Some("false" | "" | "null"));
            return match set.value.filter(|_| is_whole) {
                Some(value) => Setting::Value(value),
                None if is_off => Setting::Off,
                None => Setting::Flag,
            };
        }
        let steps: Vec<&str> = path.split('.').collect();
        let found = self.layers.iter().rev().find_map(|layer| layer.at(&steps));
        found.map_or(Setting::None, Setting::Value)
    }

    /// The layers, the weakest first.
    pub fn layers(&self) -> &[Value<'w>] {
        &self.layers
    }

    /// The paths that are set one by one, over the layers.
    pub fn sets(&self) -> &[Set<'w>] {
        &self.sets
    }

    /// Settings that are nothing but one mapping.
    pub fn of_layer(values: Value<'w>) -> Settings<'w> {
        Settings { layers: vec![values], sets: Vec::new(), open: None }
    }
}

/// Whether a value switches something on: a bool, or the text of one, as parameters have it.
pub fn switches_on(value: Value<'_>) -> bool {
    value.as_bool().unwrap_or_else(|| value.raw() == Some("true"))
}

/// The mapping in the values file at `path` of root number `root`.
fn values_file<'w>(path: &str, manifests: &'w Manifests<'w>, root: usize) -> Option<Value<'w>> {
    let at = manifests.files.binary_search_by(|file| (file.root, file.path).cmp(&(root, path))).ok()?;
    let file = manifests.files[at].file;
    let document = file.documents().first().filter(|document| document.is_readable())?;
    let value = Value::new(file, document.root?, Dialect::Kubectl);
    value.is_mapping().then_some(value)
}

/// What the Flux releases of a target install.
pub fn by_flux<'w>(graph: &Graph<'w>) -> Vec<Install<'w>> {
    graph.all::<HelmRelease<'w>>().filter_map(|release| of_release(&release, graph)).collect()
}

fn of_release<'w>(release: &HelmRelease<'w>, graph: &Graph<'w>) -> Option<Install<'w>> {
    let resource = release.resource();
    let source = release.source(graph);
    let url = source.and_then(|source| source.at(&["spec", "url"])?.known());
    let named = release.chart().and_then(|chart| chart.get("chart"));
    let (at, chart) = match named {
        Some(at) => (at, last(at.known()?)),
        None => (release.source_reference()?, last(url?)),
    };
    let values = Settings {
        layers: resource.values.map(|values| values.value).or_else(|| release.spec(&["values"])).into_iter().collect(),
        sets: Vec::new(),
        open: resource.values.and_then(|values| values.open).map(str::to_owned),
    };
    Some(Install {
        object: Some((resource, at)),
        title: resource.title(),
        chart: chart.to_owned(),
        source: url.map(str::to_owned),
        span: at.span(),
        values,
    })
}

/// The last step of an address or a path, without a version behind it.
fn last(text: &str) -> &str {
    let text = text.trim_end_matches('/');
    let text = text.rsplit('/').next().unwrap_or(text);
    text.split(['@', ':']).next().unwrap_or(text)
}
