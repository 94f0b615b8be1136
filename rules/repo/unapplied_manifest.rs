//! Manifests that no recipe of the Makefile applies.

use crate::config::PathGlob;
use crate::declare_rule;
use crate::manifest::{By, Resource};
use crate::render::lies_in;
use crate::render::make::{Call, Command, InputKind};
use crate::render::recipes::{Recipes, path_of};
use crate::rule::{Context, Sink};
use crate::tree;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds manifests that no recipe applies, in a repo whose Makefile applies others.
    ///
    /// ## Why it matters
    /// The file was reviewed and merged, and the cluster never got it. With a NetworkPolicy or a ScheduledBackup nobody
    /// notices until it is needed.
    ///
    /// ## Instead
    /// A line in the recipe that applies the files beside it, or no file.
    ///
    /// ## Limits
    /// Off until the config names it. One finding a file. Repos that Flux or Argo CD delivers, folders with a Makefile of
    /// their own, samples, and files that kustomizations list are left alone. Where a recipe runs a script, applies a
    /// path that is not known, or the Makefile includes others, what seems unapplied is left undecided.
    pub static RULE {
        id: "repo/unapplied-manifest",
        summary: "no recipe of the Makefile applies a manifest",
        scope: Repo,
        codes: ["unapplied" => (Warning, High, Gitops)],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Files that are applied otherwise, as patterns of paths.
    pub except: Vec<String>,
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let world = context.world;
    for (root, recipes) in &world.told.recipes {
        let delivered = world.told.applied.iter().any(|(_, applied)| applied.root == *root);
        let by_argo = world.manifests.resources.iter().any(|one| one.root == *root && one.delivery.by == By::Argo);
        let context = Context::new(world, *root, &RULE);
        let applies = recipes.makefile.commands().any(|(_, command)| matches!(command, Command::Apply(_)));
        if applies && !delivered && !by_argo && !world.lone[*root] {
            judge(&context, recipes, sink);
        }
    }
}

fn judge<'w>(context: &Context<'_, 'w>, recipes: &Recipes, sink: &mut Sink<'_, 'w>) {
    let except: Vec<PathGlob> =
        context.options::<Options>().except.iter().filter_map(|pattern| PathGlob::new(pattern).ok()).collect();
    let mut files: BTreeMap<&'w str, Vec<&'w Resource<'w>>> = BTreeMap::new();
    for resource in context.world.resources.iter().filter(|one| one.root == context.root) {
        let by_hand = matches!(resource.delivery.by, By::Hand | By::Nobody);
        let used = context.world.told.used.contains(context.root, resource.path);
        if by_hand && resource.whole && !used && !resource.is_example() {
            files.entry(resource.path).or_default().push(resource);
        }
    }
    let doubt = doubt(recipes);
    for (path, objects) in files {
        let makefile = tree::child(tree::parent(path), "Makefile");
        let has_own = !tree::parent(path).is_empty() && context.world.may_hold(context.root, &makefile);
        if is_applied(recipes, path) || has_own || except.iter().any(|glob| glob.matches(path)) {
            continue;
        }
        let [first, rest @ ..] = objects.as_slice() else { continue };
        let reason = doubt.clone().or_else(|| elsewhere(recipes, path));
        if let Some(reason) = reason {
            sink.undecided(first.headline().span(), reason);
            continue;
        }
        let what = match rest.len() {
            0 => first.title(),
            more => format!("{} and {more} more", first.title()),
        };
        sink.finding("unapplied", first, first.headline(), format!("no recipe applies {what}"))
            .label(format!("`{}` is in no recipe", tree::name(path)))
            .note("looked at every recipe of the Makefile")
            .help(format!("add `kubectl apply -f {path}` to a recipe, or delete the file"));
    }
}

/// Whether a recipe applies a file, as it is, decrypted on the way, or as what is made from it.
fn is_applied(recipes: &Recipes, path: &str) -> bool {
    let made = recipes.written.iter().flatten().filter(|(_, from)| from.iter().any(|one| lies_in(path, one)));
    recipes.applies(path) || made.into_iter().any(|(twin, _)| recipes.applies(twin))
}

/// Why recipes may apply what cannot be seen, if so.
fn doubt(recipes: &Recipes) -> Option<String> {
    if recipes.makefile.is_open() {
        return Some("the Makefile may have recipes that are not seen".to_owned());
    }
    if recipes.written.is_none() {
        return Some("a recipe writes a file whose name is not known".to_owned());
    }
    recipes.makefile.commands().find_map(|(_, command)| match command {
        Command::Opaque(opaque) => Some(format!("what `{}` applies is not known", opaque.tool)),
        Command::Apply(apply) if apply.open => Some("a recipe applies what is not known".to_owned()),
        Command::Apply(apply) => apply.sources.iter().find_map(|input| {
            let seen = match input.kind {
                InputKind::File | InputKind::Folder | InputKind::Decrypted | InputKind::Substituted => {
                    path_of(input).is_some()
                }
                InputKind::Stdin => false,
                _ => true,
            };
            (!seen).then(|| format!("a recipe applies `{}`, which is not known", input.path.written()))
        }),
        _ => None,
    })
}

/// Why another Makefile may apply a file, if so.
fn elsewhere(recipes: &Recipes, path: &str) -> Option<String> {
    let calls = recipes.makefile.targets.iter().chain(&recipes.makefile.patterns).flat_map(|target| &target.calls);
    let reaches = |call: &&Call| match &call.folder {
        Some(folder) => folder.known().and_then(tree::normalize).is_none_or(|folder| lies_in(path, &folder)),
        None => call.file.is_some(),
    };
    calls.into_iter().find(reaches).map(|_| "another Makefile may apply it".to_owned())
}
