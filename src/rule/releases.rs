//! What the rules about Helm releases share: which ones they look at, and whether all of a release is seen.

use super::TargetContext;
use crate::graph::View;
use crate::graph::release::HelmRelease;
use crate::manifest::Resource;

/// The releases of a target that a rule is asked about: those that nobody stopped and that `except` does not name.
pub fn judged<'c, 'w>(
    context: &'c TargetContext<'_, 'w>,
    except: &'c [String],
) -> impl Iterator<Item = HelmRelease<'w>> + use<'c, 'w> {
    let releases = context.graph.all::<HelmRelease<'w>>();
    releases.filter(move |release| !release.is_suspended() && !is_named(except, release.resource()))
}

/// Whether a list of names, or of `namespace/name`, holds that of an object.
pub fn is_named(names: &[String], resource: &Resource<'_>) -> bool {
    let Some(own) = resource.written_name() else { return false };
    names.iter().any(|name| match name.split_once('/') {
        Some((namespace, name)) => resource.namespace.known() == Some(namespace) && name == own,
        None => name == own,
    })
}

/// Why a field that a release or a source does not have may be there in the cluster all the same; `unseen` is whether
/// what applies the target is not seen.
pub fn doubt(unseen: bool, resource: &Resource<'_>) -> Option<&'static str> {
    let reason = || "where Flux starts is not written in this repo: what applies this may change it";
    resource.may_be_completed().or_else(|| unseen.then(reason))
}
