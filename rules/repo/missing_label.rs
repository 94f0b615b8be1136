//! Objects without the labels that the platform gives its own.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::manifest::By;
use crate::rule::patterns::holds_kind;
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Finds objects of certain kinds that lack labels which the option `labels` lists, or carry one with another value:
    /// CloudNativePG Clusters without `app.kubernetes.io/name`, unless the config says otherwise.
    ///
    /// ## Why it matters
    /// Dashboards, cost reports, alert routes and `kubectl get -l` go by labels. An object that lacks one is in none of
    /// them, and nobody notices what is not shown.
    ///
    /// ## Instead
    /// The labels under `metadata.labels`, or under `labels` of a kustomization for all objects at once.
    ///
    /// ## Limits
    /// Which labels are wanted is for the platform to say, so the rule is off until the config names it. Samples and what
    /// nothing is seen to apply are left alone; an object that something not worked out here still changes is left undecided.
    pub static RULE {
        id: "repo/missing-label",
        summary: "an object lacks a label that the platform asks for",
        scope: Resource(Any),
        codes: [
            "missing" => (Warning, High, Habit),
            "value" => (Warning, High, Habit),
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
    /// The labels, each as `key` or as `key=value`.
    pub labels: Vec<String>,
    /// The kinds that carry them, each as `Kind` or as `group/Kind`.
    pub kinds: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            labels: vec!["app.kubernetes.io/name".to_owned()],
            kinds: vec!["postgresql.cnpg.io/Cluster".to_owned()],
        }
    }
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    let options = context.options::<Options>();
    let judged = resource.whole && resource.delivery.by != By::Nobody && !resource.is_example();
    if !judged || !holds_kind(&options.kinds, resource) {
        return;
    }
    let mut missing = Vec::new();
    for label in &options.labels {
        let (key, wanted) = label.split_once('=').map_or((label.as_str(), None), |(key, value)| (key, Some(value)));
        let Some(value) = resource.label(key).filter(|value| !value.is_null()) else {
            missing.push(format!("`{key}`"));
            continue;
        };
        let Some(wanted) = wanted else { continue };
        if let Some(reason) = value.unknown() {
            sink.undecided(value.span(), reason);
        } else if let Some(found) = value.raw().filter(|found| *found != wanted) {
            let message = format!("label `{key}` of {} is `{found}`, not `{wanted}`", resource.title());
            sink.finding("value", resource, value, message)
                .label("not the platform's value")
                .help(format!("set `{key}: {wanted}`"));
        }
    }
    if missing.is_empty() {
        return;
    }
    let labels = resource.at(&["metadata", "labels"]).filter(|labels| labels.is_mapping());
    let at = labels.unwrap_or_else(|| resource.headline());
    if let Some(reason) = resource.may_be_completed() {
        return sink.undecided(at.span(), reason);
    }
    let what = if missing.len() == 1 { "label" } else { "labels" };
    let message = format!("{} lacks the {what} {}", resource.title(), missing.join(", "));
    let finding = sink.finding("missing", resource, at, message);
    let finding = match labels {
        Some(labels) => finding.underline(labels.key_or_span()).label("not among them"),
        None => finding.label("has no labels"),
    };
    finding.help("add them under `metadata.labels`");
}
