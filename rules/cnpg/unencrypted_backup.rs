//! Backups that lie in the bucket as they are.

use crate::declare_rule;
use crate::graph::backup::destinations;
use crate::graph::cnpg::Cluster;
use crate::rule::stored::{lacking, report_lack};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds S3 buckets that Clusters back up to without asking for server-side encryption of the WAL, of the base
    /// backups or of both.
    ///
    /// ## Why it matters
    /// A base backup is the whole database, password hashes and all, for whoever reads the bucket's disks or a copy of
    /// them.
    ///
    /// ## Instead
    /// `wal.encryption` and `data.encryption` in the object store's configuration: `AES256`, or `aws:kms`.
    ///
    /// ## Limits
    /// Many services encrypt whatever they are given, and some refuse to be asked, so the rule is off until the config
    /// names it. Azure and Google always encrypt and are left alone. An ObjectStore that no Cluster of the target
    /// writes to is left alone.
    pub static RULE {
        id: "cnpg/unencrypted-backup",
        summary: "backups or WAL are stored without encryption",
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
            let path = at.get("destinationPath").and_then(Value::raw).unwrap_or_default();
            let elsewhere = ["azureCredentials", "googleCredentials"].iter().any(|key| at.get(key).is_some());
            let is_s3 = path.starts_with("s3:") || (path.starts_with('$') && at.get("s3Credentials").is_some());
            if elsewhere || !is_s3 || !seen.insert(at.span()) {
                continue;
            }
            if let Some(lack) = lacking(&place, "encryption", sink) {
                report_lack(&place, &lack, "without asking for encryption", "AES256", sink);
            }
        }
    }
}
