//! What may bring objects that are not seen.

use super::kustomize::{Gap, GapKind};
use super::worlds::Opening;
use crate::manifest::Namespace;
use crate::yaml::Value;

/// Kinds that bring objects which are written nowhere in the repo.
const BRINGERS: &[(&str, &str, &str)] = &[
    ("helm.toolkit.fluxcd.io", "HelmRelease", "a Helm release"),
    ("helm.cattle.io", "HelmChart", "a Helm chart"),
    ("argoproj.io", "Application", "an Argo CD application"),
    ("argoproj.io", "ApplicationSet", "an Argo CD application set"),
    ("infra.contrib.fluxcd.io", "Terraform", "a Terraform object"),
];

/// The opening that an object makes, if it brings others: of this group and kind, called `title` in messages.
pub(super) fn of_object(
    group: &str,
    kind: &str,
    value: Value<'_>,
    namespace: &Namespace<'_>,
    title: &str,
) -> Option<Opening> {
    let (.., what) = BRINGERS.iter().find(|(known, name, _)| *known == group && *name == kind)?;
    let elsewhere = value.at(&["spec", "targetNamespace"]).or_else(|| value.at(&["spec", "destination"]));
    // A chart may put objects where it likes, but does so by a namespace of its own; most stay at home.
    let namespace = namespace.known().filter(|_| elsewhere.is_none() && !what.contains("Argo"));
    let chart = what.contains("Helm");
    Some(Opening { namespace: namespace.map(str::to_owned), reason: format!("{what}, {title}, may bring it"), chart })
}

/// The opening that a gap of a build makes.
pub(super) fn of_gap(gap: &Gap) -> Opening {
    let text = &gap.text;
    let reason = match gap.kind {
        GapKind::Remote => format!("`{text}` is taken from elsewhere and may bring it"),
        GapKind::Chart => format!("the Helm chart `{text}` of a kustomization may bring it"),
        GapKind::Plugin => format!("`{text}`, a plugin of a kustomization, may bring it"),
        GapKind::Outside => format!("`{text}` leads out of this repo and may bring it"),
    };
    Opening { namespace: None, reason, chart: gap.kind == GapKind::Chart }
}
