//! Namespaces of databases whose pods nobody checks.

use crate::declare_rule;
use crate::graph::cnpg::Cluster;
use crate::rule::{Sink, TargetContext};
use std::collections::BTreeSet;

declare_rule! {
    /// ## What it does
    /// Finds Namespaces that hold a Cluster or that the config lists under `databases.namespaces`, without a label that
    /// enforces a Pod Security Standard, or with one below the option `level`.
    ///
    /// ## Why it matters
    /// Without the label every pod is let in, privileged ones among them, and whoever may create a pod there may read
    /// the volumes and Secrets of the databases. What the operator makes meets the restricted standard.
    ///
    /// ## Instead
    /// The label `pod-security.kubernetes.io/enforce: restricted` on the Namespace, or the level that its pods meet.
    ///
    /// ## Limits
    /// A cluster may enforce a standard for all namespaces, or by another admission policy, which no manifest need
    /// show: the rule is off until the config names it. Only Namespaces that are in the repo are looked at.
    pub static RULE {
        id: "workload/missing-pod-security-label",
        summary: "a namespace of databases lets every pod in",
        scope: Target,
        codes: [
            "missing" => (Warning, High, Workload),
            "lower" => (Warning, High, Workload),
        ],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// A Pod Security Standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Everything is let in.
    Privileged,
    /// What is known to break out is not.
    Baseline,
    /// What hardened pods need, and no more.
    #[default]
    Restricted,
}

impl Level {
    fn of(text: &str) -> Option<Level> {
        match text {
            "privileged" => Some(Level::Privileged),
            "baseline" => Some(Level::Baseline),
            "restricted" => Some(Level::Restricted),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The standard that has to be enforced, at least.
    pub level: Level,
}

const LABEL: &str = "pod-security.kubernetes.io/enforce";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let level = context.options::<Options>().level;
    let listed = context.config().databases.namespaces.iter().map(|name| name.value.clone());
    let clusters = context.graph.all::<Cluster<'w>>();
    let holding = clusters.filter_map(|cluster| cluster.namespace.known().map(str::to_owned));
    let names: BTreeSet<String> = listed.chain(holding).collect();
    for name in names {
        let objects = context.graph.named("", "Namespace", &name);
        let Some(namespace) = objects.first().copied().filter(|namespace| namespace.whole) else { continue };
        let label = namespace.label(LABEL).filter(|label| !label.is_null());
        let Some(label) = label else {
            if let Some(reason) = namespace.may_be_completed() {
                sink.undecided(namespace.headline().span(), reason);
                continue;
            }
            let message = format!("Namespace `{name}` holds databases and lets every pod in");
            sink.finding("missing", namespace, namespace.headline(), message)
                .label(format!("no `{LABEL}`"))
                .help(format!("label it with `{LABEL}: {}`", level.name()));
            continue;
        };
        match label.known().map(Level::of) {
            Some(Some(enforced)) if enforced < level => {
                let message =
                    format!("Namespace `{name}` enforces `{}` where the platform asks for more", enforced.name());
                sink.finding("lower", namespace, label, message)
                    .label(format!("below `{}`", level.name()))
                    .help(format!("write `{}`", level.name()));
            }
            Some(_) => {}
            None => {
                let reason = label.unknown().unwrap_or_else(|| "the label is no text".into());
                sink.undecided(label.span(), reason);
            }
        }
    }
}
