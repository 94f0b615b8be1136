//! What the recipes of a Makefile install.

use super::{Install, Set, Settings, last, values_file};
use crate::manifest::Manifests;
use crate::render::make::{Command, Release, Text};
use crate::render::recipes::{Recipes, path_of};
use crate::source::Span;
use crate::yaml::Value;

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
        match sets_in(set, recipes) {
            Some(sets) => values.sets.extend(sets),
            None => values.open = Some("what a flag sets is not known".to_owned()),
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

/// The paths that one `--set` gives; none where one of them is not known.
fn sets_in<'w>(set: &Text, recipes: &Recipes) -> Option<Vec<Set<'w>>> {
    let span = Span::new(recipes.source, set.range.start as u32..set.range.end as u32);
    let one = |one: &str| {
        let (path, text) = one.split_once('=')?;
        let path = path.trim();
        let known = set.known().is_some() || !text.contains(['$', '`']);
        let text = known.then(|| text.to_owned());
        (!path.contains(['$', '`'])).then(|| Set { path: path.to_owned(), value: None, text, span })
    };
    set.written().split(',').map(one).collect()
}

/// The paths that the command of a release sets one by one, as far as they are known.
pub fn sets_of<'w>(release: &Release, recipes: &Recipes) -> Vec<Set<'w>> {
    release.sets.iter().filter_map(|set| sets_in(set, recipes)).flatten().collect()
}

/// The values in a file; for one that a recipe decrypts first, those in what it is made from.
fn layer<'w>(path: &str, recipes: &Recipes, manifests: &'w Manifests<'w>, root: usize) -> Option<Value<'w>> {
    let read = |path: &str| values_file(path, manifests, root);
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
