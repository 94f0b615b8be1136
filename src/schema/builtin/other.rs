//! The kinds that run no Pods.

use crate::manifest::Resource;
use crate::schema::Problems;

/// Checks an object of a kind that runs no Pods.
pub(super) fn check<'w>(resource: &Resource<'w>, problems: &mut Problems<'w>) {
    let _ = (resource, problems);
}
