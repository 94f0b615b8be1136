//! Containers whose image is another one tomorrow.

use crate::declare_rule;
use crate::graph::workload::pod_spec;
use crate::rule::{Sink, TargetContext};
use crate::schema::image::{ImageReference, Pinning};
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds containers of workloads whose image has no tag, `latest` or the name of a branch, and with the option
    /// `digest` those without a digest.
    ///
    /// ## Why it matters
    /// A tag is a name that its owner moves. Two nodes run two programs under one name, a restart is an update that
    /// nobody reviewed, and what was tested is not what runs.
    ///
    /// ## Instead
    /// A full version as the tag, and the digest behind it: tools that update dependencies keep both.
    ///
    /// ## Limits
    /// What is floating enough to matter is for the platform to say, so the rule is off until the config names it.
    /// Images in Helm values are not looked at: which of them a chart uses only the chart knows. Images of Clusters are
    /// told by `cnpg/floating-image`.
    pub static RULE {
        id: "workload/unpinned-image",
        summary: "an image may be another one tomorrow",
        scope: Target,
        codes: [
            "floating" => (Note, High, Workload),
            "no-digest" => (Note, High, Workload),
        ],
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
    /// Whether every image has to have a digest.
    pub digest: bool,
    /// Images that need none, as the start of their names: `registry.example.com/own/`.
    pub except: Vec<String>,
}

/// Tags that are moved with every build.
const BRANCHES: &[&str] = &[
    "canary",
    "dev",
    "develop",
    "development",
    "edge",
    "head",
    "main",
    "master",
    "nightly",
    "next",
    "rolling",
    "stable",
    "unstable",
];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let mut seen = HashSet::new();
    for workload in context.graph.workloads() {
        let resource = workload.resource;
        let Some(spec) = pod_spec(resource) else { continue };
        let lists = ["initContainers", "containers"].into_iter().filter_map(|key| spec.get(key));
        for container in lists.flat_map(Value::items) {
            let Some(image) = container.get("image").filter(|image| seen.insert(image.span())) else { continue };
            let Some(text) = image.known() else {
                if let Some(reason) = image.unknown() {
                    sink.undecided(image.span(), reason);
                }
                continue;
            };
            if options.except.iter().any(|start| text.starts_with(start.as_str())) {
                continue;
            }
            let Some(reference) = ImageReference::parse(text).filter(|reference| reference.digest.is_none()) else {
                continue;
            };
            let tag = reference.tag.unwrap_or_default();
            let label = match reference.pinning() {
                Pinning::Latest if tag.is_empty() => Some("no tag, so `latest`".to_owned()),
                Pinning::Latest => Some("`latest`".to_owned()),
                _ if BRANCHES.contains(&tag) => Some(format!("`{tag}` is moved with every build")),
                _ => None,
            };
            let name = container.get("name").and_then(Value::raw).unwrap_or("?");
            let title = resource.title();
            if let Some(label) = label {
                let message = format!("{title} runs whatever image container `{name}` is given on the day");
                sink.finding("floating", resource, image, message)
                    .label(label)
                    .help("name a full version, and its digest");
            } else if options.digest {
                let message = format!("the image of container `{name}` of {title} has no digest");
                sink.finding("no-digest", resource, image, message)
                    .label("held by its tag alone")
                    .note("the config sets `digest: true` for this rule")
                    .help("add `@sha256:` and the digest of the image behind the tag");
            }
        }
    }
}
