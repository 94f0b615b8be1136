//! Clusters without the Makefile targets that the platform has for each.

use crate::declare_rule;
use crate::graph::cnpg::Cluster;
use crate::graph::{View, is_near};
use crate::render::recipes::Recipes;
use crate::rule::patterns::{filled, follows};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds CloudNativePG Clusters for which the Makefile lacks a target that the option `targets` asks for:
    /// `{cluster}-deploy` and `{cluster}-status`, unless the config says otherwise.
    ///
    /// ## Why it matters
    /// Where a platform is run by `make`, its targets are the manual. A Cluster without them is deployed and looked at by
    /// commands that somebody remembers, or does not.
    ///
    /// ## Instead
    /// A target of that name, or a rule for all names (`%-status`).
    ///
    /// ## Limits
    /// Off until the config names it. What the recipe does is not looked at. A Makefile that includes others or
    /// generates rules may have targets that are not seen: what it lacks is left undecided.
    pub static RULE {
        id: "repo/missing-make-target",
        summary: "a Cluster lacks a Makefile target that the platform has for each",
        scope: Target,
        codes: ["missing" => (Warning, High, Habit)],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The targets; `{cluster}` and `{namespace}` stand for those of a Cluster.
    pub targets: Vec<String>,
    /// Clusters, by name, that are left alone.
    pub except: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { targets: vec!["{cluster}-deploy".to_owned(), "{cluster}-status".to_owned()], except: Vec::new() }
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let Some(recipes) = context.world.told.recipes.get(&context.root) else { return };
    for cluster in context.graph.all::<Cluster<'w>>() {
        let resource = cluster.resource();
        let excepted = |name: &str| options.except.iter().any(|one| one == name);
        if resource.is_example() || resource.name().is_some_and(excepted) {
            continue;
        }
        let wanted = options.targets.iter().filter_map(|target| filled(target, resource));
        let missing: Vec<String> = wanted.filter(|target| !has(recipes, target)).collect();
        if missing.is_empty() {
            continue;
        }
        if recipes.makefile.is_open() {
            sink.undecided(resource.headline().span(), "the Makefile may have targets that are not seen");
            continue;
        }
        let what = if missing.len() == 1 { "target" } else { "targets" };
        let list: Vec<String> = missing.iter().map(|target| format!("`{target}`")).collect();
        let message = format!("the Makefile has no {what} {} for {}", list.join(", "), cluster.title());
        let mut finding =
            sink.finding("missing", resource, resource.headline(), message).label("every Cluster has its own");
        let near = recipes.makefile.targets.iter().find(|target| {
            target.name.known().is_some_and(|name| missing.iter().any(|wanted| is_near(wanted, name) == Some(1)))
        });
        if let Some(near) = near {
            let range = near.name.range.start as u32..near.name.range.end as u32;
            finding = finding.related(Span::new(recipes.source, range), "a similar one");
        }
        finding.help(format!("add {} to the Makefile", list.join(", ")));
    }
}

/// Whether make knows what to do for a target.
fn has(recipes: &Recipes, target: &str) -> bool {
    let makefile = &recipes.makefile;
    let by_pattern = |pattern: &str| pattern != "%" && follows(target, &pattern.replacen('%', "*", 1), None);
    makefile.target(target).is_some() || makefile.patterns.iter().filter_map(|one| one.name.known()).any(by_pattern)
}
