//! Backups and WAL that are stored as they are.

use crate::declare_rule;
use crate::graph::backup::destinations;
use crate::graph::cnpg::Cluster;
use crate::rule::stored::{lacking, report_lack};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds the object stores that Clusters back up to without compression of the WAL, of the base backups or of both.
    ///
    /// ## Why it matters
    /// A WAL segment is 16 MiB, full or not, and one goes out every five minutes while anything is written: compressed it is a
    /// fraction of that in the bucket, on the wire and on the way back, when the hour of a recovery counts.
    ///
    /// ## Instead
    /// `wal.compression` and `data.compression` in the object store's configuration: `gzip`, or a faster one that
    /// the images have.
    ///
    /// ## Limits
    /// Storage that compresses by itself needs none, so the rule is off until the config names it. An ObjectStore that no
    /// Cluster of the target writes to is left alone.
    pub static RULE {
        id: "cnpg/uncompressed-backup",
        summary: "backups or WAL are stored without compression",
        scope: Target,
        codes: ["none" => (Warning, High, Habit)],
        since: "0.1.0",
        default: false,
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut seen: HashSet<Span> = HashSet::new();
    for cluster in context.graph.all::<Cluster<'w>>() {
        for place in destinations(&cluster, context.graph) {
            if !seen.insert(place.configuration.span()) {
                continue;
            }
            if let Some(lack) = lacking(&place, "compression", sink) {
                report_lack(&place, &lack, "without compression", "gzip", sink);
            }
        }
    }
}
