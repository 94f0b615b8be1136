//! Databases and caches that the cluster runtime manages.

use crate::config::{KindName, Role};
use crate::declare_rule;
use crate::graph::bundled::{chart_of, is_service_chart, is_service_kind};
use crate::manifest::Resource;
use crate::render::make::Command;
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds databases and caches in a repo or path whose role is `runtime`: objects of database operators (a CloudNativePG
    /// Cluster, a Redis, a MariaDB), HelmReleases and Applications of database and cache charts, and `helm` commands and
    /// values files for such charts.
    ///
    /// ## Why it matters
    /// The runtime is what a cluster is rebuilt from. A database in it is torn down and set up again with it, and each
    /// change of its version or size becomes a change of what everything else stands on.
    ///
    /// ## Instead
    /// Keep databases and caches as releases of their own in the platform's services, and operators in the runtime.
    ///
    /// ## Limits
    /// Works where the config gives the path the role `runtime`. Operators are no databases. Parts of other charts are told
    /// by `boundary/bundled-database`.
    pub static RULE {
        id: "boundary/service-in-runtime",
        summary: "a database or cache is managed by the cluster runtime",
        scope: Target,
        codes: [
            "object" => (Error, High, Boundary),
            "release" => (Error, High, Boundary),
        ],
        since: "0.1.0",
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Other kinds that are databases or caches, as in `example.org/Store`.
    pub kinds: Vec<String>,
    /// Other charts that are databases or caches.
    pub charts: Vec<String>,
    /// Names of objects and releases that belong to the runtime all the same.
    pub allowed: Vec<String>,
}

/// Where a role is declared.
type Declared = Option<Span>;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let kinds: Vec<KindName> = options.kinds.iter().map(|kind| KindName::parse(kind)).collect();
    let is_chart = |name: &str| is_service_chart(name) || options.charts.iter().any(|chart| chart == name);
    let is_allowed = |name: Option<&str>| name.is_some_and(|name| options.allowed.iter().any(|known| known == name));
    for resource in context.graph.resources().iter().copied().filter(|resource| resource.whole) {
        let Some(declared) = runtime(context, resource.path) else { continue };
        if is_allowed(resource.name()) || resource.is_example() {
            continue;
        }
        if is_service_kind(resource.group, resource.kind)
            || kinds.iter().any(|one| one.is(resource.group, resource.kind))
        {
            let message = format!("{} is managed by the cluster runtime, and is rebuilt with it", resource.title());
            finish(sink.finding("object", resource, resource.headline(), message).label("a service"), declared);
        } else if let Some(chart) = chart_of(resource, context.graph).filter(|chart| is_chart(chart)) {
            let message =
                format!("{} runs `{chart}` from the cluster runtime, and is rebuilt with it", resource.title());
            let at = chart_value(resource).unwrap_or_else(|| resource.headline());
            finish(sink.finding("release", resource, at, message).label("a database or cache"), declared);
        }
    }
    let told = commands(context, &is_chart, &is_allowed, sink);
    for file in context.values_files() {
        let Some(declared) = runtime(context, file.path) else { continue };
        let Some(release) = release_of(file.path).filter(|name| is_chart(name) && !is_allowed(Some(name))) else {
            continue;
        };
        // The command that takes the file says it already.
        let key = file.value.entries().find(|(key, _)| *key != "sops").and_then(|(_, value)| value.key_span());
        if let Some(span) = key.filter(|_| !told.contains(release)) {
            let message =
                format!("these are values of `{release}`, which the cluster runtime manages and is rebuilt with");
            finish(sink.file_finding("release", span, String::new(), message).label("a database or cache"), declared);
        }
    }
}

fn runtime(context: &TargetContext<'_, '_>, path: &str) -> Option<Declared> {
    let role = context.config().role_of(path).filter(|role| role.value == Role::Runtime)?;
    Some(role.span)
}

/// The field that names the chart.
fn chart_value<'w>(resource: &'w Resource<'w>) -> Option<Value<'w>> {
    let paths: [&[&str]; 3] =
        [&["spec", "chart", "spec", "chart"], &["spec", "chartRef", "name"], &["spec", "source", "chart"]];
    paths.into_iter().find_map(|path| resource.at(path))
}

/// Tells of `helm` commands in recipes; gives the charts that they name.
fn commands<'w>(
    context: &TargetContext<'_, 'w>,
    is_chart: &dyn Fn(&str) -> bool,
    is_allowed: &dyn Fn(Option<&str>) -> bool,
    sink: &mut Sink<'_, 'w>,
) -> HashSet<String> {
    let mut told = HashSet::new();
    let Some(recipes) = context.world.told.recipes.get(&context.root) else { return told };
    let source = &context.world.sources[recipes.source];
    let Some(declared) = runtime(context, source.path()) else { return told };
    for (_, command) in recipes.makefile.commands() {
        let Command::Release(release) = command else { continue };
        let Some(chart) = release.chart.as_ref().and_then(|chart| chart.known()) else { continue };
        let chart = chart.trim_end_matches('/').rsplit('/').next().unwrap_or(chart);
        let name = release.name.as_ref().and_then(|name| name.known());
        if !is_chart(chart) || is_allowed(name) || is_allowed(Some(chart)) {
            continue;
        }
        told.insert(chart.to_owned());
        let message = format!("this recipe runs `{chart}` from the cluster runtime, and it is rebuilt with it");
        let span = Span::new(recipes.source, release.range.start as u32..release.range.end as u32);
        finish(sink.file_finding("release", span, String::new(), message).label("a database or cache"), declared);
    }
    told
}

/// The release that a values file is called after, as in `valkey-values.sops.yaml`.
fn release_of(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.split_once("-values.").map(|(release, _)| release)
}

fn finish(finding: Builder<'_>, declared: Declared) {
    finding
        .related(declared, "this path is declared `runtime`")
        .help("move it to the repo of the platform's services, as a release of its own");
}
