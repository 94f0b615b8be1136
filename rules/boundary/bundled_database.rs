//! A database or cache that comes along with an app's chart.

use crate::config::Role;
use crate::declare_rule;
use crate::graph::bundled::{Bundled, bundled};
use crate::manifest::Resource;
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Helm values that switch on a database or a cache that an app's chart brings along: `postgresql.enabled: true`,
    /// `postgresql-ha`, `redis`, `valkey`, `mariadb` and the like, in a HelmRelease, an Application of Argo CD or a values
    /// file, in a repo or path whose role is `app` or `runtime`.
    ///
    /// ## Why it matters
    /// The database then lives and dies with the release: an upgrade of the chart moves it to another major version or
    /// recreates its volume, nobody backs it up, and none of the platform's policies holds for it.
    ///
    /// ## Instead
    /// Switch it off and name a database of the platform (`externalDatabase` in most charts).
    ///
    /// ## Limits
    /// Only what is written: a chart that brings one unless told otherwise is not seen. A part that names a host is
    /// taken for settings of somebody else's server. Keys at the top of the values count, as charts name their parts.
    pub static RULE {
        id: "boundary/bundled-database",
        summary: "a release switches on a database or cache of its own",
        scope: Target,
        codes: ["switched-on" => (Error, High, Boundary)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for resource in context.graph.resources().iter().copied().filter(|one| one.whole && !one.is_example()) {
        let Some(role) = role(context, resource.path) else { continue };
        for values in values(resource) {
            for part in bundled(values) {
                let message = message(&format!("{} switches on", resource.title()), &part);
                finish(sink.finding("switched-on", resource, part.switch, message), role);
            }
        }
    }
    for file in context.values_files() {
        let Some(role) = role(context, file.path) else { continue };
        for part in bundled(file.value) {
            let pointer = format!("/{}/{}", part.part, part.switch.key().unwrap_or_default());
            let message = message("these values switch on", &part);
            finish(sink.file_finding("switched-on", part.switch.span(), pointer, message), role);
        }
    }
}

fn message(who: &str, part: &Bundled<'_>) -> String {
    format!("{who} `{}`, a service of its own beside those of the platform", part.part)
}

fn role(context: &TargetContext<'_, '_>, path: &str) -> Option<(Role, Option<Span>)> {
    let role = context.config().role_of(path).filter(|role| role.value != Role::Platform)?;
    Some((role.value, role.span))
}

/// The values that an object hands to its chart.
fn values<'w>(resource: &'w Resource<'w>) -> Vec<Value<'w>> {
    match (resource.group, resource.kind) {
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            let whole = resource.values.map(|values| values.value);
            whole.or_else(|| resource.at(&["spec", "values"])).into_iter().collect()
        }
        ("argoproj.io", "Application") => {
            let several = resource.at(&["spec", "sources"]).into_iter().flat_map(Value::items);
            let sources = resource.at(&["spec", "source"]).into_iter().chain(several);
            sources.filter_map(|source| source.at(&["helm", "valuesObject"])).collect()
        }
        _ => Vec::new(),
    }
}

fn finish(finding: Builder<'_>, (role, span): (Role, Option<Span>)) {
    finding
        .label("comes and goes with the release")
        .related(span, format!("this path is declared `{role}`"))
        .help("switch it off, and name a database or cache that the platform runs");
}
