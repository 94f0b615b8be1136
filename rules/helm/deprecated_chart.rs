//! Charts that nobody looks after any more.

use super::installs;
use crate::declare_rule;
use crate::graph::helm::{Install, Setting, switches_on};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds charts that their vendors have given up, and those that the option `charts` lists, installed by a
    /// HelmRelease, an Application of Argo CD, `helmCharts` of a kustomization or a recipe of the Makefile, or switched
    /// on as a subchart. Known by themselves are everything from charts.helm.sh, Bitnami's charts as long as their
    /// values name no other images, and the `grafana` chart in Grafana's own repository.
    ///
    /// ## Why it matters
    /// A chart that has ended gets no fixes. Bitnami took its versioned images from docker.io/bitnami in 2025: a
    /// pod that moves to a node without the image does not start again, databases among them.
    ///
    /// ## Instead
    /// What took its place: for PostgreSQL a CloudNativePG Cluster, for the rest the chart of the project itself.
    ///
    /// ## Limits
    /// A chart is known by its name and by the address of its repository, which has to be in this repo. Releases
    /// whose values are not all seen are left undecided where images may stand among them. What a chart brings along
    /// by default is not seen.
    pub static RULE {
        id: "helm/deprecated-chart",
        summary: "a chart that has been given up, or that the platform has left",
        scope: Target,
        codes: [
            "ended" => (Warning, High, Reliability),
            "images" => (Warning, High, Reliability),
            "left" => (Warning, High, Habit),
            "bundled" => (Warning, High, Habit),
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
    /// Charts that the platform has left.
    pub charts: Vec<Chart>,
    /// Charts, by name, that may stay whatever is known of them.
    pub except: Vec<String>,
}

/// A chart that the platform has left.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Chart {
    /// Its name.
    pub chart: String,
    /// Part of the address that it comes from; any where it is left out.
    #[serde(default)]
    pub repository: Option<String>,
    /// What took its place, as the report says it.
    #[serde(default)]
    pub instead: Option<String>,
}

/// Repositories that have ended, by a part of their address.
const ENDED: &[&str] =
    &["charts.helm.sh/stable", "charts.helm.sh/incubator", "kubernetes-charts.storage.googleapis.com"];

/// Where Bitnami publishes its charts.
const BITNAMI: &[&str] =
    &["charts.bitnami.com/", "registry-1.docker.io/bitnamicharts", "raw.githubusercontent.com/bitnami/charts"];

/// The chart of which Grafana's own repository holds no new version.
const GRAFANA: &[&str] = &["grafana.github.io/helm-charts", "ghcr.io/grafana/helm-charts/grafana"];

/// Images are looked for so many levels deep.
const DEPTH: usize = 6;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    for install in installs(context) {
        bundled(&install, options, sink);
        if options.except.contains(&install.chart) {
            continue;
        }
        let source = install.source.as_deref().unwrap_or_default();
        let comes_from = |places: &[&str]| places.iter().any(|place| source.contains(place));
        let chart = install.chart.as_str();
        if let Some(left) = options.charts.iter().find(|left| is_left(left, chart, source)) {
            let message = format!("{} installs chart `{chart}`, which the platform has left", install.title);
            report(&install, "left", message, "no longer wanted", left.instead.as_deref(), sink);
        } else if comes_from(ENDED) {
            let message = format!("{} installs chart `{chart}` from a repository that ended in 2020", install.title);
            report(&install, "ended", message, "an archive", Some("the chart of the project itself"), sink);
        } else if chart == "grafana" && comes_from(GRAFANA) {
            let message = format!("{} installs chart `grafana` from where no new version comes out", install.title);
            let instead = "the same chart of `grafana-community`";
            report(&install, "ended", message, "frozen at 10.5.15 since January 2026", Some(instead), sink);
        } else if comes_from(BITNAMI) && !install.values.layers().iter().any(|layer| names_image(*layer, DEPTH)) {
            if let Some(reason) = &install.values.open {
                sink.undecided(install.span, reason.clone());
                continue;
            }
            let message = format!("{} runs images of chart `{chart}` that have left docker.io/bitnami", install.title);
            let label = "its versioned images are gone since 2025";
            report(&install, "images", message, label, Some(successor(chart)), sink);
        }
    }
}

fn is_left(left: &Chart, chart: &str, source: &str) -> bool {
    left.chart == chart && left.repository.as_ref().is_none_or(|part| source.contains(part.as_str()))
}

/// What took the place of one of Bitnami's charts.
fn successor(chart: &str) -> &'static str {
    match chart {
        "postgresql" | "postgresql-ha" => "a CloudNativePG Cluster",
        "valkey" | "valkey-cluster" => "the chart of Valkey itself",
        _ => "the chart of the project itself, or name images that are kept",
    }
}

/// Subcharts that are switched on.
fn bundled<'w>(install: &Install<'w>, options: &Options, sink: &mut Sink<'_, 'w>) {
    // No other vendor has a chart of that name.
    let known = std::iter::once(("postgresql-ha", Some("a CloudNativePG Cluster")));
    let asked = options
        .charts
        .iter()
        .filter(|left| left.repository.is_none())
        .map(|left| (left.chart.as_str(), left.instead.as_deref()));
    let mut told: Vec<&str> = Vec::new();
    for (chart, instead) in asked.chain(known) {
        let switched = match install.values.get(&format!("{chart}.enabled")) {
            Setting::Value(value) if switches_on(value) => value,
            _ => continue,
        };
        let own = match install.values.get(chart) {
            Setting::Value(own) => names_image(own, DEPTH),
            _ => false,
        };
        if install.chart == chart || own || told.contains(&chart) || options.except.iter().any(|one| one == chart) {
            continue;
        }
        told.push(chart);
        let message = format!("{} brings chart `{chart}` along, which has been given up", install.title);
        let finding = match install.object {
            Some((resource, _)) => sink.finding("bundled", resource, switched, message),
            None => sink.file_finding("bundled", switched.span(), String::new(), message),
        };
        let finding = finding.underline(switched.span()).label("switched on here");
        let finding = finding.related((install.span != switched.span()).then_some(install.span), "for this chart");
        finding.help(format!("take {} and set `{chart}.enabled: false`", instead.unwrap_or("what took its place")));
    }
}

/// Whether values say somewhere which registry or repository an image comes from.
fn names_image(values: Value<'_>, depth: usize) -> bool {
    values.entries().any(|(key, value)| {
        let names = |key: &str| value.get(key).is_some_and(|value| value.raw().is_some_and(|text| !text.is_empty()));
        (key == "imageRegistry" && value.raw().is_some_and(|text| !text.is_empty()))
            || (key == "image" && (names("registry") || names("repository")))
            || (depth > 0 && value.is_mapping() && names_image(value, depth - 1))
    })
}

fn report<'w>(
    install: &Install<'w>,
    code: &str,
    message: String,
    label: &'static str,
    instead: Option<&str>,
    sink: &mut Sink<'_, 'w>,
) {
    let finding = match install.object {
        Some((resource, at)) => sink.finding(code, resource, at, message).underline(match at.is_mapping() {
            true => at.key_or_span(),
            false => at.span(),
        }),
        None => sink.file_finding(code, install.span, String::new(), message),
    };
    let finding = finding.label(label);
    if let Some(instead) = instead {
        finding.help(format!("take {instead}"));
    }
}
