//! Charts that a repo installs, by Flux or by the recipes of its Makefile, with the values that they get.

use super::release::HelmRelease;
use super::{Graph, View};
use crate::manifest::{Manifests, Resource};
use crate::render::make::{Command, Release};
use crate::render::recipes::{Recipes, path_of};
use crate::source::Span;
use crate::yaml::{Dialect, Value};

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
    /// Paths that single flags set.
    sets: Vec<String>,
    /// Why there may be others, if so.
    pub open: Option<String>,
}

/// What is known of one value.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'w> {
    /// It is this.
    Value(Value<'w>),
    /// A flag sets it.
    Flag,
    /// Nothing that is seen sets it.
    None,
}

impl<'w> Settings<'w> {
    /// What is set at a dotted path.
    pub fn get(&self, path: &str) -> Setting<'w> {
        if self.sets.iter().any(|set| set == path || set.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))) {
            return Setting::Flag;
        }
        let steps: Vec<&str> = path.split('.').collect();
        let found = self.layers.iter().rev().find_map(|layer| layer.at(&steps));
        found.map_or(Setting::None, Setting::Value)
    }

    /// The layers, the weakest first.
    pub fn layers(&self) -> &[Value<'w>] {
        &self.layers
    }
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

/// What the recipes of root number `root` install.
pub fn by_recipes<'w>(recipes: &Recipes, manifests: &'w Manifests<'w>, root: usize) -> Vec<Install<'w>> {
    let commands = || recipes.makefile.commands().map(|(_, command)| command);
    let repositories: Vec<(&str, &str)> = commands()
        .filter_map(|command| match command {
            Command::Repository(one) => Some((one.name.known()?, one.url.known()?)),
            _ => None,
        })
        .collect();
    let releases = commands().filter_map(|command| match command {
        Command::Release(release) => Some(release.as_ref()),
        _ => None,
    });
    releases.filter_map(|release| of_recipe(release, &repositories, recipes, manifests, root)).collect()
}

fn of_recipe<'w>(
    release: &Release,
    repositories: &[(&str, &str)],
    recipes: &Recipes,
    manifests: &'w Manifests<'w>,
    root: usize,
) -> Option<Install<'w>> {
    let chart = release.chart.as_ref()?;
    let name = chart.known()?;
    let given = release.repository.as_ref().and_then(|url| url.known());
    let alias = name.split_once('/').and_then(|(alias, _)| repositories.iter().find(|(name, _)| *name == alias));
    let source = match (given, alias) {
        (Some(url), _) => Some(url.to_owned()),
        (None, Some((_, url))) => Some((*url).to_owned()),
        _ => name.starts_with("oci://").then(|| name.to_owned()),
    };
    let mut values = Settings::default();
    for input in &release.values {
        match path_of(input).and_then(|path| layer(&path, recipes, manifests, root)) {
            Some(layer) => values.layers.push(layer),
            None => values.open = Some(format!("the values file `{}` is not read", input.path.written())),
        }
    }
    for set in &release.sets {
        // Only the path counts: what it is set to may come from the shell.
        for one in set.written().split(',') {
            match one.split_once('=').map(|(path, _)| path.trim()) {
                Some(path) if !path.contains(['$', '`']) => values.sets.push(path.to_owned()),
                _ => values.open = Some("what a flag sets is not known".to_owned()),
            }
        }
    }
    if release.open {
        values.open = Some("a flag of the command is not known".to_owned());
    }
    let title = match release.name.as_ref().and_then(|name| name.known()) {
        Some(name) => format!("release `{name}`"),
        None => format!("a release of `{}`", last(name)),
    };
    let span = Span::new(recipes.source, chart.range.start as u32..chart.range.end as u32);
    Some(Install { object: None, title, chart: last(name).to_owned(), source, span, values })
}

/// The values in a file; for one that a recipe decrypts first, those in what it is made from.
fn layer<'w>(path: &str, recipes: &Recipes, manifests: &'w Manifests<'w>, root: usize) -> Option<Value<'w>> {
    let read = |path: &str| {
        let at = manifests.files.binary_search_by(|file| (file.root, file.path).cmp(&(root, path))).ok()?;
        let file = manifests.files[at].file;
        let document = file.documents().first().filter(|document| document.is_readable())?;
        let value = Value::new(file, document.root?, Dialect::Kubectl);
        value.is_mapping().then_some(value)
    };
    let made_from = || match recipes.written.as_ref()?.get(path)?.as_slice() {
        [only] => read(only),
        _ => None,
    };
    let encrypted = || {
        let (stem, extension) = path.rsplit_once('.')?;
        read(&format!("{stem}.sops.{extension}"))
    };
    read(path).or_else(made_from).or_else(encrypted)
}

/// The last step of an address or a path, without a version behind it.
fn last(text: &str) -> &str {
    let text = text.trim_end_matches('/');
    let text = text.rsplit('/').next().unwrap_or(text);
    text.split(['@', ':']).next().unwrap_or(text)
}
