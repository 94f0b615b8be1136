//! Backups and WAL that are stored as they are.

use crate::declare_rule;
use crate::graph::backup::destinations;
use crate::graph::cnpg::Cluster;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use std::collections::HashSet;

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
            let at = place.configuration;
            if !seen.insert(at.span()) {
                continue;
            }
            let plain = |part: &str| {
                let compression = at.at(&[part, "compression"]);
                compression.is_none_or(|compression| compression.is_null() || compression.raw() == Some(""))
            };
            let (facts, keys) = match (plain("wal"), plain("data")) {
                (true, true) => ("WAL and base backups", "`wal.compression` and `data.compression`"),
                (true, false) => ("WAL", "`wal.compression`"),
                (false, true) => ("base backups", "`data.compression`"),
                (false, false) => continue,
            };
            let parts = [Some(at), at.get("wal"), at.get("data")];
            let open = parts.into_iter().flatten().find_map(Value::unknown);
            if let Some(reason) = open.or_else(|| place.holder.may_be_completed().map(str::to_owned)) {
                sink.undecided(at.span(), reason);
                continue;
            }
            let message = format!("{} stores {facts} without compression", place.holder.title());
            let finding = sink
                .finding("none", place.holder, at, message)
                .underline(at.key_or_span())
                .label(format!("lacks {keys}"))
                .help(format!("set {keys} to `gzip`"));
            if !place.in_tree {
                finding.related(place.named_at.span(), "backs up there");
            }
        }
    }
}
