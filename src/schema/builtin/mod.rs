//! What the API server holds against objects of its own kinds beyond their structure: fields that contradict each
//! other, names that repeat or lead nowhere, texts that cannot be read. As kube-apiserver 1.36 decides it.

mod change;
mod claim;
mod other;
mod pod;
mod workload;

pub use change::check_update;

use super::Problems;
use crate::manifest::Resource;

/// Checks a whole object of a built-in kind; objects of other kinds have no problem here.
pub fn check<'w>(resource: &Resource<'w>, problems: &mut Problems<'w>) {
    // What is changed on its way is judged as it arrives.
    if resource.may_be_completed().is_some() {
        return;
    }
    if !workload::check(resource, problems) {
        other::check(resource, problems);
    }
}
