//! Clusters without the file that the platform keeps for each.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::patterns::filled;
use crate::rule::{Sink, TargetContext};
use crate::tree;

declare_rule! {
    /// ## What it does
    /// Finds CloudNativePG Clusters for which a file is missing that the option `files` asks for, such as
    /// `docs/{cluster}.md`.
    ///
    /// ## Why it matters
    /// The page that says who owns a database, how to get in and how to restore it is looked for when the database is
    /// down. That is a bad moment to find out that nobody wrote it.
    ///
    /// ## Instead
    /// Write the file, or name it after the Cluster.
    ///
    /// ## Limits
    /// Off until the config names it. Whether the file says anything is not looked at. Paths in folders that git or the
    /// config leaves out count as there.
    pub static RULE {
        id: "repo/missing-file",
        summary: "a Cluster lacks a file that the platform keeps for each",
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
    /// The paths, relative to the config file; `{cluster}` and `{namespace}` stand for those of a Cluster.
    pub files: Vec<String>,
    /// Clusters, by name, that are left alone.
    pub except: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { files: vec!["docs/{cluster}.md".to_owned()], except: Vec::new() }
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    for cluster in context.graph.all::<Cluster<'w>>() {
        let resource = cluster.resource();
        let excepted = |name: &str| options.except.iter().any(|one| one == name);
        if resource.is_example() || resource.name().is_some_and(excepted) || context.world.lone[context.root] {
            continue;
        }
        let wanted = options.files.iter().filter_map(|template| tree::normalize(&filled(template, resource)?));
        let missing: Vec<String> =
            wanted.filter(|path| !context.world.may_hold(context.root, path)).map(|path| format!("`{path}`")).collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!("{} has no {}", cluster.title(), missing.join(" and no "));
        sink.finding("missing", resource, resource.headline(), message)
            .label("every Cluster has one")
            .help(format!("write {}", missing.join(" and ")));
    }
}
