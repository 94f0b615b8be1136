//! A database or cache that comes along with an app's chart.

use crate::config::Role;
use crate::declare_rule;
use crate::graph::bundled::{Bundled, bundled, bundled_by_sets};
use crate::graph::helm::{
    Setting, Settings, charts_of, is_command_file, layers_of, sets_in_text, sets_of, switches_on,
};
use crate::manifest::{Resource, holds_example_values};
use crate::render::charts::entries;
use crate::render::make::Command;
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Helm values that switch on a database or a cache that an app's chart brings along:
    /// `postgresql.enabled: true`, `postgresql-ha`, `redis`, `valkey`, `mariadb` and the like, in a HelmRelease, an
    /// Application of Argo CD (as an object, a text or parameters), `helmCharts` of a kustomization, a values file or a
    /// `--set` of a helm command in a Makefile, justfile or Taskfile, in a repo or path whose role is `app` or `runtime`.
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
        for settings in values(resource, context) {
            let who = format!("{} switches on", resource.title());
            let parts = settings.layers().iter().flat_map(|layer| bundled(*layer));
            for part in parts.filter(|part| is_on(&settings, part)) {
                let message = message(&who, part.part);
                finish(sink.finding("switched-on", resource, part.switch, message), role);
            }
            for part in bundled_by_sets(settings.sets()) {
                if let Some(value) = part.set.value {
                    finish(sink.finding("switched-on", resource, value, message(&who, part.part)), role);
                }
            }
        }
    }
    for file in context.values_files() {
        if let Some(role) = role(context, file.path) {
            bundled(file.value).iter().for_each(|part| in_file(part, "these values switch on", role, sink));
        }
    }
    let (manifests, root) = (context.world.manifests, context.target.root);
    for kustomization in manifests.kustomizations.iter().filter(|one| one.root == root) {
        let path = manifests.files[kustomization.file].path;
        let Some(role) = role(context, path).filter(|_| !holds_example_values(path)) else { continue };
        for entry in entries(kustomization.value) {
            let chart = entry.get("name").and_then(Value::known).unwrap_or_default();
            let who = format!("chart `{chart}` of this kustomization switches on");
            let inline = entry.get("valuesInline").or_else(|| entry.get("valuesLocal"));
            let settings = layers_of(kustomization, entry, manifests);
            for part in inline.into_iter().flat_map(bundled).filter(|part| is_on(&settings, part)) {
                in_file(&part, &who, role, sink);
            }
        }
    }
    by_recipes(context, sink);
    for (id, source) in context.world.texts().filter(|(_, source)| source.root() == root) {
        let Some(role) = role(context, source.path()).filter(|_| is_command_file(source.path())) else { continue };
        let sets = sets_in_text(id, source);
        for part in bundled_by_sets(&sets) {
            let message = message("this command switches on", part.part);
            finish(sink.file_finding("switched-on", part.set.span, String::new(), message), role);
        }
    }
}

/// Whether it stays on: what a stronger layer or a parameter switches off is off.
fn is_on<'w>(settings: &Settings<'w>, part: &Bundled<'w>) -> bool {
    let path = format!("{}.{}", part.part, part.switch.key().unwrap_or_default());
    matches!(settings.get(&path), Setting::Value(value) if switches_on(value))
}

/// Values that no object holds.
fn in_file<'w>(part: &Bundled<'w>, who: &str, role: (Role, Option<Span>), sink: &mut Sink<'_, 'w>) {
    let pointer = format!("/{}/{}", part.part, part.switch.key().unwrap_or_default());
    finish(sink.file_finding("switched-on", part.switch.span(), pointer, message(who, part.part)), role);
}

/// Flags of the commands by which recipes install charts.
fn by_recipes<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(recipes) = context.world.told.recipes.get(&context.target.root) else { return };
    let Some(role) = role(context, context.world.sources[recipes.source].path()) else { return };
    for (_, command) in recipes.makefile.commands() {
        let Command::Release(release) = command else { continue };
        let who = match release.name.as_ref().and_then(|name| name.known()) {
            Some(name) => format!("release `{name}` switches on"),
            None => "this release switches on".to_owned(),
        };
        let sets = sets_of(release, recipes);
        for part in bundled_by_sets(&sets) {
            finish(sink.file_finding("switched-on", part.set.span, String::new(), message(&who, part.part)), role);
        }
    }
}

fn message(who: &str, part: &str) -> String {
    format!("{who} `{part}`, a service of its own beside those of the platform")
}

fn role(context: &TargetContext<'_, '_>, path: &str) -> Option<(Role, Option<Span>)> {
    let role = context.config().role_of(path).filter(|role| role.value != Role::Platform)?;
    Some((role.value, role.span))
}

/// The values that an object hands to its charts.
fn values<'w>(resource: &'w Resource<'w>, context: &TargetContext<'_, 'w>) -> Vec<Settings<'w>> {
    match (resource.group, resource.kind) {
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            let whole = resource.values.map(|values| values.value);
            whole.or_else(|| resource.at(&["spec", "values"])).map(Settings::of_layer).into_iter().collect()
        }
        _ => charts_of(resource, &context.world.values_texts).map(|(_, settings)| settings).collect(),
    }
}

fn finish(finding: Builder<'_>, (role, span): (Role, Option<Span>)) {
    finding
        .label("comes and goes with the release")
        .related(span, format!("this path is declared `{role}`"))
        .help("switch it off, and name a database or cache that the platform runs");
}
