//! Charts in OCI artifacts whose layer nobody names.

use crate::declare_rule;
use crate::graph::release::CHART_CONTENT;
use crate::rule::releases::{doubt, is_named, judged};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds OCIRepositories that a HelmRelease takes its chart from and whose `layerSelector` does not pick the chart's
    /// content, or does another operation with it than the options ask for.
    ///
    /// ## Why it matters
    /// An artifact may hold more than the chart: a signature, a provenance file. Without a selector Flux takes the
    /// first layer, whichever that is, unpacks it and packs it anew, so that the digest is no longer that of what the
    /// vendor published.
    ///
    /// ## Instead
    /// `layerSelector` with `mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip` and `operation: copy`.
    ///
    /// ## Limits
    /// It works without as long as the chart is the first layer, so the rule is off until the config names it.
    /// OCIRepositories that no release of the target takes a chart from hold manifests and are left alone. Where Flux
    /// starts in another repo, what is missing is left undecided.
    pub static RULE {
        id: "flux/missing-layer-selector",
        summary: "an OCIRepository does not say which layer holds the chart",
        scope: Target,
        codes: [
            "missing" => (Warning, High, Gitops),
            "media-type" => (Warning, High, Gitops),
            "operation" => (Warning, High, Gitops),
        ],
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
    /// What `layerSelector.operation` has to be; any where it is null.
    pub operation: Option<Operation>,
    /// OCIRepositories, by name or as `namespace/name`, that are left alone.
    pub except: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { operation: Some(Operation::Copy), except: Vec::new() }
    }
}

/// What becomes of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// It is kept as it was published.
    Copy,
    /// It is unpacked and packed anew.
    Extract,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Operation::Copy => "copy",
            Operation::Extract => "extract",
        }
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let unseen = context.starts_unseen();
    let mut seen: HashSet<Span> = HashSet::new();
    for release in judged(context, &[]) {
        let Some(source) = release.source(context.graph) else { continue };
        if source.kind != "OCIRepository" || !source.whole || is_named(&options.except, source) {
            continue;
        }
        let Some(spec) = source.at(&["spec"]).filter(|_| seen.insert(source.headline().span())) else { continue };
        let selector = spec.get("layerSelector").filter(|selector| !selector.is_null() && !selector.is_empty());
        let Some(selector) = selector else {
            if let Some(reason) = doubt(unseen, source) {
                sink.undecided(source.headline().span(), reason);
                continue;
            }
            let message = format!("{} hands over the first layer of its artifact, whichever that is", source.title());
            let finding = sink
                .finding("missing", source, source.headline(), message)
                .label("no `layerSelector` names the chart's content");
            let finding = match release.source_reference() {
                Some(reference) => finding.related(reference.key_or_span(), "takes its chart from there"),
                None => finding,
            };
            finding.help(match options.operation {
                Some(operation) => format!(
                    "set `layerSelector` with `mediaType: {CHART_CONTENT}` and `operation: {}`",
                    operation.text()
                ),
                None => format!("set `layerSelector` with `mediaType: {CHART_CONTENT}`"),
            });
            continue;
        };
        let fields = [
            ("mediaType", "media-type", Some(CHART_CONTENT)),
            ("operation", "operation", options.operation.map(Operation::text)),
        ];
        for (key, code, wanted) in fields {
            let Some(wanted) = wanted else { continue };
            let written = selector.get(key).filter(|value| !value.is_null());
            if let Some((value, reason)) = written.and_then(|value| Some((value, value.unknown()?))) {
                sink.undecided(value.span(), reason);
                continue;
            }
            // Flux unpacks unless told otherwise, and without a type takes the first layer.
            let default = if key == "operation" { "extract" } else { "" };
            let found = written.map_or(Some(default), Value::known);
            if found.is_none_or(|found| found == wanted) {
                continue;
            }
            if let Some(reason) = doubt(unseen, source).filter(|_| written.is_none()) {
                sink.undecided(selector.span(), reason);
                continue;
            }
            let message = match key {
                "mediaType" => format!("{} does not pick the layer with the chart's content", source.title()),
                _ if wanted == "copy" => format!("{} unpacks the chart and packs it anew", source.title()),
                _ => format!("{} keeps the chart as it was published", source.title()),
            };
            let at = written.unwrap_or(selector);
            let finding = sink.finding(code, source, at, message).label(match written {
                Some(_) if key == "mediaType" => "another layer".to_owned(),
                Some(_) => format!("not `{wanted}`"),
                None => format!("`{key}` is not set"),
            });
            let finding = if written.is_none() { finding.underline(at.key_or_span()) } else { finding };
            finding.help(format!("set `layerSelector.{key}: {wanted}`"));
        }
    }
}
