//! Helm releases whose chart comes from a HelmRepository.

use crate::declare_rule;
use crate::graph::View;
use crate::rule::releases::{is_named, judged};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds HelmReleases that take their chart from a HelmRepository, where the project wants a `chartRef` to an
    /// OCIRepository.
    ///
    /// ## Why it matters
    /// A HelmRepository makes Flux fetch and hold the index of all charts in all versions, which for some
    /// vendors is tens of megabytes, to find the one that is wanted. An OCIRepository names one artifact, which can be pinned by
    /// digest and verified, and which several releases share.
    ///
    /// ## Instead
    /// An OCIRepository with the chart's address and tag, and `chartRef` in the release.
    ///
    /// ## Limits
    /// Not every vendor publishes charts as OCI artifacts, so the rule is off until the config names it; `except` lists
    /// the HelmRepositories that have to stay.
    pub static RULE {
        id: "flux/helm-repository-source",
        summary: "a chart comes from a HelmRepository where the project wants an OCIRepository",
        scope: Target,
        codes: ["helm-repository" => (Warning, High, Habit)],
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
    /// HelmRepositories, by name, and releases, by name or as `namespace/name`, that are left alone.
    pub except: Vec<String>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let except = &context.options::<Options>().except;
    for release in judged(context, except) {
        let Some(reference) = release.source_reference() else { continue };
        if release.source_kind() != Some("HelmRepository") {
            continue;
        }
        let source = release.source(context.graph);
        let name = reference.get("name").and_then(Value::known).unwrap_or_default();
        if except.iter().any(|one| one == name) || source.is_some_and(|source| is_named(except, source)) {
            continue;
        }
        let at = reference.get("kind").unwrap_or(reference);
        let message = format!("{} takes its chart from HelmRepository `{name}`", release.title());
        let mut finding = sink
            .finding("helm-repository", release.resource(), at, message)
            .label("the project wants a `chartRef` to an OCIRepository");
        let url = source.and_then(|source| source.at(&["spec", "url"])?.known());
        if let Some(source) = source {
            finding = finding.related(
                source.headline().span(),
                match url {
                    Some(url) if url.starts_with("oci://") => "an OCI registry all the same",
                    _ => "the index of all its charts is fetched",
                },
            );
        }
        let chart = release.chart().and_then(|chart| chart.get("chart")?.known());
        finding.help(match (url.filter(|url| url.starts_with("oci://")), chart) {
            (Some(url), Some(chart)) => {
                format!("make an OCIRepository for `{}/{chart}` and name it in `chartRef`", url.trim_end_matches('/'))
            }
            _ => "make an OCIRepository and name it in `chartRef`, if the vendor publishes the chart as one".to_owned(),
        });
    }
}
